#include "kit.h"

/* ---- memory -------------------------------------------------------------- */

static void
first_genesis(const struct team *origin, const struct team *holder,
              uint8_t out[GENESIS_BYTES])
{
    struct genesis g = {.root_spki = origin->root_spki};

    team_id_of(&origin->name, &g.origin);
    team_id_of(&holder->name, &g.audience);
    genesis_encode(&g, out);
}

void
kit_epochs_init(struct kit *k)
{
    first_genesis(&k->us, &k->them, k->epochs[0].genesis);
    first_genesis(&k->them, &k->us, k->genesis);
}

static void
epoch_cut(struct kit_epoch *e, size_t count)
{
    while (e->count > count)
        buf_clear(&e->entries[--e->count].body);
    while (e->end_count && e->ends[e->end_count - 1].size > count)
        e->end_count--;
}

void
kit_epochs_clear(struct kit *k)
{
    for (size_t i = 0; i <= k->epoch; i++) {
        epoch_cut(&k->epochs[i], 0);
        mem_free(k->epochs[i].entries);
    }
}

void
kit_epoch_entry(struct kit *k, const uint8_t record[LEAF_BYTES],
                const uint8_t salt[SALT_BYTES], struct slice body)
{
    struct kit_epoch *e = &k->epochs[k->epoch];

    epoch_cut(e, (size_t)k->held.size);
    if (e->count == e->capacity) {
        e->capacity = 2 * e->capacity + 16;
        e->entries = mem_resize(e->entries, e->capacity, sizeof *e->entries);
    }
    struct kit_entry *entry = &e->entries[e->count++];
    *entry = (struct kit_entry){0};
    memcpy(entry->record, record, LEAF_BYTES);
    memcpy(entry->salt, salt, SALT_BYTES);
    buf_put(&entry->body, body);
}

void
kit_epoch_end(struct kit *k)
{
    struct kit_epoch *e = &k->epochs[k->epoch];

    assert_true(e->end_count < KIT_ENDS_MAX);
    /* What was taken with a body gone is never given back. */
    if (e->count != k->held_at.size)
        return;
    e->ends[e->end_count++] = k->held_at;
}

static void
frontier_of(const struct kit_epoch *e, struct frontier *out)
{
    struct hash leaf;

    frontier_init(out);
    for (size_t i = 0; i < e->count; i++) {
        leaf_hash(e->entries[i].record, &leaf);
        frontier_append(out, &leaf);
    }
}

void
kit_forget(struct kit *k, size_t epoch, uint64_t size)
{
    struct kit_epoch *e = &k->epochs[epoch];

    for (; k->epoch > epoch; k->epoch--) {
        epoch_cut(&k->epochs[k->epoch], 0);
        mem_free(k->epochs[k->epoch].entries);
        k->epochs[k->epoch] = (struct kit_epoch){0};
    }
    epoch_cut(e, (size_t)size);
    frontier_of(e, &k->held);
    k->held_at =
        e->end_count ? e->ends[e->end_count - 1] : (struct checkpoint){0};
    assert_int_equal(k->held_at.size, size);
}

/* ---- resume -------------------------------------------------------------- */

void
kit_claim_of(struct kit *k, size_t epoch, struct frame_lane_state *s)
{
    const struct kit_epoch *e = &k->epochs[epoch];
    struct frontier at;

    frontier_of(e, &at);
    *s = (struct frame_lane_state){.genesis = SLICE_ARRAY(e->genesis),
                                   .size = at.size};
    lane_id_of(e->genesis, &s->lane);
    frontier_root(&at, &s->root);
    s->has_checkpoint = s->has_seen = e->end_count > 0;
    if (!e->end_count)
        return;
    const struct checkpoint *c = &e->ends[e->end_count - 1];
    s->checkpoint = (struct frame_signed){.size = c->size,
                                          .root = c->root,
                                          .time_s = c->time_s,
                                          .key = c->key,
                                          .signature = c->signature};
    s->seen = s->checkpoint;
}

bool
kit_judged(struct kit *k)
{
    struct slice payload;

    if (!kit_next(k, FRAME_VERDICT, &payload))
        return false;
    assert_int_equal(frame_verdict_get(payload, &k->arena, &k->verdict), OK);
    return true;
}

void
kit_resume_all(struct kit *k)
{
    struct frame_lane_state states[KIT_EPOCHS_MAX];

    for (size_t i = 0; i <= k->epoch; i++)
        kit_claim_of(k, i, &states[i]);
    kit_say_resume(k, states, k->epoch + 1);
    assert_true(kit_judged(k));
}

/* ---- a new epoch of ours ------------------------------------------------- */

