#include "core/lane/gate.h"

#include "core/base/cursor.h"

#include <assert.h>

static void
put_receipt(struct buf *out, const struct gate_record *r)
{
    buf_put_u64(out, r->origin_time_s);
    buf_put(out, SLICE_ARRAY(r->origin_key.b));
    buf_put(out, SLICE_ARRAY(r->origin_signature.b));
}

static void
put_signed(struct buf *out, const struct gate_record *r)
{
    buf_put(out, SLICE_ARRAY(r->lane.b));
    buf_put_u64(out, r->at.size);
    buf_put(out, SLICE_ARRAY(r->at.root.b));
    buf_put_u64(out, r->at.time_s);
    buf_put(out, SLICE_ARRAY(r->at.key.b));
    buf_put(out, SLICE_ARRAY(r->at.signature.b));
    if (r->role == KEY_ROLE_RECEIPT)
        put_receipt(out, r);
}

/* The session key signs no lane: it stands in the key ring alone. */
static bool
fits_role(const struct gate_record *r)
{
    switch (r->kind) {
    case GATE_RECORD_GENESIS:
    case GATE_RECORD_SIGNED:
        return r->role == KEY_ROLE_CHECKPOINT || r->role == KEY_ROLE_RECEIPT;
    case GATE_RECORD_KEY:
        return r->role > KEY_ROLE_NONE && r->role < KEY_ROLE_COUNT;
    case GATE_RECORD_SWITCH:
        return r->role == KEY_ROLE_CHECKPOINT;
    }
    return false;
}

static void
put_key(struct buf *out, const struct gate_record *r)
{
    buf_put_u8(out, r->key_state);
    buf_put(out, SLICE_ARRAY(r->public_key.b));
}

static void
put_switch(struct buf *out, const struct gate_record *r)
{
    buf_put(out, SLICE_ARRAY(r->lane.b));
    buf_put_u64(out, r->at.size);
    buf_put(out, SLICE_ARRAY(r->at.key.b));
}

void
gate_record_put(struct buf *out, const struct gate_record *r)
{
    assert(fits_role(r));
    buf_put_u8(out, (uint8_t)r->kind);
    buf_put_u8(out, (uint8_t)r->role);
    buf_put_u64(out, r->turn);
    switch (r->kind) {
    case GATE_RECORD_GENESIS:
        buf_put(out, SLICE_ARRAY(r->genesis));
        return;
    case GATE_RECORD_SIGNED:
        put_signed(out, r);
        return;
    case GATE_RECORD_KEY:
        put_key(out, r);
        return;
    case GATE_RECORD_SWITCH:
        put_switch(out, r);
        return;
    }
    assert(false);
}

static void
get_receipt(struct cursor *c, struct gate_record *r)
{
    r->origin_time_s = cursor_u64(c);
    cursor_copy(c, r->origin_key.b, sizeof r->origin_key.b);
    cursor_copy(c, r->origin_signature.b, sizeof r->origin_signature.b);
}

static void
get_signed(struct cursor *c, struct gate_record *r)
{
    cursor_copy(c, r->lane.b, sizeof r->lane.b);
    r->at.size = cursor_u64(c);
    cursor_copy(c, r->at.root.b, sizeof r->at.root.b);
    r->at.time_s = cursor_u64(c);
    cursor_copy(c, r->at.key.b, sizeof r->at.key.b);
    cursor_copy(c, r->at.signature.b, sizeof r->at.signature.b);
    if (r->role == KEY_ROLE_RECEIPT)
        get_receipt(c, r);
}

static void
get_key(struct cursor *c, struct gate_record *r)
{
    r->key_state = cursor_u8(c);
    cursor_copy(c, r->public_key.b, sizeof r->public_key.b);
}

static void
get_switch(struct cursor *c, struct gate_record *r)
{
    cursor_copy(c, r->lane.b, sizeof r->lane.b);
    r->at.size = cursor_u64(c);
    cursor_copy(c, r->at.key.b, sizeof r->at.key.b);
}

enum err
gate_record_get(struct slice bytes, struct gate_record *out)
{
    struct cursor c = cursor_of(bytes);
    struct gate_record r = {.kind = cursor_u8(&c)};

    r.role = cursor_u8(&c);
    r.turn = cursor_u64(&c);
    /* Of a kind that is not known no role fits. */
    if (!fits_role(&r))
        return ERR_FORMAT;
    switch (r.kind) {
    case GATE_RECORD_GENESIS:
        cursor_copy(&c, r.genesis, sizeof r.genesis);
        lane_id_of(r.genesis, &r.lane);
        break;
    case GATE_RECORD_SIGNED:
        get_signed(&c, &r);
        break;
    case GATE_RECORD_KEY:
        get_key(&c, &r);
        break;
    case GATE_RECORD_SWITCH:
        get_switch(&c, &r);
        break;
    }
    if (!cursor_done(&c))
        return ERR_FORMAT;
    *out = r;
    return OK;
}
