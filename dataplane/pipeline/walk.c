/* The walk.  Goto leads to higher tables only (OF 1.3.5 section 5.1), so one ascending pass
 * visits each table once with all packets that wait for it, a bitmap.  Resubmit, which may go
 * anywhere, takes one packet through a walk of its own, bounded in depth and number. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <openflow/openflow-common.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include "dataplane/pipeline/stage.h"
#include "proto/openflow/numbers.h"

#define unlikely_(X) __builtin_expect(!!(X), 0)

void walk_count_rule(struct pipeline_thread *t, const struct rule *r, uint64_t bitmap)
{
	struct counter *c = counter_at(t->counts, r->slot);
	unsigned n = __builtin_popcountll(bitmap);
	uint64_t n_bytes = 0;

	if (bitmap_is_prefix(bitmap))
		for (unsigned i = 0; i < n; i++)
			n_bytes += t->pkts[i]->pkt_len;
	else
		for (; bitmap; bitmap &= bitmap - 1)
			n_bytes += t->pkts[__builtin_ctzll(bitmap)]->pkt_len;
	count(&c->n_packets, n);
	count(&c->n_bytes, n_bytes);
	if (c->used_ns != t->now_ns)
		__atomic_store_n(&c->used_ns, t->now_ns, __ATOMIC_RELAXED);
}

/* A TTL was not to be decremented: the packet goes no further, but to the controllers that OP
 * names, the one with id 0 if none (OF 1.3.5 section 7.4.1); what was sent before stays sent. */
static void ttl_ran_out(const struct walk *w, unsigned i, const struct action_op *op,
			const struct rule *rule)
{
	static const uint16_t main_controller[1];
	const uint16_t *ids = op->change.n_controllers ? op->change.controllers : main_controller;
	struct pipeline_thread *t = w->t;

	for (unsigned k = 0; k < MAX_OF(op->change.n_controllers, 1); k++) {
		struct punt_kind kind = { .max_len = OF_CML_NO_BUFFER,
					  .controller_id = ids[k],
					  .reason = OFPR_INVALID_TTL };

		emit_punt(w->p, t, i, &kind, rule);
	}
	t->states[i].why = DROP_INVALID_TTL;
	if (t->states[i].first != NO_EMISSION)
		drop_count(t, DROP_INVALID_TTL, 1);
}

/* Packets that OP failed for leave BITMAP; their states say why. */
static void take_failed(const struct walk *w, const struct action_op *op, const struct rule *rule,
			uint64_t *bitmap)
{
	struct pipeline_thread *t = w->t;
	uint64_t failed = t->batch.failed;

	*bitmap &= ~failed;
	for (; failed; failed &= failed - 1) {
		unsigned i = __builtin_ctzll(failed);

		if (t->layouts[i].drop == DROP_INVALID_TTL) {
			t->layouts[i].drop = DROP_NONE; /* as a packet it is good */
			ttl_ran_out(w, i, op, rule);
			continue;
		}
		t->states[i].why = t->layouts[i].drop;
		t->states[i].is_aborted = true;
	}
	t->batch.failed = 0;
}

void abort_packet(struct pipeline_thread *t, unsigned i, enum drop_reason why)
{
	t->states[i].why = why;
	t->states[i].is_aborted = true;
}

static void run_plain(const struct walk *w, const struct rule *r, uint64_t bitmap)
{
	plain_write(w->t, r, bitmap);
	if (r->port)
		for (; bitmap; bitmap &= bitmap - 1)
			walk_output(w, __builtin_ctzll(bitmap), r->port, 0, r);
}

/* The instructions but goto, in the order of OF 1.3.5 section 5.9.  BITMAP loses the packets
 * that are done for. */
