#include "core/formats/value.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/value_parts.h"

#include <assert.h>

/* How each kind is checked when its type is said, and how it is recognised
 * when it is not; only network values are written defanged. */
static const struct kind {
    value_part *check, *guess;
    bool may_be_defanged;
    uint8_t needs; /* no text without this byte is recognised; 0: none */
} kinds[OBSERVABLE_COUNT] = {
    [OBSERVABLE_IPV4] = {value_ipv4, value_ipv4, true, '.'},
    [OBSERVABLE_IPV6] = {value_ipv6, value_ipv6, true, ':'},
    [OBSERVABLE_CIDR] = {value_cidr, value_cidr, true, '/'},
    [OBSERVABLE_IP_PORT] = {value_ip_port, value_ip_port, true, ':'},
    [OBSERVABLE_HOST_PORT] = {value_host_port, value_host_port, true, ':'},
    [OBSERVABLE_DOMAIN] = {value_domain, value_domain_guess, true, 0},
    [OBSERVABLE_DOMAIN_TREE] = {value_domain_tree, value_tree_guess, true, 0},
    [OBSERVABLE_URL] = {value_url, value_url_guess, true, '/'},
    [OBSERVABLE_EMAIL_ADDRESS] = {value_email, value_email, true, '@'},
    [OBSERVABLE_EMAIL_SUBJECT] = {value_text, NULL, false, 0},
    [OBSERVABLE_MD5] = {value_md5, value_md5, false, 0},
    [OBSERVABLE_SHA1] = {value_sha1, value_sha1, false, 0},
    [OBSERVABLE_SHA256] = {value_sha256, value_sha256, false, 0},
    [OBSERVABLE_SHA512] = {value_sha512, value_sha512, false, 0},
    [OBSERVABLE_IMPHASH] = {value_md5, NULL, false, 0},
    [OBSERVABLE_SSDEEP] = {value_ssdeep, NULL, false, 0},
    [OBSERVABLE_TLSH] = {value_tlsh, value_tlsh_guess, false, 0},
    [OBSERVABLE_FILE_NAME] = {value_text, NULL, false, 0},
    [OBSERVABLE_MUTEX] = {value_text, NULL, false, 0},
    [OBSERVABLE_REGISTRY_KEY] = {value_text, value_registry_guess, false, '\\'},
    [OBSERVABLE_AS_NUMBER] = {value_as, value_as_guess, false, 0},
    [OBSERVABLE_MAC] = {value_mac, value_mac, false, 0},
    [OBSERVABLE_CERTIFICATE_HASH] = {value_certificate_hash, NULL, false, 0},
    [OBSERVABLE_JA3] = {value_md5, NULL, false, 0},
    [OBSERVABLE_JA4] = {value_ja4, value_ja4, false, 0},
    [OBSERVABLE_USER_AGENT] = {value_text, NULL, false, 0},
    [OBSERVABLE_VULNERABILITY] = {value_vulnerability, value_cve, false, 0},
    [OBSERVABLE_WALLET] = {value_wallet, NULL, false, 0},
};

/* More than one kind may fit: the narrower stands first. */
static const enum observable guesses[] = {
    OBSERVABLE_IPV4,      OBSERVABLE_IPV6,          OBSERVABLE_CIDR,
    OBSERVABLE_IP_PORT,   OBSERVABLE_MD5,           OBSERVABLE_SHA1,
    OBSERVABLE_SHA256,    OBSERVABLE_SHA512,        OBSERVABLE_MAC,
    OBSERVABLE_AS_NUMBER, OBSERVABLE_VULNERABILITY, OBSERVABLE_JA4,
    OBSERVABLE_TLSH,      OBSERVABLE_REGISTRY_KEY,  OBSERVABLE_DOMAIN_TREE,
    OBSERVABLE_HOST_PORT, OBSERVABLE_URL,           OBSERVABLE_EMAIL_ADDRESS,
    OBSERVABLE_DOMAIN,
};

static enum err
text_check(struct slice *text)
{
    if (text->size > VALUE_BYTES_MAX)
        return ERR_LIMIT;
    if (utf8_bad_at(*text) < text->size)
        return ERR_UTF8;
    *text = slice_trim(*text);
    return text->size ? OK : ERR_VALUE;
}

/* Take one pair of quotes or angle brackets off. */
static struct slice
unquote(struct slice text)
{
    uint8_t first = text.data[0], last = text.data[text.size - 1];

    if (text.size > 2 && ((first == last && (first == '"' || first == '\'')) ||
                          (first == '<' && last == '>')))
        return slice_of(text.data + 1, text.size - 2);
    return text;
}

