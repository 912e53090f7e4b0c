#include "dataplane/ctl/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/list.h"
#include "lib/log.h"
#include "lib/stream_uv.h"

#define FRAME_HEADER 4

struct ctl_server {
	struct loop *loop;
	struct ctl *ctl;
	struct stream_listener *listener;
	struct list clients;
	unsigned n_clients;
};

/* Freed when it is closed and no reply is outstanding. */
struct client {
	struct list in_server;
	struct ctl_server *server; /* NULL: closed */
	struct stream *stream;
	struct buf in;
	bool is_busy; /* a request is being answered */
	bool is_working;
};

static void client_free_if_unused(struct client *c)
{
	if (c->server || c->is_busy || c->is_working)
		return;
	buf_fini(&c->in);
	free(c);
}

static void client_close(struct client *c)
{
	if (!c->server)
		return;
	stream_close(c->stream);
	c->server->n_clients--;
	c->server = NULL;
	list_remove(&c->in_server);
	client_free_if_unused(c);
}

static void work(struct client *c);

static void on_reply(void *arg, const uint8_t *reply, size_t size)
{
	struct client *c = arg;
	uint8_t header[FRAME_HEADER];

	c->is_busy = false;
	if (!c->server) {
		client_free_if_unused(c);
		return;
	}
	store_be32(header, size);
	if (stream_send(c->stream, header, sizeof(header)) < 0 ||
	    stream_send(c->stream, reply, size) < 0) {
		client_close(c);
		return;
	}
	if (!c->is_working)
		work(c);
}

static void work(struct client *c)
{
	c->is_working = true;
	while (c->server && !c->is_busy && !c->stream->n_pending_bytes &&
	       c->in.size >= FRAME_HEADER) {
		size_t size = load_be32(c->in.data);

		if (size > CTL_MAX_REQUEST) {
			log_warn("management socket: a client announced a request of %zu bytes, "
				 "the most is %zu; it is closed",
				 size, CTL_MAX_REQUEST);
			client_close(c);
			break;
		}
		if (c->in.size < FRAME_HEADER + size)
			break;
		c->is_busy = true;
		ctl_request(c->server->ctl, c->in.data + FRAME_HEADER, size, on_reply, c);
		buf_pull(&c->in, FRAME_HEADER + size);
	}
	c->is_working = false;
	/* One that does not read its replies is not read from either. */
	if (c->server)
		stream_set_reading(c->stream, !c->is_busy && !c->stream->n_pending_bytes);
	client_free_if_unused(c);
}

static void on_data(void *arg, const uint8_t *data, size_t size)
{
	struct client *c = arg;

	buf_add(&c->in, data, size);
	work(c);
}

static void on_closed(void *arg, const char *why)
{
	(void)why;
	client_close(arg);
}

static void on_drained(void *arg)
{
	work(arg);
}

static const struct stream_events client_events = { on_data, on_closed, on_drained };

void ctl_server_accept(struct ctl_server *s, struct stream *stream)
{
	struct client *c;

	if (s->n_clients >= CTL_SERVER_MAX_CLIENTS) {
		log_warn("management socket: refused a client, there are %u already", s->n_clients);
		stream_close(stream);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->server = s;
	c->stream = stream;
	list_insert(&s->clients, &c->in_server);
	s->n_clients++;
	stream_set_events(stream, &client_events, c);
}

static void on_accept(void *arg, struct stream *stream)
{
	ctl_server_accept(arg, stream);
}

struct ctl_server *ctl_server_create_unbound(struct loop *loop, struct ctl *ctl)
{
	struct ctl_server *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->ctl = ctl;
	list_init(&s->clients);
	return s;
}

/* The last directory of PATH; those above it are the machine's own. */
static int make_directory(const char *path, struct status *st)
{
	const char *slash = strrchr(path, '/');
	char *directory;
	int rc = 0;

	if (!slash || slash == path)
		return 0;
	directory = xstrdup(path);
	directory[slash - path] = '\0';
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		rc = status_set(st, STATUS_FAILED_PRECONDITION, "socket",
				"cannot make the directory %s: %s; make it, or give another "
				"--socket PATH",
				directory, strerror(errno));
	free(directory);
	return rc;
}

struct ctl_server *ctl_server_create(struct loop *loop, struct ctl *ctl, const char *path,
				     struct status *st)
{
	struct ctl_server *s = ctl_server_create_unbound(loop, ctl);
	char *text = xasprintf("unix:%s", path);
	struct addr addr;
	mode_t mask;

	if (addr_parse(&addr, text, "socket", st) < 0 || make_directory(path, st) < 0)
		goto out;
	mask = umask(0177); /* only the owner, from the first moment on */
	s->listener = stream_listen(loop, &addr, "socket", on_accept, s, st);
	umask(mask);
out:
	free(text);
	if (s->listener)
		return s;
	free(s);
	return NULL;
}

void ctl_server_destroy(struct ctl_server *s)
{
	if (!s)
		return;
	while (!list_is_empty(&s->clients))
		client_close(container_of(s->clients.next, struct client, in_server));
	if (s->listener)
		stream_listener_close(s->listener);
	free(s);
}
