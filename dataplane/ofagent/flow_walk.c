#include "dataplane/ofagent/flow_walk.h"

#include "proto/openflow/numbers.h"

/* tables_each() goes by table, descending priority and, among equals, ascending serial; so the
 * last flow's place says which are behind it, whether or not it is still there. */

struct step {
	struct flow_walk *walk;
	unsigned n_left;
	bool is_stopped;
	bool (*cb)(void *ctx, const struct flow *flow);
	void *ctx;
};

static bool is_behind(const struct flow_walk *walk, const struct flow *f)
{
	if (!walk->has_last || f->rule->table_id != walk->table_id)
		return true;
	if (f->rule->priority != walk->priority)
		return f->rule->priority < walk->priority;
	return f->serial > walk->serial;
}

static bool visit(void *ctx, const struct flow *f)
{
	struct step *s = ctx;

	if (!is_behind(s->walk, f))
		return true;
	if (!s->n_left || !s->cb(s->ctx, f)) {
		s->is_stopped = true;
		return false;
	}
	s->n_left--;
	s->walk->has_last = true;
	s->walk->table_id = f->rule->table_id;
	s->walk->priority = f->rule->priority;
	s->walk->serial = f->serial;
	return true;
}

bool flow_walk_step(struct flow_walk *walk, struct tables *t, unsigned n,
		    bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	struct step s = { .walk = walk, .n_left = n, .cb = cb, .ctx = ctx };
	struct flow_filter filter = walk->filter;

	if (walk->filter.table_id != OF_TABLE_ALL) {
		tables_each(t, &filter, visit, &s);
		return !s.is_stopped;
	}
	for (unsigned id = walk->has_last ? walk->table_id : 0; id < TABLES_N; id++) {
		filter.table_id = id;
		tables_each(t, &filter, visit, &s);
		if (s.is_stopped)
			return false;
	}
	return true;
}

/* Table 8 bits, priority 16, serial plus one 40. */
#define SERIAL_BITS 40
#define SERIAL_MASK ((1ull << SERIAL_BITS) - 1)

uint64_t flow_walk_place(const struct flow_walk *walk)
{
	return (uint64_t)walk->table_id << 56 | (uint64_t)walk->priority << SERIAL_BITS |
	       ((walk->serial + 1) & SERIAL_MASK);
}

void flow_walk_resume(struct flow_walk *walk, uint64_t place)
{
	walk->has_last = place != 0;
	walk->table_id = place >> 56;
	walk->priority = place >> SERIAL_BITS;
	walk->serial = (place & SERIAL_MASK) - 1;
}
