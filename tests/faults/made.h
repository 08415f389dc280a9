/*
 * made - one file call, between its beginning and its end.
 *
 * Leaves out: the calls themselves (libc.c, libc_names.c).
 */
#ifndef TESTS_FAULTS_MADE_H
#define TESTS_FAULTS_MADE_H

#include "calls.h"

struct made {
    struct process *process;
    enum call call;
    enum strike strike;
    const struct file *file;
};

/* Step out of the process and decide what happens to its call. */
struct made call_begin(enum call call, const struct file *file);

/* Step back in with the call's result, and errno where that is negative. */
long call_end(const struct made *m, long result, int why);

bool call_fails(const struct made *m);

/* Give the file behind a descriptor: inside a process there is nothing but its
 * disk. Of a folder's, NULL for none in particular. */
struct open_file *file_of(int fd);
struct file *folder_of(int folder);

/* Give the folder of a path, and its last part; NULL: there is no such. */
struct file *folder_walk(struct process *p, struct file *from, const char *path,
                         const char **last);

/* Give the file of a path; NULL: there is no such. */
struct file *file_find(struct process *p, struct file *from, const char *path);

#endif
