#include "cli/submit.h"

#include "cli/progress.h"
#include "cli/submit_out.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/formats/warning_judge.h"
#include "edge/lists/lists.h"

/* ---- what is refused ---------------------------------------------------- */

static void
on_fault(void *context, const struct place *place,
         const struct format_fault *fault)
{
    struct submit *s = context;
    struct refusal f = {.place = place};
    struct buf text = {0};

    buf_put(&text, fault->path);
    if (text.size)
        buf_put_str(&text, ": ");
    buf_put_str(&text, fault->text);
    f.text = buf_slice(&text);
    if (fault->weight == FAULT_REMARK) {
        if (!s->refusals)
            submit_out_say(&f);
    } else {
        s->tally.refused++;
        /* Explained together, faults of one kind differ by place alone. */
        if (s->refusals)
            f.text = slice_str(fault->text);
        submit_out_refuse(s, &f);
    }
    buf_clear(&text);
}

/* ---- what is sent ------------------------------------------------------- */

static void
on_verdict(void *context, const struct upload_tag *tag,
           const struct control_record *r)
{
    struct submit *s = context;
    struct refusal f = {.place = &tag->place};

    if (!r) {
        s->tally.there++;
        return;
    }
    /* "again": taken before a connection was lost, counted now. */
    if (control_truth(r, "accepted")) {
        tally_accept(&s->tally, tag->type, &tag->marking);
        return;
    }
    s->tally.refused++;
    for (size_t i = 0; i < r->count; i++) {
        const struct control_value *v = &r->values[i];
        if (strcmp(v->key, "to") == 0)
            f = (struct refusal){.place = &tag->place, .to = v->text};
        else if (strcmp(v->key, "text") == 0)
            f.text = v->text;
        else if (strcmp(v->key, "advice") == 0) {
            f.advice = v->text;
            submit_out_refuse(s, &f);
        }
    }
}

static uint64_t
taken(const struct submit *s)
{
    return tally_accepted(&s->tally) + s->tally.there;
}

static bool
is_document(enum format format)
{
    return format == FORMAT_STIX || format == FORMAT_MISP;
}

/* A document begins: remember what was taken before it. */
static bool
begin_document(struct submit *s, const struct place *place)
{
    if (!is_document(place->format) || s->document == place->name)
        return true;
    s->document = place->name;
    if (!upload_finish(s->upload))
        return false;
    s->before_document = taken(s);
    return true;
}

/* Tell whether an envelope came whose objects were all refused: alone it
 * would tell the peer nothing. */
static bool
is_empty_envelope(const struct submit *s, const struct message *m)
{
    return m->kind == MESSAGE_PACKAGE && m->package.count > 0 &&
           taken(s) == s->before_document;
}

/* An envelope ends its document; another one may follow in the same file. */
static bool
offer_envelope(struct submit *s, const struct upload_tag *tag,
               struct message *m)
{
    s->document = NULL;
    if (!upload_finish(s->upload))
        return false;
    if (!is_empty_envelope(s, m))
        return upload_add(s->upload, tag, m);
    upload_skip(s->upload);
    return true;
}

/* Say that a message is held back, and leave its place free for it. */
static bool
hold_back(struct submit *s, const struct place *place,
          const struct warning *warning, const struct observed *value)
{
    struct buf text = {0};
    struct refusal f = {.place = place,
                        .advice = slice_str(sanity_advice(warning)),
                        .is_warning = true};

    /* Explained together, those of one list differ by place alone. */
    sanity_put(&text, warning, s->refusals ? NULL : value);
    f.text = buf_slice(&text);
    s->tally.warned++;
    submit_out_refuse(s, &f);
    buf_clear(&text);
    if (!upload_finish(s->upload))
        return false;
    upload_skip(s->upload);
    return true;
}

static bool
is_held_back(const struct submit *s, const struct message *m,
             struct observed *value, struct warning *out)
{
    if (!warning_judge(s->warnings, m, value, out))
        return false;
    /* PROTOCOL sanity: "What an own list has MUST NOT be sent for more than to
     * tell people, whatever is said." */
    if (out->kind == WARNING_NEVER)
        return true;
    /* PROTOCOL sanity: "What is listed MUST NOT be sent unless the submitter
     * says so again." */
    return !s->wishes.allow_listed;
}

static bool
offer(struct submit *s, const struct upload_tag *tag, struct message *m)
{
    if (!begin_document(s, &tag->place))
        return false;
    if (m->kind == MESSAGE_PACKAGE)
        return offer_envelope(s, tag, m);
    return upload_add(s->upload, tag, m);
}

/* PROTOCOL misp-events: "What is held is not submitted, and that is said with
 * its reason, unless a second person has released it." */
static void
refuse_held(struct submit *s, const struct place *place,
            const struct format_item *item, const struct hold *hold)
{
    const struct refusal f = {.place = place,
                              .text = buf_slice(&hold->why),
                              .advice = buf_slice(&hold->advice)};

    if (item->message.kind == MESSAGE_PACKAGE)
        s->document = NULL;
    s->tally.refused++;
    submit_out_refuse(s, &f);
}

/* Tell whether it is held and not released; that is said. */
static bool
is_refused_held(struct submit *s, const struct place *place,
                const struct format_item *item)
{
    struct held *held = &s->wishes.held;
    struct hold hold;

    if (held->is_released)
        return false;
    bool is_held = held_find(held, place, item, &hold);
    if (is_held)
        refuse_held(s, place, item, &hold);
    hold_clear(&hold);
    return is_held;
}

