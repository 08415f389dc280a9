#include "core/exchange/commands.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"
#include "core/exchange/view.h"
#include "core/wire/message.h"

#include <assert.h>

/* Refusals told of one message: four values each in its record. */
#define REFUSALS_MAX 48

/* Of a file the stream id is keyed with a secret of the node, so that nobody
 * can confirm a guess of its content by it. */
static void
stream_id(struct asking *a, uint8_t out[STREAM_ID_BYTES])
{
    struct exchange *x = a->x;
    struct slice hash = asking_bytes(a, "hash");
    uint8_t uid[8];
    struct hash h;

    if (!hash.size || control_truth(&a->request.values, "again")) {
        seed_take(&x->seed, out, STREAM_ID_BYTES);
        return;
    }
    put_be64(uid, a->event->b);
    struct slice parts[] = {SLICE_ARRAY(uid), hash, asking_value(a, "options")};
    crypto_hmac(&h, SLICE_ARRAY(x->config.stream_secret), parts,
                ARRAY_SIZE(parts));
    memcpy(out, h.b, STREAM_ID_BYTES);
}

enum err
answer_submit_open(struct asking *a)
{
    struct exchange *x = a->x;
    struct release_code code;
    struct fact f = {.type = FACT_SUBMISSION,
                     .number = x->submission_count + 1,
                     .time = x->now.wall,
                     .text = asking_value(a, "title")};

    if (f.text.size > WORDS_MAX)
        return asking_fail(a, ERR_LIMIT,
                           "the title is longer than 1,024 bytes");
    enum err e = asking_release(a, &code);
    if (e != OK)
        return e;
    stream_id(a, f.submission.stream);
    uint64_t *known = table_find(&x->streams, f.submission.stream);
    if (!known || !x->stream_list[*known].number) {
        emit(x, &f);
        emit(x, &(struct fact){.type = FACT_SUBMITTER,
                               .number = f.number,
                               .item = a->event->b});
        release_keep(a, f.number, &code);
        known = table_find(&x->streams, f.submission.stream);
    }
    const struct stream *s = &x->stream_list[*known];
    control_add_number(&a->answer, "number", (int64_t)s->number);
    control_add_bytes(&a->answer, "stream", SLICE_ARRAY(s->id));
    control_add_number(&a->answer, "next", (int64_t)s->next);
    control_add_text(&a->answer, "default-tlp",
                     slice_str(tlp_name(x->config.default_tlp)));
    control_end_record(&a->answer);
    return OK;
}

struct page {
    uint64_t number, first;
    bool urgent, dry_run;
    struct stream *stream;
    struct slice places; /* of each message behind the first, or empty */
    struct slice teams;  /* that each message is for, or empty: all */
    struct named_peers to;
    uint64_t offers, bytes; /* of what is not there yet */
    bool is_full;           /* its stream has no room for them */
};

enum err
asking_peers(struct asking *a, struct named_peers *out)
{
    const struct control_record *v = &a->request.values;

    out->count = 0;
    for (size_t i = 0; i < v->count; i++) {
        uint32_t peer;
        size_t at = 0;
        if (strcmp(v->values[i].key, "to") != 0)
            continue;
        if (out->count == PEERS_MAX)
            return asking_fail(a, ERR_LIMIT, "more peers than a node can have");
        if (view_find_peer(a->x, v->values[i].text, &peer) != OK)
            return asking_fail(a, ERR_NOT_FOUND,
                               "no such peer; see 'sealane peer list'");
        if (!a->x->peers[peer]->confirmed)
            return asking_fail(
                a, ERR_NOT_CONFIRMED,
                "this peer is not confirmed; see 'sealane help peer'");
        while (at < out->count && out->at[at] != peer)
            at++;
        if (at == out->count)
            out->at[out->count++] = peer;
    }
    return out->count
               ? OK
               : asking_fail(a, ERR_MISSING, "no peer is named; say --to TEAM");
}

