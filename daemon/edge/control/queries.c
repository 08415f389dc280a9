#include "edge/control/queries.h"

#include "core/base/utf8.h"
#include "core/lane/texts.h"
#include "edge/control/entries.h"

#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define VALUE_SHOWN_MAX 128

/* ---- helpers ------------------------------------------------------------ */

void
query_fault(struct query *q, const char *before, struct slice value,
            const char *after)
{
    struct buf text = {0};

    /* A value of a request may be long; its beginning says which one, but not
     * with half a letter: an answer that is no UTF-8 cannot be read. */
    if (value.size > VALUE_SHOWN_MAX)
        value.size = utf8_bad_at(slice_of(value.data, VALUE_SHOWN_MAX));
    buf_put_str(&text, before);
    buf_put(&text, value);
    buf_put_str(&text, after);
    if (!arena_copy(q->arena, buf_slice(&text), &q->text))
        q->text = (struct slice){0};
    buf_clear(&text);
}

static void
add_str(struct query *q, const char *key, const char *text)
{
    control_add_text(&q->answer, key, slice_str(text));
}

static void
add_u64(struct query *q, const char *key, uint64_t number)
{
    control_add_number(&q->answer, key,
                       number > INT64_MAX ? INT64_MAX : (int64_t)number);
}

static size_t
peer_count(const struct query *q)
{
    struct view_node node;

    view_node(q->exchange, &node);
    return node.peer_count;
}

enum err
query_peer(struct query *q, struct slice name, uint32_t *peer)
{
    struct buf known = {0};
    size_t count = peer_count(q);

    if (view_find_peer(q->exchange, name, peer) == OK)
        return OK;
    buf_put_str(&known, count ? "\" is not a peer; known:"
                              : "\" is not a peer; there is none yet");
    for (uint32_t i = 0; i < count; i++) {
        buf_put_str(&known, i ? ", " : " ");
        buf_put(&known, query_team(q, i));
    }
    buf_put_u8(&known, 0);
    query_fault(q, "\"", name, (const char *)known.data);
    buf_clear(&known);
    return ERR_NOT_FOUND;
}

/* See the card of a peer, or the own one; NULL if there is none. */
static const struct card *
card_of(const struct query *q, uint32_t peer)
{
    const struct card *card;
    struct slice proof;
    enum err e = peer == VIEW_NONE
                     ? view_card_own(q->exchange, &card, &proof)
                     : view_card(q->exchange, peer, &card, &proof);

    return e == OK ? card : NULL;
}

/* Tell whether another team, own one included, has this short name. */
static bool
is_shared(const struct query *q, uint32_t peer, struct slice short_name)
{
    size_t count = peer_count(q);
    const struct card *card;

    for (uint32_t i = 0; i < count; i++) {
        card = card_of(q, i);
        if (i != peer && card && slice_equal(card->short_name, short_name))
            return true;
    }
    card = card_of(q, VIEW_NONE);
    return peer != VIEW_NONE && card &&
           slice_equal(card->short_name, short_name);
}

struct slice
query_name(const struct query *q, uint32_t peer)
{
    const struct card *card = card_of(q, peer);

    if (card && card->short_name.size && !is_shared(q, peer, card->short_name))
        return card->short_name;
    return query_team(q, peer);
}

struct slice
query_team(const struct query *q, uint32_t peer)
{
    const struct card *card = card_of(q, peer);

    return card ? slice_str(card->team.text) : slice_str("?");
}

/* ---- status, peers, card ------------------------------------------------ */

static void
add_disk(struct query *q)
{
    struct statvfs disk;

    if (statvfs(q->settings->state, &disk) != 0 || disk.f_blocks == 0)
        return;
    add_u64(q, "disk-percent",
            100 - (uint64_t)disk.f_bavail * 100 / (uint64_t)disk.f_blocks);
}

