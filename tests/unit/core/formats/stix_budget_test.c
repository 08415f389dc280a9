/*
 * stix_budget_test - an object is checked and its head derived with every
 *                    budget: whole, or refused for the budget alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/formats/json.h"
#include "core/formats/stix_head.h"

#define UUID "11111111-1111-4111-8111-111111111111"
#define STAMP "2026-01-02T03:04:05Z"
/* Its first letter as an escape, so that it has to be undone in memory. */
#define ESCAPED_STAMP "\\u0032026-01-02T03:04:05Z"

/* Escapes make each text take memory; the id and the times of what is also
 * checked have none. */
#define INDICATOR                                                              \
    "{\"type\":\"indicator\",\"id\":\"indicator--" UUID                        \
    "\",\"spec_version\":\"2.1\",\"created\":\"" STAMP                         \
    "\",\"modified\":\"" STAMP "\",\"valid_from\":\"" STAMP                    \
    "\",\"pattern_type\":\"stix\",\"pattern\":\"[url:value = "                 \
    "'http:\\/\\/evil.example\\/']\",\"labels\":[\"\\u0061\",\"b\"],"          \
    "\"\\u0078_1\":1,\"x_2\":1,\"x_3\":1,\"x_4\":1,\"x_5\":1,\"x_6\":1,"       \
    "\"x_7\":{\"\\u0078\":1}}"
#define FILE_OBJECT                                                            \
    "{\"type\":\"file\",\"id\":\"file--" UUID                                  \
    "\",\"created\":\"" ESCAPED_STAMP "\",\"modified\":\"" ESCAPED_STAMP       \
    "\",\"created_by_ref\":\"\\u0069dentity--" UUID                            \
    "\",\"hashes\":{\"SHA-1\":\"no hash\"},\"name\":\"\\u0061.exe\"}"

typedef enum err (*attempt)(const struct json_doc *doc, struct arena *arena);

struct trial {
    attempt try;
    size_t refused;
};

static void
on_opened(void *context, const struct json_doc *around)
{
    (void)context;
    (void)around;
    fail();
}

static void
on_element(void *context, const struct json_doc *element, uint64_t position)
{
    (void)position;
    on_opened(context, element);
}

static void
on_closed(void *context, const struct json_doc *doc, bool had_list)
{
    struct trial *t = context;
    enum err e = ERR_BUDGET;

    assert_false(had_list);
    for (size_t budget = 0; e == ERR_BUDGET; budget += 16) {
        struct arena arena;
        assert_true(budget < KIB(64));
        arena_init(&arena, budget);
        e = t->try(doc, &arena);
        t->refused += e == ERR_BUDGET;
        arena_clear(&arena);
    }
    assert_int_equal(e, OK);
}

/* Give how many budgets were too small. */
static size_t
sweep(const char *text, attempt try)
{
    struct trial t = {.try = try};
    struct json_handler handler = {&t, on_opened, on_element, on_closed};
    struct json_stream *s = json_stream_new(&handler, "objects");

    assert_int_equal(json_stream_feed(s, slice_str(text)), OK);
    assert_int_equal(json_stream_finish(s), OK);
    json_stream_free(s);
    return t.refused;
}

static enum err
check(const struct json_doc *doc, struct arena *arena)
{
    struct stix_fault fault = {.code = OK};

    if (stix_check(doc, arena, &fault))
        return OK;
    assert_non_null(fault.text);
    return fault.code;
}

static enum err
derive(const struct json_doc *doc, struct arena *arena)
{
    struct stix_fault fault = {.code = OK};
    struct stix_markings markings;
    struct stix_derived derived;

    stix_markings_init(&markings);
    bool good = stix_derive(doc, &markings, arena, &derived, &fault);
    stix_markings_clear(&markings);
    if (!good)
        return fault.code;
    const struct head *h = &derived.head;
    if (slice_is(h->object_type, "indicator")) {
        assert_int_equal(h->observable, OBSERVABLE_URL);
        assert_true(slice_is(h->value, "http://evil.example/"));
        assert_int_equal(h->label_count, 2);
        assert_true(slice_is(h->labels[0], "a"));
    } else {
        assert_int_equal(h->observable, OBSERVABLE_FILE_NAME);
        assert_true(slice_is(h->value, "a.exe"));
        assert_true(slice_is(h->created, STAMP));
        assert_true(slice_is(h->modified, STAMP));
        assert_true(slice_is(h->producer, "identity--" UUID));
    }
    return OK;
}

static void
a_check_without_budget_refuses_for_the_budget_alone(void **state)
{
    (void)state;
    assert_true(sweep(INDICATOR, check) > 4);
}

static void
a_head_is_derived_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(sweep(INDICATOR, derive) > 4);
    assert_true(sweep(FILE_OBJECT, derive) > 4);
}

/* More keys than are compared one by one, and the second of two. */
#define MANY_KEYS                                                              \
    "\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1," \
    "\"j\":1,\"k\":1,\"l\":1"

static enum err
repeats_late(const struct json_doc *doc, struct arena *arena)
{
    uint32_t token = 0;
    enum err e = json_repeated(doc, arena, &token);

    if (e == OK) {
        struct slice key = json_raw(doc, token);
        assert_true(slice_is(key, "\"\\u006b\""));
    }
    return e;
}

static void
the_first_key_that_stands_twice_is_found_among_many(void **state)
{
    (void)state;
    assert_true(sweep("{" MANY_KEYS ",\"\\u006b\":2,\"a\":3}", repeats_late) >
                1);
    assert_true(sweep("{" MANY_KEYS ",\"\\u006b\":2,\"z\":4,\"z\":5}",
                      repeats_late) > 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_without_budget_refuses_for_the_budget_alone),
        cmocka_unit_test(a_head_is_derived_whole_or_not_at_all),
        cmocka_unit_test(the_first_key_that_stands_twice_is_found_among_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
