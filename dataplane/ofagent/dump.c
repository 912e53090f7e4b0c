#include "dataplane/ofagent/dump.h"

#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"

void dump_destroy(struct dump *d)
{
	if (!d)
		return;
	if (d->fini)
		d->fini(d);
	free(d);
}

void dump_continue(struct conn *c)
{
	uint64_t end_ns = loop_now_ns(c->dp->loop) + CONN_TURN_NS;

	while (c->state != CONN_CLOSED && c->dump && !conn_is_full(c)) {
		if (c->dump->step(c, c->dump)) {
			dump_destroy(c->dump);
			c->dump = NULL;
			break;
		}
		if (loop_now_ns(c->dp->loop) >= end_ns)
			break;
	}
	/* When the peer is to read first, its stream's `drained` comes here again. */
	if (!conn_is_full(c))
		conn_continue(c);
}

void dump_start(struct conn *c, struct dump *d)
{
	c->dump = d;
	dump_continue(c);
}
