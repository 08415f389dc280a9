#include "core/wire/message.h"

#include "kit.h"

static struct arena arena;

static int
start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)DECODE_BUDGET_FACTOR * MIB(1));
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    arena_clear(&arena);
    return 0;
}

static const struct slice *
label_samples(void)
{
    static struct slice labels[3];

    labels[0] = slice_str("phishing");
    labels[1] = slice_str("");
    labels[2] = slice_str("\xea\xb0\x80");
    return labels;
}

static const struct observed *
value_samples(void)
{
    static struct observed values[3];

    values[0] = (struct observed){OBSERVABLE_IPV4, slice_str("198.51.100.7")};
    values[1] = (struct observed){OBSERVABLE_NONE, {0}};
    values[2] = (struct observed){OBSERVABLE_DOMAIN, slice_str("a.example")};
    return values;
}

static void
entry_fill(struct citation *entry, uint8_t seed)
{
    kit_fill(entry->lane.b, 32, seed);
    kit_fill(entry->leaf.b, 32, (uint8_t)(seed + 1));
}

static struct message
sample(void)
{
    struct message m = {
        .kind = MESSAGE_INDICATOR,
        .has_package = true,
        .has_submission = true,
        .has_head = true,
        .has_decline = true,
        .has_expunge = true,
        .has_withdrawal = true,
        .package = {.id = slice_str("bundle--1"),
                    .source = slice_str("stix"),
                    .position = 3,
                    .count = 40,
                    .holder = 2},
        .submission = {.number = 4821,
                       .case_reference = slice_str("C-17"),
                       .title = slice_str("a title"),
                       .note = slice_str("a note")},
        .content = slice_of("{\0}", 3),
        .content_type = slice_str("stix-2.1"),
        .decline = {.entry = {.first = 5, .count = 6},
                    .code = 54,
                    .text = slice_str("too much")},
        .expunge = {.entry = {.first = 7, .count = 1},
                    .reason = slice_str("a leak")},
        .withdrawal = {.has_entry = true,
                       .entry = {.first = 8, .count = 1},
                       .object_id = slice_str("indicator--2"),
                       .reason = slice_str("outdated")},
    };
    struct head *h = &m.head;

    entry_fill(&m.decline.entry, 1);
    entry_fill(&m.expunge.entry, 3);
    entry_fill(&m.withdrawal.entry, 5);
    h->rules = HEAD_RULES;
    h->object_id = slice_str("indicator--1");
    h->object_type = slice_str("indicator");
    h->observable = OBSERVABLE_DOMAIN_TREE;
    h->value = slice_str("evil.example");
    h->pattern = slice_str("[domain-name:value = 'evil.example']");
    h->pattern_language = slice_str("stix");
    h->role = slice_str("c2");
    h->has_valid_from = h->has_valid_until = h->has_confidence = true;
    h->valid_from.ms = 1790000000123;
    h->valid_until.ms = 1790000000456;
    h->confidence = 85;
    h->labels = label_samples();
    h->label_count = 3;
    h->values = value_samples();
    h->value_count = 3;
    h->mentioned = value_samples() + 1;
    h->mentioned_count = 1;
    h->use = USE_DETECT;
    h->producer = slice_str("identity--1");
    h->revoked = true;
    h->created = slice_str("2026-01-01T00:00:00.000Z");
    h->modified = slice_str("2026-01-02T00:00:00.0Z");
    h->marking.tlp = TLP_AMBER_STRICT;
    h->marking.pap = PAP_GREEN;
    h->marking.relay_permitted = true;
    h->marking.exercise = slice_str("winter");
    h->marking.recipients = label_samples();
    h->marking.recipient_count = 3;
    return m;
}

static void
expect_same_values(const struct observed *a, const struct observed *b,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a[i].observable, b[i].observable);
        kit_assert_slice(a[i].value, b[i].value);
    }
}

