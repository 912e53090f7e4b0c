#ifndef DATAPLANE_TABLE_FLOW_H
#define DATAPLANE_TABLE_FLOW_H

/* A flow in two halves: `struct flow` is the control thread's record (timeouts, statistics,
 * what the controller sent), `struct rule` what the packet path runs: immutable, shared by the
 * record and every snapshot that contains it.  Modifying a flow gives it a new rule; the old one is
 * retired (retired.c) and lives on until no snapshot contains it. */

#include "lib/hmap.h"
#include "lib/list.h"
#include "proto/openflow/msg.h"
#include "dataplane/action/program.h"
#include "dataplane/packet/key.h"
#include "dataplane/table/counters.h"

/* A counter slot, kept until the last rule that counts there is gone. */
struct flow_slot;

struct rule {
	/* what the packet path reads, in one cache line */
	const struct action_program *apply; /* NULL: none */
	const struct action_program *write;
	uint64_t metadata, metadata_mask; /* network order */
	uint32_t slot;
	uint16_t priority;
	uint8_t table_id;
	uint8_t goto_table;
	bool has_goto, has_clear, has_metadata;
	/* Not 0: all that it does is to send to this port, so the program need not be read. */
	uint32_t only_port;
	bool is_table_miss; /* priority 0 and no match (OF 1.3.5 section 5.4) */
	/* What match and programs look at: enum parse_depth, enum key_lines. */
	uint8_t depth, lines;
	uint64_t cookie; /* host order */

	/* what building and telling need */
	struct key_mask match;
	const struct of_match *of_match;	       /* owned */
	const struct of_instructions *of_instructions; /* owned */
	uint64_t mask_hash;			       /* of match.mask, as look-ups want it */
	uint64_t rank; /* the flow's place in the order of look-up: the smallest wins */
	struct flow_slot *counts;
	uint64_t retired_at; /* snapshots from this number on do not contain it */
	struct rule *next_retired;
};

static_assert(offsetof(struct rule, match) == 64, "what the packet path reads is one cache line");

struct flow {
	struct rule *rule;
	uint16_t idle_timeout, hard_timeout; /* seconds, 0: none */
	uint16_t flags;			     /* OF_FLOW_* */
	uint64_t created_ns;
	struct counter base; /* see counters.h; used_ns: the latest use before, or creation */
	uint64_t serial;     /* in order of creation */

	struct hmap_node by_match; /* table's, by (match, priority) */
	struct list node;	   /* table's */
	unsigned heap_place;	   /* in the timeouts, 0: not there */
	uint64_t expires_ns;
};

#endif
