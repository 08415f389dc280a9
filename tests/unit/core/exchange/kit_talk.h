/*
 * kit_talk - what several tests say and look at: whole conversations, bodies
 *            that are gone, alarms.
 *
 * Holds:      what fails in here fails the test.
 * Leaves out: the node and its peer (kit.h), the peer's memory (kit_epoch.h).
 */
#ifndef TESTS_UNIT_CORE_EXCHANGE_KIT_TALK_H
#define TESTS_UNIT_CORE_EXCHANGE_KIT_TALK_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/exchange/view.h"

struct kit;

/* ---- what both say ---- */

/* Both lanes must work. */
void kit_good_session(struct kit *k);

/* Have the peer send `count` entries, a batch each; or have us; or both, and
 * hang up. Only the last hangs up. */
void kit_hold(struct kit *k, size_t count);
void kit_receipted(struct kit *k, size_t count);
void kit_talk(struct kit *k, size_t count);

/* Let the node run, tick by tick. */
void kit_run(struct kit *k, uint64_t ms);

/* Announce a batch; tell whether the node asks for it. Send its bodies. */
bool kit_is_wanted(struct kit *k, uint64_t start, size_t count);
void kit_bodies(struct kit *k, uint64_t start, size_t count);

/* What a peer does, with six entries made and two of ours waiting, and with
 * which error the node must end the session; `seen`: S became a fact. */
struct kit_case {
    const char *name;
    void (*act)(struct kit *k);
    enum err e;
    bool seen;
};
void kit_entries(struct kit *k);
void kit_run_cases(const struct kit_case *cases, size_t count);

/* ---- expunges of the peer, and bodies that it has no more ---- */
void kit_messages(struct kit *k, size_t count);
void kit_expunge(struct kit *k, uint64_t ref);
void kit_gone_put(struct kit *k, struct buf *out, uint64_t index);

/* Send entries as one batch, with GONE for one of them. */
void kit_batch_without(struct kit *k, uint64_t start, size_t count,
                       uint64_t gone);

/* ---- what is seen ---- */
struct view_node kit_node(const struct kit *k);
struct view_alarm kit_alarm(const struct kit *k, uint64_t number);
struct view_expunged kit_expunged(const struct kit *k, uint32_t lane,
                                  uint64_t index);

/* Whether a body can be read: OK, ERR_GONE, ... */
enum err kit_body_state(const struct kit *k, uint32_t lane, uint64_t index);

/* The capture of all of it must give the same once more. */
void kit_replays(const struct kit *k);

#endif
