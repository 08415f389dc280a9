/* A request to the index: whatever is asked, the answer is a frame that can be
 * read, and says nothing of what is red to who may not read it. */
#include "harness.h"

#include "core/wire/control.h"
#include "core/wire/message.h"
#include "edge/index/content.h"
#include "edge/index/serve.h"

static struct rows rows;
static struct serve *serve;

static void
add(struct content *content, const char *value, enum tlp tlp)
{
    const struct submission_id id = {{9}, rows.last};
    const struct row row = {.lane = rows.last % 2 ? ROWS_LANE_NONE : 1,
                            .flags = rows.last % 3 ? 0 : ROW_OURS,
                            .index = rows.last};
    struct message m = {
        .kind = MESSAGE_INDICATOR,
        .has_head = true,
        .has_package = true,
        .package = {.id = slice_str("p"), .source = slice_str("stix")}};
    struct buf body = {0};

    m.head.observable = OBSERVABLE_DOMAIN;
    m.head.value = slice_str(value);
    m.head.role = slice_str("c2");
    m.head.object_id = slice_str("x--1");
    m.head.marking.tlp = tlp;
    m.submission.title = slice_str("of a domain");
    m.submission.number = rows.last % 5;
    m.has_submission = true;
    submission_id_put(&body, &id);
    message_put(&body, &m);
    uint32_t number = content_add(content, &row, buf_slice(&body));
    rows_place(&rows, row.lane, row.index, number);
    buf_clear(&body);
}

static void
begin(void)
{
    static const struct index_config config;
    static const struct serve_status status;
    const struct rows_lane lane = {0};
    const struct rows_team team = {"cert.gov.au", "certau"};

    rows_open(&rows, ":memory:");
    struct content *content = content_new(&rows, NULL);
    rows_team_put(&rows, 0, &team);
    rows_lane_put(&rows, 1, &lane);
    for (int i = 0; i < 8; i++) {
        add(content, "evil.example", TLP_AMBER);
        add(content, "hidden.example", TLP_RED);
    }
    rows_commit(&rows);
    content_free(content);
    enum err e = serve_new(NULL, &config, &rows, &status, &serve);
    assert(!e);
}

static void
one(struct slice input)
{
    struct arena arena;
    struct control_answer a;

    arena_init(&arena, MIB(8));
    for (int red = 0; red < 2; red++) {
        struct buf out = {0};
        (void)!serve_answer(serve, input, red, &out);
        assert(out.size > CONTROL_HEADER_BYTES);
        enum err e =
            control_answer_get(slice_of(out.data + CONTROL_HEADER_BYTES,
                                        out.size - CONTROL_HEADER_BYTES),
                               &arena, &a);
        assert(!e);
        for (size_t i = 0; !red && i < a.record_count; i++)
            assert(!slice_is(control_text(&a.records[i], "value"),
                             "hidden.example"));
        arena_reset(&arena);
        buf_clear(&out);
    }
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!serve)
        begin();
    return fuzz_bounded(one, data, size);
}
