/*
 * canary - what tests/lint/run must find, or it looks at nothing: an answer
 *          that nobody reads, and NULL that is read.
 */
#include <stdio.h>

int canary(int n);

int
canary(int n)
{
    const int *p = n > 0 ? &n : NULL;

    fflush(stdout);
    return *p;
}
