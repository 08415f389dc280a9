#include "core/lane/checkpoint.h"

#include "core/crypto/base64.h"
#include "core/crypto/crypto.h"

#include <assert.h>

void
checkpoint_text(const struct team_name *origin, const struct lane_id *lane,
                uint64_t size, const struct hash *root, struct buf *out)
{
    buf_put_str(out, origin->text);
    buf_put_str(out, "/sealane/v1/");
    buf_put_hex(out, SLICE_ARRAY(lane->b));
    buf_put_str(out, "\n");
    buf_put_decimal(out, size);
    buf_put_str(out, "\n");
    base64_put(out, SLICE_ARRAY(root->b));
    buf_put_str(out, "\n");
}

void
checkpoint_signed_text(const struct team_name *origin,
                       const struct lane_id *lane, const struct checkpoint *c,
                       struct buf *out)
{
    buf_put_str(out, "cosignature/v1\ntime ");
    buf_put_decimal(out, c->time_s);
    buf_put_str(out, "\n");
    checkpoint_text(origin, lane, c->size, &c->root, out);
}

void
key_name(const struct team_name *team, enum key_role role, struct buf *out)
{
    assert(role != KEY_ROLE_NONE);
    buf_put_str(out, team->text);
    buf_put_str(out, "/sealane/");
    buf_put_str(out, key_role_name(role));
}

void
key_id_of(const struct team_name *team, enum key_role role,
          const struct public_key *key, struct key_id *out)
{
    struct buf name = {0};
    uint8_t type =
        role == KEY_ROLE_SESSION ? KEY_TYPE_ED25519 : KEY_TYPE_COSIGNATURE;

    key_name(team, role, &name);
    crypto_key_id(buf_slice(&name), type, key, out);
    buf_clear(&name);
}

enum err
checkpoint_verify(const struct checkpoint *c, const struct team_name *origin,
                  const struct lane_id *lane, const struct signatory *by)
{
    struct buf text = {0};
    struct key_id id;

    key_id_of(by->team, by->role, by->key, &id);
    if (!key_id_equal(&id, &c->key))
        return ERR_KEY;
    /* PROTOCOL bytes: "A text that is signed MUST be rebuilt from the values
     * and compared or verified, never parsed out of what was received." */
    checkpoint_signed_text(origin, lane, c, &text);
    enum err e = crypto_verify(by->key, buf_slice(&text), &c->signature);
    buf_clear(&text);
    return e;
}
