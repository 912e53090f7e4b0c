#include "tests/fakes/dataplane/pipeline_world.h"

#include <openflow/openflow-common.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/learn/learn.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/packet/key_fields.h"
#include "dataplane/table/learned.h"

struct rte_mbuf *world_counting_copy(void *ctx, const struct rte_mbuf *m)
{
	struct pipeline_world *w = ctx;

	w->n_packets++;
	return heap_packet_ops.copy(NULL, m);
}

void world_counting_free(void *ctx, struct rte_mbuf **pkts, unsigned n)
{
	struct pipeline_world *w = ctx;

	w->n_packets -= n;
	heap_packet_ops.free(NULL, pkts, n);
}

int world_setup(void **state)
{
	struct pipeline_world *w = xcalloc(1, sizeof(*w));
	struct packet_ops ops = { world_counting_copy, world_counting_free, w };

	w->tables = tables_create(NULL);
	w->conntrack = conntrack_create(&(struct conntrack_config){ .seed = 1 });
	tables_use_conntrack(w->tables, w->conntrack);
	w->t = pipeline_thread_create(w->tables, &ops);
	w->now_ns = NS_PER_SEC;
	*state = w;
	return 0;
}

void world_take_result(struct pipeline_world *w)
{
	for (unsigned i = 0; w->res && i < w->res->n_out; i++)
		world_counting_free(w, &w->res->pkts[i], 1);
	for (unsigned i = 0; w->res && i < w->res->n_punts; i++)
		world_counting_free(w, &w->res->punts[i].pkt, 1);
	w->res = NULL;
}

/* Every test ends with as many packets as it began with. */
int world_teardown(void **state)
{
	struct pipeline_world *w = *state;

	world_take_result(w);
	assert_int_equal(w->n_packets, 0);
	pipeline_release(w->p);
	pipeline_thread_destroy(w->tables, w->t);
	tables_destroy(w->tables);
	conntrack_destroy(w->conntrack);
	free(w);
	return 0;
}

void world_compile(struct pipeline_world *w)
{
	struct pipeline_port ports[8];
	struct pipeline *old = w->p;

	for (unsigned i = 0; i < ARRAY_LENGTH(ports); i++)
		ports[i] = (struct pipeline_port){ .number = i + 1,
						   .state = i + 1 == w->link_down ? OFPPS_LINK_DOWN
										  : 0 };
	w->p = pipeline_compile(w->tables, ports, ARRAY_LENGTH(ports), old);
	pipeline_release(old);
}

/* 0, or the type and code of the error that TEXT gives. */
uint32_t world_try_to_add(struct pipeline_world *w, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err = { 0 };
	struct of_flow_mod fm;
	int ret;

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	ret = tables_flow_mod(w->tables, &fm, w->now_ns, &err);
	arena_clear(&a);
	if (ret < 0)
		return (uint32_t)err.type << 16 | err.code;
	world_compile(w);
	return 0;
}

void world_add(struct pipeline_world *w, const char *text)
{
	assert_int_equal(world_try_to_add(w, text), 0);
}

void world_delete_strict(struct pipeline_world *w, const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_error err;
	struct of_flow_mod fm;

	if (of_flow_mod_parse(text, OFPFC_DELETE_STRICT, &a, &fm, &st) < 0)
		fail_msg("%s: %s", text, st.message);
	assert_int_equal(tables_flow_mod(w->tables, &fm, w->now_ns, &err), 0);
	arena_clear(&a);
	world_compile(w);
}

struct rte_mbuf *world_packet(struct pipeline_world *w, const char *match, size_t payload)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct buf bytes = BUF_INIT;
	struct key_mask km;
	struct of_error err;
	struct of_match m;
	struct rte_mbuf *pkt;

	if (of_match_parse(match, &a, &m, &st) < 0)
		fail_msg("%s: %s", match, st.message);
	assert_int_equal(key_mask_from_match(&m, &km, &err), 0);
	km.key.ip_ttl = 64;
	packet_compose(&km.key, payload, &bytes);
	pkt = heap_packet_create(bytes.data, bytes.size);
	w->n_packets++;
	buf_fini(&bytes);
	arena_clear(&a);
	return pkt;
}

struct rte_mbuf *world_flow_packet(struct pipeline_world *w, uint32_t flow)
{
	struct flow_key key = { .ip_proto = 17, .ip_ttl = 64 };
	struct buf bytes = BUF_INIT;
	struct rte_mbuf *m;

	store_be16(&key.eth_type, 0x0800);
	store_be32(&key.ipv4_src, 0x0a000000 + flow);
	store_be32(&key.ipv4_dst, 0x14000001);
	packet_compose(&key, 20, &bytes);
	m = heap_packet_create(bytes.data, bytes.size);
	buf_fini(&bytes);
	w->n_packets++;
	return m;
}

static void run(struct pipeline_world *w, uint32_t in_port, const char *match, size_t payload)
{
	struct rte_mbuf *pkt = world_packet(w, match, payload);

	world_take_result(w);
	w->res = pipeline_run(w->p, w->t, &pkt, 1, in_port, w->now_ns);
}

void world_run_sized(struct pipeline_world *w, const char *match, size_t payload)
{
	run(w, 1, match, payload);
}

void world_run_from(struct pipeline_world *w, uint32_t in_port, const char *match)
{
	run(w, in_port, match, 20);
}

void world_run(struct pipeline_world *w, const char *match)
{
	world_run_sized(w, match, 20);
}

/* To where the packet went: "2 3", "c" for the controller. */
const char *world_outputs(const struct pipeline_world *w)
{
	static char text[256];
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < w->res->n_out; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%u", at ? " " : "",
			       w->res->ports[i]);
	for (unsigned i = 0; i < w->res->n_punts; i++)
		at += snprintf(text + at, sizeof(text) - at, "%sc", at ? " " : "");
	return text;
}

uint64_t world_n_dropped(const struct pipeline_world *w, enum drop_reason reason)
{
	return counters_drop_sum(tables_counters(w->tables), reason);
}

void world_do_effects(struct pipeline_world *w)
{
	for (unsigned i = 0; i < w->res->n_effects; i++) {
		const struct pipeline_effect *e = &w->res->effects[i];

		if (e->kind == PIPELINE_LEARN)
			learn_apply(w->tables, e->op->owned, &e->key, w->now_ns);
		else
			tables_shorten(w->tables, e->rule, e->op->fin_timeout.idle,
				       e->op->fin_timeout.hard);
	}
	world_compile(w);
}
