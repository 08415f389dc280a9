/*
 * alarms_test - alarms have a number that stays, one for each cause, and end
 *               when it has gone or a person says so.
 */
#include "kit.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

#define HOUR_MS UINT64_C(3600000)

/* The only alarm that was ever raised. */
static struct view_alarm
only_alarm(const struct kit *k, enum alarm_kind kind)
{
    struct view_alarm v = kit_alarm(k, 1);

    assert_int_equal(kit_node(k).alarm_count, 1);
    assert_int_equal(v.cause.kind, kind);
    return v;
}

static enum err
ask(struct kit *k, const char *verb, int64_t number, const char *with)
{
    struct arena arena;
    struct control_builder b;
    struct control_request r = {.id = 1, .verb = verb};

    arena_init(&arena, MIB(1));
    control_begin(&b, &arena);
    control_add_number(&b, "number", number);
    if (with)
        control_add_text(&b, "with", slice_str(with));
    control_end_record(&b);
    r.values = b.records[0];
    enum err e = kit_request(k, ROLE_OPERATE, &r);
    arena_clear(&arena);
    return e;
}

/* Let the peer come to three entries of ours, and then to one again. */
static void
three_receipted(struct kit *k)
{
    kit_connect(k);
    for (size_t i = 0; i < 3; i++) {
        kit_submit(k, 1, 10, TLP_GREEN);
        assert_true(kit_take(k));
        kit_give_receipt(k);
    }
    kit_hang_up(k);
}

static void
claim_nothing(struct kit *k)
{
    struct frame_lane_state s;

    frontier_init(&k->held);
    k->held_at = (struct checkpoint){0};
    kit_prove(k);
    kit_claim(k, &s);
    kit_resume(k, &s);
    assert_int_equal(k->verdict.row, ROW_NORMAL);
}

static void
roll_back(struct kit *k)
{
    claim_nothing(k);
    kit_accept(k);
}

static void
catch_up(struct kit *k)
{
    while (kit_take(k))
        kit_give_receipt(k);
    assert_int_equal(k->held_at.size, 3);
}

/* ---- kinds --------------------------------------------------------------- */

