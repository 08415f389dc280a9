/*
 * release_test - what a source holds back goes when a second person lets it.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)
#define FIRST 1001
#define SECOND 1002
#define WEEK_MS (UINT64_C(7) * 24 * 3600 * 1000)

/* What a request says, and the code that was made last. */
struct wish {
    uint8_t hash[HASH_BYTES];
    const char *to, *why;
    struct slice code; /* empty: none */
    uint8_t text[512];
};

static struct wish
wish_of_file(uint8_t file)
{
    return (struct wish){.hash = {file},
                         .to = "cert.gov.au",
                         .why = "agreed with them, case KR-7"};
}

static enum err
ask_as(struct kit *k, uint64_t uid, const char *verb, const struct wish *w)
{
    struct control_value values[] = {
        {"hash", CONTROL_BYTES, SLICE_ARRAY(w->hash), 0},
        {"to", CONTROL_TEXT, slice_str(w->to), 0},
        {"why", CONTROL_TEXT, slice_str(w->why), 0},
        {"release", CONTROL_TEXT, w->code, 0}};

    k->uid = uid;
    return kit_request(
        k, ROLE_SUBMIT | ROLE_RELEASE,
        &(struct control_request){
            .id = 1, .verb = verb, .values = {values, w->code.size ? 4 : 3}});
}

/* Have a user release what the wish names. */
static void
release(struct kit *k, uint64_t uid, struct wish *w)
{
    w->code = (struct slice){0};
    assert_int_equal(ask_as(k, uid, "release", w), OK);
    struct slice code = control_text(&k->reply.records[0], "code");
    assert_in_range(code.size, 1, sizeof w->text);
    memcpy(w->text, code.data, code.size);
    w->code = slice_of(w->text, code.size);
}

static void
expect_refused(struct kit *k, uint64_t uid, const struct wish *w,
               const char *words)
{
    static const char *const verbs[] = {"release-check", "submit-open"};
    uint64_t turns = kit_turns(k);

    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        assert_int_not_equal(ask_as(k, uid, verbs[i], w), OK);
        if (!memmem(k->reply.text.data, k->reply.text.size, words,
                    strlen(words)))
            fail_msg("%.*s", (int)k->reply.text.size,
                     (const char *)k->reply.text.data);
    }
    assert_int_equal(kit_turns(k), turns);
}

static void
a_code_of_another_user_is_taken_and_says_who_and_why(void **state)
{
    struct kit *k = *state;
    struct wish w = wish_of_file(1);

    release(k, SECOND, &w);
    w.why = "something else";
    assert_int_equal(ask_as(k, FIRST, "release-check", &w), OK);
    assert_int_equal(control_number(&k->reply.records[0], "by", 0), SECOND);
    assert_true(slice_is(control_text(&k->reply.records[0], "why"),
                         "agreed with them, case KR-7"));
    assert_int_equal(ask_as(k, FIRST, "submit-open", &w), OK);
}

static void
a_code_is_bound_to_file_teams_user_and_time(void **state)
{
    struct kit *k = *state;
    struct wish w = wish_of_file(1), other = wish_of_file(2);

    release(k, SECOND, &w);
    expect_refused(k, SECOND, &w, "a second person");
    release(k, SECOND, &other);
    other.hash[0] = 1;
    expect_refused(k, FIRST, &other, "another file");
    w.hash[HASH_BYTES - 1] ^= 1;
    expect_refused(k, FIRST, &w, "another file");
    w.hash[HASH_BYTES - 1] ^= 1;
    w.to = "nobody.example";
    expect_refused(k, FIRST, &w, "no such peer");
    w.to = "cert.gov.au";
    k->now.wall.ms += WEEK_MS - 60000;
    assert_int_equal(ask_as(k, FIRST, "release-check", &w), OK);
    k->now.wall.ms += 60000;
    expect_refused(k, FIRST, &w, "older than 7 days");
}

