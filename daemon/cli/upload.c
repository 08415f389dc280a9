#include "cli/upload.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/wire/message.h"

#include <poll.h>

#define PAGE_MESSAGES 512
#define PAGE_BYTES BODY_ANNOUNCED
#define PAGES 4
#define PLACE_BYTES 4
#define TEAMS_BYTES 8

/* A daemon that restarts is back within this time. */
#define TRIES 300
#define TRY_MS 100

struct upload_page {
    struct buf bytes; /* messages, one after another */
    size_t sizes[PAGE_MESSAGES];
    uint8_t places[PAGE_MESSAGES * PLACE_BYTES]; /* each behind the first */
    struct upload_tag tags[PAGE_MESSAGES];
    size_t count;
    uint64_t first;                            /* sequence of the first */
    uint64_t teams;                            /* that the first is for */
    uint8_t each[PAGE_MESSAGES * TEAMS_BYTES]; /* teams that each is for */
    bool has_gaps, differs;                    /* in places; in teams */
    uint64_t id;                               /* of the request under way */
};

struct upload {
    struct upload_config config;
    struct daemon *daemon;
    bool opened;
    uint64_t number, next; /* of the submission; below `next` all was judged */
    uint8_t stream[STREAM_ID_BYTES];
    uint64_t sequence;    /* of the next message */
    size_t page_messages; /* for as many teams as there are */
    struct buf one;       /* message, as it goes */
    struct upload_page pages[PAGES];
    size_t oldest, under_way; /* pages sent and not answered */
};

size_t
upload_teams(const struct buf *to)
{
    size_t count = 0;

    for (size_t at = 0; at < to->size; at++)
        count += to->data[at] == 0;
    return count;
}

static size_t
page_messages(const struct buf *to)
{
    size_t teams = upload_teams(to);
    size_t most = teams ? PAGE_OFFERS_MAX / teams : PAGE_MESSAGES;

    return most < PAGE_MESSAGES ? most : PAGE_MESSAGES;
}

struct upload *
upload_new(const struct upload_config *config)
{
    struct upload *u = mem_new(sizeof *u);

    u->config = *config;
    u->page_messages = page_messages(config->to);
    return u;
}

void
upload_free(struct upload *u)
{
    if (!u)
        return;
    for (size_t i = 0; i < PAGES; i++)
        buf_clear(&u->pages[i].bytes);
    buf_clear(&u->one);
    daemon_close(u->daemon);
    mem_free(u);
}

uint64_t
upload_number(const struct upload *u)
{
    return u->number;
}

static void
add_teams(struct ask *ask, const struct buf *to, uint64_t teams)
{
    for (size_t at = 0, n = 0; at < to->size; n++) {
        const char *name = (const char *)to->data + at;
        if (teams == UPLOAD_ALL || (teams >> n & 1))
            ask_text(ask, "to", name);
        at += strlen(name) + 1;
    }
}

/* ---- the submission ----------------------------------------------------- */

static bool
take_opened(struct upload *u, const struct control_answer *a)
{
    struct slice stream = {0};

    if (a->record_count > 0)
        stream = control_bytes(&a->records[0], "stream");
    if (stream.size != sizeof u->stream) {
        (void)complain("the daemon's answer names no submission");
        return false;
    }
    memcpy(u->stream, stream.data, sizeof u->stream);
    u->number = record_u64(&a->records[0], "number");
    u->next = record_u64(&a->records[0], "next");
    u->opened = true;
    return true;
}

/* Ask for a submission; false when the daemon has hung up. */
static bool
ask_submission(struct upload *u, struct control_answer *a)
{
    const struct upload_config *c = &u->config;
    struct ask ask;
    bool answered;

    ask_begin(&ask, "submit-open");
    if (c->hash.size)
        control_add_bytes(&ask.b, "hash", c->hash);
    control_add_text(&ask.b, "options", c->options);
    control_add_truth(&ask.b, "again", c->again);
    control_add_text(&ask.b, "title", c->title);
    if (c->release.size)
        control_add_text(&ask.b, "release", c->release);
    add_teams(&ask, c->to, UPLOAD_ALL);
    answered = link_ask(u->daemon, &ask, a) && a->code != ERR_NOT_NOW;
    ask_clear(&ask);
    return answered;
}

