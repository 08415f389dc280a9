#include "cli/entry.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define VALUES_MAX 16

/* A record as the daemon gives it. */
struct sample {
    struct control_value values[VALUES_MAX];
    struct control_record record;
    struct buf message;
    struct arena arena;
};

static void
add_text(struct sample *s, const char *key, const char *text)
{
    s->values[s->record.count++] = (struct control_value){
        .key = key, .kind = CONTROL_TEXT, .text = slice_str(text)};
}

static void
add_number(struct sample *s, const char *key, int64_t number)
{
    s->values[s->record.count++] = (struct control_value){
        .key = key, .kind = CONTROL_NUMBER, .number = number};
}

static void
begin(struct sample *s)
{
    *s = (struct sample){0};
    s->record.values = s->values;
    arena_init(&s->arena, ENTRY_BUDGET);
    add_text(s, "id", "krcert>cert.gov.au#5");
    add_text(s, "direction", "to");
    add_text(s, "team", "cert.gov.au");
    add_text(s, "state", "receipted");
    add_text(s, "tlp", "amber");
    add_number(s, "time-ms", INT64_C(1795453451120));
    add_number(s, "index", 5);
    add_number(s, "leaf-kind", 0);
}

static void
add_message(struct sample *s, const struct message *m)
{
    message_put(&s->message, m);
    s->values[s->record.count++] =
        (struct control_value){.key = "message",
                               .kind = CONTROL_BYTES,
                               .text = buf_slice(&s->message)};
}

static struct message
domain_message(void)
{
    struct message m = {.kind = MESSAGE_INDICATOR, .has_head = true};

    m.has_submission = true;
    m.submission.number = 7;
    m.submission.case_reference = slice_str("사건-1");
    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str("evil.example");
    m.head.role = slice_str("c2");
    m.head.marking.tlp = TLP_AMBER;
    return m;
}

static void
end(struct sample *s)
{
    buf_clear(&s->message);
    arena_clear(&s->arena);
}

/* The entry's row as it is printed. */
static char *
row_of(struct sample *s, bool defang)
{
    struct grid g = {0};
    struct entry e;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    arena_reset(&s->arena);
    entry_read(&s->record, &s->arena, &e);
    entry_row(&g, &e, defang);
    grid_print(&g, out);
    grid_clear(&g);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *
json_of(struct sample *s)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_out *j = json_out_new(out);
    struct entry e;

    arena_reset(&s->arena);
    entry_read(&s->record, &s->arena, &e);
    json_out_open(j, NULL);
    entry_json(j, &e);
    json_out_close(j);
    json_out_free(j);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void
values_are_raw_in_pipes_and_defanged_on_a_terminal(void **state)
{
    struct message m = domain_message();
    struct sample s;
    char *text;

    (void)state;
    begin(&s);
    add_message(&s, &m);
    text = row_of(&s, false);
    assert_string_equal(text, "receipted  domain  evil.example  c2  "
                              "TLP:AMBER  us > cert.gov.au  11-23 17:04Z  "
                              "krcert>cert.gov.au#5\n");
    free(text);
    text = row_of(&s, true);
    assert_non_null(strstr(text, "evil[.]example"));
    assert_null(strstr(text, "evil.example"));
    free(text);
    end(&s);
}

static void
a_value_cannot_steer_the_terminal(void **state)
{
    struct message m = domain_message();
    struct sample s;
    char *text;

    (void)state;
    begin(&s);
    m.head.observable = OBSERVABLE_FILE_NAME;
    m.head.value = slice_str("a\x1b[2Jb\nc");
    add_message(&s, &m);
    text = row_of(&s, false);
    assert_non_null(strstr(text, "a\\x1b[2Jb\\x0ac"));
    assert_null(strchr(text, 0x1b));
    free(text);
    end(&s);
}

static void
json_has_stable_names_and_raw_values(void **state)
{
    struct message m = domain_message();
    struct sample s;
    char *text;

    (void)state;
    begin(&s);
    add_message(&s, &m);
    text = json_of(&s);
    assert_string_equal(
        text, "{\"id\":\"krcert>cert.gov.au#5\",\"direction\":\"to\","
              "\"team\":\"cert.gov.au\",\"state\":\"receipted\",\"index\":5,"
              "\"time\":\"2026-11-23T17:04:11.120Z\",\"entry\":\"message\","
              "\"kind\":\"indicator\",\"tlp\":\"amber\","
              "\"observable\":\"domain\",\"value\":\"evil.example\","
              "\"role\":\"c2\",\"submission\":\"S-7\",\"case\":\"사건-1\"}\n");
    free(text);
    end(&s);
}

static void
what_may_not_be_read_is_said_to_be_there(void **state)
{
    struct sample s;
    char *text;

    (void)state;
    begin(&s);
    s.values[s.record.count++] = (struct control_value){
        .key = "hidden", .kind = CONTROL_TRUTH, .number = 1};
    text = row_of(&s, true);
    assert_non_null(strstr(text, "(only for readers of TLP:RED)"));
    free(text);
    text = json_of(&s);
    assert_non_null(strstr(text, "\"hidden\":true"));
    free(text);
    end(&s);
}

static void
a_message_that_cannot_be_read_does_no_harm(void **state)
{
    struct sample s;
    char *text;

    (void)state;
    begin(&s);
    buf_put_str(&s.message, "\xff\xff\xff nonsense");
    s.values[s.record.count++] = (struct control_value){
        .key = "message", .kind = CONTROL_BYTES, .text = buf_slice(&s.message)};
    text = row_of(&s, false);
    assert_non_null(strstr(text, "krcert>cert.gov.au#5"));
    free(text);
    end(&s);
}

static int
use_utf8(void **state)
{
    (void)state;
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_raw_in_pipes_and_defanged_on_a_terminal),
        cmocka_unit_test(a_value_cannot_steer_the_terminal),
        cmocka_unit_test(json_has_stable_names_and_raw_values),
        cmocka_unit_test(what_may_not_be_read_is_said_to_be_there),
        cmocka_unit_test(a_message_that_cannot_be_read_does_no_harm),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
