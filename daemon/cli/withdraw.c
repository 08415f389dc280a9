#include "cli/agree.h"
#include "cli/submit.h"
#include "cli/targets.h"
#include "cli/text.h"
#include "core/base/mem.h"
#include "core/lane/leaf.h"
#include "core/wire/message.h"
#include "edge/control/ids.h"

/* What decoding a withdrawal may take. */
#define BUDGET MIB(1)

struct withdrawing {
    struct run *run;
    const char *reason;
    struct daemon *daemon, *index;
    struct targets targets;
    struct wishes wishes; /* the teams of --to */
    struct sources sources;
    struct source_handler handler;
    struct vanished vanished;
    bool has_faults;
    struct buf records; /* of the lane at hand, from `from` on */
    uint32_t lane;
    uint64_t from;
    uint64_t accepted, refused; /* by the team at hand */
    bool any_refused;
    bool red_left_out; /* if there is any */
};

/* ---- which messages ----------------------------------------------------- */

static bool
is_meant(const struct withdrawing *w, struct slice team)
{
    const struct buf *to = &w->wishes.to;

    for (size_t at = 0; at < to->size;) {
        const char *name = (const char *)to->data + at;
        if (slice_is(team, name))
            return true;
        at += strlen(name) + 1;
    }
    return to->size == 0;
}

static void
record_take(struct withdrawing *w, const struct control_record *r)
{
    if (is_meant(w, control_text(r, "team")))
        targets_add(&w->targets, r, w->reason);
}

/* Ask the index page by page; `ask` says of what. */
static bool
ours_take(struct withdrawing *w, void (*put)(struct ask *ask, const void *what),
          const void *what)
{
    int64_t before = 0;
    bool good;

    do {
        struct control_answer a;
        struct ask ask;
        ask_begin(&ask, "ours");
        put(&ask, what);
        if (before)
            control_add_number(&ask.b, "before", before);
        good = link_call(w->index, &ask, &a) && a.record_count > 0;
        ask_clear(&ask);
        if (!good)
            return false;
        for (size_t i = 0; i + 1 < a.record_count; i++)
            record_take(w, &a.records[i]);
        const struct control_record *last = &a.records[a.record_count - 1];
        w->targets.hidden += record_u64(last, "hidden");
        w->red_left_out |= control_truth(last, "red-left-out");
        before = control_number(last, "next", 0);
    } while (before);
    return true;
}

static void
put_object(struct ask *ask, const void *what)
{
    ask_text(ask, "object", what);
}

static void
put_submission(struct ask *ask, const void *what)
{
    const uint64_t *number = what;

    control_add_number(&ask->b, "submission", (int64_t)*number);
}

static void
put_place(struct ask *ask, const void *what)
{
    const uint64_t *place = what;

    control_add_number(&ask->b, "lane", (int64_t)place[0]);
    control_add_number(&ask->b, "index", (int64_t)place[1]);
}

static bool
message_take(struct withdrawing *w, const char *word)
{
    struct control_answer a;
    uint64_t place[2] = {0};
    struct ask ask;
    bool good;

    ask_begin(&ask, "show");
    ask_text(&ask, "id", word);
    good = link_call(w->daemon, &ask, &a) && a.record_count > 0;
    if (good) {
        place[0] = record_u64(&a.records[0], "lane");
        place[1] = record_u64(&a.records[0], "index");
    }
    ask_clear(&ask);
    return good && ours_take(w, put_place, place);
}

static bool
word_take(struct withdrawing *w, const char *word)
{
    struct message_ref ref;
    uint64_t number;

    if (submission_ref_parse(slice_str(word), &number))
        return ours_take(w, put_submission, &number);
    if (message_ref_parse(slice_str(word), &ref))
        return message_take(w, word);
    return ours_take(w, put_object, word);
}

/* ---- what a file has no longer ------------------------------------------ */

static void
on_item(void *context, const struct place *place,
        const struct format_item *item)
{
    struct withdrawing *w = context;
    struct message m = item->message;

    if (m.package.source.size == 0)
        m.has_package = false;
    vanished_series(&w->vanished, w->run, place, &m);
    vanished_note(&w->vanished, &m);
}

static void
on_fault(void *context, const struct place *place,
         const struct format_fault *fault)
{
    struct withdrawing *w = context;
    struct buf line = {0};

    if (fault->weight == FAULT_REMARK)
        return;
    place_put(&line, place);
    (void)complain("%.*s: %s", (int)line.size, (const char *)line.data,
                   fault->text);
    buf_clear(&line);
    w->has_faults = true;
}