uint64_t
outbox_items(const struct exchange *x)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < x->peer_count; i++)
        for (size_t q = 0; q < QUEUE_COUNT; q++)
            n += x->peers[i]->queues[q].count;
    return n;
}

/* Messages follow each other, unless the page says how far each stands behind
 * its first: what the submitter left out keeps its place. */
#define PLACE_BYTES 4

static uint64_t
sequence_at(const struct page *page, size_t i)
{
    return page->first + (page->places.size
                              ? get_be32(page->places.data + i * PLACE_BYTES)
                              : i);
}

static enum err
places_check(struct asking *a, const struct page *page)
{
    size_t count = a->request.message_count;

    if (!page->places.size)
        return OK;
    bool good = page->places.size == count * PLACE_BYTES;
    for (size_t i = 1; good && i < count; i++)
        good = sequence_at(page, i - 1) < sequence_at(page, i);
    return good ? OK
                : asking_fail(a, ERR_VALUE,
                              "places are one for each message, and rise");
}

/* A page says of each message which of the peers it is for, a bit for each in
 * the order in which they are named, where some lack what others have. */
#define TEAMS_BYTES 8
#define TEAMS_MAX 64

static bool
is_for(const struct page *page, size_t i, size_t peer)
{
    return !page->teams.size ||
           get_be64(page->teams.data + i * TEAMS_BYTES) >> peer & 1;
}

static size_t
peers_named(const struct control_record *v)
{
    size_t count = 0;

    for (size_t i = 0; i < v->count; i++)
        count += strcmp(v->values[i].key, "to") == 0;
    return count;
}

static enum err
teams_check(struct asking *a, const struct page *page)
{
    size_t count = a->request.message_count, peers = page->to.count;

    if (!page->teams.size)
        return OK;
    bool good = page->teams.size == count * TEAMS_BYTES && peers <= TEAMS_MAX &&
                peers == peers_named(&a->request.values);
    for (size_t i = 0; good && i < count; i++) {
        uint64_t teams = get_be64(page->teams.data + i * TEAMS_BYTES);
        good = teams && teams <= UINT64_MAX >> (TEAMS_MAX - peers);
    }
    return good ? OK
                : asking_fail(a, ERR_VALUE,
                              "each message is for some of at most 64 peers "
                              "that are named once");
}

/* Bound what a page makes: records in the answer, items, bytes of facts. */
static enum err
page_check(struct asking *a, const struct page *page)
{
    uint64_t offers = a->request.message_count * page->to.count;

    if (page->first > INT64_MAX)
        return asking_fail(a, ERR_VALUE,
                           "the first sequence number is negative");
    if (offers > PAGE_OFFERS_MAX ||
        a->event->data.size * page->to.count > PAGE_OFFERS_BYTES_MAX)
        return asking_fail(
            a, ERR_LIMIT, "too much for one page: send fewer messages in each");
    enum err e = places_check(a, page);
    return e == OK ? teams_check(a, page) : e;
}

/* Tell whether a message was queued for a peer before. */
static bool
is_there(const struct exchange *x, const struct page *page, uint64_t sequence,
         uint32_t peer)
{
    const struct stream *s = page->stream;

    return s && pass_has(x, (uint32_t)(s - x->stream_list), peer, sequence);
}

/* Count what a page would add for one peer. Words are looked at once, since
 * which of their messages are taken is not known yet. */
static void
count_new_for(const struct asking *a, struct page *page, size_t to)
{
    const struct exchange *x = a->x;
    uint32_t stream = (uint32_t)(page->stream - x->stream_list);
    uint32_t peer = page->to.at[to];
    uint64_t spans = 0, last = UINT64_MAX;

    for (size_t i = 0; i < a->request.message_count; i++) {
        uint64_t sequence = sequence_at(page, i);
        if (!is_for(page, i, to) || pass_has(x, stream, peer, sequence))
            continue;
        page->offers++;
        page->bytes += SUBMISSION_ID_BYTES + a->request.messages[i].size;
        if (sequence / PLACES_OF_WORD != last)
            spans += pass_may_add(x, stream, peer, sequence);
        last = sequence / PLACES_OF_WORD;
    }
    page->is_full |= !pass_has_room(x, stream, peer, spans);
}

