#include "kit.h"

/* ---- the peer as origin -------------------------------------------------- */

void
kit_entry_of(struct kit *k, const struct leaf *like, struct slice body)
{
    struct leaf leaf = *like;

    if (k->entry_count == k->entry_capacity) {
        k->entry_capacity = 2 * k->entry_capacity + 16;
        k->entries =
            mem_resize(k->entries, k->entry_capacity, sizeof *k->entries);
    }
    struct kit_entry *e = &k->entries[k->entry_count];
    *e = (struct kit_entry){0};
    memset(e->salt, (int)(k->entry_count & 255), SALT_BYTES);
    buf_put(&e->body, body);
    leaf.index = k->entry_count++;
    leaf.body_bytes = (uint32_t)body.size;
    if (leaf.kind != LEAF_EXPUNGE)
        leaf.ref = LEAF_REF_NONE;
    leaf_commit(e->salt, body, &leaf.commitment);
    leaf_encode(&leaf, e->record);
}

void
kit_entry(struct kit *k, const struct kit_body *b)
{
    struct submission_id id = {.sequence = k->entry_count};
    struct leaf leaf = {.tlp = (uint8_t)b->tlp};
    struct message m = {.kind = b->kind, .has_head = true};
    uint8_t *content = test_calloc(1, b->size + 1);
    struct buf body = {0};

    m.head.marking.tlp = b->tlp;
    m.content = slice_of(content, b->size);
    m.content_type = slice_str("test");
    submission_id_put(&body, &id);
    message_put(&body, &m);
    kit_entry_of(k, &leaf, buf_slice(&body));
    buf_clear(&body);
    test_free(content);
}

void
kit_sign(const struct team *t, enum key_role role,
         const struct team_name *origin, const struct lane_id *lane,
         struct checkpoint *c)
{
    const struct secret_key *secret = &t->seeds[role - KEY_ROLE_SESSION];
    struct public_key key;
    struct buf text = {0};

    crypto_public_key(secret, &key);
    key_id_of(&t->name, role, &key, &c->key);
    checkpoint_signed_text(origin, lane, c, &text);
    crypto_sign(secret, buf_slice(&text), &c->signature);
    buf_clear(&text);
}

/* The root over the first `size` entries that the peer made. */
static void
root_of(const struct kit *k, uint64_t size, struct hash *out)
{
    struct frontier f;
    struct hash leaf;

    frontier_init(&f);
    for (uint64_t i = 0; i < size; i++) {
        leaf_hash(k->entries[i].record, &leaf);
        frontier_append(&f, &leaf);
    }
    frontier_root(&f, out);
}

void
kit_header_of(struct kit *k, struct frame_batch *f, struct buf *records,
              uint64_t start, size_t count)
{
    struct checkpoint c = {.size = start + count, .time_s = 1700000000};

    buf_reset(records);
    for (size_t i = 0; i < count; i++)
        buf_put(records, SLICE_ARRAY(k->entries[start + i].record));
    *f = (struct frame_batch){.start = start, .records = buf_slice(records)};
    kit_lane_id(k, false, &f->lane);
    root_of(k, c.size, &c.root);
    kit_sign(&k->them, KEY_ROLE_CHECKPOINT, &k->them.name, &f->lane, &c);
    f->root = c.root;
    f->time_s = c.time_s;
    f->key = c.key;
    f->signature = c.signature;
}

void
kit_header(struct kit *k, struct buf *out, uint64_t start, size_t count)
{
    struct buf records = {0};
    struct frame_batch f;

    kit_header_of(k, &f, &records, start, count);
    frame_batch_put(out, &f);
    buf_clear(&records);
}

void
kit_body(struct kit *k, struct buf *out, uint64_t index)
{
    const struct kit_entry *e = &k->entries[index];
    struct slice rest = buf_slice(&e->body);
    size_t first = rest.size < PIECE_BYTES ? rest.size : PIECE_BYTES;
    struct frame_body b = {.index = index,
                           .salt = SLICE_ARRAY(e->salt),
                           .piece = slice_of(rest.data, first)};

    kit_lane_id(k, false, &b.lane);
    frame_body_put(out, &b);
    for (size_t at = first; at < rest.size; at += PIECE_BYTES) {
        size_t left = rest.size - at;
        frame_piece_put(out, &(struct frame_piece){
                                 .lane = b.lane,
                                 .index = index,
                                 .offset = at,
                                 .bytes = slice_of(
                                     rest.data + at,
                                     left < PIECE_BYTES ? left : PIECE_BYTES)});
    }
}

