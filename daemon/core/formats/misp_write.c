#include "core/formats/misp_write.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/formats/json_check.h"
#include "core/formats/json_scan.h"
#include "core/formats/losses.h"
#include "core/formats/misp.h"
#include "core/formats/misp_make.h"

#define PIECE_MIN KIB(64)
#define STEPS_MAX 8

/* What leads from the top of a document to an event. */
enum step {
    STEP_LIST,
    STEP_RESPONSE,
    STEP_EVENT,
};

/* The way through an envelope: its steps, and what each is taken in. */
struct way {
    enum step steps[STEPS_MAX];
    struct slice in[STEPS_MAX];
    size_t count;
};

/* What is being written of an event. */
enum section {
    SECTION_NONE,
    SECTION_ATTRIBUTES,
    SECTION_OBJECTS,
    SECTION_COUNT
};

static const char *const section_keys[SECTION_COUNT] = {
    [SECTION_ATTRIBUTES] = "Attribute",
    [SECTION_OBJECTS] = "Object",
};

struct misp_writer {
    struct format_out out;
    struct format_task task;
    struct json_check *check;
    struct buf piece;
    enum step steps[STEPS_MAX];
    struct buf beside[STEPS_MAX]; /* members that go with each of them */
    size_t step_count, list_at; /* the last list among them, from 1; 0: none */
    uint64_t events;
    bool event_open, is_lone[SECTION_COUNT]; /* one, and no list */
    struct buf event_id;
    enum section section;
    bool has_members, was[SECTION_COUNT];
    bool object_open, object_said, has_parts;
    bool is_made; /* the event that is open did not come from MISP */
    struct misp_event made;
    uint64_t object; /* 1 + its position */
};

static void
flush(struct misp_writer *w, size_t at_least)
{
    if (w->piece.size <= at_least)
        return;
    w->out.bytes(w->out.context, buf_slice(&w->piece));
    buf_reset(&w->piece);
}

/* ---- the wrapping ------------------------------------------------------- */

static bool
is_container(struct slice value)
{
    return value.size > 0 && (value.data[0] == '{' || value.data[0] == '[');
}

/* Go one step from a part of an envelope towards its event. */
static bool
step_into(struct slice *at, enum step *step)
{
    struct json_scan scan = json_scan_of(*at);
    struct slice next = {0};

    if (at->data[0] == '[') {
        *step = STEP_LIST;
        if (!json_scan_element(&scan, &next))
            return false;
    } else {
        *step = STEP_RESPONSE;
        next = json_scan_find(*at, "response");
        if (!is_container(next)) {
            *step = STEP_EVENT;
            next = json_scan_find(*at, "Event");
        }
    }
    if (!is_container(next))
        return false;
    *at = next;
    return true;
}

/* Find what stands around the attributes of an envelope, and the way there. */
static struct slice
event_find(struct slice envelope, struct way *way)
{
    way->count = 0;
    for (;;) {
        size_t i = way->count;
        way->in[i] = envelope;
        if (!step_into(&envelope, &way->steps[i]))
            return envelope;
        way->count++;
        if (way->steps[i] == STEP_EVENT || way->count == STEPS_MAX)
            return envelope;
    }
}

static bool
is_lone(struct slice event, const char *key)
{
    struct slice value = json_scan_find(event, key);

    return value.size > 0 && value.data[0] == '{';
}

/* Several events that are made stand in a response, as MISP gives them. */
static void
wrapping_make(struct misp_writer *w)
{
    if (w->task.is_mixed && !w->task.is_feed) {
        w->steps[w->step_count++] = STEP_RESPONSE;
        w->steps[w->step_count++] = STEP_LIST;
    }
    w->steps[w->step_count++] = STEP_EVENT;
}

/* Tell whether the way through the first document ends at an event that is
 * wrapped: what is made can stand there, too. */
static bool
is_wrapped(const struct way *way)
{
    return way->count > 0 && way->steps[way->count - 1] == STEP_EVENT;
}

