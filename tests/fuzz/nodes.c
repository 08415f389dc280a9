#include "nodes.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "core/exchange/capture.h"
#include "core/exchange/view.h"
#include "core/wire/control.h"
#include "core/wire/frames.h"
#include "core/wire/message.h"
#include "teams.h"

#include <assert.h>

#define START_MS UINT64_C(1790000000000)
#define TICKS_MAX 16

static void
fact_add(struct buf *facts, const struct fact *f)
{
    fact_put(facts, f);
}

/* What stands in the journal of a node that was paired. */
static void
pair(struct node *n)
{
    struct buf facts = {0};
    struct lane_id unused;

    fact_add(&facts,
             &(struct fact){.type = FACT_NODE,
                            .text = buf_slice(&team_of(n->team)->card)});
    fact_add(&facts,
             &(struct fact){.type = FACT_PEER,
                            .text = buf_slice(&team_of(!n->team)->card)});
    fact_add(&facts, &(struct fact){.type = FACT_CONFIRMED,
                                    .text = slice_str("over the phone")});
    for (unsigned ours = 0; ours < 2; ours++) {
        struct fact f = {.type = FACT_LANE, .lane = ours, .ours = ours};
        team_genesis(ours ? n->team : !n->team, f.genesis, &unused);
        fact_add(&facts, &f);
    }
    n->store.ops->append(n->store.self, buf_slice(&facts));
    n->store.ops->sync(n->store.self);
    buf_clear(&facts);
}

void
nodes_config(unsigned team, struct slice card, struct wall boot_time,
             struct buf *out)
{
    struct config *c = mem_new(sizeof *c);

    c->team = team_of(team)->name;
    c->card = card;
    c->boot_time = boot_time;
    c->default_tlp = TLP_AMBER;
    c->batches_in_flight = BATCHES_IN_FLIGHT;
    c->body_bytes_max = BODY_ANNOUNCED;
    c->peer_count = 1;
    c->peers[0] = (struct config_peer){.team = team_of(!team)->name,
                                       .ceiling = TLP_AMBER,
                                       .community = true,
                                       .dial = team == KRCERT};
    memset(c->boot_id, (int)team + 1, sizeof c->boot_id);
    config_put(out, c);
    mem_free(c);
}

static enum err
restore_one(void *exchange, const struct fact *f)
{
    return exchange_restore(exchange, f);
}

static void
run(struct node *n)
{
    struct buf config = {0};
    uint8_t fresh[32];

    n->signer = signer_new(&team_of(n->team)->name, team_of(n->team)->seeds);
    for (struct slice rest = buf_slice(&n->sign_journal); rest.size;) {
        enum err e = signer_restore(n->signer, &rest);
        assert(e == OK);
    }
    n->exchange = exchange_new(&n->store);
    enum err e = memory_store_facts(n->memory, restore_one, n->exchange);
    assert(e == OK);
    nodes_config(n->team, buf_slice(&n->card), n->now.wall, &config);
    nodes_happen(
        n, &(struct event){.type = EVENT_START, .data = buf_slice(&config)});
    memset(fresh, (int)n->team + 40, sizeof fresh);
    nodes_happen(
        n, &(struct event){.type = EVENT_RANDOM, .data = SLICE_ARRAY(fresh)});
    buf_clear(&config);
}

void
nodes_start(struct node *n, unsigned team)
{
    *n = (struct node){.team = team,
                       .now = {.mono = {1000}, .wall = {START_MS}}};
    n->memory = memory_store_new();
    memory_store_port(n->memory, &n->store);
    outcome_init(&n->out);
    n->card_version = 1;
    buf_put(&n->card, buf_slice(&team_of(team)->card));
    pair(n);
    run(n);
}

static void
stop(struct node *n)
{
    n->erased = 0;
    exchange_free(n->exchange);
    signer_free(n->signer);
    n->link = 0;
}

void
nodes_clear(struct node *n)
{
    stop(n);
    memory_store_free(n->memory);
    outcome_clear(&n->out);
    buf_clear(&n->sign_journal);
    buf_clear(&n->sent);
    buf_clear(&n->answers);
    buf_clear(&n->capture);
    buf_clear(&n->card);
}

void
nodes_restart(struct node *n)
{
    stop(n);
    memory_store_crash(n->memory);
    run(n);
}

void
nodes_renew_card(struct node *n)
{
    struct buf bytes = {0};

    buf_reset(&n->card);
    team_card(team_of(n->team), ++n->card_version, &bytes, &n->card);
    buf_clear(&bytes);
    nodes_restart(n);
}

/* ---- one turn ---------------------------------------------------------------
 */

