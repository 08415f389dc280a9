#include "cli/alarms.h"
#include "cli/cards.h"
#include "cli/json_out.h"
#include "cli/text.h"
#include "core/base/limits.h"

#include <openssl/x509.h>

/* It answers between two steps of its work. */
#define SEEKING_MS 2000

#define EXPIRY_WARN_MS (UINT64_C(86400000) * EXPIRY_FIRST_DAYS)

/* How far the index is, of the turns that the daemon had when it was asked,
 * whether the index was told of them or not; and of how many messages of each
 * team a person has to look at. The answer lives as long as the link. */
struct seeking {
    struct daemon *index; /* NULL: it does not answer */
    uint64_t turn, committed, messages, judging;
    struct control_answer answer;
};

static uint64_t
to_review(const struct seeking *s, struct slice team)
{
    for (size_t i = 1; s->index && i < s->answer.record_count; i++)
        if (slice_equal(control_text(&s->answer.records[i], "team"), team))
            return record_u64(&s->answer.records[i], "to-review");
    return 0;
}

static uint64_t
all_to_review(const struct seeking *s)
{
    uint64_t sum = 0;

    for (size_t i = 1; s->index && i < s->answer.record_count; i++)
        sum += record_u64(&s->answer.records[i], "to-review");
    return sum;
}

static bool
is_kind(const struct control_record *r, const char *kind)
{
    return slice_is(control_text(r, "kind"), kind);
}

/* ---- text --------------------------------------------------------------- */

static void
print_node(const struct control_record *r)
{
    struct buf line = {0};

    text_put_clean(&line, control_text(r, "team"));
    buf_put_str(&line, "  up ");
    text_put_span(&line, record_u64(r, "up-ms"));
    buf_put_str(&line, "  sealane ");
    text_put_clean(&line, control_text(r, "version"));
    buf_put_str(&line, "   ");
    text_put_time(&line, record_u64(r, "time-ms"));
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

static void
put_since(struct buf *out, const struct control_record *r, uint64_t now_ms)
{
    uint64_t since = record_u64(r, "since-ms");

    if (since == 0)
        return;
    buf_put_u8(out, ' ');
    text_put_span(out, now_ms > since ? now_ms - since : 0);
}

static void
add_link(struct grid *g, const struct control_record *r, uint64_t now_ms)
{
    struct buf cell = {0};

    if (!control_truth(r, "confirmed")) {
        buf_put_str(&cell, "UNCONFIRMED");
    } else if (control_truth(r, "paused")) {
        buf_put_str(&cell, "PAUSED ");
        text_put_span(&cell, now_ms - record_u64(r, "paused-ms"));
    } else {
        buf_put_str(&cell, control_truth(r, "up") ? "up" : "DOWN");
        put_since(&cell, r, now_ms);
    }
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

/* Write counts with slashes between them. */
static void
put_counts(struct buf *cell, const struct control_record *r,
           const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_put_str(cell, i ? " / " : "");
        text_put_count(cell, record_u64(r, keys[i]));
    }
}

static void
add_counts(struct grid *g, const struct control_record *r,
           const struct seeking *s)
{
    static const char *const out[] = {"queued", "sent", "receipted"};
    static const char *const in[] = {"stored", "declined"};
    struct buf cell = {0};

    put_counts(&cell, r, out, ARRAY_SIZE(out));
    grid_add(g, buf_slice(&cell));
    buf_reset(&cell);
    put_counts(&cell, r, in, ARRAY_SIZE(in));
    buf_put_str(&cell, " / ");
    if (s->index)
        text_put_count(&cell, to_review(s, control_text(r, "team")));
    else
        buf_put_u8(&cell, '?');
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

static void
add_receipt(struct grid *g, const struct control_record *r, uint64_t now_ms)
{
    uint64_t at = record_u64(r, "receipt-ms");
    struct buf cell = {0};

    if (at == 0) {
        buf_put_str(&cell, "none yet");
    } else {
        text_put_span(&cell, now_ms > at ? now_ms - at : 0);
        buf_put_str(&cell, " ago");
    }
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
}

static void
add_peer(struct grid *g, const struct control_record *r,
         const struct seeking *s, uint64_t now_ms)
{
    struct buf cell = {0};

    text_put_clean(&cell, control_text(r, "team"));
    grid_add(g, buf_slice(&cell));
    buf_clear(&cell);
    add_link(g, r, now_ms);
    add_counts(g, r, s);
    add_receipt(g, r, now_ms);
    grid_end_row(g);
}

static void
put_pause(struct buf *line, const struct control_record *r)
{
    buf_put_str(line, "paused");
    if (control_text(r, "paused-with").size) {
        buf_put_str(line, " by ");
        text_put_clean(line, control_text(r, "paused-with"));
    }
    buf_put_str(line, "; go on: sealane peer resume ");
    text_put_clean(line, control_text(r, "team"));
}

/* Say below a peer's row why it is down, and that nothing is lost. */
static void
print_trouble(const struct control_record *r, uint64_t now_ms)
{
    uint64_t oldest = record_u64(r, "oldest-ms");
    struct buf line = {0};

    if (control_truth(r, "paused"))
        put_pause(&line, r);
    else
        text_put_clean(&line, control_text(r, "trouble"));
    if (line.size == 0)
        buf_put_str(&line, "no connection yet");
    if (control_find(r, "next-try-in-ms")) {
        buf_put_str(&line, "; next try in ");
        text_put_span(&line, record_u64(r, "next-try-in-ms"));
    }
    if (oldest > 0) {
        buf_put_str(&line, "; oldest queued ");
        text_put_span(&line, now_ms > oldest ? now_ms - oldest : 0);
        buf_put_str(&line, "; nothing lost");
    }
    (void)printf("              %.*s\n", (int)line.size,
                 (const char *)line.data);
    buf_clear(&line);
}

static void
print_frozen(const struct control_record *r)
{
    static const char *const keys[] = {"frozen-to", "frozen-from"};
    struct buf line = {0};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!control_find(r, keys[i]))
            continue;
        buf_reset(&line);
        text_put_clean(&line, control_text(r, keys[i]));
        (void)printf("              FROZEN %s them: %.*s\n",
                     i == 0 ? "to" : "from", (int)line.size,
                     (const char *)line.data);
    }
    buf_clear(&line);
}

