#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/json.h"

#include <stdio.h>

struct seen {
    struct buf log; /* what was handed over, one value a line */
    uint32_t line, column;
    const char *given_up;
    size_t bytes; /* the most that one value took */
};

static void
log_doc(struct seen *s, const char *what, const struct json_doc *doc)
{
    buf_put_str(&s->log, what);
    if (doc->text.size > s->bytes)
        s->bytes = doc->text.size;
    if (doc->fault) {
        s->given_up = doc->fault;
        s->line = doc->fault_line;
        s->column = doc->fault_column;
        buf_put_str(&s->log, "given up");
    } else {
        buf_put(&s->log, json_raw(doc, 0));
    }
    buf_put_str(&s->log, "\n");
}

static void
on_opened(void *context, const struct json_doc *around)
{
    struct seen *s = context;

    buf_put_str(&s->log,
                json_member(around, 0, "id") ? "opened with id\n" : "opened\n");
}

static void
on_element(void *context, const struct json_doc *doc, uint64_t position)
{
    struct seen *s = context;

    assert_true(position < 100);
    log_doc(s, "element ", doc);
}

static void
on_closed(void *context, const struct json_doc *doc, bool had_list)
{
    log_doc(context, had_list ? "around " : "object ", doc);
}

struct result {
    enum err err;
    struct json_fault fault;
    struct seen seen;
};

/* Read in pieces of `piece` bytes. */
static struct result
run(struct slice text, size_t piece)
{
    struct result r = {0};
    struct json_handler handler = {&r.seen, on_opened, on_element, on_closed};
    struct json_stream *s = json_stream_new(&handler, "list");

    for (size_t at = 0; at < text.size && !r.err; at += piece) {
        size_t n = text.size - at < piece ? text.size - at : piece;
        r.err = json_stream_feed(s, slice_of(text.data + at, n));
    }
    if (!r.err)
        r.err = json_stream_finish(s);
    r.fault = *json_stream_fault(s);
    if (r.err)
        assert_int_equal(json_stream_feed(s, slice_str("{}")), r.err);
    json_stream_free(s);
    return r;
}

static void
assert_read(const char *text, const char *want)
{
    for (size_t piece = 1; piece < 40; piece += 1 + piece / 4) {
        struct result r = run(slice_str(text), piece);
        if (r.err)
            fail_msg("%s: %s", text, r.fault.text);
        buf_put_u8(&r.seen.log, 0);
        assert_string_equal((char *)r.seen.log.data, want);
        buf_clear(&r.seen.log);
    }
}

static void
assert_refused_bytes(struct slice text, enum err err, unsigned line,
                     unsigned column)
{
    for (size_t piece = 1; piece < 40; piece += 1 + piece / 4) {
        struct result r = run(text, piece);
        if (r.err != err || r.fault.line != line ||
            (column && r.fault.column != column))
            fail_msg("%.*s: %s at %u:%u: %s", (int)text.size,
                     (const char *)text.data, err_name(r.err),
                     (unsigned)r.fault.line, (unsigned)r.fault.column,
                     r.fault.text);
        assert_non_null(r.fault.text);
        buf_clear(&r.seen.log);
    }
}

static void
assert_refused(const char *text, enum err err, unsigned line, unsigned column)
{
    assert_refused_bytes(slice_str(text), err, line, column);
}

static void
values_are_handed_over_one_by_one_without_white_space(void **state)
{
    (void)state;
    assert_read("[ ]", "");
    assert_read(" [ 1 , \"a b\" ,{ \"k\" : [ true , null ] } ]\n",
                "element 1\nelement \"a b\"\nelement "
                "{\"k\":[true,null]}\n");
    assert_read("{\"a\": 1.50e+3, \"b\": {\"list\": [1]}}",
                "object {\"a\":1.50e+3,\"b\":{\"list\":[1]}}\n");
}

static void
the_list_under_the_key_is_taken_out_of_its_object(void **state)
{
    (void)state;
    assert_read("{\"id\":\"x\", \"list\" : [ {\"n\":1}, [ ] ], \"z\":[]}",
                "opened with id\nelement {\"n\":1}\nelement []\n"
                "around {\"id\":\"x\",\"z\":[]}\n");
    assert_read("{\"list\":[0],\"id\":\"x\"}",
                "opened\nelement 0\naround {\"id\":\"x\"}\n");
    assert_read("{\"\\u006cist\":[]}", "opened\naround {}\n");
    assert_read("{\"list\":{}}", "object {\"list\":{}}\n");
    assert_read("{\"list\":false,\"a\":\"\"}",
                "object {\"list\":false,\"a\":\"\"}\n");
    assert_read("[{\"list\":[1,{\"list\":[]}]}]",
                "element {\"list\":[1,{\"list\":[]}]}\n");
}

