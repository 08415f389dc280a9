#include "core/formats/csv_names.h"

#include "core/formats/ascii.h"

#define NAME_MAX 48

/* Names of types: of STIX, of MISP's attributes, of common exports. Those
 * that stand in tables as context too (a name beside a hash, a link to a
 * report, the network of an address) are no columns of values by their name:
 * --map makes them so. */
static const struct type_name {
    const char *name;
    struct csv_type type;
    bool is_column;
} types[] = {
    {"ip", {CSV_ADDRESS, 0}, true},
    {"ips", {CSV_ADDRESS, 0}, true},
    {"ip-address", {CSV_ADDRESS, 0}, true},
    {"ipaddress", {CSV_ADDRESS, 0}, true},
    {"ip-src", {CSV_ADDRESS, 0}, true},
    {"ip-dst", {CSV_ADDRESS, 0}, true},
    {"dst-ip", {CSV_ADDRESS, 0}, true},
    {"ipv4-addr", {CSV_ADDRESS, 0}, true},
    {"ipv6-addr", {CSV_ADDRESS, 0}, true},
    {"ipv4", {CSV_ADDRESS, 0}, true},
    {"ipv6", {CSV_ADDRESS, 0}, true},
    {"cidr", {CSV_ONE, OBSERVABLE_CIDR}, true},
    {"ip-port", {CSV_ONE, OBSERVABLE_IP_PORT}, true},
    {"host-port", {CSV_ONE, OBSERVABLE_HOST_PORT}, true},
    {"domain", {CSV_ONE, OBSERVABLE_DOMAIN}, true},
    {"domains", {CSV_ONE, OBSERVABLE_DOMAIN}, true},
    {"domain-name", {CSV_ONE, OBSERVABLE_DOMAIN}, true},
    {"hostname", {CSV_ONE, OBSERVABLE_DOMAIN}, true},
    {"host-name", {CSV_ONE, OBSERVABLE_DOMAIN}, true},
    {"fqdn", {CSV_ONE, OBSERVABLE_DOMAIN}, true},
    {"domain-tree", {CSV_ONE, OBSERVABLE_DOMAIN_TREE}, true},
    {"url", {CSV_ONE, OBSERVABLE_URL}, true},
    {"urls", {CSV_ONE, OBSERVABLE_URL}, true},
    {"uri", {CSV_ONE, OBSERVABLE_URL}, true},
    {"download-url", {CSV_ONE, OBSERVABLE_URL}, true},
    {"link", {CSV_ONE, OBSERVABLE_URL}, false},
    {"email", {CSV_ONE, OBSERVABLE_EMAIL_ADDRESS}, true},
    {"email-addr", {CSV_ONE, OBSERVABLE_EMAIL_ADDRESS}, true},
    {"email-address", {CSV_ONE, OBSERVABLE_EMAIL_ADDRESS}, true},
    {"email-src", {CSV_ONE, OBSERVABLE_EMAIL_ADDRESS}, true},
    {"email-dst", {CSV_ONE, OBSERVABLE_EMAIL_ADDRESS}, false},
    {"email-subject", {CSV_ONE, OBSERVABLE_EMAIL_SUBJECT}, false},
    {"hash", {CSV_HASH, 0}, true},
    {"file-hash", {CSV_HASH, 0}, true},
    {"filehash", {CSV_HASH, 0}, true},
    {"md5", {CSV_ONE, OBSERVABLE_MD5}, true},
    {"filehash-md5", {CSV_ONE, OBSERVABLE_MD5}, true},
    {"sha1", {CSV_ONE, OBSERVABLE_SHA1}, true},
    {"sha-1", {CSV_ONE, OBSERVABLE_SHA1}, true},
    {"filehash-sha1", {CSV_ONE, OBSERVABLE_SHA1}, true},
    {"sha256", {CSV_ONE, OBSERVABLE_SHA256}, true},
    {"sha-256", {CSV_ONE, OBSERVABLE_SHA256}, true},
    {"filehash-sha256", {CSV_ONE, OBSERVABLE_SHA256}, true},
    {"sha512", {CSV_ONE, OBSERVABLE_SHA512}, true},
    {"sha-512", {CSV_ONE, OBSERVABLE_SHA512}, true},
    {"imphash", {CSV_ONE, OBSERVABLE_IMPHASH}, true},
    {"ssdeep", {CSV_ONE, OBSERVABLE_SSDEEP}, true},
    {"tlsh", {CSV_ONE, OBSERVABLE_TLSH}, true},
    {"file", {CSV_ONE, OBSERVABLE_FILE_NAME}, false},
    {"filename", {CSV_ONE, OBSERVABLE_FILE_NAME}, false},
    {"file-name", {CSV_ONE, OBSERVABLE_FILE_NAME}, false},
    {"mutex", {CSV_ONE, OBSERVABLE_MUTEX}, false},
    {"regkey", {CSV_ONE, OBSERVABLE_REGISTRY_KEY}, false},
    {"registry-key", {CSV_ONE, OBSERVABLE_REGISTRY_KEY}, false},
    {"windows-registry-key", {CSV_ONE, OBSERVABLE_REGISTRY_KEY}, false},
    {"as", {CSV_ONE, OBSERVABLE_AS_NUMBER}, false},
    {"asn", {CSV_ONE, OBSERVABLE_AS_NUMBER}, false},
    {"autonomous-system", {CSV_ONE, OBSERVABLE_AS_NUMBER}, false},
    {"mac", {CSV_ONE, OBSERVABLE_MAC}, false},
    {"mac-addr", {CSV_ONE, OBSERVABLE_MAC}, false},
    {"mac-address", {CSV_ONE, OBSERVABLE_MAC}, false},
    {"x509-fingerprint-md5", {CSV_ONE, OBSERVABLE_CERTIFICATE_HASH}, true},
    {"x509-fingerprint-sha1", {CSV_ONE, OBSERVABLE_CERTIFICATE_HASH}, true},
    {"x509-fingerprint-sha256", {CSV_ONE, OBSERVABLE_CERTIFICATE_HASH}, true},
    {"certificate-hash", {CSV_ONE, OBSERVABLE_CERTIFICATE_HASH}, true},
    {"ja3", {CSV_ONE, OBSERVABLE_JA3}, true},
    {"ja3-fingerprint-md5", {CSV_ONE, OBSERVABLE_JA3}, true},
    {"ja4", {CSV_ONE, OBSERVABLE_JA4}, true},
    {"user-agent", {CSV_ONE, OBSERVABLE_USER_AGENT}, false},
    {"vulnerability", {CSV_ONE, OBSERVABLE_VULNERABILITY}, false},
    {"cve", {CSV_ONE, OBSERVABLE_VULNERABILITY}, false},
    {"wallet", {CSV_ONE, OBSERVABLE_WALLET}, false},
    {"btc", {CSV_ONE, OBSERVABLE_WALLET}, false},
    {"xmr", {CSV_ONE, OBSERVABLE_WALLET}, false},
};

