#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/crypto/crypto.h"
#include "core/wire/message.h"
#include "edge/index/ours.h"
#include "edge/index/sent.h"

#include "asked_kit.h"

#include <stdio.h>

#define PATH "sent_test.db"
#define OBJECT "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"

static struct serve_status status = {.committed = 9};
static bool red; /* the one who asks may read it */

static int
start(void **state)
{
    (void)state;
    red = true;
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

static struct message
object(const char *modified, uint64_t submission)
{
    struct message m = {
        .kind = MESSAGE_INDICATOR,
        .has_head = true,
        .has_package = true,
        .has_submission = true,
        .package = {.id = slice_str("bundle--1"), .source = slice_str("stix")},
        .submission = {.number = submission}};

    m.head.object_id = slice_str(OBJECT);
    m.head.producer = slice_str("identity--a");
    m.head.modified = slice_str(modified);
    m.head.marking.tlp = TLP_AMBER;
    return m;
}

static struct message
value(const char *text, uint64_t submission)
{
    struct message m = {
        .kind = MESSAGE_INDICATOR,
        .has_head = true,
        .has_package = true,
        .has_submission = true,
        .package = {.id = slice_str("series"), .source = slice_str("list")},
        .submission = {.number = submission}};

    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str(text);
    m.head.marking.tlp = TLP_AMBER;
    return m;
}

static uint32_t
add(const struct message *m, uint32_t lane)
{
    const struct submission_id id = {{9}, 1};
    const struct row row = {.peer = lane % 2,
                            .lane = lane,
                            .index = rows.last,
                            .flags = lane < FROM_THEM ? ROW_OURS : 0,
                            .time = {1000}};
    struct buf body = {0};

    submission_id_put(&body, &id);
    message_put(&body, m);
    uint32_t number = content_add(content, &row, buf_slice(&body));
    rows_place(&rows, row.lane, row.index, number);
    rows_commit(&rows);
    buf_clear(&body);
    return number;
}

static uint32_t
withdraw(uint32_t message, uint32_t entry_lane, uint32_t over_lane)
{
    struct message m = {.kind = MESSAGE_WITHDRAWAL,
                        .has_head = true,
                        .has_withdrawal = true,
                        .withdrawal = {.has_entry = true,
                                       .entry = {.count = 1},
                                       .reason = slice_str("mistake")}};

    m.head.marking.tlp = TLP_AMBER;
    memset(m.withdrawal.entry.lane.b, (int)entry_lane + 1, HASH_BYTES);
    m.withdrawal.entry.first = message - 1; /* as `add` places them */
    return add(&m, over_lane);
}

static struct control_answer
ask(const struct control_request *r)
{
    return asked(r, red);
}

/* What is to be said of a message to a team before it is sent to it; empty
 * where it goes. */
static struct slice
there(const struct message *m, const char *team, uint64_t number, bool any)
{
    const struct control_value values[] = {
        {.key = "to", .kind = CONTROL_TEXT, .text = slice_str(team)},
        {.key = "number", .kind = CONTROL_NUMBER, .number = (int64_t)number},
        {.key = "any-document", .kind = CONTROL_TRUTH, .number = any}};
    struct message sent = *m;
    struct buf bytes = {0};
    struct hash hash;

    if (m->content.size) {
        crypto_hash_one(&hash, m->content);
        sent.content = SLICE_ARRAY(hash.b);
    }
    message_put(&bytes, &sent);
    const struct slice messages[] = {buf_slice(&bytes)};
    const struct control_request r = {.id = 7,
                                      .verb = "sent",
                                      .values = {values, ARRAY_SIZE(values)},
                                      .messages = messages,
                                      .message_count = 1};
    struct control_answer a = ask(&r);
    assert_int_equal(a.code, OK);
    assert_int_equal(control_number(&a.records[0], "committed", 0), 9);
    buf_clear(&bytes);
    return a.record_count > 1 ? control_text(&a.records[1], "state")
                              : (struct slice){0};
}

#define THERE(m, state)                                                        \
    assert_true(slice_is(there((m), THEM, 99, false), (state)))

static struct control_record
entry(uint32_t lane, uint32_t message)
{
    const struct control_value values[] = {
        {.key = "lane", .kind = CONTROL_NUMBER, .number = lane},
        {.key = "index", .kind = CONTROL_NUMBER, .number = message - 1}};
    const struct control_request r = {
        .id = 7, .verb = "entry", .values = {values, ARRAY_SIZE(values)}};
    struct control_answer a = ask(&r);

    assert_int_equal(a.record_count, 1);
    return a.records[0];
}

static struct slice
shown(uint32_t lane, uint32_t message, const char *key)
{
    struct control_record r = entry(lane, message);

    return control_text(&r, key);
}

/* ---- before sending ----------------------------------------------------- */

static void
what_a_team_has_unchanged_is_told_for_that_team_alone(void **state)
{
    struct message m = object("2026-01-01T00:00:00Z", 1);

    (void)state;
    m.content = slice_str("{\"a\":1}");
    add(&m, TO_THEM);
    m.submission.number = 2;
    m.package.position = 40;
    m.submission.title = slice_str("another title");
    THERE(&m, "unchanged");
    assert_int_equal(there(&m, THIRD, 99, false).size, 0);
    m.content = slice_str("{\"a\":2}");
    THERE(&m, "");
    m.content = slice_str("{\"a\":1}");
    m.head.marking.tlp = TLP_RED;
    THERE(&m, "");
}

static void
a_document_that_is_not_there_goes_whole_unless_any_counts(void **state)
{
    struct message m = object("2026-01-01T00:00:00Z", 1);

    (void)state;
    add(&m, TO_THEM);
    m.package.id = slice_str("bundle--2");
    THERE(&m, "");
    assert_true(slice_is(there(&m, THEM, 99, true), "unchanged"));
}

static void
an_older_version_and_one_behind_a_revoked_one_are_told(void **state)
{
    struct message first = object("2026-01-01T00:00:00Z", 1);
    struct message second = object("2026-02-01T00:00:00Z", 2);
    struct message third = object("2026-03-01T00:00:00Z", 3);

    (void)state;
    add(&first, TO_THEM);
    add(&second, TO_THEM);
    THERE(&first, "older");
    THERE(&second, "unchanged");
    THERE(&third, "");
    third.head.revoked = true;
    add(&third, TO_THEM);
    THERE(&third, "unchanged");
    struct message fourth = object("2026-04-01T00:00:00Z", 4);
    THERE(&fourth, "revoked");
}

static void
a_value_that_changed_and_changed_back_goes_again(void **state)
{
    struct message m = value("evil.example", 1);

    (void)state;
    add(&m, TO_THEM);
    THERE(&m, "unchanged");
    struct message other = value("evil.example", 2);
    other.head.role = slice_str("c2");
    THERE(&other, "");
    add(&other, TO_THEM);
    THERE(&other, "unchanged");
    THERE(&m, "");
    m.package.id = slice_str("another series");
    THERE(&m, "");
}

static void
what_came_with_this_submission_counts_where_it_was_withdrawn(void **state)
{
    struct message m = value("evil.example", 5);

    (void)state;
    uint32_t number = add(&m, TO_THEM);
    assert_int_equal(there(&m, THEM, 5, false).size, 0);
    THERE(&m, "unchanged");
    withdraw(number, TO_THEM, TO_THEM);
    assert_true(slice_is(there(&m, THEM, 5, false), "withdrawn"));
    THERE(&m, "withdrawn");
    m.head.role = slice_str("c2");
    THERE(&m, "");
}

static void
what_a_team_declined_or_sent_itself_is_not_there(void **state)
{
    struct message m = value("evil.example", 1);
    struct row row;

    (void)state;
    add(&m, FROM_THEM);
    THERE(&m, "");
    uint32_t number = add(&m, TO_THEM);
    assert_true(rows_get(&rows, number, &row));
    row.flags |= ROW_DECLINED;
    rows_set(&rows, &row);
    rows_commit(&rows);
    THERE(&m, "");
}

static void
of_many_messages_and_teams_each_is_told(void **state)
{
    static const struct control_value values[] = {
        {.key = "to", .kind = CONTROL_TEXT, .text = {(const uint8_t *)"x", 1}},
        {.key = "to",
         .kind = CONTROL_TEXT,
         .text = {(const uint8_t *)THIRD, sizeof THIRD - 1}},
        {.key = "to",
         .kind = CONTROL_TEXT,
         .text = {(const uint8_t *)THEM, sizeof THEM - 1}}};
    struct message a = value("a.example", 1), b = value("b.example", 1);
    struct buf first = {0}, second = {0};

    (void)state;
    add(&b, TO_THEM);
    message_put(&first, &a);
    message_put(&second, &b);
    const struct slice messages[] = {slice_str("\xff"), buf_slice(&first),
                                     buf_slice(&second)};
    const struct control_request r = {.id = 7,
                                      .verb = "sent",
                                      .values = {values, ARRAY_SIZE(values)},
                                      .messages = messages,
                                      .message_count = ARRAY_SIZE(messages)};
    struct control_answer got = ask(&r);
    assert_int_equal(got.record_count, 2);
    assert_int_equal(control_number(&got.records[1], "message", -1), 2);
    assert_int_equal(control_number(&got.records[1], "team", -1), 2);
    buf_clear(&first);
    buf_clear(&second);
}

/* ---- what became of it -------------------------------------------------- */

static void
the_newest_version_is_named_by_those_that_it_supersedes(void **state)
{
    struct message first = object("2026-01-01T00:00:00Z", 1);
    struct message second = object("2026-02-01T00:00:00Z", 2);

    (void)state;
    uint32_t one = add(&first, FROM_THEM);
    assert_true(slice_is(shown(FROM_THEM, one, "state"), "active"));
    uint32_t two = add(&second, FROM_THEM);
    assert_true(slice_is(shown(FROM_THEM, one, "state"), "superseded"));
    assert_true(
        slice_is(shown(FROM_THEM, one, "superseded-by"), "certau>krcert#1"));
    assert_true(slice_is(shown(FROM_THEM, two, "state"), "active"));
    struct message third = object("2026-03-01T00:00:00Z", 3);
    third.head.revoked = true;
    add(&third, FROM_THEM);
    struct message fourth = object("2026-04-01T00:00:00Z", 4);
    uint32_t four = add(&fourth, FROM_THEM);
    assert_true(slice_is(shown(FROM_THEM, two, "state"), "revoked"));
    assert_true(slice_is(shown(FROM_THEM, four, "state"), "revoked"));
}

static void
the_same_id_from_another_team_is_a_report_of_its_own(void **state)
{
    struct message first = object("2026-01-01T00:00:00Z", 1);
    struct message second = object("2026-02-01T00:00:00Z", 2);

    (void)state;
    second.head.revoked = true;
    uint32_t one = add(&first, FROM_THEM);
    uint32_t two = add(&second, FROM_THIRD);
    assert_true(slice_is(shown(FROM_THEM, one, "state"), "active"));
    assert_int_equal(shown(FROM_THEM, one, "first-by").size, 0);
    assert_true(slice_is(shown(FROM_THIRD, two, "state"), "revoked"));
    assert_true(slice_is(shown(FROM_THIRD, two, "first-by"), "certau"));
    /* An observable has the same id whoever names it. */
    first.head.modified = second.head.modified = (struct slice){0};
    first.head.object_id = second.head.object_id =
        slice_str("ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    add(&first, FROM_THEM);
    two = add(&second, FROM_THIRD);
    assert_int_equal(shown(FROM_THIRD, two, "first-by").size, 0);
}

static void
only_its_origin_withdraws_an_entry(void **state)
{
    struct message m = value("evil.example", 1);

    (void)state;
    uint32_t one = add(&m, FROM_THEM);
    withdraw(one, FROM_THEM, FROM_THIRD);
    withdraw(one, FROM_THEM, TO_THEM);
    withdraw(one, FROM_THIRD, FROM_THIRD);
    assert_true(slice_is(shown(FROM_THEM, one, "state"), "active"));
    uint32_t by = withdraw(one, FROM_THEM, FROM_THEM);
    assert_true(slice_is(shown(FROM_THEM, one, "state"), "withdrawn"));
    assert_true(slice_is(shown(FROM_THEM, one, "withdrawn-reason"), "mistake"));
    assert_true(
        slice_is(shown(FROM_THEM, one, "withdrawn-by"), "certau>krcert#4"));
    assert_int_equal(by, 5);
    rows_forget(&rows, by);
    rows_commit(&rows);
    assert_true(slice_is(shown(FROM_THEM, one, "state"), "active"));
}

static void
what_we_sent_is_listed_by_document_submission_and_object(void **state)
{
    struct message list[] = {value("a.example", 1), value("b.example", 1),
                             object("2026-01-01T00:00:00Z", 2)};
    const struct control_value asks[][2] = {
        {{.key = "package", .kind = CONTROL_TEXT, .text = slice_str("series")},
         {.key = "source", .kind = CONTROL_TEXT, .text = slice_str("list")}},
        {{.key = "submission", .kind = CONTROL_NUMBER, .number = 1}},
        {{.key = "object", .kind = CONTROL_TEXT, .text = slice_str(OBJECT)}},
        {{.key = "package", .kind = CONTROL_TEXT, .text = slice_str("series")},
         {.key = "source", .kind = CONTROL_TEXT, .text = slice_str("csv")}},
    };
    static const size_t counts[] = {2, 2, 1, 0};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        add(&list[i], TO_THEM);
    withdraw(1, TO_THEM, TO_THEM);
    for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
        const struct control_request r = {
            .id = 7,
            .verb = "ours",
            .values = {asks[i], asks[i][1].key ? 2 : 1}};
        struct control_answer a = ask(&r);
        assert_int_equal(a.record_count, counts[i] + 1);
        if (counts[i] != 2)
            continue;
        assert_true(
            slice_is(control_text(&a.records[0], "value"), "b.example"));
        assert_true(slice_is(control_text(&a.records[0], "state"), "there"));
        assert_int_equal(control_number(&a.records[0], "index", -1), 1);
        assert_true(
            slice_is(control_text(&a.records[1], "state"), "withdrawn"));
    }
    const struct control_request nothing = {.id = 7, .verb = "ours"};
    assert_int_equal(ask(&nothing).code, ERR_VALUE);
}

static void
a_question_is_bounded(void **state)
{
    static struct control_value values[SENT_TEAMS_MAX + 1];
    static struct slice messages[SENT_MESSAGES_MAX + 1];
    struct control_request r = {
        .id = 7, .verb = "sent", .values = {values, 1}, .messages = messages};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        values[i] = (struct control_value){
            .key = "to", .kind = CONTROL_TEXT, .text = slice_str(THEM)};
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
        messages[i] = slice_str("\x08\x01");
    r.message_count = SENT_MESSAGES_MAX;
    assert_int_equal(ask(&r).code, OK);
    r.message_count++;
    assert_int_equal(ask(&r).code, ERR_LIMIT);
    r.message_count = 1;
    r.values.count = SENT_TEAMS_MAX;
    assert_int_equal(ask(&r).code, OK);
    r.values.count++;
    assert_int_equal(ask(&r).code, ERR_LIMIT);
}

static void
what_we_sent_is_listed_page_by_page(void **state)
{
    struct control_value values[2] = {
        {.key = "submission", .kind = CONTROL_NUMBER, .number = 1},
        {.key = "before", .kind = CONTROL_NUMBER, .number = 0}};
    const struct control_request r = {
        .id = 7, .verb = "ours", .values = {values, 2}};
    struct message m = value("same.example", 1);
    const struct row row = {.flags = ROW_OURS};
    const struct submission_id id = {{9}, 1};
    size_t found = 0, pages = 0;
    struct buf body = {0};

    (void)state;
    submission_id_put(&body, &id);
    message_put(&body, &m);
    for (size_t i = 0; i < OURS_RECORDS_MAX + 100; i++)
        (void)content_add(content, &row, buf_slice(&body));
    rows_commit(&rows);
    do {
        struct control_answer a = ask(&r);
        assert_int_equal(a.code, OK);
        found += a.record_count - 1;
        values[1].number =
            control_number(&a.records[a.record_count - 1], "next", 0);
        pages++;
    } while (values[1].number);
    assert_int_equal(found, OURS_RECORDS_MAX + 100);
    assert_true(pages >= 2 && pages < 20);
    buf_clear(&body);
}

/* An id may be guessed, and a number of messages about it would tell. */
static void
red_messages_are_counted_by_what_was_submitted_alone(void **state)
{
    struct control_value about[] = {
        {.key = "object", .kind = CONTROL_TEXT, .text = slice_str(OBJECT)},
        {.key = "submission", .kind = CONTROL_NUMBER, .number = 1}};
    struct control_request r = {.id = 7, .verb = "ours", .values = {about, 1}};
    struct message m = object("2026-01-01T00:00:00Z", 1);

    (void)state;
    m.head.marking.tlp = TLP_RED;
    add(&m, FROM_THEM);
    assert_int_equal(ask(&r).record_count, 2);
    red = false;
    add(&m, TO_THEM);
    struct control_answer a = ask(&r);
    assert_int_equal(a.record_count, 1);
    assert_int_equal(control_number(&a.records[0], "hidden", -1), 0);
    assert_true(control_truth(&a.records[0], "red-left-out"));
    r.values.count = 2;
    assert_int_equal(control_number(ask(&r).records, "hidden", -1), 0);
    r.values = (struct control_record){about + 1, 1};
    assert_int_equal(control_number(ask(&r).records, "hidden", -1), 1);
}

static void
what_is_not_meant_is_looked_at_page_by_page(void **state)
{
    struct control_value values[3] = {
        {.key = "submission", .kind = CONTROL_NUMBER, .number = 1},
        {.key = "to", .kind = CONTROL_TEXT, .text = slice_str(THIRD)},
        {.key = "before", .kind = CONTROL_NUMBER, .number = 0}};
    const struct control_request r = {
        .id = 7, .verb = "ours", .values = {values, 3}};
    struct message m = value("same.example", 1);
    const struct row row = {.flags = ROW_OURS};
    const struct submission_id id = {{9}, 1};
    struct buf body = {0};

    (void)state;
    submission_id_put(&body, &id);
    message_put(&body, &m);
    for (size_t i = 0; i < SEARCH_LOOKS_MAX + 100; i++)
        (void)content_add(content, &row, buf_slice(&body));
    rows_commit(&rows);
    struct control_answer a = ask(&r);
    assert_int_equal(a.record_count, 1);
    values[2].number = control_number(&a.records[0], "next", 0);
    assert_int_equal(values[2].number, 101);
    a = ask(&r);
    assert_int_equal(a.record_count, 1);
    assert_int_equal(control_number(&a.records[0], "next", 0), 0);
    buf_clear(&body);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_team_has_unchanged_is_told_for_that_team_alone),
        TEST(a_document_that_is_not_there_goes_whole_unless_any_counts),
        TEST(an_older_version_and_one_behind_a_revoked_one_are_told),
        TEST(a_value_that_changed_and_changed_back_goes_again),
        TEST(what_came_with_this_submission_counts_where_it_was_withdrawn),
        TEST(what_a_team_declined_or_sent_itself_is_not_there),
        TEST(of_many_messages_and_teams_each_is_told),
        TEST(the_newest_version_is_named_by_those_that_it_supersedes),
        TEST(the_same_id_from_another_team_is_a_report_of_its_own),
        TEST(only_its_origin_withdraws_an_entry),
        TEST(what_we_sent_is_listed_by_document_submission_and_object),
        TEST(a_question_is_bounded),
        TEST(what_we_sent_is_listed_page_by_page),
        TEST(red_messages_are_counted_by_what_was_submitted_alone),
        TEST(what_is_not_meant_is_looked_at_page_by_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
