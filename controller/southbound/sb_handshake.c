/* What a switch is asked when it connects: all questions at once, in one round trip after its
 * hello (OF 1.3.5 section 6.3.1). */

#include "controller/southbound/southbound_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include <openflow/openflow-1.3.h>
#include <openflow/openflow-common.h>
#include "controller/flows/layout.h"
#include "lib/log.h"
#include "proto/openflow/numbers.h"

void sb_handshake_begin(struct sb_conn *c)
{
	sb_conn_send(c, &(struct of_msg){ .kind = OF_HELLO,
					  .hello = { .versions = 1u << OF_VERSION_1_3 } });
}

static uint32_t ask_info(struct sb_conn *c)
{
	Weft__Switch__V1__InfoRequest info = WEFT__SWITCH__V1__INFO_REQUEST__INIT;
	Weft__Switch__V1__Request req = WEFT__SWITCH__V1__REQUEST__INIT;
	uint8_t packed[64];

	req.request_case = WEFT__SWITCH__V1__REQUEST__REQUEST_INFO;
	req.info = &info;
	return sb_conn_put(c,
			   &(struct of_msg){ .kind = OF_WEFT_REQUEST,
					     .weft_mgmt = { packed, weft__switch__v1__request__pack(
									    &req, packed) } });
}

/* Ports and flows that change are of interest; packets are not. */
static const struct of_async_config wanted_events = {
	.mask[OF_ASYNC_PACKET_IN] = { 1 << OFPR_ACTION, 0 },
	.mask[OF_ASYNC_PORT_STATUS] = { 7, 7 },
	.mask[OF_ASYNC_FLOW_REMOVED] = { 15, 0 },
};

static void ask(struct sb_conn *c)
{
	c->is_asked = true;
	sb_conn_put(c, &(struct of_msg){ .kind = OF_FEATURES_REQUEST });
	sb_conn_put(c, &(struct of_msg){ .kind = OF_DESC_REQUEST });
	c->role_xid = sb_conn_put(
		c, &(struct of_msg){ .kind = OF_ROLE_REQUEST,
				     .role = { OF_ROLE_MASTER, c->sb->options.role_generation } });
	sb_conn_put(c, &(struct of_msg){ .kind = OF_SET_ASYNC, .async = wanted_events });
	sb_conn_put(c, &(struct of_msg){ .kind = OF_PORT_DESC_REQUEST });
	c->info_xid = ask_info(c);
	c->flows_xid = sb_conn_put(
		c, &(struct of_msg){ .kind = OF_FLOW_STATS_REQUEST,
				     .flow_stats_request = { .table_id = OF_TABLE_ALL,
							     .out_port = OF_PORT_ANY,
							     .out_group = OF_GROUP_ANY } });
	sb_conn_flush(c);
}

static void hello(struct sb_conn *c, const struct of_hello *h)
{
	if (!(h->versions & 1u << OF_VERSION_1_3)) {
		sb_conn_lost(c,
			     "it does not speak OpenFlow 1.3: configure the switch for OpenFlow13");
		return;
	}
	c->answered |= SB_ASK_HELLO;
	if (!c->is_asked)
		ask(c);
}

static void features(struct sb_conn *c, const struct of_features_reply *f)
{
	if (f->auxiliary_id) {
		sb_conn_lost(c, "auxiliary connections are not used");
		return;
	}
	c->fact.datapath_id = f->datapath_id;
	c->answered |= SB_ASK_FEATURES;
}

static void desc(struct sb_conn *c, const struct of_desc *d)
{
	snprintf(c->fact.name, sizeof(c->fact.name), "%s", d->dp ? d->dp : "");
	snprintf(c->fact.software, sizeof(c->fact.software), "%.120s %.120s", d->mfr ? d->mfr : "",
		 d->sw ? d->sw : "");
	c->answered |= SB_ASK_DESC;
}

static struct switch_port *find_port(struct sb_conn *c, uint32_t number)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		if (c->ports[i].number == number)
			return &c->ports[i];
	}
	return NULL;
}

static void to_switch_port(const struct of_port *from, struct switch_port *to)
{
	*to = (struct switch_port){
		.number = from->port_no,
		.is_up = !(from->state & OFPPS_LINK_DOWN),
	};
	snprintf(to->name, sizeof(to->name), "%.15s", from->name);
	memcpy(to->mac, from->hw_addr, sizeof(to->mac));
}

static void port_desc(struct sb_conn *c, const struct of_port_desc_reply *r)
{
	if (c->n_ports + r->n > SB_MAX_PORTS) {
		sb_conn_lost(c, "it tells more ports than a switch can have");
		return;
	}
	c->ports = xrealloc(c->ports, (c->n_ports + r->n + 1) * sizeof(*c->ports));
	for (unsigned i = 0; i < r->n; i++)
		to_switch_port(&r->ports[i], &c->ports[c->n_ports++]);
	if (!r->more)
		c->answered |= SB_ASK_PORTS;
}