static void run_rule(const struct walk *w, const struct rule *r, uint64_t *bitmap)
{
	const struct action_program *apply;
	struct pipeline_thread *t = w->t;

	for (uint64_t b = *bitmap; b; b &= b - 1)
		t->states[__builtin_ctzll(b)].rule = r;
	if (r->is_plain && !t->tracer) {
		run_plain(w, r, *bitmap);
		return;
	}
	if (unlikely_(t->tracer))
		trace_matched(t, r);
	apply = r->is_plain ? r->effect->apply : r->apply;
	if (apply)
		run_ops(w, apply->ops, apply->n_ops, r, bitmap);
	if (r->is_plain) {
		plain_write(t, r, *bitmap);
		return;
	}
	if (r->has_clear)
		t->with_set &= ~*bitmap;
	if (r->write)
		set_write(t, r->write, *bitmap);
	if (unlikely_(w->p->lines & KEY_LINE_PIPELINE) && (r->write || r->has_clear))
		actset_tell(t, *bitmap);
	if (!r->has_metadata)
		return;
	for (uint64_t b = *bitmap; b; b &= b - 1) {
		uint64_t *metadata = &t->keys[__builtin_ctzll(b)].metadata;

		*metadata = (*metadata & ~r->metadata_mask) | r->metadata;
	}
}

static void count_table(struct pipeline_thread *t, unsigned id, unsigned n_lookups,
			unsigned n_matched)
{
	struct table_counter *c = &t->counts->tables[id];

	count(&c->n_lookups, n_lookups);
	count(&c->n_matched, n_matched);
}

static void find(const struct walk *w, unsigned id, uint64_t bitmap)
{
	const struct compiled_table *ct = w->p->tables[id];

	if (!ct) {
		for (; bitmap; bitmap &= bitmap - 1)
			w->t->found[__builtin_ctzll(bitmap)] = NULL;
		return;
	}
	lookup_find(ct->lookup, w->t->keys, bitmap, w->t->found);
	if (unlikely_(ct->clauses))
		for (; bitmap; bitmap &= bitmap - 1) {
			unsigned i = __builtin_ctzll(bitmap);

			w->t->found[i] = clauses_find(w, ct, i, w->t->found[i]);
		}
}

/* One packet through tables from ID on, coming back here; the first look-up is made already.
 * Returns the table whose flows did not match, or -1 if all did. */
static int walk_from(const struct walk *w, unsigned i, unsigned id)
{
	struct pipeline_thread *t = w->t;
	uint64_t bitmap = 1ull << i;

	for (;;) {
		const struct rule *r = t->found[i];

		count_table(t, id, 1, r != NULL);
		if (!r) {
			if (t->tracer)
				trace_missed(t, id);
			return id;
		}
		walk_count_rule(t, r, bitmap);
		run_rule(w, r, &bitmap);
		if (!r->has_goto || !bitmap)
			return -1;
		id = r->goto_table;
		find(w, id, bitmap);
	}
}

/* The same; only the first look-up is made as if from IN_PORT. */
static int walk_nested(const struct walk *w, unsigned i, unsigned id, uint32_t in_port)
{
	struct flow_key *key = &w->t->keys[i];
	uint32_t own_port = key->in_port;

	key->in_port = __builtin_bswap32(in_port);
	find(w, id, 1ull << i);
	key->in_port = own_port;
	return walk_from(w, i, id);
}

/* The same; and it is made with the fields of the connection's first packet. */
static int walk_nested_ct(const struct walk *w, unsigned i, unsigned id, uint32_t in_port)
{
	struct flow_key *key = &w->t->keys[i], own = *key;

	connections_swap(key);
	key->in_port = __builtin_bswap32(in_port);
	find(w, id, 1ull << i);
	*key = own;
	return walk_from(w, i, id);
}

static void resubmit_one(const struct walk *w, unsigned i, const struct action_op *op,
			 const struct rule *rule)
{
	struct walk inner = { .p = w->p, .t = w->t, .depth = w->depth + 1 };
	struct pipeline_thread *t = w->t;
	uint32_t in_port = op->resubmit.in_port;
	unsigned id = op->resubmit.table;

	if (inner.depth > MAX_RESUBMIT_DEPTH || t->states[i].n_resubmits++ >= MAX_RESUBMITS) {
		abort_packet(t, i, DROP_RESUBMIT_LIMIT);
		return;
	}
	if (in_port == OF_PORT_IN_PORT)
		in_port = t->in_port;
	if (id == OF_TABLE_ALL)
		id = rule ? rule->table_id : 0;
	if (t->tracer)
		trace_nested(t, 1);
	if (op->resubmit.with_ct)
		walk_nested_ct(&inner, i, id, in_port);
	else
		walk_nested(&inner, i, id, in_port);
	if (t->tracer)
		trace_nested(t, -1);
}

