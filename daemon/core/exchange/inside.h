/*
 * inside - what the files of this room offer each other.
 *
 * Holds:      emit is the only way in which folded state changes.
 * Leaves out: the state itself (state.h).
 */
#ifndef CORE_EXCHANGE_INSIDE_H
#define CORE_EXCHANGE_INSIDE_H

#include "core/exchange/expunge.h"
#include "core/exchange/own.h"
#include "core/exchange/raise.h"
#include "core/exchange/state.h"

/* ---- fold.c and those beside it: state is the fold over facts ---- */
enum err fold(struct exchange *x, const struct fact *f);
void emit(struct exchange *x, const struct fact *f);
struct submission_state *submission_of(const struct exchange *x,
                                       uint64_t number);
struct user *user_of(const struct exchange *x, uint64_t number);
const struct release *release_of(const struct exchange *x, uint64_t number);
struct part *part_of(const struct exchange *x, uint64_t number, uint32_t peer);
const struct declined *declined_find(const struct lane *l, uint64_t index);
bool declined_overlaps(const struct lane *l, uint64_t index, uint64_t count);

/* ---- passes.c: which messages of a stream were queued for a peer ---- */
void pass_note(struct exchange *x, uint32_t stream, uint32_t peer,
               uint64_t sequence);
bool pass_has(const struct exchange *x, uint32_t stream, uint32_t peer,
              uint64_t sequence);
/* Bound the spans that a message adds, whichever others of its word are taken
 * with it; tell whether there is room for the sum. */
uint64_t pass_may_add(const struct exchange *x, uint32_t stream, uint32_t peer,
                      uint64_t sequence);
bool pass_has_room(const struct exchange *x, uint32_t stream, uint32_t peer,
                   uint64_t spans);
void passes_clear(struct exchange *x);

/* ---- outcome.c ---- */
void effect_add(struct exchange *x, struct effect e);
void notice(struct exchange *x, enum notice_level level, const char *text,
            const char *about);
/* Have the daemon end, and be started again. */
void stop_node(struct exchange *x, enum err e, const char *why);

/* Copy text of a stranger into `size` bytes with a NUL, cut if need be: what
 * is no UTF-8 or controls a terminal becomes '?'. */
void text_keep(char *out, size_t size, struct slice text);

/* ---- peers.c ---- */
struct peer *peer_named(const struct exchange *x, const struct team_name *name,
                        uint32_t *number);
void peers_configure(struct exchange *x);
void peers_dial(struct exchange *x);
bool peer_is_to_dial(const struct peer *p);
bool peer_takes_size(const struct peer *p, const struct outbox_item *o);
/* What a peer may be sent is another by now: look at all that waits. */
void peer_look_again(struct peer *p);
void peer_failed(struct exchange *x, struct peer *p, const char *why);
MUST_USE enum err peer_adopt_card(struct exchange *x, uint32_t peer,
                                  struct slice proof);
void peer_make_lanes(struct exchange *x, uint32_t peer);

/* ---- links.c ---- */
struct link *link_find(const struct exchange *x, uint64_t id);
void link_up(struct exchange *x, const struct event *e);
void link_frame(struct exchange *x, const struct event *e);
void link_down(struct exchange *x, const struct event *e);
void link_free(struct exchange *x, struct link *k);
void link_close(struct exchange *x, struct link *k, enum err e,
                const char *why);
void link_signed(struct exchange *x, struct link *k,
                 const struct sign_result *r);
void links_close(struct exchange *x, uint32_t peer, enum err e);
void links_flush(struct exchange *x);
void links_tick(struct exchange *x);

/* ---- asking.c: the signer ---- */
void ask(struct exchange *x, const struct sign_request_op *op,
         const struct asked *what);
void ask_open(struct exchange *x, uint32_t lane);
void ask_extend(struct exchange *x, uint32_t lane);
void ask_session(struct exchange *x, struct link *k);
void ask_about(struct exchange *x, struct link *k, const struct question *q);
void ask_flush(struct exchange *x);
void on_signed(struct exchange *x, const struct event *e);

/* Tell whether a receipt of a peer's lane is still to be signed. */
bool receipt_is_due(const struct exchange *x, uint32_t lane);

/* ---- origin.c ---- */
MUST_USE bool kept_at(const struct exchange *x, uint32_t lane, uint64_t size,
                      struct checkpoint *out);
void checkpoint_of(const struct frame_signed *s, struct checkpoint *out);
bool checkpoint_is_ours(const struct exchange *x, const struct lane *l,
                        const struct checkpoint *c);
