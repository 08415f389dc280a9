/*
 * event - what reaches the exchange, and what it wants done: the boundary at
 *         which a capture is taken.
 *
 * Holds:      an event or effect is a type, three numbers and two byte
 *             strings, so that one codec serves capture and replay.
 * Trusts:     the edge for the numbers; bytes of peers and users are foreign.
 * Spec:       docs/PROTOCOL.md#capture
 */
#ifndef CORE_EXCHANGE_EVENT_H
#define CORE_EXCHANGE_EVENT_H

#include "core/base/buf.h"
#include "core/base/err.h"

/* START      data: the configuration (config.h). Once, after the fold.
 * RANDOM     data: 32 fresh random bytes. Right after START, then at will.
 * LINK_UP    id: connection; a: 1 if we dialled (TLS client); b: 1 if the
 *            certificate is not in the card that we hold (card-only); data: the
 *            team that the verified certificate belongs to; more: TLS exporter,
 *            32 bytes
 * FRAME      id: connection; data: one frame, header and payload
 * LINK_DOWN  id: connection; a: enum err; data: why, for a person
 * DIAL_FAILED data: team; a: enum err; more: why, for a person
 * SIGNED     id: of the SIGN effect; data: the answer (core/ports/signer.h)
 * REQUEST    id: of the client's request; a: role bits of the user; b: uid;
 *            data: payload of a control request
 * CLIENT_GONE id: client (high half of a request's id)
 * TICK       nothing: a deadline has passed
 * ROOM       a: bytes of facts that may still be taken on, as bodies asked for
 *            or messages accepted; ROOM_PLENTY until it is said
 * ERASED     a: how many erasures of the last turn are done and synced
 * RETIRED    id: of a segment of the journal; what takes its place is ready */
enum event_type {
    EVENT_START = 1,
    EVENT_RANDOM = 2,
    EVENT_LINK_UP = 3,
    EVENT_FRAME = 4,
    EVENT_LINK_DOWN = 5,
    EVENT_DIAL_FAILED = 6,
    EVENT_SIGNED = 7,
    EVENT_REQUEST = 8,
    EVENT_CLIENT_GONE = 9,
    EVENT_TICK = 10,
    EVENT_ROOM = 11,
    EVENT_ERASED = 12,
    EVENT_RETIRED = 13,
    EVENT_TYPE_COUNT
};

#define ROOM_PLENTY UINT64_MAX

/* SEND       id: connection; data: whole frames
 * CLOSE      id: connection; a: enum err; data: why. After what was sent.
 * DIAL       data: team; more: addresses to try, a line each
 * SIGN       id: echoed in SIGNED; data: a request (core/ports/signer.h)
 * ANSWER     id: of the client's request; data: whole control answer frames
 * NOTICE     a: enum notice_level; data: one line for the log
 * STOP       a: enum err; data: why: the daemon must end (and be restarted) */
enum effect_type {
    EFFECT_SEND = 1,
    EFFECT_CLOSE = 2,
    EFFECT_DIAL = 3,
    EFFECT_SIGN = 4,
    EFFECT_ANSWER = 5,
    EFFECT_NOTICE = 6,
    EFFECT_STOP = 7,
    EFFECT_TYPE_COUNT
};

enum notice_level {
    NOTICE_INFO = 0,
    NOTICE_WARNING = 1,
    NOTICE_ALARM = 2,
};

struct event {
    enum event_type type;
    uint64_t id;
    uint64_t a;
    uint64_t b;
    struct slice data;
    struct slice more;
};

struct effect {
    enum effect_type type;
    uint64_t id;
    uint64_t a;
    uint64_t b;
    struct slice data;
    struct slice more;
};

/* Role bits of a user on the control socket. */
#define ROLE_READ 1u
#define ROLE_SUBMIT 2u
#define ROLE_OPERATE 4u
#define ROLE_READ_RED 8u
#define ROLE_RELEASE 16u

#endif
