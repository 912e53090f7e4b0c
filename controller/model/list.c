#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "controller/model/filter.h"
#include "controller/model/model_priv.h"

/* List (AIP-132, 158, 160): pages of one revision, read from the store's history, so that nothing
 * is missed or seen twice however much is written between two pages. */

#define DEFAULT_PAGE   100
#define MAX_PAGE       1000
#define MAX_PAGE_BYTES (3u << 20) /* gRPC clients take 4 MiB */

struct page {
	struct class_set *set;
	const char *parent;
	struct filter *filter;
	struct arena *arena;
	size_t n_wanted, n_bytes;
	int64_t revision;
	char after[NAME_MAX_SIZE];
	ProtobufCMessage **found;
	size_t n;
	bool is_more;
};

/* What a token belongs to: FNV-1a of parent and filter. */
static uint64_t hash_query(const char *parent, const char *filter)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *parent; parent++)
		h = (h ^ (uint8_t)*parent) * 0x100000001b3;
	h = (h ^ 0xff) * 0x100000001b3;
	for (; *filter; filter++)
		h = (h ^ (uint8_t)*filter) * 0x100000001b3;
	return h;
}

static int bad_token(struct status *st)
{
	return status_set(
		st, STATUS_INVALID_ARGUMENT, "page_token",
		"page_token: is none of this list: give next_page_token as it was, with the "
		"same parent and filter");
}

static int read_token(struct page *p, const char *token, uint64_t query, struct status *st)
{
	unsigned long long revision, hash;
	int n = 0;

	if (!*token) {
		p->revision = store_revision(p->set->model->store);
		return 0;
	}
	if (strlen(token) >= NAME_MAX_SIZE ||
	    sscanf(token, "%16llx.%16llx.%n", &revision, &hash, &n) != 2 || n == 0 || hash != query)
		return bad_token(st);
	snprintf(p->after, sizeof(p->after), "%s", token + n);
	p->revision = revision;
	if (p->revision < 0 || p->revision > store_revision(p->set->model->store))
		return bad_token(st);
	if (p->revision < store_oldest(p->set->model->store))
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "page_token",
			"page_token: has expired: too much has changed since: list again");
	return 0;
}

/* Whether PARENT, where a segment "-" stands for any, has the resource NAME. */
static bool is_below(const char *name, const char *parent)
{
	for (;;) {
		size_t n = strcspn(name, "/"), p = strcspn(parent, "/");

		if (p != 0 && !(p == 1 && *parent == '-') &&
		    (n != p || memcmp(name, parent, n) != 0))
			return false;
		if (!parent[p])
			return true;
		name += n + 1;
		parent += p + 1;
	}
}

static bool add(void *arg, const struct store_kv *kv)
{
	struct page *p = arg;
	const struct resource_class *class = p->set->class;
	ProtobufCMessage *msg;

	if (!name_matches(kv->key, class->pattern) || !is_below(kv->key, p->parent))
		return true;
	if (p->n == p->n_wanted || p->n_bytes + kv->size > MAX_PAGE_BYTES) {
		p->is_more = true;
		return false;
	}
	msg = msg_unpack(class->descriptor, kv->value, kv->size);
	if (!msg)
		return true;
	msg_set_int64(msg, "revision", kv->mod_revision);
	if (class->fill)
		class->fill(p->set->model, msg, p->revision);
	if (!filter_matches(p->filter, msg)) {
		msg_free(msg);
		return true;
	}
	snprintf(p->after, sizeof(p->after), "%s", kv->key);
	p->n_bytes += kv->size;
	p->found[p->n++] = msg;
	return true;
}

/* All names below PARENT, up to its first "-", begin so. */
static void prefix_of(const struct page *p, char prefix[NAME_MAX_SIZE])
{
	const char *any = strstr(p->parent, "/-");
	char collection[COLLECTION_SIZE];

	if (any)
		snprintf(prefix, NAME_MAX_SIZE, "%.*s/", (int)(any - p->parent), p->parent);
	else
		snprintf(prefix, NAME_MAX_SIZE, "%s%s%s/", p->parent, *p->parent ? "/" : "",
			 class_collection(p->set->class, collection));
}

