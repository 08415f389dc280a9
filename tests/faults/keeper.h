/*
 * keeper - the signer's files and what stands behind them, without its socket.
 *
 * Holds:      opens, syncs and answers in the order of edge/signer/process.c,
 *             inside a process of the disk.
 * Leaves out: the process with keys, socket and sandbox (tests/e2e).
 */
#ifndef TESTS_FAULTS_KEEPER_H
#define TESTS_FAULTS_KEEPER_H

#include "calls.h"
#include "edge/signer/journal.h"
#include "sim/team.h"

#define KEEPER_FOLDER CALLS_ROOT "/signer"

struct keeper {
    int folder, lock;
    struct signer *signer;
    struct signer_journal journal;
};

/* Make the signer's folder on a new disk, as `sealane init` does. */
void keeper_prepare(struct disk *d);

/* Open; an error was said. */
MUST_USE enum err keeper_open(struct keeper *k, const struct team *team);

/* Answer; what was signed is on disk before. ERR_IO: the signer must end. */
MUST_USE enum err keeper_answer(struct keeper *k, struct slice request,
                                uint64_t clock_s, struct buf *answer);

void keeper_close(struct keeper *k);

#endif
