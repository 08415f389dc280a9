#include "core/formats/misp_kinds.h"

#include "core/formats/ascii.h"

#define NETWORK "Network activity"
#define DELIVERY "Payload delivery"
#define INSTALLATION "Payload installation"
#define FRAUD "Financial fraud"

static const struct misp_kind other = {"other", "Other", false};

/* By the number of the observable; those that depend on the value are chosen
 * below. */
static const struct misp_kind kinds[OBSERVABLE_COUNT] = {
    [OBSERVABLE_IPV4] = {"ip-dst", NETWORK, true},
    [OBSERVABLE_IPV6] = {"ip-dst", NETWORK, true},
    [OBSERVABLE_CIDR] = {"ip-dst", NETWORK, true},
    [OBSERVABLE_IP_PORT] = {"ip-dst|port", NETWORK, true},
    [OBSERVABLE_HOST_PORT] = {"hostname|port", NETWORK, true},
    [OBSERVABLE_DOMAIN] = {"domain", NETWORK, true},
    [OBSERVABLE_DOMAIN_TREE] = {"domain", NETWORK, true},
    [OBSERVABLE_URL] = {"url", NETWORK, true},
    [OBSERVABLE_EMAIL_ADDRESS] = {"email", DELIVERY, true},
    [OBSERVABLE_EMAIL_SUBJECT] = {"email-subject", DELIVERY, true},
    [OBSERVABLE_MD5] = {"md5", DELIVERY, true},
    [OBSERVABLE_SHA1] = {"sha1", DELIVERY, true},
    [OBSERVABLE_SHA256] = {"sha256", DELIVERY, true},
    [OBSERVABLE_SHA512] = {"sha512", DELIVERY, true},
    [OBSERVABLE_IMPHASH] = {"imphash", DELIVERY, true},
    [OBSERVABLE_SSDEEP] = {"ssdeep", DELIVERY, true},
    [OBSERVABLE_TLSH] = {"tlsh", DELIVERY, true},
    [OBSERVABLE_FILE_NAME] = {"filename", DELIVERY, true},
    [OBSERVABLE_MUTEX] = {"mutex", "Artifacts dropped", true},
    [OBSERVABLE_REGISTRY_KEY] = {"regkey", "Persistence mechanism", true},
    [OBSERVABLE_AS_NUMBER] = {"AS", NETWORK, true},
    [OBSERVABLE_MAC] = {"mac-address", NETWORK, true},
    [OBSERVABLE_JA3] = {"ja3-fingerprint-md5", NETWORK, true},
    [OBSERVABLE_USER_AGENT] = {"user-agent", NETWORK, true},
    [OBSERVABLE_VULNERABILITY] = {"vulnerability", "External analysis", false},
};

/* An address that comes to us is a source; one that is gone to is not. */
static bool
is_source(struct slice role)
{
    static const char *const sources[] = {"attacker", "scanner", "spam",
                                          "fraud", "ddos"};

    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        if (slice_is(role, sources[i]))
            return true;
    return false;
}

static struct misp_kind
kind_of_certificate(struct slice hash)
{
    switch (hash.size) {
    case 32:
        return (struct misp_kind){"x509-fingerprint-md5", NETWORK, true};
    case 40:
        return (struct misp_kind){"x509-fingerprint-sha1", NETWORK, true};
    case 64:
        return (struct misp_kind){"x509-fingerprint-sha256", NETWORK, true};
    default:
        return other;
    }
}

/* Addresses of three currencies have types, and look different enough. */
static struct misp_kind
kind_of_wallet(struct slice address)
{
    uint8_t first = address.size ? address.data[0] : 0;

    if (address.size >= 95 && (first == '4' || first == '8'))
        return (struct misp_kind){"xmr", FRAUD, true};
    if (first == 'X')
        return (struct misp_kind){"dash", FRAUD, true};
    if (first == '1' || first == '3' || ascii_starts(address, "bc1"))
        return (struct misp_kind){"btc", FRAUD, true};
    return other;
}

static struct misp_kind
choose(const struct observed *v, struct slice role)
{
    struct misp_kind kind = other;

    if (v->observable < OBSERVABLE_COUNT && kinds[v->observable].type)
        kind = kinds[v->observable];
    if (is_source(role) && strcmp(kind.type, "ip-dst") == 0)
        kind.type = "ip-src";
    if (is_source(role) && strcmp(kind.type, "ip-dst|port") == 0)
        kind.type = "ip-src|port";
    if (v->observable == OBSERVABLE_CERTIFICATE_HASH)
        kind = kind_of_certificate(v->value);
    if (v->observable == OBSERVABLE_WALLET)
        kind = kind_of_wallet(v->value);
    if (v->observable == OBSERVABLE_VULNERABILITY &&
        !ascii_starts(v->value, "cve-"))
        kind = other;
    return kind;
}

/* "192.0.2.1:443" is "192.0.2.1|443" in MISP, "[2001:db8::1]:443" has no
 * brackets. */
static void
put_port(struct buf *out, struct slice text)
{
    size_t colon = slice_find_last(text, ':');
    struct slice host = slice_first(text, colon);

    if (host.size > 2 && host.data[0] == '[')
        host = slice_of(host.data + 1, host.size - 2);
    buf_put(out, host);
    buf_put_u8(out, '|');
    if (colon < text.size)
        buf_put(out, slice_from(text, colon + 1));
}

bool
misp_kind_of(const struct observed *value, struct slice role,
             struct misp_kind *out, struct buf *text)
{
    *out = choose(value, role);
    if (value->observable == OBSERVABLE_IP_PORT ||
        value->observable == OBSERVABLE_HOST_PORT)
        put_port(text, value->value);
    else if (value->observable == OBSERVABLE_AS_NUMBER && value->value.size > 2)
        buf_put(text, slice_from(value->value, 2));
    else
        buf_put(text, value->value);
    return strcmp(out->type, other.type) != 0;
}

bool
misp_kind_of_pattern(struct slice language, struct misp_kind *out)
{
    static const struct {
        const char *language;
        struct misp_kind kind;
    } languages[] = {
        {"stix", {"stix2-pattern", INSTALLATION, true}},
        {"yara", {"yara", INSTALLATION, true}},
        {"sigma", {"sigma", INSTALLATION, true}},
        {"snort", {"snort", NETWORK, true}},
        {"suricata", {"suricata", NETWORK, true}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(languages); i++)
        if (slice_is(language, languages[i].language)) {
            *out = languages[i].kind;
            return true;
        }
    return false;
}