static void
numbers_and_strings_stay_as_they_stood(void **state)
{
    (void)state;
    assert_read("[-0, 1E400, 0.10, 123456789012345678901234567890]",
                "element -0\nelement 1E400\nelement 0.10\n"
                "element 123456789012345678901234567890\n");
    assert_read("[\"\\u00e9\\ud83d\\ude00\\n\\/\", \"\xed\x95\x9c\xf0\x9f\x98"
                "\x80\", \"\\u0000\"]",
                "element \"\\u00e9\\ud83d\\ude00\\n\\/\"\n"
                "element \"\xed\x95\x9c\xf0\x9f\x98\x80\"\n"
                "element \"\\u0000\"\n");
}

/* What is no JSON, with the fault and its place. */
static const struct {
    const char *text;
    enum err err;
    unsigned line, column;
} bad[] = {
    {"", ERR_TRUNCATED, 1, 1},
    {" \n\t\n ", ERR_TRUNCATED, 3, 2},
    {"{", ERR_TRUNCATED, 1, 2},
    {"{\"a\"", ERR_TRUNCATED, 1, 5},
    {"[\"abc", ERR_TRUNCATED, 1, 6},
    {"[1", ERR_TRUNCATED, 1, 3},
    {"\"text\"", ERR_FORMAT, 1, 1},
    {"7", ERR_FORMAT, 1, 1},
    {"[1,]", ERR_FORMAT, 1, 4},
    {"{\"a\":1,}", ERR_FORMAT, 1, 8},
    {"[1 2]", ERR_FORMAT, 1, 4},
    {"{\"a\" 1}", ERR_FORMAT, 1, 6},
    {"{a:1}", ERR_FORMAT, 1, 2},
    {"{'a':1}", ERR_FORMAT, 1, 2},
    {"{1:1}", ERR_FORMAT, 1, 2},
    {"[1}", ERR_FORMAT, 1, 3},
    {"{\"a\":1]", ERR_FORMAT, 1, 7},
    {"]", ERR_FORMAT, 1, 1},
    {"[] []", ERR_FORMAT, 1, 4},
    {"{}\n{}", ERR_FORMAT, 2, 1},
    {"// no\n{}", ERR_FORMAT, 1, 1},
    {"[NaN]", ERR_FORMAT, 1, 2},
    {"[Infinity]", ERR_FORMAT, 1, 2},
    {"[-Infinity]", ERR_FORMAT, 1, 3},
    {"[nul]", ERR_FORMAT, 1, 5},
    {"[True]", ERR_FORMAT, 1, 2},
    {"[01]", ERR_FORMAT, 1, 3},
    {"[-]", ERR_FORMAT, 1, 3},
    {"[1.]", ERR_FORMAT, 1, 4},
    {"[.5]", ERR_FORMAT, 1, 2},
    {"[+1]", ERR_FORMAT, 1, 2},
    {"[1e]", ERR_FORMAT, 1, 4},
    {"[1e+]", ERR_FORMAT, 1, 5},
    {"[0x1]", ERR_FORMAT, 1, 3},
    {"[\"a\\q\"]", ERR_FORMAT, 1, 5},
    {"[\"\\u12G4\"]", ERR_FORMAT, 1, 7},
    {"[\"a\nb\"]", ERR_FORMAT, 1, 4},
    {"[\n \"\\ud800\"]", ERR_UTF8, 2, 9},
    {"[\"\\ud800\\n\"]", ERR_UTF8, 1, 10},
    {"[\"\\udc00\"]", ERR_UTF8, 1, 8},
    {"[\"\\ud800\\ud800\"]", ERR_UTF8, 1, 14},
    {"[\"a\xe9\"]", ERR_UTF8, 1, 4},
    {"[\"\xc0\x80\"]", ERR_UTF8, 1, 3},
    {"[\"\xed\xa0\x80\"]", ERR_UTF8, 1, 3},
    {"[\"\xf4\x90\x80\x80\"]", ERR_UTF8, 1, 3},
    {"[\xc3\xa9]", ERR_FORMAT, 1, 2},
    {"{\"list\":[],\"list\":[1]}", ERR_REPEATED, 1, 19},
    {"{\"list\":[],\"list\":null}", ERR_REPEATED, 1, 19},
    {"{\"list\":[],\"list\":7}", ERR_REPEATED, 1, 19},
    {"{\"list\":[],\"list\":\"\"}", ERR_REPEATED, 1, 19},
    {"{\"list\":[],\"list\":{}}", ERR_REPEATED, 1, 19},
    {"true", ERR_FORMAT, 1, 1},
    {",", ERR_FORMAT, 1, 1},
    {"[,1]", ERR_FORMAT, 1, 2},
    {"[1:2]", ERR_FORMAT, 1, 3},
    {"{\"a\",1}", ERR_FORMAT, 1, 5},
    {"[\"a\"\"b\"]", ERR_FORMAT, 1, 5},
    {"[tru1]", ERR_FORMAT, 1, 5},
    {"[1e-]", ERR_FORMAT, 1, 5},
    {"[\"\\ud800\\ue000\"]", ERR_UTF8, 1, 14},
    {"[\"\xe2\x82\"]", ERR_UTF8, 1, 3},
    {"[\"\xf0\x9f\x98x\"]", ERR_UTF8, 1, 3},
    {"[\"\xe0\x80\x80", ERR_UTF8, 1, 3},
    {"[\"\xf8\x88", ERR_UTF8, 1, 3},
    {"[\"\xe2\x80", ERR_TRUNCATED, 1, 5},
};

