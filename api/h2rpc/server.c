#include "api/h2rpc/server.h"

#include <stdlib.h>
#include "api/h2rpc/server_priv.h"
#include "api/metrics.h"
#include "lib/log.h"
#include "lib/stream_uv.h"

static void on_accept(void *arg, struct stream *stream)
{
	rpc_server_take(arg, stream);
}

static void collect(struct metrics_out *out, void *arg)
{
	struct rpc_server *s = arg;

	metrics_family(out, "weft_grpc_connections", METRIC_GAUGE, "Open gRPC connections.");
	metrics_sample(out, "", s->n_connections, NULL);
	metrics_family(out, "weft_grpc_bytes", METRIC_GAUGE,
		       "Held in memory: requests not whole yet, responses not taken yet.");
	metrics_sample(out, "", s->n_request_bytes, "of", "requests", NULL);
	metrics_sample(out, "", s->n_unread_bytes, "of", "responses", NULL);
	metrics_family(out, "weft_grpc_connections_total", METRIC_COUNTER,
		       "gRPC connections, by what became of them at first.");
	metrics_sample(out, "", s->n_accepted, "result", "accepted", NULL);
	metrics_sample(out, "", s->n_refused, "result", "refused", NULL);
}

struct rpc_server *rpc_server_create(struct loop *loop, struct api_dispatch *d,
				     const struct addr *addr, const char *field, struct status *st)
{
	struct rpc_server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->dispatch = d;
	list_init(&s->connections);
	if (addr) {
		s->listener = stream_listen(loop, addr, field, on_accept, s, st);
		if (!s->listener) {
			free(s);
			return NULL;
		}
	}
	metrics_add_collector(api_dispatch_metrics(d), collect, s);
	return s;
}

void rpc_server_take(struct rpc_server *s, struct stream *stream)
{
	if (s->is_draining || s->n_connections >= MAX_CONNECTIONS) {
		s->n_refused++;
		log_warn("gRPC client %s refused: %s", stream->peer,
			 s->is_draining ? "the server is stopping" : "too many connections");
		stream_close(stream);
		return;
	}
	s->n_accepted++;
	rpc_conn_create(s, stream);
}

static bool is_idle(const struct rpc_server *s)
{
	struct rpc_conn *c;

	LIST_FOREACH (c, &s->connections, in_server) {
		if (!list_is_empty(&c->calls))
			return false;
	}
	return true;
}

#define DRAIN_LOOK_NS (10 * NS_PER_MS)

static void on_drain(struct timer *t, void *arg)
{
	struct rpc_server *s = arg;

	if (!is_idle(s) && loop_now_ns(s->loop) < s->drain_until_ns) {
		timer_arm(s->loop, t, DRAIN_LOOK_NS);
		return;
	}
	s->drained(s->drained_arg);
}

void rpc_server_drain(struct rpc_server *s, uint64_t in_ns, void (*done)(void *arg), void *arg)
{
	struct rpc_conn *c;

	s->is_draining = true;
	s->drained = done;
	s->drained_arg = arg;
	s->drain_until_ns = loop_now_ns(s->loop) + in_ns;
	stream_listener_close(s->listener);
	s->listener = NULL;
	LIST_FOREACH (c, &s->connections, in_server)
		rpc_conn_go_away(c);
	timer_init(&s->drain, on_drain, s);
	timer_arm(s->loop, &s->drain, 0);
}

void rpc_server_destroy(struct rpc_server *s)
{
	struct rpc_conn *c, *next;

	if (!s)
		return;
	metrics_remove_collector(api_dispatch_metrics(s->dispatch), s);
	timer_cancel(s->loop, &s->drain);
	stream_listener_close(s->listener);
	LIST_FOREACH_SAFE (c, next, &s->connections, in_server)
		rpc_conn_destroy(c);
	free(s);
}
