/*
 * facts - facts out of fuzzed bytes, made right where only luck would do it.
 */
#ifndef TESTS_FUZZ_FACTS_H
#define TESTS_FUZZ_FACTS_H

#include "core/base/buf.h"
#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "core/ports/fact.h"

#define BLOB_SEED 0x626c6f62u /* docs/PROTOCOL.md, journal */

/* Append `raw` as one fact whose sizes and checksum are those of its bytes;
 * what is too short for a header is appended as it stands. */
static inline void
fact_repair(struct buf *out, struct slice raw)
{
    size_t at = out->size;

    buf_put(out, raw);
    if (raw.size < FACT_HEADER_BYTES)
        return;
    size_t rest = raw.size - FACT_HEADER_BYTES;
    size_t blob = get_be32(raw.data + 8);
    if (blob > rest)
        blob = rest;
    memset(out->data + at + 1, 0, 3);
    buf_set_u32(out, at + 4, (uint32_t)(rest - blob));
    buf_set_u32(out, at + 8, (uint32_t)blob);
    buf_set_u32(
        out, at + 12,
        crc32c(BLOB_SEED, slice_of(out->data + at + raw.size - blob, blob)));
}

#endif
