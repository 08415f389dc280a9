/*
 * content - what a message is about: its row, and all that leads to it.
 *
 * Holds:      values in normal form, hosts in values, ids, labels, cases, and
 *             the words of its texts; the row has its head without content.
 * Trusts:     nothing of the bytes: what cannot be read is counted, and
 *             found by nothing.
 * Leaves out: where messages come from (project.h).
 */
#ifndef EDGE_INDEX_CONTENT_H
#define EDGE_INDEX_CONTENT_H

#include "edge/index/judge.h"
#include "edge/index/rows.h"

struct content;

/* Make one that adds to `rows`; what comes in is shown to `judge`, which may be
 * NULL. Both outlive it. */
struct content *content_new(struct rows *rows, const struct judge *judge);
void content_free(struct content *c);

/* Add a message: `row` says where it stands; head, name and the flags that
 * follow from the message are set here. `body` is submission id and message.
 * Gives its number; 0 for what nodes say to each other by themselves. */
uint32_t content_add(struct content *c, const struct row *row,
                     struct slice body);

/* See what the row of a message would have as its head, until the next call;
 * empty where the body cannot be read. */
struct slice content_head(struct content *c, struct slice body);

/* Count the messages so far whose head is not what their content says. */
uint64_t content_mismatches(const struct content *c);

#endif