static void resubmit(const struct walk *w, const struct action_op *op, const struct rule *rule,
		     uint64_t *bitmap)
{
	for (uint64_t b = *bitmap; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		resubmit_one(w, i, op, rule);
		if (w->t->states[i].is_aborted || w->t->exited & 1ull << i)
			*bitmap &= ~(1ull << i);
	}
}

/* Output to TABLE, of a packet-out: through the tables from the first (OF 1.3.5 section 7.2.5). */
static void submit(const struct walk *w, unsigned i)
{
	struct walk inner = { .p = w->p, .t = w->t, .depth = w->depth + 1 };
	struct packet_state *s = &w->t->states[i];
	int missed = walk_nested(&inner, i, 0, w->t->in_port);

	if (missed < 0)
		return;
	s->why = DROP_TABLE_MISS;
	count(&w->t->counts->tables[missed].n_missed, s->first == NO_EMISSION);
}

void walk_with_set(const struct walk *w, unsigned i, unsigned id, const struct action_op *op)
{
	struct pipeline_thread *t = w->t;
	int missed;

	t->with_set &= ~(1ull << i);
	set_add(t, i, op);
	missed = walk_nested(w, i, id, t->in_port);
	if (missed >= 0)
		t->states[i].why = DROP_TABLE_MISS;
	else if (t->with_set & 1ull << i && !t->states[i].is_aborted)
		set_run(w, i);
}

void walk_fork(const struct walk *w, unsigned i, unsigned id)
{
	struct walk inner = { .p = w->p, .t = w->t, .depth = w->depth + 1 };
	struct pipeline_thread *t = w->t;
	int missed;

	if (inner.depth > MAX_RESUBMIT_DEPTH || t->states[i].n_resubmits++ >= MAX_RESUBMITS) {
		abort_packet(t, i, DROP_RESUBMIT_LIMIT);
		return;
	}
	if (t->tracer)
		trace_nested(t, 1);
	missed = walk_nested(&inner, i, id, t->in_port);
	if (missed >= 0) {
		t->states[i].why = DROP_TABLE_MISS;
		count(&t->counts->tables[missed].n_missed, t->states[i].first == NO_EMISSION);
	} else if (t->with_set & 1ull << i && !t->states[i].is_aborted) {
		set_run(w, i);
	}
	if (t->tracer)
		trace_nested(t, -1);
}

static void output(const struct walk *w, const struct action_op *op, const struct rule *rule,
		   uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		if (op->output.port == OF_PORT_TABLE)
			submit(w, i);
		else
			emit(w, i, op, rule);
	}
}

void walk_output(const struct walk *w, unsigned i, uint32_t port, uint16_t max_len,
		 const struct rule *rule)
{
	struct action_op op = { .output = { .port = port, .max_len = max_len } };

	output(w, &op, rule, 1ull << i);
}

void run_ops(const struct walk *w, const struct action_op *ops, unsigned n, const struct rule *rule,
	     uint64_t *bitmap)
{
	struct pipeline_thread *t = w->t;

	for (unsigned k = 0; k < n && *bitmap; k++) {
		const struct action_op *op = &ops[k];

		if (unlikely_(t->tracer))
			trace_action(t, op);
		switch ((enum action_kind)op->kind) {
		case ACTION_CHANGE_KEY:
			op->run(op, &t->batch, *bitmap);
			break;
		case ACTION_CHANGE_PACKET:
			for (uint64_t b = *bitmap; b; b &= b - 1)
				if (t->states[__builtin_ctzll(b)].n_pending)
					emit_settle(t, __builtin_ctzll(b));
			op->run(op, &t->batch, *bitmap);
			if (unlikely_(t->batch.failed))
				take_failed(w, op, rule, bitmap);
			break;
		case ACTION_OUTPUT:
			output(w, op, rule, *bitmap);
			break;
		case ACTION_RESUBMIT:
			resubmit(w, op, rule, bitmap);
			break;
		case ACTION_EXTENSION:
			extension_run(w, op, rule, bitmap);
			break;
		case ACTION_GROUP:
			walk_group(w, op, rule, bitmap);
			break;
		case ACTION_METER:
			walk_meter(w, op, bitmap);
			break;
		case ACTION_SET_QUEUE:
			for (uint64_t b = *bitmap; b; b &= b - 1)
				t->states[__builtin_ctzll(b)].queue = op->set_queue.queue;
			break;
		}
	}
}

