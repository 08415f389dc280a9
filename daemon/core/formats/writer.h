/*
 * writer - what every writer of a format takes and gives: messages go in,
 *          bytes come out, and every loss is said.
 *
 * Holds:      everything is lent for the call. Without a loss the bytes say
 *             all that the messages said.
 * Leaves out: the writers (stix_write.h, csv_write.h, list_write.h), which of
 *             them to take (formats.h).
 */
#ifndef CORE_FORMATS_WRITER_H
#define CORE_FORMATS_WRITER_H

#include "core/formats/reader.h"

enum loss {
    LOSS_DROPPED,   /* it is not in the output */
    LOSS_CHANGED,   /* it stands there in another form */
    LOSS_DEFAULTED, /* nobody said it, and the format must have it */
    LOSS_ADDED,     /* the message has it, the object in it had not */
    LOSS_COUNT
};

/* Give the name that people read: "dropped", "changed", ... */
const char *loss_name(enum loss loss);

struct format_loss {
    enum loss loss;
    struct slice object; /* its id; empty: it has none */
    uint64_t position;   /* in its document, from 0 */
    struct slice path;   /* of the property; empty: the whole object */
    const char *why;     /* a sentence for a person, constant, no full stop */
};

struct format_out {
    void *context;
    void (*bytes)(void *context, struct slice bytes);
    void (*loss)(void *context, const struct format_loss *loss);
};

/* What is to be written, and of what. */
struct format_task {
    struct wall now; /* where an object must have a time and none is known */
    bool is_mixed;   /* the messages are not all of one document */
    bool marks;      /* each object gets its message's marking, if it has
                      * none as strict */
    bool is_exact;   /* objects stay of the version that they came in */
    bool is_foreign; /* contents were not read just now: check them */
    struct slice around; /* what stood around the objects of the first
                          * document, where it is known before; lent */
    bool is_mentioned;   /* values that are only a part of a pattern as well */
    bool is_feed;        /* events of MISP are published, each by itself */
};

#endif
