/* The management socket's client: see ctl_client.h and proto/switch/v1/switch.proto. */

#include "api/cli/ctl_client.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "lib/buf.h"

#define TIMEOUT_S	10
#define MAX_REPLY_BYTES (16u << 20)

struct ctl_client {
	int fd;
	char path[108];
};

static int not_reachable(struct status *st, const char *path, int error)
{
	if (error == EACCES || error == EPERM)
		return status_set(st, STATUS_UNAVAILABLE, NULL,
				  "no permission to talk to the switch at %s. Run weft as root",
				  path);
	return status_set(st, STATUS_UNAVAILABLE, NULL,
			  "no switch answers at %s (%s). Start weft-dataplane, or name its socket "
			  "with --socket PATH",
			  path, strerror(error));
}

struct ctl_client *ctl_client_open(const char *path, struct status *st)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = TIMEOUT_S };
	struct ctl_client *c;
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		status_set(st, STATUS_INVALID_ARGUMENT, "socket",
			   "--socket %s is longer than the %zu bytes that a Unix socket may have",
			   path, sizeof(sa.sun_path) - 1);
		return NULL;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		not_reachable(st, path, errno);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	c = xcalloc(1, sizeof(*c));
	c->fd = fd;
	memcpy(c->path, path, strlen(path) + 1);
	return c;
}

void ctl_client_close(struct ctl_client *c)
{
	if (!c)
		return;
	close(c->fd);
	free(c);
}

static int broken(const struct ctl_client *c, ssize_t n, struct status *st)
{
	if (n == 0)
		return status_set(st, STATUS_UNAVAILABLE, NULL,
				  "the switch at %s closed the connection. Look into its log",
				  c->path);
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return status_set(st, STATUS_DEADLINE_EXCEEDED, NULL,
				  "the switch at %s did not answer within %d s. Look into its log",
				  c->path, TIMEOUT_S);
	return status_set(st, STATUS_UNAVAILABLE, NULL,
			  "the connection to the switch at %s broke: %s", c->path, strerror(errno));
}

static int send_all(const struct ctl_client *c, const uint8_t *data, size_t size, struct status *st)
{
	while (size) {
		ssize_t n = send(c->fd, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return broken(c, n, st);
		data += n;
		size -= n;
	}
	return 0;
}

static int receive_all(const struct ctl_client *c, uint8_t *data, size_t size, struct status *st)
{
	while (size) {
		ssize_t n = recv(c->fd, data, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return broken(c, n, st);
		data += n;
		size -= n;
	}
	return 0;
}

static Weft__Switch__V1__Reply *receive_reply(const struct ctl_client *c, struct status *st)
{
	Weft__Switch__V1__Reply *reply;
	uint8_t head[4], *body;
	uint32_t size;

	if (receive_all(c, head, sizeof(head), st) < 0)
		return NULL;
	size = load_be32(head);
	if (size > MAX_REPLY_BYTES) {
		status_set(
			st, STATUS_INTERNAL, NULL,
			"%s does not speak the switch's protocol. Is it another program's socket?",
			c->path);
		return NULL;
	}
	body = xmalloc(size + 1);
	reply = receive_all(c, body, size, st) == 0
			? weft__switch__v1__reply__unpack(NULL, size, body)
			: NULL;
	free(body);
	if (!reply)
		status_set(st, STATUS_INTERNAL, NULL,
			   "%s sent a reply that makes no sense. Is it of another version?",
			   c->path);
	return reply;
}

Weft__Switch__V1__Reply *
ctl_client_call(struct ctl_client *c, const Weft__Switch__V1__Request *request, struct status *st)
{
	size_t size = weft__switch__v1__request__get_packed_size(request);
	Weft__Switch__V1__Reply *reply;
	struct buf out = BUF_INIT;
	int rc;

	buf_be32(&out, size);
	weft__switch__v1__request__pack(request, buf_grow(&out, size));
	rc = send_all(c, out.data, out.size, st);
	buf_fini(&out);
	if (rc < 0)
		return NULL;
	reply = receive_reply(c, st);
	if (reply && reply->reply_case == WEFT__SWITCH__V1__REPLY__REPLY_ERROR) {
		const Weft__Switch__V1__Error *e = reply->error;

		status_set_resource(st, e->code ? (enum status_code)e->code : STATUS_UNKNOWN,
				    e->field, e->resource, "%s", e->message);
		weft__switch__v1__reply__free_unpacked(reply, NULL);
		return NULL;
	}
	return reply;
}
