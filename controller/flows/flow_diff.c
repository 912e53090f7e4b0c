#include "controller/flows/flow_diff.h"

#include <stdlib.h>

#include "proto/openflow/numbers.h"
#include <openflow/openflow-common.h>

static void add_change(struct flow_changes *c, size_t *capacity, struct flow_entry *want,
		       struct flow_entry *have)
{
	if (c->n == *capacity) {
		*capacity = MAX_OF(*capacity * 2, 16);
		c->list = xrealloc(c->list, *capacity * sizeof(*c->list));
	}
	c->list[c->n++] = (struct flow_change){
		.want = want ? flow_entry_ref(want) : NULL,
		.have = have ? flow_entry_ref(have) : NULL,
	};
}

/* Additions before deletions; additions from the last table to the first, deletions the other
 * way round: a flow never leads to a table that is not ready for its packets. */
static int compare_changes(const void *a, const void *b)
{
	const struct flow_change *x = a, *y = b;

	if (!x->want != !y->want)
		return x->want ? -1 : 1;
	if (!x->want)
		return flow_entry_compare(x->have, y->have);
	if (x->want->table != y->want->table)
		return x->want->table > y->want->table ? -1 : 1;
	return flow_entry_compare(x->want, y->want);
}

static void sort_changes(struct flow_changes *c)
{
	if (c->n)
		qsort(c->list, c->n, sizeof(*c->list), compare_changes);
}

void flow_diff(const struct flow_map *desired, const struct flow_map *installed,
	       struct flow_changes *changes)
{
	size_t capacity = 0;

	*changes = (struct flow_changes){ 0 };
	HMAP_FOREACH (n, &desired->nodes) {
		struct flow_entry *want = flow_map_at(n), *have = flow_map_find(installed, want);

		if (!have || !flow_entry_equal(want, have))
			add_change(changes, &capacity, want, have);
	}
	HMAP_FOREACH (n, &installed->nodes) {
		struct flow_entry *have = flow_map_at(n);

		if (!flow_map_find(desired, have))
			add_change(changes, &capacity, NULL, have);
	}
	sort_changes(changes);
}

void flow_diff_keys(const struct flow_map *desired, const struct flow_map *installed,
		    const struct flow_map *keys, struct flow_changes *changes)
{
	size_t capacity = 0;

	*changes = (struct flow_changes){ 0 };
	HMAP_FOREACH (n, &keys->nodes) {
		struct flow_entry *want = flow_map_find(desired, flow_map_at(n));
		struct flow_entry *have = flow_map_find(installed, flow_map_at(n));

		if (want ? !have || !flow_entry_equal(want, have) : have != NULL)
			add_change(changes, &capacity, want, have);
	}
	sort_changes(changes);
}

void flow_changes_fini(struct flow_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		flow_entry_unref(changes->list[i].want);
		flow_entry_unref(changes->list[i].have);
	}
	free(changes->list);
	*changes = (struct flow_changes){ 0 };
}

void flow_changes_print(const struct flow_changes *changes, struct buf *out)
{
	for (size_t i = 0; i < changes->n; i++) {
		const struct flow_change *c = &changes->list[i];

		buf_puts(out, !c->want ? "-" : c->have ? "~" : "+");
		flow_entry_print(c->want ? c->want : c->have, out);
	}
}

/* An ADD replaces what has its key, keeps its counters and, unlike a MODIFY, sets the cookie
 * (OF 1.3.5 section 6.4). */
void flow_change_mod(const struct flow_change *change, struct of_flow_mod *fm)
{
	const struct flow_entry *f = change->want ? change->want : change->have;

	*fm = (struct of_flow_mod){
		.table_id = f->table,
		.command = change->want ? OFPFC_ADD : OFPFC_DELETE_STRICT,
		.priority = f->priority,
		.buffer_id = OF_NO_BUFFER,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.match = *f->match,
	};
	if (change->want) {
		/* So that a flow that somebody else deletes is noticed. */
		fm->flags = OF_FLOW_SEND_REMOVED;
		fm->cookie = f->cookie;
		fm->instructions = *f->instructions;
	}
}
