#include "core/exchange/inside.h"

#define WARNING ALARM_WARNING
#define CRITICAL ALARM_CRITICAL

/* A number that stands twice does not compile. */
const struct alarm_words *
alarm_words(uint32_t kind)
{
    switch (kind) {
#define ALARM_KIND(symbol, number, severity, name, means, done, todo)          \
    case (number): {                                                           \
        static const struct alarm_words words = {severity, name, means, done,  \
                                                 todo};                        \
        return &words;                                                         \
    }
#include "core/exchange/alarm_kinds.def"
#undef ALARM_KIND
    }
    return NULL;
}

/* ---- causes -------------------------------------------------------------- */

struct alarm_cause
alarm_of_node(enum alarm_kind kind)
{
    return (struct alarm_cause){kind, NONE, NONE, 0};
}

struct alarm_cause
alarm_of_peer(enum alarm_kind kind, uint32_t peer)
{
    return (struct alarm_cause){kind, peer, NONE, 0};
}

struct alarm_cause
alarm_of_lane(const struct exchange *x, enum alarm_kind kind, uint32_t lane)
{
    return (struct alarm_cause){kind, x->lanes[lane]->peer, lane, 0};
}

static bool
cause_equal(const struct alarm_cause *a, const struct alarm_cause *b)
{
    return a->kind == b->kind && a->peer == b->peer && a->lane == b->lane &&
           a->index == b->index;
}

void
alarm_about_put(const struct exchange *x, const struct alarm_cause *cause,
                struct buf *out)
{
    const struct lane *l = lane_at(x, cause->lane);

    if (l)
        buf_put_str(out, l->ours ? "our messages to " : "the messages from ");
    buf_put_str(out, cause->peer < x->peer_count
                         ? x->peers[cause->peer]->card.card.team.text
                         : "this node");
}

/* ---- raising ------------------------------------------------------------- */

static struct alarm *
newest_of(const struct exchange *x, const struct alarm_cause *cause)
{
    for (size_t i = x->alarm_count; i-- > 0;)
        if (cause_equal(&x->alarms[i].cause, cause))
            return &x->alarms[i];
    return NULL;
}

/* Tell whether an alarm is raised again under its number: it is open; or it
 * ended by itself and nobody has looked at it, since a second one beside it
 * would say no more. */
static bool
stands_for_more(const struct alarm *a)
{
    return a->end == ALARM_OPEN || (a->end == ALARM_BY_CAUSE && !a->taken);
}

/* "A-18 history-conflict, our messages to cert.gov.au: ..." */
static void
tell(struct exchange *x, const struct alarm *a, const char *what)
{
    const struct alarm_words *words = alarm_words(a->cause.kind);
    struct buf line = {0};

    buf_put_str(&line, "A-");
    buf_put_decimal(&line, a->number);
    buf_put_u8(&line, ' ');
    buf_put_str(&line, words->name);
    buf_put_str(&line, ", ");
    alarm_about_put(x, &a->cause, &line);
    buf_put_str(&line, ": ");
    buf_put_str(&line, what);
    buf_put_u8(&line, 0);
    notice(x,
           a->end != ALARM_OPEN                ? NOTICE_INFO
           : words->severity == ALARM_CRITICAL ? NOTICE_ALARM
                                               : NOTICE_WARNING,
           (const char *)line.data, "");
    buf_clear(&line);
}

/* Count a repeat. What a peer can cause again and again must not fill the
 * journal: the count becomes a fact each time that it has doubled. */
static void
raise_again(struct exchange *x, struct alarm *a)
{
    bool reopened = a->end != ALARM_OPEN;

    a->repeats++;
    if (!reopened && a->repeats < a->count)
        return;
    emit(x, &(struct fact){.type = FACT_ALARM_NOTED,
                           .number = a->number,
                           .code = ALARM_NOTE_AGAIN,
                           .item = a->count + a->repeats,
                           .time = x->now.wall});
    tell(x, a, a->text);
}

void
alarm_raise(struct exchange *x, const struct alarm_cause *cause,
            const char *what)
{
    struct alarm *a = newest_of(x, cause);

    if (a && stands_for_more(a)) {
        raise_again(x, a);
        return;
    }
    emit(x, &(struct fact){.type = FACT_ALARM,
                           .number = x->alarm_last + 1,
                           .code = cause->kind,
                           .peer = cause->peer,
                           .lane = cause->lane,
                           .index = cause->index,
                           .time = x->now.wall,
                           .text = slice_str(what)});
    tell(x, alarm_numbered(x, x->alarm_last), what);
}

void
alarm_gone(struct exchange *x, const struct alarm_cause *cause)
{
    struct alarm *a = newest_of(x, cause);

    if (!a || a->end == ALARM_BY_CAUSE)
        return;
    emit(x, &(struct fact){.type = FACT_ALARM_NOTED,
                           .number = a->number,
                           .code = ALARM_NOTE_GONE,
                           .time = x->now.wall});
    tell(x, a, "this has gone");
}

/* An alarm that a person closed although its cause stays is not raised again
 * before that has gone. */
void
alarm_while(struct exchange *x, const struct alarm_cause *cause, bool holds,
            const char *what)
{
    const struct alarm *a = newest_of(x, cause);

    if (!holds)
        alarm_gone(x, cause);
    else if (!a || a->end == ALARM_BY_CAUSE)
        alarm_raise(x, cause, what);
}

