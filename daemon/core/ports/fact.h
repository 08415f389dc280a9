/*
 * fact - what happened, as the journal keeps it; state is the fold over facts.
 *
 * Holds:      lanes, peers and outbox items are numbered from 0 in the order
 *             of their facts. What must be erasable stands in the blob (salt
 *             and body), which no other checksum covers but its own.
 * Trusts:     nothing when decoding: a disk may lie.
 * Leaves out: frames, files, places (edge/journal).
 * Spec:       docs/PROTOCOL.md#journal
 */
#ifndef CORE_PORTS_FACT_H
#define CORE_PORTS_FACT_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/instant.h"
#include "core/lane/checkpoint.h"
#include "core/lane/genesis.h"
#include "core/lane/leaf.h"

enum fact_type {
    FACT_NODE = 1,           /* our own card, adopted */
    FACT_PEER = 2,           /* a peer's card, pinned or renewed */
    FACT_CONFIRMED = 3,      /* a pairing confirmed by a person */
    FACT_LANE = 4,           /* a lane begins to exist here */
    FACT_SUBMISSION = 5,     /* a submission and its stream */
    FACT_SUBMITTED = 6,      /* one message waits in the outbox */
    FACT_SEQUENCED = 7,      /* it has its place in a lane of ours */
    FACT_CHECKPOINT = 8,     /* our checkpoint that ended a batch */
    FACT_SEEN = 9,           /* highest checkpoint verified of a peer (S) */
    FACT_ENTRY = 10,         /* an entry received */
    FACT_BATCH = 11,         /* the batch that the entries before it make */
    FACT_RECEIPT_GIVEN = 12, /* our receipt for a peer's lane */
    FACT_RECEIPT_TAKEN = 13, /* a peer's receipt for our lane */
    FACT_FROZEN = 14,        /* a lane is frozen, with the reason */
    FACT_ALARM = 15,
    FACT_CANCELLED = 16,   /* a waiting message was recalled */
    FACT_DECLINED = 17,    /* the peer declined entries of our lane */
    FACT_ADOPTED = 18,     /* an entry of our lane, given back by its holder */
    FACT_ERASED = 19,      /* an expunge is done: salt and body are zeros */
    FACT_ERASE = 20,       /* to be erased, where no leaf of the lane says it */
    FACT_ALARM_NOTED = 21, /* what became of an alarm */
    FACT_PAUSED = 22,      /* a person pauses a peer, or lets it go on */
    FACT_RESTORED = 23,    /* the journal is a copy: its history ended early */
    FACT_RETENTION = 24,   /* how long the node ran; what was retired then */
    FACT_RESUMED = 25,     /* a lane's resume has run since */
    FACT_LANE_KEY = 26,    /* a lane goes on with another checkpoint key */
    FACT_ROLLED = 30,      /* our entries from a place on are queued again */
    FACT_REQUEUED = 31,    /* one of them waits in the outbox */
    FACT_GRANTED = 32,     /* a person lets a lane go on in a new epoch */
    FACT_EVIDENCE = 33,    /* two statements that contradict each other */
    FACT_SUBMITTER = 46,   /* whose submission it is */
    FACT_RELEASED = 48,    /* who let go what its source holds back */
    FACT_TYPE_COUNT
};

/* What became of an entry's body at the holder. */
enum body_state {
    BODY_HELD = 0,
    BODY_DECLINED = 1,
    BODY_GONE = 2,
    BODY_ABSENT = 3,
};

/* What a fact of retention is. */
enum retention {
    RETENTION_CLOCK = 1,   /* the time that the node has run */
    RETENTION_MARK = 2,    /* the same, and how far lanes are receipted */
    RETENTION_SEGMENT = 3, /* a segment of the journal is retired */
};

/* What may become of an alarm. */
enum alarm_note {
    ALARM_NOTE_AGAIN = 1,  /* its cause was met again */
    ALARM_NOTE_TAKEN = 2,  /* a person has taken it */
    ALARM_NOTE_GONE = 3,   /* its cause has gone */
    ALARM_NOTE_CLOSED = 4, /* a person has closed it */
};

/* How a restore came to be known. */
enum restored {
    RESTORED_DECLARED = 1, /* by the operator who put a copy back */
    RESTORED_FOUND = 2,    /* the signing journal names later turns */
    RESTORED_GOES_ON = 3,  /* of a declared one: the turn number is settled */
};

