/* lpm: the rules differ in a prefix of one field, as routes do; what else they match is the same
 * for all, but for a last rule that matches everything.  Priorities need not follow the lengths of
 * the prefixes.  A key of an IPv4 address costs two cache lines, or three where routes are crowded;
 * of an IPv6 address one more for each 8 bits at most. */

#include "dataplane/lookup/lpm_priv.h"

#include <stdio.h>
#include "dataplane/lookup/field_names.h"

static unsigned lpm_cost(const struct lookup_shape *shape, char *reason, size_t size)
{
	char field[24];

	if (!shape->run_bits || shape->n_masks < 2)
		return 0;
	field_name_at(shape->run_first, field, sizeof(field));
	snprintf(reason, size, "%u prefixes of %s%s", shape->n_rules - shape->has_catch_all, field,
		 shape->has_catch_all ? ", and a catch-all" : "");
	return shape->run_bits <= 32 ? 22 : 22 + shape->run_bits / 4;
}

static const struct lookup_class lookup_lpm = {
	.name = "lpm",
	.cost = lpm_cost,
	.build = lpm_create,
	.update = lpm_update,
	.destroy = lpm_destroy,
};
REGISTRY_ADD(lookup_class, lookup_lpm);
