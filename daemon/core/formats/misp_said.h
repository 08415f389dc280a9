/*
 * misp_said - what an event, object or attribute of MISP says of itself: id,
 *             producer, tags, marking, distribution.
 *
 * Holds:      what says how it may be handled is read, or holds back
 *             everything that it is said of; it is never left out.
 * Trusts:     nothing.
 * Leaves out: values (misp_head.h), who may be sent what (core/policy).
 * Spec:       docs/PROTOCOL.md#misp-events, #markings
 */
#ifndef CORE_FORMATS_MISP_SAID_H
#define CORE_FORMATS_MISP_SAID_H

#include "core/formats/json_doc.h"
#include "core/model/marking.h"

struct misp_fault {
    enum err code;
    const char *text;     /* a sentence for a person; constant */
    uint32_t token;       /* the part at fault */
    const char *property; /* of that part, where one is missing; or NULL */
};

/* Why something is not to be sent. */
enum misp_hold {
    MISP_FREE,
    MISP_OWN_ORGANISATION, /* distribution 0 */
    MISP_SHARING_GROUP,    /* distribution 4 */
    MISP_UNPUBLISHED,
    MISP_INSIDE,  /* something in it has distribution 0 or 4 */
    MISP_UNCLEAR, /* what it says cannot be read, or was not learnt */
    MISP_HOLD_COUNT
};

struct misp_said {
    struct marking marking; /* TLP and PAP of its tags */
    bool has_tlp, deleted;
    enum misp_hold hold;
    struct slice uuid, producer; /* empty: not said */
    struct slice owner;          /* UUID of the producer */
    const struct slice *labels;  /* names of its tags */
    size_t label_count;
};

/* What MISP writes where something is true. */
enum misp_truth { MISP_UNSAID, MISP_NO, MISP_YES, MISP_NO_TRUTH };

/* Read true, 1, "1", "true" and their opposites; null is unsaid. Token 0 is
 * unsaid. */
enum misp_truth misp_truth(const struct json_doc *doc, uint32_t token);

/* Read a whole number, written as such or as a text; false for anything
 * else. */
MUST_USE bool misp_number(const struct json_doc *doc, uint32_t token,
                          uint64_t max, uint64_t *out);

/* Find what is said under `name` in an object; 0 where it is not there, null
 * or an empty text. */
uint32_t misp_member(const struct json_doc *doc, uint32_t object,
                     const char *name);

/* Take a text of an object; empty where nothing is said. False and the fault
 * for what is no text, or holds a zero. */
MUST_USE bool misp_text(const struct json_doc *doc, uint32_t token,
                        struct arena *arena, struct slice *out,
                        struct misp_fault *fault);

/*
 * Read what the object of token `part` says, which may still be open; texts
 * point into the document and the arena. False and the fault where something
 * cannot be read; where that is more than its id, it is red, and held as
 * unclear.
 */
MUST_USE bool misp_said_read(const struct json_doc *doc, uint32_t part,
                             struct arena *arena, struct misp_said *out,
                             struct misp_fault *fault);

/* Read what stands within the object says: the marks of tags there, and a
 * distribution of 0 or 4, which holds it. */
void misp_said_inside(const struct json_doc *doc, uint32_t part,
                      struct misp_said *out);

/* Add what a holder says to what is said by what stands in it. */
void misp_said_inherit(struct misp_said *said, const struct misp_said *holder);

#endif
