#include "controller/model/view.h"

#include <assert.h>
#include <stdlib.h>

uint32_t resource_id_of(const ProtobufCMessage *msg)
{
	const ProtobufCFieldDescriptor *f = msg_field(msg, "id");

	return *(const uint64_t *)((const char *)msg + f->offset);
}

struct resource *resource_create(struct model *m, const struct resource_class *class,
				 const char *name, uint32_t id)
{
	struct class_set *set = model_set(m, class);
	struct resource *r = xcalloc(1, sizeof(*r));

	r->class = class;
	r->name = xstrdup(name);
	r->id = id;
	list_init(&r->head.users);
	list_init(&r->committed.users);
	hmap_insert(&m->by_name, &r->by_name, hash_string(name));
	hmap_insert(&m->by_id, &r->by_id, id);
	list_insert(&set->resources, &r->by_class);
	set->n++;
	return r;
}

static struct resource_view *view_at(struct resource *r, size_t offset)
{
	return (struct resource_view *)((char *)r + offset);
}

struct resource *resource_find_view(const struct model *m, const char *name, size_t offset)
{
	HMAP_FOREACH_HASH (n, &m->by_name, hash_string(name)) {
		struct resource *r = container_of(n, struct resource, by_name);

		if (strcmp(r->name, name) == 0 && view_at(r, offset)->msg)
			return r;
	}
	return NULL;
}

static void unlink_refs(struct resource_view *view)
{
	for (size_t i = 0; i < view->n_refs; i++)
		list_remove(&view->refs[i].by_target);
	free(view->refs);
	view->refs = NULL;
	view->n_refs = 0;
}

void ref_list_add(struct ref_list *l, const char *name)
{
	if (!*name)
		return;
	if (l->n == l->capacity) {
		l->capacity = MAX_OF(l->capacity * 2, 8u);
		l->names = xrealloc(l->names, l->capacity * sizeof(*l->names));
	}
	l->names[l->n++] = name;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each name once. */
static void ref_list_unite(struct ref_list *l)
{
	size_t n = 0;

	qsort(l->names, l->n, sizeof(*l->names), by_text);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || strcmp(l->names[n - 1], l->names[i]) != 0)
			l->names[n++] = l->names[i];
	l->n = n;
}

/* What R's state in the view at OFFSET refers to learns of its user. */
static void link_refs(struct model *m, struct resource *r, size_t offset)
{
	struct resource_view *view = view_at(r, offset);
	struct ref_list names = { 0 };
	char parent[NAME_MAX_SIZE];

	if (!view->msg)
		return;
	if (r->class->is_parent_resource) {
		name_parent(r->name, parent);
		ref_list_add(&names, parent);
	}
	if (r->class->refs)
		r->class->refs(view->msg, &names);
	if (names.n > 1)
		ref_list_unite(&names);
	view->refs = xcalloc(MAX_OF(names.n, 1u), sizeof(*view->refs));
	for (size_t i = 0; i < names.n; i++) {
		struct resource_ref *ref = &view->refs[view->n_refs];
		struct resource *target = resource_find_view(m, names.names[i], offset);

		if (!target)
			continue;
		ref->user = r;
		ref->target = target;
		list_insert(&view_at(target, offset)->users, &ref->by_target);
		view->n_refs++;
	}
	free(names.names);
}

void resource_destroy(struct model *m, struct resource *r)
{
	struct class_set *set = model_set(m, r->class);

	unlink_refs(&r->head);
	unlink_refs(&r->committed);
	/* At the end of the model, users may outlive what they use. */
	while (!list_is_empty(&r->head.users))
		list_remove(r->head.users.next);
	while (!list_is_empty(&r->committed.users))
		list_remove(r->committed.users.next);
	hmap_remove(&m->by_name, &r->by_name);
	hmap_remove(&m->by_id, &r->by_id);
	list_remove(&r->by_class);
	set->n--;
	msg_free(r->before);
	msg_free(r->committed.msg);
	if (r->class->destroy_index)
		r->class->destroy_index(r);
	else
		free(r->index);
	free(r->name);
	free(r);
}

void resource_free_if_gone(struct model *m, struct resource *r)
{
	if (!r->committed.msg && !r->head.msg && !r->n_in_flight && !r->is_changed)
		resource_destroy(m, r);
}

void resource_load(struct resource *r, ProtobufCMessage *msg, int64_t revision)
{
	r->head.msg = r->committed.msg = msg;
	r->mod_revision = revision;
	msg_set_int64(msg, "revision", revision);
}

static void mark_changed(struct model *m, struct resource *r)
{
	struct class_set *set = model_set(m, r->class);

	r->is_changed = true;
	if (set->n_changed == set->changed_capacity) {
		set->changed_capacity = MAX_OF(set->changed_capacity * 2, 16u);
		set->changed =
			xrealloc(set->changed, set->changed_capacity * sizeof(*set->changed));
		set->changes =
			xrealloc(set->changes, set->changed_capacity * sizeof(*set->changes));
	}
	set->changed[set->n_changed++] = r;
}

void resource_link_loaded(struct model *m, struct resource *r)
{
	link_refs(m, r, offsetof(struct resource, head));
	link_refs(m, r, offsetof(struct resource, committed));
	if (r->class->index)
		r->class->index(m, r, r->head.msg, true);
	mark_changed(m, r);
	engine_touch(&model_set(m, r->class)->node);
}

void resource_set_head(struct model *m, struct resource *r, ProtobufCMessage *msg)
{
	if (r->head.msg && r->class->index)
		r->class->index(m, r, r->head.msg, false);
	unlink_refs(&r->head);
	r->head.msg = msg;
	link_refs(m, r, offsetof(struct resource, head));
	if (msg && r->class->index)
		r->class->index(m, r, msg, true);
}

void resource_commit(struct model *m, struct resource *r, ProtobufCMessage *msg, int64_t revision)
{
	ProtobufCMessage *old = r->committed.msg;

	if (msg)
		msg_set_int64(msg, "revision", revision);
	unlink_refs(&r->committed);
	r->committed.msg = msg;
	r->mod_revision = revision;
	link_refs(m, r, offsetof(struct resource, committed));
	if (r->is_changed) {
		/* The engine has not seen OLD. */
		msg_free(old);
	} else {
		r->before = old;
		mark_changed(m, r);
	}
	engine_touch(&model_set(m, r->class)->node);
}
