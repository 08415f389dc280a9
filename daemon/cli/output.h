/*
 * output - a document being written in a format, and the report of what it
 *          does not say.
 *
 * Holds:      a file is new, and is there only when it is whole. Values are
 *             raw: who asks for a format wants it to be read.
 * Leaves out: where the messages come from (convert.c, export.c).
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/feed_write.h"
#include "cli/source.h"

struct output {
    const struct run *run;
    const char *path; /* NULL: standard output */
    int fd;
    enum format format;
    const char *report_path;
    FILE *report; /* NULL: none was asked for */
    struct format_writer *writer;
    const char *folder;        /* of a feed of MISP; NULL: one document */
    struct feed_writer *feed;  /* an event for each document */
    struct format_task task;   /* of each of them */
    struct buf event;          /* by what the open one is known */
    const struct place *place; /* of the message being written, or NULL */
    bool is_counted;           /* that one: it is no envelope */
    uint64_t read, dropped;    /* messages, envelopes aside */
    uint64_t refused;          /* by the reader */
    uint64_t losses[LOSS_COUNT];
    struct buf line; /* of the report or of a fault, being written */
    bool failed;
};

/* Read --to, -o, --feed and --report, and open the report. False after saying
 * what is wrong. */
MUST_USE bool output_open(struct output *o, const struct run *run);

/* Begin the document; false after saying what is wrong. */
MUST_USE bool output_begin(struct output *o, const struct format_task *task);

/* Write one message; `place` may be NULL. */
void output_put(struct output *o, const struct place *place,
                const struct format_item *item);

/* Say a fault of the reader, and put it into the report. */
void output_fault(struct output *o, const struct place *place,
                  const struct format_fault *fault);

/* End the document. False after saying what is wrong; then there is none. */
MUST_USE bool output_finish(struct output *o);

/* Say how much there is and how much was lost, on standard error. */
void output_print(const struct output *o);

/* Give all back; without `is_told` nothing was said that a report should
 * hold, and there is none. */
void output_close(struct output *o, bool is_told);

#endif
