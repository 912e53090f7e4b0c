#ifndef DATAPLANE_METER_METERS_H
#define DATAPLANE_METER_METERS_H

/* Changing meters, for whoever keeps the transactions (table/meter_mod.c): each change here has its
 * opposite.  And what compiling needs of them.  Control thread. */

#include "lib/id_slots.h"
#include "dataplane/meter/meter.h"
#include "dataplane/meter/policer.h"
#include "proto/openflow/error.h"

/* What a meter was told to be. */
struct meter_version {
	struct of_meter_config config; /* the bands follow the struct */
	struct policer *policer;
};

struct meter {
	struct id_slot *slot; /* named for the meter's life, also while it waits to be undone */
	uint32_t id;
	struct meter_version *version;
	struct counted *counted;
	uint64_t created_ns;
	unsigned n_flows; /* that name it */
};

struct meters {
	struct counting counting;
	struct id_slots slots; /* things are struct meter */
	unsigned n;
	uint64_t generation; /* changes with every change */
};

/* COUNTING is copied. */
struct meters *meters_create(const struct counting *counting);
/* Snapshots made from them must have been released. */
void meters_destroy(struct meters *ms);
struct meter *meters_get(const struct meters *ms, uint32_t meter_id);

/* Whether CONFIG may be a meter's; its command and whether the meter is there is the caller's. */
int meter_check(const struct of_meter_config *config, struct of_error *err);
/* A meter that is not linked yet; NULL with ERR. */
struct meter *meter_create(struct meters *ms, const struct of_meter_config *config, uint64_t now_ns,
			   struct of_error *err);
void meter_destroy(struct meters *ms, struct meter *m);
void meter_link(struct meters *ms, struct meter *m);
void meter_unlink(struct meters *ms, struct meter *m);
/* What M is to be next; NULL with ERR. */
struct meter_version *meter_version_create(const struct meter *m,
					   const struct of_meter_config *config, uint64_t now_ns,
					   struct of_error *err);
void meter_version_destroy(struct meter_version *v);
/* Returns the version that was M's. */
struct meter_version *meter_swap(struct meters *ms, struct meter *m, struct meter_version *v);

/* The slot of a meter that is there, or -1. */
int64_t meters_slot(const struct meters *ms, uint32_t meter_id);
/* A flow more (or less) names the meter of that slot. */
void meters_count_flow(struct meters *ms, uint32_t slot, int n);

/* --- for snapshots --- */

struct meter_set {
	unsigned n_refs;
	uint64_t generation;
	struct policer *controller; /* NULL: none */
	bool is_remarking;
	uint32_t n;
	struct policer *by_slot[]; /* NULL where there is none */
};

/* PREVIOUS (may be NULL) itself with one more reference, if nothing changed. */
struct meter_set *meter_set_create(const struct meters *ms, struct meter_set *previous);
void meter_set_unref(struct meter_set *set);

#endif
