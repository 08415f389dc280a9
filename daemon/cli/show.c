#include "cli/entry.h"
#include "cli/fate.h"
#include "cli/newer.h"
#include "cli/progress.h"
#include "cli/proofs.h"
#include "cli/reviewed.h"
#include "core/base/limits.h"
#include "edge/control/ids.h"

/* ---- words for people --------------------------------------------------- */

static void
print_field(const char *name, const struct buf *text)
{
    if (text->size > 0)
        (void)printf(" %-10s %.*s\n", name, (int)text->size,
                     (const char *)text->data);
}

static void
print_slice(const char *name, struct slice text)
{
    struct buf clean = {0};

    text_put_clean(&clean, text);
    print_field(name, &clean);
    buf_clear(&clean);
}

/* How the value stands today. */
static const char *
standing(const struct head *h, uint64_t now_ms)
{
    if (h->revoked)
        return "REVOKED";
    if (h->has_valid_until && h->valid_until.ms <= now_ms)
        return "EXPIRED";
    if (h->has_valid_from && h->valid_from.ms > now_ms)
        return "NOT YET VALID";
    return "ACTIVE";
}

static void
put_headline(struct buf *line, const struct entry *e, const struct fate *fate,
             bool defang)
{
    const struct head *h = &e->message.head;

    entry_put_what(line, e);
    buf_put_u8(line, ' ');
    entry_put_value(line, &e->message, defang);
    if (!e->message.has_head)
        return;
    buf_put_str(line, h->role.size ? "  " : "");
    text_put_clean(line, h->role);
    buf_put_str(line, "  ");
    marking_put(line, &h->marking);
    if (h->has_confidence) {
        buf_put_str(line, "  confidence ");
        buf_put_decimal(line, h->confidence);
    }
    if (h->use != USE_UNSTATED) {
        buf_put_str(line, "  for ");
        buf_put_str(line, h->use == USE_NONE ? "no" : use_name(h->use));
        buf_put_str(line, h->use == USE_NONE ? " use" : " at most");
    }
    if (h->has_valid_until) {
        buf_put_str(line, "  valid to ");
        text_put_day(line, h->valid_until.ms);
    }
    if (e->message.kind == MESSAGE_INDICATOR) {
        buf_put_str(line, "  ");
        if (!fate_put_standing(line, fate))
            buf_put_str(line, standing(h, progress_now_ms()));
    }
    if (h->marking.exercise.size) {
        buf_put_str(line, "  EXERCISE ");
        text_put_clean(line, h->marking.exercise);
    }
}

static void
put_producer(struct buf *line, const struct entry *e)
{
    const struct message *m = &e->message;
    struct slice origin = control_text(e->record, "origin");
    struct slice producer = m->head.producer;

    if (producer.size == 0 || slice_equal(producer, origin)) {
        text_put_clean(line, origin);
        buf_put_str(line, " (= sender)");
    } else {
        text_put_clean(line, producer);
        buf_put_str(line, ", sent by ");
        text_put_clean(line, origin);
    }
    if (m->has_submission && m->submission.case_reference.size) {
        buf_put_str(line, ", case ");
        text_put_clean(line, m->submission.case_reference);
    }
    if (m->has_submission && m->submission.number) {
        bool ours = slice_is(control_text(e->record, "direction"), "to");
        buf_put_str(line, ours ? ", S-" : ", their S-");
        buf_put_decimal(line, m->submission.number);
    }
}

/* What each TLP lets a reader do (FIRST TLP 2.0). */
static void
put_sharing(struct buf *line, const struct marking *m)
{
    switch (m->tlp) {
    case TLP_CLEAR:
        buf_put_str(line, "share and publish it without limit");
        return;
    case TLP_GREEN:
        buf_put_str(line, "use and share it within the community. NOT "
                          "publish");
        return;
    case TLP_AMBER:
        buf_put_str(line, "use it in your organisation and with clients who "
                          "need to know. NOT forward to teams, NOT publish");
        return;
    case TLP_AMBER_STRICT:
        buf_put_str(line, "use it in your organisation alone. NOT with "
                          "clients, NOT forward, NOT publish");
        return;
    case TLP_RED:
        buf_put_str(line, "use it yourself if you are named. NOT pass on to "
                          "anybody");
        return;
    }
}

/* What each PAP lets a reader do with it. */
static void
put_action(struct buf *line, enum pap pap)
{
    switch (pap) {
    case PAP_NONE:
        return;
    case PAP_CLEAR:
        buf_put_str(line, "; act on it without limit");
        return;
    case PAP_GREEN:
        buf_put_str(line, "; block it");
        return;
    case PAP_AMBER:
        buf_put_str(line, "; look it up passively. NOT block or touch it");
        return;
    case PAP_RED:
        buf_put_str(line, "; look for it in your own logs alone. NOT "
                          "anything that can be noticed");
        return;
    }
}

