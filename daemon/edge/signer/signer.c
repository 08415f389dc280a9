#include "edge/signer/signer.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "core/base/mem.h"
#include "edge/signer/keyring.h"

#include <assert.h>

/* A journal record holds what one request added, so that it is there whole
 * or not at all: u32 length of what follows the checksum | u32 CRC-32C of the
 * length and what follows | u64 number, one more than the record before |
 * entries: u32 length, bytes of gate_record_put. */
#define HEAD_BYTES 8
#define NUMBER_BYTES 8
#define JOURNAL_CRC_SEED 0x5365616cu
#define JOURNAL_RECORD_MAX MIB(1)

#define REQUEST_BUDGET (2 * SIGN_FRAME_MAX)

struct signer {
    struct team_name own;
    struct keyring keys;
    struct signer_places places;
    struct gate *gate;
    uint64_t number; /* of the last record in the journal */
    struct arena arena;
    struct buf text;
};

static const enum key_role roles[KEYRING_ROLES] = {
    KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT, KEY_ROLE_RECEIPT};

/* One request being answered. */
struct turn {
    struct signer *signer;
    uint64_t turn;
    uint64_t turn_before; /* highest in the journal when it came */
    uint64_t clock_s;
    struct buf *journal;
    size_t record_at;
    bool has_record;
};

struct signer *
signer_new(const struct team_name *own, const struct secret_key seeds[3])
{
    struct signer *s = mem_new(sizeof *s);

    s->own = *own;
    s->gate = gate_new(own);
    arena_init(&s->arena, REQUEST_BUDGET);
    keyring_init(&s->keys, own);
    for (size_t i = 0; i < KEYRING_ROLES; i++)
        keyring_put(&s->keys, roles[i], 0, &seeds[i]);
    return s;
}

void
signer_free(struct signer *s)
{
    if (!s)
        return;
    gate_free(s->gate);
    arena_clear(&s->arena);
    buf_clear(&s->text);
    keyring_clear(&s->keys);
    mem_free(s);
}

void
signer_places_set(struct signer *s, const struct signer_places *places)
{
    s->places = *places;
}

void
signer_key_put(struct signer *s, enum key_role role, size_t place,
               const struct secret_key *seed)
{
    keyring_put(&s->keys, role, place, seed);
}

/* PROTOCOL checkpoints: "An origin MUST verify its own signature before it lets
 * it out." */
/* Sign the text in `s->text`. A signature that does not verify was made by
 * broken code or on broken memory and must never leave. */
static void
sign_text(const struct signer *s, const struct keyring_place *k,
          struct signature *out)
{
    crypto_sign(&k->secret, buf_slice(&s->text), out);
    assert(crypto_verify(&k->shown, buf_slice(&s->text), out) == OK);
}

/* ---- what goes into the journal ----------------------------------------- */

static void
journal_add(struct turn *t, const struct gate_record *r)
{
    struct buf *out = t->journal;

    if (!t->has_record) {
        t->has_record = true;
        t->record_at = out->size;
        buf_put_u64(out, 0);
        buf_put_u64(out, ++t->signer->number);
    }
    size_t length_at = out->size;
    buf_put_u32(out, 0);
    gate_record_put(out, r);
    buf_set_u32(out, length_at, (uint32_t)(out->size - length_at - 4));
}

static uint32_t
record_crc(struct slice length, struct slice rest)
{
    return crc32c(crc32c(JOURNAL_CRC_SEED, length), rest);
}

static void
journal_close(struct turn *t)
{
    struct buf *out = t->journal;

    if (!t->has_record)
        return;
    size_t at = t->record_at, rest = out->size - at - HEAD_BYTES;
    assert(rest <= JOURNAL_RECORD_MAX);
    buf_set_u32(out, at, (uint32_t)rest);
    buf_set_u32(out, at + 4,
                record_crc(slice_of(out->data + at, 4),
                           slice_of(out->data + at + HEAD_BYTES, rest)));
}

/* Take a whole record off the front: its number and its entries. */
static bool
record_take(struct slice *journal, uint64_t *number, struct slice *entries)
{
    struct cursor c = cursor_of(*journal);
    struct slice length = cursor_bytes(&c, 4);
    uint32_t crc = cursor_u32(&c);

    if (c.bad)
        return false;
    uint32_t size = get_be32(length.data);
    if (size <= NUMBER_BYTES || size > JOURNAL_RECORD_MAX)
        return false;
    struct slice rest = cursor_bytes(&c, size);
    if (c.bad || record_crc(length, rest) != crc)
        return false;
    *number = get_be64(rest.data);
    *entries = slice_of(rest.data + NUMBER_BYTES, size - NUMBER_BYTES);
    *journal = slice_of(c.at, c.left);
    return true;
}

