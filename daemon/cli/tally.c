#include "cli/tally.h"

#include "cli/entry.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#define SHOWN_TYPES 6

/* Places of one reason that are named; the rest is counted. */
#define RANGES_MAX 12
#define REASONS_MAX 64

/* ---- types -------------------------------------------------------------- */

uint32_t
tally_type(struct tally *t, const struct message *m)
{
    static const struct control_record none;
    struct entry e = {.record = &none, .has_message = true, .message = *m};
    struct buf name = {0};
    size_t i;

    entry_put_what(&name, &e);
    if (name.size > TALLY_NAME_MAX - 1)
        name.size = TALLY_NAME_MAX - 1;
    for (i = 0; i < t->type_count; i++) {
        if (slice_is(buf_slice(&name), t->names[i]))
            break;
    }
    /* A document with more types than that counts the rest as the last. */
    if (i == t->type_count && i < TALLY_TYPES_MAX) {
        memcpy(t->names[i], name.data, name.size);
        t->names[i][name.size] = '\0';
        t->type_count++;
    }
    buf_clear(&name);
    return (uint32_t)(i < TALLY_TYPES_MAX ? i : TALLY_TYPES_MAX - 1) |
           (m->kind == MESSAGE_INDICATOR ? UINT32_C(1) << 31 : 0);
}

void
tally_accept(struct tally *t, uint32_t type, const struct marking *m)
{
    bool is_indicator = type >> 31;

    t->types[type & ~(UINT32_C(1) << 31)]++;
    t->indicators += is_indicator;
    t->objects += !is_indicator;
    t->tlps[m->tlp <= TLP_RED ? m->tlp : TLP_RED]++;
    t->paps[m->pap <= PAP_RED ? m->pap : PAP_RED]++;
}

uint64_t
tally_accepted(const struct tally *t)
{
    return t->indicators + t->objects;
}

/* Find the type with most messages of those not yet used. */
static size_t
next_type(const struct tally *t, const bool *used)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < t->type_count; i++) {
        if (!used[i] && t->types[i] > 0 &&
            (best == SIZE_MAX || t->types[i] > t->types[best]))
            best = i;
    }
    return best;
}

static void
put_types(struct buf *out, const struct tally *t)
{
    bool used[TALLY_TYPES_MAX] = {false};
    size_t left = 0, i;

    for (size_t n = 0; n < SHOWN_TYPES; n++) {
        i = next_type(t, used);
        if (i == SIZE_MAX)
            break;
        used[i] = true;
        buf_put_str(out, n ? ", " : " (");
        if (t->types[i] > 1 && t->types[i] < tally_accepted(t)) {
            text_put_count(out, t->types[i]);
            buf_put_u8(out, ' ');
        }
        buf_put_str(out, t->names[i]);
    }
    for (i = 0; i < t->type_count; i++)
        left += !used[i] && t->types[i] > 0;
    if (left > 0) {
        buf_put_str(out, " and ");
        text_put_counted(out, left, "more type", "more types");
    }
    buf_put_str(out, ")");
}

/* One marking stands alone, several with their counts. */
static void
put_markings(struct buf *out, const struct tally *t)
{
    uint64_t all = tally_accepted(t);

    for (int i = TLP_RED; i >= TLP_CLEAR; i--) {
        if (t->tlps[i] == 0)
            continue;
        buf_put_str(out, "  ");
        buf_put_str(out, tlp_label((enum tlp)i));
        if (t->tlps[i] == all)
            continue;
        buf_put_u8(out, ' ');
        text_put_count(out, t->tlps[i]);
    }
    for (int i = PAP_RED; i > PAP_NONE; i--) {
        if (t->paps[i] == 0)
            continue;
        buf_put_u8(out, ' ');
        buf_put_str(out, pap_label((enum pap)i));
        if (t->paps[i] == all)
            continue;
        buf_put_u8(out, ' ');
        text_put_count(out, t->paps[i]);
    }
}

void
tally_put(struct buf *out, const struct tally *t)
{
    if (t->objects == 0)
        text_put_counted(out, t->indicators, "indicator", "indicators");
    else
        text_put_counted(out, tally_accepted(t), "object", "objects");
    if (tally_accepted(t) == 0)
        return;
    put_types(out, t);
    put_markings(out, t);
}

uint64_t
tally_left_out(const struct tally *t)
{
    return t->unchanged + t->older + t->revoked + t->withdrawn;
}

void
tally_put_left_out(struct buf *out, const struct tally *t)
{
    const struct {
        const char *text;
        uint64_t count;
    } parts[] = {
        {"unchanged, already there ", t->there + t->unchanged},
        {"older than what is there ", t->older},
        {"revoked there, which is final, ", t->revoked},
        {"withdrawn before (--again sends it anew) ", t->withdrawn},
    };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (!parts[i].count)
            continue;
        if (out->size)
            buf_put_str(out, " | ");
        buf_put_str(out, parts[i].text);
        text_put_count(out, parts[i].count);
    }
}

