#ifndef DATAPLANE_TABLE_TABLES_PRIV_H
#define DATAPLANE_TABLE_TABLES_PRIV_H

/* What the files of table/ share: tables.c keeps the flows, flow_mod.c changes them, journal.c
 * undoes that, timeouts.c and eviction.c end them, rule.c makes what the packet path runs,
 * retired.c keeps it while snapshots contain it, delta.c notes what the next snapshot has to
 * change. */

#include "dataplane/table/budget.h"
#include "dataplane/table/flow_index.h"
#include "dataplane/table/flow_test.h"
#include "dataplane/table/heap.h"
#include "dataplane/table/learned.h"
#include "dataplane/table/refs.h"
#include "lib/slab.h"
#include "dataplane/table/sorted.h"
#include "dataplane/table/table_config.h"
#include "dataplane/table/tables.h"

/* What changed since the latest snapshot (delta.c). */
struct delta {
	bool is_known;
	uint64_t since; /* generation */
	struct table_change *changes;
	unsigned n, room;
};

/* What looking up in a table costs (budget.c). */
struct table_cost {
	struct hmap masks;	    /* struct mask_use */
	struct mask_use *last_mask; /* found */
	bool is_inexact;	  /* flows have gone, which may still be seen in the masks' words */
	bool is_changed;	  /* since `cycles` were told */
	unsigned cycles, at_most; /* at_most: flows, for which that holds */
	struct tables_links *gotos, *resubmits; /* NULL: there never were any */
	uint64_t goes_to[4], resubmits_to[4];	/* a bit for each table that they lead to */
};

/* The worst way through the tables, if it is still that. */
struct worst {
	struct tables_way way;
	bool is_stale;
	uint8_t first_egress; /* for which it was found */
	unsigned committed;   /* cycles, at the last commit; only kept for a budget that refuses */
};

struct table {
	struct flow_index by_match; /* and priority */
	struct sorted sorted;
	unsigned n_flows;
	uint64_t generation;
	uint64_t n_removals; /* grows whenever a flow goes or changes */
	struct delta delta;
	struct hmap classes, by_priority; /* struct rule_class */
	struct rule_class *last_class;	  /* found */
	/* table_config.c */
	unsigned max_flows;
	bool has_eviction, has_vacancy;
	uint8_t vacancy_down, vacancy_up; /* percent */
	bool is_down;			  /* the vacancy that was told last */
	struct flow_heap eviction;	  /* empty unless has_eviction */
	struct table_cost cost;
};

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_MODIFIED, CHANGE_NOTED };

/* One step of a transaction, with what undoing needs. */
struct change {
	uint8_t kind;	/* enum change_kind */
	int16_t reason; /* REMOVED: OFPRR_*, or -1 to tell nobody */
	uint32_t xid;	/* of who did it */
	const void *author;
	union {
		struct {
			struct flow *flow;
			struct modified *modified; /* MODIFIED: owned */
		};
		struct { /* NOTED */
			const struct tables_undo *how;
			void *thing, *old;
		};
	};
};

/* A flow before it was modified. */
struct modified {
	struct rule *rule;
	struct counter base;
};

#define MAX_RULE_LINES ((sizeof(struct rule) + (KEY_WORDS + 1) * 8 + 63) / 64)

struct tables {
	struct table tables[TABLES_N];
	struct counters *counters;
	struct shapes shapes;
	struct effects effects;
	struct refs *named; /* groups and meters */
	struct learned learned;
	struct slab flows, rules[MAX_RULE_LINES];
	struct flow_heap timeouts;
	struct list snapshots;				/* held, the oldest first */
	uint64_t n_snapshots;				/* ever */
	struct retired_batch *retired, *newest_retired; /* the longest retired first */
	struct rule *garbage;				/* that nothing needs */
	uint64_t seed;
	struct conntrack *conntrack; /* lent; NULL: none */
	uint64_t serial;	     /* of the newest flow */
	uint64_t generation;	     /* of the newest change */
	tables_removed_cb removed;
	void *removed_ctx;
	tables_changed_cb changed;
	void *changed_ctx;
	tables_vacancy_cb vacancy;
	void *vacancy_ctx;
	unsigned n_with_vacancy; /* tables that have the events */
	const void *author;	 /* of what changes now */
	uint32_t author_xid;
	bool is_in_transaction;
	struct change *changes;
	unsigned n_changes, changes_room;
	struct flow_key scratch;
	struct tlv_table *options;
	bool drops_fragments;
	struct worst worst;
	struct tables_budget budget;
};

