/*
 * limits - every bound of the node, each with its reason.
 *
 * Holds:      reaching one is a clear error to whoever caused it and costs
 *             nobody else anything.
 * Spec:       docs/PROTOCOL.md#limits
 */
#ifndef CORE_BASE_LIMITS_H
#define CORE_BASE_LIMITS_H

#define KIB(n) ((n)*1024u)
#define MIB(n) ((n)*1024u * 1024u)

/* Names: a DNS name has at most 253 characters (RFC 1035). */
#define TEAM_NAME_MAX 253
#define SHORT_NAME_MAX 32

/* Teams a node exchanges with: APCERT's thirty-three, their police units and
 * room to grow; sizes every per-peer array. */
#define PEERS_MAX 256

/* Frames (payload bytes). HELLO comes from strangers; a card holds a root
 * certificate, two TLS certificates and a revocation list; everything after
 * AUTH carries at most 1,024 leaf records (73,728) or one piece (65,536). */
#define FRAME_HELLO_MAX KIB(4)
#define FRAME_CARD_MAX KIB(16)
#define FRAME_AUTH_MAX KIB(16)
#define FRAME_MAX KIB(128)

/* A batch: one signature, one HEADER. */
#define BATCH_LEAVES_MAX 1024
#define BATCH_BODIES_MAX MIB(4)
#define BATCHES_IN_FLIGHT 16
#define BATCHES_IN_FLIGHT_MAX 64

/* Bodies: every receiver takes 16 MiB; sequencing is bound by what both
 * announced, 1 MiB by default. */
#define BODY_MAX MIB(16)
#define BODY_ANNOUNCED MIB(1)
/* A peer that announces less is taken to mean this: what waits for it is
 * looked through for every batch, and must not all be above its limit. */
#define BODY_ANNOUNCED_MIN KIB(64)
#define PIECE_BYTES 65536u

/* What a node reserves for bodies that it asked for, all peers together. */
#define CREDIT_BYTES MIB(256)

/* Signature field and inclusion proof (a lane has at most 2^63 entries). */
#define SIGNATURE_FIELD_MAX KIB(8)
#define PROOF_HASHES_MAX 63

/* Declines, cards, expunges that a peer has not yet taken: more means that
 * it sends what is always declined, and its credit stops. Of an honest pair
 * only one side can come so far (docs/decisions/0018): it takes two windows
 * of batches, each entry declined by itself, and one batch more. */
#define OWN_ENTRIES_UNDELIVERED_MAX(window)                                    \
    ((2 * (uint64_t)(window) + 1) * BATCH_LEAVES_MAX)

/* Decoding: memory is at most 8 times what a frame may hold; nesting and
 * counts bound the work before anything is allocated. */
#define DECODE_BUDGET_FACTOR 8
#define DECODE_DEPTH_MAX 8
#define DECODE_FIELDS_MAX 65536

/* Messages. */
#define RECIPIENTS_MAX 64
#define LABELS_MAX 1024

/* Values of one head, those that are meant and those that are mentioned. A
 * pattern with more than some dozens is rare; what a search keeps of each
 * message must have a bound. */
#define HEAD_VALUES_MAX 4096u

/* A turn takes at most so many events, so that one sync never waits long. */
#define TURN_EVENTS_MAX 4096

/* What the messages of one peer, or those of one user that wait, may take of
 * the disk where nothing is set: a quarter of it, so that one alone leaves
 * room for the others; never less than a few of the largest messages need. */
#define DISK_SHARE 4
#define DISK_BYTES_MIN MIB(64)
#define DISK_BYTES_MAX (UINT64_C(1) << 60)
/* One says so while there is still room for the largest message. */
#define DISK_BYTES_LOW (BODY_MAX + MIB(1))

/* The outbox: queued messages of all peers; 64 bytes of state each. */
#define OUTBOX_ITEMS_MAX 8000000u
/* Of these, one user may have so many: others always find room. What they
 * take of the disk is bound as that of a peer. */
#define OUTBOX_ITEMS_OF_USER_MAX (OUTBOX_ITEMS_MAX / 4 * 3)

/* What one page of a submission makes: messages times the teams that it names,
 * and their bytes. One turn holds it; a message of the size that every team
 * takes at first goes to all of them, with room for the teams' names. */
#define PAGE_OFFERS_MAX 65536u
#define PAGE_OFFERS_BYTES_MAX (PEERS_MAX * (BODY_ANNOUNCED + KIB(128)))

/* Entries that one request to expunge a submission looks at: each is a read
 * of the journal, so that a turn stays below a tenth of a second. */
#define EXPUNGE_LOOKS_MAX 1024

/* Connections, known and unknown. */
#define CONNECTIONS_MAX 512
#define CONNECTIONS_UNKNOWN_MAX 256

/* Control socket: requests at once, bytes of one request. */
#define CONTROL_CLIENTS_MAX 64
/* Of these, one user may hold so many: others always find some. */
#define CONTROL_CLIENTS_OF_USER_MAX 48
#define CONTROL_FRAME_MAX (BODY_MAX + KIB(64))

/* Times, in milliseconds. */
#define TLS_HANDSHAKE_MS_MAX 10000
#define HELLO_MS_MAX 5000
#define KEEPALIVE_MS 20000
#define REDIAL_MS_MIN 1000
#define REDIAL_MS_MAX 300000
#define SESSION_MS_MAX 86400000u

/* Alarms: a peer that restarts or moves is back within a quarter of an hour
 * (with a session that stands for a while: some end right after they began),
 * and an expunge that explains a body that did not come has come by then;
 * a card is renewed by people, who need weeks. Cards are looked at hourly. */
#define EXPIRY_FIRST_DAYS 60
#define EXPIRY_SECOND_DAYS 30
#define EXPIRY_LAST_DAYS 7
#define PEER_DOWN_MS 900000u
#define LINK_STEADY_MS 10000u
#define GAP_MS 900000u
#define ALARM_WATCH_MS 3600000u

#endif