void
tally_json(struct json_out *j, const struct tally *t)
{
    json_out_number(j, "accepted", tally_accepted(t));
    json_out_number(j, "indicators", t->indicators);
    json_out_number(j, "already_there", t->there + t->unchanged);
    json_out_number(j, "older", t->older);
    json_out_number(j, "revoked", t->revoked);
    json_out_number(j, "withdrawn", t->withdrawn);
    json_out_number(j, "refused", t->refused);
    json_out_number(j, "warned", t->warned);
    json_out_open(j, "types");
    for (size_t i = 0; i < t->type_count; i++) {
        if (t->types[i] > 0)
            json_out_number(j, t->names[i], t->types[i]);
    }
    json_out_close(j);
    json_out_open(j, "tlps");
    for (int i = TLP_CLEAR; i <= TLP_RED; i++) {
        if (t->tlps[i] > 0)
            json_out_number(j, tlp_name((enum tlp)i), t->tlps[i]);
    }
    json_out_close(j);
}

/* ---- refusals ----------------------------------------------------------- */

struct range {
    uint64_t first, last;
};

struct reason {
    struct buf to, text, advice;
    const char *name; /* of the file of the first */
    enum format format;
    uint64_t count;
    struct range ranges[RANGES_MAX];
    size_t range_count;
    bool more, is_warning, is_remark, is_released;
};

struct refusals {
    struct reason list[REASONS_MAX];
    size_t count;
};

struct refusals *
refusals_new(void)
{
    return mem_new(sizeof(struct refusals));
}

void
refusals_free(struct refusals *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        buf_clear(&r->list[i].to);
        buf_clear(&r->list[i].text);
        buf_clear(&r->list[i].advice);
    }
    mem_free(r);
}

static struct reason *
find_reason(struct refusals *r, const struct refusal *f)
{
    for (size_t i = 0; i < r->count; i++) {
        struct reason *known = &r->list[i];
        if (slice_equal(buf_slice(&known->to), f->to) &&
            slice_equal(buf_slice(&known->text), f->text) &&
            known->format == f->place->format &&
            (f->place->format == FORMAT_UNKNOWN ||
             known->name == f->place->name))
            return known;
    }
    /* Reasons are few: they are constant texts. What is beyond the bound is
     * counted with the last. */
    if (r->count == REASONS_MAX)
        return &r->list[REASONS_MAX - 1];
    struct reason *fresh = &r->list[r->count++];
    buf_put(&fresh->to, f->to);
    buf_put(&fresh->text, f->text);
    buf_put(&fresh->advice, f->advice);
    fresh->name = f->place->name;
    fresh->format = f->place->format;
    fresh->is_warning = f->is_warning;
    fresh->is_remark = f->is_remark;
    fresh->is_released = f->is_released;
    return fresh;
}

/* People count lines, values and objects from 1, objects[] from 0. */
static uint64_t
ordinal(const struct place *p)
{
    switch (p->format) {
    case FORMAT_LIST:
    case FORMAT_TEXT:
        return p->line;
    case FORMAT_UNKNOWN:
        return p->position + 1;
    case FORMAT_STIX:
    case FORMAT_MISP:
    case FORMAT_CSV:
    case FORMAT_COUNT:
        break;
    }
    return p->position;
}

void
refusals_add(struct refusals *r, const struct refusal *f)
{
    struct reason *reason = find_reason(r, f);
    uint64_t at = ordinal(f->place);
    struct range *last =
        reason->range_count ? &reason->ranges[reason->range_count - 1] : NULL;

    reason->count++;
    if (last && (at == last->last + 1 || at == last->last))
        last->last = at;
    else if (reason->range_count < RANGES_MAX)
        reason->ranges[reason->range_count++] = (struct range){at, at};
    else
        reason->more = true;
}

static void
put_places(struct buf *line, const struct reason *r)
{
    bool has_lines = r->format == FORMAT_LIST || r->format == FORMAT_TEXT;

    buf_put_str(line, has_lines                     ? "lines "
                      : r->format == FORMAT_UNKNOWN ? "values "
                      : r->format == FORMAT_MISP    ? "parts "
                                                    : "objects ");
    for (size_t i = 0; i < r->range_count; i++) {
        buf_put_str(line, i ? ", " : "");
        buf_put_decimal(line, r->ranges[i].first);
        if (r->ranges[i].last > r->ranges[i].first) {
            buf_put_u8(line, '-');
            buf_put_decimal(line, r->ranges[i].last);
        }
    }
    if (r->more)
        buf_put_str(line, ", ...");
    if (r->format != FORMAT_UNKNOWN) {
        buf_put_str(line, " of ");
        text_put_clean(line, slice_str(r->name));
    }
}

void
refusals_print(const struct refusals *r)
{
    struct buf line = {0};

    for (size_t i = 0; i < r->count; i++) {
        const struct reason *reason = &r->list[i];
        buf_reset(&line);
        buf_put_str(&line, reason->is_released  ? " RELEASE "
                           : reason->is_remark  ? " REMARK  "
                           : reason->is_warning ? " WARNED  "
                                                : " REFUSED ");
        text_put_count(&line, reason->count);
        if (reason->to.size) {
            buf_put_str(&line, " to ");
            text_put_clean(&line, buf_slice(&reason->to));
        }
        buf_put_str(&line, "  ");
        text_put_clean(&line, buf_slice(&reason->text));
        buf_put_str(&line, "  ");
        put_places(&line, reason);
        if (reason->advice.size) {
            buf_put_str(&line, "  -> ");
            text_put_clean(&line, buf_slice(&reason->advice));
        }
        (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    }
    buf_clear(&line);
}