static void
expect_same_head(const struct head *a, const struct head *b)
{
    assert_int_equal(a->rules, b->rules);
    kit_assert_slice(a->object_id, b->object_id);
    kit_assert_slice(a->object_type, b->object_type);
    assert_int_equal(a->observable, b->observable);
    kit_assert_slice(a->value, b->value);
    kit_assert_slice(a->pattern, b->pattern);
    kit_assert_slice(a->pattern_language, b->pattern_language);
    kit_assert_slice(a->role, b->role);
    assert_int_equal(a->has_valid_from, b->has_valid_from);
    assert_int_equal(a->has_valid_until, b->has_valid_until);
    assert_int_equal(a->has_confidence, b->has_confidence);
    assert_int_equal(a->valid_from.ms, b->valid_from.ms);
    assert_int_equal(a->valid_until.ms, b->valid_until.ms);
    assert_int_equal(a->confidence, b->confidence);
    assert_int_equal(a->label_count, b->label_count);
    for (size_t i = 0; i < a->label_count; i++)
        kit_assert_slice(a->labels[i], b->labels[i]);
    assert_int_equal(a->value_count, b->value_count);
    expect_same_values(a->values, b->values, a->value_count);
    assert_int_equal(a->mentioned_count, b->mentioned_count);
    expect_same_values(a->mentioned, b->mentioned, a->mentioned_count);
    assert_int_equal(a->use, b->use);
    kit_assert_slice(a->producer, b->producer);
    assert_int_equal(a->revoked, b->revoked);
    kit_assert_slice(a->created, b->created);
    kit_assert_slice(a->modified, b->modified);
    assert_int_equal(a->marking.tlp, b->marking.tlp);
    assert_int_equal(a->marking.pap, b->marking.pap);
    assert_int_equal(a->marking.relay_permitted, b->marking.relay_permitted);
    kit_assert_slice(a->marking.exercise, b->marking.exercise);
    assert_int_equal(a->marking.recipient_count, b->marking.recipient_count);
    for (size_t i = 0; i < a->marking.recipient_count; i++)
        kit_assert_slice(a->marking.recipients[i], b->marking.recipients[i]);
}

static void
expect_same_citation(const struct citation *a, const struct citation *b)
{
    assert_true(lane_id_equal(&a->lane, &b->lane));
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->count, b->count);
    assert_true(hash_equal(&a->leaf, &b->leaf));
}

static void
expect_same(const struct message *a, const struct message *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->has_package, b->has_package);
    assert_int_equal(a->has_submission, b->has_submission);
    assert_int_equal(a->has_head, b->has_head);
    assert_int_equal(a->has_decline, b->has_decline);
    kit_assert_slice(a->package.id, b->package.id);
    kit_assert_slice(a->package.source, b->package.source);
    assert_int_equal(a->package.position, b->package.position);
    assert_int_equal(a->package.count, b->package.count);
    assert_int_equal(a->package.holder, b->package.holder);
    assert_int_equal(a->submission.number, b->submission.number);
    kit_assert_slice(a->submission.case_reference,
                     b->submission.case_reference);
    kit_assert_slice(a->submission.title, b->submission.title);
    kit_assert_slice(a->submission.note, b->submission.note);
    expect_same_head(&a->head, &b->head);
    kit_assert_slice(a->content, b->content);
    kit_assert_slice(a->content_type, b->content_type);
    expect_same_citation(&a->decline.entry, &b->decline.entry);
    assert_int_equal(a->decline.code, b->decline.code);
    kit_assert_slice(a->decline.text, b->decline.text);
    assert_int_equal(a->has_expunge, b->has_expunge);
    expect_same_citation(&a->expunge.entry, &b->expunge.entry);
    kit_assert_slice(a->expunge.reason, b->expunge.reason);
    assert_int_equal(a->has_withdrawal, b->has_withdrawal);
    assert_int_equal(a->withdrawal.has_entry, b->withdrawal.has_entry);
    expect_same_citation(&a->withdrawal.entry, &b->withdrawal.entry);
    kit_assert_slice(a->withdrawal.object_id, b->withdrawal.object_id);
    kit_assert_slice(a->withdrawal.reason, b->withdrawal.reason);
}

/* Write, read, compare, write again. */
static void
round_trip(const struct message *m)
{
    struct buf b = {0}, again = {0};
    struct message read;

    assert_int_equal(message_check(m), OK);
    message_put(&b, m);
    uint8_t *exact = kit_exact(buf_slice(&b));
    arena_reset(&arena);
    assert_int_equal(message_get(slice_of(exact, b.size), &arena, &read), OK);
    expect_same(m, &read);
    message_put(&again, &read);
    kit_assert_slice(buf_slice(&b), buf_slice(&again));
    free(exact);
    buf_clear(&b);
    buf_clear(&again);
}

