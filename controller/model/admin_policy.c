#include "controller/model/model_priv.h"
#include "proto/weft/v1/admin_policy.pb-c.h"

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	Weft__V1__AdminPolicy *p = (Weft__V1__AdminPolicy *)after;

	(void)m, (void)before, (void)st;
	p->state = WEFT__V1__ADMIN_POLICY__STATE__ACTIVE;
	return 0;
}

const struct resource_class admin_policy_resource = {
	.type = "admin_policy",
	.noun = "admin policy",
	.collection = "admin_policies",
	.plural = "AdminPolicies",
	.pattern = "infrastructure/adminPolicies/*",
	.parent_pattern = "infrastructure",
	.descriptor = &weft__v1__admin_policy__descriptor,
	.service = &weft__v1__admin_policy_service__descriptor,
	.check = check,
};
REGISTRY_ADD(resource_class, admin_policy_resource);
