#include "cli/files.h"
#include "cli/json_out.h"
#include "cli/progress.h"
#include "cli/renew.h"
#include "cli/sign.h"
#include "core/base/limits.h"

#include <time.h>

#define WAIT_MS 60000
#define LOOK_MS 100

/* ---- key list -------------------------------------------------------------
 */

static void
add_row(struct grid *g, const struct control_record *r, const char *role)
{
    struct buf cell = {0};

    grid_add(g, role ? slice_str(role) : control_text(r, "role"));
    grid_add(g, control_text(r, "state"));
    buf_put_hex(&cell, control_bytes(r, "key-id"));
    grid_add(g, cell.size ? buf_slice(&cell) : slice_str("-"));
    buf_reset(&cell);
    if (record_u64(r, "since")) {
        buf_put_str(&cell, "v");
        buf_put_decimal(&cell, record_u64(r, "since"));
    }
    grid_add(g, cell.size ? buf_slice(&cell) : slice_str("-"));
    grid_end_row(g);
    buf_clear(&cell);
}

static void
key_json(const struct control_record *r, const char *role)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    if (role)
        json_out_str(j, "role", role);
    else
        json_out_text(j, "role", control_text(r, "role"));
    json_out_text(j, "state", control_text(r, "state"));
    json_out_hex(j, "key_id", control_bytes(r, "key-id"));
    json_out_base64(j, "key", control_bytes(r, "key"));
    json_out_number(j, "since", record_u64(r, "since"));
    json_out_close(j);
    json_out_free(j);
}

/* Print the keys that a verb lists; `role` where they do not say theirs. */
static bool
list_keys(struct run *run, struct daemon *d, const char *role, struct grid *g)
{
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, role ? "tls-keys" : "keys");
    bool good = link_call(d, &ask, &a);
    ask_clear(&ask);
    for (size_t i = 0; good && i < a.record_count; i++) {
        if (run->json)
            key_json(&a.records[i], role);
        else
            add_row(g, &a.records[i], role);
    }
    return good;
}

int
command_key_list(struct run *run)
{
    static const char *const heading[] = {"ROLE", "STATE", "KEY ID", "SINCE"};
    struct daemon *d;
    struct grid g = {0};
    int code = FAILED;

    if (run->options.word_count > 0)
        return command_usage(run);
    for (size_t i = 0; i < ARRAY_SIZE(heading); i++)
        grid_add(&g, slice_str(heading[i]));
    grid_end_row(&g);
    d = link_open(run);
    if (d && list_keys(run, d, "tls", &g) && list_keys(run, d, NULL, &g)) {
        if (!run->json)
            grid_print(&g, stdout);
        code = DONE;
    }
    daemon_close(d);
    grid_clear(&g);
    return code;
}

/* ---- key rotate: how far it is --------------------------------------------
 */

struct rotation {
    struct run *run;
    const char *role;
    struct renewal what;
    struct daemon *daemon;
    uint64_t until_ms;
};

/* What the node says of the role's keys, and of the card in force. */
struct standing {
    bool made;      /* a new key waits for a card */
    bool leaving;   /* an old key still stands beside the new one */
    uint64_t since; /* version of the card that put the key in use */
    uint64_t card;
    size_t peers, missing; /* confirmed; of these without the card */
    char first_missing[TEAM_NAME_MAX + 1];
};

static bool
is_tls(const struct rotation *o)
{
    return strcmp(o->role, "tls") == 0;
}

static void
read_key(const struct rotation *o, const struct control_record *r,
         struct standing *s)
{
    struct slice state = control_text(r, "state");

    if (!is_tls(o) && !slice_is(control_text(r, "role"), o->role))
        return;
    s->made |= slice_is(state, "made");
    s->leaving |= slice_is(state, "retiring") || slice_is(state, "listed");
    if (slice_is(state, "in use"))
        s->since = record_u64(r, "since");
}

static void
read_status(const struct control_record *r, struct standing *s)
{
    struct slice team = control_text(r, "team");

    if (slice_is(control_text(r, "kind"), "node"))
        s->card = record_u64(r, "card-version");
    if (!slice_is(control_text(r, "kind"), "peer") ||
        !control_truth(r, "confirmed"))
        return;
    s->peers++;
    if (record_u64(r, "holds-card") >= s->card)
        return;
    if (!s->missing++)
        (void)snprintf(s->first_missing, sizeof s->first_missing, "%.*s",
                       (int)team.size, (const char *)team.data);
}

