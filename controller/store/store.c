#include "controller/store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "controller/store/mvcc.h"
#include "lib/buf.h"
#include "lib/list.h"

/* Transactions are evaluated when they are called, against the newest versions in memory, and
 * get their revision then; the back-end makes them durable in that order; then they are shown to
 * readers and acknowledged.  If the back-end fails, everything that is not durable is rolled back
 * at once. */

#define DEFAULT_HISTORY	  10000
#define MAX_HISTORY_BYTES (64u << 20)
#define EVENTS_PER_TURN	  512

struct pending {
	struct pending *next;
	store_done_fn *done;
	void *arg;
	struct store_result result;
	bool is_written; /* the back-end will report it */
	size_t n_forgotten;
};

struct store_watch {
	struct list node;
	struct store *store;
	char *prefix;
	int64_t revision; /* all up to here was sent */
	const struct store_watch_events *events;
	void *arg;
	bool is_over;
};

struct store {
	struct loop *loop;
	struct store_backend *backend;
	struct mvcc mvcc;
	struct timer timer; /* acknowledges what was not written, serves watches */
	struct pending *first, **end;
	size_t n_durable; /* of the oldest pending that are written */
	struct list watches;
	bool is_pumping, is_acknowledging, is_closing;
	uint32_t n_history;
	/* Versions to delete with the next batch; the first n_forgetting are on their way. */
	struct store_record *forgotten;
	size_t n_forgotten, n_forgetting, forgotten_capacity;
};

static void on_timer(struct timer *t, void *arg);
static void on_durable(void *arg, size_t n);
static void on_failed(void *arg, const struct status *why);

static void load_record(void *arg, const struct store_record *r)
{
	struct store *s = arg;

	mvcc_append(&s->mvcc, r);
}

static void load_position(void *arg, int64_t revision, int64_t compacted)
{
	struct store *s = arg;

	mvcc_position(&s->mvcc, revision, compacted);
}

static const struct store_class *find_class(const char *uri, size_t length)
{
	REGISTRY_FOREACH (class, store_class)
		if (strlen((*class)->scheme) == length &&
		    strncmp((*class)->scheme, uri, length) == 0)
			return *class;
	return NULL;
}

static void name_schemes(struct buf *out)
{
	REGISTRY_FOREACH (class, store_class)
		buf_printf(out, "%s%s:", out->size ? ", " : "", (*class)->scheme);
}

struct store *store_open(const char *uri, struct loop *loop, const struct store_options *options,
			 struct status *st)
{
	const char *colon = strchr(uri, ':');
	const struct store_class *class = colon ? find_class(uri, colon - uri) : NULL;
	struct store_loader loader = { load_record, load_position, NULL };
	struct store *s;

