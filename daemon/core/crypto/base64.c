#include "core/crypto/base64.h"

#include <assert.h>
#include <limits.h>
#include <openssl/evp.h>

/* Re-encoding goes in lines of so many bytes, so that it needs no memory. */
#define LINE_BYTES 48
#define LINE_CHARACTERS 64

static size_t
characters_of(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

void
base64_put(struct buf *out, struct slice bytes)
{
    size_t size = characters_of(bytes.size);

    assert(bytes.size <= INT_MAX / 2);
    /* One more for the NUL that OpenSSL writes. */
    uint8_t *at = buf_extend(out, size + 1);
    int written = EVP_EncodeBlock(at, bytes.data, (int)bytes.size);
    assert((size_t)written == size);
    out->size -= 1;
}

static bool
is_text_of(struct slice bytes, struct slice text)
{
    uint8_t line[LINE_CHARACTERS + 1];

    if (characters_of(bytes.size) != text.size)
        return false;
    for (size_t at = 0; at < bytes.size; at += LINE_BYTES) {
        size_t left = bytes.size - at;
        size_t n = left < LINE_BYTES ? left : LINE_BYTES;
        int size = EVP_EncodeBlock(line, bytes.data + at, (int)n);
        if (memcmp(line, text.data + at / 3 * 4, (size_t)size) != 0)
            return false;
    }
    return true;
}

bool
base64_get(struct slice text, struct buf *out)
{
    size_t before = out->size, padding = 0;

    if (text.size % 4 != 0 || text.size > INT_MAX)
        return false;
    if (text.size == 0)
        return true;
    while (padding < 2 && text.data[text.size - 1 - padding] == '=')
        padding++;
    size_t size = text.size / 4 * 3;
    uint8_t *at = buf_extend(out, size);
    int got = EVP_DecodeBlock(at, text.data, (int)text.size);
    out->size -= padding;
    /* PROTOCOL bytes: "Base64 MUST be that of RFC 4648 section 4, with padding,
     * without white space and with unused bits zero; any other text is
     * refused." */
    if (got >= 0 && (size_t)got == size &&
        is_text_of(slice_of(at, size - padding), text))
        return true;
    out->size = before;
    return false;
}