static void
sign(struct node *n, const struct effect *e, struct buf *answer)
{
    uint64_t clock_s = n->now.wall.ms / 1000;

    assert(answer->size == 0); /* one request a step */
    enum err bad =
        signer_answer(n->signer, e->data, clock_s, &n->sign_journal, answer);
    assert(bad == OK);
}

/* Do what a step asks for; true if the signer answered, with `signed_id`. */
static bool
perform(struct node *n, struct buf *answer, uint64_t *signed_id)
{
    bool signs = false;

    for (size_t i = 0; i < n->out.effect_count; i++) {
        const struct effect *e = &n->out.effects[i];
        assert(e->type != EFFECT_STOP);
        if (e->type == EFFECT_SEND && e->id == n->link)
            buf_put(&n->sent, e->data);
        if (e->type == EFFECT_CLOSE && e->id == n->link) {
            n->closed = true;
            n->link = 0;
        }
        if (e->type == EFFECT_ANSWER)
            buf_put(&n->answers, e->data);
        if (e->type == EFFECT_SIGN) {
            sign(n, e, answer);
            *signed_id = e->id;
            signs = true;
        }
    }
    return signs;
}

static void
capture(struct node *n, const struct event *e)
{
    const struct capture_turn t = {.number = n->store.ops->turn(n->store.self),
                                   .now = n->now,
                                   .events = e,
                                   .event_count = 1,
                                   .facts = buf_slice(&n->out.facts),
                                   .effects = n->out.effects,
                                   .effect_count = n->out.effect_count};

    if (n->captures)
        capture_turn_put(&n->capture, &t);
}

static void
turn(struct node *n, const struct event *e)
{
    struct event next = *e;
    struct buf answers[2] = {{0}, {0}};
    size_t which = 0;

    for (bool again = true; again; which = !which) {
        exchange_step(n->exchange, &next, 1, n->now, &n->out);
        capture(n, &next);
        n->store.ops->append(n->store.self, buf_slice(&n->out.facts));
        n->store.ops->sync(n->store.self);
        n->store.ops->erase(n->store.self, n->out.erasures,
                            n->out.erasure_count);
        n->erased += n->out.erasure_count;
        buf_reset(&answers[which]);
        next = (struct event){.type = EVENT_SIGNED};
        again = perform(n, &answers[which], &next.id);
        next.data = buf_slice(&answers[which]);
        outcome_reset(&n->out);
    }
    buf_clear(&answers[0]);
    buf_clear(&answers[1]);
}

void
nodes_happen(struct node *n, const struct event *e)
{
    const struct event tick = {.type = EVENT_TICK};

    turn(n, e);
    while (n->erased) {
        const struct event erased = {.type = EVENT_ERASED, .a = n->erased};
        n->erased = 0;
        turn(n, &erased);
    }
    for (size_t i = 0;
         i < TICKS_MAX && exchange_deadline(n->exchange).ms <= n->now.mono.ms;
         i++)
        turn(n, &tick);
}

/* ---- what can happen --------------------------------------------------------
 */

void
nodes_link_up(struct node *n, uint64_t link, bool dialled)
{
    uint8_t exporter[32];

    memset(exporter, (int)(link & 255), sizeof exporter);
    buf_reset(&n->sent);
    n->taken = 0;
    n->link = link;
    n->closed = false;
    nodes_happen(
        n, &(struct event){.type = EVENT_LINK_UP,
                           .id = link,
                           .a = dialled,
                           .data = slice_str(team_of(!n->team)->name.text),
                           .more = SLICE_ARRAY(exporter)});
}

void
nodes_link_down(struct node *n)
{
    uint64_t link = n->link;

    n->link = 0;
    if (link)
        nodes_happen(n, &(struct event){.type = EVENT_LINK_DOWN,
                                        .id = link,
                                        .a = ERR_IO,
                                        .data = slice_str("it was cut")});
}

void
nodes_wait(struct node *n, uint64_t ms)
{
    n->now.mono.ms += ms;
    n->now.wall.ms += ms;
    nodes_happen(n, &(struct event){.type = EVENT_TICK});
}

void
nodes_frame(struct node *n, struct slice frame)
{
    if (n->link)
        nodes_happen(n, &(struct event){
                            .type = EVENT_FRAME, .id = n->link, .data = frame});
}

bool
nodes_next(struct node *n, struct slice *frame)
{
    if (n->taken == n->sent.size)
        return false;
    *frame = slice_of(n->sent.data + n->taken,
                      FRAME_HEADER_BYTES + get_be32(n->sent.data + n->taken));
    assert(frame->size <= n->sent.size - n->taken);
    n->taken += frame->size;
    return true;
}

/* ---- users ------------------------------------------------------------------
 */

