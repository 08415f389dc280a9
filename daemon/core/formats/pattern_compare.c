#include "core/formats/ascii.h"
#include "core/formats/pattern_constant.h"
#include "core/formats/pattern_state.h"

struct reading {
    struct pattern_test test;
    struct slice type;
    struct slice step, before; /* the last two names of the path */
};

static void
path_add(struct pattern_path *path, struct slice part)
{
    path->is_plain = path->is_plain && part.size > 0 &&
                     part.size <= PATTERN_PATH_MAX - path->size;
    if (!path->is_plain)
        return;
    memcpy(path->text + path->size, part.data, part.size);
    path->size += part.size;
}

/* Take the name of a property, behind a mark. */
static bool
take_name(struct pattern_state *p, struct reading *r, const char *mark)
{
    struct slice name = p->token.text;
    bool is_quoted = p->token.kind == PATTERN_STRING;

    if (p->token.kind == PATTERN_DASHED)
        return pattern_wrong(p, "a name with a hyphen stands in quotes here");
    if (!is_quoted && p->token.kind != PATTERN_NAME)
        return pattern_wrong(p, "the name of a property is expected");
    path_add(&r->test.path, slice_str(mark));
    path_add(&r->test.path, name);
    if (is_quoted && (slice_find(name, '.') < name.size ||
                      slice_find(name, ':') < name.size))
        r->test.path.is_plain = false;
    r->before = r->step;
    r->step = name;
    return pattern_advance(p);
}

static bool
take_index(struct pattern_state *p, struct reading *r)
{
    r->test.path.is_plain = false;
    r->before = r->step;
    r->step = (struct slice){0};
    if (p->token.kind != PATTERN_INTEGER && p->token.kind != PATTERN_STAR)
        return pattern_wrong(p, "a whole number or * is expected");
    return pattern_advance(p) &&
           pattern_expect(p, PATTERN_SQUARE_CLOSE, "a ] is expected");
}

static bool
take_path(struct pattern_state *p, struct reading *r)
{
    bool has_step = true, has_index = false;

    r->type = p->token.text;
    r->test.path.is_plain = true;
    if (p->token.kind != PATTERN_NAME && p->token.kind != PATTERN_DASHED)
        return pattern_wrong(p, "a type of object, EXISTS or ( is expected");
    path_add(&r->test.path, r->type);
    if (!pattern_advance(p) ||
        !pattern_expect(p, PATTERN_COLON, "a : is expected") ||
        !take_name(p, r, ":"))
        return false;
    while (has_step || has_index) {
        if (!pattern_accept(p, PATTERN_DOT, &has_step) ||
            (has_step && !take_name(p, r, ".")) ||
            !pattern_accept(p, PATTERN_SQUARE_OPEN, &has_index) ||
            (has_index && !take_index(p, r)))
            return false;
    }
    return true;
}

static bool
hand_over(struct pattern_state *p, const struct reading *r)
{
    const struct pattern_visitor *v = p->visitor;

    if (!v || v->test(v->context, &r->test))
        return true;
    *p->fault =
        (struct pattern_fault){ERR_BUDGET, err_text(ERR_BUDGET), p->token.at};
    return false;
}

/* Take a constant and hand the comparison with it over. */
static bool
take_constant(struct pattern_state *p, struct reading *r)
{
    bool is_same =
        r->test.op != PATTERN_ORDER && r->test.op != PATTERN_TEXT_TEST;

    r->test.constant = p->token;
    if (is_same && p->token.kind == PATTERN_STRING &&
        slice_is(r->before, "hashes") &&
        !pattern_is_hash(r->step, p->token.text))
        return pattern_wrong(p, "this is no value of that hash");
    return hand_over(p, r) && pattern_advance(p);
}

static bool
is_constant(enum pattern_kind kind)
{
    return kind >= PATTERN_STRING && kind <= PATTERN_BOOLEAN;
}

/* Take a set, "('a', 'b')", which may be empty. */
static bool
take_set(struct pattern_state *p, struct reading *r)
{
    bool more;

    if (!pattern_expect(p, PATTERN_ROUND_OPEN, "a ( is expected") ||
        !pattern_accept(p, PATTERN_ROUND_CLOSE, &more))
        return false;
    if (more)
        return true;
    do {
        if (!is_constant(p->token.kind))
            return pattern_wrong(p, "a constant is expected");
        if (!take_constant(p, r) || !pattern_accept(p, PATTERN_COMMA, &more))
            return false;
    } while (more);
    return pattern_expect(p, PATTERN_ROUND_CLOSE, "a , or ) is expected");
}

/* Take what stands behind an op. */
static bool
take_operand(struct pattern_state *p, struct reading *r)
{
    enum pattern_kind op = r->test.op, kind = p->token.kind;

    if (op == PATTERN_IN)
        return take_set(p, r);
    if (op == PATTERN_TEXT_TEST && kind != PATTERN_STRING)
        return pattern_wrong(p, "a string in quotes is expected");
    if (!is_constant(kind))
        return pattern_wrong(p, "a constant is expected");
    if (op == PATTERN_ORDER && kind == PATTERN_BOOLEAN)
        return pattern_wrong(p, "a constant that has an order is expected");
    return take_constant(p, r);
}

static bool
is_operator(enum pattern_kind kind)
{
    return kind >= PATTERN_IN && kind <= PATTERN_ORDER;
}

bool
pattern_comparison(struct pattern_state *p, struct slice *type)
{
    struct reading r = {.test = {.op = PATTERN_EXISTS}};
    bool exists;

    p->shape->comparisons++;
    if (!pattern_accept(p, PATTERN_EXISTS, &exists) || !take_path(p, &r))
        return false;
    *type = r.type;
    if (exists)
        return hand_over(p, &r);
    if (!pattern_accept(p, PATTERN_NOT, &r.test.is_negated))
        return false;
    if (!is_operator(p->token.kind))
        return pattern_wrong(p, "a comparison operator is expected");
    r.test.op = p->token.kind;
    return pattern_advance(p) && take_operand(p, &r);
}
