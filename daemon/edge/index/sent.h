/*
 * sent - what a team has already of what is about to be sent to it.
 *
 * Holds:      an object is there unchanged where the newest message about it
 *             says the same, handling and all. By itself it is looked for
 *             among what the team has of the same document alone, so that a
 *             document that it does not have goes whole. What is red counts
 *             for those alone who may read it: for others it goes again.
 * Trusts:     nothing of the request.
 * Leaves out: the bytes that go instead (cli/sift.h).
 * Spec:       docs/decisions/0028-sent-once-and-withdrawn.md
 *
 * A request has the texts "to" (teams by their full names), the number
 * "number" (the submission that it is for: what went with it counts only where
 * it was withdrawn) and the truth "any-document"; its messages are as they
 * would be sent, with the hash of the content in place of the content.
 *
 * The first record of the answer has "turn" and "committed"; then comes a
 * record for each message and team that it need not go to: "message" and
 * "team", both counted from 0, and "state": unchanged, older (a newer version
 * is there), revoked (it is there revoked, which is final), withdrawn (it was
 * there unchanged and withdrawn).
 */
#ifndef EDGE_INDEX_SENT_H
#define EDGE_INDEX_SENT_H

#include "core/model/message.h"
#include "edge/index/search.h"

#define SENT_MARK_BYTES 16
#define SENT_TEAMS_MAX 64
#define SENT_MESSAGES_MAX 1024

/* Make the mark of what a message says: of all but the document and the
 * submission that it came with. False where it cannot be written again. */
MUST_USE bool sent_mark(const struct message *m, struct slice content_hash,
                        struct buf *scratch, uint8_t out[SENT_MARK_BYTES]);

/* What leads to it (KEY_SENT): the id of its object, else its value; empty
 * where nothing does. It lives as long as the head. */
struct slice sent_way(const struct head *h);

/* Answer it. ERR_LIMIT, ERR_VALUE: the request, with the fault. */
MUST_USE enum err sent_run(struct search *s);

#endif
