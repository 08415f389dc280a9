/*
 * ring_test - keys that are made, used and destroyed, and lanes that go on
 *             with another checkpoint key.
 */
#include "fixture.h"

#include "core/base/mem.h"

struct ring {
    struct fixture f;
    struct signer *signer;
    struct secret_key disk[3][2]; /* the places, as files hold them */
    struct buf journal, answer;
    struct arena arena;
    uint8_t next; /* seed of the next key */
    bool full;    /* nothing can be written any more */
};

static void
fill(void *self, void *out, size_t size)
{
    struct ring *r = self;

    memset(out, ++r->next, size);
}

static enum err
keep(void *self, enum key_role role, size_t place,
     const struct secret_key *seed)
{
    struct ring *r = self;

    if (r->full)
        return ERR_IO;
    r->disk[role - 1][place] = *seed;
    return OK;
}

static void
begin(struct ring *r)
{
    struct slice journal = buf_slice(&r->journal);
    const struct secret_key seeds[3] = {r->disk[0][0], r->disk[1][0],
                                        r->disk[2][0]};

    signer_free(r->signer);
    r->signer = signer_new(&r->f.own, seeds);
    signer_places_set(r->signer, &(struct signer_places){fill, keep, r});
    for (int role = 1; role < KEY_ROLE_COUNT; role++)
        signer_key_put(r->signer, (enum key_role)role, 1,
                       &r->disk[role - 1][1]);
    while (journal.size)
        assert_int_equal(signer_restore(r->signer, &journal), OK);
}

/* As the process does at its start. */
static void
restart(struct ring *r)
{
    begin(r);
    assert_int_equal(signer_settle(r->signer), OK);
}

static int
setup(void **state)
{
    struct ring *r = mem_new(sizeof *r);

    fixture_init(&r->f);
    r->next = 100;
    for (size_t i = 0; i < 3; i++)
        r->disk[i][0] = r->f.seeds[i];
    restart(r);
    *state = r;
    return 0;
}

static int
teardown(void **state)
{
    struct ring *r = *state;

    signer_free(r->signer);
    buf_clear(&r->journal);
    buf_clear(&r->answer);
    mem_free(r);
    return 0;
}

static enum err
try_op(struct ring *r, const struct sign_request_op *op,
       struct sign_result *out)
{
    struct buf request = {0};

    sign_request_begin(&request, 1);
    sign_request_add(&request, op);
    buf_reset(&r->answer);
    enum err e = signer_answer(r->signer, buf_slice(&request), CLOCK_S,
                               &r->journal, &r->answer);
    buf_clear(&request);
    if (e != OK)
        return e;
    struct slice rest = buf_slice(&r->answer);
    *out = fixture_result(&rest, op->op);
    return OK;
}

/* Ask one thing; what became useless is wiped, as after each answer. */
static struct sign_result
ask(struct ring *r, const struct sign_request_op *op)
{
    struct sign_result out;

    assert_int_equal(try_op(r, op, &out), OK);
    assert_int_equal(signer_settle(r->signer), OK);
    return out;
}

static struct sign_result
keys(struct ring *r, enum sign_key_action action, enum key_role role,
     const struct public_key *key)
{
    struct sign_request_op op = {
        .op = SIGN_KEYS, .action = action, .role = role};

    if (key)
        op.key = *key;
    return ask(r, &op);
}

static const struct sign_key *
of(const struct sign_result *r, enum key_role role, enum sign_key_state state)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->keys[i].role == role && r->keys[i].state == state)
            return &r->keys[i];
    return NULL;
}

static struct public_key
make(struct ring *r, enum key_role role)
{
    struct sign_result out = keys(r, SIGN_KEYS_MAKE, role, NULL);

    assert_int_equal(out.code, OK);
    assert_non_null(of(&out, role, SIGN_KEY_MADE));
    return of(&out, role, SIGN_KEY_MADE)->key;
}

static bool
is_empty(const struct secret_key *k)
{
    static const struct secret_key nothing;

    return memcmp(k->b, nothing.b, sizeof k->b) == 0;
}

static void
a_made_key_is_made_once_and_survives_a_restart(void **state)
{
    struct ring *r = *state;
    struct public_key first = make(r, KEY_ROLE_RECEIPT);

    restart(r);
    struct public_key again = make(r, KEY_ROLE_RECEIPT);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(keys(r, SIGN_KEYS_LIST, KEY_ROLE_NONE, NULL).count, 4);
    assert_false(is_empty(&r->disk[2][1]));
}

