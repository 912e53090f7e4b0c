#include "dataplane/ctl/ctl_ports.h"

#include <stdio.h>

#include <openflow/openflow-1.3.h>

static void fill(const struct port *port, struct ctl_port *out)
{
	port_info_get(port, &out->info);
	port_stats_get(port, &out->stats);
	out->settings = port_settings(port, &out->n_settings);
}

static int real_add(void *arg, const struct port_request *req, struct ctl_port *out,
		    struct status *st)
{
	struct port *port = ports_add(arg, req, st);

	if (!port)
		return -1;
	fill(port, out);
	return 0;
}

static bool real_next(void *arg, uint32_t number, struct ctl_port *out)
{
	struct port *port = ports_next(arg, number);

	if (port)
		fill(port, out);
	return port != NULL;
}

static bool real_find(void *arg, const char *name, struct ctl_port *out)
{
	struct port *port = ports_find(arg, name);

	if (port)
		fill(port, out);
	return port != NULL;
}

static void real_remove(void *arg, uint32_t number, void (*done)(void *done_arg), void *done_arg)
{
	ports_remove(arg, ports_find_number(arg, number), done, done_arg);
}

static size_t real_count(void *arg)
{
	return ports_count(arg);
}

const struct ctl_ports_ops ctl_ports_ops = {
	.add = real_add,
	.next = real_next,
	.find = real_find,
	.remove = real_remove,
	.count = real_count,
};

static bool real_worker_at(void *arg, unsigned i, struct ctl_worker *w)
{
	struct worker_info info;

	if (i >= workers_count(arg))
		return false;
	workers_info(arg, i, &info);
	*w = (struct ctl_worker){
		.core = info.cpu,
		.is_sleeping = info.is_sleeping,
		.busy_cycles = info.busy_cycles,
		.idle_cycles = info.idle_cycles,
		.n_packets = info.n_packets,
		.n_bursts = info.n_bursts,
		.n_sleeps = info.n_sleeps,
		.n_ports = info.n_queues,
	};
	return true;
}

static bool real_drop_at(void *arg, size_t i, struct ctl_drop *drop)
{
	struct worker_drop d;

	if (!workers_drop_at(arg, i, &d))
		return false;
	*drop = (struct ctl_drop){d.reason, d.description, d.n_packets};
	return true;
}

struct ctl_workers_ops ctl_workers_ops(double tsc_hz)
{
	return (struct ctl_workers_ops){real_worker_at, real_drop_at, tsc_hz};
}

/* A port has a MAC of its own in OpenFlow; one that the guest's is not known for gets one made
 * from its number, in the range for local use. */
static void mac_of(const struct port_info *info, uint8_t mac[6])
{
	if (info->has_mac) {
		memcpy(mac, info->mac, 6);
		return;
	}
	mac[0] = 0x0a;
	mac[1] = 0;
	store_be32(mac + 2, info->number);
}

void ctl_port_describe(const struct port_info *info, struct of_port *out)
{
	uint32_t config = out->config;

	*out = (struct of_port){
		.port_no = info->number,
		.config = config,
		.state = info->is_up ? 0 : OFPPS_LINK_DOWN,
		.curr_speed = info->speed_mbps * 1000,
		.max_speed = info->speed_mbps * 1000,
	};
	mac_of(info, out->hw_addr);
	snprintf(out->name, sizeof(out->name), "%s", info->name);
}

void ctl_port_stats(const struct port_info *info, const struct port_stats *stats, uint64_t now_ns,
		    struct of_port_stats *out)
{
	uint64_t age_ns = now_ns - info->added_ns;

	*out = (struct of_port_stats){
		.port_no = info->number,
		.rx_packets = stats->rx_packets,
		.tx_packets = stats->tx_packets,
		.rx_bytes = stats->rx_bytes,
		.tx_bytes = stats->tx_bytes,
		.rx_dropped = stats->rx_dropped,
		.tx_dropped = stats->tx_dropped,
		.rx_errors = stats->rx_errors,
		.tx_errors = stats->tx_errors,
		.duration_sec = age_ns / NS_PER_SEC,
		.duration_nsec = age_ns % NS_PER_SEC,
	};
}
