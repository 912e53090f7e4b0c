/* Making and releasing snapshots.  A table or port set that did not change is the previous
 * snapshot's, with one more reference; one in which little changed shares most of its memory. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <stdlib.h>
#include <openflow/openflow-common.h>
#include <openflow/openflow-1.0.h>
#include "dataplane/table/egress.h"
#include "dataplane/table/fragments.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "dataplane/table/tlv_table.h"

static void count_rule(struct compiled_table *ct, const struct rule *r, int n)
{
	ct->n_rules += n;
	ct->n_clause_rules += r->effect->is_clause ? n : 0;
	ct->n_linking += r->is_plain && r->has_goto ? n : 0;
	ct->n_of_depth[r->depth] += n;
	ct->n_of_lines[r->lines] += n;
}

/* What all rules need, from the counts. */
static void set_needs(struct compiled_table *ct)
{
	ct->depth = ct->lines = 0;
	for (unsigned d = 0; d < ARRAY_LENGTH(ct->n_of_depth); d++)
		if (ct->n_of_depth[d])
			ct->depth = d;
	for (unsigned l = 0; l < ARRAY_LENGTH(ct->n_of_lines); l++)
		if (ct->n_of_lines[l])
			ct->lines |= l;
}

static struct compiled_table *compile_table(struct tables *tables, uint8_t id)
{
	unsigned n = tables_n_flows(tables, id), n_found = 0;
	struct flow_iter it = tables_from(tables, id, 0);
	struct compiled_table *ct = xcalloc(1, sizeof(*ct));
	struct lookup_rule *rules = xmalloc(n * sizeof(*rules));
	const struct flow *f;

	while ((f = flow_iter_next(&it))) {
		if (!f->rule->effect->is_clause)
			rules[n_found++] = rule_lookup(f->rule);
		count_rule(ct, f->rule, 1);
	}
	ct->lookup = lookup_create(NULL, rules, n_found, tables_seed(tables) + id);
	if (ct->n_clause_rules)
		ct->clauses = clauses_create(tables, id);
	free(rules);
	return ct;
}

/* The table with the changes since; NULL if compiling it whole is better. */
static struct compiled_table *update_table(struct tables *tables, uint8_t id,
					   const struct compiled_table *old)
{
	unsigned n, n_found = 0;
	const struct table_change *changes = tables_changes(tables, id, old->generation, &n);
	struct lookup_change *lookup_changes;
	struct compiled_table *ct;
	struct lookup *l;

	if (!changes)
		return NULL;
	lookup_changes = xcalloc(n, sizeof(*lookup_changes));
	for (unsigned i = 0; i < n; i++)
		if (!changes[i].rule->effect->is_clause)
			lookup_changes[n_found++] =
				(struct lookup_change){ rule_lookup(changes[i].rule),
							changes[i].is_removal };
	l = lookup_update(old->lookup, lookup_changes, n_found);
	free(lookup_changes);
	if (!l)
		return NULL;
	ct = xmemdup(old, sizeof(*old));
	ct->lookup = l;
	for (unsigned i = 0; i < n; i++)
		count_rule(ct, changes[i].rule, changes[i].is_removal ? -1 : 1);
	if (n_found == n && ct->clauses)
		ct->clauses->n_refs++;
	else
		ct->clauses = ct->n_clause_rules ? clauses_create(tables, id) : NULL;
	return ct;
}

static void table_unref(struct compiled_table *ct)
{
	if (!ct || --ct->n_refs)
		return;
	lookup_destroy(ct->lookup);
	clauses_unref(ct->clauses);
	free(ct);
}

static struct compiled_table *table_for(struct tables *tables, uint8_t id,
					const struct pipeline *previous)
{
	struct compiled_table *old = previous ? previous->tables[id] : NULL, *ct = NULL;

	if (!tables_n_flows(tables, id))
		return NULL;
	if (old && old->generation == tables_generation(tables, id)) {
		old->n_refs++;
		return old;
	}
	if (old)
		ct = update_table(tables, id, old);
	if (!ct)
		ct = compile_table(tables, id);
	ct->n_refs = 1;
	ct->generation = tables_generation(tables, id);
	set_needs(ct);
	return ct;
}

