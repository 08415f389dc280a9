#include "cli/progress.h"

#include "cli/held.h"
#include "cli/json_out.h"
#include "edge/control/ids.h"

/* Read the one word of a command as a submission's number; 0 after saying
 * what is wrong. */
static uint64_t
wanted_number(const struct run *run)
{
    uint64_t number;

    if (run->options.word_count != 1) {
        (void)command_usage(run);
        return 0;
    }
    if (submission_ref_parse(slice_str(run->options.words[0]), &number) &&
        number > 0)
        return number;
    (void)complain("%s is no submission; one looks like S-4821",
                   run->options.words[0]);
    return 0;
}

/* ---- submission --------------------------------------------------------- */

static void
add_range(struct grid *g, const struct control_record *r)
{
    struct buf cell = {0};

    if (control_find(r, "first-index")) {
        text_put_range(&cell,
                       (struct text_place){record_u64(r, "first-epoch"),
                                           record_u64(r, "first-index")},
                       (struct text_place){record_u64(r, "epoch"),
                                           record_u64(r, "last-index")});
    } else {
        buf_put_u8(&cell, '-');
    }
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

static void
add_link(struct grid *g, const struct control_record *r)
{
    struct buf cell = {0};

    if (control_truth(r, "up")) {
        buf_put_str(&cell, "up");
    } else {
        buf_put_str(&cell, "DOWN ");
        text_put_clean(&cell, control_text(r, "trouble"));
    }
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

/* Who let go what its source holds back, and why. */
static void
print_released(const struct control_record *r)
{
    struct buf line = {0};

    if (!control_find(r, "released-by"))
        return;
    buf_put_str(&line, "        released ");
    text_put_time(&line, record_u64(r, "released-ms"));
    buf_put_str(&line, " by ");
    user_put(&line, record_u64(r, "released-by"));
    buf_put_str(&line, ": ");
    text_put_clean(&line, control_text(r, "released-why"));
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

static const char *const counts[] = {"queued", "sent", "receipted",
                                     "cancelled"};

static void
print_parts(const struct control_answer *a)
{
    static const char *const heading[] = {
        "TEAM", "QUEUED", "SENT", "RECEIPTED", "CANCELLED", "MESSAGES", "LINK"};
    struct grid g = {.right = {false, true, true, true, true}};
    struct buf cell = {0};

    for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
        grid_add(&g, slice_str(heading[i]));
    grid_end_row(&g);
    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (!control_find(r, "team"))
            continue;
        buf_reset(&cell);
        text_put_clean(&cell, control_text(r, "team"));
        grid_add(&g, buf_slice(&cell));
        for (size_t k = 0; k < ARRAY_SIZE(counts); k++) {
            buf_reset(&cell);
            text_put_count(&cell, record_u64(r, counts[k]));
            grid_add(&g, buf_slice(&cell));
        }
        add_range(&g, r);
        add_link(&g, r);
        grid_end_row(&g);
    }
    grid_print(&g, stdout);
    grid_clear(&g);
    buf_clear(&cell);
}

static void
parts_json(const struct control_answer *a)
{
    struct json_out *j = json_out_new(stdout);

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (!control_find(r, "team"))
            continue;
        json_out_open(j, NULL);
        json_out_number(j, "submission", record_u64(r, "number"));
        json_out_text(j, "team", control_text(r, "team"));
        json_out_time(j, "time", record_u64(r, "time-ms"));
        for (size_t k = 0; k < ARRAY_SIZE(counts); k++)
            json_out_number(j, counts[k], record_u64(r, counts[k]));
        if (control_find(r, "first-index")) {
            json_out_number(j, "first_epoch", record_u64(r, "first-epoch"));
            json_out_number(j, "first", record_u64(r, "first-index"));
            json_out_number(j, "epoch", record_u64(r, "epoch"));
            json_out_number(j, "last", record_u64(r, "last-index"));
        }
        if (control_find(r, "released-by")) {
            json_out_number(j, "released_by", record_u64(r, "released-by"));
            json_out_time(j, "released", record_u64(r, "released-ms"));
            json_out_text(j, "released_why", control_text(r, "released-why"));
        }
        json_out_truth(j, "up", control_truth(r, "up"));
        json_out_text(j, "trouble", control_text(r, "trouble"));
        json_out_close(j);
    }
    json_out_free(j);
}

static int
print_submission(struct run *run, const struct control_answer *a,
                 uint64_t number)
{
    struct progress p;
    struct buf when = {0};

    if (run->json) {
        parts_json(a);
    } else if (a->record_count > 0) {
        text_put_time(&when, record_u64(&a->records[0], "time-ms"));
        (void)printf("S-%llu  submitted %.*s\n", (unsigned long long)number,
                     (int)when.size, (const char *)when.data);
        print_released(&a->records[0]);
        print_parts(a);
    }
    buf_clear(&when);
    progress_read(a, &p);
    return p.queued || p.receipted < p.sent ? WAITING : DONE;
}

int
command_submission(struct run *run)
{
    uint64_t number = wanted_number(run);

    return number ? link_show(run, "submission", number, print_submission)
                  : FAILED;
}

/* ---- cancel ------------------------------------------------------------- */

static void
print_cancelled(struct run *run, const struct control_answer *a)
{
    struct json_out *j = run->json ? json_out_new(stdout) : NULL;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        struct slice to = control_text(r, "to");
        uint64_t recalled = record_u64(r, "cancelled");
        uint64_t sent = record_u64(r, "already-sent");
        if (j) {
            json_out_open(j, NULL);
            json_out_text(j, "to", to);
            json_out_number(j, "cancelled", recalled);
            json_out_number(j, "already_sent", sent);
            json_out_close(j);
            continue;
        }
        (void)printf("%.*s  %llu recalled, %llu had left\n", (int)to.size,
                     (const char *)to.data, (unsigned long long)recalled,
                     (unsigned long long)sent);
    }
    json_out_free(j);
}

