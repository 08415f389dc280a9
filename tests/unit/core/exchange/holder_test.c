/*
 * holder_test - a peer that is who it says and misbehaves as origin of its
 *               lane.
 */
#include "kit.h"

/* ---- as origin ----------------------------------------------------------- */

/* Send a HEADER of the first three entries that `bend` has changed. */
static void
header_bent(struct kit *k, void (*bend)(struct frame_batch *f, uint8_t *first))
{
    struct buf records = {0}, out = {0};
    struct frame_batch f;

    kit_header_of(k, &f, &records, 0, 3);
    bend(&f, records.data);
    frame_batch_put(&out, &f);
    kit_send(k, &out);
    buf_clear(&records);
    buf_clear(&out);
}

static void
bend_start(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->start = 1;
}

static void
bend_start_far(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->start = UINT64_MAX;
}

static void
bend_root(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->root.b[0] ^= 1;
}

static void
bend_time(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->time_s++;
}

static void
bend_signature(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->signature.b[63] ^= 1;
}

static void
bend_key(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->key.b[3] ^= 1;
}

static void
bend_lane(struct frame_batch *f, uint8_t *first)
{
    (void)first;
    f->lane.b[0] ^= 1;
}

static void
bend_magic(struct frame_batch *f, uint8_t *first)
{
    (void)f;
    first[0] ^= 1;
}

static void
bend_index(struct frame_batch *f, uint8_t *first)
{
    (void)f;
    first[23] ^= 1;
}

static void
bend_length(struct frame_batch *f, uint8_t *first)
{
    (void)f;
    first[12] = 2; /* 32 MiB */
}

static void
bend_total(struct frame_batch *f, uint8_t *first)
{
    (void)f;
    first[13] = 0x40; /* 4 MiB, and the others */
}

static void
bend_tlp(struct frame_batch *f, uint8_t *first)
{
    (void)f;
    first[10] ^= 1;
}

#define BENT(name)                                                             \
    static void name##_case(struct kit *k)                                     \
    {                                                                          \
        header_bent(k, name);                                                  \
    }

BENT(bend_start)
BENT(bend_start_far)
BENT(bend_root)
BENT(bend_time)
BENT(bend_signature)
BENT(bend_key)
BENT(bend_lane)
BENT(bend_magic)
BENT(bend_index)
BENT(bend_length)
BENT(bend_total)
BENT(bend_tlp)

