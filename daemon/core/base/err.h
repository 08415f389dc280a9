/*
 * err - what can be wrong with foreign bytes, a peer, a request or a disk.
 *
 * Holds:      one table (err.def) gives each error its name, its code on the
 *             wire and its text for a person.
 * Leaves out: our own bugs (assert) and lost memory (mem.h).
 * Spec:       docs/PROTOCOL.md#errors
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include "core/base/slice.h"

enum err {
#define ERROR(symbol, code, name, text) ERR_##symbol,
#include "core/base/err.def"
#undef ERROR
    ERR_COUNT
};

/* ERR_OK reads better in conditions as "nothing wrong". */
#define OK ERR_OK

/* Give the name, lower case with hyphens, as logs and JSON show it. */
const char *err_name(enum err e);

/* Give the sentence for a person, without a full stop. */
const char *err_text(enum err e);

/* Give the code that CLOSE carries. */
uint32_t err_code(enum err e);

/* Find the error of a code on the wire; ERR_FORMAT for one not known. */
enum err err_from_code(uint32_t code);

#endif
