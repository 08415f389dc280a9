#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/cursor.h"
#include "core/formats/misp.h"
#include "core/formats/stix.h"
#include "core/wire/message.h"
#include "edge/index/content.h"
#include "edge/index/words.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH "content_test.db"

static struct rows rows;
static struct content *content;

static void
begin(void)
{
    db_remove(PATH);
    rows_open(&rows, PATH);
    content = content_new(&rows, NULL);
}

static void
end(void)
{
    content_free(content);
    rows_close(&rows);
    db_remove(PATH);
}

static uint32_t
add(const struct message *m, unsigned flags)
{
    const struct submission_id id = {{9}, 1};
    const struct row row = {.lane = 3, .index = rows.last, .flags = flags};
    struct buf body = {0};

    submission_id_put(&body, &id);
    message_put(&body, m);
    uint32_t number = content_add(content, &row, buf_slice(&body));
    rows_place(&rows, row.lane, row.index, number);
    buf_clear(&body);
    return number;
}

/* Count the messages that a text leads to. */
static size_t
count(enum key_class class, const char *text)
{
    struct buf found = {0};

    rows_find(&rows, class, slice_str(text), &found);
    size_t n = found.size / 4;
    buf_clear(&found);
    return n;
}

static struct message
indicator(unsigned observable, const char *value)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};

    m.head.observable = observable;
    m.head.value = slice_str(value);
    m.head.marking.tlp = TLP_AMBER;
    return m;
}

static void
a_value_is_found_in_any_case_and_by_its_host(void **state)
{
    struct message m;

    (void)state;
    begin();
    m = indicator(OBSERVABLE_URL, "http://Evil.EXAMPLE:8080/A.php?q=1");
    add(&m, 0);
    m = indicator(OBSERVABLE_IP_PORT, "[2001:db8::1]:443");
    add(&m, 0);
    m = indicator(OBSERVABLE_EMAIL_ADDRESS, "someone@mail.example");
    add(&m, 0);
    m = indicator(OBSERVABLE_DOMAIN_TREE, "tree.example");
    add(&m, 0);
    rows_commit(&rows);
    assert_int_equal(count(KEY_VALUE, "http://evil.example:8080/A.php?q=1"), 1);
    assert_int_equal(count(KEY_VALUE, "HTTP://EVIL.EXAMPLE:8080/a.php?q=1"), 1);
    assert_int_equal(count(KEY_PART, "evil.example"), 1);
    assert_int_equal(count(KEY_PART, "2001:db8::1"), 1);
    assert_int_equal(count(KEY_PART, "mail.example"), 1);
    assert_int_equal(count(KEY_TREE, "tree.example"), 1);
    assert_int_equal(count(KEY_TREE, "mail.example"), 0);
    assert_int_equal(count(KEY_VALUE, "evil.example"), 0);
    end();
}

static const char honest[] =
    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--"
    "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\",\"created\":\"2026-01-20T12:34:56."
    "000Z\",\"modified\":\"2026-01-20T12:34:56.000Z\",\"name\":\"Door of the "
    "\\ud55c\\uad6d bank\",\"pattern\":\"[domain-name:value = 'evil.example']"
    "\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-01-20T12:34:56Z\","
    "\"object_marking_refs\":[\"marking-definition--e828b379-4e03-4974-9ac4-"
    "e53a884c97c1\"]}";

struct taking {
    struct message m;
    void (*change)(struct head *h);
    uint32_t number;
    unsigned flags;
};

static void
on_item(void *context, const struct format_item *item)
{
    struct taking *t = context;

    t->m = item->message;
    if (t->change)
        t->change(&t->m.head);
    t->number = add(&t->m, t->flags);
}

static void
on_fault(void *context, const struct format_fault *fault)
{
    (void)context;
    assert_int_equal(fault->weight, FAULT_REMARK);
}

