#include "core/exchange/retention.h"

#include "core/base/limits.h"
#include "core/base/mem.h"

#include <assert.h>

struct exchange *
exchange_new(const struct store *store)
{
    struct exchange *x = mem_new(sizeof *x);

    x->store = *store;
    table_init(&x->streams, STREAM_ID_BYTES);
    /* PROTOCOL frames: "Decoding a payload MUST take at most 8 times as much
     * memory as its frame may hold." */
    arena_init(&x->arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
    arena_init(&x->bodies, 0);
    ring_init(&x->erasures, sizeof(struct erasure), 4 * OUTBOX_ITEMS_MAX);
    ring_init(&x->asked, sizeof(struct asked),
              ASKED_MAX + 2 * CONNECTIONS_MAX +
                  PEERS_MAX * (BATCHES_IN_FLIGHT_MAX + 2));
    x->sign_next = 1;
    x->room = ROOM_PLENTY;
    return x;
}

static void
peer_free(struct peer *p)
{
    held_card_clear(&p->card);
    history_clear(&p->keys);
    for (size_t i = 0; i < QUEUE_COUNT; i++)
        ring_clear(&p->queues[i]);
    mem_free(p);
}

static void
lane_free(struct lane *l)
{
    mem_free(l->tail);
    mem_free(l->tail_bytes);
    mem_free(l->declines);
    expunges_clear(&l->expunges);
    mem_free(l->keys);
    ring_clear(&l->numbers);
    ring_clear(&l->ends);
    ring_clear(&l->marks);
    mem_free(l);
}

void
exchange_free(struct exchange *x)
{
    for (size_t i = 0; i < x->link_count; i++)
        link_free(x, x->links[i]);
    for (uint32_t i = 0; i < x->peer_count; i++)
        peer_free(x->peers[i]);
    for (uint32_t i = 0; i < x->lane_count; i++)
        lane_free(x->lanes[i]);
    mem_free(x->lanes);
    table_clear(&x->streams);
    mem_free(x->stream_list);
    mem_free(x->submissions);
    mem_free(x->users);
    mem_free(x->parts);
    passes_clear(x);
    mem_free(x->alarms);
    mem_free(x->evidence);
    mem_free(x->releases);
    mem_free(x->turn_items);
    mem_free(x->planned);
    held_card_clear(&x->card);
    history_clear(&x->keys);
    buf_clear(&x->import.proof);
    buf_clear(&x->config_bytes);
    buf_clear(&x->sign);
    buf_clear(&x->scratch);
    ring_clear(&x->erasures);
    ring_clear(&x->asked);
    arena_clear(&x->arena);
    arena_clear(&x->bodies);
    mem_free(x);
}

enum err
exchange_restore(struct exchange *x, const struct fact *f)
{
    assert(!x->started);
    return fold(x, f);
}

static void
on_start(struct exchange *x, const struct event *e)
{
    if (x->config_bytes.size) {
        stop_node(x, ERR_NOT_NOW, "started twice");
        return;
    }
    buf_put(&x->config_bytes, e->data);
    enum err bad = config_get(buf_slice(&x->config_bytes), &x->config);
    if (bad != OK) {
        stop_node(x, bad, "the configuration cannot be read");
        return;
    }
    team_id_of(&x->config.team, &x->team_id);
    if (!own_start(x))
        return;
    peers_configure(x);
    quota_freed(x);
    x->opening = x->lane_count > 0;
    for (uint32_t i = 0; i < x->lane_count; i++)
        ask_open(x, i);
    x->started = true;
}

static void
on_random(struct exchange *x, const struct event *e)
{
    bool first = !x->seed.ready;

    if (e->data.size != sizeof x->seed.key) {
        stop_node(x, ERR_FORMAT, "random bytes of another size");
        return;
    }
    seed_add(&x->seed, e->data.data);
    if (first)
        seed_take(&x->seed, x->own_stream, sizeof x->own_stream);
}

static void
on_dial_failed(struct exchange *x, const struct event *e)
{
    struct team_name team;
    char why[WHY_BYTES];

    text_keep(why, sizeof why, e->more);
    struct peer *p =
        team_name_parse(e->data, &team) ? peer_named(x, &team, NULL) : NULL;
    if (!p)
        return;
    p->dialling = false;
    if (!p->link)
        peer_failed(x, p, why);
}

static void
take_event(struct exchange *x, const struct event *e)
{
    arena_reset(&x->arena);
    switch (e->type) {
    case EVENT_START:
        on_start(x, e);
        break;
    case EVENT_RANDOM:
        on_random(x, e);
        break;
    case EVENT_LINK_UP:
        link_up(x, e);
        break;
    case EVENT_FRAME:
        link_frame(x, e);
        break;
    case EVENT_LINK_DOWN:
        link_down(x, e);
        break;
    case EVENT_DIAL_FAILED:
        on_dial_failed(x, e);
        break;
    case EVENT_SIGNED:
        on_signed(x, e);
        break;
    case EVENT_REQUEST:
        on_request(x, e);
        break;
    case EVENT_TICK:
        links_tick(x);
        break;
    case EVENT_ROOM:
        if ((x->room == ROOM_PLENTY) != (e->a == ROOM_PLENTY))
            alarms_look(x);
        x->room = e->a;
        break;
    case EVENT_ERASED:
        expunge_erased(x, e->a);
        break;
    case EVENT_RETIRED:
        retention_segment(x, e->id);
        break;
    case EVENT_CLIENT_GONE:
    case EVENT_TYPE_COUNT:
        break;
    }
}

static void
pump(struct exchange *x)
{
    holder_disown(x);
    for (size_t i = 0; i < x->link_count; i++) {
        struct link *k = x->links[i];
        if (!k->active)
            continue;
        holder_pump(x, k, &k->in);
        holder_pump(x, k, &k->back);
        fetch_pump(x, k);
        origin_decide(x, k);
        epoch_pump(x, k);
        giving_pump(x, k, &k->out);
        giving_pump(x, k, &k->give_back);
        sequence_pump(x, k);
    }
}

void
exchange_step(struct exchange *x, const struct event *events, size_t count,
              struct now now, struct outcome *out)
{
    x->now = now;
    x->out = out;
    x->turn = x->store.ops->turn(x->store.self);
    x->again = false;
    if (!out->facts.size)
        x->turn_first_item = x->item_count;
    for (size_t i = 0; i < count; i++)
        take_event(x, &events[i]);
    rotation_pump(x);
    epochs_pump(x);
    pump(x);
    retention_tick(x);
    alarms_watch(x);
    expunge_pump(x);
    if (x->seed.ready)
        peers_dial(x);
    links_flush(x);
    ask_flush(x);
    if (x->room != ROOM_PLENTY)
        x->room -= x->room < out->facts.size ? x->room : out->facts.size;
    x->out = NULL;
}

struct mono
exchange_deadline(const struct exchange *x)
{
    struct mono first = x->again ? (struct mono){0} : MONO_NEVER;

    if (x->started)
        first = mono_earlier(first, x->next_watch);
    for (size_t i = 0; i < x->link_count; i++)
        first = mono_earlier(first, x->links[i]->deadline);
    for (uint32_t i = 0; i < x->peer_count; i++) {
        const struct peer *p = x->peers[i];
        if (peer_is_to_dial(p))
            first = mono_earlier(first, p->next_dial);
    }
    first = mono_earlier(first, retention_deadline(x));
    return first;
}
