/*
 * truth_kept - what nodes put on their disks, held against what was said.
 */
#include "core/base/mem.h"
#include "core/lane/checkpoint.h"
#include "core/wire/card.h"
#include "core/wire/message.h"
#include "sim/roots.h"
#include "sim/sim.h"
#include "sim/truth_why.h"

/* Where no message can be told: somebody else decides what was released. */
#define IN_DOUBT (CAUSE_ORIGIN_SIGNER | CAUSE_FORGED)

/* A fact on its way to a node's disk. */
struct keeping {
    struct world *w;
    struct node *n;
    const struct fact *f;
    bool fresh; /* it was never there before */
};

typedef void (*keep_fn)(const struct keeping *k);

static bool
check(const struct keeping *k, enum invariant i, bool good, const char *text)
{
    return !k->fresh || hold(k->w, i, good, text);
}

static struct kept_lane *
kept_lane(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;

    if (check(k, INVARIANT_I17, k->f->lane < kept->lane_count,
              "a fact about a lane that is not there"))
        return &kept->lanes[k->f->lane];
    return NULL;
}

/* ---- lanes --------------------------------------------------------------- */

static bool
is_restored(const struct lane_truth *l)
{
    return l->causes & (CAUSE_ORIGIN_RESTORED | CAUSE_ORIGIN_SIGNER);
}

/* I14: an epoch that the signing journal does not know begins with an alarm
 * and for a reason; one that it knows is taken again without one. */
static void
check_epoch(const struct keeping *k, const struct kept_lane *l, bool is_new)
{
    if (!l->truth->epoch || !k->fresh)
        return;
    if (l->ours)
        check(k, INVARIANT_I14, roll_is_explained(l->truth),
              "a new epoch without a cause");
    else
        check(k, INVARIANT_I2, !is_new, "an epoch that its origin never began");
    k->n->alarms_due += l->ours && !l->truth->begun && !roll_is_quiet(l->truth);
    k->w->counts.epochs += is_new;
}

static void
keep_lane(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    uint32_t *current = &kept->current[k->f->peer][k->f->ours];
    unsigned other = k->n->peers[k->f->peer], own = k->n->index;
    struct lane_id id;

    if (kept->lane_count == kept->lane_capacity) {
        kept->lane_capacity = kept->lane_capacity ? 2 * kept->lane_capacity : 8;
        kept->lanes =
            mem_resize(kept->lanes, kept->lane_capacity, sizeof *kept->lanes);
    }
    if (*current)
        kept->lanes[*current - 1].next = (uint32_t)kept->lane_count;
    lane_id_of(k->f->genesis, &id);
    struct kept_lane *l = &kept->lanes[kept->lane_count++];
    *l = (struct kept_lane){
        .ours = k->f->ours, .peer = k->f->peer, .next = KEPT_NONE};
    frontier_init(&l->at);
    *current = (uint32_t)kept->lane_count;
    l->truth = truth_lane(&k->w->truth, &id);
    bool is_new = !l->truth;
    if (is_new)
        l->truth =
            truth_lane_make(&k->w->truth, k->f->genesis, l->ours ? own : other,
                            l->ours ? other : own);
    check_epoch(k, l, is_new);
}

/* I14: with a cause, and once. */
static void
keep_frozen(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);

    if (!l)
        return;
    tell_words(k->w, k->n, k->f->text);
    tell(k->w, &k->w->nodes[l->truth->origin],
         "is the origin of a lane that is frozen, row", k->f->code);
    check(k, INVARIANT_I14, row_is_explained(k->f->code, l->truth),
          "a lane is frozen without a cause");
    check(k, INVARIANT_I14, !l->frozen, "a lane is frozen twice");
    l->frozen = true;
    k->n->alarms_due += k->fresh;
}

