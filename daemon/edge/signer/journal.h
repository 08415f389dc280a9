/*
 * journal - the signing journal's file.
 *
 * Holds:      up to `end` everything is on disk; zeros follow, made in
 *             advance, because a file that grows syncs slower.
 * Trusts:     nothing of the file's bytes.
 * Leaves out: what a record means (signer.h).
 * Spec:       docs/PROTOCOL.md#signer
 */
#ifndef EDGE_SIGNER_JOURNAL_H
#define EDGE_SIGNER_JOURNAL_H

#include "edge/signer/signer.h"

struct signer_journal {
    int fd;
    uint64_t end;  /* where the next record goes */
    uint64_t size; /* of the file, zeros included */
};

/* Open the journal `name` in the open folder `folder`, made new only if
 * `create`, and take its records into `s`. A torn tail is cut, which is said
 * on standard error. ERR_MISSING: not there; ERR_DAMAGED: nothing may be
 * signed on it; ERR_IO. Each is said on standard error. */
struct signer_journal_place {
    int folder;
    const char *name;
    bool create;
};
MUST_USE enum err signer_journal_open(const struct signer_journal_place *place,
                                      struct signer *s,
                                      struct signer_journal *out);

/* Append whole records and sync them. ERR_IO: what is on disk is not known;
 * the process must end without another signature. */
MUST_USE enum err signer_journal_append(struct signer_journal *j,
                                        struct slice records);

void signer_journal_close(struct signer_journal *j);

/* Say on standard error what is wrong, in printf's form. */
void signer_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
