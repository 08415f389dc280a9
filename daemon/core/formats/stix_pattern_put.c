#include "core/formats/stix_pattern_put.h"

#include "core/formats/ascii.h"
#include "core/formats/json_put.h"
#include "core/formats/stix_id.h"

/* How a value stands in an object of its own: under a key, or under a key of
 * a map. A pattern has types as well that no object of the standard has. */
static const struct place {
    enum observable observable;
    const char *type, *map, *key;
    bool is_number, is_custom;
} places[] = {
    {OBSERVABLE_IPV4, "ipv4-addr", NULL, "value", false, false},
    {OBSERVABLE_IPV6, "ipv6-addr", NULL, "value", false, false},
    {OBSERVABLE_DOMAIN, "domain-name", NULL, "value", false, false},
    {OBSERVABLE_URL, "url", NULL, "value", false, false},
    {OBSERVABLE_EMAIL_ADDRESS, "email-addr", NULL, "value", false, false},
    {OBSERVABLE_EMAIL_SUBJECT, "email-message", NULL, "subject", false, true},
    {OBSERVABLE_MD5, "file", "hashes", "MD5", false, false},
    {OBSERVABLE_SHA1, "file", "hashes", "SHA-1", false, false},
    {OBSERVABLE_SHA256, "file", "hashes", "SHA-256", false, false},
    {OBSERVABLE_SHA512, "file", "hashes", "SHA-512", false, false},
    {OBSERVABLE_IMPHASH, "file", "hashes", "IMPHASH", false, false},
    {OBSERVABLE_SSDEEP, "file", "hashes", "SSDEEP", false, false},
    {OBSERVABLE_TLSH, "file", "hashes", "TLSH", false, false},
    {OBSERVABLE_FILE_NAME, "file", NULL, "name", false, false},
    {OBSERVABLE_MUTEX, "mutex", NULL, "name", false, false},
    {OBSERVABLE_REGISTRY_KEY, "windows-registry-key", NULL, "key", false,
     false},
    {OBSERVABLE_AS_NUMBER, "autonomous-system", NULL, "number", true, false},
    {OBSERVABLE_MAC, "mac-addr", NULL, "value", false, false},
    {OBSERVABLE_USER_AGENT, "network-traffic",
     "extensions.'http-request-ext'.request_header", "User-Agent", false, true},
    {OBSERVABLE_JA3, "x-ja3", NULL, "value", false, true},
    {OBSERVABLE_JA4, "x-ja4", NULL, "value", false, true},
    {OBSERVABLE_WALLET, "cryptocurrency-wallet", NULL, "value", false, true},
};

static const struct place blocks[] = {
    {OBSERVABLE_CIDR, "ipv4-addr", NULL, "value", false, false},
    {OBSERVABLE_CIDR, "ipv6-addr", NULL, "value", false, false},
};

/* The length of a certificate's hash tells which one it is. */
static const struct place certificates[] = {
    {OBSERVABLE_CERTIFICATE_HASH, "x509-certificate", "hashes", "MD5", false,
     false},
    {OBSERVABLE_CERTIFICATE_HASH, "x509-certificate", "hashes", "SHA-1", false,
     false},
    {OBSERVABLE_CERTIFICATE_HASH, "x509-certificate", "hashes", "SHA-256",
     false, false},
    {OBSERVABLE_CERTIFICATE_HASH, "x509-certificate", "hashes", "SHA-512",
     false, false},
};

static const struct place *
place_of(const struct observed *v)
{
    size_t n = v->value.size;

    if (v->observable == OBSERVABLE_CIDR)
        return &blocks[slice_find(v->value, ':') < n];
    if (v->observable == OBSERVABLE_CERTIFICATE_HASH)
        return &certificates[n <= 32 ? 0 : n <= 40 ? 1 : n <= 64 ? 2 : 3];
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (places[i].observable == v->observable)
            return &places[i];
    return NULL;
}

static bool
is_number(struct slice text)
{
    uint64_t number;

    return ascii_number(text, UINT32_MAX, &number) &&
           (text.size == 1 || text.data[0] != '0');
}

/* "AS174" is the number 174. */
static struct slice
number_of(struct slice value)
{
    return ascii_starts(value, "as") ? slice_from(value, 2) : value;
}

/* Tell whether a value, which a peer may have sent, can be written so. */
static bool
fits(const struct place *p, struct slice value)
{
    return p && (!p->is_number || is_number(number_of(value)));
}

/* ---- patterns ----------------------------------------------------------- */