static void
what_is_no_json_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_refused(bad[i].text, bad[i].err, bad[i].line, bad[i].column);
}

static void
zero_bytes_are_refused(void **state)
{
    (void)state;
    assert_refused_bytes(slice_of("[\"a\0b\"]", 7), ERR_FORMAT, 1, 4);
    assert_refused_bytes(slice_of("[1,  \0]", 7), ERR_FORMAT, 1, 6);
}

static void
a_byte_order_mark_is_skipped_and_utf16_is_named(void **state)
{
    (void)state;
    assert_read("\xef\xbb\xbf[1]", "element 1\n");
    assert_refused("\xef\xbb\xbf[x]", ERR_FORMAT, 1, 2);
    assert_refused_bytes(slice_of("\xff\xfe[\0]\0", 6), ERR_UTF8, 1, 1);
    assert_refused_bytes(slice_of("\xfe\xff\0[\0]", 6), ERR_UTF8, 1, 1);
    assert_refused_bytes(slice_of("\0\0\xfe\xff\0\0\0[", 8), ERR_UTF8, 1, 1);
    assert_refused_bytes(slice_of("[\0]\0", 4), ERR_UTF8, 1, 1);
    assert_refused_bytes(slice_of("\0[\0]", 4), ERR_UTF8, 1, 1);
}

/* Write `n` brackets that open and as many that close. */
static void
put_brackets(struct buf *b, size_t n)
{
    memset(buf_extend(b, n), '[', n);
    memset(buf_extend(b, n), ']', n);
}

static void
an_element_nested_too_deep_is_given_up_and_the_next_is_read(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "[");
    put_brackets(&b, JSON_DEPTH_MAX);
    buf_put_str(&b, ",\n");
    put_brackets(&b, 5000);
    buf_put_str(&b, ",2]");
    struct result r = run(buf_slice(&b), 1000);
    assert_int_equal(r.err, OK);
    assert_non_null(r.seen.given_up);
    assert_int_equal(r.seen.line, 2);
    assert_int_equal(r.seen.column, JSON_DEPTH_MAX + 1);
    buf_put_u8(&r.seen.log, 0);
    assert_non_null(strstr((char *)r.seen.log.data, "given up\nelement 2\n"));
    buf_clear(&r.seen.log);
    buf_clear(&b);
}

static void
a_hundred_thousand_brackets_end_the_document(void **state)
{
    struct buf b = {0};

    (void)state;
    put_brackets(&b, 100000);
    struct result r = run(buf_slice(&b), 777);
    assert_int_equal(r.err, ERR_DEPTH);
    assert_int_equal(r.fault.column, JSON_BRACKETS_MAX + 1);
    buf_clear(&r.seen.log);
    buf_reset(&b);
    buf_put_str(&b, "{\"a\":");
    put_brackets(&b, 100000);
    r = run(buf_slice(&b), 777);
    assert_int_equal(r.err, ERR_LIMIT);
    buf_clear(&r.seen.log);
    buf_clear(&b);
}

