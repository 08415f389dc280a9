/*
 * commands_test - what users ask of a node: submissions, recalls.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

/* A page of one submission: what stands in its request. */
struct page {
    struct control_value values[8];
    size_t count;
    uint8_t stream[STREAM_ID_BYTES];
    struct slice messages[4];
    size_t message_count;
    struct buf bytes;
};

static void
page_value(struct page *p, struct control_value v)
{
    p->values[p->count++] = v;
}

static void
page_open(struct kit *k, struct page *p, const char *to)
{
    *p = (struct page){0};
    assert_int_equal(
        kit_request(k, ROLE_SUBMIT,
                    &(struct control_request){.id = 1, .verb = "submit-open"}),
        OK);
    const struct control_record *r = &k->reply.records[0];
    struct slice stream = control_bytes(r, "stream");
    assert_int_equal(stream.size, STREAM_ID_BYTES);
    memcpy(p->stream, stream.data, STREAM_ID_BYTES);
    page_value(
        p, (struct control_value){
               "number", CONTROL_NUMBER, {0}, control_number(r, "number", -1)});
    page_value(p, (struct control_value){"stream", CONTROL_BYTES,
                                         SLICE_ARRAY(p->stream), 0});
    page_value(p, (struct control_value){"first", CONTROL_NUMBER, {0}, 0});
    page_value(p, (struct control_value){"to", CONTROL_TEXT, slice_str(to), 0});
}

static void
page_message(struct page *p, const struct message *m)
{
    struct buf one = {0};

    message_put(&one, m);
    p->messages[p->message_count++] =
        slice_of(mem_copy(one.data, one.size), one.size);
    buf_clear(&one);
}

static struct message
message_of(const struct page *p, enum tlp tlp)
{
    struct message m = {.kind = MESSAGE_OBJECT, .has_head = true};

    m.has_submission = true;
    m.submission.number = (uint64_t)p->values[0].number;
    m.head.marking.tlp = tlp;
    return m;
}

static enum err
page_send(struct kit *k, struct page *p)
{
    struct control_request r = {.id = 2, .verb = "submit"};

    r.values = (struct control_record){p->values, p->count};
    r.messages = p->messages;
    r.message_count = p->message_count;
    return kit_request(k, ROLE_SUBMIT, &r);
}

static void
page_clear(struct page *p)
{
    for (size_t i = 0; i < p->message_count; i++)
        mem_free((void *)(uintptr_t)p->messages[i].data);
}

/* One message, alone in its page. */
static void
page_of_one(struct kit *k, struct page *p)
{
    page_open(k, p, "cert.gov.au");
    struct message m = message_of(p, TLP_GREEN);
    page_message(p, &m);
}

static const struct control_record *
record(const struct kit *k, size_t i)
{
    assert_true(i < k->reply.record_count);
    return &k->reply.records[i];
}

/* ---- submissions --------------------------------------------------------- */

static void
repeating_a_page_is_harmless(void **state)
{
    struct kit *k = *state;
    struct page p;

    page_of_one(k, &p);
    assert_int_equal(page_send(k, &p), OK);
    assert_true(control_truth(record(k, 0), "accepted"));
    assert_false(control_truth(record(k, 0), "again"));
    assert_int_equal(page_send(k, &p), OK);
    assert_true(control_truth(record(k, 0), "again"));
    assert_int_equal(kit_peer(k).queued, 1);
    kit_restart(k);
    assert_int_equal(page_send(k, &p), OK);
    assert_true(control_truth(record(k, 0), "again"));
    assert_int_equal(kit_peer(k).queued, 1);
    page_clear(&p);
}

static void
page_of_four(struct kit *k, struct page *p)
{
    static const enum tlp tlps[4] = {TLP_GREEN, TLP_AMBER, TLP_GREEN,
                                     TLP_AMBER};

    page_open(k, p, "cert.gov.au");
    for (size_t i = 0; i < 4; i++) {
        struct message m = message_of(p, tlps[i]);
        page_message(p, &m);
    }
}

static void
expect_answers(struct kit *k, struct page *p, const char *accepted,
               const char *again)
{
    assert_int_equal(page_send(k, p), OK);
    assert_int_equal(k->reply.record_count, strlen(accepted));
    for (size_t i = 0; accepted[i]; i++) {
        assert_int_equal(control_truth(record(k, i), "accepted"),
                         accepted[i] == 'y');
        assert_int_equal(control_truth(record(k, i), "again"), again[i] == 'y');
    }
}

