#include <stdio.h>
#include <stdlib.h>
#include "controller/model/address_set.h"
#include "controller/model/model_priv.h"
#include "proto/weft/v1/watch.pb-c.h"

/* WatchService: what exists, then what changes, from the store's own watch.
 *
 * The snapshot is read page by page as the reader takes it.  Changes are not kept for a reader that
 * is too slow: it is told so, and may continue from where it was, as long as the history goes
 * back that far. */

struct watcher {
	struct list node; /* in model.watchers */
	struct model *model;
	struct api_call *call;
	char *parent;
	const struct resource_class **classes;
	size_t n_classes;	   /* 0: all */
	struct store_watch *watch; /* NULL while the snapshot is being sent */
	int64_t revision;	   /* of the snapshot */
	char after[NAME_MAX_SIZE]; /* sent so far */
	bool is_full;
	/* The newest event of a revision, until it is known whether the reader gets more of it. */
	Weft__V1__WatchEvent__Type held_type;
	const struct resource_class *held_class;
	ProtobufCMessage *held;
};

/* A record that is watched but is no resource: an address group's last change.  Each version of it
 * is an event of its own. */
static const struct resource_class address_change = {
	.type = "address_change",
	.descriptor = &weft__v1__address_change__descriptor,
};

/* The class of what is at KEY, or NULL. */
static const struct resource_class *watched_class(const char *key)
{
	return address_is_change_key(key) ? &address_change : name_class(key);
}

static void watcher_free(struct watcher *w)
{
	store_watch_cancel(w->watch);
	list_remove(&w->node);
	msg_free(w->held);
	free(w->classes);
	free(w->parent);
	free(w);
}

static void end(struct watcher *w, enum status_code code, const char *message)
{
	struct status st = STATUS_INIT;

	status_set(&st, code, code == STATUS_OUT_OF_RANGE ? "from_revision" : NULL, "%s", message);
	api_fail(w->call, &st);
	watcher_free(w);
}

static void too_old(struct watcher *w)
{
	end(w, STATUS_OUT_OF_RANGE,
	    "from_revision: the changes since then are forgotten: list again, or watch from 0");
}

static bool is_wanted(const struct watcher *w, const char *name, const struct resource_class *class)
{
	size_t n = strlen(w->parent);

	if (n && (strncmp(name, w->parent, n) != 0 || (name[n] && name[n] != '/')))
		return false;
	for (size_t i = 0; i < w->n_classes; i++)
		if (w->classes[i] == class)
			return true;
	return w->n_classes == 0;
}

/* Put the resource into the event's oneof, whose members are named as the types. */
static void set_resource(Weft__V1__WatchEvent *e, const struct resource_class *class,
			 ProtobufCMessage *msg)
{
	const ProtobufCFieldDescriptor *f = msg_field(&e->base, class->type);

	*(int *)((char *)e + f->quantifier_offset) = f->id;
	*(ProtobufCMessage **)((char *)e + f->offset) = msg;
}

static ProtobufCMessage *resource_of(const struct store_kv *kv, const struct resource_class *class)
{
	ProtobufCMessage *msg = msg_unpack(class->descriptor, kv->value, kv->size);

	if (msg && class != &address_change)
		msg_set_int64(msg, "revision", kv->mod_revision);
	return msg;
}

/* MSG is given; NULL: an event of no resource.  0, or -ENOBUFS. */
static int send_event(struct watcher *w, Weft__V1__WatchEvent__Type type, int64_t revision,
		      ProtobufCMessage *msg, const struct resource_class *class)
{
	Weft__V1__WatchEvent e = WEFT__V1__WATCH_EVENT__INIT;
	int rc;

	e.type = type;
	e.revision = revision;
	if (msg)
		set_resource(&e, class, msg);
	rc = api_send(w->call, &e.base);
	msg_free(msg);
	return rc;
}

/* False: that was the end of the watch. */
static bool send_held(struct watcher *w, int64_t revision)
{
	ProtobufCMessage *msg = w->held;

	w->held = NULL;
	if (!msg || send_event(w, w->held_type, revision, msg, w->held_class) == 0)
		return true;
	end(w, STATUS_RESOURCE_EXHAUSTED,
	    "the reader is too slow: watch again from the last revision received");
	return false;
}

static void hold(struct watcher *w, const struct store_event *event,
		 const struct resource_class *class)
{
	w->held = resource_of(&event->kv, class);
	w->held_class = class;
	w->held_type = event->kind == STORE_EVENT_DELETE ? WEFT__V1__WATCH_EVENT__TYPE__DELETED
		       : event->is_new && class != &address_change
			       ? WEFT__V1__WATCH_EVENT__TYPE__ADDED
			       : WEFT__V1__WATCH_EVENT__TYPE__MODIFIED;
}

/* The end of an address group is told by the group. */
static bool is_news(const struct store_event *event, const struct resource_class *class)
{
	return class != &address_change || event->kind == STORE_EVENT_PUT;
}

/* A transaction may change several resources, and records of ours that nobody watches.  Who
 * continues from one of its events but the last gets the rest again, rather than not. */
