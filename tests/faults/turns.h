/*
 * turns - the turns that the sweeps of a journal write: one entry each.
 */
#ifndef TESTS_FAULTS_TURNS_H
#define TESTS_FAULTS_TURNS_H

#include "core/ports/store.h"

#define TURN_BODY_MAX 900000

/* Write and sync a turn with the entry `*count` of lane 0, of `size` bytes,
 * and count it; the first one makes the lane. */
void turn_write(const struct store *s, uint64_t *count, size_t size);

#endif
