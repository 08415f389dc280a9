#include "sim/truth_why.h"

#include "core/exchange/alarms.h"
#include "core/exchange/resume.h"
#include "sim/sim.h"

/* A roll leaves its mark on the epochs that follow. */
#define CAUSES_ROLL                                                            \
    (CAUSE_ORIGIN_RESTORED | CAUSE_ORIGIN_SIGNER | CAUSE_HOLDER_RESTORED |     \
     CAUSE_DISOWNED | CAUSE_KEY_REPLACED)

static const unsigned of_row[RESUME_ROW_COUNT] = {
    [ROW_EPOCH_LOWER] = CAUSES_ROLL | CAUSE_CLAIM_FLIPPED,
    [ROW_EPOCH_HIGHER] =
        CAUSE_ORIGIN_SIGNER | CAUSE_CLAIM_FLIPPED | CAUSE_VERDICT_FLIPPED,
    [ROW_TWO_GENESES] = CAUSE_ORIGIN_SIGNER | CAUSE_CLAIM_FLIPPED,
    [ROW_NORMAL] = ~0u,
    [ROW_FORK] = CAUSE_ORIGIN_SIGNER | CAUSE_FORGED,
    [ROW_HOLDER_DAMAGED] = CAUSE_CLAIM_FLIPPED,
    [ROW_ORIGIN_RESTORED] = CAUSE_ORIGIN_RESTORED,
    [ROW_STOLEN_KEY] = CAUSE_ORIGIN_SIGNER | CAUSE_FORGED,
    [ROW_HOLDER_LIES] = CAUSE_CLAIM_FLIPPED,
    [ROW_SEEN_BEYOND] = CAUSE_ORIGIN_RESTORED,
    [ROW_SIGNED_BEYOND] = CAUSE_ORIGIN_RESTORED,
    [ROW_SIGNER_LOST] = CAUSE_ORIGIN_SIGNER | CAUSE_HOLDER_SIGNER,
};

bool
row_is_explained(unsigned row, const struct lane_truth *l)
{
    return row == ROW_NORMAL ||
           (row < RESUME_ROW_COUNT && of_row[row] & l->causes);
}

/* Of each kind: what happened to its lane; what stops or rolls that lane in
 * the same turn; which fault of the network or the clock. */
struct alarm_why {
    unsigned causes;
    bool with_lane; /* it comes with FROZEN or a new epoch, and only so */
    bool by_fault;  /* of any kind */
};

static const struct alarm_why of_alarm[] = {
    [ALARM_HISTORY_CONFLICT] = {~0u, true, false},
    [ALARM_STOLEN_KEY] = {~0u, true, false},
    [ALARM_RESTORED] = {CAUSE_ORIGIN_RESTORED, false, false},
    [ALARM_HISTORY_LOST] = {CAUSE_ORIGIN_RESTORED, true, false},
    [ALARM_SIGNER_LOST] = {~0u, true, false},
    [ALARM_PEER_DAMAGED] = {CAUSE_CLAIM_FLIPPED, false, false},
    [ALARM_PEER_LIES] = {CAUSE_CLAIM_FLIPPED, false, false},
    [ALARM_STORE_DAMAGED] = {CAUSE_CLAIM_FLIPPED | CAUSE_VERDICT_FLIPPED, false,
                             false},
    [ALARM_EPOCH_CONFLICT] = {~0u, true, false},
    [ALARM_RESTORED_PEER] = {CAUSE_HOLDER_RESTORED | CAUSE_CLAIM_FLIPPED, false,
                             false},
    [ALARM_KEY_COMPROMISED] = {CAUSE_DISOWNED, false, false},
    [ALARM_PEER_DOWN] = {0, false, true},
    [ALARM_DISK_FULL] = {0, false, true},
    [ALARM_PEER_QUOTA] = {0, false, true},
    [ALARM_CARD_EXPIRES] = {0, false, true},
    [ALARM_CARD_EXPIRED] = {0, false, true},
};

bool
alarm_stops_lane(unsigned kind)
{
    return kind < ARRAY_SIZE(of_alarm) && of_alarm[kind].with_lane;
}

bool
alarm_is_explained(const struct world *w, const struct node *n, unsigned kind,
                   const struct lane_truth *l)
{
    if (kind == ALARM_TURNS_LOST)
        return n->undeclared;
    if (kind >= ARRAY_SIZE(of_alarm))
        return false;
    const struct alarm_why *why = &of_alarm[kind];
    return (why->by_fault && w->faults_had) || (l && why->causes & l->causes);
}

/* ---- epochs -------------------------------------------------------------- */

/* One that people asked for raises nothing, nor does one after which a holder
 * of nothing need not know an old key. */
bool
roll_is_quiet(const struct lane_truth *l)
{
    return l->causes & CAUSE_DISOWNED ||
           (l->causes & CAUSE_KEY_REPLACED && l->epoch && !l->prev_size);
}

bool
roll_is_explained(const struct lane_truth *l)
{
    return roll_is_quiet(l) ||
           l->causes & (CAUSE_ORIGIN_RESTORED | CAUSE_ORIGIN_SIGNER);
}
