#include "cli/progress.h"
#include "cli/submit.h"
#include "core/base/limits.h"
#include "core/model/role.h"

/* ---- options ------------------------------------------------------------ */

static bool
read_marking(const struct options *o, struct wishes *w)
{
    const char *tlp = option_text(o, "tlp"), *pap = option_text(o, "pap");

    w->has_tlp = tlp != NULL;
    if (tlp && !tlp_parse(slice_str(tlp), &w->tlp)) {
        (void)complain("--tlp %s: clear, green, amber, amber+strict or red",
                       tlp);
        return false;
    }
    if (pap && !pap_parse(slice_str(pap), &w->pap)) {
        (void)complain("--pap %s: clear, green, amber or red", pap);
        return false;
    }
    return true;
}

static bool
read_numbers(const struct options *o, struct wishes *w)
{
    const char *on_error = option_text(o, "on-error");
    uint64_t confidence;

    w->has_confidence = option_text(o, "confidence") != NULL;
    w->urgent = option_is(o, "urgent");
    w->dry_run = option_is(o, "dry-run");
    w->allow_listed = option_is(o, "allow-listed");
    w->again = option_is(o, "again");
    w->only_new = option_is(o, "only-new");
    w->stop = on_error && strcmp(on_error, "stop") == 0;
    w->now_ms = progress_now_ms();
    if (on_error && !w->stop && strcmp(on_error, "skip") != 0) {
        (void)complain("--on-error %s: stop or skip", on_error);
        return false;
    }
    if (!option_number(o, "confidence", 100, 0, &confidence) ||
        !option_span(o, "valid-for", 0, &w->valid_ms) ||
        !option_span(o, "wait", 0, &w->wait_ms))
        return false;
    w->confidence = (uint32_t)confidence;
    return true;
}

static bool
complain_of_role(const char *role)
{
    struct buf known = {0};

    for (size_t i = 0; role_name(i); i++) {
        buf_put_str(&known, i ? ", " : "");
        buf_put_str(&known, role_name(i));
    }
    (void)complain("--role %s: there are %.*s", role, (int)known.size,
                   (const char *)known.data);
    buf_clear(&known);
    return false;
}

static bool
read_role(const struct options *o, struct wishes *w)
{
    const char *role = option_text(o, "role"), *use = option_text(o, "use");

    if (role && !role_parse(slice_str(role), &w->role))
        return complain_of_role(role);
    if (use && !use_parse(slice_str(use), &w->use)) {
        (void)complain("--use %s: none, notify, detect or block", use);
        return false;
    }
    if (w->use > role_most(w->role)) {
        (void)complain("--use %s: what is %s is for %s at most", use, role,
                       use_name(role_most(w->role)));
        return false;
    }
    return true;
}

/* What makes a stream of its own out of the same content: all that goes into
 * the messages. */
static void
put_options(const struct run *run, struct wishes *w)
{
    static const char *const names[] = {
        "format",     "map",      "tlp",  "pap",       "label", "case",
        "title",      "note",     "role", "valid-for", "type",  "recipient",
        "confidence", "exercise", "use",  "series"};
    const char *text;

    buf_put_str(&w->options, "sealane " SEALANE_VERSION "\nto ");
    buf_put(&w->options, buf_slice(&w->to));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (size_t n = 0; (text = option_nth(&run->options, names[i], n));
             n++) {
            buf_put_str(&w->options, "\n");
            buf_put_str(&w->options, names[i]);
            buf_put_str(&w->options, " ");
            buf_put_decimal(&w->options, strlen(text));
            buf_put_str(&w->options, " ");
            buf_put_str(&w->options, text);
        }
    }
    /* What is released goes as a submission of its own, which says by whom;
     * another code for the same goes on with it. */
    if (option_text(&run->options, "release"))
        buf_put_str(&w->options, "\nreleased");
    /* It is a text on the wire: no NUL between the names. */
    for (size_t i = 0; i < w->options.size; i++) {
        if (w->options.data[i] == 0)
            w->options.data[i] = ',';
    }
}

