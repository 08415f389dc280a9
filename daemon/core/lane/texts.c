#include "core/lane/texts.h"

#include "core/crypto/base64.h"
#include "core/crypto/crypto.h"
#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"

#include <assert.h>

static void
put_base64_line(struct buf *out, struct slice bytes)
{
    base64_put(out, bytes);
    buf_put_str(out, "\n");
}

static void
put_line(struct buf *out, const char *name, const char *value)
{
    buf_put_str(out, name);
    buf_put_str(out, value);
    buf_put_str(out, "\n");
}

void
session_text(const struct session_claim *claim, struct buf *out)
{
    assert(claim->exporter.size == 32);
    buf_put_str(out, "sealane/session/v1\nexporter ");
    put_base64_line(out, claim->exporter);
    put_line(out, "role ", claim->is_client ? "client" : "server");
    put_line(out, "team ", claim->team->text);
    put_line(out, "peer ", claim->peer->text);
    buf_put_str(out, "hello ");
    put_base64_line(out, SLICE_ARRAY(claim->hello->b));
}

void
session_hello_hash(struct slice client_frame, struct slice server_frame,
                   struct hash *out)
{
    struct hash each[2];

    crypto_hash_one(&each[0], client_frame);
    crypto_hash_one(&each[1], server_frame);
    crypto_hash_one(out, SLICE_ARRAY(each));
}

void
card_text(const struct team_name *team, uint64_t version,
          const struct hash *card_hash, struct buf *out)
{
    buf_put_str(out, "sealane/card/v1\n");
    put_line(out, "team ", team->text);
    buf_put_str(out, "version ");
    buf_put_decimal(out, version);
    buf_put_str(out, "\n");
    put_base64_line(out, SLICE_ARRAY(card_hash->b));
}

void
adopt_text(const struct lane_id *lane, uint64_t size, const struct hash *root,
           struct buf *out)
{
    buf_put_str(out, "sealane/adopt/v1\n");
    buf_put_hex(out, SLICE_ARRAY(lane->b));
    buf_put_str(out, "\n");
    buf_put_decimal(out, size);
    buf_put_str(out, "\n");
    put_base64_line(out, SLICE_ARRAY(root->b));
}

static bool
stands_before(const struct card *card, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (memcmp(card->keys[j].key.b, card->keys[i].key.b,
                   PUBLIC_KEY_BYTES) == 0)
            return true;
    return false;
}

/* PROTOCOL cards: "A card MUST be refused unless the root key of its root
 * certificate signed its text, each key that it lists signed the same text in
 * the card's order, each key id is that of the key in its role, and no public
 * key stands twice." */
static enum err
check_keys(const struct card *card, const struct signed_card *proof)
{
    if (proof->key_count < card->key_count)
        return ERR_MISSING;
    if (proof->key_count > card->key_count)
        return ERR_KEY;
    for (size_t i = 0; i < card->key_count; i++) {
        const struct card_key *k = &card->keys[i];
        struct key_id id;
        if (k->role <= KEY_ROLE_NONE || k->role >= KEY_ROLE_COUNT)
            return ERR_KEY;
        key_id_of(&card->team, k->role, &k->key, &id);
        if (!key_id_equal(&id, &proof->key_ids[i]) || stands_before(card, i))
            return ERR_KEY;
    }
    return OK;
}

static enum err
check_signatures(const struct card *card, const struct signed_card *proof,
                 const struct public_key *root, struct slice text)
{
    if (crypto_verify(root, text, &proof->root_signature) != OK)
        return ERR_SIGNATURE;
    for (size_t i = 0; i < card->key_count; i++)
        if (crypto_verify(&card->keys[i].key, text,
                          &proof->key_signatures[i]) != OK)
            return ERR_SIGNATURE;
    return OK;
}

enum err
card_verify(const struct card *card, const struct signed_card *proof,
            const struct public_key *root)
{
    struct buf text = {0};
    struct hash h;

    assert(card->key_count <= CARD_KEYS_MAX);
    crypto_hash_one(&h, proof->card);
    card_text(&card->team, card->version, &h, &text);
    enum err e = check_keys(card, proof);
    if (e == OK)
        e = check_signatures(card, proof, root, buf_slice(&text));
    buf_clear(&text);
    return e;
}

enum err
card_verify_root(const struct card *card, const struct signed_card *proof,
                 const struct public_key *root)
{
    struct buf text = {0};
    struct hash h;

    crypto_hash_one(&h, proof->card);
    card_text(&card->team, card->version, &h, &text);
    enum err e = crypto_verify(root, buf_slice(&text), &proof->root_signature);
    buf_clear(&text);
    return e;
}

bool
card_revokes_own(const struct card *card)
{
    struct key_id id;

    for (size_t i = 0; card->revoked_count && i < card->key_count; i++) {
        key_id_of(&card->team, card->keys[i].role, &card->keys[i].key, &id);
        for (size_t k = 0; k < card->revoked_count; k++)
            if (key_id_equal(&id, &card->revoked[k].key))
                return true;
    }
    return false;
}

/* What one team adds to the code. */
struct pairing_part {
    struct team_id team;
    struct hash root_spki;
};

static struct pairing_part
part_of(const struct pairing_side *side)
{
    struct pairing_part p;

    team_id_of(side->team, &p.team);
    p.root_spki = *side->root_spki;
    return p;
}

/* Divide a big-endian number by 10,000 in place and give the remainder. */
static unsigned
divide(struct hash *number)
{
    unsigned rest = 0;

    for (size_t i = 0; i < sizeof number->b; i++) {
        rest = rest << 8 | number->b[i];
        number->b[i] = (uint8_t)(rest / 10000);
        rest %= 10000;
    }
    return rest;
}

void
pairing_code_of(const struct pairing_side *a, const struct pairing_side *b,
                struct pairing_code *out)
{
    static const char before[] = "sealane-pair-v1"; /* hashed with its NUL */
    struct pairing_part first = part_of(a), second = part_of(b);
    struct hash h;

    if (memcmp(&first, &second, sizeof first) > 0) {
        struct pairing_part swap = first;
        first = second;
        second = swap;
    }
    struct slice parts[] = {SLICE_ARRAY(before), slice_of(&first, sizeof first),
                            slice_of(&second, sizeof second)};
    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    for (size_t g = PAIRING_GROUPS; g-- > 0;) {
        unsigned rest = divide(&h);
        for (size_t d = 4; d-- > 0; rest /= 10)
            out->groups[g][d] = (char)('0' + rest % 10);
        out->groups[g][4] = '\0';
    }
}
