#include "api/rest/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>
#include "api/metrics.h"
#include "api/rest/openapi.h"
#include "api/rest/server_priv.h"
#include "lib/log.h"
#include "lib/loop_uv.h"

#define LISTEN_BACKLOG 128
#define SWEEP_NS       NS_PER_SEC

/* libmicrohttpd's epoll set, watched by the loop. */
struct rest_poll {
	uv_poll_t handle;
	struct rest_server *server;
};

/* ---- libmicrohttpd in our loop ---- */

static void room(struct rest_server *s)
{
	struct rest_conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &s->connections, in_server) {
		if (c->request && c->request->is_stream)
			rest_stream_room(c->request);
	}
}

static void run(struct rest_server *s)
{
	MHD_UNSIGNED_LONG_LONG in_ms;

	MHD_run(s->mhd);
	if (MHD_get_timeout(s->mhd, &in_ms) == MHD_YES)
		timer_arm(s->loop, &s->turn, in_ms * NS_PER_MS);
}

static void on_turn(struct timer *t, void *arg)
{
	(void)t;
	room(arg);
	run(arg);
}

static void on_poll(uv_poll_t *handle, int err, int events)
{
	struct rest_poll *p = container_of(handle, struct rest_poll, handle);

	(void)events;
	if (err == 0)
		run(p->server);
}

void rest_turn(struct rest_server *s)
{
	timer_arm(s->loop, &s->turn, 0);
}

void rest_suspend(struct rest_request *r)
{
	if (r->is_suspended)
		return;
	r->is_suspended = true;
	MHD_suspend_connection(r->mhd);
}

void rest_resume(struct rest_request *r)
{
	if (!r->is_suspended)
		return;
	r->is_suspended = false;
	MHD_resume_connection(r->mhd);
	rest_turn(r->server);
}

static struct rest_conn *conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void *on_uri(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	struct rest_request *r = rest_request_create(arg, uri);
	struct rest_conn *c = conn_of(mhd);

	r->mhd = mhd;
	r->conn = c;
	if (c) {
		c->request = r;
		c->waiting_ns = loop_now_ns(r->server->loop);
	}
	return r;
}

static enum MHD_Result on_access(void *arg, struct MHD_Connection *mhd, const char *url,
				 const char *verb, const char *version, const char *data,
				 size_t *size, void **request)
{
	(void)arg, (void)mhd, (void)url, (void)version;
	return rest_request_handle(*request, verb, data, size);
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **request,
			 enum MHD_RequestTerminationCode why)
{
	struct rest_server *s = arg;
	struct rest_conn *c = conn_of(mhd);

	(void)why;
	if (*request)
		rest_request_destroy(*request);
	*request = NULL;
	if (c)
		c->waiting_ns = loop_now_ns(s->loop);
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct rest_server *s = arg;
	struct rest_conn *c = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		c = xcalloc(1, sizeof(*c));
		c->server = s;
		c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		c->waiting_ns = loop_now_ns(s->loop);
		list_insert(&s->connections, &c->in_server);
		*context = c;
	} else if (c) {
		if (c->request)
			c->request->conn = NULL;
		list_remove(&c->in_server);
		free(c);
		*context = NULL;
	}
}

/* Paths and queries are decoded by us, once and with checks. */
static size_t on_unescape(void *arg, struct MHD_Connection *mhd, char *text)
{
	(void)arg, (void)mhd;
	return strlen(text);
}

static void on_log(void *arg, const char *fmt, va_list args)
{
	char text[256];

	(void)arg;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("REST: %s", text);
}

/* ---- half requests, peers that went ---- */

/* libmicrohttpd does not look at a connection while we keep it waiting. */
static bool is_peer_gone(const struct rest_conn *c)
{
	char byte;
	ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void sweep_connection(struct rest_conn *c, uint64_t now)
{
	struct rest_request *r = c->request;

	if (!r || r->state == REST_ARRIVING) {
		if (now - c->waiting_ns > c->server->limits.request_ns)
			shutdown(c->fd, SHUT_RDWR);
		return;
	}
	if (r->is_suspended && is_peer_gone(c)) {
		rest_request_abandon(r);
		shutdown(c->fd, SHUT_RDWR);
		rest_resume(r);
		return;
	}
	rest_stream_tick(r, now);
}

static void on_sweep(struct timer *t, void *arg)
{
	struct rest_server *s = arg;
	uint64_t now = loop_now_ns(s->loop);
	struct rest_conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &s->connections, in_server)
		sweep_connection(c, now);
	rest_turn(s);
	timer_arm(s->loop, t, MIN_OF(SWEEP_NS, s->limits.request_ns));
}

/* ---- listening ---- */

