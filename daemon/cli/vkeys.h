/*
 * vkeys - C2SP verifier keys: NAME+hex(key id)+base64(type || public key).
 *
 * Holds:      the name says whose key it is and in which role.
 * Trusts:     nothing of the text; the key id must fit the key.
 * Spec:       C2SP signed-note; docs/PROTOCOL.md#evidence
 */
#ifndef CLI_VKEYS_H
#define CLI_VKEYS_H

#include "core/lane/checkpoint.h"

struct vkey {
    struct team_name team;
    enum key_role role;
    struct public_key key;
};

/* The sizes of one lane that a checkpoint key signs: above `above`, up to
 * `upto`. */
struct vkey_span {
    struct lane_id lane;
    uint64_t above, upto; /* UINT64_MAX: it goes on */
};

/* Write a line with a space and LANE FROM TO behind the key. */
void vkey_span_put(struct buf *out, const struct vkey *k,
                   const struct vkey_span *span);

/* Read a line with or without positions; `*has_span` says which. ERR_FORMAT,
 * ERR_KEY */
MUST_USE enum err vkey_span_parse(struct slice text, struct vkey *out,
                                  struct vkey_span *span, bool *has_span);

/* Write the line, without a line feed. */
void vkey_put(struct buf *out, const struct vkey *k);

/* Read one. ERR_FORMAT; ERR_KEY: the key id is not that of the key. */
MUST_USE enum err vkey_parse(struct slice text, struct vkey *out);

#endif
