/* Idle and hard timeouts (OF 1.3.5 section 6.5): a heap of the times at which each flow could end
 * at the earliest.  An idle flow that was used meanwhile is found out when its time comes, and put
 * back. */

#include "dataplane/table/tables_priv.h"
#include "dataplane/table/tlv_table.h"

#include <openflow/openflow-common.h>

static uint64_t last_used(const struct tables *t, const struct flow *f)
{
	uint64_t used_ns = counters_sum(t->counters, f->rule->slot).used_ns;

	return MAX_OF(used_ns, f->base.used_ns);
}

static uint64_t hard_end(const struct flow *f)
{
	uint64_t from_ns = f->created_ns + f->refreshed_ds * (NS_PER_SEC / 10);

	return f->hard_timeout ? from_ns + f->hard_timeout * NS_PER_SEC : UINT64_MAX;
}

static uint64_t idle_end(const struct tables *t, const struct flow *f)
{
	return f->idle_timeout ? last_used(t, f) + f->idle_timeout * NS_PER_SEC : UINT64_MAX;
}

uint64_t flow_end_ns(const struct tables *t, const struct flow *f)
{
	uint64_t idle_ns = idle_end(t, f), hard_ns = hard_end(f);

	return MIN_OF(idle_ns, hard_ns);
}

void timeouts_add(struct tables *t, struct flow *f)
{
	if (f->idle_timeout || f->hard_timeout)
		heap_add(&t->timeouts, f, flow_end_ns(t, f));
}

void timeouts_remove(struct tables *t, struct flow *f)
{
	heap_remove(&t->timeouts, f);
}

unsigned tables_expire(struct tables *t, uint64_t now_ns)
{
	unsigned n = 0;

	tables_use(t);
	tables_set_author(t, NULL, 0);
	while (t->timeouts.n && t->timeouts.items[0].key <= now_ns) {
		struct flow *f = t->timeouts.items[0].flow;
		int reason = hard_end(f) <= now_ns ? OFPRR_HARD_TIMEOUT : OFPRR_IDLE_TIMEOUT;

		if (reason == OFPRR_IDLE_TIMEOUT && idle_end(t, f) > now_ns) {
			timeouts_remove(t, f);
			timeouts_add(t, f);
			continue;
		}
		journal_removed(t, f, reason);
		n++;
	}
	journal_commit(t, now_ns);
	return n;
}

uint64_t tables_next_expiry(const struct tables *t)
{
	return t->timeouts.n ? t->timeouts.items[0].key : UINT64_MAX;
}
