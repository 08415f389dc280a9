#include "core/exchange/snapshot.h"

#include "core/base/crc.h"

#define MEMBER(form, type, member, most)                                       \
    {                                                                          \
        form, offsetof(type, member), sizeof(((type *)0)->member), most,       \
            #type "." #member                                                  \
    }
#define FIELD(form, type, member) MEMBER(form, type, member, 0)
#define CHOICE(type, member, most) MEMBER(A_CHOICE, type, member, most)
#define LAYOUT(name, type)                                                     \
    const struct layout name##_layout = {                                      \
        name##_fields, ARRAY_SIZE(name##_fields), sizeof(type)}

/* What a member points to is of no interest here, its own size is.
 * NOLINTBEGIN(bugprone-sizeof-expression) */

static const struct field exchange_fields[] = {
    FIELD(BY_HAND, struct exchange, card),
    FIELD(BY_HAND, struct exchange, keys),
    FIELD(BY_HAND, struct exchange, peers),
    FIELD(BY_HAND, struct exchange, peer_count),
    FIELD(BY_HAND, struct exchange, lanes),
    FIELD(BY_HAND, struct exchange, lane_count),
    FIELD(BY_HAND, struct exchange, lane_capacity),
    FIELD(BY_HAND, struct exchange, streams),
    FIELD(BY_HAND, struct exchange, stream_list),
    FIELD(BY_HAND, struct exchange, stream_count),
    FIELD(BY_HAND, struct exchange, stream_capacity),
    FIELD(BY_HAND, struct exchange, submissions),
    FIELD(BY_HAND, struct exchange, submission_count),
    FIELD(BY_HAND, struct exchange, submission_capacity),
    FIELD(BY_HAND, struct exchange, releases),
    FIELD(BY_HAND, struct exchange, release_count),
    FIELD(BY_HAND, struct exchange, release_capacity),
    FIELD(BY_HAND, struct exchange, users),
    FIELD(BY_HAND, struct exchange, user_count),
    FIELD(BY_HAND, struct exchange, user_capacity),
    FIELD(BY_HAND, struct exchange, parts),
    FIELD(BY_HAND, struct exchange, part_count),
    FIELD(BY_HAND, struct exchange, part_capacity),
    FIELD(BY_HAND, struct exchange, passes),
    FIELD(BY_HAND, struct exchange, pass_count),
    FIELD(BY_HAND, struct exchange, pass_capacity),
    FIELD(A_NUMBER, struct exchange, item_count),
    FIELD(BY_HAND, struct exchange, erasures),
    FIELD(BY_HAND, struct exchange, alarms),
    FIELD(BY_HAND, struct exchange, alarm_count),
    FIELD(BY_HAND, struct exchange, alarm_capacity),
    FIELD(A_NUMBER, struct exchange, incarnation),
    FIELD(A_NUMBER, struct exchange, restored_turn),
    FIELD(A_FLAG, struct exchange, restore_declared),
    FIELD(A_NUMBER, struct exchange, run_ms),
    FIELD(A_NUMBER, struct exchange, mark_ms),
    FIELD(BY_HAND, struct exchange, evidence),
    FIELD(BY_HAND, struct exchange, evidence_count),
    FIELD(BY_HAND, struct exchange, evidence_capacity),
    FIELD(A_NUMBER, struct exchange, alarm_last),
    FIELD(A_NUMBER, struct exchange, alarm_news),
};
LAYOUT(exchange, struct exchange);

static const struct field peer_fields[] = {
    FIELD(BY_HAND, struct peer, card),
    FIELD(BY_HAND, struct peer, keys),
    FIELD(A_FLAG, struct peer, confirmed),
    FIELD(A_TEXT, struct peer, confirmed_by),
    FIELD(A_FLAG, struct peer, paused),
    FIELD(A_NUMBER, struct peer, paused_time.ms),
    FIELD(A_TEXT, struct peer, paused_with),
    FIELD(A_NUMBER, struct peer, lane_out),
    FIELD(A_NUMBER, struct peer, lane_in),
    FIELD(BY_HAND, struct peer, queues),
    FIELD(BY_HAND, struct peer, waiting),
    FIELD(A_NUMBER, struct peer, own_waiting),
    FIELD(A_NUMBER, struct peer, cards_waiting),
    FIELD(A_NUMBER, struct peer, declined_by_us),
    FIELD(A_NUMBER, struct peer, taken_bytes),
    FIELD(A_NUMBER, struct peer, again_lane),
    FIELD(A_NUMBER, struct peer, again_index),
};
LAYOUT(peer, struct peer);

