/*
 * mutations_test - a peer that says almost the right thing: the frames of a
 *                  good session with bytes changed, frames dropped, doubled,
 *                  swapped. Nothing crashes, nothing stops the node, and its
 *                  lane goes on with the same peer afterwards.
 */
#include "kit.h"

#define ROUNDS 1500
#define FRAMES_MAX 64
#define ENTRIES 4

struct spoken {
    struct buf bytes;
    struct slice frames[FRAMES_MAX];
    size_t count;
};

static void
entries(struct kit *k)
{
    for (size_t i = 0; i < ENTRIES; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT,
                                        i == 2 ? TLP_RED : TLP_GREEN, 40 * i});
}

/* What the peer says in a session with batches and receipts both ways. */
static void
record(struct spoken *s)
{
    struct kit *k = test_calloc(1, sizeof *k);

    kit_open(k);
    entries(k);
    kit_submit(k, 3, 10, TLP_GREEN);
    kit_connect(k);
    kit_batch(k, 0, 2);
    kit_batch(k, 2, 2);
    while (kit_take(k))
        kit_give_receipt(k);
    buf_put(&s->bytes, buf_slice(&k->spoken));
    struct slice rest = buf_slice(&s->bytes);
    while (rest.size) {
        size_t size = FRAME_HEADER_BYTES + get_be32(rest.data);
        assert_true(s->count < FRAMES_MAX);
        s->frames[s->count++] = slice_of(rest.data, size);
        rest = slice_of(rest.data + size, rest.size - size);
    }
    assert_true(s->count > 10);
    kit_close(k);
    test_free(k);
}

static void
bend(struct buf *frame, struct dice *d)
{
    uint32_t size;

    switch (dice_below(d, 4)) {
    case 0: /* bytes anywhere */
    case 1:
        for (uint64_t n = 1 + dice_below(d, 4); n; n--)
            frame->data[dice_below(d, frame->size)] ^=
                (uint8_t)(1 + dice_below(d, 255));
        break;
    case 2: /* a shorter payload */
        size = get_be32(frame->data);
        size = size ? (uint32_t)dice_below(d, size) : 0;
        frame->size = FRAME_HEADER_BYTES + size;
        buf_set_u32(frame, 0, size);
        break;
    case 3: /* another type */
        frame->data[4] = (uint8_t)dice_below(d, FRAME_TYPE_COUNT + 1);
        break;
    }
    /* A BODY that became a good GONE: gone_test. */
    if (frame->data[4] == FRAME_GONE)
        frame->data[4] = FRAME_ABSENT;
}

static void
say(struct kit *k, struct slice frame)
{
    kit_event(
        k, &(struct event){.type = EVENT_FRAME, .id = k->link, .data = frame});
}

/* Say the session once more, with a few frames not as they were. */
static void
say_bent(struct kit *k, const struct spoken *s, struct dice *d)
{
    struct buf frame = {0};

    for (size_t i = 0; i < s->count && !k->down; i++) {
        buf_reset(&frame);
        buf_put(&frame, s->frames[i]);
        if (dice_chance(d, 85)) {
            say(k, buf_slice(&frame));
            continue;
        }
        switch (dice_below(d, 6)) {
        case 0:
            break; /* dropped */
        case 1:
            say(k, buf_slice(&frame));
            say(k, buf_slice(&frame));
            break;
        case 2:
            say(k, s->frames[dice_below(d, s->count)]);
            break;
        default:
            bend(&frame, d);
            say(k, buf_slice(&frame));
        }
    }
    buf_clear(&frame);
}

static void
the_node_survives_whatever_a_peer_says(void **state)
{
    struct spoken s = {0};
    size_t closed = 0, whole = 0;

    (void)state;
    record(&s);
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct kit *k = test_calloc(1, sizeof *k);
        struct dice dice = {seed};
        kit_open(k);
        entries(k);
        kit_submit(k, 3, 10, TLP_GREEN);
        kit_link(k);
        say_bent(k, &s, &dice);
        closed += k->down;
        if (!k->down)
            kit_hang_up(k);
        assert_int_equal(k->stops, 0);
        /* The same peer, as it should be. */
        kit_connect(k);
        assert_false(k->down);
        uint64_t size = k->resume.size;
        whole += size == ENTRIES;
        assert_true(size == 0 || size == 2 || size == ENTRIES);
        for (; size < ENTRIES; size += 2)
            kit_batch(k, size, 2);
        assert_int_equal(kit_lane(k, KIT_LANE_IN).receipted, ENTRIES);
        kit_close(k);
        test_free(k);
    }
    print_message("%zu sessions of %d were ended, %zu had done their work\n",
                  closed, ROUNDS, whole);
    assert_true(closed > ROUNDS / 2);
    buf_clear(&s.bytes);
}

/* The same of what users ask; they are not trusted either. */
static void
the_node_survives_whatever_a_user_asks(void **state)
{
    struct kit *k = *state;
    struct dice dice = {1};
    struct buf good = {0}, bent = {0};
    struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, 1},
        {"stream", CONTROL_BYTES, slice_str("0123456789abcdef"), 0},
        {"first", CONTROL_NUMBER, {0}, 0},
        {"to", CONTROL_TEXT, slice_str("certau"), 0},
        {"card", CONTROL_BYTES, buf_slice(&k->them.card), 0},
        {"groups", CONTROL_TEXT, slice_str("1234 5678"), 0},
        {"with", CONTROL_TEXT, slice_str("somebody"), 0},
        {"team", CONTROL_TEXT, slice_str("cert.gov.au"), 0},
        {"lane", CONTROL_NUMBER, {0}, 1},
        {"index", CONTROL_NUMBER, {0}, 0},
    };
    static const char *const verbs[] = {"submit-open", "submit",
                                        "cancel",      "expunge",
                                        "peer-add",    "peer-confirm"};

    for (size_t i = 0; i < 4 * ROUNDS; i++) {
        struct slice message = slice_str("\x08\x02");
        struct control_request r = {
            .id = i,
            .verb = verbs[i % ARRAY_SIZE(verbs)],
            .values = {values, ARRAY_SIZE(values)},
            .messages = &message,
            .message_count = 1,
        };
        buf_reset(&good);
        buf_reset(&bent);
        control_request_put(&good, &r);
        buf_put(&bent, slice_of(good.data + 4, good.size - 4));
        for (uint64_t n = dice_below(&dice, 4); n; n--)
            bent.data[dice_below(&dice, bent.size)] ^=
                (uint8_t)(1 + dice_below(&dice, 255));
        kit_event(k, &(struct event){.type = EVENT_REQUEST,
                                     .id = 1,
                                     .a = ~0u,
                                     .data = buf_slice(&bent)});
        assert_true(k->reply.code < ERR_COUNT);
    }
    kit_good_session(k);
    buf_clear(&good);
    buf_clear(&bent);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_node_survives_whatever_a_peer_says),
        cmocka_unit_test_setup_teardown(the_node_survives_whatever_a_user_asks,
                                        kit_setup, kit_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
