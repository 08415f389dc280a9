/*
 * search - answers a search, page by page.
 *
 * Holds:      what is red is found for readers with the right alone; what is
 *             withheld since a restore, or part of an exercise that was not
 *             asked for, is not found. One answer is bounded in rows that are
 *             looked at and in records.
 * Trusts:     nothing of the request.
 * Leaves out: the socket (serve.h), rendering (cli/search.c).
 * Spec:       docs/man/sealane.1, search
 *
 * A request has the texts "value" (any number of them, in any notation), and
 * what else must hold: "text" (words), "label", "case", "type", "role", "tlp",
 * "producer", "peer", "direction" ("to" or "from"), "state", "exercise", the
 * numbers "since-ms", "until-ms", "submission", and "before" (a place that an
 * answer gave as "next"), "limit", the truth "parents".
 *
 * The first record of the answer has "searched", and where it does not end
 * there: "next", to ask for with "before"; "next-value", the first value that
 * was not looked for. Then a record for each match; its "row" grows with the
 * order of the journal. Where a value, or words that are all common, lead to
 * more than may be looked at there is a record with the truth "cut".
 */
#ifndef EDGE_INDEX_SEARCH_H
#define EDGE_INDEX_SEARCH_H

#include "core/base/limits.h"
#include "core/wire/control.h"
#include "edge/index/rows.h"

/* Matches of one answer, and rows looked at for it. */
#define SEARCH_RECORDS_MAX 1024u
#define SEARCH_LOOKS_MAX 20000u

/* Bytes of one answer, and of one text in it: heads come from peers and may be
 * as large as a body. */
#define SEARCH_BYTES_MAX MIB(4)
#define SEARCH_TEXT_MAX KIB(64)
#define SEARCH_LABELS_MAX 64

/* What decoding the head of a message may take. */
#define SEARCH_SCRATCH_BUDGET (2 * DECODE_BUDGET_FACTOR * (size_t)BODY_MAX)

/* Messages that one key leads to, and one value by all of its keys, or the
 * rarest of words; of more the newest count, and the answer says so. */
#define SEARCH_OF_KEY_MAX 65536u
#define SEARCH_OF_VALUE_MAX (4 * SEARCH_OF_KEY_MAX)

/* Different words of one search: each costs what reading all messages that it
 * leads to costs, 10 ms of a million. */
#define SEARCH_WORDS_MAX 64u

/* What is known of an object that messages of one road say something of, as
 * far as the reader may know it. */
struct search_object {
    bool known;
    struct slice id, producer;
    struct row road; /* a message of it */
    bool revoked;
    struct row newest; /* version; its bytes are gone */
    struct slice modified;
    uint32_t first; /* message of that id, whoever sent it; 0: not known */
    uint32_t first_team;
    bool first_is_same; /* road and producer */
};

struct search {
    struct rows *rows;
    const struct control_record *values; /* of the request */
    const struct slice *messages;        /* of it */
    size_t message_count;
    uint64_t committed; /* turn that the daemon said to be on disk */
    bool may_read_red;
    struct wall now;
    struct arena *arena;   /* of the answer */
    struct arena *scratch; /* two: for a match, and for its other versions */
    struct control_builder answer;
    size_t looks;                /* at rows, for this answer */
    struct search_object object; /* that was looked at last */
    const char *fault;           /* what is wrong with the request */
};

/* Answer it. ERR_VALUE: the request, with the fault. */
MUST_USE enum err search_run(struct search *s);

#endif
