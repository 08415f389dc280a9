/*
 * derive - is a head what its content says?
 *
 * Holds:      a sender that hides an object's marking, or shows another value
 *             than the object has, is found out. Under rules that are not
 *             ours id, marking and revoked alone are compared.
 * Trusts:     nothing of either.
 * Leaves out: what follows (content.h, and who reads).
 * Spec:       docs/PROTOCOL.md#heads
 */
#ifndef EDGE_INDEX_DERIVE_H
#define EDGE_INDEX_DERIVE_H

#include "core/formats/json_doc.h"
#include "core/model/message.h"

/* Tell whether the content of `m` is of a type that is compared. */
bool derive_knows(const struct message *m);

/* Compare the head of `m` with what `doc`, its content, says. Gives the name
 * of the first property that differs; NULL where none does, or where this
 * type of content is not known. */
const char *derive_mismatch(const struct message *m, const struct json_doc *doc,
                            struct arena *arena);

/* Look whether the values of a head without content are in normal form, as all
 * that reads them writes them. Gives the property that is not, or NULL. */
const char *derive_head_mismatch(const struct head *h, struct arena *arena);

#endif
