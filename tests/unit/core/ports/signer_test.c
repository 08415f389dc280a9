#include "core/ports/signer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BUDGET MIB(8)
#define TURN_BYTES 8

static struct hash leaves[5];

static void
pattern(void *out, size_t size, uint8_t first)
{
    uint8_t *p = out;

    for (size_t i = 0; i < size; i++)
        p[i] = (uint8_t)(first + i);
}

static struct team_name
name_of(const char *text)
{
    struct team_name name = {{0}};

    memcpy(name.text, text, strlen(text));
    return name;
}

/* Every operation, in every role that it may have. */
static const struct {
    enum sign_op op;
    enum key_role role;
} kinds[] = {
    {SIGN_OPEN, KEY_ROLE_CHECKPOINT},   {SIGN_OPEN, KEY_ROLE_RECEIPT},
    {SIGN_EXTEND, KEY_ROLE_CHECKPOINT}, {SIGN_EXTEND, KEY_ROLE_RECEIPT},
    {SIGN_SESSION, KEY_ROLE_NONE},      {SIGN_CARD, KEY_ROLE_NONE},
    {SIGN_FIND, KEY_ROLE_CHECKPOINT},   {SIGN_FIND, KEY_ROLE_RECEIPT},
    {SIGN_EPOCH, KEY_ROLE_CHECKPOINT},  {SIGN_EPOCH, KEY_ROLE_RECEIPT},
    {SIGN_KEYS, KEY_ROLE_NONE},         {SIGN_KEYS, KEY_ROLE_SESSION},
    {SIGN_SWITCH, KEY_ROLE_NONE},
};

static void
fill_lane(struct sign_request_op *op)
{
    pattern(op->lane.b, sizeof op->lane.b, 1);
    op->from = 0x0102030405060708u;
    pattern(op->hello.b, sizeof op->hello.b, 2);
}

static void
fill_open(struct sign_request_op *op)
{
    pattern(op->genesis, sizeof op->genesis, 3);
    op->origin = name_of("krcert.or.kr");
    op->audience = name_of("cert.gov.au");
    op->at.size = 0x8000000000000007u;
    pattern(op->at.peaks, 4 * HASH_BYTES, 4);
}

static void
fill_extend(struct sign_request_op *op)
{
    fill_lane(op);
    memset(&op->hello, 0, sizeof op->hello);
    pattern(leaves, sizeof leaves, 5);
    op->leaves = leaves;
    op->leaf_count = ARRAY_SIZE(leaves);
    if (op->role != KEY_ROLE_RECEIPT)
        return;
    op->origin_time_s = 1790000000u;
    pattern(op->origin_key.b, sizeof op->origin_key.b, 6);
    pattern(op->origin_signature.b, sizeof op->origin_signature.b, 7);
}

static struct sign_request_op
sample(size_t kind)
{
    struct sign_request_op op = {.op = kinds[kind].op,
                                 .role = kinds[kind].role};

    switch (op.op) {
    case SIGN_OPEN:
        fill_open(&op);
        break;
    case SIGN_EXTEND:
        fill_extend(&op);
        break;
    case SIGN_SESSION:
        pattern(op.exporter, sizeof op.exporter, 8);
        op.is_client = true;
        op.peer = name_of("cert.gov.au");
        pattern(op.hello.b, sizeof op.hello.b, 9);
        break;
    case SIGN_CARD:
        op.version = 12;
        pattern(op.hello.b, sizeof op.hello.b, 10);
        break;
    case SIGN_FIND:
        fill_lane(&op);
        break;
    case SIGN_EPOCH:
        pattern(op.genesis, sizeof op.genesis, 11);
        break;
    case SIGN_KEYS:
        op.action = op.role ? SIGN_KEYS_DESTROY : SIGN_KEYS_LIST;
        pattern(op.key.b, sizeof op.key.b, 11);
        break;
    case SIGN_SWITCH:
        pattern(op.lane.b, sizeof op.lane.b, 12);
        op.from = 77;
        pattern(op.key.b, sizeof op.key.b, 13);
        break;
    }
    return op;
}

