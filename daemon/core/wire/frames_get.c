#include "core/wire/frames.h"

#include "core/base/limits.h"
#include "core/wire/take.h"
#include "wire.pb-c.h"

#include <assert.h>

enum err
frame_hello_get(struct slice payload, struct arena *arena,
                struct frame_hello *out)
{
    struct take t = {.arena = arena};
    struct frame_hello f = {0};
    const Sealane__Wire__Hello *m =
        take_message(&t, payload, &sealane__wire__hello__descriptor);

    if (!m)
        return t.err;
    f.version = TAKE_U32(&t, m, version);
    take_team(&t, m->team, &f.team);
    take_team(&t, m->peer, &f.peer);
    f.card_version = TAKE_U64(&t, m, card_version);
    TAKE_FIXED(&t, m, card_hash, f.card_hash.b);
    f.peer_card_version = TAKE_U64(&t, m, peer_card_version);
    TAKE_FIXED(&t, m, boot_id, f.boot_id);
    if (!m->limits)
        return t.err ? t.err : ERR_MISSING;
    f.body_bytes_max = TAKE_U64(&t, m->limits, body_bytes);
    f.batches_in_flight = TAKE_U32(&t, m->limits, batches_in_flight);
    if (f.batches_in_flight < 1 || f.batches_in_flight > BATCHES_IN_FLIGHT_MAX)
        take_fail(&t, ERR_VALUE);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_auth_get(struct slice payload, struct arena *arena,
               struct frame_auth *out)
{
    struct take t = {.arena = arena};
    struct frame_auth f = {0};
    const Sealane__Wire__Auth *m =
        take_message(&t, payload, &sealane__wire__auth__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, key_id, f.key.b);
    TAKE_SIGNATURE(&t, m, signature, &f.signature);
    if (!t.err)
        *out = f;
    return t.err;
}

static void
take_signed(struct take *t, const Sealane__Wire__Signed *m,
            struct frame_signed *out)
{
    out->size = TAKE_U64(t, m, size);
    TAKE_FIXED(t, m, root, out->root.b);
    out->time_s = TAKE_U64(t, m, time);
    TAKE_FIXED(t, m, key_id, out->key.b);
    TAKE_SIGNATURE(t, m, signature, &out->signature);
}

static bool
take_optional_signed(struct take *t, const Sealane__Wire__Signed *m,
                     struct frame_signed *out)
{
    if (m)
        take_signed(t, m, out);
    return m;
}

static void
take_lane(struct take *t, const Sealane__Wire__LaneState *m,
          struct frame_lane_state *out)
{
    TAKE_FIXED(t, m, lane_id, out->lane.b);
    out->genesis = TAKE_SIZED(t, m, genesis, FRAME_GENESIS_BYTES);
    out->size = TAKE_U64(t, m, size);
    TAKE_FIXED(t, m, root, out->root.b);
    out->has_checkpoint =
        take_optional_signed(t, m->checkpoint, &out->checkpoint);
    out->has_seen = take_optional_signed(t, m->seen, &out->seen);
    out->has_receipt = take_optional_signed(t, m->receipt, &out->receipt);
    out->has_receipt_answers =
        take_optional_signed(t, m->receipt_answers, &out->receipt_answers);
}

enum err
frame_resume_get(struct slice payload, struct arena *arena,
                 struct frame_resume *out)
{
    struct take t = {.arena = arena};
    const Sealane__Wire__Resume *m =
        take_message(&t, payload, &sealane__wire__resume__descriptor);

