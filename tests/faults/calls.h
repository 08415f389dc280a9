/*
 * calls - the C library's file calls, made on a disk in memory, and which of
 *         them goes wrong.
 *
 * Holds:      inside a process every file call goes to its disk; one that is
 *             not known here does not link or fails a test (CALLS).
 * Leaves out: what the disk then does (disk.h).
 */
#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

#include "process.h"

#define CALLS_ROOT "/disk"

enum call {
    CALL_OPEN,
    CALL_CLOSE,
    CALL_READ,
    CALL_WRITE,
    CALL_SYNC,
    CALL_SYNC_FOLDER,
    CALL_RESERVE,
    CALL_CUT,
    CALL_RENAME,
    CALL_REMOVE,
    CALL_MAKE_FOLDER,
    CALL_LOCK,
    CALL_LOOK,
    CALL_LIST,
    CALL_RANDOM,
    CALL_COUNT
};

/* How a call goes wrong. */
enum strike {
    STRIKE_NONE,
    STRIKE_FAIL,       /* EIO */
    STRIKE_FULL,       /* ENOSPC, which follows from the disk's room */
    STRIKE_PART,       /* only a part is read or written */
    STRIKE_INTERRUPT,  /* EINTR */
    STRIKE_CUT_BEFORE, /* the process is gone before the call, */
    STRIKE_CUT_WITHIN, /* in the middle of a write, */
    STRIKE_CUT_AFTER,  /* or right after it */
    STRIKE_COUNT
};

#define CALLS_ALL ((1u << CALL_COUNT) - 1)
#define CALLS_SYNCS (1u << CALL_SYNC | 1u << CALL_SYNC_FOLDER)

struct calls_plan {
    enum strike what;
    uint32_t which;    /* set of calls, bit 1 << CALL_... */
    uint64_t left;     /* the so manieth of them from now on, 1 the next */
    bool for_ever;     /* and every one after it */
    struct disk *disk; /* of this disk alone; NULL: of any */
};

struct calls_made {
    uint64_t all; /* by the plan's disk, of the plan's calls */
    uint64_t struck;
};

/* Plan what goes wrong; NULL for nothing. Counts start anew. */
void calls_set(const struct calls_plan *plan);
struct calls_made calls_made(void);

/* Counts over the whole program, by call and by what went wrong. */
extern uint64_t calls_seen[CALL_COUNT][STRIKE_COUNT];

const char *call_name(enum call c);
const char *strike_name(enum strike s);

/* Tell whether a call can go wrong so. */
bool strike_fits(enum call c, enum strike s);

/* Is told of every call that went well, outside of the process; true ends
 * the process there. NULL: nobody. */
typedef bool (*calls_watch_fn)(void *context, enum call c,
                               const struct file *f);
void calls_watch(calls_watch_fn fn, void *context);

/* Print each call from now on. */
void calls_trace(bool on);

#endif
