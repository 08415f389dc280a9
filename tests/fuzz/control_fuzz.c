/* Both directions of the control protocol; the first byte says which. What is
 * read is written and read again, and must then be the same. */
#include "harness.h"

#include "core/wire/control.h"

#define BUDGET (16 * KIB(64) + MIB(4))

static bool
again(uint8_t which, struct slice payload, struct buf *out)
{
    struct arena arena;
    struct control_request r;
    struct control_answer a;
    bool good;

    arena_init(&arena, BUDGET);
    if (which & 1) {
        good = control_request_get(payload, &arena, &r) == OK;
        if (good)
            control_request_put(out, &r);
        assert(!good || r.verb);
    } else {
        good = control_answer_get(payload, &arena, &a) == OK;
        if (good)
            control_answer_put(out, &a);
    }
    arena_clear(&arena);
    return good;
}

static void
one(struct slice input)
{
    struct buf first = {0}, second = {0};

    if (input.size == 0)
        return;
    if (again(input.data[0], slice_of(input.data + 1, input.size - 1),
              &first)) {
        bool good = again(input.data[0],
                          slice_of(first.data + CONTROL_HEADER_BYTES,
                                   first.size - CONTROL_HEADER_BYTES),
                          &second);
        assert(good && slice_equal(buf_slice(&first), buf_slice(&second)));
    }
    buf_clear(&first);
    buf_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
