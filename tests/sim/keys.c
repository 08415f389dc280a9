#include "sim/keys.h"

#include "core/base/cursor.h"
#include "core/lane/checkpoint.h"
#include "core/lane/texts.h"
#include "core/wire/card.h"
#include "core/wire/control.h"
#include "sim/sim.h"

#include <assert.h>

#define AGAIN_MS 700

static const enum key_role roles[KEYRING_ROLES] = {
    KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT, KEY_ROLE_RECEIPT};

/* ---- key files ----------------------------------------------------------- */

static void
know(struct node *n, enum key_role role, const struct secret_key *seed)
{
    struct known_key *k = &n->keys.known[n->keys.count++];

    assert(n->keys.count <= KEYS_KNOWN_MAX);
    *k = (struct known_key){.role = role, .secret = *seed};
    crypto_public_key(seed, &k->key);
    key_id_of(&n->team->name, role, &k->key, &k->id);
}

void
keys_init(struct node *n)
{
    n->keys.version = 2; /* that of the card which the fault RENEW brings */
    for (size_t i = 0; i < KEYRING_ROLES; i++) {
        n->keys.places[i][0] = n->team->seeds[i];
        know(n, roles[i], &n->team->seeds[i]);
    }
}

void
keys_clear(struct node *n)
{
    buf_clear(&n->keys.card);
}

/* What no two keys of a seed share. */
static void
fill(void *self, void *out, size_t size)
{
    struct node *n = self;
    struct dice d = {n->index * 4099u + n->keys.count * 31u + 5};
    uint8_t *to = out;

    assert(size % 8 == 0);
    for (size_t i = 0; i < size; i += 8)
        put_be64(to + i, dice_next(&d));
}

static enum err
keep(void *self, enum key_role role, size_t place,
     const struct secret_key *seed)
{
    static const struct secret_key nothing;
    struct node *n = self;

    n->keys.places[role - KEY_ROLE_SESSION][place] = *seed;
    if (memcmp(seed, &nothing, sizeof nothing) != 0)
        know(n, role, seed);
    return OK;
}

struct signer *
keys_signer(struct node *n)
{
    struct secret_key first[KEYRING_ROLES];
    struct signer *s;

    for (size_t i = 0; i < KEYRING_ROLES; i++)
        first[i] = n->keys.places[i][0];
    s = signer_new(&n->team->name, first);
    signer_places_set(s, &(struct signer_places){fill, keep, n});
    for (size_t i = 0; i < KEYRING_ROLES; i++)
        signer_key_put(s, roles[i], 1, &n->keys.places[i][1]);
    return s;
}

const struct known_key *
keys_find(const struct node *n, enum key_role role, const struct key_id *id)
{
    for (size_t i = 0; i < n->keys.count; i++)
        if (n->keys.known[i].role == role &&
            key_id_equal(&n->keys.known[i].id, id))
            return &n->keys.known[i];
    return NULL;
}

uint64_t
keys_named(const struct node *n, const struct card *c)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < n->keys.count; i++)
        for (size_t k = 0; k < c->key_count; k++)
            if (memcmp(n->keys.known[i].key.b, c->keys[k].key.b,
                       PUBLIC_KEY_BYTES) == 0)
                bits |= (uint64_t)1 << i;
    return bits;
}

const struct known_key *
keys_of_lane(const struct node *origin, const struct lane_truth *l)
{
    size_t i = origin->keys.count;

    if (l->era_count)
        return keys_find(origin, KEY_ROLE_CHECKPOINT,
                         &l->eras[l->era_count - 1].id);
    while (origin->keys.known[i - 1].role != KEY_ROLE_CHECKPOINT)
        i--;
    return &origin->keys.known[i - 1];
}

/* ---- cards --------------------------------------------------------------- */

static struct known_key *
known_by(struct node *n, const struct public_key *key)
{
    for (size_t i = 0; i < n->keys.count; i++)
        if (memcmp(n->keys.known[i].key.b, key->b, PUBLIC_KEY_BYTES) == 0)
            return &n->keys.known[i];
    return NULL;
}

static void
replace_key(struct node *n, struct card *c, const struct public_key *key)
{
    for (size_t i = 0; i < c->key_count; i++) {
        struct card_key *k = &c->keys[i];
        if (k->role != n->keys.role)
            continue;
        struct known_key *old = known_by(n, &k->key);
        assert(old);
        if (n->keys.compromised)
            old->bad_since = c->version;
        if (c->revoked_count < CARD_REVOKED_MAX)
            c->revoked[c->revoked_count++] = (struct card_revoked){
                old->id, n->keys.compromised ? CARD_REVOKED_COMPROMISED
                                             : CARD_REVOKED_RETIRED};
        k->key = *key;
    }
}

