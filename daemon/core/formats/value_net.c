#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/url.h"
#include "core/formats/value_parts.h"

#define TREE_PREFIX "*."

/* Write up to three parts one behind the other. */
static bool
join(struct arena *arena, struct slice *out, struct slice a, struct slice b,
     struct slice c)
{
    struct slice parts[] = {a, b, c};
    uint8_t *to = arena_alloc(arena, a.size + b.size + c.size);
    size_t n = 0;

    if (!to)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i].size)
            memcpy(to + n, parts[i].data, parts[i].size);
        n += parts[i].size;
    }
    *out = slice_of(to, n);
    return true;
}

static bool
is_in_brackets(struct slice text)
{
    return text.size > 2 && text.data[0] == '[' &&
           text.data[text.size - 1] == ']';
}

bool
value_ipv4(struct slice text, struct arena *arena, struct slice *out)
{
    uint8_t address[IPV4_BYTES];

    return ipv4_parse(text, address) && arena_copy(arena, text, out);
}

bool
value_ipv6(struct slice text, struct arena *arena, struct slice *out)
{
    uint8_t address[IPV6_BYTES];
    char normal[IPV6_TEXT_MAX];

    if (is_in_brackets(text))
        text = slice_of(text.data + 1, text.size - 2);
    if (!ipv6_parse(text, address))
        return false;
    return arena_copy(arena, slice_of(normal, ipv6_print(address, normal)),
                      out);
}

bool
value_cidr(struct slice text, struct arena *arena, struct slice *out)
{
    size_t slash = slice_find(text, '/');
    struct slice address;
    uint64_t bits;

    if (slash == text.size)
        return false;
    struct slice prefix = slice_from(text, slash + 1);
    text = slice_first(text, slash);
    if (!value_ipv4(text, arena, &address)) {
        if (!value_ipv6(text, arena, &address) ||
            !ascii_number(prefix, 128, &bits))
            return false;
    } else if (!ascii_number(prefix, 32, &bits)) {
        return false;
    }
    return join(arena, out, address, slice_str("/"), prefix);
}

static bool
is_port(struct slice text)
{
    uint64_t number = 0;

    return ascii_number(text, 65535, &number) && number > 0;
}

/* Split at the last colon; false without a port from 1 to 65535. */
static bool
port_split(struct slice text, struct slice *host, struct slice *port)
{
    size_t colon = slice_find_last(text, ':');

    if (colon == text.size)
        return false;
    *host = slice_first(text, colon);
    *port = slice_from(text, colon + 1);
    return is_port(*port);
}

bool
value_ip_port(struct slice text, struct arena *arena, struct slice *out)
{
    struct slice host, port, address;

    if (!port_split(text, &host, &port))
        return false;
    if (value_ipv4(host, arena, &address))
        return join(arena, out, address, slice_str(":"), port);
    if (!is_in_brackets(host) || !value_ipv6(host, arena, &address) ||
        !join(arena, &address, slice_str("["), address, slice_str("]")))
        return false;
    return join(arena, out, address, slice_str(":"), port);
}

bool
value_host_port(struct slice text, struct arena *arena, struct slice *out)
{
    struct slice host, port;

    return port_split(text, &host, &port) &&
           host_normal(host, 2, arena, &host) &&
           join(arena, out, host, slice_str(":"), port);
}

bool
value_domain(struct slice text, struct arena *arena, struct slice *out)
{
    return host_normal(text, 2, arena, out);
}

#define ENDING_MAX 4

/* Endings that are no top-level domain: a name with one of these is a file
 * far more often than a host, and only a person can tell. In order. */
static const char endings[][ENDING_MAX] = {
    "apk", "bat", "cmd",  "dll",  "doc", "docm", "docx", "elf", "exe",
    "gif", "hta", "htm",  "html", "inf", "ini",  "jar",  "jpg", "js",
    "jse", "lnk", "log",  "msi",  "pdf", "php",  "png",  "ppt", "pptx",
    "ps1", "rar", "rtf",  "scr",  "sys", "tmp",  "txt",  "vbe", "vbs",
    "wsf", "xls", "xlsm", "xlsx", "xml",
};

static bool
ends_like_file(struct slice text)
{
    struct slice last = slice_from(text, slice_find_last(text, '.'));
    char ending[ENDING_MAX] = {0};

    if (last.size < 2 || last.size > 1 + ENDING_MAX)
        return false;
    for (size_t i = 1; i < last.size; i++)
        ending[i - 1] = (char)ascii_lower(last.data[i]);
    for (size_t i = 0; i < ARRAY_SIZE(endings) && endings[i][0] <= ending[0];
         i++)
        if (memcmp(ending, endings[i], ENDING_MAX) == 0)
            return true;
    return false;
}

