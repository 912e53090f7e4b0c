#ifndef DATAPLANE_METER_METER_H
#define DATAPLANE_METER_METER_H

/* Meters as the controllers see them (OF 1.3.5 section 5.7): authoritative, of the control thread
 * alone, owned by `struct tables`, which changes them in its transactions (table/meter_mod.h).  The
 * packet path sees a meter's policer (policer.h), which snapshots share.
 *
 * Besides numbered meters there may be the virtual ones: OF_METER_CONTROLLER is charged for each
 * packet on its way to a controller; OF_METER_SLOWPATH is kept and told, but nothing passes it, as
 * the switch has no slow path. */

#include "lib/arena.h"
#include "proto/openflow/meter.h"

#define METERS_MAX	65536 /* above: OFPMMFC_OUT_OF_METERS */
#define METER_MAX_BANDS 16    /* above: OFPMMFC_OUT_OF_BANDS */

struct meter;
struct meters;

unsigned meters_count(const struct meters *ms);
/* NULL if there is none. */
const struct meter *meters_find(const struct meters *ms, uint32_t meter_id);
/* The meter with the smallest id above METER_ID, virtual ones last; 0: the first one.  NULL: no
 * more. */
const struct meter *meters_next(const struct meters *ms, uint32_t meter_id);
uint32_t meter_id(const struct meter *m);

/* Exactly as it was given; the bands are lent until the meter changes. */
void meter_config(const struct meter *m, struct of_meter_config *out);
/* For a meter-stats reply, counters summed over the threads now; the bands are in A. */
void meter_stats(const struct meters *ms, const struct meter *m, uint64_t now_ns, struct arena *a,
		 struct of_meter_stats *out);
void meters_features(struct of_meter_features *out);

#endif
