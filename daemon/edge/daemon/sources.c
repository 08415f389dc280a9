#include "edge/daemon/sources.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>
#include <time.h>

struct now
clocks_read(void)
{
    struct timespec mono, wall;

    clock_gettime(CLOCK_MONOTONIC, &mono);
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct now){
        {(uint64_t)mono.tv_sec * 1000 + (uint64_t)mono.tv_nsec / 1000000},
        {(uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000},
    };
}

void
random_fill(void *out, size_t size)
{
    uint8_t *at = out;

    while (size) {
        ssize_t n = getrandom(at, size, 0);
        assert(n > 0 || errno == EINTR);
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
}
