/* Random valid OpenFlow messages.  Fields are drawn for a protocol, so that prerequisites hold. */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/action_output.h"
#include "proto/openflow/action_reg_load.h"
#include "proto/openflow/action_reg_move.h"
#include "proto/openflow/action_resubmit.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/action_vlan.h"
#include "tests/fakes/proto/of_random_actions.h"
#include "tests/fakes/proto/of_samples.h"

#define MAX_DATA 64
#define MAX_PORT 0xfeff /* Open vSwitch has no more */

static bool coin(struct rng *rng)
{
	return rng_below(rng, 2);
}

static void random_bytes(struct rng *rng, void *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)p)[i] = rng_u64(rng);
}

/* no, yes, first, later, not_later */
static void random_frag(struct rng *rng, struct arena *a, struct of_match *m)
{
	static const uint8_t frags[][2] = { { 0, 3 }, { 1, 1 }, { 1, 3 }, { 3, 3 }, { 0, 2 } };
	/* With an ICMP type it is no later one. */
	unsigned n = of_match_find(m, OF_FIELD_ICMPV6_TYPE) ? 3 : ARRAY_LENGTH(frags);
	const uint8_t *frag = frags[rng_below(rng, n)];

	of_match_set_u64_masked(a, m, OF_FIELD_IP_FRAG, frag[0], frag[1]);
}

static void random_field(struct rng *rng, struct arena *a, struct of_match *m, enum of_field_id id)
{
	const struct of_field *f = of_field(id);
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
	bool is_masked = f->is_maskable && rng_below(rng, 4) == 0;

	if (id == OF_FIELD_IP_FRAG) {
		random_frag(rng, a, m);
		return;
	}
	random_bytes(rng, value, sizeof(value));
	random_bytes(rng, mask, sizeof(mask));
	mask[f->n_bytes - 1] |= 1; /* never empty */
	if (id == OF_FIELD_IN_PORT)
		store_be32(value, 1 + rng_below(rng, MAX_PORT));
	if (id == OF_FIELD_ACTSET_OUTPUT)
		store_be32(value, 1 + rng_below(rng, MAX_PORT));
	if (id == OF_FIELD_ARP_OP)
		value[0] = 0; /* Open vSwitch takes no more than the low byte */
	of_match_set(a, m, id, value, is_masked ? mask : NULL);
}

static void random_vlan(struct rng *rng, struct arena *a, struct of_match *m)
{
	switch (rng_below(rng, 4)) {
	case 0:
		of_match_set_u64(a, m, OF_FIELD_VLAN_VID, 0);
		break;
	case 1:
		of_match_set_u64_masked(a, m, OF_FIELD_VLAN_VID, 0x1000, 0x1000);
		break;
	case 2:
		of_match_set_u64(a, m, OF_FIELD_VLAN_VID, 0x1000 | rng_below(rng, 4096));
		of_match_set_u64(a, m, OF_FIELD_VLAN_PCP, rng_below(rng, 8));
		break;
	}
}

void of_random_match(struct rng *rng, struct arena *a, struct of_match *m)
{
	static const uint16_t eth_types[] = { 0x0800, 0x86dd, 0x0806, 0x88cc, 0x8847, 0x88e7 };
	static const uint8_t protocols[] = { 6, 17, 132, 1, 58, 99 };

	*m = (struct of_match){ 0 };
	if (coin(rng))
		of_match_set_u64(a, m, OF_FIELD_ETH_TYPE,
				 eth_types[rng_below(rng, ARRAY_LENGTH(eth_types))]);
	if (of_match_meets(m, OF_PREREQ_IP) && coin(rng))
		of_match_set_u64(a, m, OF_FIELD_IP_PROTO, protocols[rng_below(rng, 6)]);
	if (of_match_meets(m, OF_PREREQ_ICMPV6) && coin(rng))
		of_match_set_u64(a, m, OF_FIELD_ICMPV6_TYPE, 135 + rng_below(rng, 2));
	random_vlan(rng, a, m);
	for (enum of_field_id id = 0; id < OF_N_FIELDS; id++) {
		const struct of_field *f = of_field(id);

		if (!of_match_find(m, id) && id != OF_FIELD_ETH_TYPE && id != OF_FIELD_VLAN_VID &&
		    id != OF_FIELD_IP_PROTO && id != OF_FIELD_ICMPV6_CODE &&
		    id != OF_FIELD_PACKET_TYPE && !of_field_is_view(f) &&
		    of_match_meets(m, f->prereq) &&
		    rng_below(rng, of_field_is_variable(f) ? 200 : 8) == 0)
			random_field(rng, a, m, id);
	}
}

