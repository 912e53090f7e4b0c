#ifndef DATAPLANE_TABLE_FLOW_H
#define DATAPLANE_TABLE_FLOW_H

/* A flow in two halves: `struct flow` is the control thread's record (timeouts, statistics,
 * what the controller sent), `struct rule` what the packet path runs: immutable, shared by the
 * record and every snapshot that contains it.  Modifying a flow gives it a new rule; the old one is
 * retired (retired.c) and lives on until no snapshot contains it.
 *
 * A million of them must fit: what rules have in common they share (shape.h, effect.h, struct
 * rule_class), so a rule of up to four words of the key is two cache lines. */

#include "lib/hmap.h"
#include "proto/openflow/msg.h"
#include "dataplane/action/program.h"
#include "dataplane/lookup/lookup.h"
#include "dataplane/packet/key.h"
#include "dataplane/table/counters.h"
#include "dataplane/table/effect.h"
#include "dataplane/table/shape.h"

/* Rules of one shape and priority in one table. */
struct rule_class {
	struct hmap_node by_shape, by_priority; /* table's */
	struct shape *shape;
	unsigned n_refs;
	unsigned n_linked; /* flows in the table */
	uint16_t priority;
	uint8_t table_id;
};

struct rule {
	/* what the packet path reads, in one cache line */
	union {
		/* A plain one: values and masks of the words of the key that it writes. */
		struct {
			uint64_t values[PLAIN_MAX_WORDS], masks[PLAIN_MAX_WORDS];
		} plain;
		/* Any other. */
		struct {
			const struct action_program *apply, *write; /* NULL: none */
			uint64_t metadata, metadata_mask;	    /* network order */
		};
	};
	uint64_t cookie; /* host order */
	uint32_t slot;
	uint32_t port; /* of a plain one that sends to it; 0: none */
	/* Of a plain one that goes on: what is known beforehand of its packets' next look-up, see
	 * pipeline/links.h; written by the control thread while others read. */
	uint64_t link;
	bool is_plain : 1;
	bool has_goto : 1;
	bool is_aside : 1;    /* packets stay plain, see is_aside_effect() */
	bool is_tracking : 1; /* packets stay plain, see is_tracking_effect() */
	bool has_clear : 1;
	bool has_metadata : 1;
	bool is_table_miss : 1; /* priority 0 and no match (OF 1.3.5 section 5.4) */
	uint8_t n_written, written[PLAIN_MAX_WORDS]; /* words of the key, by a plain one */
	uint8_t table_id, goto_table;
	/* What match and programs look at: enum parse_depth, enum key_lines. */
	uint8_t depth, lines;

	/* what building and telling need */
	struct rule_class *class;
	struct effect *effect;
	union {
		uint64_t place_in_effect; /* while it is in the tables */
		struct rule *next_retired;
	};
	/* A struct lookup_row, to which look-ups point. */
	uint64_t rank; /* the flow's place in the order of look-up: the smallest wins */
	/* Of the class's mask; behind them a pointer to its match (owned) if its shape is
	 * ambiguous. */
	uint64_t words[];
};

static_assert(offsetof(struct rule, class) == 64, "what the packet path reads is one cache line");
static_assert(offsetof(struct rule, words) - offsetof(struct rule, rank) ==
		      offsetof(struct lookup_row, words),
	      "rank and words are a row");

/* What R matches; the fields are in FIELDS, with room for OF_N_FIELDS, or lent from the rule. */
void rule_match(const struct rule *r, struct of_field_match *fields, struct of_match *out);
/* The same as a key and its mask. */
void rule_key_mask(const struct rule *r, struct key_mask *out);

static inline uint16_t rule_priority(const struct rule *r)
{
	return r->class->priority;
}

/* Lent. */
static inline const struct of_instructions *rule_instructions(const struct rule *r)
{
	return r->effect->instructions;
}

static inline struct lookup_rule rule_lookup(const struct rule *r)
{
	return (struct lookup_rule){ .mask = &r->class->shape->mask,
				     .words = r->words,
				     .value = r,
				     .rank = r->rank,
				     .row_offset = offsetof(struct rule, rank) };
}

struct flow {
	struct rule *rule;
	uint16_t idle_timeout, hard_timeout; /* seconds, 0: none */
	uint16_t flags;			     /* OF_FLOW_* */
	uint16_t importance;
	uint64_t created_ns;
	uint32_t refreshed_ds; /* tenths of a second after that: since then the hard timeout runs */
	uint32_t hash;	       /* of match and priority, in its table's index */
	struct counter base;   /* see counters.h; used_ns: the latest use before, or creation */
	uint32_t timeout_place, eviction_place; /* in the heaps, 0: not there */
};

/* In the order of creation, over all tables. */
static inline uint64_t flow_serial(const struct flow *f)
{
	return f->rule->rank & 0xffffffffffffull;
}

#endif