static void
keep_alarm(const struct keeping *k)
{
    const struct kept *kept = &k->n->kept;
    const struct fact *f = k->f;
    const struct kept_lane *lane =
        f->lane < kept->lane_count ? &kept->lanes[f->lane] : NULL;
    const struct kept_lane *now =
        lane ? kept_current(kept, lane->peer, lane->ours) : NULL;
    const struct lane_truth *l = lane ? lane->truth : NULL;

    if (!k->fresh)
        return;
    tell(k->w, k->n, "raises an alarm of kind", f->code);
    k->w->counts.alarms++;
    check(k, INVARIANT_I14, alarm_is_explained(k->w, k->n, f->code, l),
          "an alarm without a cause");
    if (!alarm_stops_lane(f->code))
        return;
    check(k, INVARIANT_I14,
          k->n->alarms_due > 0 || (now && roll_is_quiet(now->truth)),
          "an alarm of a lane that goes on");
    k->n->alarms_due -= k->n->alarms_due > 0;
}

/* It stands already, and its cause is met again. */
static void
keep_noted(const struct keeping *k)
{
    if (k->fresh && k->f->code == ALARM_NOTE_AGAIN && k->n->alarms_due)
        k->n->alarms_due--;
}

static void
keep_restored(const struct keeping *k)
{
    k->n->kept.incarnation = k->f->item;
}

/* A peer's card is in force. */
static void
keep_peer(const struct keeping *k)
{
    struct arena *arena = &k->w->truth.arena;
    struct signed_card proof;
    struct card card;

    arena_reset(arena);
    if (signed_card_get(k->f->text, arena, &proof) != OK ||
        card_get(proof.card, arena, &card) != OK) {
        check(k, INVARIANT_I17, false, "a card is kept that cannot be read");
        return;
    }
    k->n->kept.card_version[k->f->peer] = card.version;
    k->n->kept.keys_seen[k->f->peer] |=
        keys_named(&k->w->nodes[k->n->peers[k->f->peer]], &card);
}

/* ---- the outbox ---------------------------------------------------------- */

static bool
is_own(const struct keeping *k, const struct submission_id *id)
{
    return k->f->kind != LEAF_MESSAGE ||
           memcmp(id->stream, k->n->client.stream, STREAM_ID_BYTES) != 0;
}

/* I15: of what is expunged nothing waits or goes out again. */
static void
check_taken_back(const struct keeping *k, uint32_t peer,
                 const struct submission_id *id)
{
    if (k->w->truth.expunges && !is_own(k, id))
        check(k, INVARIANT_I15, !gone_asked(&k->n->kept, peer, id->sequence),
              "a message that was expunged goes out again");
}

static void
item_add(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    struct kept_item item = {.peer = k->f->peer,
                             .own = is_own(k, &k->f->submission),
                             .waits = true,
                             .ref = k->f->ref,
                             .id = k->f->submission};

    if (kept->item_count == kept->item_capacity) {
        kept->item_capacity =
            kept->item_capacity ? 2 * kept->item_capacity : 16;
        kept->items =
            mem_resize(kept->items, kept->item_capacity, sizeof *kept->items);
    }
    kept->items[kept->item_count++] = item;
    kept->queued[k->f->peer]++;
}

static void
item_done(struct kept *kept, struct kept_item *item)
{
    kept->queued[item->peer] -= item->waits;
    item->waits = false;
}

static void
expunge_waits(const struct keeping *k)
{
    const struct kept_lane *l = kept_current(&k->n->kept, k->f->peer, true);

    if (l && k->f->ref < l->size)
        l->entries[k->f->ref].asked = true;
}

static void
keep_submitted(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    const struct fact *f = k->f;
    uint64_t sequence = f->submission.sequence;

    item_add(k);
    if (f->kind == LEAF_EXPUNGE)
        expunge_waits(k);
    if (is_own(k, &f->submission) ||
        !check(k, INVARIANT_I4, sequence < MESSAGES_MAX,
               "a message that nobody submitted"))
        return;
    check(k, INVARIANT_I4, !kept->submitted[f->peer][sequence]++,
          "a message repeated is queued twice");
    check(k, INVARIANT_I9,
          client_sends(k->w, k->n, sequence, k->n->peers[f->peer]),
          "a message waits for a peer to whom it was not submitted");
}

