#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <google/protobuf/empty.pb-c.h>
#include <google/protobuf/field_mask.pb-c.h>
#include "controller/model/model_priv.h"
#include "controller/model/requests.h"

/* Create, Get, Update and Delete (AIP-131 to 135), once for all kinds of resources. */

/* A call whose change is on its way. */
struct op {
	struct model *model;
	struct api_call *call;
	struct request *request;
	ProtobufCMessage *answer; /* NULL: nothing but that it is done */
	struct resource *r;
};

static void reply_empty(struct api_call *call)
{
	Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;

	api_reply(call, &empty.base);
}

static void on_committed(void *arg, const struct status *st)
{
	struct op *op = arg;

	if (!status_ok(st)) {
		request_failed(op->model, op->request, st);
		api_fail(op->call, st);
	} else if (op->answer) {
		const struct resource_class *class = op->r->class;

		msg_set_int64(op->answer, "revision", op->r->mod_revision);
		request_answered(op->model, op->request, op->r->mod_revision);
		if (class->fill)
			class->fill(op->model, op->answer, 0);
		api_reply(op->call, op->answer);
	} else {
		request_answered(op->model, op->request, op->r->mod_revision);
		reply_empty(op->call);
	}
	msg_free(op->answer);
	free(op);
}

void call_commit(struct model *m, struct api_call *call, struct request *request, struct change *c,
		 struct resource *r, ProtobufCMessage *answer)
{
	Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
	struct op *op = xcalloc(1, sizeof(*op));

	*op = (struct op){ m, call, request, answer, r };
	request_record(m, request, c, answer ? answer : &empty.base);
	change_commit(c, on_committed, op);
}

void call_fail(struct model *m, struct api_call *call, struct request *request,
	       const struct status *st)
{
	request_failed(m, request, st);
	api_fail(call, st);
}

/* Lookups shared with other methods. */

static int not_found(const struct resource_class *class, const char *name, struct status *st)
{
	return status_set_resource(st, STATUS_NOT_FOUND, "name", name, "there is no %s %s",
				   class_noun(class), name);
}

const struct resource *resource_wanted(const struct model *m, const struct resource_class *class,
				       const char *name, struct status *st)
{
	const struct resource *r;

	if (name_check(name, class, "name", st) != 0)
		return NULL;
	r = model_find(m, name);
	if (!r)
		not_found(class, name, st);
	return r;
}

static int check_etag(const struct resource *r, const char *etag, struct status *st)
{
	const char *now = msg_text(r->head.msg, "etag");

	if (!*etag || strcmp(etag, now) == 0)
		return 0;
	return status_set_resource(
		st, STATUS_ABORTED, "etag", r->name,
		"etag: %s has been changed by somebody else: get it and try again", r->name);
}

struct resource *resource_to_change(const struct model *m, const struct resource_class *class,
				    const char *name, const char *etag, struct status *st)
{
	struct resource *r;

	if (name_check(name, class, "name", st) != 0)
		return NULL;
	r = model_find_head(m, name);
	if (!r)
		not_found(class, name, st);
	return r && check_etag(r, etag, st) == 0 ? r : NULL;
}

ProtobufCMessage *resource_answer(struct model *m, const struct resource *r)
{
	ProtobufCMessage *msg = msg_copy(r->committed.msg);

	if (r->class->fill)
		r->class->fill(m, msg, 0);
	return msg;
}

/* Get. */

static void get(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct class_set *set = ctx;
	struct status st = STATUS_INIT;
	const struct resource *r =
		resource_wanted(set->model, set->class, msg_text(request, "name"), &st);
	ProtobufCMessage *answer;

	if (!r) {
		api_fail(call, &st);
		return;
	}
	answer = resource_answer(set->model, r);
	api_reply(call, answer);
	msg_free(answer);
}

/* Companions: made and deleted with a resource. */

