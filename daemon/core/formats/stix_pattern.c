#include "core/formats/stix_pattern.h"

#include "core/formats/ascii.h"

bool
stix_pattern_check(struct slice pattern, struct arena *arena,
                   struct pattern_fault *fault)
{
    struct pattern_shape shape;

    return pattern_parse(pattern, arena, NULL, &shape, fault);
}

struct search {
    struct arena *arena;
    const struct pattern_values *sink;
    struct pattern_summary *summary;
    size_t equalities; /* values that are compared by = alone */
    size_t others;     /* comparisons and constants that are no values */
};

/* Give the text of a constant: a string's own, or a whole number as it stands;
 * ERR_VALUE for any other. */
static enum err
constant_text(const struct pattern_token *constant, struct arena *arena,
              struct slice *text)
{
    if (constant->kind == PATTERN_STRING)
        return pattern_string(constant->text, arena, text);
    *text = constant->text;
    return constant->kind == PATTERN_INTEGER &&
                   ascii_is_digit(constant->text.data[0])
               ? OK
               : ERR_VALUE;
}

static enum err
value_of(const struct search *s, const struct pattern_test *test,
         enum observable *type, struct slice *value)
{
    bool is_equal = test->op == PATTERN_EQUAL || test->op == PATTERN_IN;
    struct slice path = slice_of(test->path.text, test->path.size), text;

    if (!is_equal || test->is_negated || !test->path.is_plain)
        return ERR_VALUE;
    enum err e = constant_text(&test->constant, s->arena, &text);
    if (e)
        return e;
    return stix_property_value(path, text, s->arena, type, value);
}

static bool
search_test(void *context, const struct pattern_test *test)
{
    struct search *s = context;
    enum observable type = OBSERVABLE_NONE;
    struct slice value = {0};
    enum err e = value_of(s, test, &type, &value);

    if (e == ERR_BUDGET)
        return false;
    if (e) {
        s->others++;
        return true;
    }
    if (s->summary->values == PATTERN_VALUES_MAX) {
        s->summary->is_cut = true;
        return true;
    }
    s->summary->values++;
    s->equalities += test->op == PATTERN_EQUAL;
    s->sink->value(s->sink->context, type, value);
    return true;
}

enum err
stix_pattern_values(struct slice pattern, struct arena *arena,
                    const struct pattern_values *sink,
                    struct pattern_summary *summary)
{
    struct search s = {arena, sink, summary, 0, 0};
    const struct pattern_visitor visitor = {&s, search_test};
    struct pattern_shape shape;
    struct pattern_fault fault;

    *summary = (struct pattern_summary){0};
    if (!pattern_parse(pattern, arena, &visitor, &shape, &fault))
        return fault.code;
    summary->is_list = shape.is_choice && s.others == 0 && !summary->is_cut &&
                       summary->values > 0;
    summary->is_equality = summary->is_list && shape.comparisons == 1 &&
                           s.equalities == 1 && !shape.has_parentheses;
    return OK;
}

struct found {
    enum observable type;
    struct slice value;
};

static void
found_take(void *context, enum observable type, struct slice value)
{
    *(struct found *)context = (struct found){type, value};
}

enum err
stix_pattern_equality(struct slice pattern, struct arena *arena,
                      enum observable *type, struct slice *value)
{
    struct found found;
    struct pattern_summary summary;
    const struct pattern_values sink = {&found, found_take};
    enum err e = stix_pattern_values(pattern, arena, &sink, &summary);

    if (e == ERR_BUDGET)
        return e;
    if (e || !summary.is_equality)
        return ERR_VALUE;
    *type = found.type;
    *value = found.value;
    return OK;
}