static void
keep_requeued(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);

    if (l && check(k, INVARIANT_I14, k->f->index < l->size,
                   "an entry of no lane is queued again"))
        l->entries[k->f->index].again = true;
    check_taken_back(k, k->f->peer, &k->f->submission);
    item_add(k);
}

static void
keep_cancelled(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;

    if (k->f->item < kept->item_count)
        item_done(kept, &kept->items[k->f->item]);
}

/* ---- our lanes ----------------------------------------------------------- */

static bool
is_forged(const struct lane_truth *l, const struct hash *leaf)
{
    for (size_t i = 0; i < FORGED_KEPT && i < l->forged_count; i++)
        if (hash_equal(&l->forged[i], leaf))
            return true;
    return false;
}

static void
entry_expunge(const struct keeping *k, struct kept_entry *e)
{
    if (!e->expunged)
        e->turn = k->fresh ? k->w->counts.turns : 0;
    e->expunged = true;
}

/* An entry that has its place names another one, whose body goes. */
static void
expunge_stands(const struct keeping *k, const struct kept_lane *l)
{
    struct leaf leaf;

    if (leaf_decode(SLICE_ARRAY(k->f->record), k->f->index, &leaf) == OK &&
        leaf.kind == LEAF_EXPUNGE && leaf.ref < leaf.index)
        entry_expunge(k, &l->entries[leaf.ref]);
}

/* Append the entry of a fact; `message` is its sequence or KEPT_NONE. */
static void
entry_add(const struct keeping *k, struct kept_lane *l, uint32_t message,
          struct hash *leaf)
{
    if (l->size == l->entry_capacity) {
        l->entry_capacity = l->entry_capacity ? 2 * l->entry_capacity : 16;
        l->entries =
            mem_resize(l->entries, l->entry_capacity, sizeof *l->entries);
    }
    l->entries[l->size++] =
        (struct kept_entry){.message = message, .state = k->f->state};
    expunge_stands(k, l);
    leaf_hash(k->f->record, leaf);
    frontier_append(&l->at, leaf);
    if (l->ours)
        check(k, INVARIANT_I7, !is_forged(l->truth, leaf),
              "an entry that somebody else made is ours now");
}

static void
end_add(const struct keeping *k, struct kept_lane *l)
{
    struct hash root;

    frontier_root(&l->at, &root);
    if (k->f->ends_batch && !is_restored(l->truth))
        check(k, INVARIANT_I19, roots_put(&l->truth->sequenced, l->size, &root),
              "two histories of ours in the journal");
}

static void
keep_sequenced(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    struct kept_lane *l = kept_lane(k);
    struct hash leaf;

    if (!l || !check(k, INVARIANT_I7, k->f->item < kept->item_count,
                     "an entry of ours that nobody queued"))
        return;
    struct kept_item *item = &kept->items[k->f->item];
    check(k, INVARIANT_I19,
          k->f->index == l->size && l->ours && l->next == KEPT_NONE,
          "an entry sequenced out of order");
    check(k, INVARIANT_I4, item->waits, "a message is sequenced twice");
    check(k, INVARIANT_I9, item->peer == l->peer,
          "a message stands in the lane to another peer");
    item_done(kept, item);
    if (!item->own)
        check_taken_back(k, item->peer, &item->id);
    entry_add(k, l, item->own ? KEPT_NONE : (uint32_t)item->id.sequence, &leaf);
    end_add(k, l);
}

