#include "core/wire/frames.h"

#include "core/base/limits.h"
#include "core/wire/pack.h"
#include "wire.pb-c.h"

#include <assert.h>

/* All fields of fixed size are set through their array. */
#define SET_ARRAY(message, field, array)                                       \
    PACK_SET(message, field, pack_bytes(SLICE_ARRAY(array)))

static void
signed_fill(Sealane__Wire__Signed *m, const struct frame_signed *f)
{
    *m = (Sealane__Wire__Signed)SEALANE__WIRE__SIGNED__INIT;
    PACK_SET(*m, size, f->size);
    SET_ARRAY(*m, root, f->root.b);
    PACK_SET(*m, time, f->time_s);
    SET_ARRAY(*m, key_id, f->key.b);
    SET_ARRAY(*m, signature, f->signature.b);
}

void
frame_hello_put(struct buf *out, const struct frame_hello *f)
{
    Sealane__Wire__Limits limits = SEALANE__WIRE__LIMITS__INIT;
    Sealane__Wire__Hello m = SEALANE__WIRE__HELLO__INIT;

    assert(f->batches_in_flight >= 1 &&
           f->batches_in_flight <= BATCHES_IN_FLIGHT_MAX);
    PACK_SET(m, version, f->version);
    m.team = (char *)f->team.text;
    m.peer = (char *)f->peer.text;
    PACK_SET(m, card_version, f->card_version);
    SET_ARRAY(m, card_hash, f->card_hash.b);
    PACK_SET(m, peer_card_version, f->peer_card_version);
    SET_ARRAY(m, boot_id, f->boot_id);
    PACK_SET(limits, body_bytes, f->body_bytes_max);
    PACK_SET(limits, batches_in_flight, f->batches_in_flight);
    m.limits = &limits;
    pack_frame(out, FRAME_HELLO, &m.base);
}

void
frame_auth_put(struct buf *out, const struct frame_auth *f)
{
    Sealane__Wire__Auth m = SEALANE__WIRE__AUTH__INIT;

    SET_ARRAY(m, key_id, f->key.b);
    SET_ARRAY(m, signature, f->signature.b);
    pack_frame(out, FRAME_AUTH, &m.base);
}

/* A lane's state and the four that it may point at. */
struct lane_parts {
    Sealane__Wire__LaneState lane;
    Sealane__Wire__Signed checkpoint, seen, receipt, receipt_answers;
};

static void
lane_fill(struct lane_parts *to, const struct frame_lane_state *f)
{
    Sealane__Wire__LaneState *m = &to->lane;

    assert(f->genesis.size == FRAME_GENESIS_BYTES);
    *m = (Sealane__Wire__LaneState)SEALANE__WIRE__LANE_STATE__INIT;
    SET_ARRAY(*m, lane_id, f->lane.b);
    PACK_SET(*m, genesis, pack_bytes(f->genesis));
    PACK_SET(*m, size, f->size);
    SET_ARRAY(*m, root, f->root.b);
    if (f->has_checkpoint) {
        signed_fill(&to->checkpoint, &f->checkpoint);
        m->checkpoint = &to->checkpoint;
    }
    if (f->has_seen) {
        signed_fill(&to->seen, &f->seen);
        m->seen = &to->seen;
    }
    if (f->has_receipt) {
        signed_fill(&to->receipt, &f->receipt);
        m->receipt = &to->receipt;
    }
    if (f->has_receipt_answers) {
        signed_fill(&to->receipt_answers, &f->receipt_answers);
        m->receipt_answers = &to->receipt_answers;
    }
}

void
frame_resume_put(struct buf *out, const struct frame_resume *f)
{
    Sealane__Wire__Resume m = SEALANE__WIRE__RESUME__INIT;
    Sealane__Wire__LaneState *lanes[RESUME_LANES_MAX];
    struct lane_parts parts[RESUME_LANES_MAX];

    assert(f->count <= RESUME_LANES_MAX);
    for (size_t i = 0; i < f->count; i++) {
        lane_fill(&parts[i], &f->lanes[i]);
        lanes[i] = &parts[i].lane;
    }
    m.n_lanes = f->count;
    m.lanes = lanes;
    pack_frame(out, FRAME_RESUME, &m.base);
}

void
frame_verdict_put(struct buf *out, const struct frame_verdict *f)
{
    Sealane__Wire__Verdict m = SEALANE__WIRE__VERDICT__INIT;

    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, row, f->row);
    PACK_SET(m, size, f->size);
    PACK_SET(m, start, f->start);
    pack_frame(out, FRAME_VERDICT, &m.base);
}

