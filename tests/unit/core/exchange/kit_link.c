#include "kit.h"

void
kit_send(struct kit *k, struct buf *frames)
{
    struct slice rest = buf_slice(frames);

    buf_put(&k->spoken, rest);
    while (rest.size >= FRAME_HEADER_BYTES) {
        size_t size = FRAME_HEADER_BYTES + get_be32(rest.data);
        kit_event(k, &(struct event){.type = EVENT_FRAME,
                                     .id = k->link,
                                     .data = slice_of(rest.data, size)});
        rest = slice_of(rest.data + size, rest.size - size);
    }
    buf_reset(frames);
}

bool
kit_next(struct kit *k, enum frame_type type, struct slice *payload)
{
    while (k->sent.size - k->read >= FRAME_HEADER_BYTES) {
        const uint8_t *at = k->sent.data + k->read;
        size_t size = get_be32(at);
        assert_true(k->sent.size - k->read >= FRAME_HEADER_BYTES + size);
        k->read += FRAME_HEADER_BYTES + size;
        if (at[4] != type)
            continue;
        *payload = slice_of(at + FRAME_HEADER_BYTES, size);
        return true;
    }
    return false;
}

void
kit_expect_close(struct kit *k, enum err e)
{
    struct frame_close c;
    struct slice payload;

    assert_true(k->down);
    assert_int_equal(k->why, e);
    assert_true(kit_next(k, FRAME_CLOSE, &payload));
    assert_int_equal(frame_close_get(payload, &k->arena, &c), OK);
    assert_int_equal(c.code, err_code(e));
    assert_int_equal(k->stops, 0);
}

void
kit_link(struct kit *k)
{
    uint8_t exporter[EXPORTER_BYTES] = {0};

    k->link = ++k->links;
    k->down = false;
    buf_reset(&k->sent);
    k->read = k->headers = 0;
    arena_reset(&k->arena);
    kit_event(k, &(struct event){.type = EVENT_LINK_UP,
                                 .id = k->link,
                                 .a = k->is_server,
                                 .data = slice_str(k->them.name.text),
                                 .more = SLICE_ARRAY(exporter)});
}

static void
hello_put(struct kit *k, struct buf *out)
{
    struct frame_hello h = {.version = 1,
                            .team = k->them.name,
                            .peer = k->us.name,
                            .card_version = k->card_version,
                            .peer_card_version = 1,
                            .body_bytes_max = k->body_bytes,
                            .batches_in_flight = 64};
    struct arena arena;
    struct signed_card proof;

    arena_init(&arena, MIB(1));
    assert_int_equal(signed_card_get(buf_slice(&k->them.card), &arena, &proof),
                     OK);
    crypto_hash_one(&h.card_hash, proof.card);
    arena_clear(&arena);
    memset(h.boot_id, k->boot, sizeof h.boot_id);
    frame_hello_put(out, &h);
}

/* The hello hash: over both frames, the client's first. */
static void
hello_hash(struct kit *k, struct slice own, struct hash *out)
{
    struct slice node;

    k->read = 0;
    assert_true(kit_next(k, FRAME_HELLO, &node));
    node.data -= FRAME_HEADER_BYTES;
    node.size += FRAME_HEADER_BYTES;
    if (k->is_server)
        session_hello_hash(node, own, out);
    else
        session_hello_hash(own, node, out);
}

static void
auth_put(struct kit *k, const struct hash *hello, struct buf *out)
{
    uint8_t exporter[EXPORTER_BYTES] = {0};
    struct session_claim claim = {.exporter = SLICE_ARRAY(exporter),
                                  .is_client = !k->is_server,
                                  .team = &k->them.name,
                                  .peer = &k->us.name,
                                  .hello = hello};
    struct buf text = {0};
    struct public_key key;
    struct frame_auth a;

    session_text(&claim, &text);
    crypto_sign(&k->them.seeds[0], buf_slice(&text), &a.signature);
    crypto_public_key(&k->them.seeds[0], &key);
    key_id_of(&k->them.name, KEY_ROLE_SESSION, &key, &a.key);
    frame_auth_put(out, &a);
    buf_clear(&text);
}

void
kit_greet(struct kit *k)
{
    struct buf frame = {0};

    hello_put(k, &frame);
    kit_send(k, &frame);
    buf_clear(&frame);
}

void
kit_prove(struct kit *k)
{
    struct buf own = {0}, frame = {0};
    struct frame_resume r;
    struct slice payload;
    struct hash hello;

    kit_link(k);
    hello_put(k, &own);
    kit_greet(k);
    hello_hash(k, buf_slice(&own), &hello);
    auth_put(k, &hello, &frame);
    kit_send(k, &frame);
    buf_clear(&own);
    buf_clear(&frame);
    if (k->down)
        return;
    assert_true(kit_next(k, FRAME_RESUME, &payload));
    assert_int_equal(frame_resume_get(payload, &k->arena, &r), OK);
    assert_true(r.count >= 1);
    k->resume = r.lanes[r.count - 1];
    k->resume.genesis = (struct slice){0};
}

void
kit_lane_id(const struct kit *k, bool ours, struct lane_id *out)
{
    lane_id_of(ours ? k->epochs[k->epoch].genesis : k->genesis, out);
}

void
kit_claim(struct kit *k, struct frame_lane_state *s)
{
    const uint8_t *genesis = k->epochs[k->epoch].genesis;

    *s = (struct frame_lane_state){.genesis = slice_of(genesis, GENESIS_BYTES),
                                   .size = k->held.size};
    lane_id_of(genesis, &s->lane);
    frontier_root(&k->held, &s->root);
    s->has_checkpoint = s->has_seen = k->held.size > 0;
    s->checkpoint = (struct frame_signed){
        .size = k->held_at.size,
        .root = k->held_at.root,
        .time_s = k->held_at.time_s,
        .key = k->held_at.key,
        .signature = k->held_at.signature,
    };
    s->seen = s->checkpoint;
}

void
kit_say_resume(struct kit *k, const struct frame_lane_state *lanes,
               size_t count)
{
    struct buf frame = {0};

    frame_resume_put(&frame, &(struct frame_resume){lanes, count});
    kit_send(k, &frame);
    buf_clear(&frame);
}

void
kit_resume(struct kit *k, const struct frame_lane_state *s)
{
    kit_say_resume(k, s, 1);
    assert_true(kit_judged(k));
}

void
kit_accept(struct kit *k)
{
    struct frame_verdict v = {
        .row = ROW_NORMAL, .size = k->entry_count, .start = k->resume.size};
    struct buf frame = {0};

    kit_lane_id(k, false, &v.lane);
    frame_verdict_put(&frame, &v);
    kit_send(k, &frame);
    buf_clear(&frame);
}

void
kit_resume_nothing(struct kit *k)
{
    kit_say_resume(k, NULL, 0);
}

void
kit_connect(struct kit *k)
{
    struct frame_lane_state s;

    kit_prove(k);
    kit_claim(k, &s);
    kit_resume(k, &s);
    kit_accept(k);
}

void
kit_hang_up(struct kit *k)
{
    kit_event(k, &(struct event){.type = EVENT_LINK_DOWN,
                                 .id = k->link,
                                 .a = ERR_IO,
                                 .data = slice_str("gone")});
}
