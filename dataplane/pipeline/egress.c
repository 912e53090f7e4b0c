/* Egress tables (OF 1.5.1 section 5.1): each output to a port, after all that the ingress tables
 * did, goes through the tables from the first egress table on, with the port in actset_output and
 * in an action set of its own.  That action set sends it, unless a flow clears it.
 *
 * Outputs that egress flows apply by themselves leave at once: an output has one pass.  What goes
 * to the controller has none. */

#include "dataplane/pipeline/pipeline_priv.h"

#include "proto/openflow/numbers.h"

/* OF 1.5.1 section 7.2.3.11: none, if there is a group. */
static uint32_t port_of(const struct action_set *set)
{
	uint32_t port = PARSE_PORT_UNSET;

	for (unsigned k = 0; k < set->n; k++) {
		if (set->ops[k]->slot == ACTION_SLOT_GROUP)
			return PARSE_PORT_UNSET;
		if (set->ops[k]->slot == ACTION_SLOT_OUTPUT)
			port = set->ops[k]->output.port;
	}
	return port;
}

void actset_tell(struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		bool has_set = t->with_set >> i & 1;

		store_be32(&t->keys[i].actset_output,
			   has_set ? port_of(&t->sets[i]) : PARSE_PORT_UNSET);
	}
}

static void pass(const struct walk *w, unsigned i, uint32_t port)
{
	struct action_op output = {
		.kind = ACTION_OUTPUT,
		.slot = ACTION_SLOT_OUTPUT,
		.output = { .port = port == w->t->in_port ? OF_PORT_IN_PORT : port },
	};

	store_be32(&w->t->keys[i].actset_output, port);
	walk_with_set(w, i, w->p->first_egress, &output);
}

void egress_run(const struct pipeline *p, struct pipeline_thread *t, unsigned i, uint32_t port)
{
	struct walk w = { .p = p, .t = t };
	struct aside aside;

	if (!aside_begin(t, i, true, &aside))
		return;
	t->is_egress = true;
	if (t->tracer)
		trace_nested(t, 1);
	pass(&w, i, port);
	if (t->tracer)
		trace_nested(t, -1);
	t->is_egress = false;
	aside_end(t, i, &aside);
}