/* Hand an object over with the head that its content gives, changed. */
static struct row
taken_from(const char *text, void (*change)(struct head *h), unsigned flags)
{
    struct taking t = {.change = change, .flags = flags};
    const struct format_sink sink = {&t, on_item, on_fault};
    struct stix_reader *reader = stix_reader_new(&sink);
    struct row row;

    stix_reader_deliver(reader);
    assert_int_equal(stix_reader_feed(reader, slice_str(text)), OK);
    assert_int_equal(stix_reader_finish(reader), OK);
    stix_reader_free(reader);
    assert_true(rows_get(&rows, t.number, &row));
    return row;
}

static struct row
taken(void (*change)(struct head *h), unsigned flags)
{
    return taken_from(honest, change, flags);
}

static void
loosen(struct head *h)
{
    h->marking.tlp = TLP_GREEN;
}

static void
lie(struct head *h)
{
    h->value = slice_str("good.example");
}

static void
unrevoke(struct head *h)
{
    h->revoked = !h->revoked;
}

static void
newer_lie(struct head *h)
{
    h->rules = HEAD_RULES + 1;
    h->value = slice_str("good.example");
}

static void
newer_loosen(struct head *h)
{
    h->rules = HEAD_RULES + 1;
    h->marking.tlp = TLP_GREEN;
}

static void
a_head_that_is_not_what_its_content_says_is_for_review(void **state)
{
    (void)state;
    begin();
    assert_int_equal(taken(NULL, 0).flags, ROW_RED);
    assert_int_equal(content_mismatches(content), 0);
    assert_int_equal(taken(loosen, 0).flags, ROW_REVIEW);
    assert_int_equal(taken(lie, 0).flags, ROW_RED | ROW_REVIEW);
    assert_int_equal(taken(unrevoke, 0).flags, ROW_RED | ROW_REVIEW);
    assert_int_equal(content_mismatches(content), 3);
    assert_int_equal(taken(newer_lie, 0).flags, ROW_RED);
    assert_int_equal(taken(newer_loosen, 0).flags, ROW_REVIEW);
    assert_int_equal(taken(lie, ROW_OURS).flags, ROW_OURS | ROW_RED);
    end();
}

/* An indicator that has this list and this member of its own. */
static unsigned
marked_flags(const char *marks, void (*change)(struct head *h))
{
    char text[1024];

    assert_true((size_t)snprintf(
                    text, sizeof text,
                    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":"
                    "\"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\","
                    "\"created\":\"2026-01-20T12:34:56.000Z\",\"modified\":"
                    "\"2026-01-20T12:34:56.000Z\",\"pattern\":\"[domain-name:"
                    "value = 'evil.example']\",\"pattern_type\":\"stix\","
                    "\"valid_from\":\"2026-01-20T12:34:56Z\",%s}",
                    marks) < sizeof text);
    return taken_from(text, change, 0).flags;
}

#define STATEMENT "\"marking-definition--5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b11\""

static void
a_looser_head_is_found_out_however_the_content_says_its_mark(void **state)
{
    static const char *const marks[] = {
        "\"labels\":[\"tlp:red\"]",
        "\"labels\":[\"TLP:Secret\"]",
        "\"labels\":[\"\\u0074lp:amber\"]",
        "\"object_marking_refs\":[\"marking-definition--5e57c739-391a-4eb3-"
        "b6be-7d15ca92d5ed\"]",
        "\"object_marking_refs\":[" STATEMENT "],\"labels\":[\"tlp:amber\"]",
    };

    (void)state;
    begin();
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        assert_int_equal(marked_flags(marks[i], NULL) & ROW_REVIEW, 0);
        assert_int_equal(marked_flags(marks[i], loosen), ROW_REVIEW);
    }
    end();
}