/* Remember what an event says of itself, for a person. */
static void
note_event(struct submit *s, const struct format_item *item)
{
    const struct head *h = &item->message.head;

    s->events++;
    s->parts += item->message.package.count;
    buf_reset(&s->about);
    if (h->object_id.size) {
        buf_put_u8(&s->about, ' ');
        text_put_clean(&s->about, h->object_id);
    }
    if (h->producer.size) {
        buf_put_str(&s->about, ", orgc ");
        text_put_clean(&s->about, h->producer);
    }
    if (item->has_tlp) {
        buf_put_str(&s->about, ", ");
        buf_put_str(&s->about, tlp_label(h->marking.tlp));
    }
}

static void
on_item(void *context, const struct place *place,
        const struct format_item *item)
{
    struct submit *s = context;
    struct warning warning;
    struct observed value;
    struct message m = item->message;
    struct upload_tag tag = {.place = *place};

    if (place->format == FORMAT_MISP && m.kind == MESSAGE_PACKAGE)
        note_event(s, item);
    if (is_refused_held(s, place, item))
        return;
    if (m.package.source.size == 0)
        m.has_package = false;
    wishes_apply(s, &m, item->has_tlp);
    if (is_held_back(s, &m, &value, &warning)) {
        if (!hold_back(s, place, &warning, &value))
            s->failed = s->handler.stop = true;
        return;
    }
    tag.type = tally_type(&s->tally, &m);
    tag.marking.tlp = m.head.marking.tlp;
    tag.marking.pap = m.head.marking.pap;
    if (!offer(s, &tag, &m))
        s->failed = s->handler.stop = true;
}

bool
submit_all(struct submit *s, bool dry_run)
{
    const struct wishes *w = &s->wishes;
    const char *title = option_text(&s->run->options, "title");
    struct upload_config config = {
        .run = s->run,
        .to = &w->to,
        .urgent = w->urgent,
        .dry_run = dry_run,
        .again = option_is(&s->run->options, "again"),
        .options = buf_slice(&w->options),
        .title = slice_str(title),
        .release = slice_str(option_text(&s->run->options, "release")),
        .context = s,
        .verdict = on_verdict,
    };

    /* Values typed in are new each time, content of a file is not. */
    if (s->sources.values < s->sources.count)
        config.hash = SLICE_ARRAY(s->sources.hash.b);
    s->handler = (struct source_handler){s, on_item, on_fault, false};
    upload_free(s->upload);
    s->upload = upload_new(&config);
    s->document = NULL;
    return sources_deliver(&s->sources, &s->handler) && !s->failed &&
           upload_finish(s->upload);
}

/* ---- submit ------------------------------------------------------------- */

static int
follow(struct submit *s)
{
    uint64_t number = upload_number(s->upload);
    int code = DONE;

    if (taken(s) == 0)
        return NO_MATCH;
    if (s->wishes.wait_ms)
        code = progress_follow(s->run, number, s->wishes.now_ms,
                               s->wishes.wait_ms);
    if (!s->run->json)
        submit_out_next(number);
    return code;
}

static int
report(struct submit *s)
{
    int code;

    if (s->run->json)
        submit_out_json(s, "submitted");
    else if (upload_number(s->upload))
        submit_out_headline(s);
    else
        (void)complain("nothing was submitted");
    code = follow(s);
    return code == FAILED || s->tally.refused + s->tally.warned == 0 ? code
                                                                     : REFUSED;
}

/* ---- explain ------------------------------------------------------------ */

static int
explain(struct submit *s)
{
    int code = FAILED;

    s->refusals = refusals_new();
    if (submit_all(s, true)) {
        if (s->run->json)
            submit_out_json(s, "explained");
        else
            submit_out_explained(s);
        code = s->tally.refused + s->tally.warned ? REFUSED : DONE;
    }
    refusals_free(s->refusals);
    s->refusals = NULL;
    return code;
}

/* With --on-error stop everything is tried first; nothing goes where one
 * thing would be refused. */
static bool
try_first(struct submit *s, int *code)
{
    if (!submit_all(s, true)) {
        *code = FAILED;
        return false;
    }
    if (s->tally.refused + s->tally.warned) {
        (void)complain("nothing was submitted: --on-error stop");
        *code = REFUSED;
        return false;
    }
    s->tally = (struct tally){0};
    return true;
}

static int
submit(struct submit *s)
{
    int code;

    if (s->wishes.stop && !try_first(s, &code))
        return code;
    if (!submit_all(s, false)) {
        if (upload_number(s->upload))
            submit_out_headline(s);
        return FAILED;
    }
    return report(s);
}

/* ---- the commands ------------------------------------------------------- */

static void
say_lists(const char *text)
{
    (void)complain("%s", text);
}

static int
run_submit(struct run *run, bool is_explain)
{
    struct submit *s = mem_new(sizeof *s);
    int code;

    s->run = run;
    code = sources_open(&s->sources, run, is_explain);
    if (code == DONE) {
        code = FAILED;
        if (wishes_read(run, &s->wishes) &&
            (s->warnings =
                 lists_read((const char *)s->wishes.lists.data,
                            s->wishes.warn_documentation, say_lists)) &&
            sources_learn(&s->sources) &&
            held_check(&s->wishes.held, run, &s->sources))
            code = is_explain || s->wishes.dry_run ? explain(s) : submit(s);
    }
    upload_free(s->upload);
    warnings_free(s->warnings);
    buf_clear(&s->about);
    wishes_clear(&s->wishes);
    sources_close(&s->sources);
    mem_free(s);
    return code;
}

int
command_submit(struct run *run)
{
    return run_submit(run, false);
}

int
command_explain(struct run *run)
{
    return run_submit(run, true);
}
