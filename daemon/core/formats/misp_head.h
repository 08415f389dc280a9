/*
 * misp_head - derive a message's head from an event, an object or an
 *             attribute of MISP.
 *
 * Holds:      the derivation rules of version HEAD_RULES. Labels, producer,
 *             marking, and whether it is revoked come from the holders too;
 *             without these what is derived is less strict, never stricter.
 * Trusts:     nothing.
 * Leaves out: what the submitter adds: --tlp, recipients, exercise.
 * Spec:       docs/PROTOCOL.md#misp-events
 */
#ifndef CORE_FORMATS_MISP_HEAD_H
#define CORE_FORMATS_MISP_HEAD_H

#include "core/formats/misp_said.h"
#include "core/model/message.h"

enum misp_role {
    MISP_DOCUMENT, /* what stands around events */
    MISP_EVENT,
    MISP_OBJECT,
    MISP_ATTRIBUTE,
    MISP_ROLE_COUNT
};

/* What a head is derived from. */
struct misp_source {
    const struct json_doc *doc;
    uint32_t part;                  /* 0, or the event within its wrapping */
    const struct misp_said *object; /* that it stands in; NULL: none */
    const struct misp_said *event;  /* that it stands in; NULL: not known */
    struct arena *arena;
};

struct misp_derived {
    enum message_kind kind;
    struct head head;
    bool has_tlp; /* false: no tag says how it may be handled, and the TLP of
                   * the head means nothing */
    const char *hold, *advice; /* why it is not to be sent; NULL: it may be */
    struct misp_fault remark;  /* without text: none */
    struct misp_said said;     /* by itself */
    struct slice owner;        /* UUID of the producer; empty: not said */
};

/* Derive the head, which points into the document, the arena and what the
 * holders said; false and the fault where a rule is broken. */
MUST_USE bool misp_derive(enum misp_role role, const struct misp_source *from,
                          struct misp_derived *out, struct misp_fault *fault);

/* Find the event in what an event's message has as content: within its
 * wrapping, "Event" or "response" or a list, or the whole; also where what
 * stands there is an empty place. */
uint32_t misp_event_in(const struct json_doc *content);

#endif
