#ifndef CONTROLLER_FLOWS_FLOW_BUILD_H
#define CONTROLLER_FLOWS_FLOW_BUILD_H

/* Stating flows, so that an app reads like a table:
 *
 *	flow(b, TABLE_FORWARD, 100, PURPOSE_UNICAST);
 *	when(b, OF_FIELD_REG1, net->id);
 *	when_bytes(b, OF_FIELD_ETH_DST, port->mac);
 *	then_output(b, port->port_no);
 *
 * flow() ends the flow before it.  A flow without `then` drops.  Whoever calls the app sets the
 * owner before and takes the flows after. */

#include "controller/flows/flow_entry.h"
#include "controller/flows/layout.h"
#include "lib/arena.h"

struct flow_build {
	uint8_t app;
	uint64_t resource;
	struct arena arena; /* of the flow being built */
	bool is_open;
	uint8_t table;
	uint16_t priority;
	uint64_t cookie;
	struct of_match match;
	struct of_instructions instructions;
	const struct of_action **actions; /* behind instructions.apply; kept from flow to flow */
	size_t actions_capacity;
	struct flow_entry **flows; /* built so far */
	size_t n_flows, capacity;
};

void flow_build_init(struct flow_build *b, uint8_t app, uint64_t resource);
/* Ends the last flow.  The flows, references and all, stay B's until taken with N set to 0. */
void flow_build_end(struct flow_build *b);
void flow_build_fini(struct flow_build *b);

void flow(struct flow_build *b, enum layout_table table, uint16_t priority, uint8_t purpose);

/* Match: a number of up to 64 bits; a whole field in network order; a masked number. */
void when(struct flow_build *b, enum of_field_id field, uint64_t value);
void when_bytes(struct flow_build *b, enum of_field_id field, const void *value);
void when_masked(struct flow_build *b, enum of_field_id field, uint64_t value, uint64_t mask);
/* The first LENGTH bits of an address; 0: any. */
void when_prefix(struct flow_build *b, enum of_field_id field, const uint8_t *bytes,
		 unsigned length);
/* Ethernet types and protocols, with their prerequisites. */
void when_arp(struct flow_build *b);
void when_ipv4(struct flow_build *b);
void when_ipv6(struct flow_build *b);
void when_udp4(struct flow_build *b, uint16_t src, uint16_t dst);
void when_udp6(struct flow_build *b, uint16_t src, uint16_t dst);
void when_icmpv6(struct flow_build *b, uint8_t type);
/* Without a VLAN tag. */
void when_untagged(struct flow_build *b);

/* Actions, done at once and in this order. */
void then_output(struct flow_build *b, uint32_t port_no);
void then_output_back(struct flow_build *b); /* to where it came from */
/* The first FLOW_LOG_BYTES of it to the controller, for the connection log. */
#define FLOW_LOG_BYTES 128
void then_log(struct flow_build *b);
void then_set(struct flow_build *b, enum of_field_id field, uint64_t value);
void then_set_bytes(struct flow_build *b, enum of_field_id field, const void *value);
void then_move(struct flow_build *b, enum of_field_id from, enum of_field_id to);
/* Bits OFS to OFS + N_BITS - 1 only. */
void then_load(struct flow_build *b, enum of_field_id field, unsigned ofs, unsigned n_bits,
	       uint64_t value);
void then_resubmit(struct flow_build *b, enum layout_table table);
/* To the port whose number is in a register. */
void then_output_register(struct flow_build *b, enum of_field_id field);
/* Find the packet's connection, then go on in TABLE. */
void then_track(struct flow_build *b, uint16_t zone, enum layout_table table);
/* Remember the connection.  HELPER: port of the protocol that announces others, or 0. */
void then_commit(struct flow_build *b, uint16_t zone, uint16_t helper);
/* Before all actions: drop what is too much. */
void then_meter(struct flow_build *b, uint32_t meter_id);
/* Go on in a later table. */
void then_goto(struct flow_build *b, enum layout_table table);

#endif
