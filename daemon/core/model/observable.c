#include "core/model/observable.h"

static const char *const names[OBSERVABLE_COUNT] = {
    [OBSERVABLE_NONE] = "",
    [OBSERVABLE_IPV4] = "ipv4",
    [OBSERVABLE_IPV6] = "ipv6",
    [OBSERVABLE_CIDR] = "cidr",
    [OBSERVABLE_IP_PORT] = "ip-port",
    [OBSERVABLE_HOST_PORT] = "host-port",
    [OBSERVABLE_DOMAIN] = "domain",
    [OBSERVABLE_DOMAIN_TREE] = "domain-tree",
    [OBSERVABLE_URL] = "url",
    [OBSERVABLE_EMAIL_ADDRESS] = "email",
    [OBSERVABLE_EMAIL_SUBJECT] = "email-subject",
    [OBSERVABLE_MD5] = "md5",
    [OBSERVABLE_SHA1] = "sha1",
    [OBSERVABLE_SHA256] = "sha256",
    [OBSERVABLE_SHA512] = "sha512",
    [OBSERVABLE_IMPHASH] = "imphash",
    [OBSERVABLE_SSDEEP] = "ssdeep",
    [OBSERVABLE_TLSH] = "tlsh",
    [OBSERVABLE_FILE_NAME] = "file-name",
    [OBSERVABLE_MUTEX] = "mutex",
    [OBSERVABLE_REGISTRY_KEY] = "registry-key",
    [OBSERVABLE_AS_NUMBER] = "as",
    [OBSERVABLE_MAC] = "mac",
    [OBSERVABLE_CERTIFICATE_HASH] = "certificate-hash",
    [OBSERVABLE_JA3] = "ja3",
    [OBSERVABLE_JA4] = "ja4",
    [OBSERVABLE_USER_AGENT] = "user-agent",
    [OBSERVABLE_VULNERABILITY] = "vulnerability",
    [OBSERVABLE_WALLET] = "wallet",
};

const char *
observable_name(unsigned observable)
{
    return observable < OBSERVABLE_COUNT ? names[observable] : "unknown";
}

bool
observable_parse(struct slice name, enum observable *out)
{
    for (size_t i = 1; i < OBSERVABLE_COUNT; i++)
        if (slice_is(name, names[i])) {
            *out = (enum observable)i;
            return true;
        }
    return false;
}
