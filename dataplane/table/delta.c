/* What changed in a table since the latest snapshot, so that the next one need not be compiled
 * whole. Undoing a transaction is noted like any change. */

#include "dataplane/table/tables_priv.h"

#include <stdlib.h>

/* Changes; more are compiled as well from all flows. */
#define MIN_NOTED 4096

static unsigned max_noted(const struct table *table)
{
	return MAX_OF(table->n_flows / 2, MIN_NOTED);
}

void delta_start(struct delta *d, uint64_t generation)
{
	if (d->room > MIN_NOTED)
		delta_forget(d);
	d->is_known = true;
	d->since = generation;
	d->n = 0;
}

void delta_forget(struct delta *d)
{
	free(d->changes);
	*d = (struct delta){ 0 };
}

void delta_note(struct table *table, const struct rule *r, bool is_removal)
{
	struct delta *d = &table->delta;

	if (!d->is_known)
		return;
	if (d->n >= max_noted(table)) {
		delta_forget(d);
		return;
	}
	if (d->n == d->room) {
		d->room = MAX_OF(2 * d->room, 16);
		d->changes = xrealloc(d->changes, d->room * sizeof(*d->changes));
	}
	d->changes[d->n++] = (struct table_change){ .rule = r, .is_removal = is_removal };
}

const struct table_change *tables_changes(const struct tables *t, uint8_t table_id, uint64_t since,
					  unsigned *n)
{
	const struct delta *d = &t->tables[table_id].delta;

	if (!d->is_known || d->since != since)
		return NULL;
	*n = d->n;
	return d->changes;
}
