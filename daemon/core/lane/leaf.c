#include "core/lane/leaf.h"

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/crypto/crypto.h"

#define LEAF_VERSION 1
#define LEAF_PREFIX 0x00

/* The last that this version knows of each; flags are bits. */
#define KIND_LAST LEAF_EPOCH_CLOSE
#define TLP_LAST 4
#define FLAGS_KNOWN 0x03

static const uint8_t magic[8] = {'L', 'A', 'N', 'E', 'L', 'E', 'A', 'F'};

void
leaf_encode(const struct leaf *l, uint8_t out[LEAF_BYTES])
{
    memcpy(out, magic, sizeof magic);
    out[8] = LEAF_VERSION;
    out[9] = l->kind;
    out[10] = l->tlp;
    out[11] = l->flags;
    put_be32(out + 12, l->body_bytes);
    put_be64(out + 16, l->index);
    put_be64(out + 24, l->time.ms);
    put_be64(out + 32, l->ref);
    memcpy(out + 40, l->commitment.b, sizeof l->commitment.b);
}

enum err
leaf_decode(struct slice bytes, uint64_t index, struct leaf *out)
{
    struct cursor c = cursor_of(bytes);
    struct leaf l;

    if (bytes.size != LEAF_BYTES)
        return ERR_FORMAT;
    bool ours = slice_equal(cursor_bytes(&c, sizeof magic), SLICE_ARRAY(magic));
    uint8_t version = cursor_u8(&c);
    l.kind = cursor_u8(&c);
    l.tlp = cursor_u8(&c);
    l.flags = cursor_u8(&c);
    l.body_bytes = cursor_u32(&c);
    l.index = cursor_u64(&c);
    l.time.ms = cursor_u64(&c);
    l.ref = cursor_u64(&c);
    cursor_copy(&c, l.commitment.b, sizeof l.commitment.b);
    /* PROTOCOL leaf-records: "A leaf record whose magic or version is another,
     * whose index is not its place, or whose body length exceeds 16,777,216
     * MUST be refused together with the HEADER that carries it." */
    if (!ours || version != LEAF_VERSION)
        return ERR_FORMAT;
    if (l.index != index)
        return ERR_RANGE;
    if (l.body_bytes > BODY_MAX)
        return ERR_LIMIT;
    *out = l;
    return OK;
}

bool
leaf_is_known(const struct leaf *l)
{
    return l->kind <= KIND_LAST && l->tlp <= TLP_LAST &&
           (l->flags & ~FLAGS_KNOWN) == 0;
}

void
leaf_hash(const uint8_t record[LEAF_BYTES], struct hash *out)
{
    uint8_t text[1 + LEAF_BYTES] = {LEAF_PREFIX};

    memcpy(text + 1, record, LEAF_BYTES);
    crypto_hash_one(out, SLICE_ARRAY(text));
}

void
leaf_commit(const uint8_t salt[SALT_BYTES], struct slice body, struct hash *out)
{
    static const uint8_t before[16] = "lane-body-v1";
    uint8_t size[8];

    put_be64(size, body.size);
    struct slice parts[] = {SLICE_ARRAY(before), slice_of(salt, SALT_BYTES),
                            SLICE_ARRAY(size), body};
    crypto_hash(out, parts, ARRAY_SIZE(parts));
}
