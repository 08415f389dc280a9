#include "core/exchange/view.h"

#include "core/exchange/inside.h"

static size_t
alarms_open(const struct exchange *x)
{
    size_t n = 0;

    for (size_t i = 0; i < x->alarm_count; i++)
        n += x->alarms[i].end == ALARM_OPEN;
    return n;
}

void
view_node(const struct exchange *x, struct view_node *out)
{
    *out = (struct view_node){
        .team = x->started ? x->config.team : x->card.card.team,
        .card_version = x->card.card.version,
        .card_expires_s = x->card.card.expires_s,
        .peer_count = x->peer_count,
        .lane_count = x->lane_count,
        .alarm_count = x->alarm_count,
        .alarms_open = alarms_open(x),
        .alarm_news = x->alarm_news,
        .submission_count = x->submission_count,
        .incarnation = x->incarnation,
        .run_ms = x->run_ms,
    };
    text_keep(out->short_name, sizeof out->short_name, x->card.card.short_name);
}

static const struct outbox_item *
first_waiting(const struct ring *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct outbox_item *o = ring_at(r, i);
        if (!o->gone)
            return o;
    }
    return NULL;
}

enum err
view_peer(const struct exchange *x, uint32_t peer, struct view_peer *out)
{
    if (peer >= x->peer_count)
        return ERR_NOT_FOUND;
    const struct peer *p = x->peers[peer];
    *out = (struct view_peer){
        .team = p->card.card.team,
        .card_version = p->card.card.version,
        .card_expires_s = p->card.card.expires_s,
        .confirmed = p->confirmed,
        .ceiling = p->agreement.ceiling,
        .community = p->agreement.community,
        .paused = p->paused,
        .paused_time = p->paused_time,
        .up = p->link != NULL,
        .since = p->since,
        .next_try = p->next_dial,
        .lane_out = p->lane_out,
        .lane_in = p->lane_in,
        .declined_by_us = p->declined_by_us,
        .holds_card = p->holds_card,
        .disk_used = quota_used(p),
        .disk_most = p->config.disk_bytes,
    };
    for (size_t i = 0; i < QUEUE_COUNT; i++) {
        const struct outbox_item *first = first_waiting(&p->queues[i]);
        out->queued += p->waiting[i];
        if (first &&
            (!out->oldest_queued.ms || first->time.ms < out->oldest_queued.ms))
            out->oldest_queued = first->time;
    }
    text_keep(out->short_name, sizeof out->short_name, p->card.card.short_name);
    text_keep(out->confirmed_by, sizeof out->confirmed_by,
              slice_str(p->confirmed_by));
    text_keep(out->paused_with, sizeof out->paused_with,
              slice_str(p->paused_with));
    text_keep(out->trouble, sizeof out->trouble, slice_str(p->trouble));
    return OK;
}

enum err
view_lane(const struct exchange *x, uint32_t lane, struct view_lane *out)
{
    const struct lane *l = lane_at(x, lane);

    if (!l)
        return ERR_NOT_FOUND;
    *out = (struct view_lane){
        .peer = l->peer,
        .ours = l->ours,
        .id = l->id,
        .epoch = l->epoch,
        .next = l->next,
        .prev_size = l->prev_size,
        .size = l->at.size,
        .signed_size = l->ours ? l->signed_at.size : l->last.size,
        .receipted = l->has_receipt ? l->receipt.at.size : 0,
        .receipt_time.ms = l->receipt.at.time_s * 1000,
        .has_receipt = l->has_receipt,
        .receipt = l->receipt,
        .frozen = l->frozen,
        .withheld = l->restored,
        .restored_size = l->restored_size,
        .frozen_row = l->frozen_row,
        .closed = l->closed,
        .granted = l->granted,
        .granted_size = l->granted_at.size,
        .claimed = l->claimed,
        .claim = l->claim,
        .counts_to = l->ours && l->next != NONE ? x->lanes[l->next]->prev_size
                                                : UINT64_MAX,
        .free_below = view_entries_free(x, lane),
    };
    text_keep(out->frozen_why, sizeof out->frozen_why,
              slice_str(l->frozen_why));
    return OK;
}

enum err
view_evidence(const struct exchange *x, size_t i, struct view_evidence *out)
{
    if (i >= x->evidence_count)
        return ERR_NOT_FOUND;
    const struct contradiction *c = &x->evidence[i];
    *out = (struct view_evidence){
        .lane = c->lane, .row = c->row, .theirs = c->theirs, .ours = c->ours};
    memcpy(out->genesis, c->genesis, GENESIS_BYTES);
    memcpy(out->our_genesis, x->lanes[c->lane]->genesis, GENESIS_BYTES);
    return OK;
}

enum err
view_submission(const struct exchange *x, uint64_t number, uint32_t peer,
                struct view_submission *out)
{
    const struct submission_state *s = submission_of(x, number);
    const struct part *p = part_of(x, number, peer);
    const struct release *r = release_of(x, number);

    if (!s || !p)
        return ERR_NOT_FOUND;
    *out = (struct view_submission){
        .number = number,
        .time = s->time,
        .queued = p->queued,
        .sent = p->sequenced,
        .receipted = p->receipted,
        .cancelled = p->cancelled,
        .first_lane = p->first_lane,
        .lane = p->sequenced ? p->lane : VIEW_NONE,
        .first_index = p->first_index,
        .last_index = p->last_index,
    };
    if (r) {
        out->released_why = r->why;
        out->released_uid = r->uid;
        out->released_time = r->time;
    }
    return OK;
}

