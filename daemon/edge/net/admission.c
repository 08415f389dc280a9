#include "edge/net/admission.h"

#define TOKEN                                                                  \
    1000u /* a token in thousandths: one refills in 1000 / rate ms             \
           */

void
admission_init(struct admission *a, uint64_t salt)
{
    *a = (struct admission){.salt = salt};
    for (size_t i = 0; i < ADMISSION_BUCKETS; i++)
        a->buckets[i].tokens = ADMISSION_BURST * TOKEN;
}

static bool
is_known(const struct admission *a, const struct address_key *key)
{
    for (size_t i = 0; i < a->known_count; i++)
        if (memcmp(a->known[i].b, key->b, sizeof key->b) == 0)
            return true;
    return false;
}

void
admission_know(struct admission *a, const struct address *from)
{
    struct address_key key;

    address_key_of(from, &key);
    if (is_known(a, &key))
        return;
    a->known[a->known_next] = key;
    a->known_next = (a->known_next + 1) % ADMISSION_KNOWN_MAX;
    if (a->known_count < ADMISSION_KNOWN_MAX)
        a->known_count++;
}

static struct admission_bucket *
bucket_of(struct admission *a, const struct address_key *key)
{
    uint64_t x = a->salt;

    for (size_t i = 0; i < sizeof key->b; i++) {
        x = (x ^ key->b[i]) * 0x100000001b3u;
        x ^= x >> 29;
    }
    return &a->buckets[x % ADMISSION_BUCKETS];
}

static bool
token_take(struct admission_bucket *b, struct mono now)
{
    uint64_t passed = now.ms > b->filled_ms ? now.ms - b->filled_ms : 0;
    uint64_t tokens = b->tokens;

    if (passed > ADMISSION_BURST * TOKEN)
        passed = ADMISSION_BURST * TOKEN;
    tokens += passed * ADMISSION_PER_SECOND;
    if (tokens > ADMISSION_BURST * TOKEN)
        tokens = ADMISSION_BURST * TOKEN;
    b->filled_ms = now.ms;
    b->tokens = (uint32_t)tokens;
    if (b->tokens < TOKEN)
        return false;
    b->tokens -= TOKEN;
    return true;
}

const char *
admission_refuses(struct admission *a, const struct address *from,
                  size_t unproven, struct mono now)
{
    struct address_key key;

    address_key_of(from, &key);
    if (unproven >= CONNECTIONS_UNKNOWN_MAX)
        return "too many connections wait for their handshake";
    if (is_known(a, &key))
        return NULL;
    if (unproven >= CONNECTIONS_UNKNOWN_MAX - ADMISSION_KEPT)
        return "the places left are kept for known peers' addresses";
    if (!token_take(bucket_of(a, &key), now))
        return "too many connections from this address";
    return NULL;
}
