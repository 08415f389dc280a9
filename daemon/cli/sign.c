#include "cli/sign.h"

#include "cli/files.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "core/base/limits.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"

#define DAY_MS UINT64_C(86400000)
#define CARD_DAYS 365

const struct option sign_options[] = {
    {"valid-for", 0, "SPAN", "how long the card holds: 365d"},
    {"address", 0, "HOST:PORT", "where peers reach it; may repeat"},
    {"short", 0, "NAME", "what people call the team"},
    {"name", 0, "NAME", "the team's full name for people"},
    {"email", 0, "ADDRESS", "where to write"},
    {"telephone", 0, "NUMBER", "answered around the clock"},
    {"time-zone", 0, "ZONE", "UTC+09:00, for example"},
    {"constituency", 0, "TEXT", "for whom the team works"},
    {"web", 0, "URL", "where the team is described"},
    {NULL, 0, NULL, NULL},
};

struct signing {
    const struct options *options;
    const struct request *request;
    const struct card *old;
    struct pki *pki;
    struct wall now, end;
    struct card next;
    struct buf tls, list;
    struct slice gone[CARD_CERTIFICATES_MAX]; /* certificates to revoke */
    size_t gone_count;
};

/* ---- what people see of it ----------------------------------------------- */

static void
change(struct slice *text, const struct signing *s, const char *option)
{
    const char *given = option_text(s->options, option);

    if (given)
        *text = slice_str(given);
}

static bool
set_words(struct signing *s)
{
    struct card *c = &s->next;

    change(&c->short_name, s, "short");
    change(&c->contact.display_name, s, "name");
    change(&c->contact.email, s, "email");
    change(&c->contact.telephone, s, "telephone");
    change(&c->contact.time_zone, s, "time-zone");
    change(&c->contact.constituency, s, "constituency");
    change(&c->contact.web, s, "web");
    if (!option_text(s->options, "address"))
        return true;
    c->address_count = 0;
    for (const char *a;
         (a = option_nth(s->options, "address", c->address_count));) {
        if (c->address_count == CARD_ADDRESSES_MAX) {
            (void)complain("a card has at most %d addresses",
                           CARD_ADDRESSES_MAX);
            return false;
        }
        c->addresses[c->address_count++] = slice_str(a);
    }
    return true;
}

/* ---- keys -----------------------------------------------------------------
 */

/* What is revoked stays so; where there is no room, the oldest that merely
 * retired goes first. */
static bool
revoke(struct card *c, const struct key_id *id, unsigned reason)
{
    size_t at = 0;

    for (size_t i = 0; i < c->revoked_count; i++)
        if (key_id_equal(&c->revoked[i].key, id)) {
            c->revoked[i].reason = reason;
            return true;
        }
    if (c->revoked_count == CARD_REVOKED_MAX) {
        while (at < CARD_REVOKED_MAX &&
               c->revoked[at].reason == CARD_REVOKED_COMPROMISED)
            at++;
        if (at == CARD_REVOKED_MAX)
            return false;
        memmove(&c->revoked[at], &c->revoked[at + 1],
                (CARD_REVOKED_MAX - at - 1) * sizeof c->revoked[0]);
        c->revoked_count--;
    }
    c->revoked[c->revoked_count++] = (struct card_revoked){*id, reason};
    return true;
}

static bool
set_key(struct signing *s, size_t i)
{
    enum key_role role = (enum key_role)(i + KEY_ROLE_SESSION);
    const struct card_key *old = card_key_of(s->old, role);
    struct card_key *key = &s->next.keys[s->next.key_count++];
    bool compromised = s->request->compromised[i];
    struct key_id id;

    *key = (struct card_key){.role = role, .key = s->request->keys[i]};
    if (!old)
        return true;
    if (memcmp(old->key.b, key->key.b, PUBLIC_KEY_BYTES) == 0) {
        if (compromised)
            (void)complain("the request calls the %s key compromised and lists "
                           "it again",
                           key_role_name(role));
        return !compromised;
    }
    key_id_of(&s->old->team, role, &old->key, &id);
    if (revoke(&s->next, &id,
               compromised ? CARD_REVOKED_COMPROMISED : CARD_REVOKED_RETIRED))
        return true;
    (void)complain("the card revokes %d keys already; a new root is needed",
                   CARD_REVOKED_MAX);
    return false;
}

/* ---- TLS ------------------------------------------------------------------
 */

static bool
is_asked_for(const struct request *r, struct slice spki)
{
    for (size_t i = 0; i < r->tls_count; i++)
        if (slice_equal(buf_slice(&r->tls[i]), spki))
            return true;
    return false;
}

/* Keep the certificates that still serve, the newest of them; those of a key
 * that was stolen are revoked. */
static bool
keep_certificates(struct signing *s, struct wall *latest)
{
    for (size_t i = 0; i < s->old->certificate_count; i++) {
        struct slice der = s->old->certificates[i];
        struct pki_about about = {0};
        if (!pki_about(der, &about)) {
            (void)complain("a TLS certificate in the card cannot be read");
            return false;
        }
        bool asked = is_asked_for(s->request, buf_slice(&about.spki));
        buf_clear(&about.spki);
        if (about.begin.ms > latest->ms)
            *latest = about.begin;
        if (asked && about.end.ms > s->now.ms) {
            s->next.certificates[s->next.certificate_count++] = der;
            if (s->next.certificate_count == CARD_CERTIFICATES_MAX)
                memmove(&s->next.certificates[0], &s->next.certificates[1],
                        --s->next.certificate_count *
                            sizeof s->next.certificates[0]);
        } else if (!asked && s->request->tls_compromised) {
            s->gone[s->gone_count++] = der;
        }
    }
    return true;
}

