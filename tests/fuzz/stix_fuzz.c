/* A STIX document behind a byte that says the pieces: whole or in pieces, in
 * two passes, it reads the same. */
#include "harness.h"

#include "core/formats/detect.h"
#include "reading.h"

static void
one(struct slice input)
{
    const struct reading_task task = {
        FORMAT_STIX, {.as = OBSERVABLE_NONE}, reading_item};

    if (input.size == 0)
        return;
    struct slice text = slice_from(input, 1);
    assert(format_name(formats_detect(text, slice_str("file.json"))));
    reading_twice(&task, text, (size_t)input.data[0] + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
