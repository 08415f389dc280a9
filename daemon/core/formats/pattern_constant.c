#include "core/formats/pattern_constant.h"

#include "core/formats/ascii.h"

bool
pattern_is_hex(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (ascii_hex(text.data[i]) < 0)
            return false;
    return text.size % 2 == 0;
}

static bool
is_base64_char(uint8_t c)
{
    return ascii_is_alnum(c) || c == '+' || c == '/';
}

bool
pattern_is_base64(struct slice text)
{
    size_t n = text.size;

    if (n == 0 || n % 4 != 0)
        return false;
    for (size_t pad = 0; pad < 2 && text.data[n - 1] == '='; pad++)
        n--;
    for (size_t i = 0; i < n; i++)
        if (!is_base64_char(text.data[i]))
            return false;
    return true;
}

/* The parts of a time: digits and the character behind them. */
static const struct part {
    uint8_t at, digits, behind;
    uint16_t least, most;
} parts[] = {
    {0, 4, '-', 0, 9999}, {5, 2, '-', 1, 12},  {8, 2, 'T', 1, 31},
    {11, 2, ':', 0, 23},  {14, 2, ':', 0, 59}, {17, 2, 0, 0, 60},
};

#define SECONDS_END 19u

static bool
is_part(struct slice text, const struct part *p)
{
    unsigned n = 0;

    for (size_t i = p->at; i < p->at + p->digits; i++) {
        if (!ascii_is_digit(text.data[i]))
            return false;
        n = n * 10 + (unsigned)(text.data[i] - '0');
    }
    return n >= p->least && n <= p->most &&
           (!p->behind || text.data[p->at + p->digits] == p->behind);
}

bool
pattern_is_stamp(struct slice text)
{
    size_t end = SECONDS_END;

    if (text.size < SECONDS_END + 1 || text.data[text.size - 1] != 'Z')
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (!is_part(text, &parts[i]))
            return false;
    if (text.data[end] == 'Z')
        return text.size == end + 1;
    for (end++; ascii_is_digit(text.data[end]);)
        end++;
    return text.data[SECONDS_END] == '.' && end > SECONDS_END + 1 &&
           end == text.size - 1;
}

/* Give the digits behind the seconds, without zeros that say nothing. */
static struct slice
fraction_of(struct slice stamp)
{
    size_t begin = SECONDS_END + (stamp.data[SECONDS_END] == '.');
    struct slice s = slice_of(stamp.data + begin, stamp.size - 1 - begin);

    while (s.size && s.data[s.size - 1] == '0')
        s.size--;
    return s;
}

bool
pattern_is_before(struct slice first, struct slice second)
{
    int order = slice_compare(slice_first(first, SECONDS_END),
                              slice_first(second, SECONDS_END));

    if (order)
        return order < 0;
    return slice_compare(fraction_of(first), fraction_of(second)) < 0;
}

bool
pattern_is_positive(struct slice number)
{
    if (number.size == 0 || number.data[0] == '-')
        return false;
    for (size_t i = 0; i < number.size; i++)
        if (number.data[i] >= '1' && number.data[i] <= '9')
            return true;
    return false;
}

/* Hashes of one length: names without hyphen and in lower case, digits. */
static const struct hash_form {
    const char *name;
    size_t digits;
} hash_forms[] = {
    {"md5", 32},     {"sha1", 40},    {"sha256", 64},
    {"sha512", 128}, {"sha3256", 64}, {"sha3512", 128},
};

static bool
is_name(struct slice name, const char *plain)
{
    size_t n = 0;

    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == '-')
            continue;
        if (!plain[n] || ascii_lower(name.data[i]) != (uint8_t)plain[n])
            return false;
        n++;
    }
    return plain[n] == 0;
}

bool
pattern_is_hash(struct slice name, struct slice value)
{
    for (size_t i = 0; i < ARRAY_SIZE(hash_forms); i++)
        if (is_name(name, hash_forms[i].name))
            return value.size == hash_forms[i].digits && pattern_is_hex(value);
    return true;
}
