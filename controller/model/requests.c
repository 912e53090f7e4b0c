#include "controller/model/requests.h"

#include <stdio.h>
#include <stdlib.h>

#define PREFIX	     "requests/"
#define MAX_REQUESTS 20000
#define REMEMBER_S   (2 * 3600)
#define SWEEP_NS     (60 * NS_PER_SEC)
#define SWEEP_MAX    100 /* of a transaction */

/* A call with the id of one that is at work. */
struct waiter {
	struct list node;
	struct api_call *call;
};

struct request {
	struct hmap_node node;
	char *key;
	uint64_t hash;				/* of the call */
	int64_t expiry_s;			/* wall clock */
	const ProtobufCMessageDescriptor *type; /* of the answer */
	struct buf answer;
	int64_t revision;
	bool is_pending;
	struct list waiters;
};

static int64_t wall_s(const struct model *m)
{
	return loop_wall_ns(m->loop) / (int64_t)NS_PER_SEC;
}

/* FNV-1a: the same in each life of the program. */
static uint64_t hash_message(const ProtobufCMessage *msg)
{
	struct buf data = BUF_INIT;
	uint64_t h = 0xcbf29ce484222325;

	msg_pack(msg, &data);
	for (size_t i = 0; i < data.size; i++)
		h = (h ^ data.data[i]) * 0x100000001b3;
	buf_fini(&data);
	return h;
}

static struct request *find(const struct model *m, const char *key)
{
	HMAP_FOREACH_HASH (n, &m->requests, hash_string(key)) {
		struct request *r = container_of(n, struct request, node);

		if (strcmp(r->key, key) == 0)
			return r;
	}
	return NULL;
}

static struct request *request_create(struct model *m, const char *key)
{
	struct request *r = xcalloc(1, sizeof(*r));

	r->key = xstrdup(key);
	list_init(&r->waiters);
	hmap_insert(&m->requests, &r->node, hash_string(key));
	m->n_requests++;
	return r;
}

static void request_destroy(struct model *m, struct request *r)
{
	hmap_remove(&m->requests, &r->node);
	m->n_requests--;
	buf_fini(&r->answer);
	free(r->key);
	free(r);
}

static void reply(const struct request *r, struct api_call *call)
{
	ProtobufCMessage *answer = msg_unpack(r->type, r->answer.data, r->answer.size);
	struct status st = STATUS_INIT;

	if (!answer) {
		status_set(&st, STATUS_DATA_LOSS, "request_id",
			   "request_id: the first answer cannot be read: use a new id");
		api_fail(call, &st);
		return;
	}
	if (msg_field(answer, "revision"))
		msg_set_int64(answer, "revision", r->revision);
	api_reply(call, answer);
	msg_free(answer);
}

static void wait_for(struct request *r, struct api_call *call)
{
	struct waiter *w = arena_alloc(api_arena(call), sizeof(*w));

	w->call = call;
	list_insert(&r->waiters, &w->node);
}

static int check_id(const char *id, struct status *st)
{
	size_t n = 0;

	while (id[n] > ' ' && id[n] <= '~' && id[n] != '/')
		n++;
	if (!id[n] && n <= 64)
		return 0;
	return status_set(
		st, STATUS_INVALID_ARGUMENT, "request_id",
		"request_id: give 1 to 64 visible ASCII characters without '/', such as a UUID");
}

int request_begin(struct model *m, struct api_call *call, const ProtobufCMessage *msg,
		  const ProtobufCMessageDescriptor *answer_type, struct request **request,
		  struct status *st)
{
	const char *id = msg_text(msg, "request_id");
	char key[256 + sizeof(PREFIX)];
	struct request *r;
	uint64_t hash;

