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

/* Take apart a card whose keys have not signed yet; only the root's signature
 * is checked. */
MUST_USE enum err held_card_offer(struct held_card *h, struct slice proof,
                                  const struct hash *pinned_root);

/* ---- history.c: keys that cards have named, one after another ---- */
#define KEY_ERAS_MAX 256
/* Note what a card that is in force says of keys. ERR_LIMIT: too many. */
MUST_USE enum err history_note(struct key_history *h, const struct card *c);
const struct key_era *history_find(const struct key_history *h,
                                   enum key_role role, const struct key_id *id);
void history_clear(struct key_history *h);

/* Tell whether a card may follow those before. ERR_LIMIT, ERR_CARD */
MUST_USE enum err history_allows(const struct key_history *h,
                                 const struct card *c);
bool history_is_before(const struct key_history *h, enum key_role role,
                       const struct key_id *a, const struct key_id *b);

/* ---- own.c: our own card and keys ---- */
MUST_USE bool own_start(struct exchange *x);
/* Begin to take a newer card of our own; ERR_... with `why`, or OK: the answer
 * comes when its keys have signed. */
MUST_USE enum err own_import(struct exchange *x, struct slice proof,
                             const struct asked *who, const char **why);
void own_signed(struct exchange *x, const struct asked *a,
                const struct sign_result *r);
void own_keys(struct exchange *x, const struct asked *a,
              const struct sign_result *r);

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
void ask(struct exchange *x, const struct sign_request_op *op,
         const struct asked *what);
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
MUST_USE enum err origin_want(struct exchange *x, struct link *k,
                              const struct frame_want *w);
MUST_USE enum err origin_receipt(struct exchange *x, struct link *k,
                                 const struct frame_receipt *r);
MUST_USE enum err origin_held(struct exchange *x, struct link *k,
                              const struct frame_mark *m);
void origin_checkpoint(struct exchange *x, uint32_t lane,
                       const struct checkpoint *c);
void origin_pump(struct exchange *x, struct link *k);

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
void holder_receipt(struct exchange *x, uint32_t lane,
                    const struct checkpoint *c);
void holder_refused(struct exchange *x, uint32_t lane, uint64_t size);
void holder_pump(struct exchange *x, struct link *k);
void holder_clear(struct exchange *x, struct link *k);

/* ---- taking.c: what becomes of a body ---- */
MUST_USE enum err message_read(struct exchange *x, struct slice bytes,
                               struct message *out);
MUST_USE enum err taking_judge(struct exchange *x, const struct peer *p,
                               const struct leaf *leaf, struct slice body,
                               bool *is_decline);
bool taking_obey(struct exchange *x, uint32_t peer, struct slice body);
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

/* Name of a lane's origin. */
const struct team_name *lane_origin(const struct exchange *x,
                                    const struct lane *l);
void lane_freeze(struct exchange *x, uint32_t lane, uint32_t row,
                 const char *why);

#endif