static void
add_node(struct query *q)
{
    char root[SETTINGS_PATH_MAX + 16];
    struct view_node node;

    view_node(q->exchange, &node);
    (void)snprintf(root, sizeof root, "%s/root/root.key", q->settings->state);
    add_str(q, "kind", "node");
    add_str(q, "team", node.team.text);
    add_str(q, "short-name", node.short_name);
    add_str(q, "version", SEALANE_VERSION);
    add_u64(q, "time-ms", q->now.wall.ms);
    add_u64(q, "up-ms", q->up_ms);
    add_u64(q, "card-version", node.card_version);
    add_u64(q, "card-expires-s", node.card_expires_s);
    add_str(q, "default-tlp", tlp_name(q->settings->default_tlp));
    add_str(q, "warninglists", q->settings->warninglists);
    control_add_truth(&q->answer, "warn-documentation",
                      q->settings->warn_documentation);
    add_u64(q, "submissions", node.submission_count);
    add_u64(q, "alarms", node.alarms_open);
    add_u64(q, "incarnation", node.incarnation);
    add_u64(q, "turn", q->store->ops->turn(q->store->self) - 1);
    add_disk(q);
    control_add_truth(&q->answer, "root-readable", access(root, R_OK) == 0);
    control_end_record(&q->answer);
}

/* Both directions of a pair, all epochs: sent and receipted of ours, stored
 * of theirs. */
static void
add_peer_lanes(struct query *q, uint32_t peer, const struct view_peer *v)
{
    struct lane_totals t;

    lane_totals(q, peer, &t);
    add_u64(q, "sent", t.sent);
    add_u64(q, "receipted", t.receipted);
    add_u64(q, "receipt-ms", t.receipt_ms);
    add_u64(q, "stored",
            t.stored > v->declined_by_us ? t.stored - v->declined_by_us : 0);
    add_u64(q, "declined", v->declined_by_us);
    add_u64(q, "receipt-given-ms", t.receipt_given_ms);
    if (t.frozen_to[0])
        add_str(q, "frozen-to", t.frozen_to);
    if (t.frozen_from[0])
        add_str(q, "frozen-from", t.frozen_from);
    if (t.withheld)
        control_add_truth(&q->answer, "withheld", true);
}

static void
add_link(struct query *q, const struct view_peer *v)
{
    uint64_t now = q->now.mono.ms;

    control_add_truth(&q->answer, "up", v->up);
    add_u64(q, "since-ms", v->since.ms);
    add_str(q, "trouble", v->trouble);
    if (v->paused) {
        control_add_truth(&q->answer, "paused", true);
        add_u64(q, "paused-ms", v->paused_time.ms);
        add_str(q, "paused-with", v->paused_with);
    }
    if (!v->up && !v->paused && v->next_try.ms != MONO_NEVER.ms)
        add_u64(q, "next-try-in-ms",
                v->next_try.ms > now ? v->next_try.ms - now : 0);
    add_u64(q, "queued", v->queued);
    add_u64(q, "oldest-ms", v->queued ? v->oldest_queued.ms : 0);
}

static void
add_peer(struct query *q, uint32_t number, const struct view_peer *v)
{
    add_str(q, "kind", "peer");
    add_str(q, "team", v->team.text);
    add_str(q, "short-name", v->short_name);
    control_add_truth(&q->answer, "confirmed", v->confirmed);
    add_str(q, "confirmed-by", v->confirmed_by);
    add_str(q, "ceiling", tlp_name(v->ceiling));
    control_add_truth(&q->answer, "community", v->community);
    add_u64(q, "card-version", v->card_version);
    add_u64(q, "card-expires-s", v->card_expires_s);
    add_u64(q, "holds-card", v->holds_card);
    add_u64(q, "disk-used", v->disk_used);
    add_u64(q, "disk-most", v->disk_most);
    add_link(q, v);
    add_peer_lanes(q, number, v);
}

static enum err
query_status(struct query *q)
{
    struct view_node node;
    struct view_peer peer;

    view_node(q->exchange, &node);
    add_node(q);
    for (uint32_t i = 0; i < node.peer_count; i++) {
        if (view_peer(q->exchange, i, &peer) != OK)
            continue;
        add_peer(q, i, &peer);
        control_end_record(&q->answer);
    }
    query_add_open_alarms(q);
    return OK;
}

/* Whose events of MISP are whose, and who we are. */
static enum err
query_owners(struct query *q)
{
    add_str(q, "us", q->settings->team.text);
    control_end_record(&q->answer);
    for (size_t i = 0; i < q->settings->owner_count; i++) {
        add_str(q, "org", q->settings->owners[i].org);
        add_str(q, "team", q->settings->owners[i].team.text);
        control_end_record(&q->answer);
    }
    return OK;
}

