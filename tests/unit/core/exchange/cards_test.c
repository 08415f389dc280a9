/*
 * cards_test - which cards of a peer are taken, and what a connection for
 *              nothing but a card is for.
 */
#include "kit.h"
#include "kit_keys.h"

#include "core/exchange/inside.h"
#include "core/lane/texts.h"

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

#define THEIR_NUMBER 2 /* as sim/team.c counts */

/* How a card differs from the one that the peer has. */
struct twist {
    uint64_t version;
    bool unknown_field; /* behind all others */
    bool revokes_own;
    enum key_role renews; /* key of that role */
    uint32_t reason;      /* of the key before it */
};

static const uint8_t unknown_field[] = {0xa0, 0x06, 0x01}; /* 100: 1 */

static void
new_seed(struct secret_key *out)
{
    memset(out->b, 0x66, sizeof out->b);
}

static void
sign_card(const struct card *card, const struct secret_key seeds[3],
          struct slice bytes, struct buf *out)
{
    struct signed_card proof = {.card = bytes, .key_count = 3};
    struct secret_key root;
    struct buf text = {0};
    struct hash h;

    crypto_hash_one(&h, bytes);
    card_text(&card->team, card->version, &h, &text);
    memset(root.b, THEIR_NUMBER * 8 + 7, sizeof root.b);
    crypto_sign(&root, buf_slice(&text), &proof.root_signature);
    for (size_t i = 0; i < proof.key_count; i++) {
        key_id_of(&card->team, card->keys[i].role, &card->keys[i].key,
                  &proof.key_ids[i]);
        crypto_sign(&seeds[i], buf_slice(&text), &proof.key_signatures[i]);
    }
    signed_card_put(out, &proof);
    buf_clear(&text);
}

static void
make_card(const struct kit *k, const struct twist *w, struct buf *out)
{
    struct secret_key seeds[3] = {k->them.seeds[0], k->them.seeds[1],
                                  k->them.seeds[2]};
    struct signed_card proof;
    struct arena arena;
    struct card card;
    struct buf bytes = {0};

    arena_init(&arena, MIB(1));
    assert_int_equal(signed_card_get(buf_slice(&k->them.card), &arena, &proof),
                     OK);
    assert_int_equal(card_get(proof.card, &arena, &card), OK);
    card.version = w->version;
    if (w->renews || w->revokes_own) {
        size_t i = w->renews ? (size_t)w->renews - 1 : 0;
        key_id_of(&card.team, card.keys[i].role, &card.keys[i].key,
                  &card.revoked[0].key);
        card.revoked[0].reason = w->reason;
        card.revoked_count = 1;
    }
    if (w->renews) {
        new_seed(&seeds[w->renews - 1]);
        crypto_public_key(&seeds[w->renews - 1], &card.keys[w->renews - 1].key);
    }
    card_put(&bytes, &card);
    if (w->unknown_field)
        buf_put(&bytes, SLICE_ARRAY(unknown_field));
    sign_card(&card, seeds, buf_slice(&bytes), out);
    buf_clear(&bytes);
    arena_clear(&arena);
}

/* ---- what a card must be --------------------------------------------------
 */

/* PROTOCOL bytes: "What is hashed MUST be the exact bytes received, since a
 * message that is decoded and encoded again may come out in other bytes." */
static void
a_card_is_hashed_as_it_came(void **state)
{
    struct kit *k = *state;
    struct held_card held = {0};
    struct signed_card proof;
    struct buf card = {0};
    struct hash h;

    make_card(k, &(struct twist){.version = 2, .unknown_field = true}, &card);
    assert_int_equal(held_card_set(&held, buf_slice(&card), &k->them.root_spki),
                     OK);
    assert_int_equal(signed_card_get(buf_slice(&card), &k->arena, &proof), OK);
    crypto_hash_one(&h, proof.card);
    assert_true(hash_equal(&h, &held.hash));
    held_card_clear(&held);
    buf_clear(&card);
}

/* PROTOCOL cards: "A card that revokes a key which it lists MUST be refused."
 */
static void
a_card_that_revokes_a_key_of_its_own_is_refused(void **state)
{
    struct kit *k = *state;
    struct buf card = {0};

    make_card(k, &(struct twist){.version = 2, .revokes_own = true}, &card);
    assert_int_not_equal(kit_import(k, buf_slice(&card)), OK);
    assert_int_equal(kit_peer(k).card_version, 1);
    buf_clear(&card);
}

/* PROTOCOL cards: "A card that renews a pinned one MUST have the same team and
 * the same root key and a higher version" */
