#include "cli/wanted.h"

#include "cli/states.h"

#define PAGE_RECORDS_MAX 1024

/* --state is the state directory as well. */
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
check_kind(const char *kind)
{
    for (unsigned k = 1; kind && k <= MESSAGE_KIND_COUNT; k++) {
        if (strcmp(kind, message_kind_name(k)) == 0)
            return true;
    }
    if (kind)
        (void)complain("--kind %s: there is no such kind of message", kind);
    return !kind;
}

bool
wanted_read(const struct run *run, const char *to, struct wanted *out)
{
    const struct options *o = &run->options;
    const char *tlp = option_text(o, "tlp");
    enum tlp parsed;

    *out = (struct wanted){.to = option_text(o, to),
                           .from = option_text(o, "from"),
                           .state = wanted_state(run),
                           .kind = option_text(o, "kind")};
    if (!states_check(run))
        return false;
    if (out->to && out->from) {
        (void)complain("--%s or --from, not both", to);
        return false;
    }
    if (tlp && !tlp_parse(slice_str(tlp), &parsed)) {
        (void)complain("--tlp %s: clear, green, amber, amber+strict or red",
                       tlp);
        return false;
    }
    out->tlp = tlp ? tlp_name(parsed) : NULL;
    return check_kind(out->kind) &&
           option_limit(o, UINT32_MAX, UINT64_MAX, &out->left);
}

bool
wanted_is(const struct wanted *w, const struct entry *e)
{
    if (w->state && !slice_is(control_text(e->record, "state"), w->state))
        return false;
    return !w->kind ||
           (e->has_message &&
            strcmp(message_kind_name(e->message.kind), w->kind) == 0);
}

static void
ask_page(struct ask *ask, const struct wanted *w, struct slice cursor)
{
    ask_begin(ask, "list");
    if (w->to || w->from) {
        ask_text(ask, "direction", w->to ? "to" : "from");
        ask_text(ask, "team", w->to ? w->to : w->from);
    }
    ask_text(ask, "state", w->state);
    ask_text(ask, "tlp", w->tlp);
    if (cursor.size)
        control_add_text(&ask->b, "cursor", cursor);
    if (w->left < PAGE_RECORDS_MAX)
        control_add_number(&ask->b, "limit", (int64_t)w->left);
}

struct taking {
    struct wanted *wanted;
    struct arena arena;
    struct buf next; /* the cursor of the page behind; empty: there is none */
    void (*take)(void *context, const struct entry *e);
    void *context;
};

static void
take_record(struct taking *t, const struct control_record *r)
{
    struct entry e;

    arena_reset(&t->arena);
    entry_read(r, &t->arena, &e);
    if (!wanted_is(t->wanted, &e))
        return;
    t->take(t->context, &e);
    t->wanted->left--;
}

/* Take a page; true if there is another. */
static bool
take_page(struct taking *t, const struct control_answer *a)
{
    buf_reset(&t->next);
    for (size_t i = 0; i < a->record_count && t->wanted->left > 0; i++) {
        const struct control_record *r = &a->records[i];
        if (control_find(r, "cursor"))
            buf_put(&t->next, control_text(r, "cursor"));
        else
            take_record(t, r);
    }
    return t->next.size > 0 && t->wanted->left > 0;
}

bool
wanted_each(struct daemon *d, struct wanted *w,
            void (*take)(void *context, const struct entry *e), void *context)
{
    struct taking t = {.wanted = w, .take = take, .context = context};
    struct control_answer a;
    struct ask ask;
    bool good, more;

    arena_init(&t.arena, ENTRY_BUDGET);
    do {
        ask_page(&ask, w, buf_slice(&t.next));
        good = link_call(d, &ask, &a);
        ask_clear(&ask);
        if (good && a.text.size)
            link_complain(&a);
        more = good && take_page(&t, &a);
    } while (more);
    arena_clear(&t.arena);
    buf_clear(&t.next);
    return good;
}