/* I7: what comes back is what was released in our name by ourselves. */
static void
keep_adopted(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    struct kept_lane *l = kept_lane(k);
    const struct fact *f = k->f;
    uint32_t message = KEPT_NONE;
    struct hash leaf;

    if (!l)
        return;
    check(k, INVARIANT_I19, f->index == l->size && l->ours,
          "an entry adopted out of order");
    if (f->state == BODY_HELD && !is_own(k, &f->submission) &&
        f->submission.sequence < MESSAGES_MAX) {
        message = (uint32_t)f->submission.sequence;
        kept->submitted[l->peer][message] = 1;
    }
    struct kept_item *item =
        f->state == BODY_HELD ? kept_waiting(kept, l->peer, f) : NULL;
    if (item)
        item_done(kept, item);
    entry_add(k, l, message, &leaf);
    k->w->counts.adopted += k->fresh;
    if (!(l->truth->causes & IN_DOUBT))
        check(k, INVARIANT_I7,
              f->index < l->truth->leaf_count &&
                  hash_equal(&leaf, &l->truth->leaves[f->index]),
              "an entry is adopted that we never released");
}

static void
keep_taken(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);

    if (l && k->f->checkpoint.size > l->receipted)
        l->receipted = k->f->checkpoint.size;
}

/* ---- their lanes --------------------------------------------------------- */

/* The body is one of those that its origin submitted for this team. Gives its
 * sequence. */
static uint32_t
check_body(const struct keeping *k, const struct kept_lane *l)
{
    const struct node *origin = &k->w->nodes[l->truth->origin];
    struct arena *arena = &k->w->truth.arena;
    struct submission_id id;
    struct slice bytes;
    struct message m;

    arena_reset(arena);
    bool read = body_split(k->f->blob_body, &id, &bytes) == OK &&
                message_get(bytes, arena, &m) == OK;
    check(k, INVARIANT_I6, read, "a body that cannot be read is kept");
    if (!read || m.kind == MESSAGE_DECLINE)
        return KEPT_NONE;
    bool good = slice_is(m.head.object_id, origin->team->name.text) &&
                id.sequence < MESSAGES_MAX &&
                client_sends(k->w, origin, id.sequence, k->n->index);
    check(k, INVARIANT_I9, good,
          "a body reached a team for which it was not meant");
    return good ? (uint32_t)id.sequence : KEPT_NONE;
}

/* I6: a body is kept only where it matches its commitment. */
static uint32_t
entry_body(const struct keeping *k, const struct kept_lane *l)
{
    struct leaf leaf;
    struct hash h;

    if (!check(k, INVARIANT_I6,
               leaf_decode(SLICE_ARRAY(k->f->record), k->f->index, &leaf) == OK,
               "a leaf record that cannot be read is kept"))
        return KEPT_NONE;
    if (k->f->state != BODY_HELD) {
        k->w->counts.declines += k->fresh;
        return KEPT_NONE;
    }
    leaf_commit(k->f->blob_head.data, k->f->blob_body, &h);
    check(k, INVARIANT_I6, hash_equal(&h, &leaf.commitment),
          "a body that does not match is kept");
    return leaf.kind == LEAF_MESSAGE ? check_body(k, l) : KEPT_NONE;
}

/* I5, I2: entries stand in order and are what the origin released. */
static void
keep_entry(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);
    struct hash leaf;

    if (!l)
        return;
    check(k, INVARIANT_I5,
          k->f->index == l->size && !l->ours && l->next == KEPT_NONE,
          "an entry kept twice or with a gap");
    entry_add(k, l, entry_body(k, l), &leaf);
    k->w->counts.entries += k->fresh;
    if (!(l->truth->causes & IN_DOUBT))
        check(k, INVARIANT_I2,
              k->f->index < l->truth->leaf_count &&
                  hash_equal(&leaf, &l->truth->leaves[k->f->index]),
              "the holder keeps what the origin never released");
}