static void
a_message_with_every_field_comes_back(void **state)
{
    (void)state;
    struct message m = sample();

    round_trip(&m);
}

static void
a_message_with_a_kind_alone_is_two_bytes(void **state)
{
    (void)state;
    struct message m = {.kind = MESSAGE_NOTE};
    struct buf b = {0};

    round_trip(&m);
    message_put(&b, &m);
    kit_assert_slice(buf_slice(&b), slice_of("\x08\x0c", 2));
    buf_clear(&b);
}

static void
a_message_larger_than_any_first_buffer_comes_back(void **state)
{
    (void)state;
    static uint8_t text[300000];
    struct slice labels[LABELS_MAX];
    struct message m = sample();

    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < LABELS_MAX; i++)
        labels[i] = slice_of(text, i % 100);
    m.head.labels = labels;
    m.head.label_count = LABELS_MAX;
    m.head.marking.recipients = labels;
    m.head.marking.recipient_count = RECIPIENTS_MAX;
    m.head.pattern = SLICE_ARRAY(text);
    m.content = SLICE_ARRAY(text);
    round_trip(&m);
}

static void
kinds_and_observables_of_a_newer_schema_are_kept_as_numbers(void **state)
{
    (void)state;
    struct message m = sample();
    const struct observed newer = {4713, slice_str("x")};

    m.kind = 4711;
    m.head.observable = 4712;
    m.head.values = &newer;
    m.head.value_count = 1;
    m.head.use = 4714;
    round_trip(&m);
    m.kind = UINT32_MAX;
    m.head.observable = 0x80000000;
    round_trip(&m);
}

static enum err
read_buf(const struct buf *b, struct message *out)
{
    uint8_t *exact = kit_exact(buf_slice(b));

    arena_reset(&arena);
    enum err e = message_get(slice_of(exact, b->size), &arena, out);
    assert_true(arena.used <= arena.budget);
    free(exact);
    return e;
}

static void
fields_of_a_newer_schema_and_other_payloads_are_no_error(void **state)
{
    (void)state;
    struct message m = sample(), read;
    struct buf b = {0};

    message_put(&b, &m);
    kit_bytes(&b, 9, slice_of("\x10\x05", 2)); /* a sighting */
    kit_number(&b, 77, 1);
    kit_bytes(&b, 78, slice_of("\xff\x00", 2));
    assert_int_equal(read_buf(&b, &read), OK);
    assert_int_equal(message_get(buf_slice(&b), &arena, &read), OK);
    expect_same(&m, &read);
    buf_clear(&b);
}

/* Read a message whose head has this marking; NULL: none. */
static struct marking
marking_of(const struct buf *marking)
{
    struct message read;
    struct buf b = {0};

    if (marking)
        kit_bytes(&b, 14, buf_slice(marking));
    kit_wrap(&b, 4);
    kit_number(&b, 1, 1);
    assert_int_equal(read_buf(&b, &read), OK);
    buf_clear(&b);
    return read.head.marking;
}

static void
a_marking_that_is_not_known_or_not_said_is_red(void **state)
{
    (void)state;
    static const uint64_t unknown[] = {5, 6, 127, INT32_MAX, UINT64_MAX};
    struct buf b = {0};

    assert_int_equal(marking_of(NULL).tlp, TLP_RED);
    assert_int_equal(marking_of(NULL).pap, PAP_NONE);
    assert_int_equal(marking_of(&b).tlp, TLP_RED);
    for (uint64_t i = 0; i <= 4; i++) {
        buf_reset(&b);
        kit_number(&b, 1, i);
        kit_number(&b, 2, i);
        assert_int_equal(marking_of(&b).tlp, i);
        assert_int_equal(marking_of(&b).pap, i);
    }
    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
        buf_reset(&b);
        kit_number(&b, 1, unknown[i]);
        kit_number(&b, 2, unknown[i]);
        assert_int_equal(marking_of(&b).tlp, TLP_RED);
        assert_int_equal(marking_of(&b).pap, PAP_RED);
    }
    buf_clear(&b);
}

