#include "core/formats/value.h"

#include "core/base/utf8.h"
#include "core/formats/ascii.h"
#include "core/formats/look.h"
#include "core/formats/value_parts.h"

#include <assert.h>

/* How each kind is checked when its type is said, and how it is recognised
 * when it is not; only network values are written defanged. */
static const struct kind {
    value_part *check, *guess;
    bool may_be_defanged;
} kinds[OBSERVABLE_COUNT] = {
    [OBSERVABLE_IPV4] = {value_ipv4, value_ipv4, true},
    [OBSERVABLE_IPV6] = {value_ipv6, value_ipv6, true},
    [OBSERVABLE_CIDR] = {value_cidr, value_cidr, true},
    [OBSERVABLE_IP_PORT] = {value_ip_port, value_ip_port, true},
    [OBSERVABLE_HOST_PORT] = {value_host_port, value_host_port, true},
    [OBSERVABLE_DOMAIN] = {value_domain, value_domain_guess, true},
    [OBSERVABLE_DOMAIN_TREE] = {value_domain_tree, value_tree_guess, true},
    [OBSERVABLE_URL] = {value_url, value_url_guess, true},
    [OBSERVABLE_EMAIL_ADDRESS] = {value_email, value_email, true},
    [OBSERVABLE_EMAIL_SUBJECT] = {value_text, NULL, false},
    [OBSERVABLE_MD5] = {value_md5, value_md5, false},
    [OBSERVABLE_SHA1] = {value_sha1, value_sha1, false},
    [OBSERVABLE_SHA256] = {value_sha256, value_sha256, false},
    [OBSERVABLE_SHA512] = {value_sha512, value_sha512, false},
    [OBSERVABLE_IMPHASH] = {value_md5, NULL, false},
    [OBSERVABLE_SSDEEP] = {value_ssdeep, NULL, false},
    [OBSERVABLE_TLSH] = {value_tlsh, value_tlsh_guess, false},
    [OBSERVABLE_FILE_NAME] = {value_text, NULL, false},
    [OBSERVABLE_MUTEX] = {value_text, NULL, false},
    [OBSERVABLE_REGISTRY_KEY] = {value_text, value_registry_guess, false},
    [OBSERVABLE_AS_NUMBER] = {value_as, value_as_guess, false},
    [OBSERVABLE_MAC] = {value_mac, value_mac, false},
    [OBSERVABLE_CERTIFICATE_HASH] = {value_certificate_hash, NULL, false},
    [OBSERVABLE_JA3] = {value_md5, NULL, false},
    [OBSERVABLE_JA4] = {value_ja4, value_ja4, false},
    [OBSERVABLE_USER_AGENT] = {value_text, NULL, false},
    [OBSERVABLE_VULNERABILITY] = {value_vulnerability, value_cve, false},
    [OBSERVABLE_WALLET] = {value_wallet, NULL, false},
};

#define ANY_SIZE 1, VALUE_BYTES_MAX
#define BRACKETS (LOOK_OPENING | LOOK_CLOSING)
#define ADDRESS (LOOK_HEX | LOOK_COLON | LOOK_DOT | BRACKETS)

/* More than one kind may fit: the narrower stands first. No text with other
 * bytes than `may`, without all of `must` or of another size is of the kind. */
