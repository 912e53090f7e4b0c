/* Groups in the walk against the specification written down naively: random groups that lead to
 * each other and watch ports and each other, random flows, changes that are sometimes undone,
 * packets one by one.  Which bucket a select group takes is read from a trace, and must be one that
 * may be taken. */

#include "dataplane/pipeline/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "dataplane/table/group_mod.h"
#include "lib/rng.h"
#include "proto/openflow/action_group.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/action_queue.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/action_vlan.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/naive_edit.h"

#define N_PORTS	  6
#define N_GROUPS  8
#define MAX_SENT  512
#define MAX_STEPS 512

struct model_group {
	bool exists;
	struct of_group_mod mod; /* in the world's arena */
};

struct model_flow {
	bool exists;
	struct of_flow_mod mod;
};

struct model {
	struct model_group groups[N_GROUPS + 1];
	struct model_flow flows[N_PORTS + 1]; /* by in_port */
};

struct sent {
	uint32_t port;
	uint16_t queue;
	uint8_t data[512];
	size_t size;
};

struct world {
	struct rng rng;
	struct arena arena;
	struct tables *tables;
	struct pipeline *pipeline;
	struct pipeline_thread *thread;
	struct pipeline_port ports[N_PORTS];
	struct model model;
	/* of one packet */
	uint32_t in_port;
	uint16_t queue;
	struct naive_packet packet;
	uint32_t chosen[MAX_STEPS]; /* buckets of select groups, as the trace had them */
	unsigned n_chosen, at_chosen;
	struct sent sent[MAX_SENT];
	unsigned n_sent;
};

static unsigned n_sent_ever, n_dropped_ever, n_refused_ever, n_selected_ever;

/* --- the specification --- */

static bool is_group_live(const struct world *w, uint32_t id);

static bool is_bucket_live(const struct world *w, const struct of_bucket *b)
{
	if (b->watch_port == OF_PORT_ANY && b->watch_group == OF_GROUP_ANY)
		return true;
	if (b->watch_port >= 1 && b->watch_port <= N_PORTS &&
	    !(w->ports[b->watch_port - 1].config & OFPPC_PORT_DOWN) &&
	    !(w->ports[b->watch_port - 1].state & OFPPS_LINK_DOWN))
		return true;
	return b->watch_group != OF_GROUP_ANY && is_group_live(w, b->watch_group);
}

static bool is_group_live(const struct world *w, uint32_t id)
{
	const struct model_group *g = &w->model.groups[id];

	for (unsigned i = 0; g->exists && i < g->mod.n_buckets; i++)
		if (is_bucket_live(w, &g->mod.buckets[i]))
			return true;
	return false;
}

static void send_to(struct world *w, uint32_t port)
{
	struct sent *s = &w->sent[w->n_sent];

	if (port != OF_PORT_CONTROLLER && (port < 1 || port > N_PORTS || port == w->in_port ||
					   w->ports[port - 1].config & OFPPC_PORT_DOWN))
		return;
	assert_true(w->n_sent < MAX_SENT);
	w->n_sent++;
	s->port = port;
	s->queue = port == OF_PORT_CONTROLLER ? 0 : w->queue;
	s->size = w->packet.size;
	memcpy(s->data, w->packet.data, s->size);
}

static void run_group(struct world *w, uint32_t id);

static void run_action(struct world *w, const struct of_action *act)
{
	if (act->class == &of_action_output_class) {
		send_to(w, container_of(act, struct of_action_output, base)->port);
	} else if (act->class == &of_action_set_field_class) {
		const struct of_action_set_field *s =
			container_of(act, struct of_action_set_field, base);

		naive_write(&w->packet, s->field->id, s->value, of_field_ones[s->field->id]);
	} else if (act->class == &of_action_push_vlan_class) {
		naive_push_vlan(&w->packet,
				container_of(act, struct of_action_push_vlan, base)->eth_type);
	} else if (act->class == &of_action_pop_vlan_class) {
		naive_pop_vlan(&w->packet);
	} else if (act->class == &of_action_set_queue_class) {
		w->queue = container_of(act, struct of_action_set_queue, base)->queue_id;
	} else if (act->class == &of_action_group_class) {
		run_group(w, container_of(act, struct of_action_group, base)->group_id);
	} else {
		fail_msg("no naive %s", act->class->name);
	}
}

static int kind_of(const struct of_action *act)
{
	static const struct of_action_class *const order[] = {
		&of_action_pop_vlan_class,  &of_action_push_vlan_class, &of_action_set_field_class,
		&of_action_set_queue_class, &of_action_group_class,	&of_action_output_class,
	};

	for (unsigned i = 0; i < ARRAY_LENGTH(order); i++)
		if (act->class == order[i])
			return i;
	return -1;
}

