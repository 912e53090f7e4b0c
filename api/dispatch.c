#include "api/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include "api/metrics.h"
#include "lib/hmap.h"
#include "lib/list.h"
#include "lib/log.h"

/* Upper ends of the latency histogram; the last bucket has none. */
static const double bucket_seconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
					0.05,	0.1,   0.25,   0.5,   1,    5};
#define N_BUCKETS (ARRAY_LENGTH(bucket_seconds) + 1)
#define N_CODES	  17

struct api_endpoint {
	struct hmap_node by_path;
	struct list in_order;
	const struct api_method *method;
	api_handler_fn *fn; /* NULL: not implemented */
	void *ctx;
	uint64_t n_ended[N_CODES]; /* by code */
	uint64_t n_under_way;
	uint64_t buckets[N_BUCKETS]; /* of unary calls */
	double sum_seconds;
};

struct api_dispatch {
	struct loop *loop;
	const struct api_schema *schema;
	struct hmap by_path;
	struct list endpoints;
	struct list calls;
	size_t n_calls;
	uint64_t next_id;
	struct metrics *metrics;
};

struct api_call {
	struct list in_dispatch;
	struct api_dispatch *d;
	struct api_endpoint *e;
	const struct api_door *door; /* NULL: nobody listens any more */
	void *door_arg;
	void (*cancelled)(void *arg);
	void *cancelled_arg;
	void (*ready)(void *arg);
	void *ready_arg;
	struct arena arena;
	struct timer deadline;
	uint64_t began_ns;
	uint64_t id;
	unsigned n_running; /* handlers of it on the stack */
	bool has_ended;
};

static void collect(struct metrics_out *out, void *arg);

static void add_endpoint(struct api_dispatch *d, const struct api_method *method)
{
	struct api_endpoint *e = xcalloc(1, sizeof(*e));

	e->method = method;
	hmap_insert(&d->by_path, &e->by_path, hash_string(method->path));
	list_insert(&d->endpoints, &e->in_order);
}

struct api_dispatch *api_dispatch_create(struct loop *loop, const struct api_schema *schema)
{
	struct api_dispatch *d = xcalloc(1, sizeof(*d));

	d->loop = loop;
	d->schema = schema;
	list_init(&d->endpoints);
	list_init(&d->calls);
	d->metrics = metrics_create();
	metrics_add_collector(d->metrics, collect, d);
	for (size_t i = 0; i < schema->n_services; i++) {
		for (size_t k = 0; k < schema->services[i].n_methods; k++)
			add_endpoint(d, &schema->services[i].methods[k]);
	}
	return d;
}

static void call_free(struct api_call *call)
{
	list_remove(&call->in_dispatch);
	timer_cancel(call->d->loop, &call->deadline);
	call->d->n_calls--;
	arena_clear(&call->arena);
	free(call);
}

/* Nobody will use CALL again, except handlers that are still on the stack. */
static void call_done(struct api_call *call)
{
	call->has_ended = true;
	if (call->n_running == 0)
		call_free(call);
}

static void count_end(struct api_call *call, enum status_code code)
{
	double seconds = (loop_now_ns(call->d->loop) - call->began_ns) / (double)NS_PER_SEC;
	struct api_endpoint *e = call->e;
	size_t i = 0;

	e->n_under_way--;
	e->n_ended[(unsigned)code < N_CODES ? code : STATUS_UNKNOWN]++;
	if (e->method->is_server_stream)
		return;
	while (i < ARRAY_LENGTH(bucket_seconds) && seconds > bucket_seconds[i])
		i++;
	e->buckets[i]++;
	e->sum_seconds += seconds;
}

static void log_failure(const struct api_call *call, const struct status *st)
{
	if (st->code != STATUS_INTERNAL && st->code != STATUS_UNKNOWN &&
	    st->code != STATUS_DATA_LOSS)
		return;
	log_warn("call %llu of %s failed: %s: %s", (unsigned long long)call->id,
		 call->e->method->path, status_code_name(st->code), st->message);
}

