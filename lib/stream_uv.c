#include "lib/stream_uv.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/loop_uv.h"

#define READ_SIZE 65536
#define LISTEN_BACKLOG 128
#define CLOSE_LINGER_MS 1000

union socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

static int socket_init(uv_loop_t *uv, union socket *s, bool is_unix)
{
	int err = is_unix ? uv_pipe_init(uv, &s->pipe, 0) : uv_tcp_init(uv, &s->tcp);

	if (err == 0 && !is_unix)
		uv_tcp_nodelay(&s->tcp, 1);
	return err;
}

/* ---- connected streams ---- */

struct stream_uv {
	struct stream stream;
	union socket socket;
	uv_timer_t linger; /* bounds the time that a close waits for the peer to read */
	struct loop_leftover leftover; /* while it lingers */
	struct loop *loop;
	bool is_closing, has_failed;
	int n_open_handles;
	char read_buffer[READ_SIZE];
};

struct write {
	uv_write_t req;
	struct stream_uv *s;
	size_t size;
	char data[];
};

static struct stream_uv *uv_of(struct stream *s)
{
	return container_of(s, struct stream_uv, stream);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct stream_uv *s = handle->data;

	if (--s->n_open_handles == 0)
		free(s);
}

static void close_handles(struct stream_uv *s)
{
	list_remove(&s->leftover.in_loop);
	if (!uv_is_closing(&s->socket.handle))
		uv_close(&s->socket.handle, on_handle_closed);
	if (!uv_is_closing((uv_handle_t *)&s->linger))
		uv_close((uv_handle_t *)&s->linger, on_handle_closed);
}

/* Tell the owner once that the stream is over. */
static void fail(struct stream_uv *s, const char *why)
{
	if (s->is_closing) {
		close_handles(s);
		return;
	}
	if (s->has_failed)
		return;
	s->has_failed = true;
	uv_read_stop(&s->socket.stream);
	if (s->stream.events)
		s->stream.events->closed(s->stream.arg, why);
	else
		stream_close(&s->stream);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct stream_uv *s = handle->data;

	(void)suggested;
	*buf = uv_buf_init(s->read_buffer, sizeof(s->read_buffer));
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buf)
{
	struct stream_uv *s = handle->data;

	if (n > 0 && s->stream.events && !s->is_closing)
		s->stream.events->data(s->stream.arg, (const uint8_t *)buf->base, n);
	else if (n < 0)
		fail(s, n == UV_EOF ? "closed by the peer" : uv_strerror(n));
}

static void on_written(uv_write_t *req, int err)
{
	struct write *w = container_of(req, struct write, req);
	struct stream_uv *s = w->s;

	s->stream.n_pending_bytes -= w->size;
	free(w);
	if (err < 0 && err != UV_ECANCELED)
		fail(s, uv_strerror(err));
	else if (s->stream.n_pending_bytes == 0 && s->is_closing)
		close_handles(s);
	else if (s->stream.n_pending_bytes == 0 && !s->has_failed && s->stream.events &&
		 s->stream.events->drained)
		s->stream.events->drained(s->stream.arg);
}

static int uv_stream_send(struct stream *stream, const void *data, size_t size)
{
	struct stream_uv *s = uv_of(stream);
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, size);
	struct write *w;
	int n = 0;

	if (s->is_closing || s->has_failed)
		return -EPIPE;
	if (stream->n_pending_bytes == 0) {
		n = uv_try_write(&s->socket.stream, &buf, 1);
		if (n == (int)size)
			return 0;
		if (n < 0 && n != UV_EAGAIN)
			return -EPIPE; /* the read side reports it */
		n = MAX_OF(n, 0);
	}
	if (n == 0 && stream->n_pending_bytes + size > stream->max_pending_bytes)
		return -ENOBUFS;
	size -= n;
	w = xmalloc(sizeof(*w) + size);
	w->s = s;
	w->size = size;
	memcpy(w->data, (const char *)data + n, size);
	buf = uv_buf_init(w->data, size);
	stream->n_pending_bytes += size;
	uv_write(&w->req, &s->socket.stream, &buf, 1, on_written);
	return 0;
}

static void end_lingering(struct loop_leftover *l)
{
	close_handles(container_of(l, struct stream_uv, leftover));
}

static void on_linger(uv_timer_t *timer)
{
	close_handles(timer->data);
}

