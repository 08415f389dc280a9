#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/json_nest.h"

#include <string.h>

/* Lists under "l" are handed over by parts, objects under "o" alone, lists
 * under "p" are passed over. */
struct seen {
    struct json_stream *stream;
    struct buf log; /* one event a line */
};

static enum json_way
on_way(void *context, unsigned level, const struct json_doc *open, uint32_t key,
       enum json_kind kind)
{
    (void)context;
    if (!open)
        return kind == JSON_ARRAY ? JSON_PARTS : JSON_KEEP;
    if (level + 1 == JSON_NEST_MAX)
        return JSON_KEEP;
    if (json_is(open, key, "l") && kind == JSON_ARRAY)
        return json_member(open, 0, "l") ? JSON_TWICE : JSON_PARTS;
    if (json_is(open, key, "p") && kind == JSON_ARRAY)
        return JSON_PASS;
    if (json_is(open, key, "o") && kind == JSON_OBJECT)
        return JSON_ALONE;
    return JSON_KEEP;
}

static void
on_began(void *context, unsigned level)
{
    struct seen *s = context;
    unsigned at;

    assert_true(json_nest_level(s->stream, &at));
    assert_int_equal(at, level);
}

static void
on_ended(void *context, unsigned level, const struct json_doc *part)
{
    struct seen *s = context;

    json_nest_path(s->stream, level, &s->log);
    buf_put_u8(&s->log, ' ');
    if (part->fault)
        buf_put_str(&s->log, part->fault);
    else
        buf_put(&s->log, json_raw(part, 0));
    buf_put_u8(&s->log, '\n');
}

static enum err
feed(struct seen *s, struct slice all, size_t piece)
{
    enum err e = OK;

    for (size_t at = 0; at < all.size && !e; at += piece) {
        size_t n = all.size - at < piece ? all.size - at : piece;
        e = json_stream_feed(s->stream, slice_of(all.data + at, n));
    }
    return e ? e : json_stream_finish(s->stream);
}

static enum err
run(struct slice text, size_t piece, const char *want)
{
    struct seen s = {0};
    struct json_nest_handler handler = {&s, on_way, on_began, on_ended};
    enum err first, e;

    s.stream = json_nest_new(&handler);
    first = feed(&s, text, piece);
    buf_reset(&s.log);
    json_stream_restart(s.stream);
    e = feed(&s, text, piece);
    assert_int_equal(e, first);
    buf_put_u8(&s.log, 0);
    assert_string_equal((const char *)s.log.data, want);
    buf_clear(&s.log);
    json_stream_free(s.stream);
    return e;
}

static void
assert_read(const char *text, const char *want)
{
    for (size_t piece = 1; piece < 9; piece++)
        assert_int_equal(run(slice_str(text), piece, want), OK);
}

static void
parts_are_handed_over_and_leave_empty_places(void **state)
{
    (void)state;
    assert_read("{\"a\":1}", " {\"a\":1}\n");
    assert_read("{ \"a\" : 1.0 , \"l\" : [ {\"b\":\"x\"} , 5, null ],"
                "\"c\":[ ] }",
                "l[0] {\"b\":\"x\"}\n"
                "l[1] 5\n"
                "l[2] null\n"
                " {\"a\":1.0,\"l\":[],\"c\":[]}\n");
    assert_read("[{\"o\":{\"l\":[[1,2]],\"z\":true}},\"s\"]",
                "[0].o.l[0] [1,2]\n"
                "[0].o {\"l\":[],\"z\":true}\n"
                "[0] {\"o\":{}}\n"
                "[1] \"s\"\n"
                " []\n");
}

static void
lists_within_parts_are_handed_over_too(void **state)
{
    (void)state;
    assert_read("{\"o\":{\"l\":[{\"l\":[{\"v\":1},{\"v\":2}],\"n\":0},{}]},"
                "\"k\":{\"l\":[1],\"o\":{}}}",
                "o.l[0].l[0] {\"v\":1}\n"
                "o.l[0].l[1] {\"v\":2}\n"
                "o.l[0] {\"l\":[],\"n\":0}\n"
                "o.l[1] {}\n"
                "o {\"l\":[]}\n"
                " {\"o\":{},\"k\":{\"l\":[1],\"o\":{}}}\n");
}

static void
what_nobody_wants_is_checked_and_left_out(void **state)
{
    (void)state;
    assert_read("{\"p\":[{\"l\":[1]},[[{\"p\":[]}]],\"x\"],\"q\":2}",
                " {\"p\":[],\"q\":2}\n");
    assert_int_equal(run(slice_str("{\"p\":[{\"l\":[01]}]}"), 3, ""),
                     ERR_FORMAT);
}

static void
a_part_that_was_asked_for_twice_ends_the_document(void **state)
{
    (void)state;
    assert_int_equal(
        run(slice_str("{\"l\":[1],\"x\":2,\"l\":[3]}"), 4, "l[0] 1\n"),
        ERR_REPEATED);
}

static void
a_part_that_is_too_deep_is_given_up_and_the_next_one_read(void **state)
{
    struct buf text = {0};

    (void)state;
    buf_put_str(&text, "{\"l\":[{\"d\":");
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        buf_put_u8(&text, '[');
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        buf_put_u8(&text, ']');
    buf_put_str(&text, ",\"l\":[7]},{\"d\":8}]}");
    assert_int_equal(run(buf_slice(&text), 11,
                         "l[0] it is nested deeper than 64 levels\n"
                         "l[1] {\"d\":8}\n"
                         " {\"l\":[]}\n"),
                     OK);
    buf_clear(&text);
}

static void
parts_are_nested_no_deeper_than_there_is_room(void **state)
{
    (void)state;
    assert_read("{\"o\":{\"o\":{\"o\":{\"o\":{\"o\":{\"a\":1}}}}}}",
                "o.o.o.o {\"o\":{\"a\":1}}\n"
                "o.o.o {\"o\":{}}\n"
                "o.o {\"o\":{}}\n"
                "o {\"o\":{}}\n"
                " {\"o\":{}}\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_handed_over_and_leave_empty_places),
        cmocka_unit_test(lists_within_parts_are_handed_over_too),
        cmocka_unit_test(what_nobody_wants_is_checked_and_left_out),
        cmocka_unit_test(a_part_that_was_asked_for_twice_ends_the_document),
        cmocka_unit_test(
            a_part_that_is_too_deep_is_given_up_and_the_next_one_read),
        cmocka_unit_test(parts_are_nested_no_deeper_than_there_is_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
