#include "core/exchange/inside.h"

#include "core/base/mem.h"

#include <assert.h>

/* Effects carry at most what the peers' windows hold: 64 peers of 16 MiB. */
#define OUTCOME_BYTES_MAX ((size_t)1 << 32)

void
outcome_init(struct outcome *o)
{
    *o = (struct outcome){0};
    arena_init(&o->bytes, OUTCOME_BYTES_MAX);
}

void
outcome_reset(struct outcome *o)
{
    buf_reset(&o->facts);
    o->effect_count = 0;
    arena_reset(&o->bytes);
}

void
outcome_clear(struct outcome *o)
{
    buf_clear(&o->facts);
    mem_free(o->effects);
    arena_clear(&o->bytes);
    *o = (struct outcome){0};
}

static struct slice
keep(struct outcome *o, struct slice bytes)
{
    struct slice kept;

    if (!arena_copy(&o->bytes, bytes, &kept))
        assert(!"effects larger than every window together");
    return kept;
}

void
effect_add(struct exchange *x, struct effect e)
{
    struct outcome *o = x->out;

    if (o->effect_count == o->effect_capacity) {
        o->effect_capacity = o->effect_capacity ? 2 * o->effect_capacity : 16;
        o->effects =
            mem_resize(o->effects, o->effect_capacity, sizeof *o->effects);
    }
    e.data = keep(o, e.data);
    e.more = keep(o, e.more);
    o->effects[o->effect_count++] = e;
}

void
notice(struct exchange *x, enum notice_level level, const char *text,
       const char *about)
{
    struct buf line = {0};

    buf_put_str(&line, about);
    if (*about)
        buf_put_str(&line, ": ");
    buf_put_str(&line, text);
    effect_add(x, (struct effect){.type = EFFECT_NOTICE,
                                  .a = level,
                                  .data = buf_slice(&line)});
    buf_clear(&line);
}

void
alarm_raise(struct exchange *x, enum err code, const char *text)
{
    emit(x, &(struct fact){.type = FACT_ALARM,
                           .number = x->alarm_count + 1,
                           .code = code,
                           .time = x->now.wall,
                           .text = slice_str(text)});
    notice(x, NOTICE_ALARM, text, "");
}