/* Fields that a type does not name below stand at zero.
 *
 * NODE             text: payload of our CARD frame
 * PEER             peer; text: payload of the peer's CARD frame
 * CONFIRMED        peer; text: who confirmed, in their words; time
 * LANE             lane, peer, ours; genesis
 * SUBMISSION       number, stream; text: the user and options; time
 * SUBMITTER        number, item: the user
 * RELEASED         number, item: the user who released it; text: why; time
 * SUBMITTED        item, peer, number, stream, sequence, kind, tlp, flags,
 *                  ref, urgent, time; blob: 32 random bytes || body
 * SEQUENCED        lane, index, item, record, ends_batch (the checkpoint that
 *                  will be asked for covers up to this entry); blob: salt
 * CHECKPOINT       lane, checkpoint
 * SEEN             lane, checkpoint
 * ENTRY            lane, index, record, state, code (why it was declined);
 *                  blob: salt || body where held
 * BATCH            lane, index (its start), checkpoint
 * RECEIPT_GIVEN    lane, checkpoint (ours), answers (the origin's)
 * RECEIPT_TAKEN    lane, checkpoint (the holder's), answers (ours)
 * FROZEN           lane, code: resume row; text
 * ALARM            number, code: kind, peer, lane, index (its cause); text;
 *                  time
 * ALARM_NOTED      number, code: enum alarm_note, item (its count, or the user
 *                  who did it); text: that person's words; time
 * PAUSED           peer, code: 1 paused, 0 goes on; item: the user; text: that
 *                  person's words; time
 * CANCELLED        item
 * DECLINED         lane, index, number (of entries), code; text
 * ERASED           lane, index: an erasure (store.h) that was done
 * ERASE            lane, index: an erasure to do; of an entry, number and ref
 *                  are the lane and index of the expunge that cites it
 * RESTORED         item: incarnation, number: the turn that this fact is part
 *                  of, which may leave numbers out; code: enum restored; time
 * RETENTION        code: enum retention, item: milliseconds that the node has
 *                  run, number: the segment, or 0
 * RESUMED          lane
 * ADOPTED          lane, index, record, state, stream, sequence, ends_batch;
 *                  blob: salt || body where the holder had it
 * LANE_KEY         lane, index (of the card entry), number (version of the
 *                  card); text: the public key
 * ROLLED           lane (the new one), number (the lane from which entries
 *                  are queued again), index (the first of them)
 * REQUEUED         as SUBMITTED; lane, index: where it stood
 * GRANTED          lane, checkpoint (size and root that the root key signed;
 *                  of size 0: wherever both sides agree); text; time
 * EVIDENCE         lane, code (resume row), genesis (theirs), checkpoint
 *                  (theirs), answers (ours)
 */
struct fact {
    enum fact_type type;
    uint32_t peer;
    uint32_t lane;
    bool ours;
    bool urgent;
    bool ends_batch;
    uint8_t kind, tlp, flags;
    enum body_state state;
    uint32_t code;
    uint64_t index;
    uint64_t item;
    uint64_t number;
    uint64_t ref;
    struct wall time;
    struct submission_id submission;
    uint8_t record[LEAF_BYTES];
    uint8_t genesis[GENESIS_BYTES];
    struct checkpoint checkpoint;
    struct checkpoint answers;
    struct slice text;
    struct slice blob_head; /* the first 32 bytes of the blob, or nothing */
    struct slice blob_body; /* the rest */
};

/* Bytes in front of a fact's head: type, three zeros, head size, blob size,
 * checksum of the blob. Where the blob is left out, the last of the zeros is
 * FACT_LEFT_OUT; sizes and checksum stay those of the blob that was there. */
#define FACT_LEFT_OUT 1
#define FACT_LEFT_OUT_AT 3
#define FACT_HEADER_BYTES 16
#define FACT_HEAD_MAX KIB(64)
#define FACT_BLOB_MAX (BODY_MAX + 64)

/* Tell whether there is a type of that number. */
bool fact_is_known(unsigned type);

/* Append a fact. Returns where its blob starts, counted from the fact's
 * first byte. */
size_t fact_put(struct buf *out, const struct fact *f);

/* Sizes of a fact, read from its header alone. ERR_TRUNCATED, ERR_DAMAGED. */
struct fact_size {
    size_t head; /* header and head: what a frame's checksum covers */
    size_t blob;
    size_t left_out; /* bytes of a blob that was there once */
};
MUST_USE enum err fact_size(struct slice bytes, struct fact_size *out);

/* Read a fact from its header and head alone, exactly `head` bytes; its blob
 * stays empty. ERR_TRUNCATED, ERR_DAMAGED. */
MUST_USE enum err fact_get_head(struct slice head, struct fact *out);

/* Set `f`'s blob from the whole bytes of its fact; the slices point into
 * them. ERR_TRUNCATED; ERR_DAMAGED: it does not match its checksum; ERR_GONE:
 * it does not because it is all zeros, hence erased, or it is left out. */
MUST_USE enum err fact_get_blob(struct slice whole, struct fact *f);

/* Take the first fact of `*bytes` off; its slices point into them. A blob
 * that is all zeros was erased: blob_head and blob_body are then empty and
 * `*erased` is set; one that is left out is damage here. ERR_TRUNCATED,
 * ERR_DAMAGED. */
MUST_USE enum err fact_get(struct slice *bytes, struct fact *out, bool *erased);

#endif