static bool is_same_thing(const struct of_action *a, const struct of_action *b)
{
	if (a->class != b->class)
		return false;
	return a->class != &of_action_set_field_class ||
	       container_of(a, struct of_action_set_field, base)->field ==
		       container_of(b, struct of_action_set_field, base)->field;
}

/* OF 1.3.5 section 5.10, from the list of all that was written. */
static void run_set(struct world *w, const struct of_actions *acts)
{
	bool has_group = false;

	for (unsigned i = 0; i < acts->n; i++)
		has_group |= acts->list[i]->class == &of_action_group_class;
	for (int kind = 0; kind <= 5; kind++) {
		for (unsigned i = 0; i < acts->n; i++) {
			bool is_replaced = false;

			for (unsigned k = i + 1; k < acts->n; k++)
				is_replaced |= is_same_thing(acts->list[i], acts->list[k]);
			if (kind_of(acts->list[i]) == kind && !is_replaced &&
			    !(kind == 5 && has_group))
				run_action(w, acts->list[i]);
		}
	}
}

static void run_bucket(struct world *w, const struct of_bucket *b)
{
	struct naive_packet before = w->packet;
	uint16_t queue = w->queue;

	run_set(w, &b->actions);
	w->packet = before;
	w->queue = queue;
}

static const struct of_bucket *choose(struct world *w, const struct of_group_mod *g)
{
	for (unsigned i = 0; g->type != OF_GROUP_SELECT && i < g->n_buckets; i++)
		if (is_bucket_live(w, &g->buckets[i]))
			return &g->buckets[i];
	if (g->type != OF_GROUP_SELECT)
		return NULL;
	assert_true(w->at_chosen < w->n_chosen);
	for (unsigned i = 0; i < g->n_buckets; i++) {
		const struct of_bucket *b = &g->buckets[i];

		if (b->id != w->chosen[w->at_chosen])
			continue;
		assert_true(is_bucket_live(w, b) && b->weight);
		n_selected_ever++;
		w->at_chosen++;
		return b;
	}
	/* None: then none may be chosen. */
	assert_int_equal(w->chosen[w->at_chosen++], UINT32_MAX);
	for (unsigned i = 0; i < g->n_buckets; i++)
		assert_false(is_bucket_live(w, &g->buckets[i]) && g->buckets[i].weight);
	return NULL;
}

static void run_group(struct world *w, uint32_t id)
{
	const struct of_group_mod *g = &w->model.groups[id].mod;
	const struct of_bucket *b;

	assert_true(w->model.groups[id].exists);
	if (g->type == OF_GROUP_ALL_BUCKETS) {
		for (unsigned i = 0; i < g->n_buckets; i++)
			run_bucket(w, &g->buckets[i]);
		return;
	}
	b = choose(w, g);
	if (b)
		run_bucket(w, b);
}

static void run_packet(struct world *w, const struct buf *packet)
{
	const struct model_flow *f = &w->model.flows[w->in_port];

	w->n_sent = w->at_chosen = w->queue = 0;
	memset(&w->packet, 0, sizeof(w->packet));
	memcpy(w->packet.data, packet->data, packet->size);
	w->packet.size = packet->size;
	store_be32(&w->packet.key.in_port, w->in_port);
	naive_parse(&w->packet);
	if (!f->exists || w->ports[w->in_port - 1].config & OFPPC_PORT_DOWN)
		return;
	for (unsigned i = 0; i < f->mod.instructions.apply.n; i++)
		run_action(w, f->mod.instructions.apply.list[i]);
	run_set(w, &f->mod.instructions.write);
}

/* --- what is random --- */

static void random_actions(struct world *w, struct buf *text, unsigned n, unsigned max_group)
{
	for (unsigned i = 0; i < n; i++) {
		switch (rng_below(&w->rng, 11)) {
		case 0:
			buf_printf(text, ",push_vlan:0x8100");
			break;
		case 1:
			buf_printf(text, ",pop_vlan");
			break;
		case 2:
			buf_printf(text, ",set_field:02:00:00:00:00:%02x->eth_dst",
				   (unsigned)rng_below(&w->rng, 256));
			break;
		case 3:
			buf_printf(text, ",set_field:10.9.8.%u->ip_dst",
				   (unsigned)rng_below(&w->rng, 256));
			break;
		case 4:
			buf_printf(text, ",set_queue:%u", (unsigned)rng_below(&w->rng, 4));
			break;
		case 5:
		case 6:
		case 7:
			if (max_group) {
				buf_printf(text, ",group:%u",
					   1 + (unsigned)rng_below(&w->rng, max_group));
				break;
			}
			/* fall through */
		case 8:
			if (rng_below(&w->rng, 6) == 0) {
				buf_printf(text, ",output:controller");
				break;
			}
			/* fall through */
		default:
			buf_printf(text, ",output:%u",
				   1 + (unsigned)rng_below(&w->rng, N_PORTS + 1));
		}
	}
}