static void
assert_same(const struct sign_request_op *a, const struct sign_request_op *b)
{
    assert_int_equal(a->op, b->op);
    assert_int_equal(a->role, b->role);
    assert_memory_equal(&a->lane, &b->lane, sizeof a->lane);
    assert_memory_equal(a->genesis, b->genesis, GENESIS_BYTES);
    assert_string_equal(a->origin.text, b->origin.text);
    assert_string_equal(a->audience.text, b->audience.text);
    assert_string_equal(a->peer.text, b->peer.text);
    assert_int_equal(a->at.size, b->at.size);
    assert_memory_equal(a->at.peaks, b->at.peaks, sizeof a->at.peaks);
    assert_int_equal(a->from, b->from);
    assert_int_equal(a->leaf_count, b->leaf_count);
    assert_true(slice_equal(slice_of(a->leaves, a->leaf_count * HASH_BYTES),
                            slice_of(b->leaves, b->leaf_count * HASH_BYTES)));
    assert_int_equal(a->origin_time_s, b->origin_time_s);
    assert_memory_equal(&a->origin_key, &b->origin_key, sizeof a->origin_key);
    assert_memory_equal(&a->origin_signature, &b->origin_signature,
                        sizeof a->origin_signature);
    assert_memory_equal(a->exporter, b->exporter, sizeof a->exporter);
    assert_int_equal(a->is_client, b->is_client);
    assert_memory_equal(&a->hello, &b->hello, sizeof a->hello);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->action, b->action);
    assert_memory_equal(&a->key, &b->key, sizeof a->key);
}

static enum err
read_back(struct slice bytes, struct arena *arena, struct sign_request *out)
{
    arena_init(arena, BUDGET);
    return sign_request_get(bytes, arena, out);
}

static void
a_request_with_every_operation_comes_back(void **state)
{
    struct buf out = {0};
    struct arena arena;
    struct sign_request got;

    (void)state;
    sign_request_begin(&out, 77);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct sign_request_op op = sample(i);
        sign_request_add(&out, &op);
    }
    assert_int_equal(read_back(buf_slice(&out), &arena, &got), OK);
    assert_int_equal(got.turn, 77);
    assert_int_equal(got.count, ARRAY_SIZE(kinds));
    for (size_t i = 0; i < got.count; i++) {
        struct sign_request_op op = sample(i);
        assert_same(&op, &got.ops[i]);
    }
    arena_clear(&arena);
    buf_clear(&out);
}

static void
every_truncation_of_an_operation_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct sign_request_op op = sample(i);
        struct buf out = {0};
        struct arena arena;
        struct sign_request got = {.turn = 5};

        sign_request_begin(&out, 77);
        sign_request_add(&out, &op);
        for (size_t n = 0; n < out.size; n++) {
            if (n == TURN_BYTES)
                continue;
            assert_int_equal(read_back(slice_of(out.data, n), &arena, &got),
                             ERR_TRUNCATED);
            arena_clear(&arena);
        }
        assert_int_equal(got.turn, 5);
        buf_clear(&out);
    }
}

static void
operations_and_bytes_beyond_the_limit_are_refused(void **state)
{
    struct sign_request_op op = sample(5);
    struct buf out = {0};
    struct arena arena;
    struct sign_request got;

    (void)state;
    sign_request_begin(&out, 1);
    for (size_t i = 0; i < SIGN_OPS_MAX; i++)
        sign_request_add(&out, &op);
    assert_int_equal(read_back(buf_slice(&out), &arena, &got), OK);
    assert_int_equal(got.count, SIGN_OPS_MAX);
    arena_clear(&arena);
    arena_init(&arena, KIB(4));
    assert_int_equal(sign_request_get(buf_slice(&out), &arena, &got),
                     ERR_BUDGET);
    arena_clear(&arena);
    sign_request_add(&out, &op);
    assert_int_equal(read_back(buf_slice(&out), &arena, &got), ERR_LIMIT);
    arena_clear(&arena);
    memset(buf_extend(&out, SIGN_FRAME_MAX), 0, SIGN_FRAME_MAX);
    assert_int_equal(read_back(buf_slice(&out), &arena, &got), ERR_LIMIT);
    arena_clear(&arena);
    buf_clear(&out);
}

/* Write a request of one operation and change a byte of it. */
static enum err
with_byte(size_t kind, size_t at, uint8_t value)
{
    struct sign_request_op op = sample(kind);
    struct buf out = {0};
    struct arena arena;
    struct sign_request got;

    sign_request_begin(&out, 1);
    sign_request_add(&out, &op);
    out.data[TURN_BYTES + at] = value;
    enum err e = read_back(buf_slice(&out), &arena, &got);
    arena_clear(&arena);
    buf_clear(&out);
    return e;
}

