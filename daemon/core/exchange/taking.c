#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/wire/message.h"

#include <assert.h>

/* Decode a message with a budget that follows its size; it dies with the
 * next one. */
enum err
message_read(struct exchange *x, struct slice bytes, struct message *out)
{
    arena_reset(&x->bodies);
    x->bodies.budget = DECODE_BUDGET_FACTOR * (bytes.size + KIB(4));
    return message_get(bytes, &x->bodies, out);
}

/* PROTOCOL messages: "The leaf's tlp and flags must equal the head's marking,
 * else the body is declined." */
/* A message without a head has the leaf's. */
static enum err
judge_marking(const struct peer *p, const struct leaf *leaf,
              const struct message *m)
{
    struct marking marking = {
        .tlp = tlp_from_byte(leaf->tlp),
        .relay_permitted = leaf->flags & LEAF_FLAG_RELAY,
    };
    struct verdict v;

    if (m->has_head) {
        if (m->head.marking.tlp != marking.tlp ||
            marking_flags(&m->head.marking) != leaf->flags)
            return ERR_VALUE;
        marking = m->head.marking;
    }
    /* PROTOCOL handling: "A holder MUST decline a body that these rules refuse,
     * whatever its origin thinks." */
    policy_may_take(&p->agreement, &marking, &v);
    return v.allowed ? OK : ERR_POLICY;
}

/* Decide whether to keep the body of an entry; OK or why not. Entries of a
 * node's own (cards, padding, Declines) are never declined. Some are obeyed
 * once they are held. */
enum err
taking_judge(struct exchange *x, const struct peer *p, const struct leaf *leaf,
             struct slice body, bool *obeys)
{
    struct submission_id id;
    struct slice bytes;
    struct message m;

    *obeys = leaf->kind == LEAF_EXPUNGE && leaf->ref == LEAF_REF_NONE;
    /* PROTOCOL expunge: "A holder MUST NOT decline an expunge." */
    if (leaf->kind != LEAF_MESSAGE)
        return OK;
    enum err e = body_split(body, &id, &bytes);
    if (e != OK)
        return e;
    if ((e = message_read(x, bytes, &m)) != OK)
        return e;
    *obeys = m.kind == MESSAGE_DECLINE;
    return *obeys ? OK : judge_marking(p, leaf, &m);
}

uint64_t
submission_number(struct exchange *x, const struct submission_id *id,
                  uint8_t kind, struct slice message)
{
    const uint64_t *at = table_find(&x->streams, id->stream);
    struct message m;

    if (at && x->stream_list[*at].number)
        return x->stream_list[*at].number;
    if (kind != LEAF_MESSAGE ||
        (message_read(x, message, &m) == OK && m.kind == MESSAGE_DECLINE))
        return 0;
    return NUMBER_UNKNOWN;
}

/* Our entries were declined: note it, if they are ours indeed and it is new.
 */
static bool
take_decline(struct exchange *x, uint32_t peer, const struct decline *d)
{
    uint32_t lane = lane_find(x, peer, true, &d->entry.lane);
    const struct lane *l = lane_at(x, lane);
    uint8_t record[LEAF_BYTES];
    char text[WHY_BYTES];
    struct hash leaf;

    if (!l || !d->entry.count || d->entry.first >= l->at.size ||
        d->entry.count > l->at.size - d->entry.first ||
        declined_overlaps(l, d->entry.first, d->entry.count) ||
        x->store.ops->record(x->store.self, lane, d->entry.first, record) != OK)
        return false;
    leaf_hash(record, &leaf);
    if (!hash_equal(&leaf, &d->entry.leaf))
        return false;
    text_keep(text, sizeof text, d->text);
    emit(x, &(struct fact){.type = FACT_DECLINED,
                           .lane = lane,
                           .index = d->entry.first,
                           .number = d->entry.count,
                           .code = err_code(err_from_code(d->code)),
                           .text = slice_str(text)});
    return true;
}

/* Do what a Decline asks of the node itself; tell whether it was news. */
bool
taking_obey(struct exchange *x, uint32_t peer, struct slice body)
{
    struct submission_id id;
    struct slice bytes;
    struct message m;

    return body_split(body, &id, &bytes) == OK &&
           message_read(x, bytes, &m) == OK && m.has_decline &&
           take_decline(x, peer, &m.decline);
}

/* Queue an own entry of this kind with a message, ahead of what users sent. */
void
own_message_queue(struct exchange *x, uint32_t peer, enum leaf_kind kind,
                  const struct message *m)
{
    /* PROTOCOL leaf-records: "In an entry of kind 1 to 4 and in one that
     * carries a Decline, tlp and flags MUST be 0." */
    struct fact f = {.type = FACT_SUBMITTED,
                     .item = x->item_count,
                     .peer = peer,
                     .kind = (uint8_t)kind,
                     .ref = LEAF_REF_NONE,
                     .urgent = true,
                     .time = x->now.wall};
    uint8_t pad[32];
    struct buf body = {0};

    memcpy(f.submission.stream, x->own_stream, STREAM_ID_BYTES);
    f.submission.sequence = x->own_sequence++;
    seed_take(&x->seed, pad, sizeof pad);
    submission_id_put(&body, &f.submission);
    message_put(&body, m);
    f.blob_head = SLICE_ARRAY(pad);
    f.blob_body = buf_slice(&body);
    emit(x, &f);
    buf_clear(&body);
}

/* PROTOCOL receipts: "A refused body is declined by a Decline entry in the
 * reverse lane, queued by a fact of the same turn." */
void
decline_queue(struct exchange *x, uint32_t peer, const struct citation *entry,
              enum err why)
{
    struct message m = {
        .kind = MESSAGE_DECLINE,
        .has_decline = true,
        .decline = {.entry = *entry,
                    .code = err_code(why),
                    .text = slice_str(err_text(why))},
    };

    own_message_queue(x, peer, LEAF_MESSAGE, &m);
}
