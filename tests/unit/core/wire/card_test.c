#include "core/wire/card.h"

#include "core/wire/frames.h"
#include "kit.h"

static struct arena arena;

static int
start(void **state)
{
    (void)state;
    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static struct card
sample(void)
{
    struct card c = {
        .short_name = slice_str("krcert"),
        .version = 12,
        .expires_s = 1800000000,
        .address_count = 2,
        .root_certificate = slice_str("root der"),
        .certificate_count = 2,
        .revocation_list = slice_str("list der"),
        .revoked_count = 2,
    };

    c.contact.display_name = slice_str("KrCERT/CC");
    c.contact.email = slice_str("team@example.org");
    c.contact.telephone = slice_str("+00 0 000");
    c.contact.time_zone = slice_str("Asia/Seoul");
    c.contact.constituency = slice_str("Korea \xed\x95\x9c\xea\xb5\xad");
    c.contact.web = slice_str("www.example.org");
    c.addresses[0] = slice_str("a.example:6514");
    c.addresses[1] = slice_str("[::1]:6514");
    c.certificates[0] = slice_str("tls one");
    c.certificates[1] = slice_str("tls two");
    c.revoked[0] = (struct card_revoked){{{1, 2, 3, 4}}, 1};
    c.revoked[1] = (struct card_revoked){{{5, 6, 7, 8}}, 2};
    assert_true(team_name_parse(slice_str("krcert.or.kr"), &c.team));
    for (unsigned role = KEY_ROLE_SESSION; role < KEY_ROLE_COUNT; role++)
        for (int next = 0; next < 2; next++) {
            struct card_key *k = &c.keys[c.key_count++];
            k->role = (enum key_role)role;
            k->next = next;
            kit_fill(k->key.b, sizeof k->key.b, 10 * role + (unsigned)next);
        }
    return c;
}

static void
expect_same(const struct card *a, const struct card *b)
{
    assert_true(team_name_equal(&a->team, &b->team));
    kit_assert_slice(a->short_name, b->short_name);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->expires_s, b->expires_s);
    kit_assert_slice(a->contact.display_name, b->contact.display_name);
    kit_assert_slice(a->contact.email, b->contact.email);
    kit_assert_slice(a->contact.telephone, b->contact.telephone);
    kit_assert_slice(a->contact.time_zone, b->contact.time_zone);
    kit_assert_slice(a->contact.constituency, b->contact.constituency);
    kit_assert_slice(a->contact.web, b->contact.web);
    assert_int_equal(a->key_count, b->key_count);
    for (size_t i = 0; i < a->key_count; i++) {
        assert_int_equal(a->keys[i].role, b->keys[i].role);
        assert_int_equal(a->keys[i].next, b->keys[i].next);
        assert_memory_equal(a->keys[i].key.b, b->keys[i].key.b, 32);
    }
    assert_int_equal(a->address_count, b->address_count);
    for (size_t i = 0; i < a->address_count; i++)
        kit_assert_slice(a->addresses[i], b->addresses[i]);
    kit_assert_slice(a->root_certificate, b->root_certificate);
    assert_int_equal(a->certificate_count, b->certificate_count);
    for (size_t i = 0; i < a->certificate_count; i++)
        kit_assert_slice(a->certificates[i], b->certificates[i]);
    kit_assert_slice(a->revocation_list, b->revocation_list);
    assert_int_equal(a->revoked_count, b->revoked_count);
    for (size_t i = 0; i < a->revoked_count; i++) {
        assert_true(key_id_equal(&a->revoked[i].key, &b->revoked[i].key));
        assert_int_equal(a->revoked[i].reason, b->revoked[i].reason);
    }
}

static void
a_card_with_all_its_parts_comes_back(void **state)
{
    (void)state;
    struct card c = sample(), read;
    struct buf b = {0}, again = {0};

    card_put(&b, &c);
    assert_int_equal(card_get(buf_slice(&b), &arena, &read), OK);
    expect_same(&c, &read);
    card_put(&again, &read);
    kit_assert_slice(buf_slice(&b), buf_slice(&again));
    buf_clear(&b);
    buf_clear(&again);
}