static void
a_key_whose_making_was_cut_off_is_wiped(void **state)
{
    struct ring *r = *state;

    fill(r, &r->disk[2][1], sizeof r->disk[2][1]);
    restart(r);
    assert_int_equal(keys(r, SIGN_KEYS_LIST, KEY_ROLE_NONE, NULL).count, 3);
    assert_true(is_empty(&r->disk[2][1]));
}

static void
a_key_in_use_wipes_the_one_before_it(void **state)
{
    struct ring *r = *state;
    struct public_key key = make(r, KEY_ROLE_SESSION);
    struct sign_result out = keys(r, SIGN_KEYS_USE, KEY_ROLE_SESSION, &key);

    assert_int_equal(out.code, OK);
    assert_memory_equal(&of(&out, KEY_ROLE_SESSION, SIGN_KEY_IN_USE)->key, &key,
                        sizeof key);
    assert_true(is_empty(&r->disk[0][0]));
    assert_false(is_empty(&r->disk[0][1]));
    restart(r);
    /* Asked again at every start. */
    out = keys(r, SIGN_KEYS_USE, KEY_ROLE_SESSION, &key);
    assert_int_equal(out.code, OK);
    assert_int_equal(out.count, 3);
    out = ask(r, &(struct sign_request_op){.op = SIGN_CARD, .version = 2});
    assert_int_equal(out.count, 3);
}

static void
what_a_crash_left_of_an_old_key_goes_at_the_next_start(void **state)
{
    struct ring *r = *state;
    struct public_key key = make(r, KEY_ROLE_RECEIPT);
    struct secret_key old = r->disk[2][0];

    keys(r, SIGN_KEYS_USE, KEY_ROLE_RECEIPT, &key);
    r->disk[2][0] = old;
    restart(r);
    assert_true(is_empty(&r->disk[2][0]));
    assert_int_equal(keys(r, SIGN_KEYS_LIST, KEY_ROLE_NONE, NULL).count, 3);
}

static void
a_key_that_nobody_made_is_not_used(void **state)
{
    struct ring *r = *state;
    struct public_key key = make(r, KEY_ROLE_SESSION);

    assert_int_equal(keys(r, SIGN_KEYS_USE, KEY_ROLE_RECEIPT, &key).code,
                     ERR_KEY);
    key.b[0] ^= 1;
    assert_int_equal(keys(r, SIGN_KEYS_USE, KEY_ROLE_SESSION, &key).code,
                     ERR_KEY);
    assert_int_equal(
        keys(r, SIGN_KEYS_DESTROY, KEY_ROLE_SESSION, &r->f.keys[0]).code,
        ERR_NOT_NOW);
}

static void
a_key_that_cannot_be_kept_is_not_made(void **state)
{
    struct ring *r = *state;
    struct sign_request_op op = {
        .op = SIGN_KEYS, .action = SIGN_KEYS_MAKE, .role = KEY_ROLE_SESSION};
    struct sign_result out;

    r->full = true;
    assert_int_equal(try_op(r, &op, &out), ERR_IO);
    r->full = false;
    restart(r);
    assert_int_equal(keys(r, SIGN_KEYS_LIST, KEY_ROLE_NONE, NULL).count, 3);
}

static void
files_older_than_the_journal_have_no_key_in_use(void **state)
{
    struct ring *r = *state;
    struct public_key key = make(r, KEY_ROLE_RECEIPT);

    keys(r, SIGN_KEYS_USE, KEY_ROLE_RECEIPT, &key);
    r->disk[2][0] = r->f.seeds[2];
    memset(&r->disk[2][1], 0, sizeof r->disk[2][1]);
    begin(r);
    assert_int_equal(signer_settle(r->signer), ERR_MISSING);
}

/* ---- lanes --------------------------------------------------------------- */

static struct sign_result
extend(struct ring *r, uint64_t from, uint64_t to)
{
    struct sign_request_op op =
        fixture_extend(&r->f, KEY_ROLE_CHECKPOINT, from, to);

    return ask(r, &op);
}

static struct sign_request_op
open_at(struct ring *r, uint64_t size, struct lane_id *lane)
{
    struct sign_request_op op;

    *lane = fixture_open(&r->f, KEY_ROLE_CHECKPOINT, size, &op);
    return op;
}

static enum err
switch_at(struct ring *r, uint64_t size, const struct public_key *key)
{
    struct sign_request_op op = {.op = SIGN_SWITCH, .from = size, .key = *key};

    (void)open_at(r, 0, &op.lane);
    return ask(r, &op).code;
}

