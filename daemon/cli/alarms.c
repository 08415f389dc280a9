#include "cli/alarms.h"

#include "cli/link.h"
#include "edge/control/ids.h"

/* ---- words --------------------------------------------------------------- */

static void
put_id(struct buf *out, const struct control_record *r)
{
    buf_put_str(out, "A-");
    buf_put_decimal(out, record_u64(r, "number"));
}

static bool
is_open(const struct control_record *r)
{
    return slice_is(control_text(r, "state"), "open");
}

/* ", nobody has taken it" and how often it was raised, or how it ended. */
static void
put_state(struct buf *out, const struct control_record *r)
{
    if (record_u64(r, "count") > 1) {
        buf_put_str(out, ", ");
        text_put_count(out, record_u64(r, "count"));
        buf_put_str(out, " times");
    }
    if (!is_open(r)) {
        buf_put_str(out, ", ");
        text_put_clean(out, control_text(r, "state"));
        buf_put_u8(out, ' ');
        text_put_time_short(out, record_u64(r, "ended-ms"));
        if (control_text(r, "ended-with").size) {
            buf_put_str(out, " by ");
            text_put_clean(out, control_text(r, "ended-with"));
        }
    } else if (control_find(r, "taken-ms")) {
        buf_put_str(out, ", taken ");
        text_put_time_short(out, record_u64(r, "taken-ms"));
        buf_put_str(out, " by ");
        text_put_clean(out, control_text(r, "taken-with"));
    } else {
        buf_put_str(out, ", nobody has taken it");
    }
}

void
alarm_put_line(struct buf *out, const struct control_record *r)
{
    put_id(out, r);
    buf_put_u8(out, ' ');
    text_put_clean(out, control_text(r, "alarm"));
    buf_put_u8(out, ' ');
    text_put_clean(out, control_text(r, "about"));
    buf_put_str(out, ", since ");
    text_put_time_short(out, record_u64(r, "time-ms"));
    put_state(out, r);
}

static void
put_part(struct buf *out, const char *title, struct slice text)
{
    buf_put_str(out, "\n ");
    buf_put_str(out, title);
    for (size_t n = strlen(title); n < 7; n++)
        buf_put_u8(out, ' ');
    text_put_clean(out, text);
}

/* What to do is steps, a line each. */
static void
put_steps(struct buf *out, struct slice steps)
{
    const char *title = "do";

    while (steps.size) {
        const uint8_t *end = memchr(steps.data, '\n', steps.size);
        size_t n = end ? (size_t)(end - steps.data) : steps.size;
        put_part(out, title, slice_of(steps.data, n));
        n += end != NULL;
        steps = slice_of(steps.data + n, steps.size - n);
        title = "";
    }
}

void
alarm_put_whole(struct buf *out, const struct control_record *r)
{
    put_id(out, r);
    buf_put_str(out, control_truth(r, "critical") ? " CRITICAL " : " WARNING ");
    text_put_clean(out, control_text(r, "alarm"));
    buf_put_str(out, ", ");
    text_put_clean(out, control_text(r, "about"));
    buf_put_str(out, ", ");
    text_put_time(out, record_u64(r, "time-ms"));
    put_state(out, r);
    put_part(out, "what", control_text(r, "text"));
    put_part(out, "means", control_text(r, "means"));
    put_part(out, "done", control_text(r, "done"));
    if (record_u64(r, "waiting")) {
        buf_put_str(out, "; ");
        text_put_counted(out, record_u64(r, "waiting"), "message waits",
                         "messages wait");
    }
    put_steps(out, control_text(r, "do"));
    if (!is_open(r) || control_find(r, "taken-ms"))
        return;
    buf_put_str(out, "\n        Take it: sealane alarm take ");
    put_id(out, r);
    buf_put_str(out, " --with \"NAME\"");
}

void
alarm_json(struct json_out *j, const struct control_record *r)
{
    struct buf id = {0};

    put_id(&id, r);
    json_out_text(j, "id", buf_slice(&id));
    buf_clear(&id);
    json_out_number(j, "number", record_u64(r, "number"));
    json_out_text(j, "alarm", control_text(r, "alarm"));
    json_out_truth(j, "critical", control_truth(r, "critical"));
    json_out_text(j, "about", control_text(r, "about"));
    json_out_text(j, "state", control_text(r, "state"));
    json_out_time(j, "time", record_u64(r, "time-ms"));
    json_out_number(j, "count", record_u64(r, "count"));
    json_out_text(j, "text", control_text(r, "text"));
    json_out_text(j, "taken_with", control_text(r, "taken-with"));
    json_out_time(j, "taken", record_u64(r, "taken-ms"));
    json_out_time(j, "ended", record_u64(r, "ended-ms"));
    json_out_text(j, "ended_with", control_text(r, "ended-with"));
}

