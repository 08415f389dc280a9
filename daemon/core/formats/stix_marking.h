/*
 * stix_marking - marking definitions: what an object says of its handling.
 *
 * Holds:      the four TLP 1 and five TLP 2 definitions by their whole ids;
 *             every other one counts as red, but a statement (a copyright
 *             note) that is known and does not speak of TLP counts nothing.
 * Trusts:     nothing: a definition that only looks like TLP is red.
 * Leaves out: who may be sent what (core/policy).
 * Spec:       STIX 2.1, 7.2; FIRST TLP 2.0; docs/PROTOCOL.md#markings
 */
#ifndef CORE_FORMATS_STIX_MARKING_H
#define CORE_FORMATS_STIX_MARKING_H

#include "core/base/table.h"
#include "core/formats/json_doc.h"
#include "core/formats/uuid.h"
#include "core/model/message.h"

/* Statements of one document: real ones have a handful; what does not fit is
 * unknown, so red. */
#define STIX_STATEMENTS_MAX 4096

/* The statements that were seen so far. */
struct stix_markings {
    struct table statements;
    bool is_apart; /* the object came without its document: a definition that
                    * is not known may be a statement there, counts nothing */
};

void stix_markings_init(struct stix_markings *m);
void stix_markings_clear(struct stix_markings *m);

/* Split an id, "indicator--<UUID>", of any version of RFC 9562. */
MUST_USE bool stix_id_parse(struct slice id, struct slice *type,
                            uint8_t uuid[UUID_BYTES]);

/* Tell whether an id is that of a TLP definition, of version 1 or 2. */
MUST_USE bool stix_tlp_of(struct slice id, enum tlp *out);

/* Write the id of a TLP 2 marking, and its definition. */
void stix_tlp_put_id(struct buf *out, enum tlp tlp);
void stix_tlp_put(struct buf *out, enum tlp tlp);

/* Tell what is wrong with a marking definition that says it is TLP, or uses
 * the id of one; NULL: nothing, or it is no TLP. */
const char *stix_marking_fault(const struct json_doc *doc);

/* Remember a marking definition, if it is a statement. */
void stix_marking_learn(struct stix_markings *m, const struct json_doc *doc,
                        struct arena *arena);

/* Give the strictest mark of an object: its own, those of its parts and the
 * "tlp:" and "pap:" labels that its head has by now. `has_tlp` says whether
 * any gave a TLP. */
void stix_marking_of(const struct stix_markings *m, const struct json_doc *doc,
                     struct head *head, bool *has_tlp);

#endif
