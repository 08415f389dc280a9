#include "core/exchange/fold.h"

#include "core/base/mem.h"
#include "core/wire/card.h"
#include "core/wire/message.h"

/* ---- folded: which key signs a lane, by position --------------------------
 */

static void
key_add(struct lane *l, uint64_t above, const struct public_key *key,
        const struct key_id *id)
{
    if (l->key_count == l->key_capacity) {
        l->key_capacity = l->key_capacity ? 2 * l->key_capacity : 2;
        l->keys = mem_resize(l->keys, l->key_capacity, sizeof *l->keys);
    }
    l->keys[l->key_count++] = (struct lane_key){above, *key, *id};
}

/* Where a lost tail is fetched, a later key may be noted before the first. */
static void
key_put_first(struct lane *l, const struct key_era *era)
{
    key_add(l, 0, &era->key, &era->id);
    const struct lane_key first = l->keys[l->key_count - 1];
    memmove(l->keys + 1, l->keys, (l->key_count - 1) * sizeof *l->keys);
    l->keys[0] = first;
}

static const struct key_history *
keys_of_origin(const struct exchange *x, const struct lane *l)
{
    return l->ours ? &x->keys : &x->peers[l->peer]->keys;
}

static const struct team_name *
name_of_origin(const struct exchange *x, const struct lane *l)
{
    return l->ours ? &x->card.card.team : &x->peers[l->peer]->card.card.team;
}

/* The first checkpoint tells with which of its origin's keys a lane began. */
void
lane_key_first(const struct exchange *x, struct lane *l,
               const struct checkpoint *c)
{
    const struct key_era *era =
        history_find(keys_of_origin(x, l), KEY_ROLE_CHECKPOINT, &c->key);

    if (era && (!l->key_count || l->keys[0].above >= c->size))
        key_put_first(l, era);
}

enum err
fold_lane_key(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);
    struct public_key key;
    struct key_id id;

    if (!l || f->index + 1 != l->at.size || f->text.size != sizeof key.b)
        return ERR_DAMAGED;
    memcpy(key.b, f->text.data, sizeof key.b);
    key_id_of(name_of_origin(x, l), KEY_ROLE_CHECKPOINT, &key, &id);
    key_add(l, l->at.size, &key, &id);
    return OK;
}

const struct lane_key *
lane_key_at(const struct lane *l, uint64_t size)
{
    size_t i = l->key_count;

    while (i > 0 && l->keys[i - 1].above >= size)
        i--;
    return i > 0 ? &l->keys[i - 1] : NULL;
}

bool
lane_key_begins(const struct lane *l, uint64_t size)
{
    for (size_t i = 0; size && i < l->key_count; i++)
        if (l->keys[i].above == size)
            return true;
    return false;
}

/* PROTOCOL rotation: "What was not accepted under a compromised key before
 * MUST NOT be accepted under it any more." */
bool
lane_key_is_bad(const struct exchange *x, const struct lane *l,
                const struct key_id *id)
{
    const struct key_era *era =
        history_find(keys_of_origin(x, l), KEY_ROLE_CHECKPOINT, id);
    const struct card *c =
        l->ours ? &x->card.card : &x->peers[l->peer]->card.card;

    for (size_t i = 0; i < c->revoked_count; i++)
        if (c->revoked[i].reason == CARD_REVOKED_COMPROMISED &&
            key_id_equal(&c->revoked[i].key, id))
            return true;
    return era && era->compromised;
}

bool
lane_is_disowned(const struct exchange *x, const struct lane *l)
{
    return l->key_count && lane_key_is_bad(x, l, &l->keys[l->key_count - 1].id);
}

/* Check a checkpoint of a lane with the key that its position asks for; where
 * nothing is signed yet, with any that its origin's cards have named. */
enum err
lane_key_verify(const struct exchange *x, const struct lane *l,
                const struct checkpoint *c)
{
    const struct lane_key *at = lane_key_at(l, c->size);
    const struct key_era *era =
        history_find(keys_of_origin(x, l), KEY_ROLE_CHECKPOINT, &c->key);
    const struct team_name *origin = name_of_origin(x, l);

    if ((!at && !era) || (at && !key_id_equal(&at->id, &c->key)) ||
        lane_key_is_bad(x, l, &c->key))
        return ERR_KEY;
    struct signatory by = {origin, KEY_ROLE_CHECKPOINT,
                           at ? &at->key : &era->key};
    return checkpoint_verify(c, origin, &l->id, &by);
}