enum err
view_find_peer(const struct exchange *x, struct slice name, uint32_t *peer)
{
    uint32_t found = NONE;

    if (!name.size)
        return ERR_NOT_FOUND;
    for (uint32_t i = 0; i < x->peer_count; i++)
        if (slice_is(name, x->peers[i]->card.card.team.text)) {
            *peer = i;
            return OK;
        }
    for (uint32_t i = 0; i < x->peer_count; i++)
        if (slice_equal(name, x->peers[i]->card.card.short_name)) {
            if (found != NONE)
                return ERR_NOT_FOUND; /* two teams: say the full name */
            found = i;
        }
    if (found == NONE)
        return ERR_NOT_FOUND;
    *peer = found;
    return OK;
}

enum err
view_card_own(const struct exchange *x, const struct card **card,
              struct slice *proof)
{
    if (!x->card.present)
        return ERR_NOT_FOUND;
    *card = &x->card.card;
    *proof = buf_slice(&x->card.proof);
    return OK;
}

enum err
view_card(const struct exchange *x, uint32_t peer, const struct card **card,
          struct slice *proof)
{
    if (peer >= x->peer_count)
        return ERR_NOT_FOUND;
    *card = &x->peers[peer]->card.card;
    *proof = buf_slice(&x->peers[peer]->card.proof);
    return OK;
}

enum err
view_pairing(const struct exchange *x, uint32_t peer, struct pairing_code *out)
{
    if (peer >= x->peer_count || !x->card.present)
        return ERR_NOT_FOUND;
    const struct held_card *theirs = &x->peers[peer]->card;
    struct pairing_side a = {&x->card.card.team, &x->card.root_spki};
    struct pairing_side b = {&theirs->card.team, &theirs->root_spki};
    pairing_code_of(&a, &b, out);
    return OK;
}

enum err
view_declined(const struct exchange *x, uint32_t lane, uint64_t index,
              enum err *why)
{
    const struct lane *l = lane_at(x, lane);

    const struct declined *d = l ? declined_find(l, index) : NULL;

    if (!d)
        return ERR_NOT_FOUND;
    *why = err_from_code(d->code);
    return OK;
}

enum err
view_expunged(const struct exchange *x, uint32_t lane, uint64_t index,
              struct view_expunged *out)
{
    const struct lane *l = lane_at(x, lane);
    const struct expunged *e = l ? expunged_find(&l->expunges, index) : NULL;

    if (!e)
        return ERR_NOT_FOUND;
    *out = (struct view_expunged){.stands = e->state != EXPUNGE_QUEUED,
                                  .done = e->state == EXPUNGE_DONE,
                                  .by_lane = e->by_lane,
                                  .by_index = e->by_index};
    return OK;
}

/* Find item number `position` of the `waiting` ones of a queue, at once if
 * none in it was cancelled. */
static const struct outbox_item *
waiting_at(const struct ring *r, size_t waiting, size_t position)
{
    if (waiting == r->count)
        return ring_at(r, position);
    for (size_t i = 0; i < r->count; i++) {
        const struct outbox_item *o = ring_at(r, i);
        if (!o->gone && !position--)
            return o;
    }
    return NULL;
}

enum err
view_outbox(const struct exchange *x, uint32_t peer, size_t position,
            struct view_item *out)
{
    if (peer >= x->peer_count)
        return ERR_NOT_FOUND;
    const struct peer *p = x->peers[peer];
    const struct outbox_item *o = NULL;
    for (size_t q = 0; q < QUEUE_COUNT && !o; q++) {
        size_t waiting = (size_t)p->waiting[q];
        if (position < waiting)
            o = waiting_at(&p->queues[q], waiting, position);
        else
            position -= waiting;
    }
    if (!o)
        return ERR_NOT_FOUND;
    *out = (struct view_item){.item = o->item,
                              .number =
                                  o->number == NUMBER_UNKNOWN ? 0 : o->number,
                              .ref = o->ref,
                              .kind = o->kind,
                              .urgent = o->urgent,
                              .tlp = o->tlp,
                              .time = o->time};
    return OK;
}

enum err
view_key(const struct exchange *x, uint32_t peer, size_t i,
         struct view_key *out)
{
    if (peer != VIEW_NONE && peer >= x->peer_count)
        return ERR_NOT_FOUND;
    const struct key_history *h =
        peer == VIEW_NONE ? &x->keys : &x->peers[peer]->keys;
    if (i >= h->count)
        return ERR_NOT_FOUND;
    const struct key_era *e = &h->list[i];
    *out = (struct view_key){.role = e->role,
                             .key = e->key,
                             .since = e->since,
                             .until = e->until,
                             .compromised = e->compromised};
    return OK;
}

enum err
view_lane_key(const struct exchange *x, uint32_t lane, size_t i,
              uint64_t *above, struct public_key *key)
{
    const struct lane *l = lane_at(x, lane);

    if (!l || i >= l->key_count)
        return ERR_NOT_FOUND;
    *above = l->keys[i].above;
    *key = l->keys[i].key;
    return OK;
}
