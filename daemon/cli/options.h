/*
 * options - what a command may be told, in tables, and what it was told.
 *
 * Holds:      every option given stands in the tables of its command; words
 *             are what is no option.
 * Trusts:     nothing of the command line.
 * Leaves out: what the commands do with it (commands.h).
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "core/base/slice.h"

#include <stdio.h>

/* How a run ends: what scripts rely on. */
enum exit_code {
    DONE = 0,
    NO_MATCH = 1, /* or a warning */
    FAILED = 2,   /* usage, or critical */
    REFUSED = 3,  /* some objects */
    WAITING = 5,  /* safe, but not yet receipted */
};

struct option {
    const char *name;     /* without the two hyphens */
    char letter;          /* 0: none */
    const char *argument; /* what stands behind it; NULL: nothing */
    const char *help;
};

/* The tables of a command end with an option without name. */
#define OPTION_TABLES 3
#define GIVEN_MAX 4096

struct given {
    const struct option *option;
    const char *text; /* NULL for an option without argument */
};

struct options {
    const struct option *tables[OPTION_TABLES];
    struct given *given;
    size_t given_count;
    const char **words;
    size_t word_count;
};

/* Read `count` arguments against the tables, which are set before. On a
 * fault say on standard error what is wrong and what is near; false. */
MUST_USE bool options_read(struct options *o, char **arguments, int count);
void options_clear(struct options *o);

/* Give what was told: NULL or false where nothing was. The last one counts.
 * The name must stand in the tables. */
const char *option_text(const struct options *o, const char *name);
bool option_is(const struct options *o, const char *name);

/* Give the `i`th use of an option that may stand several times; NULL beyond
 * the last. */
const char *option_nth(const struct options *o, const char *name, size_t i);

/* Read a number from 0 to `max`; on a fault say so, false. `otherwise` where
 * the option was not given. */
MUST_USE bool option_number(const struct options *o, const char *name,
                            uint64_t max, uint64_t otherwise, uint64_t *out);

/* The same of --limit, of which 0 is refused. */
MUST_USE bool option_limit(const struct options *o, uint64_t max,
                           uint64_t otherwise, uint64_t *out);

/* Read a time span such as 60s, 5min, 8h, 30d or 2w into milliseconds. */
MUST_USE bool option_span(const struct options *o, const char *name,
                          uint64_t otherwise, uint64_t *out_ms);
MUST_USE bool span_parse(struct slice text, uint64_t *out_ms);

/* Give the name out of `count` that is nearest to `word`; NULL if none is
 * near. `names` calls back with each. */
const char *nearest(const char *word, const char *const *names, size_t count);

#endif