/* Tell whether a whole record numbered above `number` stands in `bytes`:
 * then what is broken before it was synced once. */
static bool
has_record_above(struct slice bytes, uint64_t number)
{
    uint64_t most = number + bytes.size;
    uint64_t found;
    struct slice entries;

    for (; bytes.size > HEAD_BYTES + NUMBER_BYTES; bytes.data++, bytes.size--) {
        uint64_t claimed = get_be64(bytes.data + HEAD_BYTES);
        struct slice here = bytes;
        if (claimed > number && claimed <= most &&
            record_take(&here, &found, &entries))
            return true;
    }
    return false;
}

static enum err
restore_entries(struct signer *s, struct slice entries)
{
    struct cursor c = cursor_of(entries);
    struct gate_record r;

    while (!cursor_done(&c)) {
        uint32_t size = cursor_u32(&c);
        struct slice bytes = cursor_bytes(&c, size);
        if (c.bad || gate_record_get(bytes, &r) != OK)
            return ERR_DAMAGED;
        enum err e = r.kind == GATE_RECORD_KEY ? keyring_take(&s->keys, &r)
                                               : gate_restore(s->gate, &r);
        if (e != OK)
            return ERR_DAMAGED;
    }
    return OK;
}

enum err
signer_restore(struct signer *s, struct slice *journal)
{
    struct slice rest = *journal, entries;
    uint64_t number;

    if (!record_take(&rest, &number, &entries))
        return has_record_above(*journal, s->number + 1) ? ERR_DAMAGED
                                                         : ERR_TRUNCATED;
    if (number != s->number + 1 || restore_entries(s, entries) != OK)
        return ERR_DAMAGED;
    s->number = number;
    *journal = rest;
    return OK;
}

/* ---- operations --------------------------------------------------------- */

static enum err
answer_open(struct turn *t, const struct sign_request_op *op,
            struct sign_result *out)
{
    struct gate *g = t->signer->gate;
    const struct gate_open request = {.genesis = op->genesis,
                                      .origin = &op->origin,
                                      .audience = &op->audience,
                                      .role = op->role,
                                      .at = &op->at,
                                      .turn = t->turn};
    struct gate_lane lane;
    struct gate_record record;
    bool add = false;
    enum err e = gate_open(g, &request, &lane, &record, &add);

    if (e)
        return e;
    if (add)
        journal_add(t, &record);
    out->size = lane.signed_size;
    out->root = lane.signed_root;
    out->turn = t->turn_before;
    return OK;
}

/* Check a signature that comes out of the journal, where the key is known. */
static enum err
check_old(const struct signer *s, const struct gate_record *r)
{
    const struct public_key *key =
        keyring_public(&s->keys, r->role, &r->at.key);
    const struct signatory own = {&s->own, r->role, key};

    if (!key)
        return OK;
    return checkpoint_verify(&r->at, gate_origin(s->gate, &r->lane), &r->lane,
                             &own) == OK
               ? OK
               : ERR_DAMAGED;
}

/* PROTOCOL rotation: "Which checkpoint key is in force follows from the
 * position in the lane, never from a clock." */
static const struct keyring_place *
key_for(const struct signer *s, const struct gate_record *r)
{
    struct key_id id;

    if (r->role == KEY_ROLE_CHECKPOINT &&
        gate_key(s->gate, &r->lane, r->at.size, &id))
        return keyring_find(&s->keys, r->role, &id);
    return keyring_in_use(&s->keys, r->role);
}

static enum err
sign_record(struct turn *t, const struct sign_request_op *op,
            struct gate_record *r)
{
    struct signer *s = t->signer;
    const struct keyring_place *k = key_for(s, r);

    if (!k)
        return ERR_KEY;
    if (r->role == KEY_ROLE_RECEIPT) {
        r->origin_time_s = op->origin_time_s;
        r->origin_key = op->origin_key;
        r->origin_signature = op->origin_signature;
    }
    r->at.time_s = gate_time(s->gate, &r->lane, r->role, t->clock_s);
    r->at.key = k->id;
    buf_reset(&s->text);
    checkpoint_signed_text(gate_origin(s->gate, &r->lane), &r->lane, &r->at,
                           &s->text);
    sign_text(s, k, &r->at.signature);
    journal_add(t, r);
    gate_signed(s->gate, r);
    return OK;
}

static enum err
answer_extend(struct turn *t, const struct sign_request_op *op,
              struct sign_result *out)
{
    const struct gate_extend request = {.lane = op->lane,
                                        .role = op->role,
                                        .from = op->from,
                                        .leaves = op->leaves,
                                        .count = op->leaf_count,
                                        .turn = t->turn};
    struct gate_record record;
    bool again = false;
    enum err e = gate_extend(t->signer->gate, &request, &record, &again);

