/*
 * crc - CRC-32C (Castagnoli), for finding torn and damaged bytes.
 *
 * Leaves out: protection against an adversary: that is what hashes are for.
 */
#ifndef CORE_BASE_CRC_H
#define CORE_BASE_CRC_H

#include "core/base/slice.h"

/* Continue a CRC over more bytes; start with any seed that is not zero, so
 * that zeros are not their own checksum. */
uint32_t crc32c(uint32_t seed, struct slice bytes);

#endif
