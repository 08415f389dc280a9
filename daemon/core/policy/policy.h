/*
 * policy - may this message go to that peer, may we take it: and why not.
 *
 * Holds:      the table of handling rules, the same for every message; each
 *             refusal names its reason and what a person can do.
 * Trusts:     that the marking is the strictest of all that apply to it.
 * Leaves out: deriving a marking (core/formats), quotas and credit
 *             (core/exchange).
 * Spec:       docs/PROTOCOL.md#handling; FIRST TLP 2.0
 */
#ifndef CORE_POLICY_POLICY_H
#define CORE_POLICY_POLICY_H

#include "core/model/marking.h"

/* What two teams agreed for one direction. */
struct agreement {
    enum tlp ceiling; /* the strictest marking that may travel */
    bool community;   /* the peer is of the community that green means */
};

/* Whose message it is: ours, or one that another team gave us (its producer
 * is not us, or its id came over a lane). */
enum origin {
    ORIGIN_OWN,
    ORIGIN_FOREIGN,
};

/* All texts are constant: nobody frees them. */
struct verdict {
    bool allowed;
    const char *reason; /* stable id: "ceiling"; "allowed" where it may */
    const char *text;   /* a sentence for a person, without a full stop */
    const char *advice; /* what to do about it; "" where it may */
};

/* Decide whether a message marked `m` may be sequenced for the peer of
 * `agreement`; the first rule that refuses gives the reason. Reasons:
 * "not-ours", "ceiling", "no-recipient", "not-community". */
void policy_may_send(const struct agreement *agreement, const struct marking *m,
                     enum origin origin, struct verdict *out);

/* Decide whether to take a message marked `m` under what we agreed to take
 * from its sender; on refusal decline it with the reason. Reasons:
 * "ceiling", "no-recipient". */
void policy_may_take(const struct agreement *agreement, const struct marking *m,
                     struct verdict *out);

#endif