/* The end of the pipeline: action sets. */
static void finish(const struct walk *w, uint64_t bitmap)
{
	for (bitmap &= w->t->with_set; bitmap; bitmap &= bitmap - 1)
		set_run(w, __builtin_ctzll(bitmap));
}

static void match(const struct walk *w, const struct rule *r, uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;
	uint64_t left = bitmap;

	walk_count_rule(t, r, bitmap);
	run_rule(w, r, &left);
	if (unlikely_(t->exited & bitmap))
		finish(w, t->exited & bitmap);
	if (r->has_goto && left)
		walk_wait(t, r->goto_table, left);
	else
		finish(w, left);
}

static void miss(const struct walk *w, unsigned id, uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;
	uint64_t n_missed = 0;

	for (; bitmap; bitmap &= bitmap - 1) {
		struct packet_state *s = &t->states[__builtin_ctzll(bitmap)];

		s->why = DROP_TABLE_MISS;
		s->rule = NULL;
		n_missed += s->first == NO_EMISSION;
	}
	count(&t->counts->tables[id].n_missed, n_missed);
	if (t->tracer)
		trace_missed(t, id);
}

/* Whether all packets of BITMAP found what packet FIRST did. */
static bool found_same(const struct pipeline_thread *t, unsigned first, uint64_t bitmap)
{
	unsigned last = 63 - __builtin_clzll(bitmap);
	uintptr_t r = (uintptr_t)t->found[first], diff = 0;

	if ((uintptr_t)t->found[last] != r)
		return false;
	for (; bitmap && !diff; bitmap &= bitmap - 1)
		diff = (uintptr_t)t->found[__builtin_ctzll(bitmap)] ^ r;
	return diff == 0;
}

/* What is read of rules that are not plain. */
static void prefetch_programs(const struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		const struct rule *r = t->found[__builtin_ctzll(bitmap)];

		if (!r)
			continue;
		__builtin_prefetch(counter_at(t->counts, r->slot), 1);
		if (!r->is_plain && r->apply)
			__builtin_prefetch(r->apply);
	}
}

void walk_start_states(struct pipeline_thread *t)
{
	if (t->has_states)
		return;
	for (unsigned i = 0; i < t->n; i++)
		t->states[i] = (struct packet_state){ .first = NO_EMISSION, .why = DROP_NO_OUTPUT };
	t->has_states = true;
}

/* Nothing of packets and keys changes, nothing is sent, all go on: plain packets have no states
 * that could say otherwise. */
static void run_aside(const struct walk *w, const struct rule *r, uint64_t bitmap)
{
	walk_count_rule(w->t, r, bitmap);
	for (unsigned k = 0; k < r->apply->n_ops; k++) {
		const struct action_op *op = &r->apply->ops[k];

		if (op->extension == ACTION_EXT_LEARN) {
			effect_learn_aside(w, op, r, bitmap);
			continue;
		}
		for (uint64_t b = bitmap; b; b &= b - 1)
			extension_run_one(w, op, r, __builtin_ctzll(b));
	}
	walk_wait(w->t, r->goto_table, bitmap);
}

/* All packets of BITMAP found the same: R, or nothing. */
static void run_same(const struct walk *w, unsigned id, const struct rule *r, uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;

	if (r && r->is_plain && !(bitmap & ~t->plain)) {
		walk_count_rule(t, r, bitmap);
		plain_run_same(w->p, t, r, bitmap);
		return;
	}
	if (r && r->is_aside && !(bitmap & ~t->plain)) {
		run_aside(w, r, bitmap);
		return;
	}
	if (r && r->is_tracking && !(bitmap & ~t->plain)) {
		walk_track(w, bitmap);
		return;
	}
	walk_start_states(t);
	t->plain &= ~bitmap;
	if (r)
		match(w, r, bitmap);
	else
		miss(w, id, bitmap);
}

