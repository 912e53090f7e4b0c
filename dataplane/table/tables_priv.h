#ifndef DATAPLANE_TABLE_TABLES_PRIV_H
#define DATAPLANE_TABLE_TABLES_PRIV_H

/* What the files of table/ share: tables.c keeps the flows, flow_mod.c changes them, journal.c
 * undoes that, timeouts.c ends them, rule.c makes what the packet path runs, retired.c keeps it
 * while snapshots contain it, delta.c notes what the next snapshot has to change. */

#include "dataplane/table/tables.h"

/* The flows in the order of look-up (sorted.c). */
struct sorted {
	const struct flow **flows; /* NULL: not known, to be made when asked for */
	unsigned room;
};

/* What changed since the latest snapshot (delta.c). */
struct delta {
	bool is_known;
	uint64_t since; /* generation */
	struct table_change *changes;
	unsigned n, room;
};

struct table {
	struct hmap by_match;
	struct list flows;
	unsigned n_flows;
	uint64_t generation;
	struct sorted sorted;
	struct delta delta;
};

/* A heap of flows with timeouts, the earliest first; flow->heap_place counts from 1. */
struct timeouts {
	struct flow **flows;
	unsigned n, room;
};

enum change_kind { CHANGE_ADDED, CHANGE_REMOVED, CHANGE_MODIFIED, CHANGE_NOTED };

/* One step of a transaction, with what undoing needs. */
struct change {
	enum change_kind kind;
	struct flow *flow;
	struct rule *old_rule;	 /* MODIFIED */
	struct counter old_base; /* MODIFIED */
	int reason;		 /* REMOVED: OFPRR_*, or -1 to tell nobody */
	const struct tables_undo *how; /* NOTED */
	void *thing, *old;
};

struct tables {
	struct table tables[TABLES_N];
	struct counters *counters;
	struct timeouts timeouts;
	struct list snapshots; /* held, the oldest first */
	uint64_t n_snapshots;  /* ever */
	struct rule *retired;  /* the longest retired first */
	struct rule **retired_end;
	unsigned max_flows_per_table;
	uint64_t seed;
	uint64_t serial;     /* of the newest flow */
	uint64_t generation; /* of the newest change */
	tables_removed_cb removed;
	void *removed_ctx;
	bool is_in_transaction;
	struct change *changes;
	unsigned n_changes, changes_room;
};

/* rule.c: what FM's instructions mean for MATCH.  Takes over a reference of COUNTS.  NULL with
 * ERR; then COUNTS is still the caller's. */
struct rule *rule_create(const struct of_match *match, uint16_t priority, uint8_t table_id,
			 uint64_t cookie, const struct of_instructions *ins,
			 struct flow_slot *counts, struct of_error *err);
void rule_free(struct rule *r);
struct flow_slot *flow_slot_create(struct counters *c); /* NULL: no more slots */
struct flow_slot *flow_slot_ref(struct flow_slot *s);
void flow_slot_unref(struct flow_slot *s);
bool rule_outputs_to(const struct rule *r, uint32_t port);

/* tables.c: the primitive changes.  A flow linked is in its table, its hash and the timeouts. */
void tables_link(struct tables *t, struct flow *f);
void tables_unlink(struct tables *t, struct flow *f);
struct flow *tables_find(const struct tables *t, uint8_t table_id, const struct of_match *match,
			 uint16_t priority);
/* A flow of the table has a rule less (OLD) or more (NEW), or another; either may be NULL. */
void tables_touch(struct tables *t, const struct rule *old, const struct rule *new);
bool flow_passes(const struct flow *f, const struct flow_filter *filter);
void flow_destroy(struct tables *t, struct flow *f);

/* sorted.c; N is the number of flows before the change. */
void sorted_added(struct sorted *s, const struct flow *f, unsigned n);
void sorted_removed(struct sorted *s, const struct flow *f, unsigned n);
void sorted_forget(struct sorted *s);
/* Lent until the next change; N > 0. */
const struct flow *const *sorted_get(struct sorted *s, const struct list *flows, unsigned n);

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
void delta_note(struct delta *d, const struct rule *r, bool is_removal);
void delta_forget(struct delta *d);

/* timeouts.c */
void timeouts_add(struct tables *t, struct flow *f);
void timeouts_remove(struct tables *t, struct flow *f);

#endif