static const struct field lane_fields[] = {
    FIELD(A_NUMBER, struct lane, peer),
    FIELD(A_NUMBER, struct lane, next),
    FIELD(A_FLAG, struct lane, ours),
    FIELD(BY_HAND, struct lane, genesis),
    FIELD(BY_HAND, struct lane, id),
    FIELD(BY_HAND, struct lane, epoch),
    FIELD(BY_HAND, struct lane, prev_size),
    FIELD(A_FRONTIER, struct lane, at),
    FIELD(A_FRONTIER, struct lane, signed_at),
    FIELD(A_NUMBER, struct lane, signed_bytes),
    FIELD(BY_HAND, struct lane, tail),
    FIELD(BY_HAND, struct lane, tail_bytes),
    FIELD(BY_HAND, struct lane, tail_count),
    FIELD(BY_HAND, struct lane, tail_capacity),
    FIELD(A_CHECKPOINT, struct lane, last),
    FIELD(A_CHECKPOINT, struct lane, seen),
    FIELD(A_RECEIPT, struct lane, receipt),
    FIELD(A_FLAG, struct lane, has_receipt),
    FIELD(A_FLAG, struct lane, frozen),
    FIELD(A_NUMBER, struct lane, frozen_row),
    FIELD(A_TEXT, struct lane, frozen_why),
    FIELD(A_FLAG, struct lane, closed),
    FIELD(A_FLAG, struct lane, granted),
    FIELD(A_CHECKPOINT, struct lane, granted_at),
    FIELD(A_NUMBER, struct lane, left_from),
    FIELD(A_NUMBER, struct lane, follows),
    FIELD(BY_HAND, struct lane, numbers),
    FIELD(BY_HAND, struct lane, recent),
    FIELD(A_NUMBER, struct lane, recent_count),
    FIELD(BY_HAND, struct lane, ends),
    FIELD(A_FLAG, struct lane, restored),
    FIELD(A_NUMBER, struct lane, restored_size),
    FIELD(BY_HAND, struct lane, marks),
    FIELD(BY_HAND, struct lane, declines),
    FIELD(BY_HAND, struct lane, decline_count),
    FIELD(BY_HAND, struct lane, decline_capacity),
    FIELD(BY_HAND, struct lane, expunges),
    FIELD(BY_HAND, struct lane, keys),
    FIELD(BY_HAND, struct lane, key_count),
    FIELD(BY_HAND, struct lane, key_capacity),
};
LAYOUT(lane, struct lane);

/* Derived from its proof. */
static const struct field card_fields[] = {
    FIELD(BY_HAND, struct held_card, proof),
    FIELD(BY_HAND, struct held_card, arena),
    FIELD(BY_HAND, struct held_card, card),
    FIELD(BY_HAND, struct held_card, hash),
    FIELD(BY_HAND, struct held_card, root),
    FIELD(BY_HAND, struct held_card, root_spki),
    FIELD(BY_HAND, struct held_card, ends),
    FIELD(BY_HAND, struct held_card, present),
};
static LAYOUT(card, struct held_card);

static const struct field history_fields[] = {
    FIELD(BY_HAND, struct key_history, list),
    FIELD(BY_HAND, struct key_history, count),
    FIELD(BY_HAND, struct key_history, capacity),
};
static LAYOUT(history, struct key_history);

static const struct field expunges_fields[] = {
    FIELD(BY_HAND, struct expunges, at),
    FIELD(BY_HAND, struct expunges, list),
    FIELD(BY_HAND, struct expunges, count),
    FIELD(BY_HAND, struct expunges, capacity),
    FIELD(BY_HAND, struct expunges, missing),
    FIELD(BY_HAND, struct expunges, missing_count),
    FIELD(BY_HAND, struct expunges, missing_capacity),
    FIELD(BY_HAND, struct expunges, gaps),
    FIELD(BY_HAND, struct expunges, gap_count),
    FIELD(BY_HAND, struct expunges, gap_capacity),
};
static LAYOUT(expunges, struct expunges);

static const struct field stream_fields[] = {
    FIELD(BYTES, struct stream, id),
    FIELD(A_NUMBER, struct stream, next),
    FIELD(A_NUMBER, struct stream, number),
    FIELD(A_NUMBER, struct stream, passes),
};
LAYOUT(stream, struct stream);

static const struct field submission_fields[] = {
    FIELD(A_NUMBER, struct submission_state, stream),
    FIELD(A_NUMBER, struct submission_state, time.ms),
    FIELD(A_NUMBER, struct submission_state, parts),
    FIELD(A_NUMBER, struct submission_state, user),
};
LAYOUT(submission, struct submission_state);

