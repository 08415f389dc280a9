#include "core/exchange/fold.h"

#include "core/base/mem.h"

struct alarm *
alarm_numbered(const struct exchange *x, uint64_t number)
{
    for (size_t i = 0; i < x->alarm_count; i++)
        if (x->alarms[i].number == number)
            return &x->alarms[i];
    return NULL;
}

/* Choose the alarm to forget: the oldest that has ended, else the oldest that
 * somebody has taken, else the oldest. */
static size_t
least_wanted(const struct exchange *x)
{
    for (size_t i = 0; i < x->alarm_count; i++)
        if (x->alarms[i].end != ALARM_OPEN)
            return i;
    for (size_t i = 0; i < x->alarm_count; i++)
        if (x->alarms[i].taken)
            return i;
    return 0;
}

static struct alarm *
alarm_add(struct exchange *x)
{
    if (x->alarm_count == ALARMS_KEPT_MAX) {
        size_t i = least_wanted(x);
        memmove(x->alarms + i, x->alarms + i + 1,
                (x->alarm_count - i - 1) * sizeof *x->alarms);
        x->alarm_count--;
    }
    if (x->alarm_count == x->alarm_capacity) {
        x->alarm_capacity = x->alarm_capacity ? 2 * x->alarm_capacity : 8;
        x->alarms = mem_resize(x->alarms, x->alarm_capacity, sizeof *x->alarms);
    }
    return &x->alarms[x->alarm_count++];
}

enum err
fold_alarm(struct exchange *x, const struct fact *f)
{
    if (f->number <= x->alarm_last || !alarm_words(f->code) ||
        (f->peer != NONE && f->peer >= x->peer_count) ||
        (f->lane != NONE && f->lane >= x->lane_count))
        return ERR_DAMAGED;
    struct alarm *a = alarm_add(x);
    *a = (struct alarm){
        .number = f->number,
        .cause = {f->code, f->peer, f->lane, f->index},
        .count = 1,
        .time = f->time,
        .news = ++x->alarm_news,
    };
    text_keep(a->text, sizeof a->text, f->text);
    x->alarm_last = f->number;
    return OK;
}

enum err
fold_alarm_noted(struct exchange *x, const struct fact *f)
{
    struct alarm *a = alarm_numbered(x, f->number);

    if (f->number > x->alarm_last || f->code < ALARM_NOTE_AGAIN ||
        f->code > ALARM_NOTE_CLOSED)
        return ERR_DAMAGED;
    if (!a)
        return OK; /* it was forgotten for newer ones */
    switch ((enum alarm_note)f->code) {
    case ALARM_NOTE_AGAIN:
        a->count = f->item;
        a->repeats = 0;
        a->end = ALARM_OPEN;
        break;
    case ALARM_NOTE_TAKEN:
        a->taken = true;
        a->taken_time = f->time;
        a->taken_uid = f->item;
        text_keep(a->taken_with, sizeof a->taken_with, f->text);
        break;
    case ALARM_NOTE_GONE:
    case ALARM_NOTE_CLOSED:
        a->end = f->code == ALARM_NOTE_GONE ? ALARM_BY_CAUSE : ALARM_BY_PERSON;
        a->taken |= f->code == ALARM_NOTE_CLOSED;
        a->end_time = f->time;
        a->end_uid = f->item;
        text_keep(a->end_with, sizeof a->end_with, f->text);
        break;
    }
    a->news = ++x->alarm_news;
    return OK;
}
