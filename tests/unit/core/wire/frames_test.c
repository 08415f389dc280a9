#include "core/wire/frames.h"

#include "core/base/cursor.h"
#include "frame_samples.h"
#include "wire.pb-c.h"

/* ---- read any frame and write it again -------------------------------- */

#define AGAIN(kind)                                                            \
    static enum err again_##kind(struct slice payload, struct arena *arena,    \
                                 struct buf *out)                              \
    {                                                                          \
        struct frame_##kind f;                                                 \
        enum err e = frame_##kind##_get(payload, arena, &f);                   \
        if (!e)                                                                \
            frame_##kind##_put(out, &f);                                       \
        return e;                                                              \
    }

#define AGAIN_MARK(kind, type)                                                 \
    static enum err again_##kind(struct slice payload, struct arena *arena,    \
                                 struct buf *out)                              \
    {                                                                          \
        struct frame_mark f;                                                   \
        enum err e = frame_mark_get(type, payload, arena, &f);                 \
        if (!e)                                                                \
            frame_mark_put(out, type, &f);                                     \
        return e;                                                              \
    }

AGAIN(hello)
AGAIN(auth)
AGAIN(resume)
AGAIN(verdict)
AGAIN(genesis)
AGAIN(batch)
AGAIN(want)
AGAIN(body)
AGAIN(piece)
AGAIN_MARK(gone, FRAME_GONE)
AGAIN_MARK(absent, FRAME_ABSENT)
AGAIN_MARK(held, FRAME_HELD)
AGAIN(receipt)
AGAIN(fetch)
AGAIN(ping)
AGAIN(close)

static enum err
again_card(struct slice payload, struct arena *arena, struct buf *out)
{
    struct signed_card c;
    enum err e = signed_card_get(payload, arena, &c);

    if (!e)
        frame_card_put(out, &c);
    return e;
}

static const struct sample {
    const char *name;
    void (*put)(struct buf *out);
    enum err (*again)(struct slice payload, struct arena *arena,
                      struct buf *out);
    const ProtobufCMessageDescriptor *type;
} samples[FRAME_TYPE_COUNT] = {
    [FRAME_HELLO] = {"HELLO", put_hello, again_hello,
                     &sealane__wire__hello__descriptor},
    [FRAME_CARD] = {"CARD", put_card, again_card,
                    &sealane__wire__card_frame__descriptor},
    [FRAME_AUTH] = {"AUTH", put_auth, again_auth,
                    &sealane__wire__auth__descriptor},
    [FRAME_RESUME] = {"RESUME", put_resume, again_resume,
                      &sealane__wire__resume__descriptor},
    [FRAME_VERDICT] = {"VERDICT", put_verdict, again_verdict,
                       &sealane__wire__verdict__descriptor},
    [FRAME_GENESIS] = {"GENESIS", put_genesis, again_genesis,
                       &sealane__wire__genesis__descriptor},
    [FRAME_HEADER] = {"HEADER", put_batch, again_batch,
                      &sealane__wire__header__descriptor},
    [FRAME_WANT] = {"WANT", put_want, again_want,
                    &sealane__wire__want__descriptor},
    [FRAME_BODY] = {"BODY", put_body, again_body,
                    &sealane__wire__body__descriptor},
    [FRAME_PIECE] = {"PIECE", put_piece, again_piece,
                     &sealane__wire__piece__descriptor},
    [FRAME_GONE] = {"GONE", put_gone, again_gone,
                    &sealane__wire__gone__descriptor},
    [FRAME_ABSENT] = {"ABSENT", put_absent, again_absent,
                      &sealane__wire__absent__descriptor},
    [FRAME_HELD] = {"HELD", put_held, again_held,
                    &sealane__wire__held__descriptor},
    [FRAME_RECEIPT] = {"RECEIPT", put_receipt, again_receipt,
                       &sealane__wire__receipt__descriptor},
    [FRAME_FETCH] = {"FETCH", put_fetch, again_fetch,
                     &sealane__wire__fetch__descriptor},
    [FRAME_PING] = {"PING", put_ping, again_ping,
                    &sealane__wire__ping__descriptor},
    [FRAME_CLOSE] = {"CLOSE", put_close, again_close,
                     &sealane__wire__close__descriptor},
};

