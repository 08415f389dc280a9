#include "edge/control/entries.h"

#include "core/wire/message.h"
#include "edge/control/ids.h"

/* ---- list --------------------------------------------------------------- */

/* Where a list goes on: in a lane, then in the outbox of a peer. */
struct place {
    bool in_outbox;
    uint32_t at; /* lane or peer */
    uint64_t next;
};

struct filter {
    bool to, from;
    uint32_t peer; /* VIEW_NONE: all */
    int64_t lane;  /* -1: all */
    struct slice state, tlp;
    uint64_t from_index;
};

static bool
place_parse(struct slice text, struct place *out)
{
    const uint8_t *dot;
    uint64_t at;

    if (text.size < 4 || (text.data[0] != 'L' && text.data[0] != 'Q'))
        return false;
    out->in_outbox = text.data[0] == 'Q';
    text = slice_of(text.data + 1, text.size - 1);
    dot = memchr(text.data, '.', text.size);
    if (!dot)
        return false;
    size_t digits = (size_t)(dot - text.data);
    if (!decimal_parse(slice_of(text.data, digits), &at) || at > UINT32_MAX ||
        !decimal_parse(slice_of(dot + 1, text.size - digits - 1), &out->next))
        return false;
    out->at = (uint32_t)at;
    return true;
}

static void
place_add(struct query *q, const struct place *p)
{
    struct buf text = {0};

    buf_put_u8(&text, p->in_outbox ? 'Q' : 'L');
    buf_put_decimal(&text, p->at);
    buf_put_u8(&text, '.');
    buf_put_decimal(&text, p->next);
    control_add_text(&q->answer, "cursor", buf_slice(&text));
    control_end_record(&q->answer);
    buf_clear(&text);
}

static bool
lane_passes(const struct filter *f, const struct view_lane *v)
{
    return (v->ours ? f->to : f->from) &&
           (f->peer == VIEW_NONE || f->peer == v->peer);
}

/* Look at the leaf record alone where that is enough to leave it out. */
static bool
entry_passes(struct query *q, const struct filter *f, uint32_t lane,
             const struct view_lane *v, uint64_t index)
{
    uint8_t record[LEAF_BYTES];
    struct view_expunged expunge;
    struct leaf leaf;
    enum err why;
    bool declined;

    if (f->tlp.size == 0 && f->state.size == 0)
        return true;
    if (q->store->ops->record(q->store->self, lane, index, record) != OK ||
        leaf_decode(SLICE_ARRAY(record), index, &leaf) != OK)
        return true;
    if (f->tlp.size && !slice_is(f->tlp, tlp_name(tlp_from_byte(leaf.tlp))))
        return false;
    if (view_expunged(q->exchange, lane, index, &expunge) == OK &&
        expunge.stands)
        return f->state.size == 0 || slice_is(f->state, "expunged");
    declined = view_declined(q->exchange, lane, index, &why) == OK;
    return f->state.size == 0 || slice_is(f->state, "gone") ||
           slice_is(f->state, entry_state(v, index, OK, declined));
}

/* Add entries of one lane; false when the page is full. */
static bool
list_lane(struct query *q, const struct filter *f, struct place *p,
          struct page *page)
{
    struct view_lane v;

    if (view_lane(q->exchange, p->at, &v) != OK || !lane_passes(f, &v) ||
        (f->lane >= 0 && f->lane != p->at))
        return true;
    if (v.size && lane_is_withheld(q, &v))
        return true;
    if (p->next < f->from_index)
        p->next = f->from_index;
    for (; p->next < v.size; p->next++) {
        if (page->records == 0 || page->looks == 0)
            return false;
        page->looks--;
        if (!entry_passes(q, f, p->at, &v, p->next))
            continue;
        if (!entry_add(q, p->at, &v, p->next, page))
            return false;
        control_end_record(&q->answer);
    }
    return true;
}

static void
add_item(struct query *q, uint32_t peer, const struct view_item *item,
         struct slice body)
{
    struct submission_id id;
    struct slice message;

    entry_add_team(q, peer);
    control_add_text(&q->answer, "direction", slice_str("to"));
    control_add_text(&q->answer, "state", slice_str("queued"));
    control_add_number(&q->answer, "number", (int64_t)item->number);
    control_add_number(&q->answer, "item", (int64_t)item->item);
    control_add_number(&q->answer, "leaf-kind", item->kind);
    if (item->ref != LEAF_REF_NONE)
        control_add_number(&q->answer, "ref", (int64_t)item->ref);
    control_add_number(&q->answer, "time-ms", (int64_t)item->time.ms);
    control_add_text(&q->answer, "tlp",
                     slice_str(tlp_name(tlp_from_byte(item->tlp))));
    control_add_truth(&q->answer, "urgent", item->urgent);
    if (!entry_may_show(q, item->tlp))
        control_add_truth(&q->answer, "hidden", true);
    else if (item->kind == LEAF_MESSAGE &&
             body_split(body, &id, &message) == OK)
        control_add_bytes(&q->answer, "message", message);
    control_end_record(&q->answer);
}

