#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/wire/message.h"

#include "asked_kit.h"

#define PATH "found_test.db"

static struct serve_status status;
static int
start(void **state)
{
    (void)state;
    asked_start(PATH, &status);
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    asked_finish(PATH);
    return 0;
}

/* Place a message, whose number gives its place and leaf, on a lane. */
static uint32_t
add(const struct message *m, uint32_t lane)
{
    const struct submission_id id = {{9}, 1};
    struct row row = {.peer = lane % 2,
                      .lane = lane,
                      .index = rows.last + 1,
                      .flags = lane < FROM_THEM ? ROW_OURS : 0,
                      .time = {1000}};
    struct buf body = {0};

    submission_id_put(&body, &id);
    message_put(&body, m);
    row.leaf.b[0] = (uint8_t)row.index;
    uint32_t number = content_add(content, &row, buf_slice(&body));
    rows_place(&rows, row.lane, row.index, number);
    buf_clear(&body);
    return number;
}

static uint32_t
report(uint32_t lane)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};

    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str("evil.example");
    m.head.marking.tlp = TLP_AMBER;
    return add(&m, lane);
}

static struct message
withdrawal(uint32_t message, uint32_t lane)
{
    struct message m = {.kind = MESSAGE_WITHDRAWAL,
                        .has_head = true,
                        .has_withdrawal = true,
                        .withdrawal = {.has_entry = true,
                                       .entry = {.first = message, .count = 1},
                                       .reason = slice_str("mistake")}};

    m.head.marking.tlp = TLP_AMBER;
    memset(m.withdrawal.entry.lane.b, (int)lane + 1, HASH_BYTES);
    m.withdrawal.entry.leaf.b[0] = (uint8_t)message;
    return m;
}

static struct control_answer
ask(const char *verb, const struct control_record *values, bool red)
{
    const struct control_request r = {.id = 7, .verb = verb, .values = *values};
    struct control_answer a = asked(&r, red);

    assert_int_equal(a.code, OK);
    return a;
}

/* What a question about one message says of its state. */
static struct slice
state_as(bool red, const char *verb, uint32_t lane, uint32_t message)
{
    struct control_value values[] = {
        {.key = "lane", .kind = CONTROL_NUMBER, .number = lane},
        {.key = "index", .kind = CONTROL_NUMBER, .number = message}};
    const struct control_record about = {values, ARRAY_SIZE(values)};
    struct control_answer a = ask(verb, &about, red);

    assert_true(a.record_count > 0);
    return control_text(&a.records[0], "state");
}

#define IS(lane, message, state)                                               \
    assert_true(slice_is(state_as(true, "entry", (lane), (message)), (state)))

/* The same for one who may not read what is red, and as what we sent. */
#define SEEN(lane, message, state, as_ours)                                    \
    do {                                                                       \
        assert_true(                                                           \
            slice_is(state_as(false, "entry", (lane), (message)), (state)));   \
        assert_true(                                                           \
            slice_is(state_as(false, "ours", (lane), (message)), (as_ours)));  \
    } while (0)

/* ---- withdrawals -------------------------------------------------------- */

static void
a_withdrawal_that_comes_first_counts_when_its_entry_comes(void **state)
{
    const uint32_t by = 1, one = 2, two = 3;
    struct message m = withdrawal(one, FROM_THEM);

    (void)state;
    assert_int_equal(add(&m, FROM_THEM), by);
    assert_int_equal(report(FROM_THEM), one);
    assert_int_equal(report(FROM_THEM), two);
    IS(FROM_THEM, one, "withdrawn");
    IS(FROM_THEM, two, "active");
    rows_forget(&rows, by);
    rows_commit(&rows);
    IS(FROM_THEM, one, "active");
}

static void
a_withdrawal_that_comes_before_the_lane_is_known_counts(void **state)
{
    const uint32_t one = 2;
    struct message m = withdrawal(one, LATER);

    (void)state;
    add(&m, FROM_THEM);
    lane_put(LATER);
    assert_int_equal(report(LATER), one);
    IS(LATER, one, "withdrawn");
}

