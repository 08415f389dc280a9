/* A table behind a byte that says the type of its values, one that says the
 * pieces and a line that says the columns: whole or in pieces, it reads the
 * same. */
#include "harness.h"

#include "core/formats/csv.h"
#include "reading.h"

static void
read_in(struct slice text, size_t piece, enum observable as,
        const struct csv_map *map, struct reading *out)
{
    const struct format_sink sink = {out, reading_value, reading_fault};
    struct csv_reader *r = csv_reader_new(&sink, as, map);
    enum err e = OK;

    while (e == OK && text.size) {
        size_t n = piece < text.size ? piece : text.size;
        e = csv_reader_feed(r, slice_of(text.data, n));
        text = slice_of(text.data + n, text.size - n);
    }
    if (e == OK)
        e = csv_reader_finish(r);
    buf_put_u8(&out->out, (uint8_t)e);
    csv_reader_free(r);
}

static void
read_both(struct slice text, size_t piece, enum observable as,
          const struct csv_map *map)
{
    struct reading whole, pieces;

    reading_init(&whole);
    reading_init(&pieces);
    read_in(text, SIZE_MAX, as, map, &whole);
    read_in(text, piece, as, map, &pieces);
    assert(slice_equal(buf_slice(&whole.out), buf_slice(&pieces.out)));
    reading_clear(&whole);
    reading_clear(&pieces);
}

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
    read_both(slice_of(input.data + n + 1, input.size - n - 1),
              (size_t)input.data[1] % 64 + 1,
              (enum observable)(input.data[0] % OBSERVABLE_COUNT), &map);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