/* ---- the entry that changes it --------------------------------------------
 */

/* PROTOCOL rotation: "The card in an entry of kind 1 MUST be good as P26 says,
 * of the lane's origin and under its root; another one ends the session." */
/* Read the card in the body of an entry: it proves itself under the root of
 * the lane's origin. */
static enum err
read_card(const struct exchange *x, const struct lane *l, struct slice body,
          struct held_card *out)
{
    const struct held_card *origin =
        l->ours ? &x->card : &x->peers[l->peer]->card;
    struct submission_id id;
    struct slice bytes;
    enum err e = body_split(body, &id, &bytes);

    if (e == OK)
        e = held_card_set(out, bytes, &origin->root_spki);
    if (e == OK && !team_name_equal(&out->card.team, &origin->card.team))
        e = ERR_WRONG_TEAM;
    return e;
}

enum err
rotation_check(const struct exchange *x, uint32_t lane, struct slice body)
{
    struct held_card card = {0};
    enum err e = read_card(x, x->lanes[lane], body, &card);

    if (e == OK && !card_key_of(&card.card, KEY_ROLE_CHECKPOINT))
        e = ERR_CARD;
    held_card_clear(&card);
    return e;
}

void
rotation_note(struct exchange *x, uint32_t lane, struct slice body,
              const struct key_id *signed_by)
{
    struct lane *l = x->lanes[lane];
    const struct lane_key *before = lane_key_at(l, UINT64_MAX);
    const struct key_id *old = before ? &before->id : signed_by;
    struct held_card card = {0};
    const struct card_key *key = NULL;
    struct key_id id;

    if (old && body.size && read_card(x, l, body, &card) == OK)
        key = card_key_of(&card.card, KEY_ROLE_CHECKPOINT);
    if (key)
        key_id_of(&card.card.team, KEY_ROLE_CHECKPOINT, &key->key, &id);
    if (key && !key_id_equal(&id, old))
        emit(x, &(struct fact){.type = FACT_LANE_KEY,
                               .lane = lane,
                               .index = l->at.size - 1,
                               .number = card.card.version,
                               .text = SLICE_ARRAY(key->key.b)});
    held_card_clear(&card);
}

/* As holder: the card may be news to us as well. */
void
rotation_taken(struct exchange *x, uint32_t lane, struct slice body)
{
    uint32_t peer = x->lanes[lane]->peer;
    struct submission_id id;
    struct slice bytes;

    if (!body.size)
        return;
    rotation_note(x, lane, body, NULL);
    if (body_split(body, &id, &bytes) != OK)
        return;
    enum err e = peer_adopt_card(x, peer, bytes);
    if (e != OK && e != ERR_STALE)
        notice(x, NOTICE_WARNING, err_text(e),
               x->peers[peer]->card.card.team.text);
}

/* ---- as origin: our own checkpoint key ------------------------------------
 */

/* Have the gate sign with the key that goes on, and with those before it that
 * it may not know of yet; again at each start. */
void
ask_switch(struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];
    struct sign_request_op op = {.op = SIGN_SWITCH, .lane = l->id};

    for (size_t i = 0; l->ours && i < l->key_count; i++) {
        const struct lane_key *key = &l->keys[i];
        bool is_last = i + 1 == l->key_count;
        if (!key->above || (!is_last && key->above < l->gate_size))
            continue;
        op.from = key->above;
        op.key = key->key;
        ask(x, &op, &(struct asked){.op = SIGN_SWITCH, .lane = lane});
    }
}

static void
queue_card(struct exchange *x, uint32_t peer)
{
    /* PROTOCOL leaf-records: "In an entry of kind 1 to 4 and in one that
     * carries a Decline, tlp and flags MUST be 0." */
    struct fact f = {.type = FACT_SUBMITTED,
                     .item = x->item_count,
                     .peer = peer,
                     .kind = LEAF_CARD,
                     .ref = LEAF_REF_NONE,
                     .urgent = true,
                     .time = x->now.wall};
    uint8_t pad[SALT_BYTES];
    struct buf body = {0};

    memcpy(f.submission.stream, x->own_stream, STREAM_ID_BYTES);
    f.submission.sequence = x->own_sequence++;
    seed_take(&x->seed, pad, sizeof pad);
    submission_id_put(&body, &f.submission);
    buf_put(&body, buf_slice(&x->card.proof));
    f.blob_head = SLICE_ARRAY(pad);
    f.blob_body = buf_slice(&body);
    emit(x, &f);
    buf_clear(&body);
}

