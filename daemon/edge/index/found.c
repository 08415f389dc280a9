#include "edge/index/found.h"

#include "core/base/cursor.h"
#include "core/formats/ascii.h"
#include "core/formats/stamp.h"
#include "core/wire/message.h"

bool
found_read(const struct row *row, struct arena *arena, struct found *out)
{
    struct slice head;

    *out = (struct found){.row = *row};
    if (!arena_copy(arena, row->head, &head) ||
        !arena_copy(arena, row->name, &out->row.name))
        return false;
    out->row.head = head;
    if (!head.size || message_get(head, arena, &out->m))
        out->m = (struct message){0};
    return !arena->spent;
}

#define NO_TEAM (ROWS_PEER_OWN - 1)

/* Messages of one id that are looked at, whoever sent them. */
#define FOUND_OTHERS_MAX 4096u

/* Of longer names what was found is not kept for the next message. */
#define OBJECT_BYTES_MAX KIB(4)

/* To find and sort so many costs as much as to look at one. */
#define HITS_OF_LOOK 64

/* ---- teams -------------------------------------------------------------- */

/* Give what people call a team: its short name, unless another has it too. */
static struct slice
name_of(struct rows *rows, uint32_t peer, struct arena *arena)
{
    struct rows_team team, other;
    struct slice name = {0};

    if (!rows_team(rows, peer, &team))
        return name;
    bool shares = !team.name[0];
    if (peer != ROWS_PEER_OWN && rows_team(rows, ROWS_PEER_OWN, &other))
        shares |= strcmp(other.name, team.name) == 0;
    for (uint32_t i = 0; !shares && rows_team(rows, i, &other); i++)
        shares = i != peer && strcmp(other.name, team.name) == 0;
    if (!arena_copy(arena, slice_str(shares ? team.team : team.name), &name))
        return (struct slice){0};
    return name;
}

/* Write "krcert>cert.gov.au#18205", or #2.118 in a later epoch. */
static void
id_put(struct search *s, const char *key, const struct row *row)
{
    struct rows_lane lane;
    struct buf id = {0};

    if (row->lane == ROWS_LANE_NONE || !rows_lane(s->rows, row->lane, &lane))
        return;
    bool ours = row->flags & ROW_OURS;
    buf_put(&id, name_of(s->rows, ours ? ROWS_PEER_OWN : row->peer, s->arena));
    buf_put_u8(&id, '>');
    buf_put(&id, name_of(s->rows, ours ? row->peer : ROWS_PEER_OWN, s->arena));
    buf_put_u8(&id, '#');
    if (lane.epoch) {
        buf_put_decimal(&id, lane.epoch);
        buf_put_u8(&id, '.');
    }
    buf_put_decimal(&id, row->index);
    control_add_text(&s->answer, key, buf_slice(&id));
    buf_clear(&id);
}

bool
found_is_withheld(struct search *s, const struct row *row)
{
    struct rows_lane lane;

    return row->lane != ROWS_LANE_NONE &&
           (!rows_lane(s->rows, row->lane, &lane) || lane.withheld);
}

/* ---- state -------------------------------------------------------------- */

bool
found_is_newer(const struct head *one, const struct head *other)
{
    struct stamp ours, theirs;

    return stamp_parse(one->modified, &ours) &&
           stamp_parse(other->modified, &theirs) &&
           stamp_compare(&theirs, &ours) > 0;
}

static bool
has_stamp(const struct head *h)
{
    struct stamp stamp;

    return stamp_parse(h->modified, &stamp);
}

static uint32_t
team_of(const struct row *row)
{
    return row->flags & ROW_OURS ? ROWS_PEER_OWN : row->peer;
}

/* What other messages say of this one's object. */
struct versions {
    bool revoked;
    struct row newer;     /* of the newest version, if it is not this one */
    struct row withdrawn; /* by which this one is */
    struct slice reason;
    uint32_t first; /* team that had the object before this one's team */
};

/* See another message; false if it may not be seen. What is part of an exercise
 * says nothing of what is not. */
static bool
other_see(struct search *s, const struct found *f, uint32_t message,
          struct row *out)
{
    s->looks++;
    return rows_get(s->rows, message, out) &&
           (s->may_read_red || !(out->flags & ROW_RED)) &&
           (f->row.flags & ROW_EXERCISE || !(out->flags & ROW_EXERCISE)) &&
           !found_is_withheld(s, out);
}

static bool
other_read(struct search *s, const struct row *row, struct found *out)
{
    arena_reset(&s->scratch[1]);
    return found_read(row, &s->scratch[1], out);
}

/* Tell whether `row` came or went over the same road, as a version of the same
 * object does. */
