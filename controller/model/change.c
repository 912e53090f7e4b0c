#include <assert.h>
#include <stdlib.h>
#include "controller/model/model_priv.h"
#include "controller/model/view.h"

/* Changes on their way: heads move when a change is committed, committed states when it is
 * durable. */

#define MAX_EDITS 32
#define ID_BLOCK  1024

struct edit {
	struct resource *r;
	ProtobufCMessage *msg; /* NULL: deleted */
};

struct key_put {
	char *key;
	void *value;
	size_t size;
	bool is_deletion;
};

struct change {
	struct list node; /* in model.in_flight */
	struct model *model;
	struct edit edits[MAX_EDITS];
	size_t n_edits;
	struct key_put *keys;
	size_t n_keys, keys_capacity;
	const struct change_part *part; /* NULL: resources only */
	void *part_arg;
	uint32_t reserved_id; /* 0: none reserved here */
	bool is_rolled_back;
	change_done_fn *done;
	void *arg;
};

struct change *change_begin(struct model *m)
{
	struct change *c = xcalloc(1, sizeof(*c));

	c->model = m;
	list_init(&c->node);
	return c;
}

struct resource *change_put(struct change *c, const struct resource_class *class, const char *name,
			    ProtobufCMessage *msg)
{
	struct resource *r = model_find_head(c->model, name);

	assert(c->n_edits < MAX_EDITS);
	if (!r)
		r = resource_create(c->model, class, name, resource_id_of(msg));
	r->n_in_flight++;
	c->edits[c->n_edits++] = (struct edit){ r, msg };
	return r;
}

void change_delete(struct change *c, struct resource *r)
{
	assert(c->n_edits < MAX_EDITS);
	r->n_in_flight++;
	c->edits[c->n_edits++] = (struct edit){ r, NULL };
}

static void add_key(struct change *c, struct key_put key)
{
	if (c->n_keys == c->keys_capacity) {
		c->keys_capacity = MAX_OF(c->keys_capacity * 2, 4u);
		c->keys = xrealloc(c->keys, c->keys_capacity * sizeof(*c->keys));
	}
	c->keys[c->n_keys++] = key;
}

void change_put_key(struct change *c, const char *key, const void *value, size_t size)
{
	add_key(c, (struct key_put){ xstrdup(key), xmemdup(value, size), size, false });
}

void change_delete_key(struct change *c, const char *key)
{
	add_key(c, (struct key_put){ .key = xstrdup(key), .is_deletion = true });
}

void change_set_part(struct change *c, const struct change_part *part, void *arg)
{
	assert(!c->part);
	c->part = part;
	c->part_arg = arg;
}

/* Ids are reserved in blocks, so that one that was given away is not given again, whatever of
 * it became durable. */
static void reserve_ids(struct change *c)
{
	struct model *m = c->model;
	uint8_t value[4];

	if (m->next_id < m->reserved_id)
		return;
	m->reserved_id = m->next_id > UINT32_MAX - ID_BLOCK ? ID_BLOCK : m->next_id + ID_BLOCK;
	c->reserved_id = m->reserved_id;
	store_be32(value, m->reserved_id);
	change_put_key(c, ID_KEY, value, sizeof(value));
}

static void change_free(struct change *c)
{
	list_remove(&c->node);
	for (size_t i = 0; i < c->n_keys; i++) {
		free(c->keys[i].key);
		free(c->keys[i].value);
	}
	free(c->keys);
	free(c);
}

/* All that is not durable is lost: heads are what is committed. */
static void roll_back_all(struct model *m)
{
	/* Newest first: what is used is back before its users are. */
	for (struct list *at = m->in_flight.prev; at != &m->in_flight; at = at->prev) {
		struct change *c = container_of(at, struct change, node);

		for (size_t i = c->n_edits; i-- > 0;)
			resource_set_head(m, c->edits[i].r, c->edits[i].r->committed.msg);
		if (c->part)
			c->part->lost(c->part_arg);
		c->is_rolled_back = true;
	}
	m->reserved_id = m->durable_reserved_id;
}

static void apply(struct change *c, int64_t revision)
{
	for (size_t i = 0; i < c->n_edits; i++) {
		struct edit *e = &c->edits[i];

		e->r->n_in_flight--;
		resource_commit(c->model, e->r, e->msg, revision);
	}
	if (c->part)
		c->part->applied(c->part_arg);
	if (c->reserved_id)
		c->model->durable_reserved_id = c->reserved_id;
}

static void drop(struct change *c)
{
	for (size_t i = 0; i < c->n_edits; i++) {
		struct edit *e = &c->edits[i];

		e->r->n_in_flight--;
		msg_free(e->msg);
		resource_free_if_gone(c->model, e->r);
	}
}

static void on_done(void *arg, const struct store_result *result)
{
	struct change *c = arg;
	change_done_fn *done = c->done;
	void *done_arg = c->arg;
	struct status st = result->status;

	if (status_ok(&st)) {
		assert(!c->is_rolled_back);
		apply(c, result->revision);
	} else {
		if (!c->is_rolled_back)
			roll_back_all(c->model);
		drop(c);
	}
	change_free(c);
	done(done_arg, &st);
}

/* There is no store any more; the heads were not touched. */
static void refuse(struct change *c)
{
	struct store_result result = { .status = STATUS_INIT };

	status_set(&result.status, STATUS_UNAVAILABLE, NULL, "the controller is stopping");
	if (c->part)
		c->part->lost(c->part_arg);
	c->is_rolled_back = true;
	on_done(c, &result);
}

void change_commit(struct change *c, change_done_fn *done, void *arg)
{
	struct model *m = c->model;
	struct buf values[MAX_EDITS];
	struct store_op *ops;
	struct store_txn txn = { 0 };

	c->done = done;
	c->arg = arg;
	list_insert(&m->in_flight, &c->node);
	if (m->is_stopping) {
		refuse(c);
		return;
	}
	reserve_ids(c);
	txn.then = ops = xcalloc(c->n_edits + c->n_keys, sizeof(*ops));
	for (size_t i = 0; i < c->n_edits; i++) {
		struct edit *e = &c->edits[i];

		values[i] = BUF_INIT;
		resource_set_head(m, e->r, e->msg);
		if (e->msg) {
			msg_set_int64(e->msg, "revision", 0);
			msg_pack(e->msg, &values[i]);
		}
		ops[txn.n_then++] = (struct store_op){ e->msg ? STORE_PUT : STORE_DELETE,
						       e->r->name, values[i].data, values[i].size };
	}
	for (size_t i = 0; i < c->n_keys; i++)
		ops[txn.n_then++] =
			(struct store_op){ c->keys[i].is_deletion ? STORE_DELETE : STORE_PUT,
					   c->keys[i].key, c->keys[i].value, c->keys[i].size };
	store_txn(m->store, &txn, on_done, c);
	for (size_t i = 0; i < c->n_edits; i++)
		buf_fini(&values[i]);
	free(ops);
}