static void on_event(void *arg, const struct store_event *event)
{
	struct watcher *w = arg;
	const struct resource_class *class = watched_class(event->kv.key);

	if (class && is_wanted(w, event->kv.key, class) && is_news(event, class)) {
		if (!send_held(w, event->revision - 1))
			return;
		hold(w, event, class);
	}
	if (event->is_last)
		send_held(w, event->revision);
}

static void on_compacted(void *arg)
{
	struct watcher *w = arg;

	w->watch = NULL; /* ends by itself */
	too_old(w);
}

static const struct store_watch_events events = { on_event, on_compacted };

static void follow(struct watcher *w, int64_t from)
{
	w->watch = store_watch(w->model->store, w->parent, from, &events, w);
}

static bool send_existing(void *arg, const struct store_kv *kv)
{
	struct watcher *w = arg;
	const struct resource_class *class = name_class(kv->key);
	ProtobufCMessage *msg =
		class && is_wanted(w, kv->key, class) ? resource_of(kv, class) : NULL;

	if (msg && send_event(w, WEFT__V1__WATCH_EVENT__TYPE__ADDED, 0, msg, class) != 0) {
		w->is_full = true;
		return false;
	}
	snprintf(w->after, sizeof(w->after), "%s", kv->key);
	return true;
}

/* Send as much of the snapshot as the reader takes; then what changed since. */
static void send_snapshot(void *arg)
{
	struct watcher *w = arg;

	if (w->watch)
		return;
	w->is_full = false;
	if (store_list(w->model->store, w->parent, *w->after ? w->after : NULL, w->revision,
		       send_existing, w) != 0) {
		too_old(w);
		return;
	}
	if (w->is_full ||
	    send_event(w, WEFT__V1__WATCH_EVENT__TYPE__SYNCED, w->revision, NULL, NULL) != 0)
		return; /* on_ready comes */
	follow(w, w->revision);
}

static void cancelled(void *arg)
{
	watcher_free(arg);
}

static const struct resource_class *class_of_type(const char *type)
{
	REGISTRY_FOREACH (class, resource_class)
		if (strcmp((*class)->type, type) == 0)
			return *class;
	return strcmp(type, address_change.type) == 0 ? &address_change : NULL;
}

static bool is_watchable(const char *parent)
{
	return !*parent || strcmp(parent, "infrastructure") == 0 || name_class(parent);
}

static int bad_type(const char *path, const char *type, struct status *st)
{
	struct buf types = BUF_INIT;

	REGISTRY_FOREACH (class, resource_class)
		buf_printf(&types, "%s, ", (*class)->type);
	status_set(st, STATUS_INVALID_ARGUMENT, path, "%s: \"%.60s\" is none of %s%s", path, type,
		   buf_str(&types), address_change.type);
	buf_fini(&types);
	return -1;
}

static int check(const Weft__V1__WatchRequest *r, const struct store *s, struct status *st)
{
	char path[FIELD_SIZE];

	if (!is_watchable(r->parent))
		return status_set(st, STATUS_INVALID_ARGUMENT, "parent",
				  "parent: \"%.200s\" is no resource: give one as projects/acme, "
				  "infrastructure, or nothing",
				  r->parent);
	if (r->from_revision < 0 || r->from_revision > store_revision(s))
		return status_set(st, STATUS_INVALID_ARGUMENT, "from_revision",
				  "from_revision: %lld has not been yet: give 0 to %lld",
				  (long long)r->from_revision, (long long)store_revision(s));
	for (size_t i = 0; i < r->n_types; i++) {
		if (class_of_type(r->types[i]))
			continue;
		snprintf(path, sizeof(path), "types[%zu]", i);
		return bad_type(path, r->types[i], st);
	}
	return 0;
}

static void watch(struct api_call *call, const ProtobufCMessage *msg, void *ctx)
{
	const Weft__V1__WatchRequest *r = (const Weft__V1__WatchRequest *)msg;
	struct model *m = ctx;
	struct status st = STATUS_INIT;
	struct watcher *w;

	if (check(r, m->store, &st) != 0) {
		api_fail(call, &st);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->model = m;
	w->call = call;
	w->parent = xstrdup(r->parent);
	w->classes = xcalloc(MAX_OF(r->n_types, 1u), sizeof(*w->classes));
	for (; w->n_classes < r->n_types; w->n_classes++)
		w->classes[w->n_classes] = class_of_type(r->types[w->n_classes]);
	w->revision = store_revision(m->store);
	list_insert(&m->watchers, &w->node);
	api_on_cancel(call, cancelled, w);
	if (r->from_revision) {
		follow(w, r->from_revision);
		return;
	}
	api_on_ready(call, send_snapshot, w);
	send_snapshot(w);
}

void watch_serve(struct model *m, struct api_dispatch *d)
{
	static const struct api_method_handler handlers[] = { { "/weft.v1.WatchService/Watch",
								watch } };

	api_dispatch_add(d, handlers, ARRAY_LENGTH(handlers), m);
}

void watch_fini(struct model *m)
{
	struct status st = STATUS_INIT;

	status_set(&st, STATUS_UNAVAILABLE, NULL,
		   "the controller is stopping: watch again from the last revision received");
	while (!list_is_empty(&m->watchers)) {
		struct watcher *w = container_of(m->watchers.next, struct watcher, node);

		/* The store, which was closed first, has ended its watches. */
		w->watch = NULL;
		api_fail(w->call, &st);
		watcher_free(w);
	}
}
