/*
 * canary - a target with a bug of each kind, which the harness must find.
 *
 * CANARY_READ  a byte behind the input is read, after four bytes that only
 *              coverage leads to
 * CANARY_TIME  work out of all proportion to the input
 * CANARY_HEAP  memory by a length that the input claims
 */
#include "harness.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

static void
fault(struct slice input)
{
    volatile uint64_t sum = 0;

#if defined(CANARY_READ)
    sum += input.data[input.size];
#elif defined(CANARY_TIME)
    for (uint64_t i = 0; i < UINT64_C(1) << 29; i++)
        sum += input.data[i % input.size];
#elif defined(CANARY_HEAP)
    uint8_t *claimed = mem_new(input.size * MIB(4));
    sum += claimed[0];
    mem_free(claimed);
#endif
    assert(sum < UINT64_MAX);
}

static void
one(struct slice input)
{
    if (input.size > 4 && input.data[0] == 'S' && input.data[1] == 'E' &&
        input.data[2] == 'A' && input.data[3] == 'L')
        fault(input);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