static int check_parent(const struct page *p, struct status *st)
{
	const struct resource_class *class = p->set->class;
	char concrete[NAME_MAX_SIZE], collection[COLLECTION_SIZE];
	struct store_kv kv;

	if (!*class->parent_pattern)
		return 0;
	/* "-" for a segment is allowed (AIP-159); with "x" for it, the name has to be good. */
	snprintf(concrete, sizeof(concrete), "%s", p->parent);
	for (char *c = concrete; (c = strstr(c, "/-")) != NULL; c += 2)
		if (!c[2] || c[2] == '/')
			c[1] = 'x';
	if (strlen(p->parent) >= NAME_MAX_SIZE || !name_matches(concrete, class->parent_pattern))
		return status_set(st, STATUS_INVALID_ARGUMENT, "parent",
				  "parent: \"%.200s\" has no %s: give %s", p->parent,
				  class_collection(class, collection), class->parent_pattern);
	if (class->is_parent_resource && strcmp(concrete, p->parent) == 0 &&
	    !store_get(p->set->model->store, p->parent, p->revision, &kv))
		return status_set_resource(st, STATUS_NOT_FOUND, "parent", p->parent,
					   "parent: there is no %s", p->parent);
	return 0;
}

static int prepare(struct page *p, const ProtobufCMessage *request, uint64_t *query,
		   struct status *st)
{
	int32_t size = msg_int32(request, "page_size");
	const char *filter = msg_text(request, "filter");

	if (size < 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "page_size",
				  "page_size: %d: give 1 to %d, or nothing", size, MAX_PAGE);
	p->n_wanted = size == 0 ? DEFAULT_PAGE : MIN_OF(size, MAX_PAGE);
	p->parent = msg_text(request, "parent");
	if (!p->parent)
		p->parent = "";
	*query = hash_query(p->parent, filter);
	p->filter = filter_parse(filter, p->set->class->descriptor, st);
	if (!p->filter || read_token(p, msg_text(request, "page_token"), *query, st) != 0)
		return -1;
	return check_parent(p, st);
}

/* The response: {repeated resources; next_page_token; revision}, in the call's memory. */
static void reply(struct page *p, struct api_call *call, uint64_t query)
{
	const ProtobufCMessageDescriptor *type = api_method_of(call)->output;
	ProtobufCMessage *response = arena_alloc(p->arena, type->sizeof_message);
	const ProtobufCFieldDescriptor *f;

	protobuf_c_message_init(type, response);
	f = msg_field(response, p->set->class->collection);
	*(size_t *)((char *)response + f->quantifier_offset) = p->n;
	*(ProtobufCMessage ***)((char *)response + f->offset) = p->found;
	msg_set_int64(response, "revision", p->revision);
	if (p->is_more) {
		f = msg_field(response, "next_page_token");
		*(char **)((char *)response + f->offset) =
			arena_printf(p->arena, "%llx.%llx.%s", (unsigned long long)p->revision,
				     (unsigned long long)query, p->after);
	}
	api_reply(call, response);
}

void crud_list(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	struct page p = { .set = ctx, .arena = api_arena(call) };
	struct status st = STATUS_INIT;
	char prefix[NAME_MAX_SIZE];
	uint64_t query = 0;

	if (prepare(&p, request, &query, &st) != 0) {
		api_fail(call, &st);
	} else {
		char after[NAME_MAX_SIZE];

		snprintf(after, sizeof(after), "%s", p.after);
		p.found = xcalloc(p.n_wanted, sizeof(*p.found));
		prefix_of(&p, prefix);
		store_list(p.set->model->store, prefix, *after ? after : NULL, p.revision, add, &p);
		reply(&p, call, query);
		for (size_t i = 0; i < p.n; i++)
			msg_free(p.found[i]);
		free(p.found);
	}
	filter_destroy(p.filter);
}
