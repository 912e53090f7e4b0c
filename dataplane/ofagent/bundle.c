#include "dataplane/ofagent/bundle.h"

#include <stdlib.h>

#include "dataplane/ofagent/conn_priv.h"
#include "dataplane/ofagent/datapath_priv.h"
#include "dataplane/ofagent/packet_out.h"
#include "dataplane/table/budget.h"
#include "dataplane/table/group_mod.h"
#include "dataplane/table/meter_mod.h"
#include "proto/openflow/numbers.h"

void bundles_init(struct bundles *b, struct conn *conn, struct loop *loop, size_t *total,
		  timer_fn *due)
{
	*b = (struct bundles){ .conn = conn, .loop = loop, .total = total, .due = due };
	list_init(&b->list);
}

void bundles_fini(struct bundles *b)
{
	while (!list_is_empty(&b->list))
		bundle_discard(container_of(b->list.next, struct bundle, in_bundles));
}

struct bundle *bundle_find(struct bundles *b, uint32_t id)
{
	struct bundle *bundle;

	LIST_FOREACH (bundle, &b->list, in_bundles) {
		if (bundle->id == id)
			return bundle;
	}
	return NULL;
}

void bundle_touch(struct bundle *bundle)
{
	timer_arm(bundle->bundles->loop, &bundle->timer, BUNDLE_IDLE_NS);
}

struct bundle *bundle_open(struct bundles *b, uint32_t id, uint16_t flags)
{
	struct bundle *bundle;

	if (b->n == BUNDLES_MAX)
		return NULL;
	bundle = xcalloc(1, sizeof(*bundle));
	bundle->bundles = b;
	bundle->id = id;
	bundle->flags = flags;
	timer_init(&bundle->timer, b->due, bundle);
	datapath_wait_init(&bundle->wait);
	list_insert(&b->list, &bundle->in_bundles);
	b->n++;
	bundle_touch(bundle);
	return bundle;
}

void bundle_discard(struct bundle *bundle)
{
	struct bundles *b = bundle->bundles;

	timer_cancel(b->loop, &bundle->timer);
	datapath_wait_cancel(&bundle->wait);
	b->n--;
	b->n_bytes -= bundle->messages.size;
	*b->total -= bundle->messages.size;
	list_remove(&bundle->in_bundles);
	buf_fini(&bundle->messages);
	free(bundle);
}

int bundle_add(struct bundle *bundle, const uint8_t *message, size_t size)
{
	struct bundles *b = bundle->bundles;

	if (b->n_bytes + size > BUNDLES_MAX_BYTES || *b->total + size > BUNDLES_TOTAL_BYTES)
		return -1;
	buf_add(&bundle->messages, message, size);
	b->n_bytes += size;
	*b->total += size;
	return 0;
}

bool bundle_takes(enum of_kind kind)
{
	return kind == OF_FLOW_MOD || kind == OF_GROUP_MOD || kind == OF_METER_MOD ||
	       kind == OF_PORT_MOD || kind == OF_PACKET_OUT;
}

/* --- applying --- */

/* Going through the messages, twice: flow-, group- and meter-mods change the tables within their
 * transaction in the first pass, in which port-mods and packet-outs are judged; these are done in
 * the second, when nothing can fail any more. */
struct pass {
	struct conn *conn;
	struct datapath *dp;
	bool is_second;
	uint64_t now_ns;
	struct action_program **outs; /* of the packet-outs, in order */
	unsigned n_outs, n_sent;
	/* The message since which the tables are over the budget. */
	bool is_over;
	struct bundle_failure over;
};

static int judge_packet_out(struct pass *p, const struct of_msg *m, struct of_error *err)
{
	struct action_program *program = packet_out_compile(p->dp, &m->packet_out, err);

	if (!program)
		return -1;
	p->outs[p->n_outs++] = program;
	return 0;
}

static int apply_first(struct pass *p, const struct of_msg *m, struct of_error *err)
{
	switch (m->kind) {
	case OF_FLOW_MOD:
		return tables_flow_mod(p->dp->tables, &m->flow_mod, p->now_ns, err);
	case OF_GROUP_MOD:
		return tables_group_mod(p->dp->tables, &m->group_mod, p->now_ns, err);
	case OF_METER_MOD:
		return tables_meter_mod(p->dp->tables, &m->meter_mod, p->now_ns, err);
	case OF_PORT_MOD:
		return datapath_port_mod(p->dp, &m->port_mod, true, err);
	default:
		return judge_packet_out(p, m, err);
	}
}

static void apply_second(struct pass *p, const struct of_msg *m)
{
	struct of_error ignored;

	switch (m->kind) {
	case OF_GROUP_MOD:
	case OF_METER_MOD:
		async_requestforward(p->conn, m);
		break;
	case OF_PORT_MOD:
		datapath_port_mod(p->dp, &m->port_mod, false, &ignored);
		break;
	case OF_PACKET_OUT:
		packet_out_send(p->conn, &m->packet_out, p->outs[p->n_sent++]);
		break;
	default:
		break;
	}
}

static void watch_budget(struct pass *p, const struct bundle_failure *now)
{
	bool was_over = p->is_over;

	p->is_over = tables_exceed(p->dp->tables);
	if (p->is_over && !was_over)
		p->over = *now;
}

static int apply_each(struct bundle *bundle, struct pass *p, struct bundle_failure *failure)
{
	const struct buf *all = &bundle->messages;
	struct arena a = ARENA_INIT;
	long size;
	int rc = 0;

	for (size_t at = 0; at < all->size && !rc; at += size) {
		const uint8_t *data = all->data + at;
		struct of_msg m;

		size = of_msg_size(data, all->size - at);
		if (p->is_second && data[1] == OFPT_FLOW_MOD)
			continue; /* all of it was done in the first */
		rc = of_msg_decode(data, size, &a, &m, &failure->error);
		if (!rc && p->is_second)
			apply_second(p, &m);
		else if (!rc)
			rc = apply_first(p, &m, &failure->error);
		failure->xid = m.xid;
		failure->message = data;
		failure->size = size;
		if (!p->is_second)
			watch_budget(p, failure);
		arena_reset(&a);
	}
	arena_clear(&a);
	return rc;
}

int bundle_apply(struct bundle *bundle, struct bundle_failure *failure)
{
	struct conn *c = bundle->bundles->conn;
	struct datapath *dp = c->dp;
	struct pass p = { .conn = c, .dp = dp, .now_ns = loop_now_ns(dp->loop) };
	int rc;

	p.outs = bundle->n_outs ? xcalloc(bundle->n_outs, sizeof(*p.outs)) : NULL;
	tables_begin(dp->tables);
	rc = apply_each(bundle, &p, failure);
	if (!rc && tables_check_budget(dp->tables, &p.over.error) < 0) {
		*failure = p.over;
		rc = -1;
	}
	if (rc < 0) {
		datapath_budget_refused(dp, c->peer);
		tables_rollback(dp->tables);
		for (unsigned i = 0; i < p.n_outs; i++)
			action_program_destroy(p.outs[i]);
	} else {
		tables_commit(dp->tables, p.now_ns);
		datapath_changed(dp);
		datapath_expiry_update(dp);
		p.is_second = true;
		apply_each(bundle, &p, failure);
	}
	free(p.outs);
	return rc;
}
