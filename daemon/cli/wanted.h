/*
 * wanted - which messages a command asks the daemon for, page by page.
 *
 * Holds:      the options --from, --state, --kind, --tlp and --limit mean the
 *             same in every command that has them.
 * Leaves out: what becomes of the messages (list.c, export.c).
 */
#ifndef CLI_WANTED_H
#define CLI_WANTED_H

#include "cli/entry.h"
#include "cli/link.h"

struct wanted {
    const char *to, *from; /* a team; at most one of them */
    const char *state, *kind;
    const char *tlp; /* its canonical name */
    uint64_t left;   /* of --limit */
};

/* Read the options; `to` is what the one for messages that we sent is called.
 * False after saying what is wrong. */
MUST_USE bool wanted_read(const struct run *run, const char *to,
                          struct wanted *out);

/* Tell whether an entry is one of those that are wanted; the daemon leaves
 * out only what it can tell without reading a message. */
bool wanted_is(const struct wanted *w, const struct entry *e);

/* Ask for all pages and hand every entry that is wanted over, which is lent
 * for the call, until so many as --limit says were taken. An error of the
 * daemon is said; false if there is no talking to it. */
MUST_USE bool wanted_each(struct daemon *d, struct wanted *w,
                          void (*take)(void *context, const struct entry *e),
                          void *context);

#endif
