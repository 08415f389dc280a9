#include "core/exchange/snapshot.h"

#include "core/base/mem.h"
#include "core/exchange/own.h"

#include <assert.h>

/* ---- writing ------------------------------------------------------------ */

static void
card_put(struct buf *out, const struct held_card *card,
         const struct key_history *keys)
{
    buf_put_varint(out, card->proof.size);
    buf_put(out, buf_slice(&card->proof));
    list_put(out, &era_layout, keys->list, keys->count);
}

static void
peer_put(struct buf *out, const struct peer *p)
{
    card_put(out, &p->card, &p->keys);
    values_put(out, &peer_layout, p);
    for (size_t i = 0; i < QUEUE_COUNT; i++)
        ring_put(out, &item_layout, &p->queues[i]);
}

/* The oldest first, so that they go back to their places. */
static void
recent_put(struct buf *out, const struct lane *l)
{
    uint64_t i = l->recent_count > RECENT_CHECKPOINTS
                     ? l->recent_count - RECENT_CHECKPOINTS
                     : 0;

    for (; i < l->recent_count; i++)
        values_put(out, &checkpoint_layout, &l->recent[i % RECENT_CHECKPOINTS]);
}

static void
lane_put(struct buf *out, const struct lane *l)
{
    const struct expunges *e = &l->expunges;

    buf_put(out, SLICE_ARRAY(l->genesis));
    values_put(out, &lane_layout, l);
    list_put(out, &hash_layout, l->tail, l->tail_count);
    for (size_t i = 0; !l->ours && i < l->tail_count; i++)
        values_put(out, &size_layout, &l->tail_bytes[i]);
    ring_put(out, &number_layout, &l->numbers);
    recent_put(out, l);
    ring_put(out, &end_layout, &l->ends);
    ring_put(out, &mark_layout, &l->marks);
    list_put(out, &declined_layout, l->declines, l->decline_count);
    list_put(out, &expunged_layout, e->list, e->count);
    list_put(out, &missing_layout, e->missing, e->missing_count);
    list_put(out, &gap_layout, e->gaps, e->gap_count);
    list_put(out, &lane_key_layout, l->keys, l->key_count);
}

static void
passes_put(struct buf *out, const struct exchange *x)
{
    buf_put_varint(out, x->pass_count);
    for (size_t i = 0; i < x->pass_count; i++) {
        const struct pass *p = &x->passes[i];
        values_put(out, &pass_layout, p);
        list_put(out, &span_layout, p->spans, p->count);
    }
}

void
exchange_save(const struct exchange *x, struct buf *out)
{
    buf_put_u32(out, layouts_fingerprint());
    values_put(out, &exchange_layout, x);
    card_put(out, &x->card, &x->keys);
    buf_put_varint(out, x->peer_count);
    for (uint32_t i = 0; i < x->peer_count; i++)
        peer_put(out, x->peers[i]);
    buf_put_varint(out, x->lane_count);
    for (uint32_t i = 0; i < x->lane_count; i++)
        lane_put(out, x->lanes[i]);
    list_put(out, &stream_layout, x->stream_list, x->stream_count);
    list_put(out, &submission_layout, x->submissions, x->submission_count);
    list_put(out, &release_layout, x->releases, x->release_count);
    list_put(out, &user_layout, x->users, x->user_count);
    list_put(out, &part_layout, x->parts, x->part_count);
    passes_put(out, x);
    ring_put(out, &erasure_layout, &x->erasures);
    list_put(out, &alarm_layout, x->alarms, x->alarm_count);
    list_put(out, &evidence_layout, x->evidence, x->evidence_count);
}

/* ---- reading ------------------------------------------------------------ */

/* Its signatures were good when it was taken; they are checked again, which
 * costs little and trusts nobody. */
static void
card_get_held(struct cursor *in, struct held_card *card,
              struct key_history *keys)
{
    struct slice proof = cursor_bytes(in, (size_t)cursor_varint(in));

    keys->list = list_get(in, &era_layout, &keys->count, &keys->capacity);
    if (proof.size && !in->bad && held_card_set(card, proof, NULL) != OK)
        in->bad = true;
}

static void
peer_get(struct cursor *in, struct exchange *x)
{
    struct peer *p = peer_add(x);

    card_get_held(in, &p->card, &p->keys);
    values_get(in, &peer_layout, p);
    for (size_t i = 0; i < QUEUE_COUNT; i++) {
        ring_get(in, &item_layout, &p->queues[i]);
        for (size_t k = 0; k < p->queues[i].count; k++) {
            const struct outbox_item *o = ring_at(&p->queues[i], k);
            p->waiting[i] += !o->gone;
        }
    }
}

static void
recent_get(struct cursor *in, struct lane *l)
{
    uint64_t i = l->recent_count > RECENT_CHECKPOINTS
                     ? l->recent_count - RECENT_CHECKPOINTS
                     : 0;

    for (; i < l->recent_count; i++)
        values_get(in, &checkpoint_layout, &l->recent[i % RECENT_CHECKPOINTS]);
}

