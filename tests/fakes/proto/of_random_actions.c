/* Random actions of the kinds beyond the common ones: each valid on any packet, or on those that
 * the match tells of. */

#include "tests/fakes/proto/of_random_actions.h"

#include "proto/openflow/action_bundle.h"
#include "proto/openflow/action_check_pkt_larger.h"
#include "proto/openflow/action_clone.h"
#include "proto/openflow/action_conjunction.h"
#include "proto/openflow/action_controller.h"
#include "proto/openflow/action_ct.h"
#include "proto/openflow/action_encap.h"
#include "proto/openflow/action_exit.h"
#include "proto/openflow/action_fin_timeout.h"
#include "proto/openflow/action_group.h"
#include "proto/openflow/action_learn.h"
#include "proto/openflow/action_multipath.h"
#include "proto/openflow/action_note.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/action_output_reg.h"
#include "proto/openflow/action_queue.h"
#include "proto/openflow/action_sample.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/action_stack.h"
#include "proto/openflow/action_ttl.h"
#include "proto/openflow/numbers.h"

#define MAX_PORT 0xfeff /* Open vSwitch has no more */

static struct of_subfield random_register(struct rng *rng, unsigned min_bits)
{
	struct of_subfield sf = of_subfield_whole(OF_FIELD_REG0 + rng_below(rng, 16));

	sf.n_bits = min_bits + rng_below(rng, 33 - min_bits);
	sf.ofs = rng_below(rng, 33 - sf.n_bits);
	return sf;
}

static struct of_subfield random_bit(struct rng *rng)
{
	struct of_subfield sf = of_subfield_whole(OF_FIELD_REG0 + rng_below(rng, 16));

	sf.ofs = rng_below(rng, 32);
	sf.n_bits = 1;
	return sf;
}

static void random_bytes(struct rng *rng, void *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)p)[i] = rng_u64(rng);
}

static const struct of_action *random_masked(struct rng *rng, struct arena *a)
{
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];
	static const enum of_field_id ids[] = { OF_FIELD_REG5,	   OF_FIELD_XREG1,
						OF_FIELD_XXREG2,   OF_FIELD_METADATA,
						OF_FIELD_ETH_DST,  OF_FIELD_TUN_SRC,
						OF_FIELD_PKT_MARK, OF_FIELD_TUN_IPV6_DST };

	random_bytes(rng, value, sizeof(value));
	random_bytes(rng, mask, sizeof(mask));
	mask[0] |= 1;
	return &of_action_set_field_masked(a, ids[rng_below(rng, ARRAY_LENGTH(ids))], value, mask)
			->base;
}

static const struct of_action *random_controller(struct rng *rng, struct arena *a)
{
	static const uint8_t reasons[] = { 0, 1, 2 };
	uint8_t userdata[20];
	struct of_action_controller *c;

	random_bytes(rng, userdata, sizeof(userdata));
	c = of_action_controller(a, userdata, rng_below(rng, sizeof(userdata) + 1));
	c->max_len = rng_u64(rng);
	c->controller_id = 1 + rng_below(rng, 1000);
	c->reason = reasons[rng_below(rng, 3)];
	c->pause = rng_below(rng, 2);
	c->meter_id = rng_below(rng, 2);
	return &c->base;
}

static const struct of_action *random_multipath(struct rng *rng, struct arena *a)
{
	struct of_action_multipath *m = of_action_multipath(
		a, rng_below(rng, OF_N_HASH_FIELDS), rng_below(rng, OF_N_MULTIPATH_ALGORITHMS));

	m->basis = rng_u64(rng);
	m->max_link = rng_u64(rng);
	m->arg = rng_below(rng, INT32_MAX);
	m->dst = random_register(rng, 16);
	return &m->base;
}

