#include "fixture.h"

#include "core/crypto/base64.h"
#include "core/lane/evidence.h"

#define ENTRIES 6
#define INDEX 3

struct made {
    struct key_pair origin_pair, holder_pair;
    struct signatory origin, holder;
    struct hash leaves[ENTRIES];
    struct evidence e;
    struct buf file;
    uint32_t claimed_bytes; /* what the records say of their bodies */
};

static bool
read_leaf(void *context, uint64_t index, struct hash *out)
{
    const struct made *m = context;

    *out = m->leaves[index];
    return true;
}

static void
make_entries(struct made *m, struct frontier *at)
{
    frontier_init(at);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint8_t salt[SALT_BYTES], record[LEAF_BYTES];
        struct leaf l = {
            .index = i, .body_bytes = m->claimed_bytes, .ref = LEAF_REF_NONE};
        memset(salt, (int)i, sizeof salt);
        leaf_commit(salt, slice_str("body"), &l.commitment);
        leaf_encode(&l, record);
        leaf_hash(record, &m->leaves[i]);
        frontier_append(at, &m->leaves[i]);
        if (i == INDEX) {
            memcpy(m->e.record, record, sizeof record);
            memcpy(m->e.salt, salt, sizeof salt);
        }
    }
}

static void
make_claiming(struct made *m, uint32_t body_bytes)
{
    struct frontier at;

    *m = (struct made){.claimed_bytes = body_bytes,
                       .e = {.index = INDEX,
                             .has_body = true,
                             .has_receipt = true,
                             .body = slice_str("body"),
                             .origin = krcert,
                             .holder = auscert,
                             .size = ENTRIES}};
    m->e.lane = lane_of_epoch(0);
    make_entries(m, &at);
    frontier_root(&at, &m->e.root);
    assert_int_equal(merkle_prove(read_leaf, m, INDEX, ENTRIES, &m->e.proof),
                     OK);
    m->origin_pair = key_pair_of(1);
    m->holder_pair = key_pair_of(2);
    m->origin =
        (struct signatory){&krcert, KEY_ROLE_CHECKPOINT, &m->origin_pair.key};
    m->holder =
        (struct signatory){&auscert, KEY_ROLE_RECEIPT, &m->holder_pair.key};
    m->e.checkpoint =
        checkpoint_signed(&m->e.lane, &at, &m->origin, &m->origin_pair.secret);
    m->e.receipt =
        checkpoint_signed(&m->e.lane, &at, &m->holder, &m->holder_pair.secret);
    evidence_write(&m->e, &m->file);
}

static void
make(struct made *m)
{
    make_claiming(m, 4);
}

/* Read the file and check it with checkpoint and receipt required. */
static enum err
judge(const struct made *m, struct slice file)
{
    struct buf memory = {0};
    struct evidence e;
    enum err error = evidence_read(file, &memory, &e);

    if (error == OK)
        error = evidence_verify(&e, &m->origin, &m->holder);
    buf_clear(&memory);
    return error;
}

/* Write the file with `from` replaced by `to` where it first stands. */
static void
replace(const struct made *m, const char *from, const char *to, struct buf *out)
{
    struct slice file = buf_slice(&m->file);
    const uint8_t *at = memmem(file.data, file.size, from, strlen(from));

    assert_non_null(at);
    size_t before = (size_t)(at - file.data);
    buf_reset(out);
    buf_put(out, slice_of(file.data, before));
    buf_put_str(out, to);
    buf_put(out,
            slice_of(at + strlen(from), file.size - before - strlen(from)));
}

static void
a_whole_file_is_read_as_it_was_written_and_is_good(void **state)
{
    struct made m;
    struct buf memory = {0}, again = {0};
    struct evidence e;

    (void)state;
    make(&m);
    buf_put_str(&memory, "kept");
    assert_int_equal(evidence_read(buf_slice(&m.file), &memory, &e), OK);
    assert_memory_equal(memory.data, "kept", 4);
    assert_int_equal(e.index, INDEX);
    assert_true(slice_is(e.body, "body"));
    assert_true(team_name_equal(&e.holder, &auscert));
    assert_int_equal(e.checkpoint.time_s, m.e.checkpoint.time_s);
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), OK);
    evidence_write(&e, &again);
    assert_true(slice_equal(buf_slice(&again), buf_slice(&m.file)));
    buf_clear(&memory);
    buf_clear(&again);
    buf_clear(&m.file);
}

static void
the_file_has_the_lines_of_a_tlog_proof(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    buf_put_u8(&m.file, 0);
    const char *text = (const char *)m.file.data;
    assert_memory_equal(text, "c2sp.org/tlog-proof@v1\nextra ", 29);
    assert_non_null(strstr(text, "\nindex 3\n"));
    assert_non_null(strstr(text, "\n\nkrcert.or.kr/sealane/v1/"));
    assert_non_null(
        strstr(text, "\n\n\xe2\x80\x94 krcert.or.kr/sealane/checkpoint "));
    assert_non_null(
        strstr(text, "\n\xe2\x80\x94 cert.gov.au/sealane/receipt "));
    buf_clear(&m.file);
}

