#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/formats/pattern_parse.h"

#include "core/base/buf.h"

static struct arena arena;

static bool
parse(struct slice pattern, struct pattern_shape *shape,
      struct pattern_fault *fault)
{
    *fault = (struct pattern_fault){0};
    arena_reset(&arena);
    return pattern_parse(pattern, &arena, NULL, shape, fault);
}

static void
assert_good(const char *text)
{
    struct pattern_shape shape;
    struct pattern_fault fault;

    if (!parse(slice_str(text), &shape, &fault))
        fail_msg("%s: %s at %zu", text, fault.text, fault.at);
}

static const char *const productions[] = {
    "[a:b = 1]",
    "[a:b == 1]",
    "[a:b != 1]",
    "[a:b <> 1]",
    "[a:b < 1]",
    "[a:b <= 1]",
    "[a:b > 1]",
    "[a:b >= 1]",
    "[a:b NOT = 1]",
    "[a:b NOT >= 1]",
    "[a:b NOT IN (1)]",
    "[a:b NOT LIKE 'x%']",
    "[a:b LIKE '_x']",
    "[a:b MATCHES '^x+$']",
    "[a:b ISSUBSET '192.0.2.0/24']",
    "[a:b ISSUPERSET '2001:db8::/32']",
    "[EXISTS a:b]",
    "[EXISTS a:b[*].c AND a:d = 1]",
    "[a:b IN ()]",
    "[a:b IN ('x')]",
    "[a:b IN ('x', 1, -1.5, true, h'00', b'YQ==', "
    "t'2026-01-01T00:00:00Z')]",
    "[a:b = '']",
    "[a:b = 'it\\'s \\\\']",
    "[a:b = '\n\xc3\xa9']",
    "[a:b = 0]",
    "[a:b = -5]",
    "[a:b = +5]",
    "[a:b = 5.0]",
    "[a:b = -.5]",
    "[a:b = 007.5]",
    "[a:b<-5]",
    "[a:b = true]",
    "[a:b != false]",
    "[a:b = h'']",
    "[a:b > h'ffD8']",
    "[a:b = b'YWJj']",
    "[a:b >= t'2026-11-23T17:04:12.5Z']",
    "[x-my-type:b = 1]",
    "[x_y-1:b_2 = 1]",
    "[a:b.c.d = 1]",
    "[a:'b-c'.'d e' = 1]",
    "[a:b_ref.c_refs[*].value = 'x']",
    "[a:b[0].c[12] = 1]",
    "[a:b[0][1] = 1]",
    "[h:b = 1]",
    "[a:t = h'00']",
    "[a:true_ = 1]",
    "[a:b = 1 AND a:c = 2 OR a:d = 3]",
    "[(a:b = 1)]",
    "[((a:b = 1 OR a:c = 2) AND (a:d = 3))]",
    "[a:b = 1] AND [c:d = 2]",
    "[a:b = 1] OR [c:d = 2] FOLLOWEDBY [e:f = 3]",
    "([a:b = 1])",
    "(([a:b = 1] AND [a:b = 2]) OR [a:b = 3])",
    "[a:b = 1] WITHIN 5 SECONDS",
    "[a:b = 1] WITHIN 0.5 SECONDS",
    "[a:b = 1] WITHIN +5 SECONDS",
    "[a:b = 1] REPEATS 5 TIMES",
    "[a:b = 1] START t'2026-01-01T00:00:00Z' STOP "
    "t'2026-01-01T00:00:00.1Z'",
    "[a:b = 1] REPEATS 5 TIMES WITHIN 5 SECONDS START "
    "t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
    "[a:b = 1] WITHIN 5 SECONDS AND [a:b = 2] WITHIN 5 SECONDS",
    "([a:b = 1] WITHIN 5 SECONDS) WITHIN 6 SECONDS",
    "([a:b = 1]) WITHIN 5 SECONDS WITHIN 6 SECONDS",
    "[a:b=1]WITHIN 5SECONDS",
    "[a:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
    "[a:hashes.MD5 LIKE 'd41d%']",
    "[a:hashes.MD5 > 'd41d']",
    "[a:hashes.other = 'd41d']",
    "[a:hashes[*] = 'd41d']",
    "[a:MD5 = 'd41d']",
};

