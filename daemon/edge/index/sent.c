#include "edge/index/sent.h"

#include "core/crypto/crypto.h"
#include "core/wire/message.h"
#include "edge/index/found.h"
#include "edge/index/hits.h"

bool
sent_mark(const struct message *m, struct slice content_hash,
          struct buf *scratch, uint8_t out[SENT_MARK_BYTES])
{
    struct message said = *m;
    struct hash hash;

    said.has_package = said.has_submission = false;
    said.package = (struct package){0};
    said.submission = (struct submission){0};
    said.content = content_hash;
    if (message_check(&said) != OK)
        return false;
    buf_reset(scratch);
    message_put(scratch, &said);
    crypto_hash_one(&hash, buf_slice(scratch));
    memcpy(out, hash.b, SENT_MARK_BYTES);
    return true;
}

struct slice
sent_way(const struct head *h)
{
    return h->object_id.size ? h->object_id : h->value;
}

/* Messages of ours of one id or value that are looked at: beyond, what we sent
 * goes again. */
#define LOOKS_MAX 4096u

/* ---- one message -------------------------------------------------------- */

/* What a team has of it. */
struct there {
    uint32_t peer;
    bool seen, same, older, revoked, withdrawn;
    uint64_t newest; /* submission that brought the newest */
};

struct asking {
    struct search *s;
    uint64_t number;
    bool any_document;
    struct there teams[SENT_TEAMS_MAX];
    size_t team_count;
    struct buf scratch;
    /* of the message at hand */
    struct message m;
    uint8_t mark[SENT_MARK_BYTES];
};

/* Tell whether it is about the same object, or the same bare value. */
static bool
is_same_object(const struct asking *a, const struct found *f)
{
    const struct head *h = &a->m.head, *other = &f->m.head;

    if (!slice_equal(h->object_id, other->object_id) || a->m.kind != f->m.kind)
        return false;
    if (!h->object_id.size && (h->observable != other->observable ||
                               !slice_equal(h->value, other->value)))
        return false;
    return a->any_document ||
           (slice_equal(a->m.package.source, f->m.package.source) &&
            slice_equal(a->m.package.id, f->m.package.id));
}

static struct there *
team_of(struct asking *a, uint32_t peer)
{
    for (size_t i = 0; i < a->team_count; i++)
        if (a->teams[i].peer == peer)
            return &a->teams[i];
    return NULL;
}

/* Take a message that was sent, the newest first. */
static void
take(struct asking *a, const struct found *f)
{
    struct there *t = team_of(a, f->row.peer);
    uint64_t number = f->m.submission.number;
    bool same = slice_equal(f->row.mark, SLICE_ARRAY(a->mark));
    struct row by;

    if (!t)
        return;
    if (found_withdrawn(a->s, f, &by)) {
        t->withdrawn |= same && !t->seen;
        return;
    }
    /* A repeat of this submission is known by its place in it. */
    if (a->number && number == a->number)
        return;
    if (!t->seen)
        t->newest = number;
    t->seen = true;
    t->revoked |= f->m.head.revoked;
    t->older |= found_is_newer(&a->m.head, &f->m.head);
    t->same |= same && number == t->newest;
}

static bool
was_sent(struct search *s, const struct row *row)
{
    return (row->flags & ROW_OURS) && !(row->flags & ROW_DECLINED) &&
           (s->may_read_red || !(row->flags & ROW_RED)) &&
           !found_is_withheld(s, row);
}

static void
look(struct asking *a)
{
    struct slice way = sent_way(&a->m.head);
    struct hits hits = {0};
    struct found f;
    struct row row;

    for (size_t i = 0; i < a->team_count; i++)
        a->teams[i] = (struct there){.peer = a->teams[i].peer};
    if (!way.size)
        return;
    hits_key(&hits, a->s->rows, KEY_SENT, way);
    hits_settle(&hits);
    for (size_t i = 0, ours = 0; i < hits.count && i < LOOKS_MAX; i++) {
        if (!rows_get(a->s->rows, hits.list[i].message, &row) ||
            !was_sent(a->s, &row))
            continue;
        if (ours++ == FOUND_VERSIONS_MAX)
            break;
        arena_reset(&a->s->scratch[1]);
        if (found_read(&row, &a->s->scratch[1], &f) && is_same_object(a, &f))
            take(a, &f);
    }
    hits_clear(&hits);
}

static const char *
state_of(const struct asking *a, const struct there *t)
{
    if (t->same)
        return "unchanged";
    if (t->withdrawn)
        return "withdrawn";
    if (t->revoked && !a->m.head.revoked)
        return "revoked";
    return t->older ? "older" : NULL;
}

/* ---- the request -------------------------------------------------------- */

static enum err
teams_read(struct asking *a)
{
    const struct control_record *v = a->s->values;
    struct rows_team team;

    for (size_t i = 0; i < v->count; i++) {
        if (strcmp(v->values[i].key, "to") != 0)
            continue;
        if (a->team_count == SENT_TEAMS_MAX) {
            a->s->fault = "more teams than one request may name";
            return ERR_LIMIT;
        }
        struct there *t = &a->teams[a->team_count++];
        t->peer = ROWS_PEER_OWN; /* one that is not known has nothing */
        for (uint32_t p = 0; rows_team(a->s->rows, p, &team); p++)
            if (slice_is(v->values[i].text, team.team))
                t->peer = p;
    }
    return OK;
}

static bool
message_read(struct asking *a, struct slice bytes)
{
    return message_get(bytes, &a->s->scratch[0], &a->m) == OK &&
           a->m.has_head &&
           sent_mark(&a->m, a->m.content, &a->scratch, a->mark);
}

static void
states_put(struct asking *a, size_t at)
{
    struct control_builder *b = &a->s->answer;

    for (size_t i = 0; i < a->team_count; i++) {
        const char *state = state_of(a, &a->teams[i]);
        if (!state)
            continue;
        control_add_number(b, "message", (int64_t)at);
        control_add_number(b, "team", (int64_t)i);
        control_add_text(b, "state", slice_str(state));
        control_end_record(b);
    }
}

enum err
sent_run(struct search *s)
{
    struct asking a = {
        .s = s,
        .number = (uint64_t)control_number(s->values, "number", 0),
        .any_document = control_truth(s->values, "any-document")};
    enum err e = teams_read(&a);

    if (e)
        return e;
    if (s->message_count > SENT_MESSAGES_MAX) {
        s->fault = "more messages than one request may ask for";
        return ERR_LIMIT;
    }
    control_add_number(&s->answer, "turn", (int64_t)s->rows->position.turn);
    control_add_number(&s->answer, "committed", (int64_t)s->committed);
    control_end_record(&s->answer);
    for (size_t i = 0; i < s->message_count; i++) {
        arena_reset(&s->scratch[0]);
        if (!message_read(&a, s->messages[i]))
            continue;
        look(&a);
        states_put(&a, i);
    }
    buf_clear(&a.scratch);
    return OK;
}
