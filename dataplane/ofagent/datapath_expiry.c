#include "dataplane/ofagent/datapath_priv.h"

#include <openflow/openflow-1.3.h>

/* Flow timeouts (OF 1.3.5 section 5.5), and the messages about flows that are gone. */

/* Flows that end at about the same time are removed and compiled together. */
#define LEAST_WAIT_NS (20 * NS_PER_MS)

static void on_removed(void *ctx, const struct flow *flow, uint8_t reason,
		       const struct counter *counts, uint64_t now_ns)
{
	uint64_t age_ns = now_ns - flow->created_ns;
	const struct rule *r = flow->rule;
	struct of_field_match fields[OF_N_FIELDS];
	struct of_match match;

	rule_match(r, fields, &match);
	async_flow_removed(ctx, &(struct of_flow_removed){
					.cookie = r->cookie,
					.priority = rule_priority(r),
					.reason = reason,
					.table_id = r->table_id,
					.duration_sec = age_ns / NS_PER_SEC,
					.duration_nsec = age_ns % NS_PER_SEC,
					.idle_timeout = flow->idle_timeout,
					.hard_timeout = flow->hard_timeout,
					.n_packets = counts->n_packets,
					.n_bytes = counts->n_bytes,
					.match = match,
				});
}

void datapath_expiry_update(struct datapath *dp)
{
	uint64_t at_ns = tables_next_expiry(dp->tables), now_ns = loop_now_ns(dp->loop);
	uint64_t in_ns;

	if (at_ns == UINT64_MAX) {
		timer_cancel(dp->loop, &dp->expiry);
		return;
	}
	in_ns = MAX_OF(at_ns > now_ns ? at_ns - now_ns : 0, LEAST_WAIT_NS);
	if (!timer_is_armed(&dp->expiry) || dp->expiry.at_ns > now_ns + in_ns)
		timer_arm(dp->loop, &dp->expiry, in_ns);
}

static void on_expiry(struct timer *t, void *arg)
{
	struct datapath *dp = arg;

	(void)t;
	if (tables_expire(dp->tables, loop_now_ns(dp->loop)))
		datapath_changed(dp);
	datapath_expiry_update(dp);
}

void datapath_expiry_init(struct datapath *dp)
{
	timer_init(&dp->expiry, on_expiry, dp);
	tables_on_removed(dp->tables, on_removed, dp);
}