void
nodes_ask(struct node *n, struct slice frame)
{
    const unsigned roles =
        ROLE_READ | ROLE_SUBMIT | ROLE_OPERATE | ROLE_READ_RED | ROLE_RELEASE;

    buf_reset(&n->answers);
    nodes_happen(n, &(struct event){
                        .type = EVENT_REQUEST,
                        .id = 1,
                        .a = roles,
                        .b = 1000,
                        .data = slice_of(frame.data + CONTROL_HEADER_BYTES,
                                         frame.size - CONTROL_HEADER_BYTES)});
    assert(n->answers.size > CONTROL_HEADER_BYTES);
}

static void
ask(struct node *n, const struct control_request *r)
{
    struct buf frame = {0};

    control_request_put(&frame, r);
    nodes_ask(n, buf_slice(&frame));
    buf_clear(&frame);
}

/* Read the stream's id and the number of a submission out of an answer. */
static bool
opened(const struct node *n, uint64_t *number, uint8_t stream[STREAM_ID_BYTES])
{
    struct control_answer a;
    struct arena arena;

    arena_init(&arena, MIB(1));
    enum err e =
        control_answer_get(slice_of(n->answers.data + CONTROL_HEADER_BYTES,
                                    n->answers.size - CONTROL_HEADER_BYTES),
                           &arena, &a);
    assert(e == OK);
    bool good = a.code == OK && a.record_count;
    if (good) {
        struct slice id = control_bytes(&a.records[0], "stream");
        assert(id.size == STREAM_ID_BYTES);
        memcpy(stream, id.data, id.size);
        *number = (uint64_t)control_number(&a.records[0], "number", 0);
    }
    arena_clear(&arena);
    return good;
}

static void
indicator(uint64_t number, struct buf *out)
{
    struct message m = {.kind = MESSAGE_INDICATOR,
                        .has_submission = true,
                        .submission = {.number = number},
                        .has_head = true};

    m.head.rules = HEAD_RULES;
    m.head.observable = OBSERVABLE_IPV4;
    m.head.value = slice_str("198.51.100.7");
    m.head.marking.tlp = TLP_GREEN;
    message_put(out, &m);
}

void
nodes_submit(struct node *n, struct slice message)
{
    uint8_t stream[STREAM_ID_BYTES];
    uint64_t number = 0;
    struct buf made = {0};

    ask(n, &(struct control_request){.id = 1, .verb = "submit-open"});
    if (!opened(n, &number, stream))
        return;
    const struct control_value values[] = {
        {"number", CONTROL_NUMBER, {0}, (int64_t)number},
        {"stream", CONTROL_BYTES, SLICE_ARRAY(stream), 0},
        {"first", CONTROL_NUMBER, {0}, 0},
        {"to", CONTROL_TEXT, slice_str(team_of(!n->team)->name.text), 0},
    };
    if (!message.size) {
        indicator(number, &made);
        message = buf_slice(&made);
    }
    ask(n, &(struct control_request){.id = 2,
                                     .verb = "submit",
                                     .values = {values, ARRAY_SIZE(values)},
                                     .messages = &message,
                                     .message_count = 1});
    buf_clear(&made);
}

void
nodes_expunge(struct node *n, uint64_t index)
{
    /* One of the two lanes is ours; of the other it refuses. */
    for (int64_t lane = 0; lane < TEAMS; lane++) {
        const struct control_value values[] = {
            {"lane", CONTROL_NUMBER, {0}, lane},
            {"index", CONTROL_NUMBER, {0}, (int64_t)index},
        };
        ask(n,
            &(struct control_request){.id = 3,
                                      .verb = "expunge",
                                      .values = {values, ARRAY_SIZE(values)}});
    }
}

void
nodes_look(const struct exchange *x)
{
    struct view_node node;
    struct view_peer peer;
    struct view_lane lane;

    view_node(x, &node);
    for (uint32_t i = 0; i < node.peer_count; i++) {
        enum err e = view_peer(x, i, &peer);
        assert(e == OK);
    }
    for (uint32_t i = 0; i < node.lane_count; i++) {
        enum err e = view_lane(x, i, &lane);
        assert(e == OK && lane.receipted <= lane.size);
    }
}

void
nodes_begin(struct exchange *x)
{
    const struct now now = {{1000}, {UINT64_C(1790000000000)}};
    struct buf config = {0};
    struct outcome out;
    uint8_t fresh[32] = {1};

    nodes_config(KRCERT, buf_slice(&team_of(KRCERT)->card), now.wall, &config);
    const struct event events[] = {
        {.type = EVENT_START, .data = buf_slice(&config)},
        {.type = EVENT_RANDOM, .data = SLICE_ARRAY(fresh)},
        {.type = EVENT_TICK}};
    outcome_init(&out);
    exchange_step(x, events, ARRAY_SIZE(events), now, &out);
    outcome_clear(&out);
    buf_clear(&config);
}
