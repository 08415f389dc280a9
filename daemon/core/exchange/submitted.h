/*
 * submitted - what an exchange knows of submissions: whose messages went into
 *             which queue, and how far they came.
 *
 * Holds:      all of it is folded.
 * Leaves out: the messages that wait (lanes.h).
 */
#ifndef CORE_EXCHANGE_SUBMITTED_H
#define CORE_EXCHANGE_SUBMITTED_H

#include "core/exchange/lanes.h"
#include "core/model/message.h"

/* One submission towards one peer. */
struct part {
    uint32_t peer;
    uint64_t queued, sequenced, receipted, cancelled;
    uint32_t first_lane, lane; /* epochs of the first and the last of these */
    uint64_t first_index, last_index;
    uint32_t next; /* another part of the same submission, or NONE */
};

struct stream {
    uint8_t id[STREAM_ID_BYTES];
    uint64_t next;
    uint64_t number;
    uint32_t passes; /* first pass, or NONE */
};

#define PLACES_OF_WORD 64

/* Messages of a stream that were queued for one peer, 64 places to a word:
 * `count` words from `first` on have these bits, all others have none. */
struct span {
    uint64_t first, count, bits;
};

/* Beyond them nothing more of a stream is taken for that peer; what is at hand
 * already is kept, since none of it may go twice. */
#define PASS_SPANS_MAX 262144

struct pass {
    uint32_t peer;
    uint32_t next; /* another pass of the same stream, or NONE */
    struct span *spans;
    size_t count, capacity;
};

struct submission_state {
    uint64_t stream; /* position in streams */
    struct wall time;
    uint32_t parts; /* first part, or NONE */
    uint32_t user;  /* position in users, or NONE */
};

/* Who let go what the source of a submission holds back, and why. */
struct release {
    uint64_t number; /* of the submission */
    uint64_t uid;
    struct wall time;
    char why[WHY_BYTES];
};

/* Somebody who submits, and what of it waits, for each peer. */
struct user {
    uint64_t uid;
    uint64_t items, bytes;
};

#endif
