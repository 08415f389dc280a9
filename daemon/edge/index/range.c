#include "edge/index/range.h"

#include "core/formats/ascii.h"
#include "core/formats/url.h"
#include "core/formats/value.h"

#include <arpa/inet.h>
#include <stdio.h>

/* ---- reading ------------------------------------------------------------ */

/* Set the bits behind the first `prefix` of both ends. */
static void
widen(struct range *r, unsigned prefix)
{
    for (unsigned bit = prefix; bit < r->bits; bit++) {
        r->first[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
        r->last[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    }
}

bool
range_parse(struct slice text, struct range *out)
{
    char word[INET6_ADDRSTRLEN + 1];
    size_t slash = slice_find(text, '/');
    uint64_t prefix;

    *out = (struct range){0};
    if (!text.size || slash >= sizeof word)
        return false;
    memcpy(word, text.data, slash);
    word[slash] = 0;
    out->bits = memchr(word, ':', slash) ? 128 : 32;
    if (inet_pton(out->bits == 128 ? AF_INET6 : AF_INET, word, out->first) != 1)
        return false;
    memcpy(out->last, out->first, RANGE_BYTES);
    if (slash == text.size)
        return true;
    if (!ascii_number(slice_from(text, slash + 1), out->bits, &prefix))
        return false;
    widen(out, (unsigned)prefix);
    return true;
}

static bool
one_asked(struct slice text, struct arena *arena, struct range *out)
{
    enum observable type;
    struct slice normal;

    return value_detect(text, arena, &type, &normal) == OK &&
           (type == OBSERVABLE_IPV4 || type == OBSERVABLE_IPV6 ||
            type == OBSERVABLE_CIDR) &&
           range_parse(normal, out);
}

bool
range_asked(struct slice text, struct arena *arena, struct range *out)
{
    size_t hyphen = slice_find(text, '-');
    struct range to;

    if (hyphen == text.size)
        return one_asked(text, arena, out);
    if (!one_asked(slice_trim(slice_first(text, hyphen)), arena, out) ||
        !one_asked(slice_trim(slice_from(text, hyphen + 1)), arena, &to) ||
        out->bits != to.bits || !range_is_one(out) || !range_is_one(&to) ||
        memcmp(out->first, to.first, RANGE_BYTES) > 0)
        return false;
    memcpy(out->last, to.last, RANGE_BYTES);
    return true;
}

static struct slice
without_brackets(struct slice host)
{
    if (host.size && host.data[0] == '[')
        return slice_first(slice_from(host, 1),
                           slice_find(slice_from(host, 1), ']'));
    return host;
}

struct slice
range_host(const struct observed *value)
{
    struct slice text = value->value;
    size_t at = slice_find_last(text, '@');

    if (value->observable == OBSERVABLE_IP_PORT ||
        value->observable == OBSERVABLE_HOST_PORT)
        return without_brackets(slice_first(text, slice_find_last(text, ':')));
    if (value->observable == OBSERVABLE_EMAIL_ADDRESS)
        return slice_from(text, at < text.size ? at + 1 : text.size);
    return value->observable == OBSERVABLE_URL
               ? without_brackets(url_split(text).host)
               : (struct slice){0};
}

bool
range_of_value(const struct observed *value, struct range *out)
{
    if (value->observable == OBSERVABLE_IPV4 ||
        value->observable == OBSERVABLE_IPV6 ||
        value->observable == OBSERVABLE_CIDR)
        return range_parse(value->value, out);
    return range_parse(range_host(value), out) && range_is_one(out);
}

/* ---- comparing ---------------------------------------------------------- */

static int
order(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, RANGE_BYTES);
}

bool
range_is_one(const struct range *r)
{
    return order(r->first, r->last) == 0;
}

bool
range_equal(const struct range *a, const struct range *b)
{
    return range_has(a, b) && range_has(b, a);
}

bool
range_has(const struct range *outer, const struct range *inner)
{
    return outer->bits == inner->bits &&
           order(outer->first, inner->first) <= 0 &&
           order(inner->last, outer->last) <= 0;
}

bool
range_meets(const struct range *a, const struct range *b)
{
    return a->bits == b->bits && order(a->first, b->last) <= 0 &&
           order(b->first, a->last) <= 0;
}

unsigned
range_prefix(const struct range *r)
{
    unsigned n = 0;

    while (n < r->bits &&
           !((r->first[n / 8] ^ r->last[n / 8]) & (0x80u >> n % 8)))
        n++;
    return n;
}

/* ---- blocks ------------------------------------------------------------- */

struct slice
range_block(const struct range *r, bool of_last, unsigned prefix,
            struct arena *arena)
{
    struct range of = *r;
    char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];
    struct slice out = {0};

    memcpy(of.first, of_last ? r->last : r->first, RANGE_BYTES);
    widen(&of, prefix);
    (void)inet_ntop(of.bits == 128 ? AF_INET6 : AF_INET, of.first, host,
                    sizeof host);
    (void)snprintf(text, sizeof text, "%s/%u", host, prefix);
    if (value_check(OBSERVABLE_CIDR, slice_str(text), arena, &out) != OK)
        return (struct slice){0};
    return out;
}

