/*
 * misp_make - attributes of MISP for messages that did not come from MISP, and
 *             the event that they stand in.
 *
 * Holds:      the same messages make the same event with the same ids. Each
 *             attribute carries its marking itself.
 * Leaves out: messages that hold an attribute (misp_write.h).
 * Spec:       MISP core format; docs/PROTOCOL.md#writing
 */
#ifndef CORE_FORMATS_MISP_MAKE_H
#define CORE_FORMATS_MISP_MAKE_H

#include "core/base/buf.h"
#include "core/base/table.h"
#include "core/crypto/uuid.h"
#include "core/formats/writer.h"

/* An event that is being made: what its attributes say together. */
struct misp_event {
    uint8_t uuid[UUID_SIZE];
    struct buf producer, package; /* of the first message */
    bool has_tlp;
    enum tlp tlp;      /* the strictest */
    struct wall last;  /* change of any of them */
    struct table seen; /* ids that were made; beyond a bound no more */
};

/* Tell whether a message holds what an attribute may say. */
bool misp_makes(const struct message *m, const struct format_task *task);

/* Begin an event with its first message. */
void misp_event_begin(struct misp_event *e, const struct message *first);

/*
 * Write a message's attributes, with commas between them, and say what of it
 * has no place. Gives how many; 0 where it is all there already.
 */
size_t misp_make(struct buf *out, struct misp_event *e,
                 const struct format_item *item, const struct format_task *task,
                 const struct format_out *to);

/* Write what the event says itself, as members, and say what nobody said. */
void misp_event_put(struct buf *out, const struct misp_event *e,
                    const struct format_task *task,
                    const struct format_out *to);

void misp_event_clear(struct misp_event *e);

#endif