static void
put_constant(struct buf *out, struct slice text)
{
    buf_put_u8(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, text.data[i]);
    }
    buf_put_u8(out, '\'');
}

static void
put_comparison(struct buf *out, const struct place *p, struct slice value)
{
    buf_put_str(out, p->type);
    buf_put_u8(out, ':');
    if (p->map) {
        buf_put_str(out, p->map);
        buf_put_u8(out, '.');
    }
    if (strchr(p->key, '-'))
        put_constant(out, slice_str(p->key));
    else
        buf_put_str(out, p->key);
    buf_put_str(out, " = ");
    if (p->is_number)
        buf_put(out, number_of(value));
    else
        put_constant(out, value);
}

static bool
is_traffic(const struct observed *v)
{
    size_t colon = slice_find_last(v->value, ':');

    return (v->observable == OBSERVABLE_IP_PORT ||
            v->observable == OBSERVABLE_HOST_PORT) &&
           colon < v->value.size && is_number(slice_from(v->value, colon + 1));
}

/* "192.0.2.1:443", "[2001:db8::1]:443" and "host:443" are where traffic goes
 * to. */
static void
put_traffic(struct buf *out, const struct observed *v)
{
    size_t colon = slice_find_last(v->value, ':');
    struct slice host = slice_first(v->value, colon);
    const char *type =
        v->observable == OBSERVABLE_HOST_PORT ? "domain-name" : "ipv4-addr";

    if (host.size > 2 && host.data[0] == '[' &&
        host.data[host.size - 1] == ']') {
        host = slice_of(host.data + 1, host.size - 2);
        type = "ipv6-addr";
    }
    buf_put_str(out, "network-traffic:dst_ref.type = '");
    buf_put_str(out, type);
    buf_put_str(out, "' AND network-traffic:dst_ref.value = ");
    put_constant(out, host);
    buf_put_str(out, " AND network-traffic:dst_port = ");
    buf_put(out, slice_from(v->value, colon + 1));
}

static void
put_tree(struct buf *out, struct slice domain)
{
    struct buf below = {0};

    buf_put_str(&below, "%.");
    buf_put(&below, domain);
    buf_put_str(out, "domain-name:value = ");
    put_constant(out, domain);
    buf_put_str(out, " OR domain-name:value LIKE ");
    put_constant(out, buf_slice(&below));
    buf_clear(&below);
}

/* Types that no reader of ours knows. */
static bool
is_odd(const struct place *p)
{
    return p->observable == OBSERVABLE_JA3 || p->observable == OBSERVABLE_JA4 ||
           p->observable == OBSERVABLE_WALLET;
}

bool
stix_pattern_put(struct buf *out, const struct observed *value,
                 bool *is_changed)
{
    const struct place *p = place_of(value);
    bool has_port = is_traffic(value);
    bool is_tree = value->observable == OBSERVABLE_DOMAIN_TREE;

    if (!has_port && !is_tree && !fits(p, value->value))
        return false;
    *is_changed = !p || is_odd(p);
    buf_put_u8(out, '[');
    if (has_port)
        put_traffic(out, value);
    else if (is_tree)
        put_tree(out, value->value);
    else
        put_comparison(out, p, value->value);
    buf_put_u8(out, ']');
    return true;
}

/* ---- objects ------------------------------------------------------------ */

bool
stix_observable_put(struct buf *out, const struct observed *value,
                    struct slice marks)
{
    const struct place *p = place_of(value);
    struct buf raw = {0};

    if (!fits(p, value->value) || p->is_custom)
        return false;
    if (p->map) {
        buf_put_str(&raw, "{\"");
        buf_put_str(&raw, p->key);
        buf_put_str(&raw, "\":");
        json_put_text(&raw, value->value);
        buf_put_u8(&raw, '}');
    } else if (p->is_number) {
        buf_put(&raw, number_of(value->value));
    } else {
        json_put_text(&raw, value->value);
    }
    const struct stix_part part = {p->map ? p->map : p->key, buf_slice(&raw)};
    buf_put_str(out, "{\"type\":\"");
    buf_put_str(out, p->type);
    buf_put_str(out, "\",\"spec_version\":\"2.1\",\"id\":\"");
    stix_id_put(out, p->type, &part, 1);
    buf_put_u8(out, '"');
    buf_put(out, marks);
    buf_put_str(out, ",\"");
    buf_put_str(out, part.name);
    buf_put_str(out, "\":");
    buf_put(out, part.raw);
    buf_put_u8(out, '}');
    buf_clear(&raw);
    return true;
}
