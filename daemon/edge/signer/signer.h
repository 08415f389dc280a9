/*
 * signer - the process that alone holds the keys, and its client end.
 *
 * Holds:      every signature passed the gate, and its record was synced in
 *             the signing journal before the answer left.
 * Trusts:     nothing of the daemon's requests.
 * Leaves out: the rules (core/lane/gate.h).
 * Spec:       docs/PROTOCOL.md#signer
 */
#ifndef EDGE_SIGNER_SIGNER_H
#define EDGE_SIGNER_SIGNER_H

#include "core/crypto/crypto.h"
#include "core/ports/signer.h"
#include "edge/sandbox/sandbox.h"

/* Serve requests on `fd` (a stream socket; u32 length, then the request)
 * until it is closed. `directory` holds session.key, checkpoint.key,
 * receipt.key, a second place for each (session-2.key, ...), journal and lock.
 * Returns the exit status of the process: 0 when the daemon closed the socket,
 * else a fault, which is said on standard error. Once its files are open the
 * process is confined to them as far as `box` goes; without one it is only
 * hardened. */
int signer_serve(const char *directory, const struct team_name *own, int fd,
                 const struct sandbox *box);

/* The same rules without a process and files, for tests and the simulator:
 * `seeds` are the keys in the order session, checkpoint, receipt. */
struct signer;
struct signer *signer_new(const struct team_name *own,
                          const struct secret_key seeds[3]);
void signer_free(struct signer *s);

/* Where new keys come from and go to. `keep` puts a seed, or zeros, into a
 * place of a role for good, on disk before it returns; ERR_IO. */
struct signer_places {
    void (*fill)(void *self, void *out, size_t size);
    enum err (*keep)(void *self, enum key_role role, size_t place,
                     const struct secret_key *seed);
    void *self;
};

/* Without this no key is made or destroyed. */
void signer_places_set(struct signer *s, const struct signer_places *places);

/* Put what a file holds into a place: at start, before the journal. */
void signer_key_put(struct signer *s, enum key_role role, size_t place,
                    const struct secret_key *seed);

/* Wipe every place whose key is no longer to be: after the journal was taken
 * at start, and after the records of an answer are synced. ERR_IO: what is on
 * disk is not known; ERR_MISSING: a role has no key in use. */
MUST_USE enum err signer_settle(struct signer *s);

/* Answer `request` at wall clock `clock_s`. What must be synced before the
 * answer leaves is appended to `journal` as whole journal records. Returns
 * ERR_FORMAT for a request that cannot be read (the daemon is then wrong),
 * ERR_IO where a new key could not be kept. */
MUST_USE enum err signer_answer(struct signer *s, struct slice request,
                                uint64_t clock_s, struct buf *journal,
                                struct buf *answer);

/* Take one record, which is what one request added, off the front of the
 * journal's bytes at start. Repeat until none are left; zeros at the end are
 * for the caller to leave away. ERR_TRUNCATED: a torn tail, cut it;
 * ERR_DAMAGED: a later record is whole, or it contradicts an earlier one:
 * sign nothing. */
MUST_USE enum err signer_restore(struct signer *s, struct slice *journal);

#endif
