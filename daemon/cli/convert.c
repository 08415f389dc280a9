#include "cli/output.h"
#include "cli/progress.h"

/* A conversion under way. */
struct conversion {
    struct output out;
    struct sources sources;
    struct source_handler handler;
    bool stop; /* at what is not good: nothing is written then */
    bool has_tlp;
    enum tlp tlp;
    struct buf around; /* the objects of the first document */
};

static bool
read_options(struct conversion *c, const struct run *run)
{
    const char *on_error = option_text(&run->options, "on-error");
    const char *tlp = option_text(&run->options, "tlp");

    c->has_tlp = tlp != NULL;
    c->stop = on_error && strcmp(on_error, "stop") == 0;
    if (on_error && !c->stop && strcmp(on_error, "skip") != 0) {
        (void)complain("--on-error %s: stop or skip", on_error);
        return false;
    }
    if (tlp && !tlp_parse(slice_str(tlp), &c->tlp)) {
        (void)complain("--tlp %s: clear, green, amber, amber+strict or red",
                       tlp);
        return false;
    }
    return true;
}

/* ---- the check ---------------------------------------------------------- */

/* What stands around the objects comes last in a document, and first in one
 * that is written. */
static void
keep_around(void *context, const struct place *place,
            const struct format_item *item)
{
    struct conversion *c = context;

    (void)place;
    if (item->message.kind == MESSAGE_PACKAGE && c->around.size == 0)
        buf_put(&c->around, item->message.content);
}

static void
on_fault(void *context, const struct place *place,
         const struct format_fault *fault)
{
    struct conversion *c = context;

    output_fault(&c->out, place, fault);
}

/* The second time what was remarked on is known. */
static void
on_known_fault(void *context, const struct place *place,
               const struct format_fault *fault)
{
    (void)context;
    (void)place;
    (void)fault;
}

/* ---- writing ------------------------------------------------------------ */

/* PROTOCOL markings: "Where the markings of an object, its package and the
 * submission differ, the strictest MUST count." */
static void
put_marked(struct conversion *c, const struct place *place,
           const struct format_item *item)
{
    struct format_item marked = *item;
    enum tlp *tlp = &marked.message.head.marking.tlp;
    *tlp = item->has_tlp ? tlp_strictest(*tlp, c->tlp) : c->tlp;
    marked.has_tlp = true;
    output_put(&c->out, place, &marked);
}

static void
on_item(void *context, const struct place *place,
        const struct format_item *item)
{
    struct conversion *c = context;

    if (c->has_tlp)
        put_marked(c, place, item);
    else
        output_put(&c->out, place, item);
    c->handler.stop = c->out.failed;
}

static int
write_all(struct conversion *c)
{
    const struct format_task task = {
        .now = {progress_now_ms()},
        .is_mixed = c->sources.count > 1,
        .marks = c->has_tlp,
        .around = buf_slice(&c->around),
        .is_mentioned = option_is(&c->out.run->options, "mentioned")};

    c->handler = (struct source_handler){
        c, on_item, c->stop ? on_known_fault : on_fault, false};
    if (!output_begin(&c->out, &task) ||
        !sources_deliver(&c->sources, &c->handler) || !output_finish(&c->out))
        return FAILED;
    output_print(&c->out);
    return c->out.refused ? REFUSED : DONE;
}

static int
convert(struct conversion *c)
{
    struct source_handler handler = {
        c, keep_around, c->stop ? on_fault : on_known_fault, false};

    if (!sources_learn(&c->sources))
        return FAILED;
    if ((c->stop || c->out.format == FORMAT_MISP) &&
        !sources_deliver(&c->sources, &handler))
        return FAILED;
    if (c->stop && c->out.refused) {
        (void)complain("nothing was written: --on-error stop");
        return REFUSED;
    }
    return write_all(c);
}

int
command_convert(struct run *run)
{
    struct conversion c = {.out = {.fd = -1}};
    int code = FAILED;

    c.sources.is_plain = true;
    if (read_options(&c, run) && output_open(&c.out, run)) {
        code = sources_open(&c.sources, run, true);
        if (code == DONE)
            code = convert(&c);
        sources_close(&c.sources);
    }
    buf_clear(&c.around);
    output_close(&c.out, code != FAILED);
    return code;
}
