/*
 * entries - reads lanes and outboxes for people, page by page.
 *
 * Holds:      what is marked red is shown to readers with the right alone;
 *             others see that it is there, and its leaf record.
 * Trusts:     nothing of a cursor.
 * Leaves out: following a lane as it grows (watch.h), rendering (cli).
 */
#ifndef EDGE_CONTROL_ENTRIES_H
#define EDGE_CONTROL_ENTRIES_H

#include "edge/control/queries.h"

/* What is left of a page. */
struct page {
    size_t records, bytes, looks;
};

/* Begin a page of at most `records`. */
struct page page_begin(int64_t records);

/* Add the values of entry `index` of `lane` (without ending the record), with
 * its message where it may be shown. False when it does not fit on this page:
 * nothing was added. ERR_DAMAGED and ERR_NOT_FOUND of the record itself are
 * shown as the entry's state. */
MUST_USE bool entry_add(struct query *q, uint32_t lane,
                        const struct view_lane *v, uint64_t index,
                        struct page *page);

/* Find the entry that an id names. ERR_VALUE, ERR_NOT_FOUND, or ERR_NOT_NOW
 * where nothing of its lane may be shown yet; the text then says why. */
MUST_USE enum err entry_find(struct query *q, struct slice id, uint32_t *lane,
                             struct view_lane *v, uint64_t *index);

/* Tell how an entry stands: of ours queued, sent, receipted, left (it was
 * queued again in a later epoch); of theirs stored; of either declined by its
 * holder, gone where its body was erased, retired where it was kept as long as
 * the settings want. `body` is what reading it gave. */
const char *entry_state(const struct view_lane *v, uint64_t index,
                        enum err body, bool declined);

/* Tell whether this reader may see what is marked with a leaf's `tlp`. */
bool entry_may_show(const struct query *q, uint8_t tlp);

/* Tell whether nothing of a lane may be shown yet; the text then says why. */
bool lane_is_withheld(struct query *q, const struct view_lane *v);

/* Add the value "team": the other team's full name. */
void entry_add_team(struct query *q, uint32_t peer);

/* The verbs. */
MUST_USE enum err query_list(struct query *q);
MUST_USE enum err query_entries(struct query *q);
MUST_USE enum err query_records(struct query *q);
MUST_USE enum err query_show(struct query *q);

/* Write a lane's name, "krcert>cert.gov.au", to `out`. */
void lane_name_put(const struct query *q, const struct view_lane *v,
                   struct buf *out);

/* Add a lane's latest checkpoint and receipt (without ending the record). */
void lane_add_signatures(struct query *q, uint32_t lane,
                         const struct view_lane *v);

#endif
