/*
 * index_values - the values that the index benchmarks hold and ask for.
 *
 * Holds:      the same values in each run, whoever asks for them.
 * Leaves out: messages (index_bench.c).
 */
#ifndef TESTS_BENCH_INDEX_VALUES_H
#define TESTS_BENCH_INDEX_VALUES_H

#include "core/model/observable.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define VALUE_BYTES 96

/* Of the name of each message, and of no value. */
#define VALUE_WORD "malicious"

uint64_t roll(void);
double now_s(clockid_t clock);

/* The value of a number; each number has another. */
void value_make(uint64_t i, char out[VALUE_BYTES], enum observable *type);

/* The number whose value message `i` has: a tenth repeat one. */
uint64_t value_of_message(uint64_t i);

/* Sort milliseconds, and print where the middle, p99 and the most are. */
void times_say(const char *what, double *took, size_t count);

#endif
