/* Random matches and actions (random_flows.h). */

#include "tests/fakes/dataplane/random_flows.h"

#include <openflow/openflow-common.h>
#include "dataplane/packet/key_fields.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/action_reg_load.h"
#include "proto/openflow/action_reg_move.h"
#include "proto/openflow/action_resubmit.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/action_vlan.h"
#include "proto/openflow/numbers.h"
#include "tests/fakes/dataplane/packets.h"

/* Some of the fields of a random packet, so that they go together. */
static void random_match(struct rng *rng, struct arena *a, struct of_match *m)
{
	struct of_match all;
	struct flow_key key;

	random_packet_key(rng, &key);
	store_be32(&key.in_port, 1 + rng_below(rng, RANDOM_PORTS));
	key.reg[0] = rng_below(rng, 2) ? 0x01000000 : 0;
	store_be64(&key.metadata, rng_below(rng, 3));
	match_from_key(&key, a, &all);
	*m = (struct of_match){ 0 };
	for (unsigned i = 0; i < all.n; i++) {
		const struct of_field_match *f = &all.fields[i];
		const struct of_field *field = of_field(f->id);
		bool is_key_field = f->id == OF_FIELD_ETH_TYPE || f->id == OF_FIELD_IP_PROTO ||
				    f->id == OF_FIELD_ICMPV6_TYPE ||
				    f->id == OF_FIELD_ICMPV6_CODE || f->id == OF_FIELD_METADATA;
		uint8_t mask[OF_FIELD_MAX_BYTES];

		if (rng_below(rng, is_key_field ? 2 : 5) || !of_match_meets(m, field->prereq))
			continue;
		for (unsigned b = 0; b < OF_FIELD_MAX_BYTES; b++)
			mask[b] = rng_below(rng, 2) ? rng_u64(rng) & of_field_ones[f->id][b]
						    : of_field_ones[f->id][b];
		mask[field->n_bytes - 1] |= 1;
		of_match_set(a, m, f->id, f->value,
			     field->is_maskable && f->id != OF_FIELD_VLAN_VID &&
					     rng_below(rng, 3) == 0
				     ? mask
				     : NULL);
	}
}

static uint32_t random_port(struct rng *rng)
{
	switch (rng_below(rng, 12)) {
	case 0:
		return OF_PORT_IN_PORT;
	case 1:
		return OF_PORT_ALL;
	case 2:
		return OF_PORT_FLOOD;
	case 3:
		return OF_PORT_CONTROLLER;
	default:
		return 1 + rng_below(rng, RANDOM_PORTS + 1); /* one does not exist */
	}
}

/* One that packets of MATCH have, and the deeper the likelier: there is more to go wrong. */
static const struct of_field *random_settable(struct rng *rng, const struct of_match *match)
{
	const struct of_field *f;

	for (unsigned i = 0; i < 50; i++) {
		f = of_field(rng_below(rng, OF_FIELD_REG2 + 1));
		if (f->is_settable && of_match_meets(match, f->prereq) &&
		    (f->prereq != OF_PREREQ_NONE || rng_below(rng, 8) == 0))
			return f;
	}
	return of_field(OF_FIELD_REG0);
}

static const struct of_action *random_set(struct rng *rng, struct arena *a,
					  const struct of_match *match)
{
	const struct of_field *f = random_settable(rng, match);
	uint8_t value[OF_FIELD_MAX_BYTES] = { 0 };

	value[f->n_bytes - 1] = 1 + rng_below(rng, 3);
	if (f->id == OF_FIELD_VLAN_VID)
		value[0] |= KEY_VLAN_PRESENT >> 8;
	if (rng_below(rng, 2)) {
		unsigned n = MIN_OF(f->n_bits, 32), ofs = rng_below(rng, n);
		unsigned n_bits = 1 + rng_below(rng, n - ofs);
		uint64_t ones = (1ull << n_bits) - 1;

		if (f->id == OF_FIELD_VLAN_VID)
			ofs = 0, n_bits = 12, ones = 0xfff;
		return &of_action_reg_load(a, f->id, ofs, n_bits, rng_u64(rng) & ones)->base;
	}
	return &of_action_set_field(a, f->id, value)->base;
}

