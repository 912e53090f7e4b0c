#include "dataplane/ofagent/listing.h"

#include "dataplane/ofagent/conn_priv.h"

#define PER_STEP 64

struct listing {
	struct dump dump;
	const struct listing_class *class;
	uint32_t xid;
	uint64_t next, last; /* places */
	uint32_t only;
};

static int send_part(struct conn *c, const struct listing *l, void *entries, unsigned n, bool more)
{
	struct of_msg m = { .kind = l->class->kind, .xid = l->xid };

	/* All replies that are lists begin alike. */
	m.flow_stats_reply.more = more;
	m.flow_stats_reply.n = n;
	m.flow_stats_reply.stats = entries;
	return conn_send(c, &m);
}

/* As many as fit into a message, by halving; one that fits into none is left out. */
static void send_all(struct conn *c, const struct listing *l, uint8_t *entries, unsigned n,
		     bool is_last)
{
	unsigned at = 0, part = n;

	while (at < n && c->state != CONN_CLOSED) {
		part = MIN_OF(part, n - at);
		if (send_part(c, l, entries + at * l->class->entry_size, part,
			      !is_last || at + part < n) == 0)
			at += part;
		else if (part > 1)
			part /= 2;
		else if (++at == n && is_last)
			send_part(c, l, entries, 0, false);
	}
	if (!n && is_last)
		send_part(c, l, entries, 0, false);
}

static bool listing_step(struct conn *c, struct dump *dump)
{
	struct listing *l = container_of(dump, struct listing, dump);
	struct arena a = ARENA_INIT;
	unsigned per_step = l->class->per_step ? l->class->per_step : PER_STEP;
	uint8_t *entries = arena_alloc(&a, per_step * l->class->entry_size);
	bool is_over = false;
	unsigned n = 0;

	while (n < per_step && !is_over) {
		uint8_t *entry = entries + n * l->class->entry_size;
		uint64_t place = l->next <= l->last ? l->class->fill(c, l->next, l->only, &a, entry)
						    : UINT64_MAX;

		if (place > l->last) {
			is_over = true;
		} else {
			n++;
			l->next = place + 1;
		}
	}
	if (n || is_over)
		send_all(c, l, entries, n, is_over);
	arena_clear(&a);
	return is_over;
}

void listing_start(struct conn *c, uint32_t xid, const struct listing_class *class, uint64_t first,
		   uint64_t last, uint32_t only)
{
	struct listing *l = xcalloc(1, sizeof(*l));

	l->dump.step = listing_step;
	l->class = class;
	l->xid = xid;
	l->only = only;
	l->next = first;
	l->last = MIN_OF(last, UINT64_MAX - 1);
	dump_start(c, &l->dump);
}
