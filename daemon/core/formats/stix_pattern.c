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
    size_t looked; /* constants */
    size_t others; /* comparisons that give no value */
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

/* Tell whether the constant may be a value to search for. */
static bool
is_candidate(const struct pattern_test *test)
{
    bool is_equal = test->op == PATTERN_EQUAL || test->op == PATTERN_IN;

    return is_equal && !test->is_negated && test->path.is_plain;
}

static enum err
value_of(const struct search *s, const struct pattern_test *test,
         enum observable *type, struct slice *value)
{
    struct slice path = slice_of(test->path.text, test->path.size), text;
    enum err e = constant_text(&test->constant, s->arena, &text);

    return e ? e : stix_property_value(path, text, s->arena, type, value);
}

static bool
search_test(void *context, const struct pattern_test *test)
{
    struct search *s = context;
    enum observable type = OBSERVABLE_NONE;
    struct slice value = {0};
    enum err e = ERR_VALUE;

    if (is_candidate(test)) {
        if (s->looked == PATTERN_VALUES_MAX) {
            s->summary->is_cut = true;
            return true;
        }
        s->looked++;
        e = value_of(s, test, &type, &value);
    }
    if (e) {
        s->others++;
        return e != ERR_BUDGET;
    }
    s->summary->values++;
    s->sink->value(s->sink->context, type, value);
    return true;
}

enum err
stix_pattern_values(struct slice pattern, struct arena *arena,
                    const struct pattern_values *sink,
                    struct pattern_summary *summary)
{
    struct search s = {.arena = arena, .sink = sink, .summary = summary};
    const struct pattern_visitor visitor = {&s, search_test};
    struct pattern_shape shape;
    struct pattern_fault fault;

    *summary = (struct pattern_summary){0};
    if (!pattern_parse(pattern, arena, &visitor, &shape, &fault))
        return fault.code;
    summary->mixes_types = shape.mixes_types;
    summary->is_list = shape.is_choice && s.others == 0 && !summary->is_cut &&
                       summary->values > 0;
    return OK;
}
