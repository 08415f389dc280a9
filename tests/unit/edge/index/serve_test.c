#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/wire/control.h"
#include "core/wire/message.h"
#include "edge/index/content.h"
#include "edge/index/search.h"
#include "edge/index/serve.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH "serve_test.db"

static struct rows rows;
static struct content *content;
static struct serve *serve;
static struct serve_status status = {.committed = 9};
static struct arena arena;

static void
begin(void)
{
    static const struct index_config config;
    const struct rows_lane lanes[] = {{.peer = 0, .ours = true},
                                      {.peer = 0, .ours = false}};
    const struct rows_team us = {"krcert.or.kr", "krcert"};
    const struct rows_team them = {"cert.gov.au", "certau"};

    db_remove(PATH);
    rows_open(&rows, PATH);
    content = content_new(&rows, NULL);
    rows_team_put(&rows, ROWS_PEER_OWN, &us);
    rows_team_put(&rows, 0, &them);
    for (uint32_t i = 0; i < ARRAY_SIZE(lanes); i++)
        rows_lane_put(&rows, i, &lanes[i]);
    assert_int_equal(serve_new(NULL, &config, &rows, &status, &serve), OK);
    arena_init(&arena, SERVE_BUDGET);
}

static void
end(void)
{
    serve_free(serve);
    content_free(content);
    rows_close(&rows);
    arena_clear(&arena);
    db_remove(PATH);
}

static struct message
about(const char *value)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};

    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str(value);
    m.head.marking.tlp = TLP_AMBER;
    return m;
}

static uint32_t
add(const struct message *m, uint32_t lane)
{
    const struct submission_id id = {{9}, 1};
    const struct row row = {.lane = lane,
                            .index = rows.last,
                            .flags = lane == 0 ? ROW_OURS : 0,
                            .time = {1000}};
    struct buf body = {0};

    submission_id_put(&body, &id);
    message_put(&body, m);
    uint32_t number = content_add(content, &row, buf_slice(&body));
    rows_place(&rows, row.lane, row.index, number);
    buf_clear(&body);
    return number;
}

static struct control_answer
ask_as(bool red, const struct control_request *r)
{
    struct control_answer a = {0};
    static struct buf frame, out;

    arena_reset(&arena);
    buf_reset(&frame);
    buf_reset(&out);
    control_request_put(&frame, r);
    assert_true(serve_answer(serve, slice_of(frame.data + 4, frame.size - 4),
                             red, &out));
    assert_int_equal(
        control_answer_get(slice_of(out.data + 4, out.size - 4), &arena, &a),
        OK);
    assert_int_equal(a.id, 7);
    return a;
}

/* Ask with texts by pairs of key and text, ended by NULL; numbers begin with a
 * digit. The answer lives until the next question. */
static struct control_answer
ask(bool red, const char *const *words)
{
    struct control_value values[16];
    struct control_request r = {
        .id = 7, .verb = "search", .values = {values, 0}};

    for (; words[0]; words += 2) {
        struct control_value *v = &values[r.values.count++];
        *v = (struct control_value){
            .key = words[0], .kind = CONTROL_TEXT, .text = slice_str(words[1])};
        if (strcmp(words[0], "before") == 0 || strcmp(words[0], "limit") == 0) {
            v->kind = CONTROL_NUMBER;
            v->number = strtol(words[1], NULL, 10);
        }
    }
    return ask_as(red, &r);
}

#define ASK(red, ...) ask(red, (const char *const[]){__VA_ARGS__, NULL})

/* Rows of the file that were read so far. */
static uint64_t
steps_of(void)
{
    return (uint64_t)sqlite3_stmt_status(rows.get, SQLITE_STMTSTATUS_RUN, 0);
}

/* The state of the one match that there is. */
static struct slice
state(const char *value)
{
    struct control_answer a = ASK(true, "value", value);

    assert_int_equal(a.record_count, 2);
    return control_text(&a.records[1], "state");
}

