/* Hostile text on a terminal: whatever comes in, what goes out is UTF-8 with
 * no control character and no letter that hides or turns text, and cleaning
 * it again changes nothing. */
#include "harness.h"

#include "cli/text.h"
#include "core/base/utf8.h"

#include <locale.h>
#include <wchar.h>

static bool
is_steering(wchar_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xe0000 && c <= 0xe0fff);
}

static void
clean_check(struct slice text)
{
    assert(utf8_bad_at(text) == text.size);
    while (text.size) {
        wchar_t c;
        mbstate_t state = {0};
        size_t n = mbrtowc(&c, (const char *)text.data, text.size, &state);
        assert(n > 0 && n <= text.size && !is_steering(c));
        text = slice_of(text.data + n, text.size - n);
    }
}

static void
one(struct slice input)
{
    struct buf clean = {0}, again = {0};
    struct grid grid = {0};

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    text_put_clean(&clean, input);
    clean_check(buf_slice(&clean));
    text_put_clean(&again, buf_slice(&clean));
    assert(slice_equal(buf_slice(&clean), buf_slice(&again)));
    assert(text_width(buf_slice(&clean)) <= 2 * clean.size);
    grid_add(&grid, buf_slice(&clean));
    grid_end_row(&grid);
    grid_clear(&grid);
    buf_clear(&clean);
    buf_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