/* The batch ends in a root that its origin signed. */
static void
keep_batch(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);
    const struct checkpoint *c = &k->f->checkpoint;
    struct hash root;

    if (!l || !k->fresh)
        return;
    frontier_root(&l->at, &root);
    key_kept(k->w, k->n, l->truth, c);
    check(k, INVARIANT_I6, c->size == l->size && hash_equal(&root, &c->root),
          "a batch is kept that does not end in the signed root");
    if (!(l->truth->causes & IN_DOUBT))
        check(k, INVARIANT_I2, roots_put(&l->truth->released, l->size, &root),
              "a batch ends in another root than was released");
}

/* A holder that is shown another history must notice (rule R14). */
static void
keep_seen(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);
    const struct checkpoint *c = &k->f->checkpoint;

    if (l && k->fresh && !roots_put(&l->truth->verified, c->size, &c->root))
        l->truth->forked = true;
}

static void
keep_given(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);

    if (l)
        l->receipted = k->f->checkpoint.size;
}

/* ---- expunges ---- */

/* A message that waits is recalled with its body; or an entry of an earlier
 * epoch is expunged. */
static void
keep_erase(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    const struct fact *f = k->f;

    if (f->lane != ERASE_ITEM) {
        struct kept_lane *l = kept_lane(k);
        if (l && check(k, INVARIANT_I15, f->index < l->size,
                       "an entry is expunged that is not there"))
            entry_expunge(k, &l->entries[f->index]);
        return;
    }
    if (!check(k, INVARIANT_I15, f->index < kept->item_count,
               "an item is erased that is not there"))
        return;
    const struct kept_item *item = &kept->items[f->index];
    if (!item->own)
        kept->recalled[item->peer][item->id.sequence] = true;
}

static void
keep_erased(const struct keeping *k)
{
    if (k->fresh)
        gone_erased(k->w, k->n, k->f);
}

/* ---- the table ----------------------------------------------------------- */

static const keep_fn keeps[FACT_TYPE_COUNT] = {
    [FACT_LANE] = keep_lane,           [FACT_SUBMITTED] = keep_submitted,
    [FACT_SEQUENCED] = keep_sequenced, [FACT_ENTRY] = keep_entry,
    [FACT_BATCH] = keep_batch,         [FACT_SEEN] = keep_seen,
    [FACT_RECEIPT_GIVEN] = keep_given, [FACT_RECEIPT_TAKEN] = keep_taken,
    [FACT_FROZEN] = keep_frozen,       [FACT_ALARM] = keep_alarm,
    [FACT_CANCELLED] = keep_cancelled, [FACT_ADOPTED] = keep_adopted,
    [FACT_REQUEUED] = keep_requeued,   [FACT_RESTORED] = keep_restored,
    [FACT_ALARM_NOTED] = keep_noted,   [FACT_ERASE] = keep_erase,
    [FACT_ERASED] = keep_erased,       [FACT_PEER] = keep_peer,
};

/* Take the first fact off; of most the head is enough. */
static enum err
fact_take(struct slice *facts, struct fact *out)
{
    struct fact_size size;
    enum err e = fact_size(*facts, &size);

    if (e != OK)
        return e;
    e = fact_get_head(slice_of(facts->data, size.head), out);
    if (e == OK && out->type == FACT_ENTRY)
        e = fact_get_blob(*facts, out);
    if (e == ERR_GONE) /* it is expunged */
        e = OK;
    *facts = slice_of(facts->data + size.head + size.blob,
                      facts->size - size.head - size.blob);
    return e;
}

void
truth_synced(struct world *w, struct node *n, struct slice facts, bool fresh)
{
    n->alarms_due = 0;
    while (facts.size && !w->violation.invariant) {
        struct fact f;
        struct keeping k = {w, n, &f, fresh};
        if (!hold(w, INVARIANT_I17, fact_take(&facts, &f) == OK,
                  "a fact cannot be read back"))
            return;
        if (keeps[f.type])
            keeps[f.type](&k);
        if (fresh && f.type == FACT_ENTRY)
            n->consume_wanted = true;
    }
    hold(w, INVARIANT_I14, !n->alarms_due, "what must alarm did not");
}
