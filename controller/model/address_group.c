#include "controller/model/address_group.h"

#include <stdio.h>
#include <stdlib.h>
#include "controller/model/requests.h"
#include "proto/weft/v1/address_group.pb-c.h"

/* Address groups: AddAddresses and RemoveAddresses.  The content is address_set.h's. */

#define MAX_ADDRESSES_A_CALL 10000

static struct address_set *set_of(const struct resource *r)
{
	return r->index;
}

void address_group_each(const struct resource *r, address_each_fn *each, void *arg)
{
	if (r->index)
		address_set_each(set_of(r), each, arg);
}

size_t address_group_count(const struct resource *r)
{
	return r->index ? address_set_committed(set_of(r)) : 0;
}

const struct address_change *address_group_changes(const struct resource *r, size_t *n)
{
	*n = 0;
	return r->index ? address_set_changes(set_of(r), n) : NULL;
}

/* Made when it is first needed: a group may be empty for ever. */
static struct address_set *obtain_set(struct resource *r)
{
	if (!r->index)
		r->index = address_set_create();
	return r->index;
}

int address_group_load(struct model *m, const struct store_kv *kv, struct status *st)
{
	char name[NAME_MAX_SIZE];
	struct resource *r;
	unsigned chunk;
	size_t n;

	if (!address_chunk_of_key(kv->key, &chunk, &n))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)n, kv->key);
	r = model_find_head(m, name);
	if (r && r->class == &address_group_resource && address_set_load(obtain_set(r), chunk, kv))
		return 0;
	return status_set(st, STATUS_DATA_LOSS, "store",
			  "the store's %s cannot be read: restore the store from a copy", kv->key);
}

static int check(struct model *m, const ProtobufCMessage *before, ProtobufCMessage *after,
		 struct status *st)
{
	(void)m, (void)before, (void)st;
	msg_set_enum(after, "state", WEFT__V1__ADDRESS_GROUP__STATE__ACTIVE);
	return 0;
}

static void delete_keys(struct model *m, const struct resource *r, struct change *c)
{
	if (r->index)
		address_set_delete_keys(set_of(r), m->store, r, c);
}

static void destroy_index(struct resource *r)
{
	address_set_destroy(set_of(r));
}

static void settle(struct resource *r)
{
	if (r->index)
		address_set_settle(set_of(r));
}

/* AddAddresses and RemoveAddresses, whose requests have the same fields. */

struct edit {
	struct model *model;
	struct api_call *call;
	struct request *request;
	struct resource *r;
	bool is_added, validate_only;
};

/* The request's addresses as ranges, in the call's memory; NULL: ST tells. */
static struct ip_range *parse_addresses(struct arena *arena, char *const *texts, size_t n,
					struct status *st)
{
	struct ip_range *ranges = arena_alloc(arena, (n + 1) * sizeof(*ranges));
	char path[FIELD_SIZE];

	if (n == 0 || n > MAX_ADDRESSES_A_CALL) {
		status_set(st, STATUS_INVALID_ARGUMENT, "addresses",
			   "addresses: %zu: give 1 to %d a call", n, MAX_ADDRESSES_A_CALL);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		const char *why = ip_parse_prefix(&ranges[i], texts[i]);

		if (!why)
			continue;
		snprintf(path, sizeof(path), "addresses[%zu]", i);
		status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: \"%.60s\": %s", path, texts[i],
			   why);
		return NULL;
	}
	return ranges;
}

static int check_room(const struct resource *r, const struct address_delta *d, bool is_added,
		      struct status *st)
{
	size_t n = address_set_count(set_of(r)) + address_delta_count(d);

	if (!is_added || n <= ADDRESS_SET_MAX)
		return 0;
	return status_set_resource(st, STATUS_RESOURCE_EXHAUSTED, "addresses", r->name,
				   "addresses: %s would have %zu: at most %d fit; make a second "
				   "group",
				   r->name, n, ADDRESS_SET_MAX);
}

/* Commit D, which is not empty, and answer with the group as it is then. */
static void commit_delta(struct edit *e, struct address_delta *d)
{
	ProtobufCMessage *after = msg_copy(e->r->head.msg);
	size_t n = address_delta_count(d), now = address_set_count(set_of(e->r));
	struct change *c;

	((Weft__V1__AddressGroup *)after)->address_count = e->is_added ? now + n : now - n;
	resource_renew(e->model, after);
	if (e->validate_only) {
		address_delta_destroy(d);
		api_reply(e->call, after);
		msg_free(after);
		return;
	}
	c = change_begin(e->model);
	change_put(c, &address_group_resource, e->r->name, after);
	address_delta_put(d, c);
	call_commit(e->model, e->call, e->request, c, e->r, msg_copy(after));
}

static void edit(struct edit *e, char *const *texts, size_t n_texts)
{
	struct status st = STATUS_INIT;
	struct ip_range *ranges = parse_addresses(api_arena(e->call), texts, n_texts, &st);
	struct address_delta *d;

	if (!ranges) {
		call_fail(e->model, e->call, e->request, &st);
		return;
	}
	d = address_delta_create(e->model->store, e->r, obtain_set(e->r), ranges, n_texts,
				 e->is_added);
	if (check_room(e->r, d, e->is_added, &st) != 0) {
		address_delta_destroy(d);
		call_fail(e->model, e->call, e->request, &st);
	} else if (address_delta_count(d) == 0) {
		address_delta_destroy(d);
		resource_update(e->model, e->call, e->request, e->r, msg_copy(e->r->head.msg),
				e->validate_only);
	} else {
		commit_delta(e, d);
	}
}

static void edit_called(struct api_call *call, const ProtobufCMessage *request, struct model *m,
			bool is_added, char *const *texts, size_t n_texts)
{
	struct edit e = { m, call, .is_added = is_added };
	struct status st = STATUS_INIT;
	int rc =
		request_begin(m, call, request, address_group_resource.descriptor, &e.request, &st);

	if (rc > 0)
		return;
	e.validate_only = msg_flag(request, "validate_only");
	if (rc == 0)
		e.r = resource_to_change(m, &address_group_resource, msg_text(request, "name"),
					 msg_text(request, "etag"), &st);
	if (e.r)
		edit(&e, texts, n_texts);
	else
		call_fail(m, call, e.request, &st);
}

static void add_addresses(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__V1__AddAddressesRequest *q = (const Weft__V1__AddAddressesRequest *)request;

	edit_called(call, request, ctx, true, q->addresses, q->n_addresses);
}

static void remove_addresses(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	const Weft__V1__RemoveAddressesRequest *q =
		(const Weft__V1__RemoveAddressesRequest *)request;

	edit_called(call, request, ctx, false, q->addresses, q->n_addresses);
}

static const struct api_method_handler methods[] = {
	{ "/weft.v1.AddressGroupService/AddAddresses", add_addresses },
	{ "/weft.v1.AddressGroupService/RemoveAddresses", remove_addresses },
	{ "/weft.v1.AddressGroupService/ListAddresses", address_group_list },
};

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
	.delete_keys = delete_keys,
	.destroy_index = destroy_index,
	.settle = settle,
	.methods = methods,
	.n_methods = ARRAY_LENGTH(methods),
};
REGISTRY_ADD(resource_class, address_group_resource);
