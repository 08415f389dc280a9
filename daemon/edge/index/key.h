/*
 * key - what is looked up, as a number of 64 bits.
 *
 * Holds:      a keyed hash (SipHash-1-3) of a class and a text, of which
 *             letters A to Z count as small ones; the secret is drawn with
 *             each index, so that nobody makes texts that fall together.
 * Leaves out: what is looked up (content.h, search.h).
 */
#ifndef EDGE_INDEX_KEY_H
#define EDGE_INDEX_KEY_H

#include "core/base/slice.h"

#define KEY_SECRET_BYTES 16

/* What a text is to the message that it leads to. Numbers stand in the file:
 * a new meaning needs another one, or STORE_VERSION. */
enum key_class {
    KEY_VALUE = 1,     /* is meant by it */
    KEY_MENTIONED = 2, /* stands in it, for search alone */
    KEY_PART = 3,      /* host of a value that is meant */
    KEY_TREE = 4,      /* domain that is meant with all below it */
    KEY_WORD = 5,      /* of its text */
    KEY_OBJECT = 6,    /* id of its object */
    KEY_LABEL = 7,
    KEY_CASE = 8,
    KEY_PACKAGE = 9,     /* of ours: id of the document that it is of */
    KEY_SUBMISSION = 10, /* of ours: its number */
    KEY_ADDRESS = 11,    /* block in which an address of it lies */
    KEY_BLOCK = 12,      /* block in which a range of it lies */
    KEY_VERSION = 13,    /* object, producer and road of a version */
    KEY_REVOKED = 14,    /* the same, of one that is revoked */
    KEY_SENT = 15,       /* of ours: id of its object, else its value */
};

struct key_secret {
    uint64_t k0, k1;
};

struct key_secret key_secret_of(const uint8_t bytes[KEY_SECRET_BYTES]);

uint64_t key_of(const struct key_secret *secret, enum key_class class,
                struct slice text);

#endif