static uint8_t flags_of(const struct pipeline_port *port)
{
	uint32_t config = port->config;
	uint8_t flags = PORT_EXISTS;

	if (config & OFPPC_PORT_DOWN)
		flags |= PORT_IS_DOWN;
	if (config & OFPPC_NO_RECV)
		flags |= PORT_NO_RECV;
	if (config & OFPPC_NO_FWD)
		flags |= PORT_NO_FORWARD;
	if (config & OFPPC10_NO_FLOOD)
		flags |= PORT_NO_FLOODING;
	if (config & OFPPC_NO_PACKET_IN)
		flags |= PORT_NO_PUNT;
	if (port->state & OFPPS_LINK_DOWN)
		flags |= PORT_IS_UNLINKED;
	return flags;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static struct compiled_ports *compile_ports(const struct pipeline_port *ports, unsigned n)
{
	struct compiled_ports *cp = xcalloc(1, sizeof(*cp));

	cp->n_refs = 1;
	cp->numbers = xcalloc(n, sizeof(*cp->numbers));
	for (unsigned i = 0; i < n; i++) {
		assert(ports[i].number < ARRAY_LENGTH(cp->flags));
		cp->flags[ports[i].number] = flags_of(&ports[i]);
		cp->numbers[cp->n++] = ports[i].number;
	}
	qsort(cp->numbers, n, sizeof(*cp->numbers), by_number);
	return cp;
}

static bool ports_equal(const struct compiled_ports *cp, const struct pipeline_port *ports,
			unsigned n)
{
	if (cp->n != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (cp->flags[ports[i].number] != flags_of(&ports[i]))
			return false;
	return true;
}

static void ports_unref(struct compiled_ports *cp)
{
	if (--cp->n_refs)
		return;
	free(cp->numbers);
	free(cp);
}

static struct compiled_ports *ports_for(const struct pipeline_port *ports, unsigned n,
					const struct pipeline *previous)
{
	if (!previous || !ports_equal(previous->ports, ports, n))
		return compile_ports(ports, n);
	previous->ports->n_refs++;
	return previous->ports;
}

static bool is_port_live(void *ctx, uint32_t port)
{
	const struct compiled_ports *cp = ctx;

	return port < ARRAY_LENGTH(cp->flags) &&
	       (cp->flags[port] & (PORT_EXISTS | PORT_IS_DOWN | PORT_IS_UNLINKED)) == PORT_EXISTS;
}

static void compile_groups_and_meters(struct pipeline *p, struct tables *tables,
				      const struct pipeline *previous)
{
	bool has_news = !previous || p->ports != previous->ports;

	p->groups = group_set_create(tables_groups(tables), previous ? previous->groups : NULL,
				     has_news, is_port_live, p->ports);
	p->meters = meter_set_create(tables_meters(tables), previous ? previous->meters : NULL);
	p->depth = MAX_OF(p->depth, p->groups->depth);
	p->lines |= p->groups->lines;
	if (p->meters->is_remarking)
		p->depth = PARSE_L4;
}

/* Links into tables that have not changed since stay true. */
static void use_links(struct pipeline *p, struct links *links)
{
	p->links = links;
	for (unsigned id = 0; id < TABLES_N; id++)
		p->serials[id] = p->tables[id] && links->is_linked[id] &&
						 links->generations[id] == p->tables[id]->generation
					 ? links->serial
					 : 0;
}

void pipeline_link(struct pipeline *p)
{
	links_unref(p->links);
	use_links(p, links_create(p->made_from, p));
}

bool pipeline_wants_links(const struct pipeline *p)
{
	bool is_stale = false;

	for (unsigned id = 0; id < TABLES_N; id++) {
		const struct compiled_table *ct = p->tables[id];
		bool is_linked = p->links && p->links->is_linked[id];

		if (!ct || !(ct->n_linking || is_linked))
			continue;
		is_stale |= !p->links || p->links->generations[id] != ct->generation;
	}
	return is_stale;
}

struct pipeline *pipeline_compile(struct tables *tables, const struct pipeline_port *ports,
				  unsigned n_ports, const struct pipeline *previous)
{
	static uint64_t last_serial;
	struct pipeline *p = xcalloc(1, sizeof(*p));

	p->serial = ++last_serial;
	for (unsigned id = 0; id < TABLES_N; id++) {
		p->tables[id] = table_for(tables, id, previous);
		p->removals[id] = tables_removals(tables, id);
		if (!p->tables[id])
			continue;
		p->depth = MAX_OF(p->depth, p->tables[id]->depth);
		p->lines |= p->tables[id]->lines;
	}
	p->ports = ports_for(ports, n_ports, previous);
	compile_groups_and_meters(p, tables, previous);
	if (previous && previous->links) {
		previous->links->n_refs++;
		use_links(p, previous->links);
	}
	p->has_options = tables_has_options(tables);
	p->options = *tables_options(tables);
	p->first_egress = tables_first_egress(tables);
	p->drops_fragments = tables_drop_fragments(tables);
	if (p->drops_fragments)
		p->depth = MAX_OF(p->depth, PARSE_L3);
	p->made_from = tables;
	tables_hold(tables, &p->snapshot);
	return p;
}

void pipeline_release(struct pipeline *p)
{
	if (!p)
		return;
	for (unsigned id = 0; id < TABLES_N; id++)
		table_unref(p->tables[id]);
	group_set_unref(p->groups);
	meter_set_unref(p->meters);
	links_unref(p->links);
	tables_drop(p->made_from, &p->snapshot);
	ports_unref(p->ports);
	free(p);
}

void pipeline_table_info(const struct pipeline *p, uint8_t table_id,
			 struct pipeline_table_info *out)
{
	const struct compiled_table *ct = table_id < TABLES_N ? p->tables[table_id] : NULL;

	*out = (struct pipeline_table_info){ .lookup = "none", .reason = "the table is empty" };
	if (!ct)
		return;
	out->n_rules = ct->n_rules;
	out->lookup = lookup_name(ct->lookup);
	out->reason = lookup_reason(ct->lookup);
	out->bytes = lookup_bytes(ct->lookup) + sizeof(*ct);
	out->max_lines = lookup_max_lines(ct->lookup);
	if (p->serials[table_id])
		out->n_links = p->links->n_into[table_id];
	out->cycles = lookup_cycles(ct->lookup);
	if (!ct->clauses)
		return;
	out->bytes += conjunctions_bytes(ct->clauses->conjunctions);
	out->max_lines = 2 * out->max_lines + conjunctions_max_lines(ct->clauses->conjunctions);
}