static void
what_is_red_is_found_by_those_alone_who_may_read_it(void **unused)
{
    struct message m = about("red.example");
    struct slice label = slice_str("both");

    (void)unused;
    begin();
    m.head.marking.tlp = TLP_RED;
    m.head.labels = &label;
    m.head.label_count = 1;
    add(&m, 1);
    m = about("amber.example");
    m.head.labels = &label;
    m.head.label_count = 1;
    add(&m, 1);
    rows_commit(&rows);
    assert_int_equal(ASK(true, "value", "red.example").record_count, 2);
    assert_int_equal(ASK(true, "label", "both").record_count, 3);
    const char *const asks[][2] = {
        {"value", "red.example"}, {"text", "red"}, {"tlp", "red"}};
    for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
        struct control_answer a = ASK(false, asks[i][0], asks[i][1]);
        assert_int_equal(a.record_count, 1);
        assert_int_equal(control_number(&a.records[0], "searched", 0), 1);
        assert_true(control_truth(&a.records[0], "red-left-out"));
    }
    assert_int_equal(ASK(false, "label", "both").record_count, 2);
    end();
}

static void
what_counts_as_searched_is_found_committed_or_not(void **unused)
{
    struct message m = about("one.example");

    (void)unused;
    begin();
    add(&m, 1);
    rows_commit(&rows);
    for (uint32_t more = 0; more < 3; more++) {
        struct control_answer a = ASK(true, "value", "one.example");
        assert_int_equal(control_number(&a.records[0], "searched", 0),
                         1 + more);
        assert_int_equal(a.record_count, 2 + more);
        assert_int_equal(ASK(true, "text", "one").record_count, 2 + more);
        add(&m, 1);
    }
    rows_forget(&rows, rows.last);
    assert_int_equal(ASK(true, "value", "one.example").record_count, 4);
    rows_commit(&rows);
    assert_int_equal(ASK(true, "value", "one.example").record_count, 4);
    end();
}

static void
exercises_are_found_by_their_name_alone(void **unused)
{
    struct message m = about("drill.example");

    (void)unused;
    begin();
    m.head.marking.exercise = slice_str("APCERT-2026");
    add(&m, 1);
    rows_commit(&rows);
    assert_int_equal(ASK(true, "value", "drill.example").record_count, 1);
    assert_int_equal(
        ASK(true, "value", "drill.example", "exercise", "apcert-2026")
            .record_count,
        2);
    assert_int_equal(
        ASK(true, "value", "drill.example", "exercise", "other").record_count,
        1);
    end();
}