static bool
is_road(const struct found *f, const struct row *row)
{
    const unsigned same = ROW_OURS | ROW_EXERCISE;

    return row->peer == f->row.peer &&
           (row->flags & same) == (f->row.flags & same);
}

void
found_version_key(const struct row *road, const struct head *head,
                  struct buf *out)
{
    buf_reset(out);
    buf_put_decimal(out, road->peer);
    buf_put_u8(out, road->flags & ROW_OURS ? '>' : '<');
    buf_put_u8(out, road->flags & ROW_EXERCISE ? 'x' : ' ');
    buf_put(out, head->producer);
    buf_put_u8(out, 0);
    buf_put(out, head->object_id);
}

static bool
is_object(const struct found *f, const struct found *other)
{
    return slice_equal(other->m.head.object_id, f->m.head.object_id);
}

static bool
is_producer(const struct found *f, const struct found *other)
{
    return slice_equal(other->m.head.producer, f->m.head.producer);
}

static void
version_take(struct search *s, struct search_object *o,
             const struct found *other)
{
    const struct head newest = {.modified = o->modified}, *h = &other->m.head;

    o->revoked |= h->revoked;
    if ((!o->newest.message ? has_stamp(h) : found_is_newer(&newest, h)) &&
        arena_copy(s->arena, h->modified, &o->modified))
        o->newest = other->row;
}

/* Take the versions among the newest messages so far as may be looked at; as
 * many as `most` of the same road count. */
static void
versions_take(struct search *s, struct search_object *o, const struct found *f,
              const struct hits *h, size_t most)
{
    struct found other;
    struct row row;

    for (size_t i = 0; i < h->count && i < FOUND_OTHERS_MAX && most; i++) {
        if (!other_see(s, f, h->list[i].message, &row) || !is_road(f, &row) ||
            !other_read(s, &row, &other) || !is_object(f, &other) ||
            !is_producer(f, &other))
            continue;
        version_take(s, o, &other);
        most--;
    }
}

/* Where an id has many messages, those of this producer and road are found by
 * themselves: nobody else pushes them out, nor do they a revoked one. */
static void
versions_look(struct search *s, struct search_object *o, const struct found *f)
{
    struct hits versions = {0}, revoked = {0};
    struct buf key = {0};

    found_version_key(&f->row, &f->m.head, &key);
    hits_key(&versions, s->rows, KEY_VERSION, buf_slice(&key));
    hits_key(&revoked, s->rows, KEY_REVOKED, buf_slice(&key));
    hits_settle(&versions);
    hits_settle(&revoked);
    s->looks += (versions.count + revoked.count) / HITS_OF_LOOK;
    versions_take(s, o, f, &versions, FOUND_VERSIONS_MAX);
    versions_take(s, o, f, &revoked, 1);
    hits_clear(&versions);
    hits_clear(&revoked);
    buf_clear(&key);
}

/* Only what has versions is somebody's: an observable has the same id
 * whoever names it. */
static void
first_take(struct search *s, struct search_object *o, const struct found *f,
           const struct hits *h)
{
    struct found other;
    struct row row;

    if (h->cut)
        return; /* it is not there */
    for (size_t i = 0; i < h->count && i < FOUND_OTHERS_MAX; i++) {
        if (!other_see(s, f, h->list[h->count - 1 - i].message, &row) ||
            !other_read(s, &row, &other) || !is_object(f, &other))
            continue;
        o->first = row.message;
        o->first_team = team_of(&row);
        o->first_is_same =
            o->first_team == team_of(&f->row) && is_producer(f, &other);
        return;
    }
}

/* The answer has many versions of one object behind one another. */
static bool
is_known(const struct search_object *o, const struct found *f)
{
    return o->known && is_road(f, &o->road) &&
           slice_equal(o->id, f->m.head.object_id) &&
           slice_equal(o->producer, f->m.head.producer);
}

static const struct search_object *
object_of(struct search *s, const struct found *f)
{
    struct search_object *o = &s->object;
    const struct head *head = &f->m.head;
    struct hits h = {0};

    if (is_known(o, f))
        return o;
    *o = (struct search_object){.road = f->row};
    o->known = head->object_id.size + head->producer.size <= OBJECT_BYTES_MAX &&
               arena_copy(s->arena, head->object_id, &o->id) &&
               arena_copy(s->arena, head->producer, &o->producer);
    hits_key(&h, s->rows, KEY_OBJECT, head->object_id);
    hits_settle(&h);
    s->looks += h.count / HITS_OF_LOOK;
    if (h.count <= FOUND_VERSIONS_MAX)
        versions_take(s, o, f, &h, FOUND_VERSIONS_MAX);
    else
        versions_look(s, o, f);
    first_take(s, o, f, &h);
    hits_clear(&h);
    return o;
}

