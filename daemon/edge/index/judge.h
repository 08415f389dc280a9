/*
 * judge - holds what came in against the node's warninglists.
 *
 * Holds:      the lists are those that lie in the folder now: where they
 *             change, messages that are there already are looked at again,
 *             newest first, a bounded part at a time.
 * Trusts:     nothing of lists or messages. Lists that cannot be read are
 *             said, and those that were there before go on counting.
 * Leaves out: whether a head is what its content says (derive.h).
 * Spec:       docs/PROTOCOL.md#sanity
 */
#ifndef EDGE_INDEX_JUDGE_H
#define EDGE_INDEX_JUDGE_H

#include "core/formats/warning_judge.h"
#include "edge/index/rows.h"

struct judge;

/* Make one for a folder of lists; "" where there is none. */
struct judge *judge_new(const char *folder, bool documentation);
void judge_free(struct judge *j);

/* Look whether the lists are still those that the rows were held against; if
 * not, read them, and begin anew. False where nothing changed. */
MUST_USE bool judge_look(struct judge *j, struct rows *rows);

/* Look at some messages again; false when none is left. */
MUST_USE bool judge_some(struct judge *j, struct rows *rows);

/* Say of a message that came in what is wrong with it: `field` of its head,
 * and a list that has one of its values. False where nothing is. */
MUST_USE bool judge_message(const struct judge *j, const struct message *m,
                            struct slice field, struct review *out);

#endif
