#include "controller/model/security_group.h"

#include <stdio.h>
#include "controller/model/rules.h"

/* Security groups: their rules are normal, different and refer to what exists in the project. */

/* A call with a request id stores the group twice in one transaction. */
#define MAX_BYTES (448u << 10)

int group_check(struct model *m, const char *name, const struct resource_class *class,
		const char *of, const char *path, struct status *st)
{
	char mine[NAME_MAX_SIZE], theirs[NAME_MAX_SIZE];

	if (name_check(name, class, path, st) != 0)
		return -1;
	name_project(of ? of : name, mine);
	name_project(name, theirs);
	if (strcmp(mine, theirs) != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, path,
				  "%s: %.200s is not of %s: give one of this project's", path, name,
				  mine);
	if ((of && strcmp(name, of) == 0) || model_find_head(m, name))
		return 0;
	return status_set_resource(st, STATUS_FAILED_PRECONDITION, path, name,
				   "%s: %s does not exist: create it first", path, name);
}

static int check_remote(struct model *m, const char *group, const Weft__V1__SecurityRule *r,
			const struct rule_place *at, struct status *st)
{
	char path[RULE_PATH_SIZE];

	if (!!*r->remote_prefix + !!*r->remote_group + !!*r->address_group > 1)
		return status_set(st, STATUS_INVALID_ARGUMENT, rule_path(path, at, "%s", ""),
				  "%s: give one of remote_prefix, remote_group and address_group; "
				  "for several, make a rule each",
				  path);
	if (*r->remote_group) {
		rule_path(path, at, ".remote_group");
		return group_check(m, r->remote_group, &security_group_resource, group, path, st);
	}
	if (!*r->address_group)
		return 0;
	rule_path(path, at, ".address_group");
	return group_check(m, r->address_group, &address_group_resource, group, path, st);
}

int security_group_check_remotes(struct model *m, const char *group,
				 Weft__V1__SecurityRule *const *rules, size_t n, const char *path,
				 struct status *st)
{
	for (size_t i = 0; i < n; i++)
		if (check_remote(m, group, rules[i], &(struct rule_place){ path, i }, st) != 0)
			return -1;
	return 0;
}

static int check_stateful(Weft__V1__SecurityGroup *g, struct status *st)
{
	if (g->stateful == WEFT__V1__STATEFULNESS__STATEFULNESS_UNSPECIFIED)
		g->stateful = WEFT__V1__STATEFULNESS__STATEFUL;
	if (g->stateful >= 0 && g->stateful <= WEFT__V1__STATEFULNESS__STATELESS)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "security_group.stateful",
			  "security_group.stateful: %d is no value: give STATEFUL or STATELESS",
			  (int)g->stateful);
}

static int check(struct model *m, const ProtobufCMessage *before_msg, ProtobufCMessage *after,
		 struct status *st)
{
	const Weft__V1__SecurityGroup *before = (const Weft__V1__SecurityGroup *)before_msg;
	Weft__V1__SecurityGroup *g = (Weft__V1__SecurityGroup *)after;
	struct rules old = { 0 };

	if (before)
		old = RULES_OF(before);
	if (check_stateful(g, st) != 0)
		return -1;
	if (rules_check(m, old, RULES_OF(g), SECURITY_GROUP_MAX_RULES, "security_group.rules",
			st) != 0 ||
	    security_group_check_remotes(m, g->name, g->rules, g->n_rules, "security_group.rules",
					 st) != 0)
		return -1;
	g->state = WEFT__V1__SECURITY_GROUP__STATE__ACTIVE;
	g->port_count = 0;
	return 0;
}

static int check_delete(struct model *m, const struct resource *r, struct status *st)
{
	char project[NAME_MAX_SIZE];

	(void)m;
	if (strcmp(resource_short_name(r->name), DEFAULT_GROUP_ID) != 0)
		return 0;
	name_project(r->name, project);
	return status_set_resource(
		st, STATUS_FAILED_PRECONDITION, "name", r->name,
		"%s is what ports get that name no group: it goes with %s; change "
		"its rules instead",
		r->name, project);
}

static void refs(const ProtobufCMessage *msg, struct ref_list *list)
{
	const Weft__V1__SecurityGroup *g = (const Weft__V1__SecurityGroup *)msg;

	for (size_t i = 0; i < g->n_rules; i++) {
		/* A group that only uses itself may go. */
		if (strcmp(g->rules[i]->remote_group, g->name) != 0)
			ref_list_add(list, g->rules[i]->remote_group);
		ref_list_add(list, g->rules[i]->address_group);
	}
}

static void fill(struct model *m, ProtobufCMessage *msg, int64_t at)
{
	Weft__V1__SecurityGroup *g = (Weft__V1__SecurityGroup *)msg;
	const struct resource *r = model_find(m, g->name);
	struct resource_ref *ref;

	(void)at;
	g->port_count = 0;
	if (!r)
		return;
	RESOURCE_FOREACH_USER (ref, r)
		g->port_count += ref->user->class == &port_resource;
}

const struct resource_class security_group_resource = {
	.type = "security_group",
	.noun = "security group",
	.collection = "security_groups",
	.plural = "SecurityGroups",
	.pattern = "projects/*/securityGroups/*",
	.parent_pattern = "projects/*",
	.is_parent_resource = true,
	.max_bytes = MAX_BYTES,
	.descriptor = &weft__v1__security_group__descriptor,
	.service = &weft__v1__security_group_service__descriptor,
	.check = check,
	.check_delete = check_delete,
	.refs = refs,
	.fill = fill,
	.methods = security_group_methods,
	.n_methods = ARRAY_LENGTH(security_group_methods),
};
REGISTRY_ADD(resource_class, security_group_resource);

/* The default group. */

static Weft__V1__SecurityRule *add_rule(Weft__V1__SecurityGroup *g, const char *id,
					Weft__V1__Direction direction, const char *description)
{
	Weft__V1__SecurityRule *r =
		(Weft__V1__SecurityRule *)msg_create(&weft__v1__security_rule__descriptor);

	text_set(&r->id, id);
	text_set(&r->description, description);
	r->direction = direction;
	g->rules = xrealloc(g->rules, (g->n_rules + 1) * sizeof(*g->rules));
	g->rules[g->n_rules++] = r;
	return r;
}

static ProtobufCMessage *make_default(const char *name)
{
	ProtobufCMessage *msg = msg_create(&weft__v1__security_group__descriptor);
	Weft__V1__SecurityGroup *g = (Weft__V1__SecurityGroup *)msg;

	text_set(&g->description, "For ports that name no security group.");
	text_set(&add_rule(g, "in-from-group", WEFT__V1__DIRECTION__INGRESS,
			   "What ports of this group send to each other")
			  ->remote_group,
		 name);
	add_rule(g, "out", WEFT__V1__DIRECTION__EGRESS, "Everything out");
	return msg;
}

const struct companion default_group = {
	.class = &security_group_resource,
	.id = DEFAULT_GROUP_ID,
	.make = make_default,
};
