#include "core/formats/misp_types.h"

#define NONE                                                                   \
    {                                                                          \
        CSV_ANY, OBSERVABLE_NONE                                               \
    }
#define ADDRESS                                                                \
    {                                                                          \
        CSV_ADDRESS, OBSERVABLE_NONE                                           \
    }
#define ONE(kind)                                                              \
    {                                                                          \
        CSV_ONE, OBSERVABLE_##kind                                             \
    }

/* Those that are met most stand first. */
static const struct misp_type types[] = {
    {"sha256", MISP_VALUE, ONE(SHA256), NONE, NULL},
    {"sha1", MISP_VALUE, ONE(SHA1), NONE, NULL},
    {"md5", MISP_VALUE, ONE(MD5), NONE, NULL},
    {"domain", MISP_VALUE, ONE(DOMAIN), NONE, NULL},
    {"url", MISP_VALUE, ONE(URL), NONE, NULL},
    {"ip-dst", MISP_VALUE, ADDRESS, NONE, NULL},
    {"hostname", MISP_VALUE, ONE(DOMAIN), NONE, NULL},
    {"filename", MISP_VALUE, ONE(FILE_NAME), NONE, NULL},
    {"ip-src", MISP_VALUE, ADDRESS, NONE, NULL},
    {"ip-dst|port", MISP_PORT, ADDRESS, NONE, NULL},
    {"domain|ip", MISP_PAIR, ONE(DOMAIN), ADDRESS, NULL},
    {"filename|md5", MISP_NAMED, ONE(FILE_NAME), ONE(MD5), NULL},
    {"filename|sha1", MISP_NAMED, ONE(FILE_NAME), ONE(SHA1), NULL},
    {"filename|sha256", MISP_NAMED, ONE(FILE_NAME), ONE(SHA256), NULL},
    {"email", MISP_VALUE, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"email-src", MISP_VALUE, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"email-dst", MISP_VALUE, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"email-subject", MISP_VALUE, ONE(EMAIL_SUBJECT), NONE, NULL},
    {"email-attachment", MISP_VALUE, ONE(FILE_NAME), NONE, NULL},
    {"user-agent", MISP_VALUE, ONE(USER_AGENT), NONE, NULL},
    {"ja3-fingerprint-md5", MISP_VALUE, ONE(JA3), NONE, NULL},
    {"regkey", MISP_VALUE, ONE(REGISTRY_KEY), NONE, NULL},
    {"regkey|value", MISP_PAIR, ONE(REGISTRY_KEY), NONE, NULL},
    {"AS", MISP_VALUE, ONE(AS_NUMBER), NONE, NULL},
    {"snort", MISP_PATTERN, NONE, NONE, "snort"},
    {"suricata", MISP_PATTERN, NONE, NONE, "suricata"},
    {"yara", MISP_PATTERN, NONE, NONE, "yara"},
    {"stix2-pattern", MISP_PATTERN, NONE, NONE, "stix"},
    {"sigma", MISP_PATTERN, NONE, NONE, "sigma"},
    {"vulnerability", MISP_VALUE, ONE(VULNERABILITY), NONE, NULL},
    {"attachment", MISP_MENTION, ONE(FILE_NAME), NONE, NULL},
    {"malware-sample", MISP_NAMED, ONE(FILE_NAME), ONE(MD5), NULL},
    {"link", MISP_VALUE, ONE(URL), NONE, NULL},
    {"mutex", MISP_VALUE, ONE(MUTEX), NONE, NULL},
    {"target-email", MISP_MENTION, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"btc", MISP_VALUE, ONE(WALLET), NONE, NULL},
    {"dash", MISP_VALUE, ONE(WALLET), NONE, NULL},
    {"xmr", MISP_VALUE, ONE(WALLET), NONE, NULL},
    {"uri", MISP_VALUE, ONE(URL), NONE, NULL},
    {"ssdeep", MISP_VALUE, ONE(SSDEEP), NONE, NULL},
    {"imphash", MISP_VALUE, ONE(IMPHASH), NONE, NULL},
    {"sha512", MISP_VALUE, ONE(SHA512), NONE, NULL},
    {"tlsh", MISP_VALUE, ONE(TLSH), NONE, NULL},
    {"filename|authentihash", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|vhash", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|ssdeep", MISP_NAMED, ONE(FILE_NAME), ONE(SSDEEP), NULL},
    {"filename|imphash", MISP_NAMED, ONE(FILE_NAME), ONE(IMPHASH), NULL},
    {"filename|impfuzzy", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|pehash", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha224", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha384", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha512", MISP_NAMED, ONE(FILE_NAME), ONE(SHA512), NULL},
    {"filename|sha512/224", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha512/256", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha3-224", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha3-256", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha3-384", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|sha3-512", MISP_NAMED, ONE(FILE_NAME), NONE, NULL},
    {"filename|tlsh", MISP_NAMED, ONE(FILE_NAME), ONE(TLSH), NULL},
    {"whois-registrant-email", MISP_VALUE, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"x509-fingerprint-sha1", MISP_VALUE, ONE(CERTIFICATE_HASH), NONE, NULL},
    {"x509-fingerprint-md5", MISP_VALUE, ONE(CERTIFICATE_HASH), NONE, NULL},
    {"x509-fingerprint-sha256", MISP_VALUE, ONE(CERTIFICATE_HASH), NONE, NULL},
    {"dns-soa-email", MISP_VALUE, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"ip-src|port", MISP_PORT, ADDRESS, NONE, NULL},
    {"hostname|port", MISP_PORT, ONE(DOMAIN), NONE, NULL},
    {"mac-address", MISP_VALUE, ONE(MAC), NONE, NULL},
    {"email-reply-to", MISP_VALUE, ONE(EMAIL_ADDRESS), NONE, NULL},
    {"onion-address", MISP_VALUE, ONE(DOMAIN), NONE, NULL},
};

/* Those whose values no message has a kind for. */
static const char *const others[] = {
    "text",
    "pdb",
    "eppn",
    "email-body",
    "float",
    "git-commit-id",
    "http-method",
    "jarm-fingerprint",
    "favicon-mmh3",
    "hassh-md5",
    "hasshserver-md5",
    "bro",
    "zeek",
    "community-id",
    "dom-hash",
    "pattern-in-file",
    "pattern-in-traffic",
    "pattern-in-memory",
    "filename-pattern",
    "pgp-public-key",
    "pgp-private-key",
    "ssh-fingerprint",
    "gene",
    "kusto-query",
    "mime-type",
    "identity-card-number",
    "cookie",
    "cpe",
    "weakness",
    "comment",
    "hex",
    "other",
    "named pipe",
    "process-state",
    "target-user",
    "target-machine",
    "target-org",
    "target-location",
    "target-external",
    "iban",
    "bic",
    "bank-account-nr",
    "aba-rtn",
    "bin",
    "cc-number",
    "prtn",
    "phone-number",
    "threat-actor",
    "campaign-name",
    "campaign-id",
    "malware-type",
    "authentihash",
    "vhash",
    "telfhash",
    "pehash",
    "impfuzzy",
    "sha224",
    "sha384",
    "sha512/224",
    "sha512/256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "cdhash",
    "windows-scheduled-task",
    "windows-service-name",
    "windows-service-displayname",
    "whois-registrant-phone",
    "whois-registrant-name",
    "whois-registrant-org",
    "whois-registrar",
    "whois-creation-date",
    "size-in-bytes",
    "counter",
    "integer",
    "datetime",
    "port",
    "mac-eui-64",
    "email-dst-display-name",
    "email-src-display-name",
    "email-header",
    "email-x-mailer",
    "email-mime-boundary",
    "email-thread-index",
    "email-message-id",
    "github-username",
    "github-repository",
    "github-organisation",
    "jabber-id",
    "twitter-id",
    "dkim",
    "dkim-signature",
    "first-name",
    "middle-name",
    "last-name",
    "full-name",
    "date-of-birth",
    "place-of-birth",
    "gender",
    "passport-number",
    "passport-country",
    "passport-expiration",
    "redress-number",
    "nationality",
    "visa-number",
    "issue-date-of-the-visa",
    "primary-residence",
    "country-of-residence",
    "special-service-request",
    "frequent-flyer-number",
    "travel-details",
    "payment-details",
    "place-port-of-original-embarkation",
    "place-port-of-clearance",
    "place-port-of-onward-foreign-destination",
    "passenger-name-record-locator-number",
    "mobile-application-id",
    "azure-application-id",
    "chrome-extension-id",
    "edge-extension-id",
    "cortex",
    "boolean",
    "uuid",
    "anonymised",
};

static const char *const categories[] = {
    "Internal reference",
    "Targeting data",
    "Antivirus detection",
    "Payload delivery",
    "Artifacts dropped",
    "Payload installation",
    "Persistence mechanism",
    "Network activity",
    "Payload type",
    "Attribution",
    "External analysis",
    "Financial fraud",
    "Support Tool",
    "Social network",
    "Person",
    "Other",
};

/* Most names differ in their first letter. */
static bool
is_named(struct slice name, const char *text)
{
    return name.size && name.data[0] == (uint8_t)text[0] &&
           slice_is(name, text);
}

static bool
stands_in(struct slice name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(name, list[i]))
            return true;
    return false;
}

const struct misp_type *
misp_type_find(struct slice name)
{
    static const struct misp_type nothing = {"", MISP_NOTHING, NONE, NONE,
                                             NULL};

    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (is_named(name, types[i].name))
            return &types[i];
    return stands_in(name, others, ARRAY_SIZE(others)) ? &nothing : NULL;
}

bool
misp_category_is_known(struct slice name)
{
    return stands_in(name, categories, ARRAY_SIZE(categories));
}
