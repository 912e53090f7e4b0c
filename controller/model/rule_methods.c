#include <stdio.h>
#include <stdlib.h>
#include "controller/model/requests.h"
#include "controller/model/rules.h"
#include "controller/model/security_group.h"

/* AddRules, RemoveRules and ReplaceRules: a security group's rules are changed in one commit. */

/* Do to G, which is checked as a whole afterwards, what REQUEST says. */
typedef int edit_fn(struct model *m, Weft__V1__SecurityGroup *g, const ProtobufCMessage *request,
		    struct status *st);

static void append(Weft__V1__SecurityGroup *g, Weft__V1__SecurityRule *const *rules, size_t n)
{
	g->rules = xrealloc(g->rules, (g->n_rules + n) * sizeof(*g->rules));
	for (size_t i = 0; i < n; i++)
		g->rules[g->n_rules++] = (Weft__V1__SecurityRule *)msg_copy(&rules[i]->base);
}

/* The rules of G from N on are new. */
static int check_added(struct model *m, Weft__V1__SecurityGroup *g, size_t n, struct status *st)
{
	struct rules all = RULES_OF(g);

	if (rules_check_added((struct rules){ all.list, n },
			      (struct rules){ all.list + n, all.n - n }, SECURITY_GROUP_MAX_RULES,
			      "rules", st) != 0)
		return -1;
	return security_group_check_remotes(m, g->name, g->rules + n, all.n - n, "rules", st);
}

static int add(struct model *m, Weft__V1__SecurityGroup *g, const ProtobufCMessage *request,
	       struct status *st)
{
	const Weft__V1__AddRulesRequest *q = (const Weft__V1__AddRulesRequest *)request;
	size_t n = g->n_rules;

	if (q->n_rules == 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "rules",
				  "rules: is required: give one or more");
	append(g, q->rules, q->n_rules);
	return check_added(m, g, n, st);
}

static bool remove_rule(Weft__V1__SecurityGroup *g, const char *id)
{
	for (size_t i = 0; i < g->n_rules; i++) {
		if (strcmp(g->rules[i]->id, id) != 0)
			continue;
		msg_free(&g->rules[i]->base);
		memmove(&g->rules[i], &g->rules[i + 1], (--g->n_rules - i) * sizeof(*g->rules));
		return true;
	}
	return false;
}

static int remove_rules(struct model *m, Weft__V1__SecurityGroup *g,
			const ProtobufCMessage *request, struct status *st)
{
	const Weft__V1__RemoveRulesRequest *q = (const Weft__V1__RemoveRulesRequest *)request;
	char path[FIELD_SIZE];

	(void)m;
	if (q->n_rule_ids == 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "rule_ids",
				  "rule_ids: is required: give one or more");
	for (size_t i = 0; i < q->n_rule_ids; i++) {
		if (remove_rule(g, q->rule_ids[i]))
			continue;
		snprintf(path, sizeof(path), "rule_ids[%zu]", i);
		return status_set(st, STATUS_NOT_FOUND, path, "%s: %s has no rule \"%.80s\"", path,
				  g->name, q->rule_ids[i]);
	}
	return 0;
}

static int replace(struct model *m, Weft__V1__SecurityGroup *g, const ProtobufCMessage *request,
		   struct status *st)
{
	const Weft__V1__ReplaceRulesRequest *q = (const Weft__V1__ReplaceRulesRequest *)request;
	const ProtobufCFieldDescriptor *f = msg_field(&g->base, "rules");

	msg_field_clear(&g->base, f);
	append(g, q->rules, q->n_rules);
	return check_added(m, g, 0, st);
}

/* What R becomes, complete; NULL: ST tells. */
static ProtobufCMessage *edited(struct model *m, const struct resource *r,
				const ProtobufCMessage *request, edit_fn *edit, struct status *st)
{
	ProtobufCMessage *after = msg_copy(r->head.msg);

	if (edit(m, (Weft__V1__SecurityGroup *)after, request, st) == 0 &&
	    resource_complete(m, r->class, r->name, r->head.msg, after, st) == 0)
		return after;
	msg_free(after);
	return NULL;
}

static void change_rules(struct api_call *call, const ProtobufCMessage *request, struct model *m,
			 edit_fn *edit)
{
	struct status st = STATUS_INIT;
	ProtobufCMessage *after = NULL;
	struct resource *r = NULL;
	struct request *again;
	int rc = request_begin(m, call, request, security_group_resource.descriptor, &again, &st);

	if (rc > 0)
		return;
	if (rc == 0)
		r = resource_to_change(m, &security_group_resource, msg_text(request, "name"),
				       msg_text(request, "etag"), &st);
	if (r)
		after = edited(m, r, request, edit, &st);
	if (after)
		resource_update(m, call, again, r, after, msg_flag(request, "validate_only"));
	else
		call_fail(m, call, again, &st);
}

static void add_rules(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	change_rules(call, request, ctx, add);
}

static void remove_by_id(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	change_rules(call, request, ctx, remove_rules);
}

static void replace_rules(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	change_rules(call, request, ctx, replace);
}

const struct api_method_handler security_group_methods[3] = {
	{ "/weft.v1.SecurityGroupService/AddRules", add_rules },
	{ "/weft.v1.SecurityGroupService/RemoveRules", remove_by_id },
	{ "/weft.v1.SecurityGroupService/ReplaceRules", replace_rules },
};
