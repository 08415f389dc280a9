#include "core/formats/pattern_parse.h"

#include "core/formats/pattern_constant.h"
#include "core/formats/pattern_state.h"

bool
pattern_wrong(const struct pattern_state *p, const char *text)
{
    *p->fault = (struct pattern_fault){ERR_VALUE, text, p->token.at};
    return false;
}

bool
pattern_advance(struct pattern_state *p)
{
    return pattern_token_next(p->pattern, &p->at, &p->token, p->fault);
}

bool
pattern_accept(struct pattern_state *p, enum pattern_kind kind, bool *taken)
{
    *taken = p->token.kind == kind;
    return !*taken || pattern_advance(p);
}

bool
pattern_expect(struct pattern_state *p, enum pattern_kind kind,
               const char *text)
{
    if (p->token.kind != kind)
        return pattern_wrong(p, text);
    return pattern_advance(p);
}

bool
pattern_deeper(struct pattern_state *p)
{
    if (p->depth == PATTERN_DEPTH_MAX) {
        *p->fault = (struct pattern_fault){
            ERR_DEPTH, "more than 8,192 parentheses of the pattern are open",
            p->token.at};
        return false;
    }
    p->depth++;
    p->shape->has_parentheses = true;
    return pattern_advance(p);
}

static bool
take_start_stop(struct pattern_state *p)
{
    static const char text[] = "a time t'..' is expected";
    struct slice start = p->token.text;

    if (!pattern_expect(p, PATTERN_STAMP, text) ||
        !pattern_expect(p, PATTERN_STOP, "STOP is expected"))
        return false;
    if (p->token.kind == PATTERN_STAMP &&
        !pattern_is_before(start, p->token.text))
        return pattern_wrong(p, "the time of STOP is not behind that of START");
    return pattern_expect(p, PATTERN_STAMP, text);
}

static bool
take_within(struct pattern_state *p)
{
    bool number =
        p->token.kind == PATTERN_INTEGER || p->token.kind == PATTERN_FLOAT;

    if (!number || !pattern_is_positive(p->token.text))
        return pattern_wrong(p, "a number above 0 is expected");
    return pattern_advance(p) &&
           pattern_expect(p, PATTERN_SECONDS, "SECONDS is expected");
}

static bool
take_repeats(struct pattern_state *p)
{
    if (p->token.kind != PATTERN_INTEGER || !pattern_is_positive(p->token.text))
        return pattern_wrong(p, "a whole number above 0 is expected");
    return pattern_advance(p) &&
           pattern_expect(p, PATTERN_TIMES, "TIMES is expected");
}

static const struct qualifier {
    enum pattern_kind kind;
    bool (*take)(struct pattern_state *p);
} qualifiers[] = {
    {PATTERN_START, take_start_stop},
    {PATTERN_WITHIN, take_within},
    {PATTERN_REPEATS, take_repeats},
};

static const struct qualifier *
qualifier_here(const struct pattern_state *p)
{
    for (size_t i = 0; i < ARRAY_SIZE(qualifiers); i++)
        if (p->token.kind == qualifiers[i].kind)
            return &qualifiers[i];
    return NULL;
}

/* Take qualifiers. Each stands once behind brackets; behind parentheses the
 * standard lets one follow another of its kind. */
static bool
take_qualifiers(struct pattern_state *p, bool may_repeat)
{
    const struct qualifier *q;
    bool seen[ARRAY_SIZE(qualifiers)] = {false};

    while ((q = qualifier_here(p))) {
        size_t i = (size_t)(q - qualifiers);
        if (seen[i] && !may_repeat)
            return pattern_wrong(p, "this qualifier stands twice");
        seen[i] = true;
        p->shape->is_choice = false;
        if (!pattern_advance(p) || !q->take(p))
            return false;
    }
    return true;
}

/* Take what opens before an observation, it, and what closes behind it. */
static bool
take_observation(struct pattern_state *p)
{
    while (p->token.kind == PATTERN_ROUND_OPEN)
        if (!pattern_deeper(p))
            return false;
    if (!pattern_expect(p, PATTERN_SQUARE_OPEN, "a [ or ( is expected") ||
        !pattern_comparisons(p) || !take_qualifiers(p, false))
        return false;
    while (p->token.kind == PATTERN_ROUND_CLOSE) {
        if (p->depth == 0)
            return pattern_wrong(p, "no parenthesis is open here");
        p->depth--;
        if (!pattern_advance(p) || !take_qualifiers(p, true))
            return false;
    }
    return true;
}

static bool
take_operator(struct pattern_state *p, bool *taken)
{
    enum pattern_kind kind = p->token.kind;

    *taken =
        kind == PATTERN_AND || kind == PATTERN_OR || kind == PATTERN_FOLLOWEDBY;
    if (*taken && kind != PATTERN_OR)
        p->shape->is_choice = false;
    return !*taken || pattern_advance(p);
}

bool
pattern_parse(struct slice pattern, struct arena *arena,
              const struct pattern_visitor *visitor,
              struct pattern_shape *shape, struct pattern_fault *fault)
{
    struct pattern_state p = {.pattern = pattern,
                              .arena = arena,
                              .visitor = visitor,
                              .shape = shape,
                              .fault = fault};
    bool more = true;

    *shape = (struct pattern_shape){.is_choice = true};
    if (!pattern_advance(&p))
        return false;
    while (more)
        if (!take_observation(&p) || !take_operator(&p, &more))
            return false;
    if (p.token.kind != PATTERN_END)
        return pattern_wrong(
            &p, "AND, OR, FOLLOWEDBY, a qualifier or the end is expected");
    return !p.depth || pattern_wrong(&p, "a parenthesis is not closed");
}
