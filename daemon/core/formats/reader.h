/*
 * reader - what every reader of a format hands over: messages and faults.
 *
 * Holds:      everything is lent for the call: copy what must outlive it.
 * Leaves out: the readers (stix.h, list.h), which of them to take (detect.h).
 */
#ifndef CORE_FORMATS_READER_H
#define CORE_FORMATS_READER_H

#include "core/base/err.h"
#include "core/model/message.h"

struct format_item {
    struct message message;
    bool has_tlp;          /* false: no mark says how it may be handled */
    uint64_t line, column; /* where it begins, from 1; columns are bytes */
    /* Why its source does not let it be sent, and what to do about that; NULL:
     * nothing speaks against it. Constant sentences, no full stop. */
    const char *hold, *advice;
    struct slice owner; /* UUID of the organisation of MISP; empty: not said */
};

enum fault_weight {
    FAULT_REMARK,  /* the item is handed over all the same */
    FAULT_REFUSED, /* this item is not handed over, reading goes on */
    FAULT_FATAL,   /* the rest of the document is lost */
};

struct format_fault {
    enum fault_weight weight;
    enum err code;
    const char *text;  /* a sentence for a person, constant, no full stop */
    struct slice path; /* "objects[3].pattern"; empty for a whole line */
    uint64_t position; /* of the item, from 0 */
    uint64_t line, column;
    bool is_left_out; /* a remark: no message has what it is about */
};

/* A document that is an empty list: it is no message, and so nobody behind its
 * reader would hear of it. */
extern const struct format_fault format_empty_list;

struct format_sink {
    void *context;
    void (*item)(void *context, const struct format_item *item);
    void (*fault)(void *context, const struct format_fault *fault);
};

#endif