static void
an_element_with_too_many_bytes_or_parts_is_given_up(void **state)
{
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "[\"");
    memset(buf_extend(&b, JSON_BYTES_MAX), 'x', JSON_BYTES_MAX);
    buf_put_str(&b, "\",[0");
    for (size_t i = 0; i < JSON_TOKENS_MAX; i++)
        buf_put_str(&b, ",0");
    buf_put_str(&b, "],3]");
    struct result r = run(buf_slice(&b), 65536);
    assert_int_equal(r.err, OK);
    buf_put_u8(&r.seen.log, 0);
    assert_string_equal((char *)r.seen.log.data,
                        "element given up\nelement given up\nelement 3\n");
    buf_clear(&r.seen.log);
    buf_clear(&b);
}

/* A value that has just as many bytes as it may, and goes on. */
static void
a_comma_behind_the_last_byte_allowed_lifts_no_bound(void **state)
{
    const size_t rest = JSON_BYTES_MAX - strlen("[\"\"");
    struct buf b = {0};

    (void)state;
    buf_put_str(&b, "[[\"");
    memset(buf_extend(&b, rest), 'x', rest);
    buf_put_str(&b, "\",\"");
    memset(buf_extend(&b, MIB(1)), 'y', MIB(1));
    buf_put_str(&b, "\"],3]");
    struct result r = run(buf_slice(&b), 65536);
    assert_int_equal(r.err, OK);
    buf_put_u8(&r.seen.log, 0);
    assert_string_equal((char *)r.seen.log.data,
                        "element given up\nelement 3\n");
    assert_in_range(r.seen.bytes, 1, JSON_BYTES_MAX + 2 * JSON_DEPTH_MAX);
    buf_clear(&r.seen.log);
    buf_clear(&b);
}

/* Keep the last object to ask it questions. */
struct asked {
    void (*ask)(const struct json_doc *doc);
    bool done;
};

static void
on_asked(void *context, const struct json_doc *doc, bool had_list)
{
    struct asked *a = context;

    assert_false(had_list);
    a->ask(doc);
    a->done = true;
}

static void
ask(const char *text, void (*question)(const struct json_doc *doc))
{
    struct asked a = {.ask = question};
    struct json_handler handler = {&a, on_opened, on_element, on_asked};
    struct json_stream *s = json_stream_new(&handler, "list");

    assert_int_equal(json_stream_feed(s, slice_str(text)), OK);
    assert_int_equal(json_stream_finish(s), OK);
    assert_true(a.done);
    json_stream_free(s);
}

static void
ask_members(const struct json_doc *doc)
{
    struct arena arena;
    struct slice text;
    struct buf path = {0};
    uint64_t n;

    arena_init(&arena, 4096);
    uint32_t a = json_member(doc, 0, "a"), b = json_member(doc, 0, "b\xc3\xa9");
    assert_true(a && b);
    assert_int_equal(json_member(doc, 0, "c"), 0);
    assert_true(json_is(doc, a, "x\"\xf0\x9f\x98\x80"));
    assert_false(json_is(doc, a, "x\""));
    assert_int_equal(json_text(doc, a, &arena, &text), OK);
    assert_true(slice_is(text, "x\"\xf0\x9f\x98\x80"));
    assert_int_equal(json_text(doc, b, &arena, &text), ERR_VALUE);
    uint32_t c = json_member(doc, doc->tokens[b + 1].next, "c");
    assert_true(json_number(doc, c, 100, &n));
    assert_int_equal(n, 12);
    assert_false(json_number(doc, c, 11, &n));
    assert_int_equal(doc->tokens[c].line, 2);
    assert_int_equal(doc->tokens[c].column, 34);
    json_path(doc, c, &path);
    assert_true(slice_is(buf_slice(&path), "b\\u00e9[1].c"));
    buf_clear(&path);
    arena_clear(&arena);
}

static void
parts_are_found_with_their_place_and_path(void **state)
{
    (void)state;
    ask("{\"a\":\"x\\\"\\ud83d\\ude00\",\n  \"b\\u00e9\" : [ true, {\"c\"   :  "
        " "
        "12} ]}",
        ask_members);
}

static void
ask_repeated(const struct json_doc *doc)
{
    struct arena arena;
    struct buf path = {0};
    uint32_t token;

    arena_init(&arena, 1 << 20);
    assert_int_equal(json_repeated(doc, &arena, &token), OK);
    assert_int_not_equal(token, 0);
    json_path(doc, token, &path);
    assert_int_equal(path.size, 5);
    assert_memory_equal(path.data, "o.z", 3);
    buf_clear(&path);
    arena_clear(&arena);
}

