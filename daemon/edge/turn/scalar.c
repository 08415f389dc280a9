#include "edge/turn/scalar.h"

#include <grp.h>
#include <pwd.h>

bool
scalar_number(struct slice text, uint64_t *out)
{
    uint64_t value = 0;

    if (text.size == 0 || text.size > 18)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out = value;
    return true;
}

bool
scalar_truth(struct slice text, bool *out)
{
    *out = slice_is(text, "true");
    return *out || slice_is(text, "false");
}

bool
scalar_text(struct slice text, char *out, size_t size)
{
    if (text.size == 0 || text.size >= size || memchr(text.data, 0, text.size))
        return false;
    memcpy(out, text.data, text.size);
    out[text.size] = 0;
    return true;
}

bool
scalar_path(struct slice text, const char *file, char *out, size_t size)
{
    const char *slash = strrchr(file, '/');
    size_t folder = slash ? (size_t)(slash - file) + 1 : 0;

    if (text.size == 0 || text.data[0] == '/')
        folder = 0;
    if (folder >= size || !scalar_text(text, out + folder, size - folder))
        return false;
    memcpy(out, file, folder);
    return true;
}

bool
scalar_address(struct slice text, char *out, size_t size)
{
    size_t colon = text.size;
    uint64_t port;

    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    return colon > 1 &&
           scalar_number(slice_of(text.data + colon, text.size - colon),
                         &port) &&
           port > 0 && port <= UINT16_MAX && scalar_text(text, out, size);
}

bool
scalar_span(struct slice text, uint64_t *out_ms)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"s", 1000},
                 {"min", 60000},
                 {"h", 3600000},
                 {"d", 86400000},
                 {"w", 604800000}};
    size_t digits = 0;
    uint64_t number;

    *out_ms = 0;
    if (slice_is(text, "forever"))
        return true;
    while (digits < text.size && text.data[digits] >= '0' &&
           text.data[digits] <= '9')
        digits++;
    struct slice unit = slice_of(text.data + digits, text.size - digits);
    if (!scalar_number(slice_of(text.data, digits), &number) || !number ||
        number > 100000)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (slice_is(unit, units[i].name))
            *out_ms = number * units[i].ms;
    return *out_ms > 0;
}

bool
scalar_user(struct slice text, unsigned *out)
{
    const struct passwd *entry;
    char name[256];
    uint64_t number;

    if (scalar_number(text, &number) && number < UINT32_MAX) {
        *out = (unsigned)number;
        return true;
    }
    if (!scalar_text(text, name, sizeof name) || !(entry = getpwnam(name)))
        return false;
    *out = entry->pw_uid;
    return true;
}

bool
scalar_group(struct slice text, unsigned *out)
{
    const struct group *entry;
    char name[256];
    uint64_t number;

    if (scalar_number(text, &number) && number < UINT32_MAX) {
        *out = (unsigned)number;
        return true;
    }
    if (!scalar_text(text, name, sizeof name) || !(entry = getgrnam(name)))
        return false;
    *out = entry->gr_gid;
    return true;
}
