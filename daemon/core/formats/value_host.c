#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/value_parts.h"

#define DNS_LABEL_MAX 63
#define DNS_NAME_MAX 253

bool
ipv4_parse(struct slice text, uint8_t out[IPV4_BYTES])
{
    uint8_t address[IPV4_BYTES];
    unsigned number = 0, digits = 0, parts = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (ascii_is_digit(c)) {
            bool is_after_zero = digits && number == 0;
            number = number * 10 + (unsigned)(c - '0');
            digits++;
            if (is_after_zero || number > 255)
                return false;
        } else if (c == '.' && digits && parts < IPV4_BYTES - 1) {
            address[parts++] = (uint8_t)number;
            number = digits = 0;
        } else {
            return false;
        }
    }
    if (parts != IPV4_BYTES - 1 || digits == 0)
        return false;
    address[parts] = (uint8_t)number;
    memcpy(out, address, IPV4_BYTES);
    return true;
}

static bool
group_parse(struct slice text, uint8_t out[2])
{
    unsigned n = 0;

    if (text.size < 1 || text.size > 4)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int digit = ascii_hex(text.data[i]);
        if (digit < 0)
            return false;
        n = n << 4 | (unsigned)digit;
    }
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
    return true;
}

/* Read groups between colons; the last may be an IPv4 address where
 * `may_end_v4`. Gives the bytes read, or -1. */
static int
groups_parse(struct slice text, bool may_end_v4, uint8_t *out)
{
    int at = 0;

    if (text.size == 0)
        return 0;
    for (;;) {
        size_t n = slice_find(text, ':');
        bool last = n == text.size;
        struct slice group = slice_first(text, n);
        if (last && may_end_v4 && at <= IPV6_BYTES - IPV4_BYTES &&
            ipv4_parse(group, out + at))
            return at + IPV4_BYTES;
        if (at > IPV6_BYTES - 2 || !group_parse(group, out + at))
            return -1;
        at += 2;
        if (last)
            return at;
        text = slice_from(text, n + 1);
    }
}

/* Find "::"; the size if it is not there. */
static size_t
gap_find(struct slice text)
{
    for (size_t i = 0; i + 1 < text.size; i++)
        if (text.data[i] == ':' && text.data[i + 1] == ':')
            return i;
    return text.size;
}

bool
ipv6_parse(struct slice text, uint8_t out[IPV6_BYTES])
{
    uint8_t head[IPV6_BYTES] = {0}, tail[IPV6_BYTES] = {0};
    size_t gap = gap_find(text);

    if (text.size < 2)
        return false;
    if (gap == text.size) {
        if (groups_parse(text, true, head) != IPV6_BYTES)
            return false;
        memcpy(out, head, IPV6_BYTES);
        return true;
    }
    int before = groups_parse(slice_first(text, gap), false, head);
    int after = groups_parse(slice_from(text, gap + 2), true, tail);
    if (before < 0 || after < 0 || before + after > IPV6_BYTES - 2)
        return false;
    memcpy(head + IPV6_BYTES - after, tail, (size_t)after);
    memcpy(out, head, IPV6_BYTES);
    return true;
}

static size_t
decimal_print(unsigned number, char *out)
{
    size_t n = 0;

    if (number >= 100)
        out[n++] = (char)('0' + number / 100);
    if (number >= 10)
        out[n++] = (char)('0' + number / 10 % 10);
    out[n++] = (char)('0' + number % 10);
    return n;
}

static size_t
ipv4_print(const uint8_t address[IPV4_BYTES], char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < IPV4_BYTES; i++) {
        if (i)
            out[n++] = '.';
        n += decimal_print(address[i], out + n);
    }
    return n;
}

static size_t
group_print(const uint8_t group[2], char *out)
{
    static const char digit[] = "0123456789abcdef";
    unsigned value = (unsigned)(group[0] << 8 | group[1]);
    size_t n = 0;

    for (int shift = 12; shift >= 0; shift -= 4)
        if (n || shift == 0 || value >> shift)
            out[n++] = digit[value >> shift & 15];
    return n;
}

/* Find the longest run of at least two zero groups, the first of equals:
 * RFC 5952, sections 4.2.2 and 4.2.3. */
static size_t
zeros_find(const uint8_t address[IPV6_BYTES], size_t *length)
{
    size_t best = 8, best_length = 1;

    for (size_t i = 0; i < 8; i++) {
        size_t n = 0;
        while (i + n < 8 && !address[2 * (i + n)] && !address[2 * (i + n) + 1])
            n++;
        if (n > best_length) {
            best = i;
            best_length = n;
        }
    }
    *length = best_length;
    return best;
}

