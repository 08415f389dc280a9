#include "core/session/session.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"
#include "core/lane/checkpoint.h"

#include <assert.h>

struct session {
    struct session_setup setup;
    enum session_state state;
    struct frame_hello hello;     /* the peer's */
    struct hash own_hello_frame;  /* H(our HELLO frame) */
    struct hash peer_hello_frame; /* H(the peer's HELLO frame) */
    struct hash hello_hash;       /* over both */
    bool card_expected;           /* the peer's HELLO announced a newer one */
    bool auth_sent;
    bool auth_taken;
};

typedef enum err (*frame_fn)(struct session *s, struct slice payload,
                             const struct public_key *peer_key,
                             struct session_step *step);

struct session *
session_new(const struct session_setup *setup)
{
    struct session *s = mem_new(sizeof *s);

    s->setup = *setup;
    s->state = SESSION_GREETING;
    return s;
}

void
session_free(struct session *s)
{
    mem_free(s);
}

enum session_state
session_state(const struct session *s)
{
    return s->state;
}

const struct session_setup *
session_setup_of(const struct session *s)
{
    return &s->setup;
}

const struct frame_hello *
session_hello(const struct session *s)
{
    assert(s->state != SESSION_GREETING);
    return &s->hello;
}

uint32_t
session_window(const struct session *s)
{
    uint32_t ours = s->setup.batches_in_flight;
    uint32_t theirs = s->hello.batches_in_flight;

    return ours < theirs ? ours : theirs;
}

static void
send_hello(struct session *s, struct buf *send)
{
    const struct session_setup *u = &s->setup;
    struct frame_hello h = {
        .version = 1,
        .team = u->own,
        .peer = u->peer,
        .card_version = u->own_card_version,
        .card_hash = u->own_card_hash,
        .peer_card_version = u->peer_card_version,
        .body_bytes_max = u->body_bytes_max,
        .batches_in_flight = u->batches_in_flight,
    };
    size_t from = send->size;

    memcpy(h.boot_id, u->boot_id, sizeof h.boot_id);
    frame_hello_put(send, &h);
    crypto_hash_one(&s->own_hello_frame,
                    slice_of(send->data + from, send->size - from));
}

void
session_start(struct session *s, struct buf *send)
{
    if (s->setup.is_client)
        send_hello(s, send);
}

/* PROTOCOL cards: "A CARD frame is sent after both HELLOs exactly by the side
 * whose card version exceeds what the other holds." */
static void
send_card(struct session *s, struct buf *send)
{
    if (s->hello.peer_card_version >= s->setup.own_card_version)
        return;
    buf_put_u32(send, (uint32_t)s->setup.own_card.size);
    buf_put_u8(send, FRAME_CARD);
    buf_put(send, slice_of("\0\0\0", 3));
    buf_put(send, s->setup.own_card);
}

static enum err
check_hello(const struct session *s, const struct frame_hello *h)
{
    const struct session_setup *u = &s->setup;

    if (h->version != 1)
        return ERR_VERSION;
    if (!team_name_equal(&h->team, &u->peer))
        return ERR_WRONG_TEAM;
    if (!team_name_equal(&h->peer, &u->own))
        return ERR_WRONG_PEER;
    if (h->card_version == u->peer_card_version &&
        !hash_equal(&h->card_hash, &u->peer_card_hash))
        return ERR_CARD;
    /* PROTOCOL cards: "A card-only connection whose HELLO announces no higher
     * version MUST be closed with code 24." */
    if (u->card_only && h->card_version <= u->peer_card_version)
        return ERR_NOT_PINNED;
    return OK;
}

static void
compute_hello_hash(struct session *s)
{
    const struct hash *first = &s->own_hello_frame;
    const struct hash *second = &s->peer_hello_frame;

    if (!s->setup.is_client) {
        first = &s->peer_hello_frame;
        second = &s->own_hello_frame;
    }
    struct slice parts[] = {SLICE_ARRAY(first->b), SLICE_ARRAY(second->b)};
    crypto_hash(&s->hello_hash, parts, ARRAY_SIZE(parts));
}

static enum err
on_hello(struct session *s, struct slice payload,
         const struct public_key *peer_key, struct session_step *step)
{
    struct frame_hello h;
    enum err e = frame_hello_get(payload, step->arena, &h);

    (void)peer_key;
    if (e != OK)
        return e;
    if ((e = check_hello(s, &h)) != OK)
        return e;
    s->hello = h;
    s->card_expected = h.card_version > s->setup.peer_card_version;
    if (!s->setup.is_client) {
        send_hello(s, step->send);
        /* PROTOCOL cards: "Over a card-only connection a node MUST NOT send or
         * take AUTH or a frame of a lane: each side sends HELLO, and the side
         * that showed the certificate one CARD." */
        step->sign = !s->setup.card_only;
    }
    compute_hello_hash(s);
    send_card(s, step->send);
    return OK;
}