int
command_cancel(struct run *run)
{
    uint64_t number = wanted_number(run), left = 0;
    struct control_answer a;
    struct daemon *d;
    struct ask ask;
    int code = FAILED;

    if (number == 0)
        return FAILED;
    d = link_open(run);
    ask_begin(&ask, "cancel");
    control_add_number(&ask.b, "number", (int64_t)number);
    if (d && link_call(d, &ask, &a)) {
        print_cancelled(run, &a);
        for (size_t i = 0; i < a.record_count; i++)
            left += record_u64(&a.records[i], "already-sent");
        code = left ? NO_MATCH : DONE;
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}

/* ---- queue -------------------------------------------------------------- */

static void
put_waiting(struct buf *line, const struct control_record *r, uint64_t now)
{
    uint64_t oldest = record_u64(r, "oldest-ms");

    text_put_clean(line, control_text(r, "team"));
    buf_put_str(line, "  ");
    text_put_count(line, record_u64(r, "queued"));
    buf_put_str(line, " queued");
    if (oldest > 0) {
        buf_put_str(line, ", the oldest for ");
        text_put_span(line, now > oldest ? now - oldest : 0);
    }
    if (control_truth(r, "up")) {
        buf_put_str(line, "; link up");
        return;
    }
    buf_put_str(line, "; link DOWN");
    if (control_text(r, "trouble").size) {
        buf_put_str(line, ": ");
        text_put_clean(line, control_text(r, "trouble"));
    }
    if (control_find(r, "next-try-in-ms")) {
        buf_put_str(line, "; next try in ");
        text_put_span(line, record_u64(r, "next-try-in-ms"));
    }
}

static void
print_queue(struct run *run, const struct control_answer *a)
{
    struct json_out *j = run->json ? json_out_new(stdout) : NULL;
    struct buf line = {0};

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (j) {
            json_out_open(j, NULL);
            json_out_text(j, "team", control_text(r, "team"));
            json_out_number(j, "queued", record_u64(r, "queued"));
            json_out_time(j, "oldest", record_u64(r, "oldest-ms"));
            json_out_truth(j, "up", control_truth(r, "up"));
            json_out_text(j, "trouble", control_text(r, "trouble"));
            if (control_find(r, "next-try-in-ms"))
                json_out_number(j, "next_try_in_ms",
                                record_u64(r, "next-try-in-ms"));
            json_out_close(j);
            continue;
        }
        buf_reset(&line);
        put_waiting(&line, r, progress_now_ms());
        (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    }
    buf_clear(&line);
    json_out_free(j);
}

int
command_queue(struct run *run)
{
    struct control_answer a;
    struct daemon *d;
    struct ask ask;
    int code = FAILED;

    if (run->options.word_count > 1)
        return command_usage(run);
    d = link_open(run);
    ask_begin(&ask, "queue");
    if (run->options.word_count == 1)
        ask_text(&ask, "team", run->options.words[0]);
    if (d && link_call(d, &ask, &a)) {
        print_queue(run, &a);
        code = DONE;
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}
