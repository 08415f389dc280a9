#include "core/formats/stix_pattern.h"

#include "core/formats/ascii.h"
#include "core/formats/value.h"
#include "core/formats/value_parts.h"

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
    {"email-message:from_ref.value", OBSERVABLE_EMAIL_ADDRESS},
    {"email-message:sender_ref.value", OBSERVABLE_EMAIL_ADDRESS},
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
    {"network-traffic:src_ref.value", OBSERVABLE_IPV4},
    {"network-traffic:dst_ref.value", OBSERVABLE_IPV4},
    {"network-traffic:extensions.http-request-ext.request_header.user-agent",
     OBSERVABLE_USER_AGENT},
};

/* Addresses stand as blocks, and are met where a domain should be; those of
 * traffic are of either kind, or names. */
static enum observable
type_of_value(enum observable type, struct slice text)
{
    uint8_t address[IPV6_BYTES];
    bool is_address = type == OBSERVABLE_IPV4 || type == OBSERVABLE_IPV6;

    if (is_address && slice_find(text, '/') < text.size)
        return OBSERVABLE_CIDR;
    if (!is_address && type != OBSERVABLE_DOMAIN)
        return type;
    if (ipv4_parse(text, address))
        return OBSERVABLE_IPV4;
    return ipv6_parse(text, address) ? OBSERVABLE_IPV6 : type;
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