    if (e)
        return e;
    /* PROTOCOL gate: "A (size, root) that stands in the signing journal MAY be
     * given out again, and then MUST be given with the time and signature of
     * the first time." */
    e = again ? check_old(t->signer, &record) : sign_record(t, op, &record);
    if (e)
        return e;
    out->checkpoint = record.at;
    return OK;
}

static enum err
answer_session(struct turn *t, const struct sign_request_op *op,
               struct sign_result *out)
{
    struct signer *s = t->signer;
    const struct keyring_place *k = keyring_in_use(&s->keys, KEY_ROLE_SESSION);
    const struct session_claim claim = {.exporter = SLICE_ARRAY(op->exporter),
                                        .is_client = op->is_client,
                                        .team = &s->own,
                                        .peer = &op->peer,
                                        .hello = &op->hello};

    if (!k)
        return ERR_KEY;
    buf_reset(&s->text);
    session_text(&claim, &s->text);
    sign_text(s, k, &out->proofs[0].signature);
    out->proofs[0].key = k->id;
    return OK;
}

static enum err
answer_card(struct turn *t, const struct sign_request_op *op,
            struct sign_result *out)
{
    struct signer *s = t->signer;

    buf_reset(&s->text);
    card_text(&s->own, op->version, &op->hello, &s->text);
    for (size_t i = 0; i < KEYRING_ROLES; i++)
        for (size_t k = 0; k < KEYRING_PLACES; k++) {
            const struct keyring_place *p = &s->keys.places[i][k];
            if (keyring_state(&s->keys, roles[i], k) == SIGN_KEY_DESTROYED)
                continue;
            sign_text(s, p, &out->proofs[out->count].signature);
            out->proofs[out->count++].key = p->id;
        }
    return OK;
}

/* ---- the key ring -------------------------------------------------------- */

/* Note in journal and ring what becomes of a key. */
static void
key_becomes(struct turn *t, enum key_role role, const struct public_key *key,
            enum sign_key_state state)
{
    const struct gate_record r = {.kind = GATE_RECORD_KEY,
                                  .turn = t->turn,
                                  .role = role,
                                  .key_state = (uint8_t)state,
                                  .public_key = *key};
    enum err e = keyring_take(&t->signer->keys, &r);

    assert(e == OK); /* the callers know the state before */
    journal_add(t, &r);
}

/* The first key of a role stands in no record yet. */
static void
first_becomes_known(struct turn *t, enum key_role role)
{
    const struct keyring *ring = &t->signer->keys;
    const struct keyring_place *first = keyring_in_use(ring, role);

    for (size_t i = 0; i < ring->count; i++)
        if (ring->known[i].role == role)
            return;
    if (first)
        key_becomes(t, role, &first->shown, SIGN_KEY_IN_USE);
}

static bool
has_state(const struct keyring *r, enum key_role role, size_t *place,
          enum sign_key_state state)
{
    for (*place = 0; *place < KEYRING_PLACES; ++*place)
        if (keyring_state(r, role, *place) == state)
            return true;
    return false;
}

/* The seed is on disk before the journal names the key, and the journal
 * before anybody hears of it. */
static enum err
make_key(struct turn *t, enum key_role role)
{
    struct signer *s = t->signer;
    struct secret_key seed;
    size_t place;

    if (!s->places.keep)
        return ERR_UNSUPPORTED;
    if (has_state(&s->keys, role, &place, SIGN_KEY_MADE))
        return OK;
    if (!has_state(&s->keys, role, &place, SIGN_KEY_DESTROYED))
        return ERR_NOT_NOW;
    s->places.fill(s->places.self, &seed, sizeof seed);
    enum err e = s->places.keep(s->places.self, role, place, &seed);
    if (e == OK) {
        first_becomes_known(t, role);
        keyring_put(&s->keys, role, place, &seed);
        key_becomes(t, role, &s->keys.places[role - 1][place].shown,
                    SIGN_KEY_MADE);
    }
    crypto_wipe(&seed, sizeof seed);
    return e;
}

static bool
find_place(const struct keyring *r, const struct sign_request_op *op,
           size_t *place)
{
    for (*place = 0; *place < KEYRING_PLACES; ++*place) {
        const struct keyring_place *p = &r->places[op->role - 1][*place];
        if (p->held && memcmp(p->shown.b, op->key.b, PUBLIC_KEY_BYTES) == 0 &&
            keyring_state(r, op->role, *place) != SIGN_KEY_DESTROYED)
            return true;
    }
    return false;
}

/* Lanes need a checkpoint key until their switch is receipted; of the other
 * roles nothing is left to sign. */
