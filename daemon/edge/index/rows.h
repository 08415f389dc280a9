/*
 * rows - the index as a whole: a row for each message, what leads to it, and
 *        how far the journal was read; all of it changes in one transaction.
 *
 * Holds:      messages have numbers from 1 on in the order of the journal,
 *             never used again; what was committed is there after any crash,
 *             and nothing else is.
 * Trusts:     the caller for what a message is about (content.h).
 * Leaves out: the journal (tail.h, project.h), searching (search.h).
 * Spec:       docs/decisions/0023-an-index-of-sorted-runs.md
 */
#ifndef EDGE_INDEX_ROWS_H
#define EDGE_INDEX_ROWS_H

#include "core/base/instant.h"
#include "core/model/ids.h"
#include "edge/index/cites.h"
#include "edge/index/key.h"
#include "edge/index/review.h"
#include "edge/index/runs.h"

/* Rows of another version are made anew from the journal. */
#define ROWS_VERSION 9

#define ROWS_LANE_NONE UINT32_MAX /* a message that is queued */

enum row_flag {
    ROW_OURS = 1,
    ROW_RED = 2,
    ROW_EXERCISE = 4,
    ROW_REVIEW = 8,    /* a person has to look at it; review.h says why */
    ROW_DECLINED = 16, /* by its holder; `code` says why */
};

struct row {
    uint32_t message;
    uint32_t peer;
    uint32_t lane;  /* or ROWS_LANE_NONE, */
    uint64_t index; /* and then the outbox item */
    unsigned flags; /* ROW_* */
    unsigned code;  /* wire code of an enum err */
    struct wall time;
    struct slice head; /* the message without its content */
    struct slice name; /* of its object */
    struct slice mark; /* of ours: what was said (sent.h); else empty */
    struct hash leaf;  /* of where it stands; zero while it is queued */
};

#define ROWS_FRAME_BYTES 56
#define ROWS_JOURNAL_BYTES 16

/* How far the journal was read: its last frame's header, and where reading
 * goes on. Before the first frame all of it is zero. */
struct position {
    uint8_t journal[ROWS_JOURNAL_BYTES];
    uint8_t frame[ROWS_FRAME_BYTES];
    uint64_t turn;
    uint32_t segment; /* its number; 0: none yet */
    uint64_t offset;
};

struct rows_counts {
    uint64_t messages, red, exercise, red_exercise;
};

struct rows {
    struct db db;
    struct runs runs;
    struct key_secret secret;
    struct postings fresh; /* since the last commit */
    size_t sorted;         /* of these; 0 or all of them */
    struct position position;
    struct rows_counts counts;
    uint32_t last; /* message */
    struct reviews reviews;
    struct cites cites;
    uint64_t lists; /* mark of the warninglists that count; 0: none yet */
    uint32_t judge; /* up to here messages were held against others */
    uint32_t *gone;
    size_t gone_count, gone_capacity;
    bool open; /* a transaction is */
    sqlite3_stmt *add, *get, *set, *drop, *place, *at, *unplace, *lane_put,
        *lane_get, *peer_put, *peer_get, *page, *again_put, *again_get,
        *again_drop;
};

/* Open the file, made anew where it is of another version. */
void rows_open(struct rows *r, const char *path);
void rows_close(struct rows *r);

/* Forget all, and begin with an empty one. */
void rows_restart(struct rows *r);

/* Put everything since the last call on disk, with the position. */
void rows_commit(struct rows *r);

/* Tell whether so much is waiting that it should be committed. */
bool rows_are_many(const struct rows *r);

/* Merge for a while what was written; false when nothing is left to do. Not
 * while anything waits to be committed. */
bool rows_tidy(struct rows *r, uint64_t postings);

/* Add a message; its number is given back. Then what leads to it. */
uint32_t rows_add(struct rows *r, const struct row *row);
void rows_lead(struct rows *r, enum key_class class, struct slice text,
               uint32_t message);

/* Read a message; false if it is gone. Slices hold until the next call. */
MUST_USE bool rows_get(struct rows *r, uint32_t message, struct row *out);

/* Say anew where a message stands, when, and what became of it. */
void rows_set(struct rows *r, const struct row *row);

/* Give a message, whose flags are set by then, the reasons why it is to be
 * reviewed; NULL takes them away. */
void rows_review(struct rows *r, const struct row *row,
                 const struct review *review);

/* Note which lists count, and how far messages are to be looked at again. */
void rows_judge(struct rows *r, uint64_t lists, uint32_t upto);

/* Note or find what stands at a place of a lane; 0: nothing. With
 * ROWS_LANE_NONE, for an outbox item. */
void rows_place(struct rows *r, uint32_t lane, uint64_t index,
                uint32_t message);
uint32_t rows_at(struct rows *r, uint32_t lane, uint64_t index);

/* Note or find the outbox item with which a message was queued again last. */
void rows_again_put(struct rows *r, uint32_t message, uint64_t item);
MUST_USE bool rows_again(struct rows *r, uint32_t message, uint64_t *item);

/* Forget a message: with the next commit nothing of it is left. */
void rows_forget(struct rows *r, uint32_t message);

/* Give the messages of a key, in no order; one may come twice, and one that is
 * gone may be among them. The first call after messages were added sorts what
 * is not committed yet: for answers, not for taking in. */
void rows_each(struct rows *r, enum key_class class, struct slice text,
               message_fn each, void *context);

/* The same: they are added to `out`, 32 bits each. */
static inline void
rows_number_put(void *out, uint32_t message)
{
    buf_put_u32(out, message);
}
static inline void
rows_find(struct rows *r, enum key_class class, struct slice text,
          struct buf *out)
{
    rows_each(r, class, text, rows_number_put, out);
}

/* Note which entry the message of the number `by` withdraws, which may come
 * later, for as long as the message is there; `row` says over which road it
 * came or went. Find the oldest one after `after` over the road of `row` that
 * withdraws what stands where it says: only the origin of an entry withdraws
 * it, over its own lanes. 0 if none does. */
void rows_withdraw(struct rows *r, const struct citation *entry,
                   const struct row *row, uint32_t by);
uint32_t rows_withdrawn(struct rows *r, const struct row *row, uint32_t after);

/* Read the newest message below `before`; false if there is none. */
MUST_USE bool rows_before(struct rows *r, uint32_t before, struct row *out);

/* Lanes and teams. A lane that is withheld since a restore shows nothing. */
struct rows_lane {
    uint32_t peer;
    bool ours, withheld;
    uint64_t epoch;
    struct lane_id id;
};
void rows_lane_put(struct rows *r, uint32_t lane, const struct rows_lane *l);
MUST_USE bool rows_lane(struct rows *r, uint32_t lane, struct rows_lane *out);
void rows_withhold(struct rows *r);

#define ROWS_PEER_OWN UINT32_MAX /* our own team */
#define ROWS_TEAM_MAX 256
struct rows_team {
    char team[ROWS_TEAM_MAX];
    char name[ROWS_TEAM_MAX]; /* its short name; may be empty */
};
void rows_team_put(struct rows *r, uint32_t peer, const struct rows_team *t);
MUST_USE bool rows_team(struct rows *r, uint32_t peer, struct rows_team *out);

#endif
