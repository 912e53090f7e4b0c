#include "dataplane/ofagent/datapath_priv.h"

/* Time for the tracked connections: they are tended when they ask for it, and not at all while
 * there are none. */

static void on_tend(struct timer *t, void *arg)
{
	struct datapath *dp = arg;
	uint64_t now_ns = loop_now_ns(dp->loop);
	uint64_t at_ns = conntrack_tend(dp->conntrack, now_ns);

	if (at_ns != UINT64_MAX)
		timer_arm(dp->loop, t, at_ns > now_ns ? at_ns - now_ns : 0);
}

struct conntrack *datapath_conntrack(struct datapath *dp)
{
	return dp->conntrack;
}

void datapath_conntrack_wake(struct datapath *dp)
{
	timer_arm(dp->loop, &dp->tend, 0);
}

void datapath_conntrack_init(struct datapath *dp)
{
	timer_init(&dp->tend, on_tend, dp);
	datapath_conntrack_wake(dp);
}