void
kit_expect_genesis(struct kit *k, struct genesis *g)
{
    struct frame_genesis f;
    struct slice payload;
    struct lane_id id;

    assert_true(kit_next(k, FRAME_GENESIS, &payload));
    assert_int_equal(frame_genesis_get(payload, &k->arena, &f), OK);
    assert_int_equal(genesis_decode(f.genesis, g), OK);
    lane_id_of(f.genesis.data, &id);
    assert_true(lane_id_equal(&id, &f.lane));
}

void
kit_enter(struct kit *k)
{
    struct frame_mark m = {.number = 0};
    struct buf frame = {0};
    struct genesis g;
    struct hash root;

    kit_expect_genesis(k, &g);
    frontier_root(&k->held, &root);
    assert_int_equal(g.prev_size, k->held.size);
    assert_true(hash_equal(&g.prev_root, &root));
    assert_true(++k->epoch < KIT_EPOCHS_MAX);
    genesis_encode(&g, k->epochs[k->epoch].genesis);
    frontier_init(&k->held);
    k->held_at = (struct checkpoint){0};
    kit_lane_id(k, true, &m.lane);
    frame_mark_put(&frame, FRAME_HELD, &m);
    kit_send(k, &frame);
    buf_clear(&frame);
    assert_true(kit_judged(k));
}

/* ---- what we lost -------------------------------------------------------- */

static size_t
epoch_of(const struct kit *k, const struct lane_id *lane)
{
    struct lane_id id;

    for (size_t i = 0; i <= k->epoch; i++) {
        lane_id_of(k->epochs[i].genesis, &id);
        if (lane_id_equal(&id, lane))
            return i;
    }
    fail();
    return 0;
}

void
kit_back_header(struct kit *k, size_t epoch, size_t end, struct buf *out)
{
    const struct kit_epoch *e = &k->epochs[epoch];
    const struct checkpoint *c = &e->ends[end];
    struct frame_batch f = {.start = end ? e->ends[end - 1].size : 0,
                            .root = c->root,
                            .time_s = c->time_s,
                            .key = c->key,
                            .signature = c->signature};
    struct buf records = {0};

    lane_id_of(e->genesis, &f.lane);
    for (uint64_t i = f.start; i < c->size; i++)
        buf_put(&records, SLICE_ARRAY(e->entries[i].record));
    f.records = buf_slice(&records);
    frame_batch_put(out, &f);
    buf_clear(&records);
}

static void
back_body(const struct kit_epoch *e, uint64_t index, struct buf *out)
{
    struct frame_body b = {.index = index,
                           .salt = SLICE_ARRAY(e->entries[index].salt),
                           .piece = buf_slice(&e->entries[index].body)};

    assert_true(b.piece.size <= PIECE_BYTES);
    lane_id_of(e->genesis, &b.lane);
    frame_body_put(out, &b);
}

static void
back_bodies(struct kit *k, size_t epoch, const struct kit_gap *gap)
{
    const struct kit_epoch *e = &k->epochs[epoch];
    struct frame_want w;
    struct slice payload;
    struct buf out = {0};

    assert_true(kit_next(k, FRAME_WANT, &payload));
    assert_int_equal(frame_want_get(payload, &k->arena, &w), OK);
    for (uint32_t i = 0; i < w.count; i++) {
        struct frame_mark m = {w.lane, w.first + i};
        if (!(w.bitmap.data[i / 8] >> (i % 8) & 1))
            continue;
        if (gap && gap->index == m.number)
            frame_mark_put(&out, gap->mark, &m);
        else
            back_body(e, m.number, &out);
    }
    kit_send(k, &out);
    buf_clear(&out);
}

void
kit_serve(struct kit *k, const struct kit_gap *gap)
{
    struct frame_fetch f;
    struct frame_mark m;
    struct slice payload;
    struct buf out = {0};

    assert_true(kit_next(k, FRAME_FETCH, &payload));
    assert_int_equal(frame_fetch_get(payload, &k->arena, &f), OK);
    size_t epoch = epoch_of(k, &f.lane);
    const struct kit_epoch *e = &k->epochs[epoch];
    for (size_t i = 0; i < e->end_count && e->ends[i].size <= f.to; i++) {
        if (e->ends[i].size <= f.from)
            continue;
        kit_back_header(k, epoch, i, &out);
        kit_send(k, &out);
        back_bodies(k, epoch, gap);
        assert_true(kit_next(k, FRAME_HELD, &payload));
        assert_int_equal(frame_mark_get(FRAME_HELD, payload, &k->arena, &m),
                         OK);
        assert_int_equal(m.number, e->ends[i].size);
    }
    buf_clear(&out);
}

