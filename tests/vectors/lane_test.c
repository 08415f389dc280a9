#include "vectors_fixture.h"

#include "core/crypto/crypto.h"
#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"
#include "core/lane/leaf.h"
#include "core/lane/merkle.h"

#define ENTRIES 6
#define FIRST_TIME_MS 1700000000000u

/* Make the body of entry `i`, as the vectors' maker did. */
static void
put_body(size_t i, struct buf *out)
{
    switch (i) {
    case 0:
        return;
    case 1:
        buf_put_str(out, "hello");
        return;
    case 2:
        buf_put_str(out, "indicator:198.51.100.7");
        return;
    case 3:
        memset(buf_extend(out, 1000), 'x', 1000);
        return;
    case 4:
        memset(buf_extend(out, 65536), 'y', 65536);
        return;
    case 5:
        buf_put_str(out, "z");
        return;
    }
    fail();
}

static struct lane_id
lane_of_vectors(void)
{
    struct lane_id id;

    assert_true(hex_decode(slice_str(vector_lane_id), id.b, sizeof id.b));
    return id;
}

static void
team_ids_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vector_team_id); i++) {
        struct team_name team = team_of(vector_team_id[i].team);
        struct team_id id;
        team_id_of(&team, &id);
        assert_hex(SLICE_ARRAY(id.b), vector_team_id[i].id);
    }
}

static void
genesis_and_lane_id_agree(void **state)
{
    struct team_name origin = team_of(vector_origin);
    struct team_name audience = team_of(vector_audience);
    struct genesis g = {.root_spki = hash_of_hex(vector_root_spki_hash)};
    struct genesis back;
    uint8_t bytes[GENESIS_BYTES];
    struct lane_id id;

    (void)state;
    team_id_of(&origin, &g.origin);
    team_id_of(&audience, &g.audience);
    genesis_encode(&g, bytes);
    assert_hex(SLICE_ARRAY(bytes), vector_genesis);
    assert_int_equal(genesis_decode(SLICE_ARRAY(bytes), &back), OK);
    lane_id_of(bytes, &id);
    assert_hex(SLICE_ARRAY(id.b), vector_lane_id);
}

/* Check one entry against its vector and append it to the tree. */
static void
check_entry(size_t i, struct frontier *f)
{
    const struct vector_entry *v = &vector_entry[i];
    struct buf body = {0};
    uint8_t salt[SALT_BYTES], record[LEAF_BYTES];
    struct hash h;
    struct leaf l = {.kind = LEAF_MESSAGE,
                     .tlp = (uint8_t)(i % 5),
                     .flags = (uint8_t)(i % 4),
                     .index = i,
                     .time = {FIRST_TIME_MS + i},
                     .ref = LEAF_REF_NONE};

    put_body(i, &body);
    assert_int_equal(body.size, v->body_len);
    crypto_hash_one(&h, buf_slice(&body));
    assert_hex(SLICE_ARRAY(h.b), v->body_sha256);
    assert_true(hex_decode(slice_str(v->salt), salt, sizeof salt));
    leaf_commit(salt, buf_slice(&body), &l.commitment);
    assert_hex(SLICE_ARRAY(l.commitment.b), v->commit);
    l.body_bytes = (uint32_t)body.size;
    leaf_encode(&l, record);
    assert_hex(SLICE_ARRAY(record), v->leaf_record);
    leaf_hash(record, &h);
    assert_hex(SLICE_ARRAY(h.b), v->leaf);
    frontier_append(f, &h);
    frontier_root(f, &h);
    assert_hex(SLICE_ARRAY(h.b), v->root);
    buf_clear(&body);
}

static void
every_entry_agrees(void **state)
{
    struct frontier f;

    (void)state;
    assert_int_equal(ARRAY_SIZE(vector_entry), ENTRIES);
    frontier_init(&f);
    for (size_t i = 0; i < ENTRIES; i++)
        check_entry(i, &f);
}

static void
records_of_the_vectors_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t record[LEAF_BYTES];
        struct leaf l;
        assert_true(hex_decode(slice_str(vector_entry[i].leaf_record), record,
                               sizeof record));
        assert_int_equal(leaf_decode(SLICE_ARRAY(record), i, &l), OK);
        assert_int_equal(l.body_bytes, vector_entry[i].body_len);
        assert_hex(SLICE_ARRAY(l.commitment.b), vector_entry[i].commit);
        assert_true(leaf_is_known(&l));
    }
}

static bool
read_leaf(void *context, uint64_t index, struct hash *out)
{
    (void)context;
    *out = hash_of_hex(vector_entry[index].leaf);
    return true;
}

static void
proofs_made_here_are_those_of_the_vectors(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_SIZE(vector_proof), ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct vector_proof *v = &vector_proof[i];
        struct proof p;
        assert_int_equal(merkle_prove(read_leaf, NULL, v->index, v->size, &p),
                         OK);
        assert_hex(slice_of(p.hashes, p.count * sizeof p.hashes[0]), v->hashes);
    }
}

static void
proofs_of_the_vectors_verify_here(void **state)
{
    struct hash root = hash_of_hex(vector_entry[ENTRIES - 1].root);

    (void)state;
    for (size_t i = 0; i < ENTRIES; i++) {
        const struct vector_proof *v = &vector_proof[i];
        struct hash leaf = hash_of_hex(vector_entry[v->index].leaf);
        struct buf bytes = {0};
        struct proof p;
        put_unhex(&bytes, v->hashes);
        p.count = bytes.size / HASH_BYTES;
        memcpy(p.hashes, bytes.data, bytes.size);
        assert_int_equal(merkle_verify(&leaf, v->index, v->size, &p, &root),
                         OK);
        buf_clear(&bytes);
    }
}

static void
checkpoint_and_receipt_texts_agree(void **state)
{
    struct team_name origin = team_of(vector_origin);
    struct lane_id lane = lane_of_vectors();
    struct checkpoint c = {.size = ENTRIES,
                           .root = hash_of_hex(vector_entry[5].root)};
    struct buf text = {0};

    (void)state;
    checkpoint_text(&origin, &lane, c.size, &c.root, &text);
    assert_text(&text, vector_text);
    buf_reset(&text);
    c.time_s = 1700000001;
    checkpoint_signed_text(&origin, &lane, &c, &text);
    assert_text(&text, vector_checkpoint_signed);
    buf_reset(&text);
    c.time_s = 1700000002;
    checkpoint_signed_text(&origin, &lane, &c, &text);
    assert_text(&text, vector_receipt_signed);
    buf_clear(&text);
}

static void
key_ids_agree(void **state)
{
    struct public_key key;

    (void)state;
    assert_true(
        hex_decode(slice_str(vector_key_id_public_key), key.b, sizeof key.b));
    for (size_t i = 0; i < ARRAY_SIZE(vector_lane_key_id); i++) {
        struct key_id id;
        crypto_key_id(slice_str(vector_lane_key_id[i].name),
                      KEY_TYPE_COSIGNATURE, &key, &id);
        assert_hex(SLICE_ARRAY(id.b), vector_lane_key_id[i].id);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(team_ids_agree),
        cmocka_unit_test(genesis_and_lane_id_agree),
        cmocka_unit_test(every_entry_agrees),
        cmocka_unit_test(records_of_the_vectors_are_read),
        cmocka_unit_test(proofs_made_here_are_those_of_the_vectors),
        cmocka_unit_test(proofs_of_the_vectors_verify_here),
        cmocka_unit_test(checkpoint_and_receipt_texts_agree),
        cmocka_unit_test(key_ids_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
