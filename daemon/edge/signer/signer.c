#include "edge/signer/signer.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "core/base/mem.h"

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
#define KEY_COUNT 3

struct own_key {
    enum key_role role;
    struct secret_key secret;
    struct public_key shown;
    struct key_id id;
};

struct signer {
    struct team_name own;
    struct own_key keys[KEY_COUNT];
    struct gate *gate;
    uint64_t number; /* of the last record in the journal */
    struct arena arena;
    struct buf text;
};

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
    static const enum key_role roles[KEY_COUNT] = {
        KEY_ROLE_SESSION, KEY_ROLE_CHECKPOINT, KEY_ROLE_RECEIPT};
    struct signer *s = mem_new(sizeof *s);

    s->own = *own;
    s->gate = gate_new(own);
    arena_init(&s->arena, REQUEST_BUDGET);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct own_key *k = &s->keys[i];
        k->role = roles[i];
        k->secret = seeds[i];
        crypto_public_key(&k->secret, &k->shown);
        key_id_of(own, k->role, &k->shown, &k->id);
    }
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
    crypto_wipe(s->keys, sizeof s->keys);
    mem_free(s);
}

static const struct own_key *
key_of(const struct signer *s, enum key_role role)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (s->keys[i].role == role)
            return &s->keys[i];
    return NULL;
}

/* Sign the text in `s->text`. A signature that does not verify was made by
 * broken code or on broken memory and must never leave. */
static void
sign_text(const struct signer *s, const struct own_key *k,
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
        if (c.bad || gate_record_get(bytes, &r) != OK ||
            gate_restore(s->gate, &r) != OK)
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

/* Check a signature that comes out of the journal, if its key is still ours.
 */
static enum err
check_old(const struct signer *s, const struct gate_record *r)
{
    const struct own_key *k = key_of(s, r->role);
    const struct signatory own = {&s->own, r->role, &k->shown};

    if (!key_id_equal(&k->id, &r->at.key))
        return OK;
    return checkpoint_verify(&r->at, gate_origin(s->gate, &r->lane), &r->lane,
                             &own) == OK
               ? OK
               : ERR_DAMAGED;
}

static void
sign_record(struct turn *t, const struct sign_request_op *op,
            struct gate_record *r)
{
    struct signer *s = t->signer;
    const struct own_key *k = key_of(s, r->role);

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

    if (!e && again)
        e = check_old(t->signer, &record);
    if (e)
        return e;
    if (!again)
        sign_record(t, op, &record);
    out->checkpoint = record.at;
    return OK;
}

static enum err
answer_session(struct turn *t, const struct sign_request_op *op,
               struct sign_result *out)
{
    struct signer *s = t->signer;
    const struct own_key *k = key_of(s, KEY_ROLE_SESSION);
    const struct session_claim claim = {.exporter = SLICE_ARRAY(op->exporter),
                                        .is_client = op->is_client,
                                        .team = &s->own,
                                        .peer = &op->peer,
                                        .hello = &op->hello};

    buf_reset(&s->text);
    session_text(&claim, &s->text);
    sign_text(s, k, &out->signatures[0]);
    out->keys[0] = k->id;
    return OK;
}

static enum err
answer_card(struct turn *t, const struct sign_request_op *op,
            struct sign_result *out)
{
    struct signer *s = t->signer;

    buf_reset(&s->text);
    card_text(&s->own, op->version, &op->hello, &s->text);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        sign_text(s, &s->keys[i], &out->signatures[i]);
        out->keys[i] = s->keys[i].id;
    }
    return OK;
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
        sign_answer_add(answer, read.ops[i].op, &result);
    }
    journal_close(&t);
    return OK;
}