static void random_bucket(struct world *w, struct buf *text, unsigned id, const char *type)
{
	bool can_watch = *type == 's' || *type == 'f';

	buf_printf(text, ",bucket=bucket_id:%u", (unsigned)rng_below(&w->rng, 100) * 10 + id);
	if (*type == 's')
		buf_printf(text, ",weight:%u", (unsigned)rng_below(&w->rng, 4));
	if (*type == 'f' || (can_watch && rng_below(&w->rng, 3) == 0)) {
		if (rng_below(&w->rng, 3))
			buf_printf(text, ",watch_port:%u",
				   1 + (unsigned)rng_below(&w->rng, N_PORTS));
		else
			buf_printf(text, ",watch_group:%u",
				   1 + (unsigned)rng_below(&w->rng, N_GROUPS));
	}
	random_actions(w, text, 1 + rng_below(&w->rng, 3), N_GROUPS);
}

static void change_group(struct world *w)
{
	static const char *const types[] = { "all", "all", "select", "select", "indirect", "ff" };
	static const uint16_t commands[] = { OF_GROUP_ADD, OF_GROUP_ADD, OF_GROUP_ADD_OR_MODIFY,
					     OF_GROUP_MODIFY, OF_GROUP_DELETE };
	uint32_t id = 1 + rng_below(&w->rng, N_GROUPS);
	uint16_t command = commands[rng_below(&w->rng, ARRAY_LENGTH(commands))];
	const char *type = types[rng_below(&w->rng, ARRAY_LENGTH(types))];
	struct model_group *g = &w->model.groups[id];
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;
	struct of_group_mod gm;
	struct of_error err;

	buf_printf(&text, "group_id=%u", id);
	if (command != OF_GROUP_DELETE) {
		unsigned n = *type == 'i' ? 1 : rng_below(&w->rng, 4);

		buf_printf(&text, ",type=%s", type);
		for (unsigned i = 0; i < n; i++)
			random_bucket(w, &text, i, type);
	}
	if (of_group_mod_parse(buf_str(&text), command, &w->arena, &gm, &st) < 0)
		fail_msg("%s: %s", buf_str(&text), st.message);
	gm.command = command;
	buf_fini(&text);
	if (tables_group_mod(w->tables, &gm, 0, &err) < 0) {
		n_refused_ever++;
		return;
	}
	g->exists = command != OF_GROUP_DELETE;
	g->mod = gm;
}

static bool names_group(const struct of_actions *acts, const struct model *m)
{
	for (unsigned i = 0; i < acts->n; i++)
		if (acts->list[i]->class == &of_action_group_class &&
		    !m->groups[container_of(acts->list[i], struct of_action_group, base)->group_id]
			     .exists)
			return true;
	return false;
}

/* Flows that name a group that is gone are gone with it. */
static void forget_flows(struct model *m)
{
	for (unsigned i = 1; i <= N_PORTS; i++) {
		struct of_instructions *ins = &m->flows[i].mod.instructions;

		if (m->flows[i].exists &&
		    (names_group(&ins->apply, m) || names_group(&ins->write, m)))
			m->flows[i].exists = false;
	}
}

static void change_flow(struct world *w)
{
	uint32_t in_port = 1 + rng_below(&w->rng, N_PORTS);
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT, list = BUF_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	random_actions(w, &list, 1 + rng_below(&w->rng, 4), N_GROUPS);
	buf_printf(&text, "in_port=%u,ip,actions=%s", in_port, buf_str(&list) + 1);
	buf_fini(&list);
	if (rng_below(&w->rng, 2)) {
		struct buf set = BUF_INIT;

		random_actions(w, &set, 1 + rng_below(&w->rng, 4), N_GROUPS);
		buf_printf(&text, ",write_actions(%s)", buf_str(&set) + 1);
		buf_fini(&set);
	}
	/* A tag that may not be there is not popped, and groups must exist. */
	if (of_flow_mod_parse(buf_str(&text), OFPFC_ADD, &w->arena, &fm, &st) == 0 &&
	    tables_flow_mod(w->tables, &fm, 0, &err) == 0) {
		w->model.flows[in_port].exists = true;
		w->model.flows[in_port].mod = fm;
	}
	buf_fini(&text);
}

static void change_ports(struct world *w)
{
	for (unsigned i = 0; i < N_PORTS; i++)
		w->ports[i] = (struct pipeline_port){
			.number = i + 1,
			.config = rng_below(&w->rng, 8) ? 0 : OFPPC_PORT_DOWN,
			.state = rng_below(&w->rng, 4) ? 0 : OFPPS_LINK_DOWN,
		};
}