static struct slice
payload_of(const struct buf *frame)
{
    return slice_of(frame->data + FRAME_HEADER_BYTES,
                    frame->size - FRAME_HEADER_BYTES);
}

/* Read a payload that ends where its memory ends, within its budget. */
static enum err
read_payload(unsigned type, struct slice payload, struct buf *again)
{
    uint8_t *exact = kit_exact(payload);
    struct buf ignored = {0};
    struct arena arena;

    arena_init(&arena, (size_t)DECODE_BUDGET_FACTOR * frame_payload_max(type));
    enum err e = samples[type].again(slice_of(exact, payload.size), &arena,
                                     again ? again : &ignored);
    assert_true(arena.used <= arena.budget);
    arena_clear(&arena);
    buf_clear(&ignored);
    free(exact);
    return e;
}

/* ---- what every frame promises ---------------------------------------- */

static void
every_frame_reads_back_and_writes_the_same_bytes(void **state)
{
    (void)state;
    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++) {
        struct buf frame = {0}, again = {0};
        uint8_t read_type = 0;
        uint32_t size = 0;

        samples[type].put(&frame);
        assert_int_equal(frame_header_decode(frame.data, &read_type, &size),
                         OK);
        assert_int_equal(read_type, type);
        assert_int_equal(size, frame.size - FRAME_HEADER_BYTES);
        assert_int_equal(read_payload(type, payload_of(&frame), &again), OK);
        kit_assert_slice(buf_slice(&frame), buf_slice(&again));
        buf_clear(&frame);
        buf_clear(&again);
    }
}

static void
frames_follow_each_other_in_one_buffer(void **state)
{
    (void)state;
    struct buf all = {0};
    size_t at = 0;

    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++)
        samples[type].put(&all);
    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++) {
        uint8_t read_type = 0;
        uint32_t size = 0;
        assert_int_equal(frame_header_decode(all.data + at, &read_type, &size),
                         OK);
        assert_int_equal(read_type, type);
        at += FRAME_HEADER_BYTES + size;
    }
    assert_int_equal(at, all.size);
    buf_clear(&all);
}

static bool
is_optional(const char *name)
{
    static const char *const names[] = {
        "features", "lanes", "checkpoint",     "seen",
        "receipt",  "keys",  "receipt_answers"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* The size that a field of bytes must have; 0 where it may differ. */
static size_t
fixed_size(const char *name)
{
    static const struct {
        const char *part;
        size_t size;
    } sizes[] = {
        {"lane_id", 32},   {"key_id", 4}, {"signature", 64}, {"root", 32},
        {"card_hash", 32}, {"salt", 32},  {"genesis", 120},  {"boot_id", 16},
    };
    size_t length = strlen(name);

    if (strcmp(name, "root_signature") == 0)
        return 64;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        size_t n = strlen(sizes[i].part);
        if (length >= n && strcmp(name + length - n, sizes[i].part) == 0)
            return sizes[i].size;
    }
    return 0;
}

/* What is done to one field, named by its place at each level. */
struct bend {
    enum { DROP, RESIZE } what;
    size_t place[4];
    size_t depth;
    size_t size; /* RESIZE: the new one */
};

#define FIELDS_HERE 32

static void
bend_into(struct buf *out, struct slice m, const struct bend *bend,
          size_t level)
{
    struct kit_field fields[FIELDS_HERE];
    size_t n = kit_fields(m, fields, FIELDS_HERE);

    for (size_t i = 0; i < n; i++) {
        struct kit_field *f = &fields[i];
        struct buf inner = {0};
        if (i != bend->place[level]) {
            buf_put(out, slice_of(m.data + f->start, f->end - f->start));
        } else if (level + 1 < bend->depth) {
            bend_into(&inner, kit_content(m, f), bend, level + 1);
            kit_bytes(out, f->number, buf_slice(&inner));
        } else if (bend->what == RESIZE) {
            memset(buf_extend(&inner, bend->size + 1), 'x', bend->size + 1);
            kit_bytes(out, f->number, slice_of(inner.data, bend->size));
        }
        buf_clear(&inner);
    }
}

static void
expect_bent(unsigned type, struct slice payload, const struct bend *bend,
            enum err expected)
{
    struct buf bent = {0};

    bend_into(&bent, payload, bend, 0);
    enum err e = read_payload(type, buf_slice(&bent), NULL);
    if (e != expected)
        print_error("%s, field %zu at depth %zu, size %zu: %s, not %s\n",
                    samples[type].name, bend->place[bend->depth - 1],
                    bend->depth, bend->size, err_name(e), err_name(expected));
    assert_int_equal(e, expected);
    buf_clear(&bent);
}

/* Visit each field of a payload; gives how many expectations were held. */
static size_t
bend_all(unsigned type, struct slice payload, struct slice m,
         const ProtobufCMessageDescriptor *d, struct bend *bend)
{
    struct kit_field fields[FIELDS_HERE];
    size_t n = kit_fields(m, fields, FIELDS_HERE), held = 0;
    size_t level = bend->depth++;

    for (size_t i = 0; i < n; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(d, fields[i].number);
        assert_non_null(field);
        bool optional =
            is_optional(field->name) && !(type == FRAME_RECEIPT && level == 0);
        size_t size = fixed_size(field->name);
        bend->place[level] = i;
        bend->what = DROP;
        expect_bent(type, payload, bend, optional ? OK : ERR_MISSING);
        held++;
        bend->what = RESIZE;
        if (size) {
            size_t wrong[] = {0, size - 1, size + 1, 2 * size, 2000};
            for (size_t k = 0; k < ARRAY_SIZE(wrong); k++, held++) {
                bend->size = wrong[k];
                expect_bent(type, payload, bend, ERR_VALUE);
            }
        }
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            held += bend_all(type, payload, kit_content(m, &fields[i]),
                             field->descriptor, bend);
    }
    bend->depth--;
    return held;
}

static void
a_missing_field_is_missing_and_a_wrong_size_is_a_wrong_value(void **state)
{
    (void)state;
    size_t held = 0;

    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++) {
        struct buf frame = {0};
        struct bend bend = {.what = DROP};
        samples[type].put(&frame);
        held += bend_all(type, payload_of(&frame), payload_of(&frame),
                         samples[type].type, &bend);
        buf_clear(&frame);
    }
    assert_true(held > 250);
}

