/*
 * rules - what is left out on purpose: a store, a signer or a network breaks
 *         the rule, and the core knows nothing of it.
 */
#ifndef TESTS_SIM_RULES_H
#define TESTS_SIM_RULES_H

#include "core/base/buf.h"
#include "core/ports/store.h"

enum rule {
#define RULE(id, text, how) WITHOUT_##id,
#include "sim/rules.def"
#undef RULE
    RULE_COUNT
};

struct world;
struct node;

bool rule_named(const char *name, enum rule *out);
void rules_print(void);

/* Own entries that a peer has not taken, as the core counts them. */
struct exchange;
uint64_t core_own_waiting(const struct exchange *x, uint32_t peer);

/* Messages of a submission to one peer, as the command shows them. */
uint64_t core_part_size(const struct exchange *x, uint64_t number,
                        uint32_t peer);

/* From now on the functions put in front obey this world; or none. */
void rules_watch(const struct world *w);

/* Tell whether the facts of a turn stay unsynced while its effects leave. */
bool rules_skip_sync(struct world *w, const struct node *n, struct slice facts);

/* Leave out of a turn's facts what a store forgets. */
struct slice rules_forget(struct world *w, struct slice facts,
                          struct buf *memory);

/* Give the store as the exchange sees it. */
void rules_port(struct world *w, struct node *n, struct store *out);

/* Change the signer's answer. */
void rules_answer(struct world *w, struct slice request, struct buf *answer);

/* Tell whether the network loses a frame of that type. */
bool rules_lose(struct world *w, unsigned frame_type);

/* Write the signing journal as the signer finds it at its start. */
void rules_sign_journal(struct world *w, const struct node *n, struct buf *out);

#endif