/* No reader hands over such an object; another build may sign it. */
static void
a_red_id_in_escapes_is_found_out_under_rules_that_are_not_ours(void **state)
{
    struct message m = indicator(OBSERVABLE_DOMAIN, "evil.example");
    struct row row;

    (void)state;
    begin();
    m.head.object_id =
        slice_str("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
    m.head.rules = HEAD_RULES + 1;
    m.content_type = slice_str(STIX_CONTENT_TYPE);
    m.content = slice_str(
        "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--"
        "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\",\"object_marking_refs\":"
        "[\"marking-definition--\\u0065828b379-4e03-4974-9ac4-e53a884c97c1\"]"
        "}");
    assert_true(rows_get(&rows, add(&m, 0), &row));
    assert_int_equal(row.flags, ROW_REVIEW);
    m.head.marking.tlp = TLP_RED;
    assert_true(rows_get(&rows, add(&m, 0), &row));
    assert_int_equal(row.flags, ROW_RED);
    end();
}

static void
a_definition_that_its_document_has_may_be_a_mere_statement(void **state)
{
    static const char *const marks[] = {
        "\"object_marking_refs\":[" STATEMENT "]",
        "\"object_marking_refs\":[" STATEMENT "],\"labels\":[\"tlp:green\"]",
        "\"name\":\"e828b379-4e03-4974-9ac4-e53a884c97c1\","
        "\"object_marking_refs\":[" STATEMENT "]",
    };

    (void)state;
    begin();
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        assert_int_equal(marked_flags(marks[i], loosen), 0);
    end();
}

static const char attribute[] =
    "{\"uuid\":\"5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b11\",\"type\":\"domain\","
    "\"category\":\"Network activity\",\"to_ids\":true,\"timestamp\":"
    "\"1793520000\",\"value\":\"Evil.example.\",\"Tag\":[{\"name\":"
    "\"tlp:amber\"}]}";

/* The flags of an attribute whose head was changed. */
static unsigned
attribute_flags(void (*change)(struct head *h))
{
    static const struct slice labels[] = {{(const uint8_t *)"of the event", 12},
                                          {(const uint8_t *)"tlp:amber", 9}};
    struct message m = indicator(OBSERVABLE_DOMAIN, "evil.example");
    struct row row;

    m.head.rules = HEAD_RULES;
    m.head.object_id = slice_str("5a0b4f0e-6c0e-4a55-8f0f-1f2e3d4c5b11");
    m.head.object_type = slice_str("misp-attribute");
    m.head.created = m.head.modified = slice_str("2026-11-01T08:00:00Z");
    m.head.labels = labels;
    m.head.label_count = ARRAY_SIZE(labels);
    m.head.producer = slice_str("KrCERT/CC");
    m.content = slice_str(attribute);
    m.content_type = slice_str(MISP_ATTRIBUTE_CONTENT);
    if (change)
        change(&m.head);
    assert_true(rows_get(&rows, add(&m, 0), &row));
    return row.flags;
}

static void
unlabel(struct head *h)
{
    h->label_count = 1;
}

static void
tighten(struct head *h)
{
    h->marking.tlp = TLP_AMBER_STRICT;
    h->revoked = true;
}

static void
a_head_of_misp_may_have_more_from_its_holders_and_nothing_else(void **state)
{
    (void)state;
    begin();
    assert_int_equal(attribute_flags(NULL), 0);
    assert_int_equal(attribute_flags(tighten), 0);
    assert_int_equal(attribute_flags(loosen), ROW_REVIEW);
    assert_int_equal(attribute_flags(lie), ROW_REVIEW);
    assert_int_equal(attribute_flags(unlabel), ROW_REVIEW);
    assert_int_equal(attribute_flags(newer_lie), 0);
    assert_int_equal(attribute_flags(newer_loosen), ROW_REVIEW);
    end();
}

static unsigned
plain_flags(unsigned observable, const char *value, uint32_t rules)
{
    struct message m = indicator(observable, value);
    struct row row;

    m.head.rules = rules;
    assert_true(rows_get(&rows, add(&m, 0), &row));
    return row.flags;
}

static void
a_head_alone_has_its_value_in_normal_form(void **state)
{
    (void)state;
    begin();
    assert_int_equal(plain_flags(OBSERVABLE_DOMAIN, "a.example", HEAD_RULES),
                     0);
    assert_int_equal(plain_flags(OBSERVABLE_DOMAIN, "A.example", HEAD_RULES),
                     ROW_REVIEW);
    assert_int_equal(plain_flags(OBSERVABLE_IPV4, "a.example", HEAD_RULES),
                     ROW_REVIEW);
    assert_int_equal(plain_flags(OBSERVABLE_COUNT, "A.example", HEAD_RULES), 0);
    assert_int_equal(
        plain_flags(OBSERVABLE_DOMAIN, "A.example", HEAD_RULES + 1), 0);
    end();
}

static void
unsay(struct head *h)
{
    h->mentioned_count = 0;
}

static void
stix_20_is_derived_again_by_its_own_rules(void **state)
{
    static const char old[] =
        "{\"type\":\"observed-data\",\"id\":\"observed-data--8e2e2d2b-17d4-"
        "4cbf-938f-98ee46b3cd3f\",\"created\":\"2026-01-20T12:34:56.000Z\","
        "\"modified\":\"2026-01-20T12:34:56.000Z\",\"first_observed\":"
        "\"2026-01-20T12:34:56Z\",\"last_observed\":\"2026-01-20T12:34:56Z\","
        "\"number_observed\":1,\"objects\":{\"0\":{\"type\":\"domain-name\","
        "\"value\":\"evil.example\"}}}";

    (void)state;
    begin();
    assert_int_equal(taken_from(old, NULL, 0).flags, 0);
    assert_int_equal(content_mismatches(content), 0);
    rows_commit(&rows);
    assert_int_equal(count(KEY_MENTIONED, "evil.example"), 1);
    assert_int_equal(taken_from(old, unsay, 0).flags, ROW_REVIEW);
    assert_int_equal(taken_from(old, unrevoke, 0).flags, ROW_REVIEW);
    end();
}

static void
words_of_the_content_lead_to_it_and_its_ids_do_not(void **state)
{
    (void)state;
    begin();
    struct row row = taken(NULL, 0);
    assert_memory_equal(row.name.data, "Door of the", 11);
    rows_commit(&rows);
    assert_int_equal(count(KEY_WORD, "door"), 1);
    assert_int_equal(count(KEY_WORD, "BANK"), 1);
    assert_int_equal(count(KEY_WORD, "한국"), 1);
    assert_int_equal(count(KEY_WORD, "evil"), 1);
    assert_int_equal(count(KEY_WORD, "8e2e2d2b"), 0);
    assert_int_equal(
        count(KEY_OBJECT, "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"),
        1);
    end();
}

static bool
stands_in_file(const char *text)
{
    static const char *const names[] = {PATH, PATH "-wal"};
    bool found = false;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct buf file = {0};
        int fd = open(names[i], O_RDONLY);
        ssize_t n = fd < 0 ? 0 : 1;
        while (n > 0) {
            n = read(fd, buf_extend(&file, 65536), 65536);
            file.size -= 65536 - (n > 0 ? (size_t)n : 0);
        }
        if (fd >= 0)
            close(fd);
        found |= file.size &&
                 memmem(file.data, file.size, text, strlen(text)) != NULL;
        buf_clear(&file);
    }
    return found;
}