bool
value_domain_guess(struct slice text, struct arena *arena, struct slice *out)
{
    return !ends_like_file(text) && host_normal(text, 2, arena, out);
}

/* Only the notation tells a tree from a domain: "*.example.com". */
bool
value_tree_guess(struct slice text, struct arena *arena, struct slice *out)
{
    return ascii_starts(text, TREE_PREFIX) &&
           host_normal(slice_from(text, strlen(TREE_PREFIX)), 2, arena, out);
}

bool
value_domain_tree(struct slice text, struct arena *arena, struct slice *out)
{
    return value_tree_guess(text, arena, out) ||
           host_normal(text, 2, arena, out);
}

/* Check the host of a URL; one of a single label needs a scheme. */
static bool
url_host_normal(struct slice host, bool has_scheme, struct arena *arena,
                struct slice *out)
{
    if (is_in_brackets(host))
        return value_ipv6(host, arena, &host) &&
               join(arena, out, slice_str("["), host, slice_str("]"));
    return value_ipv4(host, arena, out) ||
           host_normal(host, has_scheme ? 1 : 2, arena, out);
}

size_t
value_scheme_size(struct slice text)
{
    size_t n = 0;

    if (text.size == 0 || !ascii_is_letter(text.data[0]))
        return 0;
    while (n < text.size &&
           (ascii_is_alnum(text.data[n]) || text.data[n] == '+' ||
            text.data[n] == '-' || text.data[n] == '.'))
        n++;
    return ascii_starts(slice_from(text, n), "://") ? n + 3 : 0;
}

/* Write a scheme in small letters; most stand so. */
static bool
scheme_normal(struct slice text, size_t scheme, struct arena *arena,
              struct slice *out)
{
    *out = text;
    if (!(look_at(slice_first(text, scheme)) & LOOK_CAPITAL))
        return true;
    uint8_t *lower = arena_alloc(arena, text.size);
    if (!lower)
        return false;
    memcpy(lower, text.data, text.size);
    for (size_t i = 0; i < scheme; i++)
        lower[i] = ascii_lower(lower[i]);
    *out = slice_of(lower, text.size);
    return true;
}

bool
value_url(struct slice text, struct arena *arena, struct slice *out)
{
    struct slice host;

    if (!scheme_normal(text, value_scheme_size(text), arena, &text))
        return false;
    const struct url url = url_split(text);
    size_t begin = (size_t)(url.host.data - text.data);

    /* Without a scheme readers differ on what a backslash ends. */
    if (!url.scheme_size && slice_find(slice_first(text, begin), '\\') < begin)
        return false;
    if (look_at(text) & LOOK_UNSEEN || (!url.scheme_size && !url.rest.size) ||
        (url.has_port && !is_port(url.port)))
        return false;
    return url_host_normal(url.host, url.scheme_size > 0, arena, &host) &&
           join(arena, out, slice_first(text, begin), host,
                slice_from(text, begin + url.host.size));
}

/* Without a scheme only a path makes a URL, and "192.0.2.1/33" is an address
 * block gone wrong. */
bool
value_url_guess(struct slice text, struct arena *arena, struct slice *out)
{
    size_t slash = slice_find(text, '/');
    uint8_t address[IPV4_BYTES];
    uint64_t number;

    if (value_scheme_size(text))
        return value_url(text, arena, out);
    if (slash == text.size || slice_find(text, '@') < slash)
        return false;
    struct slice behind = slice_from(text, slash + 1);
    while (behind.size > 1 && behind.data[0] == '0')
        behind = slice_from(behind, 1);
    if (ipv4_parse(slice_first(text, slash), address) &&
        ascii_number(behind, 999, &number))
        return false;
    return value_url(text, arena, out);
}

static bool
is_mailbox_byte(uint8_t c)
{
    return ascii_is_alnum(c) || c >= 0x80 ||
           (c > ' ' && c < 0x7f && !strchr("\"(),:;<>@[\\]", c));
}

bool
value_email(struct slice text, struct arena *arena, struct slice *out)
{
    size_t at = slice_find_last(text, '@');
    struct slice host;

    if (at == 0 || at == text.size || at > 64)
        return false;
    for (size_t i = 0; i < at; i++)
        if (!is_mailbox_byte(text.data[i]))
            return false;
    return host_normal(slice_from(text, at + 1), 2, arena, &host) &&
           join(arena, out, slice_first(text, at + 1), host, (struct slice){0});
}