/* Connect to a daemon that restarts. */
static bool
connect_again(struct upload *u)
{
    daemon_close(u->daemon);
    u->daemon = NULL;
    for (int i = 0; i < TRIES && !u->daemon; i++) {
        (void)poll(NULL, 0, TRY_MS);
        u->daemon = link_open_again(u->config.run);
    }
    if (!u->daemon)
        (void)complain("the daemon did not come back; nothing was submitted");
    return u->daemon != NULL;
}

/* One that is opened twice, since the first answer was lost, stays empty. */
static bool
open_submission(struct upload *u)
{
    struct control_answer a;

    if (!u->daemon)
        u->daemon = link_open(u->config.run);
    if (!u->daemon || u->config.dry_run) {
        u->opened = u->daemon != NULL;
        return u->opened;
    }
    for (int i = 0; !ask_submission(u, &a); i++)
        if (i == TRIES || !connect_again(u))
            return false;
    if (a.code == OK)
        return take_opened(u, &a);
    link_complain(&a);
    return false;
}

/* ---- pages -------------------------------------------------------------- */

static struct upload_page *
page_at(struct upload *u, size_t i)
{
    return &u->pages[(u->oldest + i) % PAGES];
}

static enum err
send_page(struct upload *u, struct upload_page *p)
{
    struct slice messages[PAGE_MESSAGES];
    struct control_request r = {.verb = "submit", .messages = messages};
    struct ask ask;
    size_t at = 0;
    enum err e;

    for (size_t i = 0; i < p->count; i++) {
        messages[i] = slice_of(p->bytes.data + at, p->sizes[i]);
        at += p->sizes[i];
    }
    ask_begin(&ask, "submit");
    control_add_number(&ask.b, "first", (int64_t)p->first);
    if (p->has_gaps)
        control_add_bytes(&ask.b, "places",
                          slice_of(p->places, p->count * PLACE_BYTES));
    if (p->differs)
        control_add_bytes(&ask.b, "teams",
                          slice_of(p->each, p->count * TEAMS_BYTES));
    add_teams(&ask, u->config.to, p->differs ? UPLOAD_ALL : p->teams);
    control_add_truth(&ask.b, "urgent", u->config.urgent);
    if (u->config.dry_run) {
        control_add_truth(&ask.b, "dry-run", true);
    } else {
        control_add_number(&ask.b, "number", (int64_t)u->number);
        control_add_bytes(&ask.b, "stream", SLICE_ARRAY(u->stream));
    }
    r.values = (struct control_record){ask.b.values, ask.b.value_count};
    r.message_count = p->count;
    e = daemon_send(u->daemon, &r);
    p->id = r.id;
    ask_clear(&ask);
    return e;
}

/* Connect again and send every page that has no answer. */
static bool
send_again(struct upload *u)
{
    enum err e;

    daemon_close(u->daemon);
    u->daemon = link_open_again(u->config.run);
    if (!u->daemon)
        return false;
    for (size_t i = 0; i < u->under_way; i++) {
        e = send_page(u, page_at(u, i));
        if (e != OK)
            return false;
    }
    return true;
}

static bool
recover(struct upload *u)
{
    (void)fprintf(stderr, "sealane: the daemon has hung up; what it has not "
                          "answered is sent again\n");
    for (int i = 0; i < TRIES; i++) {
        (void)poll(NULL, 0, TRY_MS);
        if (send_again(u))
            return true;
    }
    (void)complain("the daemon did not come back; run the same command "
                   "again: of a file nothing is sent twice");
    return false;
}

