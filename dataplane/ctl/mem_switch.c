#include "dataplane/ctl/mem_switch.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ctl/mem_ports.h"
#include "dataplane/ctl/port_describe.h"
#include "dataplane/ofagent/conn.h"
#include "dataplane/packet/heap_packet.h"

/* What reaches the workers, in order: a new pipeline, a packet-out, a question whether all before
 * it has been seen. */
struct event {
	struct list in_events;
	uint64_t due_ns;
	const struct pipeline *published;
	struct action_program *program;
	uint32_t in_port;
	void (*seen)(void *arg);
	void *seen_arg;
	size_t size;
	uint8_t data[];
};

struct mem_switch {
	struct mem_switch_config config;
	struct tables *tables;
	struct conntrack *conntrack;
	struct pipeline_thread *thread;
	const struct pipeline *running;
	struct datapath *datapath;
	struct ctl *ctl;
	struct mem_ports ports;
	struct list events;
	struct timer due;
	uint64_t lag_ns;
	uint64_t token;
};

/* Packets that leave, copied because whoever hears of them may send more into this switch. */
struct leaving {
	struct buf bytes;
	struct {
		uint32_t port;
		size_t size;
	} packets[1024];
	unsigned n;
};

static void count_sent(struct mem_switch *sw, uint32_t number, size_t size)
{
	struct mem_port *p = mem_ports_find(&sw->ports, number);

	if (!p)
		return;
	p->stats.tx_packets++;
	p->stats.tx_bytes += size;
}

static void collect(struct mem_switch *sw, const struct pipeline_result *r, struct leaving *l)
{
	for (unsigned i = 0; i < r->n_out; i++) {
		size_t size;
		const uint8_t *data = heap_packet_data(r->pkts[i], &size);

		count_sent(sw, r->ports[i], size);
		if (l->n < ARRAY_LENGTH(l->packets)) {
			l->packets[l->n].port = r->ports[i];
			l->packets[l->n++].size = size;
			buf_add(&l->bytes, data, size);
		}
		heap_packet_destroy(r->pkts[i]);
	}
	for (unsigned i = 0; i < r->n_punts; i++) {
		size_t size;
		const uint8_t *data = heap_packet_data(r->punts[i].pkt, &size);

		datapath_punt(sw->datapath, &r->punts[i], data,
			      pipeline_punt_size(&r->punts[i], size), size);
		heap_packet_destroy(r->punts[i].pkt);
	}
}

static void deliver(struct mem_switch *sw, const struct pipeline_result *r)
{
	struct leaving *l = xcalloc(1, sizeof(*l));
	size_t at = 0;

	for (unsigned i = 0; i < r->n_effects; i++)
		datapath_effect(sw->datapath, &r->effects[i]);
	collect(sw, r, l);
	for (unsigned i = 0; i < l->n && sw->config.transmit; i++) {
		sw->config.transmit(sw->config.arg, l->packets[i].port, l->bytes.data + at,
				    l->packets[i].size);
		at += l->packets[i].size;
	}
	buf_fini(&l->bytes);
	free(l);
}

static void schedule(struct mem_switch *sw)
{
	uint64_t now_ns = loop_now_ns(sw->config.loop);
	struct event *first;

	if (list_is_empty(&sw->events))
		return;
	first = container_of(sw->events.next, struct event, in_events);
	timer_arm(sw->config.loop, &sw->due, first->due_ns > now_ns ? first->due_ns - now_ns : 0);
}

static struct event *post(struct mem_switch *sw, size_t size)
{
	struct event *e = xcalloc(1, sizeof(*e) + size);
	struct event *last = container_of(sw->events.prev, struct event, in_events);

	e->size = size;
	e->due_ns = loop_now_ns(sw->config.loop) + sw->lag_ns;
	if (!list_is_empty(&sw->events))
		e->due_ns = MAX_OF(e->due_ns, last->due_ns);
	list_insert(&sw->events, &e->in_events);
	if (sw->events.next == &e->in_events)
		schedule(sw);
	return e;
}

static void event_free(struct event *e)
{
	list_remove(&e->in_events);
	action_program_destroy(e->program);
	free(e);
}

static void happen(struct mem_switch *sw, struct event *e)
{
	if (e->published)
		sw->running = e->published;
	if (e->program)
		deliver(sw, pipeline_execute(sw->running, sw->thread,
					     heap_packet_create(e->data, e->size), e->in_port,
					     e->program, loop_now_ns(sw->config.loop)));
	if (e->seen)
		e->seen(e->seen_arg);
}

static void on_due(struct timer *t, void *arg)
{
	struct mem_switch *sw = arg;
	uint64_t now_ns = loop_now_ns(sw->config.loop);

	(void)t;
	while (!list_is_empty(&sw->events)) {
		struct event *e = container_of(sw->events.next, struct event, in_events);

		if (e->due_ns > now_ns)
			break;
		/* What it does may post more: those come behind. */
		happen(sw, e);
		event_free(e);
	}
	schedule(sw);
}

static uint64_t ops_publish(void *arg, const struct pipeline *p)
{
	struct mem_switch *sw = arg;

	if (sw->lag_ns || !list_is_empty(&sw->events))
		post(sw, 0)->published = p;
	else
		sw->running = p;
	return ++sw->token;
}

static uint64_t ops_token(void *arg)
{
	return ((struct mem_switch *)arg)->token;
}

static void ops_when_seen(void *arg, uint64_t token, void (*cb)(void *cb_arg), void *cb_arg)
{
	struct event *e = post(arg, 0);

	(void)token; /* events are in order: all before this one has been seen by then */
	e->seen = cb;
	e->seen_arg = cb_arg;
}