static void
check_key(struct ring *r, const struct sign_result *s,
          const struct public_key *key)
{
    struct key_id id;

    assert_int_equal(s->code, OK);
    key_id_of(&r->f.own, KEY_ROLE_CHECKPOINT, key, &id);
    assert_true(key_id_equal(&id, &s->checkpoint.key));
}

/* Open the lane at 0 and sign `size` leaves with the first key; then use a
 * second one and switch to it behind `last`. */
static struct public_key
switched(struct ring *r, uint64_t size, uint64_t last)
{
    struct lane_id lane;
    struct sign_request_op op = open_at(r, 0, &lane);

    assert_int_equal(ask(r, &op).code, OK);
    struct sign_result first = extend(r, 0, size);
    check_key(r, &first, &r->f.keys[1]);
    struct public_key key = make(r, KEY_ROLE_CHECKPOINT);
    struct sign_result out = keys(r, SIGN_KEYS_USE, KEY_ROLE_CHECKPOINT, &key);
    assert_non_null(of(&out, KEY_ROLE_CHECKPOINT, SIGN_KEY_RETIRING));
    assert_int_equal(switch_at(r, last, &key), OK);
    return key;
}

static void
a_lane_keeps_its_key_up_to_the_switch(void **state)
{
    struct ring *r = *state;
    struct public_key key = switched(r, 3, 5);
    struct sign_result s = extend(r, 3, 5);

    check_key(r, &s, &r->f.keys[1]);
    s = extend(r, 5, 6);
    check_key(r, &s, &key);
    struct sign_result out =
        keys(r, SIGN_KEYS_DESTROY, KEY_ROLE_CHECKPOINT, &r->f.keys[1]);
    assert_int_equal(out.code, OK);
    assert_true(is_empty(&r->disk[1][0]));
    s = extend(r, 6, 9);
    check_key(r, &s, &key);
}

/* What stands in the journal is given out as it is, though its key is gone. */
static void
a_switch_is_kept_over_a_restart(void **state)
{
    struct ring *r = *state;
    struct public_key key = switched(r, 3, 5);
    struct lane_id lane;

    restart(r);
    struct sign_request_op op = open_at(r, 3, &lane);
    assert_int_equal(ask(r, &op).code, OK);
    assert_int_equal(switch_at(r, 5, &key), OK);
    struct sign_result before = extend(r, 3, 5);
    check_key(r, &before, &r->f.keys[1]);
    keys(r, SIGN_KEYS_DESTROY, KEY_ROLE_CHECKPOINT, &r->f.keys[1]);
    restart(r);
    op = open_at(r, 3, &lane);
    assert_int_equal(ask(r, &op).code, OK);
    struct sign_result again = extend(r, 3, 5);
    assert_memory_equal(&again.checkpoint, &before.checkpoint,
                        sizeof before.checkpoint);
    struct sign_result s = extend(r, 5, 7);
    check_key(r, &s, &key);
}

static void
nothing_is_signed_past_a_switch_that_was_not_reached(void **state)
{
    struct ring *r = *state;
    struct public_key key = switched(r, 3, 5);

    assert_int_equal(extend(r, 3, 6).code, ERR_NOT_EXTENSION);
    assert_int_equal(switch_at(r, 4, &key), ERR_NOT_EXTENSION);
    assert_int_equal(switch_at(r, 5, &r->f.keys[1]), ERR_NOT_EXTENSION);
    assert_int_equal(extend(r, 3, 4).code, OK);
    keys(r, SIGN_KEYS_DESTROY, KEY_ROLE_CHECKPOINT, &r->f.keys[1]);
    /* The key that must sign size 5 is gone. */
    assert_int_equal(extend(r, 4, 5).code, ERR_KEY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(a_made_key_is_made_once_and_survives_a_restart),
        TEST(a_key_whose_making_was_cut_off_is_wiped),
        TEST(a_key_in_use_wipes_the_one_before_it),
        TEST(what_a_crash_left_of_an_old_key_goes_at_the_next_start),
        TEST(a_key_that_nobody_made_is_not_used),
        TEST(a_key_that_cannot_be_kept_is_not_made),
        TEST(files_older_than_the_journal_have_no_key_in_use),
        TEST(a_lane_keeps_its_key_up_to_the_switch),
        TEST(a_switch_is_kept_over_a_restart),
        TEST(nothing_is_signed_past_a_switch_that_was_not_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
