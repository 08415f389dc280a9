#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_HOOKS 1
#endif
#endif

#define TRIES 3

#ifdef HAS_HOOKS
/* Of the sanitizer's allocator; gcc brings the functions, but no header. */
int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t),
    void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *memory);

static struct {
    bool watched;
    int64_t bytes; /* since the input began; frees of older memory count too */
} heap;

static void
on_malloc(const volatile void *memory, size_t size)
{
    (void)memory;
    if (!heap.watched)
        return;
    heap.bytes += (int64_t)size;
    if (heap.bytes <= (int64_t)FUZZ_HEAP_BYTES_MAX)
        return;
    heap.watched = false;
    (void)fprintf(stderr, "this input takes more than %u bytes of heap\n",
                  FUZZ_HEAP_BYTES_MAX);
    abort();
}

static void
on_free(const volatile void *memory)
{
    if (heap.watched && memory)
        heap.bytes -= (int64_t)__sanitizer_get_allocated_size(memory);
}

static void
heap_begin(void)
{
    static bool installed;

    if (!installed) {
        int hooks =
            __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
        assert(hooks > 0);
        installed = true;
    }
    heap.bytes = 0;
    heap.watched = true;
}

static void
heap_end(void)
{
    heap.watched = false;
}
#else
static void
heap_begin(void)
{
}

static void
heap_end(void)
{
}
#endif

/* The time of this thread alone: others on the machine do not count. */
static uint64_t
cpu_ms(void)
{
    struct timespec t;

    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
        abort();
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t
run(void (*one)(struct slice input), struct slice input)
{
    uint64_t began = cpu_ms();

    heap_begin();
    one(input);
    heap_end();
    return cpu_ms() - began;
}

int
fuzz_bounded(void (*one)(struct slice input), const uint8_t *data, size_t size)
{
    const uint64_t most = FUZZ_CPU_MS_MAX * FUZZ_SLOWNESS;
    uint64_t took = run(one, slice_of(data, size));

    for (int i = 1; i < TRIES && took > most && took < 4 * most; i++) {
        uint64_t again = run(one, slice_of(data, size));
        took = again < took ? again : took;
    }
    if (took > most) {
        (void)fprintf(stderr,
                      "this input takes %llu ms: more than %u ms, each of "
                      "which may last %u ms in this build\n",
                      (unsigned long long)took, FUZZ_CPU_MS_MAX, FUZZ_SLOWNESS);
        abort();
    }
    return 0;
}