MUST_USE enum err origin_receipt(struct exchange *x, struct link *k,
                                 const struct frame_receipt *r);
void origin_claimed_receipt(struct exchange *x, uint32_t lane,
                            const struct checkpoint *c);
void origin_checkpoint(struct exchange *x, uint32_t lane,
                       const struct checkpoint *c);

/* ---- sequence.c ---- */
void sequence_pump(struct exchange *x, struct link *k);
struct slice item_body(struct exchange *x, uint64_t item, struct buf *scratch);

/* ---- claims.c, header.c, holder.c ---- */
void holder_resume(struct exchange *x, struct link *k);
MUST_USE enum err holder_verdict(struct exchange *x, struct link *k,
                                 const struct frame_verdict *v);
MUST_USE enum err holder_header(struct exchange *x, struct link *k,
                                const struct frame_batch *b);
MUST_USE enum err holder_body(struct exchange *x, struct link *k,
                              const struct frame_body *b);
MUST_USE enum err holder_piece(struct exchange *x, struct link *k,
                               const struct frame_piece *p);
MUST_USE enum err holder_mark(struct exchange *x, struct link *k,
                              enum body_state state,
                              const struct frame_mark *m);

/* Find the flow that carries a lane in; NULL if none does. */
struct inflow *inflow_of(const struct exchange *x, struct link *k,
                         const struct lane_id *id);
void incoming_free(struct incoming *b);

/* Set the blob of an entry's fact: salt and body, where they came. */
void incoming_blob(const struct incoming *b, size_t i, struct fact *f);
struct slice incoming_card(const struct incoming *b);
void holder_receipt(struct exchange *x, uint32_t lane,
                    const struct checkpoint *c);
void holder_refused(struct exchange *x, uint32_t lane, uint64_t size);

/* Stop a lane of theirs that goes on though our gate closed its epoch. */
void holder_shut(struct exchange *x, uint32_t lane);
void holder_pump(struct exchange *x, struct link *k, struct inflow *in);

/* End the sessions over which batches come under a compromised key. */
void holder_disown(struct exchange *x);
void inflow_init(struct inflow *in, uint32_t lane);

/* The batches up to `size` are answered: the origin may send as many more. */
void inflow_answered(struct inflow *in, uint64_t size);
void inflow_clear(struct exchange *x, struct link *k, struct inflow *in);

/* ---- quota.c: what a peer's messages may take of the disk ---- */

/* Time has passed, or the bound is another: count what may go anew. */
void quota_freed(struct exchange *x);

/* Messages were taken: look whether little is left for that peer. */
void quota_look(struct exchange *x, struct peer *p);

/* What its messages take, and what they may still; ROOM_PLENTY without a
 * bound. */
uint64_t quota_used(const struct peer *p);
uint64_t quota_left(const struct peer *p);

/* What a batch will take. */
uint64_t quota_cost(const struct incoming *b, uint64_t bodies);

/* ---- taking.c: what becomes of a body ---- */
MUST_USE enum err message_read(struct exchange *x, struct slice bytes,
                               struct message *out);
MUST_USE enum err taking_judge(struct exchange *x, const struct peer *p,
                               const struct leaf *leaf, struct slice body,
                               bool *obeys);
bool taking_obey(struct exchange *x, uint32_t peer, struct slice body);

/* Tell of which submission a message of ours is: 0 of our own entries,
 * NUMBER_UNKNOWN where its submission is not known here. */
uint64_t submission_number(struct exchange *x, const struct submission_id *id,
                           uint8_t kind, struct slice message);
void decline_queue(struct exchange *x, uint32_t peer,
                   const struct citation *entry, enum err why);

/* ---- commands.c ---- */
void on_request(struct exchange *x, const struct event *e);

/* ---- lanes ---- */
static inline struct lane *
lane_at(const struct exchange *x, uint32_t number)
{
    return number < x->lane_count ? x->lanes[number] : NULL;
}

/* Find a peer's lane, of any epoch, by its id; NONE if there is none. */
uint32_t lane_find(const struct exchange *x, uint32_t peer, bool ours,
                   const struct lane_id *id);

/* Name of a lane's origin. */
const struct team_name *lane_origin(const struct exchange *x,
                                    const struct lane *l);
void lane_freeze(struct exchange *x, uint32_t lane, uint32_t row,
                 const char *why);

#include "core/exchange/resuming.h"

#endif
