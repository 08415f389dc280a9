#include "core/policy/policy.h"

struct question {
    const struct agreement *agreement;
    const struct marking *marking;
    enum origin origin;
};

/* A rule refuses where `refuses` answers yes. */
struct rule {
    bool (*refuses)(const struct question *q);
    struct verdict verdict;
};

static const struct verdict allowed = {true, "allowed",
                                       "the handling rules allow it", ""};

static bool
is_foreign(const struct question *q)
{
    return q->origin != ORIGIN_OWN;
}

static bool
is_above_ceiling(const struct question *q)
{
    return q->marking->tlp > q->agreement->ceiling;
}

static bool
is_red_without_recipient(const struct question *q)
{
    return q->marking->tlp >= TLP_RED && q->marking->recipient_count == 0;
}

static bool
is_green_outside_community(const struct question *q)
{
    return q->marking->tlp == TLP_GREEN && !q->agreement->community;
}

/* Whose it is comes first: no ceiling and no recipient would cure that. */
static const struct rule send_rules[] = {
    {is_foreign,
     {false, "not-ours", "it came from another team: not ours to pass on",
      "ask the team that it came from"}},
    {is_above_ceiling,
     {false, "ceiling", "its TLP is above the ceiling agreed with this peer",
      "agree on a higher ceiling with the peer, or mark it lower if it is "
      "yours to mark"}},
    {is_red_without_recipient,
     {false, "no-recipient",
      "TLP:RED, but nobody at the peer is named as recipient",
      "name a person or role there with --recipient"}},
    {is_green_outside_community,
     {false, "not-community",
      "TLP:GREEN stays in the community, and this peer is not marked as part "
      "of it",
      "mark the peer as part of the community, if it is"}},
};

static const struct rule take_rules[] = {
    {is_above_ceiling,
     {false, "ceiling", "its TLP is above the ceiling that we agreed to take",
      "agree on a higher ceiling with the sender"}},
    {is_red_without_recipient,
     {false, "no-recipient", "TLP:RED, but nobody here is named as recipient",
      "the sender names a person or role here"}},
};

static struct verdict
decide(const struct rule *rules, size_t count, const struct question *q)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].refuses(q))
            return rules[i].verdict;
    return allowed;
}

void
policy_may_send(const struct agreement *agreement, const struct marking *m,
                enum origin origin, struct verdict *out)
{
    struct question q = {agreement, m, origin};

    *out = decide(send_rules, ARRAY_SIZE(send_rules), &q);
}

void
policy_may_take(const struct agreement *agreement, const struct marking *m,
                struct verdict *out)
{
    struct question q = {agreement, m, ORIGIN_FOREIGN};

    *out = decide(take_rules, ARRAY_SIZE(take_rules), &q);
}