/* ---- keys --------------------------------------------------------------- */

/* Sizes of blocks that are led by: those of 32 bits so that a range is at most
 * 256 of the next size; those of 128 as networks are given out. */
static const unsigned steps_32[] = {0, 8, 16, 24};
static const unsigned steps_128[] = {0, 16, 32, 48, 64};

struct steps {
    const unsigned *list;
    size_t count;
};

static struct steps
steps_of(const struct range *r)
{
    if (r->bits == 128)
        return (struct steps){steps_128, ARRAY_SIZE(steps_128)};
    return (struct steps){steps_32, ARRAY_SIZE(steps_32)};
}

/* Who takes keys, and of which family they are. */
struct taker {
    range_fn take;
    void *context;
    char family;
};

/* A key does not tell capitals from small letters: bytes stand in digits. */
static void
hand(const struct taker *t, const uint8_t *address, unsigned step)
{
    static const char digits[] = "0123456789abcdef";
    char key[RANGE_KEY_MAX];
    size_t n = 0;

    key[n++] = t->family;
    key[n++] = '/';
    for (unsigned i = 0; i < step / 8; i++) {
        key[n++] = digits[address[i] >> 4];
        key[n++] = digits[address[i] & 15];
    }
    t->take(t->context, slice_of((const uint8_t *)key, n));
}

void
range_lead(const struct range *r, range_fn take, void *context)
{
    const struct taker t = {take, context, r->bits == 128 ? '6' : '4'};
    struct steps steps = steps_of(r);
    unsigned prefix = range_prefix(r);

    for (size_t i = 0; i < steps.count && steps.list[i] <= prefix; i++)
        hand(&t, r->first, steps.list[i]);
}

/* Count the blocks of a size that a range meets; many are RANGE_BLOCKS_MAX
 * and one. */
static unsigned
blocks_of(const struct range *r, unsigned step)
{
    unsigned difference = 0;

    for (unsigned i = 0; i < step / 8; i++) {
        difference = difference * 256 + r->last[i] - r->first[i];
        if (difference >= RANGE_BLOCKS_MAX)
            return RANGE_BLOCKS_MAX + 1;
    }
    return difference + 1;
}

/* The next block of a size. */
static void
step_up(uint8_t *address, unsigned step)
{
    for (unsigned i = step / 8; i-- > 0;)
        if (++address[i])
            return;
}

/* A block that lies in a range is no larger than it: so many bits it has at
 * least, those before the first of the difference of both ends. */
static unsigned
bits_within(const struct range *r)
{
    uint8_t difference[RANGE_BYTES];
    unsigned borrow = 0, n = 0;

    for (unsigned i = r->bits / 8; i-- > 0;) {
        unsigned from = r->last[i], less = r->first[i] + borrow;
        borrow = less > from;
        difference[i] = (uint8_t)(from - less);
    }
    while (n < r->bits && !(difference[n / 8] & (0x80u >> n % 8)))
        n++;
    return n;
}

static void
look(const struct range *r, const struct taker *t, unsigned step)
{
    uint8_t address[RANGE_BYTES];
    unsigned count = blocks_of(r, step);

    memcpy(address, r->first, RANGE_BYTES);
    for (unsigned i = 0; i < count; i++) {
        hand(t, address, step);
        step_up(address, step);
    }
}

void
range_look(const struct range *r, bool blocks, range_fn take, void *context)
{
    const struct taker t = {take, context, r->bits == 128 ? '6' : '4'};
    struct steps steps = steps_of(r);
    unsigned within = bits_within(r);
    unsigned step = 0;

    for (size_t i = 0; i < steps.count; i++) {
        bool fits = blocks ? steps.list[i] <= within
                           : blocks_of(r, steps.list[i]) <= RANGE_BLOCKS_MAX;
        if (fits)
            step = steps.list[i];
    }
    look(r, &t, step);
}
