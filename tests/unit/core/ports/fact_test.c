#include "core/ports/fact.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t random_part[32] = {1, 2, 3, 0xff};

static void
pattern(void *out, size_t size, uint8_t first)
{
    uint8_t *p = out;

    for (size_t i = 0; i < size; i++)
        p[i] = (uint8_t)(first + i);
}

static void
checkpoint_fill(struct checkpoint *c, uint8_t first)
{
    c->size = 0x1122334455667700u + first;
    c->time_s = 1790000000u + first;
    pattern(c->root.b, sizeof c->root.b, first);
    pattern(c->key.b, sizeof c->key.b, first);
    pattern(c->signature.b, sizeof c->signature.b, first);
}

#define TEXT                                                                   \
    {                                                                          \
        (const uint8_t *)"a text", 6                                           \
    }
#define BODY                                                                   \
    {                                                                          \
        (const uint8_t *)"198.51.100.7", 12                                    \
    }
#define RANDOM                                                                 \
    {                                                                          \
        random_part, sizeof random_part                                        \
    }
#define LANE 0x01020304
#define INDEX (UINT64_MAX - 1)
#define ITEM 0x0807060504030201u
#define NUMBER 4821
#define CODE 0xfffefdfc
#define TIME                                                                   \
    {                                                                          \
        1790000000123u                                                         \
    }

/* The fields that fact.h names for each type; sample() adds the long ones. */
static const struct fact samples[FACT_TYPE_COUNT] = {
    [FACT_NODE] = {.text = TEXT},
    [FACT_PEER] = {.peer = 3, .text = TEXT},
    [FACT_CONFIRMED] = {.peer = 3, .text = TEXT, .time = TIME},
    [FACT_LANE] = {.lane = LANE, .peer = 3, .ours = true},
    [FACT_SUBMISSION] = {.number = NUMBER,
                         .text = TEXT,
                         .time = TIME,
                         .submission = {.stream = {7, 8, 9}}},
    [FACT_SUBMITTER] = {.number = NUMBER, .item = ITEM},
    [FACT_RELEASED] = {.number = NUMBER,
                       .item = ITEM,
                       .text = TEXT,
                       .time = TIME},
    [FACT_SUBMITTED] = {.item = ITEM,
                        .peer = 3,
                        .number = NUMBER,
                        .submission = {{7, 8, 9}, 99},
                        .kind = 2,
                        .tlp = 4,
                        .flags = 0x81,
                        .ref = LEAF_REF_NONE,
                        .urgent = true,
                        .time = TIME,
                        .blob_head = RANDOM,
                        .blob_body = BODY},
    [FACT_SEQUENCED] = {.lane = LANE,
                        .index = INDEX,
                        .item = ITEM,
                        .ends_batch = true,
                        .blob_head = RANDOM},
    [FACT_CHECKPOINT] = {.lane = LANE},
    [FACT_SEEN] = {.lane = LANE},
    [FACT_ENTRY] = {.lane = LANE,
                    .index = INDEX,
                    .state = BODY_ABSENT,
                    .code = CODE,
                    .blob_head = RANDOM,
                    .blob_body = BODY},
    [FACT_BATCH] = {.lane = LANE, .index = INDEX},
    [FACT_RECEIPT_GIVEN] = {.lane = LANE},
    [FACT_RECEIPT_TAKEN] = {.lane = LANE},
    [FACT_FROZEN] = {.lane = LANE, .code = CODE, .text = TEXT},
    [FACT_ALARM] = {.number = NUMBER,
                    .code = CODE,
                    .peer = 3,
                    .lane = LANE,
                    .index = INDEX,
                    .text = TEXT,
                    .time = TIME},
    [FACT_CANCELLED] = {.item = ITEM},
    [FACT_DECLINED] = {.lane = LANE,
                       .index = INDEX,
                       .number = NUMBER,
                       .code = CODE,
                       .text = TEXT},
    [FACT_ERASED] = {.lane = LANE, .index = INDEX},
    [FACT_ERASE] = {.lane = LANE, .index = INDEX, .number = NUMBER, .ref = 7},
    [FACT_RESTORED] = {.item = ITEM,
                       .number = NUMBER,
                       .code = CODE,
                       .time = TIME},
    [FACT_RETENTION] = {.code = CODE, .item = ITEM, .number = NUMBER},
    [FACT_RESUMED] = {.lane = LANE},
    [FACT_ADOPTED] = {.lane = LANE,
                      .index = INDEX,
                      .state = BODY_ABSENT,
                      .submission = {{7, 8, 9}, 99},
                      .ends_batch = true,
                      .blob_head = RANDOM,
                      .blob_body = BODY},
    [FACT_ROLLED] = {.lane = LANE, .number = NUMBER, .index = INDEX},
    [FACT_REQUEUED] = {.item = ITEM,
                       .peer = 3,
                       .number = NUMBER,
                       .submission = {{7, 8, 9}, 99},
                       .kind = 2,
                       .tlp = 4,
                       .flags = 0x81,
                       .ref = LEAF_REF_NONE,
                       .urgent = true,
                       .time = TIME,
                       .lane = LANE,
                       .index = INDEX,
                       .blob_head = RANDOM,
                       .blob_body = BODY},
    [FACT_GRANTED] = {.lane = LANE, .text = TEXT, .time = TIME},
    [FACT_LANE_KEY] = {.lane = LANE,
                       .index = INDEX,
                       .number = NUMBER,
                       .text = TEXT},
    [FACT_EVIDENCE] = {.lane = LANE, .code = CODE},
    [FACT_ALARM_NOTED] = {.number = NUMBER,
                          .code = CODE,
                          .item = ITEM,
                          .text = TEXT,
                          .time = TIME},
    [FACT_PAUSED] =
        {.peer = 3, .code = CODE, .item = ITEM, .text = TEXT, .time = TIME},
};

