#include "core/formats/csv_row.h"

#include "core/formats/ascii.h"
#include "core/formats/csv_time.h"
#include "core/formats/csv_value.h"
#include "core/formats/value.h"
#include "core/model/role.h"

/* Recognising a value copies it some ten times; a pair is two. */
#define VALUE_BUDGET (128 * VALUE_BYTES_MAX)
#define NOT_DETECTION "misp:to_ids=\"False\""

/* A row being read. */
struct reading {
    struct csv_rowing *r;
    const struct csv_row *row;
    struct format_item item; /* what all its messages share */
    struct slice type, port; /* as they stood */
    size_t type_at, port_at;
    uint64_t handed; /* values that were sent or refused */
    bool port_taken;
};

/* ---- faults ------------------------------------------------------------- */

static void
say(const struct reading *d, size_t column, enum fault_weight weight,
    enum err code, const char *text)
{
    const struct csv_field *f = &d->row->fields[column];
    struct format_fault fault = {.weight = weight,
                                 .code = code,
                                 .text = text,
                                 .path = csv_column_name(d->r->columns, column),
                                 .position = d->r->items,
                                 .line = f->line,
                                 .column = f->column};

    d->r->sink->fault(d->r->sink->context, &fault);
}

static void
remark(const struct reading *d, size_t column, const char *text)
{
    say(d, column, FAULT_REMARK, ERR_VALUE, text);
}

/* Refuse a field and what depends on it; gives false. */
static bool
refuse(const struct reading *d, size_t column, enum err code, const char *text)
{
    say(d, column, FAULT_REFUSED, code, text);
    return false;
}

/* Say something of the whole row. */
static void
say_row(const struct reading *d, enum fault_weight weight, enum err code,
        const char *text)
{
    struct format_fault fault = {.weight = weight,
                                 .code = code,
                                 .text = text,
                                 .position = d->r->items,
                                 .line = d->row->line,
                                 .column = d->row->column};

    d->r->sink->fault(d->r->sink->context, &fault);
}

/* ---- how it may be handled ---------------------------------------------- */

/* PROTOCOL markings: "Where the markings of an object, its package and the
 * submission differ, the strictest MUST count." */
static void
tlp_add(struct reading *d, enum tlp tlp)
{
    enum tlp *out = &d->item.message.head.marking.tlp;

    *out = d->item.has_tlp ? tlp_strictest(*out, tlp) : tlp;
    d->item.has_tlp = true;
}

static void
pap_add(struct reading *d, enum pap pap)
{
    enum pap *out = &d->item.message.head.marking.pap;

    *out = pap > *out ? pap : *out;
}

static bool
take_tlp(struct reading *d, size_t column, struct slice text)
{
    enum tlp tlp = TLP_RED;

    if (!tlp_parse(text, &tlp))
        return refuse(d, column, ERR_VALUE,
                      "this is no TLP: clear, green, amber, amber+strict or "
                      "red");
    tlp_add(d, tlp);
    return true;
}

static bool
take_pap(struct reading *d, size_t column, struct slice text)
{
    enum pap pap = PAP_RED;

    if (!pap_parse(text, &pap))
        return refuse(d, column, ERR_VALUE,
                      "this is no PAP: clear, green, amber or red");
    pap_add(d, pap);
    return true;
}

/* A TLP or PAP that is not known counts as red, as in other formats. */
static bool
label_add(struct reading *d, size_t column, struct slice label)
{
    struct head *h = &d->item.message.head;
    enum tlp tlp = TLP_RED;
    enum pap pap = PAP_RED;

    if (label.size == 0)
        return true;
    if (ascii_starts(label, "tlp:"))
        tlp_add(d, tlp_parse(label, &tlp) ? tlp : TLP_RED);
    if (ascii_starts(label, "pap:"))
        pap_add(d, pap_parse(label, &pap) ? pap : PAP_RED);
    if (h->label_count == LABELS_MAX)
        return refuse(d, column, ERR_LIMIT, "there are more than 1024 labels");
    d->r->labels[h->label_count++] = label;
    return true;
}

/* Find where a label ends: at a separator that is not within quotes, since
 * those of MISP's galaxies hold commas. */
