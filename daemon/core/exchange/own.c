#include "core/exchange/commands.h"

#include "core/wire/card.h"

static const enum key_role roles[] = {KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT,
                                      KEY_ROLE_RECEIPT};

/* Have the signer go on with the keys of the card in force. It does what it
 * has not done yet, so that asking at each start repairs what a crash cut. */
static void
use_keys(struct exchange *x)
{
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        const struct card_key *key = card_key_of(&x->card.card, roles[i]);
        struct sign_request_op op = {
            .op = SIGN_KEYS, .action = SIGN_KEYS_USE, .role = roles[i]};
        if (!key)
            continue;
        op.key = key->key;
        ask(x, &op, &(struct asked){.op = SIGN_KEYS});
    }
}

static bool
was_rotated(const struct key_history *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->list[i].until)
            return true;
    return false;
}

/* Peers get the newer card with the next HELLO: let that be at once. */
static void
greet_again(struct exchange *x)
{
    while (x->link_count) {
        struct link *k = x->links[0];
        struct peer *p = x->peers[k->peer];
        link_close(x, k, ERR_CARD_TAKEN, "a newer card of ours is in force");
        p->backoff_ms = 0;
        p->next_dial = x->now.mono;
    }
}

/* A newer card is whole and good: it is in force from now on. Sessions know
 * the old one by its place, and go first. */
static void
adopt(struct exchange *x, struct slice proof)
{
    struct buf about = {0};

    greet_again(x);
    emit(x, &(struct fact){.type = FACT_NODE, .text = proof});
    use_keys(x);
    x->rotating = true;
    buf_put_str(&about, "version ");
    buf_put_decimal(&about, x->card.card.version);
    buf_put_str(&about, " of our card is in force; peers get it with the next "
                        "HELLO");
    buf_put_u8(&about, 0);
    notice(x, NOTICE_INFO, (const char *)about.data, "");
    buf_clear(&about);
}

/* ---- a card that its keys have still to sign ---- */

static const struct sign_proof *
proof_of(const struct sign_result *r, const struct key_id *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (key_id_equal(&r->proofs[i].key, id))
            return &r->proofs[i];
    return NULL;
}

/* Put the signatures of our keys to the root's. ERR_KEY: the card lists one
 * that we do not hold. */
static enum err
complete(struct exchange *x, const struct sign_result *r, struct buf *out)
{
    struct signed_card c;
    struct card card;
    enum err e = signed_card_get(buf_slice(&x->import.proof), &x->arena, &c);

    if (e == OK)
        e = card_get(c.card, &x->arena, &card);
    if (e != OK)
        return e;
    for (size_t i = 0; i < card.key_count; i++) {
        key_id_of(&card.team, card.keys[i].role, &card.keys[i].key,
                  &c.key_ids[i]);
        const struct sign_proof *p = proof_of(r, &c.key_ids[i]);
        if (!p)
            return ERR_KEY;
        c.key_signatures[i] = p->signature;
    }
    c.key_count = card.key_count;
    signed_card_put(out, &c);
    return OK;
}

static enum err
finish(struct exchange *x, const struct sign_result *r)
{
    struct held_card check = {0};
    struct buf whole = {0};
    enum err e = r->code == OK ? complete(x, r, &whole) : r->code;

    if (e == OK)
        e = held_card_set(&check, buf_slice(&whole), &x->card.root_spki);
    held_card_clear(&check);
    if (e == OK)
        adopt(x, buf_slice(&whole));
    buf_clear(&whole);
    return e;
}

void
own_signed(struct exchange *x, const struct asked *a,
           const struct sign_result *r)
{
    enum err e = finish(x, r);
    const char *why =
        e == ERR_KEY ? "the card lists a key that this node does not hold: "
                       "make the request anew with 'sealane card request', "
                       "and sign that"
                     : err_text(e);

    x->import.on = false;
    buf_reset(&x->import.proof);
    if (a->client)
        answer_imported(x, a, e, why);
    else if (e != OK)
        notice(x, NOTICE_ALARM, why, "the card in the state directory");
}

static enum err
refuse(const char **why, enum err e, const char *text)
{
    *why = text;
    return e;
}

