/*
 * inside - what the files of this room offer each other.
 *
 * Holds:      emit is the only way in which folded state changes.
 * Leaves out: the state itself (state.h).
 */
#ifndef CORE_EXCHANGE_INSIDE_H
#define CORE_EXCHANGE_INSIDE_H

#include "core/exchange/state.h"

/* ---- fold.c, fold_outbox.c, fold_lanes.c: state is the fold over facts ----
 */
enum err fold(struct exchange *x, const struct fact *f);
void emit(struct exchange *x, const struct fact *f);
struct submission_state *submission_of(const struct exchange *x,
                                       uint64_t number);
struct part *part_of(const struct exchange *x, uint64_t number, uint32_t peer);
const struct declined *declined_find(const struct lane *l, uint64_t index);
bool declined_overlaps(const struct lane *l, uint64_t index, uint64_t count);

/* ---- cards.c ---- */
MUST_USE enum err held_card_set(struct held_card *h, struct slice proof,
                                const struct hash *pinned_root);
void held_card_clear(struct held_card *h);

/* ---- outcome.c ---- */
void effect_add(struct exchange *x, struct effect e);
void notice(struct exchange *x, enum notice_level level, const char *text,
            const char *about);
/* Have the daemon end, and be started again. */
void stop_node(struct exchange *x, enum err e, const char *why);
void alarm_raise(struct exchange *x, enum err code, const char *text);

/* Copy text of a stranger into `size` bytes with a NUL, cut if need be: what
 * is no UTF-8 or controls a terminal becomes '?'. */
void text_keep(char *out, size_t size, struct slice text);

/* ---- peers.c ---- */
struct peer *peer_named(const struct exchange *x, const struct team_name *name,
                        uint32_t *number);
void peers_configure(struct exchange *x);
void peers_dial(struct exchange *x);
bool peer_is_to_dial(const struct peer *p);
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
void links_flush(struct exchange *x);
void links_tick(struct exchange *x);

/* ---- asking.c: the signer ---- */
void ask_open(struct exchange *x, uint32_t lane);
void ask_extend(struct exchange *x, uint32_t lane);
void ask_session(struct exchange *x, struct link *k);
void ask_find(struct exchange *x, struct link *k, uint32_t lane, uint64_t size,
              const struct hash *root);
void ask_flush(struct exchange *x);
void on_signed(struct exchange *x, const struct event *e);

/* ---- origin.c ---- */
MUST_USE bool kept_at(const struct exchange *x, uint32_t lane, uint64_t size,
                      struct checkpoint *out);
MUST_USE enum err origin_resume(struct exchange *x, struct link *k,
                                const struct frame_resume *r);
void origin_found(struct exchange *x, struct link *k, bool found);
MUST_USE enum err origin_receipt(struct exchange *x, struct link *k,
                                 const struct frame_receipt *r);
void origin_checkpoint(struct exchange *x, uint32_t lane,
                       const struct checkpoint *c);

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

/* ---- sequence.c ---- */
void sequence_pump(struct exchange *x, struct link *k);
struct slice item_body(struct exchange *x, uint64_t item, struct buf *scratch);

/* ---- holder.c ---- */
void holder_resume(struct exchange *x, struct link *k);
MUST_USE enum err holder_verdict(struct exchange *x, struct link *k,
                                 const struct frame_verdict *v);
MUST_USE enum err holder_header(struct exchange *x, struct link *k,
                                const struct frame_batch *b);
MUST_USE enum err holder_body(struct exchange *x, struct link *k,
                              const struct frame_body *b);
MUST_USE enum err holder_piece(struct exchange *x, struct link *k,
                               const struct frame_piece *p);
MUST_USE enum err holder_gone(struct exchange *x, struct link *k,
                              const struct frame_mark *m);
void holder_receipt(struct exchange *x, uint32_t lane,
                    const struct checkpoint *c);
void holder_refused(struct exchange *x, uint32_t lane, uint64_t size);
void holder_pump(struct exchange *x, struct link *k, struct inflow *in);
void inflow_init(struct inflow *in, uint32_t lane);
void inflow_clear(struct exchange *x, struct link *k, struct inflow *in);

/* ---- taking.c: what becomes of a body ---- */
MUST_USE enum err message_read(struct exchange *x, struct slice bytes,
                               struct message *out);
MUST_USE enum err taking_judge(struct exchange *x, const struct peer *p,
                               const struct leaf *leaf, struct slice body,
                               bool *obeys);
bool taking_obey(struct exchange *x, uint32_t peer, struct slice body);
void own_message_queue(struct exchange *x, uint32_t peer, enum leaf_kind kind,
                       const struct message *m);
void decline_queue(struct exchange *x, uint32_t peer,
                   const struct citation *entry, enum err why);

/* ---- expunge.c ---- */
/* Queue an own entry that expunges a message of ours; by its ref, or cited
 * where its lane is no longer the one that is written. */
MUST_USE enum err expunge_queue(struct exchange *x, uint32_t lane,
                                uint64_t index);

/* Recall an item that waits, and erase the outbox's copy. */
void expunge_item(struct exchange *x, uint64_t item);

/* Obey a citing expunge that came in the lane `by`. */
void expunge_obey(struct exchange *x, uint32_t by, uint64_t index,
                  struct slice body);

/* Have the turn erase what is to be erased; note what it did. */
void expunge_pump(struct exchange *x);
void expunge_erased(struct exchange *x, uint64_t count);

/* ---- gone.c: bodies that the origin has no more ---- */
void gone_in_batch(struct incoming *b);

/* Give the size of which a receipt may be signed where one of `size` is
 * wanted, 0 for none; a smaller one is answered by HELD as well. */
uint64_t receipt_allowed(struct exchange *x, uint32_t lane, uint64_t size);

/* ---- commands.c ---- */
void on_request(struct exchange *x, const struct event *e);

/* ---- lanes ---- */
static inline struct lane *
lane_at(const struct exchange *x, uint32_t number)
{
    return number < x->lane_count ? x->lanes[number] : NULL;
}

/* Name of a lane's origin. */
const struct team_name *lane_origin(const struct exchange *x,
                                    const struct lane *l);
void lane_freeze(struct exchange *x, uint32_t lane, uint32_t row,
                 const char *why);

#endif
