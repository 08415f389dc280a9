#include "kit_keys.h"
#include "kit.h"

#include "core/lane/texts.h"

static void
fill(void *self, void *out, size_t size)
{
    struct kit *k = self;

    memset(out, KIT_NEW_SEED + k->keys_made++, size);
}

static enum err
keep(void *self, enum key_role role, size_t place,
     const struct secret_key *seed)
{
    (void)self;
    (void)role;
    (void)place;
    (void)seed;
    return OK;
}

void
kit_next_card(const struct team *t, const struct kit_card_wish *w,
              struct buf *out)
{
    struct signed_card proof;
    struct secret_key root,
        seeds[3] = {t->seeds[0], w->checkpoint, t->seeds[2]};
    struct arena arena;
    struct card card;
    struct hash h;
    struct buf bytes = {0}, text = {0};

    arena_init(&arena, MIB(1));
    assert_int_equal(signed_card_get(buf_slice(&t->card), &arena, &proof), OK);
    assert_int_equal(card_get(proof.card, &arena, &card), OK);
    card.version = w->version ? w->version : 2;
    key_id_of(&t->name, KEY_ROLE_CHECKPOINT, &card.keys[1].key,
              &card.revoked[0].key);
    card.revoked[0].reason =
        w->compromised ? CARD_REVOKED_COMPROMISED : CARD_REVOKED_RETIRED;
    card.revoked_count = 1;
    crypto_public_key(&w->checkpoint, &card.keys[1].key);
    card_put(&bytes, &card);
    proof = (struct signed_card){.card = buf_slice(&bytes)};
    crypto_hash_one(&h, proof.card);
    card_text(&t->name, card.version, &h, &text);
    memset(root.b, w->number * 8 + 7, sizeof root.b);
    crypto_sign(&root, buf_slice(&text), &proof.root_signature);
    proof.key_count = w->whole ? 3 : 0;
    for (size_t i = 0; i < proof.key_count; i++) {
        key_id_of(&t->name, card.keys[i].role, &card.keys[i].key,
                  &proof.key_ids[i]);
        crypto_sign(&seeds[i], buf_slice(&text), &proof.key_signatures[i]);
    }
    signed_card_put(out, &proof);
    buf_clear(&bytes);
    buf_clear(&text);
    arena_clear(&arena);
}

enum err
kit_import(struct kit *k, struct slice card)
{
    struct control_value v = {"card", CONTROL_BYTES, card, 0};

    return kit_request(k, ROLE_OPERATE,
                       &(struct control_request){
                           .id = 1, .verb = "card-import", .values = {&v, 1}});
}

void
kit_import_card(struct kit *k, const struct team *t,
                const struct kit_card_wish *w)
{
    struct buf card = {0};

    kit_next_card(t, w, &card);
    assert_int_equal(kit_import(k, buf_slice(&card)), OK);
    buf_clear(&card);
}

void
kit_make_key(struct kit *k)
{
    struct signer_places places = {fill, keep, k};
    struct control_value v = {"make", CONTROL_TEXT, slice_str("checkpoint"), 0};

    signer_places_set(k->signer, &places);
    assert_int_equal(kit_request(k, ROLE_OPERATE,
                                 &(struct control_request){.id = 1,
                                                           .verb = "keys",
                                                           .values = {&v, 1}}),
                     OK);
}

void
kit_rotate(struct kit *k, bool compromised)
{
    struct kit_card_wish w = {.number = 1, .compromised = compromised};

    memset(w.checkpoint.b, KIT_NEW_SEED, sizeof w.checkpoint.b);
    kit_make_key(k);
    assert_int_equal(k->reply.record_count, 4);
    kit_import_card(k, &k->us, &w);
}

size_t
kit_key_count(struct kit *k)
{
    struct control_request r = {.id = 1, .verb = "keys"};

    assert_int_equal(kit_request(k, ROLE_OPERATE, &r), OK);
    return k->reply.record_count;
}