bool
found_withdrawn(struct search *s, const struct found *f, struct row *by)
{
    uint32_t at = 0;

    for (size_t n = 0; n < FOUND_OTHERS_MAX; n++) {
        at = rows_withdrawn(s->rows, &f->row, at);
        if (!at)
            return false;
        if (other_see(s, f, at, by))
            return true;
    }
    return false;
}

static void
withdrawn_take(struct search *s, struct versions *v, const struct found *f)
{
    struct found other;
    struct row row;

    if (!found_withdrawn(s, f, &row) || !other_read(s, &row, &other) ||
        !arena_copy(s->arena, other.m.withdrawal.reason, &v->reason))
        return;
    v->withdrawn = other.row;
}

static struct versions
versions_of(struct search *s, const struct found *f)
{
    const struct head *h = &f->m.head;
    struct versions v = {.revoked = h->revoked, .first = NO_TEAM};

    withdrawn_take(s, &v, f);
    if (!h->object_id.size)
        return v;
    const struct search_object *o = object_of(s, f);
    const struct head newest = {.modified = o->modified};
    v.revoked |= o->revoked;
    if (o->newest.message && found_is_newer(h, &newest))
        v.newer = o->newest;
    if (h->modified.size && o->first && o->first < f->row.message &&
        !o->first_is_same)
        v.first = o->first_team;
    return v;
}

static const char *
state_of(struct search *s, const struct found *f, const struct versions *v)
{
    const struct head *h = &f->m.head;

    if (f->row.flags & ROW_DECLINED)
        return "declined";
    if (f->row.flags & ROW_REVIEW)
        return "review";
    if (v->withdrawn.message)
        return "withdrawn";
    if (v->revoked)
        return "revoked";
    if (v->newer.message)
        return "superseded";
    if (h->has_valid_until && h->valid_until.ms <= s->now.ms)
        return "expired";
    return f->row.lane == ROWS_LANE_NONE ? "queued" : "active";
}

const char *
found_state(struct search *s, const struct found *f)
{
    struct versions v = versions_of(s, f);

    return state_of(s, f, &v);
}

const char *
found_direction(const struct found *f)
{
    return f->row.flags & ROW_OURS ? "to" : "from";
}

/* ---- the value ---------------------------------------------------------- */

static bool
has_part(struct slice value, struct slice part)
{
    if (!part.size || part.size > value.size)
        return false;
    for (size_t i = 0; i + part.size <= value.size; i++) {
        size_t k = 0;
        while (k < part.size &&
               ascii_lower(value.data[i + k]) == ascii_lower(part.data[k]))
            k++;
        if (k == part.size)
            return true;
    }
    return false;
}

/* Find the value of a message that was looked for; else its first one. */
static struct observed
value_of(const struct found *f, struct slice text)
{
    const struct head *h = &f->m.head;
    struct observed first = {h->observable, h->value};

    if (has_part(first.value, text))
        return first;
    for (size_t i = 0; i < h->value_count; i++)
        if (has_part(h->values[i].value, text))
            return h->values[i];
    for (size_t i = 0; i < h->mentioned_count; i++)
        if (has_part(h->mentioned[i].value, text))
            return h->mentioned[i];
    return first;
}

/* How a value lies to a range; HIT_NEAR: beside it. */
static enum relation
relation_to(const struct range *range, const struct observed *value)
{
    struct range r;

    if (!range_of_value(value, &r) || !range_meets(&r, range))
        return HIT_NEAR;
    if (range_equal(&r, range))
        return HIT_SAME;
    if (range_has(&r, range))
        return HIT_CONTAINS;
    return range_has(range, &r) ? HIT_INSIDE : HIT_OVERLAPS;
}

static void
relate(struct found *f, const struct range *range, const struct observed *value)
{
    enum relation relation = relation_to(range, value);

    if (relation >= f->relation)
        return;
    f->relation = relation;
    f->value = *value;
}

bool
found_about(struct found *f, const struct hit *hit, const struct range *range)
{
    const struct head *h = &f->m.head;

    f->relation = hit->relation;
    f->has_relation = hit->text.size > 0;
    f->value = value_of(f, hit->text);
    if (hit->relation != HIT_NEAR)
        return true;
    relate(f, range, &(struct observed){h->observable, h->value});
    for (size_t i = 0; i < h->value_count; i++)
        relate(f, range, &h->values[i]);
    for (size_t i = 0; i < h->mentioned_count; i++)
        relate(f, range, &h->mentioned[i]);
    return f->relation != HIT_NEAR;
}

/* A text that is cut stays UTF-8. */
static struct slice
text_cut(struct slice text, size_t size)
{
    while (size && (text.data[size] & 0xc0) == 0x80)
        size--;
    return slice_of(text.data, size);
}