static size_t
label_size(struct slice text)
{
    bool quoted = false;
    size_t n = 0;

    for (; n < text.size; n++) {
        uint8_t c = text.data[n];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ',' || c == ';' || c == '\n'))
            break;
    }
    return n;
}

static bool
take_labels(struct reading *d, size_t column, struct slice text)
{
    while (text.size) {
        size_t n = label_size(text);
        if (!label_add(d, column, slice_trim(slice_first(text, n))))
            return false;
        text = slice_from(text, n < text.size ? n + 1 : n);
    }
    return true;
}

static bool
take_distribution(struct reading *d, size_t column, struct slice text)
{
    if (slice_is(text, "0") || ascii_starts(text, "your org"))
        return refuse(d, column, ERR_POLICY,
                      "distribution says: your organisation only");
    if (slice_is(text, "4") || ascii_starts(text, "sharing group"))
        return refuse(d, column, ERR_POLICY,
                      "distribution names a sharing group, which nobody "
                      "knows here");
    return true;
}

/* ---- what else is said -------------------------------------------------- */

static bool
take_confidence(struct reading *d, size_t column, struct slice text)
{
    struct head *h = &d->item.message.head;
    uint64_t percent;

    h->has_confidence = ascii_number(text, 100, &percent);
    if (h->has_confidence)
        h->confidence = (uint32_t)percent;
    else
        remark(d, column, "this is no number from 0 to 100: left out");
    return true;
}

static bool
take_valid_from(struct reading *d, size_t column, struct slice text)
{
    struct head *h = &d->item.message.head;

    h->has_valid_from = csv_time_parse(text, CSV_DAY_BEGINS, &h->valid_from);
    if (!h->has_valid_from)
        remark(d, column,
               "this is no time such as 2026-11-23T17:04:12Z: left out");
    return true;
}

static bool
take_valid_until(struct reading *d, size_t column, struct slice text)
{
    struct head *h = &d->item.message.head;

    h->has_valid_until = csv_time_parse(text, CSV_DAY_ENDS, &h->valid_until);
    if (!h->has_valid_until)
        return refuse(d, column, ERR_VALUE,
                      "this is no time such as 2026-11-23T17:04:12Z");
    return true;
}

/* A value that is not for detection says so where it arrives. */
static bool
not_for_detection(struct reading *d, size_t column)
{
    struct head *h = &d->item.message.head;

    h->use = use_strictest(h->use, USE_NOTIFY);
    return label_add(d, column, slice_str(NOT_DETECTION));
}

static bool
take_to_ids(struct reading *d, size_t column, struct slice text)
{
    if (slice_is(text, "1") || ascii_is_word(text, "true") ||
        ascii_is_word(text, "yes"))
        return true;
    if (slice_is(text, "0") || ascii_is_word(text, "false") ||
        ascii_is_word(text, "no"))
        return not_for_detection(d, column);
    return refuse(d, column, ERR_VALUE, "this is neither 1 nor 0");
}

static bool
take_role(struct reading *d, size_t column, struct slice text)
{
    struct head *h = &d->item.message.head;

    h->role = text;
    if (!role_parse(text, &h->role))
        remark(d, column,
               "this is no role that is known: nothing may be done "
               "by what has it");
    h->use = role_use(h->role, h->use);
    return true;
}

/* What a table of ours says of a value; a role may have made it stricter, and
 * so may to_ids. */
static bool
take_use(struct reading *d, size_t column, struct slice text)
{
    struct head *h = &d->item.message.head;
    enum use use;

    if (!use_parse(text, &use))
        return refuse(d, column, ERR_VALUE,
                      "this is no use: none, notify, detect or block");
    h->use = use_strictest(h->use, use);
    return true;
}

static bool
take_meant(struct reading *d, size_t column, struct slice text)
{
    if (ascii_is_word(text, "yes"))
        return true;
    return refuse(d, column, ERR_VALUE,
                  "this value is only a part of a pattern, and no indicator "
                  "alone");
}

static bool
take_revoked(struct reading *d, size_t column, struct slice text)
{
    if (slice_is(text, "0") || ascii_is_word(text, "false") ||
        ascii_is_word(text, "no"))
        return true;
    return refuse(d, column, ERR_VALUE, "this was revoked");
}