static struct message
version(const char *value, const char *producer, const char *modified)
{
    struct message m = about(value);

    m.head.object_id =
        slice_str("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
    m.head.producer = slice_str(producer);
    m.head.modified = slice_str(modified);
    return m;
}

static void
the_newest_version_counts_and_revoked_is_final(void **unused)
{
    struct message m;

    (void)unused;
    begin();
    m = version("one.example", "identity--a", "2026-01-01T00:00:00Z");
    add(&m, 1);
    rows_commit(&rows);
    assert_true(slice_is(state("one.example"), "active"));
    m = version("other.example", "identity--b", "2026-03-01T00:00:00Z");
    add(&m, 1);
    m = version("ours.example", "identity--a", "2026-03-01T00:00:00Z");
    add(&m, 0);
    rows_commit(&rows);
    assert_true(slice_is(state("one.example"), "active"));
    m = version("two.example", "identity--a", "2026-02-01T00:00:00.5Z");
    add(&m, 1);
    rows_commit(&rows);
    assert_true(slice_is(state("one.example"), "superseded"));
    assert_true(slice_is(state("two.example"), "active"));
    m = version("gone.example", "identity--a", "2026-01-15T00:00:00Z");
    m.head.revoked = true;
    add(&m, 1);
    rows_commit(&rows);
    assert_true(slice_is(state("two.example"), "revoked"));
    assert_true(slice_is(state("ours.example"), "active"));
    end();
}

static void
messages_of_others_do_not_hide_what_the_producer_revoked(void **unused)
{
    struct message m;

    (void)unused;
    begin();
    m = version("one.example", "identity--a", "2026-01-01T00:00:00Z");
    add(&m, 1);
    m = version("gone.example", "identity--a", "2026-01-15T00:00:00Z");
    m.head.revoked = true;
    add(&m, 1);
    m = version("ours.example", "identity--a", "2026-03-01T00:00:00Z");
    for (unsigned i = 0; i < 600; i++)
        add(&m, 0);
    rows_commit(&rows);
    assert_true(slice_is(state("one.example"), "revoked"));
    end();
}

/* With the versions of each looked at anew this takes minutes. */
static void
many_versions_of_one_object_do_not_make_each_other_costly(void **unused)
{
    struct message m = version("one.example", "identity--a", "");
    uint64_t steps;

    (void)unused;
    begin();
    for (unsigned i = 0; i < 2000; i++)
        add(&m, 1);
    rows_commit(&rows);
    steps = steps_of();
    assert_int_equal(ASK(true, "value", "one.example").record_count, 1026);
    steps = steps_of() - steps;
    assert_true(steps < 100000);
    end();
}

/* An exercise that revokes, follows or withdraws what is real changes nothing
 * outside of it. */
static void
an_exercise_changes_nothing_that_is_real(void **unused)
{
    struct message m;

    (void)unused;
    begin();
    m = version("one.example", "identity--a", "2026-01-01T00:00:00Z");
    uint32_t real = add(&m, 1);
    m = version("drill.example", "identity--a", "2026-02-01T00:00:00Z");
    m.head.revoked = true;
    m.head.marking.exercise = slice_str("APCERT-2026");
    uint32_t drill = add(&m, 1);
    struct row row;
    assert_true(rows_get(&rows, real, &row));
    const struct citation entry = {.first = row.index, .count = 1};
    rows_withdraw(&rows, &entry, &row, drill);
    assert_int_equal(rows_withdrawn(&rows, &row, 0), drill);
    rows_commit(&rows);
    assert_true(slice_is(state("one.example"), "active"));
    struct control_answer a =
        ASK(true, "value", "drill.example", "exercise", "APCERT-2026");
    assert_int_equal(a.record_count, 2);
    assert_true(slice_is(control_text(&a.records[1], "state"), "revoked"));
    end();
}

static void
what_ran_out_is_expired_and_what_waits_is_queued(void **unused)
{
    struct message m = about("old.example");

    (void)unused;
    begin();
    m.head.has_valid_until = true;
    m.head.valid_until.ms = 1;
    add(&m, 1);
    m = about("waits.example");
    add(&m, ROWS_LANE_NONE);
    rows_commit(&rows);
    assert_true(slice_is(state("old.example"), "expired"));
    assert_true(slice_is(state("waits.example"), "queued"));
    end();
}

static void
states_and_directions_leave_out_all_else(void **unused)
{
    static const char *const asks[][2] = {{"state", "expired"},
                                          {"state", "active"},
                                          {"direction", "to"},
                                          {"direction", "from"}};
    struct message m = about("old.example");

    (void)unused;
    begin();
    m.head.has_valid_until = true;
    m.head.valid_until.ms = 1;
    add(&m, 1);
    m = about("ours.example");
    add(&m, 0);
    rows_commit(&rows);
    for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
        struct control_answer a = ASK(true, asks[i][0], asks[i][1]);
        assert_int_equal(a.record_count, 2);
        assert_true(slice_is(control_text(&a.records[1], "value"),
                             i % 3 ? "ours.example" : "old.example"));
    }
    assert_int_equal(ASK(true, "state", "withdrawn").record_count, 1);
    end();
}

static void
teams_and_types_count_in_any_case_and_no_unknown_team(void **unused)
{
    const struct message m = about("one.example");

    (void)unused;
    begin();
    add(&m, 1);
    rows_commit(&rows);
    assert_int_equal(ASK(true, "peer", "CERT.gov.AU").record_count, 2);
    assert_int_equal(ASK(true, "peer", "CertAU").record_count, 2);
    assert_int_equal(ASK(true, "type", "Domain").record_count, 2);
    assert_int_equal(ASK(true, "type", "Url").record_count, 1);
    struct control_answer a = ASK(true, "peer", "krcert");
    assert_int_equal(a.code, ERR_VALUE);
    assert_true(slice_is(a.text, "krcert is not a peer; known: cert.gov.au"));
    end();
}

