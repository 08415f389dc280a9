#include "cli/vkeys.h"

#include "core/crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct vkey
sample(enum key_role role)
{
    struct secret_key secret = {{1, 2, 3}};
    struct vkey k = {.role = role};

    assert_true(team_name_parse(slice_str("krcert.or.kr"), &k.team));
    crypto_public_key(&secret, &k.key);
    return k;
}

static void
a_key_of_each_role_comes_back(void **state)
{
    (void)state;
    for (enum key_role r = KEY_ROLE_SESSION; r < KEY_ROLE_COUNT; r++) {
        struct vkey k = sample(r), back;
        struct buf line = {0};
        vkey_put(&line, &k);
        assert_int_equal(vkey_parse(buf_slice(&line), &back), OK);
        assert_int_equal(back.role, r);
        assert_true(team_name_equal(&back.team, &k.team));
        assert_memory_equal(back.key.b, k.key.b, sizeof k.key.b);
        buf_clear(&line);
    }
}

static void
the_line_has_name_id_and_type(void **state)
{
    struct vkey k = sample(KEY_ROLE_CHECKPOINT);
    struct buf line = {0};
    const char *start = "krcert.or.kr/sealane/checkpoint+";

    (void)state;
    vkey_put(&line, &k);
    buf_put_u8(&line, 0);
    assert_memory_equal(line.data, start, strlen(start));
    const char *rest = (const char *)line.data + strlen(start);
    assert_int_equal(strcspn(rest, "+"), 8);
    /* 0x04 and 32 bytes: 44 letters, the first six bits are 000001. */
    assert_int_equal(strlen(rest + 9), 44);
    assert_int_equal(rest[9], 'B');
    buf_clear(&line);
}

static void
one_letter_changed_anywhere_is_refused(void **state)
{
    struct vkey k = sample(KEY_ROLE_RECEIPT), back;
    struct buf line = {0};

    (void)state;
    vkey_put(&line, &k);
    for (size_t i = 0; i < line.size; i++) {
        uint8_t was = line.data[i];
        line.data[i] = was == 'x' ? 'y' : 'x';
        assert_int_not_equal(vkey_parse(buf_slice(&line), &back), OK);
        line.data[i] = was;
    }
    buf_clear(&line);
}

static void
positions_come_back_and_others_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",     "0",    "0 ",   "0 5 6",
        "01 5", "0 05", "-1 5", "0 18446744073709551616"};
    struct vkey k = sample(KEY_ROLE_CHECKPOINT), back;
    struct vkey_span span = {.above = 7, .upto = 9}, read = {.above = 1};
    struct buf line = {0};
    bool has;

    (void)state;
    memset(span.lane.b, 0xab, sizeof span.lane.b);
    for (int open = 0; open < 2; open++) {
        buf_reset(&line);
        vkey_span_put(&line, &k, &span);
        assert_int_equal(vkey_span_parse(buf_slice(&line), &back, &read, &has),
                         OK);
        assert_true(has);
        assert_memory_equal(&read, &span, sizeof span);
        span.upto = UINT64_MAX;
    }
    buf_reset(&line);
    vkey_put(&line, &k);
    assert_int_equal(vkey_span_parse(buf_slice(&line), &back, &read, &has), OK);
    assert_false(has);
    size_t size = line.size;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        line.size = size;
        buf_put_u8(&line, ' ');
        buf_put_hex(&line, SLICE_ARRAY(span.lane.b));
        buf_put_u8(&line, ' ');
        buf_put_str(&line, wrong[i]);
        assert_int_equal(vkey_span_parse(buf_slice(&line), &back, &read, &has),
                         ERR_FORMAT);
    }
    buf_clear(&line);
}

static void
what_is_no_key_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "a+b+c",
        "krcert.or.kr/sealane/checkpoint",
        "krcert.or.kr/sealane/checkpoint+00000000+",
        "krcert.or.kr/other/checkpoint+00000000+BA==",
        "KRCERT/sealane/receipt+00000000+BA=="};
    struct vkey back;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(vkey_parse(slice_str(wrong[i]), &back), ERR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_of_each_role_comes_back),
        cmocka_unit_test(the_line_has_name_id_and_type),
        cmocka_unit_test(one_letter_changed_anywhere_is_refused),
        cmocka_unit_test(positions_come_back_and_others_are_refused),
        cmocka_unit_test(what_is_no_key_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
