/* fuzz: component=dataplane */

/* Any bytes as a list of actions of a flow, and the rest as a packet that meets it: what is
 *accepted must run, what it teaches must be a flow or be refused, and no packet may be lost.
 *
 *	byte 0		the flow's match, and whether table 100 and up are egress tables
 *	bytes 1, 2	size of the actions, then these, then the packet */

#include <stdlib.h>
#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/learn/learn.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/egress.h"
#include "dataplane/table/learned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned n_packets; /* made and not freed */

static struct rte_mbuf *copy(void *ctx, const struct rte_mbuf *m)
{
	n_packets++;
	return heap_packet_ops.copy(ctx, m);
}

static void release(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	n_packets -= n;
	heap_packet_ops.free(ctx, pkts, n);
}

static void add_flow(struct tables *t, uint8_t choice, const uint8_t *data, size_t size)
{
	static const char *const matches[] = { "",     "tcp", "udp",
					       "ipv6", "arp", "vlan_tci=0x1000/0x1000" };
	struct of_flow_mod fm = { .command = OFPFC_ADD, .priority = 5, .buffer_id = OF_NO_BUFFER };
	struct cursor c = cursor_of(data, size);
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err;

	if (of_match_parse(matches[choice % ARRAY_LENGTH(matches)], &a, &fm.match, &st) < 0)
		abort();
	fm.instructions.has_apply = true;
	if (of_actions_decode(&c, size, OF_VERSION_1_3, &a, &fm.instructions.apply, &err) == 0)
		tables_flow_mod(t, &fm, 0, &err);
	arena_clear(&a);
}

static struct pipeline *compile(struct tables *t, struct pipeline *old)
{
	static const struct pipeline_port ports[] = { { .number = 1 },
						      { .number = 2 },
						      { .number = 3 } };
	struct pipeline *p = pipeline_compile(t, ports, ARRAY_LENGTH(ports), old);

	pipeline_release(old);
	return p;
}

static void do_effects(struct tables *t, const struct pipeline_result *res)
{
	for (unsigned i = 0; i < res->n_effects; i++) {
		const struct pipeline_effect *e = &res->effects[i];

		if (e->kind == PIPELINE_LEARN)
			learn_apply(t, e->op->owned, &e->key, 0);
		else
			tables_shorten(t, e->rule, e->op->fin_timeout.idle,
				       e->op->fin_timeout.hard);
	}
}

static void run(struct tables *t, struct pipeline *p, struct pipeline_thread *thread,
		const uint8_t *data, size_t size)
{
	struct rte_mbuf *m = heap_packet_create(data, size);
	const struct pipeline_result *res;

	n_packets++;
	res = pipeline_run(p, thread, &m, 1, 1, NS_PER_SEC);
	do_effects(t, res);
	release(NULL, res->pkts, res->n_out);
	for (unsigned i = 0; i < res->n_punts; i++)
		release(NULL, &res->punts[i].pkt, 1);
	if (n_packets)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_ops ops = { copy, release, NULL };
	struct pipeline_thread *thread;
	struct of_error err;
	struct pipeline *p;
	struct tables *t;
	size_t n;

	if (size < 3 || size > 4096)
		return 0;
	n = MIN_OF((size_t)load_be16(data + 1), size - 3);
	t = tables_create(NULL);
	thread = pipeline_thread_create(t, &ops);
	if (data[0] & 0x80 && tables_set_first_egress(t, 100, &err) < 0)
		abort();
	add_flow(t, data[0] & 0x7f, data + 3, n);
	p = compile(t, NULL);
	run(t, p, thread, data + 3 + n, size - 3 - n);
	p = compile(t, p);
	run(t, p, thread, data + 3 + n, size - 3 - n);
	pipeline_trace(p, data + 3 + n, size - 3 - n, 1, 0, NULL, NULL);
	pipeline_release(p);
	pipeline_thread_destroy(t, thread);
	tables_destroy(t);
	return 0;
}
