#include "kit.h"

/* ---- the node ------------------------------------------------------------ */

static void
note_sent(struct kit *k, const struct effect *e)
{
    if (e->id == k->link)
        buf_put(&k->sent, e->data);
}

static void
note_answer(struct kit *k, const struct effect *e)
{
    arena_reset(&k->reply_memory);
    assert_int_equal(
        control_answer_get(slice_of(e->data.data + 4, e->data.size - 4),
                           &k->reply_memory, &k->reply),
        OK);
}

static void
note_sign(struct kit *k, const struct effect *e)
{
    struct buf request = {0};

    buf_put_u64(&request, e->id);
    buf_put(&request, e->data);
    assert_true(ring_push(&k->signs, &request));
}

static void
perform(struct kit *k, const struct effect *e)
{
    switch (e->type) {
    case EFFECT_SEND:
        note_sent(k, e);
        break;
    case EFFECT_CLOSE:
        k->closes++;
        if (e->id == k->link) {
            k->down = true;
            k->why = (enum err)e->a;
        }
        break;
    case EFFECT_DIAL:
        k->dialled++;
        break;
    case EFFECT_SIGN:
        note_sign(k, e);
        break;
    case EFFECT_ANSWER:
        note_answer(k, e);
        break;
    case EFFECT_NOTICE:
        k->alarms += e->a == NOTICE_ALARM;
        buf_put(&k->log, e->data);
        buf_put_u8(&k->log, '\n');
        break;
    case EFFECT_STOP:
        k->stops++;
        break;
    case EFFECT_TYPE_COUNT:
        fail();
    }
}

static void
turn(struct kit *k, const struct event *events, size_t count)
{
    struct capture_turn t = {.number = k->port.ops->turn(k->port.self),
                             .now = k->now,
                             .events = events,
                             .event_count = count};

    exchange_step(k->x, events, count, k->now, &k->out);
    k->port.ops->append(k->port.self, buf_slice(&k->out.facts));
    k->port.ops->sync(k->port.self);
    t.facts = buf_slice(&k->out.facts);
    t.effects = k->out.effects;
    t.effect_count = k->out.effect_count;
    if (k->out.erasure_count && !k->hold_erasures) {
        k->erased = k->out.erasure_count;
        k->port.ops->erase(k->port.self, k->out.erasures, k->erased);
    }
    capture_turn_put(&k->capture, &t);
    for (size_t i = 0; i < k->out.effect_count; i++)
        perform(k, &k->out.effects[i]);
    outcome_reset(&k->out);
}

/* Tell what the turn before erased. */
static void
tell_erased(struct kit *k)
{
    while (k->erased && !k->hold_erased) {
        struct event e = {.type = EVENT_ERASED, .a = k->erased};
        k->erased = 0;
        turn(k, &e, 1);
    }
}

void
kit_release(struct kit *k)
{
    struct buf *first;

    while ((first = ring_at(&k->signs, 0))) {
        struct buf request = *first, answer = {0};
        struct event e = {.type = EVENT_SIGNED, .id = get_be64(request.data)};
        ring_pop(&k->signs);
        assert_int_equal(
            signer_answer(k->signer,
                          slice_of(request.data + 8, request.size - 8),
                          k->now.wall.ms / 1000, &k->sign_journal, &answer),
            OK);
        e.data = buf_slice(&answer);
        turn(k, &e, 1);
        tell_erased(k);
        buf_clear(&request);
        buf_clear(&answer);
        if (k->hold_signer)
            return;
    }
}

void
kit_event(struct kit *k, const struct event *e)
{
    k->now.mono.ms++;
    k->now.wall.ms++;
    turn(k, e, 1);
    tell_erased(k);
    if (!k->hold_signer)
        kit_release(k);
}

void
kit_tick(struct kit *k, uint64_t ms)
{
    k->now.mono.ms += ms;
    k->now.wall.ms += ms;
    kit_event(k, &(struct event){.type = EVENT_TICK});
}

uint64_t
kit_turns(const struct kit *k)
{
    return k->port.ops->turn(k->port.self);
}

bool
kit_said(const struct kit *k, const char *words)
{
    size_t n = strlen(words);

    for (size_t i = 0; i + n <= k->log.size; i++)
        if (memcmp(k->log.data + i, words, n) == 0)
            return true;
    return false;
}

static void
put_lane(struct buf *out, const struct team *origin, const struct team *holder,
         bool ours)
{
    struct genesis g = {.root_spki = origin->root_spki};
    struct fact f = {.type = FACT_LANE,
                     .lane = ours ? KIT_LANE_OUT : KIT_LANE_IN};

    f.ours = ours;
    team_id_of(&origin->name, &g.origin);
    team_id_of(&holder->name, &g.audience);
    genesis_encode(&g, f.genesis);
    fact_put(out, &f);
}

static void
pairing(struct kit *k)
{
    struct buf facts = {0};

    fact_put(&facts,
             &(struct fact){.type = FACT_NODE, .text = buf_slice(&k->us.card)});
    fact_put(&facts, &(struct fact){.type = FACT_PEER,
                                    .text = buf_slice(&k->them.card)});
    fact_put(&facts, &(struct fact){.type = FACT_CONFIRMED,
                                    .text = slice_str("somebody")});
    put_lane(&facts, &k->them, &k->us, false);
    put_lane(&facts, &k->us, &k->them, true);
    k->port.ops->append(k->port.self, buf_slice(&facts));
    k->port.ops->sync(k->port.self);
    buf_clear(&facts);
}

