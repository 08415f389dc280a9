#include "cli/text.h"

#include "core/base/mem.h"
#include "core/base/utf8.h"

#include <assert.h>
#include <time.h>
#include <wchar.h>

#define GAP 2
#define CELL_WIDTH_MAX 60 /* wider ones stand out alone */

struct grid_cell {
    size_t offset, size, width;
    bool last; /* of its row */
};

/* ---- letters ------------------------------------------------------------ */

/* Letters that are there without being seen, or turn the text around. */
static bool
is_hidden(wchar_t c)
{
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xad ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static void
put_code(struct buf *out, const char *prefix, uint32_t code, int digits)
{
    static const char hex[] = "0123456789abcdef";

    buf_put_str(out, prefix);
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        buf_put_u8(out, (uint8_t)hex[code >> shift & 15]);
}

/* Take one letter off; `size` is 1 and the result false for a byte that is
 * part of none. The C library is not asked: its UTF-8 goes beyond Unicode. */
static bool
take_letter(struct slice text, wchar_t *letter, size_t *size)
{
    uint8_t first = text.data[0];
    size_t n = utf8_size(first);

    *size = 1;
    if (n > text.size || utf8_bad_at(slice_of(text.data, n)) < n)
        return false;
    *letter = n == 1 ? first : first & (0x7f >> n);
    for (size_t i = 1; i < n; i++)
        *letter = *letter << 6 | (text.data[i] & 0x3f);
    *size = n;
    return true;
}

/* Count the letters of ASCII that a text begins with, which all are seen. */
static size_t
plain_size(struct slice text)
{
    size_t n = 0;

    while (n < text.size && text.data[n] >= ' ' && text.data[n] < 0x7f)
        n++;
    return n;
}

void
text_put_clean(struct buf *out, struct slice text)
{
    while (text.size > 0) {
        wchar_t letter = 0;
        size_t size = plain_size(text);

        if (size > 0) {
            buf_put(out, slice_of(text.data, size));
            text = slice_of(text.data + size, text.size - size);
            continue;
        }
        bool good = take_letter(text, &letter, &size);

        if (!good || letter < 0x20 || (letter >= 0x7f && letter < 0xa0))
            put_code(out, "\\x", good ? (uint32_t)letter : text.data[0], 2);
        else if (letter > 0xffff && is_hidden(letter))
            put_code(out, "\\U", (uint32_t)letter, 8);
        else if (is_hidden(letter))
            put_code(out, "\\u", (uint32_t)letter, 4);
        else
            buf_put(out, slice_of(text.data, size));
        text = slice_of(text.data + size, text.size - size);
    }
}

size_t
text_width(struct slice text)
{
    size_t width = 0;

    while (text.size > 0) {
        wchar_t letter = 0;
        size_t size;
        int columns = take_letter(text, &letter, &size) ? wcwidth(letter) : 1;

        width += columns > 0 ? (size_t)columns : 0;
        text = slice_of(text.data + size, text.size - size);
    }
    return width;
}

/* ---- numbers and times -------------------------------------------------- */

void
text_put_count(struct buf *out, uint64_t count)
{
    struct buf digits = {0};

    buf_put_decimal(&digits, count);
    for (size_t i = 0; i < digits.size; i++) {
        if (i > 0 && (digits.size - i) % 3 == 0)
            buf_put_u8(out, ',');
        buf_put_u8(out, digits.data[i]);
    }
    buf_clear(&digits);
}

void
text_put_bytes(struct buf *out, uint64_t bytes)
{
    static const char *const units[] = {" B",   " KiB", " MiB", " GiB",
                                        " TiB", " PiB", " EiB"};
    uint64_t tenths = 0;
    size_t unit = 0;

    while (bytes >= 1024) {
        tenths = bytes % 1024 * 10 / 1024;
        bytes /= 1024;
        unit++;
    }
    buf_put_decimal(out, bytes);
    if (unit) {
        buf_put_u8(out, '.');
        buf_put_decimal(out, tenths);
    }
    buf_put_str(out, units[unit]);
}

void
text_put_counted(struct buf *out, uint64_t count, const char *one,
                 const char *many)
{
    text_put_count(out, count);
    buf_put_u8(out, ' ');
    buf_put_str(out, count == 1 ? one : many);
}

static void
put_place(struct buf *out, struct text_place at)
{
    buf_put_u8(out, '#');
    if (at.epoch > 0) {
        buf_put_decimal(out, at.epoch);
        buf_put_u8(out, '.');
    }
    buf_put_decimal(out, at.index);
}

void
text_put_range(struct buf *out, struct text_place first, struct text_place last)
{
    put_place(out, first);
    if (last.epoch != first.epoch) {
        buf_put_str(out, " to ");
        put_place(out, last);
    } else if (last.index > first.index) {
        buf_put_u8(out, '-');
        buf_put_decimal(out, last.index);
    }
}

static void
put_formatted(struct buf *out, uint64_t ms, const char *format)
{
    time_t seconds = (time_t)(ms / 1000);
    char text[64];
    struct tm t;

    /* Far beyond any year that can be written. */
    if (ms / 1000 > UINT64_C(253402300799) || !gmtime_r(&seconds, &t)) {
        buf_put_str(out, "beyond the year 9999");
        return;
    }
    size_t n = strftime(text, sizeof text, format, &t);
    buf_put(out, slice_of(text, n));
}

void
text_put_time(struct buf *out, uint64_t ms)
{
    put_formatted(out, ms, "%Y-%m-%d %H:%M:%SZ");
}

void
text_put_time_short(struct buf *out, uint64_t ms)
{
    put_formatted(out, ms, "%m-%d %H:%MZ");
}

void
text_put_clock(struct buf *out, uint64_t ms)
{
    put_formatted(out, ms, "%H:%M:%S");
    buf_put_u8(out, '.');
    buf_put_decimal(out, ms % 1000 / 100);
    buf_put_u8(out, 'Z');
}

void
text_put_day(struct buf *out, uint64_t ms)
{
    put_formatted(out, ms, "%Y-%m-%d");
}

void
text_put_stamp(struct buf *out, uint64_t ms)
{
    uint64_t part = ms % 1000;

    put_formatted(out, ms, "%Y-%m-%dT%H:%M:%S.");
    buf_put_decimal(out, part / 100);
    buf_put_decimal(out, part / 10 % 10);
    buf_put_decimal(out, part % 10);
    buf_put_u8(out, 'Z');
}

void
text_put_span(struct buf *out, uint64_t ms)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } parts[] = {
        {" d", 86400000},
        {" h", 3600000},
        {" min", 60000},
        {" s", 1000},
    };
    bool many_days = ms >= 7 * parts[0].ms;
    size_t i = 0;

    while (i + 1 < ARRAY_SIZE(parts) && ms < parts[i].ms)
        i++;
    buf_put_decimal(out, ms / parts[i].ms);
    buf_put_str(out, parts[i].name);
    ms %= parts[i].ms;
    i++;
    /* Beside few days hours count, beside hours minutes; seconds stand alone
     * always. */
    if (!many_days && i < ARRAY_SIZE(parts) - 1 && ms >= parts[i].ms) {
        buf_put_u8(out, ' ');
        buf_put_decimal(out, ms / parts[i].ms);
        buf_put_str(out, parts[i].name);
    }
}

