/*
 * certs - an authority, a certificate and a revocation list, the same bytes
 *         at each run.
 *
 * Holds:      keys are made of one repeated byte and guard nothing.
 */
#ifndef TESTS_FUZZ_CERTS_H
#define TESTS_FUZZ_CERTS_H

#include "core/base/buf.h"

#define CERTS_TEAM "cert.gov.au"

/* When all of them hold. */
#define CERTS_NOW_S 1790000000

struct certs {
    struct buf root, leaf, server_only, expired, revoked, stranger, list;
};

/* Give them, made at the first call and kept. */
const struct certs *certs_all(void);

#endif
