/*
 * rules - what is left out on purpose: here a store, a signer or a network
 *         breaks the rule, and the core knows nothing of it.
 */
#include "sim/sim.h"

static const char *const names[RULE_COUNT] = {
#define RULE(id, text) #id,
#include "sim/rules.def"
#undef RULE
};

bool
rule_named(const char *name, enum rule *out)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum rule)i;
            return true;
        }
    return false;
}

static bool
has_fact(struct slice facts, enum fact_type type)
{
    while (facts.size) {
        struct fact f;
        bool erased;
        if (fact_get(&facts, &f, &erased) != OK)
            return false;
        if (f.type == type)
            return true;
    }
    return false;
}

bool
rules_skip_sync(struct world *w, const struct node *n, struct slice facts)
{
    (void)n;
    if (without(w, WITHOUT_R1) && has_fact(facts, FACT_SEQUENCED))
        return true;
    return without(w, WITHOUT_R4) && has_fact(facts, FACT_ENTRY);
}