static void
what_is_beyond_its_range_or_count_is_refused(void **state)
{
    (void)state;
    struct message read = {.kind = 99};
    struct buf b = {0};

    assert_int_equal(read_buf(&b, &read), ERR_MISSING);
    kit_number(&b, 11, 100);
    kit_wrap(&b, 4);
    kit_number(&b, 1, 1);
    assert_int_equal(read_buf(&b, &read), OK);
    buf_reset(&b);
    kit_number(&b, 11, 101);
    kit_wrap(&b, 4);
    kit_number(&b, 1, 1);
    read.kind = 99;
    assert_int_equal(read_buf(&b, &read), ERR_VALUE);
    assert_int_equal(read.kind, 99);
    for (size_t more = 0; more < 2; more++) {
        buf_reset(&b);
        kit_repeat(&b, slice_of("\x62\x00", 2), 2 * (LABELS_MAX + more));
        kit_wrap(&b, 4);
        kit_number(&b, 1, 1);
        assert_int_equal(read_buf(&b, &read), more ? ERR_LIMIT : OK);
        buf_reset(&b);
        kit_repeat(&b, slice_of("\x2a\x00", 2), 2 * (RECIPIENTS_MAX + more));
        kit_wrap(&b, 14);
        kit_wrap(&b, 4);
        kit_number(&b, 1, 1);
        assert_int_equal(read_buf(&b, &read), more ? ERR_LIMIT : OK);
    }
    buf_clear(&b);
}

/* Cite an entry, whole with 0, bent with 1 to 6. */
static void
citation_put(struct buf *b, int bend)
{
    const uint8_t hash[33] = {1};

    if (bend != 1)
        kit_bytes(b, 1, slice_of(hash, bend == 2 ? 31 : 32));
    if (bend != 3)
        kit_number(b, 2, 9);
    if (bend != 4)
        kit_number(b, 3, 1);
    if (bend != 5)
        kit_bytes(b, 4, slice_of(hash, bend == 6 ? 33 : 32));
}

static void
a_decline_cites_its_entry_in_full(void **state)
{
    (void)state;
    struct message read;

    for (int bend = 0; bend < 9; bend++) {
        struct buf entry = {0}, b = {0};
        citation_put(&entry, bend);
        if (bend != 7)
            kit_bytes(&b, 1, buf_slice(&entry));
        if (bend != 8)
            kit_number(&b, 2, 52);
        kit_wrap(&b, 7);
        kit_number(&b, 1, MESSAGE_DECLINE);
        enum err wrong = bend == 2 || bend == 6 ? ERR_VALUE : ERR_MISSING;
        assert_int_equal(read_buf(&b, &read), bend ? wrong : OK);
        buf_clear(&entry);
        buf_clear(&b);
    }
}

static void
a_withdrawal_that_cites_nothing_in_full_is_taken_and_names_none(void **state)
{
    (void)state;
    struct message read;

    for (int bend = 0; bend < 8; bend++) {
        struct buf entry = {0}, b = {0};
        citation_put(&entry, bend);
        if (bend != 7)
            kit_bytes(&b, 2, buf_slice(&entry));
        kit_bytes(&b, 3, slice_str("outdated"));
        kit_wrap(&b, 8);
        kit_number(&b, 1, MESSAGE_WITHDRAWAL);
        assert_int_equal(read_buf(&b, &read), OK);
        assert_true(read.has_withdrawal);
        assert_int_equal(read.withdrawal.has_entry, bend == 0);
        kit_assert_slice(read.withdrawal.reason, slice_str("outdated"));
        buf_clear(&entry);
        buf_clear(&b);
    }
}

static void
an_expunge_note_cites_its_entry(void **state)
{
    (void)state;
    struct message read;
    struct buf b = {0};

    kit_bytes(&b, 2, slice_str("a leak"));
    kit_wrap(&b, 14);
    kit_number(&b, 1, MESSAGE_EXPUNGE_NOTE);
    assert_int_equal(read_buf(&b, &read), ERR_MISSING);
    buf_clear(&b);
}