/* The newer one begins later, which is how the node tells them apart. */
static bool
set_tls(struct signing *s)
{
    const struct request *r = s->request;
    struct pki_wish wish = {.team = &s->old->team,
                            .spki = buf_slice(&r->tls[r->tls_count - 1]),
                            .begin = {s->now.ms - DAY_MS},
                            .end = s->end};
    struct wall latest = {0};

    if (!keep_certificates(s, &latest))
        return false;
    if (wish.begin.ms < latest.ms + 1000)
        wish.begin.ms = latest.ms + 1000;
    struct pki_list list = {.old = s->old->revocation_list,
                            .number = s->next.version,
                            .now = s->now,
                            .end = s->end,
                            .certificates = s->gone,
                            .count = s->gone_count};
    if (!pki_issue(s->pki, &wish, &s->tls) ||
        !pki_revoke(s->pki, &list, &s->list))
        return false;
    s->next.certificates[s->next.certificate_count++] = buf_slice(&s->tls);
    s->next.revocation_list = buf_slice(&s->list);
    return true;
}

/* ---- the whole ------------------------------------------------------------
 */

static bool
fill(struct signing *s)
{
    s->next = *s->old;
    s->next.version = s->old->version + 1;
    s->next.expires_s = s->end.ms / 1000;
    s->next.key_count = s->next.certificate_count = 0;
    for (size_t i = 0; i < REQUEST_ROLES; i++)
        if (!set_key(s, i))
            return false;
    return set_words(s) && set_tls(s);
}

static bool
write_signed(const struct signing *s, struct buf *out)
{
    struct buf bytes = {0}, text = {0};
    struct signed_card c = {0};
    struct arena arena;
    struct card check;
    struct hash hash;

    card_put(&bytes, &s->next);
    c.card = buf_slice(&bytes);
    crypto_hash_one(&hash, c.card);
    card_text(&s->next.team, s->next.version, &hash, &text);
    crypto_sign(pki_root_secret(s->pki), buf_slice(&text), &c.root_signature);
    signed_card_put(out, &c);
    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    enum err e = card_get(c.card, &arena, &check);
    arena_clear(&arena);
    buf_clear(&bytes);
    buf_clear(&text);
    /* The keys' signatures still come. */
    if (e == OK && out->size + REQUEST_ROLES * 80 <= FRAME_CARD_MAX)
        return true;
    (void)complain("the card would not be good (%s): is a text in it too long, "
                   "or no UTF-8?",
                   err_text(e == OK ? ERR_LIMIT : e));
    return false;
}

static bool
is_our_root(const struct signing *s)
{
    struct buf der = {0};

    pki_root_der(s->pki, &der);
    bool good = slice_equal(buf_slice(&der), s->old->root_certificate);
    buf_clear(&der);
    if (!good)
        (void)complain("the card in the request is under another root than "
                       "that in --root");
    return good;
}

bool
sign_request(const struct run *run, const struct request *r,
             const char *directory, struct buf *out)
{
    struct signing s = {.options = &run->options,
                        .request = r,
                        .old = &r->card.card,
                        .now = {progress_now_ms()}};
    uint64_t span;

    if (!option_span(&run->options, "valid-for", CARD_DAYS * DAY_MS, &span))
        return false;
    s.end.ms = s.now.ms + span;
    s.pki = pki_read(directory);
    bool good = s.pki && is_our_root(&s) && fill(&s) && write_signed(&s, out);
    pki_free(s.pki);
    buf_clear(&s.tls);
    buf_clear(&s.list);
    return good;
}

/* ---- card sign ------------------------------------------------------------
 */

static void
say_changes(const struct request *r)
{
    for (size_t i = 0; i < REQUEST_ROLES; i++) {
        enum key_role role = (enum key_role)(i + KEY_ROLE_SESSION);
        const struct card_key *old = card_key_of(&r->card.card, role);
        if (old && memcmp(old->key.b, r->keys[i].b, PUBLIC_KEY_BYTES) != 0)
            (void)printf("  %-11s a new key; the old one is called %s\n",
                         key_role_name(role),
                         r->compromised[i] ? "COMPROMISED" : "retired");
    }
    (void)printf("  %-11s %s\n", "tls",
                 r->tls_compromised ? "a new key; certificates of the old one "
                                      "are REVOKED"
                 : r->tls_count > 1 ? "a new key, beside the old one"
                                    : "the same key, a new certificate");
}

int
command_card_sign(struct run *run)
{
    const char *root = option_text(&run->options, "root");
    const char *output = option_text(&run->options, "output");
    struct buf text = {0}, card = {0};
    struct request r;
    int code = FAILED;

    if (run->options.word_count != 1 || !root || !output)
        return command_usage(run);
    if (file_read(run->options.words[0], REQUEST_BYTES_MAX, &text) &&
        request_get(buf_slice(&text), &r)) {
        if (sign_request(run, &r, root, &card) &&
            file_write(output, buf_slice(&card)))
            code = DONE;
        if (code == DONE && strcmp(output, "-") != 0) {
            (void)printf("%s: card of %s, version %llu, signed by its root\n",
                         output, r.card.card.team.text,
                         (unsigned long long)r.card.card.version + 1);
            say_changes(&r);
            (void)printf("Next, where the node runs: sealane card import %s\n",
                         output);
        }
        request_clear(&r);
    }
    buf_clear(&text);
    buf_clear(&card);
    return code;
}
