/*
 * range - addresses from one to another, and the keys by which what lies in
 *         them is found.
 *
 * Holds:      an address leads to itself by the blocks of a few sizes that it
 *             lies in, so that any range is a few hundred of those at most;
 *             what they lead to may lie beside the range and is looked at.
 * Trusts:     nothing.
 * Leaves out: postings (rows.h), what is asked for (hits.h).
 */
#ifndef EDGE_INDEX_RANGE_H
#define EDGE_INDEX_RANGE_H

#include "core/base/arena.h"
#include "core/model/message.h"

#include <stdbool.h>

#define RANGE_BYTES 16

/* Both ends are of it. Addresses of 32 bits fill the first 4 bytes. */
struct range {
    unsigned bits;
    uint8_t first[RANGE_BYTES], last[RANGE_BYTES];
};

/* Blocks of one size that a range is at most looked for by, and the length of
 * a key. */
#define RANGE_BLOCKS_MAX 256u
#define RANGE_KEY_MAX 40

/* Read an address or a block in normal form. */
MUST_USE bool range_parse(struct slice text, struct range *out);

/* Read an address, a block or two addresses with a hyphen between them, in any
 * notation; false where it is none. */
MUST_USE bool range_asked(struct slice text, struct arena *arena,
                          struct range *out);

/* Find the addresses of a value: its own, or its host's. */
MUST_USE bool range_of_value(const struct observed *value, struct range *out);

/* See the host in a value that has one. */
struct slice range_host(const struct observed *value);

bool range_is_one(const struct range *r);
bool range_equal(const struct range *a, const struct range *b);
bool range_has(const struct range *outer, const struct range *inner);
bool range_meets(const struct range *a, const struct range *b);

/* How many bits both ends begin with alike. */
unsigned range_prefix(const struct range *r);

/* Write the block of the first `prefix` bits around an address as text; empty
 * where the arena is spent. */
struct slice range_block(const struct range *r, bool of_last, unsigned prefix,
                         struct arena *arena);

/* Hand over the keys that an address or a block leads by, or those by which
 * what lies in a range is found: addresses or blocks. */
typedef void (*range_fn)(void *context, struct slice key);
void range_lead(const struct range *r, range_fn take, void *context);
void range_look(const struct range *r, bool blocks, range_fn take,
                void *context);

#endif
