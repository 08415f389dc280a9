#include "core/exchange/commands.h"

#include "core/crypto/crypto.h"
#include "core/exchange/view.h"
#include "core/lane/texts.h"

#include <assert.h>

/* Find the lane in which we write to the peer that the request names. */
static enum err
wanted_lane(struct asking *a, uint32_t *lane)
{
    struct exchange *x = a->x;
    uint32_t peer;

    if (view_find_peer(x, asking_value(a, "team"), &peer) != OK)
        return asking_fail(a, ERR_NOT_FOUND, "no such peer");
    if (x->peers[peer]->lane_out == NONE)
        return asking_fail(a, ERR_NOT_CONFIRMED,
                           "this peer is not confirmed: there is no lane yet");
    *lane = x->peers[peer]->lane_out;
    return OK;
}

static void
describe(struct asking *a, uint32_t lane, const char *state)
{
    const struct lane *l = a->x->lanes[lane];
    const struct card *card = &a->x->peers[l->peer]->card.card;

    control_add_text(&a->answer, "team", slice_str(card->team.text));
    control_add_number(&a->answer, "lane", lane);
    control_add_number(&a->answer, "epoch", (int64_t)l->epoch);
    control_add_number(&a->answer, "size", (int64_t)l->at.size);
    control_add_truth(&a->answer, "up", a->x->peers[l->peer]->link != NULL);
    control_add_text(&a->answer, "state", slice_str(state));
    control_end_record(&a->answer);
}

/* Note what a person decided, and meet the peer anew: it is looked at in the
 * next resume. */
static void
grant(struct asking *a, uint32_t lane, const struct checkpoint *at,
      const char *text)
{
    struct exchange *x = a->x;
    struct peer *p = x->peers[x->lanes[lane]->peer];

    emit(x, &(struct fact){.type = FACT_GRANTED,
                           .lane = lane,
                           .checkpoint = *at,
                           .text = slice_str(text),
                           .time = x->now.wall});
    notice(x, NOTICE_WARNING, text, p->card.card.team.text);
    if (p->link)
        link_close(x, p->link, ERR_NOT_NOW,
                   "the operator lets a lane go on: resume anew");
}

/* ---- lane-adopt --------------------------------------------------------- */

static bool
read_point(struct asking *a, struct checkpoint *at)
{
    struct slice root = asking_bytes(a, "root");
    struct slice signature = asking_bytes(a, "signature");
    int64_t size = control_number(&a->request.values, "size", -1);

    if (size < 0 || root.size != sizeof at->root.b ||
        signature.size != sizeof at->signature.b)
        return false;
    *at = (struct checkpoint){.size = (uint64_t)size};
    memcpy(at->root.b, root.data, root.size);
    memcpy(at->signature.b, signature.data, signature.size);
    return true;
}

/* PROTOCOL resume: "An origin MUST NOT let a lane go on that it froze on row 8
 * without a signature of its root key over the holder's exact size and root."
 */
static bool
is_signed_by_root(const struct exchange *x, const struct lane *l,
                  const struct checkpoint *at)
{
    struct buf text = {0};

    adopt_text(&l->id, at->size, &at->root, &text);
    bool good =
        crypto_verify(&x->card.root, buf_slice(&text), &at->signature) == OK;
    buf_clear(&text);
    return good;
}

enum err
answer_lane_adopt(struct asking *a)
{
    struct checkpoint at;
    uint32_t lane;
    enum err e = wanted_lane(a, &lane);

    if (e != OK)
        return e;
    const struct lane *l = a->x->lanes[lane];
    if (!l->frozen)
        return asking_fail(a, ERR_NOT_NOW,
                           "the lane is not stopped: there is nothing to "
                           "decide");
    if (l->frozen_row != ROW_STOLEN_KEY && l->frozen_row != ROW_SIGNER_LOST)
        return asking_fail(a, ERR_FORKED,
                           "two histories cannot be made one: keep the "
                           "evidence, and rotate the checkpoint key as "
                           "compromised (OPERATIONS, \"Stolen key\")");
    if (!read_point(a, &at))
        return asking_fail(a, ERR_VALUE,
                           "size, root (32 bytes) and signature (64 bytes) "
                           "are needed");
    if (!is_signed_by_root(a->x, l, &at))
        return asking_fail(a, ERR_SIGNATURE,
                           "the signature is not our root key's over this "
                           "lane, size and root; nothing changed");
    grant(a, lane, &at, "the root key lets the stopped lane go on");
    describe(a, lane, "granted");
    return OK;
}

/* ---- lane-roll ---------------------------------------------------------- */

static bool
close_waits(const struct peer *p)
{
    for (size_t i = 0; i < p->queues[QUEUE_NORMAL].count; i++) {
        const struct outbox_item *o = ring_at(&p->queues[QUEUE_NORMAL], i);
        if (o->kind == LEAF_EPOCH_CLOSE && !o->gone)
            return true;
    }
    return false;
}

static enum err
roll_at_once(struct asking *a, uint32_t lane)
{
    const struct checkpoint anywhere = {0};

    grant(a, lane, &anywhere, "a person begins a new epoch");
    describe(a, lane, "granted");
    return OK;
}

/* Where the lane is healthy its epoch is closed by an entry; where the peer
 * cannot take it any more, or our own signing journal is lost, the next epoch
 * begins where both agree. */
enum err
answer_lane_roll(struct asking *a)
{
    bool now = control_truth(&a->request.values, "now");
    uint32_t lane;
    enum err e = wanted_lane(a, &lane);

    if (e != OK)
        return e;
    const struct lane *l = a->x->lanes[lane];
    if (l->frozen && l->frozen_row != ROW_SIGNER_LOST)
        return asking_fail(a, ERR_FROZEN,
                           "the lane is stopped over a history conflict: "
                           "see 'sealane lane show' and 'lane adopt'");
    if (l->frozen || now)
        return roll_at_once(a, lane);
    if (l->closed || close_waits(a->x->peers[l->peer]))
        return asking_fail(a, ERR_EXISTS,
                           "this epoch is being closed already; if the peer "
                           "gives no receipt any more: --now");
    epoch_close(a->x, l->peer);
    describe(a, lane, "closing");
    return OK;
}