static void
every_production_is_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(productions); i++)
        assert_good(productions[i]);
}

static void
white_space_and_comments_stand_between_any_two_tokens(void **state)
{
    static const char *const good[] = {
        " \t\r\n\v\f[ a : b [ * ] . c NOT = 1 ] WITHIN 5 SECONDS ",
        ("\xc2\xa0[a:b\xe2\x80\x89=\xe3\x80\x80"
         "1]\xc2\x85\xe2\x81\x9f"),
        "/* it's */[a/**/:/***/b = 1]// don't ]",
        "[a:b // = 2\n= 1]",
        "[a:b // = 2\r= 1]",
        "[a:b = 'a // b /* c'] //",
        "[a:b = 1]// \\",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_good(good[i]);
}

#define BEFORE "a [ or ( is expected"
#define BEHIND "AND, OR, FOLLOWEDBY, a qualifier or the end is expected"
#define INSIDE "AND, OR or ] is expected"
#define CLOSING "AND, OR or ) is expected"
#define TYPE "a type of object, EXISTS or ( is expected"
#define NAME "the name of a property is expected"
#define CONSTANT "a constant is expected"
#define NO_TOKEN "no part of a pattern begins with this character"
#define NOT_CLOSED "a quote of the pattern is not closed"
#define NO_HEX "a constant h'..' has pairs of hexadecimal digits"
#define NO_BASE64 "a constant b'..' has base64"
#define NO_STAMP "a constant t'..' has a time such as 2026-11-23T17:04:12.5Z"
#define POSITIVE "a number above 0 is expected"
#define WHOLE "a whole number above 0 is expected"
#define TWICE "this qualifier stands twice"
#define NO_HASH "this is no value of that hash"

static const struct {
    const char *pattern;
    size_t at;
    const char *text;
} bad[] = {
    {"", 0, BEFORE},
    {"a:b = 1", 0, BEFORE},
    {"(", 1, BEFORE},
    {"()", 1, BEFORE},
    {"[a:b = 1] AND", 13, BEFORE},
    {"[a:b = 1] OR OR [a:b = 1]", 13, BEFORE},
    {"/* [a:b = 1] */", 15, BEFORE},
    {"[a:b = 1] [a:b = 1]", 10, BEHIND},
    {"[a:b = 1]]", 9, BEHIND},
    {"[a:b = 1] within 5 SECONDS", 10, BEHIND},
    {"[a:b = 1] NOT", 10, BEHIND},
    {"[a:b = 1])", 9, "no parenthesis is open here"},
    {"([a:b = 1]", 10, "a parenthesis is not closed"},
    {"([a:b = 1])) OR [a:b = 1]", 11, "no parenthesis is open here"},
    {"[", 1, TYPE},
    {"[]", 1, TYPE},
    {"[[a:b = 1]]", 1, TYPE},
    {"['a':b = 1]", 1, TYPE},
    {"[NOT a:b = 1]", 1, TYPE},
    {"[AND:b = 1]", 1, TYPE},
    {"[()]", 2, TYPE},
    {"[a:b = 1 AND]", 12, TYPE},
    {"[EXISTS (a:b)]", 8, TYPE},
    {"[EXISTS EXISTS a:b]", 8, TYPE},
    {"[a.b = 1]", 2, "a : is expected"},
    {"[a]", 2, "a : is expected"},
    {"[a: = 1]", 4, NAME},
    {"[a:b. = 1]", 6, NAME},
    {"[a:b.1 = 1]", 4, "a comparison operator is expected"},
    {"[a:IN = 1]", 3, NAME},
    {"[a:true = 1]", 3, NAME},
    {"[a:[0] = 1]", 3, NAME},
    {"[a:b-c = 1]", 3, "a name with a hyphen stands in quotes here"},
    {"[a:b.SHA-256 = 1]", 5, "a name with a hyphen stands in quotes here"},
    {"[a:b[] = 1]", 5, "a whole number or * is expected"},
    {"[a:b[x] = 1]", 5, "a whole number or * is expected"},
    {"[a:b[1.5] = 1]", 5, "a whole number or * is expected"},
    {"[a:b[1 = 1]", 7, "a ] is expected"},
    {"[a:b]", 4, "a comparison operator is expected"},
    {"[a:b NOT]", 8, "a comparison operator is expected"},
    {"[a:b NOT NOT = 1]", 9, "a comparison operator is expected"},
    {"[a:b like 'x']", 5, "a comparison operator is expected"},
    {"[EXISTS a:b = 1]", 12, INSIDE},
    {"[a:b = ]", 7, CONSTANT},
    {"[a:b = c]", 7, CONSTANT},
    {"[a:b = = 1]", 7, CONSTANT},
    {"[a:b = True]", 7, CONSTANT},
    {"[a:b = (1)]", 7, CONSTANT},
    {"[a:b > true]", 7, "a constant that has an order is expected"},
    {"[a:b LIKE 1]", 10, "a string in quotes is expected"},
    {"[a:b MATCHES h'00']", 13, "a string in quotes is expected"},
    {"[a:b ISSUBSET ]", 14, "a string in quotes is expected"},
    {"[a:b IN 'x']", 8, "a ( is expected"},
    {"[a:b IN (,)]", 9, CONSTANT},
    {"[a:b IN ('x',)]", 13, CONSTANT},
    {"[a:b IN ('x' 'y')]", 13, "a , or ) is expected"},
    {"[a:b IN ('x']", 12, "a , or ) is expected"},
    {"[a:b = 1 2]", 9, INSIDE},
    {"[a:b = 1 FOLLOWEDBY a:c = 1]", 9, INSIDE},
    {"[a:b = 1", 8, INSIDE},
    {"[a:b = 17x]", 9, INSIDE},
    {"[a:b = 1 OR a:c = 2 NOT]", 20, INSIDE},
    {"[(a:b = 1]", 9, CLOSING},
    {"[(a:b = 1", 9, CLOSING},
    {"[a:b = 1)]", 8, "no parenthesis is open here"},
    {"([a:b = 1)])", 9, "no parenthesis is open here"},
    {"[a:b = 07]", 7, "a whole number does not begin with a zero"},
    {"[a:b = -00]", 7, "a whole number does not begin with a zero"},
    {"[a:b = 1.]", 8, INSIDE},
    {"[a:b = -]", 7, NO_TOKEN},
    {"[a:b = -x]", 7, NO_TOKEN},
    {"[a:b = /x/]", 7, NO_TOKEN},
    {"[a:b =? 1]", 6, NO_TOKEN},
    {"[a:b ! 1]", 5, NO_TOKEN},
    {"[a:b = \"x\"]", 7, NO_TOKEN},
    {"[a:b = \xc3\xa9]", 7, NO_TOKEN},
    {"[a:b = 1] /", 10, NO_TOKEN},
    {"[a:b = 'x", 7, NOT_CLOSED},
    {"[a:b = 'x\\'", 7, NOT_CLOSED},
    {"[a:b = 'x\\", 7, NOT_CLOSED},
    {"[a:b = h'00", 8, NOT_CLOSED},
    {"[a:b = 'x\\n']", 9,
     "a backslash stands before a quote or a backslash alone in a string of "
     "the pattern"},
    {"[a:b = 1] /* x", 10, "a comment of the pattern is not closed"},
    {"[a:b = 1] /*/", 10, "a comment of the pattern is not closed"},
    {"[a:b = h'0']", 7, NO_HEX},
    {"[a:b = h'0g']", 7, NO_HEX},
    {"[a:b = b'x']", 7, NO_BASE64},
    {"[a:b = t'x']", 7, NO_STAMP},
    {"[a:b = 1] WITHIN SECONDS", 17, POSITIVE},
    {"[a:b = 1] WITHIN 0 SECONDS", 17, POSITIVE},
    {"[a:b = 1] WITHIN 0.0 SECONDS", 17, POSITIVE},
    {"[a:b = 1] WITHIN -5 SECONDS", 17, POSITIVE},
    {"[a:b = 1] WITHIN '5' SECONDS", 17, POSITIVE},
    {"[a:b = 1] WITHIN 5", 18, "SECONDS is expected"},
    {"[a:b = 1] WITHIN 5 HOURS", 19, "SECONDS is expected"},
    {"[a:b = 1] REPEATS 0 TIMES", 18, WHOLE},
    {"[a:b = 1] REPEATS -1 TIMES", 18, WHOLE},
    {"[a:b = 1] REPEATS 1.5 TIMES", 18, WHOLE},
    {"[a:b = 1] REPEATS 5 SECONDS", 20, "TIMES is expected"},
    {"[a:b = 1] START 5", 16, "a time t'..' is expected"},
    {"[a:b = 1] START t'2026-01-01T00:00:00Z'", 39, "STOP is expected"},
    {"[a:b = 1] START t'2026-01-01T00:00:00Z' STOP 'x'", 45,
     "a time t'..' is expected"},
    {"[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00.0Z'",
     45, "the time of STOP is not behind that of START"},
    {"[a:b = 1] STOP t'2026-01-01T00:00:00Z'", 10, BEHIND},
    {"[a:b = 1] WITHIN 5 SECONDS REPEATS 2 TIMES WITHIN 6 SECONDS", 43, TWICE},
    {"([a:b = 1] REPEATS 2 TIMES REPEATS 2 TIMES)", 27, TWICE},
    {"[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z' "
     "START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
     69, TWICE},
    {"[file:hashes.'SHA-256' = 'f00']", 25, NO_HASH},
    {"[file:hashes.MD5 != 'f00']", 20, NO_HASH},
    {"[file:hashes.sha1 IN ('86f7e437faa5a7fce15d1ddcb9eaeaea377667b8', 'x')]",
     66, NO_HASH},
    {"[a:b.hashes.MD5 = 'f00']", 18, NO_HASH},
};

static void
every_fault_is_said_where_it_stands(void **state)
{
    struct pattern_shape shape;
    struct pattern_fault fault;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (parse(slice_str(bad[i].pattern), &shape, &fault))
            fail_msg("%s", bad[i].pattern);
        if (fault.at != bad[i].at || strcmp(fault.text, bad[i].text) != 0)
            fail_msg("%s: %s at %zu", bad[i].pattern, fault.text, fault.at);
        assert_int_equal(fault.code, ERR_VALUE);
    }
}

