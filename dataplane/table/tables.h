#ifndef DATAPLANE_TABLE_TABLES_H
#define DATAPLANE_TABLE_TABLES_H

/* The flow tables as the controllers see them: authoritative, of the control thread alone.
 * The packet path sees a compiled snapshot of them (pipeline_compile()), never these; so a
 * transaction may change them step by step and still be undone or appear at once.
 *
 * Time is an argument: any monotonic clock, in nanoseconds, the same for all calls and for the
 * packet path. */

#include "lib/list.h"
#include "dataplane/table/flow.h"

#define TABLES_N 254 /* table ids 0..253; OpenFlow's maximum is 254, 255 means all */

struct conntrack;
struct tables;

struct tables_limits {
	unsigned max_flows_per_table; /* 0: the default, 1 Mi */
};

/* OFPRR_* and the flow, already out of its table, with its final counts.  Only flows with
 * OF_FLOW_SEND_REMOVED are told.  In a transaction: after its commit. */
typedef void (*tables_removed_cb)(void *ctx, const struct flow *flow, uint8_t reason,
				  const struct counter *counts, uint64_t now_ns);

struct tables *tables_create(const struct tables_limits *limits);
/* Snapshots made from them must have been released. */
void tables_destroy(struct tables *t);
void tables_on_removed(struct tables *t, tables_removed_cb cb, void *ctx);
struct counters *tables_counters(struct tables *t);
/* Connections are tracked in CT, which outlives the tables: ct actions are accepted.  Before the
 * first flow and the first thread that runs packets. */
void tables_use_conntrack(struct tables *t, struct conntrack *ct);
/* NULL: connections are not tracked. */
struct conntrack *tables_conntrack(const struct tables *t);

/* A flow that was added, modified or removed, in the order of commits; for flow monitors. */
struct tables_event {
	uint8_t event;		 /* OF_UPDATE_ADDED, OF_UPDATE_REMOVED or OF_UPDATE_MODIFIED */
	uint8_t reason;		 /* REMOVED: OFPRR_* */
	const struct flow *flow; /* as it is, or was when it went */
	const void *author;	 /* as given to tables_set_author() */
	uint32_t xid;
};

typedef void (*tables_changed_cb)(void *ctx, const struct tables_event *e);
/* CB NULL: nobody listens.  It must not change the tables. */
void tables_on_change(struct tables *t, tables_changed_cb cb, void *ctx);
/* Who changes the tables from now on (told, and compared by nobody here; NULL: the switch itself),
 * and by which message. */
void tables_set_author(struct tables *t, const void *author, uint32_t xid);

/* OF 1.3.5 section 6.4: add, modify, modify-strict, delete, delete-strict.  All or nothing.
 * 0, or -1 with the OFPT_ERROR to send.  In a transaction a budget (budget.h) is not minded. */
int tables_flow_mod(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns,
		    struct of_error *err);

/* Between begin and commit or rollback, flow-mods belong together.  Not nested. */
void tables_begin(struct tables *t);
void tables_commit(struct tables *t, uint64_t now_ns);
void tables_rollback(struct tables *t);

/* For what lives beside the flows and changes in the same transactions, groups and meters.  Note a
 * change that was just made to THING; OLD is what undoing or finishing needs.  Outside a
 * transaction, the caller's flow-mod or group-mod commits it (tables_settle()). */
struct tables_undo {
	void (*undo)(struct tables *t, void *thing, void *old);
	void (*commit)(struct tables *t, void *thing, void *old, uint64_t now_ns);
};

void tables_note(struct tables *t, const struct tables_undo *how, void *thing, void *old);
/* The end of one modification: commits what was noted, unless a transaction is open. */
void tables_settle(struct tables *t, uint64_t now_ns);

/* Remove flows whose time has come; returns how many.  Not within a transaction. */
unsigned tables_expire(struct tables *t, uint64_t now_ns);
/* When tables_expire() should be called next; UINT64_MAX: no flow has a timeout.  An idle
 * flow that was used meanwhile just moves on, so this is a bound from below. */
uint64_t tables_next_expiry(const struct tables *t);

/* Which flows; as in flow-stats requests and non-strict deletes. */
struct flow_filter {
	uint8_t table_id;   /* OF_TABLE_ALL: every table */
	uint32_t out_port;  /* OF_PORT_ANY: any */
	uint32_t out_group; /* OF_GROUP_ANY: any */
	uint64_t cookie, cookie_mask;
	const struct of_match *match; /* flows at least as specific; NULL: all */
};

/* Calls CB for each flow, table by table, priority descending, until it returns false.  CB
 * must not change the tables. */
void tables_each(struct tables *t, const struct flow_filter *filter,
		 bool (*cb)(void *ctx, const struct flow *flow), void *ctx);
/* The same for one table, from the first flow on whose rank (struct rule) is not below RANK. False:
 * CB has ended it. */
bool tables_each_from(struct tables *t, const struct flow_filter *filter, uint64_t rank,
		      bool (*cb)(void *ctx, const struct flow *flow), void *ctx);
unsigned tables_n_flows(const struct tables *t, uint8_t table_id);
/* Counts since the flow was added (or its counts were reset), summed over the threads now. */
struct counter flow_counts(const struct tables *t, const struct flow *f);
/* For a flow-stats reply: instructions are lent from the flow, the match is in A or lent as well.
 * Counts that the flow is not to have are all ones. */
void flow_stats(const struct tables *t, const struct flow *f, uint64_t now_ns, struct arena *a,
		struct of_flow_stats *out);

/* --- what compiling needs --- */

/* A claim on the rules that are in the tables at this moment: they live until it is dropped. */
struct tables_snapshot {
	struct list node;
	uint64_t number; /* ascending */
};

/* From here on the tables' changes are noted anew. */
void tables_hold(struct tables *t, struct tables_snapshot *s);
/* In any order. */
void tables_drop(struct tables *t, struct tables_snapshot *s);
/* Free up to N rules that nothing needs any more; returns whether there are more.  What is left is
 * freed little by little with further changes, so calling this is for giving memory back soon. */
bool tables_clean(struct tables *t, unsigned n);

/* A number that changes with every change of the table's flows. */
uint64_t tables_generation(const struct tables *t, uint8_t table_id);

struct table_change {
	const struct rule *rule;
	bool is_removal;
};

/* What changed, in order, since the table was of the generation SINCE; NULL if that is not known,
 * because it was not that of the latest tables_hold() or too much has changed.  Lent until the
 * table changes. */
const struct table_change *tables_changes(const struct tables *t, uint8_t table_id, uint64_t since,
					  unsigned *n);

/* A secret of this switch, for hashes that strangers' packets reach. */
uint64_t tables_seed(const struct tables *t);

/* A table's flows as they are looked up: priority descending, of equal ones the oldest first, from
 * the first whose rank is not below RANK; until the table changes.
 *
 *	for (it = tables_from(t, id, 0); (f = flow_iter_next(&it));) */
struct flow_iter {
	const struct sorted *sorted;
	unsigned place, item;
};

struct flow_iter tables_from(const struct tables *t, uint8_t table_id, uint64_t rank);
const struct flow *flow_iter_next(struct flow_iter *it);

#endif
