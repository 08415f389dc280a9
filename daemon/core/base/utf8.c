#include "core/base/utf8.h"

/* Length of the sequence at `p`, or 0. RFC 3629, section 4. */
static size_t
sequence(const uint8_t *p, size_t left)
{
    static const struct {
        uint8_t first, last, second_min, second_max, length;
    } form[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < ARRAY_SIZE(form); i++) {
        if (p[0] < form[i].first || p[0] > form[i].last)
            continue;
        if (left < form[i].length || p[1] < form[i].second_min ||
            p[1] > form[i].second_max)
            return 0;
        for (size_t k = 2; k < form[i].length; k++)
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        return form[i].length;
    }
    return 0;
}

size_t
utf8_bad_at(struct slice bytes)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t at = 0;

    while (at < bytes.size) {
        uint64_t eight;
        if (bytes.size - at >= sizeof eight) {
            memcpy(&eight, bytes.data + at, sizeof eight);
            if ((eight & high) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t n = sequence(bytes.data + at, bytes.size - at);
        if (!n)
            return at;
        at += n;
    }
    return at;
}

const char *
utf8_other_mark(struct slice first)
{
    /* The longer ones first: one begins as a shorter one does. */
    static const struct {
        const char *mark;
        size_t size;
        const char *text;
    } marks[] = {
        {"\xff\xfe\0\0", 4, "this is UTF-32: save it as UTF-8"},
        {"\0\0\xfe\xff", 4, "this is UTF-32: save it as UTF-8"},
        {"\xff\xfe", 2, "this is UTF-16: save it as UTF-8"},
        {"\xfe\xff", 2, "this is UTF-16: save it as UTF-8"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (first.size >= marks[i].size &&
            memcmp(first.data, marks[i].mark, marks[i].size) == 0)
            return marks[i].text;
    return NULL;
}
