#include "edge/control/watch.h"

#include "core/base/mem.h"
#include "edge/control/entries.h"
#include "edge/control/ids.h"

struct position {
    uint64_t next;      /* first entry not yet reported */
    uint64_t receipted; /* entries whose receipt was reported */
};

struct watch {
    bool alarms_only;
    uint64_t alarms; /* changes of alarms, reported so far */
    struct position *lanes;
    size_t lane_count;
    bool up[PEERS_MAX];
    size_t peer_count;
};

/* Grow by the lanes that came since; new ones are followed from their first
 * entry. */
static void
take_lanes(struct watch *w, size_t count)
{
    if (count <= w->lane_count)
        return;
    w->lanes = mem_resize(w->lanes, count, sizeof *w->lanes);
    memset(w->lanes + w->lane_count, 0,
           (count - w->lane_count) * sizeof *w->lanes);
    w->lane_count = count;
}

static uint64_t
visible(const struct view_lane *v)
{
    uint64_t size = v->ours ? v->signed_size : v->size;

    return size < v->counts_to ? size : v->counts_to;
}

/* Take everything that is there as reported. */
static void
skip_to_now(struct watch *w, const struct query *q)
{
    struct view_node node;
    struct view_lane v;

    view_node(q->exchange, &node);
    w->alarms = node.alarm_news;
    for (uint32_t i = 0; i < w->lane_count; i++) {
        if (view_lane(q->exchange, i, &v) == OK)
            w->lanes[i] = (struct position){visible(&v), v.receipted};
    }
}

static void
see_peers(struct watch *w, const struct query *q)
{
    struct view_node node;
    struct view_peer v;

    view_node(q->exchange, &node);
    w->peer_count = node.peer_count;
    for (uint32_t i = 0; i < node.peer_count; i++)
        w->up[i] = view_peer(q->exchange, i, &v) == OK && v.up;
}

/* ---- cursor: "incarnation:alarms.next.receipted.next.receipted..." ------ */

static void
cursor_add(const struct watch *w, struct query *q)
{
    struct buf text = {0};
    struct view_node node;

    view_node(q->exchange, &node);
    if (node.incarnation) {
        buf_put_decimal(&text, node.incarnation);
        buf_put_u8(&text, ':');
    }
    buf_put_decimal(&text, w->alarms);
    for (size_t i = 0; i < w->lane_count; i++) {
        buf_put_u8(&text, '.');
        buf_put_decimal(&text, w->lanes[i].next);
        buf_put_u8(&text, '.');
        buf_put_decimal(&text, w->lanes[i].receipted);
    }
    control_add_text(&q->answer, "cursor", buf_slice(&text));
    control_end_record(&q->answer);
    buf_clear(&text);
}

/* Take the number in front of the next dot. */
static bool
take_number(struct slice *text, uint64_t *out)
{
    const uint8_t *dot = memchr(text->data, '.', text->size);
    size_t size = dot ? (size_t)(dot - text->data) : text->size;

    if (!decimal_parse(slice_of(text->data, size), out))
        return false;
    size += dot != NULL;
    *text = slice_of(text->data + size, text->size - size);
    return true;
}

/* What was reported before a restore and lies beyond it comes again. */
/* PROTOCOL journal: "Consumers that keep a position rewind it by the
 * incarnation." */
static void
rewind_lanes(struct watch *w, const struct query *q)
{
    struct view_node node;
    struct view_lane v;

    view_node(q->exchange, &node);
    if (w->alarms > node.alarm_count)
        w->alarms = node.alarm_count;
    for (uint32_t i = 0; i < w->lane_count; i++) {
        struct position *p = &w->lanes[i];
        if (view_lane(q->exchange, i, &v) != OK)
            continue;
        if (p->next > v.restored_size)
            p->next = v.restored_size;
        if (p->receipted > p->next)
            p->receipted = p->next;
    }
}

/* The number in front of a colon counts the restores that it knows of. */
static bool
take_incarnation(struct slice *text, uint64_t *out)
{
    const uint8_t *colon = memchr(text->data, ':', text->size);
    size_t size = colon ? (size_t)(colon - text->data) : 0;

    *out = 0;
    if (!colon)
        return true;
    if (!decimal_parse(slice_of(text->data, size), out))
        return false;
    *text = slice_of(colon + 1, text->size - size - 1);
    return true;
}

/* Lanes that the journal had before a restore may be gone. */
static bool
cursor_read(struct watch *w, struct slice text, bool restored)
{
    struct position gone;

    if (!take_number(&text, &w->alarms))
        return false;
    for (size_t i = 0; text.size > 0; i++) {
        bool there = i < w->lane_count;
        struct position *p = there ? &w->lanes[i] : &gone;
        if ((!there && !restored) || !take_number(&text, &p->next) ||
            text.size == 0 || !take_number(&text, &p->receipted))
            return false;
    }
    return true;
}