static void
what_comes_first_counts_for_its_own_origin_and_leaf_alone(void **state)
{
    const uint32_t one = 5;
    struct message m = withdrawal(one, FROM_THEM);

    (void)state;
    add(&m, FROM_THIRD);
    add(&m, TO_THEM);
    m.withdrawal.entry.leaf.b[0] ^= 1;
    add(&m, FROM_THEM);
    m.withdrawal.entry.leaf.b[0] ^= 1;
    m.withdrawal.entry.count = 2;
    add(&m, FROM_THEM);
    assert_int_equal(report(FROM_THEM), one);
    IS(FROM_THEM, one, "active");
}

static void
an_entry_that_was_forgotten_and_comes_back_is_still_withdrawn(void **state)
{
    const uint32_t one = 2;
    struct message m = withdrawal(one, FROM_THEM);
    struct row row;

    (void)state;
    add(&m, FROM_THEM);
    report(FROM_THEM);
    assert_true(rows_get(&rows, one, &row));
    rows_forget(&rows, one);
    rows_commit(&rows);
    uint32_t again = report(FROM_THEM);
    assert_true(rows_get(&rows, again, &row));
    row.index = one;
    row.leaf.b[0] = (uint8_t)one;
    rows_set(&rows, &row);
    rows_place(&rows, FROM_THEM, one, again);
    IS(FROM_THEM, one, "withdrawn");
}

static void
a_withdrawal_that_may_not_be_seen_hides_no_later_one(void **state)
{
    const uint32_t one = 1, two = 5;
    struct message m = withdrawal(one, TO_THEM);

    (void)state;
    report(TO_THEM);
    m.head.marking.tlp = TLP_RED;
    add(&m, TO_THEM);
    IS(TO_THEM, one, "withdrawn");
    SEEN(TO_THEM, one, "active", "there");
    m = withdrawal(one, TO_THEM);
    m.head.marking.exercise = slice_str("APCERT-2026");
    add(&m, TO_THEM);
    SEEN(TO_THEM, one, "active", "there");
    m = withdrawal(one, TO_THEM);
    add(&m, TO_THEM);
    SEEN(TO_THEM, one, "withdrawn", "withdrawn");
    assert_int_equal(report(TO_THEM), two);
    IS(TO_THEM, two, "active");
}

/* The lane that it came over is withheld since a restore, the entry's is not.
 */
static void
a_withdrawal_that_is_withheld_hides_no_later_one(void **state)
{
    struct rows_lane lane;
    const uint32_t one = 1;
    struct message m = withdrawal(one, FROM_THEM);

    (void)state;
    report(FROM_THEM);
    lane_put(LATER);
    add(&m, LATER);
    IS(FROM_THEM, one, "withdrawn");
    assert_true(rows_lane(&rows, LATER, &lane));
    lane.withheld = true;
    rows_lane_put(&rows, LATER, &lane);
    IS(FROM_THEM, one, "active");
    add(&m, FROM_THEM);
    IS(FROM_THEM, one, "withdrawn");
}

#define MANY 5000u /* more than are looked at of one id or entry */

static void
the_withdrawals_of_others_hide_none_of_its_origin(void **state)
{
    const uint32_t one = 1;
    struct message m = withdrawal(one, FROM_THEM);

    (void)state;
    report(FROM_THEM);
    for (size_t i = 0; i < MANY; i++) {
        add(&m, FROM_THIRD);
        add(&m, TO_THEM);
    }
    rows_commit(&rows);
    IS(FROM_THEM, one, "active");
    add(&m, FROM_THEM);
    rows_commit(&rows);
    IS(FROM_THEM, one, "withdrawn");
}

/* ---- versions ----------------------------------------------------------- */

