/*
 * stub_certificate - certificates of teams that have none.
 *
 * Leaves out: X.509 (core/crypto/certificate.c), which this file replaces.
 */
#include "core/base/cursor.h"
#include "core/crypto/certificate.h"

/* Lists of a test end with their card, certificates too if they do not
 * begin with the seconds at which they end. */
enum err
certificate_end(struct slice der, uint64_t *end_s)
{
    if (der.size != sizeof *end_s)
        return ERR_FORMAT;
    *end_s = get_be64(der.data);
    return OK;
}

enum err
revocation_list_end(struct slice der, uint64_t *end_s)
{
    (void)der;
    (void)end_s;
    return ERR_FORMAT;
}

/* A root certificate of a test is its 32 bytes of public key. */
enum err
certificate_key(struct slice der, struct public_key *out)
{
    if (der.size != sizeof out->b)
        return ERR_FORMAT;
    memcpy(out->b, der.data, sizeof out->b);
    return OK;
}