size_t
ipv6_print(const uint8_t address[IPV6_BYTES], char out[IPV6_TEXT_MAX])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    size_t n = 0, zeros_length, zeros = zeros_find(address, &zeros_length);

    /* RFC 5952, section 5: IPv4-mapped addresses are known by their prefix. */
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        /* The rest of the text follows.
         * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
        memcpy(out, "::ffff:", 7);
        return 7 + ipv4_print(address + sizeof mapped, out + 7);
    }
    for (size_t i = 0; i < 8; i++) {
        if (i == zeros) {
            out[n++] = ':';
            out[n++] = ':';
            i += zeros_length - 1;
            continue;
        }
        if (i && out[n - 1] != ':')
            out[n++] = ':';
        n += group_print(address + 2 * i, out + n);
    }
    return n;
}

/* Spaces, controls and marks that are not seen: never part of a name, and
 * two names that look the same would differ by them. `p` is UTF-8. */
static bool
is_invisible(const uint8_t *p)
{
    if (p[0] == 0xc2)
        return p[1] <= 0xa0 || p[1] == 0xad;
    if (p[0] == 0xe2)
        return (p[1] == 0x80 && (p[2] <= 0x8f || (p[2] >= 0xa8))) ||
               (p[1] == 0x81 && p[2] >= 0x9f);
    if (p[0] == 0xe3)
        return p[1] == 0x80 && p[2] <= 0x82;
    if (p[0] == 0xef)
        return (p[1] == 0xbb && p[2] == 0xbf) ||
               (p[1] == 0xbc && p[2] == 0x8e) ||
               (p[1] == 0xbd && p[2] == 0xa1) || (p[1] == 0xbf);
    return false;
}

static bool
has_invisible(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80 && is_invisible(text.data + i))
            return true;
    return false;
}

static bool
is_digits(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (!ascii_is_digit(s.data[i]))
            return false;
    return s.size > 0;
}

/* Give the count of labels, 0 if it is no host name, and what it looks like. */
static size_t
labels_count(struct slice text, unsigned *look)
{
    size_t labels = 1, begin = 0;
    unsigned kinds = 0;

    for (size_t i = 0; i < text.size; i++) {
        unsigned kind = look_kinds[text.data[i]];
        kinds |= kind;
        if (kind != LOOK_DOT)
            continue;
        if (i == begin || i - begin > DNS_LABEL_MAX)
            return 0;
        begin = i + 1;
        labels++;
    }
    *look = kinds;
    if (text.size == begin || text.size - begin > DNS_LABEL_MAX ||
        kinds & ~(LOOK_HOST | LOOK_DOT) ||
        (kinds & LOOK_HIGH && has_invisible(text)))
        return 0;
    return labels;
}

/* A name in other letters counts as the DNS has it; its labels may be longer
 * than they are there. */
static bool
high_normal(struct slice *text, struct arena *arena)
{
    unsigned look = look_at(*text);

    return !(look & ~(LOOK_HOST | LOOK_DOT)) && look & LOOK_HIGH &&
           !has_invisible(*text) && host_ascii(*text, arena, text);
}

bool
host_normal(struct slice text, size_t labels_min, struct arena *arena,
            struct slice *out)
{
    unsigned look = 0;

    if (text.size > 1 && text.data[text.size - 1] == '.')
        text.size--;
    if (text.size == 0 || text.size > DNS_NAME_MAX)
        return false;
    size_t labels = labels_count(text, &look);
    if (labels == 0 || look & LOOK_HIGH)
        labels = high_normal(&text, arena) && text.size <= DNS_NAME_MAX
                     ? labels_count(text, &look)
                     : 0;
    if (labels < labels_min)
        return false;
    size_t dot = slice_find_last(text, '.');
    struct slice last = dot == text.size ? text : slice_from(text, dot + 1);
    if (labels_min > 1 && is_digits(last))
        return false;
    if (!(look & LOOK_CAPITAL))
        return arena_copy(arena, text, out);
    uint8_t *to = arena_alloc(arena, text.size);
    if (!to)
        return false;
    for (size_t i = 0; i < text.size; i++)
        to[i] = ascii_lower(text.data[i]);
    *out = slice_of(to, text.size);
    return true;
}
