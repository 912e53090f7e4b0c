/* Random messages about groups, meters, tables and monitors, and Nicira's. */

#include "proto/openflow/table_features_props.h"
#include "tests/fakes/proto/of_samples.h"

#define MAX_ENTRIES 4

static bool coin(struct rng *rng)
{
	return rng_u64(rng) & 1;
}

/* Few kinds: that actions of all kinds come through is for the tests of flows. */
static void random_actions(struct rng *rng, struct arena *a, struct of_actions *acts)
{
	struct status st = STATUS_INIT;
	struct buf text = BUF_INIT;

	for (unsigned n = rng_below(rng, MAX_ENTRIES); n > 0; n--) {
		if (coin(rng))
			buf_printf(&text, "output:%u,", 1 + (unsigned)rng_below(rng, 1000));
		else
			buf_printf(&text, "set_field:%u->reg0,resubmit(,%u),",
				   (unsigned)rng_u64(rng), (unsigned)rng_below(rng, 255));
	}
	of_actions_parse(buf_str(&text), a, acts, &st);
	buf_fini(&text);
}

static struct of_bucket random_bucket(struct rng *rng, struct arena *a, uint8_t type, uint32_t id)
{
	struct of_bucket b = {
		.id = id,
		.weight = type == OF_GROUP_SELECT ? rng_below(rng, 100) : 0,
		.watch_port = OF_PORT_ANY,
		.watch_group = OF_GROUP_ANY,
	};
	bool may_watch = type == OF_GROUP_SELECT || type == OF_GROUP_FAST_FAILOVER;

	if (type == OF_GROUP_FAST_FAILOVER || (may_watch && coin(rng)))
		b.watch_port = coin(rng) ? OF_PORT_LOCAL : 1 + rng_below(rng, OF_PORT_MAX);
	if (may_watch && coin(rng))
		b.watch_group = rng_below(rng, OF_GROUP_MAX);
	random_actions(rng, a, &b.actions);
	return b;
}

static struct of_bucket *random_buckets(struct rng *rng, struct arena *a, uint8_t version,
					uint8_t type, unsigned *n)
{
	uint32_t id = 0;
	struct of_bucket *buckets;

	*n = type == OF_GROUP_INDIRECT ? 1 : rng_below(rng, MAX_ENTRIES);
	buckets = arena_alloc(a, (*n + 1) * sizeof(*buckets));
	for (unsigned i = 0; i < *n; i++) {
		buckets[i] = random_bucket(rng, a, type, id);
		id += version < OF_VERSION_1_5 ? 1 : 1 + rng_below(rng, 1000000);
	}
	return buckets;
}

static void random_selection(struct rng *rng, struct arena *a, struct of_group_selection *s)
{
	static const enum of_field_id fields[] = { OF_FIELD_ETH_SRC,  OF_FIELD_ETH_DST,
						   OF_FIELD_IPV4_SRC, OF_FIELD_IPV4_DST,
						   OF_FIELD_IPV6_SRC, OF_FIELD_METADATA };

	strcpy(s->method, coin(rng) ? "hash" : "dp_hash");
	s->param = coin(rng) ? 0 : rng_u64(rng);
	for (size_t i = 0; strcmp(s->method, "hash") == 0 && i < ARRAY_LENGTH(fields); i++) {
		uint8_t mask[OF_FIELD_MAX_BYTES];

		for (unsigned k = 0; k < sizeof(mask); k++)
			mask[k] = coin(rng) ? 0xff : 1 + rng_below(rng, 255);
		if (coin(rng))
			of_match_set(a, &s->fields, fields[i], mask, mask);
	}
}

void of_random_group_mod(struct rng *rng, struct arena *a, uint8_t version, struct of_group_mod *gm)
{
	*gm = (struct of_group_mod){
		.command = coin(rng) ? OF_GROUP_ADD : OF_GROUP_MODIFY,
		.type = rng_below(rng, OF_N_GROUP_TYPES),
		.group_id = rng_below(rng, OF_GROUP_MAX),
		.command_bucket_id = OF_BUCKET_ALL,
	};
	gm->buckets = random_buckets(rng, a, version, gm->type, &gm->n_buckets);
	if (version >= OF_VERSION_1_5 && gm->type == OF_GROUP_SELECT && coin(rng))
		random_selection(rng, a, &gm->selection);
}