/* Those of BITMAP that found rules that leave them plain; the others are returned. */
static uint64_t run_asides(const struct walk *w, uint64_t bitmap)
{
	uint64_t rest = bitmap & ~w->t->plain, tracked = 0;

	for (uint64_t b = bitmap & w->t->plain; b; b &= b - 1) {
		const struct rule *r = w->t->found[__builtin_ctzll(b)];

		if (r && r->is_aside)
			run_aside(w, r, b & -b);
		else if (r && r->is_tracking)
			tracked |= b & -b;
		else
			rest |= b & -b;
	}
	if (tracked)
		walk_track(w, tracked);
	return rest;
}

/* The packets of BITMAP one by one, their rules being several. */
static void run_each(const struct walk *w, unsigned id, uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;
	uint64_t missing, rest = plain_run_each(w->p, t, bitmap, &missing);

	count_table(t, id, __builtin_popcountll(bitmap), __builtin_popcountll(bitmap & ~missing));
	if (rest)
		rest = run_asides(w, rest);
	if (!rest)
		return;
	walk_start_states(t);
	t->plain &= ~rest;
	prefetch_programs(t, rest);
	for (; rest; rest &= rest - 1) {
		unsigned i = __builtin_ctzll(rest);
		const struct rule *r = t->found[i];

		if (r)
			match(w, r, 1ull << i);
		else
			miss(w, id, 1ull << i);
	}
}

static void walk_table(const struct walk *w, unsigned id, uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;
	struct table_counter *counts = &t->counts->tables[id];
	unsigned first = __builtin_ctzll(bitmap), n = __builtin_popcountll(bitmap);
	uint64_t began = stage_begin(t);

	find(w, id, bitmap & ~t->linked);
	if (bitmap & t->linked)
		plain_find_linked(t, bitmap & t->linked);
	began = stage_end(t, &counts->find, began, n);
	if (t->cache)
		flow_cache_note(t->cache, t, id, bitmap);
	if (t->est_cache)
		flow_cache_note(t->est_cache, t, id, bitmap);
	if (found_same(t, first, bitmap)) {
		count_table(t, id, n, t->found[first] ? n : 0);
		run_same(w, id, t->found[first], bitmap);
	} else {
		run_each(w, id, bitmap);
	}
	stage_end(t, &counts->run, began, n);
}

static void walk_tables(const struct walk *w, uint64_t good)
{
	struct pipeline_thread *t = w->t;

	walk_wait(t, 0, good);
	for (unsigned k = 0; k < ARRAY_LENGTH(t->waiting); k++) {
		while (t->waiting[k]) {
			unsigned id = k * 64 + __builtin_ctzll(t->waiting[k]);
			uint64_t bitmap = t->buckets[id];

			t->waiting[k] &= t->waiting[k] - 1;
			t->buckets[id] = 0;
			walk_table(w, id, bitmap);
		}
	}
}

/* First those whose way is known, then the others through the tables. */
static void walk_burst(const struct walk *w, uint64_t good)
{
	struct pipeline_thread *t = w->t;
	uint64_t began;
	unsigned n;

	if (!w->p->first_egress && !t->tracer)
		t->plain = good;
	if (t->cache && t->plain) {
		began = stage_begin(t);
		n = __builtin_popcountll(good);
		good = flow_cache_run(t->cache, w->p, t, 0, good);
		stage_end(t, &t->counts->cache, began, n);
	}
	if (!good)
		return;
	began = stage_begin(t);
	packet_begin_lines(t->keys, good, w->p->lines & ~PARSE_LINES);
	walk_tables(w, good);
	if (!t->cache)
		return;
	if (t->is_timed)
		flow_cache_tell_cost(t->cache, rte_rdtsc() - began, __builtin_popcountll(good));
	flow_cache_learn(t->cache, t);
	if (!t->est_cache)
		return;
	if (t->is_timed && t->n_est)
		flow_cache_tell_cost(t->est_cache, rte_rdtsc() - t->est_began, t->n_est);
	flow_cache_learn(t->est_cache, t);
}

