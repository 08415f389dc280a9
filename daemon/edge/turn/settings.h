/*
 * settings - sealane.yaml, read through one table of settings.
 *
 * Trusts:     nothing: each fault is reported with line and column, and what
 *             would be right.
 * Spec:       docs/man/sealane.yaml.5
 */
#ifndef EDGE_TURN_SETTINGS_H
#define EDGE_TURN_SETTINGS_H

#include "core/exchange/config.h"

#define SETTINGS_PATH_MAX 1024
#define SETTINGS_ADDRESS_MAX 256
#define SETTINGS_ROLES_MAX 64
#define SETTINGS_OWNERS_MAX 128
#define SETTINGS_ORG_MAX 256

struct settings_user {
    unsigned roles; /* ROLE_* */
    bool is_group;
    unsigned id; /* uid or gid */
};

struct settings_peer {
    struct team_name team;
    enum tlp ceiling;
    bool community;
    bool dial;
    uint64_t disk_bytes;                /* 0: as for all */
    char address[SETTINGS_ADDRESS_MAX]; /* host:port, empty: the card's */
};

/* Whose the events of an organisation of MISP are. */
struct settings_owner {
    char org[SETTINGS_ORG_MAX]; /* its name or UUID */
    struct team_name team;
};

struct settings {
    char file[SETTINGS_PATH_MAX]; /* it was read from */
    struct team_name team;
    char state[SETTINGS_PATH_MAX];     /* directory */
    char socket[SETTINGS_PATH_MAX];    /* control socket */
    char listen[SETTINGS_ADDRESS_MAX]; /* host:port; empty: do not listen */
    enum tlp default_tlp;
    char warninglists[SETTINGS_PATH_MAX]; /* folder; empty: none */
    bool warn_documentation;              /* of addresses for documents too */
    bool capture;                         /* record from the start */
    bool sandbox_best_effort;
    uint32_t batches_in_flight;
    uint64_t body_bytes_max;
    uint64_t segment_bytes;
    uint64_t disk_bytes_per_peer; /* 0: by the size of the disk */
    uint64_t disk_bytes_per_user; /* the same */
    uint64_t retention_ms; /* of bodies, after the receipt; 0: for ever */
    struct settings_user users[SETTINGS_ROLES_MAX];
    size_t user_count;
    struct settings_owner owners[SETTINGS_OWNERS_MAX];
    size_t owner_count;
    struct settings_peer peers[PEERS_MAX];
    size_t peer_count;
};

/* Read a file. On error `message` (of `size` bytes) says file, line, column,
 * what is wrong and what would be right. ERR_IO, ERR_FORMAT, ERR_VALUE. */
MUST_USE enum err settings_read(const char *path, struct settings *out,
                                char *message, size_t size);

/* Give the role bits of a user by uid and gids; the user that runs the daemon
 * and root have all. */
unsigned settings_roles(const struct settings *s, unsigned uid,
                        const unsigned *gids, size_t gid_count);

#endif
