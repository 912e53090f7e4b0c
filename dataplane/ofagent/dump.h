#ifndef DATAPLANE_OFAGENT_DUMP_H
#define DATAPLANE_OFAGENT_DUMP_H

/* A reply too long for one go: made piece by piece, as fast as the peer reads and with turns for
 * everybody else, so that its size costs no memory.  Messages behind it on the same connection
 * wait. */

#include "lib/util.h"

struct conn;

/* Embedded first in each kind's struct, which is allocated. */
struct dump {
	/* Make and send some more, about DUMP_STEP_BYTES or DUMP_STEP_FLOWS; true: that was all. */
	bool (*step)(struct conn *c, struct dump *d);
	void (*fini)(struct dump *d); /* what the kind owns; NULL: nothing */
};

#define DUMP_STEP_BYTES ((size_t)1 << 20)
#define DUMP_STEP_FLOWS 16384u

/* D is given. */
void dump_start(struct conn *c, struct dump *d);
void dump_continue(struct conn *c);
void dump_destroy(struct dump *d); /* NULL is allowed */

#endif