/* ---- columns ------------------------------------------------------------ */

void
grid_add(struct grid *g, struct slice text)
{
    size_t width = text_width(text);

    assert(g->column < GRID_COLUMNS);
    if (g->cell_count == g->cell_capacity) {
        g->cell_capacity = g->cell_capacity ? g->cell_capacity * 2 : 64;
        g->cells = mem_resize(g->cells, g->cell_capacity, sizeof *g->cells);
    }
    g->cells[g->cell_count++] =
        (struct grid_cell){g->bytes.size, text.size, width, false};
    buf_put(&g->bytes, text);
    if (width > g->widths[g->column] && width <= CELL_WIDTH_MAX)
        g->widths[g->column] = width;
    g->column++;
}

void
grid_end_row(struct grid *g)
{
    assert(g->cell_count > 0);
    g->cells[g->cell_count - 1].last = true;
    g->column = 0;
}

static void
print_spaces(size_t count, FILE *out)
{
    while (count-- > 0)
        (void)fputc(' ', out);
}

static void
print_cell(const struct grid *g, const struct grid_cell *c, size_t column,
           FILE *out)
{
    size_t wide = g->widths[column];
    size_t pad = wide > c->width ? wide - c->width : 0;

    if (g->right[column])
        print_spaces(pad, out);
    (void)fwrite(g->bytes.data + c->offset, 1, c->size, out);
    if (c->last)
        (void)fputc('\n', out);
    else
        print_spaces((g->right[column] ? 0 : pad) + GAP, out);
}

void
grid_print_rows(struct grid *g, FILE *out, size_t rows)
{
    size_t column = 0;

    for (; g->printed < g->cell_count && rows > 0; g->printed++) {
        const struct grid_cell *c = &g->cells[g->printed];
        print_cell(g, c, column, out);
        column = c->last ? 0 : column + 1;
        rows -= c->last;
    }
}

void
grid_print(struct grid *g, FILE *out)
{
    grid_print_rows(g, out, SIZE_MAX);
    g->printed = 0;
    g->cell_count = 0;
    buf_reset(&g->bytes);
}

void
grid_clear(struct grid *g)
{
    mem_free(g->cells);
    buf_clear(&g->bytes);
    *g = (struct grid){0};
}
