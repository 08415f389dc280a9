#include "core/lane/note.h"

#include "core/base/cursor.h"
#include "core/base/hex.h"
#include "core/crypto/base64.h"

#define DASH "\xe2\x80\x94 " /* U+2014 */
#define SIGNED_LINE_BYTES (KEY_ID_BYTES + 8 + SIGNATURE_BYTES)

void
note_put_signature(struct buf *out, const struct team_name *team,
                   enum key_role role, const struct checkpoint *c)
{
    struct buf bytes = {0};

    buf_put(&bytes, SLICE_ARRAY(c->key.b));
    buf_put_u64(&bytes, c->time_s);
    buf_put(&bytes, SLICE_ARRAY(c->signature.b));
    buf_put_str(out, DASH);
    key_name(team, role, out);
    buf_put_str(out, " ");
    base64_put(out, buf_slice(&bytes));
    buf_put_str(out, "\n");
    buf_clear(&bytes);
}

bool
note_take_line(struct slice *file, struct slice *line)
{
    if (file->size == 0)
        return false;
    const uint8_t *end = memchr(file->data, '\n', file->size);
    if (!end)
        return false;
    *line = slice_of(file->data, (size_t)(end - file->data));
    file->data += line->size + 1;
    file->size -= line->size + 1;
    return true;
}

bool
note_skip(struct slice *text, const char *prefix)
{
    struct slice p = slice_str(prefix);

    if (text->size < p.size || memcmp(text->data, p.data, p.size) != 0)
        return false;
    text->data += p.size;
    text->size -= p.size;
    return true;
}

static bool
cut_suffix(struct slice *text, const char *suffix)
{
    struct slice s = slice_str(suffix);

    if (text->size < s.size ||
        memcmp(text->data + text->size - s.size, s.data, s.size) != 0)
        return false;
    text->size -= s.size;
    return true;
}

bool
note_decimal(struct slice text, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c < '0' || c > '9')
            return false;
        uint64_t digit = (uint64_t)(c - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return text.size > 0;
}

bool
note_bytes(struct slice text, void *out, size_t size)
{
    struct buf bytes = {0};
    bool good = base64_get(text, &bytes) && bytes.size == size;

    if (good)
        memcpy(out, bytes.data, size);
    buf_clear(&bytes);
    return good;
}

bool
note_take_text(struct slice *file, struct team_name *origin,
               struct lane_id *lane, struct checkpoint *out)
{
    struct slice line, hex;

    if (!note_take_line(file, &line) || line.size < 2 * HASH_BYTES)
        return false;
    line.size -= 2 * HASH_BYTES;
    hex = slice_of(line.data + line.size, 2 * HASH_BYTES);
    if (!hex_decode(hex, lane->b, HASH_BYTES) ||
        !cut_suffix(&line, "/sealane/v1/") || !team_name_parse(line, origin))
        return false;
    return note_take_line(file, &line) && note_decimal(line, &out->size) &&
           note_take_line(file, &line) &&
           note_bytes(line, out->root.b, sizeof out->root.b);
}

/* Take "/sealane/ROLE" off the end of a key name. */
static bool
cut_role(struct slice *name, enum key_role role)
{
    return cut_suffix(name, key_role_name(role)) &&
           cut_suffix(name, "/sealane/");
}

bool
note_take_signature(struct slice *file, enum key_role role,
                    struct team_name *team, struct checkpoint *out)
{
    struct slice line, name;
    uint8_t bytes[SIGNED_LINE_BYTES];

    if (!note_take_line(file, &line) || !note_skip(&line, DASH))
        return false;
    const uint8_t *space = memchr(line.data, ' ', line.size);
    if (!space)
        return false;
    name = slice_of(line.data, (size_t)(space - line.data));
    line = slice_of(space + 1, line.size - name.size - 1);
    if (!cut_role(&name, role) || !team_name_parse(name, team) ||
        !note_bytes(line, bytes, sizeof bytes))
        return false;
    memcpy(out->key.b, bytes, KEY_ID_BYTES);
    out->time_s = get_be64(bytes + KEY_ID_BYTES);
    memcpy(out->signature.b, bytes + KEY_ID_BYTES + 8, SIGNATURE_BYTES);
    return true;
}
