/* lpm: the rules differ in a prefix of one field, as routes do; what else they match is the same
 * for all, but for a last rule that matches everything.  Priorities need not follow the lengths of
 * the prefixes.  A key of an IPv4 address costs two cache lines, or three where routes are crowded;
 * of an IPv6 address one more for each 8 bits at most. */

#include "dataplane/lookup/lpm_priv.h"

#include <stdio.h>
#include "dataplane/lookup/field_names.h"

/* Cycles of the TSC, as `lookup_bench lpm lpm6` gave on an Emerald Rapids at 2.3 GHz: 13 for up to
 * 10,000 routes of IPv4, 20 for 100,000 and 30 for a million, of as many flows; 50, 72 and 79 for
 * 1,000, 10,000 and 100,000 routes of IPv6, which differ in 54 bits. */
static unsigned cycles(const struct lookup_shape *shape)
{
	unsigned n = shape->n_rules;

	if (shape->run_bits <= 32)
		return 13 + (n > 1 << 18 ? 17 : n > 1 << 15 ? 7 : 0);
	return 13 + shape->run_bits * 2 / 3 + (n > 1 << 15 ? 30 : n > 1 << 12 ? 15 : 0);
}

static unsigned lpm_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	char field[24];

	if (!shape->run_bits)
		return 0;
	field_name_at(shape->run_first, field, sizeof(field));
	snprintf(reason, size, "%u prefixes of %s%s", shape->n_rules - shape->has_catch_all, field,
		 shape->has_catch_all ? ", and a catch-all" : "");
	return shape->n_masks > 1 ? cycles(shape) : LOOKUP_LAST_RESORT;
}

static const struct lookup_class lookup_lpm = {
	.name = "lpm",
	.cost = lpm_cost,
	.build = lpm_create,
	.update = lpm_update,
	.destroy = lpm_destroy,
};
REGISTRY_ADD(lookup_class, lookup_lpm);