static enum err
use_key(struct turn *t, const struct sign_request_op *op)
{
    const struct keyring *ring = &t->signer->keys;
    const struct keyring_place *old = keyring_in_use(ring, op->role);
    size_t place;

    if (!find_place(ring, op, &place))
        return ERR_KEY;
    enum sign_key_state state = keyring_state(ring, op->role, place);
    if (state == SIGN_KEY_IN_USE)
        return OK;
    if (state != SIGN_KEY_MADE)
        return ERR_KEY;
    if (old)
        key_becomes(t, op->role, &old->shown,
                    op->role == KEY_ROLE_CHECKPOINT ? SIGN_KEY_RETIRING
                                                    : SIGN_KEY_DESTROYED);
    key_becomes(t, op->role, &op->key, SIGN_KEY_IN_USE);
    return OK;
}

static enum err
destroy_key(struct turn *t, const struct sign_request_op *op)
{
    size_t place;

    if (!find_place(&t->signer->keys, op, &place))
        return OK;
    if (keyring_state(&t->signer->keys, op->role, place) == SIGN_KEY_IN_USE)
        return ERR_NOT_NOW;
    key_becomes(t, op->role, &op->key, SIGN_KEY_DESTROYED);
    return OK;
}

static enum err
answer_keys(struct turn *t, const struct sign_request_op *op,
            struct sign_result *out)
{
    enum err e = OK;

    switch (op->action) {
    case SIGN_KEYS_LIST:
        break;
    case SIGN_KEYS_MAKE:
        e = make_key(t, op->role);
        break;
    case SIGN_KEYS_USE:
        e = use_key(t, op);
        break;
    case SIGN_KEYS_DESTROY:
        e = destroy_key(t, op);
        break;
    }
    if (e == OK)
        keyring_list(&t->signer->keys, out);
    return e;
}

enum err
signer_settle(struct signer *s)
{
    static const struct secret_key nothing;

    for (size_t i = 0; i < KEYRING_ROLES; i++) {
        if (!keyring_in_use(&s->keys, roles[i]))
            return ERR_MISSING;
        for (size_t k = 0; k < KEYRING_PLACES; k++) {
            if (!s->keys.places[i][k].held ||
                keyring_state(&s->keys, roles[i], k) != SIGN_KEY_DESTROYED)
                continue;
            if (s->places.keep &&
                s->places.keep(s->places.self, roles[i], k, &nothing) != OK)
                return ERR_IO;
            keyring_put(&s->keys, roles[i], k, &nothing);
        }
    }
    return OK;
}

static enum err
answer_switch(struct turn *t, const struct sign_request_op *op)
{
    struct gate_switch request = {
        .lane = op->lane, .size = op->from, .turn = t->turn};
    struct gate_record record;
    bool add;

    key_id_of(&t->signer->own, KEY_ROLE_CHECKPOINT, &op->key, &request.to);
    enum err e = gate_switch(t->signer->gate, &request, &record, &add);
    if (e == OK && add)
        journal_add(t, &record);
    return e;
}

static enum err
answer_op(struct turn *t, const struct sign_request_op *op,
          struct sign_result *out)
{
    switch (op->op) {
    case SIGN_OPEN:
        return answer_open(t, op, out);
    case SIGN_EXTEND:
        return answer_extend(t, op, out);
    case SIGN_SESSION:
        return answer_session(t, op, out);
    case SIGN_CARD:
        return answer_card(t, op, out);
    case SIGN_FIND:
        out->found = gate_find(t->signer->gate, &op->lane, op->role, op->from,
                               &op->hello) != NULL;
        return OK;
    case SIGN_EPOCH:
        return gate_epoch(t->signer->gate, op->genesis, &out->found,
                          out->genesis);
    case SIGN_KEYS:
        return answer_keys(t, op, out);
    case SIGN_SWITCH:
        return answer_switch(t, op);
    }
    return ERR_FORMAT;
}

enum err
signer_answer(struct signer *s, struct slice request, uint64_t clock_s,
              struct buf *journal, struct buf *answer)
{
    struct turn t = {.signer = s, .clock_s = clock_s, .journal = journal};
    struct sign_request read;

    arena_reset(&s->arena);
    enum err e = sign_request_get(request, &s->arena, &read);
    if (e)
        return e;
    t.turn = read.turn;
    t.turn_before = gate_turn(s->gate);
    for (size_t i = 0; i < read.count; i++) {
        struct sign_result result = {0};
        result.code = answer_op(&t, &read.ops[i], &result);
        if (result.code == ERR_IO)
            return ERR_IO;
        sign_answer_add(answer, read.ops[i].op, &result);
    }
    journal_close(&t);
    return OK;
}
