/*
 * sign - the next version of a team's card, signed by its root.
 *
 * Holds:      the version is one higher; what the old card revoked stays
 *             revoked; keys that go are named, retired or compromised.
 * Leaves out: the signatures of the keys: the node adds them.
 * Spec:       docs/PROTOCOL.md#cards
 */
#ifndef CLI_SIGN_H
#define CLI_SIGN_H

#include "cli/pki.h"
#include "cli/request.h"

/* Options that change what the card says; given to commands as a table. */
extern const struct option sign_options[];

/* Sign what `r` asks for with the root in `directory`, as the options say;
 * the card goes to `out`. False after saying why not. */
MUST_USE bool sign_request(const struct run *run, const struct request *r,
                           const char *directory, struct buf *out);

#endif
