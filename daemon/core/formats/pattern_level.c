#include "core/formats/pattern_state.h"

/* What AND makes of two: the types that both can hold for. Of many it is not
 * known which, and one of them may be the one. */
static struct pattern_types
types_product(const struct pattern_state *p, struct pattern_types a,
              struct pattern_types b)
{
    if (a.count == TYPES_ONE && b.count == TYPES_ONE &&
        !slice_equal(a.one, b.one))
        p->shape->mixes_types = true;
    return a.count == TYPES_ONE || b.count == TYPES_NONE ? a : b;
}

/* What OR makes of two: the types that either can hold for. */
static struct pattern_types
types_sum(struct pattern_types a, struct pattern_types b)
{
    if (a.count == TYPES_NONE)
        return b;
    if (a.count == TYPES_ONE && b.count == TYPES_ONE &&
        slice_equal(a.one, b.one))
        return a;
    return (struct pattern_types){.count = TYPES_MANY};
}

/* Begin what stands in brackets or parentheses. */
static bool
level_push(struct pattern_state *p)
{
    struct pattern_level *l = p->spare;

    _Static_assert(sizeof *l <= PATTERN_DEPTH_BYTES_MAX / PATTERN_DEPTH_MAX,
                   "the header says how much a level takes");
    if (l)
        p->spare = l->outer;
    else
        l = arena_alloc(p->arena, sizeof *l);
    if (!l) {
        *p->fault = (struct pattern_fault){ERR_BUDGET, err_text(ERR_BUDGET),
                                           p->token.at};
        return false;
    }
    *l = (struct pattern_level){.outer = p->top};
    p->top = l;
    return true;
}

/* End it and give the types of object that it can hold for. */
static struct pattern_types
level_pop(struct pattern_state *p)
{
    struct pattern_level *l = p->top;

    p->top = l->outer;
    l->outer = p->spare;
    p->spare = l;
    return types_sum(l->sum, l->product);
}

static void
level_join(struct pattern_state *p, struct pattern_types types)
{
    p->top->product = types_product(p, p->top->product, types);
}

/* Take what opens before a comparison, it, and what closes behind it. */
static bool
take_one(struct pattern_state *p)
{
    struct pattern_types types = {.count = TYPES_ONE};

    while (p->token.kind == PATTERN_ROUND_OPEN)
        if (!pattern_deeper(p) || !level_push(p))
            return false;
    if (!pattern_comparison(p, &types.one))
        return false;
    level_join(p, types);
    while (p->token.kind == PATTERN_ROUND_CLOSE) {
        if (!p->top->outer)
            return pattern_wrong(p, "no parenthesis is open here");
        p->depth--;
        level_join(p, level_pop(p));
        if (!pattern_advance(p))
            return false;
    }
    return true;
}

static bool
take_operator(struct pattern_state *p, bool *taken)
{
    struct pattern_level *l = p->top;
    enum pattern_kind kind = p->token.kind;

    *taken = kind == PATTERN_AND || kind == PATTERN_OR;
    if (kind == PATTERN_OR) {
        l->sum = types_sum(l->sum, l->product);
        l->product = (struct pattern_types){.count = TYPES_NONE};
    }
    if (kind == PATTERN_AND)
        p->shape->is_choice = false;
    return !*taken || pattern_advance(p);
}

bool
pattern_comparisons(struct pattern_state *p)
{
    bool more = true;

    if (!level_push(p))
        return false;
    while (more)
        if (!take_one(p) || !take_operator(p, &more))
            return false;
    if (p->top->outer)
        return pattern_wrong(p, "AND, OR or ) is expected");
    (void)level_pop(p);
    return pattern_expect(p, PATTERN_SQUARE_CLOSE, "AND, OR or ] is expected");
}
