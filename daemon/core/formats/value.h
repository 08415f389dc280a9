/*
 * value - an indicator's value: recognised, checked, in one normal form.
 *
 * Holds:      equal values have equal normal forms: hosts and hexadecimal in
 *             lower case, no trailing dot, IPv6 as RFC 5952 writes it; a
 *             URL's path and query stay as they stood. A domain with all
 *             below it is its bare name, the type says the rest.
 * Trusts:     nothing; typed in, listed, defanged ("hxxp://evil[.]example")
 *             or not.
 * Leaves out: whether a name exists. No value is ever resolved or fetched.
 * Spec:       docs/PROTOCOL.md#observables
 */
#ifndef CORE_FORMATS_VALUE_H
#define CORE_FORMATS_VALUE_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/model/observable.h"

/* The longest value that is taken: a URL of 8 KiB is common in logs, none of
 * 16 KiB was seen. */
#define VALUE_BYTES_MAX 16384u

/*
 * Recognise `text` and give its type and normal form, which lives in `arena`.
 * What needs a type to be understood (imphash, JA3, mutex, file name, ...) is
 * not recognised.
 *
 * ERR_VALUE   it is none of the kinds that can be recognised
 * ERR_UTF8    it is not text
 * ERR_LIMIT   it is longer than VALUE_BYTES_MAX
 * ERR_BUDGET  the arena is spent
 */
MUST_USE enum err value_detect(struct slice text, struct arena *arena,
                               enum observable *type, struct slice *normal);

/* The same of a text that is UTF-8, trimmed, not empty and no longer than
 * VALUE_BYTES_MAX, and has the kinds of bytes `look` (look.h). */
MUST_USE enum err value_detect_seen(struct slice text, unsigned look,
                                    struct arena *arena, enum observable *type,
                                    struct slice *normal);

/* Check `text` as a value of `type` and give its normal form; errors as
 * value_detect. */
MUST_USE enum err value_check(enum observable type, struct slice text,
                              struct arena *arena, struct slice *normal);

/* Write a value in normal form so that nobody follows it by a click. What is
 * written reads back as the same value, but for a URL whose path or query
 * itself holds what stands for a mark ("[.]"), and for a mailbox with one of
 * / ? #, behind which nothing is read as defanged. */
void value_defang(unsigned observable, struct slice value, struct buf *out);

/* Read a rule of a filter list, "||host^$all", "||host/path^$all" or
 * "|https://host/path|", as the domain tree, address or URL that it blocks;
 * ERR_VALUE for any other rule. Other errors as value_detect. */
MUST_USE enum err value_from_rule(struct slice rule, struct arena *arena,
                                  enum observable *type, struct slice *normal);

#endif
