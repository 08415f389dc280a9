#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"

#include <assert.h>

/* More than all peers' windows together: bodies in flight are bounded by
 * IN_FLIGHT_TOTAL_MAX, their HEADERs by PEERS_MAX windows. */
#define OUTCOME_BYTES_MAX ((size_t)1 << 34)

/* A buffer that one large turn needed is not held for ever. */
#define FACTS_KEPT_BYTES_MAX MIB(8)

void
outcome_init(struct outcome *o)
{
    *o = (struct outcome){0};
    arena_init(&o->bytes, OUTCOME_BYTES_MAX);
}

void
outcome_reset(struct outcome *o)
{
    if (o->facts.capacity > FACTS_KEPT_BYTES_MAX)
        buf_clear(&o->facts);
    buf_reset(&o->facts);
    o->erasure_count = 0;
    o->effect_count = 0;
    arena_reset(&o->bytes);
}

void
outcome_clear(struct outcome *o)
{
    buf_clear(&o->facts);
    mem_free(o->erasures);
    mem_free(o->effects);
    arena_clear(&o->bytes);
    *o = (struct outcome){0};
}

static struct slice
keep(struct outcome *o, struct slice bytes)
{
    struct slice kept;

    if (!arena_copy(&o->bytes, bytes, &kept))
        assert(false && "effects larger than every window together");
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
text_keep(char *out, size_t size, struct slice text)
{
    size_t n = text.size < size - 1 ? text.size : size - 1;

    if (n)
        memcpy(out, text.data, n);
    out[n] = 0;
    for (size_t at = 0; at < n; at++) {
        at += utf8_bad_at(slice_of(out + at, n - at));
        if (at < n)
            out[at] = '?';
    }
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)out[i] < ' ' || out[i] == 0x7f)
            out[i] = '?';
}

void
stop_node(struct exchange *x, enum err e, const char *why)
{
    effect_add(x, (struct effect){
                      .type = EFFECT_STOP, .a = e, .data = slice_str(why)});
}
