#include "core/crypto/memory.h"

#include "core/base/mem.h"

#include <assert.h>
#include <openssl/crypto.h>

static void *
take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size ? mem_new(size) : NULL;
}

static void
drop(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    mem_free(memory);
}

static void *
resize(void *old, size_t size, const char *file, int line)
{
    if (size)
        return mem_resize(old, size, 1);
    drop(old, file, line);
    return NULL;
}

void
crypto_memory_begin(void)
{
    int early = CRYPTO_set_mem_functions(take, resize, drop);

    assert(early == 1);
}
