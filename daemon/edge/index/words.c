#include "edge/index/words.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"

enum letter {
    BETWEEN, /* words */
    LATIN,   /* part of a word, or of any script that has spaces */
    DENSE,   /* of a script without them */
};

/* Tell what the character of `size` bytes is, by its first three. */
static enum letter
letter_of(const uint8_t *at, size_t size)
{
    if (size == 1)
        return ascii_is_alnum(*at) || *at >= 0x80 ? LATIN : BETWEEN;
    if (size == 2) /* U+0080 to U+00BF: signs */
        return at[0] == 0xc2 ? BETWEEN : LATIN;
    if (size == 4) /* Han beyond the first plane, or pictures */
        return DENSE;
    if (at[0] == 0xe2) /* U+2000 to U+2FFF: signs, but for a few scripts */
        return at[1] < 0xb0 ? BETWEEN : LATIN;
    if (at[0] == 0xe3 && at[1] == 0x80) /* U+3000 to U+303F */
        return BETWEEN;
    if (at[0] == 0xef && at[1] == 0xbc && at[2] < 0x90) /* wide signs */
        return BETWEEN;
    return at[0] >= 0xe3 && at[0] <= 0xed ? DENSE : LATIN;
}

static size_t
size_at(struct slice text, size_t at)
{
    size_t size = utf8_size(text.data[at]);

    return size <= text.size - at ? size : 1;
}

/* Give a dense run in pairs; one letter alone is a word. */
static void
pairs_give(struct slice run, word_fn each, void *context)
{
    size_t first = 0, second = size_at(run, 0);

    if (second == run.size)
        each(context, run);
    while (second < run.size) {
        size_t next = second + size_at(run, second);
        each(context, slice_of(run.data + first, next - first));
        first = second;
        second = next;
    }
}

void
words_of(struct slice text, word_fn each, void *context)
{
    size_t at = 0;

    while (at < text.size) {
        size_t begin = at, size = size_at(text, at);
        enum letter kind = letter_of(text.data + at, size);
        for (at += size; at < text.size; at += size) {
            size = size_at(text, at);
            if (letter_of(text.data + at, size) != kind)
                break;
        }
        struct slice run = slice_of(text.data + begin, at - begin);
        if (kind == DENSE) {
            pairs_give(run, each, context);
        } else if (kind == LATIN) {
            if (run.size > WORD_BYTES_MAX)
                run.size = WORD_BYTES_MAX;
            each(context, run);
        }
    }
}
