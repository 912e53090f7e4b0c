#include <stdio.h>
#include <stdlib.h>
#include "controller/model/address_group.h"
#include "controller/model/model_priv.h"
#include "proto/weft/v1/address_group.pb-c.h"

/* ListAddresses: pages of one revision, from the store's chunks.  A page token tells the revision,
 * the group, the chunk and how many of its prefixes were given. */

#define DEFAULT_PAGE 1000
#define MAX_PAGE     10000

struct page {
	struct model *model;
	struct arena *arena;
	const char *name;
	int64_t revision;
	uint64_t query; /* the group's, in tokens */
	unsigned chunk, skip;
	size_t n_wanted, n;
	char **addresses;
	bool is_more;
};

/* FNV-1a: the same in each life of the program. */
static uint64_t hash_name(const char *name)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	return h;
}

static int read_token(struct page *p, const char *token, struct status *st)
{
	struct store *store = p->model->store;
	unsigned long long revision, query;
	int n = 0;

	p->revision = store_revision(store);
	if (!*token)
		return 0;
	if (sscanf(token, "%16llx.%16llx.%8x.%8x%n", &revision, &query, &p->chunk, &p->skip, &n) !=
		    4 ||
	    token[n] || query != p->query || revision == 0 ||
	    revision > (unsigned long long)p->revision)
		return status_set(st, STATUS_INVALID_ARGUMENT, "page_token",
				  "page_token: is none of this list: give next_page_token as it "
				  "was, with the same name");
	p->revision = revision;
	if (p->revision >= store_oldest(store))
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "page_token",
			  "page_token: has expired: too much has changed since: list again");
}

static int prepare(struct page *p, const Weft__V1__ListAddressesRequest *q, struct status *st)
{
	struct store_kv kv;

	if (q->page_size < 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "page_size",
				  "page_size: %d: give 1 to %d, or nothing", q->page_size,
				  MAX_PAGE);
	p->n_wanted = q->page_size == 0 ? DEFAULT_PAGE : MIN_OF(q->page_size, MAX_PAGE);
	p->name = q->name;
	p->query = hash_name(p->name);
	if (name_check(p->name, &address_group_resource, "name", st) != 0 ||
	    read_token(p, q->page_token, st) != 0)
		return -1;
	if (store_get(p->model->store, p->name, p->revision, &kv))
		return 0;
	return status_set_resource(st, STATUS_NOT_FOUND, "name", p->name,
				   "there is no address group %s", p->name);
}

static bool add_address(void *arg, const struct ip_range *range)
{
	struct page *p = arg;
	char text[IP_TEXT_SIZE + 4];

	if (p->n == p->n_wanted) {
		p->is_more = true;
		return false;
	}
	ip_format_cidr(range, text);
	p->addresses[p->n++] = arena_strdup(p->arena, text);
	p->skip++;
	return true;
}

static bool add_chunk(void *arg, const struct store_kv *kv)
{
	struct page *p = arg;
	unsigned chunk;
	size_t length;

	if (!address_chunk_of_key(kv->key, &chunk, &length) || chunk < p->chunk)
		return true;
	if (chunk > p->chunk) {
		p->chunk = chunk;
		p->skip = 0;
	}
	address_chunk_each(kv, p->skip, add_address, p);
	return !p->is_more;
}

void address_group_list(struct api_call *call, const ProtobufCMessage *request, void *ctx)
{
	Weft__V1__ListAddressesResponse response = WEFT__V1__LIST_ADDRESSES_RESPONSE__INIT;
	struct page p = { .model = ctx, .arena = api_arena(call) };
	struct status st = STATUS_INIT;
	char *prefix;

	if (prepare(&p, (const Weft__V1__ListAddressesRequest *)request, &st) != 0) {
		api_fail(call, &st);
		return;
	}
	p.addresses = arena_alloc(p.arena, p.n_wanted * sizeof(*p.addresses));
	prefix = arena_printf(p.arena, "%s/chunks/", p.name);
	store_list(p.model->store, prefix, NULL, p.revision, add_chunk, &p);
	response.addresses = p.addresses;
	response.n_addresses = p.n;
	response.revision = p.revision;
	if (p.is_more)
		response.next_page_token =
			arena_printf(p.arena, "%llx.%llx.%x.%x", (unsigned long long)p.revision,
				     (unsigned long long)p.query, p.chunk, p.skip);
	api_reply(call, &response.base);
}