/* ---- teams -------------------------------------------------------------- */

static void
say_known(const struct control_answer *a, struct slice name)
{
    struct buf known = {0};

    for (size_t i = 0; i < a->record_count; i++) {
        buf_put_str(&known, i ? ", " : "");
        text_put_clean(&known, control_text(&a->records[i], "team"));
    }
    if (known.size == 0)
        buf_put_str(&known, "none yet");
    (void)complain("%.*s is not a peer; known: %.*s", (int)name.size,
                   (const char *)name.data, (int)known.size,
                   (const char *)known.data);
    buf_clear(&known);
}

static const struct control_record *
find_peer(const struct control_answer *a, struct slice name)
{
    const struct control_record *found = NULL;
    size_t shared = 0;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (slice_equal(control_text(r, "team"), name))
            return r;
        if (name.size && slice_equal(control_text(r, "short-name"), name)) {
            found = r;
            shared++;
        }
    }
    return shared == 1 ? found : NULL;
}

static bool
is_taken(const struct wishes *w, struct slice team)
{
    for (size_t at = 0; at < w->to.size;) {
        const char *name = (const char *)w->to.data + at;
        if (slice_is(team, name))
            return true;
        at += strlen(name) + 1;
    }
    return false;
}

static bool
add_team(const struct control_answer *a, struct slice name, struct wishes *w)
{
    const struct control_record *r = find_peer(a, name);

    if (!r) {
        say_known(a, name);
        return false;
    }
    if (!control_truth(r, "confirmed")) {
        (void)complain("%.*s is not confirmed: nothing flows before sealane "
                       "peer confirm",
                       (int)name.size, (const char *)name.data);
        return false;
    }
    if (is_taken(w, control_text(r, "team")))
        return true;
    buf_put(&w->to, control_text(r, "team"));
    buf_put_u8(&w->to, 0);
    w->ahead += record_u64(r, "queued");
    return true;
}

/* Take "a,b" apart. */
static bool
add_teams(const struct control_answer *a, const char *names, struct wishes *w)
{
    for (;;) {
        size_t size = strcspn(names, ",");
        if (!add_team(a, slice_of(names, size), w))
            return false;
        if (names[size] == '\0')
            return true;
        names += size + 1;
    }
}

static bool
ask_teams(struct daemon *d, const struct run *run, struct wishes *w)
{
    struct control_answer a;
    const char *names;
    struct ask ask;
    bool good;

    ask_begin(&ask, "peers");
    good = link_call(d, &ask, &a);
    ask_clear(&ask);
    for (size_t i = 0; good && (names = option_nth(&run->options, "to", i));
         i++)
        good = add_teams(&a, names, w);
    return good;
}

static bool
ask_default(struct daemon *d, struct wishes *w)
{
    struct control_answer a;
    struct ask ask;
    bool good;

    ask_begin(&ask, "status");
    good = link_call(d, &ask, &a);
    ask_clear(&ask);
    w->default_tlp = TLP_AMBER;
    if (good && a.record_count > 0) {
        buf_put(&w->lists, control_text(&a.records[0], "warninglists"));
        w->warn_documentation =
            control_truth(&a.records[0], "warn-documentation");
    }
    buf_put_u8(&w->lists, 0);
    if (good && a.record_count > 0 &&
        !tlp_parse(control_text(&a.records[0], "default-tlp"), &w->default_tlp))
        w->default_tlp = TLP_AMBER;
    return good;
}

static bool
has_teams(const struct run *run)
{
    if (option_text(&run->options, "to"))
        return true;
    (void)complain("to whom? say --to TEAM");
    return false;
}

bool
wishes_teams(const struct run *run, struct wishes *out)
{
    struct daemon *d = NULL;
    bool good =
        has_teams(run) && (d = link_open(run)) && ask_teams(d, run, out);

    daemon_close(d);
    return good;
}