static void
texts_out_of_a_document_are_checked_before_they_are_written(void **state)
{
    (void)state;
    struct message m = sample();
    struct slice bad[] = {slice_of("a\0b", 3), slice_of("\xff", 1)};

    assert_int_equal(message_check(&m), OK);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        m = sample();
        m.head.value = bad[i];
        assert_int_equal(message_check(&m), ERR_UTF8);
        m = sample();
        m.submission.note = bad[i];
        assert_int_equal(message_check(&m), ERR_UTF8);
        m = sample();
        m.head.labels = &bad[i];
        m.head.label_count = 1;
        assert_int_equal(message_check(&m), ERR_UTF8);
        m = sample();
        m.head.marking.recipients = &bad[i];
        m.head.marking.recipient_count = 1;
        assert_int_equal(message_check(&m), ERR_UTF8);
    }
    m = sample();
    m.head.confidence = 101;
    assert_int_equal(message_check(&m), ERR_VALUE);
    m = sample();
    m.kind = MESSAGE_NONE;
    assert_int_equal(message_check(&m), ERR_VALUE);
    m = sample();
    m.head.label_count = LABELS_MAX + 1;
    assert_int_equal(message_check(&m), ERR_LIMIT);
    m = sample();
    m.head.marking.recipient_count = RECIPIENTS_MAX + 1;
    assert_int_equal(message_check(&m), ERR_LIMIT);
}

static void
a_message_cut_anywhere_is_refused_but_between_its_fields(void **state)
{
    (void)state;
    struct message m = sample(), read;
    struct kit_field fields[16];
    struct buf whole = {0};
    size_t passed = 0;

    message_put(&whole, &m);
    size_t count = kit_fields(buf_slice(&whole), fields, ARRAY_SIZE(fields));
    for (size_t n = 0; n < whole.size; n++) {
        struct buf cut = {whole.data, n, n};
        enum err e = read_buf(&cut, &read);
        assert_true(e == OK || e == ERR_TRUNCATED || e == ERR_MISSING);
        passed += e == OK;
    }
    assert_int_equal(passed, count - 1);
    for (size_t at = 0; at < whole.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            whole.data[at] ^= (uint8_t)(1u << bit);
            if (read_buf(&whole, &read) == OK)
                assert_true(read.head.marking.tlp <= TLP_RED);
            whole.data[at] ^= (uint8_t)(1u << bit);
        }
    buf_clear(&whole);
}

/* ---- bodies -------------------------------------------------------------- */

static void
a_body_is_a_submission_id_and_a_message(void **state)
{
    (void)state;
    struct submission_id id = {.sequence = 0x0102030405060708}, read;
    struct slice message;
    struct buf b = {0};

    kit_fill(id.stream, sizeof id.stream, 5);
    submission_id_put(&b, &id);
    assert_int_equal(b.size, SUBMISSION_ID_BYTES);
    assert_memory_equal(b.data + 16, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
    assert_int_equal(body_split(buf_slice(&b), &read, &message), OK);
    assert_int_equal(message.size, 0);
    buf_put_str(&b, "rest");
    assert_int_equal(body_split(buf_slice(&b), &read, &message), OK);
    assert_memory_equal(read.stream, id.stream, sizeof id.stream);
    assert_int_equal(read.sequence, id.sequence);
    kit_assert_text(message, "rest");
    for (size_t n = 0; n < SUBMISSION_ID_BYTES; n++) {
        uint8_t *exact = kit_exact(slice_of(b.data, n));
        read.sequence = 99;
        assert_int_equal(body_split(slice_of(exact, n), &read, &message),
                         ERR_TRUNCATED);
        assert_int_equal(read.sequence, 99);
        free(exact);
    }
    buf_clear(&b);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_message_with_every_field_comes_back),
        TEST(a_message_with_a_kind_alone_is_two_bytes),
        TEST(a_message_larger_than_any_first_buffer_comes_back),
        TEST(kinds_and_observables_of_a_newer_schema_are_kept_as_numbers),
        TEST(fields_of_a_newer_schema_and_other_payloads_are_no_error),
        TEST(a_marking_that_is_not_known_or_not_said_is_red),
        TEST(what_is_beyond_its_range_or_count_is_refused),
        TEST(a_decline_cites_its_entry_in_full),
        TEST(a_withdrawal_that_cites_nothing_in_full_is_taken_and_names_none),
        TEST(an_expunge_note_cites_its_entry),
        TEST(texts_out_of_a_document_are_checked_before_they_are_written),
        TEST(a_message_cut_anywhere_is_refused_but_between_its_fields),
        TEST(a_body_is_a_submission_id_and_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
