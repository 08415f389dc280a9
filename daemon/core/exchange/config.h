/*
 * config - what the exchange must know before it starts: who we are, and what
 *          was agreed with whom.
 *
 * Holds:      slices into the bytes of the START event.
 * Leaves out: files, addresses to listen at (edge/turn).
 * Spec:       docs/man/sealane.yaml.5
 */
#ifndef CORE_EXCHANGE_CONFIG_H
#define CORE_EXCHANGE_CONFIG_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/instant.h"
#include "core/model/ids.h"
#include "core/model/marking.h"

struct config_peer {
    struct team_name team;
    enum tlp ceiling;     /* strictest TLP exchanged with it */
    bool community;       /* green may go there */
    struct slice address; /* host:port; empty: the card's */
    bool dial;            /* false: wait to be dialled */
    uint64_t disk_bytes;  /* that its messages may take; 0: no bound */
};

struct config {
    struct team_name team;
    uint8_t boot_id[16];
    struct slice card; /* payload of our CARD frame */
    struct wall boot_time;
    enum tlp default_tlp;
    uint32_t batches_in_flight;
    uint64_t body_bytes_max;
    uint64_t retention_ms; /* of bodies after their receipt; 0: for ever */
    uint64_t disk_bytes;   /* of a peer without an entry below */
    uint64_t user_bytes;   /* that what waits of one user may take; 0: any */
    uint8_t stream_secret[32];
    size_t peer_count;
    struct config_peer peers[PEERS_MAX]; /* those behind are not set */
};

void config_put(struct buf *out, const struct config *c);
MUST_USE enum err config_get(struct slice bytes, struct config *out);

#endif
