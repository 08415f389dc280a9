#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/crypto/certificate.h"
#include "core/wire/card.h"

void
held_card_clear(struct held_card *h)
{
    buf_clear(&h->proof);
    arena_clear(&h->arena);
    *h = (struct held_card){0};
}

/* Decode and check a card's every signature under the root that it brings;
 * `h` holds the bytes. */
static enum err
card_check(struct held_card *h)
{
    struct signed_card proof;
    enum err e = signed_card_get(buf_slice(&h->proof), &h->arena, &proof);

    if (e != OK)
        return e;
    if ((e = card_get(proof.card, &h->arena, &h->card)) != OK)
        return e;
    if ((e = certificate_key(h->card.root_certificate, &h->root)) != OK)
        return e;
    crypto_hash_one(&h->hash, proof.card);
    crypto_spki_hash(&h->root, &h->root_spki);
    return card_verify(&h->card, &proof, &h->root);
}

/* Take a card over, whole or not at all. With `pinned_root`, its root must be
 * that one: a new root is a new pin, which only the operator sets. */
enum err
held_card_set(struct held_card *h, struct slice proof,
              const struct hash *pinned_root)
{
    struct held_card fresh = {.present = true};

    if (proof.size > FRAME_CARD_MAX)
        return ERR_LIMIT;
    arena_init(&fresh.arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    buf_put(&fresh.proof, proof);
    enum err e = card_check(&fresh);
    if (e == OK && pinned_root && !hash_equal(pinned_root, &fresh.root_spki))
        e = ERR_KEY;
    if (e != OK) {
        held_card_clear(&fresh);
        return e;
    }
    held_card_clear(h);
    *h = fresh;
    return OK;
}