static void random_group_desc(struct rng *rng, struct arena *a, uint8_t version,
			      struct of_group_desc_reply *r)
{
	r->more = coin(rng);
	r->n = rng_below(rng, MAX_ENTRIES);
	r->groups = arena_alloc(a, (r->n + 1) * sizeof(*r->groups));
	for (unsigned i = 0; i < r->n; i++) {
		struct of_group_mod gm;

		of_random_group_mod(rng, a, version, &gm);
		r->groups[i] = (struct of_group_desc){ gm.type, gm.group_id, gm.n_buckets,
						       gm.buckets, gm.selection };
	}
}

static void random_meter(struct rng *rng, struct arena *a, struct of_meter_config *m)
{
	m->flags = rng_below(rng, 16);
	if (m->flags & OF_METER_KBPS)
		m->flags &= ~OF_METER_PKTPS;
	m->meter_id = 1 + rng_below(rng, OF_METER_MAX);
	m->n_bands = rng_below(rng, MAX_ENTRIES);
	m->bands = arena_alloc(a, (m->n_bands + 1) * sizeof(*m->bands));
	for (unsigned i = 0; i < m->n_bands; i++) {
		struct of_meter_band *b = &m->bands[i];

		b->type = coin(rng) ? OF_BAND_DROP : OF_BAND_DSCP_REMARK;
		b->rate = rng_u64(rng);
		b->burst_size = rng_u64(rng);
		b->prec_level = b->type == OF_BAND_DROP ? 0 : rng_u64(rng);
	}
}

static void random_address(struct rng *rng, uint8_t family, uint8_t *address)
{
	if (coin(rng))
		return;
	store_be64(address + 8, rng_u64(rng));
	address[0] = family == 6 ? 0xfc : 0;
	if (family == 4)
		store_be32(address + 8, 0xffff);
}

static void random_ct_flush(struct rng *rng, struct of_nx_ct_flush *f)
{
	static const uint8_t protocols[] = { 0, 1, 6, 58 };
	struct of_ct_tuple *tuples[] = { &f->original, &f->reply };

	*f = (struct of_nx_ct_flush){ .ip_proto = protocols[rng_below(rng, 4)],
				      .family = coin(rng) ? 4 : 6 };
	for (unsigned i = 0; i < ARRAY_LENGTH(tuples); i++) {
		random_address(rng, f->family, tuples[i]->src);
		random_address(rng, f->family, tuples[i]->dst);
		tuples[i]->src_port = rng_below(rng, 3);
		tuples[i]->icmp_id = rng_below(rng, 3);
	}
	f->has_zone = coin(rng);
	f->zone = f->has_zone ? rng_u64(rng) : 0;
	f->mark_mask = coin(rng) ? rng_u64(rng) : UINT32_MAX;
	f->mark = rng_u64(rng);
	store_be64(f->labels, rng_u64(rng));
	store_be64(f->labels_mask, coin(rng) ? rng_u64(rng) : 0);
}

static void random_monitors(struct rng *rng, struct arena *a, struct of_monitor_request *r)
{
	uint8_t form = r->monitors[0].form;

	r->n = rng_below(rng, MAX_ENTRIES);
	r->monitors = arena_alloc(a, MAX_ENTRIES * sizeof(*r->monitors));
	for (unsigned i = 0; i < r->n; i++) {
		struct of_monitor *m = &r->monitors[i];

		m->monitor_id = rng_u64(rng);
		m->out_port = coin(rng) ? OF_PORT_ANY : rng_below(rng, 100);
		m->out_group = OF_GROUP_ANY;
		m->flags = OF_MONITOR_ADD | rng_below(rng, 64);
		m->table_id = rng_u64(rng);
		m->form = form;
		of_random_match(rng, a, &m->match);
	}
}