static void
put_config(struct kit *k, struct buf *out)
{
    struct config *c = test_calloc(1, sizeof *c);

    *c = (struct config){.team = k->us.name,
                         .card = buf_slice(&k->us.card),
                         .boot_time = k->now.wall,
                         .default_tlp = TLP_AMBER,
                         .retention_ms = k->retention_ms,
                         .user_bytes = k->user_bytes,
                         .batches_in_flight = (uint32_t)k->window,
                         .body_bytes_max = k->own_body_bytes,
                         .peer_count = 1};
    c->peers[0] = (struct config_peer){.team = k->them.name,
                                       .ceiling = k->ceiling,
                                       .community = true,
                                       .dial = k->dials,
                                       .disk_bytes = k->disk_bytes};
    memset(c->boot_id, (int)++k->boots, sizeof c->boot_id);
    config_put(out, c);
    test_free(c);
}

struct restoring {
    struct kit *kit;
    struct buf facts;
};

static enum err
restore_one(void *self, const struct fact *f)
{
    struct restoring *r = self;

    fact_put(&r->facts, f);
    return exchange_restore(r->kit->x, f);
}

static void
start(struct kit *k)
{
    struct restoring r = {.kit = k};
    struct slice rest = buf_slice(&k->sign_journal);
    uint8_t fresh[32];
    struct buf config = {0};

    k->signer = signer_new(&k->us.name, k->us.seeds);
    while (rest.size)
        assert_int_equal(signer_restore(k->signer, &rest), OK);
    k->x = exchange_new(&k->port);
    buf_reset(&k->capture);
    capture_header_put(&k->capture, &k->us.name);
    assert_int_equal(memory_store_facts(k->store, restore_one, &r), OK);
    capture_facts_put(&k->capture, buf_slice(&r.facts));
    buf_clear(&r.facts);
    put_config(k, &config);
    memset(fresh, (int)k->boots, sizeof fresh);
    struct event events[] = {
        {.type = EVENT_START, .data = buf_slice(&config)},
        {.type = EVENT_RANDOM, .data = SLICE_ARRAY(fresh)},
    };
    turn(k, events, ARRAY_SIZE(events));
    if (!k->hold_signer)
        kit_release(k);
    buf_clear(&config);
}

static void
stop(struct kit *k)
{
    struct buf *first;

    exchange_free(k->x);
    signer_free(k->signer);
    while ((first = ring_at(&k->signs, 0))) {
        buf_clear(first);
        ring_pop(&k->signs);
    }
    k->link = 0;
}

static void
init(struct kit *k)
{
    *k = (struct kit){
        .window = 4, .own_body_bytes = MIB(6), .ceiling = TLP_AMBER, .boot = 1};
    k->card_version = 1;
    k->uid = 1000;
    k->body_bytes = BODY_ANNOUNCED;
    k->now = (struct now){{1000}, {1700000000000}};
    team_make(&k->us, "krcert.or.kr", "krcert", 1);
    team_make(&k->them, "cert.gov.au", "certau", 2);
    team_make(&k->third, "jpcert.or.jp", "jpcert", 3);
    k->store = memory_store_new();
    memory_store_port(k->store, &k->port);
    outcome_init(&k->out);
    arena_init(&k->reply_memory, MIB(64));
    arena_init(&k->arena, MIB(64));
    ring_init(&k->signs, sizeof(struct buf), 100000);
    ring_init(&k->bodies, sizeof(struct buf), 1000000);
    frontier_init(&k->held);
    kit_epochs_init(k);
}

void
kit_open(struct kit *k)
{
    init(k);
    pairing(k);
    start(k);
}

void
kit_restart(struct kit *k)
{
    stop(k);
    memory_store_crash(k->store);
    start(k);
}

void
kit_restore(struct kit *k, struct memory_store *backup)
{
    stop(k);
    memory_store_free(k->store);
    k->store = backup;
    memory_store_port(k->store, &k->port);
    unsigned before = k->alarms;
    start(k);
    /* That turns are missing has its own alarm: restored_test.c. */
    k->alarms = before;
}

void
kit_close(struct kit *k)
{
    struct buf *body;

    stop(k);
    memory_store_free(k->store);
    team_clear(&k->us);
    team_clear(&k->them);
    team_clear(&k->third);
    buf_clear(&k->sign_journal);
    buf_clear(&k->capture);
    buf_clear(&k->sent);
    buf_clear(&k->spoken);
    buf_clear(&k->log);
    outcome_clear(&k->out);
    arena_clear(&k->reply_memory);
    arena_clear(&k->arena);
    for (size_t i = 0; i < k->entry_count; i++)
        buf_clear(&k->entries[i].body);
    mem_free(k->entries);
    kit_epochs_clear(k);
    while ((body = ring_at(&k->bodies, 0))) {
        buf_clear(body);
        ring_pop(&k->bodies);
    }
    ring_clear(&k->bodies);
    ring_clear(&k->signs);
}

enum err
kit_request(struct kit *k, unsigned roles, const struct control_request *r)
{
    struct buf frame = {0};

    k->reply = (struct control_answer){.code = ERR_COUNT};
    control_request_put(&frame, r);
    kit_event(
        k, &(struct event){.type = EVENT_REQUEST,
                           .id = 1,
                           .a = roles,
                           .b = k->uid,
                           .data = slice_of(frame.data + 4, frame.size - 4)});
    buf_clear(&frame);
    return k->reply.code;
}
