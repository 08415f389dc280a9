#include "core/formats/csv_time.h"

#include "core/formats/ascii.h"
#include "core/formats/stamp.h"

#define TEXT_MAX 40
#define DAY_BYTES 10 /* 2026-11-23 */
/* Fewer digits are a year or a count. */
#define SECONDS_DIGITS_MIN 9

/* Take a zone off that is UTC. */
static struct slice
without_zone(struct slice text)
{
    static const char *const zones[] = {"z", "+00:00", "+0000", " utc"};

    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        size_t n = strlen(zones[i]);
        if (text.size > n &&
            ascii_is_word(slice_from(text, text.size - n), zones[i]))
            return slice_first(text, text.size - n);
    }
    return text;
}

bool
csv_time_parse(struct slice text, enum csv_day day, struct wall *out)
{
    struct slice rest =
        slice_str(day == CSV_DAY_ENDS ? "T23:59:59" : "T00:00:00");
    char plain[TEXT_MAX + 2];
    uint64_t seconds;
    struct stamp stamp;
    size_t size;

    if (text.size >= SECONDS_DIGITS_MIN &&
        ascii_number(text, UINT32_MAX, &seconds)) {
        out->ms = seconds * 1000;
        return true;
    }
    if (text.size > DAY_BYTES)
        text = without_zone(text);
    if (text.size < DAY_BYTES || text.size > TEXT_MAX)
        return false;
    size = text.size;
    memcpy(plain, text.data, size);
    if (size == DAY_BYTES) {
        memcpy(plain + size, rest.data, rest.size);
        size += rest.size;
    } else if (plain[DAY_BYTES] == ' ') {
        plain[DAY_BYTES] = 'T';
    }
    plain[size++] = 'Z';
    if (!stamp_parse(slice_of(plain, size), &stamp))
        return false;
    *out = stamp_wall(&stamp);
    return true;
}
