#include "fixture.h"

#include "core/lane/conflict.h"

struct made {
    struct key_pair pair;
    struct signatory origin;
    struct conflict c;
    struct buf file;
};

static void
sign_side(struct made *m, size_t i, uint64_t size, uint8_t root)
{
    struct conflict_side *s = &m->c.sides[i];
    struct buf text = {0};

    s->is_signed = true;
    s->origin = krcert;
    lane_id_of(s->genesis, &s->lane);
    s->checkpoint = (struct checkpoint){.size = size, .time_s = 1700000000};
    memset(s->checkpoint.root.b, root, HASH_BYTES);
    key_id_of(&krcert, KEY_ROLE_CHECKPOINT, &m->pair.key, &s->checkpoint.key);
    checkpoint_signed_text(&s->origin, &s->lane, &s->checkpoint, &text);
    crypto_sign(&m->pair.secret, buf_slice(&text), &s->checkpoint.signature);
    buf_clear(&text);
}

/* Two roots of size 5 in the lane of epoch 0. */
static void
make(struct made *m)
{
    struct genesis g = genesis_of_epoch(0);

    *m = (struct made){.pair = key_pair_of(1), .c = {.row = 5}};
    m->origin = (struct signatory){&krcert, KEY_ROLE_CHECKPOINT, &m->pair.key};
    for (size_t i = 0; i < CONFLICT_SIDES; i++)
        genesis_encode(&g, m->c.sides[i].genesis);
    sign_side(m, 0, 5, 0x11);
    sign_side(m, 1, 5, 0x22);
}

static void
expect_same_text(struct made *m)
{
    struct conflict again;
    struct buf text = {0};

    buf_reset(&m->file);
    conflict_write(&m->c, &m->file);
    assert_true(conflict_is(buf_slice(&m->file)));
    assert_int_equal(conflict_read(buf_slice(&m->file), &again), OK);
    conflict_write(&again, &text);
    assert_true(slice_equal(buf_slice(&text), buf_slice(&m->file)));
    assert_int_equal(conflict_proves(&again), conflict_proves(&m->c));
    buf_clear(&text);
}

static void
two_roots_of_one_size_are_a_fork(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    expect_same_text(&m);
    assert_int_equal(conflict_verify(&m.c.sides[0], &m.origin), OK);
    assert_int_equal(conflict_verify(&m.c.sides[1], &m.origin), OK);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_FORK);
    buf_clear(&m.file);
}

/* PROTOCOL evidence: "A verifier MUST call two statements a fork only if the
 * origin signed both, over the lane that their genesis makes, and they are of
 * one lane and size with two roots, or of two lanes whose geneses have the
 * same origin, audience, root key and epoch." */
static void
what_can_both_be_true_is_no_fork(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    sign_side(&m, 1, 6, 0x22); /* a longer history */
    expect_same_text(&m);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_NOTHING);
    sign_side(&m, 1, 5, 0x11); /* the same one */
    expect_same_text(&m);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_NOTHING);
    sign_side(&m, 1, 5, 0x22);
    m.c.sides[1].is_signed = false; /* nobody signed it */
    expect_same_text(&m);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_NOTHING);
    struct genesis later = genesis_of_epoch(1);
    genesis_encode(&later, m.c.sides[1].genesis);
    sign_side(&m, 1, 5, 0x22); /* of the next epoch */
    expect_same_text(&m);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_NOTHING);
    buf_clear(&m.file);
}

static void
one_epoch_that_begins_twice_is_a_fork_as_well(void **state)
{
    struct made m;
    struct genesis g = genesis_of_epoch(1);

    (void)state;
    make(&m);
    genesis_encode(&g, m.c.sides[0].genesis);
    g.prev_size++;
    genesis_encode(&g, m.c.sides[1].genesis);
    sign_side(&m, 0, 1, 0x11);
    sign_side(&m, 1, 2, 0x22);
    expect_same_text(&m);
    assert_int_equal(conflict_verify(&m.c.sides[1], &m.origin), OK);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_EPOCHS);
    g.root_spki.b[0] ^= 1; /* of another root: another lane altogether */
    genesis_encode(&g, m.c.sides[1].genesis);
    sign_side(&m, 1, 2, 0x22);
    assert_int_equal(conflict_proves(&m.c), CONFLICT_NOTHING);
    buf_clear(&m.file);
}

static void
a_statement_that_the_origin_did_not_make_is_refused(void **state)
{
    struct made m;
    struct key_pair other = key_pair_of(2);

    (void)state;
    make(&m);
    struct signatory by = {&krcert, KEY_ROLE_CHECKPOINT, &other.key};
    assert_int_equal(conflict_verify(&m.c.sides[0], &by), ERR_KEY);
    by = (struct signatory){&auscert, KEY_ROLE_CHECKPOINT, &m.pair.key};
    assert_int_equal(conflict_verify(&m.c.sides[0], &by), ERR_KEY);
    m.c.sides[0].checkpoint.root.b[0] ^= 1;
    assert_int_equal(conflict_verify(&m.c.sides[0], &m.origin), ERR_SIGNATURE);
    m.c.sides[1].genesis[0] = 9;
    assert_int_equal(conflict_verify(&m.c.sides[1], &m.origin), ERR_GENESIS);
    struct genesis g = genesis_of_epoch(1);
    genesis_encode(&g, m.c.sides[1].genesis);
    sign_side(&m, 1, 5, 0x22);
    assert_int_equal(conflict_verify(&m.c.sides[1], &m.origin), OK);
    g.prev_size++; /* not the lane that was signed */
    genesis_encode(&g, m.c.sides[1].genesis);
    assert_int_equal(conflict_verify(&m.c.sides[1], &m.origin), ERR_GENESIS);
    g.origin.b[0] ^= 1; /* another team's lane, signed as our own */
    genesis_encode(&g, m.c.sides[1].genesis);
    sign_side(&m, 1, 5, 0x22);
    assert_int_equal(conflict_verify(&m.c.sides[1], &m.origin), ERR_GENESIS);
}

/* PROTOCOL evidence: "A verifier MUST take a file of a conflict only if it is
 * exactly of this form." */
static void
any_other_byte_is_refused_or_changes_what_is_read(void **state)
{
    struct made m;
    struct conflict again;
    struct buf text = {0};

    (void)state;
    make(&m);
    expect_same_text(&m);
    for (size_t i = 0; i < m.file.size; i++) {
        struct slice cut = slice_of(m.file.data, i);
        /* The beginning alone may be a statement that nobody signed. */
        if (conflict_read(cut, &again) == OK)
            assert_int_equal(conflict_proves(&again), CONFLICT_NOTHING);
        m.file.data[i] ^= 1;
        buf_reset(&text);
        if (conflict_read(buf_slice(&m.file), &again) == OK) {
            conflict_write(&again, &text);
            assert_true(slice_equal(buf_slice(&text), buf_slice(&m.file)));
        }
        m.file.data[i] ^= 1;
    }
    buf_put_str(&m.file, "\n");
    assert_int_equal(conflict_read(buf_slice(&m.file), &again), ERR_FORMAT);
    buf_clear(&text);
    buf_clear(&m.file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_roots_of_one_size_are_a_fork),
        cmocka_unit_test(what_can_both_be_true_is_no_fork),
        cmocka_unit_test(one_epoch_that_begins_twice_is_a_fork_as_well),
        cmocka_unit_test(a_statement_that_the_origin_did_not_make_is_refused),
        cmocka_unit_test(any_other_byte_is_refused_or_changes_what_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
