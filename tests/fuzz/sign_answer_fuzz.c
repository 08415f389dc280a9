/* The signer's answers as the daemon reads them: what is read is written and
 * must be the bytes that were read. */
#include "harness.h"

#include "core/ports/signer.h"

static void
one(struct slice input)
{
    struct slice rest = input;
    struct buf written = {0};

    while (rest.size) {
        struct slice before = rest;
        enum sign_op op;
        struct sign_result r;
        if (sign_answer_get(&rest, &op, &r) != OK) {
            assert(rest.size == before.size);
            break;
        }
        buf_reset(&written);
        sign_answer_add(&written, op, &r);
        assert(slice_equal(buf_slice(&written),
                           slice_of(before.data, before.size - rest.size)));
    }
    buf_clear(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
