#include "core/wire/prescan.h"

#include "kit.h"

/* A message that has every form of field and may hold itself, which no schema
 * of ours does: only so can it be nested too deep. */
struct node {
    ProtobufCMessage base;
    protobuf_c_boolean has_number, has_four, has_eight, has_bytes;
    int32_t number;
    uint32_t four;
    uint64_t eight;
    char *text;
    ProtobufCBinaryData bytes;
    struct node *child;
    size_t n_numbers, n_fours, n_children, n_texts, n_reals, n_truths;
    uint64_t *numbers;
    uint32_t *fours;
    struct node **children;
    char **texts;
    double *reals;
    protobuf_c_boolean *truths;
};

static const ProtobufCMessageDescriptor node_type;

#define FIELD(id_, label_, type_, counter, member, descriptor_)                \
    {                                                                          \
        .name = #member, .id = (id_), .label = PROTOBUF_C_LABEL_##label_,      \
        .type = PROTOBUF_C_TYPE_##type_, .quantifier_offset = (counter),       \
        .offset = offsetof(struct node, member), .descriptor = (descriptor_),  \
    }
#define OF(member) offsetof(struct node, member)

static const ProtobufCFieldDescriptor node_fields[] = {
    FIELD(1, OPTIONAL, SINT32, OF(has_number), number, NULL),
    FIELD(2, OPTIONAL, FIXED32, OF(has_four), four, NULL),
    FIELD(3, OPTIONAL, FIXED64, OF(has_eight), eight, NULL),
    FIELD(4, OPTIONAL, STRING, 0, text, NULL),
    FIELD(5, OPTIONAL, BYTES, OF(has_bytes), bytes, NULL),
    FIELD(6, OPTIONAL, MESSAGE, 0, child, &node_type),
    FIELD(7, REPEATED, UINT64, OF(n_numbers), numbers, NULL),
    FIELD(8, REPEATED, FIXED32, OF(n_fours), fours, NULL),
    FIELD(9, REPEATED, MESSAGE, OF(n_children), children, &node_type),
    FIELD(10, REPEATED, STRING, OF(n_texts), texts, NULL),
    FIELD(11, REPEATED, DOUBLE, OF(n_reals), reals, NULL),
    FIELD(12, REPEATED, BOOL, OF(n_truths), truths, NULL),
};

static const ProtobufCIntRange node_ranges[] = {{1, 0}, {0, 12}};

static const ProtobufCMessageDescriptor node_type = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "node",
    .sizeof_message = sizeof(struct node),
    .n_fields = 12,
    .fields = node_fields,
    .n_field_ranges = 1,
    .field_ranges = node_ranges,
};

/* Scan bytes that end where their memory ends, and say the same by unpacking:
 * what passes can be unpacked, what is refused never is. */
static enum err
scan(const struct buf *b)
{
    uint8_t *exact = kit_exact(buf_slice(b));
    struct slice bytes = slice_of(exact, b->size);
    enum err e = prescan(bytes, &node_type);
    struct arena arena;
    ProtobufCMessage *m = NULL;

    arena_init(&arena, MIB(64));
    assert_int_equal(prescan_unpack(bytes, &node_type, &arena, &m), e);
    assert_int_equal(m != NULL, e == OK);
    arena_clear(&arena);
    free(exact);
    return e;
}

static enum err
scan_raw(const char *bytes, size_t size)
{
    struct buf b = {0};

    buf_put(&b, slice_of(bytes, size));
    enum err e = scan(&b);
    buf_clear(&b);
    return e;
}

#define SCAN(literal) scan_raw(literal, sizeof(literal) - 1)

