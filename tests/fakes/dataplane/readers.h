#ifndef TESTS_FAKES_DATAPLANE_READERS_H
#define TESTS_FAKES_DATAPLANE_READERS_H

/* Threads that read what another publishes, with grace periods as the switch has them: a reader
 * takes one pointer, works, forgets it and says so; what was replaced is freed when all have. */

#include "lib/util.h"

#define READERS 2

struct readers;

/* One turn of reader I with what is published now.  False: something is wrong, and all ends. */
typedef bool reader_fn(void *ctx, unsigned i, const void *published);
typedef void reader_free_fn(void *published);

/* FIRST is given. */
struct readers *readers_start(void *first, reader_fn *turn, reader_free_fn *release, void *ctx);
/* NEXT is given; what was published before is freed in time.  Comes back when each reader has taken
 * a turn since the last call, so that whatever number of cores there is, they overlap.  False: a
 * reader has found something wrong. */
bool readers_publish(struct readers *r, void *next);
/* Turns that were taken in all. */
uint64_t readers_turns(const struct readers *r);
/* All end, and all that was published is freed.  False: something was wrong. */
bool readers_stop(struct readers *r);

#endif
