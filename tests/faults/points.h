/*
 * points - the steps between a message and its receipt at which a process can
 *          be cut off, after the order of effects of docs/PROTOCOL.md.
 *
 * Holds:      one table; a step is told right after it was done.
 */
#ifndef TESTS_FAULTS_POINTS_H
#define TESTS_FAULTS_POINTS_H

#include "calls.h"

enum point {
    POINT_NOWHERE,
    /* a submission */
    POINT_SUBMISSION_APPENDED,
    POINT_SUBMISSION_SYNCED,
    POINT_SUBMISSION_ANSWERED,
    /* the origin */
    POINT_ENTRIES_APPENDED,
    POINT_ENTRIES_SYNCED,
    POINT_CHECKPOINT_ASKED,
    POINT_CHECKPOINT_WRITTEN,
    POINT_CHECKPOINT_SIGNED,
    POINT_CHECKPOINT_TAKEN,
    POINT_CHECKPOINT_APPENDED,
    POINT_CHECKPOINT_SYNCED,
    POINT_HEADER_SENT,
    POINT_BODIES_SENT,
    /* the holder */
    POINT_SEEN_APPENDED,
    POINT_SEEN_SYNCED,
    POINT_WANT_SENT,
    POINT_BATCH_APPENDED,
    POINT_BATCH_SYNCED,
    POINT_RECEIPT_ASKED,
    POINT_RECEIPT_WRITTEN,
    POINT_RECEIPT_SIGNED,
    POINT_RECEIPT_TAKEN,
    POINT_RECEIPT_APPENDED,
    POINT_RECEIPT_SYNCED,
    POINT_RECEIPT_SENT,
    /* the origin again */
    POINT_RECEIPTED_APPENDED,
    POINT_RECEIPTED_SYNCED,
    /* the journal, between two segments */
    POINT_SEGMENT_CUT,
    POINT_SEGMENT_MADE,
    POINT_SEGMENT_SYNCED,
    POINT_SEGMENT_NAMED,
    POINT_SEGMENT_LISTED,
    POINT_COUNT
};

/* Cut the process off at a step of one node. */
struct cut_plan {
    enum point at;
    unsigned node;
    uint64_t left; /* the so manieth time that it gets there, 1 the next */
};

const char *point_name(enum point p);

struct node;

/* Tell that a node did a step. True: it is cut off there. */
bool point_done(struct node *n, enum point p);

/* The same for what a file call, a frame that left, and facts mean. */
bool point_of_call(struct node *n, enum call c, const struct file *f);
bool point_of_frame(struct node *n, unsigned type);

#endif