static void
what_is_withheld_is_not_found_until_its_resume_has_run(void **unused)
{
    const struct rows_lane lane = {.peer = 0};
    struct message m = about("one.example");

    (void)unused;
    begin();
    add(&m, 1);
    rows_withhold(&rows);
    rows_commit(&rows);
    assert_int_equal(ASK(true, "value", "one.example").record_count, 1);
    rows_lane_put(&rows, 1, &lane);
    rows_commit(&rows);
    assert_int_equal(ASK(true, "value", "one.example").record_count, 2);
    end();
}

static void
an_answer_is_bounded_and_says_where_it_goes_on(void **unused)
{
    struct message m = about("same.example");
    char before[32] = "4294967295";
    size_t found = 0, pages = 0;

    (void)unused;
    begin();
    for (int i = 0; i < 2500; i++)
        add(&m, 1);
    rows_commit(&rows);
    for (bool more = true; more; pages++) {
        struct control_answer a =
            ASK(true, "value", "same.example", "before", before);
        const struct control_record *last = &a.records[a.record_count - 1];
        more = control_find(last, "next") != NULL;
        assert_true(a.record_count <= SEARCH_RECORDS_MAX + 2);
        found += a.record_count - 1 - more;
        (void)snprintf(before, sizeof before, "%lld",
                       (long long)control_number(last, "next", 0));
    }
    assert_int_equal(found, 2500);
    assert_int_equal(pages, 3);
    struct control_answer a = ASK(true, "role", "none", "limit", "5");
    assert_int_equal(a.record_count, 1);
    end();
}

static void
a_range_finds_what_lies_in_it_and_not_what_lies_beside(void **unused)
{
    static const char *const values[] = {"203.0.113.7", "203.0.113.200",
                                         "203.0.112.7"};

    (void)unused;
    begin();
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        struct message m = about(values[i]);
        m.head.observable = OBSERVABLE_IPV4;
        add(&m, 1);
    }
    rows_commit(&rows);
    struct control_answer a = ASK(true, "value", "203.0.113.0/25");
    assert_int_equal(a.record_count, 2);
    assert_true(slice_is(control_text(&a.records[1], "value"), values[0]));
    assert_true(slice_is(control_text(&a.records[1], "relation"), "inside"));
    a = ASK(true, "value", "203.0.113.0-203.0.113.255");
    assert_int_equal(a.record_count, 3);
    end();
}

/* What is looked up for a value counts: a range is hundreds of keys. */
static void
an_answer_is_bounded_in_what_it_looks_up(void **unused)
{
    struct control_value values[200];
    struct message m = about("1.2.3.4");
    struct control_request r = {
        .id = 7, .verb = "search", .values = {values, ARRAY_SIZE(values)}};
    size_t records = 0, pages = 0;

    (void)unused;
    begin();
    m.head.observable = OBSERVABLE_IPV4;
    add(&m, 1);
    rows_commit(&rows);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        values[i] = (struct control_value){.key = "value",
                                           .kind = CONTROL_TEXT,
                                           .text = slice_str("1.0.0.0/9")};
    while (r.values.count) {
        struct control_answer a = ask_as(true, &r);
        const struct control_record *last = &a.records[a.record_count - 1];
        bool more = control_find(last, "next-value") != NULL;
        size_t next = (size_t)control_number(last, "next-value", 0);
        records += a.record_count - 1 - more;
        pages++;
        /* As the command asks: of one that was cut, for it alone. */
        assert_false(more && control_find(last, "next"));
        r.values.values += next;
        r.values.count = more ? r.values.count - next : 0;
    }
    assert_int_equal(records, ARRAY_SIZE(values));
    assert_true(pages > 1);
    end();
}