bool
kit_is_wanted(struct kit *k, uint64_t start, size_t count)
{
    struct buf out = {0};
    struct slice payload;

    k->read = k->sent.size;
    kit_header(k, &out, start, count);
    kit_send(k, &out);
    buf_clear(&out);
    return kit_next(k, FRAME_WANT, &payload);
}

void
kit_bodies(struct kit *k, uint64_t start, size_t count)
{
    struct buf out = {0};

    for (uint64_t i = start; i < start + count; i++)
        kit_body(k, &out, i);
    kit_send(k, &out);
    buf_clear(&out);
}

void
kit_batch(struct kit *k, uint64_t start, size_t count)
{
    struct buf out = {0};
    struct slice payload;
    struct frame_want w;

    kit_header(k, &out, start, count);
    kit_send(k, &out);
    assert_false(k->down);
    assert_true(kit_next(k, FRAME_WANT, &payload));
    assert_int_equal(frame_want_get(payload, &k->arena, &w), OK);
    assert_int_equal(w.first, start);
    assert_int_equal(w.count, count);
    for (uint32_t i = 0; i < w.count; i++)
        if (w.bitmap.data[i / 8] >> (i % 8) & 1)
            kit_body(k, &out, start + i);
    kit_send(k, &out);
    buf_clear(&out);
}

void
kit_expect_receipt(struct kit *k, uint64_t size)
{
    const struct secret_key *secret = &k->us.seeds[2];
    struct frame_receipt r;
    struct slice payload;
    struct hash root;
    struct public_key key;

    do {
        assert_true(kit_next(k, FRAME_RECEIPT, &payload));
        assert_int_equal(frame_receipt_get(payload, &k->arena, &r), OK);
    } while (r.receipt.size < size);
    assert_int_equal(r.receipt.size, size);
    root_of(k, size, &root);
    assert_true(hash_equal(&root, &r.receipt.root));
    struct checkpoint c = {.size = size,
                           .root = root,
                           .time_s = r.receipt.time_s,
                           .key = r.receipt.key,
                           .signature = r.receipt.signature};
    crypto_public_key(secret, &key);
    struct signatory by = {&k->us.name, KEY_ROLE_RECEIPT, &key};
    assert_int_equal(checkpoint_verify(&c, &k->them.name, &r.lane, &by), OK);
    /* It is sent together with the checkpoint that it answers. */
    c.time_s = r.origin_time_s;
    c.key = r.origin_key;
    c.signature = r.origin_signature;
    crypto_public_key(&k->them.seeds[1], &key);
    by = (struct signatory){&k->them.name, KEY_ROLE_CHECKPOINT, &key};
    assert_int_equal(checkpoint_verify(&c, &k->them.name, &r.lane, &by), OK);
}

/* ---- the peer as holder -------------------------------------------------- */

/* The size that the piece at an offset of a body must have. */
static size_t
piece_of(const struct leaf *leaf, size_t offset)
{
    size_t left = leaf->body_bytes - offset;

    return left < PIECE_BYTES ? left : PIECE_BYTES;
}