/* Four messages at places 0, 2, 3 and 9: what is left out keeps its place, and
 * goes later as what it is. */
static void
messages_of_a_page_stand_where_it_says(void **state)
{
    uint8_t places[16] = {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9};
    static const uint64_t expected[] = {0, 2, 3, 9};
    struct kit *k = *state;
    struct page p;

    k->ceiling = TLP_AMBER;
    kit_restart(k);
    page_of_four(k, &p);
    page_value(&p, (struct control_value){"places", CONTROL_BYTES,
                                          SLICE_ARRAY(places), 0});
    expect_answers(k, &p, "yyyy", "nnnn");
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
        assert_int_equal(control_number(record(k, i), "sequence", -1),
                         expected[i]);
    p.count--;
    expect_answers(k, &p, "yyyy", "ynyy");
    assert_int_equal(kit_peer(k).queued, 5);
    page_value(&p, (struct control_value){"places", CONTROL_BYTES,
                                          SLICE_ARRAY(places), 0});
    places[7] = 3;
    assert_int_equal(page_send(k, &p), ERR_VALUE);
    p.values[p.count - 1].text.size = 12;
    assert_int_equal(page_send(k, &p), ERR_VALUE);
    assert_int_equal(kit_peer(k).queued, 5);
    page_clear(&p);
}

/* What was refused goes when its file is submitted again under another
 * agreement; what went before does not go twice. */
static void
what_was_refused_goes_once_the_agreement_allows_it(void **state)
{
    struct kit *k = *state;
    struct page p;

    k->ceiling = TLP_GREEN;
    kit_restart(k);
    page_of_four(k, &p);
    expect_answers(k, &p, "ynyn", "nnnn");
    expect_answers(k, &p, "ynyn", "yyyn");
    assert_int_equal(kit_peer(k).queued, 2);
    k->ceiling = TLP_AMBER;
    kit_restart(k);
    expect_answers(k, &p, "yyyy", "ynyn");
    assert_int_equal(kit_peer(k).queued, 4);
    expect_answers(k, &p, "yyyy", "yyyy");
    kit_restart(k);
    expect_answers(k, &p, "yyyy", "yyyy");
    assert_int_equal(kit_peer(k).queued, 4);
    page_clear(&p);
}

/* Only what is not there yet needs room. */
static void
a_page_that_is_there_is_answered_alike_at_the_bound(void **state)
{
    struct event none = {.type = EVENT_ROOM, .a = 0};
    struct kit *k = *state;
    struct page p, more;

    k->user_bytes = 2700; /* four messages take some 2,300 */
    k->ceiling = TLP_GREEN;
    kit_restart(k);
    page_of_four(k, &p);
    expect_answers(k, &p, "ynyn", "nnnn");
    k->ceiling = TLP_AMBER;
    kit_restart(k);
    expect_answers(k, &p, "yyyy", "ynyn");
    expect_answers(k, &p, "yyyy", "yyyy");
    page_of_four(k, &more);
    assert_int_equal(page_send(k, &more), ERR_QUOTA);
    kit_event(k, &none);
    expect_answers(k, &p, "yyyy", "yyyy");
    assert_int_equal(kit_peer(k).queued, 4);
    page_clear(&more);
    page_clear(&p);
}

static void
without_room_nothing_is_accepted_and_nothing_leaves(void **state)
{
    struct kit *k = *state;
    struct event none = {.type = EVENT_ROOM, .a = 0};
    struct event plenty = {.type = EVENT_ROOM, .a = ROOM_PLENTY};
    struct page p, another;
    struct slice payload;

    page_of_one(k, &p);
    assert_int_equal(page_send(k, &p), OK);
    page_of_one(k, &another);
    kit_event(k, &none);
    assert_int_equal(page_send(k, &another), ERR_QUOTA);
    assert_int_equal(kit_peer(k).queued, 1);
    kit_connect(k);
    assert_int_equal(kit_peer(k).queued, 1);
    kit_event(k, &plenty);
    assert_true(kit_next(k, FRAME_HEADER, &payload));
    assert_int_equal(kit_peer(k).queued, 0);
    assert_int_equal(page_send(k, &another), OK);
    page_clear(&another);
    page_clear(&p);
}

