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

/* Find the first span that ends behind a word. */
static size_t
span_at(const struct pass *p, uint64_t word)
{
    size_t low = 0, high = p->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (p->spans[mid].first + p->spans[mid].count <= word)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void
span_insert(struct pass *p, size_t at, struct span s)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 1;
        p->spans = mem_resize(p->spans, p->capacity, sizeof *p->spans);
    }
    memmove(p->spans + at + 1, p->spans + at,
            (p->count - at) * sizeof *p->spans);
    p->spans[at] = s;
    p->count++;
}

/* Cut a word out of its span; give the position of what then is a span of that
 * word alone. */
static size_t
span_cut(struct pass *p, size_t at, uint64_t word)
{
    const struct span whole = p->spans[at];
    uint64_t before = word - whole.first, behind = whole.count - before - 1;

    p->spans[at] = (struct span){word, 1, whole.bits};
    if (behind)
        span_insert(p, at + 1, (struct span){word + 1, behind, whole.bits});
    if (before)
        span_insert(p, at++, (struct span){whole.first, before, whole.bits});
    return at;
}

/* Make one span of two that follow each other and look alike. */
static void
span_join(struct pass *p, size_t at)
{
    struct span *s = &p->spans[at];

    if (at + 1 >= p->count || s->bits != s[1].bits ||
        s->first + s->count != s[1].first)
        return;
    s->count += s[1].count;
    p->count--;
    memmove(s + 1, s + 2, (p->count - at - 1) * sizeof *s);
}

static uint64_t
bit_of(uint64_t sequence)
{
    return UINT64_C(1) << sequence % PLACES_OF_WORD;
}

void
pass_note(struct exchange *x, uint32_t stream, uint32_t peer, uint64_t sequence)
{
    struct pass *p = pass_make(x, stream, peer);
    uint64_t word = sequence / PLACES_OF_WORD;
    size_t at = span_at(p, word);

    if (at == p->count || p->spans[at].first > word)
        span_insert(p, at, (struct span){word, 1, 0});
    else if (p->spans[at].bits & bit_of(sequence))
        return;
    else
        at = span_cut(p, at, word);
    p->spans[at].bits |= bit_of(sequence);
    span_join(p, at);
    if (at > 0)
        span_join(p, at - 1);
}

/* Find the span that has a word, or NULL. */
static const struct span *
span_of(const struct pass *p, uint64_t word)
{
    size_t at = p ? span_at(p, word) : 0;

    return p && at < p->count && p->spans[at].first <= word ? &p->spans[at]
                                                            : NULL;
}

bool
pass_has(const struct exchange *x, uint32_t stream, uint32_t peer,
         uint64_t sequence)
{
    const struct span *s =
        span_of(pass_of(x, stream, peer), sequence / PLACES_OF_WORD);

    return s && s->bits & bit_of(sequence);
}

/* A word that is a span of its own stays one, or is joined. Each other one may
 * begin a span, and let another one begin behind it. */
uint64_t
pass_may_add(const struct exchange *x, uint32_t stream, uint32_t peer,
             uint64_t sequence)
{
    uint64_t word = sequence / PLACES_OF_WORD;
    const struct span *s = span_of(pass_of(x, stream, peer), word);

    if (!s)
        return 1;
    return (uint64_t)(word > s->first) + (word < s->first + s->count - 1);
}

bool
pass_has_room(const struct exchange *x, uint32_t stream, uint32_t peer,
              uint64_t spans)
{
    const struct pass *p = pass_of(x, stream, peer);

    return !spans || (p ? p->count : 0) + spans <= PASS_SPANS_MAX;
}

void
passes_clear(struct exchange *x)
{
    for (size_t i = 0; i < x->pass_count; i++)
        mem_free(x->passes[i].spans);
    mem_free(x->passes);
}