static void
every_kind_has_its_own_number_name_and_words(void **state)
{
    size_t count = 0;

    (void)state;
    assert_null(alarm_words(0));
    for (uint32_t kind = 1; kind < 1000; kind++) {
        const struct alarm_words *w = alarm_words(kind);
        if (!w)
            continue;
        count++;
        assert_true(strlen(w->name) >= 3 && strlen(w->means) > 20);
        assert_true(strlen(w->done) > 10);
        assert_memory_equal(w->todo, "1. ", 3);
        assert_int_equal(strspn(w->name, "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(w->name));
        for (uint32_t other = 1; other < kind; other++)
            if (alarm_words(other))
                assert_string_not_equal(w->name, alarm_words(other)->name);
    }
    assert_true(count >= 12);
}

/* ---- causes -------------------------------------------------------------- */

static void
a_lane_that_stops_raises_the_alarm_of_its_row(void **state)
{
    struct kit *k = *state;
    struct frame_lane_state s;
    struct checkpoint c = {.size = 2, .time_s = 1700000000};
    struct lane_id lane;

    kit_connect(k);
    kit_hang_up(k);
    kit_lane_id(k, true, &lane);
    kit_sign(&k->us, KEY_ROLE_CHECKPOINT, &k->us.name, &lane, &c);
    kit_prove(k);
    kit_claim(k, &s);
    s.size = 2;
    s.root = c.root;
    s.has_checkpoint = true;
    s.checkpoint =
        (struct frame_signed){2, c.root, c.time_s, c.key, c.signature};
    kit_resume(k, &s);
    struct view_alarm v = only_alarm(k, ALARM_STOLEN_KEY);
    assert_int_equal(v.words->severity, ALARM_CRITICAL);
    assert_string_equal(v.about, "our messages to cert.gov.au");
    assert_int_equal(v.cause.lane, KIT_LANE_OUT);
    assert_int_equal(v.count, 1);
    assert_non_null(strstr(v.text, "resume row 8"));
    assert_true(kit_said(k, "A-1 stolen-key, our messages to cert.gov.au"));
    assert_int_equal(k->alarms, 1);
}

static void
a_peer_rollback_is_one_alarm_that_ends_when_it_has_caught_up(void **state)
{
    struct kit *k = *state;

    three_receipted(k);
    roll_back(k);
    struct view_alarm v = only_alarm(k, ALARM_RESTORED_PEER);
    assert_int_equal(v.end, ALARM_OPEN);
    assert_string_equal(v.text, "they hold 0 messages and gave receipts for 3");
    catch_up(k);
    v = only_alarm(k, ALARM_RESTORED_PEER);
    assert_int_equal(v.end, ALARM_BY_CAUSE);
    assert_int_equal(v.end_time.ms, k->now.wall.ms);
    assert_int_equal(kit_node(k).alarms_open, 0);
}

/* It may have been on its way for long, over a link that died meanwhile. */
static void
a_claim_of_a_peer_that_says_no_more_is_no_alarm(void **state)
{
    struct kit *k = *state;

    three_receipted(k);
    claim_nothing(k);
    assert_int_equal(kit_node(k).alarm_count, 0);
    kit_hang_up(k);
    assert_int_equal(kit_node(k).alarm_count, 0);
    claim_nothing(k);
    kit_accept(k);
    assert_int_equal(only_alarm(k, ALARM_RESTORED_PEER).count, 1);
}

/* What a peer can cause at will must not fill the journal. */
static void
a_repeat_adds_to_the_count_and_rarely_to_the_journal(void **state)
{
    struct kit *k = *state;
    uint64_t turns;

    three_receipted(k);
    roll_back(k);
    turns = kit_turns(k);
    for (uint64_t i = 2; i <= 64; i++) {
        kit_hang_up(k);
        roll_back(k);
        assert_int_equal(only_alarm(k, ALARM_RESTORED_PEER).count, i);
    }
    assert_int_equal(kit_turns(k), turns + 6);
    kit_restart(k);
    assert_int_equal(only_alarm(k, ALARM_RESTORED_PEER).count, 64);
}

static void
what_nobody_took_is_raised_again_under_its_number(void **state)
{
    struct kit *k = *state;

    three_receipted(k);
    roll_back(k);
    catch_up(k);
    kit_hang_up(k);
    roll_back(k);
    struct view_alarm v = only_alarm(k, ALARM_RESTORED_PEER);
    assert_int_equal(v.end, ALARM_OPEN);
    assert_int_equal(v.count, 2);
    assert_int_equal(ask(k, "alarm-take", 1, "Kim"), OK);
    catch_up(k);
    kit_hang_up(k);
    roll_back(k);
    assert_int_equal(kit_node(k).alarm_count, 2);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
    assert_int_equal(kit_alarm(k, 2).end, ALARM_OPEN);
    assert_int_equal(kit_alarm(k, 2).count, 1);
}

/* ---- time ---------------------------------------------------------------- */

static void
a_peer_is_down_after_a_quarter_of_an_hour_and_not_before(void **state)
{
    struct kit *k = *state;

    kit_tick(k, PEER_DOWN_MS - 10);
    assert_int_equal(kit_node(k).alarm_count, 0);
    assert_true(exchange_deadline(k->x).ms <= k->now.mono.ms + 10);
    kit_tick(k, 10);
    struct view_alarm v = only_alarm(k, ALARM_PEER_DOWN);
    assert_string_equal(v.about, "cert.gov.au");
    assert_string_equal(v.text, "no connection yet");
    kit_tick(k, 10 * HOUR_MS);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).count, 1);
    kit_restart(k);
    kit_tick(k, HOUR_MS);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).count, 1);
    kit_connect(k);
    kit_tick(k, LINK_STEADY_MS);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).end, ALARM_BY_CAUSE);
    kit_hang_up(k);
    kit_tick(k, PEER_DOWN_MS - 1000);
    kit_connect(k);
    kit_tick(k, LINK_STEADY_MS);
    kit_tick(k, HOUR_MS);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).count, 1);
}

static void
a_peer_whose_sessions_end_as_soon_as_they_began_is_down(void **state)
{
    struct kit *k = *state;

    for (size_t i = 0; i < PEER_DOWN_MS / 5000; i++) {
        assert_int_equal(kit_node(k).alarm_count, 0);
        kit_connect(k);
        kit_hang_up(k);
        kit_tick(k, 5000);
    }
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).end, ALARM_OPEN);
    kit_connect(k);
    kit_tick(k, LINK_STEADY_MS - 1000);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).end, ALARM_OPEN);
    kit_tick(k, 1000);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).end, ALARM_BY_CAUSE);
}

