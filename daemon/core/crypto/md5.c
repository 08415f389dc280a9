#include "core/crypto/md5.h"

#include <openssl/err.h>
#include <openssl/evp.h>

bool
crypto_md5(struct slice text, uint8_t out[MD5_BYTES])
{
    size_t size = 0;

    ERR_set_mark();
    bool good =
        EVP_Q_digest(NULL, "MD5", NULL, text.data, text.size, out, &size) == 1;
    ERR_pop_to_mark();
    return good && size == MD5_BYTES;
}