/* Wherever it is cut, nothing behind the cut is read; what stands before
 * some of the cuts is a pattern, but for half a comment. */
static void
a_pattern_that_stops_anywhere_is_at_fault_within(void **state)
{
    static const char whole[] =
        "([a-b:c.'d'[*] NOT IN ('x', h'00') AND (EXISTS a-b:e OR a-b:f <= "
        "-1.5)] /* x */ WITHIN 5 SECONDS) FOLLOWEDBY [g:h = b'YQ=='] START "
        "t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:01.5Z' // end";
    static const char *const ends[] = {" FOLLOWEDBY", " START", " //"};
    size_t taken = 0;

    (void)state;
    for (size_t n = 0; n < sizeof whole; n++) {
        struct pattern_shape shape;
        struct pattern_fault fault;
        bool expected = false;
        uint8_t *copy = test_malloc(n ? n : 1);
        memcpy(copy, whole, n);
        bool good = parse(slice_of(copy, n), &shape, &fault);
        taken += good;
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
            size_t end = (size_t)(strstr(whole, ends[i]) - whole);
            expected =
                expected || n == end || n == end + 1 || (i == 2 && n > end + 2);
        }
        assert_int_equal(good, expected);
        assert_true(good || (fault.text && fault.at <= n));
        test_free(copy);
    }
    assert_true(taken > 6);
}