/* What still looks defanged after it was undone ("a\\[.]b") would be another
 * value each time it is read: such a text is none. */
static bool
is_settled(struct slice text, struct slice normal, struct arena *arena)
{
    struct slice again;

    return slice_equal(text, normal) ||
           (value_refang(normal, arena, &again) && slice_equal(again, normal));
}

enum err
value_check(enum observable type, struct slice text, struct arena *arena,
            struct slice *normal)
{
    assert(type > OBSERVABLE_NONE && type < OBSERVABLE_COUNT);
    enum err e = text_check(&text);
    struct slice said = text, out;

    if (e)
        return e;
    if (kinds[type].may_be_defanged &&
        !value_refang(unquote(text), arena, &text))
        return ERR_BUDGET;
    if (!kinds[type].check(text, arena, &out) ||
        (kinds[type].may_be_defanged && !is_settled(said, out, arena)))
        return arena->spent ? ERR_BUDGET : ERR_VALUE;
    *normal = out;
    return OK;
}

/* Tell whether a text can be of a kind at all; most cannot. */
static bool
may_be(const struct kind *k, struct slice text)
{
    return k->needs == 0 || slice_find(text, k->needs) < text.size;
}

enum err
value_detect(struct slice text, struct arena *arena, enum observable *type,
             struct slice *normal)
{
    enum err e = text_check(&text);
    struct slice fanged, out;

    if (e)
        return e;
    text = unquote(text);
    if (!value_refang(text, arena, &fanged))
        return ERR_BUDGET;
    for (size_t i = 0; i < ARRAY_SIZE(guesses); i++) {
        const struct kind *k = &kinds[guesses[i]];
        struct slice as = k->may_be_defanged ? fanged : text;
        if (!may_be(k, as) || !k->guess(as, arena, &out) ||
            (k->may_be_defanged && !is_settled(text, out, arena)))
            continue;
        *type = guesses[i];
        *normal = out;
        return OK;
    }
    return arena->spent ? ERR_BUDGET : ERR_VALUE;
}

/* Options that narrow a rule to a kind of page or load, not to a site. */
static bool
is_plain_option(struct slice option)
{
    static const char *const plain[] = {"all", "document", "doc", "popup",
                                        "important"};

    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        if (slice_is(option, plain[i]))
            return true;
    return false;
}

static bool
has_plain_options(struct slice options)
{
    while (options.size) {
        size_t n = slice_find(options, ',');
        if (!is_plain_option(slice_first(options, n)))
            return false;
        options = slice_from(options, n < options.size ? n + 1 : n);
    }
    return true;
}

/* Take "^" and "^$all" off the end. */
static bool
options_cut(struct slice *rule)
{
    for (size_t i = rule->size; i > 1; i--)
        if (rule->data[i - 1] == '$' && rule->data[i - 2] == '^') {
            if (!has_plain_options(slice_from(*rule, i)))
                return false;
            *rule = slice_first(*rule, i - 1);
            break;
        }
    if (rule->size && rule->data[rule->size - 1] == '^')
        rule->size--;
    return slice_find(*rule, '^') == rule->size &&
           slice_find(*rule, '*') == rule->size;
}

enum err
value_from_rule(struct slice rule, struct arena *arena, enum observable *type,
                struct slice *normal)
{
    static const enum observable hosts[] = {OBSERVABLE_IPV4, OBSERVABLE_IP_PORT,
                                            OBSERVABLE_HOST_PORT,
                                            OBSERVABLE_DOMAIN_TREE};
    enum err e = text_check(&rule);

    if (e)
        return e;
    bool has_scheme = rule.size > 1 && rule.data[0] == '|' &&
                      value_scheme_size(slice_from(rule, 1));
    if (!has_scheme && !ascii_starts(rule, "||"))
        return ERR_VALUE;
    rule = slice_from(rule, has_scheme ? 1 : 2);
    /* Without an end it means all that begins so, other hosts included. */
    if (has_scheme && rule.data[rule.size - 1] == '|')
        rule.size--;
    else if (has_scheme && slice_find(rule, '^') == rule.size)
        return ERR_VALUE;
    if (!options_cut(&rule) || rule.size == 0)
        return ERR_VALUE;
    if (slice_find(rule, '/') < rule.size) {
        e = value_check(OBSERVABLE_URL, rule, arena, normal);
        if (!e)
            *type = OBSERVABLE_URL;
        return e;
    }
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        e = value_check(hosts[i], rule, arena, normal);
        if (!e) {
            *type = hosts[i];
            return OK;
        }
        if (e != ERR_VALUE)
            return e;
    }
    return ERR_VALUE;
}