/* Say how much of the disk their messages take, where it is much of what they
 * may. */
static void
print_disk(const struct control_record *r)
{
    uint64_t used = record_u64(r, "disk-used");
    uint64_t most = record_u64(r, "disk-most");
    struct buf line = {0};

    if (!most || used < most / 4 * 3)
        return;
    text_put_bytes(&line, used);
    buf_put_str(&line, " of the ");
    text_put_bytes(&line, most);
    (void)printf("              their messages take %.*s that they may\n",
                 (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

static void
print_peer_notes(const struct control_record *r, uint64_t now_ms)
{
    if (control_truth(r, "confirmed") && !control_truth(r, "up"))
        print_trouble(r, now_ms);
    print_frozen(r);
    print_disk(r);
    if (control_truth(r, "withheld"))
        (void)puts("              RESTORED from a copy: messages are shown "
                   "once this peer was reached");
}

static void
print_peers(const struct control_answer *a, const struct seeking *s,
            uint64_t now_ms)
{
    static const char *const heading[] = {
        "PEER", "LINK", "TO THEM queued/sent/receipted",
        "FROM THEM stored/declined/to review", "LAST RECEIPT"};
    struct grid g = {0};

    for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
        grid_add(&g, slice_str(heading[i]));
    grid_end_row(&g);
    for (size_t i = 1; i < a->record_count; i++) {
        if (is_kind(&a->records[i], "peer"))
            add_peer(&g, &a->records[i], s, now_ms);
    }
    grid_print_rows(&g, stdout, 1);
    for (size_t i = 1; i < a->record_count; i++) {
        if (!is_kind(&a->records[i], "peer"))
            continue;
        grid_print_rows(&g, stdout, 1);
        print_peer_notes(&a->records[i], now_ms);
    }
    grid_clear(&g);
}

/* ---- the line of the house ---------------------------------------------- */

/* When the node's TLS certificate ends, milliseconds since 1970; 0 if that
 * cannot be read. */
static uint64_t
certificate_end(const struct card *c)
{
    const unsigned char *der;
    uint64_t end = 0;
    struct tm t;

    if (c->certificate_count == 0)
        return 0;
    der = c->certificates[0].data;
    X509 *x = d2i_X509(NULL, &der, (long)c->certificates[0].size);
    if (x && ASN1_TIME_to_tm(X509_get0_notAfter(x), &t) == 1)
        end = (uint64_t)timegm(&t) * 1000;
    X509_free(x);
    return end;
}

static void
put_until(struct buf *line, const char *what, uint64_t end_ms, uint64_t now_ms)
{
    if (end_ms == 0)
        return;
    buf_put_str(line, line->size ? " | " : "");
    buf_put_str(line, what);
    if (end_ms <= now_ms) {
        buf_put_str(line, " EXPIRED (!)");
        return;
    }
    buf_put_str(line, " expires in ");
    text_put_span(line, end_ms - now_ms);
    if (end_ms - now_ms < EXPIRY_WARN_MS)
        buf_put_str(line, " (!)");
}

struct house {
    uint64_t now_ms, card_ms, tls_ms;
    struct seeking seeking;
};

static void
put_seeking(struct buf *line, const struct seeking *s)
{
    if (!s->index) {
        buf_put_str(line, "search does not answer (!)");
    } else if (s->turn >= s->committed) {
        buf_put_str(line, "search current");
    } else {
        buf_put_str(line, "search ");
        text_put_count(line, s->committed - s->turn);
        buf_put_str(line, " turns behind (!)");
    }
    if (all_to_review(s)) {
        buf_put_str(line, ", ");
        text_put_count(line, all_to_review(s));
        buf_put_str(line, " to review (!) -> sealane search --review");
    }
}

static void
print_house(const struct control_record *r, const struct house *h)
{
    struct buf line = {0};

    put_seeking(&line, &h->seeking);
    if (control_find(r, "disk-percent")) {
        buf_put_str(&line, " | disk ");
        buf_put_decimal(&line, record_u64(r, "disk-percent"));
        buf_put_str(&line, " %");
    }
    put_until(&line, "TLS certificate", h->tls_ms, h->now_ms);
    put_until(&line, "card", h->card_ms, h->now_ms);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    if (control_truth(r, "root-readable"))
        (void)printf("the root key lies on this host (!): move root/ to an "
                     "offline machine\n");
    buf_clear(&line);
}

static void
print_alarms(const struct control_answer *a)
{
    struct buf line = {0};
    uint64_t count = record_u64(&a->records[0], "alarms");

    (void)printf("ALARMS %llu%s", (unsigned long long)count,
                 count ? ":" : "\n");
    for (size_t i = 1; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (!is_kind(r, "alarm"))
            continue;
        buf_reset(&line);
        buf_put_str(&line, count == 1 ? " " : "\n ");
        alarm_put_line(&line, r);
        buf_put_str(&line, " -> sealane alarm show A-");
        buf_put_decimal(&line, record_u64(r, "number"));
        (void)printf("%.*s", (int)line.size, (const char *)line.data);
    }
    (void)printf(count ? "\n" : "");
    buf_clear(&line);
}

/* ---- JSON --------------------------------------------------------------- */

static void
node_json(struct json_out *j, const struct control_record *r,
          const struct house *h)
{
    json_out_text(j, "team", control_text(r, "team"));
    json_out_text(j, "short_name", control_text(r, "short-name"));
    json_out_text(j, "version", control_text(r, "version"));
    json_out_time(j, "time", record_u64(r, "time-ms"));
    json_out_number(j, "up_ms", record_u64(r, "up-ms"));
    json_out_number(j, "card_version", record_u64(r, "card-version"));
    json_out_time(j, "card_expires", h->card_ms);
    json_out_time(j, "tls_expires", h->tls_ms);
    json_out_number(j, "submissions", record_u64(r, "submissions"));
    if (control_find(r, "disk-percent"))
        json_out_number(j, "disk_percent", record_u64(r, "disk-percent"));
    json_out_truth(j, "root_readable", control_truth(r, "root-readable"));
    json_out_open(j, "search");
    json_out_truth(j, "answers", h->seeking.index != NULL);
    json_out_number(j, "turn", h->seeking.turn);
    json_out_number(j, "committed", h->seeking.committed);
    json_out_number(j, "messages", h->seeking.messages);
    json_out_number(j, "to_review", all_to_review(&h->seeking));
    json_out_number(j, "to_look_at_again", h->seeking.judging);
    json_out_close(j);
}

static void
peer_json(struct json_out *j, const struct control_record *r,
          const struct seeking *s)
{
    json_out_open(j, NULL);
    json_out_text(j, "team", control_text(r, "team"));
    json_out_text(j, "short_name", control_text(r, "short-name"));
    json_out_truth(j, "confirmed", control_truth(r, "confirmed"));
    json_out_truth(j, "up", control_truth(r, "up"));
    json_out_time(j, "since", record_u64(r, "since-ms"));
    json_out_text(j, "trouble", control_text(r, "trouble"));
    json_out_truth(j, "paused", control_truth(r, "paused"));
    json_out_time(j, "paused_since", record_u64(r, "paused-ms"));
    json_out_text(j, "paused_with", control_text(r, "paused-with"));
    if (control_find(r, "next-try-in-ms"))
        json_out_number(j, "next_try_in_ms", record_u64(r, "next-try-in-ms"));
    json_out_number(j, "queued", record_u64(r, "queued"));
    json_out_time(j, "oldest_queued", record_u64(r, "oldest-ms"));
    json_out_number(j, "sent", record_u64(r, "sent"));
    json_out_number(j, "receipted", record_u64(r, "receipted"));
    json_out_time(j, "last_receipt", record_u64(r, "receipt-ms"));
    json_out_number(j, "stored", record_u64(r, "stored"));
    json_out_number(j, "declined", record_u64(r, "declined"));
    if (s->index)
        json_out_number(j, "to_review", to_review(s, control_text(r, "team")));
    json_out_number(j, "disk_bytes", record_u64(r, "disk-used"));
    json_out_number(j, "disk_bytes_max", record_u64(r, "disk-most"));
    json_out_text(j, "ceiling", control_text(r, "ceiling"));
    json_out_text(j, "frozen_to", control_text(r, "frozen-to"));
    json_out_text(j, "frozen_from", control_text(r, "frozen-from"));
    if (control_truth(r, "withheld"))
        json_out_truth(j, "withheld", true);
    json_out_close(j);
}

static void
print_json(const struct control_answer *a, const struct house *h)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    node_json(j, &a->records[0], h);
    json_out_open_list(j, "peers");
    for (size_t i = 1; i < a->record_count; i++) {
        if (is_kind(&a->records[i], "peer"))
            peer_json(j, &a->records[i], &h->seeking);
    }
    json_out_close_list(j);
    json_out_open_list(j, "alarms");
    for (size_t i = 1; i < a->record_count; i++) {
        if (!is_kind(&a->records[i], "alarm"))
            continue;
        json_out_open(j, NULL);
        alarm_json(j, &a->records[i]);
        json_out_close(j);
    }
    json_out_close_list(j);
    json_out_close(j);
    json_out_free(j);
}

/* ---- the command -------------------------------------------------------- */

/* A confirmed peer that is down, a frozen lane or an alarm is a warning; a
 * critical alarm is more. */
static int
verdict(const struct control_answer *a)
{
    int code = DONE;

    for (size_t i = 1; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (is_kind(r, "alarm") && control_truth(r, "critical"))
            return FAILED;
        if (is_kind(r, "alarm") || control_find(r, "frozen-to") ||
            control_find(r, "frozen-from") ||
            (control_truth(r, "confirmed") && !control_truth(r, "up")))
            code = NO_MATCH;
    }
    return code;
}

static bool
read_house(struct daemon *d, struct house *h)
{
    struct known_card own;

    if (!known_card_fetch(d, NULL, &own))
        return false;
    h->card_ms = own.card.expires_s * 1000;
    h->tls_ms = certificate_end(&own.card);
    known_card_clear(&own);
    return true;
}

/* Ask the index without a word: the node is well without it. */
static void
read_seeking(const struct run *run, struct seeking *s)
{
    struct daemon *d = link_open_index_again(run);
    struct control_request r = {.verb = "status"};

    if (!d)
        return;
    if (daemon_send(d, &r) != OK ||
        daemon_receive(d, SEEKING_MS, &s->answer) != OK || s->answer.code ||
        !s->answer.record_count) {
        daemon_close(d);
        return;
    }
    const struct control_record *about = &s->answer.records[0];
    s->index = d;
    s->turn = record_u64(about, "turn");
    s->messages = record_u64(about, "messages");
    s->judging = record_u64(about, "judging");
}

static int
print_status(struct run *run, const struct control_answer *a, struct house *h)
{
    h->now_ms = record_u64(&a->records[0], "time-ms");
    h->seeking.committed = record_u64(&a->records[0], "turn");
    read_seeking(run, &h->seeking);
    if (run->json) {
        print_json(a, h);
        return verdict(a);
    }
    print_node(&a->records[0]);
    print_peers(a, &h->seeking, h->now_ms);
    print_house(&a->records[0], h);
    print_alarms(a);
    return verdict(a);
}

int
command_status(struct run *run)
{
    struct control_answer a;
    struct house h = {0};
    struct daemon *d;
    struct ask ask;
    int code = FAILED;

    if (run->options.word_count > 0)
        return command_usage(run);
    d = link_open(run);
    ask_begin(&ask, "status");
    if (d && read_house(d, &h) && link_call(d, &ask, &a) && a.record_count > 0)
        code = print_status(run, &a, &h);
    ask_clear(&ask);
    daemon_close(h.seeking.index);
    daemon_close(d);
    return code;
}