static void companion_name(const struct resource_class *class, const char *name,
			   char text[NAME_MAX_SIZE])
{
	char collection[COLLECTION_SIZE];

	snprintf(text, NAME_MAX_SIZE, "%s/%s/%s", name,
		 class_collection(class->companion->class, collection), class->companion->id);
}

struct resource *resource_companion(const struct model *m, const struct resource *r)
{
	char name[NAME_MAX_SIZE];

	if (!r->class->companion)
		return NULL;
	companion_name(r->class, r->name, name);
	return model_find_head(m, name);
}

ProtobufCMessage *companion_create(struct model *m, const struct resource_class *class,
				   const char *name, char text[NAME_MAX_SIZE])
{
	const struct companion *companion = class->companion;
	struct status st = STATUS_INIT;
	ProtobufCMessage *msg;
	int rc;

	companion_name(class, name, text);
	msg = companion->make(text);
	rc = resource_complete(m, companion->class, text, NULL, msg, &st);
	assert(rc == 0); /* it is made by us */
	(void)rc;
	return msg;
}

/* Create. */

static int check_parent(const struct class_set *set, const char *parent, struct status *st)
{
	const struct resource_class *class = set->class;

	if (!*class->parent_pattern)
		return 0;
	if (!name_matches(parent, class->parent_pattern))
		return status_set(st, STATUS_INVALID_ARGUMENT, "parent",
				  "parent: \"%.200s\" can have no %s: give %s", parent,
				  class_noun(class), class->parent_pattern);
	if (class->is_parent_resource && !model_find_head(set->model, parent))
		return status_set_resource(st, STATUS_NOT_FOUND, "parent", parent,
					   "parent: %s does not exist: create it first", parent);
	return 0;
}

/* NAME from the request's parent and id, checked. */
static int new_name(const struct class_set *set, const ProtobufCMessage *request,
		    char name[NAME_MAX_SIZE], struct status *st)
{
	const char *parent = msg_text(request, "parent");
	char id_field[FIELD_SIZE], collection[COLLECTION_SIZE];
	const char *id;

	snprintf(id_field, sizeof(id_field), "%s_id", set->class->type);
	id = msg_text(request, id_field);
	if (check_parent(set, parent ? parent : "", st) != 0 || id_check(id, id_field, st) != 0)
		return -1;
	snprintf(name, NAME_MAX_SIZE, "%s%s%s/%s", parent ? parent : "", parent ? "/" : "",
		 class_collection(set->class, collection), id);
	if (model_find_head(set->model, name))
		return status_set_resource(st, STATUS_ALREADY_EXISTS, id_field, name,
					   "%s: %s exists already: choose another id, or update it",
					   id_field, name);
	return 0;
}

/* Check MSG, given, as the new NAME and store it; ends the call. */
static void create_as(struct class_set *set, struct api_call *call, struct request *request,
		      const char *name, ProtobufCMessage *msg, bool validate_only)
{
	struct model *m = set->model;
	struct status st = STATUS_INIT;
	char companion[NAME_MAX_SIZE];
	struct resource *r;
	struct change *c;

	if (resource_complete(m, set->class, name, NULL, msg, &st) != 0) {
		msg_free(msg);
		call_fail(m, call, request, &st);
		return;
	}
	if (validate_only) {
		api_reply(call, msg);
		msg_free(msg);
		return;
	}
	c = change_begin(m);
	r = change_put(c, set->class, name, msg);
	if (set->class->companion) {
		ProtobufCMessage *more = companion_create(m, set->class, name, companion);

		change_put(c, set->class->companion->class, companion, more);
	}
	call_commit(m, call, request, c, r, msg_copy(msg));
}

static ProtobufCMessage *given_resource(const struct class_set *set,
					const ProtobufCMessage *request)
{
	const ProtobufCMessage *given = msg_sub(request, set->class->type);

	return given ? msg_copy(given) : msg_create(set->class->descriptor);
}

