#include "make_corpus.h"

#include "core/wire/control.h"
#include "core/wire/message.h"
#include "script.h"
#include "teams.h"

#define AS_TEXT(name, value)                                                   \
    {                                                                          \
        .key = (name), .kind = CONTROL_TEXT, .text = slice_str(value)          \
    }
#define AS_NUMBER(name, value)                                                 \
    {                                                                          \
        .key = (name), .kind = CONTROL_NUMBER, .number = (value)               \
    }

/* Add a request as a step, and as an input of its own. */
static void
request(const char *name, const struct control_request *r, struct buf *script)
{
    static const uint8_t request_byte[] = {1};
    struct buf frame = {0};

    control_request_put(&frame, r);
    struct slice payload = slice_of(frame.data + CONTROL_HEADER_BYTES,
                                    frame.size - CONTROL_HEADER_BYTES);
    seed_behind("control", name, SLICE_ARRAY(request_byte), payload);
    script_put(script, 0, 15, payload);
    buf_clear(&frame);
}

static void
queries(void)
{
    static const char *const bare[] = {"status", "peers",   "card", "lanes",
                                       "queue",  "no-such", "watch"};
    const struct control_value team[] = {AS_TEXT("team", "certau")};
    const struct control_value id[] = {AS_TEXT("id", "krcert>cert.gov.au#0")};
    const struct control_value list[] = {AS_TEXT("direction", "from"),
                                         AS_TEXT("team", "certau"),
                                         AS_NUMBER("limit", 3)};
    const struct control_value lane[] = {AS_NUMBER("lane", 0),
                                         AS_NUMBER("first", 0)};
    const struct control_value number[] = {AS_NUMBER("number", 1)};
    const struct control_value cursor[] = {AS_TEXT("cursor", "0.0.0.0.0")};
    struct buf script = {0};

    for (size_t i = 0; i < ARRAY_SIZE(bare); i++)
        request(bare[i], &(struct control_request){.id = i, .verb = bare[i]},
                &script);
    request("card-of",
            &(struct control_request){.verb = "card", .values = {team, 1}},
            &script);
    request("lanes-of",
            &(struct control_request){.verb = "lanes", .values = {team, 1}},
            &script);
    request("list",
            &(struct control_request){.verb = "list", .values = {list, 3}},
            &script);
    request("records",
            &(struct control_request){.verb = "records", .values = {lane, 2}},
            &script);
    request("show",
            &(struct control_request){.verb = "show", .values = {id, 1}},
            &script);
    request(
        "submission",
        &(struct control_request){.verb = "submission", .values = {number, 1}},
        &script);
    request("watch-from",
            &(struct control_request){.verb = "watch", .values = {cursor, 1}},
            &script);
    seed("request", "queries", buf_slice(&script));
    buf_clear(&script);
}

static void
submit(struct buf *script)
{
    static const uint8_t stream[16] = {1};
    struct message indicator, decline;
    struct buf bytes = {0};
    const struct control_value values[] = {
        AS_NUMBER("number", 1),
        {.key = "stream", .kind = CONTROL_BYTES, .text = SLICE_ARRAY(stream)},
        AS_NUMBER("first", 0),
        AS_TEXT("to", "cert.gov.au"),
        {.key = "urgent", .kind = CONTROL_TRUTH, .number = 1},
        {.key = "dry-run", .kind = CONTROL_TRUTH, .number = 1},
    };

    message_samples(&indicator, &decline);
    message_put(&bytes, &indicator);
    struct slice one = buf_slice(&bytes);
    request("submit",
            &(struct control_request){.id = 2,
                                      .verb = "submit",
                                      .values = {values, ARRAY_SIZE(values)},
                                      .messages = &one,
                                      .message_count = 1},
            script);
    buf_clear(&bytes);
}

static void
changes(void)
{
    static const uint8_t file[32] = {1};
    const struct control_value open[] = {
        {.key = "hash", .kind = CONTROL_BYTES, .text = SLICE_ARRAY(file)},
        AS_TEXT("options", "tlp=green"),
        AS_TEXT("title", "a title")};
    const struct control_value cancel[] = {AS_NUMBER("number", 1)};
    const struct control_value confirm[] = {
        AS_TEXT("team", "certau"), AS_TEXT("code", "1234 5678"),
        AS_TEXT("with", "the duty officer, by phone")};
    struct buf script = {0}, bytes = {0}, card = {0};

    team_card(team_of(AUSCERT), 2, &bytes, &card);
    const struct control_value add[] = {
        {.key = "card", .kind = CONTROL_BYTES, .text = buf_slice(&card)}};
    request("submit-open",
            &(struct control_request){
                .id = 1, .verb = "submit-open", .values = {open, 3}},
            &script);
    submit(&script);
    request("cancel",
            &(struct control_request){.verb = "cancel", .values = {cancel, 1}},
            &script);
    request("peer-add",
            &(struct control_request){.verb = "peer-add", .values = {add, 1}},
            &script);
    request("peer-confirm",
            &(struct control_request){.verb = "peer-confirm",
                                      .values = {confirm, 3}},
            &script);
    script_put(&script, 1, 0, (struct slice){0});
    seed("request", "changes", buf_slice(&script));
    buf_clear(&script);
    buf_clear(&bytes);
    buf_clear(&card);
}

/* A record of list, as the daemon writes it. */
static void
entry(struct control_builder *b, const char *state, const struct message *m)
{
    struct buf bytes = {0};

    message_put(&bytes, m);
    control_add_text(b, "id", slice_str("certau>krcert#7"));
    control_add_text(b, "lane-name", slice_str("certau>krcert"));
    control_add_number(b, "index", 7);
    control_add_text(b, "direction", slice_str("from"));
    control_add_text(b, "team", slice_str("cert.gov.au"));
    control_add_text(b, "state", slice_str(state));
    control_add_number(b, "leaf-kind", 0);
    control_add_number(b, "time-ms", 1790000000000);
    control_add_text(b, "tlp", slice_str("amber"));
    control_add_text(b, "reason-text", slice_str("the handling rules"));
    control_add_truth(b, "urgent", true);
    control_add_bytes(b, "message", buf_slice(&bytes));
    control_end_record(b);
    buf_clear(&bytes);
}

static void
answers(void)
{
    static const uint8_t answer_byte[] = {0};
    struct message indicator, decline;
    struct control_builder b;
    struct control_answer a = {.id = 3, .text = slice_str("a text")};
    struct arena arena;
    struct buf frame = {0};

    arena_init(&arena, MIB(1));
    control_begin(&b, &arena);
    message_samples(&indicator, &decline);
    entry(&b, "stored", &indicator);
    entry(&b, "declined", &decline);
    a.records = b.records;
    a.record_count = b.record_count;
    control_answer_put(&frame, &a);
    struct slice payload = slice_of(frame.data + CONTROL_HEADER_BYTES,
                                    frame.size - CONTROL_HEADER_BYTES);
    seed("answer", "entries", payload);
    seed_behind("control", "answer", SLICE_ARRAY(answer_byte), payload);
    buf_clear(&frame);
    arena_clear(&arena);
}

void
make_controls(void)
{
    queries();
    changes();
    answers();
}
