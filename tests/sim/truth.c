/*
 * truth - what nodes put on their disks, held against what was said.
 */
#include "sim/sim.h"

#include "core/base/mem.h"
#include "core/lane/checkpoint.h"
#include "core/wire/card.h"
#include "core/wire/message.h"
#include "sim/roots.h"

#include <assert.h>

#define ARENA_BYTES MIB(8)

static const char *const names[INVARIANT_COUNT] = {
#define INVARIANT(id, text, when) #id,
#include "sim/invariants.def"
#undef INVARIANT
};

bool
hold(struct world *w, enum invariant i, bool good, const char *text)
{
    w->counts.checked[i]++;
    if (!good)
        violate(w, names[i], text);
    return good;
}

void
truth_init(struct truth *t)
{
    *t = (struct truth){0};
    table_init(&t->ids, sizeof(struct lane_id));
    arena_init(&t->arena, ARENA_BYTES);
}

void
truth_clear(struct truth *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct lane_truth *l = t->lanes[i];
        mem_free(l->leaves);
        roots_clear(&l->released);
        roots_clear(&l->receipted);
        roots_clear(&l->sequenced);
        roots_clear(&l->endorsed);
        roots_clear(&l->verified);
        mem_free(l);
    }
    mem_free(t->lanes);
    table_clear(&t->ids);
    arena_clear(&t->arena);
}

void
kept_clear(struct kept *k)
{
    mem_free(k->lanes);
    mem_free(k->items);
    *k = (struct kept){0};
}

struct lane_truth *
truth_lane(const struct truth *t, const struct lane_id *id)
{
    const uint64_t *at = table_find(&t->ids, id->b);

    return at ? t->lanes[*at] : NULL;
}

static struct lane_truth *
lane_make(struct truth *t, const struct lane_id *id, unsigned origin,
          unsigned holder)
{
    struct lane_truth *l = truth_lane(t, id);

    if (l)
        return l;
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        t->lanes =
            mem_resize(t->lanes, t->capacity, sizeof(struct lane_truth *));
    }
    l = mem_new(sizeof *l);
    *l = (struct lane_truth){.id = *id, .origin = origin, .holder = holder};
    frontier_init(&l->said);
    table_put(&t->ids, id->b, t->count);
    t->lanes[t->count++] = l;
    return l;
}

void
lanes_caused(struct world *w, const struct node *n, unsigned of_ours,
             unsigned of_theirs)
{
    for (size_t i = 0; i < w->truth.count; i++) {
        struct lane_truth *l = w->truth.lanes[i];
        if (l->origin == n->index)
            l->causes |= of_ours;
        if (l->holder == n->index)
            l->causes |= of_theirs;
    }
}

/* ---- one fact ------------------------------------------------------------ */

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

static void
keep_lane(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    unsigned other = k->n->peers[k->f->peer], own = k->n->index;
    struct lane_id id;

    if (kept->lane_count == kept->lane_capacity) {
        kept->lane_capacity = kept->lane_capacity ? 2 * kept->lane_capacity : 8;
        kept->lanes =
            mem_resize(kept->lanes, kept->lane_capacity, sizeof *kept->lanes);
    }
    lane_id_of(k->f->genesis, &id);
    struct kept_lane *l = &kept->lanes[kept->lane_count++];
    *l = (struct kept_lane){.ours = k->f->ours, .peer = k->f->peer};
    frontier_init(&l->at);
    l->truth = k->f->ours ? lane_make(&k->w->truth, &id, own, other)
                          : lane_make(&k->w->truth, &id, other, own);
}

static void
keep_submitted(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    const struct fact *f = k->f;
    struct kept_item item = {
        .peer = f->peer, .own = !f->number, .sequence = f->submission.sequence};

    if (kept->item_count == kept->item_capacity) {
        kept->item_capacity =
            kept->item_capacity ? 2 * kept->item_capacity : 16;
        kept->items =
            mem_resize(kept->items, kept->item_capacity, sizeof *kept->items);
    }
    kept->items[kept->item_count++] = item;
    kept->queued[f->peer]++;
    if (item.own || !check(k, INVARIANT_I4, item.sequence < MESSAGES_MAX,
                           "a message that nobody submitted"))
        return;
    check(k, INVARIANT_I4, !kept->submitted[f->peer][item.sequence]++,
          "a message repeated is queued twice");
    check(k, INVARIANT_I9,
          client_sends(k->w, k->n, item.sequence, k->n->peers[f->peer]),
          "a message waits for a peer to whom it was not submitted");
}

static bool
is_forged(const struct lane_truth *l, const struct hash *leaf)
{
    for (size_t i = 0; i < FORGED_KEPT && i < l->forged_count; i++)
        if (hash_equal(&l->forged[i], leaf))
            return true;
    return false;
}

static void
keep_sequenced(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;
    struct kept_lane *l = kept_lane(k);
    struct hash leaf, root;

    if (!l || !check(k, INVARIANT_I7, k->f->item < kept->item_count,
                     "an entry of ours that nobody queued"))
        return;
    const struct kept_item *item = &kept->items[k->f->item];
    check(k, INVARIANT_I19, k->f->index == l->size && l->ours,
          "an entry sequenced out of order");
    if (!item->own)
        check(k, INVARIANT_I4, !kept->placed[item->peer][item->sequence]++,
              "a message stands in the lane twice");
    check(k, INVARIANT_I9, item->peer == l->peer,
          "a message stands in the lane to another peer");
    kept->queued[l->peer]--;
    l->size = k->f->index + 1;
    leaf_hash(k->f->record, &leaf);
    check(k, INVARIANT_I7, !is_forged(l->truth, &leaf),
          "an entry that somebody else made is ours now");
    frontier_append(&l->at, &leaf);
    if (!k->f->ends_batch)
        return;
    frontier_root(&l->at, &root);
    if (!(l->truth->causes & CAUSE_ORIGIN_RESTORED))
        check(k, INVARIANT_I19, roots_put(&l->truth->sequenced, l->size, &root),
              "two histories of ours in the journal");
}