static const struct of_action *random_bundle(struct rng *rng, struct arena *a)
{
	struct of_subfield dst = random_register(rng, 16);
	uint32_t members[5];
	struct of_action_bundle *b;

	for (unsigned i = 0; i < ARRAY_LENGTH(members); i++)
		members[i] = 1 + rng_below(rng, MAX_PORT);
	b = rng_below(rng, 2) ? of_action_bundle(a, members, rng_below(rng, 6))
			      : of_action_bundle_load(a, &dst, members, rng_below(rng, 6));
	b->fields = rng_below(rng, OF_N_HASH_FIELDS);
	b->algorithm = rng_below(rng, OF_N_BUNDLE_ALGORITHMS);
	b->basis = rng_u64(rng);
	return &b->base;
}

static const struct of_action *random_sample(struct rng *rng, struct arena *a)
{
	struct of_action_sample *s = of_action_sample(a, 1 + rng_below(rng, UINT16_MAX));

	s->collector_set_id = rng_u64(rng);
	s->obs_domain_id = rng_u64(rng);
	s->obs_point_id = rng_u64(rng);
	s->form = 1 + rng_below(rng, 3);
	if (s->form > 1)
		s->sampling_port = 1 + rng_below(rng, MAX_PORT);
	if (s->form > 2)
		s->direction = 1 + rng_below(rng, 2);
	return &s->base;
}

static void random_spec(struct rng *rng, struct of_learn_spec *s)
{
	memset(s, 0, sizeof(*s));
	s->kind = rng_below(rng, 3);
	s->dst = random_register(rng, 1);
	s->n_bits = s->dst.n_bits;
	if (s->kind == OF_LEARN_OUTPUT || rng_below(rng, 2)) {
		s->src = of_subfield_whole(OF_FIELD_ETH_SRC);
		s->src.ofs = rng_below(rng, 49 - s->n_bits);
		s->src.n_bits = s->n_bits;
	} else {
		store_be32(s->value + OF_FIELD_MAX_BYTES - 4,
			   rng_u64(rng) & ((1ull << s->n_bits) - 1));
	}
	if (s->kind == OF_LEARN_OUTPUT)
		s->dst = (struct of_subfield){ 0 };
}

static const struct of_action *random_learn(struct rng *rng, struct arena *a)
{
	struct of_learn_spec specs[4];
	struct of_action_learn *l;
	unsigned n = rng_below(rng, 5);

	for (unsigned i = 0; i < n; i++)
		random_spec(rng, &specs[i]);
	l = of_action_learn(a, specs, n);
	l->idle_timeout = rng_below(rng, 100);
	l->hard_timeout = rng_below(rng, 100);
	l->fin_idle_timeout = rng_below(rng, 100);
	l->fin_hard_timeout = rng_below(rng, 100);
	l->priority = rng_u64(rng);
	l->cookie = rng_u64(rng);
	l->table_id = rng_below(rng, 255);
	l->flags = rng_below(rng, 4);
	l->limit = rng_below(rng, 2) ? 0 : rng_below(rng, INT32_MAX);
	if (rng_below(rng, 2)) {
		l->flags |= OF_LEARN_WRITE_RESULT;
		l->result = random_bit(rng);
	}
	return &l->base;
}

static const struct of_action *random_nat(struct rng *rng, struct arena *a, uint8_t family)
{
	static const uint16_t flags[] = { OF_NAT_SRC, OF_NAT_DST, OF_NAT_SRC | OF_NAT_HASH,
					  OF_NAT_DST | OF_NAT_PERSISTENT | OF_NAT_RANDOM };
	struct of_action_nat *n = of_action_nat(a, flags[rng_below(rng, 4)]);

	n->family = family;
	random_bytes(rng, n->min_address, n->family == 6 ? 16 : 4);
	n->min_address[0] &= 0x7f;
	if (rng_below(rng, 2)) {
		n->has_max_address = true;
		memcpy(n->max_address, n->min_address, sizeof(n->max_address));
		n->max_address[0] |= 0x80;
	}
	if (rng_below(rng, 2)) {
		n->has_min_port = true;
		n->min_port = 1 + rng_below(rng, 100);
		n->has_max_port = rng_below(rng, 2);
		n->max_port = n->has_max_port ? n->min_port + 1 + rng_below(rng, 1000) : 0;
	}
	return &n->base;
}

