/*
 * resume_test - every row of the resume table, and the order in which they
 *               are read.
 */
#include "core/exchange/resume.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What differs from an origin of size 10 whose facts are all in order. */
enum change {
    NOTHING = 0,
    EPOCH_LOWER = 1 << 0,
    EPOCH_HIGHER = 1 << 1,
    OTHER_GENESIS = 1 << 2,
    SIGNER_LOST = 1 << 3,
    BAD_CHECKPOINT = 1 << 4,
    BAD_SEEN = 1 << 5,
    OTHER_ROOT = 1 << 6,
    IN_JOURNAL = 1 << 7,
    NOT_IN_JOURNAL = 1 << 8,
    SIGNED_MORE = 1 << 9,
    SIGNED_LESS = 1 << 10,
};

static enum resume_row
decide(uint64_t n, uint64_t seen, unsigned changes)
{
    enum resume_known known = changes & IN_JOURNAL       ? KNOWN_YES
                              : changes & NOT_IN_JOURNAL ? KNOWN_NO
                                                         : KNOWN_NOT_ASKED;
    struct resume_claim c = {.size = n,
                             .has_seen = seen > 0,
                             .seen.size = seen,
                             .size_known = known,
                             .seen_known = known};
    struct resume_facts f = {
        .epoch = changes & EPOCH_LOWER ? 1 : 0,
        .holder_epoch = changes & EPOCH_HIGHER ? 1 : 0,
        .same_genesis = !(changes & OTHER_GENESIS),
        .size = 10,
        .root_agrees = !(changes & OTHER_ROOT),
        .checkpoint_good = !(changes & BAD_CHECKPOINT),
        .seen_good = !(changes & BAD_SEEN),
        .signed_size = changes & SIGNED_MORE   ? 11
                       : changes & SIGNED_LESS ? 9
                                               : 10,
        .signer_lost = changes & SIGNER_LOST,
    };

    return resume_decide(&c, &f);
}

struct sample {
    uint64_t n, seen;
    unsigned changes;
    enum resume_row row;
};

static void
check(const struct sample *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(decide(s[i].n, s[i].seen, s[i].changes), s[i].row);
}

static void
a_holder_at_our_size_or_below_is_normal(void **state)
{
    static const struct sample samples[] = {
        {10, 10, NOTHING, ROW_NORMAL},   {10, 0, NOTHING, ROW_NORMAL},
        {0, 0, NOTHING, ROW_NORMAL},     {3, 7, NOTHING, ROW_NORMAL},
        {3, 7, SIGNED_LESS, ROW_NORMAL}, {3, 7, BAD_SEEN, ROW_NORMAL},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
epochs_are_looked_at_first(void **state)
{
    static const struct sample samples[] = {
        {99, 99, EPOCH_LOWER | OTHER_GENESIS | SIGNER_LOST, ROW_EPOCH_LOWER},
        {99, 99, EPOCH_HIGHER | OTHER_GENESIS | SIGNER_LOST, ROW_EPOCH_HIGHER},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
another_genesis_of_the_epoch_is_a_fork_whatever_else(void **state)
{
    static const struct sample samples[] = {
        {10, 10, OTHER_GENESIS, ROW_TWO_GENESES},
        {99, 0, OTHER_GENESIS | SIGNER_LOST, ROW_TWO_GENESES},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
a_lost_signer_comes_before_what_it_would_be_asked(void **state)
{
    static const struct sample samples[] = {
        {10, 10, SIGNER_LOST, ROW_SIGNER_LOST},
        {99, 0, SIGNER_LOST, ROW_SIGNER_LOST},
        {99, 0, SIGNER_LOST | BAD_CHECKPOINT, ROW_SIGNER_LOST},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
beyond_us_without_a_good_checkpoint_is_a_lie(void **state)
{
    static const struct sample samples[] = {
        {11, 0, BAD_CHECKPOINT, ROW_HOLDER_LIES},
        {11, 12, BAD_CHECKPOINT | IN_JOURNAL, ROW_HOLDER_LIES},
        {10, 11, BAD_SEEN, ROW_HOLDER_LIES},
        {10, 11, BAD_SEEN | OTHER_ROOT, ROW_HOLDER_LIES},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
beyond_us_the_signing_journal_decides(void **state)
{
    static const struct sample samples[] = {
        {11, 0, NOTHING, ROW_UNKNOWN},
        {10, 11, NOTHING, ROW_UNKNOWN},
        {11, 0, NOT_IN_JOURNAL, ROW_STOLEN_KEY},
        {10, 11, NOT_IN_JOURNAL, ROW_STOLEN_KEY},
        {11, 0, IN_JOURNAL, ROW_ORIGIN_RESTORED},
        {11, 12, IN_JOURNAL | OTHER_ROOT, ROW_ORIGIN_RESTORED},
        {10, 11, IN_JOURNAL, ROW_SEEN_BEYOND},
        {10, 11, IN_JOURNAL | OTHER_ROOT | SIGNED_MORE, ROW_SEEN_BEYOND},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
another_root_is_a_fork_if_we_signed_it_and_damage_if_not(void **state)
{
    static const struct sample samples[] = {
        {10, 10, OTHER_ROOT, ROW_FORK},
        {10, 10, OTHER_ROOT | SIGNED_MORE, ROW_FORK},
        {10, 10, OTHER_ROOT | BAD_CHECKPOINT, ROW_HOLDER_DAMAGED},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
a_signing_journal_beyond_both_comes_last(void **state)
{
    static const struct sample samples[] = {
        {10, 10, SIGNED_MORE, ROW_SIGNED_BEYOND},
        {0, 0, SIGNED_MORE, ROW_SIGNED_BEYOND},
    };

    (void)state;
    check(samples, ARRAY_SIZE(samples));
}

static void
each_row_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 1; i < RESUME_ROW_COUNT; i++)
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(resume_row_name(i), resume_row_name(k));
    assert_string_equal(resume_row_name(RESUME_ROW_COUNT), "unknown");
    assert_string_equal(resume_row_name(UINT32_MAX), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_holder_at_our_size_or_below_is_normal),
        cmocka_unit_test(epochs_are_looked_at_first),
        cmocka_unit_test(another_genesis_of_the_epoch_is_a_fork_whatever_else),
        cmocka_unit_test(a_lost_signer_comes_before_what_it_would_be_asked),
        cmocka_unit_test(beyond_us_without_a_good_checkpoint_is_a_lie),
        cmocka_unit_test(beyond_us_the_signing_journal_decides),
        cmocka_unit_test(
            another_root_is_a_fork_if_we_signed_it_and_damage_if_not),
        cmocka_unit_test(a_signing_journal_beyond_both_comes_last),
        cmocka_unit_test(each_row_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