static void
print_handling(const struct marking *m)
{
    struct buf line = {0};

    put_sharing(&line, m);
    put_action(&line, m->pap);
    print_field("you may", &line);
    for (size_t i = 0; i < m->recipient_count; i++)
        print_slice(i == 0 ? "for" : "", m->recipients[i]);
    buf_clear(&line);
}

/* ---- lines -------------------------------------------------------------- */

static void
put_arrival(struct buf *line, const struct control_record *r)
{
    uint64_t receipt = record_u64(r, "receipt-time-s");
    bool to = slice_is(control_text(r, "direction"), "to");

    text_put_time(line, record_u64(r, "time-ms"));
    buf_put_str(line, ", ");
    text_put_clean(line, control_text(r, "state"));
    if (receipt) {
        buf_put_str(line, to ? ", receipted by them " : ", receipted by us ");
        text_put_time(line, receipt * 1000);
    }
    if (control_find(r, "reason-text")) {
        buf_put_str(line, ", declined: ");
        text_put_clean(line, control_text(r, "reason-text"));
    }
}

/* How far the expunge of a message is, and who has confirmed it. */
static void
put_expunge(struct buf *line, const struct control_record *r)
{
    bool to = slice_is(control_text(r, "direction"), "to");
    struct slice state = control_text(r, "expunge");

    if (slice_is(state, "queued"))
        buf_put_str(line, "queued: it goes with the next session");
    if (state.size == 0 || slice_is(state, "queued"))
        return;
    text_put_time(line, record_u64(r, "expunged-ms"));
    buf_put_str(line, " by ");
    text_put_clean(line, control_text(r, "expunged-by"));
    buf_put_str(line, slice_is(state, "done") ? ", erased here"
                                              : ", being erased here");
    if (control_truth(r, "expunge-receipted"))
        buf_put_str(line, to ? ", receipted by them" : ", receipted by us");
    else
        buf_put_str(line, to ? ", NOT yet receipted by them" : "");
}

static void
put_package(struct buf *line, const struct package *p)
{
    text_put_clean(line, p->source);
    buf_put_u8(line, ' ');
    text_put_clean(line, p->id);
    buf_put_str(line, ", object ");
    buf_put_decimal(line, p->position);
    if (p->count) {
        buf_put_str(line, " of ");
        buf_put_decimal(line, p->count);
    }
}

/* What the command found when it computed and checked everything itself. */
struct finding {
    enum err why;
    uint64_t card_version;
    struct fate fate;  /* as the index tells */
    struct buf review; /* why it waits for that */
};

static void
put_signature(struct buf *line, const struct control_record *r,
              const struct finding *f)
{
    if (f->why == ERR_MISSING) {
        buf_put_str(line, "not signed yet");
        return;
    }
    if (f->why != OK) {
        buf_put_str(line, "NOT GOOD: ");
        buf_put_str(line, err_text(f->why));
        return;
    }
    buf_put_str(line, "GOOD, card v");
    buf_put_decimal(line, f->card_version);
    if (control_text(r, "confirmed-by").size) {
        buf_put_str(line, ", pairing confirmed with ");
        text_put_clean(line, control_text(r, "confirmed-by"));
    }
}

/* What a withdrawal is about, where it says so in full. */
static void
put_withdrawn(struct buf *line, const struct withdrawal *w)
{
    buf_reset(line);
    if (!w->has_entry)
        return;
    buf_put_str(line, "message #");
    buf_put_decimal(line, w->entry.first);
    buf_put_str(line, w->object_id.size ? ", " : "");
    text_put_clean(line, w->object_id);
    buf_put_str(line, w->reason.size ? ", \"" : "");
    text_put_clean(line, w->reason);
    buf_put_str(line, w->reason.size ? "\"" : "");
}

static void
print_message(const struct entry *e, const struct fate *fate, bool terminal)
{
    const struct message *m = &e->message;
    struct buf line = {0};

    put_headline(&line, e, fate, terminal);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_reset(&line);
    put_producer(&line, e);
    print_field("producer", &line);
    buf_reset(&line);
    if (m->has_package) {
        put_package(&line, &m->package);
        print_field("from", &line);
    }
    buf_reset(&line);
    newer_put(&line, m, e->bytes);
    print_field("newer", &line);
    print_slice("title", m->submission.title);
    print_slice("note", m->submission.note);
    print_slice("object", m->head.object_id);
    put_withdrawn(&line, &m->withdrawal);
    print_field("withdraws", &line);
    for (size_t i = 0; i < m->head.label_count; i++)
        print_slice(i == 0 ? "labels" : "", m->head.labels[i]);
    buf_clear(&line);
}

