/*
 * source - what is submitted: values typed in, lists, documents; read as
 *          often as it takes.
 *
 * Holds:      a file is read at its own pace in constant memory; a pipe is
 *             kept in a temporary file first; a folder is a feed of MISP.
 * Trusts:     nothing: the readers of core/formats check every byte.
 * Leaves out: what becomes of the messages (submit.c).
 */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "cli/commands.h"
#include "cli/feed.h"
#include "core/base/buf.h"
#include "core/formats/formats.h"

#include <sys/stat.h>

/* Where a message stood. */
struct place {
    const char *name;   /* of the file; the value itself where typed in */
    enum format format; /* FORMAT_UNKNOWN: typed in */
    uint64_t position;  /* from 0 */
    uint64_t line, column;
};

/* Takes what is read. Setting `stop` ends the reading soon. */
struct source_handler {
    void *context;
    void (*item)(void *context, const struct place *place,
                 const struct format_item *item);
    void (*fault)(void *context, const struct place *place,
                  const struct format_fault *fault);
    bool stop;
};

struct source {
    const char *name;
    enum format format;
    int fd;         /* -1: a value typed in */
    bool is_hashed; /* and was then as `hashed` says */
    struct stat hashed;
    struct format_reader *reader;   /* that has learnt; NULL: none must */
    const struct feed_event *event; /* of a folder, opened when read; or NULL */
};

struct sources {
    struct source *list;
    size_t count, capacity, values;
    struct feed *feeds;
    size_t feed_count;
    enum observable as; /* OBSERVABLE_NONE: look */
    struct csv_map map; /* of columns; empty: look */
    struct hash hash;   /* of all content, once learnt */
    bool is_plain;      /* set before: nobody asks for the hash */
    struct source_handler *handler;
    const struct source *at;
};

/* Open everything that the options and words name; words that are files are
 * taken as such only where `words_are_files`. On a fault say it; gives DONE,
 * FAILED, or REFUSED for a format that is not read. */
MUST_USE int sources_open(struct sources *s, const struct run *run,
                          bool words_are_files);
void sources_close(struct sources *s);

/* Read all once: hash the content, learn the markings of documents. False
 * after saying what is wrong with a file. */
MUST_USE bool sources_learn(struct sources *s);

/* Read all again and hand every message and fault over, in order. */
MUST_USE bool sources_deliver(struct sources *s,
                              struct source_handler *handler);

/* Write "file:line:column" or the value's place in front of a report. */
void place_put(struct buf *out, const struct place *place);

#endif