static void
a_card_renews_its_team_under_its_root_alone(void **state)
{
    struct kit *k = *state;
    struct team other_root, other_team;
    struct buf same_version = {0};

    team_make(&other_root, "cert.gov.au", "certau", 9);
    team_make(&other_team, "cert.example", "other", THEIR_NUMBER);
    make_card(k, &(struct twist){.version = 1, .unknown_field = true},
              &same_version);
    assert_int_equal(peer_adopt_card(k->x, 0, buf_slice(&other_root.renewed)),
                     ERR_KEY);
    assert_int_equal(peer_adopt_card(k->x, 0, buf_slice(&other_team.renewed)),
                     ERR_WRONG_TEAM);
    assert_int_equal(peer_adopt_card(k->x, 0, buf_slice(&same_version)),
                     ERR_STALE);
    assert_int_equal(kit_peer(k).card_version, 1);
    buf_clear(&same_version);
    team_clear(&other_root);
    team_clear(&other_team);
}

/* PROTOCOL cards: "A key that a card called compromised MUST NOT be taken into
 * use by a later card." */
static void
a_compromised_key_never_comes_back(void **state)
{
    struct kit *k = *state;
    struct buf second = {0}, third = {0};

    make_card(k,
              &(struct twist){.version = 2,
                              .renews = KEY_ROLE_CHECKPOINT,
                              .reason = CARD_REVOKED_COMPROMISED},
              &second);
    assert_int_equal(kit_import(k, buf_slice(&second)), OK);
    make_card(k, &(struct twist){.version = 3}, &third);
    assert_int_equal(peer_adopt_card(k->x, 0, buf_slice(&third)), ERR_CARD);
    assert_int_equal(kit_peer(k).card_version, 2);
    buf_clear(&second);
    buf_clear(&third);
}

/* ---- card-only connections ------------------------------------------------
 */

/* PROTOCOL cards: "When the card is in force, the connection MUST be closed
 * with code 25 and dialled again." */
static void
a_connection_for_a_card_ends_with_it(void **state)
{
    struct kit *k = *state;
    uint8_t exporter[EXPORTER_BYTES] = {0};
    struct buf frame = {0};

    k->link = ++k->links;
    k->card_version = 2;
    kit_event(k, &(struct event){.type = EVENT_LINK_UP,
                                 .id = k->link,
                                 .b = 1,
                                 .data = slice_str(k->them.name.text),
                                 .more = SLICE_ARRAY(exporter)});
    kit_greet(k);
    assert_false(k->down);
    buf_put_u32(&frame, (uint32_t)k->them.renewed.size);
    buf_put_u32(&frame, (uint32_t)FRAME_CARD << 24);
    buf_put(&frame, buf_slice(&k->them.renewed));
    kit_send(k, &frame);
    kit_expect_close(k, ERR_CARD_TAKEN);
    assert_int_equal(kit_peer(k).card_version, 2);
    buf_clear(&frame);
}

/* ---- receipt keys ---------------------------------------------------------
 */

/* PROTOCOL receipts: "A receipt MUST be signed by the receipt key of the card
 * in force, or by an earlier one that is not called compromised, as long as no
 * smaller size was receipted under a later key." */
static void
behind_a_receipt_of_the_new_key_the_old_one_gives_none(void **state)
{
    struct kit *k = *state;
    struct secret_key old = k->them.seeds[2];
    struct buf card = {0};

    make_card(k,
              &(struct twist){.version = 2,
                              .renews = KEY_ROLE_RECEIPT,
                              .reason = CARD_REVOKED_RETIRED},
              &card);
    assert_int_equal(kit_import(k, buf_slice(&card)), OK);
    kit_connect(k);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    kit_give_receipt(k); /* of the old key: still good */
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    new_seed(&k->them.seeds[2]);
    kit_give_receipt(k);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 2);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    k->them.seeds[2] = old;
    kit_give_receipt(k);
    kit_expect_close(k, ERR_KEY);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 2);
    buf_clear(&card);
}

static void
a_compromised_key_gives_no_receipt(void **state)
{
    struct kit *k = *state;
    struct buf card = {0};

    make_card(k,
              &(struct twist){.version = 2,
                              .renews = KEY_ROLE_RECEIPT,
                              .reason = CARD_REVOKED_COMPROMISED},
              &card);
    assert_int_equal(kit_import(k, buf_slice(&card)), OK);
    kit_connect(k);
    kit_submit(k, 1, 10, TLP_GREEN);
    assert_true(kit_take(k));
    kit_give_receipt(k);
    kit_expect_close(k, ERR_KEY);
    assert_int_equal(kit_lane(k, KIT_LANE_OUT).receipted, 0);
    buf_clear(&card);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_card_is_hashed_as_it_came),
        TEST(a_card_that_revokes_a_key_of_its_own_is_refused),
        TEST(a_card_renews_its_team_under_its_root_alone),
        TEST(a_compromised_key_never_comes_back),
        TEST(a_connection_for_a_card_ends_with_it),
        TEST(behind_a_receipt_of_the_new_key_the_old_one_gives_none),
        TEST(a_compromised_key_gives_no_receipt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