static void create(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct class_set *set = ctx;
	struct status st = STATUS_INIT;
	char name[NAME_MAX_SIZE];
	struct request *again;
	int rc = request_begin(set->model, call, request, set->class->descriptor, &again, &st);

	if (rc > 0)
		return;
	if (rc < 0 || new_name(set, request, name, &st) != 0) {
		call_fail(set->model, call, again, &st);
		return;
	}
	create_as(set, call, again, name, given_resource(set, request),
		  msg_flag(request, "validate_only"));
}

/* Update. */

/* What R becomes: a copy of its head with the request's fields, complete.  NULL: ST tells. */
static ProtobufCMessage *updated(struct class_set *set, const struct resource *r,
				 const ProtobufCMessage *request, struct status *st)
{
	const ProtobufCMessage *given = msg_sub(request, set->class->type);
	const Google__Protobuf__FieldMask *mask =
		(const Google__Protobuf__FieldMask *)msg_sub(request, "update_mask");
	ProtobufCMessage *after = msg_copy(r->head.msg);
	int rc = 0;

	if (mask && mask->n_paths)
		rc = mask_apply(after, given, mask->paths, mask->n_paths, st);
	else
		mask_apply_set(after, given);
	if (rc == 0)
		rc = resource_complete(set->model, set->class, r->name, r->head.msg, after, st);
	if (rc == 0)
		return after;
	msg_free(after);
	return NULL;
}

void resource_update(struct model *m, struct api_call *call, struct request *request,
		     struct resource *r, ProtobufCMessage *after, bool validate_only)
{
	struct change *c;

	if (validate_only) {
		api_reply(call, after);
		msg_free(after);
		return;
	}
	/* A change of nothing, which left the etag as it was, is committed as well if the call has
	 * to be remembered, or if what it sees is not durable yet. */
	if (!request && !r->n_in_flight &&
	    strcmp(msg_text(r->head.msg, "etag"), msg_text(after, "etag")) == 0) {
		ProtobufCMessage *answer = resource_answer(m, r);

		msg_free(after);
		api_reply(call, answer);
		msg_free(answer);
		return;
	}
	c = change_begin(m);
	change_put(c, r->class, r->name, after);
	call_commit(m, call, request, c, r, msg_copy(after));
}

/* Update with allow_missing of what does not exist: create it. */
static void create_missing(struct class_set *set, struct api_call *call, struct request *again,
			   const ProtobufCMessage *request, const char *name)
{
	char parent[NAME_MAX_SIZE];
	struct status st = STATUS_INIT;

	name_parent(name, parent);
	if (check_parent(set, parent, &st) != 0) {
		call_fail(set->model, call, again, &st);
		return;
	}
	create_as(set, call, again, name, given_resource(set, request),
		  msg_flag(request, "validate_only"));
}

/* The name and etag that an update's resource gives. */
static const ProtobufCMessage *update_target(const struct class_set *set,
					     const ProtobufCMessage *request, struct status *st)
{
	const ProtobufCMessage *given = msg_sub(request, set->class->type);
	char path[FIELD_SIZE];

	if (!given) {
		status_set(st, STATUS_INVALID_ARGUMENT, set->class->type,
			   "%s: is required: give its name and what to change", set->class->type);
		return NULL;
	}
	field_path(path, set->class, "name");
	return name_check(msg_text(given, "name"), set->class, path, st) == 0 ? given : NULL;
}

