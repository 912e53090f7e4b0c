/* ct actions: a burst of packets and their connections (dataplane/conntrack).
 *
 * As Open vSwitch has it, a ct action with a table makes a copy of the packet go on there, with
 * what is known of its connection in the ct fields, while the packet itself goes on with the
 * actions that follow and knows nothing.  Where nothing follows, which is nearly always, no copy is
 * made and the packet goes on in the table with its burst. */

#include <netinet/in.h>
#include "dataplane/conntrack/connection.h"
#include "dataplane/pipeline/pipeline_priv.h"

/* What a key tells of connections, to be put back. */
struct ct_fields {
	uint8_t ct_state;
	uint64_t pipeline[8], v6[8]; /* the lines */
};

#define PIPELINE_WORD (offsetof(struct flow_key, actset_output) / 8)
#define CT_V6_WORD    (KEY_WORDS - 8)

static_assert(offsetof(struct flow_key, ct_ipv6_dst) + 16 == KEY_BYTES, "in the last line");

static void keep_fields(const struct pipeline_thread *t, unsigned i, struct ct_fields *f)
{
	const struct flow_key *key = &t->keys[i];

	f->ct_state = key->ct_state;
	if (t->lines & KEY_LINE_PIPELINE)
		memcpy(f->pipeline, &key->words[PIPELINE_WORD], sizeof(f->pipeline));
	if (t->lines & KEY_LINE_CT_V6)
		memcpy(f->v6, &key->words[CT_V6_WORD], sizeof(f->v6));
}

static void put_back_fields(struct pipeline_thread *t, unsigned i, const struct ct_fields *f)
{
	struct flow_key *key = &t->keys[i];

	key->ct_state = f->ct_state;
	if (t->lines & KEY_LINE_PIPELINE)
		memcpy(&key->words[PIPELINE_WORD], f->pipeline, sizeof(f->pipeline));
	if (t->lines & KEY_LINE_CT_V6)
		memcpy(&key->words[CT_V6_WORD], f->v6, sizeof(f->v6));
}

static void enter(struct pipeline_thread *t)
{
	if (t->has_tracks)
		return;
	memset(t->tracks, 0, t->n * sizeof(t->tracks[0]));
	t->has_tracks = true;
	conntrack_enter(t->connections, t->now_ns);
}

void connections_leave(struct pipeline_thread *t)
{
	if (t->has_tracks)
		conntrack_leave(t->connections);
	t->has_tracks = false;
}

void connections_zones(const struct pipeline_thread *t, const struct action_ct *ct, uint64_t bitmap,
		       uint16_t *zones)
{
	const struct of_subfield *src = &ct->zone_src;

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		zones[i] = src->field ? action_read_number(&t->batch, i, src->field, src->ofs,
							   src->n_bits)
				      : ct->zone;
	}
}

uint64_t connections_track(const struct walk *w, const struct action_ct *ct, const uint16_t *zones,
			   uint64_t bitmap)
{
	struct pipeline_thread *t = w->t;
	struct ct_request request = ct->request;
	struct ct_burst burst = { .pkts = t->pkts,
				  .keys = t->keys,
				  .layouts = t->layouts,
				  .tracks = t->tracks,
				  .lines = t->lines };
	uint64_t good;

	enter(t);
	request.is_peek = t->tracer != NULL;
	good = conntrack_burst(t->connections, &request, zones, &burst, bitmap);
	if (!ct->exec)
		return good;
	for (unsigned k = 0; k < ct->exec->n_ops; k++)
		ct->exec->ops[k].run(&ct->exec->ops[k], &t->batch, good);
	if (!t->tracer)
		for (uint64_t b = good; b; b &= b - 1) {
			unsigned i = __builtin_ctzll(b);

			conntrack_store(&t->tracks[i], &t->keys[i], ct->sets_mark, ct->sets_label);
		}
	return good;
}

uint64_t connections_in_first_line(const struct pipeline_thread *t, uint64_t bitmap)
{
	static const uint64_t no_label[2];
	uint64_t out = 0;

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);
		const struct flow_key *key = &t->keys[i];
		const struct connection *c = t->tracks[i].connection;
		uint8_t state = key->ct_state & ~CT_STATE_RPL;

		if (state != (CT_STATE_TRK | CT_STATE_EST) || key->ip_frag ||
		    (key->ip_proto != IPPROTO_TCP && key->ip_proto != IPPROTO_UDP) || !c ||
		    connection_flags(c) & (CONNECTION_NAT | CONNECTION_RELATED))
			continue;
		if (t->lines & KEY_LINE_PIPELINE &&
		    (key->ct_mark || memcmp(key->ct_label, no_label, sizeof(no_label)) != 0))
			continue;
		out |= bitmap & -bitmap;
	}
	return out;
}