bool
wishes_read(const struct run *run, struct wishes *out)
{
    struct daemon *d;
    bool good;

    *out = (struct wishes){0};
    if (!read_marking(&run->options, out) ||
        !read_numbers(&run->options, out) || !read_role(&run->options, out) ||
        !has_teams(run))
        return false;
    d = link_open(run);
    good = d && ask_teams(d, run, out) && ask_default(d, out) &&
           held_ask(&out->held, d);
    daemon_close(d);
    if (good)
        put_options(run, out);
    return good;
}

void
wishes_clear(struct wishes *w)
{
    buf_clear(&w->to);
    buf_clear(&w->options);
    buf_clear(&w->lists);
    held_clear(&w->held);
}

/* ---- into a message ----------------------------------------------------- */

/* Add the uses of an option behind the texts that are there. */
static size_t
add_texts(const struct options *o, const char *name, struct slice *list,
          size_t count, size_t most)
{
    const char *text;

    for (size_t i = 0; count < most && (text = option_nth(o, name, i)); i++)
        list[count++] = slice_str(text);
    return count;
}

static void
apply_marking(struct submit *s, struct marking *m, bool has_tlp)
{
    const struct options *o = &s->run->options;
    const struct wishes *w = &s->wishes;
    enum tlp said = w->has_tlp ? w->tlp : w->default_tlp;
    const char *exercise = option_text(o, "exercise");
    size_t count = 0;

    /* PROTOCOL markings: "Where the markings of an object, its package and the
     * submission differ, the strictest MUST count." */
    if (!has_tlp)
        m->tlp = said;
    else if (w->has_tlp)
        m->tlp = tlp_strictest(m->tlp, w->tlp);
    if (w->pap > m->pap)
        m->pap = w->pap;
    if (exercise)
        m->exercise = slice_str(exercise);
    for (; count < m->recipient_count && count < RECIPIENTS_MAX; count++)
        s->recipients[count] = m->recipients[count];
    m->recipient_count =
        add_texts(o, "recipient", s->recipients, count, RECIPIENTS_MAX);
    m->recipients = s->recipients;
}

/* What a document says of its own objects stands in their content, from which
 * the other side derives the head again: only bare values take these. */
static void
apply_to_value(struct submit *s, struct head *h)
{
    const struct options *o = &s->run->options;
    const struct wishes *w = &s->wishes;
    size_t count = 0;

    h->use = role_use(h->role, h->use);
    if (w->role.size) {
        h->role = w->role;
        h->use = role_use(h->role, h->use);
    }
    for (; count < h->label_count && count < LABELS_MAX; count++)
        s->labels[count] = h->labels[count];
    h->label_count = add_texts(o, "label", s->labels, count, LABELS_MAX);
    h->labels = s->labels;
    if (w->has_confidence) {
        h->has_confidence = true;
        h->confidence = w->confidence;
    }
    if (w->valid_ms) {
        h->has_valid_from = h->has_valid_until = true;
        h->valid_from.ms = w->now_ms;
        h->valid_until.ms = w->now_ms + w->valid_ms;
    }
}

void
wishes_apply(struct submit *s, struct message *m, bool has_tlp)
{
    const struct options *o = &s->run->options;

    m->has_head = true;
    apply_marking(s, &m->head.marking, has_tlp);
    if (m->content.size == 0 && m->kind == MESSAGE_INDICATOR)
        apply_to_value(s, &m->head);
    /* PROTOCOL roles: "What the submitter says of the use MUST only make it
     * stricter." */
    if (m->kind == MESSAGE_INDICATOR)
        m->head.use = use_strictest(m->head.use, s->wishes.use);
    m->submission.case_reference = slice_str(option_text(o, "case"));
    m->submission.title = slice_str(option_text(o, "title"));
    m->submission.note = slice_str(option_text(o, "note"));
}
