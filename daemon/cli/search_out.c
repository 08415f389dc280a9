#include "cli/search.h"

#include "cli/asked.h"
#include "cli/link.h"
#include "cli/newer.h"
#include "cli/reviewed.h"
#include "core/formats/value.h"
#include "core/model/marking.h"

void
search_out_begin(struct search_out *o, const struct run *run)
{
    *o =
        (struct search_out){.run = run, .csv = option_is(&run->options, "csv")};
    o->json = run->json ? json_out_new(stdout) : NULL;
}

void
search_out_about(struct search_out *o, const struct control_record *r)
{
    o->cut |= control_truth(r, "cut");
    if (!control_find(r, "searched"))
        return;
    o->searched = record_u64(r, "searched");
    o->red_left_out = control_truth(r, "red-left-out");
    o->exercises_left_out = control_truth(r, "exercises-left-out");
}

/* ---- counting ----------------------------------------------------------- */

static void
team_count(struct search_out *o, struct slice team)
{
    size_t at = 0;

    while (at < o->teams.size) {
        const char *known = (const char *)o->teams.data + at;
        if (slice_is(team, known))
            return;
        at += strlen(known) + 1;
    }
    if (o->team_count == SEARCH_TEAMS_MAX)
        return;
    buf_put(&o->teams, team);
    buf_put_u8(&o->teams, 0);
    o->team_count++;
}

/* Matches of one value come one after another. */
static void
value_count(struct search_out *o, struct slice asked)
{
    if (!asked.size || slice_equal(asked, buf_slice(&o->last)))
        return;
    o->known++;
    buf_reset(&o->last);
    buf_put(&o->last, asked);
}

/* ---- for programs ------------------------------------------------------- */

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_TIME, FIELD_TEXTS };

static const struct field {
    const char *key;  /* in the record */
    const char *name; /* for programs */
    enum field_kind kind;
} fields[] = {
    {"asked", "asked", FIELD_TEXT},
    {"relation", "relation", FIELD_TEXT},
    {"state", "state", FIELD_TEXT},
    {"kind", "kind", FIELD_TEXT},
    {"kind-number", "kind_number", FIELD_NUMBER},
    {"type", "type", FIELD_TEXT},
    {"value", "value", FIELD_TEXT},
    {"role", "role", FIELD_TEXT},
    {"use", "use", FIELD_TEXT},
    {"tlp", "tlp", FIELD_TEXT},
    {"pap", "pap", FIELD_TEXT},
    {"direction", "direction", FIELD_TEXT},
    {"team", "team", FIELD_TEXT},
    {"time-ms", "time", FIELD_TIME},
    {"id", "id", FIELD_TEXT},
    {"submission", "submission", FIELD_NUMBER},
    {"name", "name", FIELD_TEXT},
    {"case", "case", FIELD_TEXT},
    {"title", "title", FIELD_TEXT},
    {"note", "note", FIELD_TEXT},
    {"label", "labels", FIELD_TEXTS},
    {"confidence", "confidence", FIELD_NUMBER},
    {"valid-until-ms", "valid_until", FIELD_TIME},
    {"producer", "producer", FIELD_TEXT},
    {"object-type", "object_type", FIELD_TEXT},
    {"object", "object", FIELD_TEXT},
    {"modified", "modified", FIELD_TEXT},
    {"pattern", "pattern", FIELD_TEXT},
    {"exercise", "exercise", FIELD_TEXT},
    {"reason", "reason", FIELD_TEXT},
    {"superseded-by", "superseded_by", FIELD_TEXT},
    {"withdrawn-by", "withdrawn_by", FIELD_TEXT},
    {"withdrawn-reason", "withdrawn_reason", FIELD_TEXT},
    {"first-by", "first_by", FIELD_TEXT},
    {"review-field", "review_field", FIELD_TEXT},
    {"review-list", "review_list", FIELD_TEXT},
    {"review-kind", "review_kind", FIELD_TEXT},
    {"review-value", "review_value", FIELD_TEXT},
};

static void
texts_json(struct json_out *j, const struct control_record *r,
           const struct field *f)
{
    if (!control_find(r, f->key))
        return;
    json_out_open_list(j, f->name);
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->values[i].key, f->key) == 0)
            json_out_text(j, NULL, r->values[i].text);
    json_out_close_list(j);
}

