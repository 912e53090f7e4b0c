#include "controller/model/model_priv.h"
#include "proto/weft/v1/address_group.pb-c.h"

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	Weft__V1__AddressGroup *g = (Weft__V1__AddressGroup *)after;

	(void)m, (void)before, (void)st;
	g->state = WEFT__V1__ADDRESS_GROUP__STATE__ACTIVE;
	return 0;
}

const struct resource_class address_group_resource = {
	.type = "address_group",
	.noun = "address group",
	.collection = "address_groups",
	.plural = "AddressGroups",
	.pattern = "projects/*/addressGroups/*",
	.parent_pattern = "projects/*",
	.is_parent_resource = true,
	.descriptor = &weft__v1__address_group__descriptor,
	.service = &weft__v1__address_group_service__descriptor,
	.check = check,
};
REGISTRY_ADD(resource_class, address_group_resource);
