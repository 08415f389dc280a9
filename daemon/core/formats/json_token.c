#include "core/formats/json_state.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"

static const uint8_t *
string_end(struct json_stream *s, const uint8_t *p)
{
    if (!s->in_key) {
        json_value_end(s);
        return p;
    }
    if (s->doc) {
        json_doc_end(s->doc);
        json_doc_put(s->doc, slice_str(":"));
    }
    s->can = CAN_COLON;
    s->mode = IN_STRUCTURE;
    return p;
}

/* Tell whether eight bytes all stand for themselves in a string: a byte that
 * does not, and is the lowest such, has its highest bit in one of the four. */
static bool
are_plain(const uint8_t *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;

    memcpy(&x, p, sizeof x);
    uint64_t quote = x ^ ones * '"', backslash = x ^ ones * '\\';
    return ((x | (x - ones * ' ') | (quote - ones) | (backslash - ones)) &
            ones << 7) == 0;
}

/* Pass over bytes that stand for themselves. */
static const uint8_t *
plain_end(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 8 && are_plain(p))
        p += 8;
    while (p < end && *p != '"' && *p != '\\' && *p >= ' ' && *p < 0x80)
        p++;
    return p;
}

/* Tell whether some bytes can be the beginning of a character: a fault must
 * not depend on where a piece ends. */
static bool
may_go_on(const uint8_t *cut, size_t size)
{
    uint8_t whole[4] = {0x80, 0x80, 0x80, 0x80};
    size_t want = utf8_size(cut[0]);

    if (cut[0] < 0xc2 || cut[0] > 0xf4 || size >= want)
        return false;
    memcpy(whole, cut, size);
    return size == 1 || utf8_bad_at(slice_of(whole, want)) == want;
}

static const uint8_t *
fail_utf8(struct json_stream *s, uint64_t column)
{
    json_fail(s, s->piece, ERR_UTF8, "this byte is not UTF-8");
    s->fault.column = column;
    return NULL;
}

/* Check a run of bytes above ASCII; its last character may be cut. */
static const uint8_t *
above_ascii(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *to = p;

    while (to < end && *to >= 0x80)
        to++;
    size_t good = utf8_bad_at(slice_of(p, (size_t)(to - p)));
    json_keep(s, p, p + good);
    p += good;
    if (p == to)
        return p;
    if (to < end || !may_go_on(p, (size_t)(to - p)))
        return json_fail(s, p, ERR_UTF8, "this byte is not UTF-8");
    s->cut_column = json_column(s, p);
    s->cut_size = (size_t)(to - p);
    memcpy(s->cut, p, s->cut_size);
    s->mode = IN_UTF8;
    return to;
}

const uint8_t *
json_step_utf8(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    size_t want = utf8_size(s->cut[0]);

    while (p < end && s->cut_size < want) {
        s->cut[s->cut_size++] = *p++;
        if (s->cut_size < want && !may_go_on(s->cut, s->cut_size))
            return fail_utf8(s, s->cut_column);
    }
    if (s->cut_size < want)
        return p;
    if (utf8_bad_at(slice_of(s->cut, want)) < want)
        return fail_utf8(s, s->cut_column);
    json_keep(s, s->cut, s->cut + want);
    s->mode = IN_STRING;
    return p;
}

const uint8_t *
json_step_string(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    while (p < end) {
        const uint8_t *from = p;
        p = plain_end(p, end);
        bool ends = p < end && *p == '"';
        p += ends;
        json_keep(s, from, p);
        if (ends)
            return string_end(s, p);
        if (p == end)
            return p;
        if (*p < ' ')
            return json_fail(
                s, p, ERR_FORMAT,
                "a control byte stands in a string without escape");
        if (*p == '\\') {
            if (s->doc && s->doc->count)
                s->doc->tokens[s->doc->count - 1].escaped = true;
            json_keep(s, p, p + 1);
            s->escape_high = 0;
            s->mode = IN_ESCAPE;
            return p + 1;
        }
        p = above_ascii(s, p, end);
        if (!p || s->mode != IN_STRING)
            return p;
    }
    return p;
}