static const struct column_name {
    const char *name;
    enum csv_what what;
} columns[] = {
    {"value", CSV_VALUE},
    {"values", CSV_VALUE},
    {"indicator", CSV_VALUE},
    {"indicators", CSV_VALUE},
    {"indicator-value", CSV_VALUE},
    {"ioc", CSV_VALUE},
    {"iocs", CSV_VALUE},
    {"ioc-value", CSV_VALUE},
    {"observable", CSV_VALUE},
    {"observables", CSV_VALUE},
    {"type", CSV_TYPE},
    {"indicator-type", CSV_TYPE},
    {"ioc-type", CSV_TYPE},
    {"observable-type", CSV_TYPE},
    {"port", CSV_PORT},
    {"dst-port", CSV_PORT},
    {"tlp", CSV_TLP},
    {"marking", CSV_TLP},
    {"pap", CSV_PAP},
    {"tag", CSV_LABELS},
    {"tags", CSV_LABELS},
    {"label", CSV_LABELS},
    {"labels", CSV_LABELS},
    {"attribute-tag", CSV_LABELS},
    {"event-tag", CSV_LABELS},
    {"confidence", CSV_CONFIDENCE},
    {"confidence-level", CSV_CONFIDENCE},
    {"first-seen", CSV_VALID_FROM},
    {"first-seen-utc", CSV_VALID_FROM},
    {"valid-from", CSV_VALID_FROM},
    {"valid-until", CSV_VALID_UNTIL},
    {"expires", CSV_VALID_UNTIL},
    {"expiration", CSV_VALID_UNTIL},
    {"role", CSV_ROLE},
    {"use", CSV_USE},
    {"meant", CSV_MEANT},
    {"revoked", CSV_REVOKED},
    {"exercise", CSV_EXERCISE},
    {"producer", CSV_PRODUCER},
    {"to-ids", CSV_TO_IDS},
    {"distribution", CSV_DISTRIBUTION},
    {"event-distribution", CSV_DISTRIBUTION},
    {"comment", CSV_NO_PLACE},
    {"comments", CSV_NO_PLACE},
    {"description", CSV_NO_PLACE},
    {"note", CSV_NO_PLACE},
    {"notes", CSV_NO_PLACE},
    {"last-seen", CSV_NO_PLACE},
    {"last-seen-utc", CSV_NO_PLACE},
    {"date", CSV_NO_PLACE},
    {"timestamp", CSV_NO_PLACE},
    {"category", CSV_NO_PLACE},
    {"uuid", CSV_NO_PLACE},
    {"event-id", CSV_NO_PLACE},
    {"object-relation", CSV_NO_PLACE},
    {"object-uuid", CSV_NO_PLACE},
    {"object-name", CSV_NO_PLACE},
    {"object-meta-category", CSV_NO_PLACE},
    {"source", CSV_NO_PLACE},
    {"reference", CSV_NO_PLACE},
};

