#include "edge/journal/lookup.h"

/* Most heads come with the first read. */
#define FIRST_READ_BYTES 512

/* Memory for one large body is not held for ever. */
#define KEPT_BYTES_MAX MIB(1)

void
lookup_init(struct lookup *l, const struct index *index,
            struct lookup_source source)
{
    *l = (struct lookup){.index = index, .source = source};
}

void
lookup_clear(struct lookup *l)
{
    buf_clear(&l->bytes);
}

/* Have at least `size` bytes from `place` on in `l->bytes`. */
static enum err
need(struct lookup *l, uint64_t place, size_t size)
{
    size_t had = l->bytes.size;

    if (had >= size)
        return OK;
    size_t more = size - had;
    uint8_t *at = buf_extend(&l->bytes, more);
    enum err e = l->source.read(l->source.self, place + had, at, &more);
    l->bytes.size = had + more;
    return e;
}

enum part {
    HEAD_ALONE,
    WITH_BLOB,
};

/* Read the fact at `place`. */
static enum err
fact_at(struct lookup *l, uint64_t place, enum part part, struct fact *out)
{
    struct fact_size size;

    if (l->bytes.capacity > KEPT_BYTES_MAX)
        buf_clear(&l->bytes);
    buf_reset(&l->bytes);
    enum err e = need(l, place, FIRST_READ_BYTES);
    if (e || fact_size(buf_slice(&l->bytes), &size))
        return ERR_DAMAGED;
    size_t whole = size.head + (part == WITH_BLOB ? size.blob : 0);
    if (need(l, place, whole) || l->bytes.size < whole)
        return ERR_DAMAGED;
    if (fact_get_head(slice_of(l->bytes.data, size.head), out))
        return ERR_DAMAGED;
    if (part == HEAD_ALONE)
        return OK;
    return fact_get_blob(slice_of(l->bytes.data, whole), out);
}

/* Read the fact of an entry, which must be the one that was asked for. */
static enum err
entry_at(struct lookup *l, const struct fact *want, enum part part,
         struct fact *out)
{
    const struct index_lane *lane = index_lane(l->index, want->lane);
    uint64_t place;

    if (!lane || !places_find(&lane->entries, want->index, &place))
        return ERR_NOT_FOUND;
    enum err e = fact_at(l, place, part, out);
    if (e)
        return e;
    bool ours = out->type == FACT_SEQUENCED || out->type == FACT_ADOPTED;
    if ((!ours && out->type != FACT_ENTRY) || ours != lane->ours ||
        out->lane != want->lane || out->index != want->index)
        return ERR_DAMAGED;
    return OK;
}

enum err
lookup_record(struct lookup *l, uint32_t lane, uint64_t index,
              uint8_t out[LEAF_BYTES])
{
    struct fact f;
    enum err e = entry_at(l, &(struct fact){.lane = lane, .index = index},
                          HEAD_ALONE, &f);

    if (e)
        return e;
    memcpy(out, f.record, LEAF_BYTES);
    return OK;
}

enum err
lookup_item(struct lookup *l, uint64_t item, struct buf *out)
{
    struct fact f;
    uint64_t place;

    if (!places_find(&l->index->items, item, &place))
        return ERR_NOT_FOUND;
    enum err e = fact_at(l, place, WITH_BLOB, &f);
    if (e)
        return e;
    if ((f.type != FACT_SUBMITTED && f.type != FACT_REQUEUED) ||
        f.item != item || !f.blob_head.size)
        return ERR_DAMAGED;
    buf_put(out, f.blob_body);
    return OK;
}

enum err
lookup_body(struct lookup *l, uint32_t lane, uint64_t index, struct buf *out)
{
    struct fact f;
    enum err e = entry_at(l, &(struct fact){.lane = lane, .index = index},
                          WITH_BLOB, &f);

    if (e)
        return e;
    if (f.type != FACT_SEQUENCED && f.state != BODY_HELD)
        return f.state == BODY_GONE ? ERR_GONE : ERR_NOT_FOUND;
    if (!f.blob_head.size)
        return ERR_DAMAGED;
    if (f.type != FACT_SEQUENCED) {
        buf_put(out, f.blob_head);
        buf_put(out, f.blob_body);
        return OK;
    }
    size_t before = out->size;
    buf_put(out, f.blob_head);
    e = lookup_item(l, f.item, out);
    if (e)
        out->size = before;
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}

enum err
lookup_checkpoint(struct lookup *l, uint32_t lane, uint64_t size,
                  struct checkpoint *out)
{
    const struct index_lane *at = index_lane(l->index, lane);
    const struct kept_checkpoint *kept = at ? index_kept(at, size) : NULL;
    struct fact f;

    if (!kept)
        return ERR_NOT_FOUND;
    enum err e = fact_at(l, kept->place, HEAD_ALONE, &f);
    if (e)
        return e;
    if (f.type != (at->ours ? FACT_CHECKPOINT : FACT_BATCH) || f.lane != lane ||
        f.checkpoint.size != kept->size)
        return ERR_DAMAGED;
    *out = f.checkpoint;
    return OK;
}

/* Note where the blob of the fact that was read last stands. */
static enum err
blob_note(const struct lookup *l, uint64_t place, struct blobs *out)
{
    struct blob *b = &out->of[out->count];
    struct fact_size size;

    if (fact_size(buf_slice(&l->bytes), &size) || size.head > sizeof b->head ||
        l->bytes.size < size.head)
        return ERR_DAMAGED;
    if (!size.blob)
        return OK;
    *b = (struct blob){
        .place = place, .head_size = size.head, .size = size.blob};
    memcpy(b->head, l->bytes.data, size.head);
    out->count++;
    return OK;
}

static enum err
blobs_of_item(struct lookup *l, uint64_t item, struct erasure *what,
              struct blobs *out)
{
    uint64_t place;
    struct fact f;

    if (!places_find(&l->index->items, item, &place))
        return OK;
    enum err e = fact_at(l, place, HEAD_ALONE, &f);
    if (!e && ((f.type != FACT_SUBMITTED && f.type != FACT_REQUEUED) ||
               f.item != item))
        e = ERR_DAMAGED;
    if (!e)
        e = blob_note(l, place, out);
    if (!e && f.type == FACT_REQUEUED) {
        *what = (struct erasure){f.lane, f.index};
        out->more = true;
    }
    return e;
}

enum err
lookup_blobs(struct lookup *l, struct erasure *what, struct blobs *out)
{
    const struct index_lane *lane = index_lane(l->index, what->lane);
    struct fact want = {.lane = what->lane, .index = what->index}, f;
    uint64_t place;

    out->count = 0;
    out->more = false;
    if (what->lane == ERASE_ITEM)
        return blobs_of_item(l, what->index, what, out);
    if (!lane || !places_find(&lane->entries, what->index, &place))
        return OK;
    enum err e = entry_at(l, &want, HEAD_ALONE, &f);
    if (!e)
        e = blob_note(l, place, out);
    if (!e && f.type == FACT_SEQUENCED)
        e = blobs_of_item(l, f.item, what, out);
    return e;
}