static void
many_words_of_a_content_leave_room_for_title_labels_and_name(void **state)
{
    struct slice label = slice_str("labelled");
    struct message m = indicator(OBSERVABLE_DOMAIN, "host.example");
    struct buf text = {0};

    (void)state;
    begin();
    buf_put_str(&text, "{\"type\":\"x\",\"description\":\"");
    for (unsigned i = 0; i < 70000; i++) {
        buf_put_decimal(&text, i);
        buf_put_u8(&text, ' ');
    }
    buf_put_str(&text, "\",\"name\":\"named\"}");
    m.has_submission = true;
    m.submission.title = slice_str("titled");
    m.head.labels = &label;
    m.head.label_count = 1;
    m.content = buf_slice(&text);
    add(&m, 0);
    rows_commit(&rows);
    assert_int_equal(count(KEY_WORD, "7"), 1);
    assert_int_equal(count(KEY_WORD, "69999"), 0);
    assert_int_equal(count(KEY_WORD, "titled"), 1);
    assert_int_equal(count(KEY_WORD, "labelled"), 1);
    assert_int_equal(count(KEY_WORD, "named"), 1);
    buf_clear(&text);
    end();
}

static void
of_a_message_that_is_forgotten_no_byte_is_left(void **state)
{
    struct message m = indicator(OBSERVABLE_DOMAIN, "secret-name.example");
    struct row row;

    (void)state;
    begin();
    for (int i = 0; i < 300; i++) {
        struct message other = indicator(OBSERVABLE_DOMAIN, "other.example");
        add(&other, 0);
    }
    m.head.marking.tlp = TLP_RED;
    uint32_t number = add(&m, 0);
    rows_commit(&rows);
    assert_true(stands_in_file("secret-name.example"));
    assert_int_equal(rows.counts.red, 1);
    rows_forget(&rows, number);
    rows_commit(&rows);
    assert_false(rows_get(&rows, number, &row));
    assert_int_equal(rows_at(&rows, 3, 300), 0);
    assert_int_equal(count(KEY_VALUE, "secret-name.example"), 0);
    assert_int_equal(count(KEY_VALUE, "other.example"), 300);
    assert_int_equal(rows.counts.messages, 300);
    assert_int_equal(rows.counts.red, 0);
    assert_false(stands_in_file("secret-name.example"));
    end();
}