void
alarm_disowned(struct exchange *x, uint32_t lane, bool waits)
{
    struct alarm_cause cause = alarm_of_lane(x, ALARM_KEY_COMPROMISED, lane);
    struct buf what = {0};

    buf_put_str(&what, "signed up to ");
    buf_put_decimal(&what, x->lanes[lane]->signed_at.size);
    buf_put_str(&what, ", receipted up to ");
    buf_put_decimal(&what, x->lanes[lane]->has_receipt
                               ? x->lanes[lane]->receipt.at.size
                               : 0);
    buf_put_u8(&what, 0);
    alarm_while(x, &cause, waits, (const char *)what.data);
    buf_clear(&what);
}

void
rotation_rolled(struct exchange *x, uint32_t peer)
{
    const struct ring *queue = &x->peers[peer]->queues[QUEUE_OWN];
    const struct outbox_item *o;

    /* Each is gone from the queue then. */
    for (size_t at = 0; (o = outbox_next(queue, LEAF_CARD, &at)); at = 0)
        emit(x, &(struct fact){.type = FACT_CANCELLED, .item = o->item});
}

static bool
is_in_use(const struct exchange *x, const struct public_key *key)
{
    const struct card_key *now =
        card_key_of(&x->card.card, KEY_ROLE_CHECKPOINT);

    return now && memcmp(now->key.b, key->b, PUBLIC_KEY_BYTES) == 0;
}

/* A first key that no card of ours has named belongs to one that is lost: it is
 * not noted, though one that took its place may be. */
bool
lane_began_otherwise(const struct exchange *x, const struct lane *l)
{
    return l->at.size > 0 && (!l->key_count || l->keys[0].above ||
                              !is_in_use(x, &l->keys[0].key));
}

/* A lane that was signed with another key than the card's gets the card as an
 * entry; with a compromised one nothing is signed any more. A key that no card
 * here has named is of a newer one than ours: a restore took that card. */
static void
rotate_lane(struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];
    const struct lane_key *last = lane_key_at(l, UINT64_MAX);

    if (!last || is_in_use(x, &last->key) ||
        !history_find(&x->keys, KEY_ROLE_CHECKPOINT, &last->id))
        return;
    if (lane_key_is_bad(x, l, &last->id))
        alarm_disowned(x, lane, true);
    else if (!x->peers[l->peer]->cards_waiting)
        queue_card(x, l->peer);
}

/* Tell whether a lane of ours still needs a key that left the card: it goes on
 * with it, or the switch is not receipted, or the signature that binds it to a
 * key is on its way, or is lost here and known to the gate. */
static bool
needs_old_key(const struct exchange *x, const struct lane *l)
{
    const struct lane_key *last = lane_key_at(l, UINT64_MAX);

    if (!l->ours || l->next != NONE || lane_is_disowned(x, l))
        return false;
    if (!l->opened)
        return true; /* the gate may have signed in it before a restore */
    if (!last || l->gate_size > l->at.size)
        return l->at.size > 0 || l->gate_size > 0;
    return !is_in_use(x, &last->key) ||
           (last->above &&
            (!l->has_receipt || l->receipt.at.size < last->above));
}

/* PROTOCOL rotation: "The old private key is destroyed once every lane has a
 * receipt of that size." */
static void
destroy_old_keys(struct exchange *x)
{
    for (uint32_t i = 0; i < x->lane_count; i++)
        if (needs_old_key(x, x->lanes[i]))
            return;
    x->rotating = false;
    for (size_t i = 0; i < x->keys.count; i++) {
        const struct key_era *era = &x->keys.list[i];
        struct sign_request_op op = {.op = SIGN_KEYS,
                                     .action = SIGN_KEYS_DESTROY,
                                     .role = era->role,
                                     .key = era->key};
        if (era->role == KEY_ROLE_CHECKPOINT && era->until)
            ask(x, &op, &(struct asked){.op = SIGN_KEYS});
    }
}

void
rotation_pump(struct exchange *x)
{
    if (!x->rotating || !x->seed.ready || x->opening)
        return;
    for (uint32_t i = 0; i < x->peer_count; i++)
        if (x->peers[i]->lane_out != NONE)
            rotate_lane(x, x->peers[i]->lane_out);
    destroy_old_keys(x);
}
