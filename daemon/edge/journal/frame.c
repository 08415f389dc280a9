#include "edge/journal/frame.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "core/crypto/crypto.h"

#include <assert.h>

#define FRAME_SEED 0x7475726eu
#define CHECKSUM_AT 48

static const uint8_t magic[8] = {'S', 'E', 'A', 'L', 'T', 'U', 'R', 'N'};

uint32_t
frame_checksum_start(void)
{
    return FRAME_SEED;
}

uint32_t
frame_checksum_head(uint32_t checksum, struct slice head)
{
    return crc32c(checksum, head);
}

void
frame_put(struct frame *f, const struct journal_id *id,
          uint8_t out[FRAME_HEADER_BYTES])
{
    memcpy(out, magic, sizeof magic);
    memcpy(out + 8, id->b, JOURNAL_ID_BYTES);
    put_be64(out + 24, f->turn);
    put_be32(out + 32, f->facts_bytes);
    put_be32(out + 36, f->fact_count);
    put_be64(out + 40, f->chain);
    f->stored_bytes = f->facts_bytes;
    f->checksum = crc32c(f->checksum, slice_of(out, CHECKSUM_AT));
    put_be32(out + CHECKSUM_AT, f->checksum);
    put_be32(out + CHECKSUM_AT + 4, 0);
}

size_t
frame_bytes(const struct frame *f)
{
    size_t plain = FRAME_HEADER_BYTES + f->stored_bytes;

    return (plain + FRAME_ALIGN - 1) / FRAME_ALIGN * FRAME_ALIGN;
}

/* The header holds the checksum of all that is covered and the chain value
 * before, so that hashing it alone chains whole frames at a fixed cost. */
uint64_t
frame_chain(const uint8_t header[FRAME_HEADER_BYTES])
{
    struct hash h;

    crypto_hash_one(&h, slice_of(header, FRAME_HEADER_BYTES));
    return get_be64(h.b);
}

enum err
frame_header_get(struct slice bytes, const struct journal_id *id,
                 struct frame *out)
{
    struct cursor c = cursor_of(bytes);

    if (bytes.size < FRAME_HEADER_BYTES)
        return ERR_TRUNCATED;
    if (!slice_equal(cursor_bytes(&c, sizeof magic), SLICE_ARRAY(magic)) ||
        !slice_equal(cursor_bytes(&c, JOURNAL_ID_BYTES), SLICE_ARRAY(id->b)))
        return ERR_FORMAT;
    struct frame f = {.turn = cursor_u64(&c)};
    f.facts_bytes = f.stored_bytes = cursor_u32(&c);
    f.fact_count = cursor_u32(&c);
    f.chain = cursor_u64(&c);
    f.checksum = cursor_u32(&c);
    if (cursor_u32(&c) != 0)
        return ERR_FORMAT;
    *out = f;
    return OK;
}

/* Take the next fact of `*facts` off, whole. */
static enum err
fact_take(struct slice *facts, struct slice *whole, struct fact_size *size)
{
    enum err e = fact_size(*facts, size);

    if (e)
        return e;
    if (facts->size < size->head || facts->size - size->head < size->blob)
        return ERR_TRUNCATED;
    *whole = slice_of(facts->data, size->head + size->blob);
    *facts = slice_of(facts->data + whole->size, facts->size - whole->size);
    return OK;
}

/* Continue the checksum as it was when no blob was left out. */
static uint32_t
checksum_head(uint32_t checksum, struct slice head)
{
    uint8_t header[FACT_HEADER_BYTES];

    memcpy(header, head.data, sizeof header);
    header[FACT_LEFT_OUT_AT] = 0;
    checksum = crc32c(checksum, SLICE_ARRAY(header));
    return crc32c(checksum, slice_of(head.data + sizeof header,
                                     head.size - sizeof header));
}

static enum err
heads_check(struct slice bytes, const struct frame *f, bool kept)
{
    struct slice facts =
        slice_of(bytes.data + FRAME_HEADER_BYTES, f->stored_bytes);
    uint32_t checksum = FRAME_SEED;
    uint32_t count = 0;

    for (; facts.size; count++) {
        struct fact_size size;
        struct slice whole;
        if (fact_take(&facts, &whole, &size))
            return ERR_DAMAGED;
        if (size.left_out && !kept)
            return ERR_DAMAGED;
        checksum = checksum_head(checksum, slice_of(whole.data, size.head));
    }
    checksum = crc32c(checksum, slice_of(bytes.data, CHECKSUM_AT));
    return checksum == f->checksum && count == f->fact_count ? OK : ERR_DAMAGED;
}

/* Find out how much of a frame is stored, fact by fact. */
static enum err
stored_measure(struct slice bytes, struct frame *f)
{
    struct slice facts = slice_of(bytes.data + FRAME_HEADER_BYTES,
                                  bytes.size - FRAME_HEADER_BYTES);
    size_t before = facts.size, left_out = 0;

    for (uint32_t i = 0; i < f->fact_count; i++) {
        struct fact_size size;
        struct slice whole;
        if (fact_take(&facts, &whole, &size))
            return ERR_DAMAGED;
        left_out += size.left_out;
        if (left_out > f->facts_bytes)
            return ERR_DAMAGED;
    }
    size_t stored = before - facts.size;
    if (stored + left_out != f->facts_bytes)
        return ERR_DAMAGED;
    f->stored_bytes = (uint32_t)stored;
    return OK;
}

static enum err
get(struct slice bytes, const struct journal_id *id, bool kept,
    struct frame *out)
{
    struct frame f;
    enum err e = frame_header_get(bytes, id, &f);

    if (!e && f.facts_bytes > FRAME_FACTS_MAX)
        e = ERR_DAMAGED;
    if (!e && kept)
        e = stored_measure(bytes, &f);
    if (e)
        return e;
    size_t size = frame_bytes(&f);
    if (bytes.size < size)
        return ERR_TRUNCATED;
    e = heads_check(bytes, &f, kept);
    if (e)
        return e;
    for (size_t i = FRAME_HEADER_BYTES + f.stored_bytes; i < size; i++)
        if (bytes.data[i])
            return ERR_DAMAGED;
    *out = f;
    return OK;
}

enum err
frame_get(struct slice bytes, const struct journal_id *id, struct frame *out)
{
    return get(bytes, id, false, out);
}

enum err
frame_get_kept(struct slice bytes, const struct journal_id *id,
               struct frame *out)
{
    return get(bytes, id, true, out);
}

bool
frame_jumps(struct slice bytes, const struct frame *f)
{
    struct slice facts =
        slice_of(bytes.data + FRAME_HEADER_BYTES, f->stored_bytes);

    while (facts.size) {
        struct fact_size size;
        struct slice whole;
        struct fact fact;
        enum err e = fact_take(&facts, &whole, &size);
        assert(!e);
        if (whole.data[0] == FACT_RESTORED &&
            !fact_get_head(slice_of(whole.data, size.head), &fact))
            return fact.number == f->turn;
    }
    return false;
}

bool
frame_blobs_good(struct slice bytes, const struct frame *f)
{
    struct slice facts =
        slice_of(bytes.data + FRAME_HEADER_BYTES, f->stored_bytes);

    while (facts.size) {
        struct fact_size size;
        struct slice whole;
        struct fact unused;
        enum err e = fact_take(&facts, &whole, &size);
        assert(!e);
        if (fact_get_blob(whole, &unused))
            return false;
    }
    return true;
}