static void
ask_unrepeated(const struct json_doc *doc)
{
    struct arena arena;
    uint32_t token = 1;

    arena_init(&arena, 1 << 20);
    assert_int_equal(json_repeated(doc, &arena, &token), OK);
    assert_int_equal(token, 0);
    arena_clear(&arena);
}

static void
a_key_that_stands_twice_is_found_among_few_and_many(void **state)
{
    char text[2000] = "{\"o\":{", *to = text + strlen(text);

    (void)state;
    ask("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", ask_unrepeated);
    ask("{\"o\":{\"\\u007a01\":1,\"b\":[],\"z01\":2}}", ask_repeated);
    for (int i = 0; i < 60; i++) {
        memcpy(to, "\"z00\":1,", 8);
        to[2] = (char)('0' + i / 10);
        to[3] = (char)('0' + i % 10);
        to += 8;
    }
    memcpy(to, "\"end\":0}}", 10);
    ask(text, ask_unrepeated);
    memcpy(to, "\"z37\":0}}", 10);
    ask(text, ask_repeated);
}

/* Keys of all sizes, "a", "bb", "ccc", ..., as many as are asked for; each
 * stands for its number. */
static struct buf
object_with_keys(int count, const char *last)
{
    struct buf b = {0};

    buf_put_u8(&b, '{');
    for (int i = 0; i < count; i++) {
        buf_put_u8(&b, '"');
        for (int k = 0; k <= i / 26; k++)
            buf_put_u8(&b, (uint8_t)('a' + i % 26));
        buf_put_str(&b, "\":[");
        buf_put_decimal(&b, (uint64_t)i);
        buf_put_str(&b, "],");
    }
    buf_put_str(&b, last);
    buf_put_str(&b, "}");
    buf_put_u8(&b, 0);
    return b;
}

static void
ask_each(const struct json_doc *doc)
{
    uint64_t n, found = 0;

    for (int i = 0; i < 200; i++) {
        char key[10] = {0};
        for (int k = 0; k <= i / 26; k++)
            key[k] = (char)('a' + i % 26);
        uint32_t token = json_member(doc, 0, key);
        if (!token)
            continue;
        assert_true(json_number(doc, token + 1, 1000, &n));
        assert_int_equal(n, i);
        found++;
    }
    assert_true(json_number(doc, json_member(doc, 0, ""), 1000, &n));
    assert_int_equal(n, found);
    assert_int_equal(json_member(doc, 0, "A"), 0);
    assert_int_equal(json_member(doc, 0, "aaaaaaaaaaa"), 0);
    ask_unrepeated(doc);
}

static void
ask_third(const struct json_doc *doc)
{
    struct arena arena;
    uint32_t token;

    arena_init(&arena, 1 << 20);
    assert_int_equal(json_repeated(doc, &arena, &token), OK);
    assert_true(json_is(doc, token, "a"));
    assert_true(json_is(doc, token + 1, "again"));
    assert_int_equal(doc->tokens[json_member(doc, 0, "a")].kind, JSON_ARRAY);
    arena_clear(&arena);
}

static void
a_key_is_found_by_its_name_among_few_and_many(void **state)
{
    char last[20] = "\"\":0";

    (void)state;
    for (int count = 0; count < 200; count++) {
        (void)snprintf(last, sizeof last, "\"\":%d", count);
        struct buf b = object_with_keys(count, last);
        ask((char *)b.data, ask_each);
        buf_clear(&b);
    }
    for (int count = 1; count < 200; count++) {
        struct buf b =
            object_with_keys(count, "\"a\":\"again\",\"\":0,\"a\":1,\"\":1");
        ask((char *)b.data, ask_third);
        buf_clear(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_handed_over_one_by_one_without_white_space),
        cmocka_unit_test(the_list_under_the_key_is_taken_out_of_its_object),
        cmocka_unit_test(numbers_and_strings_stay_as_they_stood),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_place),
        cmocka_unit_test(zero_bytes_are_refused),
        cmocka_unit_test(a_byte_order_mark_is_skipped_and_utf16_is_named),
        cmocka_unit_test(
            an_element_nested_too_deep_is_given_up_and_the_next_is_read),
        cmocka_unit_test(a_hundred_thousand_brackets_end_the_document),
        cmocka_unit_test(an_element_with_too_many_bytes_or_parts_is_given_up),
        cmocka_unit_test(a_comma_behind_the_last_byte_allowed_lifts_no_bound),
        cmocka_unit_test(parts_are_found_with_their_place_and_path),
        cmocka_unit_test(a_key_that_stands_twice_is_found_among_few_and_many),
        cmocka_unit_test(a_key_is_found_by_its_name_among_few_and_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