static int refuse_address(const struct addr *addr, const char *field, struct status *st)
{
	const char *remedy =
		errno == EADDRINUSE
			? "; another program listens there: stop it or choose another address"
		: errno == EACCES ? "; choose a port above 1023 or a place it may write to"
				  : "";

	return status_set(st, errno == EADDRINUSE ? STATUS_ALREADY_EXISTS : STATUS_UNAVAILABLE,
			  field, "%s %s: cannot listen: %s%s", field, addr->text, strerror(errno),
			  remedy);
}

static int listen_on(struct rest_server *s, const struct addr *addr, const char *field,
		     struct status *st)
{
	int fd = socket(addr->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	s->listen_fd = fd;
	if (fd < 0)
		return refuse_address(addr, field, st);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	addr_remove_stale(addr);
	if (bind(fd, (const struct sockaddr *)&addr->sa, addr->sa_len) < 0 ||
	    listen(fd, LISTEN_BACKLOG) < 0)
		return refuse_address(addr, field, st);
	if (addr->sa.ss_family == AF_UNIX)
		s->unix_path = xstrdup(((const struct sockaddr_un *)&addr->sa)->sun_path);
	return 0;
}

static int start(struct rest_server *s, struct status *st)
{
	s->mhd = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s, MHD_OPTION_LISTEN_SOCKET,
		s->listen_fd, MHD_OPTION_CONNECTION_LIMIT, MAX_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, s->limits.idle_s, MHD_OPTION_URI_LOG_CALLBACK,
		on_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_UNESCAPE_CALLBACK,
		on_unescape, s, MHD_OPTION_END);
	if (!s->mhd)
		return status_set(st, STATUS_INTERNAL, NULL, "libmicrohttpd does not start: %s",
				  strerror(errno));
	s->listen_fd = -1; /* libmicrohttpd's now */
	s->poll = xcalloc(1, sizeof(*s->poll));
	s->poll->server = s;
	uv_poll_init(loop_uv_handle(s->loop), &s->poll->handle,
		     MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
	uv_poll_start(&s->poll->handle, UV_READABLE, on_poll);
	return 0;
}

static void collect(struct metrics_out *out, void *arg)
{
	struct rest_server *s = arg;
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(s->mhd, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	metrics_family(out, "weft_rest_connections", METRIC_GAUGE, "Open REST connections.");
	metrics_sample(out, "", info ? info->num_connections : 0, NULL);
	metrics_family(out, "weft_rest_stream_bytes", METRIC_GAUGE,
		       "Held in memory: events that readers of streams have not taken yet.");
	metrics_sample(out, "", s->n_unread_bytes, NULL);
	metrics_family(out, "weft_rest_requests_total", METRIC_COUNTER, "HTTP requests begun.");
	metrics_sample(out, "", s->n_requests, NULL);
}

struct rest_server *rest_server_create(struct loop *loop, struct api_dispatch *d,
				       const struct addr *addr, const char *field,
				       const char *title, const struct rest_limits *limits,
				       struct status *st)
{
	struct rest_server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->dispatch = d;
	s->limits = limits ? *limits : REST_LIMITS_DEFAULT;
	list_init(&s->connections);
	timer_init(&s->turn, on_turn, s);
	timer_init(&s->sweep, on_sweep, s);
	metrics_add_collector(api_dispatch_metrics(d), collect, s);
	if (listen_on(s, addr, field, st) != 0 || start(s, st) != 0) {
		rest_server_destroy(s);
		return NULL;
	}
	s->router = router_create(d);
	openapi_write(&s->openapi, api_dispatch_schema(d), title);
	timer_arm(loop, &s->sweep, MIN_OF(SWEEP_NS, s->limits.request_ns));
	return s;
}

static void free_poll(uv_handle_t *handle)
{
	free(container_of((uv_poll_t *)handle, struct rest_poll, handle));
}

/* libmicrohttpd cannot stop while connections are suspended. */
static void stop(struct rest_server *s)
{
	struct rest_conn *c, *next;

	LIST_FOREACH_SAFE (c, next, &s->connections, in_server) {
		if (!c->request)
			continue;
		rest_request_abandon(c->request);
		rest_resume(c->request);
	}
	uv_poll_stop(&s->poll->handle);
	uv_close((uv_handle_t *)&s->poll->handle, free_poll);
	MHD_stop_daemon(s->mhd);
}

void rest_server_destroy(struct rest_server *s)
{
	if (!s)
		return;
	metrics_remove_collector(api_dispatch_metrics(s->dispatch), s);
	if (s->mhd)
		stop(s);
	timer_cancel(s->loop, &s->turn);
	timer_cancel(s->loop, &s->sweep);
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	if (s->unix_path)
		unlink(s->unix_path);
	free(s->unix_path);
	router_destroy(s->router);
	buf_fini(&s->openapi);
	free(s);
}
