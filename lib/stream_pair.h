#ifndef LIB_STREAM_PAIR_H
#define LIB_STREAM_PAIR_H

/* Two connected streams in memory, on any loop, for tests and simulations: what one end sends the
 * other receives, under the test's control of delay, pieces and breaks.  Bytes travel in order
 * and never within the call that sends them. */

#include "lib/stream.h"

struct stream_pair;

/* Both ends are given, as from a dial and an accept: set their events and close them.  The
 * handle P controls the pair; it is released on its own, before or after the ends close. */
struct stream_pair *stream_pair_create(struct loop *loop, struct stream *ends[2]);
void stream_pair_release(struct stream_pair *p); /* NULL is allowed */

/* What is sent from now on arrives IN_NS later; 0, the default: in the loop's next turn. */
void stream_pair_set_delay(struct stream_pair *p, uint64_t in_ns);
/* Deliver at most SIZE bytes an event; 0, the default: as they were sent. */
void stream_pair_set_piece(struct stream_pair *p, size_t size);
/* Hold back what travels to END (0 or 1), as a network that stalls: its sender's pending bytes
 * grow.  Released with false. */
void stream_pair_stall(struct stream_pair *p, unsigned end, bool is_stalled);
/* Cut: what is under way is lost, both ends that are still open hear `closed` with WHY. */
void stream_pair_break(struct stream_pair *p, const char *why);
/* Both ends are closed: nobody uses the pair any more. */
bool stream_pair_is_closed(const struct stream_pair *p);

#endif
