#include "edge/index/ours.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "edge/index/found.h"
#include "edge/index/hits.h"

#include <stdlib.h>

#define NUMBER_BYTES 4

struct listing {
    struct search *s;
    struct slice package, source, object, to;
    uint64_t submission;
    bool by_place;
    uint32_t before;
    uint32_t *list; /* messages, the newest first */
    size_t count;
    uint64_t hidden;
};

/* ---- which messages ----------------------------------------------------- */

static int
by_age(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return *left > *right ? -1 : *left < *right;
}

static void
key_take(struct listing *l, enum key_class class, struct slice text)
{
    struct buf found = {0};

    rows_find(l->s->rows, class, text, &found);
    l->count = found.size / NUMBER_BYTES;
    l->list = mem_new((l->count + 1) * sizeof *l->list);
    for (size_t i = 0; i < l->count; i++)
        l->list[i] = get_be32(found.data + NUMBER_BYTES * i);
    qsort(l->list, l->count, sizeof *l->list, by_age);
    buf_clear(&found);
}

static void
submission_take(struct listing *l)
{
    struct buf number = {0};

    buf_put_decimal(&number, l->submission);
    key_take(l, KEY_SUBMISSION, buf_slice(&number));
    buf_clear(&number);
}

static uint32_t
at_place(const struct search *s)
{
    int64_t lane = control_number(s->values, "lane", -1);
    int64_t index = control_number(s->values, "index", -1);

    if (lane < 0 || lane >= ROWS_LANE_NONE || index < 0)
        return 0;
    return rows_at(s->rows, (uint32_t)lane, (uint64_t)index);
}

static void
place_take(struct listing *l)
{
    l->list = mem_new(sizeof *l->list);
    l->list[0] = at_place(l->s);
    l->count = l->list[0] != 0;
}

static bool
listing_read(struct listing *l)
{
    const struct control_record *v = l->s->values;
    int64_t before = control_number(v, "before", UINT32_MAX);

    l->package = control_text(v, "package");
    l->source = control_text(v, "source");
    l->object = control_text(v, "object");
    l->to = control_text(v, "to");
    l->submission = (uint64_t)control_number(v, "submission", 0);
    l->by_place = control_find(v, "lane") != NULL;
    l->before =
        before > 0 && before < UINT32_MAX ? (uint32_t)before : UINT32_MAX;
    if (l->package.size)
        key_take(l, KEY_PACKAGE, l->package);
    else if (l->object.size)
        key_take(l, KEY_OBJECT, l->object);
    else if (l->submission)
        submission_take(l);
    else if (l->by_place)
        place_take(l);
    else
        l->s->fault = "of what? a document, a submission, an object or a place";
    return l->list != NULL;
}

/* Keys are hashes, and letters count as small ones: hold it against what was
 * asked for. */
static bool
is_meant(const struct listing *l, const struct found *f)
{
    struct rows_team team;

    if (l->to.size && !(rows_team(l->s->rows, f->row.peer, &team) &&
                        slice_is(l->to, team.team)))
        return false;
    if (l->package.size)
        return slice_equal(f->m.package.id, l->package) &&
               slice_equal(f->m.package.source, l->source);
    if (l->object.size)
        return slice_equal(f->m.head.object_id, l->object);
    return l->by_place || f->m.submission.number == l->submission;
}

/* ---- the records -------------------------------------------------------- */

static const char *
state_of(struct search *s, const struct found *f)
{
    struct row by;

    if (!(f->row.flags & ROW_OURS))
        return "theirs";
    if (f->row.flags & ROW_DECLINED)
        return "declined";
    if (found_withdrawn(s, f, &by))
        return "withdrawn";
    return f->m.head.revoked ? "revoked" : "there";
}

static void
marking_put(struct control_builder *b, const struct marking *m)
{
    control_add_text(b, "tlp", slice_str(tlp_name(m->tlp)));
    if (m->pap)
        control_add_text(b, "pap", slice_str(pap_name(m->pap)));
    if (m->relay_permitted)
        control_add_truth(b, "relay", true);
    if (m->exercise.size)
        control_add_text(b, "exercise", m->exercise);
    for (size_t i = 0; i < m->recipient_count; i++)
        control_add_text(b, "recipient", m->recipients[i]);
}