static const struct of_action *random_move(struct rng *rng, struct arena *a)
{
	static const enum of_field_id pairs[][2] = {
		{ OF_FIELD_ETH_SRC, OF_FIELD_ETH_DST },
		{ OF_FIELD_IPV4_SRC, OF_FIELD_IPV4_DST },
		{ OF_FIELD_IPV4_DST, OF_FIELD_REG1 },
		{ OF_FIELD_REG0, OF_FIELD_REG2 },
		{ OF_FIELD_ARP_SPA, OF_FIELD_ARP_TPA },
		{ OF_FIELD_ARP_SHA, OF_FIELD_ARP_THA },
		{ OF_FIELD_IPV6_SRC, OF_FIELD_IPV6_DST },
		{ OF_FIELD_TCP_SRC, OF_FIELD_TCP_DST },
		{ OF_FIELD_IN_PORT, OF_FIELD_REG1 },
		{ OF_FIELD_METADATA, OF_FIELD_TUNNEL_ID },
		{ OF_FIELD_ND_TARGET, OF_FIELD_IPV6_SRC },
	};
	unsigned i = rng_below(rng, ARRAY_LENGTH(pairs));

	return &of_action_reg_move(a, pairs[i][0], pairs[i][1])->base;
}

void random_actions(struct rng *rng, struct arena *a, const struct of_match *match,
		    unsigned table_id, bool is_set, struct of_actions *acts)
{
	unsigned n = rng_below(rng, 5);

	*acts = (struct of_actions){ 0 };
	for (unsigned i = 0; i < n; i++) {
		const struct of_action *act;

		switch (rng_below(rng, 12)) {
		case 0:
			act = &of_action_push_vlan(a, rng_below(rng, 2) ? 0x8100 : 0x88a8)->base;
			break;
		case 1:
			act = &of_action_pop_vlan(a)->base;
			break;
		case 2:
		case 3:
			act = random_move(rng, a);
			break;
		case 4:
			if (!is_set && table_id + 1 < RANDOM_TABLES) {
				unsigned to =
					table_id + 1 + rng_below(rng, RANDOM_TABLES - table_id - 1);
				uint32_t port = rng_below(rng, 2)
							? OF_PORT_IN_PORT
							: 1 + rng_below(rng, RANDOM_PORTS);

				act = &of_action_resubmit(a, port, to)->base;
				break;
			}
			/* fall through */
		case 5:
		case 6:
		case 7:
			act = random_set(rng, a, match);
			break;
		default:
			act = &of_action_output(a, random_port(rng), 128)->base;
		}
		of_actions_add(a, acts, act);
	}
}

void random_flow(struct rng *rng, struct arena *a, struct of_flow_mod *fm)
{
	struct of_instructions *ins = &fm->instructions;

	*fm = (struct of_flow_mod){ .command = OFPFC_ADD,
				    .table_id = rng_below(rng, RANDOM_TABLES),
				    .priority = rng_below(rng, 8),
				    .out_port = OF_PORT_ANY,
				    .out_group = OF_GROUP_ANY };
	if (rng_below(rng, 6))
		random_match(rng, a, &fm->match);
	ins->has_apply = rng_below(rng, 3) != 0;
	if (ins->has_apply)
		random_actions(rng, a, &fm->match, fm->table_id, false, &ins->apply);
	ins->has_clear = rng_below(rng, 8) == 0;
	ins->has_write = rng_below(rng, 3) == 0;
	if (ins->has_write)
		random_actions(rng, a, &fm->match, fm->table_id, true, &ins->write);
	ins->has_metadata = rng_below(rng, 4) == 0;
	ins->metadata_mask = rng_below(rng, 4);
	ins->metadata = rng_below(rng, 4) & ins->metadata_mask;
	ins->has_goto = fm->table_id + 1 < RANDOM_TABLES && rng_below(rng, 2);
	if (ins->has_goto)
		ins->goto_table =
			fm->table_id + 1 + rng_below(rng, RANDOM_TABLES - fm->table_id - 1);
}
