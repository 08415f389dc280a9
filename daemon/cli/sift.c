#include "cli/sift.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"
#include "core/wire/message.h"

#include <errno.h>
#include <poll.h>

/* What is gathered for one question: what a socket takes up without a reader;
 * how long the index may take to be where the daemon is, and to answer. */
#define PAGE_MESSAGES 512
#define PAGE_BYTES MIB(1)
#define ASKED_BYTES KIB(128)
#define PATIENCE_TRIES 40
#define PATIENCE_MS 50
#define STATUS_MS 2000
#define ANSWER_MS 30000

struct entry_kept {
    struct sifted is;
    size_t at, size;             /* of the message */
    size_t asked_at, asked_size; /* as it is asked for; 0: it is not */
};

struct sift {
    struct sift_config config;
    struct daemon *index;
    bool is_opened, is_asked;
    uint64_t number, teams; /* all of them */
    size_t team_count;
    struct entry_kept list[PAGE_MESSAGES];
    size_t count;
    struct buf bytes, asked;
    struct arena arena;
};

/* ---- the index ---------------------------------------------------------- */

/* Ask the daemon or the index which turn it has. */
static enum err
turn_of(struct daemon *d, uint64_t *turn)
{
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "status");
    enum err e = link_ask_within(d, &ask, STATUS_MS, &a);
    if (e == OK &&
        (a.record_count == 0 || !control_find(&a.records[0], "turn")))
        e = ERR_MISSING;
    if (e == OK)
        *turn = record_u64(&a.records[0], "turn");
    ask_clear(&ask);
    return e;
}

/* How the index was found. */
struct seeking {
    uint64_t goal, turn; /* of the daemon, of the index */
    bool answers;
    enum err e;
};

/* Connect once the index has read what the daemon has now. */
static struct daemon *
index_wait(const struct run *run, struct seeking *s)
{
    for (int i = 0; i < PATIENCE_TRIES; i++) {
        if (i > 0)
            (void)poll(NULL, 0, PATIENCE_MS);
        struct daemon *d = link_open_index_again(run);
        /* Where no socket is there is no index that might come. */
        if (!d && errno == ENOENT)
            return NULL;
        s->e = d ? turn_of(d, &s->turn) : ERR_IO;
        s->answers |= s->e == OK;
        if (s->e == OK && s->turn >= s->goal)
            return d;
        daemon_close(d);
        if (s->e == ERR_FORBIDDEN || s->e == ERR_TIMEOUT)
            return NULL;
    }
    return NULL;
}

struct daemon *
sift_index(const struct run *run, const char *what)
{
    struct daemon *node = link_open_again(run), *d = NULL;
    struct seeking s = {0};

    if (node && turn_of(node, &s.goal) == OK)
        d = index_wait(run, &s);
    daemon_close(node);
    if (d)
        return d;
    if (s.e == ERR_FORBIDDEN)
        (void)complain("this user may not search: %s", what);
    else if (s.answers)
        (void)complain("search is %llu turns behind: %s",
                       (unsigned long long)(s.goal - s.turn), what);
    else
        (void)complain("search does not answer: %s", what);
    return NULL;
}

static void
index_leave(struct sift *s)
{
    daemon_close(s->index);
    s->index = NULL;
    s->config.is_off = true;
    s->is_asked = false;
}

/* Begin with the first message that is asked for. */
static bool
index_begin(struct sift *s)
{
    if (s->is_opened || s->config.is_off)
        return true;
    s->is_opened = true;
    if (!s->config.open(s->config.context, &s->number))
        return false;
    s->index = sift_index(s->config.run, "what the teams have already is not "
                                         "known, and all of it is sent");
    s->config.is_off = s->index == NULL;
    s->is_asked = s->index != NULL;
    return true;
}

/* ---- asking ------------------------------------------------------------- */

static enum sift_state
state_of(struct slice word)
{
    static const char *const words[SIFT_STATE_COUNT] = {
        [SIFT_UNCHANGED] = "unchanged",
        [SIFT_OLDER] = "older",
        [SIFT_REVOKED] = "revoked",
        [SIFT_WITHDRAWN] = "withdrawn",
    };

    for (int i = SIFT_UNCHANGED; i < SIFT_STATE_COUNT; i++)
        if (slice_is(word, words[i]))
            return (enum sift_state)i;
    return SIFT_GOES;
}

/* A team has a message: it does not go there, and nowhere where all have
 * it. Of several reasons the one that a person has to look at most counts. */
static void
take_state(struct sift *s, const size_t *places, size_t count,
           const struct control_record *r)
{
    uint64_t at = record_u64(r, "message"), team = record_u64(r, "team");
    enum sift_state state = state_of(control_text(r, "state"));

    if (!control_find(r, "state") || at >= count || team >= s->team_count ||
        state == SIFT_GOES)
        return;
    struct sifted *is = &s->list[places[at]].is;
    is->teams &= ~(UINT64_C(1) << team);
    if (state == SIFT_UNCHANGED)
        is->unchanged |= UINT64_C(1) << team;
    if (state > is->state)
        is->state = state;
}

