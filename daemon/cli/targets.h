/*
 * targets - the messages of ours that a withdrawal is about, and those that it
 *           cannot be about.
 *
 * Holds:      a target has left, stands in a lane of ours, and was neither
 *             declined nor withdrawn; each stands once.
 * Trusts:     the index for where they are.
 * Leaves out: asking (withdraw.c).
 */
#ifndef CLI_TARGETS_H
#define CLI_TARGETS_H

#include "core/base/buf.h"
#include "core/model/message.h"
#include "core/wire/control.h"

struct target {
    uint32_t team; /* place among the teams */
    uint32_t lane;
    uint64_t index;
    struct lane_id lane_id;
    size_t at, size; /* of its withdrawal, as far as it is known */
};

struct targets {
    struct target *list;
    size_t count, capacity;
    struct buf teams; /* names, each with a NUL */
    struct buf bytes;
    uint64_t theirs, waiting, withdrawn, others;
    uint64_t hidden; /* that this user may not read */
};

void targets_clear(struct targets *t);

/* Take a record of "ours" of the index, or count why not. */
void targets_add(struct targets *t, const struct control_record *r,
                 const char *reason);

/* By team, lane and index, each once. */
void targets_sort(struct targets *t);

/* Give the name of a team. */
const char *targets_team(const struct targets *t, uint32_t team);

#endif
