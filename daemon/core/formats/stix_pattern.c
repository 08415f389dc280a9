#include "core/formats/stix_pattern.h"

#include "core/formats/ascii.h"
#include "core/formats/value.h"
#include "core/formats/value_parts.h"

/* Give where the quote that opens at `at` is closed, behind it; 0 if never.
 * A backslash takes the next byte's meaning away. */
static size_t
quote_end(struct slice text, size_t at)
{
    for (size_t i = at + 1; i < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '\'')
            return i + 1;
    }
    return 0;
}

/* Give where a quote or comment that opens at `at` ends; `at` if none opens
 * there, SIZE_MAX if it never ends. */
static size_t
text_end(struct slice text, size_t at)
{
    uint8_t second = at + 1 < text.size ? text.data[at + 1] : 0;
    size_t end;

    if (text.data[at] == '\'') {
        end = quote_end(text, at);
        return end ? end : SIZE_MAX;
    }
    if (text.data[at] != '/' || (second != '/' && second != '*'))
        return at;
    if (second == '/')
        return at + slice_find(slice_from(text, at), '\n');
    for (end = at + 2; end + 1 < text.size; end++)
        if (text.data[end] == '*' && text.data[end + 1] == '/')
            return end + 2;
    return SIZE_MAX;
}

/* An index stands inside a comparison: "[*]" or "[0]". Gives where it ends, 0
 * if it is none. */
static size_t
index_end(struct slice text, size_t at)
{
    size_t i = at + 1;

    if (i < text.size && text.data[i] == '*')
        i++;
    else
        while (i < text.size && ascii_is_digit(text.data[i]))
            i++;
    return i > at + 1 && i < text.size && text.data[i] == ']' ? i + 1 : 0;
}

struct nesting {
    bool inside, had_comparison;
    size_t outer, inner; /* open parentheses around and in a comparison */
};

static const char *
bracket_open(struct nesting *n, struct slice text, size_t *at)
{
    if (n->inside) {
        size_t end = index_end(text, *at);
        if (!end)
            return "a bracket of the pattern opens inside another";
        *at = end;
        return NULL;
    }
    n->inside = n->had_comparison = true;
    ++*at;
    return NULL;
}

static const char *
bracket_step(struct nesting *n, struct slice text, size_t *at)
{
    size_t *open = n->inside ? &n->inner : &n->outer;

    switch (text.data[*at]) {
    case '[':
        return bracket_open(n, text, at);
    case ']':
        if (!n->inside || n->inner)
            return "a bracket of the pattern closes what is not open";
        n->inside = false;
        break;
    case '(':
        ++*open;
        break;
    case ')':
        if (*open == 0)
            return "a parenthesis of the pattern closes what is not open";
        --*open;
        break;
    }
    ++*at;
    return NULL;
}

const char *
stix_pattern_fault(struct slice pattern)
{
    struct nesting n = {0};
    size_t at = 0;

    while (at < pattern.size) {
        size_t end = text_end(pattern, at);
        if (end == SIZE_MAX)
            return pattern.data[at] == '/'
                       ? "a comment of the pattern is not closed"
                       : "a quote of the pattern is not closed";
        if (end > at) {
            at = end;
            continue;
        }
        const char *fault = bracket_step(&n, pattern, &at);
        if (fault)
            return fault;
    }
    if (n.inside)
        return "a bracket of the pattern is not closed";
    if (n.outer)
        return "a parenthesis of the pattern is not closed";
    return n.had_comparison ? NULL : "the pattern has no comparison";
}

/* The properties whose values are observables, in lower case: names of hashes
 * are met in every case, with and without hyphen. */
static const struct property {
    const char *name;
    enum observable type;
} properties[] = {
    {"ipv4-addr:value", OBSERVABLE_IPV4},
    {"ipv6-addr:value", OBSERVABLE_IPV6},
    {"domain-name:value", OBSERVABLE_DOMAIN},
    {"url:value", OBSERVABLE_URL},
    {"email-addr:value", OBSERVABLE_EMAIL_ADDRESS},
    {"email-message:subject", OBSERVABLE_EMAIL_SUBJECT},
    {"file:hashes.sha-256", OBSERVABLE_SHA256},
    {"file:hashes.sha-512", OBSERVABLE_SHA512},
    {"file:hashes.sha-1", OBSERVABLE_SHA1},
    {"file:hashes.md5", OBSERVABLE_MD5},
    {"file:hashes.tlsh", OBSERVABLE_TLSH},
    {"file:hashes.imphash", OBSERVABLE_IMPHASH},
    {"file:hashes.sha256", OBSERVABLE_SHA256},
    {"file:hashes.sha512", OBSERVABLE_SHA512},
    {"file:hashes.sha1", OBSERVABLE_SHA1},
    {"file:hashes.ssdeep", OBSERVABLE_SSDEEP},
    {"file:name", OBSERVABLE_FILE_NAME},
    {"mutex:name", OBSERVABLE_MUTEX},
    {"windows-registry-key:key", OBSERVABLE_REGISTRY_KEY},
    {"autonomous-system:number", OBSERVABLE_AS_NUMBER},
    {"mac-addr:value", OBSERVABLE_MAC},
    {"x509-certificate:hashes.sha-256", OBSERVABLE_CERTIFICATE_HASH},
    {"x509-certificate:hashes.sha-512", OBSERVABLE_CERTIFICATE_HASH},
    {"x509-certificate:hashes.sha-1", OBSERVABLE_CERTIFICATE_HASH},
    {"x509-certificate:hashes.md5", OBSERVABLE_CERTIFICATE_HASH},
    {"vulnerability:name", OBSERVABLE_VULNERABILITY},
    {"network-traffic:extensions.http-request-ext.request_header.user-agent",
     OBSERVABLE_USER_AGENT},
};

