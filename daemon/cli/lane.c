#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/lanes.h"
#include "cli/text.h"

/* ---- how a lane stands -------------------------------------------------- */

static bool
is_stopped(const struct control_record *r)
{
    return control_find(r, "frozen") && !control_truth(r, "left");
}

/* "open", "STOPPED, row 8: ...", "left at 118". */
static void
put_state(struct buf *out, const struct control_record *r)
{
    bool left = control_truth(r, "left");

    if (control_find(r, "frozen")) {
        buf_put_str(out, left ? "was stopped, row " : "STOPPED, row ");
        buf_put_decimal(out, record_u64(r, "row"));
        buf_put_str(out, ": ");
        text_put_clean(out, control_text(r, "frozen"));
    } else if (left) {
        buf_put_str(out, "left");
    } else {
        buf_put_str(out, control_truth(r, "closed")
                             ? "closing: waits for the receipt"
                             : "open");
    }
    if (control_find(r, "counts-to")) {
        buf_put_str(out, "; goes on in the next epoch from ");
        text_put_count(out, record_u64(r, "counts-to"));
    }
    if (control_find(r, "granted-size") && !left)
        buf_put_str(out, "; let go on, at the next session");
}

static void
add_count(struct grid *g, const struct control_record *r, const char *key)
{
    struct buf cell = {0};

    text_put_count(&cell, record_u64(r, key));
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

static void
add_row(struct grid *g, const struct control_record *r)
{
    struct buf cell = {0};

    text_put_clean(&cell, control_text(r, "lane-name"));
    grid_add(g, buf_slice(&cell));
    add_count(g, r, "epoch");
    add_count(g, r, "size");
    add_count(g, r, "signed-size");
    add_count(g, r, "receipted");
    buf_reset(&cell);
    put_state(&cell, r);
    grid_add(g, buf_slice(&cell));
    grid_end_row(g);
    buf_clear(&cell);
}

static void
print_lanes(const struct control_answer *a)
{
    static const char *const heading[] = {"LANE",   "EPOCH",     "ENTRIES",
                                          "SIGNED", "RECEIPTED", "STATE"};
    struct grid g = {.right = {false, true, true, true, true}};

    for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
        grid_add(&g, slice_str(heading[i]));
    grid_end_row(&g);
    for (size_t i = 0; i < a->record_count; i++)
        add_row(&g, &a->records[i]);
    grid_print(&g, stdout);
    grid_clear(&g);
}

static void
lane_json(struct json_out *j, const struct control_record *r)
{
    struct buf state = {0};

    put_state(&state, r);
    json_out_open(j, NULL);
    json_out_text(j, "lane", control_text(r, "lane-name"));
    json_out_hex(j, "lane_id", control_bytes(r, "lane-id"));
    json_out_text(j, "direction", control_text(r, "direction"));
    json_out_number(j, "epoch", record_u64(r, "epoch"));
    json_out_number(j, "prev_size", record_u64(r, "prev-size"));
    json_out_number(j, "size", record_u64(r, "size"));
    json_out_number(j, "signed", record_u64(r, "signed-size"));
    json_out_number(j, "receipted", record_u64(r, "receipted"));
    json_out_truth(j, "left", control_truth(r, "left"));
    json_out_truth(j, "closed", control_truth(r, "closed"));
    json_out_truth(j, "stopped", is_stopped(r));
    if (control_find(r, "frozen")) {
        json_out_number(j, "row", record_u64(r, "row"));
        json_out_text(j, "why", control_text(r, "frozen"));
    }
    if (control_find(r, "claim-size"))
        json_out_number(j, "they_hold", record_u64(r, "claim-size"));
    json_out_truth(j, "granted", control_find(r, "granted-size") != NULL);
    json_out_text(j, "state", buf_slice(&state));
    json_out_close(j);
    buf_clear(&state);
}

static void
lanes_json(const struct control_answer *a)
{
    struct json_out *j = json_out_new(stdout);

    for (size_t i = 0; i < a->record_count; i++)
        lane_json(j, &a->records[i]);
    json_out_free(j);
}

static int
code_of(const struct control_answer *a)
{
    int code = a->record_count ? DONE : NO_MATCH;

    for (size_t i = 0; i < a->record_count; i++)
        if (is_stopped(&a->records[i]))
            code = NO_MATCH;
    return code;
}

/* Ask for lanes, of one team or all, and print them. */
static int
ask_lanes(struct run *run, const char *team,
          void (*print)(const struct control_answer *))
{
    struct daemon *d = link_open(run);
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "lanes");
    if (team)
        ask_text(&ask, "team", team);
    if (d && link_call(d, &ask, &a)) {
        if (run->json)
            lanes_json(&a);
        else
            print(&a);
        code = code_of(&a);
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}

int
command_lane_list(struct run *run)
{
    const struct options *o = &run->options;

    if (o->word_count > 1)
        return command_usage(run);
    return ask_lanes(run, o->word_count ? o->words[0] : NULL, print_lanes);
}

/* ---- lane show ---------------------------------------------------------- */

/* What to do about each row at which a lane stops. */
static const char *
advice(const struct control_record *r)
{
    bool ours = slice_is(control_text(r, "direction"), "to");

    switch (record_u64(r, "row")) {
    case 8:
        return "phone them and compare the entries that we do not have; if "
               "they are\n              ours, sealane lane adopt with the "
               "root key";
    case 12:
        return ours ? "find the genuine signing journal; if it is gone, "
                      "sealane lane roll"
                    : "find the genuine signing journal; if it is gone, ask "
                      "them for\n              sealane lane roll --now";
    default:
        return "keep sealane lane evidence; phone them; OPERATIONS, "
               "\"Drills\"";
    }
}

static void
print_receipt_time(const struct control_record *r)
{
    struct buf when = {0};

    if (control_find(r, "receipt-time-s")) {
        text_put_time(&when, record_u64(r, "receipt-time-s") * 1000);
        (void)printf(", the last at %.*s", (int)when.size,
                     (const char *)when.data);
    }
    buf_clear(&when);
}

static void
print_counts(const struct control_record *r)
{
    (void)printf(" entries      %llu, signed %llu, receipted %llu",
                 (unsigned long long)record_u64(r, "size"),
                 (unsigned long long)record_u64(r, "signed-size"),
                 (unsigned long long)record_u64(r, "receipted"));
    print_receipt_time(r);
    (void)fputc('\n', stdout);
    if (record_u64(r, "epoch") > 0)
        (void)printf(" follows      the first %llu entries of epoch %llu\n",
                     (unsigned long long)record_u64(r, "prev-size"),
                     (unsigned long long)record_u64(r, "epoch") - 1);
    if (control_find(r, "claim-size"))
        (void)printf(" they hold    %llu, as they said in the last session\n",
                     (unsigned long long)record_u64(r, "claim-size"));
}

static void
print_lane(const struct control_record *r)
{
    struct buf line = {0};

    text_put_clean(&line, control_text(r, "lane-name"));
    buf_put_str(&line, "  epoch ");
    buf_put_decimal(&line, record_u64(r, "epoch"));
    buf_put_str(&line, "  ");
    put_state(&line, r);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_reset(&line);
    buf_put_hex(&line, control_bytes(r, "lane-id"));
    (void)printf(" lane id      %.*s\n", (int)line.size,
                 (const char *)line.data);
    buf_clear(&line);
    print_counts(r);
    if (is_stopped(r))
        (void)printf(" do           %s\n", advice(r));
}

static void
print_each(const struct control_answer *a)
{
    for (size_t i = 0; i < a->record_count; i++)
        print_lane(&a->records[i]);
}

int
command_lane_show(struct run *run)
{
    if (run->options.word_count != 1)
        return command_usage(run);
    return ask_lanes(run, run->options.words[0], print_each);
}

/* ---- lane evidence ------------------------------------------------------ */

static bool
write_conflict(struct run *run, const struct control_record *r, size_t number)
{
    const char *path = option_text(&run->options, "out");
    struct conflict c;
    struct buf name = {0}, file = {0};

    if (!lane_conflict(r, &c)) {
        (void)complain("the daemon keeps evidence that cannot be read");
        return false;
    }
    text_put_clean(&name, control_text(r, "origin"));
    buf_put_str(&name, "-to-");
    text_put_clean(&name, control_text(r, "holder"));
    buf_put_str(&name, "-");
    buf_put_decimal(&name, number);
    buf_put_str(&name, ".conflict");
    buf_put_u8(&name, 0);
    if (!path)
        path = (const char *)name.data;
    conflict_write(&c, &file);
    bool good = file_write(path, buf_slice(&file));
    if (good && strcmp(path, "-") != 0)
        (void)printf("%s  row %llu: %s\n", path, (unsigned long long)c.row,
                     conflict_words(&c));
    buf_clear(&name);
    buf_clear(&file);
    return good;
}

/* Write all; with --out the latest alone. */
static int
write_all(struct run *run, const struct control_answer *a)
{
    bool one = option_text(&run->options, "out") != NULL;

    if (!a->record_count) {
        (void)fputs("no contradiction was ever kept of this team\n", stderr);
        return NO_MATCH;
    }
    for (size_t i = one ? a->record_count - 1 : 0; i < a->record_count; i++)
        if (!write_conflict(run, &a->records[i], i + 1))
            return FAILED;
    return DONE;
}

int
command_lane_evidence(struct run *run)
{
    struct control_answer a;
    struct daemon *d;
    struct ask ask;
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    d = link_open(run);
    ask_begin(&ask, "lane-evidence");
    ask_text(&ask, "team", run->options.words[0]);
    if (d && link_call(d, &ask, &a))
        code = write_all(run, &a);
    ask_clear(&ask);
    daemon_close(d);
    return code;
}
