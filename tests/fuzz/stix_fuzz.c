/* A STIX document behind a byte that says the pieces: whole or in pieces, in
 * two passes, it reads the same. */
#include "harness.h"

#include "core/formats/detect.h"
#include "core/formats/stix.h"
#include "reading.h"

static enum err
feed(struct stix_reader *r, struct slice text, size_t piece)
{
    enum err e = OK;

    while (e == OK && text.size) {
        size_t n = piece < text.size ? piece : text.size;
        e = stix_reader_feed(r, slice_of(text.data, n));
        text = slice_of(text.data + n, text.size - n);
    }
    return e == OK ? stix_reader_finish(r) : e;
}

static void
read_in(struct slice text, size_t piece, struct reading *out)
{
    const struct format_sink sink = {out, reading_item, reading_fault};
    struct stix_reader *r = stix_reader_new(&sink);

    stix_reader_learn(r);
    buf_put_u8(&out->out, (uint8_t)feed(r, text, piece));
    stix_reader_deliver(r);
    buf_put_u8(&out->out, (uint8_t)feed(r, text, piece));
    stix_reader_free(r);
}

static void
one(struct slice input)
{
    struct reading whole, pieces;

    if (input.size == 0)
        return;
    size_t piece = (size_t)input.data[0] + 1;
    struct slice text = slice_of(input.data + 1, input.size - 1);
    assert(format_name(formats_detect(text, slice_str("file.json"))));
    reading_init(&whole);
    reading_init(&pieces);
    read_in(text, SIZE_MAX, &whole);
    read_in(text, piece, &pieces);
    assert(slice_equal(buf_slice(&whole.out), buf_slice(&pieces.out)));
    reading_clear(&whole);
    reading_clear(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
