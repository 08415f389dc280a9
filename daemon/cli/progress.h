/*
 * progress - follows a submission until every team has receipted it.
 *
 * Holds:      the daemon says when something changes; nothing is polled.
 * Leaves out: making the submission (submit.c).
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/link.h"
#include "cli/text.h"

/* Where a submission stands, all teams together. */
struct progress {
    uint64_t queued, sent, receipted, cancelled;
};

/* Add up the records of an answer to submission. */
void progress_read(const struct control_answer *a, struct progress *out);

/* The clock, milliseconds since 1970. */
uint64_t progress_now_ms(void);

/* Follow submission `number`, begun at `began_ms`, for at most `wait_ms`;
 * print bar, times and receipts, or why it takes so long. Gives DONE,
 * WAITING or FAILED. */
int progress_follow(const struct run *run, uint64_t number, uint64_t began_ms,
                    uint64_t wait_ms);

#endif