static enum of_field_id random_settable(struct rng *rng, const struct of_match *m)
{
	for (;;) {
		enum of_field_id id = rng_below(rng, OF_N_FIELDS);

		/* No tag may be left, and later fragments have no transport header. */
		if (of_field(id)->is_settable && id != OF_FIELD_VLAN_VID &&
		    id != OF_FIELD_IN_PORT && id != OF_FIELD_IP_TOS &&
		    of_field(id)->prereq != OF_PREREQ_PBB &&		 /* Open vSwitch has none */
		    id != OF_FIELD_CT_MARK && id != OF_FIELD_CT_LABEL && /* within ct only */
		    id != OF_FIELD_VLAN_PCP && of_match_meets(m, of_field(id)->prereq) &&
		    !(of_field(id)->prereq >= OF_PREREQ_TCP && of_match_find(m, OF_FIELD_IP_FRAG)))
			return id;
	}
}

static const struct of_action *random_set_field(struct rng *rng, struct arena *a,
						const struct of_match *m)
{
	enum of_field_id id = random_settable(rng, m);
	uint8_t value[OF_FIELD_MAX_BYTES];

	random_bytes(rng, value, sizeof(value));
	for (unsigned i = 0; i < sizeof(value); i++)
		value[i] &= of_field_ones[id][i];
	if (id == OF_FIELD_ARP_OP)
		value[0] = 0;
	if (id == OF_FIELD_IN_PORT_NXM)
		store_be16(value, 1 + rng_below(rng, MAX_PORT));
	return &of_action_set_field(a, id, value)->base;
}

static const struct of_action *random_load(struct rng *rng, struct arena *a,
					   const struct of_match *m)
{
	enum of_field_id id;
	unsigned ofs, room, n_bits;

	do {
		id = random_settable(rng, m); /* what only set_field can write */
	} while (of_field_is_variable(of_field(id)) || of_field(id)->experimenter);
	ofs = rng_below(rng, of_field(id)->n_bits);
	room = MIN_OF(of_field(id)->n_bits - ofs, 64u);
	n_bits = 1 + rng_below(rng, room);
	return &of_action_reg_load(a, id, ofs, n_bits, rng_u64(rng) >> (64 - n_bits))->base;
}

static const struct of_action *random_move(struct rng *rng, struct arena *a,
					   const struct of_match *m)
{
	struct of_action_reg_move *mv =
		of_action_reg_move(a, random_settable(rng, m), random_settable(rng, m));
	unsigned n_bits = MIN_OF(mv->src.n_bits, mv->dst.n_bits);

	n_bits = 1 + rng_below(rng, n_bits);
	mv->src.ofs = rng_below(rng, mv->src.field->n_bits - n_bits + 1);
	mv->dst.ofs = rng_below(rng, mv->dst.field->n_bits - n_bits + 1);
	mv->src.n_bits = mv->dst.n_bits = n_bits;
	return &mv->base;
}

/* N_KINDS: 8 that may be in an action set too, 12 for those that are applied. */
static const struct of_action *random_action(struct rng *rng, struct arena *a,
					     const struct of_match *m, unsigned n_kinds)
{
	static const uint32_t ports[] = {
		OF_PORT_IN_PORT, OF_PORT_NORMAL, OF_PORT_FLOOD, OF_PORT_ALL, OF_PORT_LOCAL, 1, 77,
		MAX_PORT
	};

	switch (rng_below(rng, n_kinds)) {
	case 8 ... 11:
		return of_random_extension(rng, a, m);
	case 0:
		return &of_action_output(a, OF_PORT_CONTROLLER, rng_u64(rng))->base;
	case 1:
		return &of_action_push_vlan(a, coin(rng) ? 0x8100 : 0x88a8)->base;
	case 2:
		return random_set_field(rng, a, m);
	case 3:
		return random_load(rng, a, m);
	case 4:
		return random_move(rng, a, m);
	case 5:
		return &of_action_resubmit(a, OF_PORT_IN_PORT, rng_below(rng, 255))->base;
	case 6:
		return &of_action_resubmit(a, rng_below(rng, 0xff00), rng_below(rng, 256))->base;
	default:
		return &of_action_output(a, ports[rng_below(rng, 8)], 0)->base;
	}
}

static void random_list(struct rng *rng, struct arena *a, const struct of_match *m,
			unsigned n_kinds, struct of_actions *acts)
{
	unsigned n = rng_below(rng, 6);

	*acts = (struct of_actions){ 0 };
	while (acts->n < n)
		of_actions_add(a, acts, random_action(rng, a, m, n_kinds));
}

void of_random_actions(struct rng *rng, struct arena *a, const struct of_match *m,
		       struct of_actions *acts)
{
	random_list(rng, a, m, 12, acts);
}

