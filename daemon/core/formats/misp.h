/*
 * misp - reads events of MISP that come in pieces, part by part.
 *
 * Holds:      constant memory: one attribute or object at a time, at most
 *             JSON_BYTES_MAX, and a bounded memory of what events say behind
 *             their attributes. An event in "Event" or without, alone, in a
 *             list or in "response"; lists of attributes or objects without
 *             an event. What breaks a rule is reported with its place and the
 *             next part is read; bad JSON ends the document.
 * Trusts:     nothing.
 * Leaves out: folders of feeds (cli/feed.h); parts that refer to each other.
 * Spec:       MISP core format; docs/PROTOCOL.md#misp-events
 */
#ifndef CORE_FORMATS_MISP_H
#define CORE_FORMATS_MISP_H

#include "core/formats/reader.h"

#define MISP_EVENT_CONTENT "misp-event"
#define MISP_OBJECT_CONTENT "misp-object"
#define MISP_ATTRIBUTE_CONTENT "misp-attribute"

/* So many ids of one document are looked at for repeats. */
#define MISP_UUIDS_MAX 16384u

struct misp_reader;

/*
 * Make a reader that hands messages and faults to `sink`, which is copied.
 * Attributes and objects of an event come first, an object behind its
 * attributes; the event is a package message and comes last, its count is
 * that of the messages of its parts, good or bad; none where all were bad.
 */
struct misp_reader *misp_reader_new(const struct format_sink *sink);

/* Free it; NULL is nothing. */
void misp_reader_free(struct misp_reader *r);

/* Begin a pass over a document that hands over nothing, but learns what its
 * events say behind their attributes. Without such a pass everything in them
 * is red and held. */
void misp_reader_learn(struct misp_reader *r);

/* Begin the pass that hands over, knowing what the one before learnt. */
void misp_reader_deliver(struct misp_reader *r);

/* Read the next bytes. An error means that the rest of the document is lost;
 * it was reported to the sink, and further calls give it again.
 * ERR_NOT_NOW  it is not the document that was learnt */
MUST_USE enum err misp_reader_feed(struct misp_reader *r, struct slice bytes);

/* Say that the document ends here; errors as above. */
MUST_USE enum err misp_reader_finish(struct misp_reader *r);

#endif
