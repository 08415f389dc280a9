#include "kit.h"

/* ---- each test's own ----------------------------------------------------- */

int
kit_setup(void **state)
{
    struct kit *k = test_calloc(1, sizeof *k);

    kit_open(k);
    *state = k;
    return 0;
}

int
kit_teardown(void **state)
{
    struct kit *k = *state;

    assert_int_equal(k->stops, 0);
    kit_close(k);
    test_free(k);
    return 0;
}

struct view_lane
kit_lane(const struct kit *k, uint32_t number)
{
    struct view_lane v;

    assert_int_equal(view_lane(k->x, number, &v), OK);
    return v;
}

struct view_peer
kit_peer(const struct kit *k)
{
    struct view_peer v;

    assert_int_equal(view_peer(k->x, 0, &v), OK);
    return v;
}

/* ---- peers --------------------------------------------------------------- */

enum err
kit_peer_add(struct kit *k, struct slice card)
{
    struct control_value v = {"card", CONTROL_BYTES, card, 0};

    return kit_request(k, ROLE_OPERATE,
                       &(struct control_request){
                           .id = 1, .verb = "peer-add", .values = {&v, 1}});
}

enum err
kit_peer_confirm(struct kit *k, const char *team, struct slice groups,
                 struct slice with)
{
    struct control_value v[3] = {
        {"team", CONTROL_TEXT, slice_str(team), 0},
        {"groups", CONTROL_TEXT, groups, 0},
        {"with", CONTROL_TEXT, with, 0},
    };

    return kit_request(k, ROLE_OPERATE,
                       &(struct control_request){
                           .id = 1, .verb = "peer-confirm", .values = {v, 3}});
}

/* Add a card and confirm it with the code that we show. */
void
kit_confirm_third(struct kit *k, struct slice card)
{
    char groups[128] = {0};

    assert_int_equal(kit_peer_add(k, card), OK);
    struct slice code = control_text(&k->reply.records[0], "code");
    assert_true(code.size < sizeof groups);
    memcpy(groups, code.data, code.size);
    assert_int_equal(kit_peer_confirm(k, "jpcert.or.jp", slice_str(groups),
                                      slice_str("their voice")),
                     OK);
}

/* ---- misbehaviours ------------------------------------------------------- */

void
kit_entries(struct kit *k)
{
    for (size_t i = 0; i < 6; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 70000 * i});
}

void
kit_run_cases(const struct kit_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct kit *k = test_calloc(1, sizeof *k);
        struct view_lane before, after;

        print_message("%s\n", cases[i].name);
        kit_open(k);
        kit_entries(k);
        kit_submit(k, 2, 10, TLP_GREEN);
        kit_connect(k);
        assert_int_equal(view_lane(k->x, KIT_LANE_IN, &before), OK);
        uint64_t turns = kit_turns(k);
        cases[i].act(k);
        kit_expect_close(k, cases[i].e);
        assert_int_equal(k->alarms, 0);
        if (!cases[i].seen)
            assert_int_equal(kit_turns(k), turns);
        assert_int_equal(view_lane(k->x, KIT_LANE_IN, &after), OK);
        assert_int_equal(after.size, before.size);
        assert_int_equal(view_lane(k->x, KIT_LANE_OUT, &after), OK);
        assert_int_equal(after.receipted, 0);
        /* S stands: what was announced must come as it was. */
        size_t made = k->entry_count;
        kit_connect(k);
        assert_int_equal(k->resume.has_seen, cases[i].seen);
        if (cases[i].seen)
            kit_batch(k, 0, (size_t)k->resume.seen.size);
        else
            kit_batch(k, 0, made);
        kit_hang_up(k);
        kit_good_session(k);
        kit_close(k);
        test_free(k);
    }
}