/* Tell the door, once. */
static void end_at_door(struct api_call *call, const struct status *st)
{
	const struct api_door *door = call->door;

	if (!door)
		return;
	call->door = NULL;
	timer_cancel(call->d->loop, &call->deadline);
	count_end(call, st->code);
	log_failure(call, st);
	door->end(call->door_arg, st);
}

/* The caller went: the handler is told, or, if it does not want to know, goes on alone. */
static void abandon(struct api_call *call)
{
	if (call->has_ended || !call->cancelled)
		return;
	call->n_running++;
	call->cancelled(call->cancelled_arg);
	call->n_running--;
	call_done(call);
}

static void on_deadline(struct timer *t, void *arg)
{
	struct status st = STATUS_INIT;

	(void)t;
	status_set(&st, STATUS_DEADLINE_EXCEEDED, NULL,
		   "the call took longer than its deadline allows");
	end_at_door(arg, &st);
	abandon(arg);
}

void api_dispatch_destroy(struct api_dispatch *d)
{
	struct status st = STATUS_INIT;
	struct api_endpoint *e, *next;

	if (!d)
		return;
	status_set(&st, STATUS_UNAVAILABLE, NULL, "the server is stopping: try again");
	while (!list_is_empty(&d->calls)) {
		struct api_call *call = container_of(d->calls.next, struct api_call, in_dispatch);

		end_at_door(call, &st);
		if (call->cancelled)
			call->cancelled(call->cancelled_arg);
		call_free(call);
	}
	LIST_FOREACH_SAFE (e, next, &d->endpoints, in_order) {
		list_remove(&e->in_order);
		free(e);
	}
	hmap_fini(&d->by_path);
	metrics_destroy(d->metrics);
	free(d);
}

static struct api_endpoint *find(const struct api_dispatch *d, const char *path)
{
	HMAP_FOREACH_HASH (n, &d->by_path, hash_string(path)) {
		struct api_endpoint *e = container_of(n, struct api_endpoint, by_path);

		if (strcmp(e->method->path, path) == 0)
			return e;
	}
	return NULL;
}

void api_dispatch_add(struct api_dispatch *d, const struct api_method_handler *handlers,
		      size_t n_handlers, void *ctx)
{
	for (size_t i = 0; i < n_handlers; i++) {
		struct api_endpoint *e = find(d, handlers[i].method);

		if (!e || e->fn) {
			log_error("%s: %s", handlers[i].method,
				  e ? "two handlers for one method" : "no such method in the API");
			abort();
		}
		e->fn = handlers[i].fn;
		e->ctx = ctx;
	}
}

void api_dispatch_add_method(struct api_dispatch *d, const struct api_method *method,
			     api_handler_fn *fn, void *ctx)
{
	struct api_method_handler handler = {method->path, fn};

	add_endpoint(d, method);
	api_dispatch_add(d, &handler, 1, ctx);
}

struct metrics *api_dispatch_metrics(struct api_dispatch *d)
{
	return d->metrics;
}

const struct api_endpoint *api_dispatch_find(const struct api_dispatch *d, const char *path)
{
	return find(d, path);
}

const struct api_method *api_endpoint_method(const struct api_endpoint *e)
{
	return e->method;
}

const struct api_schema *api_dispatch_schema(const struct api_dispatch *d)
{
	return d->schema;
}

struct api_call *api_call_begin(struct api_dispatch *d, const struct api_endpoint *e,
				const struct api_door *door, void *arg, uint64_t timeout_ns,
				struct status *st)
{
	struct api_call *call;

	if (d->n_calls >= API_MAX_CALLS) {
		status_set(st, STATUS_UNAVAILABLE, NULL,
			   "%d calls are under way already: try again later", API_MAX_CALLS);
		return NULL;
	}
	call = xcalloc(1, sizeof(*call));
	call->d = d;
	call->e = (struct api_endpoint *)e;
	call->door = door;
	call->door_arg = arg;
	call->began_ns = loop_now_ns(d->loop);
	call->id = ++d->next_id;
	call->e->n_under_way++;
	d->n_calls++;
	list_insert(&d->calls, &call->in_dispatch);
	timer_init(&call->deadline, on_deadline, call);
	if (timeout_ns)
		timer_arm(d->loop, &call->deadline, timeout_ns);
	return call;
}

