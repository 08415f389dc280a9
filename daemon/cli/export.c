#include "cli/chosen.h"
#include "cli/gather.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reviewed.h"

/* An export under way. */
struct export
{
    const struct run *run;
    struct asked asked;
    struct wanted wanted;
    struct gather gather;
    struct output out;
    struct slice document;
    struct slice exercise;
    bool by_index; /* the daemon alone cannot tell what is wanted */
    uint64_t hidden, unread, newer, waiting, withdrawn;
    bool looks;           /* whether they wait for review or are withdrawn */
    bool is_any_reviewed; /* what waits goes all the same */
    struct reviewed reviewed;
    struct buf around; /* the objects of the first document */
};

/* ---- what is taken ------------------------------------------------------ */

/* What was declined was never taken, and an exercise is no news: both only
 * where somebody asks for them. */
static bool
is_told(const struct export *x, const struct entry *e)
{
    const struct message *m = &e->message;
    bool is_declined = slice_is(control_text(e->record, "state"), "declined");

    if (m->kind != MESSAGE_INDICATOR && m->kind != MESSAGE_OBJECT &&
        m->kind != MESSAGE_PACKAGE)
        return false;
    if (is_declined && !x->wanted.state)
        return false;
    if (x->asked.has_submission && m->submission.number != x->asked.submission)
        return false;
    if (x->document.size && !slice_equal(m->package.id, x->document))
        return false;
    return slice_equal(m->head.marking.exercise, x->exercise);
}

/* PROTOCOL sanity: "is left out of outputs unless a person asks for it" */
static bool
waits(const struct export *x, const struct entry *e)
{
    return x->looks && !x->is_any_reviewed &&
           reviewed_has(&x->reviewed, control_text(e->record, "id"));
}

/* Who sent it does not hold it to be right any more. */
static bool
is_withdrawn(const struct export *x, const struct entry *e)
{
    return x->looks &&
           reviewed_is_withdrawn(&x->reviewed, control_text(e->record, "id"));
}

static void
told_add(struct export *x, const struct entry *e)
{
    if (waits(x, e))
        x->waiting++;
    else if (is_withdrawn(x, e))
        x->withdrawn++;
    else
        gather_add(&x->gather, e);
}

static void
on_entry(void *context, const struct entry *e)
{
    struct export *x = context;

    if (control_truth(e->record, "hidden"))
        x->hidden++;
    else if (!e->has_message)
        x->unread += control_find(e->record, "message") != NULL;
    else if (is_told(x, e))
        told_add(x, e);
    else if (e->message.kind >= MESSAGE_KIND_COUNT)
        x->newer++;
}

/* PROTOCOL markings: "A TLP that is unknown, and the TLP of a head that does
 * not say it, MUST count as red; a PAP that is unknown as red, too." */
static void
on_message(void *context, const struct message *m)
{
    struct export *x = context;
    struct format_item item = {.message = *m, .has_tlp = true};

    if (!m->has_head)
        item.message.head.marking.tlp = TLP_RED;
    output_put(&x->out, NULL, &item);
}

/* ---- the command -------------------------------------------------------- */

/* What a team sent us, or we sent to one, the index knows by team and
 * direction. */
static bool
read_options(struct export *x)
{
    struct asked *a = &x->asked;
    const struct wanted *w = &x->wanted;

    x->document = slice_str(option_text(&x->run->options, "package"));
    x->exercise = slice_str(option_text(&x->run->options, "exercise"));
    if (!wanted_read(x->run, "sent-to", &x->wanted) ||
        !asked_read(x->run, &x->asked))
        return false;
    if (a->peer && (w->to || w->from)) {
        (void)complain("--peer, --sent-to or --from, not two of them");
        return false;
    }
    if (a->state && entry_is_state(a->state))
        a->state = NULL; /* the daemon tells it, of all */
    x->by_index = asked_any(a);
    if (w->to || w->from) {
        a->peer = w->to ? w->to : w->from;
        a->direction = w->to ? "to" : "from";
    }
    return output_open(&x->out, x->run);
}

static void
on_around(void *context, const struct message *m)
{
    struct export *x = context;

    if (m->kind == MESSAGE_PACKAGE && x->around.size == 0)
        buf_put(&x->around, m->content);
}

static void
say_left_out(const struct export *x)
{
    if (x->withdrawn)
        (void)complain("%llu messages are withdrawn, and are not in it: "
                       "--state withdrawn takes these",
                       (unsigned long long)x->withdrawn);
    if (x->waiting)
        (void)complain("%llu messages wait for review, and are not in it: "
                       "sealane search --review shows them, --with-review "
                       "takes them along",
                       (unsigned long long)x->waiting);
}

static int
write_all(struct export *x)
{
    if (x->out.format == FORMAT_MISP && !gather_each(&x->gather, on_around, x))
        return FAILED;
    bool exact = option_is(&x->run->options, "exact");
    const struct format_task task = {
        .now = {progress_now_ms()},
        .is_mixed = x->gather.documents.count > 1,
        .marks = !exact,
        .is_exact = exact,
        .around = buf_slice(&x->around),
        .is_foreign = true,
        .is_mentioned = option_is(&x->run->options, "mentioned")};

    if (!output_begin(&x->out, &task) ||
        !gather_each(&x->gather, on_message, x) || !output_finish(&x->out))
        return FAILED;
    output_print(&x->out);
    if (x->hidden)
        (void)complain("%llu messages are for named readers alone, and not in "
                       "it",
                       (unsigned long long)x->hidden);
    if (x->unread)
        (void)complain("%llu messages could not be read, and are not in it",
                       (unsigned long long)x->unread);
    say_left_out(x);
    if (x->newer)
        (void)complain("%llu messages are of kinds that this version does not "
                       "know, and not in it: show and prove give them whole",
                       (unsigned long long)x->newer);
    return x->unread + x->out.refused + x->asked.refused ? REFUSED : DONE;
}

static bool
each_listed(struct export *x)
{
    struct daemon *d = link_open(x->run);
    bool good = d && wanted_each(d, &x->wanted, on_entry, x);

    daemon_close(d);
    return good;
}

static int
gather_all(struct export *x)
{
    const struct options *o = &x->run->options;

    /* Who names a state that the index tells asks for what is in it. */
    x->looks = !x->asked.state && !option_is(o, "review");
    /* What we sent ourselves waits for nobody here. */
    x->is_any_reviewed = x->wanted.to || option_is(o, "with-review");
    if (x->looks ? !reviewed_fetch(x->run, &x->reviewed)
                 : !reviewed_wait(x->run))
        return FAILED;
    bool good = x->by_index ? chosen_each(&x->asked, &x->wanted, on_entry, x)
                            : each_listed(x);

    if (!good || !gather_sort(&x->gather))
        return FAILED;
    if (x->gather.count == 0) {
        say_left_out(x);
        (void)fputs("no message matches\n", stderr);
        return NO_MATCH;
    }
    return write_all(x);
}

int
command_export(struct run *run)
{
    struct export x = {.run = run, .out = {.fd = -1}};
    int code = FAILED;

    if (read_options(&x) && gather_open(&x.gather, x.document.size > 0)) {
        code = gather_all(&x);
        gather_close(&x.gather);
    }
    buf_clear(&x.around);
    asked_clear(&x.asked);
    if (x.looks)
        reviewed_clear(&x.reviewed);
    output_close(&x.out, code != FAILED && code != NO_MATCH);
    return code;
}