static void
every_form_of_field_passes_and_is_unpacked(void **state)
{
    (void)state;
    static const char bytes[] =
        "\x08\x03"                             /* 1: -2 */
        "\x15\x01\x02\x03\x04"                 /* 2 */
        "\x19\x01\x02\x03\x04\x05\x06\x07\x08" /* 3 */
        "\x22\x02\xc3\xa9"                     /* 4: e acute */
        "\x2a\x03\x00\xff\x00"                 /* 5 */
        "\x32\x02\x08\x02"                     /* 6: child with 1 */
        "\x38\x05\x3a\x02\x06\x07"             /* 7: single, then packed */
        "\x45\x01\x00\x00\x00"                 /* 8: single */
        "\x42\x08\x02\x00\x00\x00\x03\x00\x00\x00"
        "\x4a\x00\x4a\x02\x08\x04" /* 9: two children */
        "\x52\x00\x52\x01x"        /* 10 */
        "\x5a\x08\x00\x00\x00\x00\x00\x00\x00\x40"
        "\x62\x02\x01\x00"; /* 12 */
    struct slice s = slice_of(bytes, sizeof bytes - 1);
    struct arena arena;
    ProtobufCMessage *m = NULL;

    arena_init(&arena, KIB(64));
    assert_int_equal(prescan_unpack(s, &node_type, &arena, &m), OK);
    const struct node *n = (const struct node *)m;
    assert_int_equal(n->number, -2);
    assert_int_equal(n->four, 0x04030201);
    assert_string_equal(n->text, "\xc3\xa9");
    assert_int_equal(n->bytes.len, 3);
    assert_int_equal(n->child->number, 1);
    assert_int_equal(n->n_numbers, 3);
    assert_int_equal(n->numbers[2], 7);
    assert_int_equal(n->n_fours, 3);
    assert_int_equal(n->fours[2], 3);
    assert_int_equal(n->n_children, 2);
    assert_int_equal(n->n_texts, 2);
    assert_int_equal(n->n_reals, 1);
    assert_true(n->reals[0] == 2.0);
    assert_int_equal(n->n_truths, 2);
    arena_clear(&arena);
}

static void
nothing_at_all_is_an_empty_message(void **state)
{
    (void)state;
    assert_int_equal(SCAN(""), OK);
}

static void
a_field_that_ends_too_early_is_truncated(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x08"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x08\x80"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x88"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x15\x01\x02\x03"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x19\x01\x02\x03\x04\x05\x06\x07"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x22"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x22\x02x"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x2a\xff\xff\xff\xff\x07"), ERR_TRUNCATED);
    /* The child would read on into its parent. */
    assert_int_equal(SCAN("\x32\x01\x08\x08\x01"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\x32\x02\x22\x05xxxxx"), ERR_TRUNCATED);
    /* A packed number would read on behind its field. */
    assert_int_equal(SCAN("\x3a\x01\x80\x08\x01"), ERR_TRUNCATED);
}

static void
numbers_have_at_most_64_bits_and_tags_and_lengths_32(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), OK);
    assert_int_equal(SCAN("\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
                     ERR_FORMAT);
    assert_int_equal(SCAN("\x38\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
                     ERR_FORMAT);
    assert_int_equal(SCAN("\xf8\xff\xff\xff\x0f\x00"), OK);
    assert_int_equal(SCAN("\xf8\xff\xff\xff\x1f\x00"), ERR_FORMAT);
    assert_int_equal(SCAN("\x88\x80\x80\x80\x80\x00\x00"), ERR_FORMAT);
    assert_int_equal(SCAN("\x2a\x80\x80\x80\x80\x80\x00"), ERR_FORMAT);
    /* A length cut after five bytes must not count as none at all. */
    assert_int_equal(SCAN("\x2a\x80\x80\x80\x80\x80\x08\x03"), ERR_FORMAT);
}

static void
number_zero_groups_and_reserved_forms_are_refused(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x00\x00"), ERR_FORMAT);
    assert_int_equal(SCAN("\x0b\x0c"), ERR_FORMAT);
    assert_int_equal(SCAN("\xa3\x06\xa4\x06"), ERR_FORMAT);
    assert_int_equal(SCAN("\x0c"), ERR_FORMAT);
    assert_int_equal(SCAN("\xa6\x06\x00"), ERR_FORMAT);
    assert_int_equal(SCAN("\xa7\x06\x00"), ERR_FORMAT);
}

static void
a_known_field_of_another_form_is_refused(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x0a\x01x"), ERR_FORMAT);
    assert_int_equal(SCAN("\x0d\x01\x02\x03\x04"), ERR_FORMAT);
    assert_int_equal(SCAN("\x10\x01"), ERR_FORMAT);
    assert_int_equal(SCAN("\x18\x01"), ERR_FORMAT);
    assert_int_equal(SCAN("\x20\x01"), ERR_FORMAT);
    assert_int_equal(SCAN("\x28\x01"), ERR_FORMAT);
    assert_int_equal(SCAN("\x30\x01"), ERR_FORMAT);
    assert_int_equal(SCAN("\x3d\x01\x02\x03\x04"), ERR_FORMAT);
    assert_int_equal(SCAN("\x40\x01"), ERR_FORMAT);
}

static void
packed_elements_of_fixed_size_must_fill_their_field(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x42\x00"), OK);
    assert_int_equal(SCAN("\x42\x05\x01\x02\x03\x04\x05"), ERR_FORMAT);
    assert_int_equal(SCAN("\x5a\x04\x01\x02\x03\x04"), ERR_FORMAT);
}

static void
texts_are_utf8_without_nul_and_bytes_are_anything(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x22\x02\xc0\x80"), ERR_UTF8);
    assert_int_equal(SCAN("\x22\x03\xed\xa0\x80"), ERR_UTF8);
    assert_int_equal(SCAN("\x22\x01\xff"), ERR_UTF8);
    assert_int_equal(SCAN("\x22\x03x\x00y"), ERR_UTF8);
    assert_int_equal(SCAN("\x52\x02\xc3x"), ERR_UTF8);
    assert_int_equal(SCAN("\x32\x03\x22\x01\x80"), ERR_UTF8);
    assert_int_equal(SCAN("\x2a\x02\xc0\x00"), OK);
    /* A field that is not known may be a text or not: nobody can say. */
    assert_int_equal(SCAN("\xa2\x06\x01\xff"), OK);
}

static void
a_singular_message_stands_once_and_other_fields_may_repeat(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\x32\x00\x32\x00"), ERR_REPEATED);
    assert_int_equal(SCAN("\x32\x00\x08\x01\x32\x02\x08\x01"), ERR_REPEATED);
    assert_int_equal(SCAN("\x4a\x04\x32\x00\x32\x00"), ERR_REPEATED);
    /* One in each of two messages is once each. */
    assert_int_equal(SCAN("\x4a\x02\x32\x00\x4a\x02\x32\x00"), OK);
    assert_int_equal(SCAN("\x08\x01\x08\x02\x22\x01x\x22\x01y"), OK);
}

static void
unknown_fields_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(SCAN("\xa0\x06\x05"), OK);
    assert_int_equal(SCAN("\xa1\x06"
                          "12345678"),
                     OK);
    assert_int_equal(SCAN("\xa2\x06\x03xyz\xa5\x06"
                          "1234\x08\x01"),
                     OK);
    assert_int_equal(SCAN("\xa2\x06\x03xy"), ERR_TRUNCATED);
    assert_int_equal(SCAN("\xa5\x06"
                          "123"),
                     ERR_TRUNCATED);
}

