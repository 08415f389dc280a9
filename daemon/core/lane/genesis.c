#include "core/lane/genesis.h"

#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/crypto/crypto.h"

#define GENESIS_VERSION 1
#define GENESIS_HASH_SHA256 1

void
team_id_of(const struct team_name *name, struct team_id *out)
{
    static const char before[] = "sealane-team-v1"; /* hashed with its NUL */
    struct slice parts[] = {SLICE_ARRAY(before), slice_str(name->text)};
    struct hash h;

    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    memcpy(out->b, h.b, sizeof out->b);
}

void
genesis_encode(const struct genesis *g, uint8_t out[GENESIS_BYTES])
{
    memset(out, 0, GENESIS_BYTES);
    out[0] = GENESIS_VERSION;
    out[1] = GENESIS_HASH_SHA256;
    memcpy(out + 8, g->origin.b, sizeof g->origin.b);
    memcpy(out + 24, g->audience.b, sizeof g->audience.b);
    memcpy(out + 40, g->root_spki.b, sizeof g->root_spki.b);
    put_be64(out + 72, g->epoch);
    put_be64(out + 80, g->prev_size);
    memcpy(out + 88, g->prev_root.b, sizeof g->prev_root.b);
}

static bool
has_past(const struct genesis *g)
{
    static const struct hash zeros;

    return g->prev_size != 0 || !hash_equal(&g->prev_root, &zeros);
}

enum err
genesis_decode(struct slice bytes, struct genesis *out)
{
    struct cursor c = cursor_of(bytes);
    struct genesis g;

    if (bytes.size != GENESIS_BYTES)
        return ERR_FORMAT;
    uint8_t version = cursor_u8(&c);
    uint8_t hash = cursor_u8(&c);
    uint16_t flags = cursor_u16(&c);
    uint32_t reserved = cursor_u32(&c);
    cursor_copy(&c, g.origin.b, sizeof g.origin.b);
    cursor_copy(&c, g.audience.b, sizeof g.audience.b);
    cursor_copy(&c, g.root_spki.b, sizeof g.root_spki.b);
    g.epoch = cursor_u64(&c);
    g.prev_size = cursor_u64(&c);
    cursor_copy(&c, g.prev_root.b, sizeof g.prev_root.b);
    /* PROTOCOL genesis: "A genesis with another size, version or hash, with any
     * flag or reserved bit set, or of epoch 0 with a prev_size or prev_root
     * that is not zero MUST be refused." */
    if (version != GENESIS_VERSION || hash != GENESIS_HASH_SHA256)
        return ERR_VERSION;
    if (flags || reserved || (g.epoch == 0 && has_past(&g)))
        return ERR_VALUE;
    *out = g;
    return OK;
}

void
lane_id_of(const uint8_t genesis[GENESIS_BYTES], struct lane_id *out)
{
    static const char before[] = "lane-genesis-v1"; /* hashed with its NUL */
    static const uint8_t size[4] = {0, 0, 0, GENESIS_BYTES};
    struct slice parts[] = {SLICE_ARRAY(before), SLICE_ARRAY(size),
                            slice_of(genesis, GENESIS_BYTES)};
    struct hash h;

    crypto_hash(&h, parts, ARRAY_SIZE(parts));
    memcpy(out->b, h.b, sizeof out->b);
}
