/* Meters (OF 1.3.5 section 5.7): the packets of a burst are charged together. */

#include "dataplane/pipeline/pipeline_priv.h"

#include <rte_mbuf.h>
#include "dataplane/packet/edit.h"

static struct policer *find_policer(const struct walk *w, const struct action_op *op)
{
	const struct meter_set *set = w->p->meters;
	struct policer *p = op->meter.slot < set->n ? set->by_slot[op->meter.slot] : NULL;

	return p && p->meter_id == op->meter.id ? p : NULL;
}

static void count_at(struct pipeline_thread *t, uint32_t slot, uint64_t n, uint64_t n_bytes)
{
	struct counter *c = counter_at(t->counts, slot);

	count(&c->n_packets, n);
	count(&c->n_bytes, n_bytes);
}

static void remark(struct pipeline_thread *t, unsigned i, unsigned steps)
{
	struct flow_key *key = &t->keys[i];
	uint8_t old = key->ip_tos >> 2, dscp = policer_remark(old, steps);

	if (dscp == old || !packet_has_field(key, &t->layouts[i], OF_FIELD_IP_DSCP))
		return;
	if (t->states[i].n_pending)
		emit_settle(t, i);
	packet_set_field(t->pkts[i], key, &t->layouts[i], OF_FIELD_IP_DSCP, &dscp, NULL);
}

/* What was sent before stays sent. */
static void end_packet(struct pipeline_thread *t, unsigned i)
{
	t->states[i].why = DROP_METER;
	t->with_set &= ~(1ull << i);
	t->exited |= 1ull << i;
}

void walk_meter(const struct walk *w, const struct action_op *op, uint64_t *bitmap)
{
	struct policer *p = find_policer(w, op);
	struct pipeline_thread *t = w->t;
	uint8_t bands[PACKET_BURST_MAX], places[PACKET_BURST_MAX];
	uint32_t sizes[PACKET_BURST_MAX];
	uint64_t n_bytes = 0;
	unsigned n = 0;

	if (t->tracer) {
		trace_meter(t, op->meter.id, p);
		return;
	}
	if (!p)
		return;
	for (uint64_t b = *bitmap; b; b &= b - 1) {
		places[n] = __builtin_ctzll(b);
		sizes[n] = t->pkts[places[n]]->pkt_len;
		n_bytes += sizes[n++];
	}
	count_at(t, p->slot, n, n_bytes);
	policer_charge(p, t->now_ns, sizes, n, bands);
	for (unsigned k = 0; k < n; k++) {
		const struct policer_band *band = &p->bands[bands[k]];

		if (bands[k] == POLICER_PASSES)
			continue;
		count_at(t, band->slot, 1, sizes[k]);
		if (band->remark_by) {
			remark(t, places[k], band->remark_by);
			continue;
		}
		end_packet(t, places[k]);
		*bitmap &= ~(1ull << places[k]);
	}
}

/* The meter that the `controller` action names, or the one of all punts. */
static struct policer *policer_of_punt(const struct pipeline *p,
				       const struct action_controller *how)
{
	const struct meter_set *set = p->meters;
	struct policer *named;

	if (!how || !how->has_meter)
		return set->controller;
	named = how->meter_slot < set->n ? set->by_slot[how->meter_slot] : NULL;
	return named && named->meter_id == how->meter_id ? named : NULL;
}

bool meter_admits_punt(const struct pipeline *p, struct pipeline_thread *t, unsigned i,
		       const struct action_controller *how)
{
	struct policer *policer = policer_of_punt(p, how);
	uint32_t size = t->pkts[i]->pkt_len;
	uint8_t band;

	if (!policer || t->tracer)
		return true;
	count_at(t, policer->slot, 1, size);
	policer_charge(policer, t->now_ns, &size, 1, &band);
	if (band == POLICER_PASSES)
		return true;
	count_at(t, policer->bands[band].slot, 1, size);
	return false;
}
