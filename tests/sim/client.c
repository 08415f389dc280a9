/*
 * client - submits a file to peers, as the command does: it opens, sends
 *          pages, and after any loss opens again and goes on, or begins anew.
 */
#include "sim/sim.h"

#include "core/base/mem.h"
#include "core/wire/control.h"
#include "core/wire/message.h"

#include <assert.h>

#define ANSWER_BUDGET MIB(16)
#define RETRY_MS 500
#define SLOW_MS 100
#define BLOCK 8 /* so many messages in turn go to the same peers */
#define PAGE_MAX 16
#define FILLER_BYTES (PIECE_BYTES + 400)

bool
client_done(const struct node *n)
{
    return n->client.at == n->client.total;
}

static bool
block_sends(const struct world *w, const struct node *origin, uint64_t block,
            unsigned peer)
{
    struct dice d = {w->seed * 31 + origin->index * 1009 + block};

    if (origin->peer_count == 1 || dice_chance(&d, 30))
        return true;
    return dice_below(&d, origin->peer_count) == peer;
}

bool
client_sends(const struct world *w, const struct node *origin,
             uint64_t sequence, unsigned to)
{
    return block_sends(w, origin, sequence / BLOCK, node_peer(origin, to));
}

/* A message's size and marking follow from its number. */
static void
message_of(const struct node *n, uint64_t sequence, struct buf *out)
{
    static char filler[FILLER_BYTES];
    struct dice d = {sequence * 977 + n->index + 7919 * n->client.total};
    bool large = dice_below(&d, 150) == 0;
    uint64_t size = (large ? PIECE_BYTES : 0) + dice_below(&d, 400);
    struct slice named = slice_str("duty officer");
    struct message m = {
        .kind = MESSAGE_OBJECT, .has_submission = true, .has_head = true};

    m.submission.number = n->client.number;
    m.head.rules = HEAD_RULES;
    m.head.object_id = slice_str(n->team->name.text);
    m.head.marking.tlp = (enum tlp)dice_below(&d, 5);
    if (n->index % 2 && m.head.marking.tlp > TLP_AMBER)
        m.head.marking.tlp = TLP_AMBER;
    if (m.head.marking.tlp == TLP_RED) {
        m.head.marking.recipients = &named;
        m.head.marking.recipient_count = 1;
    }
    m.content = slice_of(filler, (size_t)size);
    m.content_type = slice_str("sim");
    message_put(out, &m);
}

static size_t
page_messages(const struct node *n, size_t count, struct buf *bytes,
              struct slice messages[PAGE_MAX])
{
    size_t places[PAGE_MAX + 1] = {0};

    for (size_t i = 0; i < count; i++) {
        places[i] = bytes->size;
        message_of(n, n->client.at + i, bytes);
    }
    places[count] = bytes->size;
    for (size_t i = 0; i < count; i++)
        messages[i] =
            slice_of(bytes->data + places[i], places[i + 1] - places[i]);
    return count;
}

static size_t
page_values(const struct world *w, struct node *n,
            struct control_value values[4 + TEAMS_MAX])
{
    struct client *c = &n->client;
    size_t count = 4;

    values[0] = (struct control_value){
        "number", CONTROL_NUMBER, {0}, (int64_t)c->number};
    values[1] = (struct control_value){"stream", CONTROL_BYTES,
                                       SLICE_ARRAY(c->stream), 0};
    values[2] =
        (struct control_value){"first", CONTROL_NUMBER, {0}, (int64_t)c->at};
    values[3] =
        (struct control_value){"urgent", CONTROL_TRUTH, {0}, c->at % 3 == 0};
    for (unsigned p = 0; p < n->peer_count; p++)
        if (block_sends(w, n, c->at / BLOCK, p))
            values[count++] = (struct control_value){
                "to", CONTROL_TEXT,
                slice_str(w->nodes[n->peers[p]].team->name.text), 0};
    return count;
}

