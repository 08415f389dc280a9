#include "core/wire/unknown.h"

#include "kit.h"

struct told {
    struct buf text;
    size_t count;
};

static void
on_unknown(void *context, const struct unknown *u)
{
    struct told *t = context;

    t->count++;
    buf_put(&t->text, u->path);
    buf_put_u8(&t->text, ':');
    buf_put_decimal(&t->text, u->number);
    buf_put_u8(&t->text, '/');
    buf_put_decimal(&t->text, u->form);
    buf_put_u8(&t->text, '=');
    buf_put_hex(&t->text, u->bytes);
    buf_put_u8(&t->text, ' ');
}

static enum err
tell(struct slice message, struct told *out)
{
    struct arena arena;
    enum err e;

    arena_init(&arena, (size_t)DECODE_BUDGET_FACTOR * MIB(1));
    e = unknown_each(message, &arena, on_unknown, out);
    arena_clear(&arena);
    return e;
}

static void
inside(struct buf *out, unsigned number, struct buf *inner)
{
    kit_bytes(out, number, buf_slice(inner));
    buf_clear(inner);
}

/* Two values, of which the second has a field more, in a head that has one in
 * its marking: each is told once, with the way to it. */
static void
fields_of_a_newer_schema_are_told_with_their_place(void **state)
{
    struct buf m = {0}, head = {0}, marking = {0}, value = {0}, other = {0};
    struct told told = {0};

    (void)state;
    kit_number(&value, 1, 5);
    inside(&head, 18, &value);
    kit_number(&other, 9, 300);
    inside(&head, 18, &other);
    kit_bytes(&marking, 60, slice_str("z"));
    inside(&head, 14, &marking);
    kit_number(&m, 1, 99);
    kit_bytes(&m, 500, slice_str(""));
    inside(&m, 4, &head);
    kit_tag(&m, 501, KIT_FOUR);
    buf_put_u32(&m, 1);
    assert_int_equal(tell(buf_slice(&m), &told), OK);
    assert_int_equal(told.count, 4);
    kit_assert_text(buf_slice(&told.text),
                    ":500/2= :501/5=00000001 head.marking:60/2=7a "
                    "head.values:9/0=ac02 ");
    buf_clear(&told.text);
    buf_clear(&m);
}

static void
a_message_of_this_schema_has_none(void **state)
{
    struct buf m = {0};
    struct told told = {0};

    (void)state;
    kit_number(&m, 1, 1);
    kit_bytes(&m, 5, slice_str("content"));
    assert_int_equal(tell(buf_slice(&m), &told), OK);
    assert_int_equal(told.count, 0);
    buf_clear(&m);
}

static void
what_is_no_message_is_refused_and_tells_nothing(void **state)
{
    struct told told = {0};

    (void)state;
    assert_int_equal(tell(slice_str("\x07"), &told), ERR_FORMAT);
    assert_int_equal(tell(slice_str("\x2a\x05zz"), &told), ERR_TRUNCATED);
    assert_int_equal(told.count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_a_newer_schema_are_told_with_their_place),
        cmocka_unit_test(a_message_of_this_schema_has_none),
        cmocka_unit_test(what_is_no_message_is_refused_and_tells_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
