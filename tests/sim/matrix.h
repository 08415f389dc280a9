/*
 * matrix - session state, frame and fault: what met what.
 */
#ifndef TESTS_SIM_MATRIX_H
#define TESTS_SIM_MATRIX_H

#include "sim/sim.h"

/* Count the frames of this world from now on; NULL: of none. */
void matrix_watch(struct world *w);

/* Tell whether a large campaign must have met that cell. */
bool matrix_reachable(const struct counts *c, unsigned state, unsigned frame,
                      unsigned fault);

#endif
