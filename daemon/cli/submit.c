#include "cli/submit.h"

#include "cli/progress.h"
#include "cli/shrunk.h"
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
    f.is_remark = fault->weight == FAULT_REMARK;
    /* Explained together, faults of one kind differ by place alone; a remark
     * is about the part that it names. */
    f.text = slice_str(fault->text);
    fates_put(&s->fates, f.is_remark ? FATE_REMARK : FATE_REFUSED, &f,
              fault->path);
    if (!s->refusals || f.is_remark)
        f.text = buf_slice(&text);
    s->tally.refused += !f.is_remark;
    s->has_faults |= !f.is_remark;
    if (!f.is_remark)
        submit_out_refuse(s, &f, FATE_REFUSED);
    else if (s->refusals)
        refusals_add(s->refusals, &f);
    else
        refusal_say(&f);
    buf_clear(&text);
}

/* ---- what is sent ------------------------------------------------------- */

/* Give the teams that a refusal names: none is named where all refuse. */
static uint64_t
teams_named(const struct submit *s, struct slice name)
{
    const struct buf *to = &s->wishes.to;

    if (!name.size)
        return UPLOAD_ALL;
    for (size_t at = 0, n = 0; at < to->size && n < UPLOAD_TEAMS_MAX; n++) {
        const char *team = (const char *)to->data + at;
        if (slice_is(name, team))
            return UINT64_C(1) << n;
        at += strlen(team) + 1;
    }
    return 0;
}

static void
on_verdict(void *context, const struct upload_tag *tag,
           const struct control_record *r)
{
    struct submit *s = context;
    struct refusal f = {.place = &tag->place};
    const struct slice whole = {0};

    if (!r || control_truth(r, "accepted"))
        s->reached |= tag->teams;
    if (!r) {
        s->tally.there++;
        fates_put(&s->fates, FATE_THERE, &f, whole);
        return;
    }
    /* "again": taken before a connection was lost, counted now. */
    if (control_truth(r, "accepted")) {
        tally_accept(&s->tally, tag->type, &tag->marking);
        fates_put(&s->fates, s->tries ? FATE_LEFT : FATE_SENT, &f, whole);
        return;
    }
    s->tally.refused++;
    uint64_t took = tag->teams;
    for (size_t i = 0; i < r->count; i++) {
        const struct control_value *v = &r->values[i];
        if (strcmp(v->key, "to") == 0) {
            f = (struct refusal){.place = &tag->place, .to = v->text};
            took &= ~teams_named(s, v->text);
        } else if (strcmp(v->key, "text") == 0)
            f.text = v->text;
        else if (strcmp(v->key, "advice") == 0) {
            f.advice = v->text;
            fates_put(&s->fates, FATE_REFUSED, &f, whole);
            submit_out_refuse(s, &f, FATE_REFUSED);
        }
    }
    s->reached |= took;
}

uint64_t
submit_taken(const struct submit *s)
{
    return tally_accepted(&s->tally) + s->tally.there;
}

static bool
is_document(enum format format)
{
    return format == FORMAT_STIX || format == FORMAT_MISP;
}

/* A document begins: nobody has anything of it. */
static bool
begin_document(struct submit *s, const struct place *place)
{
    if (!is_document(place->format) || s->document == place->name)
        return true;
    s->document = place->name;
    if (!upload_finish(s->upload))
        return false;
    s->reached = 0;
    return true;
}

/* Give the teams that an envelope goes to: it would tell nothing to one that
 * refused all its objects. More teams than there are bits go together. */
static uint64_t
teams_of_envelope(const struct submit *s, const struct sifted *is)
{
    if (is->m->package.count == 0 ||
        (s->reached && is->teams == UPLOAD_ALL &&
         upload_teams(&s->wishes.to) > UPLOAD_TEAMS_MAX))
        return is->teams;
    return is->teams & s->reached;
}

