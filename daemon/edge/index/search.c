#include "edge/index/search.h"

#include "core/formats/ascii.h"
#include "core/model/message.h"
#include "core/wire/message.h"
#include "edge/index/found.h"
#include "edge/index/hits.h"

/* What must hold of a message beside the value. */
struct wish {
    struct slice type, role, producer, peer, exercise, label, reference;
    struct slice state, direction;
    int64_t since_ms, until_ms, submission;
    bool has_tlp, has_type, review;
    bool exercises; /* all of them */
    enum tlp tlp;
    enum observable observable;
};

static bool
same(struct slice wanted, struct slice is)
{
    return !wanted.size || ascii_is_same(wanted, is);
}

/* ---- peers -------------------------------------------------------------- */

static bool
is_called(const struct rows_team *team, struct slice name)
{
    return ascii_is_same(name, slice_str(team->team)) ||
           ascii_is_same(name, slice_str(team->name));
}

static bool
is_peer(struct rows *rows, const struct found *f, struct slice name)
{
    struct rows_team team;

    return rows_team(rows, f->row.peer, &team) && is_called(&team, name);
}

/* Say that there is no such peer, and which there are. */
static const char *
peer_fault(struct search *s, struct slice name)
{
    struct rows_team team;
    struct buf text = {0};
    struct slice kept;

    buf_put(&text,
            slice_first(name,
                        name.size < ROWS_TEAM_MAX ? name.size : ROWS_TEAM_MAX));
    buf_put_str(&text, " is not a peer; known: ");
    for (uint32_t i = 0; rows_team(s->rows, i, &team); i++) {
        buf_put_str(&text, i ? ", " : "");
        buf_put_str(&text, team.team);
    }
    if (!rows_team(s->rows, 0, &team))
        buf_put_str(&text, "none yet");
    buf_put_u8(&text, 0);
    bool good = arena_copy(s->arena, buf_slice(&text), &kept);
    buf_clear(&text);
    return good ? (const char *)kept.data : "there is no such peer";
}

static void
peer_check(struct search *s, struct slice name)
{
    struct rows_team team;

    for (uint32_t i = 0; name.size && rows_team(s->rows, i, &team); i++)
        if (is_called(&team, name))
            return;
    if (name.size)
        s->fault = peer_fault(s, name);
}

/* ---- wishes ------------------------------------------------------------- */

static bool
type_read(struct slice name, enum observable *out)
{
    for (unsigned i = 1; i < OBSERVABLE_COUNT; i++)
        if (ascii_is_same(name, slice_str(observable_name(i)))) {
            *out = (enum observable)i;
            return true;
        }
    return false;
}

static bool
wish_read(struct search *s, struct wish *w)
{
    const struct control_record *v = s->values;
    struct slice tlp = control_text(v, "tlp");

    *w = (struct wish){.type = control_text(v, "type"),
                       .role = control_text(v, "role"),
                       .producer = control_text(v, "producer"),
                       .peer = control_text(v, "peer"),
                       .exercise = control_text(v, "exercise"),
                       .label = control_text(v, "label"),
                       .reference = control_text(v, "case"),
                       .state = control_text(v, "state"),
                       .direction = control_text(v, "direction"),
                       .since_ms = control_number(v, "since-ms", 0),
                       .until_ms = control_number(v, "until-ms", INT64_MAX),
                       .submission = control_number(v, "submission", -1)};
    w->review = control_truth(v, "review");
    w->exercises = control_truth(v, "exercises");
    w->has_tlp = tlp.size > 0;
    if (w->has_tlp && !tlp_parse(tlp, &w->tlp))
        s->fault = "there is no such TLP";
    w->has_type = type_read(w->type, &w->observable);
    peer_check(s, w->peer);
    return s->fault == NULL;
}

static bool
is_of_type(const struct wish *w, const struct head *h)
{
    if (!w->type.size)
        return true;
    if (!w->has_type)
        return same(w->type, h->object_type);
    if (h->observable == (unsigned)w->observable)
        return true;
    for (size_t i = 0; i < h->value_count; i++)
        if (h->values[i].observable == (unsigned)w->observable)
            return true;
    return false;
}