static void run(struct api_call *call, const ProtobufCMessage *request)
{
	struct status st = STATUS_INIT;

	if (call->e->fn) {
		call->e->fn(call, request, call->e->ctx);
		return;
	}
	status_set(&st, STATUS_UNIMPLEMENTED, NULL, "%s is not served here", call->e->method->path);
	api_fail(call, &st);
}

void api_call_request(struct api_call *call, const ProtobufCMessage *request)
{
	call->n_running++;
	run(call, request);
	if (--call->n_running == 0 && call->has_ended)
		call_free(call);
}

void api_call_cancel(struct api_call *call)
{
	if (!call->door)
		return;
	call->door = NULL;
	timer_cancel(call->d->loop, &call->deadline);
	count_end(call, STATUS_CANCELLED);
	abandon(call);
}

void api_call_ready(struct api_call *call)
{
	if (call->has_ended || !call->ready)
		return;
	call->n_running++;
	call->ready(call->ready_arg);
	if (--call->n_running == 0 && call->has_ended)
		call_free(call);
}

uint64_t api_call_id(const struct api_call *call)
{
	return call->id;
}

struct arena *api_arena(struct api_call *call)
{
	return &call->arena;
}

const struct api_method *api_method_of(const struct api_call *call)
{
	return call->e->method;
}

void api_fail(struct api_call *call, const struct status *st)
{
	if (call->has_ended)
		return;
	end_at_door(call, st);
	call_done(call);
}

void api_finish(struct api_call *call)
{
	api_fail(call, &STATUS_INIT);
}

int api_send(struct api_call *call, const ProtobufCMessage *response)
{
	return call->door ? call->door->send(call->door_arg, response) : 0;
}

void api_reply(struct api_call *call, const ProtobufCMessage *response)
{
	api_send(call, response);
	api_finish(call);
}

void api_on_cancel(struct api_call *call, void (*cancelled)(void *arg), void *arg)
{
	call->cancelled = cancelled;
	call->cancelled_arg = arg;
}

void api_on_ready(struct api_call *call, void (*ready)(void *arg), void *arg)
{
	call->ready = ready;
	call->ready_arg = arg;
}

static void collect_latency(struct metrics_out *out, const struct api_endpoint *e)
{
	const char *method = e->method->path + 1;
	uint64_t n = 0;
	char le[32];

	for (size_t i = 0; i < N_BUCKETS; i++) {
		n += e->buckets[i];
		if (i < ARRAY_LENGTH(bucket_seconds))
			snprintf(le, sizeof(le), "%g", bucket_seconds[i]);
		else
			snprintf(le, sizeof(le), "+Inf");
		metrics_sample(out, "_bucket", n, "method", method, "le", le, NULL);
	}
	metrics_sample(out, "_sum", e->sum_seconds, "method", method, NULL);
	metrics_sample(out, "_count", n, "method", method, NULL);
}

static void collect(struct metrics_out *out, void *arg)
{
	struct api_dispatch *d = arg;
	struct api_endpoint *e;

	metrics_family(out, "weft_api_calls_total", METRIC_COUNTER, "Calls that ended, by result.");
	LIST_FOREACH (e, &d->endpoints, in_order) {
		for (size_t code = 0; code < N_CODES; code++) {
			if (e->n_ended[code])
				metrics_sample(out, "", e->n_ended[code], "method",
					       e->method->path + 1, "code", status_code_name(code),
					       NULL);
		}
	}
	metrics_family(out, "weft_api_calls_under_way", METRIC_GAUGE, "Calls not ended yet.");
	LIST_FOREACH (e, &d->endpoints, in_order)
		metrics_sample(out, "", e->n_under_way, "method", e->method->path + 1, NULL);
	metrics_family(out, "weft_api_call_seconds", METRIC_HISTOGRAM,
		       "Time from request to reply of calls that do not stream.");
	LIST_FOREACH (e, &d->endpoints, in_order) {
		if (!e->method->is_server_stream && e->n_ended[STATUS_OK])
			collect_latency(out, e);
	}
}
