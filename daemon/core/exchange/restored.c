#include "core/exchange/restored.h"

#include "core/exchange/fold.h"

#include <assert.h>

/* ---- folds -------------------------------------------------------------- */

static bool
begins_incarnation(const struct fact *f)
{
    return f->code == RESTORED_DECLARED || f->code == RESTORED_FOUND;
}

enum err
fold_restored(struct exchange *x, const struct fact *f)
{
    if (!begins_incarnation(f) &&
        (f->code != RESTORED_GOES_ON || !x->restore_declared))
        return ERR_DAMAGED;
    if (f->item != x->incarnation + begins_incarnation(f))
        return ERR_DAMAGED;
    x->incarnation = f->item;
    x->restore_declared = f->code == RESTORED_DECLARED;
    if (!begins_incarnation(f))
        return OK;
    x->restored_turn = f->number;
    for (uint32_t i = 0; i < x->lane_count; i++) {
        struct lane *l = x->lanes[i];
        l->restored = true;
        l->restored_size = l->at.size;
    }
    return OK;
}

enum err
fold_resumed(struct exchange *x, const struct fact *f)
{
    struct lane *l = lane_at(x, f->lane);

    if (!l || !l->restored)
        return ERR_DAMAGED;
    l->restored = false;
    return OK;
}

/* ---- finding out -------------------------------------------------------- */

/* Name what is lost as far as it is known here. */
static void
say_lost(struct exchange *x, uint64_t first, uint64_t last, struct buf *out)
{
    buf_put_str(out, "turns ");
    buf_put_decimal(out, first);
    buf_put_str(out, " to ");
    buf_put_decimal(out, last);
    buf_put_str(out, " were promised and are not in the journal: what they "
                     "received comes again, what they sent is asked back, "
                     "what was only queued is lost. The last submission that "
                     "is here is S-");
    buf_put_decimal(out, x->submission_count);
    buf_put_u8(out, 0);
}

static void
emit_restored(struct exchange *x, enum restored how, uint64_t turn)
{
    emit(x, &(struct fact){.type = FACT_RESTORED,
                           .item = x->incarnation + (how == RESTORED_FOUND),
                           .number = turn,
                           .code = how,
                           .time = x->now.wall});
    x->turn = turn;
}

/* PROTOCOL journal: "After a restore the turn number goes on above the highest
 * that the signing journal names." */
/* PROTOCOL journal: "A journal that ends below the highest turn in the signing
 * journal is a restored one, whether anybody said so or not." */
void
restored_look(struct exchange *x)
{
    uint64_t next = x->turn, first = x->restored_turn;
    bool declared = x->restore_declared;
    struct alarm_cause cause = alarm_of_node(ALARM_TURNS_LOST);
    struct buf text = {0};

    if (!declared)
        first = next;
    if (!declared && x->signed_turn < next)
        return;
    /* PROTOCOL journal: "A node MUST NOT use a turn number again that its
     * signing journal names." */
    if (x->signed_turn >= next)
        next = x->signed_turn + 1;
    emit_restored(x, declared ? RESTORED_GOES_ON : RESTORED_FOUND, next);
    if (x->signed_turn < first)
        return;
    say_lost(x, first, x->signed_turn, &text);
    if (declared)
        notice(x, NOTICE_WARNING, (const char *)text.data, "restored");
    else
        alarm_raise(x, &cause, (const char *)text.data);
    buf_clear(&text);
}

/* PROTOCOL journal: "After a restore a node MUST NOT show or export anything
 * of a lane before its resume has run and what came of it is applied." */
/* What is lost of the epochs before is fetched, or given up, first. */
void
restored_resumed(struct exchange *x, uint32_t lane)
{
    const struct lane *done = x->lanes[lane];

    for (uint32_t i = 0; i < x->lane_count; i++) {
        const struct lane *l = x->lanes[i];
        if (l->restored && l->peer == done->peer && l->ours == done->ours)
            emit(x, &(struct fact){.type = FACT_RESUMED, .lane = i});
    }
}
