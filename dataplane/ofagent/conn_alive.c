#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "lib/log.h"

/* Tells a silent peer from a dead one (OF 1.3.5 section 6.3.3: echo requests).  One that we have
 * stopped reading from, because it does not read itself, counts as alive as long as it takes
 * some of what waits for it. */

static uint64_t silent_ns(struct conn *c, uint64_t now_ns)
{
	size_t pending = stream_pending(c->stream);

	if (pending < c->pending_bytes || !pending)
		c->drained_ns = now_ns;
	c->pending_bytes = pending;
	if (c->state == CONN_HELLO)
		return now_ns - c->opened_ns;
	return now_ns - (c->is_reading ? c->heard_ns : MAX_OF(c->heard_ns, c->drained_ns));
}

static void on_alive(struct timer *t, void *arg)
{
	struct conn *c = arg;
	uint64_t silent = silent_ns(c, loop_now_ns(c->dp->loop));

	if (silent >= CONN_SILENT_NS) {
		conn_close(c, c->state == CONN_HELLO ? "no hello for 15 s" : "no answer for 15 s");
		return;
	}
	if (silent >= CONN_PROBE_NS && !c->is_probed && c->state == CONN_OPEN) {
		c->is_probed = true;
		conn_send(c, &(struct of_msg){ .kind = OF_ECHO_REQUEST });
		if (c->state == CONN_CLOSED)
			return;
	}
	timer_arm(c->dp->loop, t,
		  (silent < CONN_PROBE_NS ? CONN_PROBE_NS : CONN_SILENT_NS) - silent);
}

void conn_alive_start(struct conn *c)
{
	c->opened_ns = c->heard_ns = c->drained_ns = loop_now_ns(c->dp->loop);
	timer_init(&c->alive, on_alive, c);
	timer_arm(c->dp->loop, &c->alive, CONN_PROBE_NS);
}

void conn_alive_heard(struct conn *c)
{
	c->heard_ns = loop_now_ns(c->dp->loop);
	if (c->is_probed)
		timer_arm(c->dp->loop, &c->alive, CONN_PROBE_NS);
	c->is_probed = false;
}