/* ---- commands ------------------------------------------------------------ */

/* Read "A-17"; 0 after saying what is wrong. */
static uint64_t
wanted_alarm(const struct run *run)
{
    uint64_t number;

    if (run->options.word_count != 1) {
        (void)command_usage(run);
        return 0;
    }
    if (alarm_ref_parse(slice_str(run->options.words[0]), &number) && number)
        return number;
    (void)complain("%s is no alarm; one looks like A-17",
                   run->options.words[0]);
    return 0;
}

static void
print_line(const struct control_record *r)
{
    struct buf line = {0};

    alarm_put_line(&line, r);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

/* Print open ones, or all; a critical one that is open is a failure for
 * whoever watches the exit code, as with status. */
static int
print_list(const struct run *run, const struct control_answer *a)
{
    struct json_out *j = run->json ? json_out_new(stdout) : NULL;
    int code = DONE;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (is_open(r) && code != FAILED)
            code = control_truth(r, "critical") ? FAILED : NO_MATCH;
        if (!j) {
            print_line(r);
            continue;
        }
        json_out_open(j, NULL);
        alarm_json(j, r);
        json_out_close(j);
    }
    json_out_free(j);
    return code;
}

int
command_alarm_list(struct run *run)
{
    struct control_answer a;
    struct daemon *d;
    struct ask ask;
    int code = FAILED;

    if (run->options.word_count > 0)
        return command_usage(run);
    d = link_open(run);
    ask_begin(&ask, "alarms");
    control_add_truth(&ask.b, "all", option_is(&run->options, "all"));
    if (d && link_call(d, &ask, &a)) {
        code = print_list(run, &a);
        if (!a.record_count && !run->json)
            (void)fputs("no alarm\n", stderr);
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}

static void
print_whole(const struct run *run, const struct control_record *r)
{
    struct buf text = {0};

    if (run->json) {
        struct json_out *j = json_out_new(stdout);
        json_out_open(j, NULL);
        alarm_json(j, r);
        json_out_text(j, "means", control_text(r, "means"));
        json_out_text(j, "done", control_text(r, "done"));
        json_out_text(j, "do", control_text(r, "do"));
        json_out_close(j);
        json_out_free(j);
        return;
    }
    alarm_put_whole(&text, r);
    (void)printf("%.*s\n", (int)text.size, (const char *)text.data);
    buf_clear(&text);
}

static int
show_alarm(struct run *run, const struct control_answer *a, uint64_t number)
{
    (void)number;
    if (a->record_count == 0)
        return NO_MATCH;
    print_whole(run, &a->records[0]);
    return DONE;
}

int
command_alarm_show(struct run *run)
{
    uint64_t number = wanted_alarm(run);

    return number ? link_show(run, "alarms", number, show_alarm) : FAILED;
}

/* Have a person take an alarm or close it, in words of theirs. */
static int
act(struct run *run, const char *verb, const char *said)
{
    uint64_t number = wanted_alarm(run);
    const char *with = option_text(&run->options, "with");
    struct control_answer a;
    struct daemon *d;
    struct ask ask;
    int code = FAILED;

    if (number == 0)
        return FAILED;
    if (!with || !with[0])
        return complain("--with says who does it, and why: --with \"Nguyen, "
                        "phoned them\"");
    d = link_open(run);
    ask_begin(&ask, verb);
    control_add_number(&ask.b, "number", (int64_t)number);
    ask_text(&ask, "with", with);
    if (d && link_call(d, &ask, &a)) {
        if (!run->json)
            (void)printf("A-%llu is %s\n", (unsigned long long)number, said);
        code = DONE;
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}

int
command_alarm_take(struct run *run)
{
    return act(run, "alarm-take", "taken");
}

int
command_alarm_close(struct run *run)
{
    return act(run, "alarm-close", "closed");
}