	if (!class) {
		struct buf schemes = BUF_INIT;

		name_schemes(&schemes);
		status_set(st, STATUS_INVALID_ARGUMENT, "store",
			   "store %s: no such kind of store; give KIND:PATH with KIND one of %s",
			   uri, buf_str(&schemes));
		buf_fini(&schemes);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->loop = loop;
	s->end = &s->first;
	s->n_history = options && options->n_history ? options->n_history : DEFAULT_HISTORY;
	list_init(&s->watches);
	timer_init(&s->timer, on_timer, s);
	mvcc_init(&s->mvcc);
	loader.arg = s;
	s->backend = class->open(colon + 1, loop, &loader, st);
	if (!s->backend) {
		mvcc_fini(&s->mvcc);
		free(s);
		return NULL;
	}
	s->backend->class = class;
	s->backend->durable = on_durable;
	s->backend->failed = on_failed;
	s->backend->arg = s;
	return s;
}

static void end_watch(struct store_watch *w)
{
	list_remove(&w->node);
	free(w->prefix);
	free(w);
}

static void acknowledge(struct store *s);

void store_close(struct store *s)
{
	if (!s)
		return;
	acknowledge(s);
	s->is_closing = true;
	s->backend->class->close(s->backend);
	acknowledge(s);
	assert(!s->first);
	while (!list_is_empty(&s->watches))
		end_watch(container_of(s->watches.next, struct store_watch, node));
	timer_cancel(s->loop, &s->timer);
	mvcc_fini(&s->mvcc);
	free(s->forgotten);
	free(s);
}

int64_t store_revision(const struct store *s)
{
	return s->mvcc.visible;
}

int64_t store_oldest(const struct store *s)
{
	return s->mvcc.compacted;
}

static struct store_kv kv_of(const struct mvcc_version *v)
{
	return (struct store_kv){ v->key->text, v->value, v->size, v->create_revision,
				  v->revision };
}

bool store_get(struct store *s, const char *key, int64_t at, struct store_kv *kv)
{
	const struct mvcc_version *v;

	if (at == 0)
		at = s->mvcc.visible;
	if (at < s->mvcc.compacted || at > s->mvcc.visible)
		return false;
	v = mvcc_get(&s->mvcc, key, at);
	if (v)
		*kv = kv_of(v);
	return v != NULL;
}

int store_list(struct store *s, const char *prefix, const char *after, int64_t at,
	       store_each_fn *each, void *arg)
{
	if (at == 0)
		at = s->mvcc.visible;
	if (at > s->mvcc.visible)
		return -EINVAL;
	if (at < s->mvcc.compacted)
		return -ESTALE;
	for (const struct mvcc_key *k = mvcc_first(&s->mvcc, prefix, after); k;
	     k = mvcc_next(k, prefix)) {
		const struct mvcc_version *v = mvcc_at(k, at);
		struct store_kv kv;

		if (!v)
			continue;
		kv = kv_of(v);
		if (!each(arg, &kv))
			break;
	}
	return 0;
}

/* Transactions. */

static bool holds(const struct mvcc *m, const struct store_compare *c)
{
	const struct mvcc_version *v = mvcc_get(m, c->key, m->head);

	switch (c->kind) {
	case STORE_IS_ABSENT:
		return !v;
	case STORE_IS_PRESENT:
		return v;
	case STORE_MOD_REVISION:
		return v && v->revision == c->revision;
	}
	return false;
}

static bool all_hold(const struct mvcc *m, const struct store_txn *txn)
{
	for (size_t i = 0; i < txn->n_compares; i++)
		if (!holds(m, &txn->compares[i]))
			return false;
	return true;
}

static int check_ops(const struct store_op *ops, size_t n_ops, struct status *st)
{
	size_t n_bytes = 0;

	if (n_ops > STORE_MAX_OPS)
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
				  "a transaction of %zu operations: at most %d are allowed", n_ops,
				  STORE_MAX_OPS);
	for (size_t i = 0; i < n_ops; i++) {
		size_t key_size = strlen(ops[i].key);

		if (key_size == 0 || key_size > STORE_MAX_KEY)
			return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
					  "a key of %zu bytes: 1 to %d are allowed", key_size,
					  STORE_MAX_KEY);
		n_bytes += key_size + (ops[i].kind == STORE_PUT ? ops[i].size : 0);
		if (n_bytes > STORE_MAX_TXN)
			return status_set(st, STATUS_INVALID_ARGUMENT, NULL,
					  "a transaction of more than %u bytes", STORE_MAX_TXN);
	}
	return 0;
}

/* Write OPS as the next revision; returns the number of records, which are in RECORDS. */
static size_t apply(struct store *s, const struct store_op *ops, size_t n_ops,
		    struct store_record *records)
{
	int64_t revision = s->mvcc.head + 1;
	size_t n = 0;

	for (size_t i = 0; i < n_ops; i++) {
		const struct mvcc_version *v = mvcc_get(&s->mvcc, ops[i].key, revision);
		bool is_put = ops[i].kind == STORE_PUT;

		if (!is_put && !v)
			continue;
		records[n] = (struct store_record){
			.revision = revision,
			.seq = n,
			.create_revision = v ? v->create_revision : revision,
			.is_deleted = !is_put,
			.key = ops[i].key,
			.value = is_put ? ops[i].value : NULL,
			.size = is_put ? ops[i].size : 0,
		};
		mvcc_append(&s->mvcc, &records[n++]);
	}
	return n;
}