static void
root_sign(struct node *n, const struct card *c)
{
    struct signed_card proof = {0};
    struct buf bytes = {0}, text = {0};
    struct hash h;

    card_put(&bytes, c);
    proof.card = buf_slice(&bytes);
    crypto_hash_one(&h, proof.card);
    card_text(&n->team->name, c->version, &h, &text);
    crypto_sign(&n->team->root, buf_slice(&text), &proof.root_signature);
    buf_reset(&n->keys.card);
    signed_card_put(&n->keys.card, &proof);
    buf_clear(&bytes);
    buf_clear(&text);
}

/* The root's holder makes the next card: another key of one role. */
static void
make_card(struct world *w, struct node *n, const struct public_key *key)
{
    struct slice before =
        buf_slice(n->keys.card.size ? &n->keys.card : &n->team->card);
    struct signed_card proof;
    struct card c;
    struct arena memory;

    arena_init(&memory, KIB(64));
    enum err e = signed_card_get(before, &memory, &proof);
    if (e == OK)
        e = card_get(proof.card, &memory, &c);
    assert(e == OK);
    c.version = ++n->keys.version;
    replace_key(n, &c, key);
    root_sign(n, &c);
    arena_clear(&memory);
    if (n->keys.role == KEY_ROLE_CHECKPOINT)
        lanes_caused(
            w, n, n->keys.compromised ? CAUSE_DISOWNED : CAUSE_KEY_REPLACED, 0);
    w->counts.rotations++;
    tell(w, n, key_role_name(n->keys.role), n->keys.compromised);
    tell(w, n, "has a new card, version", c.version);
}

/* ---- the person ---------------------------------------------------------- */

void
keys_import(struct world *w, struct node *n)
{
    struct control_value value = {"card", CONTROL_BYTES,
                                  buf_slice(&n->keys.card), 0};

    if (n->up && n->keys.card.size)
        node_asks(w, n, ROLE_OPERATE,
                  &(struct control_request){.id = OPERATOR_IMPORTS,
                                            .verb = "card-import",
                                            .values = {&value, 1}});
}

void
keys_rotate(struct world *w, struct node *n, enum key_role role,
            bool compromised)
{
    struct control_value value = {"make", CONTROL_TEXT,
                                  slice_str(key_role_name(role)), 0};

    if (!n->up || n->keys.count + 1 >= KEYS_KNOWN_MAX)
        return;
    n->keys.role = role;
    n->keys.compromised = compromised;
    node_asks(w, n, ROLE_OPERATE,
              &(struct control_request){
                  .id = OPERATOR_MAKES, .verb = "keys", .values = {&value, 1}});
}

/* Find the key that was made and is in no card yet. */
static bool
take_made(struct node *n, const struct control_answer *a,
          struct public_key *out)
{
    for (size_t i = 0; i < a->record_count; i++) {
        const struct control_record *r = &a->records[i];
        if (!slice_is(control_text(r, "role"), key_role_name(n->keys.role)) ||
            !slice_is(control_text(r, "state"), "made"))
            continue;
        memcpy(out->b, control_bytes(r, "key").data, PUBLIC_KEY_BYTES);
        struct known_key *k = known_by(n, out);
        assert(k);
        if (k->carded)
            continue;
        k->carded = true;
        return true;
    }
    return false;
}

static void
again(struct world *w, const struct node *n)
{
    queue_add(&w->queue, &(struct scheduled){.at = w->time + AGAIN_MS,
                                             .what = HAPPEN_IMPORT,
                                             .node = n->index,
                                             .incarnation = n->incarnation});
}

void
keys_answer(struct world *w, struct node *n, const struct effect *e)
{
    struct public_key made;
    struct control_answer a;
    struct arena memory;

    arena_init(&memory, KIB(256));
    enum err bad = control_answer_get(
        slice_of(e->data.data + 4, e->data.size - 4), &memory, &a);
    assert(bad == OK);
    tell(w, n, "keys: answer", a.code);
    tell_words(w, n, a.text);
    if (a.id == OPERATOR_MAKES && a.code == OK && take_made(n, &a, &made)) {
        make_card(w, n, &made);
        keys_import(w, n);
    } else if (a.id == OPERATOR_IMPORTS && a.code == ERR_NOT_NOW) {
        again(w, n);
    } else if (a.id == OPERATOR_IMPORTS) {
        hold(w, INVARIANT_I16,
             a.code == OK || a.code == ERR_EXISTS || a.code == ERR_STALE ||
                 (a.code == ERR_CARD_EXPIRED && w->faulty[FAULT_EXPIRED]),
             "a good card of our own is refused");
    }
    arena_clear(&memory);
}
