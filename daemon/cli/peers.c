#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/link.h"
#include "cli/text.h"
#include "core/base/limits.h"
#include "core/model/marking.h"

#include <unistd.h>

#define CODE_DIGITS 48

/* ---- peer add ----------------------------------------------------------- */

static void
print_code(const struct control_record *r)
{
    struct slice team = control_text(r, "team");
    struct slice code = control_text(r, "code");

    (void)printf("  code of this pair: %.*s\n", (int)code.size,
                 (const char *)code.data);
    (void)printf("Call a person whom you know at %.*s, on a number that you "
                 "have from elsewhere.\nHave the twelve groups read out to "
                 "you, then: sealane peer confirm %.*s --with "
                 "\"NAME, NUMBER\"\n",
                 (int)team.size, (const char *)team.data, (int)team.size,
                 (const char *)team.data);
}

static void
peer_json(const struct control_record *r)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_text(j, "team", control_text(r, "team"));
    json_out_text(j, "short_name", control_text(r, "short-name"));
    json_out_text(j, "code", control_text(r, "code"));
    json_out_text(j, "state", control_text(r, "state"));
    json_out_truth(j, "paused", control_truth(r, "paused"));
    json_out_close(j);
    json_out_free(j);
}

static void
print_added(struct run *run, const struct control_record *r)
{
    struct slice team = control_text(r, "team");

    if (run->json) {
        peer_json(r);
    } else if (slice_is(control_text(r, "state"), "confirmed")) {
        (void)printf("%.*s: newer card taken; it stays confirmed\n",
                     (int)team.size, (const char *)team.data);
    } else {
        (void)printf("%.*s added, unconfirmed: nothing flows yet\n",
                     (int)team.size, (const char *)team.data);
        print_code(r);
    }
}

/* Ask for one record and print it; gives the exit code. */
static int
call_and_print(struct run *run, struct ask *ask,
               void (*print)(struct run *, const struct control_record *))
{
    struct daemon *d = link_open(run);
    struct control_answer a;
    int code = FAILED;

    if (d && link_call(d, ask, &a) && a.record_count > 0) {
        print(run, &a.records[0]);
        code = DONE;
    }
    daemon_close(d);
    return code;
}

int
command_peer_add(struct run *run)
{
    struct buf card = {0};
    struct ask ask;
    int code;

    if (run->options.word_count != 1)
        return command_usage(run);
    if (!file_read(run->options.words[0], FRAME_CARD_MAX, &card)) {
        buf_clear(&card);
        return FAILED;
    }
    ask_begin(&ask, "peer-add");
    control_add_bytes(&ask.b, "card", buf_slice(&card));
    code = call_and_print(run, &ask, print_added);
    ask_clear(&ask);
    buf_clear(&card);
    return code;
}

/* ---- peer confirm ------------------------------------------------------- */

/* Add the digits of a text; false if there are other letters in it. */
static bool
take_digits(const char *text, char digits[CODE_DIGITS + 1], size_t *count)
{
    for (; *text; text++) {
        if (strchr(" \t\r\n-.", *text))
            continue;
        if (*text < '0' || *text > '9' || *count == CODE_DIGITS)
            return false;
        digits[(*count)++] = *text;
    }
    return true;
}

/* Read lines until all groups are there; people type them in parts. */
static bool
type_digits(const char *team, char digits[CODE_DIGITS + 1])
{
    char line[512];
    size_t count = 0;

    (void)printf("Type the twelve groups of four digits that %s reads out "
                 "to you:\n",
                 team);
    (void)fflush(stdout);
    while (count < CODE_DIGITS && fgets(line, sizeof line, stdin)) {
        if (!take_digits(line, digits, &count)) {
            (void)complain("digits alone, please; nothing is confirmed");
            return false;
        }
    }
    if (count == CODE_DIGITS)
        return true;
    (void)complain("%zu digits of %d; nothing is confirmed", count,
                   CODE_DIGITS);
    return false;
}

static bool
read_code(struct run *run, char digits[CODE_DIGITS + 1])
{
    const char *code = option_text(&run->options, "code");
    size_t count = 0;

    if (!code)
        return type_digits(run->options.words[0], digits);
    if (take_digits(code, digits, &count) && count == CODE_DIGITS)
        return true;
    (void)complain("--code takes twelve groups of four digits; nothing is "
                   "confirmed");
    return false;
}

static void
print_confirmed(struct run *run, const struct control_record *r)
{
    struct slice team = control_text(r, "team");

    if (run->json)
        peer_json(r);
    else
        (void)printf("%.*s is confirmed; messages flow once both sides "
                     "have confirmed\n",
                     (int)team.size, (const char *)team.data);
}

int
command_peer_confirm(struct run *run)
{
    const char *with = option_text(&run->options, "with");
    char digits[CODE_DIGITS + 1] = {0};
    struct ask ask;
    int code;

    if (run->options.word_count != 1)
        return command_usage(run);
    if (!with || !with[0])
        return complain("--with says with whom you spoke and how: "
                        "--with \"Nguyen, +61 2 5550 0100\"");
    if (!read_code(run, digits))
        return FAILED;
    ask_begin(&ask, "peer-confirm");
    ask_text(&ask, "team", run->options.words[0]);
    ask_text(&ask, "with", with);
    ask_text(&ask, "groups", digits);
    code = call_and_print(run, &ask, print_confirmed);
    ask_clear(&ask);
    return code;
}