static enum err
on_card(struct session *s, struct slice payload,
        const struct public_key *peer_key, struct session_step *step)
{
    (void)peer_key;
    if (!s->card_expected || s->auth_taken)
        return ERR_UNEXPECTED;
    if (!payload.size)
        return ERR_MISSING;
    step->card = payload;
    return OK;
}

void
session_card_adopted(struct session *s, uint64_t version,
                     const struct hash *card_hash)
{
    s->setup.peer_card_version = version;
    s->setup.peer_card_hash = *card_hash;
    /* PROTOCOL cards: "A side whose peer announced in HELLO a card version
     * above the one held MUST refuse the peer's AUTH until the card has come
     * and is in force." */
    s->card_expected = version != s->hello.card_version ||
                       !hash_equal(card_hash, &s->hello.card_hash);
}

/* PROTOCOL sessions: "AUTH MUST be refused with code 42 where its key id is not
 * that of the session key in use of the peer's card, and with code 16 where the
 * signature over the text rebuilt from this side's own exporter, names and
 * frames is not good." */
static enum err
verify_auth(const struct session *s, const struct frame_auth *a,
            const struct public_key *peer_key)
{
    const struct session_setup *u = &s->setup;
    struct key_id expected;
    struct buf text = {0};

    if (!peer_key)
        return ERR_KEY;
    key_id_of(&u->peer, KEY_ROLE_SESSION, peer_key, &expected);
    if (!key_id_equal(&expected, &a->key))
        return ERR_KEY;
    struct session_claim claim = {
        .exporter = SLICE_ARRAY(u->exporter),
        .is_client = !u->is_client,
        .team = &u->peer,
        .peer = &u->own,
        .hello = &s->hello_hash,
    };
    session_text(&claim, &text);
    enum err e = crypto_verify(peer_key, buf_slice(&text), &a->signature);
    buf_clear(&text);
    return e == OK ? OK : ERR_AUTH;
}

/* PROTOCOL sessions: "A frame of a lane MUST NOT be sent or taken before both
 * AUTHs are verified." */
/* PROTOCOL tls: "A connection MUST NOT count as up before the peer's AUTH was
 * verified, nor an entry as delivered before its receipt was." */
/* Both sides are proven once we took theirs and sent ours. */
static void
note_proven(struct session *s, struct session_step *step)
{
    if (!s->auth_sent || !s->auth_taken)
        return;
    s->state = SESSION_RESUMING;
    step->proven = true;
}

static enum err
on_auth(struct session *s, struct slice payload,
        const struct public_key *peer_key, struct session_step *step)
{
    struct frame_auth a;
    enum err e = frame_auth_get(payload, step->arena, &a);

    if (e != OK)
        return e;
    /* PROTOCOL cards: "A side whose peer announced in HELLO a card version
     * above the one held MUST refuse the peer's AUTH until the card has come
     * and is in force." */
    /* PROTOCOL cards: "Over a card-only connection a node MUST NOT send or take
     * AUTH or a frame of a lane: each side sends HELLO, and the side that
     * showed the certificate one CARD." */
    if (s->card_expected || s->setup.card_only)
        return ERR_CARD;
    /* PROTOCOL sessions: "The server sends AUTH first; the client sends its
     * own after checking it." */
    if (s->auth_taken || (!s->setup.is_client && !s->auth_sent))
        return ERR_UNEXPECTED;
    if ((e = verify_auth(s, &a, peer_key)) != OK)
        return e;
    s->auth_taken = true;
    if (s->setup.is_client)
        step->sign = true;
    note_proven(s, step);
    return OK;
}

void
session_claim_of(const struct session *s, struct session_claim *out)
{
    *out = (struct session_claim){
        .exporter = SLICE_ARRAY(s->setup.exporter),
        .is_client = s->setup.is_client,
        .team = &s->setup.own,
        .peer = &s->setup.peer,
        .hello = &s->hello_hash,
    };
}

void
session_signed(struct session *s, const struct key_id *key,
               const struct signature *signature, struct session_step *step)
{
    struct frame_auth a = {*key, *signature};

    assert(s->state == SESSION_PROVING && !s->auth_sent);
    frame_auth_put(step->send, &a);
    s->auth_sent = true;
    note_proven(s, step);
}