static void
each_single_bit_changed_is_refused(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    assert_int_equal(judge(&m, buf_slice(&m.file)), OK);
    for (size_t bit = 0; bit < 8 * m.file.size; bit++) {
        m.file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(judge(&m, buf_slice(&m.file)), OK);
        m.file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_clear(&m.file);
}

static void
a_file_cut_anywhere_or_with_more_behind_is_refused(void **state)
{
    struct made m;
    struct buf memory = {0};
    struct evidence e;

    (void)state;
    make(&m);
    /* Cut before the receipt's line, it is whole without a receipt. */
    const uint8_t *second =
        memmem(m.file.data, m.file.size, "\xe2\x80\x94 cert.gov.au", 15);
    size_t without = (size_t)(second - m.file.data);
    for (size_t n = 0; n < m.file.size; n++)
        assert_int_equal(evidence_read(slice_of(m.file.data, n), &memory, &e),
                         n == without ? OK : ERR_FORMAT);
    assert_int_equal(judge(&m, slice_of(m.file.data, without)), ERR_MISSING);
    buf_put_str(&m.file, "\n");
    assert_int_equal(judge(&m, buf_slice(&m.file)), ERR_FORMAT);
    buf_clear(&memory);
    buf_clear(&m.file);
}

static void
other_spellings_of_the_same_values_are_refused(void **state)
{
    static const char *const changes[][2] = {
        {"index 3\n", "index 03\n"},
        {"index 3\n", "index +3\n"},
        {"index 3\n", "index  3\n"},
        {"index 3\n", "index 3\r\n"},
        {"index 3\n", "index 18446744073709551619\n"},
        {"index 3\n", "index \n"},
        {"\n6\n", "\n06\n"},
        {"extra ", "extra  "},
        {"extra ", "Extra "},
        {"extra ", "extra \n"},
        {"\xe2\x80\x94 ", "- "},
        {"\n\n", "\n\n\n"},
        {"=\n", "=\n\n"},
        {"=\n", "\n"},
        {"krcert.or.kr", "KRCERT.or.kr"},
    };
    struct made m;
    struct buf bad = {0};

    (void)state;
    make(&m);
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        replace(&m, changes[i][0], changes[i][1], &bad);
        assert_int_equal(judge(&m, buf_slice(&bad)), ERR_FORMAT);
    }
    buf_clear(&bad);
    buf_clear(&m.file);
}

static void
base64_that_is_not_canonical_is_refused(void **state)
{
    struct made m;
    size_t tried = 0;

    (void)state;
    make(&m);
    /* The last digit before one '=' has two bits that do not count, before
     * two '=' four. */
    for (size_t i = 1; i < m.file.size; i++) {
        uint8_t *c = &m.file.data[i - 1];
        if (m.file.data[i] != '=' || *c == '=')
            continue;
        uint8_t right = *c;
        for (uint8_t other = 'A'; other <= 'Z'; other++) {
            if (other == right)
                continue;
            *c = other;
            assert_int_not_equal(judge(&m, buf_slice(&m.file)), OK);
            tried++;
        }
        *c = right;
    }
    assert_true(tried > 100);
    buf_clear(&m.file);
}

static void
a_file_without_the_body_proves_the_record_alone(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    buf_reset(&m.file);
    m.e.has_body = false;
    evidence_write(&m.e, &m.file);
    assert_int_equal(judge(&m, buf_slice(&m.file)), OK);
    buf_clear(&m.file);
}

static void
an_empty_body_is_a_body(void **state)
{
    struct made m;
    struct buf memory = {0};
    struct evidence e;

    (void)state;
    make(&m);
    buf_reset(&m.file);
    m.e.body.size = 0;
    evidence_write(&m.e, &m.file);
    assert_int_equal(evidence_read(buf_slice(&m.file), &memory, &e), OK);
    assert_true(e.has_body);
    assert_int_equal(e.body.size, 0);
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_COMMITMENT);
    buf_clear(&memory);
    buf_clear(&m.file);
}

static void
a_record_that_claims_another_length_is_no_evidence(void **state)
{
    struct made m;

    (void)state;
    make_claiming(&m, 5);
    assert_int_equal(judge(&m, buf_slice(&m.file)), ERR_COMMITMENT);
    buf_clear(&m.file);
}

