#ifndef CONTROLLER_FLOWS_FLOW_ENTRY_H
#define CONTROLLER_FLOWS_FLOW_ENTRY_H

/* One flow entry as the controller thinks of it: immutable, counted references, so that the
 * desired and the installed flows of a switch are mostly the same objects. */

#include "lib/buf.h"
#include "lib/hmap.h"
#include "proto/openflow/action.h"
#include "proto/openflow/match.h"

struct flow_entry {
	unsigned n_refs;
	uint8_t table;
	uint16_t priority;
	uint64_t cookie;
	uint64_t hash; /* of the key: table, priority, match */
	struct of_match *match;
	struct of_instructions *instructions;
	size_t n_wire_bytes;
	uint8_t *wire; /* the instructions as they are sent: two flows do the same if these are
			  equal */
};

/* MATCH and INSTRUCTIONS are copied.  One reference is the caller's. */
struct flow_entry *flow_entry_create(uint8_t table, uint16_t priority, uint64_t cookie,
				     const struct of_match *match,
				     const struct of_instructions *instructions);
struct flow_entry *flow_entry_ref(struct flow_entry *f);
void flow_entry_unref(struct flow_entry *f); /* NULL is allowed */

/* The same place in a switch: table, priority and match. */
bool flow_entry_same_key(const struct flow_entry *a, const struct flow_entry *b);
/* The same flow in every respect. */
bool flow_entry_equal(const struct flow_entry *a, const struct flow_entry *b);
/* By table, then descending priority, then match: a total order of keys, for listings. */
int flow_entry_compare(const struct flow_entry *a, const struct flow_entry *b);
/* "table=30,priority=100,cookie=...,reg1=7,eth_dst=... actions=output:3" and a newline */
void flow_entry_print(const struct flow_entry *f, struct buf *out);

#endif
