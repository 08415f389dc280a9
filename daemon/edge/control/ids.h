/*
 * ids - what people call messages, submissions and alarms:
 *       krcert>cert.gov.au#18205, S-4821 and A-17, good over the phone.
 *
 * Holds:      an index starts at 0 in each epoch; a later epoch writes
 *             #2.118.
 * Trusts:     nothing; names are looked up by whoever asked.
 * Spec:       docs/PROTOCOL.md#names
 */
#ifndef EDGE_CONTROL_IDS_H
#define EDGE_CONTROL_IDS_H

#include "core/base/buf.h"

struct message_ref {
    struct slice origin; /* short or full name; points into the text */
    struct slice audience;
    uint64_t epoch;
    uint64_t index;
};

/* Read a decimal of at most 19 digits, nothing else. */
MUST_USE bool decimal_parse(struct slice text, uint64_t *out);

/* Read "ORIGIN>AUDIENCE#INDEX" or "ORIGIN>AUDIENCE#EPOCH.INDEX". */
MUST_USE bool message_ref_parse(struct slice text, struct message_ref *out);

/* Write it. */
void message_ref_put(struct buf *out, const struct message_ref *ref);

/* Read "S-4821", or an alarm's "A-17", in any case. */
MUST_USE bool submission_ref_parse(struct slice text, uint64_t *number);
MUST_USE bool alarm_ref_parse(struct slice text, uint64_t *number);

#endif
