/*
 * feed_write - a folder of events that other MISPs read as a feed.
 *
 * Holds:      no reader meets half a file: each is new under a name that
 *             nobody looks for and takes its place when it is on the disk, the
 *             manifest last. What the manifest named before and does not name
 *             any more is removed then, in a folder that has our mark alone.
 * Trusts:     the folder's owner.
 * Leaves out: writing an event (core/formats/misp_write.h), reading a feed
 *             (feed.h), serving it, signatures of PGP.
 * Spec:       MISP core format, manifest
 */
#ifndef CLI_FEED_WRITE_H
#define CLI_FEED_WRITE_H

#include "core/base/buf.h"

struct feed_writer;

/* Begin in a folder, which is made, is empty, or is a feed of ours that nobody
 * writes meanwhile; NULL after saying what is wrong. */
struct feed_writer *feed_writer_new(const char *folder);

/* Open the file of the next event; -1 after saying why not. */
MUST_USE int feed_event_begin(struct feed_writer *f);

/* Close it and put it in its place. One without UUID or info, and the older of
 * two of one event, is left out: that is said, and counted. False after saying
 * why the disk does not take it. */
MUST_USE bool feed_event_end(struct feed_writer *f);

/* Write hashes.csv and manifest.json; false after saying why not. */
MUST_USE bool feed_finish(struct feed_writer *f);

size_t feed_count(const struct feed_writer *f);
size_t feed_left_out(const struct feed_writer *f);

/* Give it back; what was not finished is as it was before, but for events that
 * have changed. NULL is nothing. */
void feed_writer_free(struct feed_writer *f);

#endif