static int ops_inject(void *arg, const void *data, size_t size, uint32_t in_port,
		      struct action_program *program)
{
	struct event *e = post(arg, size);

	memcpy(e->data, data, size);
	e->in_port = in_port;
	e->program = program;
	return 0;
}

static int ops_port_stats(void *arg, uint32_t number, struct of_port_stats *stats)
{
	struct mem_switch *sw = arg;
	struct mem_port *p = mem_ports_find(&sw->ports, number);

	if (!p)
		return -1;
	port_describe_stats(&p->info, &p->stats, loop_now_ns(sw->config.loop), stats);
	return 0;
}

/* One queue, through which all goes. */
static bool ops_queue_at(void *arg, uint32_t number, unsigned i, struct of_queue_desc *desc,
			 struct of_queue_stats *stats)
{
	struct mem_switch *sw = arg;
	struct mem_port *p = mem_ports_find(&sw->ports, number);

	if (!p || i > 0)
		return false;
	port_describe_queue(&p->info, &(struct port_queue_info){ 0 },
			    &(struct port_queue_stats){ .tx_packets = p->stats.tx_packets,
							.tx_bytes = p->stats.tx_bytes },
			    loop_now_ns(sw->config.loop), desc, stats);
	return true;
}

static void ops_manage(void *arg, const uint8_t *req, size_t size, datapath_reply_fn *reply,
		       void *reply_arg)
{
	ctl_request(((struct mem_switch *)arg)->ctl, req, size, reply, reply_arg);
}

static const struct datapath_ops ops = {
	.publish = ops_publish,
	.token = ops_token,
	.when_seen = ops_when_seen,
	.inject = ops_inject,
	.port_stats = ops_port_stats,
	.queue_at = ops_queue_at,
	.manage = ops_manage,
};

/* A packet has made the first connection. */
static void on_connection(void *arg)
{
	datapath_conntrack_wake(((struct mem_switch *)arg)->datapath);
}

struct mem_switch *mem_switch_create(const struct mem_switch_config *config)
{
	struct mem_switch *sw = xcalloc(1, sizeof(*sw));

	sw->config = *config;
	list_init(&sw->events);
	timer_init(&sw->due, on_due, sw);
	mem_ports_init(&sw->ports, config->loop);
	sw->tables = tables_create(&(struct tables_limits){ 0 });
	sw->conntrack = conntrack_create(&(struct conntrack_config){
		.max_connections = config->max_connections,
		.seed = config->datapath_id,
		.wake = on_connection,
		.wake_arg = sw,
	});
	tables_use_conntrack(sw->tables, sw->conntrack);
	sw->thread = pipeline_thread_create(sw->tables, &heap_packet_ops);
	sw->datapath = datapath_create(&(struct datapath_config){
		.loop = config->loop,
		.datapath_id = config->datapath_id,
		.host = config->host ? config->host : "memory",
		.ops = &ops,
		.arg = sw,
		.tables = sw->tables,
		.conntrack = sw->conntrack,
	});
	sw->ports.datapath = sw->datapath;
	sw->ctl = ctl_create(&(struct ctl_config){
		.loop = config->loop,
		.datapath = sw->datapath,
		.ports = &mem_ports_ops,
		.ports_arg = &sw->ports,
	});
	return sw;
}

void mem_switch_destroy(struct mem_switch *sw)
{
	if (!sw)
		return;
	timer_cancel(sw->config.loop, &sw->due);
	while (!list_is_empty(&sw->events))
		event_free(container_of(sw->events.next, struct event, in_events));
	ctl_destroy(sw->ctl);
	pipeline_thread_destroy(sw->tables, sw->thread);
	datapath_destroy(sw->datapath);
	conntrack_destroy(sw->conntrack);
	tables_destroy(sw->tables);
	mem_ports_fini(&sw->ports);
	free(sw);
}

void mem_switch_connect(struct mem_switch *sw, struct stream *stream)
{
	conn_create(sw->datapath, stream, true, NULL, NULL);
}

uint32_t mem_switch_port_add(struct mem_switch *sw, uint32_t number, const char *name)
{
	struct mem_port *p = mem_ports_add(
		&sw->ports,
		&(struct port_request){ .name = name, .type = "memory", .number = number }, NULL);

	return p ? p->info.number : 0;
}

void mem_switch_port_remove(struct mem_switch *sw, uint32_t number)
{
	struct mem_port *p = mem_ports_find(&sw->ports, number);

	if (p)
		mem_ports_remove(&sw->ports, p);
}

void mem_switch_port_set_up(struct mem_switch *sw, uint32_t number, bool is_up)
{
	struct mem_port *p = mem_ports_find(&sw->ports, number);

	if (!p)
		return;
	p->info.is_up = is_up;
	mem_ports_changed(&sw->ports, p);
}

void mem_switch_receive(struct mem_switch *sw, uint32_t in_port, const void *data, size_t size)
{
	struct mem_port *p = mem_ports_find(&sw->ports, in_port);
	struct rte_mbuf *pkt;

	if (!p || !sw->running)
		return;
	p->stats.rx_packets++;
	p->stats.rx_bytes += size;
	pkt = heap_packet_create(data, size);
	deliver(sw, pipeline_run(sw->running, sw->thread, &pkt, 1, in_port,
				 loop_now_ns(sw->config.loop)));
}

void mem_switch_set_lag(struct mem_switch *sw, uint64_t in_ns)
{
	sw->lag_ns = in_ns;
}

struct datapath *mem_switch_datapath(struct mem_switch *sw)
{
	return sw->datapath;
}

struct ctl *mem_switch_ctl(struct mem_switch *sw)
{
	return sw->ctl;
}
