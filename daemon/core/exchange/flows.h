/*
 * flows - what an exchange knows of a connection: the lanes that go out and
 *         come in over it, and their batches on the way.
 *
 * Holds:      nothing that outlives the connection.
 * Leaves out: lanes and peers (lanes.h).
 */
#ifndef CORE_EXCHANGE_FLOWS_H
#define CORE_EXCHANGE_FLOWS_H

#include "core/exchange/lanes.h"

/* A batch that the peer announced and we collect. */
struct incoming {
    uint64_t start;
    size_t count;
    uint8_t *records; /* LEAF_BYTES each */
    struct hash *leaves;
    uint8_t *states; /* enum body_state */
    uint32_t *codes; /* why declined, as on the wire */
    uint8_t *obeys;  /* the body is a Decline of ours */
    size_t *places;  /* of salt || body in `bodies` */
    struct buf bodies;
    struct checkpoint checkpoint;
    struct frontier end;
    uint64_t credit; /* reserved from WANT on */
    bool known;      /* may be taken; of our own: the signer signed it */
    bool wanted;
    size_t next; /* next entry whose body is to come */
    size_t got;  /* bytes of that body so far */
};

/* A batch that we announced. */
struct outgoing {
    uint64_t start, end;
    uint64_t bytes;
};

/* A lane that goes out over a connection. */
struct outflow {
    uint32_t lane; /* or NONE */
    bool agreed;
    bool stands;      /* a body that is wanted cannot be read */
    bool due;         /* its GENESIS is to be sent, once the signer knows it */
    bool offered;     /* it was sent: HELD of 0 is awaited */
    uint64_t sent;    /* HEADERs are sent up to here */
    uint64_t upto;    /* and no further than here */
    struct ring owed; /* uint64_t: wanted, and not sent while it stands */
    uint64_t want_next;   /* lowest index that may still be wanted */
    struct ring outgoing; /* struct outgoing, in flight */
    uint64_t outgoing_bytes;
};

/* A lane that comes in over a connection. */
struct inflow {
    uint32_t lane;          /* or NONE */
    bool accepted;          /* batches are taken */
    bool trusted;           /* a person vouches for it */
    uint64_t upto;          /* size at which it ends */
    uint64_t told;          /* the origin's size, in its VERDICT */
    struct ring incoming;   /* struct incoming *, in order */
    struct ring unanswered; /* ends of batches: no RECEIPT or HELD yet */
    struct frontier expected;
};

/* One connection. */
struct link {
    uint64_t id;
    uint32_t peer;
    struct session *session;
    struct mono since, heard, deadline;
    struct buf send; /* of this step */
    bool closing;
    bool active;    /* the peer's link: its session carries lanes */
    bool card_only; /* its certificate is not in the card that we hold */
    /* as origin */
    struct outflow out;
    struct inflow back;          /* a tail of our lane that we lost */
    struct resume_claim *claims; /* ascending epochs */
    size_t claim_count;
    bool behind; /* it claims less than it gave receipts for */
    bool waits;  /* for the signer or the disk, to decide about them */
    /* as holder */
    struct inflow in;
    struct outflow give_back; /* a tail of their lane that they lost */
    bool judged;              /* its VERDICT came */
    bool enters; /* a GENESIS came, and waits for a receipt that is due */
    uint8_t entering[GENESIS_BYTES];
    uint64_t credit; /* bytes of credit_used that are this link's */
};

#endif
