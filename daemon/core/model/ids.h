/*
 * ids - the names of things, as values.
 *
 * Holds:      fixed sizes; equal bytes mean the same thing everywhere.
 * Spec:       docs/PROTOCOL.md#names
 */
#ifndef CORE_MODEL_IDS_H
#define CORE_MODEL_IDS_H

#include "core/base/limits.h"
#include "core/base/slice.h"

#define HASH_BYTES 32
#define TEAM_ID_BYTES 16
#define STREAM_ID_BYTES 16
#define KEY_ID_BYTES 4
#define PUBLIC_KEY_BYTES 32
#define SIGNATURE_BYTES 64

struct hash {
    uint8_t b[HASH_BYTES];
};

struct team_id {
    uint8_t b[TEAM_ID_BYTES];
};

struct lane_id {
    uint8_t b[HASH_BYTES];
};

struct key_id {
    uint8_t b[KEY_ID_BYTES];
};

struct public_key {
    uint8_t b[PUBLIC_KEY_BYTES];
};

struct signature {
    uint8_t b[SIGNATURE_BYTES];
};

/* A submission's place: repeating it is harmless (rule R6). */
struct submission_id {
    uint8_t stream[STREAM_ID_BYTES];
    uint64_t sequence;
};

#define SUBMISSION_ID_BYTES (STREAM_ID_BYTES + 8)

/* A team's name: a lower-case DNS name such as krcert.or.kr. */
struct team_name {
    char text[TEAM_NAME_MAX + 1];
};

/* Take a team's name from text: letters, digits, hyphens and dots, at least
 * two labels of 1 to 63, no hyphen at either end of one. */
MUST_USE bool team_name_parse(struct slice text, struct team_name *out);

static inline bool
team_name_equal(const struct team_name *a, const struct team_name *b)
{
    return strcmp(a->text, b->text) == 0;
}

static inline bool
hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, HASH_BYTES) == 0;
}

static inline bool
lane_id_equal(const struct lane_id *a, const struct lane_id *b)
{
    return memcmp(a->b, b->b, HASH_BYTES) == 0;
}

static inline bool
key_id_equal(const struct key_id *a, const struct key_id *b)
{
    return memcmp(a->b, b->b, KEY_ID_BYTES) == 0;
}

#endif
