/*
 * Submits a file to the other team, as the command does: it opens, sends
 * pages, and after any loss opens again and goes on.
 */
#include "pair.h"

#include "core/wire/control.h"
#include "core/wire/message.h"

#include <assert.h>

#define PAGE 3
#define RETRY_MS 300

/* Between pages, so that several batches are made. */
#define PAGE_MS 15
#define ANSWER_BUDGET MIB(1)

/* One message of the first node is beyond what the other takes. */
#define DECLINED 4

/* Every so manieth message takes more than one piece on the wire. */
#define LARGE_EACH 7
#define LARGE_BYTES 70000

static void
ask(struct node *n, const struct control_request *r)
{
    struct buf frame = {0};

    control_request_put(&frame, r);
    n->client.request = r->id;
    node_push(n, &(struct event){
                     .type = EVENT_REQUEST,
                     .id = r->id,
                     .a = ROLE_SUBMIT,
                     .b = 1000,
                     .data = slice_of(frame.data + CONTROL_HEADER_BYTES,
                                      frame.size - CONTROL_HEADER_BYTES)});
    buf_clear(&frame);
}

bool
client_is_declined(const struct node *n, uint64_t sequence)
{
    return n->pair->declines && n->index == 0 && sequence == DECLINED;
}

static void
message_of(const struct node *n, uint64_t sequence, struct buf *out)
{
    static char filler[LARGE_BYTES];
    bool large = sequence % LARGE_EACH == LARGE_EACH - 1;
    struct message m = {.kind = MESSAGE_OBJECT,
                        .has_submission = true,
                        .submission = {.number = n->client.number},
                        .has_head = true};

    m.head.rules = HEAD_RULES;
    m.head.object_id = slice_str("x");
    m.head.marking.tlp =
        client_is_declined(n, sequence) ? TLP_AMBER_STRICT : TLP_GREEN;
    m.content = slice_of(filler, large ? LARGE_BYTES : (size_t)sequence * 31);
    m.content_type = slice_str("test");
    message_put(out, &m);
}

static void
page_send(struct node *n)
{
    struct client *c = &n->client;
    const struct team *to = &n->pair->nodes[!n->index].team;
    const struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, (int64_t)c->number},
        {"stream", CONTROL_BYTES, SLICE_ARRAY(c->stream), 0},
        {"first", CONTROL_NUMBER, {0}, (int64_t)c->answered},
        {"to", CONTROL_TEXT, slice_str(to->name.text), 0},
    };
    struct buf bytes[PAGE] = {{0}};
    struct slice messages[PAGE];
    size_t count = 0;

    for (; count < PAGE && c->answered + count < c->total; count++) {
        message_of(n, c->answered + count, &bytes[count]);
        messages[count] = buf_slice(&bytes[count]);
    }
    ask(n, &(struct control_request){.id = 2 + c->answered,
                                     .verb = "submit",
                                     .values = {values, ARRAY_SIZE(values)},
                                     .messages = messages,
                                     .message_count = count});
    for (size_t i = 0; i < count; i++)
        buf_clear(&bytes[i]);
}

void
client_poke(struct node *n)
{
    static const uint8_t file[32] = {1};
    const struct control_value hash = {"hash", CONTROL_BYTES, SLICE_ARRAY(file),
                                       0};
    struct client *c = &n->client;

    if (c->request || c->answered == c->total || n->pair->time < c->not_before)
        return;
    if (c->opened)
        page_send(n);
    else
        ask(n, &(struct control_request){
                   .id = 1, .verb = "submit-open", .values = {&hash, 1}});
}

static void
opened(struct client *c, const struct control_answer *a)
{
    struct slice stream = control_bytes(&a->records[0], "stream");

    c->opened = true;
    c->number = (uint64_t)control_number(&a->records[0], "number", 0);
    assert(stream.size == STREAM_ID_BYTES);
    memcpy(c->stream, stream.data, STREAM_ID_BYTES);
}

void
client_answer(struct node *n, const struct effect *e)
{
    struct client *c = &n->client;
    struct arena arena;
    struct control_answer a;

    arena_init(&arena, ANSWER_BUDGET);
    enum err bad =
        control_answer_get(slice_of(e->data.data + CONTROL_HEADER_BYTES,
                                    e->data.size - CONTROL_HEADER_BYTES),
                           &arena, &a);
    assert(!bad);
    c->request = 0;
    if (a.code != OK) {
        c->not_before = n->pair->time + RETRY_MS;
    } else if (!c->opened) {
        opened(c, &a);
    } else {
        for (size_t i = 0; i < a.record_count; i++) {
            const struct control_record *r = &a.records[i];
            if (!control_truth(r, "accepted") ||
                (uint64_t)control_number(r, "sequence", -1) != c->answered)
                pair_wrong(n->pair, "I4: a good message is refused");
            c->answered++;
        }
        c->not_before = n->pair->time + PAGE_MS;
    }
    arena_clear(&arena);
}
