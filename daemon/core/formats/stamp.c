#include "core/formats/stamp.h"

#include "core/formats/ascii.h"

#define DAY_SECONDS 86400
#define MS_DIGITS 3
#define MOMENT_TEXT 19 /* without a fraction and the Z */

static bool
is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t
month_days(int64_t year, int64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Count days from 1970-01-01 to a day in year 0 or later. */
static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
    static const int64_t before_month[] = {0,   31,  59,  90,  120, 151,
                                           181, 212, 243, 273, 304, 334};
    int64_t before = year - 1, days = before_month[month - 1] + day - 1;

    if (month > 2 && is_leap(year))
        days++;
    if (year == 0)
        return days - 719528;
    return days + year * 365 + before / 4 - before / 100 + before / 400 + 1 -
           719528;
}

/* Read a number of digits alone. */
static bool
digits_read(const uint8_t *p, size_t count, int64_t *out)
{
    int64_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (!ascii_is_digit(p[i]))
            return false;
        n = n * 10 + (p[i] - '0');
    }
    *out = n;
    return true;
}

struct moment {
    int64_t year, month, day, hour, minute, second;
};

/* Read "2026-11-23T17:04:12", which is at the beginning. */
static bool
moment_read(struct slice text, struct moment *m)
{
    const uint8_t *p = text.data;

    return text.size >= MOMENT_TEXT && p[4] == '-' && p[7] == '-' &&
           p[10] == 'T' && p[13] == ':' && p[16] == ':' &&
           digits_read(p, 4, &m->year) && digits_read(p + 5, 2, &m->month) &&
           digits_read(p + 8, 2, &m->day) && digits_read(p + 11, 2, &m->hour) &&
           digits_read(p + 14, 2, &m->minute) &&
           digits_read(p + 17, 2, &m->second);
}

/* Read ".123Z" or "Z". */
static bool
fraction_read(struct slice text, struct slice *out)
{
    size_t n = 1;

    *out = (struct slice){0};
    if (text.size == 1 && text.data[0] == 'Z')
        return true;
    if (text.size < 3 || text.data[0] != '.')
        return false;
    while (n < text.size && ascii_is_digit(text.data[n]))
        n++;
    *out = slice_of(text.data + 1, n - 1);
    return n > 1 && n + 1 == text.size && text.data[n] == 'Z';
}

bool
stamp_parse(struct slice text, struct stamp *out)
{
    struct moment m;
    struct slice fraction;

    if (!moment_read(text, &m) ||
        !fraction_read(slice_from(text, MOMENT_TEXT), &fraction))
        return false;
    bool day_ends = m.hour == 23 && m.minute == 59;
    if (m.month < 1 || m.month > 12 || m.day < 1 ||
        m.day > month_days(m.year, m.month) || m.hour > 23 || m.minute > 59 ||
        m.second > (day_ends ? 60 : 59))
        return false;
    out->seconds = days_since_1970(m.year, m.month, m.day) * DAY_SECONDS +
                   m.hour * 3600 + m.minute * 60 + m.second;
    out->fraction = fraction;
    return true;
}

static void
digits_write(int64_t number, char *out, size_t count)
{
    uint32_t rest = (uint32_t)number;

    while (count) {
        out[--count] = (char)('0' + rest % 10);
        rest /= 10;
    }
}

/* Find year, month and day of a day since 1970. Years are counted from March,
 * so that the leap day is the last of its year, and in eras of 400. */
static void
date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    const int64_t era_days = 146097, to_march_0000 = 719468;

    days += to_march_0000;
    int64_t era = days / era_days, d = days % era_days;
    int64_t y = (d - d / 1460 + d / 36524 - d / (era_days - 1)) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

/* Write "2026-11-23T17:04:12" into a form that has its signs. */
static void
moment_write(uint64_t seconds, char *out)
{
    int64_t rest = (int64_t)(seconds % DAY_SECONDS), year, month, day;

    date_of((int64_t)(seconds / DAY_SECONDS), &year, &month, &day);
    digits_write(year, out, 4);
    digits_write(month, out + 5, 2);
    digits_write(day, out + 8, 2);
    digits_write(rest / 3600, out + 11, 2);
    digits_write(rest / 60 % 60, out + 14, 2);
    digits_write(rest % 60, out + 17, 2);
}

void
stamp_write(uint64_t seconds, char out[STAMP_TEXT])
{
    static const char form[] = "0000-00-00T00:00:00Z";

    /* The text is of this length, and ends with nothing.
     * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
    memcpy(out, form, STAMP_TEXT);
    moment_write(seconds, out);
}

static uint8_t
fraction_digit(const struct stamp *s, size_t i)
{
    return i < s->fraction.size ? s->fraction.data[i] : '0';
}

int
stamp_compare(const struct stamp *a, const struct stamp *b)
{
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    for (size_t i = 0; i < MS_DIGITS; i++)
        if (fraction_digit(a, i) != fraction_digit(b, i))
            return fraction_digit(a, i) - fraction_digit(b, i);
    return 0;
}

struct wall
stamp_wall(const struct stamp *s)
{
    uint64_t ms = 0;

    if (s->seconds < 0)
        return (struct wall){0};
    for (size_t i = 0; i < MS_DIGITS; i++)
        ms = ms * 10 + (uint64_t)(fraction_digit(s, i) - '0');
    return (struct wall){(uint64_t)s->seconds * 1000 + ms};
}

void
stamp_put(struct buf *out, struct wall time)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    const uint64_t last = UINT64_C(253402300799999);
    uint64_t ms = time.ms < last ? time.ms : last;
    char *to = (char *)buf_extend(out, sizeof form - 1);

    memcpy(to, form, sizeof form - 1);
    moment_write(ms / 1000, to);
    digits_write((int64_t)(ms % 1000), to + MOMENT_TEXT + 1, MS_DIGITS);
}