static struct fact
sample(enum fact_type type)
{
    struct fact f = samples[type];

    f.type = type;
    if (type == FACT_SEQUENCED || type == FACT_ENTRY || type == FACT_ADOPTED)
        pattern(f.record, LEAF_BYTES, 11);
    if (type == FACT_LANE || type == FACT_EVIDENCE)
        pattern(f.genesis, GENESIS_BYTES, 13);
    if (type == FACT_RECEIPT_GIVEN || type == FACT_RECEIPT_TAKEN ||
        type == FACT_EVIDENCE)
        checkpoint_fill(&f.answers, 19);
    if (type == FACT_CHECKPOINT || type == FACT_SEEN || type == FACT_BATCH ||
        type == FACT_GRANTED || f.answers.size)
        checkpoint_fill(&f.checkpoint, 17);
    return f;
}

/* Give the next number at or above `type` that stands for a type. */
static int
type_from(int type)
{
    struct fact_size size;

    for (; type < FACT_TYPE_COUNT; type++) {
        const uint8_t header[FACT_HEADER_BYTES] = {(uint8_t)type};
        if (fact_size(SLICE_ARRAY(header), &size) == OK)
            break;
    }
    return type;
}

static bool
checkpoint_same(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size == b->size && hash_equal(&a->root, &b->root) &&
           a->time_s == b->time_s && key_id_equal(&a->key, &b->key) &&
           memcmp(a->signature.b, b->signature.b, SIGNATURE_BYTES) == 0;
}

static bool
head_same(const struct fact *a, const struct fact *b)
{
    return a->type == b->type && a->peer == b->peer && a->lane == b->lane &&
           a->ours == b->ours && a->urgent == b->urgent &&
           a->ends_batch == b->ends_batch && a->kind == b->kind &&
           a->tlp == b->tlp && a->flags == b->flags && a->state == b->state &&
           a->code == b->code && a->index == b->index && a->item == b->item &&
           a->number == b->number && a->ref == b->ref &&
           a->time.ms == b->time.ms &&
           memcmp(a->submission.stream, b->submission.stream,
                  STREAM_ID_BYTES) == 0 &&
           a->submission.sequence == b->submission.sequence &&
           memcmp(a->record, b->record, LEAF_BYTES) == 0 &&
           memcmp(a->genesis, b->genesis, GENESIS_BYTES) == 0 &&
           checkpoint_same(&a->checkpoint, &b->checkpoint) &&
           checkpoint_same(&a->answers, &b->answers) &&
           slice_equal(a->text, b->text);
}

