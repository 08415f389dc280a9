/*
 * stix_id - ids that follow from what an object says.
 *
 * Holds:      the same properties give the same id to everybody.
 * Leaves out: reading ids (stix_marking.h).
 * Spec:       STIX 2.1, 2.9; RFC 8785; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_STIX_ID_H
#define CORE_FORMATS_STIX_ID_H

#include "core/base/buf.h"
#include "core/crypto/uuid.h"

/* A property that an id follows from. */
struct stix_part {
    const char *name; /* ASCII, no escapes */
    struct slice raw; /* its value as RFC 8785 writes it */
};

#define STIX_PARTS_MAX 8

/* Write "type--<uuid>" of up to STIX_PARTS_MAX properties, in any order. */
void stix_id_put(struct buf *out, const char *type,
                 const struct stix_part *parts, size_t count);

/* Write an id of its type and UUID. */
void stix_id_put_uuid(struct buf *out, const char *type,
                      const uint8_t uuid[UUID_SIZE]);

#endif