static void update(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct class_set *set = ctx;
	struct status st = STATUS_INIT;
	const ProtobufCMessage *given;
	ProtobufCMessage *after;
	struct request *again;
	struct resource *r;
	const char *name;
	int rc = request_begin(set->model, call, request, set->class->descriptor, &again, &st);

	if (rc > 0)
		return;
	given = rc < 0 ? NULL : update_target(set, request, &st);
	if (!given) {
		call_fail(set->model, call, again, &st);
		return;
	}
	name = msg_text(given, "name");
	if (!model_find_head(set->model, name) && msg_flag(request, "allow_missing")) {
		create_missing(set, call, again, request, name);
		return;
	}
	r = resource_to_change(set->model, set->class, name, msg_text(given, "etag"), &st);
	after = r ? updated(set, r, request, &st) : NULL;
	if (!after) {
		call_fail(set->model, call, again, &st);
		return;
	}
	resource_update(set->model, call, again, r, after, msg_flag(request, "validate_only"));
}

/* Delete. */

#define MAX_USERS_TOLD 10

/* Nobody may use R, but for its own COMPANION (NULL: it has none). */
static int check_users(const struct resource *r, const struct resource *companion,
		       struct status *st)
{
	struct buf users = BUF_INIT;
	struct resource_ref *ref;
	size_t n = 0;

	LIST_FOREACH (ref, &r->head.users, by_target)
		if (ref->user != companion && n++ < MAX_USERS_TOLD)
			buf_printf(&users, "%s%s", n > 1 ? ", " : "", ref->user->name);
	if (n > MAX_USERS_TOLD)
		buf_printf(&users, " and %zu more", n - MAX_USERS_TOLD);
	if (n)
		status_set_resource(st, STATUS_FAILED_PRECONDITION, "name", r->name,
				    "%s is in use by %s: delete or detach %s first", r->name,
				    buf_str(&users), n == 1 ? "it" : "them");
	buf_fini(&users);
	return n ? -1 : 0;
}

static void delete_resource(struct class_set *set, struct api_call *call, struct request *request,
			    struct resource *r, bool validate_only)
{
	struct model *m = set->model;
	struct resource *companion = resource_companion(m, r);
	struct status st = STATUS_INIT;
	struct change *c;

	if ((set->class->check_delete && set->class->check_delete(m, r, &st) != 0) ||
	    check_users(r, companion, &st) != 0) {
		call_fail(m, call, request, &st);
		return;
	}
	if (validate_only) {
		reply_empty(call);
		return;
	}
	c = change_begin(m);
	if (companion)
		change_delete(c, companion);
	change_delete(c, r);
	if (set->class->delete_keys)
		set->class->delete_keys(m, r, c);
	call_commit(m, call, request, c, r, NULL);
}

static void delete (struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct class_set *set = ctx;
	struct status st = STATUS_INIT;
	struct request *again;
	struct resource *r;
	int rc = request_begin(set->model, call, request, &google__protobuf__empty__descriptor,
			       &again, &st);

	if (rc > 0)
		return;
	r = rc < 0 ? NULL
		   : resource_to_change(set->model, set->class, msg_text(request, "name"),
					msg_text(request, "etag"), &st);
	if (r) {
		delete_resource(set, call, again, r, msg_flag(request, "validate_only"));
	} else if (st.code == STATUS_NOT_FOUND && msg_flag(request, "allow_missing")) {
		request_failed(set->model, again, &st);
		reply_empty(call);
	} else {
		call_fail(set->model, call, again, &st);
	}
}

void crud_serve(struct class_set *set, struct api_dispatch *d)
{
	const struct resource_class *class = set->class;
	const char *kind = class->descriptor->short_name;
	const struct {
		const char *verb, *noun;
		api_handler_fn *fn;
	} methods[] = {
		{ "Create", kind, create },	      { "Get", kind, get },
		{ "List", class->plural, crud_list }, { "Update", kind, update },
		{ "Delete", kind, delete },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(methods); i++) {
		char *method = xasprintf("/%s/%s%s", class->service->name, methods[i].verb,
					 methods[i].noun);
		struct api_method_handler h = { method, methods[i].fn };

		api_dispatch_add(d, &h, 1, set);
		free(method);
	}
	if (class->n_methods)
		api_dispatch_add(d, class->methods, class->n_methods, set->model);
}
