/*
 * asked - what a command wants of the index: values and what else must hold,
 *         asked for page by page.
 *
 * Holds:      the options --file, --parents, --text, --type, --label, --role,
 *             --tlp, --producer, --peer, --case, --exercise, --state, --since,
 *             --until and --limit mean the same in every command that has
 *             them, and so do the words.
 * Leaves out: what becomes of the matches (search.c, chosen.c).
 * Spec:       docs/man/sealane.1, search
 */
#ifndef CLI_ASKED_H
#define CLI_ASKED_H

#include "cli/link.h"

struct asked {
    const struct run *run;
    struct buf file;
    struct slice *values;
    size_t count, capacity;
    uint64_t refused;           /* lines of the file, which was said */
    int64_t since_ms, until_ms; /* -1: not said */
    const char *tlp;            /* its canonical name */
    const char *state;
    const char *peer, *direction; /* "to" or "from" that team */
    bool has_submission;
    uint64_t submission;
    uint64_t limit;
};

struct asked_sink {
    void *context;
    /* Take what was searched and left out, with every page. */
    void (*about)(void *context, const struct control_record *r);
    /* Take a match, the newest first; of several values one after another. */
    void (*match)(void *context, const struct control_record *r);
};

/* Read words and options; false after saying what is wrong. Clear it either
 * way. */
MUST_USE bool asked_read(const struct run *run, struct asked *out);
void asked_clear(struct asked *a);

/* Count how many values, from the first on, go with one request: bounded in
 * number and in bytes. */
size_t asked_fit(const struct slice *values, size_t count);

/* Tell whether anything is wanted that the index alone can tell. */
bool asked_any(const struct asked *a);

/* Tell whether a word is a state as the index tells it; give the `i`th, NULL
 * beyond the last. */
bool asked_is_state(const char *word);
const char *asked_state_nth(size_t i);

/* What is said where a value leads to too many messages, or words do. */
#define ASKED_CUT                                                              \
    "a value or a word leads to more messages than are looked at: of those "   \
    "the newest were; a narrower value, or one more word that is rarer, "      \
    "finds "                                                                   \
    "the others\n"

/* Ask the index and hand over at most so many matches as the limit says;
 * false after saying what is wrong. */
MUST_USE bool asked_each(struct daemon *d, const struct asked *a,
                         const struct asked_sink *sink);

#endif
