/*
 * sessions - two sessions of the two teams over one link.
 */
#ifndef TESTS_FUZZ_SESSIONS_H
#define TESTS_FUZZ_SESSIONS_H

#include "core/session/session.h"

/* One end; KRCERT is the client. */
struct end {
    struct session *session;
    struct arena arena;
    struct buf out; /* frames to the other end, front to back */
    size_t taken;   /* bytes of them */
    unsigned team;
};

/* Start the session of a team, which holds version `held` of the other's
 * card (0 or 1); the client's HELLO is then in `out`. */
void end_start(struct end *e, unsigned team, uint64_t held);
void end_clear(struct end *e);

/* Take a frame of the other end, and do what the exchange would: adopt its
 * card, sign the claim. Gives the session's error. */
MUST_USE enum err end_take(struct end *e, struct slice frame);

/* Take the next frame off an end's output; false if there is none. */
MUST_USE bool end_next(struct end *e, struct slice *frame);

#endif
