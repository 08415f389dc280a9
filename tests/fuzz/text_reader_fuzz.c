/* Running text behind a byte that says the type and one that says the pieces:
 * whole or in pieces, it reads the same. */
#include "harness.h"

#include "core/formats/text.h"
#include "reading.h"

static void
read_in(struct slice text, size_t piece, enum observable as,
        struct reading *out)
{
    const struct format_sink sink = {out, reading_value, reading_fault};
    struct text_reader *r = text_reader_new(&sink, as);
    enum err e = OK;

    while (e == OK && text.size) {
        size_t n = piece < text.size ? piece : text.size;
        e = text_reader_feed(r, slice_of(text.data, n));
        text = slice_of(text.data + n, text.size - n);
    }
    if (e == OK)
        e = text_reader_finish(r);
    buf_put_u8(&out->out, (uint8_t)e);
    text_reader_free(r);
}

static void
one(struct slice input)
{
    struct reading whole, pieces;

    if (input.size < 2)
        return;
    enum observable as = (enum observable)(input.data[0] % OBSERVABLE_COUNT);
    size_t piece = (size_t)input.data[1] % 64 + 1;
    struct slice text = slice_of(input.data + 2, input.size - 2);
    reading_init(&whole);
    reading_init(&pieces);
    read_in(text, SIZE_MAX, as, &whole);
    read_in(text, piece, as, &pieces);
    assert(slice_equal(buf_slice(&whole.out), buf_slice(&pieces.out)));
    reading_clear(&whole);
    reading_clear(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
