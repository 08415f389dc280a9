/*
 * stub_hash - a fast hash and a fast checksum for a simulation of many seeds.
 *
 * Leaves out: signatures (stub_crypto.c).
 */
#ifndef TESTS_SIM_STUB_HASH_H
#define TESTS_SIM_STUB_HASH_H

#include "core/base/slice.h"

/* Have everything hashed by SHA-256 and checked by CRC-32C as in a node. */
void stub_hash_real(bool on);

/* Mix bytes into a number, always by the fast hash. */
uint64_t stub_mix(uint64_t seed, struct slice bytes);

#endif