static void tell(struct pipeline_thread *t, unsigned i)
{
	static const char *const names[] = { "new", "est", "rel",  "rpl",
					     "inv", "trk", "snat", "dnat" };
	const struct ct_track *track = &t->tracks[i];
	struct buf text = BUF_INIT;

	buf_printf(&text, "zone %u: ", track->zone);
	for (unsigned k = 0; k < ARRAY_LENGTH(names); k++)
		if (track->state >> k & 1)
			buf_printf(&text, "+%s", names[k]);
	trace_remark(t, buf_str(&text));
	buf_fini(&text);
}

/* Packets that were sent as they are, and may be changed now, become copies. */
static void settle(struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1)
		if (t->states[__builtin_ctzll(bitmap)].n_pending)
			emit_settle(t, __builtin_ctzll(bitmap));
}

static void drop(struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1)
		abort_packet(t, __builtin_ctzll(bitmap), t->layouts[__builtin_ctzll(bitmap)].drop);
}

/* Whether the packet itself does nothing after OP. */
static bool is_last(const struct walk *w, const struct action_op *op, const struct rule *rule,
		    unsigned i)
{
	return w->depth == 0 && rule && !rule->is_plain && rule->apply &&
	       op == &rule->apply->ops[rule->apply->n_ops - 1] && !rule->has_goto && !rule->write &&
	       !rule->has_clear && !rule->has_metadata && !(w->t->with_set >> i & 1) &&
	       !w->t->is_egress;
}

/* A copy of packet I goes on in CT's table; the packet itself is as it was. */
static void fork_off(const struct walk *w, const struct action_ct *ct, unsigned i,
		     const struct ct_fields *before)
{
	struct aside aside;

	if (!aside_begin(w->t, i, true, &aside))
		return;
	walk_fork(w, i, ct->table);
	aside_end(w->t, i, &aside);
	put_back_fields(w->t, i, before);
}

static void go_on(const struct walk *w, const struct action_op *op, const struct rule *rule,
		  unsigned i, const struct ct_fields *before, uint64_t *bitmap)
{
	const struct action_ct *ct = op->owned;
	struct pipeline_thread *t = w->t;

	if (!ct->has_table) {
		put_back_fields(t, i, before);
	} else if (!is_last(w, op, rule, i)) {
		fork_off(w, ct, i, before);
		if (t->states[i].is_aborted)
			*bitmap &= ~(1ull << i);
	} else {
		if (ct->table > rule->table_id && !t->tracer)
			walk_wait(t, ct->table, 1ull << i);
		else
			walk_fork(w, i, ct->table);
		*bitmap &= ~(1ull << i);
	}
}

void connections_run(const struct walk *w, const struct action_op *op, const struct rule *rule,
		     uint64_t *bitmap)
{
	const struct action_ct *ct = op->owned;
	struct pipeline_thread *t = w->t;
	struct ct_fields before[PACKET_BURST_MAX];
	uint16_t zones[PACKET_BURST_MAX];
	uint64_t good;

	if (ct->request.nat)
		settle(t, *bitmap);
	for (uint64_t b = *bitmap; b; b &= b - 1)
		keep_fields(t, __builtin_ctzll(b), &before[__builtin_ctzll(b)]);
	connections_zones(t, ct, *bitmap, zones);
	good = connections_track(w, ct, zones, *bitmap);
	drop(t, *bitmap & ~good);
	*bitmap &= good;
	for (uint64_t b = good; b; b &= b - 1) {
		unsigned i = __builtin_ctzll(b);

		if (t->tracer)
			tell(t, i);
		go_on(w, op, rule, i, &before[i], bitmap);
	}
}

void connections_clear(struct pipeline_thread *t, uint64_t bitmap)
{
	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = __builtin_ctzll(bitmap);

		if (t->has_tracks)
			conntrack_clear(&t->tracks[i], &t->keys[i], t->lines);
	}
}

void connections_swap(struct flow_key *key)
{
	if (!(key->ct_state & (CT_STATE_NEW | CT_STATE_EST | CT_STATE_RPL)))
		return;
	if (load_be16(&key->eth_type) == 0x0800) {
		key->ipv4_src = key->ct_nw_src;
		key->ipv4_dst = key->ct_nw_dst;
	} else {
		memcpy(key->ipv6_src, key->ct_ipv6_src, sizeof(key->ipv6_src));
		memcpy(key->ipv6_dst, key->ct_ipv6_dst, sizeof(key->ipv6_dst));
	}
	key->ip_proto = key->ct_nw_proto;
	key->tp_src = key->ct_tp_src;
	key->tp_dst = key->ct_tp_dst;
}