static void uv_stream_close(struct stream *stream)
{
	struct stream_uv *s = uv_of(stream);

	if (s->is_closing)
		return;
	s->is_closing = true;
	stream->events = NULL;
	uv_read_stop(&s->socket.stream);
	if (stream->n_pending_bytes == 0 || s->has_failed) {
		close_handles(s);
		return;
	}
	loop_uv_leave(s->loop, &s->leftover);
	uv_timer_start(&s->linger, on_linger, CLOSE_LINGER_MS, 0);
}

static void uv_stream_set_reading(struct stream *stream, bool is_on)
{
	struct stream_uv *s = uv_of(stream);

	if (s->is_closing || s->has_failed)
		return;
	if (is_on)
		uv_read_start(&s->socket.stream, on_alloc, on_read);
	else
		uv_read_stop(&s->socket.stream);
}

static const struct stream_class stream_uv_class = {
	.send = uv_stream_send,
	.close = uv_stream_close,
	.set_reading = uv_stream_set_reading,
};

static struct stream_uv *stream_new(struct loop *loop, bool is_unix)
{
	uv_loop_t *uv = loop_uv_handle(loop);
	struct stream_uv *s = xcalloc(1, sizeof(*s));

	s->stream.class = &stream_uv_class;
	s->stream.max_pending_bytes = STREAM_MAX_PENDING;
	s->loop = loop;
	s->leftover.end = end_lingering;
	list_init(&s->leftover.in_loop);
	if (socket_init(uv, &s->socket, is_unix) != 0) {
		free(s);
		return NULL;
	}
	uv_timer_init(uv, &s->linger);
	s->socket.handle.data = s;
	s->linger.data = s;
	s->n_open_handles = 2;
	return s;
}

/* ---- listening ---- */

struct stream_listener {
	struct loop *loop;
	union socket socket;
	stream_accept_fn *accept;
	void *arg;
	struct addr addr;
};

/* sin_port and sin6_port stand in the same place. */
static uint16_t port_of(const struct sockaddr_storage *sa)
{
	return load_be16((const uint8_t *)sa + 2);
}

static bool is_unix(const struct addr *addr)
{
	return addr->sa.ss_family == AF_UNIX;
}

static const char *unix_path(const struct addr *addr)
{
	return ((const struct sockaddr_un *)&addr->sa)->sun_path;
}

/* "tcp:192.0.2.1:40000"; the peer of a Unix socket has no name, so the socket's. */
static void name_peer(struct stream_uv *s, const struct addr *listener)
{
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_storage sa;
	int len = sizeof(sa);

	strcpy(s->stream.peer, listener->text);
	if (is_unix(listener) ||
	    uv_tcp_getpeername(&s->socket.tcp, (struct sockaddr *)&sa, &len) < 0)
		return;
	uv_ip_name((struct sockaddr *)&sa, host, sizeof(host));
	snprintf(s->stream.peer, sizeof(s->stream.peer),
		 sa.ss_family == AF_INET6 ? "tcp:[%s]:%u" : "tcp:%s:%u", host, port_of(&sa));
}

static void on_connection(uv_stream_t *server, int err)
{
	struct stream_listener *l = server->data;
	struct stream_uv *s;

	if (err < 0)
		return;
	s = stream_new(l->loop, is_unix(&l->addr));
	if (!s)
		return;
	if (uv_accept(server, &s->socket.stream) != 0) {
		uv_stream_close(&s->stream);
		return;
	}
	name_peer(s, &l->addr);
	uv_read_start(&s->socket.stream, on_alloc, on_read);
	l->accept(l->arg, &s->stream);
}

/* libuv tells of a missing directory as if access were denied. */
static bool has_directory(const char *path)
{
	char *directory = xstrdup(path);
	char *slash = strrchr(directory, '/');
	bool is_there;

	if (slash)
		slash[slash == directory] = '\0';
	is_there = !slash || access(directory, F_OK) == 0;
	free(directory);
	return is_there;
}

static int bind_unix(uv_pipe_t *pipe, const struct addr *addr)
{
	int err;

	addr_remove_stale(addr);
	err = uv_pipe_bind(pipe, unix_path(addr));
	return err == UV_EACCES && !has_directory(unix_path(addr)) ? UV_ENOENT : err;
}

static void free_listener(uv_handle_t *handle)
{
	free(handle->data);
}