static void
print_entry(struct run *run, const struct entry *e,
            const struct finding *finding)
{
    const struct control_record *r = e->record;
    struct buf line = {0};

    if (e->has_message)
        print_message(e, &finding->fate, run->terminal);
    else if (control_truth(r, "hidden"))
        (void)printf("TLP:RED, and this user may not read it\n");
    fate_put(&line, &finding->fate);
    print_field("state", &line);
    buf_reset(&line);
    print_slice("message", control_text(r, "id"));
    put_arrival(&line, r);
    print_field(slice_is(control_text(r, "direction"), "to") ? "sent"
                                                             : "arrived",
                &line);
    buf_reset(&line);
    put_signature(&line, r, finding);
    print_field("signature", &line);
    print_field("REVIEW", &finding->review);
    buf_reset(&line);
    put_expunge(&line, r);
    print_field("expunged", &line);
    buf_clear(&line);
    if (e->has_message && e->message.has_head)
        print_handling(&e->message.head.marking);
    if (e->has_message && e->message.content.size)
        print_slice("content", e->message.content);
}

static void
print_json(const struct entry *e, const struct finding *f)
{
    struct json_out *j = json_out_new(stdout);
    const struct control_record *r = e->record;

    json_out_open(j, NULL);
    entry_json(j, e);
    json_out_text(j, "origin", control_text(r, "origin"));
    json_out_text(j, "holder", control_text(r, "holder"));
    json_out_number(j, "epoch", record_u64(r, "epoch"));
    json_out_hex(j, "lane_id", control_bytes(r, "lane-id"));
    json_out_hex(j, "record", control_bytes(r, "record"));
    json_out_str(j, "signature",
                 f->why == OK            ? "good"
                 : f->why == ERR_MISSING ? "none"
                                         : err_name(f->why));
    json_out_time(j, "receipted_at", record_u64(r, "receipt-time-s") * 1000);
    fate_json(j, &f->fate);
    json_out_text(j, "review", buf_slice(&f->review));
    json_out_close(j);
    json_out_free(j);
}

/* ---- the command -------------------------------------------------------- */

/* Check the entry's signatures on a connection of its own: the answer being
 * shown must stay. */
static bool
find_out(struct run *run, const struct control_record *r, struct finding *f)
{
    struct daemon *d = link_open(run);
    struct prover p;
    struct evidence e;
    bool good;

    prover_begin(&p, d);
    good = d && prover_make(&p, r, true, &e, &f->why);
    if (p.begun)
        f->card_version = p.origin.card.version;
    prover_clear(&p);
    daemon_close(d);
    return good;
}

/* The message as show gives it: in the body, behind the submission id. */
static void
read_body(const struct control_record *r, struct arena *arena, struct entry *e)
{
    struct slice body = control_bytes(r, "body"), bytes;
    struct submission_id id;

    entry_read(r, arena, e);
    if (e->has_message || control_number(r, "leaf-kind", 0) != 0 ||
        body_split(body, &id, &bytes) != OK)
        return;
    e->bytes = bytes;
    e->has_message = message_get(bytes, arena, &e->message) == OK;
}

static int
show_record(struct run *run, const struct control_record *r)
{
    struct finding finding = {0};
    struct arena arena;
    struct entry e;
    int code = FAILED;

    arena_init(&arena, ENTRY_BUDGET);
    read_body(r, &arena, &e);
    reviewed_find(run, &e, &finding.review);
    if (find_out(run, r, &finding)) {
        fate_ask(run, r, &finding.fate);
        if (run->json)
            print_json(&e, &finding);
        else
            print_entry(run, &e, &finding);
        code = finding.why == OK || finding.why == ERR_MISSING ? DONE : FAILED;
    }
    fate_clear(&finding.fate);
    buf_clear(&finding.review);
    arena_clear(&arena);
    return code;
}

static int
show_message(struct run *run)
{
    struct daemon *d = link_open(run);
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "show");
    ask_text(&ask, "id", run->options.words[0]);
    if (d && link_ask(d, &ask, &a)) {
        if (a.code == OK && a.record_count > 0)
            code = show_record(run, &a.records[0]);
        else
            link_complain(&a);
        if (a.code == ERR_NOT_FOUND)
            code = NO_MATCH;
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}

int
command_show(struct run *run)
{
    uint64_t number;

    if (run->options.word_count != 1)
        return command_usage(run);
    if (submission_ref_parse(slice_str(run->options.words[0]), &number))
        return command_submission(run);
    return show_message(run);
}