static void
text_put(struct search *s, const char *key, struct slice text)
{
    if (text.size > SEARCH_TEXT_MAX)
        text = text_cut(text, SEARCH_TEXT_MAX);
    if (text.size)
        control_add_text(&s->answer, key, text);
}

static void
value_put(struct search *s, const struct found *f)
{
    static const char *const relations[] = {
        [HIT_SAME] = "same",           [HIT_PART] = "part",
        [HIT_CONTAINS] = "contains",   [HIT_ABOVE] = "above",
        [HIT_MENTIONED] = "mentioned", [HIT_INSIDE] = "inside",
        [HIT_OVERLAPS] = "overlaps",
    };
    struct control_builder *b = &s->answer;

    control_add_text(b, "type",
                     slice_str(observable_name(f->value.observable)));
    text_put(s, "value", f->value.value);
    if (f->has_relation)
        control_add_text(b, "relation", slice_str(relations[f->relation]));
}

/* ---- the record --------------------------------------------------------- */

static void
head_put(struct search *s, const struct head *h)
{
    struct control_builder *b = &s->answer;

    text_put(s, "role", h->role);
    text_put(s, "use", slice_str(use_name(h->use)));
    control_add_text(b, "tlp", slice_str(tlp_name(h->marking.tlp)));
    if (h->marking.pap)
        control_add_text(b, "pap", slice_str(pap_name(h->marking.pap)));
    text_put(s, "exercise", h->marking.exercise);
    text_put(s, "object", h->object_id);
    text_put(s, "object-type", h->object_type);
    text_put(s, "modified", h->modified);
    text_put(s, "producer", h->producer);
    text_put(s, "pattern", h->pattern);
    for (size_t i = 0; i < h->label_count && i < SEARCH_LABELS_MAX; i++)
        text_put(s, "label", h->labels[i]);
    if (h->has_confidence)
        control_add_number(b, "confidence", h->confidence);
    if (h->has_valid_until)
        control_add_number(b, "valid-until-ms", (int64_t)h->valid_until.ms);
}

static void
versions_put(struct search *s, const struct versions *v)
{
    if (v->newer.message)
        id_put(s, "superseded-by", &v->newer);
    if (v->withdrawn.message)
        id_put(s, "withdrawn-by", &v->withdrawn);
    text_put(s, "withdrawn-reason", v->reason);
    if (v->first != NO_TEAM)
        text_put(s, "first-by", name_of(s->rows, v->first, s->arena));
}

static void
review_put(struct search *s, const struct found *f)
{
    static const char *const kinds[] = {[WARNING_RANGE] = "range",
                                        [WARNING_LIST] = "list",
                                        [WARNING_NEVER] = "never-block"};
    struct review r;

    if (!(f->row.flags & ROW_REVIEW) ||
        !reviews_get(&s->rows->reviews, f->row.message, &r))
        return;
    text_put(s, "review-field", r.field);
    if (!r.list.size)
        return;
    text_put(s, "review-list", r.list);
    control_add_text(&s->answer, "review-kind", slice_str(kinds[r.kind]));
    control_add_text(&s->answer, "review-type",
                     slice_str(observable_name(r.type)));
    text_put(s, "review-value", r.value);
}

void
found_put(struct search *s, const struct found *f, struct slice asked)
{
    struct control_builder *b = &s->answer;
    const struct submission *from = &f->m.submission;
    struct versions v = versions_of(s, f);
    struct rows_team team;

    text_put(s, "asked", asked);
    control_add_text(b, "state", slice_str(state_of(s, f, &v)));
    control_add_text(b, "kind", slice_str(message_kind_name(f->m.kind)));
    if (f->m.kind >= MESSAGE_KIND_COUNT)
        control_add_number(b, "kind-number", f->m.kind);
    value_put(s, f);
    head_put(s, &f->m.head);
    control_add_text(b, "direction", slice_str(found_direction(f)));
    if (rows_team(s->rows, f->row.peer, &team))
        control_add_text(b, "team", slice_str(team.team));
    text_put(s, "team-name", name_of(s->rows, f->row.peer, s->arena));
    control_add_number(b, "time-ms", (int64_t)f->row.time.ms);
    control_add_number(b, "row", f->row.message);
    if (f->row.lane == ROWS_LANE_NONE)
        control_add_number(b, "item", (int64_t)f->row.index);
    id_put(s, "id", &f->row);
    versions_put(s, &v);
    if (from->number)
        control_add_number(b, "submission", (int64_t)from->number);
    review_put(s, f);
    text_put(s, "name", f->row.name);
    text_put(s, "case", from->case_reference);
    text_put(s, "title", from->title);
    text_put(s, "note", from->note);
    if (f->row.code)
        control_add_text(b, "reason",
                         slice_str(err_text(err_from_code(f->row.code))));
    control_end_record(b);
}
