#include "edge/journal/frame.h"

#include "samples.h"

static const struct journal_id id = {{1, 2, 3}};

/* Write turn `turn` of the history as a frame. */
static void
frame_of(uint64_t turn, uint64_t chain, struct buf *out)
{
    struct frame f = {.turn = turn, .chain = chain};
    struct fact_size size;

    buf_reset(out);
    buf_extend(out, FRAME_HEADER_BYTES);
    history_turn(out, turn);
    f.facts_bytes = (uint32_t)(out->size - FRAME_HEADER_BYTES);
    f.checksum = frame_checksum_start();
    for (size_t at = FRAME_HEADER_BYTES; at < out->size;
         at += size.head + size.blob) {
        assert_int_equal(
            fact_size(slice_of(out->data + at, out->size - at), &size), OK);
        f.checksum = frame_checksum_head(f.checksum,
                                         slice_of(out->data + at, size.head));
        f.fact_count++;
    }
    frame_put(&f, &id, out->data);
    while (out->size < frame_bytes(&f))
        buf_put_u8(out, 0);
}

/* Tell whether byte `at` of a frame belongs to a blob. */
static bool
in_blob(struct slice frame, const struct frame *f, size_t at)
{
    struct fact_size size;

    for (size_t start = FRAME_HEADER_BYTES;
         start < FRAME_HEADER_BYTES + f->facts_bytes;
         start += size.head + size.blob) {
        assert_int_equal(
            fact_size(slice_of(frame.data + start, frame.size - start), &size),
            OK);
        if (at >= start + size.head && at < start + size.head + size.blob)
            return true;
    }
    return false;
}

static void
a_frame_is_read_as_it_was_written(void **state)
{
    struct buf out = {0};

    (void)state;
    for (uint64_t turn = 1; turn < 20; turn++) {
        struct frame f;
        frame_of(turn, 77, &out);
        assert_int_equal(out.size % FRAME_ALIGN, 0);
        assert_int_equal(frame_get(buf_slice(&out), &id, &f), OK);
        assert_int_equal(f.turn, turn);
        assert_int_equal(f.chain, 77);
        assert_int_equal(frame_bytes(&f), out.size);
        assert_true(frame_blobs_good(buf_slice(&out), &f));
    }
    buf_clear(&out);
}

static void
every_flipped_bit_is_found(void **state)
{
    struct buf out = {0};
    struct frame f, got;
    size_t blob_bits = 0;

    (void)state;
    frame_of(4, 77, &out);
    struct buf copy = {0};
    buf_put(&copy, buf_slice(&out));
    assert_int_equal(frame_get(buf_slice(&out), &id, &f), OK);
    for (size_t bit = 0; bit < out.size * 8; bit++) {
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum err e = frame_get(buf_slice(&out), &id, &got);
        if (in_blob(buf_slice(&copy), &f, bit / 8)) {
            assert_int_equal(e, OK);
            assert_false(frame_blobs_good(buf_slice(&out), &got));
            blob_bits++;
        } else {
            assert_int_not_equal(e, OK);
        }
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(blob_bits > 0);
    buf_clear(&copy);
    buf_clear(&out);
}

static void
every_truncation_is_found(void **state)
{
    struct buf out = {0};
    struct frame f;

    (void)state;
    frame_of(4, 77, &out);
    for (size_t n = 0; n < out.size; n++)
        assert_int_equal(frame_get(slice_of(out.data, n), &id, &f),
                         ERR_TRUNCATED);
    buf_clear(&out);
}

static void
zeros_and_frames_of_another_journal_are_none(void **state)
{
    static const uint8_t zeros[4096];
    static const struct journal_id other = {{1, 2, 4}};
    struct buf out = {0};
    struct frame f;

    (void)state;
    assert_int_equal(frame_get(SLICE_ARRAY(zeros), &id, &f), ERR_FORMAT);
    frame_of(4, 77, &out);
    assert_int_equal(frame_get(buf_slice(&out), &other, &f), ERR_FORMAT);
    buf_clear(&out);
}

static void
the_chain_value_tells_every_frame_apart(void **state)
{
    struct buf out = {0};

    (void)state;
    frame_of(4, 77, &out);
    uint64_t chain = frame_chain(out.data);
    assert_int_equal(frame_chain(out.data), chain);
    frame_of(4, 78, &out);
    assert_int_not_equal(frame_chain(out.data), chain);
    frame_of(5, 77, &out);
    assert_int_not_equal(frame_chain(out.data), chain);
    buf_clear(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_read_as_it_was_written),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(every_truncation_is_found),
        cmocka_unit_test(zeros_and_frames_of_another_journal_are_none),
        cmocka_unit_test(the_chain_value_tells_every_frame_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