static void start(struct pipeline_thread *t, struct rte_mbuf **pkts, unsigned n, uint32_t in_port,
		  uint64_t now_ns)
{
	assert(n <= PACKET_BURST_MAX);
	memcpy(t->pkts, pkts, n * sizeof(*pkts));
	t->n = n;
	t->has_states = t->has_tracks = false;
	t->n_est = 0;
	t->in_port = in_port;
	t->now_ns = now_ns;
	t->n_emissions = t->n_punts = 0;
	t->with_set = t->exited = t->batch.with_stack = 0;
	t->plain = t->sent = t->linked = t->choosing = 0;
	stage_choose(t);
	t->result = (struct pipeline_result){
		.pkts = t->out_pkts,
		.ports = t->out_ports,
		.punts = t->out_punts,
		.effects = t->effects,
		.is_one_port = true,
	};
}

/* The packets that are not in GOOD, dropped for REASON or, if that is NONE, their own. */
static void drop_bad(struct pipeline_thread *t, uint64_t good, enum drop_reason reason)
{
	uint64_t all = t->n == 64 ? UINT64_MAX : (1ull << t->n) - 1;

	if (good == all)
		return;
	walk_start_states(t);
	for (uint64_t bad = all & ~good; bad; bad &= bad - 1) {
		unsigned i = __builtin_ctzll(bad);

		t->states[i].why = reason ? reason : t->layouts[i].drop;
	}
}

/* Without options nothing in P asks where they are. */
static const struct key_options *use_options(const struct pipeline *p)
{
	return unlikely_(p->has_options) ? key_options_use(&p->options) : NULL;
}

static void leave_options(const struct pipeline *p, const struct key_options *before)
{
	if (unlikely_(p->has_options))
		key_options_use(before);
}

static void gather(const struct pipeline *p, struct pipeline_thread *t)
{
	uint64_t began = stage_begin(t);

	emit_gather(p, t, t->n);
	stage_end(t, &t->counts->gather, began, t->n);
}

const struct pipeline_result *pipeline_run(const struct pipeline *p, struct pipeline_thread *t,
					   struct rte_mbuf **pkts, unsigned n, uint32_t in_port,
					   uint64_t now_ns)
{
	const struct key_options *options = use_options(p);
	struct walk w = { .p = p, .t = t };
	uint64_t good = 0;

	start(t, pkts, n, in_port, now_ns);
	t->lines = p->lines | KEY_LINE_COMMON;
	if (in_port <= 0xffff && p->ports->flags[in_port] & (PORT_IS_DOWN | PORT_NO_RECV)) {
		drop_bad(t, 0, DROP_NO_RECEIVE);
	} else if (n) {
		uint64_t began = stage_begin(t);

		good = packet_parse_burst(t->pkts, n, in_port, p->depth, p->lines & PARSE_LINES,
					  t->keys, t->layouts);
		stage_end(t, &t->counts->parse, began, n);
		if (unlikely_(p->drops_fragments))
			good = packet_drop_fragments(t->keys, t->layouts, good);
		if (good)
			walk_burst(&w, good);
		drop_bad(t, good, DROP_NONE);
	}
	connections_leave(t);
	gather(p, t);
	leave_options(p, options);
	return &t->result;
}

const struct pipeline_result *pipeline_execute(const struct pipeline *p, struct pipeline_thread *t,
					       struct rte_mbuf *pkt, uint32_t in_port,
					       const struct action_program *program,
					       uint64_t now_ns)
{
	const struct key_options *options = use_options(p);
	struct walk w = { .p = p, .t = t, .reason = OFPR_PACKET_OUT };
	uint64_t bitmap = 1;

	start(t, &pkt, 1, in_port, now_ns);
	walk_start_states(t);
	t->lines = KEY_LINES_ALL;
	memset(&t->keys[0], 0, sizeof(t->keys[0]));
	t->keys[0].in_port = __builtin_bswap32(in_port);
	if (packet_parse(pkt, &t->keys[0], &t->layouts[0]) != DROP_NONE) {
		/* A controller may send what it likes; fields that cannot be told are absent. */
		memset(&t->keys[0], 0, sizeof(t->keys[0]));
		t->keys[0].in_port = __builtin_bswap32(in_port);
		t->layouts[0] = (struct packet_layout){ 0 };
	}
	run_ops(&w, program->ops, program->n_ops, NULL, &bitmap);
	finish(&w, bitmap | t->exited);
	connections_leave(t);
	gather(p, t);
	leave_options(p, options);
	return &t->result;
}
