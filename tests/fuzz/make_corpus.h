/*
 * make_corpus - what the files of the corpus maker share.
 */
#ifndef TESTS_FUZZ_MAKE_CORPUS_H
#define TESTS_FUZZ_MAKE_CORPUS_H

#include "core/base/buf.h"

/* Write an input of a target. */
void seed(const char *target, const char *name, struct slice bytes);

/* Write one with a head in front. */
void seed_behind(const char *target, const char *name, struct slice head,
                 struct slice bytes);

/* Fill an indicator with every field, and a Decline. */
struct message;
void message_samples(struct message *indicator, struct message *decline);

/* ---- make_control.c: requests and answers ---- */
void make_controls(void);

/* ---- make_nodes.c: what two honest sessions and nodes say and write ---- */
void make_sessions(void);
void make_nodes(void);

#endif
