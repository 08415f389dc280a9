#include "edge/daemon/port.h"

#include <assert.h>

static const struct store *
to(void *self)
{
    const struct port *p = self;

    assert(p->to.ops);
    return &p->to;
}

static void
port_append(void *self, struct slice facts)
{
    to(self)->ops->append(to(self)->self, facts);
}

static void
port_sync(void *self)
{
    to(self)->ops->sync(to(self)->self);
}

static uint64_t
port_turn(void *self)
{
    return to(self)->ops->turn(to(self)->self);
}

static enum err
port_record(void *self, uint32_t lane, uint64_t index, uint8_t out[LEAF_BYTES])
{
    return to(self)->ops->record(to(self)->self, lane, index, out);
}

static enum err
port_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    return to(self)->ops->body(to(self)->self, lane, index, out);
}

static enum err
port_item(void *self, uint64_t item, struct buf *out)
{
    return to(self)->ops->item(to(self)->self, item, out);
}

static enum err
port_checkpoint(void *self, uint32_t lane, uint64_t size,
                struct checkpoint *out)
{
    return to(self)->ops->checkpoint(to(self)->self, lane, size, out);
}

static void
port_erase(void *self, const struct erasure *list, size_t count)
{
    to(self)->ops->erase(to(self)->self, list, count);
}

static const struct store_ops ops = {
    .append = port_append,
    .sync = port_sync,
    .turn = port_turn,
    .record = port_record,
    .body = port_body,
    .item = port_item,
    .checkpoint = port_checkpoint,
    .erase = port_erase,
};

void
port_store(struct port *p, struct store *out)
{
    *out = (struct store){&ops, p};
}

void
port_connect(struct port *p, const struct store *store)
{
    p->to = *store;
}