static void
a_card_with_the_least_comes_back(void **state)
{
    (void)state;
    struct card c = {.version = 1, .root_certificate = slice_str("r")}, read;
    struct buf b = {0};

    assert_true(team_name_parse(slice_str("cert.gov.au"), &c.team));
    card_put(&b, &c);
    assert_int_equal(card_get(buf_slice(&b), &arena, &read), OK);
    expect_same(&c, &read);
    buf_clear(&b);
}

static void
a_card_with_every_list_full_comes_back(void **state)
{
    (void)state;
    struct card c = sample(), read;
    struct buf b = {0};

    c.address_count = CARD_ADDRESSES_MAX;
    for (size_t i = 0; i < CARD_ADDRESSES_MAX; i++)
        c.addresses[i] = slice_str("host.example:1");
    c.certificate_count = CARD_CERTIFICATES_MAX;
    for (size_t i = 0; i < CARD_CERTIFICATES_MAX; i++)
        c.certificates[i] = slice_str("der");
    c.revoked_count = CARD_REVOKED_MAX;
    card_put(&b, &c);
    assert_int_equal(card_get(buf_slice(&b), &arena, &read), OK);
    expect_same(&c, &read);
    buf_clear(&b);
}

/* Read the sample's bytes with something behind them. */
static enum err
read_with(const struct buf *more)
{
    struct card c = sample(), read = {.version = 99};
    struct buf b = {0};

    card_put(&b, &c);
    buf_put(&b, buf_slice(more));
    uint8_t *exact = kit_exact(buf_slice(&b));
    arena_reset(&arena);
    enum err e = card_get(slice_of(exact, b.size), &arena, &read);
    if (e)
        assert_int_equal(read.version, 99);
    free(exact);
    buf_clear(&b);
    return e;
}

static void
a_card_without_what_it_must_say_is_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned number;
        enum err err;
    } parts[] = {
        {1, ERR_MISSING}, {3, ERR_MISSING}, {4, ERR_MISSING}, {8, ERR_MISSING},
        {2, OK},          {5, OK},          {6, OK},          {7, OK},
        {9, OK},          {10, OK},         {11, OK},
    };
    struct card c = sample(), read;
    struct buf b = {0};
    struct kit_field fields[64];

    card_put(&b, &c);
    size_t n = kit_fields(buf_slice(&b), fields, ARRAY_SIZE(fields));
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        struct buf without = {0};
        for (size_t k = 0; k < n; k++)
            if (fields[k].number != parts[i].number)
                buf_put(&without, slice_of(b.data + fields[k].start,
                                           fields[k].end - fields[k].start));
        assert_true(without.size < b.size);
        assert_int_equal(card_get(buf_slice(&without), &arena, &read),
                         parts[i].err);
        buf_clear(&without);
    }
    buf_clear(&b);
}

struct key_parts {
    int role, algorithm;
    size_t size;
};

static enum err
read_with_key(struct key_parts parts)
{
    struct buf b = {0};
    uint8_t key[64];

    kit_fill(key, sizeof key, 200);
    if (parts.role >= 0)
        kit_number(&b, 1, (uint64_t)parts.role);
    if (parts.algorithm >= 0)
        kit_number(&b, 2, (uint64_t)parts.algorithm);
    if (parts.size)
        kit_bytes(&b, 3, slice_of(key, parts.size));
    kit_wrap(&b, 6);
    enum err e = read_with(&b);
    buf_clear(&b);
    return e;
}