static void
expunges_get(struct cursor *in, struct expunges *e)
{
    size_t count, capacity;
    struct expunged *list = list_get(in, &expunged_layout, &count, &capacity);

    for (size_t i = 0; i < count && !in->bad; i++) {
        if (expunged_find(e, list[i].index))
            in->bad = true;
        else
            *expunged_add(e, list[i].index) = list[i];
    }
    mem_free(list);
    e->missing =
        list_get(in, &missing_layout, &e->missing_count, &e->missing_capacity);
    e->gaps = list_get(in, &gap_layout, &e->gap_count, &e->gap_capacity);
}

static void
lane_get(struct cursor *in, struct exchange *x)
{
    uint8_t bytes[GENESIS_BYTES];
    struct genesis g;

    cursor_copy(in, bytes, sizeof bytes);
    if (in->bad || genesis_decode(SLICE_ARRAY(bytes), &g) != OK) {
        in->bad = true;
        return;
    }
    struct lane *l = lane_add(x, bytes, &g);
    values_get(in, &lane_layout, l);
    l->tail = list_get(in, &hash_layout, &l->tail_count, &l->tail_capacity);
    if (!l->ours && l->tail_capacity)
        l->tail_bytes = mem_new(l->tail_capacity * sizeof *l->tail_bytes);
    for (size_t i = 0; !l->ours && i < l->tail_count; i++)
        values_get(in, &size_layout, &l->tail_bytes[i]);
    ring_get(in, &number_layout, &l->numbers);
    recent_get(in, l);
    ring_get(in, &end_layout, &l->ends);
    ring_get(in, &mark_layout, &l->marks);
    l->declines =
        list_get(in, &declined_layout, &l->decline_count, &l->decline_capacity);
    expunges_get(in, &l->expunges);
    l->keys = list_get(in, &lane_key_layout, &l->key_count, &l->key_capacity);
}

static void
streams_get(struct cursor *in, struct exchange *x)
{
    x->stream_list =
        list_get(in, &stream_layout, &x->stream_count, &x->stream_capacity);
    for (size_t i = 0; i < x->stream_count && !in->bad; i++) {
        const uint8_t *id = x->stream_list[i].id;
        if (table_find(&x->streams, id))
            in->bad = true;
        table_put(&x->streams, id, i);
    }
}

static void
passes_get(struct cursor *in, struct exchange *x)
{
    uint64_t count = cursor_varint(in);

    for (uint64_t i = 0; i < count && !in->bad; i++) {
        struct pass *p = pass_add(x);
        values_get(in, &pass_layout, p);
        p->spans = list_get(in, &span_layout, &p->count, &p->capacity);
    }
}

static void
state_get(struct cursor *in, struct exchange *x)
{
    values_get(in, &exchange_layout, x);
    card_get_held(in, &x->card, &x->keys);
    uint64_t peers = cursor_varint(in);
    if (peers > PEERS_MAX)
        in->bad = true;
    for (uint64_t i = 0; i < peers && !in->bad; i++)
        peer_get(in, x);
    uint64_t lanes = cursor_varint(in);
    for (uint64_t i = 0; i < lanes && !in->bad; i++)
        lane_get(in, x);
    streams_get(in, x);
    x->submissions = list_get(in, &submission_layout, &x->submission_count,
                              &x->submission_capacity);
    x->releases =
        list_get(in, &release_layout, &x->release_count, &x->release_capacity);
    x->users = list_get(in, &user_layout, &x->user_count, &x->user_capacity);
    x->parts = list_get(in, &part_layout, &x->part_count, &x->part_capacity);
    passes_get(in, x);
    ring_get(in, &erasure_layout, &x->erasures);
    x->alarms =
        list_get(in, &alarm_layout, &x->alarm_count, &x->alarm_capacity);
    x->evidence = list_get(in, &evidence_layout, &x->evidence_count,
                           &x->evidence_capacity);
}

/* What was read is put together apart, so that nothing is left of what turns
 * out to be damaged. */
enum err
exchange_load(struct exchange *x, struct slice state)
{
    struct cursor in = cursor_of(state);
    struct exchange *fresh = exchange_new(&x->store);
    uint32_t fingerprint = cursor_u32(&in);
    enum err e = OK;

    assert(!x->started && !x->card.present && !x->peer_count);
    if (in.bad)
        e = ERR_DAMAGED;
    else if (fingerprint != layouts_fingerprint())
        e = ERR_VERSION;
    if (!e) {
        state_get(&in, fresh);
        e = cursor_done(&in) ? snapshot_check(fresh) : ERR_DAMAGED;
    }
    if (!e) {
        struct exchange empty = *x;
        *x = *fresh;
        *fresh = empty;
    }
    exchange_free(fresh);
    return e;
}
