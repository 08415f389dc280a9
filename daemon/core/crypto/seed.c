#include "core/crypto/seed.h"

#include "core/base/buf.h"
#include "core/crypto/crypto.h"

#include <assert.h>

/* What a block of output, the next key and a mixed key are made of; the
 * first byte keeps them apart. */
#define MARK_BLOCK 0
#define MARK_NEXT 1
#define MARK_MIX 2

static void
derive(const struct seed *s, uint8_t mark, struct slice more, struct hash *out)
{
    struct slice parts[] = {slice_of(&mark, 1), SLICE_ARRAY(s->key), more};

    crypto_hash(out, parts, ARRAY_SIZE(parts));
}

static void
replace_key(struct seed *s, uint8_t mark, struct slice more)
{
    struct hash next;

    derive(s, mark, more, &next);
    memcpy(s->key, next.b, sizeof s->key);
    crypto_wipe(&next, sizeof next);
}

void
seed_add(struct seed *s, const uint8_t fresh[32])
{
    replace_key(s, MARK_MIX, slice_of(fresh, 32));
    s->ready = true;
}

void
seed_take(struct seed *s, void *out, size_t size)
{
    uint8_t *at = out;
    uint64_t counter = 0;
    struct hash block = {{0}};

    assert(s->ready);
    while (size) {
        uint8_t number[8];
        put_be64(number, counter++);
        derive(s, MARK_BLOCK, SLICE_ARRAY(number), &block);
        size_t n = size < sizeof block.b ? size : sizeof block.b;
        memcpy(at, block.b, n);
        at += n;
        size -= n;
    }
    crypto_wipe(&block, sizeof block);
    replace_key(s, MARK_NEXT, (struct slice){0});
}