static void
what_a_person_closed_is_not_raised_again_while_it_lasts(void **state)
{
    struct kit *k = *state;

    kit_tick(k, PEER_DOWN_MS);
    assert_int_equal(ask(k, "alarm-close", 1, "until Monday"), OK);
    assert_int_equal(only_alarm(k, ALARM_PEER_DOWN).end, ALARM_BY_PERSON);
    kit_tick(k, 3 * HOUR_MS);
    kit_restart(k);
    kit_tick(k, 3 * HOUR_MS);
    struct view_alarm v = only_alarm(k, ALARM_PEER_DOWN);
    assert_int_equal(v.end, ALARM_BY_PERSON);
    assert_string_equal(v.end_with, "until Monday");
    assert_int_equal(v.end_uid, 1000);
    kit_connect(k);
    kit_tick(k, LINK_STEADY_MS);
    kit_hang_up(k);
    kit_tick(k, PEER_DOWN_MS);
    assert_int_equal(kit_node(k).alarm_count, 2);
    assert_int_equal(kit_alarm(k, 2).end, ALARM_OPEN);
}

static void
a_card_is_warned_of_sixty_thirty_and_seven_days_before_it_expires(void **state)
{
    struct kit *k = *state;
    uint64_t end = (uint64_t)UINT32_MAX * 1000;

    kit_tick(k, PEER_DOWN_MS);
    k->now.wall.ms = end - 61 * 24 * HOUR_MS;
    kit_tick(k, HOUR_MS);
    only_alarm(k, ALARM_PEER_DOWN);
    k->now.wall.ms = end - 60 * 24 * HOUR_MS;
    kit_tick(k, HOUR_MS);
    assert_int_equal(kit_node(k).alarm_count, 3);
    assert_int_equal(kit_alarm(k, 2).cause.kind, ALARM_CARD_EXPIRES);
    assert_string_equal(kit_alarm(k, 2).about, "this node");
    assert_string_equal(kit_alarm(k, 3).about, "cert.gov.au");
    assert_int_equal(k->alarms, 0);
    k->now.wall.ms = end - 30 * 24 * HOUR_MS;
    kit_tick(k, HOUR_MS);
    assert_int_equal(kit_node(k).alarm_count, 5);
    assert_int_equal(kit_node(k).alarms_open, 3);
    k->now.wall.ms = end - 7 * 24 * HOUR_MS;
    kit_tick(k, HOUR_MS);
    assert_int_equal(kit_node(k).alarm_count, 7);
    assert_int_equal(kit_node(k).alarms_open, 3);
    assert_int_equal(kit_alarm(k, 6).cause.index, 7);
    k->now.wall.ms = end;
    kit_tick(k, HOUR_MS);
    assert_int_equal(kit_node(k).alarm_count, 9);
    assert_int_equal(kit_node(k).alarms_open, 3);
    assert_int_equal(kit_alarm(k, 2).end, ALARM_BY_CAUSE);
    assert_int_equal(kit_alarm(k, 8).cause.kind, ALARM_CARD_EXPIRED);
    assert_int_equal(k->alarms, 2);
    /* A clock that is set right again ends it. */
    k->now.wall.ms = end / 2;
    kit_tick(k, HOUR_MS);
    assert_int_equal(kit_node(k).alarms_open, 1);
}

/* Put cards in force whose TLS certificates end before they do. */
static void
renew(struct kit *k, uint64_t end_s)
{
    struct team us, them;

    team_make_until(&us, "krcert.or.kr", "krcert", 1, end_s);
    team_make_until(&them, "cert.gov.au", "certau", 2, end_s + 3600);
    assert_int_equal(kit_peer_add(k, buf_slice(&them.renewed)), OK);
    buf_reset(&k->us.card);
    buf_put(&k->us.card, buf_slice(&us.renewed));
    kit_restart(k);
    team_clear(&us);
    team_clear(&them);
}

