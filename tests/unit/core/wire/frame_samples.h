/*
 * frame_samples - one of each frame, small, with every field.
 *
 * Trusts:     that fill_samples ran before.
 */
#ifndef TESTS_UNIT_CORE_WIRE_FRAME_SAMPLES_H
#define TESTS_UNIT_CORE_WIRE_FRAME_SAMPLES_H

#include "core/wire/card.h"
#include "core/wire/frames.h"
#include "kit.h"

static uint8_t genesis[FRAME_GENESIS_BYTES], salt[FRAME_SALT_BYTES];
static uint8_t records[2 * FRAME_LEAF_BYTES], piece[20];
static const uint8_t bitmap[] = {0xa5, 0x07};

static struct frame_signed
signed_sample(unsigned seed)
{
    struct frame_signed s = {.size = 1000 + seed, .time_s = 1790000000 + seed};

    kit_fill(s.root.b, sizeof s.root.b, seed);
    kit_fill(s.key.b, sizeof s.key.b, seed + 1);
    kit_fill(s.signature.b, sizeof s.signature.b, seed + 2);
    return s;
}

static struct lane_id
lane_sample(void)
{
    return (struct lane_id){{3, 1, 4, 1, 5, 9, 2, 6}};
}

static void
put_hello(struct buf *out)
{
    struct frame_hello f = {
        .version = 1,
        .team = {"krcert.or.kr"},
        .peer = {"cert.gov.au"},
        .card_version = 7,
        .peer_card_version = 0,
        .body_bytes_max = BODY_ANNOUNCED,
        .batches_in_flight = BATCHES_IN_FLIGHT,
    };

    kit_fill(f.card_hash.b, sizeof f.card_hash.b, 11);
    kit_fill(f.boot_id, sizeof f.boot_id, 12);
    frame_hello_put(out, &f);
}

static void
put_card(struct buf *out)
{
    struct signed_card c = {.card = slice_str("card"), .key_count = 2};

    c.root_signature = signed_sample(4).signature;
    for (unsigned i = 0; i < 2; i++) {
        c.key_ids[i] = signed_sample(20 + i).key;
        c.key_signatures[i] = signed_sample(30 + i).signature;
    }
    frame_card_put(out, &c);
}

static void
put_auth(struct buf *out)
{
    struct frame_signed s = signed_sample(40);

    frame_auth_put(out, &(struct frame_auth){s.key, s.signature});
}

static void
put_resume(struct buf *out)
{
    struct frame_lane_state lanes[2] = {
        {
            .lane = lane_sample(),
            .genesis = SLICE_ARRAY(genesis),
            .size = 500,
            .root = signed_sample(5).root,
            .has_checkpoint = true,
            .has_seen = true,
            .has_receipt = true,
            .has_receipt_answers = true,
            .checkpoint = signed_sample(6),
            .seen = signed_sample(7),
            .receipt = signed_sample(8),
            .receipt_answers = signed_sample(9),
        },
        {.lane = lane_sample(), .genesis = SLICE_ARRAY(genesis)},
    };
    struct frame_resume f = {lanes, 2};

    frame_resume_put(out, &f);
}

static void
put_verdict(struct buf *out)
{
    frame_verdict_put(out,
                      &(struct frame_verdict){lane_sample(), 4, 1000, 500});
}

static void
put_genesis(struct buf *out)
{
    frame_genesis_put(
        out, &(struct frame_genesis){lane_sample(), SLICE_ARRAY(genesis)});
}

static void
put_batch(struct buf *out)
{
    struct frame_signed s = signed_sample(50);

    frame_batch_put(out, &(struct frame_batch){lane_sample(), 17,
                                               SLICE_ARRAY(records), s.root,
                                               s.time_s, s.key, s.signature});
}

static void
put_want(struct buf *out)
{
    frame_want_put(
        out, &(struct frame_want){lane_sample(), 17, 11, SLICE_ARRAY(bitmap)});
}

static void
put_body(struct buf *out)
{
    frame_body_put(out,
                   &(struct frame_body){lane_sample(), 18, SLICE_ARRAY(salt),
                                        SLICE_ARRAY(piece)});
}

static void
put_piece(struct buf *out)
{
    frame_piece_put(out, &(struct frame_piece){lane_sample(), 18, 65536,
                                               SLICE_ARRAY(piece)});
}

#define PUT_MARK(name, type, number)                                           \
    static void put_##name(struct buf *out)                                    \
    {                                                                          \
        frame_mark_put(out, type,                                              \
                       &(struct frame_mark){lane_sample(), number});           \
    }

PUT_MARK(gone, FRAME_GONE, 19)
PUT_MARK(absent, FRAME_ABSENT, 20)
PUT_MARK(held, FRAME_HELD, 21)

static void
put_receipt(struct buf *out)
{
    struct frame_signed s = signed_sample(60);

    frame_receipt_put(out,
                      &(struct frame_receipt){lane_sample(), signed_sample(61),
                                              s.time_s, s.key, s.signature});
}

static void
put_fetch(struct buf *out)
{
    frame_fetch_put(out, &(struct frame_fetch){lane_sample(), 100, 300});
}

static void
put_ping(struct buf *out)
{
    frame_ping_put(out, &(struct frame_ping){1, false});
}

static void
put_close(struct buf *out)
{
    frame_close_put(out, &(struct frame_close){17, slice_str("duplicate")});
}

static int
fill_samples(void **state)
{
    (void)state;
    kit_fill(genesis, sizeof genesis, 1);
    kit_fill(salt, sizeof salt, 2);
    kit_fill(records, sizeof records, 3);
    kit_fill(piece, sizeof piece, 4);
    return 0;
}

#endif
