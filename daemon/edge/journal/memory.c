#include "edge/journal/memory.h"

#include "core/base/mem.h"
#include "edge/journal/lookup.h"

#include <assert.h>

/* A place is an offset into `facts`. */
struct memory_store {
    struct buf facts;
    size_t synced;
    uint64_t turn; /* last synced */
    uint64_t jump; /* number of the next, where it leaves some out */
    struct index index;
    struct lookup lookup;
};

static enum err
memory_read(void *self, uint64_t place, uint8_t *out, size_t *size)
{
    const struct memory_store *m = self;

    assert(place <= m->facts.size);
    if (*size > m->facts.size - place)
        *size = m->facts.size - (size_t)place;
    if (*size)
        memcpy(out, m->facts.data + place, *size);
    return OK;
}

struct memory_store *
memory_store_new(void)
{
    struct memory_store *m = mem_new(sizeof *m);

    index_init(&m->index);
    lookup_init(&m->lookup, &m->index, (struct lookup_source){memory_read, m});
    return m;
}

void
memory_store_free(struct memory_store *m)
{
    if (!m)
        return;
    buf_clear(&m->facts);
    index_clear(&m->index);
    lookup_clear(&m->lookup);
    mem_free(m);
}

static void
memory_append(void *self, struct slice facts)
{
    struct memory_store *m = self;

    /* Heads are all that the index needs; blobs are checked when read. */
    for (size_t at = 0; at < facts.size;) {
        struct slice rest = slice_of(facts.data + at, facts.size - at);
        struct fact_size size;
        struct fact f;
        enum err e = fact_size(rest, &size);
        assert(!e);
        e = fact_get_head(slice_of(rest.data, size.head), &f);
        assert(!e);
        e = index_add(&m->index, &f, m->facts.size + at);
        assert(!e);
        if (f.type == FACT_RESTORED)
            m->jump = f.number;
        at += size.head + size.blob;
    }
    buf_put(&m->facts, facts);
}

static void
memory_sync(void *self)
{
    struct memory_store *m = self;

    if (m->facts.size == m->synced)
        return;
    m->synced = m->facts.size;
    m->turn = m->jump ? m->jump : m->turn + 1;
    m->jump = 0;
}

static uint64_t
memory_turn(void *self)
{
    const struct memory_store *m = self;

    return m->turn + 1;
}

static enum err
memory_record(void *self, uint32_t lane, uint64_t index,
              uint8_t out[LEAF_BYTES])
{
    struct memory_store *m = self;

    return lookup_record(&m->lookup, lane, index, out);
}

static enum err
memory_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    struct memory_store *m = self;

    return lookup_body(&m->lookup, lane, index, out);
}

static enum err
memory_item(void *self, uint64_t item, struct buf *out)
{
    struct memory_store *m = self;

    return lookup_item(&m->lookup, item, out);
}

static enum err
memory_checkpoint(void *self, uint32_t lane, uint64_t size,
                  struct checkpoint *out)
{
    struct memory_store *m = self;

    return lookup_checkpoint(&m->lookup, lane, size, out);
}

static void
memory_erase_one(struct memory_store *m, struct erasure what)
{
    struct blobs blobs;

    do {
        enum err e = lookup_blobs(&m->lookup, &what, &blobs);
        assert(!e);
        for (size_t i = 0; i < blobs.count; i++) {
            const struct blob *b = &blobs.of[i];
            size_t at = (size_t)b->place + b->head_size;
            assert(at + b->size <= m->synced);
            memset(m->facts.data + at, 0, b->size);
        }
    } while (blobs.more);
}

static void
memory_erase(void *self, const struct erasure *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_erase_one(self, list[i]);
}

void
memory_store_port(struct memory_store *m, struct store *out)
{
    static const struct store_ops ops = {
        .append = memory_append,
        .sync = memory_sync,
        .turn = memory_turn,
        .record = memory_record,
        .body = memory_body,
        .item = memory_item,
        .checkpoint = memory_checkpoint,
        .erase = memory_erase,
    };

    *out = (struct store){&ops, m};
}

void
memory_store_crash(struct memory_store *m)
{
    m->facts.size = m->synced;
    m->jump = 0;
    index_cut(&m->index, m->synced);
}

enum err
memory_store_facts(const struct memory_store *m, journal_fact_fn each,
                   void *context)
{
    return memory_store_facts_from(m, 0, each, context);
}

enum err
memory_store_facts_from(const struct memory_store *m, size_t from,
                        journal_fact_fn each, void *context)
{
    assert(from <= m->synced);
    struct slice rest = from == m->synced
                            ? (struct slice){0}
                            : slice_of(m->facts.data + from, m->synced - from);

    while (rest.size) {
        struct fact f;
        bool erased;
        enum err e = fact_get(&rest, &f, &erased);
        assert(!e);
        e = each(context, &f);
        if (e)
            return e;
    }
    return OK;
}

size_t
memory_store_end(const struct memory_store *m)
{
    assert(m->synced == m->facts.size);
    return m->synced;
}

struct memory_store *
memory_store_clone(const struct memory_store *m)
{
    struct memory_store *copy = memory_store_new();

    memory_append(copy, slice_of(m->facts.data, m->synced));
    copy->synced = m->synced;
    copy->jump = 0;
    copy->turn = m->turn;
    return copy;
}