static void
wrapping_read(struct misp_writer *w)
{
    struct slice event = w->task.around;
    struct way way = {.count = 0};

    if (is_container(event))
        event = event_find(event, &way);
    if (w->task.is_feed || (w->is_made && !is_wrapped(&way))) {
        wrapping_make(w);
    } else if (is_container(w->task.around)) {
        w->step_count = way.count;
        for (size_t i = 0; i < way.count; i++)
            w->steps[i] = way.steps[i];
        for (size_t s = 1; s < SECTION_COUNT; s++)
            w->is_lone[s] = !w->task.is_mixed && !w->is_made &&
                            is_lone(event, section_keys[s]);
    } else {
        w->steps[w->step_count++] = STEP_EVENT;
    }
    for (size_t i = 0; i < w->step_count; i++)
        if (w->steps[i] == STEP_LIST)
            w->list_at = i + 1;
}

static void
put_steps(struct misp_writer *w, size_t from)
{
    static const char *const texts[] = {[STEP_LIST] = "[",
                                        [STEP_RESPONSE] = "{\"response\":",
                                        [STEP_EVENT] = "{\"Event\":"};

    for (size_t i = from; i < w->step_count; i++)
        buf_put_str(&w->piece, texts[w->steps[i]]);
}

static void
end_steps(struct misp_writer *w, size_t from, size_t to)
{
    for (size_t i = to; i > from; i--) {
        buf_put(&w->piece, buf_slice(&w->beside[i - 1]));
        buf_put_u8(&w->piece, w->steps[i - 1] == STEP_LIST ? ']' : '}');
    }
}

/* Write the members of an object on the way, but for the way. */
static void
put_beside(struct buf *out, struct slice in, enum step step)
{
    static const char *const keys[] = {
        [STEP_RESPONSE] = "response", [STEP_EVENT] = "Event"};
    struct json_scan scan = json_scan_of(in);
    struct slice key, value;

    while (step != STEP_LIST && json_scan_member(&scan, &key, &value)) {
        if (json_scan_is(key, keys[step]))
            continue;
        buf_put_str(out, ",\"");
        buf_put(out, key);
        buf_put_str(out, "\":");
        buf_put(out, value);
    }
}

/* Take what stands beside an event; where its way is another one than that
 * which is written, it has no place. */
static void
beside_read(struct misp_writer *w, const struct message *m,
            const struct way *way)
{
    bool is_same = way->count == w->step_count;
    struct buf text = {0};

    for (size_t i = 0; i < way->count; i++)
        is_same = is_same && way->steps[i] == w->steps[i];
    for (size_t i = w->list_at; i < w->step_count; i++)
        buf_reset(&w->beside[i]);
    for (size_t i = 0; i < way->count; i++) {
        buf_reset(&text);
        put_beside(&text, way->in[i], way->steps[i]);
        bool is_new = !is_same ||
                      !slice_equal(buf_slice(&text), buf_slice(&w->beside[i]));
        if (!text.size || !is_new)
            continue;
        if (is_same && w->beside[i].size == 0)
            buf_put(&w->beside[i], buf_slice(&text));
        else
            loss_put(&w->out, m, LOSS_DROPPED, "response",
                     "there is no place for what stood beside the event");
    }
    buf_clear(&text);
}

/* ---- parts of an event -------------------------------------------------- */

static void
member_begin(struct misp_writer *w)
{
    buf_put_str(&w->piece, w->has_members ? "," : "");
    w->has_members = true;
}

/* Write the members of an object, but for the lists that were written. */
static void
put_members(struct misp_writer *w, struct slice object, const bool *but)
{
    struct json_scan scan = json_scan_of(object);
    struct slice key, value;

    while (json_scan_member(&scan, &key, &value)) {
        if ((but[SECTION_ATTRIBUTES] && json_scan_is(key, "Attribute")) ||
            (but[SECTION_OBJECTS] && json_scan_is(key, "Object")))
            continue;
        member_begin(w);
        buf_put_u8(&w->piece, '"');
        buf_put(&w->piece, key);
        buf_put_str(&w->piece, "\":");
        buf_put(&w->piece, value);
    }
}

static void
object_end(struct misp_writer *w)
{
    if (w->object_open)
        buf_put_str(&w->piece, "]}");
    w->object_open = false;
}