static void
on_vanished(void *context, const struct control_record *r, uint64_t hash)
{
    (void)hash;
    record_take(context, r);
}

static bool
vanished_take(struct withdrawing *w)
{
    struct vanished_ask ask = {
        .index = w->index, .context = w, .each = on_vanished};
    bool good = true;

    w->handler = (struct source_handler){w, on_item, on_fault, false};
    if (sources_open(&w->sources, w->run, true) != DONE ||
        !sources_learn(&w->sources) ||
        !sources_deliver(&w->sources, &w->handler))
        return false;
    if (w->has_faults) {
        (void)complain("what cannot be read would count as vanished: nothing "
                       "is withdrawn");
        return false;
    }
    for (size_t at = 0; good && at < w->wishes.to.size;) {
        ask.team = (const char *)w->wishes.to.data + at;
        good = vanished_find(&w->vanished, &ask);
        w->red_left_out |= ask.red_left_out;
        at += strlen(ask.team) + 1;
    }
    return good;
}

static bool
targets_find(struct withdrawing *w)
{
    const struct options *o = &w->run->options;
    bool good = true;

    if (option_is(o, "vanished"))
        return vanished_take(w);
    for (size_t i = 0; good && i < o->word_count; i++)
        good = word_take(w, o->words[i]);
    return good;
}

/* ---- sending ------------------------------------------------------------ */

/* See the leaf record of a target; a page of the lane's is asked for where it
 * is not at hand. */
static bool
record_see(struct withdrawing *w, const struct target *t,
           const uint8_t **record)
{
    struct control_answer a;
    struct ask ask;
    bool good = true;

    if (w->records.size == 0 || t->lane != w->lane || t->index < w->from ||
        t->index - w->from >= w->records.size / LEAF_BYTES) {
        ask_begin(&ask, "records");
        control_add_number(&ask.b, "lane", t->lane);
        control_add_number(&ask.b, "from-index", (int64_t)t->index);
        good = link_call(w->daemon, &ask, &a) && a.record_count > 0;
        buf_reset(&w->records);
        if (good)
            buf_put(&w->records, control_bytes(&a.records[0], "records"));
        ask_clear(&ask);
        w->lane = t->lane;
        w->from = t->index;
    }
    if (!good || w->records.size < LEAF_BYTES)
        return false;
    *record = w->records.data + (size_t)(t->index - w->from) * LEAF_BYTES;
    return true;
}

static bool
target_send(struct withdrawing *w, struct upload *u, const struct target *t)
{
    const struct upload_tag tag = {0};
    const uint8_t *record;
    struct arena arena;
    struct message m;

    if (!record_see(w, t, &record)) {
        (void)complain("a leaf record of the lane cannot be read");
        return false;
    }
    arena_init(&arena, BUDGET);
    bool good = message_get(slice_of(w->targets.bytes.data + t->at, t->size),
                            &arena, &m) == OK;
    if (good) {
        leaf_hash(record, &m.withdrawal.entry.leaf);
        good = upload_add(u, &tag, &m, UPLOAD_ALL);
    }
    arena_clear(&arena);
    return good;
}

static void
on_verdict(void *context, const struct upload_tag *tag,
           const struct control_record *r)
{
    struct withdrawing *w = context;
    struct buf line = {0};

    (void)tag;
    if (r && control_truth(r, "accepted")) {
        w->accepted++;
        return;
    }
    w->refused++;
    w->any_refused = true;
    if (!r)
        return;
    text_put_clean(&line, control_text(r, "text"));
    (void)complain("not withdrawn: %.*s", (int)line.size,
                   (const char *)line.data);
    buf_clear(&line);
}

static void
print_sent(const struct withdrawing *w, const char *team, uint64_t number)
{
    struct buf line = {0};

    buf_put_str(&line, "S-");
    buf_put_decimal(&line, number);
    if (w->run->json) {
        struct json_out *j = json_out_new(stdout);
        json_out_open(j, NULL);
        json_out_str(j, "event", "withdrawn");
        json_out_text(j, "submission", buf_slice(&line));
        json_out_str(j, "to", team);
        json_out_str(j, "reason", w->reason);
        json_out_number(j, "withdrawn", w->accepted);
        json_out_number(j, "refused", w->refused);
        json_out_close(j);
        json_out_free(j);
    } else {
        buf_put_str(&line, "  ");
        text_put_counted(&line, w->accepted, "withdrawal", "withdrawals");
        (void)printf(
            "%.*s to %s, \"%s\"\n  Follow: sealane submission S-%llu\n",
            (int)line.size, (const char *)line.data, team, w->reason,
            (unsigned long long)number);
    }
    buf_clear(&line);
}

