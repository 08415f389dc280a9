#include "core/ports/signer.h"

#include "core/ports/fields.h"

#include <assert.h>

/* A lane is signed by its origin as checkpoint, by its holder as receipt. */
static bool
signs_lanes(enum key_role role)
{
    return role == KEY_ROLE_CHECKPOINT || role == KEY_ROLE_RECEIPT;
}

static void
put_role(struct buf *out, enum key_role role)
{
    assert(signs_lanes(role));
    buf_put_u8(out, (uint8_t)role);
}

static void
get_role(struct cursor *from, enum key_role *out, bool *wrong)
{
    *out = (enum key_role)cursor_u8(from);
    if (!from->bad && !signs_lanes(*out))
        *wrong = true;
}

static void
put_name(struct buf *out, const struct team_name *name)
{
    struct slice text = slice_str(name->text);

    assert(text.size > 0 && text.size <= TEAM_NAME_MAX);
    buf_put_u8(out, (uint8_t)text.size);
    buf_put(out, text);
}

static void
get_name(struct cursor *from, struct team_name *out, bool *wrong)
{
    struct slice text = cursor_bytes(from, cursor_u8(from));

    if (!from->bad && !team_name_parse(text, out))
        *wrong = true;
}

static void
put_open(struct buf *out, const struct sign_request_op *op)
{
    put_role(out, op->role);
    buf_put(out, SLICE_ARRAY(op->genesis));
    put_name(out, &op->origin);
    put_name(out, &op->audience);
    buf_put_u64(out, op->at.size);
    buf_put(out,
            slice_of(op->at.peaks, frontier_peaks(op->at.size) * HASH_BYTES));
}

static void
get_open(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    get_role(from, &op->role, wrong);
    cursor_copy(from, op->genesis, sizeof op->genesis);
    get_name(from, &op->origin, wrong);
    get_name(from, &op->audience, wrong);
    op->at.size = cursor_u64(from);
    cursor_copy(from, op->at.peaks, frontier_peaks(op->at.size) * HASH_BYTES);
}

static void
put_extend(struct buf *out, const struct sign_request_op *op)
{
    assert(op->leaf_count <= SIGN_FRAME_MAX / HASH_BYTES);
    put_role(out, op->role);
    buf_put(out, SLICE_ARRAY(op->lane.b));
    buf_put_u64(out, op->from);
    buf_put_u32(out, (uint32_t)op->leaf_count);
    buf_put(out, slice_of(op->leaves, op->leaf_count * HASH_BYTES));
    if (op->role != KEY_ROLE_RECEIPT)
        return;
    buf_put_u64(out, op->origin_time_s);
    buf_put(out, SLICE_ARRAY(op->origin_key.b));
    buf_put(out, SLICE_ARRAY(op->origin_signature.b));
}

static void
get_extend(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    get_role(from, &op->role, wrong);
    cursor_copy(from, op->lane.b, sizeof op->lane.b);
    op->from = cursor_u64(from);
    op->leaf_count = cursor_u32(from);
    op->leaves =
        (const struct hash *)cursor_bytes(from, op->leaf_count * HASH_BYTES)
            .data;
    if (op->role != KEY_ROLE_RECEIPT)
        return;
    op->origin_time_s = cursor_u64(from);
    cursor_copy(from, op->origin_key.b, sizeof op->origin_key.b);
    cursor_copy(from, op->origin_signature.b, sizeof op->origin_signature.b);
}

static void
put_session(struct buf *out, const struct sign_request_op *op)
{
    buf_put(out, SLICE_ARRAY(op->exporter));
    buf_put_u8(out, op->is_client);
    put_name(out, &op->peer);
    buf_put(out, SLICE_ARRAY(op->hello.b));
}

static void
get_session(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    cursor_copy(from, op->exporter, sizeof op->exporter);
    op->is_client = field_get_bool(from, wrong);
    get_name(from, &op->peer, wrong);
    cursor_copy(from, op->hello.b, sizeof op->hello.b);
}

static void
put_card(struct buf *out, const struct sign_request_op *op)
{
    buf_put_u64(out, op->version);
    buf_put(out, SLICE_ARRAY(op->hello.b));
}

static void
get_card(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    (void)wrong;
    op->version = cursor_u64(from);
    cursor_copy(from, op->hello.b, sizeof op->hello.b);
}

static void
put_find(struct buf *out, const struct sign_request_op *op)
{
    put_role(out, op->role);
    buf_put(out, SLICE_ARRAY(op->lane.b));
    buf_put_u64(out, op->from);
    buf_put(out, SLICE_ARRAY(op->hello.b));
}

static void
get_find(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    get_role(from, &op->role, wrong);
    cursor_copy(from, op->lane.b, sizeof op->lane.b);
    op->from = cursor_u64(from);
    cursor_copy(from, op->hello.b, sizeof op->hello.b);
}

