#include "core/base/buf.h"
#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/value.h"
#include "core/formats/value_parts.h"

struct spelling {
    const char *from, *to;
};

/* Only at the beginning. */
static const struct spelling schemes[] = {
    {"hxxps", "https"}, {"hxxp", "http"},   {"h**ps", "https"},
    {"h**p", "http"},   {"hxtps", "https"}, {"hxtp", "http"},
    {"htxps", "https"}, {"htxp", "http"},   {"fxp", "ftp"},
};

static const struct spelling marks[] = {
    {"[.]", "."},   {"(.)", "."},     {"{.}", "."},  {"[dot]", "."},
    {"(dot)", "."}, {"{dot}", "."},   {"\\.", "."},  {"[:]", ":"},
    {"[/]", "/"},   {"[://]", "://"}, {"[@]", "@"},  {"(@)", "@"},
    {"[at]", "@"},  {"(at)", "@"},    {"{at}", "@"},
};

static bool
may_begin_mark(uint8_t c)
{
    return c == '[' || c == '(' || c == '{' || c == '\\';
}

static const struct spelling *
mark_find(struct slice at)
{
    if (!may_begin_mark(at.data[0]))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (ascii_starts(at, marks[i].from))
            return &marks[i];
    return NULL;
}

size_t
value_mark_size(struct slice text, const char **stands_for)
{
    const struct spelling *m = text.size ? mark_find(text) : NULL;

    if (!m)
        return 0;
    *stands_for = m->to;
    return strlen(m->from);
}

struct writer {
    uint8_t *to;
    size_t n;
    bool changed; /* something was defanged: then the path may be too */
    bool in_path;
};

static void
write_text(struct writer *w, const char *text, size_t size)
{
    memcpy(w->to + w->n, text, size);
    w->n += size;
}

/* A path begins at the first slash that is not part of "://", at a backslash
 * that stands for one, or at a query or fragment. */
static void
write_byte(struct writer *w, struct slice at)
{
    uint8_t c = at.data[0];

    if (c == '/') {
        bool first = w->n && w->to[w->n - 1] == ':';
        bool second =
            w->n > 1 && w->to[w->n - 1] == '/' && w->to[w->n - 2] == ':';
        w->in_path = w->in_path || (!first && !second);
    }
    w->in_path = w->in_path || c == '?' || c == '#' || c == '\\';
    w->to[w->n++] = c;
}

static struct slice
scheme_write(struct writer *w, struct slice text)
{
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        size_t n = strlen(schemes[i].from);
        if (!ascii_starts(text, schemes[i].from) ||
            (!ascii_starts(slice_from(text, n), ":") &&
             !ascii_starts(slice_from(text, n), "[:")))
            continue;
        write_text(w, schemes[i].to, strlen(schemes[i].to));
        w->changed = true;
        return slice_from(text, n);
    }
    return text;
}

bool
value_is_plain(struct slice text, unsigned look)
{
    uint8_t first = text.size > 2 ? ascii_lower(text.data[0]) : 0;

    if (look & (LOOK_OPENING | LOOK_BACKSLASH))
        return false;
    for (size_t i = 1; i < 3 && (first == 'h' || first == 'f'); i++)
        if (ascii_lower(text.data[i]) == 'x' || text.data[i] == '*')
            return false;
    return true;
}

bool
value_refang(struct slice text, struct arena *arena, struct slice *out)
{
    if (value_is_plain(text, look_at(text))) {
        *out = text;
        return true;
    }
    struct writer w = {.to = arena_alloc(arena, text.size ? text.size : 1)};

    if (!w.to)
        return false;
    text = scheme_write(&w, text);
    while (text.size) {
        const struct spelling *m =
            w.in_path && !w.changed ? NULL : mark_find(text);
        if (m) {
            write_text(&w, m->to, strlen(m->to));
            w.changed = true;
            text = slice_from(text, strlen(m->from));
        } else {
            write_byte(&w, text);
            text = slice_from(text, 1);
        }
    }
    *out = slice_of(w.to, w.n);
    return true;
}

static void
put_host(struct slice host, struct buf *out)
{
    size_t colon = slice_find(host, ':');
    bool is_v6 =
        colon < host.size &&
        slice_find(slice_from(host, colon + 1), ':') + colon + 1 < host.size;

    for (size_t i = 0; i < host.size; i++) {
        if (host.data[i] == '.')
            buf_put_str(out, "[.]");
        else if (is_v6 && i == colon)
            buf_put_str(out, "[:]");
        else
            buf_put_u8(out, host.data[i]);
    }
}

/* Give the length of the host's part, and what stands before it. */
static size_t
put_scheme(struct slice url, struct buf *out)
{
    static const struct spelling bent[] = {
        {"http://", "hxxp://"},
        {"https://", "hxxps://"},
        {"ftp://", "fxp://"},
    };
    size_t size = value_scheme_size(url);

    for (size_t i = 0; i < ARRAY_SIZE(bent); i++)
        if (ascii_starts(url, bent[i].from)) {
            buf_put_str(out, bent[i].to);
            return strlen(bent[i].from);
        }
    if (size) {
        buf_put(out, slice_first(url, size - strlen("://")));
        buf_put_str(out, "[:]//");
    }
    return size;
}

static void
put_url(struct slice url, struct buf *out)
{
    size_t scheme = put_scheme(url, out);
    struct slice rest = slice_from(url, scheme);
    size_t host = slice_find(rest, '/');

    if (scheme && rest.size && rest.data[0] == '[')
        buf_put(out, slice_first(rest, host));
    else
        put_host(slice_first(rest, host), out);
    buf_put(out, slice_from(rest, host));
}

static void
put_email(struct slice email, struct buf *out)
{
    size_t at = slice_find_last(email, '@');

    buf_put(out, slice_first(email, at));
    if (at == email.size)
        return;
    buf_put_str(out, "[@]");
    put_host(slice_from(email, at + 1), out);
}

void
value_defang(unsigned observable, struct slice value, struct buf *out)
{
    switch (observable) {
    case OBSERVABLE_IPV4:
    case OBSERVABLE_IPV6:
    case OBSERVABLE_CIDR:
    case OBSERVABLE_IP_PORT:
    case OBSERVABLE_HOST_PORT:
    case OBSERVABLE_DOMAIN:
    case OBSERVABLE_DOMAIN_TREE:
        put_host(value, out);
        return;
    case OBSERVABLE_URL:
        put_url(value, out);
        return;
    case OBSERVABLE_EMAIL_ADDRESS:
        put_email(value, out);
        return;
    }
    buf_put(out, value);
}
