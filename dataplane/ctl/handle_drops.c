#include "dataplane/ctl/handler.h"
#include "dataplane/ofagent/flow_walk.h"
#include "proto/openflow/numbers.h"

/* Drops are told in three parts: reasons, ports, flows.  `after` says where to go on: a flow's
 * place (flow_walk.h), or, with a table number that no flow has, a port. */
#define PORTS_PART ((uint64_t)0xff << 56)

struct listing {
	struct ctl_call *call;
	struct tables *tables;
	struct ctl_page page;
};

static Weft__Switch__V1__Drop *drop_message(struct listing *l, const char *reason,
					    const char *description, uint64_t n_packets)
{
	Weft__Switch__V1__Drop *d = arena_alloc(&l->call->arena, sizeof(*d));

	weft__switch__v1__drop__init(d);
	d->reason = (char *)reason;
	d->description = (char *)description;
	d->n_packets = n_packets;
	return d;
}

static void add_left_out(struct listing *l)
{
	uint64_t n = datapath_n_left_out(l->call->ctl->config.datapath);

	if (n)
		ctl_page_add(&l->page, &drop_message(l, "packet-in-slow-reader",
						     "A controller did not read its packet-ins in "
						     "time.",
						     n)
						->base);
}

/* Table-misses are told by table, explicit drops by flow; all others here. */
static void add_reasons(struct listing *l)
{
	struct counters *counters = tables_counters(l->tables);
	const struct ctl_config *config = &l->call->ctl->config;
	struct ctl_drop drop;

	for (unsigned r = DROP_NONE + 1; r < DROP_N_REASONS; r++) {
		uint64_t n = counters_drop_sum(counters, r);

		if (n && r != DROP_TABLE_MISS && r != DROP_NO_OUTPUT)
			ctl_page_add(&l->page,
				     &drop_message(l, drop_reason_name(r), drop_reason_text(r), n)
					      ->base);
	}
	for (size_t i = 0;
	     config->workers && config->workers->drop_at(config->workers_arg, i, &drop); i++) {
		if (drop.n_packets)
			ctl_page_add(&l->page,
				     &drop_message(l, drop.reason, drop.description, drop.n_packets)
					      ->base);
	}
}

static void add_misses(struct listing *l)
{
	for (unsigned id = 0; id < TABLES_N; id++) {
		uint64_t n = counters_table_sum(tables_counters(l->tables), id).n_missed;
		Weft__Switch__V1__Drop *d;

		if (!n)
			continue;
		d = drop_message(l, drop_reason_name(DROP_TABLE_MISS),
				 drop_reason_text(DROP_TABLE_MISS), n);
		d->has_table = true;
		d->table = id;
		ctl_page_add(&l->page, &d->base);
	}
}

static bool add_port_drop(struct listing *l, const struct ctl_port *port, const char *reason,
			  const char *description, uint64_t n)
{
	Weft__Switch__V1__Drop *d;

	if (!n)
		return true;
	d = drop_message(l, reason, description, n);
	d->has_port = true;
	d->port = port->info.number;
	d->port_name = arena_strdup(&l->call->arena, port->info.name);
	return ctl_page_add(&l->page, &d->base);
}

/* The number of the last port told when the page is full; 0: all are told. */
static uint32_t add_ports(struct listing *l, uint32_t after)
{
	const struct ctl_config *config = &l->call->ctl->config;
	struct ctl_port port = { 0 };

	while (config->ports->next(config->ports_arg, after, &port)) {
		/* Leave room for all of a port's. */
		if (l->page.bytes > CTL_PAGE_BYTES - 1024)
			return after;
		add_port_drop(l, &port, "port-rx", "The port could not hand the packet over.",
			      port.stats.rx_dropped);
		add_port_drop(l, &port, "port-tx",
			      "The port's other side did not take the packet in time.",
			      port.stats.tx_dropped);
		add_port_drop(l, &port, "packet-in-rate",
			      "More packets for the controller than packet-in-rate and "
			      "packet-in-total-rate allow.",
			      datapath_n_throttled(config->datapath, port.info.number));
		after = port.info.number;
	}
	return 0;
}

static bool add_flow(void *ctx, const struct flow *f)
{
	struct listing *l = ctx;
	struct counter n = flow_counts(l->tables, f);
	struct of_field_match fields[OF_N_FIELDS];
	struct buf text = BUF_INIT;
	Weft__Switch__V1__Drop *d;
	struct of_match match;

	if (!n.n_dropped)
		return true;
	d = drop_message(l, drop_reason_name(DROP_NO_OUTPUT), drop_reason_text(DROP_NO_OUTPUT),
			 n.n_dropped);
	d->has_flow = d->has_table = true;
	d->table = f->rule->table_id;
	d->priority = rule_priority(f->rule);
	d->cookie = f->rule->cookie;
	rule_match(f->rule, fields, &match);
	of_match_print(&match, &text);
	d->match = arena_strdup(&l->call->arena, buf_str(&text));
	buf_fini(&text);
	return ctl_page_add(&l->page, &d->base);
}

static uint64_t fill_page(struct listing *l, uint64_t after)
{
	struct flow_walk walk = { .filter = { .table_id = OF_TABLE_ALL,
					      .out_port = OF_PORT_ANY,
					      .out_group = OF_GROUP_ANY } };
	uint32_t port = 0;

	if (!after) {
		add_reasons(l);
		add_left_out(l);
		add_misses(l);
	}
	if (!after || after >= PORTS_PART) {
		port = add_ports(l, after ? after & UINT32_MAX : 0);
		if (port)
			return PORTS_PART | port;
		after = 0;
	}
	flow_walk_resume(&walk, after);
	return flow_walk_step(&walk, l->tables, UINT32_MAX, add_flow, l) ? 0
									 : flow_walk_place(&walk);
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__DropsReply out = WEFT__SWITCH__V1__DROPS_REPLY__INIT;
	struct listing l = {
		.call = call,
		.tables = datapath_tables(call->ctl->config.datapath),
		.page = { .arena = &call->arena },
	};

	out.next = fill_page(&l, req->drops->after);
	out.n_drops = l.page.n;
	out.drops = (Weft__Switch__V1__Drop **)l.page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_DROPS, &out);
}

static const struct ctl_handler drops = { WEFT__SWITCH__V1__REQUEST__REQUEST_DROPS, handle };
REGISTRY_ADD(ctl_handler, drops);