static void change_world(struct world *w)
{
	struct pipeline *old = w->pipeline;
	struct model before = w->model;
	bool is_transaction = rng_below(&w->rng, 3) == 0;

	if (is_transaction)
		tables_begin(w->tables);
	for (unsigned n = rng_below(&w->rng, 6); n > 0; n--) {
		if (rng_below(&w->rng, 3))
			change_group(w);
		else
			change_flow(w);
		forget_flows(&w->model);
	}
	if (is_transaction && rng_below(&w->rng, 2)) {
		tables_rollback(w->tables);
		w->model = before;
	} else if (is_transaction) {
		tables_commit(w->tables, 0);
	}
	if (rng_below(&w->rng, 3) == 0)
		change_ports(w);
	w->pipeline = pipeline_compile(w->tables, w->ports, N_PORTS, old);
	pipeline_release(old);
}

/* --- comparing --- */

static void on_step(void *ctx, const struct pipeline_step *step)
{
	struct world *w = ctx;

	if (step->kind != PIPELINE_STEP_GROUP || !strstr(step->text, "(select)"))
		return;
	assert_true(w->n_chosen < MAX_STEPS);
	w->chosen[w->n_chosen++] = step->is_none ? UINT32_MAX : step->bucket;
}

static void compare(const struct sent *want, uint32_t port, uint16_t queue, struct rte_mbuf *m)
{
	size_t size;
	const uint8_t *data = heap_packet_data(m, &size);

	assert_int_equal(port, want->port);
	assert_int_equal(queue, want->queue);
	assert_int_equal(size, want->size);
	assert_memory_equal(data, want->data, size);
	heap_packet_destroy(m);
}

static void run_one(struct world *w)
{
	struct pipeline_recorder rec = { on_step, w };
	struct flow_key key = { .ip_proto = 17,
				.ip_ttl = 64,
				.eth_type = __builtin_bswap16(0x800) };
	const struct pipeline_result *res;
	struct buf packet = BUF_INIT;
	struct rte_mbuf *m;
	unsigned out = 0, punt = 0;

	key.ipv4_src = rng_u64(&w->rng);
	key.tp_src = rng_u64(&w->rng);
	if (rng_below(&w->rng, 2))
		store_be16(&key.vlan_tci, KEY_VLAN_PRESENT | 5);
	packet_compose(&key, 20, &packet);
	w->in_port = 1 + rng_below(&w->rng, N_PORTS);
	w->n_chosen = 0;
	pipeline_trace(w->pipeline, packet.data, packet.size, w->in_port, 0, NULL, &rec);
	run_packet(w, &packet);
	assert_int_equal(w->at_chosen, w->n_chosen);
	m = heap_packet_create(packet.data, packet.size);
	res = pipeline_run(w->pipeline, w->thread, &m, 1, w->in_port, 1);
	for (unsigned i = 0; i < w->n_sent; i++) {
		if (w->sent[i].port == OF_PORT_CONTROLLER) {
			assert_true(punt < res->n_punts);
			compare(&w->sent[i], OF_PORT_CONTROLLER, 0, res->punts[punt++].pkt);
			continue;
		}
		assert_true(out < res->n_out);
		compare(&w->sent[i], res->ports[out], res->queues ? res->queues[out] : 0,
			res->pkts[out]);
		out++;
	}
	assert_int_equal(out, res->n_out);
	assert_int_equal(punt, res->n_punts);
	n_sent_ever += w->n_sent;
	n_dropped_ever += !w->n_sent;
	buf_fini(&packet);
}

static void one_world(uint64_t seed)
{
	struct world *w = xcalloc(1, sizeof(*w));

	rng_seed(&w->rng, seed);
	w->tables = tables_create(NULL);
	w->thread = pipeline_thread_create(w->tables, &heap_packet_ops);
	change_ports(w);
	for (unsigned i = 0; i < 10; i++)
		change_group(w);
	for (unsigned i = 0; i < 10; i++)
		change_flow(w);
	forget_flows(&w->model);
	for (unsigned round = 0; round < 30; round++) {
		change_world(w);
		for (unsigned i = 0; i < 20; i++)
			run_one(w);
	}
	pipeline_release(w->pipeline);
	pipeline_thread_destroy(w->tables, w->thread);
	tables_destroy(w->tables);
	arena_clear(&w->arena);
	free(w);
}

static void groups_do_as_the_specification_says(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++)
		one_world(seed);
	print_message("%u sent, %u not, %u group-mods refused, %u selections\n", n_sent_ever,
		      n_dropped_ever, n_refused_ever, n_selected_ever);
	/* The worlds must not be so poor that nothing was compared. */
	assert_true(n_sent_ever > 20000);
	assert_true(n_refused_ever > 1000);
	assert_true(n_selected_ever > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_do_as_the_specification_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
