#include "fixture.h"

#include "core/base/mem.h"

struct signing {
    struct fixture f;
    struct signer *signer;
    struct buf journal;
    struct buf answer;
    uint64_t turn;
    uint64_t clock_s;
};

static int
setup(void **state)
{
    struct signing *s = mem_new(sizeof *s);

    fixture_init(&s->f);
    s->signer = signer_new(&s->f.own, s->f.seeds);
    s->clock_s = CLOCK_S;
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    struct signing *s = *state;

    signer_free(s->signer);
    buf_clear(&s->journal);
    buf_clear(&s->answer);
    mem_free(s);
    return 0;
}

/* Ask operations in one request; the answer is read from the result. */
static struct slice
ask_all(struct signing *s, const struct sign_request_op *ops, size_t count)
{
    struct buf request = {0};

    sign_request_begin(&request, ++s->turn);
    for (size_t i = 0; i < count; i++)
        sign_request_add(&request, &ops[i]);
    buf_reset(&s->answer);
    assert_int_equal(signer_answer(s->signer, buf_slice(&request), s->clock_s,
                                   &s->journal, &s->answer),
                     OK);
    buf_clear(&request);
    return buf_slice(&s->answer);
}

static struct sign_result
ask(struct signing *s, const struct sign_request_op *op)
{
    struct slice answer = ask_all(s, op, 1);
    struct sign_result r = fixture_result(&answer, op->op);

    assert_int_equal(answer.size, 0);
    return r;
}

static struct sign_result
ask_open(struct signing *s, enum key_role role, uint64_t size)
{
    struct sign_request_op op;

    fixture_open(&s->f, role, size, &op);
    return ask(s, &op);
}

static struct sign_result
ask_extend(struct signing *s, enum key_role role, uint64_t from, uint64_t to)
{
    struct sign_request_op op = fixture_extend(&s->f, role, from, to);

    return ask(s, &op);
}

/* Begin again from the journal's bytes, with the fixture's keys. */
static enum err
restart_from(struct signing *s, struct slice journal)
{
    enum err e = OK;

    signer_free(s->signer);
    s->signer = signer_new(&s->f.own, s->f.seeds);
    while (e == OK && journal.size)
        e = signer_restore(s->signer, &journal);
    return e;
}

static void
restart(struct signing *s)
{
    assert_int_equal(restart_from(s, buf_slice(&s->journal)), OK);
}

static void
a_new_lane_opens_empty_and_its_genesis_goes_into_the_journal(void **state)
{
    struct signing *s = *state;
    struct sign_result r = ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    struct hash empty;

    crypto_hash_one(&empty, (struct slice){0});
    assert_int_equal(r.code, OK);
    assert_int_equal(r.size, 0);
    assert_int_equal(r.turn, 0);
    assert_true(hash_equal(&r.root, &empty));
    assert_true(s->journal.size > GENESIS_BYTES);

    size_t before = s->journal.size;
    restart(s);
    r = ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    assert_int_equal(r.code, OK);
    assert_int_equal(r.turn, 1);
    assert_int_equal(s->journal.size, before);
}

static void
a_checkpoint_verifies_and_the_next_extends_it(void **state)
{
    struct signing *s = *state;
    struct sign_result r;

    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    r = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 3);
    assert_int_equal(r.code, OK);
    assert_int_equal(r.checkpoint.time_s, CLOCK_S);
    fixture_verify(&s->f, KEY_ROLE_CHECKPOINT, 3, &r.checkpoint);
    r = ask_extend(s, KEY_ROLE_CHECKPOINT, 3, 10);
    assert_int_equal(r.code, OK);
    fixture_verify(&s->f, KEY_ROLE_CHECKPOINT, 10, &r.checkpoint);
}

