#include "cli/alarms.h"
#include "cli/entry.h"
#include "cli/link.h"
#include "core/base/limits.h"

/* A list being printed, page by page. */
struct listing {
    struct run *run;
    struct json_out *json; /* NULL: text */
    struct grid grid;
    struct arena arena;
    const char *state, *kind;
    uint64_t left; /* of --limit */
    uint64_t shown;
};

/* ---- what is asked for -------------------------------------------------- */

static const char *
wanted_state(const struct run *run)
{
    const char *found = NULL, *text;

    for (size_t i = 0; (text = option_nth(&run->options, "state", i)); i++) {
        if (entry_is_state(text))
            found = text;
    }
    return found;
}

static bool
check_options(const struct run *run)
{
    const char *tlp = option_text(&run->options, "tlp");
    const char *kind = option_text(&run->options, "kind");
    enum tlp parsed;

    if (option_text(&run->options, "to") &&
        option_text(&run->options, "from")) {
        (void)complain("--to or --from, not both");
        return false;
    }
    if (tlp && !tlp_parse(slice_str(tlp), &parsed)) {
        (void)complain("--tlp %s: clear, green, amber, amber+strict or red",
                       tlp);
        return false;
    }
    for (unsigned k = 1; kind && k < MESSAGE_KIND_COUNT; k++) {
        if (strcmp(kind, message_kind_name(k)) == 0)
            return true;
    }
    if (kind)
        (void)complain("--kind %s: there is no such kind of message", kind);
    return !kind;
}

static void
ask_page(struct ask *ask, const struct listing *l, struct slice cursor)
{
    const struct options *o = &l->run->options;
    const char *to = option_text(o, "to"), *from = option_text(o, "from");
    enum tlp tlp;

    ask_begin(ask, "list");
    if (to || from) {
        ask_text(ask, "direction", to ? "to" : "from");
        ask_text(ask, "team", to ? to : from);
    }
    ask_text(ask, "state", l->state);
    if (option_text(o, "tlp") &&
        tlp_parse(slice_str(option_text(o, "tlp")), &tlp))
        ask_text(ask, "tlp", tlp_name(tlp));
    if (cursor.size)
        control_add_text(&ask->b, "cursor", cursor);
    if (l->left < 1024)
        control_add_number(&ask->b, "limit", (int64_t)l->left);
}

/* ---- printing ----------------------------------------------------------- */

static bool
is_wanted(const struct listing *l, const struct entry *e)
{
    if (l->state && !slice_is(control_text(e->record, "state"), l->state))
        return false;
    return !l->kind ||
           (e->has_message &&
            strcmp(message_kind_name(e->message.kind), l->kind) == 0);
}

static void
print_entry(struct listing *l, const struct control_record *r)
{
    struct entry e;

    arena_reset(&l->arena);
    entry_read(r, &l->arena, &e);
    if (!is_wanted(l, &e))
        return;
    if (l->json) {
        json_out_open(l->json, NULL);
        entry_json(l->json, &e);
        json_out_close(l->json);
    } else {
        if (l->shown == 0)
            entry_heading(&l->grid);
        entry_row(&l->grid, &e, l->run->terminal);
    }
    l->shown++;
    l->left--;
}

/* Print a page; true if there is another, whose cursor is then in `next`. */
static bool
print_page(struct listing *l, const struct control_answer *a, struct buf *next)
{
    buf_reset(next);
    for (size_t i = 0; i < a->record_count && l->left > 0; i++) {
        const struct control_record *r = &a->records[i];
        if (control_find(r, "cursor"))
            buf_put(next, control_text(r, "cursor"));
        else
            print_entry(l, r);
    }
    grid_print(&l->grid, stdout);
    return next->size > 0 && l->left > 0;
}

static bool
print_pages(struct daemon *d, struct listing *l)
{
    struct buf next = {0};
    struct control_answer a;
    struct ask ask;
    bool good, more;

    do {
        ask_page(&ask, l, buf_slice(&next));
        good = link_call(d, &ask, &a);
        ask_clear(&ask);
        if (good && a.text.size)
            link_complain(&a);
        more = good && print_page(l, &a, &next);
    } while (more);
    buf_clear(&next);
    return good;
}

int
command_list(struct run *run)
{
    struct listing l = {.run = run, .state = wanted_state(run)};
    struct daemon *d;
    bool good;

    l.kind = option_text(&run->options, "kind");
    if (run->options.word_count > 0)
        return command_usage(run);
    if (!check_options(run) ||
        !option_number(&run->options, "limit", UINT32_MAX, UINT64_MAX, &l.left))
        return FAILED;
    d = link_open(run);
    if (!d)
        return FAILED;
    l.json = run->json ? json_out_new(stdout) : NULL;
    arena_init(&l.arena, ENTRY_BUDGET);
    good = print_pages(d, &l);
    if (good && l.shown == 0)
        (void)fputs("no message matches\n", stderr);
    arena_clear(&l.arena);
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