static void flow_stats(struct sb_conn *c, const struct of_flow_stats_reply *r)
{
	if (flow_map_n(&c->installed) + r->n > SB_MAX_FLOWS) {
		sb_conn_lost(c, "it tells more flows than a switch can have");
		return;
	}
	for (unsigned i = 0; i < r->n; i++) {
		struct flow_entry *f;

		if (!layout_owns(r->stats[i].table_id, r->stats[i].cookie))
			continue;
		f = sb_flow_of_stats(&r->stats[i]);
		flow_map_put(&c->installed, f);
		flow_entry_unref(f);
	}
	if (!r->more)
		c->answered |= SB_ASK_FLOWS;
}

/* What is refused in the handshake: an older role loses, the rest is done without. */
static bool error(struct sb_conn *c, const struct of_msg *m)
{
	const struct of_error *e = &m->error.error;

	if (m->xid == c->role_xid) {
		if (e->type == OFPET_ROLE_REQUEST_FAILED && e->code == OFPRRFC_STALE)
			sb_conn_lost(c, "a newer controller is its master");
		c->answered |= SB_ASK_ROLE;
		return true;
	}
	if (m->xid == c->info_xid) {
		c->answered |= SB_ASK_INFO;
		return true;
	}
	if (m->xid == c->flows_xid || e->type == OFPET_HELLO_FAILED) {
		sb_conn_lost(c, "it refuses the handshake");
		return true;
	}
	return false;
}

static bool handle_answer(struct sb_conn *c, const struct of_msg *m)
{
	switch ((int)m->kind) {
	case OF_HELLO:
		hello(c, &m->hello);
		return true;
	case OF_FEATURES_REPLY:
		features(c, &m->features_reply);
		return true;
	case OF_DESC_REPLY:
		desc(c, &m->desc);
		return true;
	case OF_PORT_DESC_REPLY:
		port_desc(c, &m->port_desc_reply);
		return true;
	case OF_ROLE_REPLY:
		c->answered |= SB_ASK_ROLE;
		return true;
	case OF_WEFT_REPLY:
		c->fact.is_pluggable = m->xid == c->info_xid;
		c->answered |= SB_ASK_INFO;
		return true;
	case OF_FLOW_STATS_REPLY:
		flow_stats(c, &m->flow_stats_reply);
		return true;
	case OF_ERROR:
		return error(c, m);
	default:
		return false;
	}
}

/* All is known.  A switch that connects again before its old connection was found dead replaces
 * it. */
static void open(struct sb_conn *c)
{
	struct southbound *sb = c->sb;
	struct sb_conn *old = sb_find(sb, c->fact.datapath_id);

	if (old)
		sb_conn_lost(old, "it has connected anew");
	c->is_open = true;
	sb->counters.n_connected++;
	log_info("switch %s (%016llx, %s) connected from %s with %zu ports and %zu flows of ours",
		 c->fact.name, (unsigned long long)c->fact.datapath_id, c->fact.software,
		 c->fact.address, c->n_ports, flow_map_n(&c->installed));
	switches_connected(sb->options.switches, &c->fact, c->ports, c->n_ports);
	free(c->ports);
	c->ports = NULL;
	c->n_ports = 0;
	if (!c->is_dead)
		sb_sync_soon(c);
}

bool sb_handshake_handle(struct sb_conn *c, const struct of_msg *m)
{
	if (m->kind != OF_HELLO && m->kind != OF_ERROR && !(c->answered & SB_ASK_HELLO)) {
		sb_conn_lost(c, "it speaks before its hello");
		return true;
	}
	if (!handle_answer(c, m))
		return false;
	if (!c->is_dead && c->answered == SB_ASK_ALL)
		open(c);
	return true;
}

void sb_handshake_port_status(struct sb_conn *c, const struct of_port_status *ps)
{
	struct switch_port port, *old;
	bool is_gone = ps->reason == OFPPR_DELETE;

	to_switch_port(&ps->port, &port);
	if (c->is_open && is_gone) {
		switches_remove_port(c->sb->options.switches, c->fact.datapath_id, port.number);
	} else if (c->is_open) {
		switches_set_port(c->sb->options.switches, c->fact.datapath_id, &port);
	} else if ((old = find_port(c, port.number))) {
		*old = is_gone ? c->ports[--c->n_ports] : port;
	} else if (!is_gone && c->answered & SB_ASK_PORTS && c->n_ports < SB_MAX_PORTS) {
		c->ports = xrealloc(c->ports, (c->n_ports + 1) * sizeof(*c->ports));
		c->ports[c->n_ports++] = port;
	}
}