static void
a_receipt_verifies_and_its_record_keeps_what_it_answers(void **state)
{
    struct signing *s = *state;
    struct sign_request_op op = fixture_extend(&s->f, KEY_ROLE_RECEIPT, 0, 5);
    struct sign_result r;

    ask_open(s, KEY_ROLE_RECEIPT, 0);
    r = ask(s, &op);
    assert_int_equal(r.code, OK);
    fixture_verify(&s->f, KEY_ROLE_RECEIPT, 5, &r.checkpoint);
    assert_non_null(memmem(s->journal.data, s->journal.size,
                           op.origin_signature.b, SIGNATURE_BYTES));
}

static void
what_was_signed_is_given_out_again_byte_for_byte_without_a_record(void **state)
{
    struct signing *s = *state;
    struct sign_result first, again;

    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    first = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 4);
    ask_extend(s, KEY_ROLE_CHECKPOINT, 4, 9);
    size_t before = s->journal.size;
    restart(s);
    s->clock_s += 1000;
    assert_int_equal(ask_open(s, KEY_ROLE_CHECKPOINT, 0).size, 9);
    again = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 4);
    assert_int_equal(again.code, OK);
    assert_memory_equal(&again.checkpoint, &first.checkpoint,
                        sizeof first.checkpoint);
    assert_int_equal(s->journal.size, before);
}

static void
the_old_signature_is_given_out_when_its_key_is_gone(void **state)
{
    struct signing *s = *state;
    struct sign_result first, again;

    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    first = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 4);
    memset(s->f.seeds[1].b, 0x77, sizeof s->f.seeds[1].b);
    restart(s);
    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    again = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 4);
    assert_int_equal(again.code, OK);
    assert_memory_equal(&again.checkpoint, &first.checkpoint,
                        sizeof first.checkpoint);
}

static void
another_root_at_a_signed_size_is_refused_and_signs_nothing(void **state)
{
    struct signing *s = *state;
    struct sign_result r;

    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 4);
    size_t before = s->journal.size;
    restart(s);
    crypto_hash_one(&s->f.leaves[2], slice_str("another"));
    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    r = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 4);
    assert_int_equal(r.code, ERR_NOT_EXTENSION);
    r = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 6);
    assert_int_equal(r.code, ERR_NOT_EXTENSION);
    assert_int_equal(s->journal.size, before);
}

static void
a_restored_holder_signs_no_receipt_below_its_last_one(void **state)
{
    struct signing *s = *state;

    ask_open(s, KEY_ROLE_RECEIPT, 0);
    ask_extend(s, KEY_ROLE_RECEIPT, 0, 8);
    restart(s);
    assert_int_equal(ask_open(s, KEY_ROLE_RECEIPT, 2).code, OK);
    assert_int_equal(ask_extend(s, KEY_ROLE_RECEIPT, 2, 5).code,
                     ERR_NOT_EXTENSION);
    assert_int_equal(ask_extend(s, KEY_ROLE_RECEIPT, 2, 9).code, OK);
}

static void
signed_time_never_goes_back(void **state)
{
    struct signing *s = *state;

    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 1);
    s->clock_s = 5;
    restart(s);
    ask_open(s, KEY_ROLE_CHECKPOINT, 1);
    struct sign_result r = ask_extend(s, KEY_ROLE_CHECKPOINT, 1, 2);
    assert_int_equal(r.checkpoint.time_s, CLOCK_S);
    fixture_verify(&s->f, KEY_ROLE_CHECKPOINT, 2, &r.checkpoint);
}

static void
a_session_is_signed_in_the_signers_own_name(void **state)
{
    struct signing *s = *state;
    struct sign_request_op op = {.op = SIGN_SESSION,
                                 .is_client = true,
                                 .origin = s->f.peer,
                                 .peer = s->f.peer};
    struct session_claim claim = {.exporter = SLICE_ARRAY(op.exporter),
                                  .is_client = true,
                                  .team = &s->f.own,
                                  .peer = &s->f.peer,
                                  .hello = &op.hello};
    struct buf text = {0};
    struct key_id id;

    memset(op.exporter, 9, sizeof op.exporter);
    memset(op.hello.b, 8, sizeof op.hello.b);
    struct sign_result r = ask(s, &op);
    session_text(&claim, &text);
    key_id_of(&s->f.own, KEY_ROLE_SESSION, &s->f.keys[0], &id);
    assert_int_equal(r.code, OK);
    assert_true(key_id_equal(&r.proofs[0].key, &id));
    assert_int_equal(
        crypto_verify(&s->f.keys[0], buf_slice(&text), &r.proofs[0].signature),
        OK);
    assert_int_equal(s->journal.size, 0);
    buf_clear(&text);
}

