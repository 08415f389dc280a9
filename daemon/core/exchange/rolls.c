#include "core/exchange/restored.h"

/* ---- a key that was compromised ------------------------------------------
 */

/* The receipt that it showed was not taken, and is not given again: its key may
 * be compromised too. */
static bool
is_receipt_refused(const struct lane *l, const struct resume_claim *c)
{
    uint64_t taken = l->has_receipt ? l->receipt.at.size : 0;

    return c->has_receipt && c->receipt.size > taken;
}

/* PROTOCOL rotation: "After a compromise a new epoch MUST follow the last size
 * that both sides are known to hold alike." */
/* The holder's own, if its history is ours up to there and its receipt is good;
 * else that of its last receipt. What lies beyond is disowned: it stays as
 * evidence. */
void
roll_disowned(struct exchange *x, struct link *k, uint32_t lane,
              const struct resume_facts *f)
{
    const struct lane *l = x->lanes[lane];
    struct resume_claim *c = top_claim(k);
    bool alike = f->root_agrees && !is_receipt_refused(l, c);
    struct frontier empty;

    if (!alike && l->has_receipt) {
        c->size = l->receipt.at.size;
        c->root = l->receipt.at.root;
    } else if (!alike) {
        frontier_init(&empty);
        c->size = 0;
        frontier_root(&empty, &c->root);
    }
    send_verdict(x, k, lane, ROW_EPOCH_LOWER, 0);
    epoch_roll(x, k, lane, ROW_NORMAL, "");
    alarm_disowned(x, lane, false);
}

/* ---- a first key that is not known ---------------------------------------
 */

/* PROTOCOL rotation: "Where a holder of nothing ended a session with code 42
 * and the lane began under a key that the card no longer has in use, the origin
 * MUST begin a new epoch there at the next resume." */
void
origin_key_refused(struct exchange *x, const struct link *k)
{
    const struct resume_claim *c = k->claim_count ? top_claim(k) : NULL;
    struct lane *l = c && !c->size ? lane_at(x, lane_claimed(x, k, c)) : NULL;

    if (l)
        l->key_refused = lane_began_otherwise(x, l);
}

bool
must_begin_anew(const struct lane *l, const struct resume_claim *c)
{
    return l->key_refused && !c->size;
}

void
roll_anew(struct exchange *x, struct link *k, uint32_t lane)
{
    send_verdict(x, k, lane, ROW_EPOCH_LOWER, 0);
    epoch_roll(x, k, lane, ROW_NORMAL,
               "they hold nothing and do not know the key that it began under: "
               "a new epoch begins");
}