static void
put_keys(struct buf *out, const struct sign_request_op *op)
{
    buf_put_u8(out, (uint8_t)op->action);
    buf_put_u8(out, (uint8_t)op->role);
    buf_put(out, SLICE_ARRAY(op->key.b));
}

static void
get_keys(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    op->action = (enum sign_key_action)cursor_u8(from);
    op->role = (enum key_role)cursor_u8(from);
    cursor_copy(from, op->key.b, sizeof op->key.b);
    bool no_role = op->role == KEY_ROLE_NONE;
    if (op->action > SIGN_KEYS_DESTROY || op->role >= KEY_ROLE_COUNT ||
        no_role != (op->action == SIGN_KEYS_LIST))
        *wrong = !from->bad;
}

static void
put_switch(struct buf *out, const struct sign_request_op *op)
{
    buf_put(out, SLICE_ARRAY(op->lane.b));
    buf_put_u64(out, op->from);
    buf_put(out, SLICE_ARRAY(op->key.b));
}

static void
get_switch(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    (void)wrong;
    cursor_copy(from, op->lane.b, sizeof op->lane.b);
    op->from = cursor_u64(from);
    cursor_copy(from, op->key.b, sizeof op->key.b);
}

static void
put_epoch(struct buf *out, const struct sign_request_op *op)
{
    put_role(out, op->role);
    buf_put(out, SLICE_ARRAY(op->genesis));
}

static void
get_epoch(struct cursor *from, struct sign_request_op *op, bool *wrong)
{
    get_role(from, &op->role, wrong);
    cursor_copy(from, op->genesis, sizeof op->genesis);
}

/* The two ends of each operation, side by side. */
static const struct {
    void (*put)(struct buf *out, const struct sign_request_op *op);
    void (*get)(struct cursor *from, struct sign_request_op *op, bool *wrong);
} requests[] = {
    [SIGN_OPEN] = {put_open, get_open},
    [SIGN_EXTEND] = {put_extend, get_extend},
    [SIGN_SESSION] = {put_session, get_session},
    [SIGN_CARD] = {put_card, get_card},
    [SIGN_FIND] = {put_find, get_find},
    [SIGN_EPOCH] = {put_epoch, get_epoch},
    [SIGN_KEYS] = {put_keys, get_keys},
    [SIGN_SWITCH] = {put_switch, get_switch},
};

static bool
op_is_known(unsigned op)
{
    return op < ARRAY_SIZE(requests) && requests[op].put;
}

void
sign_request_begin(struct buf *out, uint64_t turn)
{
    buf_put_u64(out, turn);
}

void
sign_request_turn(struct buf *out, uint64_t turn)
{
    assert(out->size >= sizeof turn);
    put_be64(out->data, turn);
}

void
sign_request_add(struct buf *out, const struct sign_request_op *op)
{
    assert(op_is_known(op->op));
    buf_put_u8(out, (uint8_t)op->op);
    requests[op->op].put(out, op);
}

static enum err
request_op_get(struct cursor *from, struct sign_request_op *op)
{
    unsigned name = cursor_u8(from);
    bool wrong = false;

    if (!op_is_known(name))
        return ERR_FORMAT;
    memset(op, 0, sizeof *op);
    op->op = (enum sign_op)name;
    requests[name].get(from, op, &wrong);
    if (wrong)
        return ERR_FORMAT;
    return from->bad ? ERR_TRUNCATED : OK;
}

/* Read once into nothing, so that the memory asked for is what is there. */
static enum err
request_count(struct cursor from, size_t *out)
{
    struct sign_request_op op;
    size_t count = 0;

    for (; from.left; count++) {
        if (count == SIGN_OPS_MAX)
            return ERR_LIMIT;
        enum err e = request_op_get(&from, &op);
        if (e)
            return e;
    }
    *out = count;
    return OK;
}

enum err
sign_request_get(struct slice bytes, struct arena *arena,
                 struct sign_request *out)
{
    struct cursor c = cursor_of(bytes);
    uint64_t turn = cursor_u64(&c);
    size_t count = 0;

    if (bytes.size > SIGN_FRAME_MAX)
        return ERR_LIMIT;
    if (c.bad)
        return ERR_TRUNCATED;
    enum err e = request_count(c, &count);
    if (e)
        return e;
    struct sign_request_op *ops = arena_alloc(arena, count * sizeof *ops);
    if (!ops)
        return ERR_BUDGET;
    for (size_t i = 0; i < count; i++) {
        e = request_op_get(&c, &ops[i]);
        assert(!e);
    }
    *out = (struct sign_request){turn, ops, count};
    return OK;
}

static void
put_proofs(struct buf *out, const struct sign_result *r)
{
    assert(r->count <= SIGN_KEYS_MAX);
    buf_put_u8(out, (uint8_t)r->count);
    for (size_t i = 0; i < r->count; i++) {
        buf_put(out, SLICE_ARRAY(r->proofs[i].key.b));
        buf_put(out, SLICE_ARRAY(r->proofs[i].signature.b));
    }
}

