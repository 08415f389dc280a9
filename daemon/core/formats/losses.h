/*
 * losses - says what of a message a format has no place for.
 *
 * Trusts:     that content is minified JSON that was checked.
 */
#ifndef CORE_FORMATS_LOSSES_H
#define CORE_FORMATS_LOSSES_H

#include "core/formats/writer.h"

/* Say one loss of a message. */
void loss_put(const struct format_out *out, const struct message *m,
              enum loss loss, const char *path, const char *why);

/* Say which members of a message's content are dropped: all but those that
 * `is_kept` tells of. */
void losses_of_content(const struct format_out *out, const struct message *m,
                       bool (*is_kept)(const struct message *m,
                                       struct slice key, struct slice raw));

#endif