static const struct field release_fields[] = {
    FIELD(A_NUMBER, struct release, number),
    FIELD(A_NUMBER, struct release, uid),
    FIELD(A_NUMBER, struct release, time.ms),
    FIELD(A_TEXT, struct release, why),
};
LAYOUT(release, struct release);

static const struct field user_fields[] = {
    FIELD(A_NUMBER, struct user, uid),
    FIELD(A_NUMBER, struct user, items),
    FIELD(A_NUMBER, struct user, bytes),
};
LAYOUT(user, struct user);

static const struct field part_fields[] = {
    FIELD(A_NUMBER, struct part, peer),
    FIELD(A_NUMBER, struct part, queued),
    FIELD(A_NUMBER, struct part, sequenced),
    FIELD(A_NUMBER, struct part, receipted),
    FIELD(A_NUMBER, struct part, cancelled),
    FIELD(A_NUMBER, struct part, first_lane),
    FIELD(A_NUMBER, struct part, lane),
    FIELD(A_NUMBER, struct part, first_index),
    FIELD(A_NUMBER, struct part, last_index),
    FIELD(A_NUMBER, struct part, next),
};
LAYOUT(part, struct part);

static const struct field span_fields[] = {
    FIELD(A_NUMBER, struct span, first),
    FIELD(A_NUMBER, struct span, count),
    FIELD(A_NUMBER, struct span, bits),
};
LAYOUT(span, struct span);

static const struct field pass_fields[] = {
    FIELD(A_NUMBER, struct pass, peer),    FIELD(A_NUMBER, struct pass, next),
    FIELD(BY_HAND, struct pass, spans),    FIELD(BY_HAND, struct pass, count),
    FIELD(BY_HAND, struct pass, capacity),
};
LAYOUT(pass, struct pass);

static const struct field erasure_fields[] = {
    FIELD(A_NUMBER, struct erasure, lane),
    FIELD(A_NUMBER, struct erasure, index),
};
LAYOUT(erasure, struct erasure);

static const struct field alarm_fields[] = {
    FIELD(A_NUMBER, struct alarm, number),
    FIELD(A_NUMBER, struct alarm, cause.kind),
    FIELD(A_NUMBER, struct alarm, cause.peer),
    FIELD(A_NUMBER, struct alarm, cause.lane),
    FIELD(A_NUMBER, struct alarm, cause.index),
    FIELD(A_NUMBER, struct alarm, count),
    FIELD(A_NUMBER, struct alarm, news),
    CHOICE(struct alarm, end, ALARM_BY_PERSON),
    FIELD(A_FLAG, struct alarm, taken),
    FIELD(A_NUMBER, struct alarm, time.ms),
    FIELD(A_NUMBER, struct alarm, taken_time.ms),
    FIELD(A_NUMBER, struct alarm, end_time.ms),
    FIELD(A_NUMBER, struct alarm, taken_uid),
    FIELD(A_NUMBER, struct alarm, end_uid),
    FIELD(A_TEXT, struct alarm, text),
    FIELD(A_TEXT, struct alarm, taken_with),
    FIELD(A_TEXT, struct alarm, end_with),
};
LAYOUT(alarm, struct alarm);

static const struct field evidence_fields[] = {
    FIELD(A_NUMBER, struct contradiction, lane),
    FIELD(A_NUMBER, struct contradiction, row),
    FIELD(BYTES, struct contradiction, genesis),
    FIELD(A_CHECKPOINT, struct contradiction, theirs),
    FIELD(A_CHECKPOINT, struct contradiction, ours),
};
LAYOUT(evidence, struct contradiction);

static const struct field era_fields[] = {
    CHOICE(struct key_era, role, KEY_ROLE_COUNT - 1),
    FIELD(BYTES, struct key_era, key),
    FIELD(BYTES, struct key_era, id),
    FIELD(A_NUMBER, struct key_era, since),
    FIELD(A_NUMBER, struct key_era, until),
    FIELD(A_FLAG, struct key_era, compromised),
};
LAYOUT(era, struct key_era);