static void
values_that_no_request_has_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        assert_int_equal(with_byte(i, 0, 0), ERR_FORMAT);
        assert_int_equal(with_byte(i, 0, SIGN_EPOCH + 1), ERR_FORMAT);
        if (kinds[i].op == SIGN_KEYS) {
            assert_int_equal(with_byte(i, 1, SIGN_KEYS_DESTROY + 1),
                             ERR_FORMAT);
            assert_int_equal(with_byte(i, 2, KEY_ROLE_COUNT), ERR_FORMAT);
            assert_int_equal(with_byte(i, 2, !kinds[i].role), ERR_FORMAT);
        }
        if (kinds[i].role == KEY_ROLE_NONE || kinds[i].op == SIGN_KEYS)
            continue;
        assert_int_equal(with_byte(i, 1, KEY_ROLE_NONE), ERR_FORMAT);
        assert_int_equal(with_byte(i, 1, KEY_ROLE_SESSION), ERR_FORMAT);
        assert_int_equal(with_byte(i, 1, KEY_ROLE_COUNT), ERR_FORMAT);
    }
    /* An origin's name begins behind operation, role, genesis and length. */
    assert_int_equal(with_byte(0, 3 + GENESIS_BYTES, 'K'), ERR_FORMAT);
    assert_int_equal(with_byte(0, 3 + GENESIS_BYTES, 0), ERR_FORMAT);
    assert_int_equal(with_byte(0, 2 + GENESIS_BYTES, 0), ERR_FORMAT);
    assert_int_equal(with_byte(4, 1 + 32, 2), ERR_FORMAT);
    /* A count of leaves that are not there. */
    assert_int_equal(with_byte(2, 2 + 32 + 8, 0xff), ERR_TRUNCATED);
}

static void
names_of_every_length_come_back_and_longer_ones_do_not(void **state)
{
    struct buf out = {0};
    struct arena arena;
    struct sign_request got;

    (void)state;
    for (size_t n = 3; n <= TEAM_NAME_MAX; n++) {
        struct sign_request_op op = sample(4);
        memset(&op.peer, 0, sizeof op.peer);
        for (size_t i = 0; i < n; i++)
            op.peer.text[i] = i % 2 ? '.' : 'a';
        op.peer.text[n - 1] = 'b';
        if (n % 2 == 0)
            op.peer.text[n - 2] = 'c';
        buf_reset(&out);
        sign_request_begin(&out, 1);
        sign_request_add(&out, &op);
        bool good = op.peer.text[1] == '.';
        assert_int_equal(read_back(buf_slice(&out), &arena, &got),
                         good ? OK : ERR_FORMAT);
        if (good)
            assert_string_equal(got.ops[0].peer.text, op.peer.text);
        arena_clear(&arena);
    }
    buf_reset(&out);
    sign_request_begin(&out, 1);
    buf_put_u8(&out, SIGN_SESSION);
    memset(buf_extend(&out, 33), 0, 33);
    buf_put_u8(&out, TEAM_NAME_MAX + 1);
    for (size_t i = 0; i <= TEAM_NAME_MAX; i++)
        buf_put_u8(&out, i % 2 ? '.' : 'a');
    memset(buf_extend(&out, 32), 0, 32);
    assert_int_equal(read_back(buf_slice(&out), &arena, &got), ERR_FORMAT);
    arena_clear(&arena);
    buf_clear(&out);
}

static struct sign_result
result_of(enum sign_op op)
{
    struct sign_result r = {.code = OK};

    switch (op) {
    case SIGN_OPEN:
        r.size = 9;
        pattern(r.root.b, sizeof r.root.b, 1);
        r.turn = 1234567890123u;
        break;
    case SIGN_EXTEND:
        r.checkpoint.size = 10;
        r.checkpoint.time_s = 1790000001u;
        pattern(r.checkpoint.root.b, HASH_BYTES, 2);
        pattern(r.checkpoint.key.b, KEY_ID_BYTES, 3);
        pattern(r.checkpoint.signature.b, SIGNATURE_BYTES, 4);
        break;
    case SIGN_SESSION:
        pattern(r.proofs, sizeof r.proofs[0], 5);
        break;
    case SIGN_CARD:
        r.count = SIGN_KEYS_MAX;
        pattern(r.proofs, sizeof r.proofs, 7);
        break;
    case SIGN_FIND:
        r.found = true;
        break;
    case SIGN_EPOCH:
        r.found = true;
        pattern(r.genesis, sizeof r.genesis, 12);
        break;
    case SIGN_KEYS:
        r.count = 2;
        r.keys[0] = (struct sign_key){.role = KEY_ROLE_SESSION,
                                      .state = SIGN_KEY_IN_USE};
        r.keys[1] = (struct sign_key){.role = KEY_ROLE_CHECKPOINT,
                                      .state = SIGN_KEY_RETIRING};
        pattern(r.keys[1].key.b, sizeof r.keys[1].key.b, 9);
        break;
    case SIGN_SWITCH:
        break;
    }
    return r;
}

