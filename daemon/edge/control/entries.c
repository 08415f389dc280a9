#include "edge/control/entries.h"

#include "core/wire/message.h"
#include "edge/control/ids.h"

/* One checkpoint as five values; the keys of both kinds stand here. */
struct signed_keys {
    const char *size, *root, *time, *key, *signature;
};

static const struct signed_keys checkpoint_keys = {
    "checkpoint-size", "checkpoint-root", "checkpoint-time-s", "checkpoint-key",
    "checkpoint-signature"};
static const struct signed_keys receipt_keys = {"receipt-size", "receipt-root",
                                                "receipt-time-s", "receipt-key",
                                                "receipt-signature"};

struct page
page_begin(int64_t records)
{
    bool within = records > 0 && records < PAGE_RECORDS_MAX;

    return (struct page){within ? (size_t)records : PAGE_RECORDS_MAX,
                         PAGE_BYTES_MAX, PAGE_LOOKS_MAX};
}

static void
add_signed(struct query *q, const struct signed_keys *keys,
           const struct checkpoint *c)
{
    control_add_number(&q->answer, keys->size, (int64_t)c->size);
    control_add_bytes(&q->answer, keys->root, SLICE_ARRAY(c->root.b));
    control_add_number(&q->answer, keys->time, (int64_t)c->time_s);
    control_add_bytes(&q->answer, keys->key, SLICE_ARRAY(c->key.b));
    control_add_bytes(&q->answer, keys->signature, SLICE_ARRAY(c->signature.b));
}

/* The origin's checkpoint that a receipt answers: same size, same root. */
static struct checkpoint
answered(const struct receipt *r)
{
    return (struct checkpoint){r->at.size, r->at.root, r->origin_time_s,
                               r->origin_key, r->origin_signature};
}

void
lane_add_signatures(struct query *q, uint32_t lane, const struct view_lane *v)
{
    uint64_t size = v->ours ? v->signed_size : v->size;
    struct checkpoint c;

    if (size > 0 &&
        q->store->ops->checkpoint(q->store->self, lane, size, &c) == OK)
        add_signed(q, &checkpoint_keys, &c);
    if (v->has_receipt)
        add_signed(q, &receipt_keys, &v->receipt.at);
}

void
lane_name_put(const struct query *q, const struct view_lane *v, struct buf *out)
{
    buf_put(out, query_name(q, v->ours ? VIEW_NONE : v->peer));
    buf_put_u8(out, '>');
    buf_put(out, query_name(q, v->ours ? v->peer : VIEW_NONE));
}

/* ---- one entry ---------------------------------------------------------- */

static void
add_message_id(struct query *q, const char *key, const struct view_lane *v,
               uint64_t index)
{
    struct buf name = {0};

    lane_name_put(q, v, &name);
    buf_put_u8(&name, '#');
    if (v->epoch > 0) {
        buf_put_decimal(&name, v->epoch);
        buf_put_u8(&name, '.');
    }
    buf_put_decimal(&name, index);
    control_add_text(&q->answer, key, buf_slice(&name));
    buf_clear(&name);
}

static void
add_id(struct query *q, const struct view_lane *v, uint64_t index)
{
    struct buf name = {0};

    lane_name_put(q, v, &name);
    control_add_text(&q->answer, "lane-name", buf_slice(&name));
    buf_clear(&name);
    add_message_id(q, "id", v, index);
}

void
entry_add_team(struct query *q, uint32_t peer)
{
    control_add_text(&q->answer, "team", query_team(q, peer));
}

const char *
entry_state(const struct view_lane *v, uint64_t index, enum err body,
            bool declined)
{
    if (body == ERR_GONE)
        return index < v->free_below ? "retired" : "gone";
    if (body == ERR_DAMAGED)
        return "damaged";
    if (declined)
        return "declined";
    if (index >= v->counts_to)
        return "left";
    if (v->ours)
        return index < v->receipted     ? "receipted"
               : index < v->signed_size ? "sent"
                                        : "queued";
    return "stored";
}

bool
entry_may_show(const struct query *q, uint8_t tlp)
{
    return tlp_from_byte(tlp) != TLP_RED || (q->roles & ROLE_READ_RED);
}

static void
add_leaf(struct query *q, const struct leaf *leaf)
{
    control_add_number(&q->answer, "leaf-kind", leaf->kind);
    control_add_number(&q->answer, "time-ms", (int64_t)leaf->time.ms);
    control_add_text(&q->answer, "tlp",
                     slice_str(tlp_name(tlp_from_byte(leaf->tlp))));
    control_add_number(&q->answer, "flags", leaf->flags);
    control_add_number(&q->answer, "body-bytes", leaf->body_bytes);
    if (leaf->ref != LEAF_REF_NONE)
        control_add_number(&q->answer, "ref", (int64_t)leaf->ref);
}