static void
messages_nest_to_the_limit_and_no_deeper(void **state)
{
    (void)state;
    struct buf b = {0};

    for (int depth = 1; depth < DECODE_DEPTH_MAX; depth++)
        kit_wrap(&b, depth % 2 ? 6 : 9);
    assert_int_equal(scan(&b), OK);
    kit_wrap(&b, 6);
    assert_int_equal(scan(&b), ERR_DEPTH);
    buf_clear(&b);
}

static void
a_message_nested_100000_deep_is_refused_at_once(void **state)
{
    (void)state;
    enum { DEEP = 100000, ROOM = 4 * DEEP };
    uint8_t *room = malloc(ROOM);
    size_t at = ROOM;

    /* From the innermost out: content, length, tag. */
    assert_non_null(room);
    for (int i = 0; i < DEEP; i++) {
        struct buf length = {0};
        kit_tag(&length, 6, KIT_LENGTH);
        kit_varint(&length, ROOM - at);
        at -= length.size;
        memcpy(room + at, length.data, length.size);
        buf_clear(&length);
    }
    double start = kit_cpu_ms();
    assert_int_equal(prescan(slice_of(room + at, ROOM - at), &node_type),
                     ERR_DEPTH);
    assert_true(kit_cpu_ms() - start < KIT_MS_MAX);
    free(room);
}

static void
fields_are_counted_over_the_whole_message(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_repeat(&b, slice_of("\x08\x01", 2), 2 * (DECODE_FIELDS_MAX - 3));
    kit_wrap(&b, 6);
    kit_number(&b, 100, 1);
    kit_number(&b, 1, 1);
    assert_int_equal(scan(&b), OK);
    kit_number(&b, 101, 1);
    assert_int_equal(scan(&b), ERR_LIMIT);
    buf_clear(&b);
}

static void
packed_elements_are_counted_like_fields(void **state)
{
    (void)state;
    struct buf b = {0};

    kit_repeat(&b, slice_of("\x01", 1), DECODE_FIELDS_MAX - 1);
    kit_wrap(&b, 7);
    assert_int_equal(scan(&b), OK);
    kit_number(&b, 7, 1);
    assert_int_equal(scan(&b), ERR_LIMIT);
    buf_clear(&b);
    kit_repeat(&b, slice_of("\0\0\0\0", 4), 4 * DECODE_FIELDS_MAX);
    kit_wrap(&b, 8);
    assert_int_equal(scan(&b), ERR_LIMIT);
    buf_clear(&b);
}