static void
section_end(struct misp_writer *w)
{
    object_end(w);
    if (w->section != SECTION_NONE && !w->is_lone[w->section])
        buf_put_u8(&w->piece, ']');
    w->section = SECTION_NONE;
}

/* Begin the next element of a list of the event; false if that list was ended
 * before, or holds one thing alone. */
static bool
element_begin(struct misp_writer *w, enum section section)
{
    object_end(w);
    if (w->section == section && !w->is_lone[section]) {
        buf_put_u8(&w->piece, ',');
        return true;
    }
    if (w->was[section])
        return false;
    section_end(w);
    w->section = section;
    w->was[section] = true;
    member_begin(w);
    buf_put_u8(&w->piece, '"');
    buf_put_str(&w->piece, section_keys[section]);
    buf_put_str(&w->piece, w->is_lone[section] ? "\":" : "\":[");
    return true;
}

static void
lose_place(struct misp_writer *w, const struct message *m)
{
    loss_put(&w->out, m, LOSS_DROPPED, "",
             "it stands apart from those that it belongs to");
}

/* Begin an object by what stands in it; what it says itself comes behind, or
 * stands there already. */
static bool
object_begin(struct misp_writer *w, uint64_t object)
{
    if (!element_begin(w, SECTION_OBJECTS))
        return false;
    buf_put_u8(&w->piece, '{');
    w->object_open = true;
    w->object_said = w->has_parts = false;
    w->object = object;
    return true;
}

static void
put_attribute(struct misp_writer *w, const struct message *m)
{
    uint64_t holder = m->package.holder;

    if (holder == 0) {
        if (!element_begin(w, SECTION_ATTRIBUTES)) {
            lose_place(w, m);
            return;
        }
    } else if (!w->object_open || w->object != holder) {
        if (!object_begin(w, holder)) {
            lose_place(w, m);
            return;
        }
        buf_put_str(&w->piece, "\"Attribute\":[");
    } else {
        buf_put_str(&w->piece, w->has_parts ? "," : "");
    }
    w->has_parts = true;
    buf_put(&w->piece, m->content);
}

/* An object stands behind its attributes, or where it began: before them. */
static void
put_object(struct misp_writer *w, const struct message *m)
{
    static const bool but[SECTION_COUNT] = {[SECTION_ATTRIBUTES] = true};
    bool is_behind = w->object_open && !w->object_said &&
                     w->object == m->package.position + 1;
    bool has_list = json_scan_find(m->content, "Attribute").size > 0;
    bool had_members = w->has_members;

    if (is_behind) {
        buf_put_u8(&w->piece, ']');
        w->has_members = true;
    } else if (object_begin(w, m->package.position + 1)) {
        w->has_members = false;
    } else {
        lose_place(w, m);
        return;
    }
    put_members(w, m->content, but);
    w->object_said = true;
    if (!is_behind && has_list) {
        member_begin(w);
        buf_put_str(&w->piece, "\"Attribute\":[");
    } else {
        buf_put_u8(&w->piece, '}');
        w->object_open = false;
    }
    w->has_members = had_members || true;
}

/* ---- events ------------------------------------------------------------- */

static void
event_begin(struct misp_writer *w, const struct message *m)
{
    w->event_open = true;
    buf_reset(&w->event_id);
    buf_put(&w->event_id, m->package.id);
    if (w->events++ == 0) {
        wrapping_read(w);
        put_steps(w, 0);
    } else {
        buf_put_str(&w->piece, w->list_at ? "," : "\n");
        put_steps(w, w->list_at);
    }
    buf_put_u8(&w->piece, '{');
    w->has_members = false;
    for (size_t s = 0; s < SECTION_COUNT; s++)
        w->was[s] = false;
}

/* End an event by what it says itself; NULL: nothing is known of that. */
static void
event_end(struct misp_writer *w, const struct message *m)
{
    struct way way = {.count = 0};

    section_end(w);
    if (w->is_made) {
        member_begin(w);
        misp_event_put(&w->piece, &w->made, &w->task, &w->out);
    }
    if (m)
        put_members(w, event_find(m->content, &way), w->was);
    buf_put_u8(&w->piece, '}');
    beside_read(w, m, &way);
    end_steps(w, w->list_at, w->step_count);
    w->event_open = false;
}

