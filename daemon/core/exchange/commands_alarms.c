#include "core/exchange/commands.h"

#include "core/base/limits.h"

#include <assert.h>

static enum err
wanted(struct asking *a, struct alarm **out)
{
    int64_t number = control_number(&a->request.values, "number", 0);
    struct slice with = asking_value(a, "with");

    *out = number > 0 ? alarm_numbered(a->x, (uint64_t)number) : NULL;
    if (!*out)
        return asking_fail(a, ERR_NOT_FOUND,
                           "there is no such alarm; see 'sealane alarm list'");
    if (!with.size)
        return asking_fail(a, ERR_MISSING, "who does it? say --with TEXT");
    if (with.size > WORDS_MAX)
        return asking_fail(a, ERR_LIMIT, "the text is longer than 1,024 bytes");
    return OK;
}

static void
note(struct asking *a, const struct alarm *alarm, enum alarm_note what)
{
    emit(a->x, &(struct fact){.type = FACT_ALARM_NOTED,
                              .number = alarm->number,
                              .code = what,
                              .item = a->event->b,
                              .text = asking_value(a, "with"),
                              .time = a->x->now.wall});
}

/* A person says that it is looked after; who comes later takes it over. */
enum err
answer_alarm_take(struct asking *a)
{
    struct alarm *alarm;
    enum err e = wanted(a, &alarm);

    if (e != OK)
        return e;
    assert(alarm);
    if (alarm->end != ALARM_OPEN)
        return asking_fail(a, ERR_EXISTS, "this alarm is closed already");
    note(a, alarm, ALARM_NOTE_TAKEN);
    return OK;
}

enum err
answer_alarm_close(struct asking *a)
{
    struct alarm *alarm;
    enum err e = wanted(a, &alarm);

    if (e != OK)
        return e;
    assert(alarm);
    if (alarm->end != ALARM_OPEN)
        return asking_fail(a, ERR_EXISTS, "this alarm is closed already");
    note(a, alarm, ALARM_NOTE_CLOSED);
    return OK;
}