static bool
has_label(const struct wish *w, const struct head *h)
{
    for (size_t i = 0; i < h->label_count; i++)
        if (same(w->label, h->labels[i]))
            return true;
    return !w->label.size;
}

/* A row that this reader may know of. */
static bool
may_know(struct search *s, const struct wish *w, const struct row *row)
{
    struct rows_lane lane;

    if ((row->flags & ROW_RED) && !s->may_read_red)
        return false;
    if ((row->flags & ROW_EXERCISE) && !w->exercise.size && !w->exercises)
        return false;
    /* PROTOCOL journal: "After a restore a node MUST NOT show or export
     * anything of a lane before its resume has run and what came of it is
     * applied." */
    return row->lane == ROWS_LANE_NONE ||
           (rows_lane(s->rows, row->lane, &lane) && !lane.withheld);
}

static bool
is_wanted(struct search *s, const struct wish *w, const struct found *f)
{
    const struct head *h = &f->m.head;

    if (w->submission >= 0 && f->m.submission.number != (uint64_t)w->submission)
        return false;
    return (!w->review || (f->row.flags & ROW_REVIEW)) &&
           (int64_t)f->row.time.ms >= w->since_ms &&
           (int64_t)f->row.time.ms <= w->until_ms &&
           (!w->has_tlp || h->marking.tlp == w->tlp) && is_of_type(w, h) &&
           same(w->role, h->role) && same(w->producer, h->producer) &&
           same(w->exercise, h->marking.exercise) && has_label(w, h) &&
           same(w->reference, f->m.submission.case_reference) &&
           same(w->direction, slice_str(found_direction(f))) &&
           (!w->peer.size || is_peer(s->rows, f, w->peer)) &&
           (!w->state.size || same(w->state, slice_str(found_state(s, f))));
}

/* ---- a page ------------------------------------------------------------- */

struct page {
    struct search *s;
    struct wish wish;
    struct hits words; /* where words are wanted: those that have them */
    bool has_words;
    uint32_t before;
    size_t records, limit;
    uint32_t last; /* that was looked at */
    bool full;
    bool cut; /* a value leads to more than may be looked at */
};

/* Where messages come from: what was looked up, what for, and the range. */
struct source {
    struct hit hit;
    struct slice asked;
    const struct range *range;
};

/* Look at one message: add a record if it is wanted. */
static void
take(struct page *p, const struct row *row, const struct source *from)
{
    struct found f;

    p->s->looks++;
    p->last = row->message;
    arena_reset(&p->s->scratch[0]);
    if (!may_know(p->s, &p->wish, row) ||
        (p->has_words && !hits_have(&p->words, row->message)) ||
        !found_read(row, &p->s->scratch[0], &f) ||
        !found_about(&f, &from->hit, from->range) ||
        !is_wanted(p->s, &p->wish, &f))
        return;
    found_put(p->s, &f, from->asked);
    p->records++;
}

static bool
is_full(const struct page *p)
{
    return p->records >= p->limit || p->s->looks >= SEARCH_LOOKS_MAX ||
           p->s->arena->used >= SEARCH_BYTES_MAX;
}

static void
hits_take(struct page *p, const struct hits *h, struct slice asked)
{
    struct row row;

    p->cut |= h->cut;
    for (size_t i = 0; i < h->count && !p->full; i++) {
        if (h->list[i].message >= p->before)
            continue;
        if (is_full(p))
            p->full = true;
        else if (rows_get(p->s->rows, h->list[i].message, &row))
            take(p, &row, &(struct source){h->list[i], asked, &h->range});
    }
}

static void
review_take(struct page *p)
{
    const struct source any = {0};
    struct row row;
    uint32_t next = p->before;

    while ((next = reviews_before(&p->s->rows->reviews, next))) {
        p->full = is_full(p);
        if (p->full)
            return;
        if (rows_get(p->s->rows, next, &row))
            take(p, &row, &any);
    }
}