/* Twelve groups of four digits, with spaces between them. */
static void
add_code(struct query *q, uint32_t peer)
{
    struct pairing_code code;
    struct buf text = {0};

    if (view_pairing(q->exchange, peer, &code) != OK)
        return;
    for (size_t i = 0; i < PAIRING_GROUPS; i++) {
        buf_put_str(&text, i ? " " : "");
        buf_put_str(&text, code.groups[i]);
    }
    control_add_text(&q->answer, "code", buf_slice(&text));
    buf_clear(&text);
}

static enum err
query_peers(struct query *q)
{
    struct view_peer peer;
    size_t count = peer_count(q);

    for (uint32_t i = 0; i < count; i++) {
        if (view_peer(q->exchange, i, &peer) != OK)
            continue;
        add_peer(q, i, &peer);
        add_code(q, i);
        control_end_record(&q->answer);
    }
    return OK;
}

/* What earlier cards named, for signatures of their time. */
static void
add_keys(struct query *q, uint32_t peer)
{
    struct view_key k;

    for (size_t i = 0; view_key(q->exchange, peer, i, &k) == OK; i++) {
        add_str(q, "role", key_role_name(k.role));
        control_add_bytes(&q->answer, "key", SLICE_ARRAY(k.key.b));
        add_u64(q, "since", k.since);
        add_u64(q, "until", k.until);
        control_add_truth(&q->answer, "compromised", k.compromised);
        control_end_record(&q->answer);
    }
}

static enum err
query_card(struct query *q)
{
    struct slice team = control_text(q->values, "team");
    const struct card *card;
    struct view_node node;
    struct slice proof;
    uint32_t peer = VIEW_NONE;
    enum err e;

    view_node(q->exchange, &node);
    if (team.size == 0 || slice_is(team, node.team.text)) {
        e = view_card_own(q->exchange, &card, &proof);
    } else {
        e = query_peer(q, team, &peer);
        if (e == OK)
            e = view_card(q->exchange, peer, &card, &proof);
    }
    if (e != OK)
        return e;
    control_add_bytes(&q->answer, "card", proof);
    control_end_record(&q->answer);
    add_keys(q, peer);
    return OK;
}

#define TLS_PLACES 2

/* Our TLS keys; with `make`, after making the next one. */
static enum err
query_tls_keys(struct query *q)
{
    bool make = control_truth(q->values, "make");
    const char *state = "";
    enum err e = OK;

    for (size_t i = 0; e == OK && i < TLS_PLACES; i++) {
        struct buf spki = {0};
        e = q->tls->key(q->tls->self, make && i == 0, i, &state, &spki);
        if (e == OK && *state) {
            add_str(q, "state", state);
            control_add_bytes(&q->answer, "key", buf_slice(&spki));
            control_end_record(&q->answer);
        }
        buf_clear(&spki);
    }
    if (e == ERR_NOT_NOW)
        q->text = slice_str("both places for a TLS key are taken: the last "
                            "rotation is not finished; see 'sealane key list'");
    return e;
}

/* ---- queue, submission -------------------------------------------------- */

static enum err
query_queue(struct query *q)
{
    struct slice team = control_text(q->values, "team");
    struct view_peer v;
    size_t count = peer_count(q);
    uint32_t only = VIEW_NONE;

    if (team.size) {
        enum err e = query_peer(q, team, &only);
        if (e != OK)
            return e;
    }
    for (uint32_t i = 0; i < count; i++) {
        if ((team.size && i != only) || view_peer(q->exchange, i, &v) != OK)
            continue;
        add_str(q, "team", v.team.text);
        add_link(q, &v);
        control_end_record(&q->answer);
    }
    return OK;
}

static uint64_t
epoch_of(const struct query *q, uint32_t lane)
{
    struct view_lane v;

    return view_lane(q->exchange, lane, &v) == OK ? v.epoch : 0;
}

static void
add_submission(struct query *q, uint32_t peer, const struct view_submission *s)
{
    struct view_peer v;

    if (view_peer(q->exchange, peer, &v) != OK)
        return;
    add_u64(q, "number", s->number);
    control_add_text(&q->answer, "team", query_team(q, peer));
    add_u64(q, "time-ms", s->time.ms);
    add_u64(q, "queued", s->queued);
    add_u64(q, "sent", s->sent);
    add_u64(q, "receipted", s->receipted);
    add_u64(q, "cancelled", s->cancelled);
    control_add_truth(&q->answer, "up", v.up);
    add_str(q, "trouble", v.trouble);
    add_u64(q, "since-ms", v.since.ms);
    if (s->released_why) {
        add_str(q, "released-why", s->released_why);
        add_u64(q, "released-by", s->released_uid);
        add_u64(q, "released-ms", s->released_time.ms);
    }
    if (s->lane != VIEW_NONE) {
        add_u64(q, "first-lane", s->first_lane);
        add_u64(q, "first-epoch", epoch_of(q, s->first_lane));
        add_u64(q, "lane", s->lane);
        add_u64(q, "epoch", epoch_of(q, s->lane));
        add_u64(q, "first-index", s->first_index);
        add_u64(q, "last-index", s->last_index);
    }
}