/* A repeat of a page adds nothing. */
static void
count_new(const struct asking *a, struct page *page)
{
    for (size_t k = 0; k < page->to.count; k++)
        count_new_for(a, page, k);
}

static enum err
room_check(struct asking *a, const struct page *page)
{
    struct exchange *x = a->x;

    if (x->out->facts.size > FACTS_STEP_MAX)
        return asking_fail(a, ERR_NOT_NOW, "the daemon is busy; try again");
    if (page->is_full)
        return asking_fail(
            a, ERR_LIMIT,
            "what is left out of this submission, or was refused, is scattered "
            "over more places than are kept in mind: put what has not gone "
            "into a file of its own, or send all of it, also what went, with "
            "--again");
    if (!has_room(x, page->offers, page->bytes))
        return asking_fail(a, ERR_QUOTA,
                           "the disk is full: nothing is taken until there is "
                           "room again");
    if (outbox_items(x) + page->offers > OUTBOX_ITEMS_MAX)
        return asking_fail(
            a, ERR_QUOTA,
            "the outbox is full: wait until peers have taken what "
            "is queued, or cancel some of it");
    return OK;
}

/* Say what a user has waiting and may have, and what to do. */
static enum err
share_is_full(struct asking *a, const struct user *u)
{
    struct buf text = {0};
    struct slice kept;

    buf_put_str(&text, "your messages that wait are ");
    buf_put_decimal(&text, u->items);
    buf_put_str(&text, " of the ");
    buf_put_decimal(&text, OUTBOX_ITEMS_OF_USER_MAX);
    buf_put_str(&text, " that one user may have, and take ");
    buf_put_decimal(&text, u->bytes / MIB(1));
    buf_put_str(&text, " MiB of ");
    buf_put_decimal(&text, a->x->config.user_bytes / MIB(1));
    buf_put_str(&text, " MiB (disk-bytes-per-user): wait until peers have "
                       "taken some (sealane queue), or sealane cancel what is "
                       "not needed");
    buf_put_u8(&text, 0);
    bool is_kept = arena_copy(&a->memory, buf_slice(&text), &kept);
    buf_clear(&text);
    return asking_fail(a, ERR_QUOTA,
                       is_kept ? (const char *)kept.data : err_text(ERR_QUOTA));
}

/* One user cannot take the outbox of all. */
static enum err
share_check(struct asking *a, const struct page *page)
{
    const struct user *u = user_of(a->x, page->number);
    uint64_t bytes = page->offers * FACT_ENTRY_BYTES + page->bytes;
    uint64_t most = a->x->config.user_bytes;

    if (u && (u->items + page->offers > OUTBOX_ITEMS_OF_USER_MAX ||
              (most && u->bytes + bytes > most)))
        return share_is_full(a, u);
    return OK;
}

static enum err
page_read(struct asking *a, struct page *page)
{
    struct exchange *x = a->x;
    struct slice id = asking_bytes(a, "stream");

    memset(page, 0, sizeof *page);
    page->number = (uint64_t)control_number(&a->request.values, "number", 0);
    page->first = (uint64_t)control_number(&a->request.values, "first", 0);
    page->places = asking_bytes(a, "places");
    page->teams = asking_bytes(a, "teams");
    page->urgent = control_truth(&a->request.values, "urgent");
    page->dry_run = control_truth(&a->request.values, "dry-run");
    enum err e = asking_peers(a, &page->to);
    if (e == OK)
        e = page_check(a, page);
    if (e != OK || page->dry_run)
        return e;
    uint64_t *at =
        id.size == STREAM_ID_BYTES ? table_find(&x->streams, id.data) : NULL;
    if (!at || x->stream_list[*at].number != page->number)
        return asking_fail(
            a, ERR_NOT_FOUND,
            "no such submission; open it with submit-open first");
    page->stream = &x->stream_list[*at];
    count_new(a, page);
    if (!page->offers)
        return OK;
    e = room_check(a, page);
    return e == OK ? share_check(a, page) : e;
}