static void
a_certificate_is_warned_of_apart_from_its_card(void **state)
{
    struct kit *k = *state;
    uint64_t end_s = k->now.wall.ms / 1000 + 61 * 86400;

    renew(k, end_s);
    assert_int_equal(kit_node(k).card_version, 2);
    assert_int_equal(kit_node(k).alarm_count, 0);
    k->now.wall.ms = (end_s - 30 * 86400) * 1000;
    kit_tick(k, HOUR_MS);
    struct view_alarm v = kit_alarm(k, 1);
    assert_int_equal(v.cause.kind, ALARM_CERTIFICATE_EXPIRES);
    assert_int_equal(v.cause.index, EXPIRY_SECOND_DAYS);
    assert_string_equal(v.about, "this node");
    assert_string_equal(v.text, "the TLS certificate of the card, version 2, "
                                "expires in 29 days");
    assert_string_equal(kit_alarm(k, 2).about, "cert.gov.au");
    assert_int_equal(kit_alarm(k, 3).cause.kind, ALARM_PEER_DOWN);
    /* Ours has ended, theirs ends within the hour; the cards are good. */
    k->now.wall.ms = end_s * 1000 - HOUR_MS;
    kit_tick(k, HOUR_MS);
    v = kit_alarm(k, 4);
    assert_int_equal(v.cause.kind, ALARM_CERTIFICATE_EXPIRED);
    assert_string_equal(v.about, "this node");
    assert_string_equal(v.text, "the TLS certificate of the card, version 2, "
                                "has expired");
    v = kit_alarm(k, 5);
    assert_int_equal(v.cause.kind, ALARM_CERTIFICATE_EXPIRES);
    assert_int_equal(v.cause.index, EXPIRY_LAST_DAYS);
    assert_string_equal(v.about, "cert.gov.au");
    assert_int_equal(kit_node(k).alarm_count, 5);
    assert_int_equal(kit_alarm(k, 1).end, ALARM_BY_CAUSE);
}

static void
a_full_disk_is_an_alarm_until_there_is_room(void **state)
{
    struct kit *k = *state;
    struct event e = {.type = EVENT_ROOM, .a = MIB(100)};

    kit_event(k, &e);
    struct view_alarm v = only_alarm(k, ALARM_DISK_FULL);
    assert_int_equal(v.words->severity, ALARM_CRITICAL);
    assert_non_null(strstr(v.text, "100 MiB"));
    e.a = MIB(3);
    kit_event(k, &e);
    kit_tick(k, 60000);
    assert_int_equal(only_alarm(k, ALARM_DISK_FULL).count, 1);
    e.a = ROOM_PLENTY;
    kit_event(k, &e);
    assert_int_equal(only_alarm(k, ALARM_DISK_FULL).end, ALARM_BY_CAUSE);
}

/* ---- people -------------------------------------------------------------- */

static void
a_person_takes_an_alarm_with_words_and_a_time(void **state)
{
    struct kit *k = *state;
    char *long_text = test_calloc(1, 2000);

    memset(long_text, 'x', 1999);
    kit_tick(k, PEER_DOWN_MS);
    uint64_t turns = kit_turns(k);
    assert_int_equal(ask(k, "alarm-take", 2, "Kim"), ERR_NOT_FOUND);
    assert_int_equal(ask(k, "alarm-take", -1, "Kim"), ERR_NOT_FOUND);
    assert_int_equal(ask(k, "alarm-take", 1, NULL), ERR_MISSING);
    assert_int_equal(ask(k, "alarm-take", 1, long_text), ERR_LIMIT);
    assert_int_equal(ask(k, "alarm-close", 1, NULL), ERR_MISSING);
    assert_int_equal(kit_turns(k), turns);
    assert_false(only_alarm(k, ALARM_PEER_DOWN).taken);
    assert_int_equal(ask(k, "alarm-take", 1, "Kim, phoned"), OK);
    assert_int_equal(ask(k, "alarm-take", 1, "Lee, night shift"), OK);
    kit_restart(k);
    struct view_alarm v = only_alarm(k, ALARM_PEER_DOWN);
    assert_true(v.taken);
    assert_string_equal(v.taken_with, "Lee, night shift");
    assert_int_equal(v.taken_uid, 1000);
    assert_int_equal(v.taken_time.ms, k->now.wall.ms);
    assert_int_equal(v.end, ALARM_OPEN);
    assert_int_equal(ask(k, "alarm-close", 1, "done"), OK);
    assert_int_equal(ask(k, "alarm-close", 1, "done"), ERR_EXISTS);
    assert_int_equal(ask(k, "alarm-take", 1, "Kim"), ERR_EXISTS);
    test_free(long_text);
}

static void
changes_are_told_one_after_another(void **state)
{
    struct kit *k = *state;
    struct view_alarm v;

    assert_int_equal(view_alarm_after(k->x, 0, &v), ERR_NOT_FOUND);
    kit_tick(k, PEER_DOWN_MS);
    assert_int_equal(view_alarm_after(k->x, 0, &v), OK);
    uint64_t raised = v.news;
    assert_int_equal(view_alarm_after(k->x, raised, &v), ERR_NOT_FOUND);
    assert_int_equal(ask(k, "alarm-take", 1, "Kim"), OK);
    assert_int_equal(view_alarm_after(k->x, raised, &v), OK);
    assert_true(v.taken && v.news > raised);
    assert_int_equal(kit_node(k).alarm_news, v.news);
}