/* Write a name in lower case with hyphens alone; false: none is as long. */
static bool
name_plain(struct slice name, char out[NAME_MAX])
{
    name = slice_trim(name);
    if (name.size == 0 || name.size >= NAME_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = ascii_lower(name.data[i]);
        out[i] = (char)(c == ' ' || c == '_' ? '-' : c);
    }
    out[name.size] = 0;
    return true;
}

static const struct type_name *
type_find(struct slice name)
{
    char plain[NAME_MAX];

    if (!name_plain(name, plain))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i].name[0] == plain[0] && strcmp(types[i].name, plain) == 0)
            return &types[i];
    return NULL;
}

struct csv_use
csv_name_use(struct slice name)
{
    const struct type_name *t = type_find(name);
    struct csv_use use = {.what = CSV_UNKNOWN};
    char plain[NAME_MAX];

    if (t && t->is_column)
        return (struct csv_use){CSV_VALUE, t->type};
    if (!name_plain(name, plain))
        return use;
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        if (strcmp(columns[i].name, plain) == 0)
            use.what = columns[i].what;
    return use;
}

size_t
csv_type_parse(struct slice name, struct csv_type pair[2])
{
    size_t bar = slice_find(name, '|');
    const struct type_name *t = type_find(slice_first(name, bar));

    if (ascii_is_word(slice_trim(name), "malware-sample")) {
        pair[0] = (struct csv_type){CSV_ONE, OBSERVABLE_FILE_NAME};
        pair[1] = (struct csv_type){CSV_ONE, OBSERVABLE_MD5};
        return 2;
    }
    if (!t)
        return 0;
    pair[0] = t->type;
    if (bar == name.size)
        return 1;
    struct slice second = slice_trim(slice_from(name, bar + 1));
    const struct type_name *s = type_find(second);
    if (s)
        pair[1] = s->type;
    else if (ascii_is_word(second, "port"))
        pair[1] = (struct csv_type){CSV_NUMBER, OBSERVABLE_NONE};
    else
        return 0;
    return 2;
}
