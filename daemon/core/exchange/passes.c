#include "core/exchange/fold.h"

#include "core/base/mem.h"

static struct pass *
pass_of(const struct exchange *x, uint32_t stream, uint32_t peer)
{
    for (uint32_t i = x->stream_list[stream].passes; i != NONE;
         i = x->passes[i].next)
        if (x->passes[i].peer == peer)
            return &x->passes[i];
    return NULL;
}

struct pass *
pass_add(struct exchange *x)
{
    if (x->pass_count == x->pass_capacity) {
        x->pass_capacity = x->pass_capacity ? 2 * x->pass_capacity : 16;
        x->passes = mem_resize(x->passes, x->pass_capacity, sizeof *x->passes);
    }
    struct pass *p = &x->passes[x->pass_count++];
    *p = (struct pass){.next = NONE};
    return p;
}

static struct pass *
pass_make(struct exchange *x, uint32_t stream, uint32_t peer)
{
    struct pass *p = pass_of(x, stream, peer);

    if (p)
        return p;
    p = pass_add(x);
    p->peer = peer;
    p->next = x->stream_list[stream].passes;
    x->stream_list[stream].passes = (uint32_t)x->pass_count - 1;
    return p;
}

/* Find the first span that ends at `sequence` or above. */
static size_t
span_at(const struct pass *p, uint64_t sequence)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (p->spans[mid].end < sequence)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void
span_insert(struct pass *p, size_t at, uint64_t sequence)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 1;
        p->spans = mem_resize(p->spans, p->capacity, sizeof *p->spans);
    }
    memmove(p->spans + at + 1, p->spans + at,
            (p->count - at) * sizeof *p->spans);
    p->spans[at] = (struct span){sequence, sequence + 1};
    p->count++;
}

/* Put a span and the next one together, with what lies between them. */
static void
span_join(struct pass *p, size_t at)
{
    p->spans[at].end = p->spans[at + 1].end;
    p->count--;
    memmove(p->spans + at + 1, p->spans + at + 2,
            (p->count - at - 1) * sizeof *p->spans);
}

void
pass_note(struct exchange *x, uint32_t stream, uint32_t peer, uint64_t sequence)
{
    struct pass *p = pass_make(x, stream, peer);
    size_t at = span_at(p, sequence);
    struct span *s = at < p->count ? &p->spans[at] : NULL;

    if (s && s->first <= sequence && sequence < s->end)
        return;
    if (s && s->end == sequence)
        s->end++;
    else if (s && s->first == sequence + 1)
        s->first--;
    else
        span_insert(p, at, sequence);
    s = &p->spans[at];
    if (at + 1 < p->count && p->spans[at + 1].first == s->end)
        span_join(p, at);
    /* What was refused between them then needs --again. */
    if (p->count > PASS_SPANS_MAX)
        span_join(p, p->count - 2);
}

bool
pass_has(const struct exchange *x, uint32_t stream, uint32_t peer,
         uint64_t sequence)
{
    const struct pass *p = pass_of(x, stream, peer);
    size_t at = p ? span_at(p, sequence) : 0;

    for (; p && at < p->count && p->spans[at].first <= sequence; at++)
        if (sequence < p->spans[at].end)
            return true;
    return false;
}

void
passes_clear(struct exchange *x)
{
    for (size_t i = 0; i < x->pass_count; i++)
        mem_free(x->passes[i].spans);
    mem_free(x->passes);
}
