/*
 * truth_end - what must be so when all is at rest, and what a consumer gets.
 */
#include "core/exchange/view.h"
#include "sim/sim.h"

/* ---- the consumer -------------------------------------------------------- */

/* Hand on one entry; a consumer that saw it before drops it (rule R7). */
static void
hand_on(struct world *w, struct node *n, uint32_t lane, uint64_t index)
{
    struct lane_truth *l = n->kept.lanes[lane].truth;
    uint8_t record[LEAF_BYTES];

    if (!hold(w, INVARIANT_I5,
              n->port.ops->record(n->port.self, lane, index, record) == OK,
              "an entry that is kept cannot be read"))
        return;
    if (index < l->handed && !without(w, WITHOUT_R7))
        return;
    hold(w, INVARIANT_I5, index == l->handed,
         "an entry handed on twice or with a gap");
    l->handed = index + 1;
    w->counts.handed++;
}

void
truth_consume(struct world *w, struct node *n)
{
    n->consume_scheduled = false;
    for (uint32_t i = 0; i < n->kept.lane_count; i++) {
        struct kept_lane *k = &n->kept.lanes[i];
        struct lane_truth *l = k->truth;
        if (k->ours)
            continue;
        for (uint64_t at = l->cursor; at < k->size; at++)
            hand_on(w, n, i, at);
        if (l->cursor >= k->size)
            continue;
        if (n->consumer_crashes) {
            n->consumer_crashes--;
            n->consume_wanted = true;
        } else {
            l->cursor = k->size;
        }
    }
}

/* ---- rest ---------------------------------------------------------------- */

static const struct kept_lane *
held_by(const struct world *w, const struct lane_truth *l)
{
    return kept_find(&w->nodes[l->holder].kept, l);
}

/* What the holder holds of that origin now, in whichever epoch. */
static const struct kept_lane *
held_now(const struct world *w, const struct node *n, const struct kept_lane *k)
{
    const struct node *holder = &w->nodes[n->peers[k->peer]];

    return kept_current(&holder->kept, node_peer(holder, n->index), false);
}

/* Tell whether a holder may owe a receipt: it misses a body above what it
 * signed for, its origin has that no more, and no expunge says so. */
static bool
is_unfed(const struct kept_lane *held)
{
    uint64_t covered = held->truth->signed_size[1];

    if (covered < held->receipted)
        covered = held->receipted;
    for (uint64_t i = covered; i < held->size; i++)
        if (held->entries[i].state == BODY_GONE && !held->entries[i].expunged)
            return true;
    return false;
}

/* Tell whether the origin cannot take the last receipt: its key was called
 * compromised, or stood in a card alone that a restore took. */
static bool
receipt_is_bad(const struct world *w, const struct lane_truth *l)
{
    const struct node *origin = &w->nodes[l->origin];
    const struct node *holder = &w->nodes[l->holder];
    const struct known_key *key =
        keys_find(holder, KEY_ROLE_RECEIPT, &l->receipt_id);

    return key && (key->bad_since ||
                   !(origin->kept.keys_seen[node_peer(origin, l->holder)] >>
                         (key - holder->keys.known) &
                     1));
}

/* Tell whether a holder may owe a receipt: its last one was for more than its
 * origin has, and it signs nothing before it is there again (rule R15); or it
 * was lost and its key is taken no more. */
static bool
may_owe(const struct world *w, const struct kept_lane *k)
{
    const struct lane_truth *l = k->truth;

    return l->signed_size[1] > k->size ||
           (l->signed_size[1] == k->size && receipt_is_bad(w, l));
}

/* Tell whether the holder left an epoch without a receipt for all of it, since
 * its signing journal was lost. */
static bool
owes_for_good(const struct node *n, uint32_t peer)
{
    for (size_t i = 0; i < n->kept.lane_count; i++) {
        const struct kept_lane *l = &n->kept.lanes[i];
        if (l->ours && l->peer == peer && l->next != KEPT_NONE &&
            l->truth->causes & CAUSE_HOLDER_SIGNER &&
            l->receipted < n->kept.lanes[l->next].truth->prev_size)
            return true;
    }
    return false;
}

/* Tell whether the lane waits for a person: on either side, or in the earlier
 * epoch in which the holder still is. */