void
kit_serve_at_once(struct kit *k)
{
    const struct kit_epoch *e = &k->epochs[0];
    struct slice payload;
    struct buf out = {0};

    assert_true(kit_next(k, FRAME_FETCH, &payload));
    k->hold_signer = true;
    for (size_t i = 0; i < e->end_count; i++)
        kit_back_header(k, 0, i, &out);
    kit_send(k, &out);
    k->hold_signer = false;
    kit_release(k);
    k->hold_signer = true;
    for (size_t i = 0; i < e->end_count; i++)
        back_bodies(k, 0, NULL);
    k->hold_signer = false;
    kit_release(k);
    buf_clear(&out);
}

/* ---- an epoch of the peer ------------------------------------------------ */

void
kit_genesis_next(const struct kit *k, struct genesis *g)
{
    struct frontier at;
    struct hash leaf;

    assert_int_equal(genesis_decode(SLICE_ARRAY(k->genesis), g), OK);
    frontier_init(&at);
    for (size_t i = 0; i < k->entry_count; i++) {
        leaf_hash(k->entries[i].record, &leaf);
        frontier_append(&at, &leaf);
    }
    g->epoch++;
    g->prev_size = at.size;
    frontier_root(&at, &g->prev_root);
}

void
kit_offer_epoch(struct kit *k, const struct genesis *g)
{
    uint8_t bytes[GENESIS_BYTES] = {0};
    struct frame_genesis f = {.genesis = SLICE_ARRAY(bytes)};
    struct buf frame = {0};

    genesis_encode(g, bytes);
    lane_id_of(bytes, &f.lane);
    frame_genesis_put(&frame, &f);
    kit_send(k, &frame);
    buf_clear(&frame);
}

void
kit_begin_epoch(struct kit *k, const struct genesis *g)
{
    struct frame_mark m;
    struct slice payload;
    struct lane_id id;

    kit_offer_epoch(k, g);
    assert_true(kit_next(k, FRAME_HELD, &payload));
    assert_int_equal(frame_mark_get(FRAME_HELD, payload, &k->arena, &m), OK);
    genesis_encode(g, k->genesis);
    kit_lane_id(k, false, &id);
    assert_true(lane_id_equal(&id, &m.lane));
    assert_int_equal(m.number, 0);
    while (k->entry_count)
        buf_clear(&k->entries[--k->entry_count].body);
    k->resume.size = 0;
    kit_accept(k);
}

/* ---- scenes -------------------------------------------------------------- */

void
kit_sends(struct kit *k, size_t count)
{
    kit_prove(k);
    kit_resume_all(k);
    kit_accept(k);
    for (size_t i = 0; i < count; i++) {
        kit_submit(k, 1, 10, TLP_GREEN);
        while (kit_take(k))
            kit_give_receipt(k);
    }
    assert_false(k->down);
    kit_hang_up(k);
}

void
kit_restore_all(struct kit *k, struct memory_store *backup, size_t bytes)
{
    assert_true(bytes <= k->sign_journal.size);
    k->sign_journal.size = bytes;
    kit_restore(k, backup);
}

struct view_submission
kit_submission(const struct kit *k, uint64_t number)
{
    struct view_submission v;

    assert_int_equal(view_submission(k->x, number, 0, &v), OK);
    return v;
}

void
kit_meet(struct kit *k)
{
    kit_prove(k);
    kit_resume_all(k);
    kit_accept(k);
}

void
kit_expect_verdict(const struct kit *k, unsigned row, uint64_t start)
{
    assert_int_equal(k->verdict.row, row);
    assert_int_equal(k->verdict.start, start);
}

void
kit_take_all(struct kit *k)
{
    while (kit_take(k))
        kit_give_receipt(k);
    k->read = 0;
    assert_false(k->down);
}

void
kit_going_on(struct kit *k)
{
    uint64_t before = k->held.size;

    assert_false(k->down);
    kit_submit(k, 1, 10, TLP_GREEN);
    kit_take_all(k);
    assert_int_equal(k->held.size, before + 1);
    struct view_lane v = kit_lane(k, kit_peer(k).lane_out);
    assert_int_equal(v.size, before + 1);
    assert_int_equal(v.receipted, before + 1);
    assert_int_equal(kit_peer(k).queued, 0);
    assert_int_equal(k->stops, 0);
}

enum err
kit_ask_roll(struct kit *k, bool now)
{
    struct control_value v[2] = {
        {"team", CONTROL_TEXT, slice_str(k->them.name.text), 0},
        {"now", CONTROL_TRUTH, {0}, now},
    };

    return kit_request(k, ROLE_OPERATE,
                       &(struct control_request){
                           .id = 1, .verb = "lane-roll", .values = {v, 2}});
}
