/*
 * resuming - what the files of this room offer each other about how a lane
 *            goes on: verdicts, epochs, lost tails, batches on their way out.
 *
 * Holds:      nothing of a lane is sent before a verdict lets it.
 * Leaves out: the decision itself (resume.h).
 * Spec:       docs/PROTOCOL.md#resume
 */
#ifndef CORE_EXCHANGE_RESUMING_H
#define CORE_EXCHANGE_RESUMING_H

#include "core/exchange/state.h"

/* ---- verdict.c: what an origin answers to RESUME ---- */
MUST_USE enum err origin_resume(struct exchange *x, struct link *k,
                                const struct frame_resume *r);
void origin_decide(struct exchange *x, struct link *k);
void origin_found(struct exchange *x, struct link *k, const struct asked *a,
                  bool found);
void origin_entered(struct exchange *x, struct link *k);

/* Note that the peer has answered our own RESUME. */
void origin_heard(struct exchange *x, struct link *k);

/* The latest epoch that the holder claims; one there is. */
struct resume_claim *top_claim(const struct link *k);

/* The lane of ours that it claims to hold; or NONE. */
uint32_t lane_claimed(const struct exchange *x, const struct link *k,
                      const struct resume_claim *c);
void send_verdict(const struct exchange *x, struct link *k, uint32_t lane,
                  uint32_t row, uint64_t start);

/* ---- rolls.c: new epochs because of keys ---- */

/* The lane's key is compromised: what both hold alike is where it goes on. */
void roll_disowned(struct exchange *x, struct link *k, uint32_t lane,
                   const struct resume_facts *f);

/* The peer ended the session over a key that it does not know. */
void origin_key_refused(struct exchange *x, const struct link *k);
bool must_begin_anew(const struct lane *l, const struct resume_claim *c);
void roll_anew(struct exchange *x, struct link *k, uint32_t lane);

/* ---- epochs.c ---- */

/* Begin a lane, here and at the gate. Returns its number. */
uint32_t lane_make(struct exchange *x, uint32_t peer, bool ours,
                   const uint8_t genesis[GENESIS_BYTES]);
void epoch_roll(struct exchange *x, struct link *k, uint32_t from,
                enum resume_row row, const char *why);
void epoch_restore(struct exchange *x, uint32_t from,
                   const uint8_t genesis[GENESIS_BYTES]);
void epoch_close(struct exchange *x, uint32_t peer);
void epoch_offer(struct exchange *x, struct link *k, uint32_t lane);
MUST_USE enum err epoch_take(struct exchange *x, struct link *k,
                             const struct frame_genesis *f);
void epoch_enter(struct exchange *x, struct link *k);
void epoch_pump(struct exchange *x, struct link *k);
void epochs_pump(struct exchange *x);

/* ---- fetch.c: a lost tail ---- */
void fetch_begin(struct exchange *x, struct link *k, uint32_t lane,
                 uint64_t upto, bool trusted);
void fetch_found(struct exchange *x, struct link *k, uint64_t size, bool found);
void fetch_adopt(struct exchange *x, struct link *k, struct inflow *in,
                 const struct incoming *b);
void fetch_pump(struct exchange *x, struct link *k);
MUST_USE enum err fetch_asked(struct exchange *x, struct link *k,
                              const struct frame_fetch *f);

/* ---- giving.c: batches on their way out ---- */
void outflow_init(struct outflow *o, uint32_t lane);
void outflow_clear(struct exchange *x, struct outflow *o);
void giving_pump(struct exchange *x, struct link *k, struct outflow *o);
MUST_USE enum err giving_want(struct exchange *x, struct link *k,
                              const struct frame_want *w);
MUST_USE enum err giving_held(struct exchange *x, struct link *k,
                              const struct frame_mark *m);

/* The batches up to `size` are no longer in flight; nothing of them can be
 * wanted any more. */
void giving_landed(struct exchange *x, struct outflow *o, uint64_t size);

/* Send what was wanted and could not be read, as far as it can be now. */
void giving_retry(struct exchange *x, struct link *k);

#endif