/* A match and a priority, as finding and making flows wants them. */
struct match_key {
	const struct of_match *match;
	struct shape *shape;	  /* a reference; NULL: given away */
	struct rule_class *class; /* NULL: no flow has it */
	uint8_t table_id;
	uint16_t priority;
	uint64_t words[KEY_WORDS];
};

/* rule.c.  MATCH is lent.  0, or -1 with ERR.  Until another one is made, the tables' scratch key
 * has what effect_get() wants to know. */
int match_key_init(struct match_key *k, struct tables *t, uint8_t table_id,
		   const struct of_match *match, uint16_t priority, struct of_error *err);
void match_key_fini(struct match_key *k, struct tables *t);
/* What FM, whose match K is, adds.  Takes over a reference of the counter slot.  NULL with ERR;
 * then it is still the caller's. */
struct rule *rule_create(struct tables *t, const struct of_flow_mod *fm, struct match_key *k,
			 uint32_t slot, struct of_error *err);
/* OLD with other instructions. */
struct rule *rule_with(struct tables *t, const struct rule *old, const struct of_instructions *ins,
		       struct of_error *err);
void rule_free(struct tables *t, struct rule *r);

/* tables.c: the primitive changes.  A flow linked is in its table, its hash and the heaps. */
void tables_link(struct tables *t, struct flow *f);
void tables_unlink(struct tables *t, struct flow *f);
struct flow *tables_find(struct tables *t, uint8_t table_id, const struct of_match *match,
			 uint16_t priority);
struct flow *tables_find_key(const struct tables *t, const struct match_key *k);
/* The flow of that class with these words. */
struct flow *tables_find_words(const struct tables *t, const struct rule_class *c,
			       const uint64_t *words);
/* A flow of the table has a rule less (OLD) or more (NEW), or another; either may be NULL. */
void tables_touch(struct tables *t, struct rule *old, struct rule *new);
struct flow *flow_create(struct tables *t);
void flow_destroy(struct tables *t, struct flow *f);

/* overlap.c: whether a flow of that priority matches packets that MATCH matches. */
bool tables_overlaps(struct tables *t, uint8_t table_id, const struct of_match *match,
		     uint16_t priority);

/* journal.c */
void journal_added(struct tables *t, struct flow *f);
void journal_removed(struct tables *t, struct flow *f, int reason);
void journal_modified(struct tables *t, struct flow *f, struct rule *new_rule);
void journal_undo(struct tables *t, unsigned n_kept);
void journal_commit(struct tables *t, uint64_t now_ns);

/* retired.c: R left the tables for good. */
void rule_retire(struct tables *t, struct rule *r);

/* delta.c */
void delta_start(struct delta *d, uint64_t generation);
void delta_note(struct table *table, const struct rule *r, bool is_removal);
void delta_forget(struct delta *d);

/* budget.c */
/* A flow with rule R has come into its table, or has left it. */
void budget_linked(struct tables *t, const struct rule *r, bool is_added);
/* As tables_touch(). */
void budget_touched(struct tables *t, const struct rule *old, const struct rule *new);
void budget_fini_table(struct table *table);
/* What was changed stays. */
void budget_committed(struct tables *t);

/* timeouts.c */
void timeouts_add(struct tables *t, struct flow *f);
void timeouts_remove(struct tables *t, struct flow *f);
/* When F ends if no packet comes; UINT64_MAX: never. */
uint64_t flow_end_ns(const struct tables *t, const struct flow *f);

/* table_config.c */
void eviction_add(struct tables *t, struct flow *f);
void eviction_remove(struct tables *t, struct flow *f);
/* Remove the flow that is missed the least, if none of it is worth more than IMPORTANCE.  False:
 * there is none. */
bool eviction_make_room(struct tables *t, uint8_t table_id, uint16_t importance);
/* After a commit: tell of tables that have become full or have room again. */
void vacancy_check(struct tables *t);

#endif
