/*
 * sift - leaves out of what is about to be sent what the teams have already.
 *
 * Holds:      messages go on in the order in which they came. Where the index
 *             does not answer, or is behind, that is said once and all of them
 *             go.
 * Trusts:     the index: what it says is there is not sent.
 * Leaves out: how it knows (edge/index/sent.h), the way there (upload.h).
 * Spec:       docs/decisions/0028-sent-once-and-withdrawn.md
 */
#ifndef CLI_SIFT_H
#define CLI_SIFT_H

#include "cli/upload.h"

enum sift_state {
    SIFT_GOES,
    SIFT_UNCHANGED,
    SIFT_OLDER,
    SIFT_REVOKED,
    SIFT_WITHDRAWN,
    SIFT_STATE_COUNT
};

enum sifted_kind {
    SIFTED_MESSAGE,
    SIFTED_PLACE, /* of a message that is held back: it stays free */
    SIFTED_END,   /* of a document whose envelope is held back */
};

struct sifted {
    enum sifted_kind kind;
    enum sift_state state;
    uint64_t teams; /* a bit for each that it goes to, as upload_add takes */
    uint64_t unchanged; /* for each that has it as it is */
    struct upload_tag tag;
    struct message *m;
};

struct sift_config {
    const struct run *run;
    const struct buf *to;
    bool is_off; /* all of them go */
    bool any_document;
    void *context;
    /* Gives the submission's number, 0 if nothing is submitted. False after
     * saying what is wrong, as `take`. */
    bool (*open)(void *context, uint64_t *number);
    bool (*take)(void *context, const struct sifted *s);
};

struct sift;

struct sift *sift_new(const struct sift_config *config);
void sift_free(struct sift *s);

/* Add a message, or what `kind` says in its place; the message is copied. One
 * that was typed in always goes. */
MUST_USE bool sift_add(struct sift *s, const struct upload_tag *tag,
                       const struct message *m);
MUST_USE bool sift_mark(struct sift *s, enum sifted_kind kind);

/* Hand on what is left. */
MUST_USE bool sift_finish(struct sift *s);

/* Tell whether what is there was told of all. */
bool sift_was_asked(const struct sift *s);

/* Connect to the index once it has read all that the daemon has on disk; NULL,
 * after saying why, where that takes too long. `what` follows from it. */
struct daemon *sift_index(const struct run *run, const char *what);

#endif