/* An envelope ends its document; another one may follow in the same file. */
static bool
offer_envelope(struct submit *s, const struct sifted *is)
{
    s->document = NULL;
    if (!upload_finish(s->upload))
        return false;
    uint64_t teams = teams_of_envelope(s, is);
    if (teams)
        return upload_add(s->upload, &is->tag, is->m, teams);
    const struct refusal f = {.place = &is->tag.place,
                              .text = slice_str("nothing that it holds goes")};
    fates_put(&s->fates, FATE_LEFT, &f, (struct slice){0});
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
    fates_put(&s->fates, FATE_HELD, &f, (struct slice){0});
    submit_out_refuse(s, &f, FATE_HELD);
    buf_clear(&text);
    return sift_mark(s->sift, SIFTED_PLACE);
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

/* What a team has of another document alone is nothing of this one. */
static void
note_unchanged(struct submit *s, const struct sifted *is)
{
    if (!s->wishes.only_new)
        s->reached |= is->unchanged;
}

static bool
offer(struct submit *s, const struct sifted *is)
{
    if (!begin_document(s, &is->tag.place))
        return false;
    if (is->m->kind == MESSAGE_PACKAGE)
        return offer_envelope(s, is);
    note_unchanged(s, is);
    return upload_add(s->upload, &is->tag, is->m, is->teams);
}

static void
leave_out(struct submit *s, const struct sifted *is)
{
    static const char *const why[SIFT_STATE_COUNT] = {
        [SIFT_UNCHANGED] = "unchanged",
        [SIFT_OLDER] = "older than what is there",
        [SIFT_REVOKED] = "revoked there",
        [SIFT_WITHDRAWN] = "withdrawn there",
    };
    struct tally *t = &s->tally;
    uint64_t *const counts[SIFT_STATE_COUNT] = {
        [SIFT_UNCHANGED] = &t->unchanged,
        [SIFT_OLDER] = &t->older,
        [SIFT_REVOKED] = &t->revoked,
        [SIFT_WITHDRAWN] = &t->withdrawn,
    };
    const struct refusal f = {.place = &is->tag.place,
                              .text = slice_str(why[is->state])};

    ++*counts[is->state];
    fates_put(&s->fates, FATE_THERE, &f, (struct slice){0});
    if (is->m->kind == MESSAGE_PACKAGE)
        s->document = NULL;
    note_unchanged(s, is);
    upload_skip(s->upload);
}

/* A message, or its place, after the index was asked what is there. */
static bool
on_sifted(void *context, const struct sifted *is)
{
    struct submit *s = context;

    switch (is->kind) {
    case SIFTED_MESSAGE:
        if (is->state == SIFT_GOES)
            return offer(s, is);
        if (!begin_document(s, &is->tag.place))
            return false;
        leave_out(s, is);
        break;
    case SIFTED_PLACE:
        upload_skip(s->upload);
        break;
    case SIFTED_END:
        s->document = NULL;
        break;
    }
    return true;
}

/* The submission must have its number before the index is asked. */
static bool
on_open(void *context, uint64_t *number)
{
    struct submit *s = context;

    if (!upload_open(s->upload))
        return false;
    *number = upload_number(s->upload);
    return true;
}

/* PROTOCOL misp-events: "What is held is not submitted, and that is said with
 * its reason, unless a second person has released it." */
static bool
refuse_held(struct submit *s, const struct place *place,
            const struct format_item *item, const struct hold *hold)
{
    const struct refusal f = {.place = place,
                              .text = buf_slice(&hold->why),
                              .advice = buf_slice(&hold->advice)};

    s->tally.refused++;
    fates_put(&s->fates, FATE_HELD, &f, (struct slice){0});
    submit_out_refuse(s, &f, FATE_HELD);
    return item->message.kind != MESSAGE_PACKAGE ||
           sift_mark(s->sift, SIFTED_END);
}

/* Refuse it if it is held and not released, which `is_held` tells. */
static bool
look_if_held(struct submit *s, const struct place *place,
             const struct format_item *item, bool *is_held)
{
    struct held *held = &s->wishes.held;
    struct hold hold;

    *is_held = false;
    if (held->is_released)
        return true;
    *is_held = held_find(held, place, item, &hold);
    bool good = !*is_held || refuse_held(s, place, item, &hold);
    hold_clear(&hold);
    return good;
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

static bool
take(struct submit *s, const struct place *place,
     const struct format_item *item)
{
    struct warning warning;
    struct observed value;
    struct message m = item->message;
    struct upload_tag tag = {.place = *place};
    bool is_held;

    if (place->format == FORMAT_MISP && m.kind == MESSAGE_PACKAGE)
        note_event(s, item);
    if (m.package.source.size == 0)
        m.has_package = false;
    vanished_series(&s->vanished, s->run, place, &m);
    vanished_note(&s->vanished, &m);
    if (!look_if_held(s, place, item, &is_held))
        return false;
    if (is_held)
        return true;
    wishes_apply(s, &m, item->has_tlp);
    if (is_held_back(s, &m, &value, &warning))
        return hold_back(s, place, &warning, &value);
    tag.type = tally_type(&s->tally, &m);
    tag.marking.tlp = m.head.marking.tlp;
    tag.marking.pap = m.head.marking.pap;
    return sift_add(s->sift, &tag, &m);
}

static void
on_item(void *context, const struct place *place,
        const struct format_item *item)
{
    struct submit *s = context;

    if (!take(s, place, item))
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
        .again = w->again,
        .options = buf_slice(&w->options),
        .title = slice_str(title),
        .release = slice_str(option_text(&s->run->options, "release")),
        .context = s,
        .verdict = on_verdict,
    };

    const struct sift_config sift = {
        .run = s->run,
        .to = &w->to,
        .is_off = w->again,
        .any_document = w->only_new,
        .context = s,
        .open = on_open,
        .take = on_sifted,
    };

    /* Values typed in are new each time, content of a file is not. */
    if (s->sources.values < s->sources.count)
        config.hash = SLICE_ARRAY(s->sources.hash.b);
    s->tries = dry_run;
    s->handler = (struct source_handler){s, on_item, on_fault, false};
    upload_free(s->upload);
    s->upload = upload_new(&config);
    sift_free(s->sift);
    s->sift = sift_new(&sift);
    s->document = NULL;
    vanished_clear(&s->vanished);
    vanished_begin(&s->vanished);
    bool good = sources_deliver(&s->sources, &s->handler) && !s->failed &&
                sift_finish(s->sift) && upload_finish(s->upload);
    s->was_sifted = sift_was_asked(s->sift);
    return good;
}

/* ---- submit ------------------------------------------------------------- */

static int
follow(struct submit *s)
{
    uint64_t number = upload_number(s->upload);
    int code = DONE;

    if (submit_taken(s) == 0)
        return tally_left_out(&s->tally) ? DONE : NO_MATCH;
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
    else if (submit_taken(s) == 0 && tally_left_out(&s->tally))
        submit_out_nothing_new(s);
    else if (upload_number(s->upload))
        submit_out_headline(s);
    else
        (void)complain("nothing was submitted");
    shrunk_tell(s);
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
        shrunk_tell(s);
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
        (void)complain("nothing was submitted: --on-error stop; %llu that are "
                       "good are left",
                       (unsigned long long)submit_taken(s));
        if (s->run->json)
            submit_out_json(s, "stopped");
        *code = REFUSED;
        return false;
    }
    s->tally = (struct tally){0};
    fates_again(&s->fates);
    return true;
}

static int
submit(struct submit *s)
{
    int code;

    if (s->wishes.stop && !try_first(s, &code))
        return code;
    if (!submit_all(s, false)) {
        if (upload_number(s->upload) && s->run->json)
            submit_out_json(s, "failed");
        else if (upload_number(s->upload))
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
    vanished_begin(&s->vanished);
    code = sources_open(&s->sources, run, is_explain);
    if (code == DONE) {
        code = FAILED;
        if (fates_open(&s->fates, run) && wishes_read(run, &s->wishes) &&
            (s->warnings =
                 lists_read((const char *)s->wishes.lists.data,
                            s->wishes.warn_documentation, say_lists)) &&
            sources_learn(&s->sources) &&
            held_check(&s->wishes.held, run, &s->sources))
            code = is_explain || s->wishes.dry_run ? explain(s) : submit(s);
    }
    vanished_clear(&s->vanished);
    sift_free(s->sift);
    if (!fates_close(&s->fates))
        code = FAILED;
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