static void
a_file_has_one_stream_however_often_it_is_opened(void **state)
{
    struct kit *k = *state;
    static const uint8_t hash[32] = {1};
    struct control_value values[2] = {
        {"hash", CONTROL_BYTES, SLICE_ARRAY(hash), 0},
        {"again", CONTROL_TRUTH, {0}, 0}};
    struct control_request r = {
        .id = 1, .verb = "submit-open", .values = {values, 2}};

    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    int64_t first = control_number(record(k, 0), "number", -1);
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    assert_int_equal(control_number(record(k, 0), "number", -1), first);
    values[1].number = 1;
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    assert_int_equal(control_number(record(k, 0), "number", -1), first + 1);
}

static void
a_page_must_name_its_stream_and_number(void **state)
{
    struct kit *k = *state;
    struct page p;

    page_of_one(k, &p);
    p.stream[0] ^= 1;
    assert_int_equal(page_send(k, &p), ERR_NOT_FOUND);
    p.stream[0] ^= 1;
    p.values[0].number++;
    assert_int_equal(page_send(k, &p), ERR_NOT_FOUND);
    p.values[0].number--;
    p.values[1].text.size--;
    assert_int_equal(page_send(k, &p), ERR_NOT_FOUND);
    p.values[1].text.size++;
    p.values[2].number = -1;
    assert_int_equal(page_send(k, &p), ERR_VALUE);
    assert_int_equal(kit_peer(k).queued, 0);
    page_clear(&p);
}

static void
peers_must_be_named_known_and_confirmed(void **state)
{
    struct kit *k = *state;
    struct control_value card = {"card", CONTROL_BYTES, {0}, 0};
    struct page p;

    page_of_one(k, &p);
    p.values[3].text = slice_str("nobody.example");
    assert_int_equal(page_send(k, &p), ERR_NOT_FOUND);
    p.values[3].text = slice_str("");
    assert_int_equal(page_send(k, &p), ERR_NOT_FOUND);
    p.count = 3;
    assert_int_equal(page_send(k, &p), ERR_MISSING);
    p.count = 4;
    card.text = buf_slice(&k->third.card);
    assert_int_equal(
        kit_request(k, ROLE_OPERATE,
                    &(struct control_request){
                        .id = 1, .verb = "peer-add", .values = {&card, 1}}),
        OK);
    p.values[3].text = slice_str("jpcert.or.jp");
    assert_int_equal(page_send(k, &p), ERR_NOT_CONFIRMED);
    p.values[3].text = slice_str("certau"); /* its short name */
    assert_int_equal(page_send(k, &p), OK);
    page_clear(&p);
}

static void
a_peer_named_twice_gets_a_message_once(void **state)
{
    struct kit *k = *state;
    struct page p;

    page_of_one(k, &p);
    page_value(
        &p, (struct control_value){"to", CONTROL_TEXT, slice_str("certau"), 0});
    assert_int_equal(page_send(k, &p), OK);
    assert_int_equal(kit_peer(k).queued, 1);
    page_clear(&p);
}

static void
a_dry_run_stores_nothing(void **state)
{
    struct kit *k = *state;
    struct page p;

    page_of_one(k, &p);
    struct message red = message_of(&p, TLP_RED);
    page_message(&p, &red);
    page_value(&p, (struct control_value){"dry-run", CONTROL_TRUTH, {0}, 1});
    uint64_t turns = kit_turns(k);
    assert_int_equal(page_send(k, &p), OK);
    assert_true(control_truth(record(k, 0), "accepted"));
    assert_false(control_truth(record(k, 1), "accepted"));
    assert_int_equal(kit_turns(k), turns);
    assert_int_equal(kit_peer(k).queued, 0);
    page_clear(&p);
}

