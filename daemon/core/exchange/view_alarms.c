#include "core/exchange/view.h"

#include "core/exchange/inside.h"

static void
show(const struct exchange *x, const struct alarm *a, struct view_alarm *out)
{
    struct buf about = {0};
    const struct peer *p =
        a->cause.peer < x->peer_count ? x->peers[a->cause.peer] : NULL;

    *out = (struct view_alarm){
        .number = a->number,
        .cause = a->cause,
        .words = alarm_words(a->cause.kind),
        .time = a->time,
        .count = a->count + a->repeats,
        .news = a->news,
        .end = a->end,
        .end_time = a->end_time,
        .end_uid = a->end_uid,
        .taken = a->taken,
        .taken_time = a->taken_time,
        .taken_uid = a->taken_uid,
    };
    for (size_t i = 0; p && i < QUEUE_COUNT; i++)
        out->waiting += p->waiting[i];
    alarm_about_put(x, &a->cause, &about);
    text_keep(out->about, sizeof out->about, buf_slice(&about));
    text_keep(out->text, sizeof out->text, slice_str(a->text));
    text_keep(out->taken_with, sizeof out->taken_with,
              slice_str(a->taken_with));
    text_keep(out->end_with, sizeof out->end_with, slice_str(a->end_with));
    buf_clear(&about);
}

enum err
view_alarm(const struct exchange *x, size_t i, struct view_alarm *out)
{
    if (i >= x->alarm_count)
        return ERR_NOT_FOUND;
    show(x, &x->alarms[i], out);
    return OK;
}

enum err
view_alarm_numbered(const struct exchange *x, uint64_t number,
                    struct view_alarm *out)
{
    const struct alarm *a = alarm_numbered(x, number);

    if (!a)
        return ERR_NOT_FOUND;
    show(x, a, out);
    return OK;
}

enum err
view_alarm_after(const struct exchange *x, uint64_t news,
                 struct view_alarm *out)
{
    const struct alarm *next = NULL;

    for (size_t i = 0; i < x->alarm_count; i++) {
        const struct alarm *a = &x->alarms[i];
        if (a->news > news && (!next || a->news < next->news))
            next = a;
    }
    if (!next)
        return ERR_NOT_FOUND;
    show(x, next, out);
    return OK;
}
