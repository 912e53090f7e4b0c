/* App peers: tables peer_out and peer_in.  The longest prefix of the other end's address says which
 * remote groups and address groups of the network's rules it is in; 1 bit of xxreg3 each. */

#include "controller/apps/app_class.h"
#include "controller/apps/apps_priv.h"
#include "controller/flows/cookie.h"

enum purpose { PURPOSE_PASS, PURPOSE_MEMBER };

static void switch_flows(struct flow_build *b)
{
	static const uint8_t none[16];

	flow(b, TABLE_PEER_OUT, 0, PURPOSE_PASS);
	then_goto(b, TABLE_ADMIN_OUT);
	/* Table peer_out may have set some. */
	flow(b, TABLE_PEER_IN, 0, PURPOSE_PASS);
	then_set_bytes(b, OF_FIELD_XXREG3, none);
	then_goto(b, TABLE_ADMIN_IN);
}

static void member_flow(struct flow_build *b, bool is_out, uint64_t network_id,
			const struct intent_prefix *p, const uint32_t bits[PREFIXES_WORDS])
{
	static const enum of_field_id fields[2][2] = {
		{ OF_FIELD_IPV4_SRC, OF_FIELD_IPV4_DST },
		{ OF_FIELD_IPV6_SRC, OF_FIELD_IPV6_DST },
	};
	uint8_t value[4 * PREFIXES_WORDS];

	flow(b, is_out ? TABLE_PEER_OUT : TABLE_PEER_IN, 100 + p->length, PURPOSE_MEMBER);
	when(b, OF_FIELD_REG1, (uint32_t)network_id);
	if (p->is_ipv6)
		when_ipv6(b);
	else
		when_ipv4(b);
	when_prefix(b, fields[p->is_ipv6][is_out], p->bytes, p->length);
	for (unsigned i = 0; i < PREFIXES_WORDS; i++)
		store_be32(&value[4 * i], bits ? bits[i] : 0);
	then_set_bytes(b, OF_FIELD_XXREG3, value);
	then_goto(b, is_out ? TABLE_ADMIN_OUT : TABLE_ADMIN_IN);
}

void peers_state(struct flow_set *set, uint64_t network_id, const struct intent_prefix *p,
		 const uint32_t bits[PREFIXES_WORDS])
{
	/* Part 0 is what the app's functions state for networks. */
	struct flow_owner owner = { cookie_make(APP_PEERS, network_id, 0), 1 };
	struct flow_build b;

	flow_build_init(&b, APP_PEERS, network_id);
	member_flow(&b, true, network_id, p, bits);
	member_flow(&b, false, network_id, p, bits);
	flow_build_end(&b);
	for (size_t i = 0; i < b.n_flows; i++) {
		if (bits)
			flow_set_put(set, owner, flow_entry_ref(b.flows[i]));
		else
			flow_set_drop(set, owner, b.flows[i]);
	}
	flow_build_fini(&b);
}

static void explain(const struct explain *e, struct buf *out)
{
	buf_puts(out, e->purpose == PURPOSE_MEMBER
			      ? "the other end is in groups that rules name"
			      : "the other end is in no group that rules name");
}

static const struct app_class peers_app = {
	.id = APP_PEERS,
	.title = "remote groups",
	.switch_flows = switch_flows,
	.explain = explain,
};
REGISTRY_ADD(app_class, peers_app);