/* ---- bounds -------------------------------------------------------------- */

static enum err
put(struct exchange *x, uint64_t number, uint64_t index)
{
    return exchange_restore(x, &(struct fact){.type = FACT_ALARM,
                                              .number = number,
                                              .code = ALARM_CARD_EXPIRES,
                                              .peer = UINT32_MAX,
                                              .lane = UINT32_MAX,
                                              .index = index});
}

static enum err
note(struct exchange *x, uint64_t number, uint32_t what)
{
    return exchange_restore(x, &(struct fact){.type = FACT_ALARM_NOTED,
                                              .number = number,
                                              .code = what});
}

static void
so_many_are_kept_and_those_that_ended_go_first(void **state)
{
    struct kit *k = *state;
    struct exchange *x = exchange_new(&k->port);
    struct view_alarm v;

    for (uint64_t i = 1; i <= 1024; i++)
        assert_int_equal(put(x, i, i), OK);
    assert_int_equal(note(x, 500, ALARM_NOTE_GONE), OK);
    assert_int_equal(note(x, 600, ALARM_NOTE_TAKEN), OK);
    assert_int_equal(put(x, 1025, 0), OK);
    assert_int_equal(view_alarm_numbered(x, 500, &v), ERR_NOT_FOUND);
    assert_int_equal(view_alarm_numbered(x, 1, &v), OK);
    assert_int_equal(put(x, 1026, 0), OK);
    assert_int_equal(view_alarm_numbered(x, 600, &v), ERR_NOT_FOUND);
    assert_int_equal(put(x, 1027, 0), OK);
    assert_int_equal(view_alarm_numbered(x, 1, &v), ERR_NOT_FOUND);
    assert_int_equal(view_alarm(x, 1023, &v), OK);
    assert_int_equal(v.number, 1027);
    assert_int_equal(view_alarm(x, 1024, &v), ERR_NOT_FOUND);
    /* What is told of one that was forgotten is no damage. */
    assert_int_equal(note(x, 500, ALARM_NOTE_GONE), OK);
    exchange_free(x);
}

static void
facts_that_cannot_be_are_damage(void **state)
{
    struct kit *k = *state;
    struct exchange *x = exchange_new(&k->port);
    struct fact f = {.type = FACT_ALARM,
                     .number = 1,
                     .code = ALARM_PEER_DOWN,
                     .peer = UINT32_MAX,
                     .lane = UINT32_MAX};
    struct fact bad[4];

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        bad[i] = f;
    bad[0].number = 0;
    bad[1].code = 999;
    bad[2].peer = 0;
    bad[3].lane = 0;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(exchange_restore(x, &bad[i]), ERR_DAMAGED);
    assert_int_equal(note(x, 1, ALARM_NOTE_GONE), ERR_DAMAGED);
    assert_int_equal(exchange_restore(x, &f), OK);
    assert_int_equal(exchange_restore(x, &f), ERR_DAMAGED);
    assert_int_equal(note(x, 1, 0), ERR_DAMAGED);
    assert_int_equal(note(x, 1, ALARM_NOTE_CLOSED + 1), ERR_DAMAGED);
    exchange_free(x);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_own_number_name_and_words),
        TEST(a_lane_that_stops_raises_the_alarm_of_its_row),
        TEST(a_peer_rollback_is_one_alarm_that_ends_when_it_has_caught_up),
        TEST(a_claim_of_a_peer_that_says_no_more_is_no_alarm),
        TEST(a_repeat_adds_to_the_count_and_rarely_to_the_journal),
        TEST(what_nobody_took_is_raised_again_under_its_number),
        TEST(a_peer_is_down_after_a_quarter_of_an_hour_and_not_before),
        TEST(a_peer_whose_sessions_end_as_soon_as_they_began_is_down),
        TEST(what_a_person_closed_is_not_raised_again_while_it_lasts),
        TEST(a_certificate_is_warned_of_apart_from_its_card),
        TEST(a_full_disk_is_an_alarm_until_there_is_room),
        TEST(a_card_is_warned_of_sixty_thirty_and_seven_days_before_it_expires),
        TEST(a_person_takes_an_alarm_with_words_and_a_time),
        TEST(changes_are_told_one_after_another),
        TEST(so_many_are_kept_and_those_that_ended_go_first),
        TEST(facts_that_cannot_be_are_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