enum err
watch_new(struct query *q, struct watch **out)
{
    struct slice cursor = control_text(q->values, "cursor");
    struct watch *w = mem_new(sizeof *w);
    struct slice rest = cursor;
    uint64_t incarnation;
    struct view_node node;

    view_node(q->exchange, &node);
    take_lanes(w, node.lane_count);
    see_peers(w, q);
    w->alarms_only = control_truth(q->values, "alarms");
    *out = w;
    if (cursor.size == 0) {
        skip_to_now(w, q);
        return OK;
    }
    if (slice_is(cursor, "start"))
        return OK;
    if (take_incarnation(&rest, &incarnation) &&
        cursor_read(w, rest, incarnation != node.incarnation)) {
        if (incarnation != node.incarnation)
            rewind_lanes(w, q);
        return OK;
    }
    query_fault(q, "\"", cursor, "\" is no cursor of watch");
    watch_free(w);
    return ERR_VALUE;
}

void
watch_free(struct watch *w)
{
    if (!w)
        return;
    mem_free(w->lanes);
    mem_free(w);
}

/* ---- news --------------------------------------------------------------- */

static void
begin_event(struct query *q, const char *event)
{
    control_add_text(&q->answer, "event", slice_str(event));
}

static size_t
news_of_alarms(struct watch *w, struct query *q, struct page *page)
{
    struct view_alarm a;
    size_t count = 0;

    while (page->records &&
           view_alarm_after(q->exchange, w->alarms, &a) == OK) {
        begin_event(q, "alarm");
        query_add_alarm(q, &a);
        control_end_record(&q->answer);
        w->alarms = a.news;
        page->records--;
        count++;
    }
    return count;
}

static size_t
news_of_peers(struct watch *w, struct query *q)
{
    struct view_node node;
    struct view_peer v;
    size_t count = 0;

    view_node(q->exchange, &node);
    for (uint32_t i = 0; i < node.peer_count; i++) {
        bool before = i < w->peer_count && w->up[i];
        if (view_peer(q->exchange, i, &v) != OK || v.up == before)
            continue;
        w->up[i] = v.up;
        begin_event(q, "peer");
        control_add_text(&q->answer, "team", slice_str(v.team.text));
        control_add_truth(&q->answer, "up", v.up);
        control_add_text(&q->answer, "trouble", slice_str(v.trouble));
        control_add_number(&q->answer, "time-ms", (int64_t)q->now.wall.ms);
        control_end_record(&q->answer);
        count++;
    }
    w->peer_count = node.peer_count;
    return count;
}

static size_t
news_of_receipt(struct position *p, struct query *q, const struct view_lane *v)
{
    struct buf name = {0};
    uint64_t end = v->receipted < p->next ? v->receipted : p->next;

    if (end <= p->receipted)
        return 0;
    lane_name_put(q, v, &name);
    begin_event(q, "receipted");
    control_add_text(&q->answer, "lane-name", buf_slice(&name));
    control_add_text(&q->answer, "direction",
                     slice_str(v->ours ? "to" : "from"));
    control_add_number(&q->answer, "epoch", (int64_t)v->epoch);
    control_add_number(&q->answer, "first-index", (int64_t)p->receipted);
    control_add_number(&q->answer, "last-index", (int64_t)(end - 1));
    control_add_number(&q->answer, "time-ms", (int64_t)v->receipt_time.ms);
    control_end_record(&q->answer);
    buf_clear(&name);
    p->receipted = end;
    return 1;
}

static size_t
news_of_lane(struct watch *w, uint32_t lane, struct query *q, struct page *page)
{
    struct position *p = &w->lanes[lane];
    struct view_lane v;
    size_t count = 0;

    if (view_lane(q->exchange, lane, &v) != OK || v.withheld)
        return 0;
    while (p->next < visible(&v) && page->records > 0) {
        if (!entry_add(q, lane, &v, p->next, page)) {
            page->records = 0;
            break;
        }
        begin_event(q, "entry");
        control_end_record(&q->answer);
        /* PROTOCOL batches: "A message MUST be given to consumers downstream at
         * most once by (lane id, index), and across epochs by its submission
         * id." */
        p->next++;
        count++;
    }
    return count + (page->records ? news_of_receipt(p, q, &v) : 0);
}

size_t
watch_step(struct watch *w, struct query *q)
{
    struct page page = page_begin(0);
    struct view_node node;
    size_t count = news_of_alarms(w, q, &page);

    view_node(q->exchange, &node);
    take_lanes(w, node.lane_count);
    if (!w->alarms_only) {
        count += news_of_peers(w, q);
        for (uint32_t i = 0; i < w->lane_count && page.records; i++)
            count += news_of_lane(w, i, q, &page);
    }
    if (count > 0)
        cursor_add(w, q);
    return count;
}
