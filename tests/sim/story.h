/*
 * story - the last lines of what happened, for a seed that fails.
 */
#ifndef TESTS_SIM_STORY_H
#define TESTS_SIM_STORY_H

#include <stddef.h>

#define STORY_LINES 60
#define STORY_COLUMNS 160

struct story {
    char lines[STORY_LINES][STORY_COLUMNS];
    size_t count;
};

void story_clear(struct story *s);

/* Give the next line to be written, of STORY_COLUMNS characters. */
char *story_line(struct story *s);
void story_print(const struct story *s);

#endif