/* Where a list ends early the rest is a smaller frame, which only the length
 * in the header tells apart: there truncation may pass. */
static size_t
lists_cut_short(unsigned type)
{
    if (type == FRAME_RESUME)
        return 2;
    return type == FRAME_CARD ? 2 : 0;
}

static void
a_frame_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++) {
        struct buf frame = {0};
        size_t passed = 0;
        samples[type].put(&frame);
        struct slice payload = payload_of(&frame);
        for (size_t n = 0; n < payload.size; n++) {
            enum err e = read_payload(type, slice_of(payload.data, n), NULL);
            assert_true(e == OK || e == ERR_TRUNCATED || e == ERR_MISSING);
            passed += e == OK;
        }
        assert_int_equal(passed, lists_cut_short(type));
        buf_clear(&frame);
    }
}

static void
any_byte_of_any_frame_may_be_changed(void **state)
{
    (void)state;
    size_t refused = 0;

    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++) {
        struct buf frame = {0};
        samples[type].put(&frame);
        struct slice payload = payload_of(&frame);
        for (size_t at = 0; at < payload.size; at++)
            for (unsigned bit = 0; bit < 8; bit += 3) {
                frame.data[FRAME_HEADER_BYTES + at] ^= (uint8_t)(1u << bit);
                refused += read_payload(type, payload, NULL) != OK;
                frame.data[FRAME_HEADER_BYTES + at] ^= (uint8_t)(1u << bit);
            }
        assert_int_equal(read_payload(type, payload, NULL), OK);
        buf_clear(&frame);
    }
    assert_true(refused > 500);
}

static void
unknown_fields_change_nothing(void **state)
{
    (void)state;
    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++) {
        struct buf frame = {0}, more = {0}, again = {0};
        samples[type].put(&frame);
        kit_number(&more, 1000, 5);
        buf_put(&more, payload_of(&frame));
        kit_bytes(&more, 1001, slice_str("later"));
        assert_int_equal(read_payload(type, buf_slice(&more), &again), OK);
        kit_assert_slice(buf_slice(&frame), buf_slice(&again));
        buf_clear(&frame);
        buf_clear(&more);
        buf_clear(&again);
    }
}