static bool
item_passes(const struct filter *f, const struct view_item *item)
{
    return (f->tlp.size == 0 ||
            slice_is(f->tlp, tlp_name(tlp_from_byte(item->tlp)))) &&
           (f->state.size == 0 || slice_is(f->state, "queued"));
}

/* Add waiting messages of one peer; false when the page is full. */
static bool
list_outbox(struct query *q, const struct filter *f, struct place *p,
            struct page *page)
{
    struct view_item item;
    struct buf body = {0};
    bool all = false;

    if (f->peer != VIEW_NONE && f->peer != p->at)
        return true;
    while (page->records > 0 && page->looks > 0) {
        all = view_outbox(q->exchange, p->at, p->next, &item) != OK;
        if (all)
            break;
        page->looks--;
        if (item_passes(f, &item)) {
            bool first = page->bytes == PAGE_BYTES_MAX;
            buf_reset(&body);
            (void)!q->store->ops->item(q->store->self, item.item, &body);
            if (body.size > page->bytes && !first)
                break;
            add_item(q, p->at, &item, buf_slice(&body));
            page->bytes -= body.size < page->bytes ? body.size : page->bytes;
            page->records--;
        }
        p->next++;
    }
    buf_clear(&body);
    return all;
}

static enum err
filter_read(struct query *q, struct filter *f)
{
    struct slice direction = control_text(q->values, "direction");
    struct slice team = control_text(q->values, "team");
    int64_t index = control_number(q->values, "from-index", 0);

    f->lane = control_number(q->values, "lane", -1);
    f->to = !slice_is(direction, "from");
    f->from = !slice_is(direction, "to");
    f->state = control_text(q->values, "state");
    f->tlp = control_text(q->values, "tlp");
    f->from_index = index > 0 ? (uint64_t)index : 0;
    f->peer = VIEW_NONE;
    return team.size ? query_peer(q, team, &f->peer) : OK;
}

enum err
query_list(struct query *q)
{
    struct page page = page_begin(control_number(q->values, "limit", 0));
    struct slice cursor = control_text(q->values, "cursor");
    struct place p = {0};
    struct filter f = {0};
    struct view_node node;
    enum err e = filter_read(q, &f);

    if (e == OK && cursor.size && !place_parse(cursor, &p)) {
        query_fault(q, "\"", cursor, "\" is no cursor of list");
        e = ERR_VALUE;
    }
    if (e != OK)
        return e;
    view_node(q->exchange, &node);
    for (; !p.in_outbox && p.at < node.lane_count; p.at++, p.next = 0) {
        if (!list_lane(q, &f, &p, &page))
            return place_add(q, &p), OK;
    }
    if (!p.in_outbox)
        p = (struct place){true, 0, 0};
    for (; f.to && f.lane < 0 && p.at < node.peer_count; p.at++, p.next = 0) {
        if (!list_outbox(q, &f, &p, &page))
            return place_add(q, &p), OK;
    }
    return OK;
}

/* ---- entries that are named --------------------------------------------- */

/* Of the texts "id" as many as fit on a page; "next" says how many those were
 * where some are left. */
enum err
query_entries(struct query *q)
{
    struct page page = page_begin(0);
    const struct control_record *r = q->values;
    int64_t done = 0;

    for (size_t i = 0; i < r->count; i++) {
        struct view_lane v;
        uint64_t index;
        uint32_t lane;
        if (strcmp(r->values[i].key, "id") != 0)
            continue;
        enum err e = entry_find(q, r->values[i].text, &lane, &v, &index);
        if (e != OK)
            return e;
        if (!entry_add(q, lane, &v, index, &page)) {
            control_add_number(&q->answer, "next", done);
            control_end_record(&q->answer);
            break;
        }
        control_end_record(&q->answer);
        done++;
    }
    return OK;
}

/* ---- records ------------------------------------------------------------ */

enum err
query_records(struct query *q)
{
    uint64_t lane = (uint64_t)control_number(q->values, "lane", -1);
    uint64_t from = (uint64_t)control_number(q->values, "from-index", 0);
    struct view_lane v;
    struct buf records = {0};
    uint64_t end = from;
    enum err e = OK;

    if (lane >= VIEW_NONE || view_lane(q->exchange, (uint32_t)lane, &v) != OK)
        return ERR_NOT_FOUND;
    while (e == OK && end < v.size && end - from < PAGE_LOOKS_MAX) {
        uint8_t *at = buf_extend(&records, LEAF_BYTES);
        e = q->store->ops->record(q->store->self, (uint32_t)lane, end, at);
        end++;
    }
    if (e == OK) {
        control_add_number(&q->answer, "from-index", (int64_t)from);
        control_add_bytes(&q->answer, "records", buf_slice(&records));
        control_end_record(&q->answer);
    } else {
        q->text = slice_str("a leaf record cannot be read");
    }
    buf_clear(&records);
    return e;
}
