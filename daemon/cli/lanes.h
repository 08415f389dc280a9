/*
 * lanes - what the commands about lanes share: a lane as the daemon tells of
 *         it, and a pair of statements that contradict each other.
 *
 * Trusts:     the daemon for what it keeps; signatures are checked again.
 * Leaves out: entries (list.c, show.c).
 */
#ifndef CLI_LANES_H
#define CLI_LANES_H

#include "cli/link.h"
#include "core/crypto/crypto.h"
#include "core/lane/conflict.h"

/* A lane of ours, with what its holder said of it. */
struct wanted_lane {
    struct buf team; /* the other's, with a NUL */
    struct lane_id id;
    uint64_t number, epoch, size;
    bool frozen;
    uint64_t row;
    struct buf why; /* of a frozen one, with a NUL */
    bool claimed;
    uint64_t claim_size;
    struct hash claim_root;
};

/* Ask for the lane in use to a team; false after saying what is wrong. */
MUST_USE bool lane_wanted(struct daemon *d, const char *team,
                          struct wanted_lane *out);
void lane_wanted_clear(struct wanted_lane *w);

/* Read a pair of statements out of an answer to lane-evidence; false if it is
 * none. */
MUST_USE bool lane_conflict(const struct control_record *r,
                            struct conflict *out);

/* Say in words what both prove, once their signatures were found good. */
const char *conflict_words(const struct conflict *c);

#endif
