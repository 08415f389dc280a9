/*
 * submit_out - what submit and explain say, for people and for programs.
 *
 * Leaves out: what happens (submit.c).
 */
#ifndef CLI_SUBMIT_OUT_H
#define CLI_SUBMIT_OUT_H

#include "cli/submit.h"

/* Say one refusal: place, to whom, why, what to do; those that are explained
 * are gathered. */
void submit_out_refuse(struct submit *s, const struct refusal *f,
                       enum fate fate);

/* What was submitted, what can be done next; the same for programs. */
void submit_out_headline(const struct submit *s);
void submit_out_nothing_new(const struct submit *s);
void submit_out_next(uint64_t number);
void submit_out_json(const struct submit *s, const char *event);

/* What would be sent. */
void submit_out_explained(const struct submit *s);

#endif
