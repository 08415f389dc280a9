/*
 * harness - the bounds that every input of a fuzz target must keep.
 *
 * Holds:      an input that takes more processor time or heap than a parser
 *             of foreign bytes may have ends the program, as a crash does.
 * Leaves out: choosing inputs (libFuzzer, mutate.c), kept ones (replay.c).
 */
#ifndef TESTS_FUZZ_HARNESS_H
#define TESTS_FUZZ_HARNESS_H

#include "core/base/limits.h"
#include "core/base/slice.h"

#include <assert.h>

/* What one input may take in a release build. */
#define FUZZ_CPU_MS_MAX 50
#define FUZZ_HEAP_BYTES_MAX MIB(16)

/* Sanitizers, coverage and a lower optimisation make the same work slower:
 * twelve times was the most that was measured over the kept inputs, so that
 * 16 is the least round number that is never reached by the build alone. The
 * release build, which replays all kept inputs, has 1. */
#ifndef FUZZ_SLOWNESS
#define FUZZ_SLOWNESS 16
#endif

/* What libFuzzer calls; it gives `fuzz_bounded` of the target's own part. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Run `one` on an input within the bounds; always 0. What takes too long is
 * run again before it counts, since a busy machine can spoil one measurement;
 * so `one` must leave nothing behind. Heap is watched where a sanitizer gives
 * the hooks for it. */
int fuzz_bounded(void (*one)(struct slice input), const uint8_t *data,
                 size_t size);

#endif