static void random_updates(struct rng *rng, struct arena *a, struct of_monitor_reply *r)
{
	r->n = rng_below(rng, MAX_ENTRIES);
	r->updates = arena_alloc(a, MAX_ENTRIES * sizeof(*r->updates));
	for (unsigned i = 0; i < r->n; i++) {
		struct of_flow_update *u = &r->updates[i];

		u->event = OF_UPDATE_ADDED + rng_below(rng, 4);
		if (u->event == OF_UPDATE_ABBREV) {
			u->xid = rng_u64(rng);
			continue;
		}
		u->table_id = rng_below(rng, OF_TABLE_MAX);
		u->reason = u->event == OF_UPDATE_REMOVED ? rng_below(rng, 6) : 0;
		u->idle_timeout = rng_u64(rng);
		u->priority = rng_u64(rng);
		u->cookie = rng_u64(rng);
		of_random_match(rng, a, &u->match);
		of_random_instructions(rng, a, &u->match, u->table_id, &u->instructions);
	}
}

static void random_fields(struct rng *rng, struct of_field_set *s)
{
	for (unsigned id = 0; id < OF_FIELD_FIRST_VIEW; id++) {
		if (rng_below(rng, 4) == 0)
			of_field_set_add(s, id);
	}
}

static void random_abilities(struct rng *rng, struct of_flow_abilities *f)
{
	f->instructions = rng_below(rng, 0x80);
	for (unsigned i = 0; i < 4; i++)
		f->next_tables.bits[i] = rng_u64(rng);
	f->next_tables.bits[3] &= UINT64_MAX >> 1; /* there is no table 255 */
	f->write_actions = rng_u64(rng);
	f->apply_actions = rng_u64(rng);
	random_fields(rng, &f->write_setfield);
	random_fields(rng, &f->apply_setfield);
}

void of_random_table_abilities(struct rng *rng, struct of_table_abilities *ab)
{
	*ab = (struct of_table_abilities){ 0 };
	random_abilities(rng, &ab->flow);
	ab->miss = ab->flow;
	if (coin(rng))
		random_abilities(rng, &ab->miss);
	random_fields(rng, &ab->match);
	random_fields(rng, &ab->wildcard);
	for (size_t i = 0; i < ARRAY_LENGTH(ab->mask.bits); i++)
		ab->mask.bits[i] = ab->match.bits[i] & rng_u64(rng);
}

static void random_table_features(struct rng *rng, struct arena *a, struct of_msg *msg)
{
	struct of_table_abilities ab;

	of_random_table_abilities(rng, &ab);
	msg->table_features.more = coin(rng);
	of_table_abilities_write(&ab, msg->version, a, &msg->table_features.tables[0]);
}

void of_random_state(struct rng *rng, struct arena *a, struct of_msg *msg)
{
	switch (msg->kind) {
	case OF_GROUP_MOD:
		of_random_group_mod(rng, a, msg->version, &msg->group_mod);
		break;
	case OF_GROUP_DESC_REPLY:
		random_group_desc(rng, a, msg->version, &msg->group_desc_reply);
		break;
	case OF_METER_MOD:
		random_meter(rng, a, &msg->meter_mod);
		break;
	case OF_METER_CONFIG_REPLY:
		random_meter(rng, a, msg->meter_config_reply.meters);
		break;
	case OF_MONITOR_REQUEST:
		random_monitors(rng, a, &msg->monitor_request);
		break;
	case OF_MONITOR_REPLY:
		random_updates(rng, a, &msg->monitor_reply);
		break;
	case OF_TABLE_FEATURES_REQUEST:
	case OF_TABLE_FEATURES_REPLY:
		random_table_features(rng, a, msg);
		break;
	case OF_NX_CT_FLUSH:
		random_ct_flush(rng, &msg->nx_ct_flush);
		break;
	case OF_NX_PACKET_IN2:
		of_random_match(rng, a, &msg->packet_in.match);
		break;
	default:
		break;
	}
}
