/*
 * frame_values - what travels in a session, as values.
 *
 * Holds:      slices point into the payload or the arena of the turn.
 * Leaves out: reading and writing them (frames.h), the CARD frame (card.h).
 * Spec:       docs/PROTOCOL.md#frames
 */
#ifndef CORE_WIRE_FRAME_VALUES_H
#define CORE_WIRE_FRAME_VALUES_H

#include "core/model/ids.h"

#define FRAME_HEADER_BYTES 8
#define BOOT_ID_BYTES 16

/* Sizes of what core/lane makes, as they travel. */
#define FRAME_GENESIS_BYTES 120
#define FRAME_LEAF_BYTES 72
#define FRAME_SALT_BYTES 32

enum frame_type {
    FRAME_NONE = 0,
    FRAME_HELLO = 1,
    FRAME_CARD = 2,
    FRAME_AUTH = 3,
    FRAME_RESUME = 4,
    FRAME_VERDICT = 5,
    FRAME_GENESIS = 6,
    FRAME_HEADER = 7,
    FRAME_WANT = 8,
    FRAME_BODY = 9,
    FRAME_PIECE = 10,
    FRAME_GONE = 11,
    FRAME_ABSENT = 12,
    FRAME_HELD = 13,
    FRAME_RECEIPT = 14,
    FRAME_FETCH = 15,
    FRAME_PING = 16,
    FRAME_CLOSE = 17,
    FRAME_TYPE_COUNT
};

struct frame_hello {
    uint32_t version;
    struct team_name team, peer;
    uint64_t card_version;
    struct hash card_hash;
    uint64_t peer_card_version;
    uint8_t boot_id[BOOT_ID_BYTES];
    uint64_t body_bytes_max;
    uint32_t batches_in_flight;
};

struct frame_auth {
    struct key_id key;
    struct signature signature;
};

/* A (size, root) with its signature, as it travels. */
struct frame_signed {
    uint64_t size;
    struct hash root;
    uint64_t time_s;
    struct key_id key;
    struct signature signature;
};

struct frame_lane_state {
    struct lane_id lane;
    struct slice genesis; /* 120 bytes */
    uint64_t size;        /* n */
    struct hash root;     /* R */
    bool has_checkpoint, has_seen, has_receipt, has_receipt_answers;
    struct frame_signed checkpoint; /* C */
    struct frame_signed seen;       /* S */
    struct frame_signed receipt;
    struct frame_signed receipt_answers;
};

#define RESUME_LANES_MAX 16
struct frame_resume {
    const struct frame_lane_state *lanes;
    size_t count;
};

struct frame_verdict {
    struct lane_id lane;
    uint32_t row;
    uint64_t size; /* m */
    uint64_t start;
};

struct frame_genesis {
    struct lane_id lane;
    struct slice genesis;
};

struct frame_batch { /* HEADER */
    struct lane_id lane;
    uint64_t start;
    struct slice records; /* 72 bytes each, 1 to 1,024 of them */
    struct hash root;
    uint64_t time_s;
    struct key_id key;
    struct signature signature;
};

struct frame_want {
    struct lane_id lane;
    uint64_t first;
    uint32_t count;      /* at most BATCH_LEAVES_MAX */
    struct slice bitmap; /* (count + 7) / 8 bytes */
};

struct frame_body {
    struct lane_id lane;
    uint64_t index;
    struct slice salt; /* 32 bytes */
    struct slice piece;
};

struct frame_piece {
    struct lane_id lane;
    uint64_t index;
    uint64_t offset;
    struct slice bytes;
};

/* GONE, ABSENT: an index; HELD: a size. */
struct frame_mark {
    struct lane_id lane;
    uint64_t number;
};

struct frame_receipt {
    struct lane_id lane;
    struct frame_signed receipt;
    uint64_t origin_time_s;
    struct key_id origin_key;
    struct signature origin_signature;
};

struct frame_fetch {
    struct lane_id lane;
    uint64_t from, to;
};

struct frame_ping {
    uint64_t number;
    bool answer;
};

struct frame_close {
    uint32_t code;
    struct slice text;
};

#endif
