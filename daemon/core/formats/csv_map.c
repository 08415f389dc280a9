#include "core/formats/csv_map.h"

#include "core/formats/ascii.h"
#include "core/formats/csv_names.h"
#include "core/formats/value.h"
#include "core/model/marking.h"

/* Recognising a value copies it some ten times. */
#define CELL_BUDGET (64 * VALUE_BYTES_MAX)

/* ---- what a person says ------------------------------------------------- */

static bool
entry_parse(struct slice part, struct csv_entry *out)
{
    size_t at = slice_find(part, '=');
    struct slice name = slice_trim(slice_first(part, at));

    if (at == part.size)
        return false;
    out->column = slice_trim(slice_from(part, at + 1));
    out->use = csv_name_use(name);
    if (out->use.what <= CSV_NO_PLACE) {
        struct csv_type pair[2];
        if (csv_type_parse(name, pair) != 1)
            return false;
        out->use = (struct csv_use){CSV_VALUE, pair[0]};
    }
    return out->column.size > 0;
}

enum err
csv_map_parse(struct slice text, struct csv_map *out, struct slice *bad)
{
    struct csv_map map = {.count = 0};

    for (bool more = true; more;) {
        size_t n = slice_find(text, ',');
        *bad = slice_first(text, n);
        if (map.count == CSV_MAP_MAX)
            return ERR_LIMIT;
        if (!entry_parse(*bad, &map.entries[map.count++]))
            return ERR_VALUE;
        more = n < text.size;
        text = slice_from(text, more ? n + 1 : n);
    }
    *out = map;
    return OK;
}

const char *
csv_map_fields(void)
{
    return "value, type, port, tlp, pap, labels, confidence, valid-from, "
           "valid-until, role, use, to-ids, distribution, exercise, producer, "
           "meant, revoked, and types of values such as ip, domain, url, md5, "
           "sha256, email, filename";
}

/* ---- the first row ------------------------------------------------------ */

struct finding {
    const struct csv_row *first;
    const struct csv_map *map;
    enum observable as;
    struct csv_columns *out;
    bool is_value[CSV_COLUMNS_MAX]; /* its first field is one */
    bool has_values;
    bool has_names, has_columns; /* any that is known; one that is no type */
};

static struct slice
cell(const struct finding *f, size_t i)
{
    return slice_trim(f->first->fields[i].text);
}

static bool
cell_is_value(const struct finding *f, struct slice text, struct arena *arena)
{
    enum observable type;
    struct slice normal;

    if (text.size == 0)
        return false;
    if (value_detect(text, arena, &type, &normal) == OK)
        return true;
    return f->as && f->first->count == 1 &&
           value_check(f->as, text, arena, &normal) == OK;
}

static void
cells_look(struct finding *f)
{
    struct csv_type pair[2];
    struct arena arena;

    arena_init(&arena, CELL_BUDGET);
    for (size_t i = 0; i < f->first->count; i++) {
        bool known = csv_name_use(cell(f, i)).what != CSV_UNKNOWN;
        arena_reset(&arena);
        f->has_names |= known;
        f->has_columns |= known && !csv_type_parse(cell(f, i), pair);
        f->is_value[i] = cell_is_value(f, cell(f, i), &arena);
        f->has_values |= f->is_value[i];
    }
    arena_clear(&arena);
}

static bool
has_named_entry(const struct csv_map *map)
{
    for (size_t i = 0; i < map->count; i++)
        if (!ascii_is_digits(map->entries[i].column))
            return true;
    return false;
}

/* A field named like a type may be one that stands before its value. */
static void
decide_header(const struct finding *f)
{
    bool named = has_named_entry(f->map) || f->has_columns;

    f->out->has_header = named || !f->has_values;
    f->out->is_guess = f->out->has_header && !named && !f->has_names;
}

static bool
has_use(const struct csv_columns *c, enum csv_what what)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->uses[i].what == what)
            return true;
    return false;
}

/* Of these every column counts, of others the first. */
static bool
may_repeat(enum csv_what what)
{
    return what <= CSV_VALUE || what == CSV_TLP || what == CSV_PAP ||
           what == CSV_LABELS || what == CSV_TO_IDS ||
           what == CSV_DISTRIBUTION || what == CSV_USE || what == CSV_MEANT ||
           what == CSV_REVOKED;
}