/* Put a body together out of BODY and PIECEs; it must match its record. */
static void
take_body(struct kit *k, const struct leaf *leaf, const uint8_t *record)
{
    struct buf body = {0};
    struct frame_body b;
    struct frame_piece p;
    struct slice payload;
    struct hash commitment;
    uint8_t salt[SALT_BYTES];

    assert_true(kit_next(k, FRAME_BODY, &payload));
    assert_int_equal(frame_body_get(payload, &k->arena, &b), OK);
    assert_int_equal(b.index, leaf->index);
    memcpy(salt, b.salt.data, SALT_BYTES);
    buf_put(&body, b.piece);
    assert_int_equal(b.piece.size, piece_of(leaf, 0));
    while (body.size < leaf->body_bytes) {
        assert_true(kit_next(k, FRAME_PIECE, &payload));
        assert_int_equal(frame_piece_get(payload, &k->arena, &p), OK);
        assert_int_equal(p.index, leaf->index);
        assert_int_equal(p.offset, body.size);
        assert_int_equal(p.bytes.size, piece_of(leaf, body.size));
        buf_put(&body, p.bytes);
    }
    assert_int_equal(body.size, leaf->body_bytes);
    leaf_commit(salt, buf_slice(&body), &commitment);
    assert_true(hash_equal(&commitment, &leaf->commitment));
    kit_epoch_entry(k, record, salt, buf_slice(&body));
    assert_true(ring_push(&k->bodies, &body));
}

static void
check_checkpoint(struct kit *k, const struct lane_id *lane)
{
    struct public_key key;
    struct hash root;

    crypto_public_key(&k->us.seeds[1], &key);
    struct signatory by = {&k->us.name, KEY_ROLE_CHECKPOINT, &key};
    assert_int_equal(checkpoint_verify(&k->held_at, &k->us.name, lane, &by),
                     OK);
    frontier_root(&k->held, &root);
    assert_true(hash_equal(&root, &k->held_at.root));
}

bool
kit_take(struct kit *k)
{
    uint8_t bits[(BATCH_LEAVES_MAX + 7) / 8] = {0};
    struct buf records = {0}, out = {0};
    struct frame_batch f;
    struct slice payload;

    arena_reset(&k->arena);
    k->read = k->headers;
    if (!kit_next(k, FRAME_HEADER, &payload))
        return false;
    k->headers = k->read;
    k->read = k->sent.size;
    assert_int_equal(frame_batch_get(payload, &k->arena, &f), OK);
    assert_int_equal(f.start, k->held.size);
    buf_put(&records, f.records);
    uint32_t count = (uint32_t)(records.size / LEAF_BYTES);
    for (uint32_t i = 0; i < count; i++)
        bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
    frame_want_put(
        &out, &(struct frame_want){.lane = f.lane,
                                   .first = f.start,
                                   .count = count,
                                   .bitmap = slice_of(bits, (count + 7) / 8)});
    kit_send(k, &out);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *record = records.data + (size_t)i * LEAF_BYTES;
        struct leaf leaf;
        struct hash h;
        assert_int_equal(
            leaf_decode(slice_of(record, LEAF_BYTES), f.start + i, &leaf), OK);
        take_body(k, &leaf, record);
        leaf_hash(record, &h);
        frontier_append(&k->held, &h);
    }
    k->held_at = (struct checkpoint){.size = k->held.size,
                                     .root = f.root,
                                     .time_s = f.time_s,
                                     .key = f.key,
                                     .signature = f.signature};
    check_checkpoint(k, &f.lane);
    kit_epoch_end(k);
    buf_clear(&records);
    buf_clear(&out);
    return true;
}

void
kit_receipt_of(struct kit *k, struct frame_receipt *r)
{
    struct checkpoint c = {
        .size = k->held.size, .root = k->held_at.root, .time_s = 1700000001};

    *r = (struct frame_receipt){.origin_time_s = k->held_at.time_s,
                                .origin_key = k->held_at.key,
                                .origin_signature = k->held_at.signature};
    kit_lane_id(k, true, &r->lane);
    kit_sign(&k->them, KEY_ROLE_RECEIPT, &k->us.name, &r->lane, &c);
    r->receipt = (struct frame_signed){.size = c.size,
                                       .root = c.root,
                                       .time_s = c.time_s,
                                       .key = c.key,
                                       .signature = c.signature};
}

void
kit_give_receipt(struct kit *k)
{
    struct frame_receipt r;
    struct buf out = {0};

    kit_receipt_of(k, &r);
    frame_receipt_put(&out, &r);
    kit_send(k, &out);
    buf_clear(&out);
}

/* ---- both ---------------------------------------------------------------- */

