/*
 * net - connections: dials, frames on their way, cuts and clogs.
 *
 * Holds:      frames of one direction stay in order.
 */
#include "sim/sim.h"

#include "core/base/cursor.h"
#include "core/base/mem.h"

#define CONNS_FIRST 64
#define FLIGHT_MS 8
#define LEARN_MS 20
#define DIAL_MS 30

struct conn *
conn_of(const struct world *w, uint64_t id)
{
    return id && id <= w->conn_count ? &w->conns[id - 1] : NULL;
}

unsigned
conn_side(const struct conn *c, const struct node *n)
{
    return c->node[0] == n->index ? 0 : 1;
}

/* Tell whether the process at that end is still the one that had it. */
bool
conn_reaches(const struct world *w, const struct conn *c, unsigned side)
{
    const struct node *n = &w->nodes[c->node[side]];

    return n->up && n->incarnation == c->incarnation[side];
}

void
deliver(struct world *w, struct node *n, const struct event *e, uint64_t delay)
{
    queue_add(&w->queue, &(struct scheduled){.at = w->time + delay,
                                             .what = HAPPEN_DELIVER,
                                             .node = n->index,
                                             .incarnation = n->incarnation,
                                             .event = *e});
}

static void
tell_down(struct world *w, struct conn *c, unsigned side, uint64_t at,
          const char *why)
{
    if (at < c->last[side])
        at = c->last[side];
    if (conn_reaches(w, c, side))
        deliver(w, &w->nodes[c->node[side]],
                &(struct event){.type = EVENT_LINK_DOWN,
                                .id = c->id,
                                .a = ERR_IO,
                                .data = slice_str(why)},
                at - w->time);
}

/* Cut a link: each end learns of it in its own time, or one of them, or none,
 * only by its own clock. */
void
conn_cut(struct world *w, struct conn *c, enum silence silence)
{
    unsigned deaf = (unsigned)dice_below(&w->dice, 2);

    if (!c->up)
        return;
    c->up = false;
    w->counts.cuts++;
    for (unsigned side = 0; side < 2; side++) {
        uint64_t at = w->time + dice_below(&w->dice, LEARN_MS);
        if (silence == NONE_LEARNS || (silence == ONE_LEARNS && side == deaf))
            continue;
        tell_down(w, c, side, at, "cut");
    }
}

/* Let a frame travel to that side, behind those before it. */
void
conn_deliver(struct world *w, struct conn *c, unsigned side, struct slice frame)
{
    uint64_t at = w->time + 1 + dice_below(&w->dice, FLIGHT_MS) + c->delay_ms;

    if (!c->up || !conn_reaches(w, c, side))
        return;
    if (at < c->clear[side])
        at = c->clear[side];
    if (at < c->last[side])
        at = c->last[side];
    c->last[side] = at;
    queue_add(&w->queue,
              &(struct scheduled){
                  .at = at,
                  .what = HAPPEN_DELIVER,
                  .node = c->node[side],
                  .incarnation = c->incarnation[side],
                  .event = {.type = EVENT_FRAME, .id = c->id, .data = frame}});
}

/* Keep some of the frames, for one day to come again. */
static void
record(struct world *w, struct slice frame, unsigned from, unsigned to)
{
    struct recorded *r = &w->recorded[w->recorded_count++ % RECORDED_MAX];

    buf_reset(&r->bytes);
    buf_put(&r->bytes, frame);
    r->from = from;
    r->to = to;
}

/* The next frame comes with a wrong byte, which a claim's lane must bear. */
static void
flip_byte(struct world *w, struct conn *c, struct node *n, uint8_t *bytes,
          size_t size)
{
    uint8_t type = bytes[4];
    const struct node *to = &w->nodes[c->node[!conn_side(c, n)]];

    c->flip = false;
    size_t at = 4 + (size_t)dice_below(&w->mishap, size - 4);
    bytes[at] = (uint8_t)(bytes[at] ^ 1u << dice_below(&w->mishap, 8));
    tell(w, n, "sends a wrong byte in a frame of type", type);
    truth_garbled(w, type, n->index, to->index);
}