static void
each_lie_has_its_own_error(void **state)
{
    struct made m;
    struct evidence e;

    (void)state;
    make(&m);
    e = m.e;
    e.body = slice_str("bodY");
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_COMMITMENT);
    e = m.e;
    e.index++;
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_RANGE);
    e = m.e;
    e.proof.hashes[0].b[0] ^= 1;
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_PROOF);
    e = m.e;
    e.checkpoint.signature.b[0] ^= 1;
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_SIGNATURE);
    e = m.e;
    e.receipt.signature.b[0] ^= 1;
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_SIGNATURE);
    assert_int_equal(evidence_verify(&e, &m.origin, NULL), OK);
    e = m.e;
    e.has_receipt = false;
    assert_int_equal(evidence_verify(&e, &m.origin, &m.holder), ERR_MISSING);
    buf_clear(&m.file);
}

/* PROTOCOL tree: "The size of a tree MUST be taken from signed text alone,
 * because an inclusion proof that verifies does not prove the size." */
static void
a_size_that_the_proof_fits_too_is_no_signed_one(void **state)
{
    struct made m;
    struct hash leaf;

    (void)state;
    make(&m);
    m.e.size = ENTRIES + 1;
    leaf_hash(m.e.record, &leaf);
    assert_int_equal(
        merkle_verify(&leaf, INDEX, m.e.size, &m.e.proof, &m.e.root), OK);
    assert_int_equal(evidence_verify(&m.e, &m.origin, &m.holder),
                     ERR_SIGNATURE);
    buf_clear(&m.file);
}

/* PROTOCOL tree: "a proof MUST NOT have more than 63 hashes" */
static void
a_proof_of_sixty_four_hashes_is_refused(void **state)
{
    struct made m;
    struct buf longer = {0};

    (void)state;
    make(&m);
    buf_reset(&m.file);
    m.e.proof.count = PROOF_HASHES_MAX;
    evidence_write(&m.e, &m.file);
    assert_int_equal(judge(&m, buf_slice(&m.file)), ERR_PROOF);
    const uint8_t *end = memmem(m.file.data, m.file.size, "\n\n", 2);
    assert_non_null(end);
    size_t before = (size_t)(end + 1 - m.file.data);
    buf_put(&longer, slice_of(m.file.data, before));
    base64_put(&longer, SLICE_ARRAY(m.e.root.b));
    buf_put_str(&longer, "\n");
    buf_put(&longer, slice_of(m.file.data + before, m.file.size - before));
    assert_int_equal(judge(&m, buf_slice(&longer)), ERR_FORMAT);
    buf_clear(&longer);
    buf_clear(&m.file);
}

static void
signatures_of_other_teams_do_not_serve(void **state)
{
    struct made m;

    (void)state;
    make(&m);
    struct signatory other = {&auscert, KEY_ROLE_CHECKPOINT,
                              &m.origin_pair.key};
    assert_int_equal(evidence_verify(&m.e, &other, NULL), ERR_KEY);
    other = (struct signatory){&krcert, KEY_ROLE_RECEIPT, &m.holder_pair.key};
    assert_int_equal(evidence_verify(&m.e, &m.origin, &other), ERR_KEY);
    other = (struct signatory){&auscert, KEY_ROLE_RECEIPT, &m.origin_pair.key};
    assert_int_equal(evidence_verify(&m.e, &m.origin, &other), ERR_KEY);
    buf_clear(&m.file);
}

/* The holder's key is good and signed this very text, but as the origin. */
static void
a_checkpoint_that_another_team_signed_as_its_own_is_refused(void **state)
{
    struct made m;
    struct frontier at;

    (void)state;
    make(&m);
    struct signatory other = {&auscert, KEY_ROLE_CHECKPOINT,
                              &m.holder_pair.key};
    make_entries(&m, &at);
    m.e.checkpoint =
        checkpoint_signed(&m.e.lane, &at, &other, &m.holder_pair.secret);
    assert_int_equal(
        checkpoint_verify(&m.e.checkpoint, &krcert, &m.e.lane, &other), OK);
    assert_int_equal(evidence_verify(&m.e, &other, NULL), ERR_KEY);
    buf_clear(&m.file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read_as_it_was_written_and_is_good),
        cmocka_unit_test(the_file_has_the_lines_of_a_tlog_proof),
        cmocka_unit_test(each_single_bit_changed_is_refused),
        cmocka_unit_test(a_file_cut_anywhere_or_with_more_behind_is_refused),
        cmocka_unit_test(other_spellings_of_the_same_values_are_refused),
        cmocka_unit_test(base64_that_is_not_canonical_is_refused),
        cmocka_unit_test(a_file_without_the_body_proves_the_record_alone),
        cmocka_unit_test(an_empty_body_is_a_body),
        cmocka_unit_test(a_record_that_claims_another_length_is_no_evidence),
        cmocka_unit_test(each_lie_has_its_own_error),
        cmocka_unit_test(a_size_that_the_proof_fits_too_is_no_signed_one),
        cmocka_unit_test(a_proof_of_sixty_four_hashes_is_refused),
        cmocka_unit_test(signatures_of_other_teams_do_not_serve),
        cmocka_unit_test(
            a_checkpoint_that_another_team_signed_as_its_own_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
