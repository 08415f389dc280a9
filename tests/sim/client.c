/*
 * client - submits a file to the other team, as the command does: it opens,
 *          sends pages, and after any loss opens again and goes on.
 */
#include "sim.h"

#include "core/wire/control.h"
#include "core/wire/message.h"

#include <assert.h>

#define ANSWER_BUDGET MIB(16)
#define RETRY_MS 500
#define SLOW_MS 100

bool
client_done(const struct node *n)
{
    return n->client.answered == n->client.total;
}

static void
ask(struct world *w, struct node *n, const struct control_request *r)
{
    struct buf frame = {0};

    control_request_put(&frame, r);
    node_push(
        w, n,
        &(struct event){.type = EVENT_REQUEST,
                        .id = r->id,
                        .a = ROLE_SUBMIT,
                        .b = 1000,
                        .data = slice_of(frame.data + 4, frame.size - 4)});
    buf_clear(&frame);
}

/* A message's size and marking follow from its number. */
static void
message_of(const struct node *n, uint64_t sequence, struct buf *out)
{
    static char filler[200000];
    struct dice d = {sequence * 977 + n->index};
    uint64_t size = dice_chance(&d, 3) ? dice_below(&d, sizeof filler)
                                       : dice_below(&d, 600);
    struct slice named = slice_str("duty officer");
    struct message m = {
        .kind = MESSAGE_OBJECT, .has_submission = true, .has_head = true};

    m.submission.number = n->client.number;
    m.head.rules = HEAD_RULES;
    m.head.object_id = slice_str("x");
    m.head.marking.tlp = (enum tlp)dice_below(&d, 5);
    if (m.head.marking.tlp == TLP_RED && n->index == 0) {
        m.head.marking.recipients = &named;
        m.head.marking.recipient_count = 1;
    }
    if (n->index && m.head.marking.tlp > TLP_AMBER)
        m.head.marking.tlp = TLP_AMBER;
    m.content = slice_of(filler, (size_t)size);
    m.content_type = slice_str("sim");
    message_put(out, &m);
}

static void
send_page(struct world *w, struct node *n)
{
    struct client *c = &n->client;
    uint64_t left = c->total - c->answered;
    size_t count = (size_t)(left < c->pages ? left : c->pages);
    struct buf bytes = {0};
    size_t places[16] = {0};
    struct slice messages[16];
    struct slice to = slice_str(w->nodes[!n->index].team->name.text);
    struct control_value values[5] = {
        {.key = "number", .kind = CONTROL_NUMBER},
        {.key = "stream", .kind = CONTROL_BYTES},
        {.key = "first", .kind = CONTROL_NUMBER},
        {.key = "to", .kind = CONTROL_TEXT, .text = to},
        {.key = "urgent", .kind = CONTROL_TRUTH},
    };

    values[0].number = (int64_t)c->number;
    values[1].text = SLICE_ARRAY(c->stream);
    values[2].number = (int64_t)c->answered;
    values[4].number = c->answered % 3 == 0;

    for (size_t i = 0; i < count; i++) {
        places[i] = bytes.size;
        message_of(n, c->answered + i, &bytes);
    }
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? places[i + 1] : bytes.size;
        messages[i] = slice_of(bytes.data + places[i], end - places[i]);
    }
    c->request = 2 + c->answered;
    trace(w, n->index, "client: page from", c->answered);
    ask(w, n,
        &(struct control_request){.id = c->request,
                                  .verb = "submit",
                                  .values = {values, 5},
                                  .messages = messages,
                                  .message_count = count});
    buf_clear(&bytes);
}

/* Do what comes next, unless an answer is waited for. */
void
client_poke(struct world *w, struct node *n)
{
    static const uint8_t file[32] = {1};
    struct control_value hash = {"hash", CONTROL_BYTES, SLICE_ARRAY(file), 0};
    struct client *c = &n->client;

    if (c->request || client_done(n))
        return;
    if (c->opened) {
        send_page(w, n);
        return;
    }
    c->request = 1;
    ask(w, n,
        &(struct control_request){
            .id = 1, .verb = "submit-open", .values = {&hash, 1}});
}

static void
take_records(struct world *w, struct node *n, const struct control_answer *a)
{
    struct client *c = &n->client;

    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        uint64_t sequence = (uint64_t)control_number(r, "sequence", -1);
        if (sequence != c->answered || !control_truth(r, "accepted"))
            violate(w, "I4", "a good message is refused");
        c->answered = sequence + 1;
    }
}

static void
later(struct world *w, struct node *n, uint64_t ms)
{
    schedule(w, &(struct scheduled){.at = w->time + ms,
                                    .what = HAPPEN_CLIENT,
                                    .node = n->index,
                                    .incarnation = n->incarnation});
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
    trace(w, n->index, "client: answer", a.code);
    if (a.code != OK) {
        later(w, n, RETRY_MS);
    } else if (!c->opened) {
        struct slice stream = control_bytes(&a.records[0], "stream");
        c->opened = true;
        c->number = (uint64_t)control_number(&a.records[0], "number", 0);
        memcpy(c->stream, stream.data, STREAM_ID_BYTES);
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
