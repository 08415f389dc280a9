/*
 * feed_scan - what the manifest and the hashes of a feed say of an event, read
 *             from the file that holds it.
 *
 * Trusts:     nothing: an event that is not whole is told as such.
 * Leaves out: the folder (feed_write.h).
 */
#ifndef CLI_FEED_SCAN_H
#define CLI_FEED_SCAN_H

#include "core/base/buf.h"

struct feed_about {
    struct buf uuid;   /* in lower case */
    struct buf entry;  /* "uuid":{...}, as manifest.json has it */
    struct buf hashes; /* of values, MD5_BYTES each */
    uint64_t timestamp;
    const char *trouble; /* why it cannot stand in a feed; constant */
};

/* Read a whole file; false, with `trouble` unless there is no event in it at
 * all. What is given goes to feed_about_clear in any case. */
MUST_USE bool feed_scan(int fd, struct feed_about *out);
void feed_about_clear(struct feed_about *about);

#endif
