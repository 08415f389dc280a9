#include "core/formats/json_put.h"

static void
put_control(struct buf *out, uint8_t c)
{
    static const char letters[] = {
        [8] = 'b', [9] = 't', [10] = 'n', [12] = 'f', [13] = 'r'};

    buf_put_u8(out, '\\');
    if (c < sizeof letters && letters[c]) {
        buf_put_u8(out, (uint8_t)letters[c]);
        return;
    }
    buf_put_str(out, "u00");
    buf_put_hex(out, slice_of(&c, 1));
}

void
json_put_text(struct buf *out, struct slice text)
{
    size_t from = 0;

    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(out, slice_of(text.data + from, i - from));
        from = i + 1;
        if (c < 0x20) {
            put_control(out, c);
        } else {
            buf_put_u8(out, '\\');
            buf_put_u8(out, c);
        }
    }
    if (from < text.size)
        buf_put(out, slice_of(text.data + from, text.size - from));
    buf_put_u8(out, '"');
}

void
json_put_member(struct buf *out, const char *key, struct slice text)
{
    buf_put_str(out, ",\"");
    buf_put_str(out, key);
    buf_put_str(out, "\":");
    json_put_text(out, text);
}
