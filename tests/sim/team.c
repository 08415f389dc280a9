#include "sim/team.h"

#include "core/base/cursor.h"
#include "core/lane/checkpoint.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"

uint64_t
dice_next(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t
dice_below(struct dice *d, uint64_t n)
{
    return dice_next(d) % n;
}

bool
dice_chance(struct dice *d, unsigned percent)
{
    return dice_below(d, 100) < percent;
}

static void
key_make(struct team *t, uint8_t number, struct card *card)
{
    static const enum key_role roles[] = {KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT,
                                          KEY_ROLE_RECEIPT};

    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        memset(t->seeds[i].b, number * 8 + (int)i + 1, 32);
        card->keys[i].role = roles[i];
        crypto_public_key(&t->seeds[i], &card->keys[i].key);
    }
    card->key_count = ARRAY_SIZE(roles);
}

static void
sign_all(struct team *t, const struct card *card, const struct secret_key *root,
         struct signed_card *proof)
{
    struct hash h;
    struct buf text = {0};

    crypto_hash_one(&h, proof->card);
    card_text(&t->name, card->version, &h, &text);
    crypto_sign(root, buf_slice(&text), &proof->root_signature);
    for (size_t i = 0; i < card->key_count; i++) {
        key_id_of(&t->name, card->keys[i].role, &card->keys[i].key,
                  &proof->key_ids[i]);
        crypto_sign(&t->seeds[i], buf_slice(&text), &proof->key_signatures[i]);
    }
    proof->key_count = card->key_count;
    buf_clear(&text);
}

static void
card_make(struct team *t, const struct card *card,
          const struct secret_key *root, struct buf *out)
{
    struct signed_card proof = {0};
    struct buf bytes = {0};

    card_put(&bytes, card);
    proof.card = buf_slice(&bytes);
    sign_all(t, card, root, &proof);
    signed_card_put(out, &proof);
    buf_clear(&bytes);
}

struct team_wish {
    const char *address;
    struct slice certificate;
};

static void
make(struct team *t, const char *name, const char *short_name, uint8_t number,
     const struct team_wish *w)
{
    struct card card = {.expires_s = UINT32_MAX,
                        .short_name = slice_str(short_name)};
    struct secret_key root;
    struct public_key root_public;

    *t = (struct team){0};
    memset(root.b, number * 8 + 7, sizeof root.b);
    crypto_public_key(&root, &root_public);
    crypto_spki_hash(&root_public, &t->root_spki);
    if (!team_name_parse(slice_str(name), &t->name))
        return;
    card.team = t->name;
    card.root_certificate = SLICE_ARRAY(root_public.b);
    card.addresses[0] = slice_str(w->address);
    card.address_count = w->address ? 1 : 0;
    card.certificates[0] = w->certificate;
    card.certificate_count = 1;
    card.revocation_list = slice_str("list");
    key_make(t, number, &card);
    card.version = 1;
    card_make(t, &card, &root, &t->card);
    card.version = 2;
    card_make(t, &card, &root, &t->renewed);
}

void
team_make(struct team *t, const char *name, const char *short_name,
          uint8_t number)
{
    team_make_at(t, name, short_name, number, "sim:1");
}

void
team_make_at(struct team *t, const char *name, const char *short_name,
             uint8_t number, const char *address)
{
    make(t, name, short_name, number,
         &(struct team_wish){address, slice_str("certificate")});
}

void
team_make_until(struct team *t, const char *name, const char *short_name,
                uint8_t number, uint64_t end_s)
{
    uint8_t certificate[8];

    put_be64(certificate, end_s);
    make(t, name, short_name, number,
         &(struct team_wish){"sim:1", SLICE_ARRAY(certificate)});
}

void
team_clear(struct team *t)
{
    buf_clear(&t->card);
    buf_clear(&t->renewed);
}