static bool
fact_same(const struct fact *a, const struct fact *b)
{
    return head_same(a, b) && slice_equal(a->blob_head, b->blob_head) &&
           slice_equal(a->blob_body, b->blob_body);
}

static void
every_type_comes_back_as_it_was(void **state)
{
    (void)state;
    for (int type = type_from(1); type < FACT_TYPE_COUNT;
         type = type_from(type + 1)) {
        struct fact f = sample((enum fact_type)type), got;
        struct buf out = {0};
        struct fact_size size;
        bool erased = true;
        size_t blob_at = fact_put(&out, &f);
        buf_put_str(&out, "next");
        struct slice rest = buf_slice(&out);

        assert_int_equal(fact_size(rest, &size), OK);
        assert_int_equal(size.head, blob_at);
        assert_int_equal(size.head + size.blob + 4, out.size);
        assert_int_equal(fact_get(&rest, &got, &erased), OK);
        assert_true(fact_same(&f, &got));
        assert_false(erased);
        assert_true(slice_is(rest, "next"));
        buf_clear(&out);
    }
}

static void
a_head_alone_is_the_fact_without_its_blob(void **state)
{
    (void)state;
    for (int type = type_from(1); type < FACT_TYPE_COUNT;
         type = type_from(type + 1)) {
        struct fact f = sample((enum fact_type)type), got;
        struct buf out = {0};
        size_t head = fact_put(&out, &f);

        assert_int_equal(fact_get_head(slice_of(out.data, head), &got), OK);
        assert_true(head_same(&f, &got));
        assert_int_equal(got.blob_head.size + got.blob_body.size, 0);
        assert_int_equal(fact_get_head(slice_of(out.data, head - 1), &got),
                         ERR_TRUNCATED);
        buf_put_u8(&out, 0);
        assert_int_equal(fact_get_head(slice_of(out.data, head + 1), &got),
                         ERR_DAMAGED);
        buf_clear(&out);
    }
}

static void
every_truncation_is_found(void **state)
{
    (void)state;
    for (int type = type_from(1); type < FACT_TYPE_COUNT;
         type = type_from(type + 1)) {
        struct fact f = sample((enum fact_type)type), got = {.peer = 77};
        struct buf out = {0};
        bool erased = true;
        fact_put(&out, &f);

        for (size_t n = 0; n < out.size; n++) {
            struct slice rest = slice_of(out.data, n);
            assert_int_equal(fact_get(&rest, &got, &erased), ERR_TRUNCATED);
            assert_int_equal(rest.size, n);
        }
        assert_int_equal(got.peer, 77);
        assert_true(erased);
        buf_clear(&out);
    }
}

/* A frame's checksum finds what a fact alone cannot: another value. */
static void
no_flipped_bit_gives_the_same_fact(void **state)
{
    (void)state;
    for (int type = type_from(1); type < FACT_TYPE_COUNT;
         type = type_from(type + 1)) {
        struct fact f = sample((enum fact_type)type), got;
        struct buf out = {0};
        bool erased;
        size_t head = fact_put(&out, &f);
        bool has_blob = out.size > head;

        for (size_t bit = 0; bit < out.size * 8; bit++) {
            out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            struct slice rest = buf_slice(&out);
            enum err e = fact_get(&rest, &got, &erased);
            if ((bit >= 8 && bit < 32) || bit / 8 >= head ||
                (has_blob && bit >= 96 && bit < 128))
                assert_int_equal(e, ERR_DAMAGED);
            else if (!has_blob && bit >= 96 && bit < 128)
                assert_int_equal(e, ERR_DAMAGED);
            else
                assert_true(e || !fact_same(&f, &got));
            out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        buf_clear(&out);
    }
}

static void
zeros_in_a_blob_were_erased(void **state)
{
    static const enum fact_type types[] = {FACT_SUBMITTED, FACT_SEQUENCED,
                                           FACT_ENTRY};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct fact f = sample(types[i]), got;
        struct buf out = {0};
        bool erased = false;
        size_t head = fact_put(&out, &f);

        memset(out.data + head, 0, out.size - head);
        struct slice rest = buf_slice(&out);
        assert_int_equal(fact_get(&rest, &got, &erased), OK);
        assert_true(erased);
        assert_int_equal(got.blob_head.size + got.blob_body.size, 0);
        assert_true(head_same(&f, &got));
        assert_int_equal(fact_get_blob(buf_slice(&out), &got), ERR_GONE);
        out.data[out.size - 1] = 1;
        rest = buf_slice(&out);
        assert_int_equal(fact_get(&rest, &got, &erased), ERR_DAMAGED);
        buf_clear(&out);
    }
}

