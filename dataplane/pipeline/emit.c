/* Outputs.  A packet is copied only when it must be: an output stays pending, standing for the
 * packet itself, until the packet changes or the walk ends. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "proto/openflow/numbers.h"

#define KEY_LINE_WORDS (KEY_WORDS / KEY_LINES)

void drop_count(struct pipeline_thread *t, enum drop_reason reason, uint64_t n)
{
	count(&t->counts->drops[reason], n);
}

enum drop_reason port_verdict(const struct pipeline *p, const struct pipeline_thread *t,
			      uint32_t port)
{
	uint8_t flags = p->ports->flags[port & 0xffff];

	if (port > 0xffff || !(flags & PORT_EXISTS))
		return DROP_NO_SUCH_PORT;
	if (flags & PORT_IS_DOWN)
		return DROP_PORT_DOWN;
	if (flags & PORT_NO_FORWARD)
		return DROP_PORT_NO_FWD;
	return port == t->in_port ? DROP_OUTPUT_TO_INPUT : DROP_NONE;
}

static struct emission *emission_new(struct pipeline_thread *t, unsigned i)
{
	struct packet_state *s = &t->states[i];
	unsigned at = t->n_emissions;

	if (at == MAX_EMISSIONS) {
		drop_count(t, DROP_OUTPUT_LIMIT, 1);
		s->why = DROP_OUTPUT_LIMIT;
		return NULL;
	}
	t->n_emissions++;
	t->emissions[at] = (struct emission){ .next = NO_EMISSION };
	if (s->first == NO_EMISSION)
		s->first = at;
	else
		t->emissions[s->last].next = at;
	s->last = at;
	if (!s->n_pending++)
		s->first_pending = at;
	return &t->emissions[at];
}

static void emit_port(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
		      uint32_t port, bool may_return)
{
	enum drop_reason verdict = port_verdict(p, t, port);
	struct emission *e;

	if (verdict == DROP_OUTPUT_TO_INPUT && may_return)
		verdict = DROP_NONE;
	if (t->tracer)
		trace_output(t, port, verdict);
	if (verdict != DROP_NONE) {
		t->states[i].why = verdict;
		return;
	}
	if (p->first_egress && !t->is_egress) {
		egress_run(p, t, i, port);
		return;
	}
	e = emission_new(t, i);
	if (!e)
		return;
	e->port = port;
	e->queue = t->states[i].queue;
}

static void emit_many(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
		      uint8_t without)
{
	const struct compiled_ports *ports = p->ports;

	for (unsigned k = 0; k < ports->n; k++) {
		uint32_t port = ports->numbers[k];

		if (port != t->in_port && !(ports->flags[port] & without))
			emit_port(p, t, i, port, false);
	}
}

static void copy_lines(struct flow_key *to, const struct flow_key *from, unsigned lines)
{
	for (; lines; lines &= lines - 1) {
		unsigned at = __builtin_ctz(lines) * KEY_LINE_WORDS;

		memcpy(&to->words[at], &from->words[at], KEY_LINE_WORDS * sizeof(to->words[0]));
	}
}

void emit_punt(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
	       const struct punt_kind *kind, const struct rule *rule)
{
	struct pipeline_punt *punt;
	struct emission *e;

	if (t->in_port <= 0xffff && p->ports->flags[t->in_port] & PORT_NO_PUNT) {
		t->states[i].why = DROP_NO_PACKET_IN;
		return;
	}
	if (!meter_admits_punt(p, t, i, kind->how)) {
		t->states[i].why = DROP_METER;
		return;
	}
	if (t->n_punts == MAX_PUNTS) {
		drop_count(t, DROP_PUNT_LIMIT, 1);
		t->states[i].why = DROP_PUNT_LIMIT;
		return;
	}
	e = emission_new(t, i);
	if (!e)
		return;
	e->port = OF_PORT_CONTROLLER;
	e->punt = t->n_punts++;
	punt = &t->punts[e->punt];
	punt->cookie = rule ? rule->cookie : UINT64_MAX;
	punt->in_port = t->in_port;
	punt->max_len = kind->max_len;
	punt->reason = kind->reason;
	punt->table_id = rule ? rule->table_id : 0;
	punt->controller_id = kind->controller_id;
	punt->how = kind->how;
	punt->lines = t->lines | KEY_LINE_COMMON; /* which is there always */
	copy_lines(&punt->key, &t->keys[i], punt->lines);
	if (t->tracer)
		trace_punt(t, punt->reason);
}

