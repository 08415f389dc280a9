/*
 * sandbox_acts - what no process of sealaned ever does, one try a line.
 *
 * Holds:      where nothing confines, no try leaves a trace outside of the
 *             state directory, not even for root.
 */
#ifndef SANDBOX_ACTS_H
#define SANDBOX_ACTS_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/types.h>

#define ACTS_PATH_BYTES 1200

/* Where the tries go. */
struct acts_world {
    const char *state, *socket, *beside;
    struct sockaddr_in listen, other;
    pid_t parent;
    long parents_word;
};
extern struct acts_world acts_world;

#define ACT_PASSES 1u   /* unconfined it succeeds, for any user */
#define ACT_BY_FILES 2u /* Landlock alone refuses it */
#define ACT_ABORTS 4u   /* it ends by SIGABRT, confined or not */

struct act {
    const char *name;
    unsigned who; /* bits by enum sandbox_role */
    unsigned flags;
    /* Gives -1 with errno where it was refused. */
    long (*run)(long number, const char *path);
    long number;
    const char *path;
};
extern const struct act acts[];
extern const size_t act_count;

/* Give the path of `name` in the state directory, until the next call. */
const char *acts_below_state(const char *name);

#endif
