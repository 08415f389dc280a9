#include "cli/spelled.h"

#include "cli/text.h"

/* Tell whether a terminal shows the word as it is. */
static bool
is_clean(const char *word)
{
    struct buf clean = {0};

    text_put_clean(&clean, slice_str(word));
    bool same = slice_equal(buf_slice(&clean), slice_str(word));
    buf_clear(&clean);
    return same;
}

/* Within $'...': what is no plain letter stands as an octal number. */
static void
put_escaped(struct buf *out, const char *word)
{
    buf_put_str(out, "$'");
    for (; *word; word++) {
        uint8_t c = (uint8_t)*word;
        if (c == '\'' || c == '\\')
            buf_put_u8(out, '\\');
        if (c >= ' ' && c < 0x7f) {
            buf_put_u8(out, c);
            continue;
        }
        buf_put_u8(out, '\\');
        for (int shift = 6; shift >= 0; shift -= 3)
            buf_put_u8(out, (uint8_t)('0' + (c >> shift & 7)));
    }
    buf_put_u8(out, '\'');
}

static void
put_quoted(struct buf *out, const char *word)
{
    buf_put_u8(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            buf_put_str(out, "'\\'");
        buf_put_u8(out, (uint8_t)*word);
    }
    buf_put_u8(out, '\'');
}

void
spelled_word(struct buf *out, const char *word)
{
    buf_put_u8(out, ' ');
    if (word[0] && word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-./,:=+@")] == 0)
        buf_put_str(out, word);
    else if (is_clean(word))
        put_quoted(out, word);
    else
        put_escaped(out, word);
}

void
spelled_option(struct buf *out, const struct options *o, const char *name)
{
    const char *text;

    for (size_t i = 0; (text = option_nth(o, name, i)); i++) {
        buf_put_str(out, " --");
        buf_put_str(out, name);
        spelled_word(out, text);
    }
}