static void
the_same_header_twice(struct kit *k)
{
    struct buf out = {0};

    kit_header(k, &out, 0, 2);
    kit_header(k, &out, 0, 2);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
more_headers_than_the_window(struct kit *k)
{
    struct buf out = {0};

    for (uint64_t i = 0; i < 5; i++)
        kit_header(k, &out, i, 1);
    kit_send(k, &out);
    buf_clear(&out);
}

/* Announce three entries, then send a body that was bent. */
static void
body_bent(struct kit *k, uint64_t index, void (*bend)(struct frame_body *b))
{
    const struct kit_entry *e = &k->entries[index];
    size_t size = e->body.size < PIECE_BYTES ? e->body.size : PIECE_BYTES;
    struct frame_body b = {.index = index,
                           .salt = SLICE_ARRAY(e->salt),
                           .piece = slice_of(e->body.data, size)};
    struct buf out = {0};

    kit_lane_id(k, false, &b.lane);
    bend(&b);
    kit_header(k, &out, 0, 3);
    frame_body_put(&out, &b);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
bend_salt(struct frame_body *b)
{
    static const uint8_t other[SALT_BYTES] = {9};
    b->salt = SLICE_ARRAY(other);
}

static void
bend_body_lane(struct frame_body *b)
{
    b->lane.b[5] ^= 1;
}

static void
bend_short(struct frame_body *b)
{
    b->piece.size--;
}

static void
bend_nothing(struct frame_body *b)
{
    (void)b;
}

static void
a_body_that_does_not_match(struct kit *k)
{
    body_bent(k, 0, bend_salt);
}

static void
a_body_of_a_strange_lane(struct kit *k)
{
    body_bent(k, 0, bend_body_lane);
}

static void
a_body_that_is_too_short(struct kit *k)
{
    body_bent(k, 0, bend_short);
}

static void
a_body_out_of_order(struct kit *k)
{
    body_bent(k, 1, bend_nothing);
}

static void
a_body_that_nobody_wants(struct kit *k)
{
    body_bent(k, 3, bend_nothing);
}

static void
a_body_without_a_header(struct kit *k)
{
    struct buf out = {0};

    kit_body(k, &out, 0);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
a_body_twice(struct kit *k)
{
    struct buf out = {0};

    kit_header(k, &out, 0, 3);
    kit_body(k, &out, 0);
    kit_body(k, &out, 0);
    kit_send(k, &out);
    buf_clear(&out);
}

/* The second entry has 70,000 bytes: a BODY and a PIECE. */
static void
piece_bent(struct kit *k, void (*bend)(struct frame_piece *p))
{
    const struct kit_entry *e = &k->entries[1];
    struct frame_body b = {.index = 1,
                           .salt = SLICE_ARRAY(e->salt),
                           .piece = slice_of(e->body.data, PIECE_BYTES)};
    struct frame_piece p = {.index = 1,
                            .offset = PIECE_BYTES,
                            .bytes = slice_of(e->body.data + PIECE_BYTES,
                                              e->body.size - PIECE_BYTES)};
    struct buf out = {0};

    kit_lane_id(k, false, &b.lane);
    p.lane = b.lane;
    kit_header(k, &out, 0, 3);
    kit_body(k, &out, 0);
    frame_body_put(&out, &b);
    bend(&p);
    frame_piece_put(&out, &p);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
bend_offset(struct frame_piece *p)
{
    p->offset--;
}

static void
bend_piece_index(struct frame_piece *p)
{
    p->index++;
}

static void
bend_piece_size(struct frame_piece *p)
{
    p->bytes.size--;
}

static void
bend_piece_byte(struct frame_piece *p)
{
    static uint8_t other[PIECE_BYTES];
    p->bytes.data = other;
    other[0] = 0xff;
}

static void
a_piece_at_another_offset(struct kit *k)
{
    piece_bent(k, bend_offset);
}

static void
a_piece_of_another_body(struct kit *k)
{
    piece_bent(k, bend_piece_index);
}

static void
a_piece_of_another_size(struct kit *k)
{
    piece_bent(k, bend_piece_size);
}

static void
a_piece_that_does_not_match(struct kit *k)
{
    piece_bent(k, bend_piece_byte);
}

static void
verdict(struct kit *k, uint64_t start, uint8_t lane_bit)
{
    struct frame_verdict v = {.row = ROW_NORMAL, .start = start};
    struct buf out = {0};

    kit_lane_id(k, false, &v.lane);
    v.lane.b[0] ^= lane_bit;
    frame_verdict_put(&out, &v);
    kit_send(k, &out);
    buf_clear(&out);
}

static void
a_second_verdict(struct kit *k)
{
    verdict(k, 0, 0);
}

static void
a_verdict_on_a_strange_lane(struct kit *k)
{
    verdict(k, 0, 1);
}

static const struct kit_case cases[] = {
    {"HEADER with a gap", bend_start_case, ERR_RANGE, false},
    {"HEADER from the end of numbers", bend_start_far_case, ERR_RANGE, false},
    {"HEADER of another root", bend_root_case, ERR_ROOT, false},
    {"HEADER of another time", bend_time_case, ERR_SIGNATURE, false},
    {"HEADER badly signed", bend_signature_case, ERR_SIGNATURE, false},
    {"HEADER by another key", bend_key_case, ERR_KEY, false},
    {"HEADER of a strange lane", bend_lane_case, ERR_UNKNOWN_LANE, false},
    {"leaf record without magic", bend_magic_case, ERR_FORMAT, false},
    {"leaf record of another index", bend_index_case, ERR_RANGE, false},
    {"leaf record too long", bend_length_case, ERR_LIMIT, false},
    {"batch too long", bend_total_case, ERR_LIMIT, false},
    {"leaf record changed", bend_tlp_case, ERR_ROOT, false},
    {"HEADER twice", the_same_header_twice, ERR_RANGE, true},
    {"too many HEADERs", more_headers_than_the_window, ERR_CREDIT, true},
    {"body does not match", a_body_that_does_not_match, ERR_COMMITMENT, true},
    {"body of a strange lane", a_body_of_a_strange_lane, ERR_UNKNOWN_LANE,
     true},
    {"body too short", a_body_that_is_too_short, ERR_RANGE, true},
    {"body out of order", a_body_out_of_order, ERR_CREDIT, true},
    {"body unwanted", a_body_that_nobody_wants, ERR_CREDIT, true},
    {"body without HEADER", a_body_without_a_header, ERR_CREDIT, false},
    {"body twice", a_body_twice, ERR_CREDIT, true},
    {"piece elsewhere", a_piece_at_another_offset, ERR_CREDIT, true},
    {"piece of another body", a_piece_of_another_body, ERR_CREDIT, true},
    {"piece too short", a_piece_of_another_size, ERR_RANGE, true},
    {"piece does not match", a_piece_that_does_not_match, ERR_COMMITMENT, true},
    {"second VERDICT", a_second_verdict, ERR_UNEXPECTED, false},
    {"VERDICT elsewhere", a_verdict_on_a_strange_lane, ERR_UNKNOWN_LANE, false},
};

static void
an_origin_that_misbehaves_ends_its_session_and_nothing_else(void **state)
{
    (void)state;
    kit_run_cases(cases, ARRAY_SIZE(cases));
}

/* ---- credit -------------------------------------------------------------- */

/* A peer that announces much and sends nothing holds back itself alone: what
 * is wanted of it stays bounded. */
/* PROTOCOL batches: "A holder MUST ask only for bodies for which it has
 * reserved room." */
static void
credit_of_one_link_is_bounded(void **state)
{
    struct kit *k = test_calloc(1, sizeof *k);
    struct leaf plain = {.tlp = TLP_GREEN};
    uint8_t *body = test_calloc(1, MIB(4));
    struct buf out = {0};
    struct slice payload;
    size_t wants = 0;

    (void)state;
    kit_open(k);
    k->window = 64;
    kit_restart(k);
    for (size_t i = 0; i < 20; i++)
        kit_entry_of(k, &plain, slice_of(body, MIB(4) - 32));
    kit_connect(k);
    for (uint64_t i = 0; i < 20; i++)
        kit_header(k, &out, i, 1);
    kit_send(k, &out);
    assert_false(k->down);
    while (kit_next(k, FRAME_WANT, &payload))
        wants++;
    assert_int_equal(wants, 8); /* of 4 MiB: 32 MiB */
    buf_clear(&out);
    test_free(body);
    kit_close(k);
    test_free(k);
}

/* A disk that is full stops the asking, not the session. */
static void
without_room_nothing_is_asked_for(void **state)
{
    struct kit *k = test_calloc(1, sizeof *k);
    struct event none = {.type = EVENT_ROOM, .a = 0};
    struct event some = {.type = EVENT_ROOM, .a = MIB(1)};
    struct buf out = {0};
    struct slice payload;

    (void)state;
    kit_open(k);
    kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 100});
    kit_connect(k);
    kit_event(k, &none);
    kit_header(k, &out, 0, 1);
    kit_send(k, &out);
    assert_false(kit_next(k, FRAME_WANT, &payload));
    assert_false(k->down);
    kit_event(k, &some);
    assert_true(kit_next(k, FRAME_WANT, &payload));
    buf_clear(&out);
    kit_close(k);
    test_free(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_origin_that_misbehaves_ends_its_session_and_nothing_else),
        cmocka_unit_test(credit_of_one_link_is_bounded),
        cmocka_unit_test(without_room_nothing_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
