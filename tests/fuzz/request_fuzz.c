/*
 * request - control requests to a running node, one a step, as clients.c of
 *           edge/control hands them on: to the exchange or to a query.
 *
 * A step's `how` has the user's roles; `what` is even for the payload of a
 * request, odd for another second of running. What is answered can be read.
 */
#include "harness.h"

#include "edge/control/queries.h"
#include "edge/control/watch.h"
#include "nodes.h"
#include "script.h"
#include "teams.h"

struct world {
    struct node nodes[TEAMS];
    struct watch *watch;
};

static void
answers_read(struct slice answers)
{
    struct arena arena;
    struct control_answer a;

    arena_init(&arena, ANSWER_BUDGET);
    while (answers.size) {
        assert(answers.size > CONTROL_HEADER_BYTES);
        uint32_t size = get_be32(answers.data);
        assert(size <= answers.size - CONTROL_HEADER_BYTES);
        arena_reset(&arena);
        enum err e = control_answer_get(
            slice_of(answers.data + CONTROL_HEADER_BYTES, size), &arena, &a);
        assert(e == OK);
        answers = slice_of(answers.data + CONTROL_HEADER_BYTES + size,
                           answers.size - CONTROL_HEADER_BYTES - size);
    }
    arena_clear(&arena);
}

static void
watch_more(struct world *w, struct query *q)
{
    if (w->watch) {
        watch_free(w->watch);
        w->watch = NULL;
    }
    if (watch_new(q, &w->watch) != OK)
        w->watch = NULL;
    else
        (void)watch_step(w->watch, q);
}

static void
query(struct world *w, const struct verb *verb, const struct control_request *r,
      unsigned roles)
{
    static struct settings settings = {.state = "/nowhere",
                                       .default_tlp = TLP_AMBER};
    struct node *n = &w->nodes[KRCERT];
    struct arena arena;
    struct buf frame = {0};
    struct query q = {.exchange = n->exchange,
                      .store = &n->store,
                      .settings = &settings,
                      .roles = roles,
                      .now = n->now,
                      .values = &r->values,
                      .arena = &arena};

    arena_init(&arena, ANSWER_BUDGET);
    control_begin(&q.answer, &arena);
    struct control_answer a = {.id = r->id};
    if (verb->answer)
        a.code = verb->answer(&q);
    else
        watch_more(w, &q);
    if (a.code == OK) {
        a.records = q.answer.records;
        a.record_count = q.answer.record_count;
    } else {
        a.text = q.text.size ? q.text : slice_str(err_text(a.code));
    }
    control_answer_put(&frame, &a);
    answers_read(buf_slice(&frame));
    buf_clear(&frame);
    arena_clear(&arena);
}

static void
ask(struct world *w, struct slice payload, unsigned roles)
{
    struct node *n = &w->nodes[KRCERT];
    struct control_request r;
    struct arena arena;

    arena_init(&arena, MIB(1) + 4 * payload.size);
    if (control_request_get(payload, &arena, &r) == OK) {
        const struct verb *verb = verb_find(r.verb);
        if (verb && !verb->to_exchange && verb->role & roles)
            query(w, verb, &r, roles);
    }
    arena_clear(&arena);
    buf_reset(&n->answers);
    nodes_happen(n, &(struct event){.type = EVENT_REQUEST,
                                    .id = 1,
                                    .a = roles,
                                    .b = 1000,
                                    .data = payload});
    answers_read(buf_slice(&n->answers));
}

/* Let the two nodes talk until they are quiet. */
static void
talk(struct world *w)
{
    bool any = true;

    for (size_t rounds = 0; any && rounds < 64; rounds++) {
        any = false;
        for (unsigned i = 0; i < TEAMS; i++) {
            struct slice frame;
            while (nodes_next(&w->nodes[i], &frame)) {
                nodes_frame(&w->nodes[!i], frame);
                any = true;
            }
        }
    }
}

static void
one(struct slice input)
{
    struct cursor script = cursor_of(input);
    struct world w = {0};
    struct step s;

    for (unsigned i = 0; i < TEAMS; i++)
        nodes_start(&w.nodes[i], i);
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_link_up(&w.nodes[i], 1, i == KRCERT);
    talk(&w);
    nodes_submit(&w.nodes[AUSCERT], (struct slice){0});
    nodes_submit(&w.nodes[KRCERT], (struct slice){0});
    talk(&w);
    for (size_t n = 0; n < STEPS_MAX && script_next(&script, &s); n++) {
        if (s.what & 1)
            nodes_wait(&w.nodes[KRCERT], 1000);
        else
            ask(&w, s.bytes, s.how & 15);
        talk(&w);
    }
    watch_free(w.watch);
    for (unsigned i = 0; i < TEAMS; i++)
        nodes_clear(&w.nodes[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