void of_random_instructions(struct rng *rng, struct arena *a, const struct of_match *m,
			    uint8_t table_id, struct of_instructions *ins)
{
	*ins = (struct of_instructions){ 0 };
	of_random_actions(rng, a, m, &ins->apply);
	ins->has_apply = ins->apply.n > 0;
	ins->has_clear = rng_below(rng, 4) == 0;
	ins->has_write = rng_below(rng, 4) == 0;
	if (ins->has_write)
		random_list(rng, a, m, 8, &ins->write);
	ins->has_meter = rng_below(rng, 4) == 0;
	if (ins->has_meter)
		ins->meter_id = 1 + rng_below(rng, 1000);
	ins->has_metadata = rng_below(rng, 4) == 0;
	if (ins->has_metadata) {
		ins->metadata_mask = coin(rng) ? UINT64_MAX : rng_u64(rng);
		ins->metadata = rng_u64(rng) & ins->metadata_mask;
	}
	ins->has_goto = table_id < OF_TABLE_MAX && rng_below(rng, 3) == 0;
	if (ins->has_goto)
		ins->goto_table = table_id + 1 + rng_below(rng, OF_TABLE_MAX - table_id);
}

static const uint8_t *random_data(struct rng *rng, struct arena *a, size_t *size)
{
	uint8_t *data;

	*size = rng_below(rng, MAX_DATA);
	data = arena_alloc(a, *size);
	random_bytes(rng, data, *size);
	return data;
}

static void random_flow_mod(struct rng *rng, struct arena *a, struct of_flow_mod *fm)
{
	fm->cookie = rng_u64(rng);
	fm->cookie_mask = coin(rng) ? 0 : rng_u64(rng);
	fm->command = rng_below(rng, 5);
	fm->table_id = rng_below(rng, OF_TABLE_MAX + 1);
	fm->idle_timeout = coin(rng) ? 0 : rng_u64(rng);
	fm->hard_timeout = coin(rng) ? 0 : rng_u64(rng);
	fm->priority = rng_u64(rng);
	fm->buffer_id = OF_NO_BUFFER;
	fm->out_port = coin(rng) ? OF_PORT_ANY : rng_below(rng, 100);
	fm->out_group = OF_GROUP_ANY;
	fm->flags = rng_below(rng, 32);
	fm->importance = rng_u64(rng);
	of_random_match(rng, a, &fm->match);
	of_random_instructions(rng, a, &fm->match, fm->table_id, &fm->instructions);
}

static void random_flow_stats(struct rng *rng, struct arena *a, struct of_flow_stats_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, 4);
	r->stats = arena_alloc(a, r->n * sizeof(*r->stats));
	for (struct of_flow_stats *fs = r->stats; fs < r->stats + r->n; fs++) {
		fs->table_id = rng_below(rng, OF_TABLE_MAX + 1);
		fs->priority = rng_u64(rng);
		fs->idle_timeout = coin(rng) ? 0 : rng_u64(rng);
		fs->flags = rng_below(rng, 32);
		fs->importance = rng_u64(rng);
		fs->idle_ns = rng_below(rng, UINT32_MAX) * (uint64_t)NS_PER_SEC;
		fs->duration_sec = rng_u64(rng);
		fs->duration_nsec = rng_below(rng, NS_PER_SEC);
		fs->cookie = rng_u64(rng);
		fs->n_packets = rng_u64(rng);
		fs->n_bytes = rng_u64(rng);
		of_random_match(rng, a, &fs->match);
		of_random_instructions(rng, a, &fs->match, fs->table_id, &fs->instructions);
	}
}

uint8_t of_random_version(struct rng *rng, enum of_kind kind)
{
	uint8_t version;

	do {
		version = OF_VERSION_1_3 + rng_below(rng, 3);
	} while (!of_kind_is_in(kind, version));
	return version;
}

void of_random_msg(struct rng *rng, struct arena *a, struct of_msg *msg)
{
	enum of_kind kind = rng_below(rng, OF_N_KINDS + 20);

	/* Flows are where the variety is. */
	if (kind >= OF_N_KINDS)
		kind = kind % 2 ? OF_FLOW_MOD : OF_FLOW_STATS_REPLY;
	of_sample(kind, of_random_version(rng, kind), a, msg);
	msg->xid = rng_u64(rng);
	switch (kind) {
	case OF_FLOW_MOD:
		msg->flow_mod = (struct of_flow_mod){ 0 };
		random_flow_mod(rng, a, &msg->flow_mod);
		break;
	case OF_FLOW_STATS_REPLY:
	case OF_FLOW_COUNTS_REPLY:
		random_flow_stats(rng, a, &msg->flow_stats_reply);
		break;
	case OF_FLOW_REMOVED:
		of_random_match(rng, a, &msg->flow_removed.match);
		break;
	case OF_PACKET_IN:
		of_random_match(rng, a, &msg->packet_in.match);
		msg->packet_in.data = random_data(rng, a, &msg->packet_in.size);
		break;
	case OF_PACKET_OUT:
		of_random_actions(rng, a, &(struct of_match){ 0 }, &msg->packet_out.actions);
		msg->packet_out.data = random_data(rng, a, &msg->packet_out.size);
		break;
	case OF_ECHO_REQUEST:
		msg->echo.data = random_data(rng, a, &msg->echo.size);
		break;
	case OF_BUNDLE_ADD:
		of_sample(kind, msg->version, a, msg); /* the message inside has the sample's xid */
		break;
	default:
		of_random_state(rng, a, msg);
		of_random_switch(rng, a, msg);
	}
}