/* ---- messages ----------------------------------------------------------- */

static bool
is_of_misp(const struct message *m)
{
    return slice_is(m->content_type, MISP_EVENT_CONTENT) ||
           slice_is(m->content_type, MISP_OBJECT_CONTENT) ||
           slice_is(m->content_type, MISP_ATTRIBUTE_CONTENT);
}

/* End the event that is open and begin that of a message, unless it is the
 * same one. */
static void
event_of(struct misp_writer *w, const struct message *m)
{
    bool is_made = !is_of_misp(m);

    if (w->event_open && w->is_made == is_made &&
        slice_equal(buf_slice(&w->event_id), m->package.id))
        return;
    if (w->event_open && w->is_made) {
        event_end(w, NULL);
    } else if (w->event_open) {
        loss_put(&w->out, m, LOSS_DROPPED, "Event",
                 "what the event before says itself is not there");
        event_end(w, NULL);
    }
    w->is_made = is_made;
    if (is_made)
        misp_event_begin(&w->made, m);
    event_begin(w, m);
}

/* What came under a stricter marking than MISP's own tags say. */
static void
lose_handling(struct misp_writer *w, const struct message *m)
{
    static const char why[] = "MISP has no place for it";

    if (m->head.marking.recipient_count)
        loss_put(&w->out, m, LOSS_DROPPED, "recipients", why);
    if (m->head.marking.exercise.size)
        loss_put(&w->out, m, LOSS_DROPPED, "exercise", why);
}

static void
put_part(struct misp_writer *w, const struct message *m)
{
    event_of(w, m);
    lose_handling(w, m);
    if (slice_is(m->content_type, MISP_EVENT_CONTENT))
        event_end(w, m);
    else if (slice_is(m->content_type, MISP_OBJECT_CONTENT))
        put_object(w, m);
    else
        put_attribute(w, m);
}

/* What came in another format becomes attributes; what stood around it there
 * has no place. */
static void
put_made(struct misp_writer *w, const struct format_item *item)
{
    const struct message *m = &item->message;
    struct buf made = {0};

    if (m->kind == MESSAGE_PACKAGE) {
        loss_put(&w->out, m, LOSS_DROPPED, "",
                 "what stood around the objects was of another format");
        return;
    }
    if (!misp_makes(m, &w->task)) {
        loss_put(&w->out, m, LOSS_DROPPED, "",
                 "MISP has no attribute for what holds no value");
        return;
    }
    event_of(w, m);
    if (misp_make(&made, &w->made, item, &w->task, &w->out) > 0 &&
        element_begin(w, SECTION_ATTRIBUTES))
        buf_put(&w->piece, buf_slice(&made));
    buf_clear(&made);
}

/* ---- the writer --------------------------------------------------------- */

struct misp_writer *
misp_writer_new(const struct format_task *task, const struct format_out *out)
{
    struct misp_writer *w = mem_new(sizeof *w);

    w->task = *task;
    w->out = *out;
    if (task->is_foreign)
        w->check = json_check_new();
    return w;
}

void
misp_writer_free(struct misp_writer *w)
{
    if (!w)
        return;
    json_check_free(w->check);
    buf_clear(&w->piece);
    buf_clear(&w->event_id);
    for (size_t i = 0; i < STEPS_MAX; i++)
        buf_clear(&w->beside[i]);
    misp_event_clear(&w->made);
    mem_free(w);
}

void
misp_writer_put(struct misp_writer *w, const struct format_item *item)
{
    struct format_item checked = *item;
    struct message *m = &checked.message;

    if (w->check && m->content.size &&
        !json_check(w->check, m->content, &m->content))
        loss_put(&w->out, m, LOSS_DROPPED, "", "its content is no good JSON");
    else if (is_of_misp(m))
        put_part(w, m);
    else
        put_made(w, &checked);
    flush(w, PIECE_MIN);
}

void
misp_writer_finish(struct misp_writer *w)
{
    if (w->event_open)
        event_end(w, NULL);
    if (w->events == 0)
        buf_put_str(&w->piece, "{\"response\":[]}");
    else
        end_steps(w, 0, w->list_at);
    buf_put_u8(&w->piece, '\n');
    flush(w, 0);
}
