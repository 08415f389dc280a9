/*
 * warning - what is hardly ever meant as an indicator: lists of names,
 *           addresses and other values, and which of them has a value.
 *
 * Holds:      a bound on entries and on their bytes; once ready, a look-up
 *             bisects sorted arrays, but for substrings, which are few.
 * Trusts:     nothing of the lists.
 * Leaves out: reading lists (warning_read.h), what follows from a match.
 * Spec:       docs/PROTOCOL.md#sanity; misp-warninglists
 */
#ifndef CORE_FORMATS_WARNING_H
#define CORE_FORMATS_WARNING_H

#include "core/base/err.h"
#include "core/model/observable.h"

/* Of all lists together: those of MISP have about two millions, 40 MB. */
#define WARNING_ENTRIES_MAX 4000000u
#define WARNING_BYTES_MAX (256u * 1024u * 1024u)
#define WARNING_LISTS_MAX 4096u
/* Each is looked for in every value. */
#define WARNING_SUBSTRINGS_MAX 1024u
#define WARNING_NAME_MAX 200u

enum warning_kind {
    WARNING_RANGE, /* built in: an address that nobody else can reach */
    WARNING_LIST,  /* a list that others keep */
    WARNING_NEVER, /* a list of our own: never to be blocked */
};

/* How the entries of a list match. */
enum warning_match {
    WARNING_STRING,    /* the value, or its host where it is all of it */
    WARNING_HOSTNAME,  /* the host, and all below it */
    WARNING_CIDR,      /* the address, or a block that meets it */
    WARNING_SUBSTRING, /* anywhere in the value */
    WARNING_MATCH_COUNT
};

struct warning {
    enum warning_kind kind;
    const char *list; /* its name */
};

struct warnings;

/* Make a set that holds the ranges of addresses that are private, local or of
 * no host; those for documents too where `documentation`. */
struct warnings *warnings_new(bool documentation);

/* Free it; NULL is nothing. */
void warnings_free(struct warnings *w);

/* Begin a list: what is added from here on is of it. ERR_LIMIT. */
MUST_USE enum err warnings_begin(struct warnings *w, enum warning_kind kind,
                                 struct slice name);

/* Let the list that was begun count for values of this type, and of others
 * that are so named; for all where none is. */
void warnings_of_type(struct warnings *w, enum observable type);

/* Add an entry as it stands in a list. ERR_VALUE: it is no address or block,
 * or empty; ERR_LIMIT: there are too many, nothing more is taken. */
MUST_USE enum err warnings_add(struct warnings *w, enum warning_match match,
                               struct slice entry);

/* Sort what was added; nothing may be added after. */
void warnings_ready(struct warnings *w);

/* Find a list that has a value in normal form; false: none has. An own list
 * counts before those of others. */
MUST_USE bool warnings_find(const struct warnings *w, enum observable type,
                            struct slice value, struct warning *out);

size_t warnings_count(const struct warnings *w);

#endif
