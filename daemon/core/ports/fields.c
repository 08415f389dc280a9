#include "core/ports/fields.h"

void
field_put_checkpoint(struct buf *out, const struct checkpoint *c)
{
    buf_put_u64(out, c->size);
    buf_put(out, SLICE_ARRAY(c->root.b));
    buf_put_u64(out, c->time_s);
    buf_put(out, SLICE_ARRAY(c->key.b));
    buf_put(out, SLICE_ARRAY(c->signature.b));
}

void
field_get_checkpoint(struct cursor *from, struct checkpoint *out)
{
    out->size = cursor_u64(from);
    cursor_copy(from, out->root.b, sizeof out->root.b);
    out->time_s = cursor_u64(from);
    cursor_copy(from, out->key.b, sizeof out->key.b);
    cursor_copy(from, out->signature.b, sizeof out->signature.b);
}

bool
field_get_bool(struct cursor *from, bool *wrong)
{
    uint8_t value = cursor_u8(from);

    if (value > 1)
        *wrong = true;
    return value == 1;
}
