#include "controller/flows/flow_build.h"

#include <stdlib.h>

#include "controller/flows/cookie.h"
#include "proto/openflow/action_ct.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/action_output_reg.h"
#include "proto/openflow/action_reg_load.h"
#include "proto/openflow/action_reg_move.h"
#include "proto/openflow/action_resubmit.h"
#include "proto/openflow/action_set_field.h"
#include "proto/openflow/numbers.h"

enum { ETH_IPV4 = 0x0800, ETH_ARP = 0x0806, ETH_IPV6 = 0x86dd, IP_UDP = 17, IP_ICMPV6 = 58 };

void flow_build_init(struct flow_build *b, uint8_t app, uint64_t resource)
{
	*b = (struct flow_build){ .app = app, .resource = resource };
}

void flow_build_end(struct flow_build *b)
{
	if (!b->is_open)
		return;
	if (b->n_flows == b->capacity) {
		b->capacity = MAX_OF(b->capacity * 2, 16);
		b->flows = xrealloc(b->flows, b->capacity * sizeof(*b->flows));
	}
	b->flows[b->n_flows++] =
		flow_entry_create(b->table, b->priority, b->cookie, &b->match, &b->instructions);
	arena_clear(&b->arena);
	b->is_open = false;
}

void flow_build_fini(struct flow_build *b)
{
	for (size_t i = 0; i < b->n_flows; i++)
		flow_entry_unref(b->flows[i]);
	free(b->flows);
	free(b->actions);
	arena_clear(&b->arena);
	*b = (struct flow_build){ 0 };
}

void flow(struct flow_build *b, enum layout_table table, uint16_t priority, uint8_t purpose)
{
	flow_build_end(b);
	b->is_open = true;
	b->table = table;
	b->priority = priority;
	b->cookie = cookie_make(b->app, b->resource, purpose);
	b->match = (struct of_match){ 0 };
	b->instructions = (struct of_instructions){ 0 };
}

void when(struct flow_build *b, enum of_field_id field, uint64_t value)
{
	of_match_set_u64(&b->arena, &b->match, field, value);
}

void when_bytes(struct flow_build *b, enum of_field_id field, const void *value)
{
	of_match_set(&b->arena, &b->match, field, value, NULL);
}

void when_masked(struct flow_build *b, enum of_field_id field, uint64_t value, uint64_t mask)
{
	of_match_set_u64_masked(&b->arena, &b->match, field, value, mask);
}

void when_prefix(struct flow_build *b, enum of_field_id field, const uint8_t *bytes,
		 unsigned length)
{
	uint8_t mask[16] = { 0 };

	if (!length)
		return;
	for (unsigned i = 0; i < length; i++)
		mask[i / 8] |= 0x80 >> i % 8;
	of_match_set(&b->arena, &b->match, field, bytes, mask);
}

void when_arp(struct flow_build *b)
{
	when(b, OF_FIELD_ETH_TYPE, ETH_ARP);
}

void when_ipv4(struct flow_build *b)
{
	when(b, OF_FIELD_ETH_TYPE, ETH_IPV4);
}

void when_ipv6(struct flow_build *b)
{
	when(b, OF_FIELD_ETH_TYPE, ETH_IPV6);
}

void when_udp4(struct flow_build *b, uint16_t src, uint16_t dst)
{
	when_ipv4(b);
	when(b, OF_FIELD_IP_PROTO, IP_UDP);
	when(b, OF_FIELD_UDP_SRC, src);
	when(b, OF_FIELD_UDP_DST, dst);
}

void when_udp6(struct flow_build *b, uint16_t src, uint16_t dst)
{
	when_ipv6(b);
	when(b, OF_FIELD_IP_PROTO, IP_UDP);
	when(b, OF_FIELD_UDP_SRC, src);
	when(b, OF_FIELD_UDP_DST, dst);
}

void when_icmpv6(struct flow_build *b, uint8_t type)
{
	when_ipv6(b);
	when(b, OF_FIELD_IP_PROTO, IP_ICMPV6);
	when(b, OF_FIELD_ICMPV6_TYPE, type);
	when(b, OF_FIELD_ICMPV6_CODE, 0);
}

/* OFPVID_NONE (OF 1.3.5 section 7.2.3.7). */
void when_untagged(struct flow_build *b)
{
	when(b, OF_FIELD_VLAN_VID, 0);
}

static void then(struct flow_build *b, const struct of_action *act)
{
	struct of_actions *apply = &b->instructions.apply;

	if (apply->n == b->actions_capacity) {
		b->actions_capacity = MAX_OF(b->actions_capacity * 2, 16);
		b->actions = xrealloc(b->actions, b->actions_capacity * sizeof(*b->actions));
	}
	b->actions[apply->n++] = act;
	apply->list = b->actions;
	b->instructions.has_apply = true;
}

void then_output(struct flow_build *b, uint32_t port_no)
{
	then(b, &of_action_output(&b->arena, port_no, 0)->base);
}

void then_log(struct flow_build *b)
{
	then(b, &of_action_output(&b->arena, OF_PORT_CONTROLLER, FLOW_LOG_BYTES)->base);
}

void then_output_back(struct flow_build *b)
{
	then_output(b, OF_PORT_IN_PORT);
}

void then_set(struct flow_build *b, enum of_field_id field, uint64_t value)
{
	then(b, &of_action_set_field_u64(&b->arena, field, value)->base);
}

void then_set_bytes(struct flow_build *b, enum of_field_id field, const void *value)
{
	then(b, &of_action_set_field(&b->arena, field, value)->base);
}

void then_move(struct flow_build *b, enum of_field_id from, enum of_field_id to)
{
	then(b, &of_action_reg_move(&b->arena, from, to)->base);
}

void then_load(struct flow_build *b, enum of_field_id field, unsigned ofs, unsigned n_bits,
	       uint64_t value)
{
	then(b, &of_action_reg_load(&b->arena, field, ofs, n_bits, value)->base);
}

void then_output_register(struct flow_build *b, enum of_field_id field)
{
	struct of_subfield src = of_subfield_whole(field);

	then(b, &of_action_output_reg(&b->arena, &src, 0)->base);
}

void then_track(struct flow_build *b, uint16_t zone, enum layout_table table)
{
	struct of_action_ct *ct = of_action_ct(&b->arena, 0, zone);

	ct->recirc_table = table;
	then(b, &ct->base);
}

void then_commit(struct flow_build *b, uint16_t zone, uint16_t helper)
{
	struct of_action_ct *ct = of_action_ct(&b->arena, OF_CT_COMMIT, zone);

	ct->alg = helper;
	then(b, &ct->base);
}

void then_meter(struct flow_build *b, uint32_t meter_id)
{
	b->instructions.has_meter = true;
	b->instructions.meter_id = meter_id;
}

void then_resubmit(struct flow_build *b, enum layout_table table)
{
	then(b, &of_action_resubmit(&b->arena, OF_PORT_IN_PORT, table)->base);
}

void then_goto(struct flow_build *b, enum layout_table table)
{
	b->instructions.has_goto = true;
	b->instructions.goto_table = table;
}
