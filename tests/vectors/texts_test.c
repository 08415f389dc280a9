#include "vectors_fixture.h"

#include "core/crypto/crypto.h"
#include "core/lane/checkpoint.h"
#include "core/lane/texts.h"

static void
hello_hashes_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_hello); i++) {
        struct buf client = {0}, server = {0};
        struct hash h;
        put_unhex(&client, vector_hello[i].client_frame);
        put_unhex(&server, vector_hello[i].server_frame);
        session_hello_hash(buf_slice(&client), buf_slice(&server), &h);
        assert_hex(SLICE_ARRAY(h.b), vector_hello[i].hello);
        buf_clear(&client);
        buf_clear(&server);
    }
}

static void
session_texts_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_session); i++) {
        const struct vector_session *v = &vector_session[i];
        struct team_name team = team_of(v->team), peer = team_of(v->peer);
        struct hash exporter = hash_of_hex(v->exporter);
        struct hash hello = hash_of_hex(v->hello);
        struct session_claim claim = {SLICE_ARRAY(exporter.b),
                                      strcmp(v->role, "client") == 0, &team,
                                      &peer, &hello};
        struct buf text = {0};
        session_text(&claim, &text);
        assert_text(&text, v->text);
        buf_clear(&text);
    }
}

static void
card_texts_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_card); i++) {
        const struct vector_card *v = &vector_card[i];
        struct team_name team = team_of(v->team);
        struct buf card = {0}, text = {0};
        struct hash h;
        put_unhex(&card, v->card);
        crypto_hash_one(&h, buf_slice(&card));
        card_text(&team, v->version, &h, &text);
        assert_text(&text, v->text);
        buf_clear(&card);
        buf_clear(&text);
    }
}

static void
pairing_codes_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_pairing); i++) {
        const struct vector_pairing *v = &vector_pairing[i];
        struct team_name team_a = team_of(v->team_a);
        struct team_name team_b = team_of(v->team_b);
        struct hash root_a = hash_of_hex(v->root_a);
        struct hash root_b = hash_of_hex(v->root_b);
        struct pairing_side a = {&team_a, &root_a}, b = {&team_b, &root_b};
        struct pairing_code code;
        struct buf text = {0};
        pairing_code_of(&a, &b, &code);
        for (size_t g = 0; g < PAIRING_GROUPS; g++) {
            buf_put_str(&text, g ? " " : "");
            buf_put_str(&text, code.groups[g]);
        }
        assert_text(&text, v->code);
        buf_clear(&text);
    }
}

static enum key_role
role_of(const char *name)
{
    for (int r = KEY_ROLE_NONE + 1; r < KEY_ROLE_COUNT; r++)
        if (strcmp(key_role_name((enum key_role)r), name) == 0)
            return (enum key_role)r;
    fail();
    return KEY_ROLE_NONE;
}

static void
key_ids_of_every_role_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_key_id); i++) {
        const struct vector_key_id *v = &vector_key_id[i];
        struct team_name team = team_of(v->team);
        struct public_key key;
        struct key_id id;
        struct buf name = {0};
        assert_true(hex_decode(slice_str(v->public_key), key.b, sizeof key.b));
        key_name(&team, role_of(v->role), &name);
        assert_text(&name, v->name);
        key_id_of(&team, role_of(v->role), &key, &id);
        assert_hex(SLICE_ARRAY(id.b), v->key_id);
        buf_clear(&name);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_hashes_agree),
        cmocka_unit_test(session_texts_agree),
        cmocka_unit_test(card_texts_agree),
        cmocka_unit_test(pairing_codes_agree),
        cmocka_unit_test(key_ids_of_every_role_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
