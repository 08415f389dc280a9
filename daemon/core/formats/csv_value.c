#include "core/formats/csv_value.h"

#include "core/formats/ascii.h"
#include "core/formats/value.h"

#define PORT_MAX 65535

static bool
is_address(enum observable type)
{
    return type == OBSERVABLE_IPV4 || type == OBSERVABLE_IPV6 ||
           type == OBSERVABLE_CIDR || type == OBSERVABLE_IP_PORT;
}

static bool
is_hash(enum observable type)
{
    return type == OBSERVABLE_MD5 || type == OBSERVABLE_SHA1 ||
           type == OBSERVABLE_SHA256 || type == OBSERVABLE_SHA512;
}

enum err
csv_value_read(struct csv_type how, struct slice text, struct arena *arena,
               enum observable *type, struct slice *value)
{
    enum err e;

    if (how.form == CSV_ONE) {
        *type = how.observable;
        return value_check(*type, text, arena, value);
    }
    /* A path without a host is no indicator. */
    if (text.size && text.data[0] == '/')
        return ERR_VALUE;
    e = value_detect(text, arena, type, value);
    if (e == OK && ((how.form == CSV_ADDRESS && !is_address(*type)) ||
                    (how.form == CSV_HASH && !is_hash(*type))))
        return ERR_VALUE;
    return e;
}

enum err
csv_port_join(struct slice port, struct arena *arena, enum observable *type,
              struct slice *value)
{
    bool v6 = *type == OBSERVABLE_IPV6;
    enum observable joined = OBSERVABLE_NONE;
    struct buf text = {0};
    struct slice kept;
    uint64_t number;
    bool fits;

    if (*type == OBSERVABLE_IPV4 || v6)
        joined = OBSERVABLE_IP_PORT;
    else if (*type == OBSERVABLE_DOMAIN)
        joined = OBSERVABLE_HOST_PORT;
    if (!joined || !ascii_number(port, PORT_MAX, &number))
        return ERR_FORMAT;
    buf_put_str(&text, v6 ? "[" : "");
    buf_put(&text, *value);
    buf_put_str(&text, v6 ? "]:" : ":");
    buf_put_decimal(&text, number);
    fits = arena_copy(arena, buf_slice(&text), &kept);
    buf_clear(&text);
    *type = joined;
    return fits ? value_check(joined, kept, arena, value) : ERR_BUDGET;
}