static void
a_card_is_signed_by_all_three_keys(void **state)
{
    struct signing *s = *state;
    struct sign_request_op op = {.op = SIGN_CARD, .version = 12};
    struct buf text = {0};

    memset(op.hello.b, 3, sizeof op.hello.b);
    struct sign_result r = ask(s, &op);
    card_text(&s->f.own, 12, &op.hello, &text);
    assert_int_equal(r.count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct key_id id;
        key_id_of(&s->f.own, (enum key_role)(i + KEY_ROLE_SESSION),
                  &s->f.keys[i], &id);
        assert_true(key_id_equal(&r.proofs[i].key, &id));
        assert_int_equal(crypto_verify(&s->f.keys[i], buf_slice(&text),
                                       &r.proofs[i].signature),
                         OK);
    }
    buf_clear(&text);
}

static void
exactly_what_was_signed_is_found(void **state)
{
    struct signing *s = *state;
    struct sign_request_op find = {.op = SIGN_FIND,
                                   .role = KEY_ROLE_CHECKPOINT};
    struct sign_request_op open;

    find.lane = fixture_open(&s->f, KEY_ROLE_CHECKPOINT, 0, &open);
    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    find.hello = ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 7).checkpoint.root;
    find.from = 7;
    assert_true(ask(s, &find).found);
    restart(s);
    assert_true(ask(s, &find).found);
    find.from = 6;
    assert_false(ask(s, &find).found);
    find.from = 7;
    find.hello.b[31] ^= 1;
    assert_false(ask(s, &find).found);
}

static void
a_refused_operation_leaves_the_others_of_its_request(void **state)
{
    struct signing *s = *state;
    struct sign_request_op ops[4];

    fixture_open(&s->f, KEY_ROLE_CHECKPOINT, 0, &ops[0]);
    ops[1] = fixture_extend(&s->f, KEY_ROLE_CHECKPOINT, 1, 2);
    ops[2] = fixture_extend(&s->f, KEY_ROLE_CHECKPOINT, 0, 2);
    ops[3] = fixture_extend(&s->f, KEY_ROLE_RECEIPT, 0, 2);
    struct slice answer = ask_all(s, ops, 4);
    assert_int_equal(fixture_result(&answer, SIGN_OPEN).code, OK);
    assert_int_equal(fixture_result(&answer, SIGN_EXTEND).code, ERR_RANGE);
    struct sign_result r = fixture_result(&answer, SIGN_EXTEND);
    assert_int_equal(r.code, OK);
    fixture_verify(&s->f, KEY_ROLE_CHECKPOINT, 2, &r.checkpoint);
    assert_int_equal(fixture_result(&answer, SIGN_EXTEND).code,
                     ERR_UNKNOWN_LANE);
    assert_int_equal(answer.size, 0);
}

static void
a_cut_request_is_an_error_and_signs_nothing(void **state)
{
    struct signing *s = *state;
    struct buf request = {0};
    struct sign_request_op op;

    fixture_open(&s->f, KEY_ROLE_CHECKPOINT, 0, &op);
    sign_request_begin(&request, 1);
    sign_request_add(&request, &op);
    for (size_t size = 0; size < request.size; size++) {
        buf_reset(&s->answer);
        enum err e = signer_answer(s->signer, slice_of(request.data, size),
                                   CLOCK_S, &s->journal, &s->answer);
        /* A request may end between two operations. */
        if (e == OK)
            assert_int_equal(s->answer.size, 0);
        assert_int_equal(s->journal.size, 0);
    }
    buf_clear(&request);
}

/* Write three records; the last begins at the answer. */
static size_t
three_records(struct signing *s)
{
    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 3);
    size_t last = s->journal.size;
    ask_extend(s, KEY_ROLE_CHECKPOINT, 3, 5);
    return last;
}

