/*
 * renew - asks the running node for what its next card needs, and gives it
 *         the signed card.
 *
 * Leaves out: signing with the root (sign.h).
 */
#ifndef CLI_RENEW_H
#define CLI_RENEW_H

#include "cli/request.h"

/* What is to change: by role from session on, and the TLS key. */
struct renewal {
    bool rotate[REQUEST_ROLES], compromised[REQUEST_ROLES];
    bool rotate_tls, tls_compromised;
};

/* Take the name of a role into `r`; false after saying which there are. */
MUST_USE bool renewal_role(struct renewal *r, const char *role,
                           bool compromised);

/* Have the node make the keys and put the request together; false after
 * saying why not. */
MUST_USE bool renew_request(struct daemon *d, const struct renewal *what,
                            struct request *out);

/* Give the node a card; its version goes to `version`, its team to `team`.
 * False after saying why it is not taken. */
MUST_USE bool renew_import(struct daemon *d, struct slice card,
                           struct team_name *team, uint64_t *version);

#endif
