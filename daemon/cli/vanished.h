/*
 * vanished - what a team has of a document or list, and the file has no longer.
 *
 * Holds:      an object is known by its id, a bare value by its type and
 *             text, each within its document: eight bytes of a hash are kept
 *             of each, for as long as the command runs.
 * Trusts:     the index for what was sent.
 * Leaves out: withdrawing it (withdraw.c).
 * Spec:       docs/decisions/0028-sent-once-and-withdrawn.md
 */
#ifndef CLI_VANISHED_H
#define CLI_VANISHED_H

#include "cli/link.h"
#include "cli/source.h"
#include "core/base/table.h"

struct vanished {
    uint64_t *seen;
    size_t count, capacity;
    bool sorted;
    struct buf documents; /* source and id of each, with a NUL behind */
    struct table known;   /* those documents */
    struct buf series;    /* id of the list at hand */
};

void vanished_begin(struct vanished *v);
void vanished_clear(struct vanished *v);

/* Give a list the id of its series: of --series, else of its file's name. What
 * has an id, or comes from no file, stays as it is. */
void vanished_series(struct vanished *v, const struct run *run,
                     const struct place *place, struct message *m);

/* Remember what a file has. */
void vanished_note(struct vanished *v, const struct message *m);

/* Hand out each message to a team that is of one of the documents and whose
 * object the file has no longer, unless it was declined, revoked or withdrawn:
 * the record of "ours" of the index. False after saying what is wrong. */
struct vanished_ask {
    struct daemon *index;
    const char *team;
    void *context;
    void (*each)(void *context, const struct control_record *r,
                 uint64_t hash); /* of the object: it may have versions */
    bool red_left_out;           /* this user may not read it */
};
MUST_USE bool vanished_find(struct vanished *v, struct vanished_ask *ask);

#endif
