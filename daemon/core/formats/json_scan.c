#include "core/formats/json_scan.h"

#include "core/formats/ascii.h"

/* Tell whether the quote at `at` stands behind an odd number of backslashes. */
static bool
is_escaped(struct slice text, size_t from, size_t at)
{
    size_t n = 0;

    while (at - n > from && text.data[at - n - 1] == '\\')
        n++;
    return n % 2 == 1;
}

/* Give where the string that opens at `at` ends, behind its quote. */
static size_t
string_end(struct slice text, size_t at)
{
    size_t from = at + 1, i = from;

    while (i < text.size) {
        i += slice_find(slice_from(text, i), '"');
        if (i < text.size && !is_escaped(text, from, i))
            return i + 1;
        i++;
    }
    return text.size;
}

static size_t
container_end(struct slice text, size_t at)
{
    size_t depth = 0;

    while (at < text.size) {
        uint8_t c = text.data[at];
        if (c == '"') {
            at = string_end(text, at);
            continue;
        }
        at++;
        depth += c == '{' || c == '[';
        if ((c == '}' || c == ']') && --depth == 0)
            break;
    }
    return at;
}

static size_t
value_end(struct slice text, size_t at)
{
    uint8_t c = text.data[at];

    if (c == '"')
        return string_end(text, at);
    if (c == '{' || c == '[')
        return container_end(text, at);
    while (at < text.size && text.data[at] != ',' && text.data[at] != '}' &&
           text.data[at] != ']')
        at++;
    return at;
}

bool
json_scan_element(struct json_scan *s, struct slice *value)
{
    struct slice t = s->text;

    if (s->at < t.size && t.data[s->at] == ',')
        s->at++;
    if (s->at >= t.size || t.data[s->at] == ']' || t.data[s->at] == '}')
        return false;
    size_t end = value_end(t, s->at);
    *value = slice_of(t.data + s->at, end - s->at);
    s->at = end;
    return value->size > 0;
}

bool
json_scan_member(struct json_scan *s, struct slice *key, struct slice *value)
{
    struct slice name;

    if (!json_scan_element(s, &name) || name.size < 2 ||
        s->at >= s->text.size || s->text.data[s->at] != ':')
        return false;
    s->at++;
    *key = slice_of(name.data + 1, name.size - 2);
    return json_scan_element(s, value);
}

#define ESCAPE "\\u00"
#define ESCAPE_SIZE 6 /* "\u0041" */

/* Take the first byte of what a key says; false where an escape stands for
 * more than ASCII. */
static bool
byte_take(struct slice *key, uint8_t *out)
{
    *out = key->data[0];
    if (*out != '\\') {
        *key = slice_from(*key, 1);
        return true;
    }
    if (key->size < ESCAPE_SIZE || !ascii_starts(*key, ESCAPE))
        return false;
    int high = ascii_hex(key->data[4]), low = ascii_hex(key->data[5]);
    if (high < 0 || low < 0)
        return false;
    *out = (uint8_t)(high << 4 | low);
    *key = slice_from(*key, ESCAPE_SIZE);
    return true;
}

bool
json_scan_is(struct slice key, const char *name)
{
    uint8_t c;

    /* Most keys have no escape, and differ in their first letter. */
    if (key.size == 0 ||
        (key.data[0] != (uint8_t)name[0] && key.data[0] != '\\'))
        return false;
    if (slice_find(key, '\\') == key.size)
        return slice_is(key, name);
    while (key.size && *name)
        if (!byte_take(&key, &c) || c != (uint8_t)*name++)
            return false;
    return key.size == 0 && *name == 0;
}

struct slice
json_scan_find(struct slice object, const char *key)
{
    struct json_scan s = json_scan_of(object);
    struct slice name, value;

    while (json_scan_member(&s, &name, &value))
        if (json_scan_is(name, key))
            return value;
    return (struct slice){0};
}

struct slice
json_scan_string(struct slice value)
{
    if (value.size < 2 || value.data[0] != '"')
        return (struct slice){0};
    return slice_of(value.data + 1, value.size - 2);
}
