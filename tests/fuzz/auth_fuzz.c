/* AUTH, its payload behind a byte that says who checks it, in a session after
 * both HELLOs: only the honest signature opens it. */
#include "harness.h"

#include "sessions.h"
#include "teams.h"

/* Let the ends talk until the AUTH for `to` is next, and give that. */
static struct slice
honest_auth(struct end ends[TEAMS], unsigned to)
{
    for (unsigned from = KRCERT;; from = !from) {
        struct slice frame;
        while (end_next(&ends[from], &frame)) {
            if (frame.data[4] == FRAME_AUTH && from == !to)
                return frame;
            enum err e = end_take(&ends[!from], frame);
            assert(e == OK);
        }
    }
}

static void
one(struct slice input)
{
    struct buf frame = {0};
    struct end ends[TEAMS];
    struct frame_auth honest, said;

    if (input.size == 0)
        return;
    unsigned to = input.data[0] & 1;
    for (unsigned i = 0; i < TEAMS; i++)
        end_start(&ends[i], i, 1);
    struct slice good = honest_auth(ends, to);
    struct slice payload = slice_of(input.data + 1, input.size - 1);
    buf_put_u32(&frame, (uint32_t)payload.size);
    buf_put_u8(&frame, FRAME_AUTH);
    buf_put(&frame, slice_of("\0\0\0", 3));
    buf_put(&frame, payload);
    enum err e = end_take(&ends[to], buf_slice(&frame));
    if (e == OK) {
        struct slice other = slice_of(good.data + FRAME_HEADER_BYTES,
                                      good.size - FRAME_HEADER_BYTES);
        e = frame_auth_get(other, &ends[to].arena, &honest);
        assert(e == OK);
        e = frame_auth_get(payload, &ends[to].arena, &said);
        assert(e == OK && memcmp(&honest, &said, sizeof said) == 0);
    }
    buf_clear(&frame);
    for (unsigned i = 0; i < TEAMS; i++)
        end_clear(&ends[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
