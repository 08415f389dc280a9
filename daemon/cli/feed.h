/*
 * feed - a folder of events as MISP publishes it: manifest.json names them,
 *        and may say their hashes.
 *
 * Holds:      events are named by UUIDs alone, so that no manifest leads out
 *             of its folder. A file is opened when it is read: feeds have more
 *             of them than a process may have open.
 * Trusts:     nothing.
 * Leaves out: the events themselves (core/formats/misp.h), signatures of PGP,
 *             fetching a feed.
 * Spec:       MISP core format, manifest; docs/PROTOCOL.md#misp-events
 */
#ifndef CLI_FEED_H
#define CLI_FEED_H

#include "core/base/buf.h"
#include "core/model/ids.h"

struct feed_event {
    char *path;
    bool has_hash, hash_is_bad; /* said in the manifest; it is none */
    struct hash hash;
};

struct feed {
    struct feed_event *events;
    size_t count, capacity;
};

/* Read the manifest of a folder; false after saying what is wrong. What is
 * given goes to feed_clear in any case. */
MUST_USE bool feed_read(const char *folder, struct feed *out);
void feed_clear(struct feed *feed);

/* Open an event's file, which fits its hash; -1, and a sentence in `trouble`
 * that ends with a NUL, where it is not there or does not. */
MUST_USE int feed_open(const struct feed_event *event, struct buf *trouble);

#endif