static void
match_json(struct json_out *j, const struct control_record *r)
{
    json_out_open(j, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct field *f = &fields[i];
        switch (f->kind) {
        case FIELD_TEXT:
            json_out_text(j, f->name, control_text(r, f->key));
            break;
        case FIELD_NUMBER:
            if (control_find(r, f->key))
                json_out_number(j, f->name, record_u64(r, f->key));
            break;
        case FIELD_TIME:
            json_out_time(j, f->name, record_u64(r, f->key));
            break;
        case FIELD_TEXTS:
            texts_json(j, r, f);
            break;
        }
    }
    json_out_close(j);
}

/* A cell that a spreadsheet would take for a formula is quoted with a mark in
 * front, as all of them read it. */
static void
cell_csv(struct buf *line, struct slice text)
{
    if (line->size)
        buf_put_u8(line, ',');
    buf_put_u8(line, '"');
    if (text.size && strchr("=+-@\t\r", text.data[0]))
        buf_put_u8(line, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buf_put_u8(line, '"');
        buf_put_u8(line, text.data[i]);
    }
    buf_put_u8(line, '"');
}

static void
field_csv(struct buf *line, const struct control_record *r,
          const struct field *f)
{
    struct buf cell = {0};
    uint64_t number = record_u64(r, f->key);

    switch (f->kind) {
    case FIELD_TEXT:
        buf_put(&cell, control_text(r, f->key));
        break;
    case FIELD_NUMBER:
        if (control_find(r, f->key))
            buf_put_decimal(&cell, number);
        break;
    case FIELD_TIME:
        if (number)
            text_put_stamp(&cell, number);
        break;
    case FIELD_TEXTS:
        for (size_t i = 0; i < r->count; i++) {
            if (strcmp(r->values[i].key, f->key) != 0)
                continue;
            if (cell.size)
                buf_put_u8(&cell, ' ');
            buf_put(&cell, r->values[i].text);
        }
        break;
    }
    cell_csv(line, buf_slice(&cell));
    buf_clear(&cell);
}

static void
line_print(struct buf *line)
{
    buf_put_str(line, "\n");
    (void)fwrite(line->data, 1, line->size, stdout);
    buf_clear(line);
}

static void
heading_csv(void)
{
    struct buf line = {0};

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        cell_csv(&line, slice_str(fields[i].name));
    line_print(&line);
}

static void
match_csv(const struct control_record *r)
{
    struct buf line = {0};

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        field_csv(&line, r, &fields[i]);
    line_print(&line);
}

/* ---- for people --------------------------------------------------------- */

static unsigned
type_of(const struct control_record *r)
{
    enum observable type = OBSERVABLE_NONE;

    return observable_parse(control_text(r, "type"), &type) ? type
                                                            : OBSERVABLE_NONE;
}

static void
value_cell(struct search_out *o, const struct control_record *r)
{
    struct slice value = control_text(r, "value");
    struct buf cell = {0}, clean = {0};

    if (!value.size)
        value = control_text(r, "pattern");
    if (!value.size)
        value = control_text(r, "object");
    if (o->run->terminal && control_text(r, "value").size)
        value_defang(type_of(r), value, &cell);
    else
        buf_put(&cell, value);
    text_put_clean(&clean, buf_slice(&cell));
    grid_add(&o->grid, buf_slice(&clean));
    buf_clear(&cell);
    buf_clear(&clean);
}

static void
clean_cell(struct search_out *o, struct slice text)
{
    struct buf cell = {0};

    text_put_clean(&cell, text);
    grid_add(&o->grid, buf_slice(&cell));
    buf_clear(&cell);
}

static void
road_cell(struct search_out *o, const struct control_record *r)
{
    struct buf cell = {0};
    bool to = slice_is(control_text(r, "direction"), "to");

    if (to)
        buf_put_str(&cell, "us > ");
    text_put_clean(&cell, control_text(r, "team-name"));
    if (!to)
        buf_put_str(&cell, " > us");
    grid_add(&o->grid, buf_slice(&cell));
    buf_clear(&cell);
}