static void
messages_are_refused_one_by_one_with_their_reason(void **state)
{
    struct kit *k = *state;
    struct page p;
    uint8_t *large = test_calloc(1, MIB(6));

    page_open(k, &p, "cert.gov.au");
    struct message m = message_of(&p, TLP_GREEN);
    m.has_head = false;
    page_message(&p, &m);
    m = message_of(&p, TLP_GREEN);
    m.kind = MESSAGE_DECLINE;
    page_message(&p, &m);
    m = message_of(&p, TLP_GREEN);
    m.content = slice_of(large, MIB(6));
    m.content_type = slice_str("test");
    page_message(&p, &m);
    m = message_of(&p, TLP_GREEN);
    m.submission.number++;
    page_message(&p, &m);
    assert_int_equal(page_send(k, &p), OK);
    static const char *const reasons[] = {"missing", "value", "limit", "value"};
    for (size_t i = 0; i < 4; i++) {
        assert_false(control_truth(record(k, i), "accepted"));
        assert_true(slice_is(control_text(record(k, i), "reason"), reasons[i]));
        assert_int_equal(control_number(record(k, i), "sequence", -1), i);
    }
    p.messages[0].size--;
    assert_int_equal(page_send(k, &p), OK);
    assert_false(control_truth(record(k, 0), "accepted"));
    p.messages[0].size++;
    assert_int_equal(kit_peer(k).queued, 0);
    page_clear(&p);
    test_free(large);
}

/* PROTOCOL handling: "An origin MUST NOT sequence a message that these rules
 * refuse." */
static void
the_handling_rules_refuse_with_their_reason(void **state)
{
    struct kit *k = *state;
    struct page p;

    page_open(k, &p, "cert.gov.au");
    struct message m = message_of(&p, TLP_AMBER_STRICT);
    page_message(&p, &m);
    m = message_of(&p, TLP_GREEN);
    m.head.producer = slice_str("cert.gov.au");
    page_message(&p, &m);
    m.head.producer = slice_str("krcert.or.kr");
    page_message(&p, &m);
    assert_int_equal(page_send(k, &p), OK);
    assert_true(slice_is(control_text(record(k, 0), "reason"), "ceiling"));
    assert_true(slice_is(control_text(record(k, 1), "reason"), "not-ours"));
    assert_true(control_truth(record(k, 2), "accepted"));
    assert_int_equal(kit_peer(k).queued, 1);
    page_clear(&p);
}

/* What one turn may hold is bounded before anything is queued. */
static void
a_page_that_makes_too_much_is_refused(void **state)
{
    struct kit *k = *state;
    struct slice *messages =
        test_calloc(CONTROL_MESSAGES_MAX, sizeof *messages);
    struct page p;

    page_of_one(k, &p);
    page_value(&p, (struct control_value){"dry-run", CONTROL_TRUTH, {0}, 1});
    for (size_t i = 0; i < CONTROL_MESSAGES_MAX; i++)
        messages[i] = p.messages[0];
    struct control_request r = {.id = 2,
                                .verb = "submit",
                                .values = {p.values, p.count},
                                .messages = messages,
                                .message_count = CONTROL_MESSAGES_MAX};
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    assert_int_equal(k->reply.record_count, CONTROL_MESSAGES_MAX);
    kit_confirm_third(k, buf_slice(&k->third.card));
    page_value(&p, (struct control_value){"to", CONTROL_TEXT,
                                          slice_str("jpcert.or.jp"), 0});
    r.values.count = p.count;
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), ERR_LIMIT);
    r.message_count /= 2;
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    page_clear(&p);
    test_free(messages);
}

/* ---- recalling ----------------------------------------------------------- */

static void
expect_outbox(struct kit *k, const uint64_t *numbers, size_t count)
{
    struct view_item item;

    assert_int_equal(kit_peer(k).queued, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(view_outbox(k->x, 0, i, &item), OK);
        assert_int_equal(item.number, numbers[i]);
    }
    assert_int_equal(view_outbox(k->x, 0, count, &item), ERR_NOT_FOUND);
}