/* A message that names a peer as its producer was given to us by it. */
static enum origin
origin_of(const struct exchange *x, const struct message *m)
{
    struct team_name producer;

    if (team_name_parse(m->head.producer, &producer) &&
        !team_name_equal(&producer, &x->config.team) &&
        peer_named(x, &producer, NULL))
        return ORIGIN_FOREIGN;
    return ORIGIN_OWN;
}

/* One message on its way into outboxes. */
struct offer {
    const struct page *page;
    struct submission_id id;
    struct slice bytes;
    struct message m;
    size_t refusals;
    bool again; /* it is there already, for all that may have it */
};

static enum err
check_message(struct asking *a, struct offer *o)
{
    struct exchange *x = a->x;

    if (o->bytes.size + SUBMISSION_ID_BYTES > x->config.body_bytes_max)
        return asking_fail(a, ERR_LIMIT,
                           "the message is larger than the limit of "
                           "body-bytes-max");
    enum err e = message_read(x, o->bytes, &o->m);
    if (e != OK)
        return asking_fail(a, e, err_text(e));
    if (o->m.kind == MESSAGE_NONE || o->m.kind == MESSAGE_DECLINE)
        return asking_fail(a, ERR_VALUE,
                           "this kind of message is not submitted");
    if (!o->m.has_head)
        return asking_fail(a, ERR_MISSING,
                           "the message has no head, so no marking");
    if (!o->page->dry_run && o->m.submission.number != o->page->number)
        return asking_fail(a, ERR_VALUE,
                           "the message names another submission number");
    return OK;
}

static void
queue(struct exchange *x, const struct offer *o, uint32_t peer)
{
    uint8_t pad[32];
    struct buf body = {0};
    struct fact f = {.type = FACT_SUBMITTED,
                     .item = x->item_count,
                     .peer = peer,
                     .number = o->page->number,
                     .submission = o->id,
                     .kind = LEAF_MESSAGE,
                     .tlp = (uint8_t)o->m.head.marking.tlp,
                     .flags = marking_flags(&o->m.head.marking),
                     .ref = LEAF_REF_NONE,
                     .urgent = o->page->urgent,
                     .time = x->now.wall};

    seed_take(&x->seed, pad, sizeof pad);
    submission_id_put(&body, &o->id);
    buf_put(&body, o->bytes);
    f.blob_head = SLICE_ARRAY(pad);
    f.blob_body = buf_slice(&body);
    emit(x, &f);
    buf_clear(&body);
}

static void
refused(struct asking *a, const char *to, const struct verdict *v)
{
    control_add_text(&a->answer, "to", slice_str(to));
    control_add_text(&a->answer, "reason", slice_str(v->reason));
    control_add_text(&a->answer, "text", slice_str(v->text));
    control_add_text(&a->answer, "advice", slice_str(v->advice));
}

/* Hold a message against the size that the peer takes, if that is known. */
static bool
fits_peer(struct asking *a, const struct offer *o, const struct peer *p,
          struct verdict *v)
{
    struct outbox_item item = {
        .number = 1,
        .body_bytes = (uint32_t)(o->bytes.size + SUBMISSION_ID_BYTES)};
    struct buf text = {0};
    struct slice kept;

    if (peer_takes_size(p, &item))
        return true;
    buf_put_str(&text, "the message takes ");
    buf_put_decimal(&text, item.body_bytes);
    buf_put_str(&text, " bytes, and this peer takes at most ");
    buf_put_decimal(&text, p->body_bytes_max);
    buf_put_u8(&text, 0);
    *v = (struct verdict){
        .reason = err_name(ERR_LIMIT),
        .text = arena_copy(&a->memory, buf_slice(&text), &kept)
                    ? (const char *)kept.data
                    : err_text(ERR_LIMIT),
        .advice = "send it in parts, or ask them to raise body-bytes-max"};
    buf_clear(&text);
    return false;
}