static void emit_output_punt(const struct walk *w, unsigned i, const struct action_op *op,
			     const struct rule *rule)
{
	struct punt_kind kind = { .max_len = op->output.max_len, .reason = w->reason };

	if (!w->reason)
		kind.reason = rule && rule->is_table_miss ? OFPR_NO_MATCH : OFPR_ACTION;
	emit_punt(w->p, w->t, i, &kind, rule);
}

void emit(const struct walk *w, unsigned i, const struct action_op *op, const struct rule *rule)
{
	const struct pipeline *p = w->p;
	struct pipeline_thread *t = w->t;

	switch (op->output.port) {
	case OF_PORT_IN_PORT:
		emit_port(p, t, i, t->in_port, true);
		break;
	case OF_PORT_ALL:
		emit_many(p, t, i, PORT_IS_DOWN | PORT_NO_FORWARD);
		break;
	case OF_PORT_FLOOD:
		emit_many(p, t, i, PORT_IS_DOWN | PORT_NO_FORWARD | PORT_NO_FLOODING);
		break;
	case OF_PORT_CONTROLLER:
		emit_output_punt(w, i, op, rule);
		break;
	default:
		emit_port(p, t, i, op->output.port, false);
		break;
	}
}

static struct rte_mbuf *copy_of(struct pipeline_thread *t, const struct rte_mbuf *m)
{
	struct rte_mbuf *copy = t->ops.copy(t->ops.ctx, m);

	if (!copy)
		drop_count(t, DROP_NO_MEMORY, 1);
	return copy;
}

/* Only the first SIZE bytes of M.  Whoever sends it cannot fill in a checksum of what is not there,
 * nor cut it into segments. */
static void cut(struct pipeline_thread *t, struct rte_mbuf *m, uint32_t size)
{
	struct rte_mbuf *seg = m;
	uint32_t left = size;

	if (m->pkt_len <= size)
		return;
	m->nb_segs = 1;
	for (; left > seg->data_len; seg = seg->next, m->nb_segs++)
		left -= seg->data_len;
	seg->data_len = left;
	if (seg->next)
		t->ops.free(t->ops.ctx, &seg->next, 1);
	seg->next = NULL;
	m->pkt_len = size;
	m->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
	m->tso_segsz = 0;
}

/* The emission AT of packet I; what went through egress tables has a packet of its own. */
static void cut_one(struct pipeline_thread *t, unsigned i, unsigned at, uint32_t max_bytes)
{
	struct emission *e = &t->emissions[at];

	if (!e->pkt) {
		t->states[i].n_pending--;
		e->pkt = copy_of(t, t->pkts[i]);
		if (!e->pkt) {
			e->port = 0;
			e->pkt = t->pkts[i];
		}
	}
	if (e->port && e->port != OF_PORT_CONTROLLER)
		cut(t, e->pkt, max_bytes);
}

void emit_cut(const struct pipeline *p, struct pipeline_thread *t, unsigned i, uint32_t port,
	      uint32_t max_bytes)
{
	bool may_return = port == OF_PORT_IN_PORT;
	unsigned first = t->n_emissions;

	emit_settle(t, i);
	emit_port(p, t, i, may_return ? t->in_port : port, may_return);
	for (unsigned at = first; at < t->n_emissions; at++)
		cut_one(t, i, at, max_bytes);
}

/* The first of packet I's pending outputs gets a copy. */
static void settle_first(struct pipeline_thread *t, unsigned i)
{
	struct packet_state *s = &t->states[i];
	struct emission *e = &t->emissions[s->first_pending];

	e->pkt = copy_of(t, t->pkts[i]);
	if (!e->pkt) {
		/* Keep it from being taken for pending: it goes to nobody. */
		e->port = 0;
		e->pkt = t->pkts[i];
	}
	s->first_pending = e->next;
	s->n_pending--;
}

void emit_settle(struct pipeline_thread *t, unsigned i)
{
	while (t->states[i].n_pending)
		settle_first(t, i);
}

void emit_hand_over(struct pipeline_thread *t, unsigned i)
{
	struct packet_state *s = &t->states[i];

	if (!s->n_pending) {
		t->ops.free(t->ops.ctx, &t->pkts[i], 1);
		return;
	}
	while (s->n_pending > 1)
		settle_first(t, i);
	t->emissions[s->first_pending].pkt = t->pkts[i];
	s->n_pending = 0;
}

static void put_out(struct pipeline_thread *t, const struct emission *e, struct rte_mbuf *pkt)
{
	struct pipeline_result *r = &t->result;

	if (e->port == OF_PORT_CONTROLLER) {
		t->out_punts[r->n_punts] = t->punts[e->punt];
		t->out_punts[r->n_punts++].pkt = pkt;
		return;
	}
	if (e->queue && !r->queues) {
		memset(t->out_queues, 0, r->n_out * sizeof(t->out_queues[0]));
		r->queues = t->out_queues;
	}
	if (r->queues)
		r->queues[r->n_out] = e->queue;
	t->out_pkts[r->n_out] = pkt;
	t->out_ports[r->n_out++] = e->port;
	r->is_one_port &= e->port == t->out_ports[0];
}