static void
open_submission(struct kit *k, struct control_value values[4])
{
    assert_int_equal(
        kit_request(k, ROLE_SUBMIT,
                    &(struct control_request){.id = 1, .verb = "submit-open"}),
        OK);
    const struct control_record *r = &k->reply.records[0];
    values[0] =
        (struct control_value){.key = "number",
                               .kind = CONTROL_NUMBER,
                               .number = control_number(r, "number", -1)};
    values[1] = (struct control_value){
        .key = "stream",
        .kind = CONTROL_BYTES,
        .text = control_bytes(r, "stream"),
    };
    values[2] = (struct control_value){.key = "first", .kind = CONTROL_NUMBER};
    values[3] = (struct control_value){.key = "to",
                                       .kind = CONTROL_TEXT,
                                       .text = slice_str(k->them.name.text)};
}

static enum err
submit(struct kit *k, size_t count, size_t size, enum tlp tlp)
{
    struct control_value values[4];
    uint8_t *content = test_calloc(1, size + 1);
    struct slice *messages = test_calloc(count, sizeof *messages);
    uint8_t stream[STREAM_ID_BYTES];
    struct message m = {.kind = MESSAGE_OBJECT, .has_head = true};
    struct buf bytes = {0};

    open_submission(k, values);
    memcpy(stream, values[1].text.data, sizeof stream);
    values[1].text = SLICE_ARRAY(stream);
    m.has_submission = true;
    m.submission.number = (uint64_t)values[0].number;
    m.head.marking.tlp = tlp;
    m.content = slice_of(content, size);
    m.content_type = slice_str("test");
    message_put(&bytes, &m);
    for (size_t i = 0; i < count; i++)
        messages[i] = buf_slice(&bytes);
    enum err e = kit_request(k, ROLE_SUBMIT,
                             &(struct control_request){.id = 2,
                                                       .verb = "submit",
                                                       .values = {values, 4},
                                                       .messages = messages,
                                                       .message_count = count});
    assert_int_equal(k->reply.record_count, e == OK ? count : 0);
    buf_clear(&bytes);
    test_free(content);
    test_free(messages);
    return e;
}

void
kit_submit(struct kit *k, size_t count, size_t size, enum tlp tlp)
{
    assert_int_equal(submit(k, count, size, tlp), OK);
    for (size_t i = 0; i < count; i++)
        assert_true(control_truth(&k->reply.records[i], "accepted"));
}

struct slice
kit_offer(struct kit *k, size_t size, enum tlp tlp)
{
    enum err e = submit(k, 1, size, tlp);

    return e == OK ? control_text(&k->reply.records[0], "reason")
                   : slice_str(err_name(e));
}

uint64_t
kit_cancel(struct kit *k, int64_t number)
{
    struct control_value v = {"number", CONTROL_NUMBER, {0}, number};
    struct control_request r = {.id = 3, .verb = "cancel", .values = {&v, 1}};

    assert_int_equal(kit_request(k, ROLE_SUBMIT, &r), OK);
    return (uint64_t)control_number(&k->reply.records[0], "cancelled", -1);
}

void
kit_good_session(struct kit *k)
{
    struct view_lane in, out;
    uint64_t start;

    kit_connect(k);
    assert_false(k->down);
    assert_int_equal(k->verdict.row, ROW_NORMAL);
    start = k->resume.size;
    while (k->entry_count > start)
        buf_clear(&k->entries[--k->entry_count].body);
    for (size_t i = 0; i < 2; i++)
        kit_entry(k, &(struct kit_body){MESSAGE_OBJECT, TLP_GREEN, 100});
    kit_batch(k, start, 2);
    kit_expect_receipt(k, start + 2);
    k->read = 0;
    kit_submit(k, 1, 100, TLP_GREEN);
    while (kit_take(k))
        kit_give_receipt(k);
    assert_int_equal(view_lane(k->x, KIT_LANE_IN, &in), OK);
    assert_int_equal(view_lane(k->x, KIT_LANE_OUT, &out), OK);
    assert_int_equal(in.size, start + 2);
    assert_int_equal(in.receipted, in.size);
    assert_int_equal(out.receipted, out.size);
    assert_int_equal(out.size, k->held.size);
    assert_false(k->down);
    assert_int_equal(k->stops, 0);
    kit_hang_up(k);
}