static void
assert_result_same(const struct sign_result *a, const struct sign_result *b)
{
    assert_int_equal(a->code, b->code);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(&a->root, &b->root, sizeof a->root);
    assert_int_equal(a->turn, b->turn);
    assert_memory_equal(&a->checkpoint.root, &b->checkpoint.root, HASH_BYTES);
    assert_int_equal(a->checkpoint.size, b->checkpoint.size);
    assert_int_equal(a->checkpoint.time_s, b->checkpoint.time_s);
    assert_memory_equal(&a->checkpoint.key, &b->checkpoint.key, KEY_ID_BYTES);
    assert_memory_equal(&a->checkpoint.signature, &b->checkpoint.signature,
                        SIGNATURE_BYTES);
    assert_memory_equal(a->keys, b->keys, sizeof a->keys);
    assert_memory_equal(a->proofs, b->proofs, sizeof a->proofs);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->found, b->found);
    assert_memory_equal(a->genesis, b->genesis, GENESIS_BYTES);
}

static void
answers_come_back_and_their_truncations_are_found(void **state)
{
    struct buf out = {0};
    enum sign_op op;

    (void)state;
    for (int i = SIGN_OPEN; i <= SIGN_SWITCH; i++) {
        if (i > SIGN_EPOCH && i < SIGN_KEYS)
            continue;
        struct sign_result r = result_of((enum sign_op)i);
        struct sign_result got = {.size = 55};
        buf_reset(&out);
        sign_answer_add(&out, (enum sign_op)i, &r);
        for (size_t n = 0; n < out.size; n++) {
            struct slice part = slice_of(out.data, n);
            assert_int_equal(sign_answer_get(&part, &op, &got), ERR_TRUNCATED);
            assert_int_equal(part.size, n);
        }
        assert_int_equal(got.size, 55);
        buf_put_str(&out, "next");
        struct slice rest = buf_slice(&out);
        assert_int_equal(sign_answer_get(&rest, &op, &got), OK);
        assert_int_equal(op, i);
        assert_result_same(&r, &got);
        assert_true(slice_is(rest, "next"));
    }
    buf_clear(&out);
}

static void
a_refusal_carries_its_reason_alone(void **state)
{
    struct buf out = {0};

    (void)state;
    for (int e = 1; e < ERR_COUNT; e++) {
        struct sign_result r = result_of(SIGN_CARD), got;
        enum sign_op op;
        r.code = (enum err)e;
        buf_reset(&out);
        sign_answer_add(&out, SIGN_CARD, &r);
        struct slice rest = buf_slice(&out);
        assert_int_equal(sign_answer_get(&rest, &op, &got), OK);
        assert_result_same(&(struct sign_result){.code = (enum err)e}, &got);
        assert_int_equal(rest.size, 0);
    }
    buf_clear(&out);
}

static void
an_answer_with_values_that_none_has_is_refused(void **state)
{
    static const uint8_t no_op[] = {7, 0, 0, 0, 0, 1};
    static const uint8_t no_code[] = {SIGN_FIND, 0, 0, 0xff, 0, 1};
    static const uint8_t no_bool[] = {SIGN_FIND, 0, 0, 0, 0, 2};
    static const uint8_t too_many[] = {SIGN_KEYS, 0, 0, 0, 0, 7};
    static const uint8_t proofs[] = {SIGN_CARD, 0, 0, 0, 0, 7};
    static const uint8_t no_role[5 + 1 + 34] = {SIGN_KEYS,      0, 0, 0, 0, 1,
                                                KEY_ROLE_COUNT, 1};
    static const uint8_t no_state[5 + 1 + 34] = {
        SIGN_KEYS, 0, 0, 0, 0, 1, KEY_ROLE_SESSION, 4};
    static const struct slice bad[] = {
        {no_op, sizeof no_op},      {no_code, sizeof no_code},
        {no_bool, sizeof no_bool},  {too_many, sizeof too_many},
        {proofs, sizeof proofs},    {no_role, sizeof no_role},
        {no_state, sizeof no_state}};
    struct sign_result got;
    enum sign_op op;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct slice rest = bad[i];
        assert_int_equal(sign_answer_get(&rest, &op, &got), ERR_FORMAT);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_with_every_operation_comes_back),
        cmocka_unit_test(every_truncation_of_an_operation_is_found),
        cmocka_unit_test(operations_and_bytes_beyond_the_limit_are_refused),
        cmocka_unit_test(values_that_no_request_has_are_refused),
        cmocka_unit_test(
            names_of_every_length_come_back_and_longer_ones_do_not),
        cmocka_unit_test(answers_come_back_and_their_truncations_are_found),
        cmocka_unit_test(a_refusal_carries_its_reason_alone),
        cmocka_unit_test(an_answer_with_values_that_none_has_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
