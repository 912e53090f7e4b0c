/* A table's flows in the order of look-up, as an array that is kept while flows come and go: a
 * snapshot is compiled for every barrier, and sorting would be half of that.  In a large table,
 * where moving the array for each of many changes would cost more, it is made anew when asked
 * for. */

#include <stdlib.h>

#include "dataplane/table/tables_priv.h"

#define KEPT_UP_TO 16384 /* flows: moving half of them takes some 3 us */

static int compare(const struct flow *x, const struct flow *y)
{
	return x->rule->rank < y->rule->rank ? -1 : x->rule->rank > y->rule->rank;
}

static int by_order(const void *a, const void *b)
{
	return compare(*(const struct flow *const *)a, *(const struct flow *const *)b);
}

/* Where F is among the first N, or belongs. */
static unsigned place_of(const struct sorted *s, unsigned n, const struct flow *f)
{
	unsigned from = 0, to = n;

	while (from < to) {
		unsigned mid = (from + to) / 2;

		if (compare(s->flows[mid], f) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

void sorted_forget(struct sorted *s)
{
	free(s->flows);
	*s = (struct sorted){ 0 };
}

void sorted_added(struct sorted *s, const struct flow *f, unsigned n)
{
	unsigned at;

	if (!s->flows)
		return;
	if (n >= KEPT_UP_TO) {
		sorted_forget(s);
		return;
	}
	if (n == s->room) {
		s->room = MAX_OF(2 * s->room, 16);
		s->flows = xrealloc(s->flows, s->room * sizeof(*s->flows));
	}
	at = place_of(s, n, f);
	memmove(&s->flows[at + 1], &s->flows[at], (n - at) * sizeof(*s->flows));
	s->flows[at] = f;
}

void sorted_removed(struct sorted *s, const struct flow *f, unsigned n)
{
	unsigned at;

	if (!s->flows)
		return;
	if (n > KEPT_UP_TO) {
		sorted_forget(s);
		return;
	}
	at = place_of(s, n, f);
	memmove(&s->flows[at], &s->flows[at + 1], (n - at - 1) * sizeof(*s->flows));
}

const struct flow *const *sorted_get(struct sorted *s, const struct list *flows, unsigned n)
{
	const struct flow *f;
	unsigned i = 0;

	if (s->flows)
		return s->flows;
	s->room = n;
	s->flows = xcalloc(n, sizeof(*s->flows));
	LIST_FOREACH (f, flows, node)
		s->flows[i++] = f;
	qsort(s->flows, n, sizeof(*s->flows), by_order);
	return s->flows;
}