static bool
look(struct rotation *o, struct standing *s)
{
    struct control_answer a;
    struct ask ask;

    *s = (struct standing){0};
    ask_begin(&ask, is_tls(o) ? "tls-keys" : "keys");
    bool good = link_call(o->daemon, &ask, &a);
    ask_clear(&ask);
    for (size_t i = 0; good && i < a.record_count; i++)
        read_key(o, &a.records[i], s);
    if (!good)
        return false;
    ask_begin(&ask, "status");
    good = link_call(o->daemon, &ask, &a);
    ask_clear(&ask);
    for (size_t i = 0; good && i < a.record_count; i++)
        read_status(&a.records[i], s);
    return good;
}

/* ---- key rotate: its steps ------------------------------------------------
 */

static void
say(const struct rotation *o, const char *text)
{
    (void)printf("%s: %s\n", o->role, text);
    (void)fflush(stdout);
}

/* The root is elsewhere: leave a request for it, or say that it is there. */
static int
leave_request(struct rotation *o, const struct request *r)
{
    const char *output = option_text(&o->run->options, "output");
    struct buf text = {0};
    bool good;

    if (!output)
        return complain("the root signs the next card: give --root DIR, or "
                        "-o FILE for a request to take to it");
    request_put(&text, r);
    good = file_write(output, buf_slice(&text));
    buf_clear(&text);
    if (!good)
        return FAILED;
    (void)printf("%s: the request is in %s. Where the root is: sealane card "
                 "sign %s --root DIR -o CARD\n"
                 "%s: then here: sealane key rotate %s --signed CARD\n",
                 o->role, output, output, o->role, o->role);
    return WAITING;
}

static int
import(struct rotation *o, struct slice card)
{
    struct team_name team;
    uint64_t version;

    if (!renew_import(o->daemon, card, &team, &version))
        return FAILED;
    (void)printf("%s: version %llu of our card is in force\n", o->role,
                 (unsigned long long)version);
    (void)fflush(stdout);
    return DONE;
}

/* Get the next card in force: made now, or brought from the root. */
static int
put_in_force(struct rotation *o)
{
    const char *root = option_text(&o->run->options, "root");
    const char *file = option_text(&o->run->options, "signed");
    struct buf card = {0};
    struct request r;
    int code = FAILED;

    if (file) {
        if (file_read(file, FRAME_CARD_MAX, &card))
            code = import(o, buf_slice(&card));
        buf_clear(&card);
        return code;
    }
    if (!renew_request(o->daemon, &o->what, &r))
        return FAILED;
    say(o, "the new key is made");
    if (!root)
        code = leave_request(o, &r);
    else if (sign_request(o->run, &r, root, &card))
        code = import(o, buf_slice(&card));
    request_clear(&r);
    buf_clear(&card);
    return code;
}

static void
pause_shortly(void)
{
    struct timespec t = {0, LOOK_MS * 1000000};

    (void)nanosleep(&t, NULL);
}

static void
say_peers(const struct rotation *o, const struct standing *s)
{
    if (s->missing)
        (void)printf("%s: %zu of %zu peers have the card; not %s%s\n", o->role,
                     s->peers - s->missing, s->peers, s->first_missing,
                     s->missing > 1 ? " and others" : "");
    else
        (void)printf("%s: every peer has the card\n", o->role);
}

/* Wait until every peer has the card and the old key is gone, as long as the
 * user wants. */
static int
see_it_through(struct rotation *o)
{
    struct standing s;

    do {
        if (!look(o, &s))
            return FAILED;
        if (!s.missing && !s.leaving) {
            say_peers(o, &s);
            say(o, "the old private key is destroyed; done");
            return DONE;
        }
        pause_shortly();
    } while (progress_now_ms() < o->until_ms);
    say_peers(o, &s);
    say(o, s.leaving ? "the old key is still needed; run this again to go on"
                     : "peers get the card when they connect; nothing else is "
                       "left to do");
    return WAITING;
}

static int
rotate(struct rotation *o)
{
    bool brings = option_text(&o->run->options, "signed") != NULL;
    struct standing s;
    int code = DONE;

    if (!look(o, &s))
        return FAILED;
    /* Begun and cut off: the card is in force, its peers are being told. */
    bool under_way =
        !s.made &&
        (s.leaving || (s.since > 1 && s.since == s.card && s.missing));
    if (under_way)
        say(o, "a rotation is under way; going on with it");
    else if (brings || !s.leaving)
        code = put_in_force(o);
    return code == DONE ? see_it_through(o) : code;
}

int
command_key_rotate(struct run *run)
{
    struct rotation o = {.run = run};
    uint64_t wait;
    int code = FAILED;

    if (run->options.word_count != 1)
        return command_usage(run);
    o.role = run->options.words[0];
    if (!renewal_role(&o.what, o.role, false) ||
        !option_span(&run->options, "wait", WAIT_MS, &wait))
        return FAILED;
    o.until_ms = progress_now_ms() + wait;
    o.daemon = link_open(run);
    if (o.daemon)
        code = rotate(&o);
    daemon_close(o.daemon);
    return code;
}
