#include "edge/signer/keyring.h"

#include "core/base/mem.h"
#include "core/lane/checkpoint.h"

#include <assert.h>

static const enum key_role roles[KEYRING_ROLES] = {
    KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT, KEY_ROLE_RECEIPT};

static size_t
row_of(enum key_role role)
{
    assert(role > KEY_ROLE_NONE && role < KEY_ROLE_COUNT);
    return (size_t)role - 1;
}

void
keyring_init(struct keyring *r, const struct team_name *own)
{
    *r = (struct keyring){.own = *own};
}

void
keyring_clear(struct keyring *r)
{
    mem_free(r->known);
    crypto_wipe(r, sizeof *r);
}

void
keyring_put(struct keyring *r, enum key_role role, size_t place,
            const struct secret_key *seed)
{
    static const struct secret_key nothing;
    struct keyring_place *p = &r->places[row_of(role)][place];

    crypto_wipe(p, sizeof *p);
    if (memcmp(seed->b, nothing.b, sizeof seed->b) == 0)
        return;
    p->held = true;
    p->secret = *seed;
    crypto_public_key(seed, &p->shown);
    key_id_of(&r->own, role, &p->shown, &p->id);
}

static struct keyring_known *
find_known(const struct keyring *r, enum key_role role,
           const struct public_key *key)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->known[i].role == role &&
            memcmp(r->known[i].key.b, key->b, PUBLIC_KEY_BYTES) == 0)
            return &r->known[i];
    return NULL;
}

/* A key is made, or in use from the beginning; it is never used again. */
static bool
may_become(const struct keyring_known *k, enum sign_key_state state)
{
    if (!k)
        return state == SIGN_KEY_MADE || state == SIGN_KEY_IN_USE;
    return state >= k->state && state < SIGN_KEY_STATE_COUNT &&
           (k->role == KEY_ROLE_CHECKPOINT || state != SIGN_KEY_RETIRING);
}

enum err
keyring_take(struct keyring *r, const struct gate_record *k)
{
    struct keyring_known *known = find_known(r, k->role, &k->public_key);
    enum sign_key_state state = (enum sign_key_state)k->key_state;

    if (!may_become(known, state))
        return ERR_DAMAGED;
    if (!known) {
        if (r->count == r->capacity) {
            r->capacity = r->capacity ? 2 * r->capacity : 8;
            r->known = mem_resize(r->known, r->capacity, sizeof *r->known);
        }
        known = &r->known[r->count++];
        *known = (struct keyring_known){.role = k->role, .key = k->public_key};
        key_id_of(&r->own, k->role, &k->public_key, &known->id);
    }
    known->state = state;
    return OK;
}

static bool
is_rotated(const struct keyring *r, enum key_role role)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->known[i].role == role)
            return true;
    return false;
}

enum sign_key_state
keyring_state(const struct keyring *r, enum key_role role, size_t place)
{
    const struct keyring_place *p = &r->places[row_of(role)][place];
    const struct keyring_known *k =
        p->held ? find_known(r, role, &p->shown) : NULL;

    if (k)
        return k->state;
    return p->held && place == 0 && !is_rotated(r, role) ? SIGN_KEY_IN_USE
                                                         : SIGN_KEY_DESTROYED;
}

const struct keyring_place *
keyring_in_use(const struct keyring *r, enum key_role role)
{
    for (size_t i = 0; i < KEYRING_PLACES; i++)
        if (keyring_state(r, role, i) == SIGN_KEY_IN_USE)
            return &r->places[row_of(role)][i];
    return NULL;
}

const struct keyring_place *
keyring_find(const struct keyring *r, enum key_role role,
             const struct key_id *id)
{
    for (size_t i = 0; i < KEYRING_PLACES; i++) {
        const struct keyring_place *p = &r->places[row_of(role)][i];
        if (p->held && key_id_equal(&p->id, id) &&
            keyring_state(r, role, i) != SIGN_KEY_DESTROYED)
            return p;
    }
    return NULL;
}

const struct public_key *
keyring_public(const struct keyring *r, enum key_role role,
               const struct key_id *id)
{
    const struct keyring_place *p = keyring_find(r, role, id);

    for (size_t i = 0; !p && i < r->count; i++)
        if (r->known[i].role == role && key_id_equal(&r->known[i].id, id))
            return &r->known[i].key;
    return p ? &p->shown : NULL;
}

void
keyring_list(const struct keyring *r, struct sign_result *out)
{
    for (size_t i = 0; i < KEYRING_ROLES; i++)
        for (size_t k = 0; k < KEYRING_PLACES; k++) {
            enum sign_key_state state = keyring_state(r, roles[i], k);
            if (state != SIGN_KEY_DESTROYED)
                out->keys[out->count++] =
                    (struct sign_key){roles[i], state, r->places[i][k].shown};
        }
}
