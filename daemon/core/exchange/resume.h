/*
 * resume - which row of the resume table holds for a lane.
 *
 * Holds:      a pure decision; rows are numbered in the order in which they
 *             are read, and a VERDICT carries the number.
 * Trusts:     nothing of the holder's claim.
 * Leaves out: doing what the row says (origin.c).
 * Spec:       docs/PROTOCOL.md#resume
 */
#ifndef CORE_EXCHANGE_RESUME_H
#define CORE_EXCHANGE_RESUME_H

#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"

enum resume_row {
    ROW_UNKNOWN = 0,         /* the signer must be asked first */
    ROW_EPOCH_LOWER = 1,     /* the holder has not seen the roll */
    ROW_EPOCH_HIGHER = 2,    /* we were restored */
    ROW_TWO_GENESES = 3,     /* fork */
    ROW_NORMAL = 4,          /* send from n */
    ROW_FORK = 5,            /* same size, another root, signed by us */
    ROW_HOLDER_DAMAGED = 6,  /* roots differ and C is not ours */
    ROW_ORIGIN_RESTORED = 7, /* n > m, in the signing journal */
    ROW_STOLEN_KEY = 8,      /* n > m, not in the signing journal */
    ROW_HOLDER_LIES = 9,     /* n > m, C is not ours */
    ROW_SEEN_BEYOND = 10,    /* S > m */
    ROW_SIGNED_BEYOND = 11,  /* the signing journal is beyond both */
    ROW_SIGNER_LOST = 12,    /* lanes exist, the signing journal is missing */
    RESUME_ROW_COUNT
};

enum resume_known {
    KNOWN_NOT_ASKED,
    KNOWN_YES,
    KNOWN_NO,
    KNOWN_SOON, /* asked */
};

/* What a question to the signing journal is about. */
enum resume_asked {
    ASKED_LATEST,  /* the highest epoch that it knows */
    ASKED_GENESIS, /* of a claim */
    ASKED_SIZE,    /* (n, R) of a claim */
    ASKED_SEEN,    /* S of a claim */
    ASKED_BATCH,   /* the end of a batch that is given back */
};

/* What the holder says of a lane, and what the signer knows of it. */
struct resume_claim {
    struct lane_id lane;
    uint8_t genesis[GENESIS_BYTES];
    uint64_t epoch;
    uint64_t size;    /* n */
    struct hash root; /* R */
    bool has_checkpoint;
    struct checkpoint checkpoint; /* C */
    bool has_seen;
    struct checkpoint seen; /* S */
    bool has_receipt;
    struct checkpoint receipt;
    /* whether these stand in the signing journal */
    enum resume_known genesis_known, size_known, seen_known;
};

/* What the origin knows of it. */
struct resume_facts {
    uint64_t holder_epoch, epoch;
    bool same_genesis;
    uint64_t size;        /* m */
    bool root_agrees;     /* our root at n, when n <= m */
    bool checkpoint_good; /* C verifies under a key of ours, or n is 0 */
    bool seen_good;       /* S verifies, or there is none */
    uint64_t signed_size; /* highest of the signing journal */
    bool signer_lost;     /* it has nothing though entries were signed */
};

/* Decide. ROW_UNKNOWN: find out `size_known` where n is beyond the origin's
 * size, or else `seen_known`, and decide again. */
enum resume_row resume_decide(const struct resume_claim *claim,
                              const struct resume_facts *facts);

/* Name the row in words for logs and alarms. */
const char *resume_row_name(unsigned row);

#endif