/* Without a value what leads to fewest is looked through, or all. */
static void
all_take(struct page *p)
{
    const struct source any = {0};
    struct hits h = {0};
    struct row row;

    if (p->has_words) {
        hits_take(p, &p->words, (struct slice){0});
    } else if (p->wish.label.size || p->wish.reference.size) {
        bool by_case = p->wish.reference.size > 0;
        hits_key(&h, p->s->rows, by_case ? KEY_CASE : KEY_LABEL,
                 by_case ? p->wish.reference : p->wish.label);
        hits_settle(&h);
        hits_take(p, &h, (struct slice){0});
        hits_clear(&h);
    } else if (p->wish.review) {
        review_take(p);
    } else {
        for (p->last = p->before; rows_before(p->s->rows, p->last, &row);) {
            p->full = is_full(p);
            if (p->full)
                return;
            take(p, &row, &any);
        }
    }
}

/* Give the number of values that were looked for. */
static size_t
values_take(struct page *p, size_t *count)
{
    const struct control_record *v = p->s->values;
    bool parents = control_truth(v, "parents");
    size_t done = 0;

    *count = 0;
    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->values[i].key, "value") != 0)
            continue;
        ++*count;
        if (p->full || (done && is_full(p)))
            continue;
        struct hits h = {0};
        hits_value(&h, p->s->rows, v->values[i].text, parents, p->s->arena);
        hits_settle(&h);
        p->last = p->before;
        hits_take(p, &h, v->values[i].text);
        p->s->looks += h.keys;
        hits_clear(&h);
        done++;
    }
    return done;
}

static uint64_t
searched(const struct search *s, const struct wish *w)
{
    const struct rows_counts *c = &s->rows->counts;
    uint64_t n = c->messages;

    if (!s->may_read_red)
        n -= c->red;
    if (!w->exercise.size && !w->exercises)
        n -= s->may_read_red ? c->exercise : c->exercise - c->red_exercise;
    return n;
}

static void
summary_put(struct search *s, const struct wish *w)
{
    control_add_number(&s->answer, "searched", (int64_t)searched(s, w));
    control_add_number(&s->answer, "turn", (int64_t)s->rows->position.turn);
    if (!s->may_read_red)
        control_add_truth(&s->answer, "red-left-out", true);
    if (!w->exercise.size && !w->exercises)
        control_add_truth(&s->answer, "exercises-left-out", true);
    control_end_record(&s->answer);
}

/* Where it does not end: a last record with where it goes on. */
static void
rest_put(struct search *s, const struct page *p, size_t done, size_t count)
{
    if (!p->full && done == count)
        return;
    if (p->full) {
        control_add_number(&s->answer, "next", p->last);
        done -= done > 0;
    }
    control_add_number(&s->answer, "next-value", (int64_t)done);
    control_end_record(&s->answer);
}

enum err
search_run(struct search *s)
{
    struct page p = {.s = s, .before = UINT32_MAX};
    int64_t before = control_number(s->values, "before", UINT32_MAX);
    int64_t limit = control_number(s->values, "limit", SEARCH_RECORDS_MAX);
    struct slice text = control_text(s->values, "text");
    size_t done, count;

    if (!wish_read(s, &p.wish))
        return ERR_VALUE;
    if (before > 0 && before < UINT32_MAX)
        p.before = (uint32_t)before;
    p.limit = limit > 0 && limit < (int64_t)SEARCH_RECORDS_MAX
                  ? (size_t)limit
                  : SEARCH_RECORDS_MAX;
    p.has_words = text.size > 0;
    if (p.has_words)
        s->fault = hits_words(&p.words, s->rows, text);
    if (s->fault) {
        hits_clear(&p.words);
        return ERR_VALUE;
    }
    hits_settle(&p.words);
    p.cut = p.words.cut;
    summary_put(s, &p.wish);
    done = values_take(&p, &count);
    if (!count)
        all_take(&p);
    if (p.cut) {
        control_add_truth(&s->answer, "cut", true);
        control_end_record(&s->answer);
    }
    rest_put(s, &p, done, count);
    hits_clear(&p.words);
    return OK;
}