static void
take_verdicts(struct upload *u, const struct upload_page *p,
              const struct control_answer *a)
{
    for (size_t i = 0; i < p->count && i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        uint64_t sequence = p->first + get_be32(p->places + i * PLACE_BYTES);
        bool there = !u->config.dry_run && sequence < u->next &&
                     control_truth(r, "accepted") && control_truth(r, "again");
        u->config.verdict(u->config.context, &p->tags[i], there ? NULL : r);
    }
}

/* Wait for the answer to the oldest page. */
static bool
finish_oldest(struct upload *u)
{
    struct upload_page *p = page_at(u, 0);
    struct control_answer a = {0};
    enum err e;

    do {
        e = daemon_receive(u->daemon, -1, &a);
        if (e == OK && a.code == ERR_NOT_NOW)
            e = ERR_IO;
        if (e == ERR_IO && !recover(u))
            return false;
    } while (e == ERR_IO || (e == OK && a.id != p->id && a.id != 0));
    if (e != OK) {
        (void)complain("the daemon's answer cannot be read: %s", err_text(e));
        return false;
    }
    if (a.code != OK) {
        link_complain(&a);
        return false;
    }
    if (a.record_count != p->count) {
        (void)complain("the daemon answered for %zu messages of %zu",
                       a.record_count, p->count);
        return false;
    }
    take_verdicts(u, p, &a);
    u->oldest = (u->oldest + 1) % PAGES;
    u->under_way--;
    return true;
}

static struct upload_page *
filling(struct upload *u)
{
    return page_at(u, u->under_way);
}

/* Send the page being filled; then there is room for another. */
static bool
flush(struct upload *u)
{
    struct upload_page *p = filling(u);
    enum err e;

    if (p->count == 0)
        return true;
    e = send_page(u, p);
    u->under_way++;
    if (e == ERR_LIMIT) {
        (void)complain("a message is larger than the daemon takes");
        return false;
    }
    if (e != OK && !recover(u))
        return false;
    if (u->under_way == PAGES && !finish_oldest(u))
        return false;
    p = filling(u);
    p->count = 0;
    buf_reset(&p->bytes);
    return true;
}

bool
upload_open(struct upload *u)
{
    return u->opened || open_submission(u);
}

/* One page has messages each behind the one before; what lies between is left
 * out. */
static bool
has_place(struct upload *u, uint64_t sequence)
{
    const struct upload_page *p = filling(u);

    return p->count == 0 || (p->count < u->page_messages &&
                             p->bytes.size + u->one.size <= PAGE_BYTES &&
                             sequence - p->first <= UINT32_MAX);
}

bool
upload_add(struct upload *u, const struct upload_tag *tag, struct message *m,
           uint64_t teams)
{
    struct upload_page *p;
    uint64_t sequence = u->sequence++;

    if (!upload_open(u))
        return false;
    m->has_submission = true;
    m->submission.number = u->number;
    buf_reset(&u->one);
    message_put(&u->one, m);
    if (!has_place(u, sequence) && !flush(u))
        return false;
    p = filling(u);
    if (p->count == 0) {
        p->first = sequence;
        p->teams = teams;
        p->has_gaps = p->differs = false;
    }
    p->differs |= teams != p->teams;
    put_be64(p->each + p->count * TEAMS_BYTES, teams);
    p->has_gaps |= sequence != p->first + p->count;
    put_be32(p->places + p->count * PLACE_BYTES,
             (uint32_t)(sequence - p->first));
    buf_put(&p->bytes, buf_slice(&u->one));
    p->sizes[p->count] = u->one.size;
    p->tags[p->count] = *tag;
    p->tags[p->count++].teams = teams;
    return true;
}

void
upload_skip(struct upload *u)
{
    u->sequence++;
}

bool
upload_finish(struct upload *u)
{
    if (!u->opened)
        return true;
    if (!flush(u))
        return false;
    while (u->under_way > 0) {
        if (!finish_oldest(u))
            return false;
    }
    return true;
}
