#include "sim/story.h"

#include <stdio.h>

void
story_clear(struct story *s)
{
    s->count = 0;
}

char *
story_line(struct story *s)
{
    return s->lines[s->count++ % STORY_LINES];
}

void
story_print(const struct story *s)
{
    size_t from = s->count > STORY_LINES ? s->count - STORY_LINES : 0;

    for (size_t i = from; i < s->count; i++)
        puts(s->lines[i % STORY_LINES]);
}