/* PROTOCOL handling: "An origin MUST NOT sequence a message that these rules
 * refuse." */
/* Offer a message to one peer; tell whether the rules let it go there. */
static bool
offer_to(struct asking *a, struct offer *o, uint32_t peer)
{
    struct exchange *x = a->x;
    const struct peer *p = x->peers[peer];
    struct verdict v;

    bool there = is_there(x, o->page, o->id.sequence, peer);

    policy_may_send(&p->agreement, &o->m.head.marking, origin_of(x, &o->m), &v);
    if (v.allowed && !there)
        v.allowed = fits_peer(a, o, p, &v);
    if (!v.allowed && o->refusals++ < REFUSALS_MAX)
        refused(a, p->card.card.team.text, &v);
    if (v.allowed && !there) {
        o->again = false;
        if (!o->page->dry_run)
            queue(x, o, peer);
    }
    return v.allowed;
}

/* Offer a message of the page to each peer that it is for; write its record. */
static void
submit_one(struct asking *a, struct offer *o, size_t at)
{
    bool all = true;
    enum err e = check_message(a, o);

    if (e != OK) {
        refused(a, "",
                &(struct verdict){
                    .reason = err_name(e), .text = a->text, .advice = ""});
        a->text = "";
        all = false;
    }
    for (size_t i = 0; e == OK && i < o->page->to.count; i++)
        if (is_for(o->page, at, i) && !offer_to(a, o, o->page->to.at[i]))
            all = false;
    control_add_number(&a->answer, "sequence", (int64_t)o->id.sequence);
    control_add_truth(&a->answer, "accepted", all);
    if (o->again)
        control_add_truth(&a->answer, "again", true);
    control_end_record(&a->answer);
}

/* Rule R6: a message that is there already is answered and not queued. One
 * that was refused is judged again, and goes if the rules have changed. */
enum err
answer_submit(struct asking *a)
{
    struct page page;
    enum err e = page_read(a, &page);

    if (e != OK)
        return e;
    for (size_t i = 0; i < a->request.message_count; i++) {
        struct offer o = {.page = &page,
                          .id.sequence = sequence_at(&page, i),
                          .bytes = a->request.messages[i]};
        if (page.stream)
            memcpy(o.id.stream, page.stream->id, STREAM_ID_BYTES);
        o.again = page.stream && o.id.sequence < page.stream->next;
        submit_one(a, &o, i);
    }
    return OK;
}

static uint64_t
cancel_queue(struct exchange *x, struct ring *r, uint64_t number)
{
    uint64_t count = 0;

    /* From the end, since what is cancelled at an end leaves the queue. */
    for (size_t i = r->count; i-- > 0;) {
        const struct outbox_item *o = ring_at(r, i);
        if (!o || o->number != number || o->gone)
            continue;
        emit(x, &(struct fact){.type = FACT_CANCELLED, .item = o->item});
        count++;
    }
    return count;
}

enum err
answer_cancel(struct asking *a)
{
    struct exchange *x = a->x;
    uint64_t number = (uint64_t)control_number(&a->request.values, "number", 0);

    if (!submission_of(x, number))
        return asking_fail(a, ERR_NOT_FOUND, "there is no such submission");
    if (x->out->facts.size > FACTS_STEP_MAX)
        return asking_fail(a, ERR_NOT_NOW, "the daemon is busy; try again");
    for (uint32_t i = 0; i < x->peer_count; i++) {
        struct peer *p = x->peers[i];
        const struct part *part = part_of(x, number, i);
        if (!part)
            continue;
        uint64_t n = 0;
        for (size_t q = 0; q < QUEUE_COUNT; q++)
            n += cancel_queue(x, &p->queues[q], number);
        control_add_text(&a->answer, "to", slice_str(p->card.card.team.text));
        control_add_number(&a->answer, "cancelled", (int64_t)n);
        control_add_number(&a->answer, "already-sent",
                           (int64_t)part->sequenced);
        control_end_record(&a->answer);
    }
    return OK;
}