static void
keys_are_ed25519_of_32_bytes_in_a_role_that_is_known(void **state)
{
    (void)state;
    assert_int_equal(read_with_key((struct key_parts){-1, 1, 32}), ERR_MISSING);
    assert_int_equal(read_with_key((struct key_parts){1, -1, 32}), ERR_MISSING);
    assert_int_equal(read_with_key((struct key_parts){1, 1, 0}), ERR_MISSING);
    assert_int_equal(read_with_key((struct key_parts){0, 1, 32}), ERR_VALUE);
    assert_int_equal(read_with_key((struct key_parts){4, 1, 32}), ERR_VALUE);
    assert_int_equal(read_with_key((struct key_parts){1, 1, 31}), ERR_VALUE);
    assert_int_equal(read_with_key((struct key_parts){1, 1, 33}), ERR_VALUE);
    for (int algorithm = 2; algorithm < 7; algorithm++)
        assert_int_equal(read_with_key((struct key_parts){1, algorithm, 32}),
                         ERR_UNSUPPORTED);
    assert_int_equal(read_with_key((struct key_parts){1, 0, 32}),
                     ERR_UNSUPPORTED);
}

static void
a_public_key_stands_once_and_a_role_has_one_key_in_use(void **state)
{
    (void)state;
    struct card c = sample(), read;
    struct buf b = {0};

    c.keys[5].key = c.keys[0].key;
    card_put(&b, &c);
    assert_int_equal(card_get(buf_slice(&b), &arena, &read), ERR_REPEATED);
    buf_reset(&b);
    c = sample();
    c.keys[1].next = false;
    card_put(&b, &c);
    assert_int_equal(card_get(buf_slice(&b), &arena, &read), ERR_REPEATED);
    buf_clear(&b);
}

static void
a_list_that_is_too_long_is_a_limit(void **state)
{
    (void)state;
    static const struct {
        unsigned number;
        size_t more; /* that fit behind those of the sample */
    } lists[] = {
        {7, CARD_ADDRESSES_MAX - 2},
        {9, CARD_CERTIFICATES_MAX - 2},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        struct buf b = {0};
        for (size_t n = 0; n < lists[i].more; n++)
            kit_bytes(&b, lists[i].number, slice_str("x"));
        assert_int_equal(read_with(&b), OK);
        kit_bytes(&b, lists[i].number, slice_str("x"));
        assert_int_equal(read_with(&b), ERR_LIMIT);
        buf_clear(&b);
    }
    struct buf revoked = {0}, all = {0};
    kit_bytes(&revoked, 1, slice_str("abcd"));
    kit_number(&revoked, 2, 1);
    for (size_t n = 2; n < CARD_REVOKED_MAX; n++)
        kit_bytes(&all, 11, buf_slice(&revoked));
    assert_int_equal(read_with(&all), OK);
    kit_bytes(&all, 11, buf_slice(&revoked));
    assert_int_equal(read_with(&all), ERR_LIMIT);
    buf_reset(&all);
    kit_repeat(&all, slice_of("\x32\x00", 2), 6);
    assert_int_equal(read_with(&all), ERR_LIMIT);
    buf_clear(&revoked);
    buf_clear(&all);
}

static void
a_short_name_is_what_can_be_typed_and_said(void **state)
{
    (void)state;
    static const char *const bad[] = {"KrCERT",
                                      "a>b",
                                      "a#1",
                                      "a b",
                                      "a\tb",
                                      "\xed\x95\x9c",
                                      "123456789012345678901234567890123"};
    static const char *const good[] = {"krcert", "cert.gov.au", "a-1"};

    for (size_t i = 0; i < ARRAY_SIZE(bad) + ARRAY_SIZE(good); i++) {
        bool is_bad = i < ARRAY_SIZE(bad);
        struct buf b = {0};
        kit_bytes(&b, 2,
                  slice_str(is_bad ? bad[i] : good[i - ARRAY_SIZE(bad)]));
        assert_int_equal(read_with(&b), is_bad ? ERR_VALUE : OK);
        buf_clear(&b);
    }
}