static bool
field_take(struct reading *d, size_t i, struct slice text)
{
    switch (d->r->columns->uses[i].what) {
    case CSV_UNKNOWN:
    case CSV_NO_PLACE:
    case CSV_VALUE:
        return true;
    case CSV_TYPE:
        d->type = text;
        d->type_at = i;
        return true;
    case CSV_PORT:
        d->port = text;
        d->port_at = i;
        return true;
    case CSV_TLP:
        return take_tlp(d, i, text);
    case CSV_PAP:
        return take_pap(d, i, text);
    case CSV_LABELS:
        return take_labels(d, i, text);
    case CSV_CONFIDENCE:
        return take_confidence(d, i, text);
    case CSV_VALID_FROM:
        return take_valid_from(d, i, text);
    case CSV_VALID_UNTIL:
        return take_valid_until(d, i, text);
    case CSV_ROLE:
        return take_role(d, i, text);
    case CSV_USE:
        return take_use(d, i, text);
    case CSV_MEANT:
        return take_meant(d, i, text);
    case CSV_REVOKED:
        return take_revoked(d, i, text);
    case CSV_EXERCISE:
        d->item.message.head.marking.exercise = text;
        return true;
    case CSV_PRODUCER:
        d->item.message.head.producer = text;
        return true;
    case CSV_TO_IDS:
        return take_to_ids(d, i, text);
    case CSV_DISTRIBUTION:
        return take_distribution(d, i, text);
    }
    return true;
}

/* ---- values ------------------------------------------------------------- */

static void
item_put(struct reading *d, size_t column, enum observable type,
         struct slice value)
{
    struct format_item item = d->item;

    item.line = d->row->fields[column].line;
    item.column = d->row->fields[column].column;
    item.message.package.position = d->r->items++;
    item.message.head.observable = type;
    item.message.head.value = value;
    d->handed++;
    d->r->sink->item(d->r->sink->context, &item);
}

static void
refuse_value(struct reading *d, size_t column, enum err e, bool type_is_said)
{
    const char *text = type_is_said
                           ? "this is no value of the type that was said"
                           : "this is no value that can be recognised: a "
                             "type may have to be said";

    d->handed++;
    if (e == ERR_FORMAT)
        text = "this value and its port do not go together";
    else if (e != ERR_VALUE)
        text = err_text(e);
    (void)refuse(d, column, e, text);
}

/* Hand one value over, with the port that belongs to it. */
static void
value_take(struct reading *d, size_t column, struct csv_type how,
           struct slice text, struct slice port)
{
    enum observable type = OBSERVABLE_NONE;
    struct slice value;

    if (how.form == CSV_ANY && d->r->as)
        how = (struct csv_type){CSV_ONE, d->r->as};
    enum err e = csv_value_read(how, text, &d->r->arena, &type, &value);
    if (e == OK && port.size)
        e = csv_port_join(port, &d->r->arena, &type, &value);
    if (e)
        refuse_value(d, column, e, how.form != CSV_ANY);
    else
        item_put(d, column, type, value);
}

/* Take "evil.example|203.0.113.7" apart; a port belongs to the first. */
static void
pair_take(struct reading *d, size_t column, const struct csv_type pair[2],
          struct slice text)
{
    size_t bar = slice_find(text, '|');

    if (bar == text.size) {
        refuse_value(d, column, ERR_VALUE, true);
        return;
    }
    struct slice left = slice_trim(slice_first(text, bar));
    struct slice right = slice_trim(slice_from(text, bar + 1));
    if (pair[1].form == CSV_NUMBER) {
        value_take(d, column, pair[0], left, right);
        return;
    }
    value_take(d, column, pair[0], left, (struct slice){0});
    value_take(d, column, pair[1], right, (struct slice){0});
}

static void
alone_take(struct reading *d, size_t column, struct csv_type how,
           struct slice text)
{
    struct slice port = {0};

    if (csv_takes_port(d->r->columns->uses[column].type)) {
        port = d->port;
        d->port_taken = true;
    }
    value_take(d, column, how, text, port);
}

