#include "cli/alarms.h"
#include "cli/wanted.h"
#include "core/base/limits.h"

/* A list being printed. */
struct listing {
    struct run *run;
    struct json_out *json; /* NULL: text */
    struct grid grid;
    struct arena arena; /* of watch */
    uint64_t shown;
};

/* Rows come in blocks, so that columns are aligned within each. */
#define GRID_ROWS 1024

static void
print_entry(void *context, const struct entry *e)
{
    struct listing *l = context;

    if (l->json) {
        json_out_open(l->json, NULL);
        entry_json(l->json, e);
        json_out_close(l->json);
    } else {
        if (l->shown == 0)
            entry_heading(&l->grid);
        entry_row(&l->grid, e, l->run->terminal);
    }
    l->shown++;
    if (l->shown % GRID_ROWS == 0)
        grid_print(&l->grid, stdout);
}

int
command_list(struct run *run)
{
    struct listing l = {.run = run};
    struct wanted wanted;
    struct daemon *d;
    bool good;

    if (run->options.word_count > 0)
        return command_usage(run);
    if (!wanted_read(run, "to", &wanted))
        return FAILED;
    d = link_open(run);
    if (!d)
        return FAILED;
    l.json = run->json ? json_out_new(stdout) : NULL;
    good = wanted_each(d, &wanted, print_entry, &l);
    grid_print(&l.grid, stdout);
    if (good && l.shown == 0)
        (void)fputs("no message matches\n", stderr);
    grid_clear(&l.grid);
    json_out_free(l.json);
    daemon_close(d);
    return !good ? FAILED : l.shown ? DONE : NO_MATCH;
}

/* ---- watch -------------------------------------------------------------- */

static void
put_news(struct buf *line, const struct control_record *r)
{
    struct slice event = control_text(r, "event");

    text_put_time(line, record_u64(r, "time-ms"));
    if (slice_is(event, "alarm")) {
        buf_put_str(line, "  ALARM     ");
        alarm_put_whole(line, r);
    } else if (slice_is(event, "peer")) {
        buf_put_str(line, "  link      ");
        text_put_clean(line, control_text(r, "team"));
        buf_put_str(line, control_truth(r, "up") ? " is up" : " is DOWN");
        if (control_text(r, "trouble").size) {
            buf_put_str(line, ": ");
            text_put_clean(line, control_text(r, "trouble"));
        }
    } else {
        buf_put_str(line, "  receipted ");
        text_put_clean(line, control_text(r, "lane-name"));
        text_put_range(line,
                       (struct text_place){record_u64(r, "epoch"),
                                           record_u64(r, "first-index")},
                       (struct text_place){record_u64(r, "epoch"),
                                           record_u64(r, "last-index")});
    }
}

static void
put_arrival(struct buf *line, const struct entry *e, bool defang)
{
    const struct control_record *r = e->record;
    size_t start;

    text_put_time(line, record_u64(r, "time-ms"));
    buf_put_str(line, "  ");
    start = line->size;
    text_put_clean(line, control_text(r, "state"));
    while (line->size - start < 9)
        buf_put_u8(line, ' ');
    buf_put_u8(line, ' ');
    entry_put_what(line, e);
    buf_put_u8(line, ' ');
    if (e->has_message)
        entry_put_value(line, &e->message, defang);
    buf_put_str(line, "  ");
    text_put_clean(line, control_text(r, "id"));
}

static void
news_json(struct listing *l, const struct control_record *r)
{
    struct slice event = control_text(r, "event");
    struct json_out *j = l->json;

    json_out_open(j, NULL);
    json_out_text(j, "event", event);
    if (slice_is(event, "entry")) {
        struct entry e;
        entry_read(r, &l->arena, &e);
        entry_json(j, &e);
        json_out_close(j);
        return;
    }
    if (slice_is(event, "alarm")) {
        alarm_json(j, r);
        json_out_close(j);
        return;
    }
    json_out_time(j, "time", record_u64(r, "time-ms"));
    if (slice_is(event, "peer")) {
        json_out_text(j, "team", control_text(r, "team"));
        json_out_truth(j, "up", control_truth(r, "up"));
        json_out_text(j, "trouble", control_text(r, "trouble"));
    } else {
        json_out_text(j, "lane", control_text(r, "lane-name"));
        json_out_text(j, "direction", control_text(r, "direction"));
        json_out_number(j, "first", record_u64(r, "first-index"));
        json_out_number(j, "last", record_u64(r, "last-index"));
    }
    json_out_close(j);
}

static void
print_news(struct listing *l, const struct control_record *r)
{
    struct buf line = {0};

    arena_reset(&l->arena);
    if (control_find(r, "cursor")) {
        if (l->json) {
            json_out_open(l->json, NULL);
            json_out_str(l->json, "event", "cursor");
            json_out_text(l->json, "cursor", control_text(r, "cursor"));
            json_out_close(l->json);
        }
        return;
    }
    if (l->json) {
        news_json(l, r);
        return;
    }
    if (slice_is(control_text(r, "event"), "entry")) {
        struct entry e;
        entry_read(r, &l->arena, &e);
        put_arrival(&line, &e, l->run->terminal);
    } else {
        put_news(&line, r);
    }
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

/* Print what comes until the daemon ends or the user does. */
static int
follow(struct daemon *d, struct listing *l)
{
    struct control_answer a;
    struct ask ask;
    uint64_t id;
    bool sent;

    ask_begin(&ask, "watch");
    ask_text(&ask, "cursor", option_text(&l->run->options, "cursor"));
    control_add_truth(&ask.b, "alarms", option_is(&l->run->options, "alarms"));
    sent = link_send(d, &ask, &id);
    ask_clear(&ask);
    while (sent && link_receive(d, id, -1, &a) == OK) {
        if (a.code != OK) {
            link_complain(&a);
            break;
        }
        for (size_t i = 0; i < a.record_count; i++)
            print_news(l, &a.records[i]);
        if (fflush(stdout) != 0)
            break;
    }
    return FAILED;
}

int
command_watch(struct run *run)
{
    struct listing l = {.run = run};
    struct daemon *d;
    int code;

    if (run->options.word_count > 0)
        return command_usage(run);
    d = link_open(run);
    if (!d)
        return FAILED;
    l.json = run->json ? json_out_new(stdout) : NULL;
    arena_init(&l.arena, ENTRY_BUDGET);
    code = follow(d, &l);
    arena_clear(&l.arena);
    json_out_free(l.json);
    daemon_close(d);
    return code;
}