static void append(struct store *s, struct pending *p, const struct store_record *records,
		   size_t n_records)
{
	struct store_batch batch = {
		.revision = s->mvcc.head,
		.compacted = s->mvcc.compacted,
		.records = records,
		.n_records = n_records,
		.forgotten = s->forgotten + s->n_forgetting,
		.n_forgotten = s->n_forgotten - s->n_forgetting,
	};

	p->is_written = true;
	p->result.revision = s->mvcc.head;
	p->n_forgotten = batch.n_forgotten;
	s->n_forgetting = s->n_forgotten;
	s->backend->class->append(s->backend, &batch);
}

void store_txn(struct store *s, const struct store_txn *txn, store_done_fn *done, void *arg)
{
	struct store_record records[STORE_MAX_OPS];
	struct pending *p = xcalloc(1, sizeof(*p));
	size_t n_records = 0;

	p->done = done;
	p->arg = arg;
	*s->end = p;
	s->end = &p->next;
	if (s->is_closing) {
		status_set(&p->result.status, STATUS_UNAVAILABLE, NULL,
			   "the controller is stopping: repeat the call when it is back");
	} else if (check_ops(txn->then, txn->n_then, &p->result.status) == 0 &&
		   check_ops(txn->orelse, txn->n_orelse, &p->result.status) == 0) {
		p->result.compared = all_hold(&s->mvcc, txn);
		n_records = p->result.compared ? apply(s, txn->then, txn->n_then, records)
					       : apply(s, txn->orelse, txn->n_orelse, records);
	}
	if (n_records)
		append(s, p, records, n_records);
	else
		timer_arm(s->loop, &s->timer, 0);
}

static struct pending *take_first(struct store *s)
{
	struct pending *p = s->first;

	s->first = p->next;
	if (!s->first)
		s->end = &s->first;
	return p;
}

/* Report the oldest pending as far as they are durable or have written nothing. */
static void acknowledge(struct store *s)
{
	/* A callback may come back here; order is kept by the one that is at work. */
	if (s->is_acknowledging)
		return;
	s->is_acknowledging = true;
	while (s->first && (!s->first->is_written || s->n_durable)) {
		struct pending *p = take_first(s);

		if (p->is_written) {
			s->n_durable--;
			mvcc_show(&s->mvcc, p->result.revision);
		} else if (p->result.revision == 0) {
			p->result.revision = s->mvcc.visible;
		}
		p->done(p->arg, &p->result);
		free(p);
	}
	s->is_acknowledging = false;
}

static void forget(void *arg, const struct mvcc_version *v)
{
	struct store *s = arg;

	if (s->n_forgotten == s->forgotten_capacity) {
		s->forgotten_capacity = MAX_OF(s->forgotten_capacity * 2, 64u);
		s->forgotten =
			xrealloc(s->forgotten, s->forgotten_capacity * sizeof(*s->forgotten));
	}
	s->forgotten[s->n_forgotten++] =
		(struct store_record){ .revision = v->revision, .seq = v->seq };
}

void store_compact(struct store *s, int64_t revision)
{
	mvcc_compact(&s->mvcc, revision, forget, s);
}

/* In steps of a tenth, so that it is not done at every transaction. */
static void bound_history(struct store *s)
{
	int64_t n = s->mvcc.visible - s->mvcc.compacted;

	if (n > s->n_history + s->n_history / 10)
		store_compact(s, s->mvcc.visible - s->n_history);
	while (s->mvcc.log_bytes > MAX_HISTORY_BYTES && s->mvcc.compacted < s->mvcc.visible)
		store_compact(s, s->mvcc.compacted +
					 MAX_OF((s->mvcc.visible - s->mvcc.compacted) / 10, 1));
}

/* The oldest N forgotten need not be told to the back-end again. */
static void drop_forgotten(struct store *s, size_t n)
{
	s->n_forgotten -= n;
	s->n_forgetting -= n;
	memmove(s->forgotten, s->forgotten + n, s->n_forgotten * sizeof(*s->forgotten));
}

static void on_durable(void *arg, size_t n)
{
	struct store *s = arg;
	size_t left = n, n_forgotten = 0;

	for (struct pending *p = s->first; p && left; p = p->next) {
		if (!p->is_written)
			continue;
		n_forgotten += p->n_forgotten;
		left--;
	}
	if (n_forgotten)
		drop_forgotten(s, n_forgotten);
	s->n_durable += n;
	acknowledge(s);
	bound_history(s);
	if (!list_is_empty(&s->watches))
		timer_arm(s->loop, &s->timer, 0);
}