static uint32_t
version(const char *producer, const char *modified, bool revoked, uint32_t lane)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};

    m.head.object_id =
        slice_str("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
    m.head.producer = slice_str(producer);
    m.head.modified = slice_str(modified);
    m.head.revoked = revoked;
    m.head.marking.tlp = TLP_AMBER;
    return add(&m, lane);
}

static void
a_version_and_a_revoked_one_are_found_whatever_others_sent(void **state)
{
    (void)state;
    uint32_t one =
        version("identity--a", "2026-01-01T00:00:00Z", false, FROM_THEM);
    uint32_t two =
        version("identity--a", "2026-02-01T00:00:00Z", false, FROM_THEM);
    for (size_t i = 0; i < MANY; i++) {
        version("identity--b", "2026-03-01T00:00:00Z", true, FROM_THEM);
        version("identity--a", "2026-03-01T00:00:00Z", true, FROM_THIRD);
    }
    rows_commit(&rows);
    IS(FROM_THEM, one, "superseded");
    IS(FROM_THEM, two, "active");
    uint32_t three =
        version("identity--a", "2026-01-15T00:00:00Z", true, FROM_THEM);
    for (size_t i = 0; i < MANY; i++)
        version("identity--b", "2026-03-01T00:00:00Z", false, FROM_THEM);
    rows_commit(&rows);
    IS(FROM_THEM, one, "revoked");
    IS(FROM_THEM, two, "revoked");
    IS(FROM_THEM, three, "revoked");
}

static void
what_is_revoked_stays_so_behind_any_number_of_versions(void **state)
{
    (void)state;
    version("identity--a", "2026-01-01T00:00:00Z", true, FROM_THEM);
    for (size_t i = 0; i < MANY; i++)
        version("identity--a", "2026-02-01T00:00:00Z", false, FROM_THEM);
    rows_commit(&rows);
    IS(FROM_THEM, rows.last, "revoked");
}

/* ---- what the index says of itself -------------------------------------- */

static void
review(uint32_t message)
{
    const struct review why = {.field = slice_str("value")};
    struct row row;

    assert_true(rows_get(&rows, message, &row));
    row.flags |= ROW_REVIEW;
    rows_review(&rows, &row, &why);
    rows_commit(&rows);
}

static void
says(bool red, int64_t messages, int64_t to_review, int64_t judging)
{
    struct control_answer a = ask("status", &(struct control_record){0}, red);
    int64_t sum = 0;

    for (size_t i = 1; i < a.record_count; i++)
        sum += control_number(&a.records[i], "to-review", 0);
    assert_int_equal(control_number(&a.records[0], "messages", -1), messages);
    assert_int_equal(sum, to_review);
    assert_int_equal(control_number(&a.records[0], "judging", -1), judging);
}

static void
what_is_red_is_not_counted_for_one_who_may_not_read_it(void **state)
{
    struct message m = withdrawal(1, FROM_THEM);

    (void)state;
    says(false, 0, 0, 0);
    review(report(FROM_THEM));
    m.head.marking.tlp = TLP_RED;
    review(add(&m, FROM_THEM));
    review(add(&m, FROM_THIRD));
    rows_judge(&rows, 1, 3);
    says(true, 3, 3, 3);
    says(false, 1, 1, 1);
}

/* What the index says of a message that is about to go to the first team. */
static struct slice
sent(bool red, const struct message *m)
{
    const struct control_value values[] = {
        {.key = "to", .kind = CONTROL_TEXT, .text = slice_str(THEM)},
        {.key = "any-document", .kind = CONTROL_TRUTH, .number = 1}};
    static struct buf bytes;

    buf_reset(&bytes);
    message_put(&bytes, m);
    const struct slice messages[] = {buf_slice(&bytes)};
    const struct control_request r = {.id = 7,
                                      .verb = "sent",
                                      .values = {values, ARRAY_SIZE(values)},
                                      .messages = messages,
                                      .message_count = 1};
    struct control_answer a = asked(&r, red);
    assert_true(a.record_count > 0);
    return a.record_count > 1 ? control_text(&a.records[1], "state")
                              : (struct slice){0};
}

