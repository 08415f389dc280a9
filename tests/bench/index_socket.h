/*
 * index_socket - how fast the index answers at its socket.
 *
 * Holds:      what answers is the index process as the daemon starts it,
 *             sandbox included, in a process of its own.
 * Leaves out: filling the index (index_bench.c), the start of the command.
 */
#ifndef TESTS_BENCH_INDEX_SOCKET_H
#define TESTS_BENCH_INDEX_SOCKET_H

#include <stdint.h>

#define SOCKET_PATH_BYTES 1000

/* Serve the index in `folder`, which has so many messages, and ask `times`
 * for values that it holds, values that it does not hold, and words (0: as
 * often as is enough for a p99). Gives the exit status. */
int socket_time(const char *folder, uint64_t messages, uint64_t times);

#endif