static bool
is_stopped(const struct world *w, const struct node *n,
           const struct kept_lane *k)
{
    const struct kept_lane *held = held_now(w, n, k);
    const struct kept_lane *older = kept_find(&n->kept, held->truth);

    return k->frozen || held->frozen || (older && older->frozen);
}

/* Tell whether the holder takes no more: the lane in which its Declines would
 * leave is stopped, and too many of them wait. */
static bool
is_stuffed(const struct world *w, const struct node *n,
           const struct kept_lane *k)
{
    const struct node *holder = &w->nodes[n->peers[k->peer]];
    uint32_t peer = node_peer(holder, n->index);
    const struct kept_lane *back = kept_current(&holder->kept, peer, true);
    const struct kept_lane *held = kept_current(&n->kept, k->peer, false);

    return (back->frozen || held->frozen) && holder->exchange &&
           core_own_waiting(holder->exchange, peer) >=
               OWN_ENTRIES_UNDELIVERED_MAX(1);
}

/* Tell whether a lane is where it must come to: all held and receipted; or
 * stopped, for a reason that was looked at when it stopped. */
static bool
lane_rests(const struct world *w, const struct node *n,
           const struct kept_lane *k)
{
    const struct kept_lane *held = held_now(w, n, k);

    if (is_stopped(w, n, k) || is_stuffed(w, n, k))
        return true;
    return held->truth == k->truth && !n->kept.queued[k->peer] &&
           held->size == k->size &&
           (k->receipted == k->size || may_owe(w, k) || is_unfed(held));
}

bool
truth_at_rest(const struct world *w, const struct node *n)
{
    if (!n->up || n->event_count || !client_done(n) || n->consume_wanted ||
        n->consume_scheduled)
        return false;
    for (uint32_t p = 0; p < n->peer_count; p++)
        if (!lane_rests(w, n, kept_current(&n->kept, p, true)))
            return false;
    return true;
}

/* Tell what is not at rest, for whoever reads the story. */
void
truth_unrest(const struct world *w)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        const struct node *n = &w->nodes[i];
        if (!n->up || n->event_count || n->consume_wanted ||
            n->consume_scheduled)
            tell(w, n, "is not at rest, up", n->up);
        if (!client_done(n))
            tell(w, n, "submits still, from", n->client.at);
        for (uint32_t p = 0; p < n->peer_count; p++) {
            const struct kept_lane *k = kept_current(&n->kept, p, true);
            if (lane_rests(w, n, k))
                continue;
            tell(w, &w->nodes[n->peers[p]], "holds too little, size",
                 held_now(w, n, k)->size);
            tell(w, n, "has more for it, size", k->size);
        }
    }
}

/* ---- the end ------------------------------------------------------------- */

static enum err
fold_one(void *context, const struct fact *f)
{
    return exchange_restore(context, f);
}

static bool
same_lane(const struct exchange *a, const struct exchange *b, uint32_t i)
{
    struct view_lane one, two;

    if (view_lane(a, i, &one) != OK || view_lane(b, i, &two) != OK)
        return false;
    return one.size == two.size && one.signed_size == two.signed_size &&
           one.receipted == two.receipted && one.frozen == two.frozen &&
           one.epoch == two.epoch && lane_id_equal(&one.id, &two.id);
}

static bool
same_peer(const struct exchange *a, const struct exchange *b, uint32_t i)
{
    struct view_peer one, two;

    if (view_peer(a, i, &one) != OK || view_peer(b, i, &two) != OK)
        return false;
    return one.queued == two.queued && one.card_version == two.card_version &&
           one.declined_by_us == two.declined_by_us;
}

/* I17: the journal folded anew gives what the node knows; and what the oracle
 * folded by its own code. */
void
truth_recover(struct world *w, struct node *n)
{
    struct exchange *x = exchange_new(&n->seen_port);
    enum err e = memory_store_facts(n->store, fold_one, x);
    struct view_lane lane;

    hold(w, INVARIANT_I17, e == OK, "the journal is not folded back");
    for (uint32_t i = 0; i < n->kept.lane_count; i++) {
        const struct kept_lane *k = &n->kept.lanes[i];
        hold(w, INVARIANT_I17, same_lane(x, n->exchange, i),
             "a lane recovered is not the lane that was");
        hold(w, INVARIANT_I17,
             view_lane(x, i, &lane) == OK && lane.size == k->size &&
                 lane.frozen == k->frozen,
             "a lane recovered is not what its facts say");
    }
    for (uint32_t p = 0; p < n->peer_count; p++)
        hold(w, INVARIANT_I17, same_peer(x, n->exchange, p),
             "a peer recovered is not the peer that was");
    exchange_free(x);
}

