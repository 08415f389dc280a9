/*
 * fixture - a team with fixed keys, a peer, a lane each way, and one-line
 *           requests, for the tests of this room.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/crypto/crypto.h"
#include "edge/signer/signer.h"

#define CLOCK_S 1795400000u
#define LEAVES_MAX 64

struct fixture {
    struct team_name own, peer;
    struct secret_key seeds[3];
    struct public_key keys[3];
    struct hash leaves[LEAVES_MAX];
};

static inline struct team_name
fixture_team(const char *text)
{
    struct team_name name;

    assert_true(team_name_parse(slice_str(text), &name));
    return name;
}

static inline void
fixture_init(struct fixture *f)
{
    f->own = fixture_team("krcert.or.kr");
    f->peer = fixture_team("cert.gov.au");
    for (size_t i = 0; i < 3; i++) {
        memset(f->seeds[i].b, (int)i + 1, sizeof f->seeds[i].b);
        crypto_public_key(&f->seeds[i], &f->keys[i]);
    }
    for (uint8_t i = 0; i < LEAVES_MAX; i++)
        crypto_hash_one(&f->leaves[i], slice_of(&i, 1));
}

/* Fill an OPEN of the lane that `role` is about, at the first `size` leaves;
 * the answer is the lane's id. */
static inline struct lane_id
fixture_open(const struct fixture *f, enum key_role role, uint64_t size,
             struct sign_request_op *op)
{
    struct genesis g = {0};
    struct lane_id id;

    *op = (struct sign_request_op){.op = SIGN_OPEN, .role = role};
    op->origin = role == KEY_ROLE_CHECKPOINT ? f->own : f->peer;
    op->audience = role == KEY_ROLE_CHECKPOINT ? f->peer : f->own;
    team_id_of(&op->origin, &g.origin);
    team_id_of(&op->audience, &g.audience);
    genesis_encode(&g, op->genesis);
    lane_id_of(op->genesis, &id);
    frontier_init(&op->at);
    for (uint64_t i = 0; i < size; i++)
        frontier_append(&op->at, &f->leaves[i]);
    return id;
}

/* Make an EXTEND from `from` up to `to` leaves. */
static inline struct sign_request_op
fixture_extend(const struct fixture *f, enum key_role role, uint64_t from,
               uint64_t to)
{
    struct sign_request_op open;
    struct sign_request_op op = {.op = SIGN_EXTEND,
                                 .role = role,
                                 .lane = fixture_open(f, role, 0, &open),
                                 .from = from,
                                 .leaves = f->leaves + from,
                                 .leaf_count = (size_t)(to - from)};

    if (role == KEY_ROLE_RECEIPT) {
        op.origin_time_s = 77;
        memset(op.origin_key.b, 0xa5, sizeof op.origin_key.b);
        memset(op.origin_signature.b, 0x5a, sizeof op.origin_signature.b);
    }
    return op;
}

/* Take the next result out of an answer. */
static inline struct sign_result
fixture_result(struct slice *answer, enum sign_op expected)
{
    struct sign_result r;
    enum sign_op op;

    assert_int_equal(sign_answer_get(answer, &op, &r), OK);
    assert_int_equal(op, expected);
    return r;
}

/* Check that `c` is the team's signature over its first `size` leaves. */
static inline void
fixture_verify(const struct fixture *f, enum key_role role, uint64_t size,
               const struct checkpoint *c)
{
    struct sign_request_op open;
    struct lane_id lane = fixture_open(f, role, size, &open);
    const struct signatory own = {&f->own, role,
                                  &f->keys[role - KEY_ROLE_SESSION]};
    struct hash root;

    frontier_root(&open.at, &root);
    assert_int_equal(c->size, size);
    assert_true(hash_equal(&c->root, &root));
    assert_int_equal(checkpoint_verify(c, &open.origin, &lane, &own), OK);
}

#endif