/* Add the message that a body carries; `body` is salt and body. */
static void
add_message(struct query *q, const struct leaf *leaf, struct slice body)
{
    struct submission_id id;
    struct slice message;

    if (!entry_may_show(q, leaf->tlp)) {
        control_add_truth(&q->answer, "hidden", true);
        return;
    }
    body = slice_of(body.data + SALT_BYTES, body.size - SALT_BYTES);
    if (leaf->kind != LEAF_MESSAGE || body_split(body, &id, &message) != OK)
        return;
    control_add_bytes(&q->answer, "stream", SLICE_ARRAY(id.stream));
    control_add_number(&q->answer, "sequence", (int64_t)id.sequence);
    control_add_bytes(&q->answer, "message", message);
}

struct found {
    struct leaf leaf;
    uint8_t record[LEAF_BYTES];
    struct buf body; /* salt and body */
    enum err state;  /* of the body */
    bool declined;
    enum err why;
    bool has_expunge;
    struct view_expunged expunge;
};

/* Read what the store has of an entry. */
static enum err
find_entry(struct query *q, uint32_t lane, uint64_t index, struct found *f)
{
    const struct store *s = q->store;
    enum err e = s->ops->record(s->self, lane, index, f->record);

    if (e == OK)
        e = leaf_decode(SLICE_ARRAY(f->record), index, &f->leaf);
    if (e != OK)
        return e;
    f->has_expunge = view_expunged(q->exchange, lane, index, &f->expunge) == OK;
    /* PROTOCOL expunge: "Once the entry of an expunge is synced, neither side
     * MUST read, show or send the body that it names, or its salt." */
    f->state = f->has_expunge && f->expunge.stands
                   ? ERR_GONE
                   : s->ops->body(s->self, lane, index, &f->body);
    if (f->state == OK && f->body.size < SALT_BYTES)
        f->state = ERR_DAMAGED;
    f->declined = view_declined(q->exchange, lane, index, &f->why) == OK;
    return OK;
}

static void
add_whole(struct query *q, const struct found *f)
{
    struct slice body = buf_slice(&f->body);

    control_add_bytes(&q->answer, "record", SLICE_ARRAY(f->record));
    if (f->state != OK)
        return;
    if (!entry_may_show(q, f->leaf.tlp)) {
        control_add_truth(&q->answer, "hidden", true);
        return;
    }
    control_add_bytes(&q->answer, "salt", slice_of(body.data, SALT_BYTES));
    control_add_bytes(&q->answer, "body",
                      slice_of(body.data + SALT_BYTES, body.size - SALT_BYTES));
}

/* Add how far the expunge of an entry is: when it was written and where, and
 * whether the holder has it. */
static void
add_expunge(struct query *q, const struct view_expunged *e)
{
    uint8_t record[LEAF_BYTES];
    struct view_lane by;
    struct leaf leaf;

    control_add_text(&q->answer, "expunge",
                     slice_str(!e->stands ? "queued"
                               : e->done  ? "done"
                                          : "stands"));
    if (!e->stands || view_lane(q->exchange, e->by_lane, &by) != OK)
        return;
    add_message_id(q, "expunged-by", &by, e->by_index);
    if (q->store->ops->record(q->store->self, e->by_lane, e->by_index,
                              record) == OK &&
        leaf_decode(SLICE_ARRAY(record), e->by_index, &leaf) == OK)
        control_add_number(&q->answer, "expunged-ms", (int64_t)leaf.time.ms);
    control_add_truth(&q->answer, "expunge-receipted",
                      e->by_index < by.receipted);
}

static void
add_found(struct query *q, const struct view_lane *v, uint64_t index,
          const struct found *f, bool whole)
{
    add_id(q, v, index);
    control_add_number(&q->answer, "index", (int64_t)index);
    control_add_text(&q->answer, "direction",
                     slice_str(v->ours ? "to" : "from"));
    entry_add_team(q, v->peer);
    bool expunged = f->has_expunge && f->expunge.stands;
    control_add_text(
        &q->answer, "state",
        slice_str(expunged ? "expunged"
                           : entry_state(v, index, f->state, f->declined)));
    add_leaf(q, &f->leaf);
    if (f->has_expunge)
        add_expunge(q, &f->expunge);
    if (f->declined) {
        control_add_text(&q->answer, "reason", slice_str(err_name(f->why)));
        control_add_text(&q->answer, "reason-text",
                         slice_str(err_text(f->why)));
    }
    if (whole)
        add_whole(q, f);
    else if (f->state == OK)
        add_message(q, &f->leaf, buf_slice(&f->body));
}

