/* The payload of a CARD frame, the card in it and every signature, as the
 * exchange takes them. Signatures are hashes here, and whoever reads the
 * corpus could forge them; so only the way there is under test. */
#include "harness.h"

#include "core/crypto/certificate.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"

static void
pair(const struct card *card, const struct public_key *root)
{
    static const struct team_name own = {"krcert.or.kr"};
    struct hash spki, other = {{1}};
    struct pairing_code code, mirrored;

    crypto_spki_hash(root, &spki);
    const struct pairing_side sides[] = {{&own, &other}, {&card->team, &spki}};
    pairing_code_of(&sides[0], &sides[1], &code);
    pairing_code_of(&sides[1], &sides[0], &mirrored);
    assert(memcmp(&code, &mirrored, sizeof code) == 0);
}

static void
one(struct slice input)
{
    struct arena arena;
    struct signed_card proof;
    struct card card;
    struct public_key root;

    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    if (signed_card_get(input, &arena, &proof) == OK &&
        card_get(proof.card, &arena, &card) == OK &&
        certificate_key(card.root_certificate, &root) == OK &&
        card_verify(&card, &proof, &root) == OK) {
        assert(proof.key_count >= card.key_count);
        pair(&card, &root);
    }
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
