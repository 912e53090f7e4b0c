#ifndef CONTROLLER_MODEL_RESOURCE_H
#define CONTROLLER_MODEL_RESOURCE_H

/* The resources as apps see them: what is committed, in memory, with notice of changes.
 *
 * A resource is an object that stays while the resource exists, and a message (protobuf-c, from
 * proto/weft/v1) that is replaced by each commit.  Both are lent: the message until the end of the
 * engine run in which it is replaced or deleted, so keep the name or the id, not the pointer.
 * Everything is on the loop's thread.
 *
 *	for (each change of model_node(m, &port_resource)) {
 *		const Weft__V1__Port *port = (const Weft__V1__Port *)change->after;
 *	}
 */

#include <protobuf-c/protobuf-c.h>
#include "controller/engine/engine.h"
#include "lib/hmap.h"
#include "lib/list.h"

struct model;
struct resource_class;

extern const struct resource_class project_resource, network_resource, subnet_resource,
	port_resource, host_resource, security_group_resource, address_group_resource,
	admin_policy_resource;

/* One resource refers to another: a port to its project, network, subnets and host. */
struct resource_ref {
	struct list by_target; /* in the target's `users` */
	struct resource *user, *target;
};

/* The state that is committed, or the newest that is on its way to the store. */
struct resource_view {
	ProtobufCMessage *msg; /* NULL: does not exist */
	struct resource_ref *refs;
	size_t n_refs;
	struct list users; /* of resource_ref.by_target */
};

struct resource {
	const struct resource_class *class;
	char *name;  /* "projects/acme/ports/web" */
	uint32_t id; /* over all classes; never 0, not used again for a long time; in registers */
	/* What apps, reads and watches see. */
	struct resource_view committed;
	/* the model's own: */
	struct resource_view head; /* what checks of further calls see */
	unsigned n_in_flight;
	int64_t mod_revision;
	struct hmap_node by_name, by_id;
	struct list by_class;
	ProtobufCMessage *before; /* at the last engine run, while it has changed since */
	bool is_changed;
	void *index; /* what the class's index() keeps; freed with free() */
};

/* The committed message, or NULL once it is deleted. */
static inline const ProtobufCMessage *resource_msg(const struct resource *r)
{
	return r->committed.msg;
}

/* NULL if there is none. */
const struct resource *model_find(const struct model *m, const char *name);
const struct resource *model_find_id(const struct model *m, uint32_t id);
const struct resource *model_first(const struct model *m, const struct resource_class *class);
const struct resource *model_next(const struct model *m, const struct resource *r);

#define MODEL_FOREACH(R, M, CLASS)                                                                 \
	for (const struct resource *R = model_first(M, CLASS); R; R = model_next(M, R))
/* REF->user for each resource that refers to R: a network's subnets and ports, a host's ports,
 * in no order.  Look at REF->user->class. */
#define RESOURCE_FOREACH_USER(REF, R) LIST_FOREACH (REF, &(R)->committed.users, by_target)

/* One for each resource that is different from what it was at the last run. */
struct model_change {
	const struct resource *r;
	const ProtobufCMessage *before; /* NULL: it is new */
	const ProtobufCMessage *after;	/* NULL: it is gone */
};

/* The engine node that has CLASS's resources as its content; a source. */
struct engine_node *model_node(struct model *m, const struct resource_class *class);
/* For handlers of nodes that have such a node as their input. */
const struct model_change *model_changes(const struct engine_node *node, size_t *n);

/* The last part of a resource's name: "web". */
const char *resource_short_name(const char *name);

#endif
