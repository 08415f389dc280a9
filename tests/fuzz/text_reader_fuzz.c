/* Running text behind a byte that says the type and one that says the pieces:
 * whole or in pieces, it reads the same. */
#include "harness.h"

#include "reading.h"

static void
one(struct slice input)
{
    reading_values(FORMAT_TEXT, input);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