/* The body is one of those that its origin submitted for this team. */
static void
check_body(const struct keeping *k, const struct kept_lane *l)
{
    const struct node *origin = &k->w->nodes[l->truth->origin];
    struct arena *arena = &k->w->truth.arena;
    struct submission_id id;
    struct slice bytes;
    struct message m;

    arena_reset(arena);
    if (!check(k, INVARIANT_I6,
               body_split(k->f->blob_body, &id, &bytes) == OK &&
                   message_get(bytes, arena, &m) == OK,
               "a body that cannot be read is kept"))
        return;
    if (m.kind == MESSAGE_DECLINE)
        return;
    check(k, INVARIANT_I9,
          slice_is(m.head.object_id, origin->team->name.text) &&
              id.sequence < MESSAGES_MAX &&
              client_sends(k->w, origin, id.sequence, k->n->index),
          "a body reached a team for which it was not meant");
}

/* I5, I2, I6: entries stand in order, are what the origin released, and
 * bodies match their commitments. */
static void
keep_entry(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);
    struct leaf leaf;
    struct hash h;

    if (!l)
        return;
    check(k, INVARIANT_I5, k->f->index == l->size && !l->ours,
          "an entry kept twice or with a gap");
    l->size = k->f->index + 1;
    leaf_hash(k->f->record, &h);
    frontier_append(&l->at, &h);
    if (!k->fresh)
        return;
    k->w->counts.entries++;
    if (!(l->truth->causes & (CAUSE_ORIGIN_SIGNER | CAUSE_FORGED)))
        check(k, INVARIANT_I2,
              k->f->index < l->truth->leaf_count &&
                  hash_equal(&h, &l->truth->leaves[k->f->index]),
              "the holder keeps what the origin never released");
    if (!check(k, INVARIANT_I6,
               leaf_decode(SLICE_ARRAY(k->f->record), k->f->index, &leaf) == OK,
               "a leaf record that cannot be read is kept"))
        return;
    if (k->f->state != BODY_HELD) {
        k->w->counts.declines++;
        return;
    }
    leaf_commit(k->f->blob_head.data, k->f->blob_body, &h);
    check(k, INVARIANT_I6, hash_equal(&h, &leaf.commitment),
          "a body that does not match is kept");
    if (leaf.kind == LEAF_MESSAGE)
        check_body(k, l);
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
    const struct team *origin = k->w->nodes[l->truth->origin].team;
    struct public_key key;
    crypto_public_key(&origin->seeds[1], &key);
    struct signatory by = {&origin->name, KEY_ROLE_CHECKPOINT, &key};
    frontier_root(&l->at, &root);
    check(k, INVARIANT_I6,
          c->size == l->size && hash_equal(&root, &c->root) &&
              checkpoint_verify(c, &origin->name, &l->truth->id, &by) == OK,
          "a batch is kept that its origin did not sign");
    if (!(l->truth->causes & (CAUSE_ORIGIN_SIGNER | CAUSE_FORGED)))
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

static void
keep_taken(const struct keeping *k)
{
    struct kept_lane *l = kept_lane(k);

    if (l && k->f->checkpoint.size > l->receipted)
        l->receipted = k->f->checkpoint.size;
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
    check(k, INVARIANT_I14, row_is_explained(k->f->code, l->truth->causes),
          "a lane is frozen without a cause");
    check(k, INVARIANT_I14, !l->frozen, "a lane is frozen twice");
    l->frozen = true;
    if (k->fresh)
        k->n->frozen_now++;
}

static void
keep_alarm(const struct keeping *k)
{
    if (!k->fresh)
        return;
    check(k, INVARIANT_I14, k->n->frozen_now > 0,
          "an alarm without a lane that is stopped");
    if (k->n->frozen_now)
        k->n->frozen_now--;
}

static void
keep_cancelled(const struct keeping *k)
{
    struct kept *kept = &k->n->kept;

    if (k->f->item < kept->item_count)
        kept->queued[kept->items[k->f->item].peer]--;
}

static const keep_fn keeps[FACT_TYPE_COUNT] = {
    [FACT_LANE] = keep_lane,           [FACT_SUBMITTED] = keep_submitted,
    [FACT_SEQUENCED] = keep_sequenced, [FACT_ENTRY] = keep_entry,
    [FACT_BATCH] = keep_batch,         [FACT_SEEN] = keep_seen,
    [FACT_RECEIPT_GIVEN] = keep_given, [FACT_RECEIPT_TAKEN] = keep_taken,
    [FACT_FROZEN] = keep_frozen,       [FACT_ALARM] = keep_alarm,
    [FACT_CANCELLED] = keep_cancelled,
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
    *facts = slice_of(facts->data + size.head + size.blob,
                      facts->size - size.head - size.blob);
    return e;
}

void
truth_synced(struct world *w, struct node *n, struct slice facts, bool fresh)
{
    n->frozen_now = 0;
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
    hold(w, INVARIANT_I14, !n->frozen_now,
         "a lane is stopped without an alarm");
}