static void
nobody_learns_by_a_guess_that_something_red_was_sent(void **state)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};

    (void)state;
    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str("evil.example");
    m.head.marking.tlp = TLP_RED;
    uint32_t one = add(&m, TO_THEM);
    assert_true(slice_is(sent(true, &m), "unchanged"));
    assert_int_equal(sent(false, &m).size, 0);
    m = withdrawal(one, TO_THEM);
    add(&m, TO_THEM);
    m = (struct message){.kind = MESSAGE_INDICATOR, .has_head = true};
    m.head.object_id = slice_str("indicator--1");
    m.head.modified = slice_str("2026-02-01T00:00:00Z");
    m.head.revoked = true;
    m.head.marking.tlp = TLP_RED;
    add(&m, TO_THEM);
    m.head.revoked = false;
    m.head.modified = slice_str("2026-01-01T00:00:00Z");
    m.head.marking.tlp = TLP_GREEN;
    assert_true(slice_is(sent(true, &m), "revoked"));
    assert_int_equal(sent(false, &m).size, 0);
}

static void
what_others_send_leaves_what_we_sent_known(void **state)
{
    struct message values = {.kind = MESSAGE_INDICATOR, .has_head = true};
    struct message m = values;

    (void)state;
    values.head.observable = OBSERVABLE_DOMAIN;
    values.head.value = slice_str("evil.example");
    values.head.marking.tlp = TLP_AMBER;
    m.head.object_id =
        slice_str("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
    m.head.producer = slice_str("identity--a");
    m.head.modified = slice_str("2026-01-01T00:00:00Z");
    m.head.marking.tlp = TLP_AMBER;
    add(&m, TO_THEM);
    add(&values, TO_THEM);
    for (size_t i = 0; i < MANY; i++) {
        version("identity--b", "2026-03-01T00:00:00Z", false, FROM_THIRD);
        report(FROM_THIRD);
    }
    rows_commit(&rows);
    assert_true(slice_is(sent(true, &m), "unchanged"));
    assert_true(slice_is(sent(true, &values), "unchanged"));
    m.head.value = values.head.value;
    assert_int_equal(sent(true, &m).size, 0);
}

/* A red withdrawal is none for one who may not read it. */
static void
what_was_withdrawn_unseen_is_there(void **state)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true}, by;

    (void)state;
    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str("evil.example");
    m.head.marking.tlp = TLP_AMBER;
    by = withdrawal(add(&m, TO_THEM), TO_THEM);
    by.head.marking.tlp = TLP_RED;
    add(&by, TO_THEM);
    assert_true(slice_is(sent(true, &m), "withdrawn"));
    assert_true(slice_is(sent(false, &m), "unchanged"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_withdrawal_that_comes_first_counts_when_its_entry_comes),
        TEST(a_withdrawal_that_comes_before_the_lane_is_known_counts),
        TEST(what_comes_first_counts_for_its_own_origin_and_leaf_alone),
        TEST(an_entry_that_was_forgotten_and_comes_back_is_still_withdrawn),
        TEST(a_withdrawal_that_may_not_be_seen_hides_no_later_one),
        TEST(a_withdrawal_that_is_withheld_hides_no_later_one),
        TEST(the_withdrawals_of_others_hide_none_of_its_origin),
        TEST(a_version_and_a_revoked_one_are_found_whatever_others_sent),
        TEST(what_is_revoked_stays_so_behind_any_number_of_versions),
        TEST(what_is_red_is_not_counted_for_one_who_may_not_read_it),
        TEST(nobody_learns_by_a_guess_that_something_red_was_sent),
        TEST(what_others_send_leaves_what_we_sent_known),
        TEST(what_was_withdrawn_unseen_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
