/*
 * process - a process of our code inside the test's own: its memory, its open
 *           files, what it says, and how it ends.
 *
 * Holds:      what runs inside owns every block that it allocates; an end of
 *             any kind takes all of them, and a clean one must leave none.
 *             There is one thread: at most one process runs at a time.
 * Leaves out: its file calls (calls.h).
 */
#ifndef TESTS_FAULTS_PROCESS_H
#define TESTS_FAULTS_PROCESS_H

#include "disk.h"

#include <setjmp.h>

#define PROCESS_FILES_MAX 160
#define PROCESS_FD_FIRST 1000000
#define PROCESS_SAID_MAX 2048

enum ending {
    ENDED_NOT,
    ENDED_EXIT,   /* by _exit */
    ENDED_CUT,    /* by a fault */
    ENDED_MEMORY, /* by abort, for want of memory */
};

/* A descriptor. */
struct open_file {
    struct file *file; /* NULL: free */
    int flags;
    uint64_t at;
};

struct block;

struct process {
    struct disk *disk;
    enum ending ending;
    int status;                  /* of ENDED_EXIT */
    char said[PROCESS_SAID_MAX]; /* on standard error, its end at least */
    /* of this room alone */
    struct block *blocks;
    struct open_file files[PROCESS_FILES_MAX];
    jmp_buf away;
};

/* The process that runs; NULL while the test itself does. */
extern struct process *process_now;

void process_begin(struct process *p, struct disk *d);

/* Run `work` inside. Gives how the process ended, ENDED_NOT if it lives. */
enum ending process_run(struct process *p, void (*work)(void *context),
                        void *context);

/* Take away what an ended process held. */
void process_bury(struct process *p);

/* The same where its memory is gone already. */
void process_forget(struct process *p);

/* Tell how many blocks and files the process still holds. */
size_t process_leaks(const struct process *p);

/* Leave the process for a moment, for work of the test. */
struct process *process_pause(void);
void process_resume(struct process *p);

/* End the process that runs. */
_Noreturn void process_end(enum ending how, int status);

/* Let the allocation `left` from now inside any process fail, 1 the next one;
 * 0 for none. memory_count counts them all. */
void memory_fail(uint64_t left);
uint64_t memory_count(void);

/* Keep what belongs to no process in `bytes` of zeroed memory that forked
 * programs share, and free nothing of it. There, want of memory ends the
 * program as it ends a daemon, and what a process held goes with the program,
 * since OpenSSL keeps some of it. The second counts what failed there. */
void memory_share(void *at, size_t bytes);
uint64_t memory_shared_struck(void);

#endif
