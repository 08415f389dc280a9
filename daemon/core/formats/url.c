#include "core/formats/url.h"

#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/value_parts.h"

/* Those that the URL Standard of the WHATWG calls special. */
static bool
is_special(struct slice scheme)
{
    static const char *const special[] = {"http", "https", "ftp",
                                          "ws",   "wss",   "file"};

    for (size_t i = 0; i < ARRAY_SIZE(special); i++)
        if (ascii_is_word(scheme, special[i]))
            return true;
    return false;
}

/* Give where the authority ends that a text begins with, and what it looks
 * like. */
static size_t
authority_size(struct slice text, unsigned ends, unsigned *look)
{
    unsigned kinds = 0;
    size_t n = 0;

    for (; n < text.size; n++) {
        unsigned kind = look_kinds[text.data[n]];
        if (kind & ends)
            break;
        kinds |= kind;
    }
    *look = kinds;
    return n;
}

/* The colons in brackets are those of an address. */
static size_t
port_find(struct slice host)
{
    size_t bracket = slice_find_last(host, ']');
    size_t colon = slice_find_last(host, ':');

    if (host.size && host.data[0] == '[' && bracket < host.size &&
        colon < bracket)
        return host.size;
    return colon;
}

struct url
url_split(struct slice text)
{
    struct url out = {.scheme_size = value_scheme_size(text)};
    struct slice behind = slice_from(text, out.scheme_size);
    unsigned look, ends = LOOK_SLASH | LOOK_QUERY | LOOK_HASH;

    if (out.scheme_size &&
        is_special(slice_first(text, out.scheme_size - strlen("://"))))
        ends |= LOOK_BACKSLASH;
    size_t end = authority_size(behind, ends, &look);

    out.rest = slice_from(behind, end);
    out.host = slice_first(behind, end);
    if (look & LOOK_AT)
        out.host = slice_from(out.host, slice_find_last(out.host, '@') + 1);
    if (!(look & LOOK_COLON))
        return out;
    size_t colon = port_find(out.host);
    if (colon < out.host.size) {
        out.has_port = true;
        out.port = slice_from(out.host, colon + 1);
        out.host = slice_first(out.host, colon);
    }
    return out;
}
