/*
 * truth_why - what must have happened before a row of the resume table is met,
 *             an alarm is raised or a new epoch begins.
 *
 * Leaves out: what happened (truth.h).
 */
#ifndef TESTS_SIM_TRUTH_WHY_H
#define TESTS_SIM_TRUTH_WHY_H

#include <stdbool.h>

struct lane_truth;
struct node;
struct world;

/* Tell whether resume row `row` may be met in a lane. */
bool row_is_explained(unsigned row, const struct lane_truth *l);

/* Tell whether an alarm may be raised, about a lane or NULL; and whether it
 * comes with a lane that stops or begins a new epoch. */
bool alarm_is_explained(const struct world *w, const struct node *n,
                        unsigned kind, const struct lane_truth *l);
bool alarm_stops_lane(unsigned kind);

/* Tell whether an epoch may begin at all, and whether without an alarm. */
bool roll_is_explained(const struct lane_truth *l);
bool roll_is_quiet(const struct lane_truth *l);

#endif
