/*
 * stix - reads a STIX document that comes in pieces, object by object.
 *
 * Holds:      constant memory: one object at a time, at most JSON_BYTES_MAX.
 *             A bundle, one object or a list of objects at the top; an
 *             object that breaks a rule is reported with its place and the
 *             next one is read; bad JSON ends the document. Each object is
 *             of 2.1 or of 2.0 by itself, whatever its bundle says.
 * Trusts:     nothing.
 * Leaves out: which TLP counts where no mark says one; objects that refer to
 *             each other; making 2.1 of 2.0 (stix_lift.h).
 * Spec:       STIX 2.1 and 2.0; docs/PROTOCOL.md#packages
 */
#ifndef CORE_FORMATS_STIX_H
#define CORE_FORMATS_STIX_H

#include "core/formats/reader.h"

#define STIX_CONTENT_TYPE "stix-2.1"
#define STIX_20_CONTENT_TYPE "stix-2.0"

/* Tell whether content is of a STIX object, of which version whatever. */
bool stix_is_content(const struct message *m);

/* Tell whether it is one of STIX 2.0. */
bool stix_is_old(const struct message *m);

struct stix_reader;

/*
 * Make a reader that hands messages and faults to `sink`, which is copied.
 * Each object becomes an indicator or object message with head and content;
 * what a bundle has around its objects becomes a package message, last, whose
 * count is that of the objects that stood in it, good or bad; none where all
 * of them were bad.
 */
struct stix_reader *stix_reader_new(const struct format_sink *sink);

/* Free it; NULL is nothing. */
void stix_reader_free(struct stix_reader *r);

/* Begin a pass over a document that hands over nothing, but learns what its
 * objects may refer to before it stands: the bundle's id and the markings
 * that are mere statements. Without such a pass a statement that comes after
 * the objects it marks makes them red. */
void stix_reader_learn(struct stix_reader *r);

/* Begin a pass before that one, which finds out whether it is needed: what
 * statements look like is sought in the bytes, which is much faster than
 * reading them. Where it is not needed all was learnt. */
void stix_reader_glance(struct stix_reader *r);
bool stix_reader_must_learn(const struct stix_reader *r);

/* Begin the pass that hands over, knowing what the one before learnt. */
void stix_reader_deliver(struct stix_reader *r);

/* Read the next bytes. An error means that the rest of the document is lost;
 * it was reported to the sink, and further calls give it again. */
MUST_USE enum err stix_reader_feed(struct stix_reader *r, struct slice bytes);

/* Say that the document ends here; errors as above. */
MUST_USE enum err stix_reader_finish(struct stix_reader *r);

#endif
