#include "controller/model/security_group.h"
#include "proto/weft/v1/project.pb-c.h"

/* A project has nothing of its own but a name, and a security group for ports that name none: it is
 * what others are in. */

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	(void)m, (void)before, (void)st;
	msg_set_enum(after, "state", WEFT__V1__PROJECT__STATE__ACTIVE);
	return 0;
}

const struct resource_class project_resource = {
	.type = "project",
	.collection = "projects",
	.plural = "Projects",
	.pattern = "projects/*",
	.parent_pattern = "",
	.descriptor = &weft__v1__project__descriptor,
	.service = &weft__v1__project_service__descriptor,
	.check = check,
	.companion = &default_group,
};
REGISTRY_ADD(resource_class, project_resource);