/* Cut what was sent into frames and let each travel, in order. */
void
net_send(struct world *w, struct node *n, const struct effect *e)
{
    struct conn *c = conn_of(w, e->id);
    unsigned to = !conn_side(c, n);
    struct slice rest = e->data;

    truth_sent(w, n, c, rest);
    while (rest.size >= FRAME_HEADER_BYTES) {
        size_t size = FRAME_HEADER_BYTES + get_be32(rest.data);
        struct slice frame = slice_of(rest.data, size);
        w->counts.frames++;
        w->counts.sent[frame.data[4]]++;
        tell(w, n, frame_name(frame.data[4]), size);
        if (w->faulty[FAULT_REPLAY])
            record(w, frame, n->index, c->node[to]);
        if (rules_lose(w, frame.data[4]) || forged_wanted(w, c, !to, frame) ||
            (n->mute &&
             (frame.data[4] == FRAME_RECEIPT || frame.data[4] == FRAME_HELD))) {
            /* The adversary answers, or says nothing. */
        } else if (c->flip) {
            uint8_t *copy = mem_copy(frame.data, frame.size);
            flip_byte(w, c, n, copy, frame.size);
            conn_deliver(w, c, to, slice_of(copy, frame.size));
            mem_free(copy);
        } else {
            conn_deliver(w, c, to, frame);
        }
        rest = slice_of(rest.data + size, rest.size - size);
    }
}

static struct conn *
conn_add(struct world *w)
{
    if (w->conn_count == w->conn_capacity) {
        w->conn_capacity =
            w->conn_capacity ? 2 * w->conn_capacity : CONNS_FIRST;
        w->conns = mem_resize(w->conns, w->conn_capacity, sizeof *w->conns);
    }
    struct conn *c = &w->conns[w->conn_count++];
    *c = (struct conn){.id = w->conn_count, .up = true};
    return c;
}

static void
connect_both(struct world *w, struct node *from, struct node *to, uint64_t at)
{
    struct node *ends[2] = {from, to};
    struct conn *c = conn_add(w);
    uint8_t exporter[EXPORTER_BYTES] = {0};

    put_be64(exporter, c->id);
    for (unsigned side = 0; side < 2; side++) {
        struct node *n = ends[side];
        c->node[side] = n->index;
        c->incarnation[side] = n->incarnation;
        c->last[side] = at;
        deliver(w, n,
                &(struct event){.type = EVENT_LINK_UP,
                                .id = c->id,
                                .a = side == 0,
                                .data = slice_str(ends[!side]->team->name.text),
                                .more = SLICE_ARRAY(exporter)},
                at - w->time);
    }
}

static struct node *
node_named(struct world *w, struct slice name)
{
    for (unsigned i = 0; i < w->node_count; i++)
        if (slice_is(name, w->nodes[i].team->name.text))
            return &w->nodes[i];
    return NULL;
}

void
net_dial(struct world *w, struct node *n, const struct effect *e)
{
    struct node *other = node_named(w, e->data);
    uint64_t at = w->time + 1 + dice_below(&w->dice, DIAL_MS);

    w->counts.dials++;
    if (other->up && w->time >= other->refuses_until &&
        w->time >= w->blocked[n->index][other->index]) {
        /* Both are held up, so that they cross. */
        if (w->time < n->crossing_until)
            at = n->crossing_until;
        connect_both(w, n, other, at);
        return;
    }
    deliver(w, n,
            &(struct event){.type = EVENT_DIAL_FAILED,
                            .a = ERR_IO,
                            .data = e->data,
                            .more = slice_str("refused")},
            at - w->time);
}

void
net_close(struct world *w, struct node *n, const struct effect *e)
{
    struct conn *c = conn_of(w, e->id);

    if (!c->up)
        return;
    c->up = false;
    tell_down(w, c, !conn_side(c, n), w->time + 1, "the peer closed");
}

/* A process is gone: the kernel resets its connections, or the machine is
 * gone too and nobody says so. */
void
net_node_gone(struct world *w, struct node *n)
{
    for (size_t i = 0; i < w->conn_count; i++) {
        struct conn *c = &w->conns[i];
        unsigned side = conn_side(c, n);
        if (c->up && c->node[side] == n->index &&
            c->incarnation[side] == n->incarnation)
            conn_cut(w, c,
                     dice_chance(&w->dice, 20) ? NONE_LEARNS : BOTH_LEARN);
    }
}

/* Choose one of the newest links that are up; NULL if there is none. */
struct conn *
net_pick(struct world *w, struct dice *d)
{
    size_t n = w->conn_count < 2 * TEAMS_MAX ? w->conn_count : 2 * TEAMS_MAX;

    if (!n)
        return NULL;
    size_t from = w->conn_count - n, first = (size_t)dice_below(d, n);
    for (size_t i = 0; i < n; i++) {
        struct conn *c = &w->conns[from + (first + i) % n];
        if (c->up)
            return c;
    }
    return NULL;
}

void
net_clear(struct world *w)
{
    for (size_t i = 0; i < RECORDED_MAX; i++)
        buf_clear(&w->recorded[i].bytes);
    mem_free(w->conns);
    buf_clear(&w->forged.header);
}
