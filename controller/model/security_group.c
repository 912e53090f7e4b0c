#include "controller/model/model_priv.h"
#include "proto/weft/v1/security_group.pb-c.h"

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	Weft__V1__SecurityGroup *g = (Weft__V1__SecurityGroup *)after;

	(void)m, (void)before, (void)st;
	g->state = WEFT__V1__SECURITY_GROUP__STATE__ACTIVE;
	return 0;
}

const struct resource_class security_group_resource = {
	.type = "security_group",
	.noun = "security group",
	.collection = "security_groups",
	.plural = "SecurityGroups",
	.pattern = "projects/*/securityGroups/*",
	.parent_pattern = "projects/*",
	.is_parent_resource = true,
	.descriptor = &weft__v1__security_group__descriptor,
	.service = &weft__v1__security_group_service__descriptor,
	.check = check,
};
REGISTRY_ADD(resource_class, security_group_resource);
