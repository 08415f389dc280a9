#include "core/exchange/retention.h"

uint64_t
quota_used(const struct peer *p)
{
    return p->taken_bytes - p->freed_bytes;
}

uint64_t
quota_left(const struct peer *p)
{
    uint64_t most = p->config.disk_bytes, used = quota_used(p);

    if (!most)
        return ROOM_PLENTY;
    return used < most ? most - used : 0;
}

uint64_t
quota_cost(const struct incoming *b, uint64_t bodies)
{
    return HELD_BATCH_BYTES + b->count * HELD_ENTRY_BYTES + bodies;
}

void
quota_look(struct exchange *x, struct peer *p)
{
    bool low = quota_left(p) < DISK_BYTES_LOW;

    if (low != p->disk_low)
        alarms_look(x);
    p->disk_low = low;
}

void
quota_freed(struct exchange *x)
{
    for (uint32_t i = 0; i < x->peer_count; i++)
        x->peers[i]->freed_bytes = 0;
    for (uint32_t i = 0; i < x->lane_count; i++) {
        const struct lane *l = x->lanes[i];
        if (!l->ours)
            x->peers[l->peer]->freed_bytes += retention_freed(x, l);
    }
    for (uint32_t i = 0; i < x->peer_count; i++)
        quota_look(x, x->peers[i]);
}