static void
a_torn_last_record_is_told_apart_at_every_byte(void **state)
{
    struct signing *s = *state;
    size_t last = three_records(s), end = s->journal.size;

    for (size_t size = last + 1; size < end; size++)
        assert_int_equal(restart_from(s, slice_of(s->journal.data, size)),
                         ERR_TRUNCATED);
    for (size_t i = last; i < end; i++) {
        s->journal.data[i] ^= 0x10;
        assert_int_equal(restart_from(s, buf_slice(&s->journal)),
                         ERR_TRUNCATED);
        s->journal.data[i] ^= 0x10;
    }
    assert_int_equal(restart_from(s, slice_of(s->journal.data, last)), OK);
    assert_int_equal(ask_open(s, KEY_ROLE_CHECKPOINT, 0).size, 3);
}

static void
a_flipped_byte_before_a_whole_record_is_damage(void **state)
{
    struct signing *s = *state;
    size_t last = three_records(s), first = 0;

    while (first < last) {
        s->journal.data[first] ^= 0x10;
        enum err e = restart_from(s, buf_slice(&s->journal));
        s->journal.data[first] ^= 0x10;
        assert_int_equal(e, ERR_DAMAGED);
        first++;
    }
}

static void
a_record_taken_out_of_the_middle_is_damage(void **state)
{
    struct signing *s = *state;
    struct buf cut = {0};

    ask_open(s, KEY_ROLE_CHECKPOINT, 0);
    size_t from = s->journal.size;
    ask_extend(s, KEY_ROLE_CHECKPOINT, 0, 3);
    size_t to = s->journal.size;
    ask_extend(s, KEY_ROLE_CHECKPOINT, 3, 5);
    buf_put(&cut, slice_of(s->journal.data, from));
    buf_put(&cut, slice_of(s->journal.data + to, s->journal.size - to));
    assert_int_equal(restart_from(s, buf_slice(&cut)), ERR_DAMAGED);
    buf_clear(&cut);
}

static void
another_teams_journal_is_refused(void **state)
{
    struct signing *s = *state;

    three_records(s);
    s->f.own = fixture_team("jpcert.or.jp");
    assert_int_equal(restart_from(s, buf_slice(&s->journal)), ERR_DAMAGED);
}

static void
the_answer_to_open_names_the_highest_turn_of_the_journal(void **state)
{
    struct signing *s = *state;

    s->turn = 40;
    three_records(s);
    restart(s);
    s->turn = 7;
    assert_int_equal(ask_open(s, KEY_ROLE_CHECKPOINT, 0).turn, 43);
    assert_int_equal(ask_open(s, KEY_ROLE_RECEIPT, 0).turn, 43);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_lane_opens_empty_and_its_genesis_goes_into_the_journal),
        TEST(a_checkpoint_verifies_and_the_next_extends_it),
        TEST(a_receipt_verifies_and_its_record_keeps_what_it_answers),
        TEST(what_was_signed_is_given_out_again_byte_for_byte_without_a_record),
        TEST(the_old_signature_is_given_out_when_its_key_is_gone),
        TEST(another_root_at_a_signed_size_is_refused_and_signs_nothing),
        TEST(a_restored_holder_signs_no_receipt_below_its_last_one),
        TEST(signed_time_never_goes_back),
        TEST(a_session_is_signed_in_the_signers_own_name),
        TEST(a_card_is_signed_by_all_three_keys),
        TEST(exactly_what_was_signed_is_found),
        TEST(a_refused_operation_leaves_the_others_of_its_request),
        TEST(a_cut_request_is_an_error_and_signs_nothing),
        TEST(a_torn_last_record_is_told_apart_at_every_byte),
        TEST(a_flipped_byte_before_a_whole_record_is_damage),
        TEST(a_record_taken_out_of_the_middle_is_damage),
        TEST(another_teams_journal_is_refused),
        TEST(the_answer_to_open_names_the_highest_turn_of_the_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