static void
record_put(struct search *s, const struct found *f)
{
    struct control_builder *b = &s->answer;
    const struct head *h = &f->m.head;
    struct rows_team team;
    struct rows_lane lane;

    control_add_text(b, "state", slice_str(state_of(s, f)));
    if (f->row.lane != ROWS_LANE_NONE &&
        rows_lane(s->rows, f->row.lane, &lane)) {
        control_add_number(b, "lane", f->row.lane);
        control_add_bytes(b, "lane-id", SLICE_ARRAY(lane.id.b));
        control_add_number(b, "index", (int64_t)f->row.index);
    }
    if (rows_team(s->rows, f->row.peer, &team))
        control_add_text(b, "team", slice_str(team.team));
    control_add_number(b, "submission", (int64_t)f->m.submission.number);
    control_add_text(b, "kind", slice_str(message_kind_name(f->m.kind)));
    if (h->object_id.size)
        control_add_text(b, "object", h->object_id);
    if (h->value.size && h->value.size <= SEARCH_TEXT_MAX) {
        control_add_number(b, "observable", h->observable);
        control_add_text(b, "value", h->value);
    }
    marking_put(b, &h->marking);
    control_end_record(b);
}

/* A number or place of ours says nothing of what stands there; the id of an
 * object or a document, which may be guessed, does. */
static bool
says_hidden(const struct listing *l)
{
    return !l->package.size && !l->object.size &&
           (l->submission || l->by_place);
}

/* Put as many as an answer has room for; gives the last that was looked at
 * where there are more, else 0. */
static uint32_t
records_put(struct listing *l)
{
    struct search *s = l->s;
    uint32_t last = 0;
    size_t records = 0;
    struct found f;
    struct row row;

    for (size_t i = 0; i < l->count; i++) {
        if (l->list[i] >= l->before || l->list[i] == last)
            continue;
        if (records == OURS_RECORDS_MAX || s->looks >= SEARCH_LOOKS_MAX ||
            s->arena->used >= SEARCH_BYTES_MAX)
            return last;
        last = l->list[i];
        s->looks++;
        arena_reset(&s->scratch[0]);
        if (!rows_get(s->rows, last, &row) || found_is_withheld(s, &row) ||
            !found_read(&row, &s->scratch[0], &f) || !is_meant(l, &f))
            continue;
        if ((row.flags & ROW_RED) && !s->may_read_red) {
            l->hidden += says_hidden(l) && (row.flags & ROW_OURS) != 0;
            continue;
        }
        record_put(s, &f);
        records++;
    }
    return 0;
}

enum err
ours_run(struct search *s)
{
    struct listing l = {.s = s};

    if (!listing_read(&l))
        return ERR_VALUE;
    uint32_t next = records_put(&l);
    control_add_number(&s->answer, "hidden", (int64_t)l.hidden);
    control_add_number(&s->answer, "turn", (int64_t)s->rows->position.turn);
    control_add_number(&s->answer, "committed", (int64_t)s->committed);
    if (!s->may_read_red && !says_hidden(&l))
        control_add_truth(&s->answer, "red-left-out", true);
    if (next)
        control_add_number(&s->answer, "next", next);
    control_end_record(&s->answer);
    mem_free(l.list);
    return OK;
}

enum err
entry_run(struct search *s)
{
    const struct hit any = {0};
    uint32_t message = at_place(s);
    struct found f;
    struct row row;

    arena_reset(&s->scratch[0]);
    if (message && rows_get(s->rows, message, &row) &&
        !found_is_withheld(s, &row) &&
        (s->may_read_red || !(row.flags & ROW_RED)) &&
        found_read(&row, &s->scratch[0], &f) && found_about(&f, &any, NULL))
        found_put(s, &f, (struct slice){0});
    return OK;
}