/* What other messages say of it. */
static void
versions_put(struct buf *cell, const struct control_record *r)
{
    static const char *const words[][3] = {
        {"reason", "\"", "\""},
        {"withdrawn-reason", "\"", "\""},
        {"superseded-by", "(by ", ")"},
        {"first-by", "(another team's, first by ", ")"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        struct slice text = control_text(r, words[i][0]);
        if (!text.size)
            continue;
        if (cell->size)
            buf_put_u8(cell, ' ');
        buf_put_str(cell, words[i][1]);
        text_put_clean(cell, text);
        buf_put_str(cell, words[i][2]);
    }
}

static void
why_cell(struct search_out *o, const struct control_record *r)
{
    static const char *const words[][2] = {
        {"part", "(its host)"},    {"contains", "(contains it)"},
        {"above", "(above it)"},   {"mentioned", "(mentions it)"},
        {"inside", "(inside it)"}, {"overlaps", "(overlaps it)"},
    };
    struct slice relation = control_text(r, "relation");
    struct slice name = control_text(r, "name");
    struct buf cell = {0};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (slice_is(relation, words[i][0]))
            buf_put_str(&cell, words[i][1]);
    if (cell.size && name.size)
        buf_put_u8(&cell, ' ');
    text_put_clean(&cell, name);
    versions_put(&cell, r);
    buf_put_str(&cell, cell.size ? " " : "");
    reviewed_put(&cell, r);
    grid_add(&o->grid, buf_slice(&cell));
    buf_clear(&cell);
}

/* A kind without a name here is shown by its number, as in a list. */
static void
what_cell(struct search_out *o, const struct control_record *r)
{
    const struct message m = {.kind = (unsigned)record_u64(r, "kind-number")};
    struct slice type = control_text(r, "type");
    struct buf cell = {0};

    if (!newer_put_what(&cell, &m))
        text_put_clean(&cell,
                       type.size ? type : control_text(r, "object-type"));
    grid_add(&o->grid, buf_slice(&cell));
    buf_clear(&cell);
}

static void
match_row(struct search_out *o, const struct control_record *r)
{
    struct buf cell = {0};
    enum tlp tlp = TLP_RED;

    clean_cell(o, control_text(r, "state"));
    what_cell(o, r);
    value_cell(o, r);
    clean_cell(o, control_text(r, "role"));
    if (!tlp_parse(control_text(r, "tlp"), &tlp))
        tlp = TLP_RED;
    grid_add(&o->grid, slice_str(tlp_label(tlp)));
    road_cell(o, r);
    text_put_time_short(&cell, record_u64(r, "time-ms"));
    grid_add(&o->grid, buf_slice(&cell));
    buf_clear(&cell);
    clean_cell(o, control_text(r, "id"));
    why_cell(o, r);
    grid_end_row(&o->grid);
}

static void
summary_print(const struct search_out *o)
{
    struct buf line = {0};

    text_put_counted(&line, o->shown, "report", "reports");
    buf_put_str(&line, ", ");
    text_put_counted(&line, o->team_count, "team", "teams");
    if (o->asked > 1) {
        buf_put_str(&line, ", ");
        text_put_count(&line, o->known);
        buf_put_str(&line, " of ");
        text_put_count(&line, o->asked);
        buf_put_str(&line, " values");
    }
    buf_put_str(&line, "; searched all ");
    text_put_counted(&line, o->searched, "message", "messages");
    buf_put_str(&line, ", both directions");
    if (o->exercises_left_out)
        buf_put_str(&line, ", exercises left out");
    if (o->red_left_out)
        buf_put_str(&line, ", TLP:RED left out");
    line_print(&line);
}

/* ---- both --------------------------------------------------------------- */

void
search_out_match(struct search_out *o, const struct control_record *r)
{
    if (!o->shown && o->csv)
        heading_csv();
    o->shown++;
    team_count(o, control_text(r, "team"));
    value_count(o, control_text(r, "asked"));
    if (o->json)
        match_json(o->json, r);
    else if (o->csv)
        match_csv(r);
    else
        match_row(o, r);
}

void
search_out_end(struct search_out *o)
{
    if (!o->json && !o->csv) {
        summary_print(o);
        grid_print(&o->grid, stdout);
    }
    if (o->cut)
        (void)fputs(ASKED_CUT, stderr);
    json_out_free(o->json);
    grid_clear(&o->grid);
    buf_clear(&o->teams);
    buf_clear(&o->last);
}
