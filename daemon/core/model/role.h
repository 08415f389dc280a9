/*
 * role - what a value is in an attack, and the most that may be done by it.
 *
 * Holds:      one table; a role that limits its use limits it whatever else is
 *             said. A role of a newer vocabulary allows nothing.
 * Leaves out: what a source says of it (core/formats), acting by it.
 * Spec:       docs/PROTOCOL.md#roles
 */
#ifndef CORE_MODEL_ROLE_H
#define CORE_MODEL_ROLE_H

#include "core/model/message.h"

/* Find a role by its name, in any case, and give the name as we write it;
 * false for one that is not known. */
MUST_USE bool role_parse(struct slice name, struct slice *out);

/* Give the most that a role allows: USE_BLOCK where none is said, USE_NONE
 * where it is not known. */
enum use role_most(struct slice role);

/* Give what a head of this role may state, where `use` is meant: the stricter
 * of both. USE_UNSTATED stays where the role limits nothing. */
unsigned role_use(struct slice role, unsigned use);

/* Give the stricter of two uses; an unstated one limits nothing. */
unsigned use_strictest(unsigned a, unsigned b);

/* Find a use by its name. */
MUST_USE bool use_parse(struct slice name, enum use *out);

/* Give the name of the `i`th role; NULL behind the last. */
const char *role_name(size_t i);

#endif