	*request = NULL;
	if (!id || !*id || msg_flag(msg, "validate_only"))
		return 0;
	if (check_id(id, st) != 0)
		return -1;
	snprintf(key, sizeof(key), PREFIX "%s%s", id, api_method_of(call)->path);
	hash = hash_message(msg);
	r = find(m, key);
	if (r && r->hash != hash)
		return status_set(st, STATUS_INVALID_ARGUMENT, "request_id",
				  "request_id: \"%s\" was used for another call: use a new id", id);
	if (r && r->is_pending) {
		wait_for(r, call);
		return 1;
	}
	if (r) {
		r->type = answer_type;
		reply(r, call);
		return 1;
	}
	if (m->n_requests >= MAX_REQUESTS)
		return status_set(
			st, STATUS_RESOURCE_EXHAUSTED, "request_id",
			"request_id: %d calls with ids in the last hours: try later, or without",
			MAX_REQUESTS);
	r = request_create(m, key);
	r->hash = hash;
	r->type = answer_type;
	r->is_pending = true;
	*request = r;
	return 0;
}

void request_record(struct model *m, struct request *r, struct change *c,
		    const ProtobufCMessage *answer)
{
	struct buf value = BUF_INIT;

	if (!r)
		return;
	r->expiry_s = wall_s(m) + REMEMBER_S;
	msg_pack(answer, &r->answer);
	buf_be64(&value, r->expiry_s);
	buf_be64(&value, r->hash);
	buf_add(&value, r->answer.data, r->answer.size);
	change_put_key(c, r->key, value.data, value.size);
	buf_fini(&value);
}

void request_answered(struct model *m, struct request *r, int64_t revision)
{
	if (!r)
		return;
	r->is_pending = false;
	r->revision = revision;
	while (!list_is_empty(&r->waiters)) {
		struct waiter *w = container_of(r->waiters.next, struct waiter, node);

		list_remove(&w->node);
		reply(r, w->call);
	}
	if (!timer_is_armed(&m->request_timer))
		timer_arm(m->loop, &m->request_timer, SWEEP_NS);
}

void request_failed(struct model *m, struct request *r, const struct status *st)
{
	if (!r)
		return;
	while (!list_is_empty(&r->waiters)) {
		struct waiter *w = container_of(r->waiters.next, struct waiter, node);

		list_remove(&w->node);
		api_fail(w->call, st);
	}
	request_destroy(m, r);
}

static void swept(void *arg, const struct store_result *result)
{
	(void)arg, (void)result; /* what is left in the store is swept in the next life */
}

static void sweep(struct timer *t, void *arg)
{
	struct store_op ops[SWEEP_MAX];
	struct store_txn txn = { .then = ops };
	struct request *gone[SWEEP_MAX];
	struct model *m = arg;
	int64_t now = wall_s(m);

	HMAP_FOREACH (n, &m->requests) {
		struct request *r = container_of(n, struct request, node);

		if (r->is_pending || r->expiry_s > now || txn.n_then == SWEEP_MAX)
			continue;
		gone[txn.n_then] = r;
		ops[txn.n_then++] = (struct store_op){ STORE_DELETE, r->key };
	}
	if (txn.n_then)
		store_txn(m->store, &txn, swept, NULL);
	for (size_t i = 0; i < txn.n_then; i++)
		request_destroy(m, gone[i]);
	if (m->n_requests)
		timer_arm(m->loop, t, txn.n_then == SWEEP_MAX ? NS_PER_SEC : SWEEP_NS);
}

static bool load(void *arg, const struct store_kv *kv)
{
	struct model *m = arg;
	struct request *r;

	if (kv->size < 16)
		return true;
	r = request_create(m, kv->key);
	r->expiry_s = load_be64(kv->value);
	r->hash = load_be64(kv->value + 8);
	buf_add(&r->answer, kv->value + 16, kv->size - 16);
	r->revision = kv->mod_revision;
	return true;
}

void requests_load(struct model *m)
{
	timer_init(&m->request_timer, sweep, m);
	store_list(m->store, PREFIX, NULL, 0, load, m);
	if (m->n_requests)
		timer_arm(m->loop, &m->request_timer, SWEEP_NS);
}

void requests_fini(struct model *m)
{
	timer_cancel(m->loop, &m->request_timer);
	HMAP_FOREACH_SAFE (n, &m->requests)
		request_destroy(m, container_of(n, struct request, node));
	hmap_fini(&m->requests);
}