/* One submission for each team: from the target `*at` on to the last that is
 * for the same one. */
static bool
team_send(struct withdrawing *w, size_t *at)
{
    const struct targets *t = &w->targets;
    uint32_t team = t->list[*at].team;
    const char *name = targets_team(t, team);
    struct buf to = {0};
    const struct upload_config config = {.run = w->run,
                                         .to = &to,
                                         .again = true,
                                         .title = slice_str("withdrawal"),
                                         .context = w,
                                         .verdict = on_verdict};
    struct upload *u = upload_new(&config);
    bool good = true;

    buf_put(&to, slice_str(name));
    buf_put_u8(&to, 0);
    w->accepted = w->refused = 0;
    for (; good && *at < t->count && t->list[*at].team == team; ++*at)
        good = target_send(w, u, &t->list[*at]);
    good = good && upload_finish(u);
    if (good)
        print_sent(w, name, upload_number(u));
    upload_free(u);
    buf_clear(&to);
    return good;
}

/* ---- the command -------------------------------------------------------- */

static void
say_left_out(const struct withdrawing *w)
{
    const struct targets *t = &w->targets;
    const struct {
        uint64_t count;
        const char *text;
    } reasons[] = {
        {t->theirs, "not ours: only the team that sent a message withdraws it"},
        {t->waiting, "not sent yet: sealane cancel recalls a submission"},
        {t->withdrawn, "withdrawn already"},
        {t->hidden, "TLP:RED, and passed over: one who may read it "
                    "withdraws it"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (reasons[i].count)
            (void)fprintf(stderr, "%llu %s\n",
                          (unsigned long long)reasons[i].count,
                          reasons[i].text);
    if (w->red_left_out)
        (void)fputs("without what is TLP:RED, if there is any: one who may "
                    "read it withdraws it\n",
                    stderr);
}

static bool
is_agreed(const struct withdrawing *w)
{
    unsigned long long total = w->targets.count;
    char question[160];

    if (total == 1)
        return true;
    (void)snprintf(question, sizeof question,
                   "%llu messages are withdrawn, all teams together, which "
                   "cannot be taken back.\nType the number to withdraw them",
                   total);
    return agree_count(w->run, question, total, "withdrawn");
}

static int
withdraw(struct withdrawing *w)
{
    bool good = true;

    if (!targets_find(w))
        return FAILED;
    targets_sort(&w->targets);
    say_left_out(w);
    if (w->targets.count == 0) {
        (void)complain("nothing is withdrawn: none of it is ours, sent and "
                       "still stands");
        return NO_MATCH;
    }
    if (!is_agreed(w))
        return FAILED;
    for (size_t at = 0; good && at < w->targets.count;)
        good = team_send(w, &at);
    if (!good)
        return FAILED;
    const struct targets *t = &w->targets;
    return w->any_refused                         ? REFUSED
           : t->theirs || t->waiting || t->hidden ? NO_MATCH
                                                  : DONE;
}

static bool
wants_read(struct withdrawing *w)
{
    static const char *const reasons[] = {"false-positive", "outdated",
                                          "mistake"};
    const struct options *o = &w->run->options;
    const char *reason = option_text(o, "reason");
    bool known = false;

    for (size_t i = 0; reason && i < ARRAY_SIZE(reasons); i++)
        known |= strcmp(reason, reasons[i]) == 0;
    if (!known) {
        (void)complain("why? say --reason false-positive, outdated or mistake");
        return false;
    }
    w->reason = reason;
    return (!option_is(o, "vanished") && !option_text(o, "to")) ||
           wishes_teams(w->run, &w->wishes);
}

int
command_withdraw(struct run *run)
{
    struct withdrawing *w;
    int code = FAILED;

    if (run->options.word_count == 0 && !option_text(&run->options, "file"))
        return command_usage(run);
    w = mem_new(sizeof *w);
    w->run = run;
    vanished_begin(&w->vanished);
    if (wants_read(w) && (w->daemon = link_open(run)) &&
        (w->index = sift_index(run, "what was sent is not known, and nothing "
                                    "is withdrawn")))
        code = withdraw(w);
    daemon_close(w->daemon);
    daemon_close(w->index);
    targets_clear(&w->targets);
    vanished_clear(&w->vanished);
    wishes_clear(&w->wishes);
    if (w->sources.list)
        sources_close(&w->sources);
    buf_clear(&w->records);
    mem_free(w);
    return code;
}
