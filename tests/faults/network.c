/*
 * One link at a time between the two nodes. What was sent before its sender
 * ended still arrives.
 */
#include "pair.h"

#include "core/wire/frames.h"

static struct node *
other(const struct node *n)
{
    return &n->pair->nodes[!n->index];
}

void
network_send(struct node *n, const struct effect *e)
{
    struct pair *p = n->pair;

    truth_sent(n, e->data);
    if (!p->link_up || e->id != p->link)
        return;
    for (struct slice rest = e->data; rest.size >= FRAME_HEADER_BYTES;) {
        size_t size = FRAME_HEADER_BYTES + get_be32(rest.data);
        pair_told(p, n, "sends", frame_name(rest.data[4]));
        node_push(other(n), &(struct event){.type = EVENT_FRAME,
                                            .id = e->id,
                                            .data = slice_of(rest.data, size)});
        rest = slice_of(rest.data + size, rest.size - size);
    }
}

void
network_dial(struct node *n, const struct effect *e)
{
    struct pair *p = n->pair;
    uint8_t exporter[32];

    if (!other(n)->up || p->link_up) {
        node_push(n, &(struct event){.type = EVENT_DIAL_FAILED,
                                     .a = ERR_IO,
                                     .data = e->data,
                                     .more = slice_str("refused")});
        return;
    }
    p->link++;
    p->link_up = true;
    p->counts.links++;
    memset(exporter, (int)p->link, sizeof exporter);
    for (unsigned i = 0; i < NODES; i++)
        node_push(
            &p->nodes[i],
            &(struct event){.type = EVENT_LINK_UP,
                            .id = p->link,
                            .a = i == n->index,
                            .data = slice_str(p->nodes[!i].team.name.text),
                            .more = SLICE_ARRAY(exporter)});
}

static void
down(struct node *n, const char *why)
{
    node_push(n, &(struct event){.type = EVENT_LINK_DOWN,
                                 .id = n->pair->link,
                                 .a = ERR_IO,
                                 .data = slice_str(why)});
}

void
network_close(struct node *n, uint64_t link)
{
    struct pair *p = n->pair;

    if (!p->link_up || link != p->link)
        return;
    p->link_up = false;
    down(other(n), "the peer closed");
}

void
network_cut(struct pair *p)
{
    if (!p->link_up)
        return;
    p->link_up = false;
    for (unsigned i = 0; i < NODES; i++)
        down(&p->nodes[i], "it was cut");
}

void
network_lost(struct node *n)
{
    struct pair *p = n->pair;

    if (!p->link_up)
        return;
    p->link_up = false;
    down(other(n), "the peer is gone");
}
