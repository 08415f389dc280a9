/*
 * memory - OpenSSL's memory, under the rule of ours.
 *
 * Holds:      OpenSSL never goes on without memory: it would crash in its own
 *             code, or a good signature would look like a bad one.
 * Leaves out: our own (core/base/mem.h).
 */
#ifndef CORE_CRYPTO_MEMORY_H
#define CORE_CRYPTO_MEMORY_H

/* Have OpenSSL allocate by mem_new, which ends the process for want of memory.
 * To be called once, at the start of a program, before OpenSSL was used. */
void crypto_memory_begin(void);

#endif
