/* Running text behind a byte that says the type and one that says the pieces:
 * whole or in pieces, it reads the same. */
#include "harness.h"

#include "reading.h"

static void
one(struct slice input)
{
    if (input.size < 2)
        return;
    const struct reading_task task = {
        FORMAT_TEXT,
        {.as = (enum observable)(input.data[0] % OBSERVABLE_COUNT)},
        reading_value};
    reading_twice(&task, slice_from(input, 2), (size_t)input.data[1] % 64 + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
