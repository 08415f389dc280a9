#include "cli/cards.h"

#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/crypto/certificate.h"
#include "core/crypto/crypto.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"

#include <time.h>

#define CARD_BUDGET (FRAME_CARD_MAX * DECODE_BUDGET_FACTOR * 2)

static enum err
check(struct known_card *k)
{
    struct signed_card proof;
    enum err e = signed_card_get(buf_slice(&k->proof), &k->arena, &proof);

    if (e == OK)
        e = card_get(proof.card, &k->arena, &k->card);
    if (e == OK)
        e = certificate_key(k->card.root_certificate, &k->root);
    if (e == OK)
        e = card_verify(&k->card, &proof, &k->root);
    return e;
}

enum err
known_card_read(struct slice proof, struct known_card *out)
{
    struct known_card k = {0};
    enum err e;

    if (proof.size > FRAME_CARD_MAX)
        return ERR_LIMIT;
    buf_put(&k.proof, proof);
    arena_init(&k.arena, CARD_BUDGET);
    e = check(&k);
    if (e == OK)
        *out = k;
    else
        known_card_clear(&k);
    return e;
}

void
known_card_clear(struct known_card *k)
{
    buf_clear(&k->proof);
    arena_clear(&k->arena);
    mem_free(k->past);
    k->past = NULL;
}

static bool
role_named(struct slice name, enum key_role *out)
{
    for (int r = KEY_ROLE_SESSION; r < KEY_ROLE_COUNT; r++)
        if (slice_is(name, key_role_name((enum key_role)r))) {
            *out = (enum key_role)r;
            return true;
        }
    return false;
}

static void
take_past(struct known_card *k, const struct control_record *r)
{
    struct slice key = control_bytes(r, "key");
    struct past_key *p = &k->past[k->past_count];

    *p = (struct past_key){.since = record_u64(r, "since"),
                           .until = record_u64(r, "until"),
                           .compromised = control_truth(r, "compromised")};
    p->key.team = k->card.team;
    if (!role_named(control_text(r, "role"), &p->key.role) ||
        key.size != sizeof p->key.key.b)
        return;
    memcpy(p->key.key.b, key.data, key.size);
    key_id_of(&k->card.team, p->key.role, &p->key.key, &p->id);
    k->past_count++;
}

bool
known_card_fetch(struct daemon *d, const char *team, struct known_card *out)
{
    struct control_answer a;
    struct ask ask;
    enum err e = ERR_MISSING;

    ask_begin(&ask, "card");
    ask_text(&ask, "team", team);
    bool good = link_call(d, &ask, &a);
    ask_clear(&ask);
    if (!good)
        return false;
    if (a.record_count > 0)
        e = known_card_read(control_bytes(&a.records[0], "card"), out);
    if (e == OK)
        out->past = mem_new(a.record_count * sizeof *out->past);
    for (size_t i = 1; e == OK && i < a.record_count; i++)
        take_past(out, &a.records[i]);
    if (e != OK)
        (void)complain("the card of %s is not good: %s",
                       team ? team : "this node", err_text(e));
    return e == OK;
}

bool
known_card_key(const struct known_card *k, enum key_role role,
               const struct key_id *id, struct vkey *out)
{
    const struct card_key *key = card_key_of(&k->card, role);
    struct key_id now;

    if (key) {
        key_id_of(&k->card.team, role, &key->key, &now);
        *out = (struct vkey){k->card.team, role, key->key};
        if (key_id_equal(&now, id))
            return true;
    }
    for (size_t i = 0; i < k->past_count; i++)
        if (k->past[i].key.role == role && key_id_equal(&k->past[i].id, id)) {
            *out = k->past[i].key;
            return true;
        }
    return false;
}

/* ---- card show ---------------------------------------------------------- */

static void
print_line(const char *name, struct slice text)
{
    struct buf clean = {0};

    if (text.size == 0)
        return;
    text_put_clean(&clean, text);
    (void)printf(" %-13s %.*s\n", name, (int)clean.size,
                 (const char *)clean.data);
    buf_clear(&clean);
}

static void
print_contact(const struct card_contact *c)
{
    print_line("name", c->display_name);
    print_line("e-mail", c->email);
    print_line("telephone", c->telephone);
    print_line("time zone", c->time_zone);
    print_line("constituency", c->constituency);
    print_line("web", c->web);
}

static void
put_root(struct buf *out, const struct known_card *k)
{
    struct hash spki;

    crypto_spki_hash(&k->root, &spki);
    buf_put_str(out, "sha256:");
    buf_put_hex(out, SLICE_ARRAY(spki.b));
}

static void
put_expiry(struct buf *out, uint64_t expires_s)
{
    uint64_t now = (uint64_t)time(NULL);

    text_put_day(out, expires_s * 1000);
    if (expires_s <= now) {
        buf_put_str(out, ", EXPIRED");
        return;
    }
    buf_put_str(out, ", in ");
    text_put_span(out, (expires_s - now) * 1000);
}

