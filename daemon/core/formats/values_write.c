#include "core/formats/values_write.h"

#include "core/formats/ascii.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"

bool
values_any(const struct format_out *out, const struct message *m,
           const struct format_task *task)
{
    const struct head *h = &m->head;
    bool has_parts = h->mentioned_count > 0;
    bool has = h->value.size > 0 || (has_parts && task->is_mentioned);

    if (has && has_parts && !task->is_mentioned)
        loss_put(out, m, LOSS_DROPPED, "mentioned",
                 "values that are only a part of it are no indicators alone");
    if (has)
        return true;
    if (has_parts)
        loss_put(out, m, LOSS_DROPPED, "",
                 "its values are only parts of a pattern, and no indicators "
                 "alone");
    else
        loss_put(out, m, LOSS_DROPPED, "", "it holds no value");
    return false;
}

static bool
is_value(const struct message *m, struct slice text)
{
    const struct head *h = &m->head;

    if (ascii_is_same(text, h->value))
        return true;
    for (size_t i = 0; i < h->value_count; i++)
        if (ascii_is_same(text, h->values[i].value))
            return true;
    return false;
}

/* All hashes of a map, or not: one that is none of the values is lost. */
static bool
are_hashes(const struct message *m, struct slice map)
{
    struct json_scan scan = json_scan_of(map);
    struct slice key, value;

    while (json_scan_member(&scan, &key, &value))
        if (!is_value(m, json_scan_string(value)))
            return false;
    return true;
}

bool
values_are(const struct message *m, struct slice key, struct slice raw)
{
    bool is_pattern = m->head.pattern.size > 0;

    if (is_pattern)
        return m->head.value.size > 0 && (json_scan_is(key, "pattern") ||
                                          json_scan_is(key, "pattern_type"));
    if (json_scan_is(key, "hashes"))
        return are_hashes(m, raw);
    if (json_scan_is(key, "number"))
        return m->head.observable == OBSERVABLE_AS_NUMBER;
    if (json_scan_is(key, "value"))
        return true;
    return (json_scan_is(key, "name") || json_scan_is(key, "key") ||
            json_scan_is(key, "subject")) &&
           is_value(m, json_scan_string(raw));
}
