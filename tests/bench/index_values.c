#include "index_values.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t dice = 88172645463325252u;

uint64_t
roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

double
now_s(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
value_make(uint64_t i, char out[VALUE_BYTES], enum observable *type)
{
    uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

    switch (i % 4) {
    case 0:
        *type = OBSERVABLE_IPV4;
        (void)snprintf(out, VALUE_BYTES, "%u.%u.%u.%u", (unsigned)(1 + x % 200),
                       (unsigned)(x >> 8 & 255), (unsigned)(x >> 16 & 255),
                       (unsigned)(x >> 24 & 255));
        break;
    case 1:
        *type = OBSERVABLE_DOMAIN;
        (void)snprintf(out, VALUE_BYTES, "a%" PRIx64 ".b%u.example", x >> 20,
                       (unsigned)(x % 5000));
        break;
    case 2:
        *type = OBSERVABLE_URL;
        (void)snprintf(out, VALUE_BYTES, "http://c%" PRIx64 ".example/p/%u.php",
                       x >> 24, (unsigned)(x % 900));
        break;
    default:
        *type = OBSERVABLE_SHA256;
        (void)snprintf(out, VALUE_BYTES,
                       "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
                       x, x * 3, x * 5, x * 7);
    }
}

uint64_t
value_of_message(uint64_t i)
{
    return i % 10 == 9 ? i / 100 : i;
}

static int
by_time(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

void
times_say(const char *what, double *took, size_t count)
{
    qsort(took, count, sizeof took[0], by_time);
    printf("%s: %zu asked, p50 %.3f ms, p99 %.3f ms, most %.3f ms\n", what,
           count, took[count / 2], took[count * 99 / 100], took[count - 1]);
    (void)fflush(stdout);
}
