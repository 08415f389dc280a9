/*
 * script - an input that is a list of steps, for targets with a past.
 *
 * Holds:      a step is u8 what, u8 how, u16 size, then bytes; the first that
 *             is cut short ends the list, and its bytes are what is left.
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include "core/base/buf.h"
#include "core/base/cursor.h"

#define STEP_HEADER_BYTES 4
#define STEPS_MAX 256

struct step {
    uint8_t what, how;
    struct slice bytes;
};

/* Take the next step off; false at the end. */
static inline bool
script_next(struct cursor *script, struct step *out)
{
    *out = (struct step){.what = cursor_u8(script), .how = cursor_u8(script)};
    uint16_t size = cursor_u16(script);

    if (script->bad)
        return false;
    out->bytes =
        cursor_bytes(script, size < script->left ? size : script->left);
    return true;
}

static inline void
script_put(struct buf *out, uint8_t what, uint8_t how, struct slice bytes)
{
    buf_put_u8(out, what);
    buf_put_u8(out, how);
    buf_put_u16(out, (uint16_t)bytes.size);
    buf_put(out, bytes);
}

#endif
