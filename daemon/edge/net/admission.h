/*
 * admission - which connections of strangers are taken: rates, places, and
 *             the places kept for neighbours that we know.
 *
 * Holds:      a fixed amount of memory; a stranger uses up its own
 *             address's share and no known peer's place.
 * Leaves out: counting connections (net.c).
 */
#ifndef EDGE_NET_ADMISSION_H
#define EDGE_NET_ADMISSION_H

#include "core/base/instant.h"
#include "core/base/limits.h"
#include "edge/net/address.h"

#define ADMISSION_BURST 32
#define ADMISSION_PER_SECOND 8
#define ADMISSION_BUCKETS 4096
#define ADMISSION_KNOWN_MAX 1024

/* Of the places for connections that are not yet proven, those that only
 * known addresses may take. */
#define ADMISSION_KEPT (CONNECTIONS_UNKNOWN_MAX / 4)

struct admission_bucket {
    uint64_t filled_ms;
    uint32_t tokens;
};

struct admission {
    uint64_t salt; /* so that nobody can choose addresses that collide */
    struct admission_bucket buckets[ADMISSION_BUCKETS];
    struct address_key known[ADMISSION_KNOWN_MAX];
    size_t known_count, known_next;
};

void admission_init(struct admission *a, uint64_t salt);

/* Remember an address that a peer is or was at; the oldest is forgotten. */
void admission_know(struct admission *a, const struct address *from);

/* Decide on a connection while `unproven` others wait. Returns NULL to take
 * it, else why not. */
const char *admission_refuses(struct admission *a, const struct address *from,
                              size_t unproven, struct mono now);

#endif