static const struct guess {
    enum observable type;
    unsigned may, must;
    size_t size_min, size_max;
} guesses[] = {
    {OBSERVABLE_IPV4, LOOK_DIGIT | LOOK_DOT, LOOK_DIGIT | LOOK_DOT, 7, 15},
    {OBSERVABLE_IPV6, ADDRESS, LOOK_COLON, ANY_SIZE},
    {OBSERVABLE_CIDR, ADDRESS | LOOK_SLASH, LOOK_DIGIT | LOOK_SLASH, ANY_SIZE},
    {OBSERVABLE_IP_PORT, ADDRESS, LOOK_DIGIT | LOOK_COLON, ANY_SIZE},
    {OBSERVABLE_MD5, LOOK_HEX, 0, 32, 32},
    {OBSERVABLE_SHA1, LOOK_HEX, 0, 40, 40},
    {OBSERVABLE_SHA256, LOOK_HEX, 0, 64, 64},
    {OBSERVABLE_SHA512, LOOK_HEX, 0, 128, 128},
    {OBSERVABLE_MAC, LOOK_HEX | LOOK_COLON | LOOK_HYPHEN | LOOK_DOT, 0, 14, 17},
    {OBSERVABLE_AS_NUMBER, LOOK_ALNUM | LOOK_SPACE, LOOK_DIGIT, 3, 14},
    {OBSERVABLE_VULNERABILITY, LOOK_ALNUM | LOOK_HYPHEN,
     LOOK_DIGIT | LOOK_HYPHEN, 13, 28},
    {OBSERVABLE_JA4, LOOK_ALNUM | LOOK_UNDERSCORE, LOOK_UNDERSCORE, 36, 36},
    {OBSERVABLE_TLSH, LOOK_ALNUM, 0, 72, 72},
    {OBSERVABLE_REGISTRY_KEY, LOOK_SEEN | LOOK_UNSEEN, LOOK_BACKSLASH,
     ANY_SIZE},
    {OBSERVABLE_DOMAIN_TREE, LOOK_HOST | LOOK_DOT | LOOK_STAR,
     LOOK_DOT | LOOK_STAR, ANY_SIZE},
    {OBSERVABLE_HOST_PORT, LOOK_HOST | LOOK_DOT | LOOK_COLON,
     LOOK_DIGIT | LOOK_DOT | LOOK_COLON, ANY_SIZE},
    {OBSERVABLE_URL, LOOK_SEEN, LOOK_SLASH, ANY_SIZE},
    {OBSERVABLE_EMAIL_ADDRESS, LOOK_SEEN, LOOK_AT | LOOK_DOT, ANY_SIZE},
    {OBSERVABLE_DOMAIN, LOOK_HOST | LOOK_DOT, LOOK_DOT, ANY_SIZE},
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
may_be(const struct guess *g, struct slice text, unsigned look)
{
    return (look & ~g->may) == 0 && (g->must & ~look) == 0 &&
           text.size >= g->size_min && text.size <= g->size_max;
}

/* A text as it came and as it was meant, with what each looks like. */
struct seen {
    struct slice text, fanged;
    unsigned look, fanged_look;
};

static enum err
guess(const struct seen *s, struct arena *arena, enum observable *type,
      struct slice *normal)
{
    struct slice out;

    for (size_t i = 0; i < ARRAY_SIZE(guesses); i++) {
        const struct guess *g = &guesses[i];
        const struct kind *k = &kinds[g->type];
        struct slice as = k->may_be_defanged ? s->fanged : s->text;
        if (!may_be(g, as, k->may_be_defanged ? s->fanged_look : s->look) ||
            !k->guess(as, arena, &out) ||
            (k->may_be_defanged && !is_settled(s->text, out, arena)))
            continue;
        *type = g->type;
        *normal = out;
        return OK;
    }
    return arena->spent ? ERR_BUDGET : ERR_VALUE;
}

enum err
value_detect_seen(struct slice text, unsigned look, struct arena *arena,
                  enum observable *type, struct slice *normal)
{
    struct seen s = {text, text, look, look};

    if (look & LOOK_QUOTE) {
        s.text = s.fanged = unquote(text);
        s.look = s.fanged_look = look_at(s.text);
    }
    if (!value_is_plain(s.text, s.look)) {
        if (!value_refang(s.text, arena, &s.fanged))
            return ERR_BUDGET;
        s.fanged_look = look_at(s.fanged);
    }
    return guess(&s, arena, type, normal);
}

enum err
value_detect(struct slice text, struct arena *arena, enum observable *type,
             struct slice *normal)
{
    enum err e = text_check(&text);

    if (e)
        return e;
    return value_detect_seen(text, look_at(text), arena, type, normal);
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
