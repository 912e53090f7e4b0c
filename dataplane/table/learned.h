#ifndef DATAPLANE_TABLE_LEARNED_H
#define DATAPLANE_TABLE_LEARNED_H

/* What learn actions need to know of the tables: how many flows of a table have a cookie (their
 * `limit`), and which cookies' flows go when the last flow that taught them goes
 * (`delete_learned`); and what packets may change of a flow, its timeouts.  Control thread. */

#include "lib/hmap.h"
#include "lib/list.h"
#include "proto/openflow/msg.h"
#include "dataplane/action/program.h"

struct learn_count;

/* What P says, for struct effect. */
bool learned_is_clause(const struct action_program *p);
bool learned_teaches(const struct action_program *p);

struct rule;
struct tables;

struct learned {
	struct hmap counts;  /* struct learn_count */
	struct list orphans; /* those that the last teacher has left */
};

void learned_init(struct learned *l);
void learned_fini(struct learned *l);
/* For action_refs.  The count is kept until unref. */
struct learn_count *learned_ref(struct tables *t, uint8_t table_id, uint64_t cookie,
				const uint32_t **n);
void learned_unref(struct learn_count *c);
/* The number of flows of a table and cookie. */
uint32_t learned_number(struct tables *t, uint8_t table_id, uint64_t cookie);

/* For tables_touch(): OLD is no longer in its table, NEW is; either may be NULL. */
void learned_touch(struct tables *t, const struct rule *old, const struct rule *new);
/* At a transaction's end: remove the flows that nobody teaches any more.  Returns whether any were;
 * that is a transaction of its own. */
bool learned_sweep(struct tables *t);

bool tables_has_flow(struct tables *t, uint8_t table_id, const struct of_match *match,
		     uint16_t priority);
/* The hard timeout of the flow that FM would add begins anew, if that very flow is there, with this
 * cookie and doing that.  Returns whether it is. */
bool tables_refresh(struct tables *t, const struct of_flow_mod *fm, uint64_t now_ns);
/* The flow of R, if it still is, times out after IDLE and HARD seconds if that is sooner than now;
 * 0: stays.  Returns whether something changed. */
bool tables_shorten(struct tables *t, const struct rule *r, uint16_t idle, uint16_t hard);
/* A number that grows whenever a flow of the table goes or changes. */
uint64_t tables_removals(const struct tables *t, uint8_t table_id);

#endif
