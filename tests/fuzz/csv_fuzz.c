/* A table behind a byte that says the type of its values, one that says the
 * pieces and a line that says the columns: whole or in pieces, it reads the
 * same. */
#include "harness.h"

#include "reading.h"

static void
one(struct slice input)
{
    struct csv_map map = {.count = 0};
    struct slice bad;
    size_t n = 2;

    while (n < input.size && input.data[n] != '\n')
        n++;
    if (n >= input.size)
        return;
    /* A map that is none is none at all. */
    if (csv_map_parse(slice_of(input.data + 2, n - 2), &map, &bad) != OK)
        map.count = 0;
    const struct reading_task task = {
        FORMAT_CSV,
        {(enum observable)(input.data[0] % OBSERVABLE_COUNT), &map},
        reading_value};
    reading_twice(&task, slice_from(input, n + 1),
                  (size_t)input.data[1] % 64 + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
