/*
 * hits - the messages that a search is about, and why each is among them.
 *
 * Holds:      the newest first, each once, with the closest reason.
 * Leaves out: what else must hold of them (search.c).
 */
#ifndef EDGE_INDEX_HITS_H
#define EDGE_INDEX_HITS_H

#include "core/base/arena.h"
#include "edge/index/numbers.h"
#include "edge/index/range.h"
#include "edge/index/rows.h"

/* How a message has to do with a value, the closest first. */
enum relation {
    HIT_SAME,
    HIT_PART,      /* the host in its value */
    HIT_CONTAINS,  /* its range or domain tree contains it */
    HIT_ABOVE,     /* a domain or host above it, where that was asked for */
    HIT_MENTIONED, /* it stands in it */
    HIT_INSIDE,    /* it is, or has, an address or range in the range */
    HIT_OVERLAPS,  /* its range has a part of the range */
    HIT_NEAR,      /* one of these, or none: to be looked at */
};

struct hit {
    uint32_t message;
    enum relation relation;
    struct slice text; /* that was looked up; empty for words; the range */
};

struct hits {
    struct hit *list;
    size_t count, capacity;
    struct numbers found;
    struct range range; /* that was looked for, where one was */
    bool cut;           /* there were more */
    size_t keys;        /* that were looked up */
};

void hits_clear(struct hits *h);

/* Add what a value leads to; texts live in the arena. */
void hits_value(struct hits *h, struct rows *rows, struct slice value,
                bool parents, struct arena *arena);

/* Add what a label, a case or an id leads to. */
void hits_key(struct hits *h, struct rows *rows, enum key_class class,
              struct slice text);

/* Add what has all words of a text, the newest so many. Of several words each
 * message counts that one of them leads to, where it leads to no more than may
 * be looked at. Gives what is wrong with the text, or NULL. */
MUST_USE const char *hits_words(struct hits *h, struct rows *rows,
                                struct slice text);

/* Sort, and keep each message once. */
void hits_settle(struct hits *h);

/* Tell whether a message is among settled ones. */
bool hits_have(const struct hits *h, uint32_t message);

#endif