static void
refuse_type(struct reading *d)
{
    d->handed++;
    (void)refuse(d, d->type_at, ERR_VALUE,
                 "no type of this name is sent as an indicator");
}

static void
cell_take(struct reading *d, size_t column, struct slice text)
{
    const struct csv_use *use = &d->r->columns->uses[column];
    struct csv_type pair[2] = {use->type};
    size_t count = 1;

    arena_reset(&d->r->arena);
    if (use->type.form == CSV_ANY && d->type.size)
        count = csv_type_parse(d->type, pair);
    if (count == 2)
        pair_take(d, column, pair, text);
    else if (count == 1)
        alone_take(d, column, pair[0], text);
    else
        refuse_type(d);
}

/* ---- the row ------------------------------------------------------------ */

static struct slice
text_of(const struct csv_row *row, size_t i)
{
    return slice_trim(row->fields[i].text);
}

bool
csv_row_is_blank(const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (text_of(row, i).size)
            return false;
    return true;
}

static bool
is_handling(enum csv_what what)
{
    return what == CSV_TLP || what == CSV_PAP || what == CSV_LABELS ||
           what == CSV_VALID_UNTIL || what == CSV_TO_IDS ||
           what == CSV_DISTRIBUTION || what == CSV_USE || what == CSV_MEANT ||
           what == CSV_REVOKED || what == CSV_EXERCISE;
}

/* A row that is longer has a separator too many somewhere, so that no field
 * is sure to stand in its column; one that is shorter may lack its end. */
static bool
is_of_length(const struct reading *d)
{
    const struct csv_columns *c = d->r->columns;
    const struct csv_row *row = d->row;

    for (size_t i = c->count; i < row->count; i++)
        if (text_of(row, i).size) {
            say_row(d, FAULT_REFUSED, ERR_FORMAT,
                    "this row has more fields than the first one");
            return false;
        }
    for (size_t i = row->count; i < c->count; i++)
        if (is_handling(c->uses[i].what)) {
            say_row(d, FAULT_REFUSED, ERR_FORMAT,
                    "this row ends before a column that says how it may be "
                    "handled");
            return false;
        }
    if (row->count < c->count)
        say_row(d, FAULT_REMARK, ERR_FORMAT,
                "this row has fewer fields than the first one");
    return true;
}

static bool
fields_take(struct reading *d, size_t count)
{
    const struct head *h = &d->item.message.head;

    for (size_t i = 0; i < count; i++) {
        struct slice text = text_of(d->row, i);
        if (text.size && !field_take(d, i, text))
            return false;
    }
    if (h->has_valid_from && h->has_valid_until &&
        h->valid_until.ms < h->valid_from.ms) {
        say_row(d, FAULT_REFUSED, ERR_VALUE,
                "it ends to be valid before it begins");
        return false;
    }
    return true;
}

void
csv_row_read(struct csv_rowing *r, const struct csv_row *row)
{
    struct reading d = {.r = r, .row = row};
    struct message *m = &d.item.message;
    size_t count =
        row->count < r->columns->count ? row->count : r->columns->count;

    if (csv_row_is_blank(row) || !is_of_length(&d))
        return;
    m->kind = MESSAGE_INDICATOR;
    m->has_package = m->has_head = true;
    m->package.source = slice_str("csv");
    m->head.rules = HEAD_RULES;
    if (!fields_take(&d, count))
        return;
    m->head.labels = r->labels;
    for (size_t i = 0; i < count; i++) {
        struct slice text = text_of(row, i);
        if (r->columns->uses[i].what == CSV_VALUE && text.size)
            cell_take(&d, i, text);
    }
    if (d.port.size && d.handed && !d.port_taken)
        remark(&d, d.port_at, "this port belongs to no value: left out");
    if (d.handed == 0)
        say_row(&d, FAULT_REFUSED, ERR_MISSING,
                "no column of this row that holds values has one");
}

void
csv_rowing_init(struct csv_rowing *r)
{
    arena_init(&r->arena, VALUE_BUDGET);
}

void
csv_rowing_clear(struct csv_rowing *r)
{
    arena_clear(&r->arena);
}
