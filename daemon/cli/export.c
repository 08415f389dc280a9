#include "cli/gather.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/wanted.h"
#include "edge/control/ids.h"

/* An export under way. */
struct export
{
    const struct run *run;
    struct wanted wanted;
    struct gather gather;
    struct output out;
    uint64_t submission; /* 0: whatever it is */
    struct slice document;
    uint64_t hidden, unread;
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
    if (x->submission && m->submission.number != x->submission)
        return false;
    if (x->document.size && !slice_equal(m->package.id, x->document))
        return false;
    return m->head.marking.exercise.size == 0 ||
           option_is(&x->run->options, "exercise");
}

static void
on_entry(void *context, const struct entry *e)
{
    struct export *x = context;

    if (control_truth(e->record, "hidden"))
        x->hidden++;
    else if (control_find(e->record, "message") && !e->has_message)
        x->unread++;
    else if (e->has_message && is_told(x, e))
        gather_add(&x->gather, e);
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

static bool
read_options(struct export *x)
{
    const char *document = option_text(&x->run->options, "package");

    x->document = slice_str(document);
    if (x->run->options.word_count == 1 &&
        !submission_ref_parse(slice_str(x->run->options.words[0]),
                              &x->submission)) {
        (void)complain("%s is no submission; one looks like S-4821",
                       x->run->options.words[0]);
        return false;
    }
    return wanted_read(x->run, "sent-to", &x->wanted) &&
           output_open(&x->out, x->run);
}

static void
on_around(void *context, const struct message *m)
{
    struct export *x = context;

    if (m->kind == MESSAGE_PACKAGE && x->around.size == 0)
        buf_put(&x->around, m->content);
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
    return x->unread + x->out.refused ? REFUSED : DONE;
}

static int
gather_all(struct export *x)
{
    struct daemon *d = link_open(x->run);
    bool good = d && wanted_each(d, &x->wanted, on_entry, x);

    daemon_close(d);
    if (!good || !gather_sort(&x->gather))
        return FAILED;
    if (x->gather.count == 0) {
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

    if (run->options.word_count > 1)
        return command_usage(run);
    if (read_options(&x) && gather_open(&x.gather, x.document.size > 0)) {
        code = gather_all(&x);
        gather_close(&x.gather);
    }
    buf_clear(&x.around);
    output_close(&x.out, code != FAILED && code != NO_MATCH);
    return code;
}
