/*
 * ours - what we sent of a document, with a submission, about an object or at
 *        a place: to withdraw it, or to see what a file has no longer; and one
 *        message in full, wherever it came from.
 *
 * Holds:      what is red is named to readers with the right alone; one answer
 *             is bounded.
 * Trusts:     nothing of the request.
 * Leaves out: withdrawing (cli/withdraw.c).
 *
 * "ours" has one of the texts "package" (with "source") and "object", the
 * number "submission", or both numbers "lane" and "index"; the text "to" (a
 * team, by its full name) where one alone is meant; "before", the place that an
 * answer gave as "next". A record of the answer is for each message: "lane",
 * "lane-id" and "index" unless it still waits; "team", "submission", what it is
 * about and how it is marked; "state" is there, declined, revoked or withdrawn,
 * and theirs for what is not ours. The last record has "turn" and
 * "committed", and "next" where there are more; for one who may not read what
 * is red it has "hidden", the number of red ones of ours, where it was asked by
 * submission or place, else the truth "red-left-out": ids and names of
 * documents can be guessed.
 *
 * "entry" has "lane" and "index"; the answer is the record of a search.
 */
#ifndef EDGE_INDEX_OURS_H
#define EDGE_INDEX_OURS_H

#include "edge/index/search.h"

/* Messages of one answer. */
#define OURS_RECORDS_MAX 8192u

/* Answer them. ERR_VALUE: the request, with the fault. */
MUST_USE enum err ours_run(struct search *s);
MUST_USE enum err entry_run(struct search *s);

#endif
