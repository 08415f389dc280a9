#include "core/base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *
mem_new(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        abort();
    return memory;
}

void *
mem_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        abort();
    void *memory = realloc(old, count && size ? count * size : 1);
    if (!memory)
        abort();
    return memory;
}

void *
mem_copy(const void *data, size_t size)
{
    if (!size)
        return NULL;
    void *memory = mem_new(size);
    memcpy(memory, data, size);
    return memory;
}

void
mem_free(void *memory)
{
    free(memory);
}