static void
the_bound_on_fields_can_be_another(void **state)
{
    (void)state;
    struct slice two = slice_of("\x08\x01\x08\x01", 4);
    struct arena arena;
    ProtobufCMessage *m = NULL;

    arena_init(&arena, KIB(64));
    assert_int_equal(prescan_unpack_within(two, &node_type, 1, &arena, &m),
                     ERR_LIMIT);
    assert_null(m);
    assert_int_equal(prescan_unpack_within(two, &node_type, 2, &arena, &m), OK);
    arena_clear(&arena);
}

static void
what_does_not_fit_the_budget_is_refused_and_the_output_untouched(void **state)
{
    (void)state;
    struct buf b = {0};
    struct arena arena;
    ProtobufCMessage *m = NULL;

    kit_repeat(&b, slice_of("\x4a\x00", 2), 2 * 60000);
    for (size_t budget = 0; budget < KIB(640); budget += 4099) {
        arena_init(&arena, budget);
        assert_int_equal(prescan_unpack(buf_slice(&b), &node_type, &arena, &m),
                         ERR_BUDGET);
        assert_null(m);
        assert_true(arena.used <= budget);
        arena_clear(&arena);
    }
    buf_clear(&b);
}

static void
any_byte_changed_in_any_way_is_judged_as_unpacking_does(void **state)
{
    (void)state;
    static const char bytes[] = "\x08\x03\x15\x01\x02\x03\x04\x22\x02\xc3\xa9"
                                "\x2a\x03\x00\xff\x00\x32\x02\x08\x02\x3a\x02"
                                "\x06\x07\x42\x04\x02\x00\x00\x00\x4a\x02\x08"
                                "\x04\x52\x01x\x62\x02\x01\x00";
    size_t passed = 0, refused = 0;

    for (size_t at = 0; at < sizeof bytes - 1; at++)
        for (unsigned value = 0; value < 256; value++) {
            struct buf b = {0};
            buf_put(&b, slice_of(bytes, sizeof bytes - 1));
            b.data[at] = (uint8_t)value;
            if (scan(&b) == OK)
                passed++;
            else
                refused++;
            buf_clear(&b);
        }
    assert_true(passed > 100 && refused > 100);
}

/* No schema of ours requires a field; one that did would be refused where it
 * is unpacked. */
static void
what_cannot_be_unpacked_is_refused_though_its_form_is_good(void **state)
{
    ProtobufCFieldDescriptor required = node_fields[0];
    ProtobufCMessageDescriptor type = node_type;
    static const ProtobufCIntRange ranges[] = {{1, 0}, {0, 1}};
    struct slice without = SLICE_ARRAY("\x12"); /* field 2, empty */
    ProtobufCMessage *m = NULL;
    struct arena arena;

    (void)state;
    required.label = PROTOBUF_C_LABEL_REQUIRED;
    type.fields = &required;
    type.n_fields = 1;
    type.field_ranges = ranges;
    arena_init(&arena, KIB(64));
    assert_int_equal(prescan(without, &type), OK);
    assert_int_equal(prescan_unpack(without, &type, &arena, &m), ERR_FORMAT);
    assert_null(m);
    assert_false(arena.spent);
    arena_clear(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_field_passes_and_is_unpacked),
        cmocka_unit_test(nothing_at_all_is_an_empty_message),
        cmocka_unit_test(a_field_that_ends_too_early_is_truncated),
        cmocka_unit_test(numbers_have_at_most_64_bits_and_tags_and_lengths_32),
        cmocka_unit_test(number_zero_groups_and_reserved_forms_are_refused),
        cmocka_unit_test(a_known_field_of_another_form_is_refused),
        cmocka_unit_test(packed_elements_of_fixed_size_must_fill_their_field),
        cmocka_unit_test(texts_are_utf8_without_nul_and_bytes_are_anything),
        cmocka_unit_test(
            a_singular_message_stands_once_and_other_fields_may_repeat),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(messages_nest_to_the_limit_and_no_deeper),
        cmocka_unit_test(a_message_nested_100000_deep_is_refused_at_once),
        cmocka_unit_test(fields_are_counted_over_the_whole_message),
        cmocka_unit_test(packed_elements_are_counted_like_fields),
        cmocka_unit_test(the_bound_on_fields_can_be_another),
        cmocka_unit_test(
            what_does_not_fit_the_budget_is_refused_and_the_output_untouched),
        cmocka_unit_test(
            any_byte_changed_in_any_way_is_judged_as_unpacking_does),
        cmocka_unit_test(
            what_cannot_be_unpacked_is_refused_though_its_form_is_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
