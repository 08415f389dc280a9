#include "teams.h"

#include "core/lane/checkpoint.h"
#include "core/wire/card.h"

#include <assert.h>

static const enum key_role roles[] = {KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT,
                                      KEY_ROLE_RECEIPT};
static const char *const names[TEAMS][2] = {{"krcert.or.kr", "krcert"},
                                            {"cert.gov.au", "certau"}};

static struct secret_key
root_of(const struct team *t)
{
    struct secret_key root;

    memset(root.b, t->seeds[0].b[0] + 100, sizeof root.b);
    return root;
}

void
team_card(const struct team *t, uint64_t version, struct buf *bytes,
          struct buf *frame_payload)
{
    struct secret_key root = root_of(t);
    struct public_key shown;
    struct card card = {.team = t->name,
                        .short_name = slice_str(names[KRCERT][1]),
                        .version = version,
                        .expires_s = UINT32_MAX,
                        .key_count = ARRAY_SIZE(roles)};
    struct signed_card proof = {.key_count = ARRAY_SIZE(roles)};
    struct buf text = {0};
    struct hash h;

    if (strcmp(t->name.text, names[AUSCERT][0]) == 0)
        card.short_name = slice_str(names[AUSCERT][1]);
    crypto_public_key(&root, &shown);
    card.root_certificate = SLICE_ARRAY(shown.b);
    card.addresses[card.address_count++] = slice_str("192.0.2.1:4590");
    card.certificates[card.certificate_count++] = slice_str("certificate");
    card.revocation_list = slice_str("list");
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
        card.keys[i] = (struct card_key){.role = roles[i], .key = t->keys[i]};
    card_put(bytes, &card);
    proof.card = buf_slice(bytes);
    crypto_hash_one(&h, proof.card);
    card_text(&t->name, version, &h, &text);
    crypto_sign(&root, buf_slice(&text), &proof.root_signature);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        proof.key_ids[i] = t->ids[i];
        crypto_sign(&t->seeds[i], buf_slice(&text), &proof.key_signatures[i]);
    }
    signed_card_put(frame_payload, &proof);
    buf_clear(&text);
}

static void
team_make(struct team *t, unsigned number)
{
    struct public_key shown;

    bool named = team_name_parse(slice_str(names[number][0]), &t->name);
    assert(named);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        memset(t->seeds[i].b, (int)(number * 8 + i + 1), sizeof t->seeds[i].b);
        crypto_public_key(&t->seeds[i], &t->keys[i]);
        key_id_of(&t->name, roles[i], &t->keys[i], &t->ids[i]);
    }
    struct secret_key root = root_of(t);
    crypto_public_key(&root, &shown);
    crypto_spki_hash(&shown, &t->root_spki);
    team_card(t, 1, &t->card_bytes, &t->card);
    crypto_hash_one(&t->card_hash, buf_slice(&t->card_bytes));
}

const struct team *
team_of(unsigned number)
{
    static struct team teams[TEAMS];
    struct team *t = &teams[number];

    if (!t->card.size)
        team_make(t, number);
    return t;
}

void
team_genesis(unsigned origin, uint8_t out[GENESIS_BYTES], struct lane_id *id)
{
    struct genesis g = {.root_spki = team_of(origin)->root_spki};

    team_id_of(&team_of(origin)->name, &g.origin);
    team_id_of(&team_of(!origin)->name, &g.audience);
    genesis_encode(&g, out);
    lane_id_of(out, id);
}

void
team_sign(const struct team *t, enum key_role role,
          const struct team_name *origin, const struct lane_id *lane,
          struct checkpoint *c)
{
    struct buf text = {0};
    size_t i = 0;

    while (roles[i] != role)
        i++;
    c->key = t->ids[i];
    checkpoint_signed_text(origin, lane, c, &text);
    crypto_sign(&t->seeds[i], buf_slice(&text), &c->signature);
    buf_clear(&text);
}