static void on_failed(void *arg, const struct status *why)
{
	struct store *s = arg;
	struct pending *p = s->first, *next;

	assert(s->n_durable == 0);
	mvcc_rollback(&s->mvcc);
	s->n_forgetting = 0;
	s->first = NULL;
	s->end = &s->first;
	for (; p; p = next) {
		next = p->next;
		/* What wrote nothing may have compared with what is lost. */
		if (status_ok(&p->result.status))
			p->result = (struct store_result){ .status = *why };
		p->done(p->arg, &p->result);
		free(p);
	}
}

/* Watches. */

static struct store_event event_of(const struct mvcc_version *v)
{
	struct store_event e = { .revision = v->revision };

	if (v->is_deleted) {
		e.kind = STORE_EVENT_DELETE;
		e.kv = kv_of(v->older);
	} else {
		e.kind = STORE_EVENT_PUT;
		e.kv = kv_of(v);
		e.is_new = v->create_revision == v->revision && (!v->older || v->older->is_deleted);
	}
	return e;
}

static bool is_for(const struct store_watch *w, const struct mvcc_version *v)
{
	return strncmp(v->key->text, w->prefix, strlen(w->prefix)) == 0;
}

/* Send the revision that begins at I in the log; returns where the next begins. */
static size_t send_revision(struct store_watch *w, size_t i)
{
	const struct mvcc *m = &w->store->mvcc;
	size_t end = i, last;

	w->revision = mvcc_log_at(m, i)->revision;
	while (end < mvcc_log_length(m) && mvcc_log_at(m, end)->revision == w->revision)
		end++;
	for (last = end; last > i && !is_for(w, mvcc_log_at(m, last - 1)); last--)
		;
	for (; i < last && !w->is_over; i++) {
		struct store_event e;

		if (!is_for(w, mvcc_log_at(m, i)))
			continue;
		e = event_of(mvcc_log_at(m, i));
		e.is_last = i + 1 == last;
		w->events->event(w->arg, &e);
	}
	return end;
}

/* Returns whether there is more for W. */
static bool serve(struct store_watch *w)
{
	struct store *s = w->store;
	size_t i, n = 0;

	if (w->revision < s->mvcc.compacted) {
		w->events->compacted(w->arg);
		w->is_over = true;
		return false;
	}
	i = mvcc_log_after(&s->mvcc, w->revision);
	while (!w->is_over && i < mvcc_log_length(&s->mvcc) &&
	       mvcc_log_at(&s->mvcc, i)->revision <= s->mvcc.visible) {
		if (n++ == EVENTS_PER_TURN)
			return true;
		i = send_revision(w, i);
	}
	if (!w->is_over)
		w->revision = MAX_OF(w->revision, s->mvcc.visible);
	return false;
}

static void pump(struct store *s)
{
	struct store_watch *w, *next;
	bool is_more = false;

	s->is_pumping = true;
	LIST_FOREACH (w, &s->watches, node)
		if (!w->is_over)
			is_more |= serve(w);
	s->is_pumping = false;
	LIST_FOREACH_SAFE (w, next, &s->watches, node)
		if (w->is_over)
			end_watch(w);
	if (is_more)
		timer_arm(s->loop, &s->timer, 0);
}

static void on_timer(struct timer *t, void *arg)
{
	struct store *s = arg;

	(void)t;
	acknowledge(s);
	pump(s);
}

struct store_watch *store_watch(struct store *s, const char *prefix, int64_t from,
				const struct store_watch_events *events, void *arg)
{
	struct store_watch *w = xcalloc(1, sizeof(*w));

	w->store = s;
	w->prefix = xstrdup(prefix);
	w->revision = from;
	w->events = events;
	w->arg = arg;
	list_insert(&s->watches, &w->node);
	timer_arm(s->loop, &s->timer, 0);
	return w;
}

void store_watch_cancel(struct store_watch *w)
{
	if (!w)
		return;
	w->is_over = true;
	if (!w->store->is_pumping)
		end_watch(w);
}
