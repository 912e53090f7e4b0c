#include "dataplane/ctl/ctl_ports.h"

#include "dataplane/port/pool.h"

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
		.n_receives = info.n_receives,
		.rx = { info.rx_cycles, info.n_rx },
		.tx = { info.tx_cycles, info.n_tx },
		.counts_index = info.counts_index,
		.cache = info.cache,
	};
	return true;
}

static bool real_drop_at(void *arg, size_t i, struct ctl_drop *drop)
{
	struct worker_drop d;
	struct pool_stats pool;

	/* Behind the workers' own kinds stands that of the packet buffers. */
	if (!workers_drop_at(arg, i, &d)) {
		if (i > 0 && !workers_drop_at(arg, i - 1, &d))
			return false;
		pool_stats_get(&pool);
		*drop = (struct ctl_drop){ "no-buffers",
					   "No packet buffer was free; --memory gives more.",
					   pool.n_failed };
		return true;
	}
	*drop = (struct ctl_drop){ d.reason, d.description, d.n_packets };
	return true;
}

struct ctl_workers_ops ctl_workers_ops(double tsc_hz)
{
	return (struct ctl_workers_ops){ real_worker_at, real_drop_at, tsc_hz };
}
