#include "cli/vkeys.h"

#include "core/base/hex.h"
#include "core/crypto/base64.h"
#include "core/crypto/crypto.h"

static uint8_t
type_of(enum key_role role)
{
    return role == KEY_ROLE_SESSION ? KEY_TYPE_ED25519 : KEY_TYPE_COSIGNATURE;
}

void
vkey_put(struct buf *out, const struct vkey *k)
{
    uint8_t bytes[1 + PUBLIC_KEY_BYTES];
    struct key_id id;

    bytes[0] = type_of(k->role);
    memcpy(bytes + 1, k->key.b, PUBLIC_KEY_BYTES);
    key_id_of(&k->team, k->role, &k->key, &id);
    key_name(&k->team, k->role, out);
    buf_put_u8(out, '+');
    buf_put_hex(out, SLICE_ARRAY(id.b));
    buf_put_u8(out, '+');
    base64_put(out, SLICE_ARRAY(bytes));
}

/* Take what stands in front of `mark` off; false if there is no mark. */
static bool
take_to(struct slice *text, uint8_t mark, struct slice *out)
{
    const uint8_t *at =
        text->size ? memchr(text->data, mark, text->size) : NULL;

    if (!at)
        return false;
    *out = slice_of(text->data, (size_t)(at - text->data));
    *text = slice_of(at + 1, text->size - out->size - 1);
    return true;
}

/* Read TEAM "/sealane/" ROLE. */
static bool
read_name(struct slice name, struct vkey *k)
{
    struct slice team, middle;

    if (!take_to(&name, '/', &team) || !take_to(&name, '/', &middle) ||
        !slice_is(middle, "sealane") || !team_name_parse(team, &k->team))
        return false;
    for (k->role = KEY_ROLE_SESSION; k->role < KEY_ROLE_COUNT; k->role++) {
        if (slice_is(name, key_role_name(k->role)))
            return true;
    }
    return false;
}

enum err
vkey_parse(struct slice text, struct vkey *out)
{
    struct vkey k = {0};
    struct key_id said, is;
    struct slice name, id;
    struct buf bytes = {0};
    bool good;

    if (!take_to(&text, '+', &name) || !take_to(&text, '+', &id) ||
        !read_name(name, &k) || !hex_decode(id, said.b, sizeof said.b))
        return ERR_FORMAT;
    good = base64_get(text, &bytes) && bytes.size == 1 + PUBLIC_KEY_BYTES &&
           bytes.data[0] == type_of(k.role);
    if (good)
        memcpy(k.key.b, bytes.data + 1, PUBLIC_KEY_BYTES);
    buf_clear(&bytes);
    if (!good)
        return ERR_FORMAT;
    key_id_of(&k.team, k.role, &k.key, &is);
    /* PROTOCOL names: "Whoever reads a verifier key MUST check that its key id
     * is the one that its name, type and public key give." */
    if (!key_id_equal(&said, &is))
        return ERR_KEY;
    *out = k;
    return OK;
}

/* ---- positions ---------------------------------------------------------- */

void
vkey_span_put(struct buf *out, const struct vkey *k,
              const struct vkey_span *span)
{
    vkey_put(out, k);
    buf_put_u8(out, ' ');
    buf_put_hex(out, SLICE_ARRAY(span->lane.b));
    buf_put_u8(out, ' ');
    buf_put_decimal(out, span->above);
    buf_put_u8(out, ' ');
    if (span->upto == UINT64_MAX)
        buf_put_u8(out, '-');
    else
        buf_put_decimal(out, span->upto);
}

/* PROTOCOL bytes: "A decimal number MUST have no sign and no leading zero; zero
 * is 0." */
/* A decimal as it is written: no sign, no leading zero. */
static bool
read_size(struct slice text, uint64_t *out)
{
    uint64_t n = 0;

    if (!text.size || (text.size > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

static bool
read_span(struct slice text, struct vkey_span *out)
{
    struct slice lane, above;

    if (!take_to(&text, ' ', &lane) || !take_to(&text, ' ', &above) ||
        !hex_decode(lane, out->lane.b, sizeof out->lane.b) ||
        !read_size(above, &out->above))
        return false;
    out->upto = UINT64_MAX;
    return slice_is(text, "-") || read_size(text, &out->upto);
}

enum err
vkey_span_parse(struct slice text, struct vkey *out, struct vkey_span *span,
                bool *has_span)
{
    struct slice key = text;

    *has_span = take_to(&text, ' ', &key);
    if (*has_span && !read_span(text, span))
        return ERR_FORMAT;
    return vkey_parse(key, out);
}