/* PROTOCOL sessions: "A PING with answer false MUST be answered by a PING with
 * the same number and answer true, and one with answer true MUST NOT be
 * answered." */
static enum err
on_ping(struct session *s, struct slice payload,
        const struct public_key *peer_key, struct session_step *step)
{
    struct frame_ping p;
    enum err e = frame_ping_get(payload, step->arena, &p);

    (void)s;
    (void)peer_key;
    if (e != OK)
        return e;
    if (!p.answer) {
        p.answer = true;
        frame_ping_put(step->send, &p);
    }
    return OK;
}

static enum err
on_close(struct session *s, struct slice payload,
         const struct public_key *peer_key, struct session_step *step)
{
    struct frame_close c;
    enum err e = frame_close_get(payload, step->arena, &c);

    (void)s;
    (void)peer_key;
    if (e != OK)
        return e;
    step->closed = true;
    step->text = c.text;
    e = err_from_code(c.code);
    /* Code 0 and one that is not known only say that the peer closed. */
    return e == OK || err_code(e) != c.code ? ERR_SHUTDOWN : e;
}

static enum err
on_lane_frame(struct session *s, struct slice payload,
              const struct public_key *peer_key, struct session_step *step)
{
    (void)s;
    (void)payload;
    (void)peer_key;
    step->deliver = true;
    return OK;
}

struct rule {
    enum session_state state;
    enum frame_type frame;
    frame_fn handle;
    enum session_state next;
};

/* What each state accepts. A frame that is not listed ends the session.
 * PROVING ends in on_auth and session_signed, when both sides are proven. */
static const struct rule rules[] = {
    {SESSION_GREETING, FRAME_HELLO, on_hello, SESSION_PROVING},
    {SESSION_GREETING, FRAME_CLOSE, on_close, SESSION_CLOSED},
    {SESSION_PROVING, FRAME_CARD, on_card, SESSION_PROVING},
    {SESSION_PROVING, FRAME_AUTH, on_auth, SESSION_PROVING},
    {SESSION_PROVING, FRAME_CLOSE, on_close, SESSION_CLOSED},
    {SESSION_RESUMING, FRAME_RESUME, on_lane_frame, SESSION_OPEN},
    {SESSION_RESUMING, FRAME_PING, on_ping, SESSION_RESUMING},
    {SESSION_RESUMING, FRAME_CLOSE, on_close, SESSION_CLOSED},
    {SESSION_OPEN, FRAME_VERDICT, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_GENESIS, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_HEADER, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_WANT, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_BODY, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_PIECE, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_GONE, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_ABSENT, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_HELD, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_RECEIPT, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_FETCH, on_lane_frame, SESSION_OPEN},
    {SESSION_OPEN, FRAME_PING, on_ping, SESSION_OPEN},
    {SESSION_OPEN, FRAME_CLOSE, on_close, SESSION_CLOSED},
};

/* PROTOCOL frames: "A frame that the other side's state does not expect MUST
 * NOT be sent, and ends the session when it is received." */
static const struct rule *
rule_of(enum session_state state, uint8_t type)
{
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        if (rules[i].state == state && rules[i].frame == type)
            return &rules[i];
    return NULL;
}

static enum err
take(struct session *s, struct slice frame, const struct public_key *peer_key,
     struct session_step *step)
{
    uint8_t type;
    uint32_t size;

    if (frame.size < FRAME_HEADER_BYTES)
        return ERR_TRUNCATED;
    enum err e = frame_header_decode(frame.data, &type, &size);
    if (e != OK)
        return e;
    if (frame.size != FRAME_HEADER_BYTES + (size_t)size)
        return ERR_FORMAT;
    /* PROTOCOL frames: "A frame with one of the three bytes after its type set,
     * with a payload longer than its type allows, or of a type that is unknown
     * MUST end the session." */
    if (type == FRAME_NONE || type >= FRAME_TYPE_COUNT)
        return ERR_UNKNOWN_FRAME;
    const struct rule *r = rule_of(s->state, type);
    if (!r)
        return ERR_UNEXPECTED;
    if (type == FRAME_HELLO)
        crypto_hash_one(&s->peer_hello_frame, frame);
    enum session_state before = s->state;
    struct slice payload = slice_of(frame.data + FRAME_HEADER_BYTES, size);
    e = r->handle(s, payload, peer_key, step);
    if (e == OK && s->state == before)
        s->state = r->next;
    return e;
}

enum err
session_frame(struct session *s, struct slice frame,
              const struct public_key *peer_key, struct session_step *step)
{
    enum err e = take(s, frame, peer_key, step);

    if (e != OK)
        s->state = SESSION_CLOSED;
    return e;
}