const uint8_t *
json_step_escape(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    (void)end;
    if (!*p || !strchr("\"\\/bfnrtu", *p))
        return json_fail(s, p, ERR_FORMAT, "this escape is not JSON");
    json_keep(s, p, p + 1);
    s->escape_digits = s->escape_value = 0;
    s->mode = *p == 'u' ? IN_HEX : IN_STRING;
    return p + 1;
}

/* The second half of a pair is an escape of its own: "\ud83d\ude00". */
static const uint8_t *
pair_step(struct json_stream *s, const uint8_t *p)
{
    unsigned want = s->escape_digits - 4;

    if (*p != (want ? 'u' : '\\'))
        return json_fail(s, p, ERR_UTF8,
                         "half of a surrogate pair stands alone");
    json_keep(s, p, p + 1);
    s->escape_digits++;
    if (want) {
        s->escape_high = 1;
        s->escape_digits = s->escape_value = 0;
    }
    return p + 1;
}

const uint8_t *
json_step_hex(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    (void)end;
    if (s->escape_digits >= 4)
        return pair_step(s, p);
    int digit = ascii_hex(*p);
    if (digit < 0)
        return json_fail(s, p, ERR_FORMAT,
                         "four hexadecimal digits are expected");
    json_keep(s, p, p + 1);
    s->escape_value = s->escape_value << 4 | (unsigned)digit;
    if (++s->escape_digits < 4)
        return p + 1;
    bool low = s->escape_value >= 0xdc00 && s->escape_value <= 0xdfff;
    bool high = s->escape_value >= 0xd800 && s->escape_value <= 0xdbff;
    if (low != (s->escape_high != 0))
        return json_fail(s, p, ERR_UTF8,
                         "half of a surrogate pair stands alone");
    if (!high)
        s->mode = IN_STRING;
    return p + 1;
}

const uint8_t *
json_step_literal(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    while (p < end && *s->word) {
        if (*p != (uint8_t)*s->word)
            return json_fail(s, p, ERR_FORMAT, "a JSON value is expected here");
        json_keep(s, p, p + 1);
        p++;
        s->word++;
    }
    if (!*s->word)
        json_value_end(s);
    return p;
}

/* Give the state after `c`, or -1 where the number ends. */
static int
number_next(enum number n, uint8_t c)
{
    bool digit = ascii_is_digit(c);

    switch (n) {
    case NUMBER_MINUS:
        return c == '0' ? NUMBER_ZERO : digit ? NUMBER_INTEGER : -1;
    case NUMBER_INTEGER:
        if (digit)
            return NUMBER_INTEGER;
        /* fall through */
    case NUMBER_ZERO:
        return c == '.' ? NUMBER_POINT : (c | 32) == 'e' ? NUMBER_E : -1;
    case NUMBER_POINT:
        return digit ? NUMBER_FRACTION : -1;
    case NUMBER_FRACTION:
        return digit ? NUMBER_FRACTION : (c | 32) == 'e' ? NUMBER_E : -1;
    case NUMBER_E:
        if (c == '+' || c == '-')
            return NUMBER_SIGN;
        /* fall through */
    case NUMBER_SIGN:
    case NUMBER_EXPONENT:
        return digit ? NUMBER_EXPONENT : -1;
    }
    return -1;
}

static bool
number_may_end(enum number n)
{
    return n == NUMBER_ZERO || n == NUMBER_INTEGER || n == NUMBER_FRACTION ||
           n == NUMBER_EXPONENT;
}

const uint8_t *
json_step_number(struct json_stream *s, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from = p;
    int next = 0;

    while (p < end && (next = number_next(s->number, *p)) >= 0) {
        s->number = (enum number)next;
        p++;
    }
    json_keep(s, from, p);
    if (p == end)
        return p;
    if (s->number == NUMBER_ZERO && ascii_is_digit(*p))
        return json_fail(s, p, ERR_FORMAT,
                         "a number may not begin with a zero");
    if (!number_may_end(s->number))
        return json_fail(s, p, ERR_FORMAT,
                         "a number is not written as in JSON");
    json_value_end(s);
    return p;
}