static void
of_too_many_messages_the_newest_are_found_and_that_is_said(void **unused)
{
    struct slice text = slice_str("same.example");
    struct message m = about("same.example");

    (void)unused;
    begin();
    add(&m, 1);
    for (unsigned i = 0; i < SEARCH_OF_KEY_MAX - 1; i++)
        rows_lead(&rows, KEY_VALUE, text, i + 2); /* no such message */
    rows_commit(&rows);
    struct control_answer a = ASK(true, "value", "same.example");
    assert_int_equal(a.record_count, 2);
    assert_null(control_find(&a.records[1], "cut"));
    rows_lead(&rows, KEY_VALUE, text, SEARCH_OF_KEY_MAX + 1);
    for (unsigned i = 0; i <= SEARCH_OF_VALUE_MAX; i++)
        rows_lead(&rows, KEY_WORD, slice_str("common"), i + 2);
    rows_commit(&rows);
    a = ASK(true, "value", "same.example");
    assert_int_equal(a.record_count, 2);
    assert_true(control_truth(&a.records[1], "cut"));
    a = ASK(true, "text", "common");
    assert_int_equal(a.record_count, 2);
    assert_true(control_truth(&a.records[1], "cut"));
    end();
}

static void
what_a_peer_makes_large_is_cut(void **unused)
{
    struct message m = about("large.example");
    struct buf pattern = {0};

    (void)unused;
    begin();
    memset(buf_extend(&pattern, MIB(2)), 'x', MIB(2));
    m.head.pattern = buf_slice(&pattern);
    for (int i = 0; i < 200; i++)
        add(&m, 1);
    rows_commit(&rows);
    struct control_answer a = ASK(true, "value", "large.example");
    assert_int_equal(a.code, OK);
    assert_true(a.record_count > 30 && a.record_count < 100);
    assert_int_equal(control_text(&a.records[1], "pattern").size,
                     SEARCH_TEXT_MAX);
    assert_non_null(control_find(&a.records[a.record_count - 1], "next"));
    buf_clear(&pattern);
    end();
}

static void
nonsense_is_answered_and_ends_the_connection(void **unused)
{
    struct buf out = {0};
    struct control_answer a;

    (void)unused;
    begin();
    assert_false(serve_answer(serve, slice_str("\xff\xff"), true, &out));
    buf_clear(&out);
    a = ASK(true, "tlp", "purple");
    assert_int_equal(a.code, ERR_VALUE);
    a = ASK(true, "text", " .,; ");
    assert_int_equal(a.code, ERR_VALUE);
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_red_is_found_by_those_alone_who_may_read_it),
        cmocka_unit_test(what_counts_as_searched_is_found_committed_or_not),
        cmocka_unit_test(exercises_are_found_by_their_name_alone),
        cmocka_unit_test(the_newest_version_counts_and_revoked_is_final),
        cmocka_unit_test(
            messages_of_others_do_not_hide_what_the_producer_revoked),
        cmocka_unit_test(
            many_versions_of_one_object_do_not_make_each_other_costly),
        cmocka_unit_test(an_exercise_changes_nothing_that_is_real),
        cmocka_unit_test(what_ran_out_is_expired_and_what_waits_is_queued),
        cmocka_unit_test(states_and_directions_leave_out_all_else),
        cmocka_unit_test(teams_and_types_count_in_any_case_and_no_unknown_team),
        cmocka_unit_test(
            what_is_withheld_is_not_found_until_its_resume_has_run),
        cmocka_unit_test(an_answer_is_bounded_and_says_where_it_goes_on),
        cmocka_unit_test(
            a_range_finds_what_lies_in_it_and_not_what_lies_beside),
        cmocka_unit_test(an_answer_is_bounded_in_what_it_looks_up),
        cmocka_unit_test(
            of_too_many_messages_the_newest_are_found_and_that_is_said),
        cmocka_unit_test(what_a_peer_makes_large_is_cut),
        cmocka_unit_test(nonsense_is_answered_and_ends_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
