#ifndef TESTS_FAKES_DATAPLANE_EAL_WORLD_H
#define TESTS_FAKES_DATAPLANE_EAL_WORLD_H

/* The real environment of ports and workers, small: EAL without huge pages, devices or files,
 * and few buffers.  One per test program. */

#include "lib/loop_uv.h"

enum { EAL_WORLD_N_SMALL = 2048, EAL_WORLD_N_LARGE = 64 };

/* cmocka's group set-up and tear-down; the latter fails if a buffer was not given back. */
int eal_world_start(void **state);
int eal_world_stop(void **state);

/* Turn LOOP until DONE(ARG), at most a hundred seconds; false if it did not come. */
bool eal_world_wait(struct loop *loop, bool (*done)(void *arg), void *arg);

#endif
