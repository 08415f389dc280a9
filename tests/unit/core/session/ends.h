/*
 * ends - the two ends of a session, driven by hand.
 */
#ifndef TESTS_UNIT_CORE_SESSION_ENDS_H
#define TESTS_UNIT_CORE_SESSION_ENDS_H

#include "core/base/limits.h"
#include "core/crypto/crypto.h"
#include "core/lane/checkpoint.h"
#include "core/session/session.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* One end: its session, its key, and what it has to send. */
struct end {
    struct session_setup setup;
    struct session *session;
    struct secret_key secret;
    struct public_key shown;
    struct buf send;
    struct arena arena;
    struct session_step step;
};

struct pair {
    struct end client, server;
};

static inline struct team_name
team(const char *text)
{
    struct team_name name = {{0}};

    assert_true(team_name_parse(slice_str(text), &name));
    return name;
}

static inline void
end_init(struct end *e, bool is_client)
{
    *e = (struct end){
        .setup = {
            .own = team(is_client ? "krcert.or.kr" : "cert.gov.au"),
            .peer = team(is_client ? "cert.gov.au" : "krcert.or.kr"),
            .is_client = is_client,
            .own_card_version = 3,
            .own_card = slice_str("a card"),
            .peer_card_version = 3,
            .body_bytes_max = BODY_ANNOUNCED,
            .batches_in_flight = is_client ? 4 : 16,
        }};
    memset(e->setup.exporter, 0x5a, EXPORTER_BYTES);
    memset(e->setup.boot_id, is_client ? 1 : 2, BOOT_ID_BYTES);
    memset(e->setup.own_card_hash.b, is_client ? 11 : 22, HASH_BYTES);
    memset(e->setup.peer_card_hash.b, is_client ? 22 : 11, HASH_BYTES);
    memset(e->secret.b, is_client ? 7 : 8, sizeof e->secret.b);
    crypto_public_key(&e->secret, &e->shown);
    arena_init(&e->arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
}

static inline void
end_start(struct end *e)
{
    e->session = session_new(&e->setup);
    session_start(e->session, &e->send);
}

static inline int
setup(void **state)
{
    struct pair *p = test_calloc(1, sizeof *p);

    end_init(&p->client, true);
    end_init(&p->server, false);
    *state = p;
    return 0;
}

static inline void
end_clear(struct end *e)
{
    session_free(e->session);
    buf_clear(&e->send);
    arena_clear(&e->arena);
}

static inline int
teardown(void **state)
{
    struct pair *p = *state;

    end_clear(&p->client);
    end_clear(&p->server);
    test_free(p);
    return 0;
}

/* Give a frame to an end, with the other's session key. */
static inline enum err
give(struct end *to, const struct end *from, struct slice frame)
{
    to->step = (struct session_step){.send = &to->send, .arena = &to->arena};
    return session_frame(to->session, frame, from ? &from->shown : NULL,
                         &to->step);
}

/* Take the first frame that an end has to send. */
static inline struct slice
first_of(const struct end *e)
{
    uint8_t type;
    uint32_t size = 0;

    assert_true(e->send.size >= FRAME_HEADER_BYTES);
    assert_int_equal(frame_header_decode(e->send.data, &type, &size), OK);
    return slice_of(e->send.data, FRAME_HEADER_BYTES + size);
}

static inline void
drop_first(struct end *e)
{
    struct slice first = first_of(e);

    e->send.size -= first.size;
    memmove(e->send.data, e->send.data + first.size, e->send.size);
}

/* Carry one frame over; it must be of `type`. */
static inline enum err
carry(struct end *from, struct end *to, enum frame_type type)
{
    struct slice frame = first_of(from);

    assert_int_equal(frame.data[4], type);
    enum err e = give(to, from, frame);
    drop_first(from);
    return e;
}

/* Sign what the end must sign, as the signer does. */
static inline void
sign(struct end *e)
{
    struct session_claim claim;
    struct buf text = {0};
    struct signature signature;
    struct key_id key;

    session_claim_of(e->session, &claim);
    session_text(&claim, &text);
    crypto_sign(&e->secret, buf_slice(&text), &signature);
    key_id_of(&e->setup.own, KEY_ROLE_SESSION, &e->shown, &key);
    e->step = (struct session_step){.send = &e->send, .arena = &e->arena};
    session_signed(e->session, &key, &signature, &e->step);
    buf_clear(&text);
}

static inline void
greet(struct pair *p)
{
    end_start(&p->client);
    end_start(&p->server);
    assert_int_equal(carry(&p->client, &p->server, FRAME_HELLO), OK);
    assert_true(p->server.step.sign);
    assert_int_equal(carry(&p->server, &p->client, FRAME_HELLO), OK);
    assert_false(p->client.step.sign);
}

static inline void
prove(struct pair *p)
{
    sign(&p->server);
    assert_false(p->server.step.proven);
    assert_int_equal(carry(&p->server, &p->client, FRAME_AUTH), OK);
    assert_true(p->client.step.sign);
    assert_false(p->client.step.proven);
    sign(&p->client);
    assert_true(p->client.step.proven);
    assert_int_equal(carry(&p->client, &p->server, FRAME_AUTH), OK);
    assert_true(p->server.step.proven);
}

static inline void
open_both(struct pair *p)
{
    greet(p);
    prove(p);
    frame_resume_put(&p->client.send, &(struct frame_resume){NULL, 0});
    frame_resume_put(&p->server.send, &(struct frame_resume){NULL, 0});
    assert_int_equal(carry(&p->client, &p->server, FRAME_RESUME), OK);
    assert_true(p->server.step.deliver);
    assert_int_equal(carry(&p->server, &p->client, FRAME_RESUME), OK);
    assert_true(p->client.step.deliver);
}

#endif