bool
entry_add(struct query *q, uint32_t lane, const struct view_lane *v,
          uint64_t index, struct page *page)
{
    struct found f = {0};
    bool first = page->bytes == PAGE_BYTES_MAX;

    if (find_entry(q, lane, index, &f) != OK) {
        add_id(q, v, index);
        control_add_number(&q->answer, "index", (int64_t)index);
        control_add_text(&q->answer, "state", slice_str("damaged"));
    } else if (f.body.size > page->bytes && !first) {
        buf_clear(&f.body);
        return false;
    } else {
        add_found(q, v, index, &f, control_truth(q->values, "whole"));
        page->bytes -= f.body.size < page->bytes ? f.body.size : page->bytes;
    }
    buf_clear(&f.body);
    page->records--;
    return true;
}

/* PROTOCOL journal: "After a restore a node MUST NOT show or export anything
 * of a lane before its resume has run and what came of it is applied." */
bool
lane_is_withheld(struct query *q, const struct view_lane *v)
{
    struct buf name = {0};

    if (!v->withheld)
        return false;
    lane_name_put(q, v, &name);
    query_fault(q, "this node was restored from a copy: messages of ",
                buf_slice(&name),
                " are shown once the other team was reached and what came of "
                "it, expunges above all, is applied; 'sealane status' says "
                "whether it is up");
    buf_clear(&name);
    return true;
}

/* ---- show --------------------------------------------------------------- */

static bool
named(struct query *q, struct slice name, uint32_t peer)
{
    return slice_equal(name, query_team(q, peer)) ||
           slice_equal(name, query_name(q, peer));
}

static enum err
find_lane(struct query *q, const struct message_ref *ref, uint32_t *lane,
          struct view_lane *v)
{
    struct view_node node;

    view_node(q->exchange, &node);
    for (uint32_t i = 0; i < node.lane_count; i++) {
        if (view_lane(q->exchange, i, v) != OK || v->epoch != ref->epoch)
            continue;
        if (named(q, ref->origin, v->ours ? VIEW_NONE : v->peer) &&
            named(q, ref->audience, v->ours ? v->peer : VIEW_NONE)) {
            *lane = i;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* Add the signatures that cover an entry, both over one size: what evidence
 * is made of. */
static void
add_cover(struct query *q, uint32_t lane, const struct view_lane *v,
          uint64_t index)
{
    struct checkpoint c;

    if (v->has_receipt && v->receipt.at.size > index) {
        c = answered(&v->receipt);
        add_signed(q, &checkpoint_keys, &c);
        add_signed(q, &receipt_keys, &v->receipt.at);
    } else if (q->store->ops->checkpoint(q->store->self, lane, index + 1, &c) ==
               OK) {
        add_signed(q, &checkpoint_keys, &c);
    }
}

static void
add_teams(struct query *q, const struct view_lane *v)
{
    struct view_peer peer;

    control_add_text(&q->answer, "origin",
                     query_team(q, v->ours ? VIEW_NONE : v->peer));
    control_add_text(&q->answer, "holder",
                     query_team(q, v->ours ? v->peer : VIEW_NONE));
    control_add_number(&q->answer, "epoch", (int64_t)v->epoch);
    if (view_peer(q->exchange, v->peer, &peer) == OK)
        control_add_text(&q->answer, "confirmed-by",
                         slice_str(peer.confirmed_by));
}

enum err
entry_find(struct query *q, struct slice id, uint32_t *lane,
           struct view_lane *v, uint64_t *index)
{
    struct message_ref ref;

    if (!message_ref_parse(id, &ref)) {
        query_fault(q, "\"", id,
                    "\" is no message id; one looks like "
                    "krcert>cert.gov.au#18205");
        return ERR_VALUE;
    }
    if (find_lane(q, &ref, lane, v) != OK || ref.index >= v->size) {
        query_fault(q, "there is no message ", id, "");
        return ERR_NOT_FOUND;
    }
    *index = ref.index;
    return lane_is_withheld(q, v) ? ERR_NOT_NOW : OK;
}

enum err
query_show(struct query *q)
{
    struct slice id = control_text(q->values, "id");
    struct view_lane v;
    struct found f = {0};
    uint64_t index;
    uint32_t lane;
    enum err e = entry_find(q, id, &lane, &v, &index);

    if (e == OK)
        e = find_entry(q, lane, index, &f);
    if (e == OK) {
        add_found(q, &v, index, &f, true);
        control_add_number(&q->answer, "lane", lane);
        control_add_bytes(&q->answer, "lane-id", SLICE_ARRAY(v.id.b));
        add_teams(q, &v);
        add_cover(q, lane, &v, index);
        control_end_record(&q->answer);
    } else if (e == ERR_NOT_FOUND) {
        query_fault(q, "there is no message ", id, "");
    }
    buf_clear(&f.body);
    return e;
}