static const char *remedy(int err)
{
	if (err == UV_EADDRINUSE)
		return "; another program listens there: stop it or choose another address";
	if (err == UV_EACCES)
		return "; choose a place that this user may write to, or a port above 1023";
	if (err == UV_ENOENT)
		return "; make its directory first";
	if (err == UV_EADDRNOTAVAIL)
		return "; this machine has no such address";
	return "";
}

struct stream_listener *stream_listen(struct loop *loop, const struct addr *addr, const char *field,
				      stream_accept_fn *accept, void *arg, struct status *st)
{
	struct stream_listener *l = xcalloc(1, sizeof(*l));
	int err;

	l->loop = loop;
	l->accept = accept;
	l->arg = arg;
	l->addr = *addr;
	err = socket_init(loop_uv_handle(loop), &l->socket, is_unix(addr));
	l->socket.handle.data = l;
	if (err == 0 && is_unix(addr))
		err = bind_unix(&l->socket.pipe, addr);
	else if (err == 0)
		err = uv_tcp_bind(&l->socket.tcp, (const struct sockaddr *)&addr->sa, 0);
	if (err == 0)
		err = uv_listen(&l->socket.stream, LISTEN_BACKLOG, on_connection);
	if (err == 0)
		return l;
	status_set(st, err == UV_EADDRINUSE ? STATUS_ALREADY_EXISTS : STATUS_UNAVAILABLE, field,
		   "%s %s: cannot listen: %s%s", field, addr->text, uv_strerror(err), remedy(err));
	uv_close(&l->socket.handle, free_listener);
	return NULL;
}

void stream_listener_close(struct stream_listener *l)
{
	if (l) /* libuv removes a Unix socket that it bound */
		uv_close(&l->socket.handle, free_listener);
}

uint16_t stream_listener_port(const struct stream_listener *l)
{
	struct sockaddr_storage sa;
	int len = sizeof(sa);

	if (is_unix(&l->addr) || uv_tcp_getsockname(&l->socket.tcp, (struct sockaddr *)&sa, &len))
		return 0;
	return port_of(&sa);
}

/* ---- dialing ---- */

struct stream_dial {
	uv_connect_t req;
	struct stream_uv *s;
	stream_dial_fn *done;
	void *arg;
	uv_timer_t later; /* an attempt that fails at once is told later */
	int err;
};

static void free_dial(uv_handle_t *handle)
{
	free(handle->data);
}

/* The request and the timer are over: tell, and free D with the timer. */
static void finish(struct stream_dial *d, int err)
{
	struct stream_uv *s = d->s;

	if (err < 0 || !d->done) {
		uv_stream_close(&s->stream);
		if (d->done)
			d->done(d->arg, NULL, uv_strerror(err));
	} else {
		uv_read_start(&s->socket.stream, on_alloc, on_read);
		d->done(d->arg, &s->stream, NULL);
	}
	uv_close((uv_handle_t *)&d->later, free_dial);
}

static void on_connected(uv_connect_t *req, int err)
{
	finish(container_of(req, struct stream_dial, req), err);
}

static void on_failed_early(uv_timer_t *timer)
{
	struct stream_dial *d = timer->data;

	finish(d, d->err);
}

struct stream_dial *stream_dial(struct loop *loop, const struct addr *addr, stream_dial_fn *done,
				void *arg)
{
	struct stream_dial *d = xcalloc(1, sizeof(*d));
	uv_loop_t *uv = loop_uv_handle(loop);

	d->done = done;
	d->arg = arg;
	d->s = stream_new(loop, is_unix(addr));
	if (!d->s) {
		free(d);
		return NULL;
	}
	strcpy(d->s->stream.peer, addr->text);
	uv_timer_init(uv, &d->later);
	d->later.data = d;
	if (is_unix(addr))
		uv_pipe_connect(&d->req, &d->s->socket.pipe, unix_path(addr), on_connected);
	else
		d->err = uv_tcp_connect(&d->req, &d->s->socket.tcp,
					(const struct sockaddr *)&addr->sa, on_connected);
	if (d->err < 0)
		uv_timer_start(&d->later, on_failed_early, 0, 0);
	return d;
}

void stream_dial_cancel(struct stream_dial *d)
{
	d->done = NULL;
	if (d->err < 0)
		return;
	/* the connect callback comes with UV_ECANCELED and frees D */
	uv_stream_close(&d->s->stream);
}