static void
print_vkey(const struct vkey *k)
{
    struct buf line = {0};

    vkey_put(&line, k);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

/* The card's keys, then those of earlier cards, whose signatures stay good. */
static void
print_vkeys(const struct known_card *k)
{
    const struct card *c = &k->card;

    for (size_t i = 0; i < c->key_count; i++)
        print_vkey(&(struct vkey){c->team, c->keys[i].role, c->keys[i].key});
    for (size_t i = 0; i < k->past_count; i++)
        if (k->past[i].until && !k->past[i].compromised)
            print_vkey(&k->past[i].key);
}

static void
print_card(const struct known_card *k)
{
    const struct card *c = &k->card;
    struct buf line = {0};

    (void)printf("%s  card version %llu, signed by its root and every key\n",
                 c->team.text, (unsigned long long)c->version);
    print_line("short name", c->short_name);
    print_contact(&c->contact);
    for (size_t i = 0; i < c->address_count; i++)
        print_line("address", c->addresses[i]);
    put_expiry(&line, c->expires_s);
    print_line("valid to", buf_slice(&line));
    buf_reset(&line);
    put_root(&line, k);
    print_line("root", buf_slice(&line));
    buf_clear(&line);
    (void)printf("keys, as C2SP verifier keys:\n");
    print_vkeys(k);
}

static void
keys_json(struct json_out *j, const struct card *c)
{
    struct buf line = {0};

    json_out_open_list(j, "keys");
    for (size_t i = 0; i < c->key_count; i++) {
        struct vkey k = {c->team, c->keys[i].role, c->keys[i].key};
        buf_reset(&line);
        vkey_put(&line, &k);
        json_out_open(j, NULL);
        json_out_str(j, "role", key_role_name(k.role));
        json_out_text(j, "vkey", buf_slice(&line));
        json_out_truth(j, "next", c->keys[i].next);
        json_out_close(j);
    }
    json_out_close_list(j);
    buf_clear(&line);
}

static void
card_json(struct json_out *j, const struct known_card *k)
{
    const struct card *c = &k->card;
    struct buf root = {0};

    json_out_open(j, NULL);
    json_out_str(j, "team", c->team.text);
    json_out_text(j, "short_name", c->short_name);
    json_out_number(j, "version", c->version);
    json_out_time(j, "expires", c->expires_s * 1000);
    json_out_text(j, "name", c->contact.display_name);
    json_out_text(j, "email", c->contact.email);
    json_out_text(j, "telephone", c->contact.telephone);
    json_out_text(j, "time_zone", c->contact.time_zone);
    json_out_text(j, "constituency", c->contact.constituency);
    json_out_text(j, "web", c->contact.web);
    json_out_open_list(j, "addresses");
    for (size_t i = 0; i < c->address_count; i++)
        json_out_text(j, NULL, c->addresses[i]);
    json_out_close_list(j);
    put_root(&root, k);
    json_out_text(j, "root", buf_slice(&root));
    buf_clear(&root);
    keys_json(j, c);
    json_out_close(j);
}

static bool
fetch_wanted(struct run *run, struct known_card *k)
{
    struct daemon *d = link_open(run);
    bool good = d && known_card_fetch(d, option_text(&run->options, "team"), k);

    daemon_close(d);
    return good;
}

/* Print the checkpoint keys of a team's lanes with what they sign of each. */
static void
print_lane_spans(const struct known_card *k, const struct control_record *r)
{
    struct slice keys = control_bytes(r, "keys"), id;
    struct vkey key = {k->card.team, KEY_ROLE_CHECKPOINT, {{0}}};
    struct vkey_span span;
    struct cursor c = cursor_of(keys);
    struct buf line = {0};

    id = control_bytes(r, "lane-id");
    if (!slice_is(control_text(r, "origin"), k->card.team.text) ||
        id.size != sizeof span.lane.b)
        return;
    memcpy(span.lane.b, id.data, id.size);
    span.above = cursor_u64(&c);
    while (c.left >= sizeof key.key.b) {
        cursor_copy(&c, key.key.b, sizeof key.key.b);
        uint64_t next = c.left ? cursor_u64(&c) : UINT64_MAX;
        span.upto = next;
        buf_reset(&line);
        vkey_span_put(&line, &key, &span);
        (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
        span.above = next;
    }
    buf_clear(&line);
}

static bool
print_spans(struct run *run, const struct known_card *k)
{
    struct daemon *d = link_open(run);
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "lanes");
    bool good = d && link_call(d, &ask, &a);
    ask_clear(&ask);
    for (size_t i = 0; good && i < a.record_count; i++)
        print_lane_spans(k, &a.records[i]);
    daemon_close(d);
    return good;
}

int
command_card_show(struct run *run)
{
    struct known_card k;
    bool good = true;

    if (run->options.word_count > 0)
        return command_usage(run);
    if (!fetch_wanted(run, &k))
        return FAILED;
    if (option_is(&run->options, "vkeys")) {
        print_vkeys(&k);
        if (option_is(&run->options, "positions"))
            good = print_spans(run, &k);
    } else if (run->json) {
        struct json_out *j = json_out_new(stdout);
        card_json(j, &k);
        json_out_free(j);
    } else {
        print_card(&k);
    }
    known_card_clear(&k);
    return good ? DONE : FAILED;
}

int
command_card_export(struct run *run)
{
    struct known_card k;
    bool written;

    if (run->options.word_count != 1)
        return command_usage(run);
    if (!fetch_wanted(run, &k))
        return FAILED;
    written = file_write(run->options.words[0], buf_slice(&k.proof));
    if (written && strcmp(run->options.words[0], "-") != 0)
        (void)printf("%s: card of %s, version %llu\n", run->options.words[0],
                     k.card.team.text, (unsigned long long)k.card.version);
    known_card_clear(&k);
    return written ? DONE : FAILED;
}