static void
put_ring(struct buf *out, const struct sign_result *r)
{
    assert(r->count <= SIGN_KEYS_MAX);
    buf_put_u8(out, (uint8_t)r->count);
    for (size_t i = 0; i < r->count; i++) {
        buf_put_u8(out, (uint8_t)r->keys[i].role);
        buf_put_u8(out, (uint8_t)r->keys[i].state);
        buf_put(out, SLICE_ARRAY(r->keys[i].key.b));
    }
}

static void
put_result(struct buf *out, enum sign_op op, const struct sign_result *r)
{
    switch (op) {
    case SIGN_OPEN:
        buf_put_u64(out, r->size);
        buf_put(out, SLICE_ARRAY(r->root.b));
        buf_put_u64(out, r->turn);
        break;
    case SIGN_EXTEND:
        field_put_checkpoint(out, &r->checkpoint);
        break;
    case SIGN_SESSION:
        buf_put(out, SLICE_ARRAY(r->proofs[0].key.b));
        buf_put(out, SLICE_ARRAY(r->proofs[0].signature.b));
        break;
    case SIGN_CARD:
        put_proofs(out, r);
        break;
    case SIGN_FIND:
        buf_put_u8(out, r->found);
        break;
    case SIGN_EPOCH:
        buf_put_u8(out, r->found);
        buf_put(out, SLICE_ARRAY(r->genesis));
        break;
    case SIGN_KEYS:
        put_ring(out, r);
        break;
    case SIGN_SWITCH:
        break;
    }
}

static void
get_proof(struct cursor *from, struct sign_proof *p)
{
    cursor_copy(from, p->key.b, sizeof p->key.b);
    cursor_copy(from, p->signature.b, sizeof p->signature.b);
}

static void
get_proofs(struct cursor *from, struct sign_result *r, bool *wrong)
{
    r->count = cursor_u8(from);
    if (r->count > SIGN_KEYS_MAX) {
        *wrong = true;
        return;
    }
    for (size_t i = 0; i < r->count; i++)
        get_proof(from, &r->proofs[i]);
}

static void
get_ring(struct cursor *from, struct sign_result *r, bool *wrong)
{
    r->count = cursor_u8(from);
    if (r->count > SIGN_KEYS_MAX) {
        *wrong = true;
        return;
    }
    for (size_t i = 0; i < r->count; i++) {
        struct sign_key *k = &r->keys[i];
        k->role = (enum key_role)cursor_u8(from);
        k->state = (enum sign_key_state)cursor_u8(from);
        cursor_copy(from, k->key.b, sizeof k->key.b);
        if (!from->bad &&
            (k->role == KEY_ROLE_NONE || k->role >= KEY_ROLE_COUNT ||
             k->state < SIGN_KEY_MADE || k->state >= SIGN_KEY_DESTROYED))
            *wrong = true;
    }
}

static void
get_result(struct cursor *from, enum sign_op op, struct sign_result *r,
           bool *wrong)
{
    switch (op) {
    case SIGN_OPEN:
        r->size = cursor_u64(from);
        cursor_copy(from, r->root.b, sizeof r->root.b);
        r->turn = cursor_u64(from);
        break;
    case SIGN_EXTEND:
        field_get_checkpoint(from, &r->checkpoint);
        break;
    case SIGN_SESSION:
        get_proof(from, &r->proofs[0]);
        break;
    case SIGN_CARD:
        get_proofs(from, r, wrong);
        break;
    case SIGN_FIND:
        r->found = field_get_bool(from, wrong);
        break;
    case SIGN_EPOCH:
        r->found = field_get_bool(from, wrong);
        cursor_copy(from, r->genesis, sizeof r->genesis);
        break;
    case SIGN_KEYS:
        get_ring(from, r, wrong);
        break;
    case SIGN_SWITCH:
        break;
    }
}

/* Of an operation that failed there is nothing but the reason. */
void
sign_answer_add(struct buf *out, enum sign_op op, const struct sign_result *r)
{
    assert(op_is_known(op) && r->code < ERR_COUNT);
    buf_put_u8(out, (uint8_t)op);
    buf_put_u32(out, err_code(r->code));
    if (!r->code)
        put_result(out, op, r);
}

enum err
sign_answer_get(struct slice *bytes, enum sign_op *op, struct sign_result *out)
{
    struct cursor c = cursor_of(*bytes);
    unsigned name = cursor_u8(&c);
    uint32_t code = cursor_u32(&c);
    struct sign_result r = {.code = err_from_code(code)};
    bool wrong = false;

    if (c.bad)
        return ERR_TRUNCATED;
    if (!op_is_known(name) || err_code(r.code) != code)
        return ERR_FORMAT;
    if (!r.code)
        get_result(&c, (enum sign_op)name, &r, &wrong);
    if (wrong)
        return ERR_FORMAT;
    if (c.bad)
        return ERR_TRUNCATED;
    *op = (enum sign_op)name;
    *out = r;
    *bytes = slice_of(c.at, c.left);
    return OK;
}
