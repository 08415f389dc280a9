/*
 * mutate - changes inputs along their structure, so that what is changed is
 *          still read to its depth.
 *
 * Leaves out: blind changes, which libFuzzer makes in between.
 */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Each changes `size` bytes at `data` in place, to at most `max`, and gives
 * the new size; the same seed makes the same change. */

/* A protobuf message: a field at any depth is changed, dropped, doubled or
 * moved, and the lengths around it are made right. */
size_t mutate_message(uint8_t *data, size_t size, size_t max, unsigned seed);

/* A message behind so many bytes of another kind. */
size_t mutate_behind(uint8_t *data, size_t size, size_t max, unsigned seed,
                     size_t head);

/* A list of steps (script.h), whose bytes are mostly messages. */
size_t mutate_script(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