/* Guess from a field of the first row where there is no header. */
static struct csv_use
use_guess(const struct finding *f, size_t i)
{
    struct csv_use use = {.what = CSV_UNKNOWN};
    struct csv_type pair[2];
    enum tlp tlp;

    if (f->is_value[i])
        use.what = CSV_VALUE;
    else if (tlp_parse(cell(f, i), &tlp))
        use.what = CSV_TLP;
    else if (csv_type_parse(cell(f, i), pair))
        use.what = CSV_TYPE;
    return use;
}

static void
name_put(struct csv_columns *out, size_t i, struct slice name)
{
    if (out->has_header && name.size) {
        buf_put(&out->names, name);
    } else {
        buf_put_str(&out->names, "column ");
        buf_put_decimal(&out->names, i + 1);
    }
    out->name_ends[i] = out->names.size;
}

static void
columns_guess(struct finding *f)
{
    struct csv_columns *out = f->out;

    for (size_t i = 0; i < f->first->count; i++) {
        struct csv_use use =
            out->has_header ? csv_name_use(cell(f, i)) : use_guess(f, i);
        if (has_use(out, use.what) && !may_repeat(use.what))
            use.what = CSV_UNKNOWN;
        out->uses[out->count++] = use;
        name_put(out, i, cell(f, i));
    }
}

/* ---- what a person says over what was found ----------------------------- */

static bool
is_same(struct slice a, struct slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    return true;
}

static bool
column_find(const struct finding *f, struct slice column, size_t *out)
{
    uint64_t number = 0;

    if (ascii_is_digits(column)) {
        *out = ascii_number(column, f->out->count, &number) ? number - 1 : 0;
        return number > 0;
    }
    for (size_t i = 0; i < f->first->count; i++)
        if (is_same(cell(f, i), column)) {
            *out = i;
            return true;
        }
    return false;
}

/* Where a person says which columns hold values, only those do. A marking
 * that was found is never lost. */
static void
uses_forget(struct csv_columns *c, enum csv_what what)
{
    if (what != CSV_VALUE && may_repeat(what))
        return;
    for (size_t i = 0; i < c->count; i++)
        if (c->uses[i].what == what)
            c->uses[i].what = CSV_UNKNOWN;
}

static enum err
map_apply(const struct finding *f, struct slice *missing)
{
    const struct csv_map *map = f->map;
    size_t column;

    for (size_t i = 0; i < map->count; i++)
        uses_forget(f->out, map->entries[i].use.what);
    for (size_t i = 0; i < map->count; i++) {
        if (!column_find(f, map->entries[i].column, &column)) {
            *missing = map->entries[i].column;
            return ERR_NOT_FOUND;
        }
        f->out->uses[column] = map->entries[i].use;
    }
    return OK;
}

/* A type or port that belongs to no column of values is not sent. */
static void
idle_forget(struct csv_columns *c)
{
    bool any = false, port = false;

    for (size_t i = 0; i < c->count; i++) {
        if (c->uses[i].what != CSV_VALUE)
            continue;
        any |= c->uses[i].type.form == CSV_ANY;
        port |= csv_takes_port(c->uses[i].type);
    }
    if (!any)
        uses_forget(c, CSV_TYPE);
    if (!port)
        uses_forget(c, CSV_PORT);
}

bool
csv_takes_port(struct csv_type type)
{
    return type.form == CSV_ANY || type.form == CSV_ADDRESS ||
           (type.form == CSV_ONE && type.observable == OBSERVABLE_DOMAIN);
}

enum err
csv_columns_find(const struct csv_row *first, const struct csv_map *map,
                 enum observable as, struct csv_columns *out,
                 struct slice *missing)
{
    struct finding f = {.first = first, .map = map, .as = as, .out = out};
    enum err e;

    cells_look(&f);
    decide_header(&f);
    columns_guess(&f);
    e = map_apply(&f, missing);
    if (e)
        return e;
    idle_forget(out);
    return has_use(out, CSV_VALUE) ? OK : ERR_MISSING;
}

void
csv_columns_clear(struct csv_columns *c)
{
    buf_clear(&c->names);
}

struct slice
csv_column_name(const struct csv_columns *c, size_t column)
{
    size_t at = column ? c->name_ends[column - 1] : 0;

    return slice_of(c->names.data + at, c->name_ends[column] - at);
}
