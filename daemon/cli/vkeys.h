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

/* Write the line, without a line feed. */
void vkey_put(struct buf *out, const struct vkey *k);

/* Read one. ERR_FORMAT; ERR_KEY: the key id is not that of the key. */
MUST_USE enum err vkey_parse(struct slice text, struct vkey *out);

#endif
