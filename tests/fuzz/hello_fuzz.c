/* HELLO, its payload behind a byte that says who hears it, in a fresh
 * session. */
#include "harness.h"

#include "sessions.h"
#include "teams.h"

static void
one(struct slice input)
{
    struct buf frame = {0};
    struct end end;

    if (input.size == 0)
        return;
    end_start(&end, input.data[0] & 1, input.data[0] >> 1 & 1);
    buf_put_u32(&frame, (uint32_t)input.size - 1);
    buf_put_u8(&frame, FRAME_HELLO);
    buf_put(&frame, slice_of("\0\0\0", 3));
    buf_put(&frame, slice_of(input.data + 1, input.size - 1));
    if (end_take(&end, buf_slice(&frame)) == OK) {
        assert(session_state(end.session) == SESSION_PROVING);
        assert(session_window(end.session) <= BATCHES_IN_FLIGHT);
        assert(session_hello(end.session)->version == 1);
        /* It is heard once. */
        enum err again = end_take(&end, buf_slice(&frame));
        assert(again == ERR_UNEXPECTED);
    }
    buf_clear(&frame);
    end_clear(&end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
