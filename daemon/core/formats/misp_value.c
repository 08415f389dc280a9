#include "core/formats/misp_value.h"

#include "core/formats/ascii.h"
#include "core/formats/stix_head.h"
#include "core/formats/stix_pattern.h"
#include "core/formats/value.h"

struct pair {
    struct slice left, right;
    bool is_one; /* there is no right side */
};

static struct pair
split(struct slice text, size_t bar)
{
    if (bar == text.size)
        return (struct pair){.left = text, .is_one = true};
    return (struct pair){slice_trim(slice_first(text, bar)),
                         slice_trim(slice_from(text, bar + 1)), false};
}

static bool
has_kind(struct csv_type how)
{
    return how.form != CSV_ANY;
}

static enum err
read_one(struct csv_type how, struct slice text, struct arena *arena,
         struct observed *out)
{
    enum observable type = OBSERVABLE_NONE;
    enum err e = csv_value_read(how, text, arena, &type, &out->value);

    out->observable = type;
    return e;
}

static void
mean(struct head *h, struct observed value)
{
    h->observable = value.observable;
    h->value = value.value;
}

static enum err
mention(struct head *h, struct arena *arena, struct observed value)
{
    struct observed *one = arena_alloc(arena, sizeof *one);

    if (!one)
        return ERR_BUDGET;
    *one = value;
    h->mentioned = one;
    h->mentioned_count = 1;
    return OK;
}

/* Names and addresses are met where a URL should be, addresses where a name
 * should be. A path alone may look like a name, so that a URI is none. */
static bool
may_be_host(const struct misp_type *type)
{
    enum observable kind = type->first.observable;

    return kind == OBSERVABLE_DOMAIN ||
           (kind == OBSERVABLE_URL && strcmp(type->name, "uri") != 0);
}

static enum err
read_host(struct slice text, struct arena *arena, struct observed *out)
{
    enum observable type = OBSERVABLE_NONE;
    enum err e = value_detect(text, arena, &type, &out->value);

    out->observable = type;
    if (e == OK && type != OBSERVABLE_DOMAIN && type != OBSERVABLE_IPV4 &&
        type != OBSERVABLE_IPV6 && type != OBSERVABLE_IP_PORT &&
        type != OBSERVABLE_HOST_PORT)
        return ERR_VALUE;
    return e;
}

static enum err
take_value(const struct misp_type *type, struct slice text, struct arena *arena,
           struct head *h)
{
    struct observed value;
    enum err e = read_one(type->first, text, arena, &value);

    if (e == ERR_VALUE && may_be_host(type))
        e = read_host(text, arena, &value);
    if (e)
        return e;
    if (type->form == MISP_MENTION)
        return mention(h, arena, value);
    mean(h, value);
    return OK;
}

static enum err
take_port(const struct misp_type *type, struct slice text, struct arena *arena,
          struct head *h)
{
    struct pair p = split(text, slice_find_last(text, '|'));
    struct observed value;
    enum err e = read_one(type->first, p.left, arena, &value);
    enum observable joined = (enum observable)value.observable;

    if (e || p.is_one)
        return e ? e : ERR_VALUE;
    e = csv_port_join(p.right, arena, &joined, &value.value);
    if (e)
        return e;
    value.observable = joined;
    mean(h, value);
    return OK;
}

static enum err
take_pair(const struct misp_type *type, struct slice text, struct arena *arena,
          struct head *h)
{
    struct pair p = split(text, slice_find(text, '|'));
    struct observed value, other;
    enum err e = read_one(type->first, p.left, arena, &value);

    if (e || p.is_one)
        return e ? e : ERR_VALUE;
    if (has_kind(type->second)) {
        e = read_one(type->second, p.right, arena, &other);
        if (e == OK)
            e = mention(h, arena, other);
        if (e)
            return e;
    }
    mean(h, value);
    return OK;
}

/* A name says little of a file whose hash is known; it may hold a '|'. */
static enum err
take_named(const struct misp_type *type, struct slice text, struct arena *arena,
           struct head *h)
{
    struct pair p = split(text, slice_find_last(text, '|'));
    struct observed name, hash = {0};
    enum err e = p.is_one ? ERR_VALUE : OK;

    if (e == OK && has_kind(type->second))
        e = read_one(type->second, p.right, arena, &hash);
    if (e == OK && p.left.size)
        e = read_one(type->first, p.left, arena, &name);
    if (e == OK && p.left.size)
        e = mention(h, arena, name);
    if (e == OK)
        mean(h, hash);
    return e;
}

static enum err
take_pattern(const struct misp_type *type, struct slice text,
             struct arena *arena, struct head *h)
{
    struct head with = *h;
    struct pattern_fault fault;
    enum err e = OK;

    with.pattern = text;
    with.pattern_language = slice_str(type->language);
    if (slice_is(with.pattern_language, "stix")) {
        if (!stix_pattern_check(text, arena, &fault))
            return fault.code;
        e = stix_derive_pattern(&with, arena);
    }
    if (e == OK)
        *h = with;
    return e;
}

enum err
misp_value_take(const struct misp_type *type, struct slice text,
                struct arena *arena, struct head *h)
{
    struct slice trimmed = slice_trim(text);

    switch (type->form) {
    case MISP_NOTHING:
        return OK;
    case MISP_VALUE:
    case MISP_MENTION:
        return take_value(type, trimmed, arena, h);
    case MISP_PORT:
        return take_port(type, trimmed, arena, h);
    case MISP_PAIR:
        return take_pair(type, trimmed, arena, h);
    case MISP_NAMED:
        return take_named(type, trimmed, arena, h);
    case MISP_PATTERN:
        return take_pattern(type, text, arena, h);
    }
    return OK;
}