static void
a_card_cut_or_changed_anywhere_never_crashes(void **state)
{
    (void)state;
    struct card c = sample(), read;
    struct buf b = {0};
    size_t refused = 0;

    card_put(&b, &c);
    for (size_t n = 0; n < b.size; n++) {
        uint8_t *exact = kit_exact(slice_of(b.data, n));
        arena_reset(&arena);
        refused += card_get(slice_of(exact, n), &arena, &read) != OK;
        exact[n / 2] ^= 0x81;
        arena_reset(&arena);
        refused += card_get(slice_of(exact, n), &arena, &read) != OK;
        assert_true(arena.used <= arena.budget);
        free(exact);
    }
    assert_true(refused > b.size);
    buf_clear(&b);
}

static struct signed_card
signed_sample(struct slice card)
{
    struct signed_card c = {.card = card, .key_count = CARD_KEYS_MAX};

    kit_fill(c.root_signature.b, SIGNATURE_BYTES, 1);
    for (unsigned i = 0; i < CARD_KEYS_MAX; i++) {
        kit_fill(c.key_ids[i].b, KEY_ID_BYTES, 2 + i);
        kit_fill(c.key_signatures[i].b, SIGNATURE_BYTES, 3 + i);
    }
    return c;
}

static void
a_signed_card_comes_back_and_its_frame_holds_the_same_bytes(void **state)
{
    (void)state;
    struct signed_card c = signed_sample(slice_str("the card")), read;
    struct buf b = {0}, frame = {0};

    signed_card_put(&b, &c);
    frame_card_put(&frame, &c);
    kit_assert_slice(buf_slice(&b), slice_of(frame.data + FRAME_HEADER_BYTES,
                                             frame.size - FRAME_HEADER_BYTES));
    assert_int_equal(frame.data[4], FRAME_CARD);
    assert_int_equal(signed_card_get(buf_slice(&b), &arena, &read), OK);
    kit_assert_text(read.card, "the card");
    assert_memory_equal(read.root_signature.b, c.root_signature.b, 64);
    assert_int_equal(read.key_count, CARD_KEYS_MAX);
    for (size_t i = 0; i < CARD_KEYS_MAX; i++) {
        assert_true(key_id_equal(&read.key_ids[i], &c.key_ids[i]));
        assert_memory_equal(read.key_signatures[i].b, c.key_signatures[i].b,
                            64);
    }
    buf_clear(&b);
    buf_clear(&frame);
}

static void
a_signed_card_with_too_many_keys_or_bytes_is_a_limit(void **state)
{
    (void)state;
    static uint8_t large[FRAME_CARD_MAX];
    struct signed_card c = signed_sample(slice_of(large, sizeof large)), read;
    struct buf b = {0};

    signed_card_put(&b, &c);
    assert_int_equal(signed_card_get(buf_slice(&b), &arena, &read), ERR_LIMIT);
    buf_reset(&b);
    c.card = slice_str("x");
    signed_card_put(&b, &c);
    assert_int_equal(signed_card_get(buf_slice(&b), &arena, &read), OK);
    kit_bytes(&b, 3, slice_str(""));
    assert_int_equal(signed_card_get(buf_slice(&b), &arena, &read), ERR_LIMIT);
    buf_clear(&b);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_card_with_all_its_parts_comes_back),
        TEST(a_card_with_the_least_comes_back),
        TEST(a_card_with_every_list_full_comes_back),
        TEST(a_card_without_what_it_must_say_is_refused),
        TEST(keys_are_ed25519_of_32_bytes_in_a_role_that_is_known),
        TEST(a_public_key_stands_once_and_a_role_has_one_key_in_use),
        TEST(a_list_that_is_too_long_is_a_limit),
        TEST(a_short_name_is_what_can_be_typed_and_said),
        TEST(a_card_cut_or_changed_anywhere_never_crashes),
        TEST(a_signed_card_comes_back_and_its_frame_holds_the_same_bytes),
        TEST(a_signed_card_with_too_many_keys_or_bytes_is_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