static const struct of_action *random_ct(struct rng *rng, struct arena *a, uint8_t family)
{
	struct of_action_ct *c = of_action_ct(a, rng_below(rng, 2), rng_u64(rng));

	if (c->flags && rng_below(rng, 2))
		c->flags |= OF_CT_FORCE;
	if (rng_below(rng, 2)) {
		c->zone = 0;
		c->zone_src = of_subfield_whole(OF_FIELD_REG3);
		c->zone_src.n_bits = 16;
	}
	if (rng_below(rng, 2))
		c->recirc_table = rng_below(rng, 255);
	if (!c->flags)
		return &c->base;
	if (rng_below(rng, 2))
		of_actions_add(a, &c->actions, random_nat(rng, a, family));
	if (rng_below(rng, 2))
		of_actions_add(
			a, &c->actions,
			&of_action_set_field_u64(a, OF_FIELD_CT_MARK, rng_below(rng, 99))->base);
	return &c->base;
}

static const struct of_action *random_clone(struct rng *rng, struct arena *a)
{
	struct of_actions acts = { 0 };

	of_actions_add(a, &acts, random_masked(rng, a));
	of_actions_add(a, &acts, &of_action_output(a, 1 + rng_below(rng, MAX_PORT), 0)->base);
	return &of_action_clone(a, &acts)->base;
}

/* Those that any packet can meet. */
static const struct of_action *random_free(struct rng *rng, struct arena *a)
{
	struct of_subfield bit = random_bit(rng), sf = random_register(rng, 1);
	uint8_t data[20];

	random_bytes(rng, data, sizeof(data));
	switch (rng_below(rng, 18)) {
	case 0:
		return random_masked(rng, a);
	case 1:
		return random_controller(rng, a);
	case 2:
		return random_multipath(rng, a);
	case 3:
		return random_bundle(rng, a);
	case 4:
		return random_sample(rng, a);
	case 5:
		return random_learn(rng, a);
	case 6:
		return random_clone(rng, a);
	case 7:
		return &of_action_note(a, data, rng_below(rng, sizeof(data)))->base;
	case 8:
		return &of_action_group(a, rng_below(rng, 1000))->base;
	case 9:
		return &of_action_set_queue(a, rng_u64(rng))->base;
	case 10:
		return &of_action_pop_queue(a)->base;
	case 11:
		return &of_action_push(a, &sf)->base;
	case 12:
		return &of_action_pop(a, &sf)->base;
	case 13:
		return &of_action_check_pkt_larger(a, rng_u64(rng), &bit)->base;
	case 14:
		return &of_action_output_reg(a, &sf, OF_CML_NO_BUFFER)->base;
	case 15:
		return &of_action_output_trunc(a, 1 + rng_below(rng, MAX_PORT),
					       14 + rng_below(rng, 9999))
				->base;
	case 16:
		return &of_action_ct_clear(a)->base;
	default:
		return &of_action_exit(a)->base;
	}
}

const struct of_action *of_random_extension(struct rng *rng, struct arena *a,
					    const struct of_match *m)
{
	const uint16_t ids[] = { rng_u64(rng), rng_u64(rng), rng_u64(rng) };

	if (!of_match_meets(m, OF_PREREQ_IP) || rng_below(rng, 2))
		return random_free(rng, a);
	switch (rng_below(rng, 4)) {
	case 0:
		return &of_action_dec_ttl(a, ids, rng_below(rng, 4))->base;
	case 1:
		return &of_action_mod_nw_ttl(a, rng_u64(rng))->base;
	case 2:
		if (of_match_find(m, OF_FIELD_CT_STATE)) /* it may say that there is none */
			return random_free(rng, a);
		return random_ct(rng, a, of_match_meets(m, OF_PREREQ_IPV6) ? 6 : 4);
	default:
		return of_match_meets(m, OF_PREREQ_TCP) && !of_match_find(m, OF_FIELD_IP_FRAG)
			       ? &of_action_fin_timeout(a, rng_u64(rng), rng_u64(rng))->base
			       : random_free(rng, a);
	}
}
