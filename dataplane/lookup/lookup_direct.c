/* direct: the rules have one mask and differ in a few bits of the key only, of which most values
 * are there, as with ports that a pipeline numbers from 1 on: the bits index an array.  That is a
 * prefix look-up of which the root is all (lpm_priv.h).  A key costs one cache line. */

#include "dataplane/lookup/lpm_priv.h"

#include <stdio.h>
#include "dataplane/lookup/field_names.h"

#define MIN_DENSE 64 /* values, of which it does not matter how many are there */
#define SPARSEST  8  /* times as many values as rules, at most */
#define CYCLES	  6  /* of the TSC: `lookup_bench vnet-port` on an Emerald Rapids at 2.3 GHz */

static unsigned direct_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	uint64_t n_values = 1ull << (shape->run_bits & 63);
	char field[24];

	if (!shape->run_bits || shape->n_masks != 1 || shape->run_bits > LPM_ROOT_BITS ||
	    n_values > MAX_OF((uint64_t)shape->n_rules * SPARSEST, MIN_DENSE))
		return 0;
	field_name_at(shape->run_first, field, sizeof(field));
	snprintf(reason, size, "%u values of %u bits of %s%s",
		 shape->n_rules - shape->has_catch_all, shape->run_bits, field,
		 shape->has_catch_all ? ", and a catch-all" : "");
	return CYCLES;
}

static const struct lookup_class lookup_direct = {
	.name = "direct",
	.cost = direct_cost,
	.build = lpm_create,
	.update = lpm_update,
	.destroy = lpm_destroy,
};
REGISTRY_ADD(lookup_class, lookup_direct);