static void
put_counts(struct buf *token, const struct view_submission *s)
{
    const uint64_t counts[] = {s->queued, s->sent, s->receipted, s->cancelled};

    for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
        buf_put_decimal(token, counts[i]);
        buf_put_u8(token, ' ');
    }
}

enum err
query_submission(struct query *q, uint64_t number, struct buf *token)
{
    struct view_submission s;
    size_t count = peer_count(q), found = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (view_submission(q->exchange, number, i, &s) != OK)
            continue;
        found++;
        add_submission(q, i, &s);
        put_counts(token, &s);
        control_end_record(&q->answer);
    }
    if (found)
        return OK;
    q->text = slice_str("there is no such submission");
    return ERR_NOT_FOUND;
}

bool
query_submission_done(struct query *q, uint64_t number)
{
    struct view_submission s;
    size_t count = peer_count(q);

    for (uint32_t i = 0; i < count; i++) {
        if (view_submission(q->exchange, number, i, &s) == OK &&
            (s.queued > 0 || s.receipted < s.sent))
            return false;
    }
    return true;
}

static enum err
query_one_submission(struct query *q)
{
    int64_t number = control_number(q->values, "number", 0);
    struct buf token = {0};
    enum err e = query_submission(q, (uint64_t)number, &token);

    if (e == OK) {
        control_add_text(&q->answer, "token", buf_slice(&token));
        control_end_record(&q->answer);
    }
    buf_clear(&token);
    return e;
}

/* ---- the table ---------------------------------------------------------- */

/* What everyone who submits or operates has to see as well. */
#define ROLE_ANY (ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE)

/* `watch` and a waiting `submission` are followed up by clients.c. */
static const struct verb verbs[] = {
    {"status", ROLE_ANY, false, query_status},
    {"peers", ROLE_ANY, false, query_peers},
    {"card", ROLE_ANY, false, query_card},
    {"misp-owners", ROLE_ANY | ROLE_RELEASE, false, query_owners},
    {"lanes", ROLE_ANY, false, query_lanes},
    {"list", ROLE_READ, false, query_list},
    {"entries", ROLE_READ, false, query_entries},
    {"lane-evidence", ROLE_ANY, false, query_lane_evidence},
    {"records", ROLE_READ, false, query_records},
    {"show", ROLE_READ, false, query_show},
    {"submission", ROLE_ANY, false, query_one_submission},
    {"queue", ROLE_ANY, false, query_queue},
    {"alarms", ROLE_ANY, false, query_alarms},
    {"backup", ROLE_OPERATE, false, query_backup},
    {"backup-read", ROLE_OPERATE, false, query_backup_read},
    {"watch", ROLE_READ, false, NULL},
    {"submit-open", ROLE_SUBMIT, true, NULL},
    {"submit", ROLE_SUBMIT, true, NULL},
    {"release", ROLE_RELEASE, true, NULL},
    {"release-check", ROLE_SUBMIT, true, NULL},
    {"cancel", ROLE_SUBMIT, true, NULL},
    {"expunge", ROLE_OPERATE, true, NULL},
    {"peer-add", ROLE_OPERATE, true, NULL},
    {"peer-confirm", ROLE_OPERATE, true, NULL},
    {"card-import", ROLE_OPERATE, true, NULL},
    {"keys", ROLE_OPERATE, true, NULL},
    {"tls-keys", ROLE_OPERATE, false, query_tls_keys},
    {"lane-adopt", ROLE_OPERATE, true, NULL},
    {"lane-roll", ROLE_OPERATE, true, NULL},
    {"peer-pause", ROLE_OPERATE, true, NULL},
    {"peer-resume", ROLE_OPERATE, true, NULL},
    {"alarm-take", ROLE_OPERATE, true, NULL},
    {"alarm-close", ROLE_OPERATE, true, NULL},
};

const struct verb *
verb_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}