static void
a_code_that_was_changed_anywhere_is_none(void **state)
{
    struct kit *k = *state;
    struct wish w = wish_of_file(1);

    release(k, SECOND, &w);
    for (size_t i = 0; i < w.code.size; i++) {
        uint8_t was = w.text[i];
        w.text[i] = was == 'A' ? 'B' : 'A';
        expect_refused(k, FIRST, &w, "no release code");
        w.text[i] = was;
    }
    for (size_t size = w.code.size - 1; size > 0; size--) {
        w.code.size = size;
        expect_refused(k, FIRST, &w, "no release code");
    }
    w.code = slice_str("please");
    expect_refused(k, FIRST, &w, "no release code");
}

static void
a_release_needs_a_reason_a_file_and_teams(void **state)
{
    struct kit *k = *state;
    struct wish w = wish_of_file(1);
    char why[257];

    memset(why, 'x', sizeof why - 1);
    why[sizeof why - 1] = 0;
    w.why = "";
    assert_int_equal(ask_as(k, SECOND, "release", &w), ERR_MISSING);
    w.why = why;
    assert_int_equal(ask_as(k, SECOND, "release", &w), ERR_LIMIT);
    w.why = "because";
    w.to = "";
    assert_int_equal(ask_as(k, SECOND, "release", &w), ERR_NOT_FOUND);
    assert_int_equal(
        kit_request(k, ROLE_RELEASE,
                    &(struct control_request){.id = 1, .verb = "release"}),
        ERR_MISSING);
}

/* A submission with one message, opened with the wish's code. */
static uint64_t
submit(struct kit *k, const struct wish *w)
{
    struct message m = {.kind = MESSAGE_OBJECT, .has_head = true};
    struct buf bytes = {0};
    uint8_t stream[STREAM_ID_BYTES];

    assert_int_equal(ask_as(k, FIRST, "submit-open", w), OK);
    const struct control_record *r = &k->reply.records[0];
    int64_t number = control_number(r, "number", 0);
    memcpy(stream, control_bytes(r, "stream").data, sizeof stream);
    m.has_submission = true;
    m.submission.number = (uint64_t)number;
    message_put(&bytes, &m);
    struct slice one = buf_slice(&bytes);
    struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, number},
        {"stream", CONTROL_BYTES, SLICE_ARRAY(stream), 0},
        {"to", CONTROL_TEXT, slice_str("cert.gov.au"), 0}};
    assert_int_equal(
        kit_request(k, ROLE_SUBMIT,
                    &(struct control_request){.id = 2,
                                              .verb = "submit",
                                              .values = {values, 3},
                                              .messages = &one,
                                              .message_count = 1}),
        OK);
    buf_clear(&bytes);
    return (uint64_t)number;
}

static void
expect_released(struct kit *k, uint64_t number, const char *why)
{
    struct view_submission v;

    assert_int_equal(view_submission(k->x, number, 0, &v), OK);
    if (!why) {
        assert_null(v.released_why);
        return;
    }
    assert_non_null(v.released_why);
    assert_string_equal(v.released_why, why);
    assert_int_equal(v.released_uid, SECOND);
    assert_int_not_equal(v.released_time.ms, 0);
}

static void
who_released_a_submission_is_kept_with_it(void **state)
{
    struct kit *k = *state;
    struct wish plain = wish_of_file(1), w = wish_of_file(2);
    uint64_t before = submit(k, &plain);

    release(k, SECOND, &w);
    uint64_t number = submit(k, &w);
    assert_true(kit_said(k, "user 1002 has released"));
    assert_true(kit_said(k, "agreed with them, case KR-7"));
    release(k, SECOND, &w);
    assert_int_equal(submit(k, &w), number);
    uint64_t behind = (plain = wish_of_file(3), submit(k, &plain));
    for (int i = 0; i < 2; i++) {
        expect_released(k, before, NULL);
        expect_released(k, number, "agreed with them, case KR-7");
        expect_released(k, behind, NULL);
        kit_restart(k);
    }
    kit_expect_recovers(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_code_of_another_user_is_taken_and_says_who_and_why),
        TEST(a_code_is_bound_to_file_teams_user_and_time),
        TEST(a_code_that_was_changed_anywhere_is_none),
        TEST(a_release_needs_a_reason_a_file_and_teams),
        TEST(who_released_a_submission_is_kept_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