void
frame_genesis_put(struct buf *out, const struct frame_genesis *f)
{
    Sealane__Wire__Genesis m = SEALANE__WIRE__GENESIS__INIT;

    assert(f->genesis.size == FRAME_GENESIS_BYTES);
    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, genesis, pack_bytes(f->genesis));
    pack_frame(out, FRAME_GENESIS, &m.base);
}

void
frame_batch_put(struct buf *out, const struct frame_batch *f)
{
    Sealane__Wire__Header m = SEALANE__WIRE__HEADER__INIT;

    assert(f->records.size && f->records.size % FRAME_LEAF_BYTES == 0);
    assert(f->records.size <= BATCH_LEAVES_MAX * FRAME_LEAF_BYTES);
    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, start, f->start);
    PACK_SET(m, records, pack_bytes(f->records));
    SET_ARRAY(m, root, f->root.b);
    PACK_SET(m, time, f->time_s);
    SET_ARRAY(m, key_id, f->key.b);
    SET_ARRAY(m, signature, f->signature.b);
    pack_frame(out, FRAME_HEADER, &m.base);
}

void
frame_want_put(struct buf *out, const struct frame_want *f)
{
    Sealane__Wire__Want m = SEALANE__WIRE__WANT__INIT;

    assert(f->count >= 1 && f->count <= BATCH_LEAVES_MAX);
    assert(f->bitmap.size == (f->count + 7) / 8);
    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, first, f->first);
    PACK_SET(m, count, f->count);
    PACK_SET(m, bitmap, pack_bytes(f->bitmap));
    pack_frame(out, FRAME_WANT, &m.base);
}

void
frame_body_put(struct buf *out, const struct frame_body *f)
{
    Sealane__Wire__Body m = SEALANE__WIRE__BODY__INIT;

    assert(f->salt.size == FRAME_SALT_BYTES);
    assert(f->piece.size <= PIECE_BYTES);
    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, index, f->index);
    PACK_SET(m, salt, pack_bytes(f->salt));
    PACK_SET(m, piece, pack_bytes(f->piece));
    pack_frame(out, FRAME_BODY, &m.base);
}

void
frame_piece_put(struct buf *out, const struct frame_piece *f)
{
    Sealane__Wire__Piece m = SEALANE__WIRE__PIECE__INIT;

    assert(f->bytes.size >= 1 && f->bytes.size <= PIECE_BYTES);
    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, index, f->index);
    PACK_SET(m, offset, f->offset);
    PACK_SET(m, bytes, pack_bytes(f->bytes));
    pack_frame(out, FRAME_PIECE, &m.base);
}

/* GONE, ABSENT and HELD have one form: a lane and a number. */
void
frame_mark_put(struct buf *out, enum frame_type type,
               const struct frame_mark *f)
{
    Sealane__Wire__Gone m = SEALANE__WIRE__GONE__INIT;

    assert(type == FRAME_GONE || type == FRAME_ABSENT || type == FRAME_HELD);
    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, index, f->number);
    pack_frame(out, (uint8_t)type, &m.base);
}

void
frame_receipt_put(struct buf *out, const struct frame_receipt *f)
{
    Sealane__Wire__Receipt m = SEALANE__WIRE__RECEIPT__INIT;
    Sealane__Wire__Signed receipt;

    signed_fill(&receipt, &f->receipt);
    SET_ARRAY(m, lane_id, f->lane.b);
    m.receipt = &receipt;
    PACK_SET(m, origin_time, f->origin_time_s);
    SET_ARRAY(m, origin_key_id, f->origin_key.b);
    SET_ARRAY(m, origin_signature, f->origin_signature.b);
    pack_frame(out, FRAME_RECEIPT, &m.base);
}

void
frame_fetch_put(struct buf *out, const struct frame_fetch *f)
{
    Sealane__Wire__Fetch m = SEALANE__WIRE__FETCH__INIT;

    SET_ARRAY(m, lane_id, f->lane.b);
    PACK_SET(m, from, f->from);
    PACK_SET(m, to, f->to);
    pack_frame(out, FRAME_FETCH, &m.base);
}

void
frame_ping_put(struct buf *out, const struct frame_ping *f)
{
    Sealane__Wire__Ping m = SEALANE__WIRE__PING__INIT;

    PACK_SET(m, number, f->number);
    PACK_SET(m, answer, f->answer);
    pack_frame(out, FRAME_PING, &m.base);
}

void
frame_close_put(struct buf *out, const struct frame_close *f)
{
    Sealane__Wire__Close m = SEALANE__WIRE__CLOSE__INIT;
    struct pack p;

    pack_init(&p);
    PACK_SET(m, code, f->code);
    m.text = pack_texts(&p, &f->text, 1)[0];
    pack_frame(out, FRAME_CLOSE, &m.base);
    pack_clear(&p);
}
