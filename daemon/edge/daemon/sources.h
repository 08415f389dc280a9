/*
 * sources - what the core may not reach for itself: the clocks and randomness.
 *
 * Leaves out: handing them on (daemon.c).
 */
#ifndef EDGE_DAEMON_SOURCES_H
#define EDGE_DAEMON_SOURCES_H

#include "core/exchange/exchange.h"

/* Read both clocks. */
struct now clocks_read(void);

/* Fill `size` bytes with fresh randomness of the kernel. */
void random_fill(void *out, size_t size);

#endif