static void
ask_teams(struct ask *ask, const struct buf *to)
{
    for (size_t at = 0; at < to->size;) {
        const char *name = (const char *)to->data + at;
        ask_text(ask, "to", name);
        at += strlen(name) + 1;
    }
}

static void
page_ask(struct sift *s)
{
    struct slice messages[PAGE_MESSAGES];
    size_t places[PAGE_MESSAGES], count = 0;
    struct control_answer a;
    struct ask ask;

    for (size_t i = 0; i < s->count; i++) {
        const struct entry_kept *e = &s->list[i];
        if (!e->asked_size)
            continue;
        places[count] = i;
        messages[count++] =
            slice_of(s->asked.data + e->asked_at, e->asked_size);
    }
    if (count == 0 || s->config.is_off)
        return;
    ask_begin(&ask, "sent");
    ask_teams(&ask, s->config.to);
    control_add_number(&ask.b, "number", (int64_t)s->number);
    control_add_truth(&ask.b, "any-document", s->config.any_document);
    ask.messages = messages;
    ask.message_count = count;
    if (link_ask_within(s->index, &ask, ANSWER_MS, &a) == OK) {
        for (size_t i = 0; i < a.record_count; i++)
            take_state(s, places, count, &a.records[i]);
    } else {
        (void)complain("search does not answer any more: from here on all of "
                       "it is sent");
        index_leave(s);
    }
    ask_clear(&ask);
}

/* ---- messages ----------------------------------------------------------- */

static bool
hand_on(struct sift *s, struct entry_kept *e)
{
    struct message m;

    arena_reset(&s->arena);
    if (e->is.kind == SIFTED_MESSAGE) {
        if (message_get(slice_of(s->bytes.data + e->at, e->size), &s->arena,
                        &m) != OK) {
            (void)complain("a message cannot be read again");
            return false;
        }
        e->is.m = &m;
        if (e->is.teams)
            e->is.state = SIFT_GOES;
    }
    return s->config.take(s->config.context, &e->is);
}

static bool
page_flush(struct sift *s)
{
    bool good = true;

    page_ask(s);
    for (size_t i = 0; good && i < s->count; i++)
        good = hand_on(s, &s->list[i]);
    s->count = 0;
    buf_reset(&s->bytes);
    buf_reset(&s->asked);
    return good;
}

static struct entry_kept *
entry_next(struct sift *s)
{
    struct entry_kept *e = &s->list[s->count++];

    *e = (struct entry_kept){.is.teams = s->teams};
    return e;
}

/* As it is sent, with the hash of the content in place of that. */
static void
ask_put(struct sift *s, struct entry_kept *e, const struct message *m)
{
    struct message asked = *m;
    struct hash hash;

    if (m->content.size) {
        crypto_hash_one(&hash, m->content);
        asked.content = SLICE_ARRAY(hash.b);
    }
    e->asked_at = s->asked.size;
    message_put(&s->asked, &asked);
    e->asked_size = s->asked.size - e->asked_at;
    /* One that fills a question by itself is not asked for. */
    if (e->asked_size <= ASKED_BYTES / 2)
        return;
    s->asked.size = e->asked_at;
    e->asked_size = 0;
}

bool
sift_add(struct sift *s, const struct upload_tag *tag, const struct message *m)
{
    bool typed = tag->place.format == FORMAT_UNKNOWN;
    struct message kept = *m;

    if (!typed && !index_begin(s))
        return false;
    if ((s->count == PAGE_MESSAGES || s->bytes.size > PAGE_BYTES ||
         s->asked.size > ASKED_BYTES / 2) &&
        !page_flush(s))
        return false;
    struct entry_kept *e = entry_next(s);
    e->is.tag = *tag;
    kept.has_submission = true;
    e->at = s->bytes.size;
    message_put(&s->bytes, &kept);
    e->size = s->bytes.size - e->at;
    if (!typed && !s->config.is_off)
        ask_put(s, e, &kept);
    return true;
}

bool
sift_mark(struct sift *s, enum sifted_kind kind)
{
    if (s->count == PAGE_MESSAGES && !page_flush(s))
        return false;
    entry_next(s)->is.kind = kind;
    return true;
}

bool
sift_finish(struct sift *s)
{
    return page_flush(s);
}

bool
sift_was_asked(const struct sift *s)
{
    return s->is_asked;
}

/* ---- one ---------------------------------------------------------------- */

struct sift *
sift_new(const struct sift_config *config)
{
    struct sift *s = mem_new(sizeof *s);

    s->config = *config;
    s->team_count = upload_teams(config->to);
    s->teams = s->team_count < UPLOAD_TEAMS_MAX
                   ? (UINT64_C(1) << s->team_count) - 1
                   : UPLOAD_ALL;
    if (s->team_count > UPLOAD_TEAMS_MAX)
        s->config.is_off = true;
    arena_init(&s->arena, 2 * DECODE_BUDGET_FACTOR * (size_t)BODY_MAX);
    return s;
}

void
sift_free(struct sift *s)
{
    if (!s)
        return;
    daemon_close(s->index);
    buf_clear(&s->bytes);
    buf_clear(&s->asked);
    arena_clear(&s->arena);
    mem_free(s);
}
