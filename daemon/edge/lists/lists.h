/*
 * lists - reads the folder of warninglists.
 *
 * Holds:      lists lie in the folder, or in folders in it as MISP keeps them;
 *             in order of names, so that the first one that has a value is
 *             always the same.
 * Trusts:     nothing of the lists; what is wrong with one is said.
 * Leaves out: reading and matching them (core/formats/warning.h).
 * Spec:       docs/man/sealane.yaml.5, warninglists
 */
#ifndef EDGE_LISTS_LISTS_H
#define EDGE_LISTS_LISTS_H

#include "core/formats/warning.h"

/* Says what is wrong, without a line end. */
typedef void (*lists_say_fn)(const char *text);

/* Read all lists of a folder; "" is none, and then there are the ranges that
 * every node knows. NULL after saying which list cannot be read. */
struct warnings *lists_read(const char *folder, bool documentation,
                            lists_say_fn say);

/* Give a number that changes where the folder's lists do: by names, sizes and
 * times. What cannot be looked at is as what is not there. */
uint64_t lists_mark(const char *folder, bool documentation);

#endif
