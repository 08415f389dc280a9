#include "cli/agree.h"
#include "cli/json_out.h"
#include "cli/progress.h"
#include "core/base/mem.h"
#include "edge/control/ids.h"

#define ANSWER_CHARACTERS_MAX 32

/* What was done, all requests together. */
struct expunging {
    struct run *run;
    struct daemon *asks;
    uint64_t expunged, cancelled;
};

static int
print_done(const struct expunging *e, const char *what)
{
    unsigned long long expunged = e->expunged, cancelled = e->cancelled;

    if (e->run->json) {
        struct json_out *j = json_out_new(stdout);
        json_out_open(j, NULL);
        json_out_str(j, "id", what);
        json_out_number(j, "expunged", e->expunged);
        json_out_number(j, "cancelled", e->cancelled);
        json_out_close(j);
        json_out_free(j);
        return DONE;
    }
    (void)printf("%s  %llu to be expunged, %llu recalled before they left\n",
                 what, expunged, cancelled);
    if (expunged)
        (void)printf("  Erased here and there once the expunge has been sent; "
                     "sealane show ID says how far it is.\n"
                     "  Backups, snapshots, and what people copied are not "
                     "reached.\n");
    return DONE;
}

/* ---- one message --------------------------------------------------------- */

/* Learn where a message lies: lane and index. */
static int
find_message(struct expunging *e, const char *id, struct ask *out)
{
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "show");
    ask_text(&ask, "id", id);
    if (link_ask(e->asks, &ask, &a)) {
        if (a.code == OK && a.record_count > 0) {
            const struct control_record *r = &a.records[0];
            control_add_number(&out->b, "lane", (int64_t)record_u64(r, "lane"));
            control_add_number(&out->b, "index",
                               (int64_t)record_u64(r, "index"));
            code = DONE;
        } else {
            link_complain(&a);
            code = a.code == ERR_NOT_FOUND ? NO_MATCH : FAILED;
        }
    }
    ask_clear(&ask);
    return code;
}

static int
expunge_message(struct expunging *e, const char *id)
{
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "expunge");
    int code = find_message(e, id, &ask);
    if (code == DONE && !link_call(e->asks, &ask, &a))
        code = FAILED;
    ask_clear(&ask);
    if (code != DONE)
        return code;
    e->expunged = 1;
    return print_done(e, id);
}

/* ---- a submission -------------------------------------------------------- */

/* Where a submission went, and how many messages of it. */
struct destination {
    struct buf team;
    uint64_t count;
};

static uint64_t
read_destinations(const struct control_answer *a, struct destination *d)
{
    uint64_t total = 0;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (!control_find(r, "team"))
            continue;
        buf_put(&d[i].team, control_text(r, "team"));
        d[i].count = record_u64(r, "queued") + record_u64(r, "sent");
        total += d[i].count;
    }
    return total;
}

/* Have a person, or an option, say the count: it is what goes for good. */
static bool
is_agreed(const struct run *run, const char *what, uint64_t total)
{
    char question[160];

    (void)snprintf(question, sizeof question,
                   "%s has %llu messages with all teams together. They cannot "
                   "be brought back.\nType the number to expunge them",
                   what, (unsigned long long)total);
    return agree_count(run, question, total, "expunged");
}

/* Page by page: one request looks at so many entries. */
static bool
expunge_at(struct expunging *e, uint64_t number, const struct destination *d)
{
    int64_t from = -1, lane = 0;
    bool good;

    do {
        struct control_answer a;
        struct ask ask;
        ask_begin(&ask, "expunge");
        control_add_number(&ask.b, "number", (int64_t)number);
        control_add_text(&ask.b, "to", buf_slice(&d->team));
        control_add_number(&ask.b, "count", (int64_t)d->count);
        if (from >= 0) {
            control_add_number(&ask.b, "lane", lane);
            control_add_number(&ask.b, "from", from);
        }
        good = link_call(e->asks, &ask, &a) && a.record_count > 0;
        ask_clear(&ask);
        if (!good)
            return false;
        e->expunged += record_u64(&a.records[0], "expunged");
        e->cancelled += record_u64(&a.records[0], "cancelled");
        lane = control_number(&a.records[0], "next-lane", 0);
        from = control_number(&a.records[0], "next", -1);
    } while (from >= 0);
    return true;
}

static int
expunge_destinations(struct expunging *e, uint64_t number,
                     const struct control_answer *a)
{
    struct destination *d = mem_new((a->record_count + 1) * sizeof *d);
    size_t count = a->record_count;
    uint64_t total = read_destinations(a, d);
    char what[ANSWER_CHARACTERS_MAX];

    (void)snprintf(what, sizeof what, "S-%llu", (unsigned long long)number);
    bool good = is_agreed(e->run, what, total);
    for (size_t i = 0; i < count; i++) {
        if (good && d[i].count)
            good = expunge_at(e, number, &d[i]);
        buf_clear(&d[i].team);
    }
    mem_free(d);
    return good ? print_done(e, what) : FAILED;
}

static int
expunge_submission(struct expunging *e, uint64_t number)
{
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "submission");
    control_add_number(&ask.b, "number", (int64_t)number);
    if (link_ask(e->asks, &ask, &a)) {
        if (a.code == OK)
            code = expunge_destinations(e, number, &a);
        else
            link_complain(&a);
        if (a.code == ERR_NOT_FOUND)
            code = NO_MATCH;
    }
    ask_clear(&ask);
    return code;
}

/* ---- the command --------------------------------------------------------- */

int
command_expunge(struct run *run)
{
    struct expunging e = {.run = run};
    uint64_t number;
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    e.asks = link_open(run);
    if (e.asks)
        code = submission_ref_parse(slice_str(run->options.words[0]), &number)
                   ? expunge_submission(&e, number)
                   : expunge_message(&e, run->options.words[0]);
    daemon_close(e.asks);
    return code;
}