static const struct field item_fields[] = {
    FIELD(A_NUMBER, struct outbox_item, item),
    FIELD(A_NUMBER, struct outbox_item, number),
    FIELD(A_NUMBER, struct outbox_item, stream),
    FIELD(A_NUMBER, struct outbox_item, sequence),
    FIELD(A_NUMBER, struct outbox_item, ref),
    FIELD(A_NUMBER, struct outbox_item, time.ms),
    FIELD(A_NUMBER, struct outbox_item, body_bytes),
    FIELD(A_NUMBER, struct outbox_item, kind),
    FIELD(A_NUMBER, struct outbox_item, tlp),
    FIELD(A_NUMBER, struct outbox_item, flags),
    FIELD(A_FLAG, struct outbox_item, urgent),
    FIELD(A_FLAG, struct outbox_item, gone),
};
LAYOUT(item, struct outbox_item);

static const struct field declined_fields[] = {
    FIELD(A_NUMBER, struct declined, index),
    FIELD(A_NUMBER, struct declined, count),
    FIELD(A_NUMBER, struct declined, code),
};
LAYOUT(declined, struct declined);

static const struct field mark_fields[] = {
    FIELD(A_NUMBER, struct mark, run_ms),
    FIELD(A_NUMBER, struct mark, size),
    FIELD(A_NUMBER, struct mark, receipted),
    FIELD(A_NUMBER, struct mark, receipted_bytes),
    FIELD(A_NUMBER, struct mark, item),
};
LAYOUT(mark, struct mark);

static const struct field end_fields[] = {
    FIELD(A_NUMBER, struct batch_end, size),
    FIELD(BYTES, struct batch_end, root),
};
LAYOUT(end, struct batch_end);

static const struct field lane_key_fields[] = {
    FIELD(A_NUMBER, struct lane_key, above),
    FIELD(BYTES, struct lane_key, key),
    FIELD(BYTES, struct lane_key, id),
};
LAYOUT(lane_key, struct lane_key);

static const struct field expunged_fields[] = {
    FIELD(A_NUMBER, struct expunged, index),
    FIELD(A_NUMBER, struct expunged, by_lane),
    FIELD(A_NUMBER, struct expunged, by_index),
    CHOICE(struct expunged, state, EXPUNGE_DONE),
};
LAYOUT(expunged, struct expunged);

static const struct field missing_fields[] = {
    FIELD(A_NUMBER, struct missing, index),
    FIELD(A_FLAG, struct missing, expunged),
};
LAYOUT(missing, struct missing);

static const struct field gap_fields[] = {
    FIELD(A_NUMBER, struct gap, index),
    FIELD(A_NUMBER, struct gap, count),
};
LAYOUT(gap, struct gap);

/* NOLINTEND(bugprone-sizeof-expression) */

/* What is one value. */
static const struct field size_fields[] = {
    {A_NUMBER, 0, sizeof(uint32_t), 0, "size"}};
LAYOUT(size, uint32_t);

static const struct field number_fields[] = {
    {A_NUMBER, 0, sizeof(uint64_t), 0, "number"}};
LAYOUT(number, uint64_t);

static const struct field hash_fields[] = {
    {BYTES, 0, sizeof(struct hash), 0, "hash"}};
LAYOUT(hash, struct hash);

static const struct field checkpoint_fields[] = {
    {A_CHECKPOINT, 0, sizeof(struct checkpoint), 0, "checkpoint"}};
LAYOUT(checkpoint, struct checkpoint);

uint32_t
layout_fingerprint(uint32_t crc, const struct layout *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct field *f = &l->fields[i];
        const uint8_t form[] = {(uint8_t)f->form, (uint8_t)f->size,
                                (uint8_t)(f->size >> 8), (uint8_t)f->most};
        crc = crc32c(crc, SLICE_ARRAY(form));
        crc = crc32c(crc, slice_str(f->name));
    }
    return crc;
}

static uint32_t
fingerprint_all(void)
{
    static const struct layout *const all[] = {
        &exchange_layout,   &peer_layout,     &lane_layout,
        &stream_layout,     &part_layout,     &span_layout,
        &pass_layout,       &erasure_layout,  &alarm_layout,
        &evidence_layout,   &era_layout,      &item_layout,
        &declined_layout,   &mark_layout,     &end_layout,
        &lane_key_layout,   &expunged_layout, &missing_layout,
        &submission_layout, &card_layout,     &history_layout,
        &expunges_layout,   &user_layout,     &gap_layout,
        &release_layout};
    uint32_t crc = SNAPSHOT_VERSION;

    crc = crc32c(crc, slice_str(SEALANE_VERSION));
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        crc = layout_fingerprint(crc, all[i]);
    return crc;
}

/* A constant of the program, which takes longer to compute than a small node
 * takes to save. */
uint32_t
layouts_fingerprint(void)
{
    static uint32_t known;

    if (!known)
        known = fingerprint_all();
    return known;
}