/* ---- headers ----------------------------------------------------------- */

static void
a_header_with_reserved_bytes_or_too_long_a_payload_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        uint32_t max;
    } limits[] = {{FRAME_HELLO, 4096},   {FRAME_CARD, 16384},
                  {FRAME_AUTH, 16384},   {FRAME_RESUME, 131072},
                  {FRAME_PIECE, 131072}, {FRAME_CLOSE, 131072},
                  {0, 131072},           {18, 131072},
                  {255, 131072}};
    uint8_t header[FRAME_HEADER_BYTES] = {0}, type = 99;
    uint32_t size = 99;

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        header[4] = limits[i].type;
        put_be32(header, limits[i].max);
        assert_int_equal(frame_header_decode(header, &type, &size), OK);
        assert_int_equal(type, limits[i].type);
        assert_int_equal(size, limits[i].max);
        put_be32(header, limits[i].max + 1);
        size = 99;
        assert_int_equal(frame_header_decode(header, &type, &size), ERR_LIMIT);
        assert_int_equal(size, 99);
    }
    put_be32(header, 0);
    for (size_t i = 5; i < FRAME_HEADER_BYTES; i++) {
        header[i] = 1;
        assert_int_equal(frame_header_decode(header, &type, &size), ERR_FORMAT);
        header[i] = 0;
    }
}

static void
frames_have_names(void **state)
{
    (void)state;
    for (unsigned type = 1; type < FRAME_TYPE_COUNT; type++)
        assert_string_equal(frame_name(type), samples[type].name);
    assert_string_equal(frame_name(0), "?");
    assert_string_equal(frame_name(FRAME_TYPE_COUNT), "?");
    assert_string_equal(frame_name(255), "?");
}

static void
the_bytes_of_a_frame_are_as_written_in_the_protocol(void **state)
{
    (void)state;
    struct buf b = {0}, expected = {0};

    put_fetch(&b);
    buf_put(&expected, slice_of("\0\0\0\x27\x0f\0\0\0\x0a\x20", 10));
    buf_put(&expected, SLICE_ARRAY(lane_sample().b));
    buf_put(&expected, slice_of("\x10\x64\x18\xac\x02", 5));
    kit_assert_slice(buf_slice(&b), buf_slice(&expected));
    buf_clear(&b);
    put_ping(&b);
    kit_assert_slice(buf_slice(&b),
                     slice_of("\0\0\0\x04\x10\0\0\0\x08\x01\x10\0", 12));
    buf_clear(&b);
    put_close(&b);
    kit_assert_slice(buf_slice(&b),
                     slice_of("\0\0\0\x0d\x11\0\0\0\x08\x11\x12\x09"
                              "duplicate",
                              21));
    buf_clear(&b);
    buf_clear(&expected);
}

static void
gone_absent_and_held_have_one_form(void **state)
{
    (void)state;
    for (unsigned type = FRAME_GONE; type <= FRAME_HELD; type++) {
        const ProtobufCMessageDescriptor *d = samples[type].type;
        assert_int_equal(d->n_fields, 2);
        assert_int_equal(d->fields[0].id, 1);
        assert_int_equal(d->fields[0].type, PROTOBUF_C_TYPE_BYTES);
        assert_int_equal(d->fields[1].id, 2);
        assert_int_equal(d->fields[1].type, PROTOBUF_C_TYPE_UINT64);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_reads_back_and_writes_the_same_bytes),
        cmocka_unit_test(frames_follow_each_other_in_one_buffer),
        cmocka_unit_test(
            a_missing_field_is_missing_and_a_wrong_size_is_a_wrong_value),
        cmocka_unit_test(a_frame_cut_anywhere_is_refused),
        cmocka_unit_test(any_byte_of_any_frame_may_be_changed),
        cmocka_unit_test(unknown_fields_change_nothing),
        cmocka_unit_test(
            a_header_with_reserved_bytes_or_too_long_a_payload_is_refused),
        cmocka_unit_test(frames_have_names),
        cmocka_unit_test(the_bytes_of_a_frame_are_as_written_in_the_protocol),
        cmocka_unit_test(gone_absent_and_held_have_one_form),
    };

    return cmocka_run_group_tests(tests, fill_samples, NULL);
}