static void
what_is_recalled_never_leaves(void **state)
{
    struct kit *k = *state;
    static const uint64_t all[] = {1, 1, 2, 2, 3, 3, 4};
    static const uint64_t without_middle[] = {1, 1, 3, 3, 4};
    static const uint64_t without_front[] = {3, 3, 4};
    static const uint64_t rest[] = {3, 3};
    struct view_submission s;

    for (size_t i = 0; i < 3; i++)
        kit_submit(k, 2, 10, TLP_GREEN);
    kit_submit(k, 1, 10, TLP_GREEN);
    expect_outbox(k, all, ARRAY_SIZE(all));
    assert_int_equal(kit_cancel(k, 2), 2);
    expect_outbox(k, without_middle, ARRAY_SIZE(without_middle));
    assert_int_equal(kit_cancel(k, 2), 0);
    assert_int_equal(kit_cancel(k, 1), 2);
    expect_outbox(k, without_front, ARRAY_SIZE(without_front));
    assert_int_equal(kit_cancel(k, 4), 1);
    expect_outbox(k, rest, ARRAY_SIZE(rest));
    kit_restart(k);
    expect_outbox(k, rest, ARRAY_SIZE(rest));
    assert_int_equal(view_submission(k->x, 1, 0, &s), OK);
    assert_int_equal(s.cancelled, 2);
    assert_int_equal(s.queued, 0);
    kit_connect(k);
    assert_true(kit_take(k));
    assert_int_equal(k->held.size, 2);
    kit_give_receipt(k);
    expect_outbox(k, NULL, 0);
    assert_int_equal(kit_cancel(k, 3), 0);
    assert_int_equal(control_number(record(k, 0), "already-sent", -1), 2);
    struct control_value v = {"number", CONTROL_NUMBER, {0}, 99};
    struct control_request r = {.id = 3, .verb = "cancel", .values = {&v, 1}};
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), ERR_NOT_FOUND);
    v.number = -1;
    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), ERR_NOT_FOUND);
}

static void
urgent_messages_go_first(void **state)
{
    struct kit *k = *state;
    static const uint64_t order[] = {2, 1, 1};
    struct page p;

    kit_submit(k, 2, 10, TLP_GREEN);
    page_of_one(k, &p);
    page_value(&p, (struct control_value){"urgent", CONTROL_TRUTH, {0}, 1});
    assert_int_equal(page_send(k, &p), OK);
    expect_outbox(k, order, ARRAY_SIZE(order));
    kit_connect(k);
    struct view_submission s;
    assert_int_equal(view_submission(k->x, 2, 0, &s), OK);
    assert_int_equal(s.first_index, 0);
    page_clear(&p);
}

/* ---- roles --------------------------------------------------------------- */

static void
each_request_needs_its_role(void **state)
{
    struct kit *k = *state;
    static const struct {
        const char *verb;
        unsigned role;
    } verbs[] = {{"submit-open", ROLE_SUBMIT},   {"submit", ROLE_SUBMIT},
                 {"cancel", ROLE_SUBMIT},        {"release", ROLE_RELEASE},
                 {"release-check", ROLE_SUBMIT}, {"peer-add", ROLE_OPERATE},
                 {"peer-confirm", ROLE_OPERATE}};
    uint64_t turns = kit_turns(k);

    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        unsigned others = (ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE |
                           ROLE_READ_RED | ROLE_RELEASE) &
                          ~verbs[i].role;
        struct control_request r = {.id = 1, .verb = verbs[i].verb};
        assert_int_equal(kit_request(k, 0, &r), ERR_FORBIDDEN);
        assert_int_equal(kit_request(k, others, &r), ERR_FORBIDDEN);
    }
    assert_int_equal(
        kit_request(k, ~0u, &(struct control_request){.id = 1, .verb = "x"}),
        ERR_NOT_FOUND);
    assert_int_equal(kit_turns(k), turns);
}

static void
a_request_that_cannot_be_read_is_answered(void **state)
{
    struct kit *k = *state;

    k->reply.code = OK;
    kit_event(k, &(struct event){.type = EVENT_REQUEST,
                                 .id = 1,
                                 .a = ~0u,
                                 .data = slice_str("rubbish")});
    assert_int_not_equal(k->reply.code, OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(repeating_a_page_is_harmless),
        TEST(messages_of_a_page_stand_where_it_says),
        TEST(what_was_refused_goes_once_the_agreement_allows_it),
        TEST(a_page_that_is_there_is_answered_alike_at_the_bound),
        TEST(without_room_nothing_is_accepted_and_nothing_leaves),
        TEST(a_file_has_one_stream_however_often_it_is_opened),
        TEST(a_page_must_name_its_stream_and_number),
        TEST(peers_must_be_named_known_and_confirmed),
        TEST(a_peer_named_twice_gets_a_message_once),
        TEST(a_dry_run_stores_nothing),
        TEST(messages_are_refused_one_by_one_with_their_reason),
        TEST(the_handling_rules_refuse_with_their_reason),
        TEST(a_page_that_makes_too_much_is_refused),
        TEST(what_is_recalled_never_leaves),
        TEST(urgent_messages_go_first),
        TEST(each_request_needs_its_role),
        TEST(a_request_that_cannot_be_read_is_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