/* ---- what lanes raise ---------------------------------------------------- */

static enum alarm_kind
kind_of_row(uint32_t row)
{
    static const enum alarm_kind of[RESUME_ROW_COUNT] = {
        [ROW_UNKNOWN] = ALARM_HISTORY_CONFLICT,
        [ROW_EPOCH_LOWER] = ALARM_EPOCH_CONFLICT,
        [ROW_EPOCH_HIGHER] = ALARM_EPOCH_CONFLICT,
        [ROW_TWO_GENESES] = ALARM_HISTORY_CONFLICT,
        [ROW_NORMAL] = ALARM_HISTORY_CONFLICT,
        [ROW_FORK] = ALARM_HISTORY_CONFLICT,
        [ROW_HOLDER_DAMAGED] = ALARM_PEER_DAMAGED,
        [ROW_ORIGIN_RESTORED] = ALARM_RESTORED,
        [ROW_STOLEN_KEY] = ALARM_STOLEN_KEY,
        [ROW_HOLDER_LIES] = ALARM_PEER_LIES,
        [ROW_SEEN_BEYOND] = ALARM_HISTORY_LOST,
        [ROW_SIGNED_BEYOND] = ALARM_HISTORY_LOST,
        [ROW_SIGNER_LOST] = ALARM_SIGNER_LOST,
    };

    return row < RESUME_ROW_COUNT ? of[row] : ALARM_HISTORY_CONFLICT;
}

/* What each side has of a lane. */
static void
put_figures(const struct exchange *x, const struct lane *l, struct buf *out)
{
    const struct link *k = x->peers[l->peer]->link;

    if (l->ours && k && k->claim_count) {
        buf_put_str(out, "; they hold ");
        buf_put_decimal(out, k->claims[k->claim_count - 1].size);
    }
    buf_put_str(out, l->ours ? "; we have sent " : "; we hold ");
    buf_put_decimal(out, l->at.size);
    buf_put_str(out, ", our signing record ends at ");
    buf_put_decimal(out, l->gate_size);
}

/* Raise what a row says of `lane`, whose figures, or those of the epoch that
 * it takes the place of, stand in `what`. */
static void
raise_row(struct exchange *x, uint32_t lane, uint32_t row, struct buf *what)
{
    struct alarm_cause cause = alarm_of_lane(x, kind_of_row(row), lane);

    buf_put_str(what, " (resume row ");
    buf_put_decimal(what, row);
    buf_put_str(what, ")");
    buf_put_u8(what, 0);
    alarm_raise(x, &cause, (const char *)what->data);
}

void
alarm_row(struct exchange *x, uint32_t lane, uint32_t row, const char *why)
{
    struct buf what = {0};

    buf_put_str(&what, why);
    put_figures(x, x->lanes[lane], &what);
    raise_row(x, lane, row, &what);
    buf_clear(&what);
}

void
alarm_rolled(struct exchange *x, uint32_t from, uint32_t row, const char *why)
{
    const struct lane *l = x->lanes[from];
    uint32_t lane = x->peers[l->peer]->lane_out;
    struct buf what = {0};

    buf_put_str(&what, why);
    put_figures(x, l, &what);
    buf_put_str(&what, " in epoch ");
    buf_put_decimal(&what, l->epoch);
    buf_put_str(&what, "; epoch ");
    buf_put_decimal(&what, x->lanes[lane]->epoch);
    buf_put_str(&what, " begins at ");
    buf_put_decimal(&what, x->lanes[lane]->prev_size);
    raise_row(x, lane, row, &what);
    buf_clear(&what);
}

/* The lane is left behind: what stopped it is settled. */
void
alarm_row_gone(struct exchange *x, uint32_t lane)
{
    const struct lane *l = x->lanes[lane];
    struct alarm_cause cause =
        alarm_of_lane(x, kind_of_row(l->frozen_row), lane);

    if (l->frozen)
        alarm_gone(x, &cause);
}

void
alarm_rollback(struct exchange *x, uint32_t lane, uint64_t size)
{
    struct alarm_cause cause = alarm_of_lane(x, ALARM_RESTORED_PEER, lane);
    struct buf what = {0};

    buf_put_str(&what, "they hold ");
    buf_put_decimal(&what, size);
    buf_put_str(&what, " messages and gave receipts for ");
    buf_put_decimal(&what, x->lanes[lane]->receipt.at.size);
    buf_put_u8(&what, 0);
    alarm_raise(x, &cause, (const char *)what.data);
    buf_clear(&what);
}

void
alarm_caught_up(struct exchange *x, uint32_t lane, uint64_t size)
{
    const struct lane *l = x->lanes[lane];
    struct alarm_cause cause = alarm_of_lane(x, ALARM_RESTORED_PEER, lane);

    if (l->has_receipt && size >= l->receipt.at.size)
        alarm_gone(x, &cause);
    for (size_t i = 0; i < x->alarm_count; i++) {
        cause = x->alarms[i].cause;
        if (cause.kind == ALARM_DAMAGED_MESSAGE && cause.lane == lane &&
            cause.index < size)
            alarm_gone(x, &cause);
    }
}
