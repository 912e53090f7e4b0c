#include "controller/model/model.h"

#include <assert.h>
#include <stdlib.h>
#include "controller/model/address_book.h"
#include "controller/model/address_group.h"
#include "controller/model/model_priv.h"
#include "controller/model/upgrade.h"
#include "controller/model/view.h"

struct class_set *model_set(const struct model *m, const struct resource_class *class)
{
	for (size_t i = 0; i < m->n_sets; i++)
		if (m->sets[i].class == class)
			return &m->sets[i];
	return NULL;
}

struct resource *model_find_head(const struct model *m, const char *name)
{
	return resource_find_view(m, name, offsetof(struct resource, head));
}

const struct resource *model_find(const struct model *m, const char *name)
{
	return resource_find_view(m, name, offsetof(struct resource, committed));
}

const struct resource *model_find_id(const struct model *m, uint32_t id)
{
	HMAP_FOREACH_HASH (n, &m->by_id, id) {
		struct resource *r = container_of(n, struct resource, by_id);

		if (r->committed.msg)
			return r;
	}
	return NULL;
}

static const struct resource *committed_from(const struct class_set *set, const struct list *at)
{
	for (; at != &set->resources; at = at->next) {
		const struct resource *r = container_of(at, struct resource, by_class);

		if (r->committed.msg)
			return r;
	}
	return NULL;
}

const struct resource *model_first(const struct model *m, const struct resource_class *class)
{
	const struct class_set *set = model_set(m, class);

	return committed_from(set, set->resources.next);
}

const struct resource *model_next(const struct model *m, const struct resource *r)
{
	return committed_from(model_set(m, r->class), r->by_class.next);
}

struct engine_node *model_node(struct model *m, const struct resource_class *class)
{
	return &model_set(m, class)->node;
}

const struct model_change *model_changes(const struct engine_node *node, size_t *n)
{
	const struct class_set *set = container_of(node, struct class_set, node);

	*n = 0;
	for (size_t i = 0; i < set->n_changed; i++) {
		const struct resource *r = set->changed[i];

		if (r->before || r->committed.msg)
			set->changes[(*n)++] =
				(struct model_change){ r, r->before, r->committed.msg };
	}
	return set->changes;
}

/* The engine has seen the changes: what was before may go. */
static void settle(struct engine_node *node)
{
	struct class_set *set = container_of(node, struct class_set, node);

	for (size_t i = 0; i < set->n_changed; i++) {
		struct resource *r = set->changed[i];

		msg_free(r->before);
		r->before = NULL;
		r->is_changed = false;
		if (r->class->settle)
			r->class->settle(r);
		resource_free_if_gone(set->model, r);
	}
	set->n_changed = 0;
}

static int by_name_order(const void *a, const void *b)
{
	const struct resource *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void dump(struct engine_node *node, struct buf *out)
{
	struct class_set *set = container_of(node, struct class_set, node);
	const struct resource **all = xcalloc(set->n + 1, sizeof(*all));
	size_t n = 0;

	for (const struct resource *r = committed_from(set, set->resources.next); r;
	     r = committed_from(set, r->by_class.next))
		all[n++] = r;
	qsort(all, n, sizeof(*all), by_name_order);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s id=%u revision=%lld\n", all[i]->name, all[i]->id,
			   (long long)all[i]->mod_revision);
	free(all);
}

static const struct engine_node_class node_class = { .settle = settle, .dump = dump };

static void create_sets(struct model *m)
{
	size_t i = 0;

	REGISTRY_FOREACH (class, resource_class)
		m->n_sets++;
	m->sets = xcalloc(m->n_sets, sizeof(*m->sets));
	REGISTRY_FOREACH (class, resource_class) {
		struct class_set *set = &m->sets[i++];

		set->model = m;
		set->class = *class;
		list_init(&set->resources);
		engine_add(m->engine, &set->node, &node_class, (*class)->collection);
	}
}

/* Loading. */

struct loading {
	struct model *model;
	struct status *st;
};

static bool load_resource(void *arg, const struct store_kv *kv)
{
	struct loading *l = arg;
	const struct resource_class *class = name_class(kv->key);
	ProtobufCMessage *msg;
	struct resource *r;

	if (!class)
		return address_group_load(l->model, kv, l->st) == 0;
	msg = msg_unpack(class->descriptor, kv->value, kv->size);
	if (!msg) {
		status_set(l->st, STATUS_DATA_LOSS, "store",
			   "the store's %s cannot be read: restore the store from a copy", kv->key);
		return false;
	}
	r = resource_create(l->model, class, kv->key, resource_id_of(msg));
	resource_load(r, msg, kv->mod_revision);
	return true;
}

static void load_next_id(struct model *m)
{
	struct store_kv kv;

	m->next_id = 1;
	if (store_get(m->store, ID_KEY, 0, &kv) && kv.size == 4)
		m->next_id = load_be32(kv.value);
	m->reserved_id = m->durable_reserved_id = m->next_id;
}

/* NULL: ST tells. */
static struct upgrade *load(struct model *m, struct status *st)
{
	struct loading l = { m, st };
	struct upgrade *upgrade;

	load_next_id(m);
	store_list(m->store, "", NULL, 0, load_resource, &l);
	if (!status_ok(st))
		return NULL;
	upgrade = upgrade_loaded(m);
	for (size_t i = 0; i < m->n_sets; i++) {
		struct resource *r;

		LIST_FOREACH (r, &m->sets[i].resources, by_class)
			resource_link_loaded(m, r);
	}
	return upgrade;
}

struct model *model_create(const struct model_options *options, struct status *st)
{
	struct model *m = xcalloc(1, sizeof(*m));
	struct upgrade *upgrade;

	m->loop = options->loop;
	m->store = options->store;
	m->engine = options->engine;
	m->rng = options->rng;
	m->plugger = options->plugger;
	list_init(&m->in_flight);
	list_init(&m->watchers);
	create_sets(m);
	requests_load(m);
	upgrade = load(m, st);
	if (!upgrade) {
		model_destroy(m);
		return NULL;
	}
	report_init(m);
	upgrade_write(upgrade);
	return m;
}

void model_stop(struct model *m)
{
	if (m)
		m->is_stopping = true;
}

void model_destroy(struct model *m)
{
	if (!m)
		return;
	assert(list_is_empty(&m->in_flight));
	watch_fini(m);
	attach_fini(m);
	report_fini(m);
	requests_fini(m);
	for (size_t i = 0; i < m->n_sets; i++) {
		struct class_set *set = &m->sets[i];
		struct resource *r, *next;

		LIST_FOREACH_SAFE (r, next, &set->resources, by_class)
			resource_destroy(m, r);
		free(set->changed);
		free(set->changes);
	}
	address_book_fini(m);
	hmap_fini(&m->by_name);
	hmap_fini(&m->by_id);
	free(m->sets);
	free(m);
}

void model_serve(struct model *m, struct api_dispatch *d)
{
	for (size_t i = 0; i < m->n_sets; i++)
		crud_serve(&m->sets[i], d);
	watch_serve(m, d);
}