/* Addresses stand as blocks, and are met where a domain should be. */
static enum observable
type_of_value(enum observable type, struct slice text)
{
    uint8_t address[IPV6_BYTES];
    bool is_address = type == OBSERVABLE_IPV4 || type == OBSERVABLE_IPV6;

    if (is_address && slice_find(text, '/') < text.size)
        return OBSERVABLE_CIDR;
    if (type == OBSERVABLE_DOMAIN && ipv4_parse(text, address))
        return OBSERVABLE_IPV4;
    if (type == OBSERVABLE_DOMAIN && ipv6_parse(text, address))
        return OBSERVABLE_IPV6;
    return type;
}

enum err
stix_property_value(struct slice property, struct slice text,
                    struct arena *arena, enum observable *type,
                    struct slice *value)
{
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        if (!ascii_is_word(property, properties[i].name))
            continue;
        enum observable as = type_of_value(properties[i].type, text);
        enum err e = value_check(as, text, arena, value);
        if (!e)
            *type = as;
        return e == ERR_BUDGET ? e : e ? ERR_VALUE : OK;
    }
    return ERR_VALUE;
}

static void
skip_space(struct slice *text)
{
    while (text->size && ascii_is_space(text->data[0]))
        *text = slice_from(*text, 1);
}

static bool
skip_byte(struct slice *text, uint8_t c)
{
    skip_space(text);
    if (text->size == 0 || text->data[0] != c)
        return false;
    *text = slice_from(*text, 1);
    return true;
}

static size_t
name_size(struct slice text)
{
    size_t n = 0;

    while (n < text.size && (ascii_is_alnum(text.data[n]) ||
                             text.data[n] == '_' || text.data[n] == '-'))
        n++;
    return n;
}

/* Longer than the longest property above. */
#define PROPERTY_MAX 96

struct path {
    uint8_t text[PROPERTY_MAX];
    size_t size;
};

static bool
path_add(struct path *p, struct slice part)
{
    if (part.size == 0 || part.size > PROPERTY_MAX - p->size)
        return false;
    memcpy(p->text + p->size, part.data, part.size);
    p->size += part.size;
    return true;
}

/* Take a name, in quotes or not. */
static bool
name_take(struct slice *text, struct path *p)
{
    size_t n = name_size(*text);

    if (text->size && text->data[0] == '\'') {
        size_t end = quote_end(*text, 0);
        if (end < 2 || !path_add(p, slice_of(text->data + 1, end - 2)))
            return false;
        *text = slice_from(*text, end);
        return true;
    }
    if (!path_add(p, slice_first(*text, n)))
        return false;
    *text = slice_from(*text, n);
    return true;
}

/* Take "type:name.name", in which quotes do not count. */
static bool
path_take(struct slice *text, struct path *p)
{
    skip_space(text);
    if (!name_take(text, p) || !skip_byte(text, ':') ||
        !path_add(p, slice_str(":")) || !name_take(text, p))
        return false;
    while (text->size && text->data[0] == '.') {
        *text = slice_from(*text, 1);
        if (!path_add(p, slice_str(".")) || !name_take(text, p))
            return false;
    }
    return true;
}

/* Take a string or a whole number. */
static enum err
literal_take(struct slice *text, struct arena *arena, struct slice *out)
{
    skip_space(text);
    if (text->size == 0)
        return ERR_VALUE;
    if (text->data[0] != '\'') {
        size_t n = 0;
        while (n < text->size && ascii_is_digit(text->data[n]))
            n++;
        *out = slice_first(*text, n);
        *text = slice_from(*text, n);
        return n ? OK : ERR_VALUE;
    }
    size_t end = quote_end(*text, 0), size = 0;
    if (!end)
        return ERR_VALUE;
    uint8_t *to = arena_alloc(arena, end);
    if (!to)
        return ERR_BUDGET;
    for (size_t i = 1; i + 1 < end; i++) {
        if (text->data[i] == '\\')
            i++;
        to[size++] = text->data[i];
    }
    *out = slice_of(to, size);
    *text = slice_from(*text, end);
    return OK;
}

enum err
stix_pattern_equality(struct slice pattern, struct arena *arena,
                      enum observable *type, struct slice *value)
{
    struct path path = {.size = 0};
    struct slice literal;

    if (!skip_byte(&pattern, '[') || !path_take(&pattern, &path) ||
        !skip_byte(&pattern, '='))
        return ERR_VALUE;
    if (pattern.size && pattern.data[0] == '=')
        pattern = slice_from(pattern, 1);
    enum err e = literal_take(&pattern, arena, &literal);
    if (e)
        return e;
    if (!skip_byte(&pattern, ']'))
        return ERR_VALUE;
    skip_space(&pattern);
    if (pattern.size)
        return ERR_VALUE;
    return stix_property_value(slice_of(path.text, path.size), literal, arena,
                               type, value);
}
