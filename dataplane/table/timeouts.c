/* Idle and hard timeouts (OF 1.3.5 section 6.5): a binary heap of the times at which each flow
 * could end at the earliest.  An idle flow that was used meanwhile is found out when its time
 * comes, and put back. */

#include "dataplane/table/tables_priv.h"

#include <openflow/openflow-common.h>

static uint64_t last_used(const struct tables *t, const struct flow *f)
{
	uint64_t used_ns = counters_sum(t->counters, f->rule->slot).used_ns;

	return MAX_OF(used_ns, f->base.used_ns);
}

static uint64_t hard_end(const struct flow *f)
{
	return f->hard_timeout ? f->created_ns + f->hard_timeout * NS_PER_SEC : UINT64_MAX;
}

static uint64_t idle_end(const struct tables *t, const struct flow *f)
{
	return f->idle_timeout ? last_used(t, f) + f->idle_timeout * NS_PER_SEC : UINT64_MAX;
}

static void put(struct timeouts *h, unsigned place, struct flow *f)
{
	h->flows[place - 1] = f;
	f->heap_place = place;
}

static void sift_up(struct timeouts *h, unsigned place)
{
	struct flow *f = h->flows[place - 1];

	while (place > 1 && h->flows[place / 2 - 1]->expires_ns > f->expires_ns) {
		put(h, place, h->flows[place / 2 - 1]);
		place /= 2;
	}
	put(h, place, f);
}

static void sift_down(struct timeouts *h, unsigned place)
{
	struct flow *f = h->flows[place - 1];

	for (;;) {
		unsigned child = place * 2;

		if (child > h->n)
			break;
		if (child < h->n && h->flows[child]->expires_ns < h->flows[child - 1]->expires_ns)
			child++;
		if (h->flows[child - 1]->expires_ns >= f->expires_ns)
			break;
		put(h, place, h->flows[child - 1]);
		place = child;
	}
	put(h, place, f);
}

void timeouts_add(struct tables *t, struct flow *f)
{
	struct timeouts *h = &t->timeouts;
	uint64_t idle_ns = idle_end(t, f), hard_ns = hard_end(f);

	f->expires_ns = MIN_OF(idle_ns, hard_ns);
	f->heap_place = 0;
	if (f->expires_ns == UINT64_MAX)
		return;
	if (h->n == h->room) {
		h->room = h->room ? h->room * 2 : 64;
		h->flows = xrealloc(h->flows, h->room * sizeof(*h->flows));
	}
	h->n++;
	put(h, h->n, f);
	sift_up(h, h->n);
}

void timeouts_remove(struct tables *t, struct flow *f)
{
	struct timeouts *h = &t->timeouts;
	unsigned place = f->heap_place;

	if (!place)
		return;
	f->heap_place = 0;
	if (place == h->n--)
		return;
	put(h, place, h->flows[h->n]);
	sift_up(h, place);
	sift_down(h, h->flows[place - 1]->heap_place);
}

unsigned tables_expire(struct tables *t, uint64_t now_ns)
{
	unsigned n = 0;

	while (t->timeouts.n && t->timeouts.flows[0]->expires_ns <= now_ns) {
		struct flow *f = t->timeouts.flows[0];
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
	return t->timeouts.n ? t->timeouts.flows[0]->expires_ns : UINT64_MAX;
}