static void
and_binds_closer_than_or(void **state)
{
    static const struct {
        const char *pattern;
        bool mixes, choice, parentheses;
        size_t comparisons;
    } known[] = {
        {"[a:b = 1]", false, true, false, 1},
        {"[a:b = 1 OR c:d = 2]", false, true, false, 2},
        {"[a:b = 1 AND a:c = 2]", false, false, false, 2},
        {"[a:b = 1 AND c:d = 2]", true, false, false, 2},
        {"[a:b = 1 OR c:d = 2 AND c:e = 3]", false, false, false, 3},
        {"[a:b = 1 AND a:c = 2 OR c:e = 3]", false, false, false, 3},
        {"[a:b = 1 OR c:d = 2 AND e:f = 3]", true, false, false, 3},
        {"[(a:b = 1 OR c:d = 2) AND c:e = 3]", false, false, true, 3},
        {"[(a:b = 1 OR a:d = 2) AND c:e = 3]", true, false, true, 3},
        {"[a:b = 1 AND (c:d = 2 OR c:e = 3)]", true, false, true, 3},
        {"[a:b = 1 AND (a:d = 2 OR c:e = 3) AND d:f = 4]", true, false, true,
         4},
        {"[((a:b = 1))]", false, true, true, 1},
        {"([a:b = 1])", false, true, true, 1},
        {"[a:b = 1] AND [c:d = 2]", false, false, false, 2},
        {"[a:b = 1] OR [c:d = 2]", false, true, false, 2},
        {"[a:b = 1] FOLLOWEDBY [c:d = 2]", false, false, false, 2},
        {"[a:b = 1] REPEATS 2 TIMES", false, false, false, 1},
        {"([a:b = 1]) WITHIN 2 SECONDS", false, false, true, 1},
        {"[a:b IN (1, 2)]", false, true, false, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        struct pattern_shape s;
        struct pattern_fault fault;
        assert_true(parse(slice_str(known[i].pattern), &s, &fault));
        if (s.mixes_types != known[i].mixes || s.is_choice != known[i].choice ||
            s.has_parentheses != known[i].parentheses ||
            s.comparisons != known[i].comparisons)
            fail_msg("%s", known[i].pattern);
    }
}

static bool
note(void *context, const struct pattern_test *t)
{
    struct buf *b = context;

    if (t->path.is_plain)
        buf_put(b, slice_of(t->path.text, t->path.size));
    buf_put_u8(b, t->is_negated ? '!' : ' ');
    buf_put_decimal(b, (uint64_t)(t->op - PATTERN_EXISTS));
    buf_put_u8(b, ' ');
    buf_put(b, t->constant.text);
    buf_put_u8(b, '\n');
    return b->size < 100;
}

static void
each_comparison_is_handed_over_in_its_order(void **state)
{
    struct buf b = {0};
    const struct pattern_visitor visitor = {&b, note};
    struct pattern_shape shape;
    struct pattern_fault fault;

    (void)state;
    arena_reset(&arena);
    assert_true(pattern_parse(
        slice_str("[a:'b'.c = 'x\\'' OR EXISTS a:d] AND [e-f:g NOT IN (1, 2) "
                  "OR a:b[0] < 5 OR a:'b.c' = 1 OR a:b IN ()]"),
        &arena, &visitor, &shape, &fault));
    buf_put_u8(&b, 0);
    assert_string_equal((const char *)b.data, "a:b.c 3 x\\'\n"
                                              "a:d 0 \n"
                                              "e-f:g!1 1\n"
                                              "e-f:g!1 2\n"
                                              " 5 5\n"
                                              " 3 1\n");
    buf_clear(&b);
}

static void
a_visitor_that_ends_the_parse_is_a_spent_budget(void **state)
{
    struct buf b = {0};
    const struct pattern_visitor visitor = {&b, note};
    struct pattern_shape shape;
    struct pattern_fault fault;

    (void)state;
    buf_extend(&b, 100);
    assert_false(pattern_parse(slice_str("[a:b = 1 OR"), &arena, &visitor,
                               &shape, &fault));
    assert_int_equal(fault.code, ERR_BUDGET);
    assert_int_equal(fault.at, 7);
    assert_false(pattern_parse(slice_str("[EXISTS a:b OR"), &arena, &visitor,
                               &shape, &fault));
    assert_int_equal(fault.code, ERR_BUDGET);
    buf_clear(&b);
}

static void
repeat(struct buf *b, uint8_t c, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_put_u8(b, c);
}

static struct buf
nested(size_t outside, size_t inside)
{
    struct buf b = {0};

    repeat(&b, '(', outside);
    buf_put_str(&b, "[");
    repeat(&b, '(', inside);
    buf_put_str(&b, "a:b = 1");
    repeat(&b, ')', inside);
    buf_put_str(&b, "]");
    repeat(&b, ')', outside);
    return b;
}

static void
parentheses_take_a_bounded_amount_of_memory(void **state)
{
    struct pattern_shape shape;
    struct pattern_fault fault;
    struct buf deep = nested(0, 5000), deepest = nested(1, PATTERN_DEPTH_MAX);
    struct buf most = nested(2, PATTERN_DEPTH_MAX - 2), outer = nested(8193, 0);

    (void)state;
    assert_true(parse(buf_slice(&deep), &shape, &fault));
    assert_true(arena.used > 5000 * 32);
    assert_true(arena.used <= 5001 * 64);
    assert_true(parse(buf_slice(&most), &shape, &fault));
    assert_true(arena.used <= PATTERN_DEPTH_BYTES_MAX);
    assert_false(parse(buf_slice(&deepest), &shape, &fault));
    assert_int_equal(fault.code, ERR_DEPTH);
    assert_int_equal(fault.at, PATTERN_DEPTH_MAX + 1);
    assert_true(arena.used <= PATTERN_DEPTH_BYTES_MAX);
    assert_false(parse(buf_slice(&outer), &shape, &fault));
    assert_int_equal(fault.code, ERR_DEPTH);
    assert_int_equal(fault.at, PATTERN_DEPTH_MAX);
    buf_clear(&deep);
    buf_clear(&deepest);
    buf_clear(&most);
    buf_clear(&outer);
}

static void
parentheses_one_after_the_other_take_no_more_memory(void **state)
{
    struct pattern_shape shape;
    struct pattern_fault fault;
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        buf_put_str(&b, i ? " OR [((a:b = 1) OR (a:c = 2))]"
                          : "[((a:b = 1) OR (a:c = 2))]");
    assert_true(parse(buf_slice(&b), &shape, &fault));
    assert_true(arena.used <= 3 * 64);
    buf_clear(&b);
}

static void
parentheses_without_budget_are_no_fault_of_the_pattern(void **state)
{
    struct buf b = nested(0, 10);
    struct pattern_shape shape;
    struct pattern_fault fault = {.code = ERR_BUDGET};
    size_t refused = 0;

    (void)state;
    for (size_t budget = 0; fault.code == ERR_BUDGET; budget += 16) {
        struct arena small;
        arena_init(&small, budget);
        fault.code = OK;
        if (!pattern_parse(buf_slice(&b), &small, NULL, &shape, &fault)) {
            assert_int_equal(fault.code, ERR_BUDGET);
            assert_non_null(fault.text);
            refused++;
        }
        arena_clear(&small);
    }
    assert_true(refused > 20);
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_production_is_taken),
        cmocka_unit_test(white_space_and_comments_stand_between_any_two_tokens),
        cmocka_unit_test(every_fault_is_said_where_it_stands),
        cmocka_unit_test(a_pattern_that_stops_anywhere_is_at_fault_within),
        cmocka_unit_test(and_binds_closer_than_or),
        cmocka_unit_test(each_comparison_is_handed_over_in_its_order),
        cmocka_unit_test(a_visitor_that_ends_the_parse_is_a_spent_budget),
        cmocka_unit_test(parentheses_take_a_bounded_amount_of_memory),
        cmocka_unit_test(parentheses_one_after_the_other_take_no_more_memory),
        cmocka_unit_test(
            parentheses_without_budget_are_no_fault_of_the_pattern),
    };

    arena_init(&arena, 1 << 20);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_clear(&arena);
    return failed;
}