static void
what_was_not_committed_is_not_there_after_a_crash(void **state)
{
    struct message m = indicator(OBSERVABLE_DOMAIN, "one.example");

    (void)state;
    begin();
    add(&m, 0);
    rows.position.turn = 7;
    rows_commit(&rows);
    add(&m, 0);
    rows.position.turn = 8;
    content_free(content);
    rows_close(&rows);
    rows_open(&rows, PATH);
    content = content_new(&rows, NULL);
    assert_int_equal(rows.position.turn, 7);
    assert_int_equal(rows.counts.messages, 1);
    assert_int_equal(rows.last, 1);
    assert_int_equal(count(KEY_VALUE, "one.example"), 1);
    end();
}

static void
on_word(void *context, struct slice word)
{
    struct buf *out = context;

    buf_put(out, word);
    buf_put_u8(out, '|');
}

static void
texts_are_taken_apart_by_script(void **state)
{
    static const char *const cases[][2] = {
        {"a cat, 2 dogs", "a|cat|2|dogs|"},
        {"", ""},
        {"naïve—x", "naïve|x|"},
        {"악성코드를 봤다", "악성|성코|코드|드를|봤다|"},
        {"東", "東|"},
        {"C2서버", "C2|서버|"},
        {"\xff\xfe", "\xff\xfe|"},
        {"x\xea\xb0", "x\xea\xb0|"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out = {0};
        words_of(slice_str(cases[i][0]), on_word, &out);
        buf_put_u8(&out, 0);
        assert_string_equal((const char *)out.data, cases[i][1]);
        buf_clear(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_in_any_case_and_by_its_host),
        cmocka_unit_test(
            a_head_that_is_not_what_its_content_says_is_for_review),
        cmocka_unit_test(
            a_looser_head_is_found_out_however_the_content_says_its_mark),
        cmocka_unit_test(
            a_red_id_in_escapes_is_found_out_under_rules_that_are_not_ours),
        cmocka_unit_test(
            a_definition_that_its_document_has_may_be_a_mere_statement),
        cmocka_unit_test(
            a_head_of_misp_may_have_more_from_its_holders_and_nothing_else),
        cmocka_unit_test(a_head_alone_has_its_value_in_normal_form),
        cmocka_unit_test(stix_20_is_derived_again_by_its_own_rules),
        cmocka_unit_test(words_of_the_content_lead_to_it_and_its_ids_do_not),
        cmocka_unit_test(
            many_words_of_a_content_leave_room_for_title_labels_and_name),
        cmocka_unit_test(of_a_message_that_is_forgotten_no_byte_is_left),
        cmocka_unit_test(what_was_not_committed_is_not_there_after_a_crash),
        cmocka_unit_test(texts_are_taken_apart_by_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