    if (!m)
        return t.err;
    if (m->n_lanes > RESUME_LANES_MAX)
        return ERR_LIMIT;
    struct frame_lane_state *lanes = take_array(&t, m->n_lanes, sizeof *lanes);
    for (size_t i = 0; lanes && i < m->n_lanes; i++)
        take_lane(&t, m->lanes[i], &lanes[i]);
    if (!t.err)
        *out = (struct frame_resume){lanes, m->n_lanes};
    return t.err;
}

enum err
frame_verdict_get(struct slice payload, struct arena *arena,
                  struct frame_verdict *out)
{
    struct take t = {.arena = arena};
    struct frame_verdict f = {0};
    const Sealane__Wire__Verdict *m =
        take_message(&t, payload, &sealane__wire__verdict__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.row = TAKE_U32(&t, m, row);
    f.size = TAKE_U64(&t, m, size);
    f.start = TAKE_U64(&t, m, start);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_genesis_get(struct slice payload, struct arena *arena,
                  struct frame_genesis *out)
{
    struct take t = {.arena = arena};
    struct frame_genesis f = {0};
    const Sealane__Wire__Genesis *m =
        take_message(&t, payload, &sealane__wire__genesis__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.genesis = TAKE_SIZED(&t, m, genesis, FRAME_GENESIS_BYTES);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_batch_get(struct slice payload, struct arena *arena,
                struct frame_batch *out)
{
    struct take t = {.arena = arena};
    struct frame_batch f = {0};
    const Sealane__Wire__Header *m =
        take_message(&t, payload, &sealane__wire__header__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.start = TAKE_U64(&t, m, start);
    f.records = TAKE_BYTES(&t, m, records);
    TAKE_FIXED(&t, m, root, f.root.b);
    f.time_s = TAKE_U64(&t, m, time);
    TAKE_FIXED(&t, m, key_id, f.key.b);
    TAKE_SIGNATURE(&t, m, signature, &f.signature);
    if (f.records.size > BATCH_LEAVES_MAX * FRAME_LEAF_BYTES)
        take_fail(&t, ERR_LIMIT);
    if (!f.records.size || f.records.size % FRAME_LEAF_BYTES)
        take_fail(&t, ERR_VALUE);
    if (!t.err)
        *out = f;
    return t.err;
}

/* PROTOCOL frames: "Bits of a bitmap at or above its count MUST be zero." */
/* A bit beyond `count` would ask for an entry that nobody named. */
static bool
bitmap_is_whole(struct slice bitmap, uint32_t count)
{
    if (bitmap.size != (count + 7) / 8)
        return false;
    return count % 8 == 0 || bitmap.data[bitmap.size - 1] >> (count % 8) == 0;
}

enum err
frame_want_get(struct slice payload, struct arena *arena,
               struct frame_want *out)
{
    struct take t = {.arena = arena};
    struct frame_want f = {0};
    const Sealane__Wire__Want *m =
        take_message(&t, payload, &sealane__wire__want__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.first = TAKE_U64(&t, m, first);
    f.count = TAKE_U32(&t, m, count);
    f.bitmap = TAKE_BYTES(&t, m, bitmap);
    if (f.count > BATCH_LEAVES_MAX)
        take_fail(&t, ERR_LIMIT);
    else if (f.count < 1 || !bitmap_is_whole(f.bitmap, f.count))
        take_fail(&t, ERR_VALUE);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_body_get(struct slice payload, struct arena *arena,
               struct frame_body *out)
{
    struct take t = {.arena = arena};
    struct frame_body f = {0};
    const Sealane__Wire__Body *m =
        take_message(&t, payload, &sealane__wire__body__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.index = TAKE_U64(&t, m, index);
    f.salt = TAKE_SIZED(&t, m, salt, FRAME_SALT_BYTES);
    f.piece = TAKE_BYTES(&t, m, piece);
    if (f.piece.size > PIECE_BYTES)
        take_fail(&t, ERR_LIMIT);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_piece_get(struct slice payload, struct arena *arena,
                struct frame_piece *out)
{
    struct take t = {.arena = arena};
    struct frame_piece f = {0};
    const Sealane__Wire__Piece *m =
        take_message(&t, payload, &sealane__wire__piece__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.index = TAKE_U64(&t, m, index);
    f.offset = TAKE_U64(&t, m, offset);
    f.bytes = TAKE_BYTES(&t, m, bytes);
    if (f.bytes.size > PIECE_BYTES)
        take_fail(&t, ERR_LIMIT);
    if (!f.bytes.size)
        take_fail(&t, ERR_VALUE);
    if (!t.err)
        *out = f;
    return t.err;
}

/* GONE, ABSENT and HELD have one form: a lane and a number. */
enum err
frame_mark_get(enum frame_type type, struct slice payload, struct arena *arena,
               struct frame_mark *out)
{
    struct take t = {.arena = arena};
    struct frame_mark f = {0};

    assert(type == FRAME_GONE || type == FRAME_ABSENT || type == FRAME_HELD);
    const Sealane__Wire__Gone *m =
        take_message(&t, payload, &sealane__wire__gone__descriptor);
    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.number = TAKE_U64(&t, m, index);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_receipt_get(struct slice payload, struct arena *arena,
                  struct frame_receipt *out)
{
    struct take t = {.arena = arena};
    struct frame_receipt f = {0};
    const Sealane__Wire__Receipt *m =
        take_message(&t, payload, &sealane__wire__receipt__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    if (!take_optional_signed(&t, m->receipt, &f.receipt))
        take_fail(&t, ERR_MISSING);
    f.origin_time_s = TAKE_U64(&t, m, origin_time);
    TAKE_FIXED(&t, m, origin_key_id, f.origin_key.b);
    TAKE_SIGNATURE(&t, m, origin_signature, &f.origin_signature);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_fetch_get(struct slice payload, struct arena *arena,
                struct frame_fetch *out)
{
    struct take t = {.arena = arena};
    struct frame_fetch f = {0};
    const Sealane__Wire__Fetch *m =
        take_message(&t, payload, &sealane__wire__fetch__descriptor);

    if (!m)
        return t.err;
    TAKE_FIXED(&t, m, lane_id, f.lane.b);
    f.from = TAKE_U64(&t, m, from);
    f.to = TAKE_U64(&t, m, to);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_ping_get(struct slice payload, struct arena *arena,
               struct frame_ping *out)
{
    struct take t = {.arena = arena};
    struct frame_ping f = {0};
    const Sealane__Wire__Ping *m =
        take_message(&t, payload, &sealane__wire__ping__descriptor);

    if (!m)
        return t.err;
    f.number = TAKE_U64(&t, m, number);
    f.answer = TAKE_BOOL(&t, m, answer);
    if (!t.err)
        *out = f;
    return t.err;
}

enum err
frame_close_get(struct slice payload, struct arena *arena,
                struct frame_close *out)
{
    struct take t = {.arena = arena};
    struct frame_close f = {0};
    const Sealane__Wire__Close *m =
        take_message(&t, payload, &sealane__wire__close__descriptor);

    if (!m)
        return t.err;
    f.code = TAKE_U32(&t, m, code);
    if (!m->text)
        take_fail(&t, ERR_MISSING);
    f.text = slice_str(m->text);
    if (!t.err)
        *out = f;
    return t.err;
}
