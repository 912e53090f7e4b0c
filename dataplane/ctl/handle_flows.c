#include "dataplane/ctl/handler.h"
#include "dataplane/ofagent/flow_walk.h"
#include "proto/openflow/numbers.h"

struct listing {
	struct ctl_call *call;
	struct tables *tables;
	uint64_t now_ns;
	struct ctl_page page;
};

static bool add_flow(void *ctx, const struct flow *f)
{
	struct listing *l = ctx;
	struct arena *a = &l->call->arena;
	Weft__Switch__V1__Flow *m = arena_alloc(a, sizeof(*m));
	struct counter n = flow_counts(l->tables, f);
	struct of_field_match fields[OF_N_FIELDS];
	struct buf text = BUF_INIT;
	struct of_match match;

	weft__switch__v1__flow__init(m);
	m->table = f->rule->table_id;
	m->priority = rule_priority(f->rule);
	m->cookie = f->rule->cookie;
	rule_match(f->rule, fields, &match);
	of_match_print(&match, &text);
	m->match = arena_strdup(a, buf_str(&text));
	buf_clear(&text);
	of_instructions_print(rule_instructions(f->rule), &text);
	m->actions = arena_strdup(a, buf_str(&text));
	buf_fini(&text);
	m->n_packets = n.n_packets;
	m->n_bytes = n.n_bytes;
	m->age_ns = l->now_ns - f->created_ns;
	m->idle_timeout = f->idle_timeout;
	m->hard_timeout = f->hard_timeout;
	return ctl_page_add(&l->page, &m->base);
}

static int read_filter(struct ctl_call *call, const Weft__Switch__V1__FlowsRequest *in,
		       struct flow_filter *filter, struct status *st)
{
	struct of_match *match = arena_alloc(&call->arena, sizeof(*match));

	*filter = (struct flow_filter){
		.table_id = in->has_table ? in->table : OF_TABLE_ALL,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.cookie = in->cookie,
		.cookie_mask = in->cookie_mask,
		.match = match,
	};
	if (in->has_table && in->table >= TABLES_N)
		return status_set(st, STATUS_INVALID_ARGUMENT, "table",
				  "tables are 0 to %u, not %u", TABLES_N - 1, in->table);
	if (of_match_parse(in->match, &call->arena, match, st) < 0)
		return -1;
	return 0;
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__FlowsReply out = WEFT__SWITCH__V1__FLOWS_REPLY__INIT;
	const Weft__Switch__V1__FlowsRequest *in = req->flows;
	struct listing l = {
		.call = call,
		.tables = datapath_tables(call->ctl->config.datapath),
		.now_ns = loop_now_ns(call->ctl->config.loop),
		.page = { .arena = &call->arena },
	};
	struct status st = STATUS_INIT;
	struct flow_walk walk = { 0 };

	if (read_filter(call, in, &walk.filter, &st) < 0) {
		ctl_fail(call, &st);
		return;
	}
	flow_walk_resume(&walk, in->after);
	if (!flow_walk_step(&walk, l.tables, in->limit ? in->limit : UINT32_MAX, add_flow, &l))
		out.next = flow_walk_place(&walk);
	out.n_flows = l.page.n;
	out.flows = (Weft__Switch__V1__Flow **)l.page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_FLOWS, &out);
}

static const struct ctl_handler flows = { WEFT__SWITCH__V1__REQUEST__REQUEST_FLOWS, handle };
REGISTRY_ADD(ctl_handler, flows);
