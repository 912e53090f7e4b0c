#include "dataplane/ofagent/flow_walk.h"

#include "proto/openflow/numbers.h"

/* A flow's rank is its place among the flows of its table, whether or not it is still there. */

struct step {
	struct flow_walk *walk;
	unsigned n_left;
	bool (*cb)(void *ctx, const struct flow *flow);
	void *ctx;
};

static bool visit(void *ctx, const struct flow *f)
{
	struct step *s = ctx;

	s->walk->rank = f->rule->rank;
	if (!s->n_left || !s->cb(s->ctx, f))
		return false;
	s->n_left--;
	s->walk->rank++;
	return true;
}

bool flow_walk_step(struct flow_walk *walk, struct tables *t, unsigned n,
		    bool (*cb)(void *ctx, const struct flow *flow), void *ctx)
{
	struct step s = { .walk = walk, .n_left = n, .cb = cb, .ctx = ctx };
	struct flow_filter filter = walk->filter;

	if (filter.table_id != OF_TABLE_ALL)
		return tables_each_from(t, &filter, walk->rank, visit, &s);
	for (; walk->table_id < TABLES_N; walk->table_id++, walk->rank = 0) {
		filter.table_id = walk->table_id;
		if (!tables_each_from(t, &filter, walk->rank, visit, &s))
			return false;
	}
	return true;
}

/* Table 8 bits, priority 16, serial plus one 40. */
#define SERIAL_BITS 40
#define SERIAL_MASK ((1ull << SERIAL_BITS) - 1)
#define RANK_BITS   48

uint64_t flow_walk_place(const struct flow_walk *walk)
{
	return (uint64_t)walk->table_id << 56 | (walk->rank >> RANK_BITS) << SERIAL_BITS |
	       ((walk->rank + 1) & SERIAL_MASK);
}

void flow_walk_resume(struct flow_walk *walk, uint64_t place)
{
	walk->table_id = place >> 56;
	walk->rank = place ? (place >> SERIAL_BITS & 0xffff) << RANK_BITS |
				     ((place - 1) & SERIAL_MASK)
			   : 0;
}
