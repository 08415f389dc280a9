#include "cli/progress.h"

#include "cli/json_out.h"
#include "cli/proofs.h"

#include <poll.h>
#include <time.h>

#define BAR 10

/* Between tries to reach a daemon that restarts. */
#define TRY_MS 100

uint64_t
progress_now_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
progress_read(const struct control_answer *a, struct progress *out)
{
    *out = (struct progress){0};
    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        out->queued += record_u64(r, "queued");
        out->sent += record_u64(r, "sent");
        out->receipted += record_u64(r, "receipted");
        out->cancelled += record_u64(r, "cancelled");
    }
}

/* ---- the bar ------------------------------------------------------------ */

struct following {
    const struct run *run;
    struct daemon *daemon;
    uint64_t number;
    uint64_t began_ms, sent_ms, receipted_ms, until_ms;
    struct progress now;
    struct buf token;
};

static uint64_t
total_of(const struct progress *p)
{
    return p->queued + p->sent;
}

static void
put_bar(struct buf *line, const struct following *f)
{
    uint64_t total = total_of(&f->now);
    uint64_t done = total ? f->now.receipted * BAR / total : BAR;

    buf_put_str(line, "  [");
    for (uint64_t i = 0; i < BAR; i++)
        buf_put_u8(line, i < done ? '#' : '.');
    buf_put_str(line, "] ");
    text_put_count(line, f->now.receipted);
    buf_put_u8(line, '/');
    text_put_count(line, total);
    buf_put_str(line, "   queued ");
    text_put_clock(line, f->began_ms);
    if (f->sent_ms) {
        buf_put_str(line, "   sent ");
        text_put_clock(line, f->sent_ms);
    }
    if (f->receipted_ms) {
        buf_put_str(line, "   receipted ");
        text_put_clock(line, f->receipted_ms);
    }
}

static void
draw(const struct following *f, bool last)
{
    struct buf line = {0};

    if (f->run->json || (!f->run->terminal && !last))
        return;
    put_bar(&line, f);
    (void)printf("%s%.*s%s", f->run->terminal ? "\r" : "", (int)line.size,
                 (const char *)line.data, last ? "\n" : "");
    (void)fflush(stdout);
    buf_clear(&line);
}

/* ---- receipts ----------------------------------------------------------- */

/* Check the receipt of the lane to a team with the keys of its card. */
static bool
receipt_is_good(struct daemon *asks, struct daemon *fetches, const char *team,
                uint64_t index)
{
    struct control_answer a;
    struct checkpoint receipt;
    struct known_card card;
    struct ask ask;
    bool good = false;

    ask_begin(&ask, "lanes");
    ask_text(&ask, "team", team);
    bool asked = link_call(asks, &ask, &a);
    ask_clear(&ask);
    if (!asked || !known_card_fetch(fetches, team, &card))
        return false;
    for (size_t i = 0; i < a.record_count; i++) {
        const struct control_record *r = &a.records[i];
        struct slice id = control_bytes(r, "lane-id");
        struct team_name origin;
        struct lane_id lane;
        struct vkey key;
        if (!slice_is(control_text(r, "direction"), "to") ||
            !proof_receipt(r, &receipt) || receipt.size <= index ||
            id.size != sizeof lane.b ||
            !team_name_parse(control_text(r, "origin"), &origin) ||
            !known_card_key(&card, KEY_ROLE_RECEIPT, &receipt.key, &key))
            continue;
        memcpy(lane.b, id.data, sizeof lane.b);
        struct signatory by = {&card.card.team, KEY_ROLE_RECEIPT, &key.key};
        good = checkpoint_verify(&receipt, &origin, &lane, &by) == OK;
    }
    known_card_clear(&card);
    return good;
}

static void
print_receipt(struct daemon *asks, struct daemon *fetches,
              const struct control_record *r)
{
    uint64_t last = record_u64(r, "last-index");
    struct buf team = {0}, line = {0};

    buf_put(&team, control_text(r, "team"));
    buf_put_u8(&team, 0);
    const char *name = (const char *)team.data;
    bool good = receipt_is_good(asks, fetches, name, last);
    text_put_range(&line, record_u64(r, "first-index"), last);
    (void)printf("  Receipt: %s has %.*s on disk, signature %s. Stored; NOT "
                 "yet opened by a person.\n",
                 name, (int)line.size, (const char *)line.data,
                 good ? "good" : "NOT GOOD");
    buf_clear(&team);
    buf_clear(&line);
}

/* Say that what is open is safe, and how much of it has left. */
static void
put_safety(struct buf *line, uint64_t open, uint64_t queued)
{
    if (open == 1 && queued == 1) {
        buf_put_str(line, "It is safely queued and has not left; it will go "
                          "by itself.");
    } else if (queued == open) {
        buf_put_str(line, "All ");
        text_put_count(line, open);
        buf_put_str(line, " are safely queued, none has left; they will go "
                          "by themselves.");
    } else {
        text_put_count(line, queued);
        buf_put_str(line, " safely queued, ");
        text_put_count(line, open - queued);
        buf_put_str(line, " left without receipt yet; they will go by "
                          "themselves.");
    }
}

