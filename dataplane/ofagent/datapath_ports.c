#include <stdlib.h>

#include "dataplane/ofagent/datapath_priv.h"
#include <openflow/openflow-1.1.h>
#include <openflow/openflow-1.3.h>

/* The ports as controllers know them; devices are elsewhere. */

#define CONFIG_BITS (OFPPC_PORT_DOWN | OFPPC_NO_RECV | OFPPC_NO_FWD | OFPPC_NO_PACKET_IN)

/* Index of the first port with that number or a greater one. */
static unsigned place_of(const struct datapath *dp, uint32_t number)
{
	unsigned from = 0, to = dp->n_ports;

	while (from < to) {
		unsigned mid = (from + to) / 2;

		if (dp->ports[mid].port_no < number)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct of_port *find(const struct datapath *dp, uint32_t number)
{
	unsigned i = place_of(dp, number);

	return i < dp->n_ports && dp->ports[i].port_no == number ? &dp->ports[i] : NULL;
}

const struct of_port *datapath_port(const struct datapath *dp, uint32_t number)
{
	return find(dp, number);
}

const struct of_port *datapath_ports(const struct datapath *dp, unsigned *n)
{
	*n = dp->n_ports;
	return dp->ports;
}

static void fill_in(struct of_port *to, const struct of_port *from)
{
	uint32_t config = to->config;

	*to = *from;
	to->config = config;
}

void datapath_port_add(struct datapath *dp, const struct of_port *port)
{
	unsigned i = place_of(dp, port->port_no);

	if (i < dp->n_ports && dp->ports[i].port_no == port->port_no) {
		datapath_port_change(dp, port);
		return;
	}
	if (dp->n_ports == dp->ports_capacity) {
		dp->ports_capacity = MAX_OF(dp->ports_capacity * 2, 16);
		dp->ports = xrealloc(dp->ports, dp->ports_capacity * sizeof(*dp->ports));
	}
	memmove(&dp->ports[i + 1], &dp->ports[i], (dp->n_ports - i) * sizeof(*dp->ports));
	dp->n_ports++;
	dp->ports[i] = (struct of_port){ 0 };
	fill_in(&dp->ports[i], port);
	datapath_changed(dp);
	async_port_status(dp, OFPPR_ADD, &dp->ports[i]);
}

void datapath_port_change(struct datapath *dp, const struct of_port *port)
{
	struct of_port *p = find(dp, port->port_no), was;

	if (!p)
		return;
	was = *p;
	fill_in(p, port);
	if (!memcmp(&was, p, sizeof(was)))
		return;
	if (was.state != p->state)
		datapath_changed(dp); /* groups that watch the port */
	async_port_status(dp, OFPPR_MODIFY, p);
}

void datapath_port_remove(struct datapath *dp, uint32_t number)
{
	struct of_port *p = find(dp, number), gone;

	if (!p)
		return;
	gone = *p;
	memmove(p, p + 1, (char *)&dp->ports[dp->n_ports] - (char *)(p + 1));
	dp->n_ports--;
	throttle_forget(dp->throttle, number);
	datapath_changed(dp);
	async_port_status(dp, OFPPR_DELETE, &gone);
}

int datapath_port_mod(struct datapath *dp, const struct of_port_mod *pm, bool is_check_only,
		      struct of_error *err)
{
	struct of_port *p = find(dp, pm->port_no);
	uint32_t config;

	if (!p)
		return of_error_set(err, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_PORT);
	if (memcmp(p->hw_addr, pm->hw_addr, sizeof(p->hw_addr)) != 0)
		return of_error_set(err, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_HW_ADDR);
	if (pm->mask & ~CONFIG_BITS || pm->config & ~pm->mask)
		return of_error_set(err, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_CONFIG);
	if (pm->advertise && pm->advertise != p->advertised)
		return of_error_set(err, OFPET_PORT_MOD_FAILED, OFPPMFC_BAD_ADVERTISE);
	config = (p->config & ~pm->mask) | (pm->config & pm->mask);
	if (is_check_only || config == p->config)
		return 0;
	p->config = config;
	datapath_changed(dp);
	async_port_status(dp, OFPPR_MODIFY, p);
	return 0;
}