static enum err
may_follow(const struct exchange *x, const struct held_card *c,
           const char **why)
{
    if (!team_name_equal(&c->card.team, &x->config.team))
        return refuse(why, ERR_WRONG_TEAM, "this is another team's card");
    if (hash_equal(&c->hash, &x->card.hash))
        return refuse(why, ERR_EXISTS, "this card is in force already");
    if (c->card.version <= x->card.card.version)
        return refuse(why, ERR_STALE,
                      "a card of that version or a higher one is in force: "
                      "make the request anew with 'sealane card request'");
    if (c->card.expires_s <= x->now.wall.ms / 1000)
        return refuse(why, ERR_CARD_EXPIRED, "this card has expired");
    enum err e = history_allows(&x->keys, &c->card);
    return e == OK ? OK
                   : refuse(why, e,
                            "this card names a key that was called "
                            "compromised");
}

enum err
own_import(struct exchange *x, struct slice proof, const struct asked *who,
           const char **why)
{
    struct held_card fresh = {0};
    struct sign_request_op op = {.op = SIGN_CARD};

    if (x->import.on)
        return refuse(why, ERR_NOT_NOW, "another card is being taken");
    enum err e = held_card_offer(&fresh, proof, &x->card.root_spki);
    if (e == ERR_KEY)
        *why = "this card is under another root than ours";
    else if (e != OK)
        *why = "this is not a good card: sign the request again with the root";
    else
        e = may_follow(x, &fresh, why);
    if (e == OK) {
        x->import.on = true;
        x->import.version = fresh.card.version;
        buf_reset(&x->import.proof);
        buf_put(&x->import.proof, proof);
        op.version = fresh.card.version;
        op.hello = fresh.hash;
        ask(x, &op, who);
    }
    held_card_clear(&fresh);
    return e;
}

/* ---- at start ---- */

/* The first card must be whole; later ones are signed by our keys here. */
static bool
start_first(struct exchange *x)
{
    struct held_card whole = {0};
    enum err e = held_card_set(&whole, x->config.card, NULL);

    held_card_clear(&whole);
    if (e == OK)
        emit(x, &(struct fact){.type = FACT_NODE, .text = x->config.card});
    return e == OK;
}

static void
start_later(struct exchange *x, const struct held_card *file)
{
    const char *why = "";

    x->rotating = was_rotated(&x->keys);
    if (x->rotating)
        use_keys(x);
    if (hash_equal(&file->hash, &x->card.hash))
        return;
    if (file->card.version < x->card.card.version) {
        notice(x, NOTICE_INFO,
               "older than the one in force, which stands in the journal: not "
               "looked at",
               "the card in the state directory");
        return;
    }
    enum err e =
        own_import(x, x->config.card, &(struct asked){.op = SIGN_CARD}, &why);
    if (e != OK)
        notice(x, NOTICE_ALARM, why, "the card in the state directory");
}

bool
own_start(struct exchange *x)
{
    struct held_card file = {0};
    enum err e = held_card_offer(&file, x->config.card, NULL);
    bool ours = e == OK && team_name_equal(&file.card.team, &x->config.team);
    bool other_root = ours && x->card.present &&
                      !hash_equal(&file.root_spki, &x->card.root_spki);
    bool good = ours && !other_root;

    if (good && x->card.present)
        start_later(x, &file);
    else if (good)
        good = start_first(x);
    held_card_clear(&file);
    if (!good)
        stop_node(x, ERR_CARD,
                  other_root ? "the card in the state directory is under "
                               "another root than this journal"
                  : e == OK && !ours
                      ? "the card in the state directory is another team's"
                      : "the card in the state directory is not good: sign it "
                        "again with the root");
    return good;
}

/* ---- the key ring ---- */

void
own_keys(struct exchange *x, const struct asked *a, const struct sign_result *r)
{
    if (a->client)
        answer_ring(x, a, r);
    else if (r->code != OK)
        stop_node(x, r->code,
                  "the card in force names a key that the signer does not "
                  "hold: the journal and the signer's directory are not of "
                  "the same time");
}