static void
send_page(struct world *w, struct node *n)
{
    struct client *c = &n->client;
    struct control_value values[4 + TEAMS_MAX];
    struct slice messages[PAGE_MAX];
    struct buf bytes = {0};
    uint64_t count = c->total - c->at;

    if (count > c->pages)
        count = c->pages;
    if (count > BLOCK - c->at % BLOCK)
        count = BLOCK - c->at % BLOCK;
    size_t value_count = page_values(w, n, values);
    size_t n_messages = page_messages(n, (size_t)count, &bytes, messages);
    c->request = 2 + c->at;
    tell(w, n, "client: page from", c->at);
    node_asks(w, n, ROLE_SUBMIT,
              &(struct control_request){.id = c->request,
                                        .verb = "submit",
                                        .values = {values, value_count},
                                        .messages = messages,
                                        .message_count = n_messages});
    buf_clear(&bytes);
}

/* Do what comes next, unless an answer is waited for. */
void
client_poke(struct world *w, struct node *n)
{
    static const uint8_t file[32] = {1};
    struct control_value values[] = {
        {"hash", CONTROL_BYTES, SLICE_ARRAY(file), 0},
        {"again", CONTROL_TRUTH, {0}, without(w, WITHOUT_R6)},
    };
    struct client *c = &n->client;

    if (c->request || client_done(n))
        return;
    if (c->opened) {
        send_page(w, n);
        return;
    }
    c->request = 1;
    node_asks(
        w, n, ROLE_SUBMIT,
        &(struct control_request){.id = 1,
                                  .verb = "submit-open",
                                  .values = {values, ARRAY_SIZE(values)}});
}

/* I4: what is answered as accepted is in the journal, for each peer that it
 * goes to, however often it was sent before. */
static void
check_accepted(struct world *w, const struct node *n, uint64_t sequence)
{
    for (uint32_t p = 0; p < n->peer_count; p++)
        hold(w, INVARIANT_I4,
             !client_sends(w, n, sequence, n->peers[p]) ||
                 n->kept.submitted[p][sequence],
             "a message is accepted that does not wait for its peer");
}

static void
take_records(struct world *w, struct node *n, const struct control_answer *a)
{
    struct client *c = &n->client;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        uint64_t sequence = (uint64_t)control_number(r, "sequence", -1);
        hold(w, INVARIANT_I4, sequence == c->at && control_truth(r, "accepted"),
             "a good message is refused");
        check_accepted(w, n, c->at);
        c->at++;
        if (c->accepted < c->at)
            c->accepted = c->at;
    }
}

static void
later(struct world *w, struct node *n, uint64_t ms)
{
    queue_add(&w->queue, &(struct scheduled){.at = w->time + ms,
                                             .what = HAPPEN_CLIENT,
                                             .node = n->index,
                                             .incarnation = n->incarnation});
}

static void
take_opened(struct world *w, struct node *n, const struct control_record *r)
{
    struct client *c = &n->client;

    c->opened = true;
    c->number = (uint64_t)control_number(r, "number", 0);
    memcpy(c->stream, control_bytes(r, "stream").data, STREAM_ID_BYTES);
    /* The person may not know how far it went, and sends all of it again. */
    if (dice_chance(&w->dice, 30))
        c->at = 0;
}

void
client_answer(struct world *w, struct node *n, const struct effect *e)
{
    struct client *c = &n->client;
    struct arena arena;
    struct control_answer a;

    arena_init(&arena, ANSWER_BUDGET);
    enum err bad = control_answer_get(
        slice_of(e->data.data + 4, e->data.size - 4), &arena, &a);
    assert(bad == OK);
    c->request = 0;
    tell(w, n, "client: answer", a.code);
    if (a.code != OK) {
        later(w, n, RETRY_MS);
    } else if (!c->opened) {
        take_opened(w, n, &a.records[0]);
        client_poke(w, n);
    } else {
        take_records(w, n, &a);
        if (w->slow_clients)
            later(w, n, dice_below(&w->dice, SLOW_MS));
        else
            client_poke(w, n);
    }
    arena_clear(&arena);
}
