#include "dataplane/ctl/handler.h"
#include "dataplane/ofagent/conn.h"
#include "dataplane/table/budget.h"
#include "proto/openflow/numbers.h"

static const char *role_name(uint32_t role)
{
	return role == OF_ROLE_MASTER ? "master" : role == OF_ROLE_SLAVE ? "slave" : "equal";
}

static const char *version_name(uint8_t version)
{
	switch (version) {
	case OF_VERSION_1_3:
		return "1.3";
	case OF_VERSION_1_4:
		return "1.4";
	default:
		return "1.5";
	}
}

static Weft__Switch__V1__Connection *connection(struct arena *a, const struct conn *c)
{
	Weft__Switch__V1__Connection *m = arena_alloc(a, sizeof(*m));
	struct conn_info info;

	conn_info_get(c, &info);
	weft__switch__v1__connection__init(m);
	m->peer = arena_strdup(a, info.peer);
	m->state = (char *)(info.state == CONN_OPEN ? "open" : "hello");
	if (info.state == CONN_OPEN) {
		m->role = (char *)role_name(info.role);
		m->of_version = (char *)version_name(info.version);
	}
	m->auxiliary_id = info.auxiliary_id;
	m->n_packet_ins_left_out = info.n_punts_left_out;
	m->is_active = info.is_active;
	m->age_ns = info.age_ns;
	m->n_received = info.n_received;
	m->n_sent = info.n_sent;
	return m;
}

static Weft__Switch__V1__Connection *target(struct arena *a, const struct peers_target *t)
{
	Weft__Switch__V1__Connection *m = arena_alloc(a, sizeof(*m));

	weft__switch__v1__connection__init(m);
	m->peer = arena_strdup(a, t->address);
	m->state = (char *)"connecting";
	m->is_active = true;
	m->last_error = arena_strdup(a, t->last_error);
	return m;
}

static void add_connections(struct ctl_call *call, struct ctl_page *page)
{
	const struct ctl_config *config = &call->ctl->config;
	struct conn *c = NULL;
	struct peers_target t;

	while ((c = conn_next(config->datapath, c)))
		ctl_page_add(page, &connection(&call->arena, c)->base);
	if (!config->peers)
		return;
	for (size_t i = 0; peers_target_at(config->peers, i, &t); i++) {
		if (!t.is_connected)
			ctl_page_add(page, &target(&call->arena, &t)->base);
	}
}

static unsigned n_workers(const struct ctl_config *config)
{
	struct ctl_worker w;
	unsigned n = 0;

	while (config->workers && config->workers->worker_at(config->workers_arg, n, &w))
		n++;
	return n;
}

static void add_budget(struct ctl_call *call, Weft__Switch__V1__InfoReply *out)
{
	struct tables *tables = datapath_tables(call->ctl->config.datapath);
	const struct tables_budget *budget = tables_budget(tables);
	const struct tables_way *way = tables_worst_way(tables);

	out->worst_cycles = way->cycles;
	out->worst_tables = arena_alloc(&call->arena, TABLES_N * sizeof(*out->worst_tables));
	for (unsigned id = 0; id < TABLES_N; id++)
		if (tables_way_has(way, id))
			out->worst_tables[out->n_worst_tables++] = id;
	out->cycle_budget = budget->cycles;
	out->refuses_over_budget = budget->refuses;
	out->n_refused = budget->n_refused;
}

static void add_tracked(struct ctl_call *call, Weft__Switch__V1__InfoReply *out)
{
	struct conntrack_stats s =
		conntrack_stats(datapath_conntrack(call->ctl->config.datapath));

	out->n_tracked = s.n_connections;
	out->max_tracked = s.max_connections;
}

static void handle(struct ctl_call *call, const Weft__Switch__V1__Request *req)
{
	Weft__Switch__V1__InfoReply out = WEFT__SWITCH__V1__INFO_REPLY__INIT;
	const struct ctl_config *config = &call->ctl->config;
	struct ctl_page page = { .arena = &call->arena };

	(void)req;
	add_connections(call, &page);
	out.version = (char *)WEFT_VERSION;
	out.datapath_id = datapath_id(config->datapath);
	out.host = (char *)datapath_host(config->datapath);
	out.uptime_ns = datapath_uptime_ns(config->datapath);
	out.has_huge_pages = config->has_huge_pages;
	out.n_ports = config->ports->count(config->ports_arg);
	out.n_workers = n_workers(config);
	out.n_flows = datapath_n_flows(config->datapath);
	add_budget(call, &out);
	add_tracked(call, &out);
	out.n_connections = page.n;
	out.connections = (Weft__Switch__V1__Connection **)page.entries;
	ctl_reply(call, WEFT__SWITCH__V1__REPLY__REPLY_INFO, &out);
}

static const struct ctl_handler info_handler = { WEFT__SWITCH__V1__REQUEST__REQUEST_INFO, handle };
REGISTRY_ADD(ctl_handler, info_handler);
