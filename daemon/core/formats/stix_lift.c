#include "core/formats/stix_lift.h"

#include "core/formats/json_put.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/stix_marking.h"
#include "core/model/role.h"

#define VERSION ",\"spec_version\":\"2.1\""

struct lifting {
    struct buf *out;
    const struct message *m;
    const struct format_out *to;
    struct slice type;
};

/* The words for types of an object that 2.0 has among its labels. */
static const struct vocabulary {
    const char *type, *property, *words;
} vocabularies[] = {
    {"indicator", "indicator_types",
     " anomalous-activity anonymization attribution benign compromised "
     "malicious-activity "},
    {"malware", "malware_types",
     " adware backdoor bot ddos dropper exploit-kit keylogger ransomware "
     "remote-access-trojan resource-exploitation rogue-security-software "
     "rootkit screen-capture spyware trojan virus worm "},
    {"report", "report_types",
     " attack-pattern campaign identity indicator malware observed-data "
     "threat-actor threat-report tool vulnerability "},
    {"threat-actor", "threat_actor_types",
     " activist competitor crime-syndicate criminal hacker insider-accidental "
     "insider-disgruntled nation-state sensationalist spy terrorist "},
    {"tool", "tool_types",
     " credential-exploitation denial-of-service exploitation "
     "information-gathering network-capture remote-access "
     "vulnerability-scanning "},
};

static void
said(const struct lifting *l, enum loss loss, const char *path, const char *why)
{
    loss_put(l->to, l->m, loss, path, why);
}

/* Begin a member that the object has not. */
static void
put_key(const struct lifting *l, const char *key)
{
    buf_put_str(l->out, ",\"");
    buf_put_str(l->out, key);
    buf_put_str(l->out, "\":");
}

static bool
has(const struct lifting *l, const char *key)
{
    return json_scan_find(l->m->content, key).size > 0;
}

/* ---- types out of labels ------------------------------------------------ */

/* Find a word in words with a space before and behind each. */
static bool
is_among(struct slice word, const char *words)
{
    const char *at = words + 1;

    while (*at) {
        size_t n = strcspn(at, " ");
        if (slice_equal(word, slice_of(at, n)))
            return true;
        at += n + 1;
    }
    return false;
}

/* A label that is a role of ours gives one in 2.0, and so it must in 2.1. */
static bool
is_word(const struct vocabulary *v, struct slice label)
{
    struct slice role;

    return is_among(label, v->words) ||
           (v == &vocabularies[0] && role_parse(label, &role));
}

static void
put_types(const struct lifting *l, const struct vocabulary *v)
{
    struct slice labels = json_scan_find(l->m->content, "labels"), label;
    struct json_scan scan = json_scan_of(labels);
    size_t count = 0;

    if (!labels.size || labels.data[0] != '[' || has(l, v->property))
        return;
    while (json_scan_element(&scan, &label)) {
        if (!is_word(v, json_scan_string(label)))
            continue;
        if (count++)
            buf_put_u8(l->out, ',');
        else {
            put_key(l, v->property);
            buf_put_u8(l->out, '[');
        }
        buf_put(l->out, label);
    }
    if (count) {
        buf_put_u8(l->out, ']');
        said(l, LOSS_ADDED, v->property,
             "STIX 2.0 has its types among the labels, where they stay");
    }
}

/* ---- what 2.1 must have ------------------------------------------------- */

static void
put_pattern_type(const struct lifting *l)
{
    if (has(l, "pattern_type"))
        return;
    put_key(l, "pattern_type");
    buf_put_str(l->out, "\"stix\"");
    said(l, LOSS_ADDED, "pattern_type", "STIX 2.0 has no other language");
}

static void
put_is_family(const struct lifting *l)
{
    if (has(l, "is_family"))
        return;
    put_key(l, "is_family");
    buf_put_str(l->out, "true");
    said(l, LOSS_DEFAULTED, "is_family",
         "STIX 2.0 does not tell a family from a sample");
}

/* The definitions of TLP are what they are to the letter, and have names. */
static void
put_name(const struct lifting *l)
{
    enum tlp tlp;

    if (has(l, "name") || !stix_tlp_of(l->m->head.object_id, &tlp))
        return;
    put_key(l, "name");
    json_put_text(l->out,
                  slice_str(tlp == TLP_CLEAR ? "TLP:WHITE" : tlp_label(tlp)));
    said(l, LOSS_ADDED, "name", "a definition of TLP has one in STIX 2.1");
}

static void
put_more(const struct lifting *l)
{
    for (size_t i = 0; i < ARRAY_SIZE(vocabularies); i++)
        if (slice_is(l->type, vocabularies[i].type))
            put_types(l, &vocabularies[i]);
    if (slice_is(l->type, "indicator"))
        put_pattern_type(l);
    if (slice_is(l->type, "malware"))
        put_is_family(l);
    if (slice_is(l->type, "marking-definition"))
        put_name(l);
}

void
stix_lift(struct buf *out, const struct message *m, const struct format_out *to)
{
    const struct lifting l = {
        out, m, to, json_scan_string(json_scan_find(m->content, "type"))};
    struct json_scan scan = json_scan_of(m->content);
    struct slice key, value;
    bool is_first = true, has_version = false;

    buf_put_u8(out, '{');
    while (json_scan_member(&scan, &key, &value)) {
        if (json_scan_is(key, "spec_version"))
            continue;
        buf_put_str(out, is_first ? "\"" : ",\"");
        buf_put(out, key);
        buf_put_str(out, "\":");
        buf_put(out, value);
        is_first = false;
        if (json_scan_is(key, "type") && !has_version) {
            buf_put_str(out, VERSION);
            has_version = true;
        }
    }
    if (has_version)
        said(&l, has(&l, "spec_version") ? LOSS_CHANGED : LOSS_ADDED,
             "spec_version", "it came as STIX 2.0");
    put_more(&l);
    buf_put_u8(out, '}');
}
