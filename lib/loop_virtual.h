#ifndef LIB_LOOP_VIRTUAL_H
#define LIB_LOOP_VIRTUAL_H

/* A loop on virtual time, for tests and simulations: nothing happens but timers, and time jumps
 * from one to the next.  A run is the same each time, and an hour takes what its events take. */

#include "lib/loop.h"

struct loop *loop_virtual_create(void);
void loop_virtual_destroy(struct loop *loop);
/* Fire what is due in the next IN_NS, in order; the clock then stands at its end. */
void loop_virtual_run_for(struct loop *loop, uint64_t in_ns);
/* Fire what is due now, and what that makes due now; the clock does not move. */
void loop_virtual_settle(struct loop *loop);
/* Run until DONE(ARG); false if it is not so after MAX_NS. */
bool loop_virtual_run_until(struct loop *loop, bool (*done)(void *arg), void *arg, uint64_t max_ns);

#endif