/* ---- peer pause, peer resume --------------------------------------------- */

static void
print_paused(struct run *run, const struct control_record *r)
{
    struct slice team = control_text(r, "team");

    if (run->json)
        peer_json(r);
    else if (control_truth(r, "paused"))
        (void)printf("%.*s is paused: its links are closed, what is for it "
                     "waits in the queue\n",
                     (int)team.size, (const char *)team.data);
    else
        (void)printf("%.*s goes on\n", (int)team.size, (const char *)team.data);
}

static int
set_paused(struct run *run, const char *verb)
{
    struct ask ask;

    if (run->options.word_count != 1)
        return command_usage(run);
    ask_begin(&ask, verb);
    ask_text(&ask, "team", run->options.words[0]);
    ask_text(&ask, "with", option_text(&run->options, "with"));
    int code = call_and_print(run, &ask, print_paused);
    ask_clear(&ask);
    return code;
}

int
command_peer_pause(struct run *run)
{
    return set_paused(run, "peer-pause");
}

int
command_peer_resume(struct run *run)
{
    return set_paused(run, "peer-resume");
}

/* ---- peer list ---------------------------------------------------------- */

static void
add_text(struct grid *g, struct slice text)
{
    struct buf clean = {0};

    text_put_clean(&clean, text);
    grid_add(g, clean.size ? buf_slice(&clean) : slice_str("-"));
    buf_clear(&clean);
}

/* What their messages take of the disk, and may. */
static void
add_disk(struct grid *g, const struct control_record *r)
{
    uint64_t most = record_u64(r, "disk-most");
    struct buf cell = {0};

    text_put_bytes(&cell, record_u64(r, "disk-used"));
    if (most) {
        buf_put_str(&cell, " of ");
        text_put_bytes(&cell, most);
    }
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

static void
add_peer_row(struct grid *g, const struct control_record *r)
{
    struct buf cell = {0};
    enum tlp tlp;

    add_text(g, control_text(r, "team"));
    add_text(g, control_text(r, "short-name"));
    grid_add(g, slice_str(control_truth(r, "confirmed") ? "confirmed"
                                                        : "UNCONFIRMED"));
    grid_add(g, tlp_parse(control_text(r, "ceiling"), &tlp)
                    ? slice_str(tlp_label(tlp))
                    : slice_str("-"));
    buf_put_str(&cell, "v");
    buf_put_decimal(&cell, record_u64(r, "card-version"));
    buf_put_str(&cell, " to ");
    text_put_day(&cell, record_u64(r, "card-expires-s") * 1000);
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
    grid_add(g, slice_str(control_truth(r, "up") ? "up" : "down"));
    add_disk(g, r);
    add_text(g, control_text(r, "confirmed-by"));
    add_text(g, control_text(r, "code"));
    grid_end_row(g);
}

static void
print_peers(const struct control_answer *a)
{
    static const char *const heading[] = {
        "PEER", "SHORT", "PAIRING",        "CEILING", "CARD",
        "LINK", "DISK",  "CONFIRMED WITH", "CODE"};
    struct grid g = {0};

    for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
        grid_add(&g, slice_str(heading[i]));
    grid_end_row(&g);
    for (size_t i = 0; i < a->record_count; i++)
        add_peer_row(&g, &a->records[i]);
    grid_print(&g, stdout);
    grid_clear(&g);
}

static void
peers_json(const struct control_answer *a)
{
    struct json_out *j = json_out_new(stdout);

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        json_out_open(j, NULL);
        json_out_text(j, "team", control_text(r, "team"));
        json_out_text(j, "short_name", control_text(r, "short-name"));
        json_out_truth(j, "confirmed", control_truth(r, "confirmed"));
        json_out_text(j, "confirmed_by", control_text(r, "confirmed-by"));
        json_out_text(j, "ceiling", control_text(r, "ceiling"));
        json_out_truth(j, "community", control_truth(r, "community"));
        json_out_number(j, "card_version", record_u64(r, "card-version"));
        json_out_time(j, "card_expires",
                      record_u64(r, "card-expires-s") * 1000);
        json_out_truth(j, "up", control_truth(r, "up"));
        json_out_number(j, "disk_bytes", record_u64(r, "disk-used"));
        json_out_number(j, "disk_bytes_max", record_u64(r, "disk-most"));
        json_out_text(j, "code", control_text(r, "code"));
        json_out_close(j);
    }
    json_out_free(j);
}

int
command_peer_list(struct run *run)
{
    struct daemon *d;
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    if (run->options.word_count > 0)
        return command_usage(run);
    d = link_open(run);
    ask_begin(&ask, "peers");
    if (d && link_call(d, &ask, &a)) {
        if (run->json)
            peers_json(&a);
        else if (a.record_count > 0)
            print_peers(&a);
        else
            (void)fputs("no peer yet; sealane peer add FILE takes a "
                        "team's card\n",
                        stderr);
        code = a.record_count > 0 ? DONE : NO_MATCH;
    }
    ask_clear(&ask);
    daemon_close(d);
    return code;
}