/* Say why a team has not receipted everything. */
static void
print_delay(const struct following *f, const struct control_record *r,
            uint64_t wait_ms)
{
    uint64_t queued = record_u64(r, "queued"), sent = record_u64(r, "sent");
    uint64_t open = queued + sent - record_u64(r, "receipted");
    struct slice team = control_text(r, "team");
    struct buf line = {0};

    buf_put_str(&line, "Not receipted after ");
    text_put_span(&line, wait_ms);
    buf_put_str(&line, ": ");
    text_put_clean(&line, team);
    if (control_truth(r, "up")) {
        buf_put_str(&line, " is connected and has not answered yet");
    } else {
        buf_put_str(&line, " is not connected");
        if (control_text(r, "trouble").size) {
            buf_put_str(&line, ": ");
            text_put_clean(&line, control_text(r, "trouble"));
        }
        if (record_u64(r, "since-ms")) {
            buf_put_str(&line, ", since ");
            text_put_time(&line, record_u64(r, "since-ms"));
        }
    }
    (void)printf("  %.*s.\n", (int)line.size, (const char *)line.data);
    buf_reset(&line);
    put_safety(&line, open, queued);
    if (queued && command_exists("cancel")) {
        buf_put_str(&line, " Recall: sealane cancel S-");
        buf_put_decimal(&line, f->number);
    }
    (void)printf("  %.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

/* Say for each team how it ended. */
static void
print_end(const struct following *f, const struct control_answer *a,
          uint64_t wait_ms)
{
    struct daemon *asks = link_open(f->run);
    struct daemon *fetches = asks ? link_open(f->run) : NULL;

    for (size_t i = 0; fetches && i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (!control_find(r, "team"))
            continue;
        if (record_u64(r, "queued") ||
            record_u64(r, "receipted") < record_u64(r, "sent"))
            print_delay(f, r, wait_ms);
        else if (record_u64(r, "sent"))
            print_receipt(asks, fetches, r);
    }
    daemon_close(fetches);
    daemon_close(asks);
}

static void
end_json(const struct following *f)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_str(j, "event", "progress");
    json_out_number(j, "submission", f->number);
    json_out_number(j, "queued", f->now.queued);
    json_out_number(j, "sent", f->now.sent);
    json_out_number(j, "receipted", f->now.receipted);
    json_out_number(j, "cancelled", f->now.cancelled);
    json_out_time(j, "receipted_at", f->receipted_ms);
    json_out_close(j);
    json_out_free(j);
}

/* ---- following ---------------------------------------------------------- */

/* Connect again to a daemon that restarts, while there is time to wait. */
static bool
connect_again(struct following *f)
{
    daemon_close(f->daemon);
    f->daemon = NULL;
    while (progress_now_ms() < f->until_ms) {
        (void)poll(NULL, 0, TRY_MS);
        f->daemon = link_open_again(f->run);
        if (f->daemon)
            return true;
    }
    return false;
}

static bool
ask_state(struct following *f, struct control_answer *a)
{
    uint64_t now = progress_now_ms();
    uint64_t left = f->until_ms > now ? f->until_ms - now : 0;
    struct ask ask;
    bool answered;

    *a = (struct control_answer){0};
    ask_begin(&ask, "submission");
    control_add_number(&ask.b, "number", (int64_t)f->number);
    control_add_number(&ask.b, "wait", (int64_t)left);
    control_add_text(&ask.b, "seen", buf_slice(&f->token));
    answered = link_ask(f->daemon, &ask, a) && a->code != ERR_NOT_NOW;
    ask_clear(&ask);
    return answered;
}

/* Wait for the next change, or the end of the time. What was accepted is safe
 * whatever becomes of the daemon, so that its end is no failure. */
static int
next_state(struct following *f, struct control_answer *a)
{
    while (!f->daemon || !ask_state(f, a)) {
        *a = (struct control_answer){0};
        if (!connect_again(f)) {
            (void)complain("the daemon did not come back; what it has "
                           "accepted is safe");
            return WAITING;
        }
    }
    if (a->code != OK) {
        link_complain(a);
        return FAILED;
    }
    buf_reset(&f->token);
    for (size_t i = 0; i < a->record_count; i++)
        buf_put(&f->token, control_text(&a->records[i], "token"));
    return DONE;
}

static int
follow(struct following *f, uint64_t wait_ms)
{
    struct control_answer a;
    bool done = false;

    while (!done) {
        int code = next_state(f, &a);
        if (code != DONE)
            return code;
        progress_read(&a, &f->now);
        uint64_t now = progress_now_ms();
        if (f->now.queued == 0 && !f->sent_ms)
            f->sent_ms = now;
        done = f->now.queued == 0 && f->now.receipted >= f->now.sent;
        if (done)
            f->receipted_ms = now;
        draw(f, done || now >= f->until_ms);
        if (now >= f->until_ms)
            break;
    }
    if (f->run->json)
        end_json(f);
    else
        print_end(f, &a, wait_ms);
    return done ? DONE : WAITING;
}

int
progress_follow(const struct run *run, uint64_t number, uint64_t began_ms,
                uint64_t wait_ms)
{
    struct following f = {.run = run, .number = number, .began_ms = began_ms};
    int code;

    f.until_ms = progress_now_ms() + wait_ms;
    f.daemon = link_open_again(run);
    code = follow(&f, wait_ms);
    daemon_close(f.daemon);
    buf_clear(&f.token);
    return code;
}
