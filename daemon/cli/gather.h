/*
 * gather - messages from the daemon, put in the order of their documents.
 *
 * Holds:      a document stands where its first message came, its messages
 *             by their positions, what came twice once. Some 40 bytes of
 *             memory for each message; the messages are in a temporary file
 *             without a name.
 * Leaves out: what becomes of them (export.c).
 */
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include "cli/entry.h"
#include "core/base/table.h"

#include <stdio.h>

/* Where a message is kept, and where it belongs. */
struct gathered {
    uint64_t document; /* from 0, in the order in which they came */
    uint64_t position;
    uint64_t number; /* in which it came */
    uint64_t offset;
    uint64_t submission;
    size_t object; /* among the objects; NO_OBJECT: it is none of them */
    uint32_t size;
};

struct gather {
    FILE *file;
    uint64_t end;
    struct table documents; /* by what each is known by */
    uint64_t document_count;
    struct table objects; /* by_id: the last submission that has each */
    struct gathered *list;
    size_t count, capacity;
    bool by_id, failed;
};

#define NO_OBJECT SIZE_MAX

/* Begin; with `by_id` what has one id is one document, whenever it was
 * submitted, and of each of its objects what was submitted last counts. False
 * after saying what is wrong. */
MUST_USE bool gather_open(struct gather *g, bool by_id);
void gather_close(struct gather *g);

/* Keep a message; a fault is said, and found by gather_sort. */
void gather_add(struct gather *g, const struct entry *e);

/* Put all in order; false if one could not be kept. */
MUST_USE bool gather_sort(struct gather *g);

/* Hand over every message, lent for the call; false after saying what is
 * wrong. */
MUST_USE bool gather_each(struct gather *g,
                          void (*take)(void *context, const struct message *m),
                          void *context);

#endif