static void
values_that_were_never_written_are_damage(void **state)
{
    struct fact f = sample(FACT_LANE), got;
    struct buf out = {0};
    size_t head = fact_put(&out, &f);

    (void)state;
    /* peer, lane, then whether it is ours */
    out.data[FACT_HEADER_BYTES + 8] = 2;
    assert_int_equal(fact_get_head(slice_of(out.data, head), &got),
                     ERR_DAMAGED);
    buf_reset(&out);
    f = sample(FACT_ENTRY);
    head = fact_put(&out, &f);
    /* lane, then the state */
    out.data[FACT_HEADER_BYTES + 4] = BODY_ABSENT + 1;
    assert_int_equal(fact_get_head(slice_of(out.data, head), &got),
                     ERR_DAMAGED);
    buf_clear(&out);
}

static void
a_header_beyond_its_limits_is_damage(void **state)
{
    struct fact f = sample(FACT_SUBMITTED);
    struct buf out = {0};
    struct fact_size size = {.head = 5};

    (void)state;
    fact_put(&out, &f);
    static const struct {
        size_t at;
        uint32_t value;
    } changes[] = {{4, FACT_HEAD_MAX + 1},
                   {8, FACT_BLOB_MAX + 1},
                   {8, 31},
                   {0, 0},
                   {0, (uint32_t)FACT_TYPE_COUNT << 24},
                   {0, 200u << 24}};
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct buf copy = {0};
        buf_put(&copy, buf_slice(&out));
        buf_set_u32(&copy, changes[i].at, changes[i].value);
        assert_int_equal(fact_size(buf_slice(&copy), &size), ERR_DAMAGED);
        buf_clear(&copy);
    }
    buf_set_u32(&out, 0, (uint32_t)FACT_LANE << 24);
    assert_int_equal(fact_size(buf_slice(&out), &size), ERR_DAMAGED);
    assert_int_equal(size.head, 5);
    buf_clear(&out);
}

static void
any_bytes_give_an_error_or_a_fact_within_them(void **state)
{
    uint8_t bytes[FACT_HEADER_BYTES + 256];
    uint64_t x = 88172645463325252u;
    size_t facts = 0;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            bytes[i] = (uint8_t)x;
        }
        memset(bytes + 1, 0, 6);
        memset(bytes + 8, 0, 4);
        bytes[0] %= FACT_TYPE_COUNT;
        struct slice rest = SLICE_ARRAY(bytes);
        struct fact f;
        bool erased;
        /* Without a blob the checksum is that of no bytes. */
        if (!fact_get(&rest, &f, &erased) ||
            !fact_get_head(
                slice_of(bytes, FACT_HEADER_BYTES + (size_t)bytes[7]), &f))
            facts++;
        assert_true(rest.data >= bytes &&
                    rest.data + rest.size == bytes + sizeof bytes);
    }
    assert_true(facts > 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back_as_it_was),
        cmocka_unit_test(a_head_alone_is_the_fact_without_its_blob),
        cmocka_unit_test(every_truncation_is_found),
        cmocka_unit_test(no_flipped_bit_gives_the_same_fact),
        cmocka_unit_test(zeros_in_a_blob_were_erased),
        cmocka_unit_test(values_that_were_never_written_are_damage),
        cmocka_unit_test(a_header_beyond_its_limits_is_damage),
        cmocka_unit_test(any_bytes_give_an_error_or_a_fact_within_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
