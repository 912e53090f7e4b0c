#ifndef DATAPLANE_TABLE_EFFECT_H
#define DATAPLANE_TABLE_EFFECT_H

/* What a rule does: instructions, and the programs that they compile to.  A million rules often do
 * one of a few things, so rules that do the same share it. */

#include "dataplane/action/program.h"
#include "dataplane/table/names.h"
#include "dataplane/table/plain.h"
#include "lib/hmap.h"

struct rule;

/* What compiling may know of a rule's packets: the fields on which prerequisites rest.  Rules that
 * differ in other fields do the same. */
struct effect_facts {
	uint16_t eth_type, vlan_tci; /* as in the key; of the TCI only whether there is a tag */
	uint16_t tp_src, tp_dst;     /* of ICMPv6, otherwise 0 */
	uint8_t ip_proto, ip_frag;
	uint8_t ct_state;
};

struct effect {
	struct hmap_node in_effects;
	unsigned n_refs;
	uint8_t table_id;
	uint8_t depth, lines;	      /* that the programs need */
	struct names names;	      /* found when refs were of this generation */
	struct effect_name *in_names; /* a node for each of them */
	/* Rules in the tables that do this, in no order; only if it has names. */
	struct rule **rules;
	unsigned n_rules, rules_room;
	uint64_t generation;
	bool is_plain, is_aside, is_tracking;
	struct plain_effect plain; /* if so */
	bool is_clause;		   /* it says conjunction(...), so the rule is no flow of its own */
	bool teaches;		   /* a learn action says delete_learned */
	struct effect_facts facts;
	const struct of_instructions *instructions; /* owned */
	struct action_program *apply, *write;	    /* owned; NULL: none */
};

/* That an effect names a group or meter. */
struct effect_name {
	struct hmap_node in_effects;
	struct effect *effect;
};

struct effects {
	struct hmap map, by_name;
	struct effect *last; /* found */
};

/* What INS do to packets of the match KEY in the table; the caller gets a reference.  NULL with
 * ERR. */
struct effect *effect_get(struct effects *e, const struct of_instructions *ins, uint8_t table_id,
			  const struct flow_key *key, const struct action_refs *refs,
			  struct of_error *err);
void effect_unref(struct effects *e, struct effect *effect);
/* R, which does X, is in the tables from now on, or no longer. */
void effect_link(struct effect *x, struct rule *r);
void effect_unlink(struct effect *x, struct rule *r);
/* Calls CB for each effect that names it. */
void effects_naming(struct effects *e, enum action_kind kind, uint32_t id,
		    void (*cb)(void *ctx, struct effect *x), void *ctx);
void effects_fini(struct effects *e);

#endif