/* Count how often each message stands in the epochs of a lane, up to where the
 * next one follows. */
static void
count_messages(const struct node *n, uint32_t peer,
               unsigned times[MESSAGES_MAX])
{
    for (size_t i = 0; i < n->kept.lane_count; i++) {
        const struct kept_lane *k = &n->kept.lanes[i];
        uint64_t end = k->size;
        if (!k->ours || k->peer != peer)
            continue;
        if (k->next != KEPT_NONE) {
            uint64_t prev = n->kept.lanes[k->next].truth->prev_size;
            end = prev < end ? prev : end;
        }
        for (uint64_t at = 0; at < end; at++)
            if (k->entries[at].message != KEPT_NONE && !k->entries[at].again)
                times[k->entries[at].message]++;
    }
}

/* Tell whether a message must be in the lane: all that were accepted and not
 * recalled or expunged, and after a restore of their origin those of which its
 * journal knows. */
static bool
is_promised(const struct node *n, const struct kept_lane *k, uint64_t sequence)
{
    if (n->kept.recalled[k->peer][sequence] ||
        gone_asked(&n->kept, k->peer, sequence))
        return false;
    return !(k->truth->causes & CAUSE_ORIGIN_RESTORED) ||
           n->kept.submitted[k->peer][sequence];
}

/* I4: each message that was accepted is in the lane of each team it goes to,
 * but where a restore lost it or the lane is stopped; and never twice. */
static void
check_delivered(struct world *w, struct node *n, uint32_t peer)
{
    const struct kept_lane *k = kept_current(&n->kept, peer, true);
    unsigned times[MESSAGES_MAX] = {0};
    bool whole = !is_stopped(w, n, k) && !is_stuffed(w, n, k);

    if (!is_stopped(w, n, k) && !is_unfed(held_now(w, n, k)) &&
        !may_owe(w, k) && !owes_for_good(n, peer) && !is_stuffed(w, n, k))
        hold(w, INVARIANT_I8, !core_own_waiting(n->exchange, peer),
             "own entries are waited for that nobody has to take");
    count_messages(n, peer, times);
    for (uint64_t s = 0; s < n->client.accepted; s++) {
        bool wanted = client_sends(w, n, s, n->peers[peer]);
        hold(w, INVARIANT_I4, times[s] <= wanted,
             "a message is in a lane twice, or in one where it must not be");
        hold(w, INVARIANT_I4,
             !whole || !is_promised(n, k, s) || times[s] >= wanted,
             "an accepted message is not in the lane");
        w->counts.messages += wanted;
    }
}

/* I14: who verified two histories says so, unless a restore took the first
 * from him, or a thief's later one hid it. */
static void
check_forks(struct world *w)
{
    for (size_t i = 0; i < w->truth.count; i++) {
        const struct lane_truth *l = w->truth.lanes[i];
        const struct kept_lane *held = held_by(w, l);
        if (l->causes & (CAUSE_HOLDER_RESTORED | CAUSE_FORGED))
            continue;
        hold(w, INVARIANT_I14, !l->forked || (held && held->frozen),
             "two histories were verified and nobody is alarmed");
    }
}

static void
outcome_add(struct world *w, uint64_t number)
{
    w->outcome = (w->outcome ^ number) * 0x9e3779b97f4a7c15u;
    w->outcome ^= w->outcome >> 29;
}

void
truth_end(struct world *w)
{
    check_forks(w);
    for (unsigned i = 0; i < w->node_count; i++) {
        struct node *n = &w->nodes[i];
        for (uint32_t p = 0; p < n->peer_count; p++)
            check_delivered(w, n, p);
        if (w->seed % 4 == 1)
            truth_recover(w, n);
        if (w->truth.expunges)
            gone_end(w, n);
        for (size_t k = 0; k < n->kept.lane_count; k++) {
            const struct kept_lane *l = &n->kept.lanes[k];
            hold(w, INVARIANT_I13, true, "");
            outcome_add(w, l->size);
            outcome_add(w, l->receipted + 2 * l->frozen);
        }
    }
    outcome_add(w, w->counts.frames);
    outcome_add(w, w->counts.turns);
}
