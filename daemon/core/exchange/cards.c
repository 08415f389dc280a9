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

/* Decode a card and find the root that it brings; `h` holds the bytes. */
static enum err
card_read(struct held_card *h, struct signed_card *proof)
{
    enum err e = signed_card_get(buf_slice(&h->proof), &h->arena, proof);

    if (e != OK)
        return e;
    if ((e = card_get(proof->card, &h->arena, &h->card)) != OK)
        return e;
    if ((e = certificate_key(h->card.root_certificate, &h->root)) != OK)
        return e;
    /* PROTOCOL bytes: "What is hashed MUST be the exact bytes received,
     * since a message that is decoded and encoded again may come out in
     * other bytes." */
    crypto_hash_one(&h->hash, proof->card);
    crypto_spki_hash(&h->root, &h->root_spki);
    /* PROTOCOL cards: "A card that revokes a key which it lists MUST be
     * refused." */
    return card_revokes_own(&h->card) ? ERR_CARD : OK;
}

static void
ends_with(struct card_ending *e, uint64_t at_s, const char *what)
{
    if (!e->what || at_s < e->at_s)
        *e = (struct card_ending){at_s, what};
}

/* Find what of a card ends first: of its TLS certificates the last counts. */
static void
find_ends(struct held_card *h)
{
    struct card_ending *card = &h->ends[END_CARD];
    struct card_ending *tls = &h->ends[END_CERTIFICATE];
    uint64_t last = 0, end;

    ends_with(card, h->card.expires_s, "the card");
    if (revocation_list_end(h->card.revocation_list, &end) == OK)
        ends_with(card, end, "the revocation list of the card");
    for (size_t i = 0; i < h->card.certificate_count; i++)
        if (certificate_end(h->card.certificates[i], &end) == OK && end > last)
            last = end;
    if (last)
        ends_with(tls, last, "the TLS certificate of the card");
    if (certificate_end(h->card.root_certificate, &end) == OK)
        ends_with(tls, end, "the root certificate of the card");
}

/* Take a card over, whole or not at all, once the signatures are good that
 * `verify` asks for. With `pinned_root`, its root must be that one: a new root
 * is a new pin, which only the operator sets. */
static enum err
take_over(struct held_card *h, struct slice bytes,
          const struct hash *pinned_root,
          enum err (*verify)(const struct card *, const struct signed_card *,
                             const struct public_key *))
{
    struct held_card fresh = {.present = true};
    struct signed_card proof;

    if (bytes.size > FRAME_CARD_MAX)
        return ERR_LIMIT;
    arena_init(&fresh.arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    buf_put(&fresh.proof, bytes);
    enum err e = card_read(&fresh, &proof);
    if (e == OK)
        e = verify(&fresh.card, &proof, &fresh.root);
    if (e == OK && pinned_root && !hash_equal(pinned_root, &fresh.root_spki))
        e = ERR_KEY;
    if (e != OK) {
        held_card_clear(&fresh);
        return e;
    }
    find_ends(&fresh);
    held_card_clear(h);
    *h = fresh;
    return OK;
}

enum err
held_card_set(struct held_card *h, struct slice proof,
              const struct hash *pinned_root)
{
    return take_over(h, proof, pinned_root, card_verify);
}

enum err
held_card_offer(struct held_card *h, struct slice proof,
                const struct hash *pinned_root)
{
    return take_over(h, proof, pinned_root, card_verify_root);
}