/* Packet I's outputs in order; the original serves the last that is pending. */
static void gather_outputs(struct pipeline_thread *t, unsigned i)
{
	struct packet_state *s = &t->states[i];
	bool is_used = false;

	for (uint16_t at = s->first; at != NO_EMISSION; at = t->emissions[at].next) {
		struct emission *e = &t->emissions[at];
		struct rte_mbuf *pkt = e->pkt;

		if (!e->port)
			continue; /* there was no memory for its copy */
		if (!pkt) {
			is_used = --s->n_pending == 0;
			pkt = is_used ? t->pkts[i] : copy_of(t, t->pkts[i]);
		}
		if (pkt)
			put_out(t, e, pkt);
	}
	if (!is_used)
		t->freed[t->n_freed++] = t->pkts[i];
}

/* A limit was passed: nothing of the packet is sent. */
static void discard_outputs(struct pipeline_thread *t, unsigned i)
{
	for (uint16_t at = t->states[i].first; at != NO_EMISSION; at = t->emissions[at].next) {
		struct emission *e = &t->emissions[at];

		if (e->port && e->pkt)
			t->ops.free(t->ops.ctx, &e->pkt, 1);
	}
}

static void drop(struct pipeline_thread *t, unsigned i)
{
	const struct packet_state *s = &t->states[i];

	/* The two limits were counted where they were met. */
	if (s->why != DROP_OUTPUT_LIMIT && s->why != DROP_PUNT_LIMIT)
		drop_count(t, s->why, 1);
	if (s->why == DROP_NO_OUTPUT && s->rule)
		count(&counter_at(t->counts, s->rule->slot)->n_dropped, 1);
	if (t->tracer)
		trace_dropped(t, s->why, s->rule);
	t->freed[t->n_freed++] = t->pkts[i];
}

/* Why a packet that a plain rule sends to PORT, and which was not dropped yet, does not go there.
 */
static bool plain_passes(const struct pipeline *p, struct pipeline_thread *t, uint32_t port,
			 unsigned n)
{
	enum drop_reason verdict = port_verdict(p, t, port);

	if (verdict != DROP_NONE)
		drop_count(t, verdict, n);
	return verdict == DROP_NONE;
}

/* All packets of the burst were sent to one port by plain rules. */
static void gather_burst(const struct pipeline *p, struct pipeline_thread *t, uint32_t port)
{
	if (!port || !plain_passes(p, t, port, t->n)) {
		t->ops.free(t->ops.ctx, t->pkts, t->n);
		return;
	}
	t->result.pkts = t->pkts;
	t->result.n_out = t->n;
	for (unsigned i = 0; i < t->n; i++)
		t->out_ports[i] = port;
}

static bool is_one_plain_port(const struct pipeline_thread *t, unsigned n)
{
	uint32_t diff = 0;

	for (unsigned i = 0; i < n; i++)
		diff |= t->plain_ports[i] ^ t->plain_ports[0];
	return diff == 0;
}

static inline void gather_plain(const struct pipeline *p, struct pipeline_thread *t, unsigned i)
{
	struct pipeline_result *r = &t->result;
	uint32_t port = t->plain_ports[i];

	if (!port || !plain_passes(p, t, port, 1)) {
		t->freed[t->n_freed++] = t->pkts[i];
		return;
	}
	if (r->queues)
		r->queues[r->n_out] = 0;
	t->out_pkts[r->n_out] = t->pkts[i];
	t->out_ports[r->n_out++] = port;
	r->is_one_port &= port == t->out_ports[0];
}

void emit_gather(const struct pipeline *p, struct pipeline_thread *t, unsigned n)
{
	uint64_t all = n == 64 ? UINT64_MAX : (1ull << n) - 1;

	if (n && t->sent == all && is_one_plain_port(t, n)) {
		gather_burst(p, t, t->plain_ports[0]);
		return;
	}
	t->n_freed = 0;
	for (unsigned i = 0; i < n; i++) {
		if (t->sent >> i & 1) {
			gather_plain(p, t, i);
			continue;
		}
		if (t->states[i].is_aborted)
			discard_outputs(t, i);
		if (t->states[i].is_aborted || t->states[i].first == NO_EMISSION)
			drop(t, i);
		else
			gather_outputs(t, i);
	}
	if (t->n_freed)
		t->ops.free(t->ops.ctx, t->freed, t->n_freed);
}
