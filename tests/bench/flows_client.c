/* OpenFlow connections for benchmarks: see flows_client.h. */

#include "tests/bench/flows_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <openflow/openflow-1.3.h>

#define READ_SIZE      (1 << 20)
#define HEADER_SIZE    8
#define MULTIPART_SIZE 16

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

static int fail(struct status *st, const char *why)
{
	return status_set(st, STATUS_UNAVAILABLE, NULL, "OpenFlow: %s", why);
}

static int refused(const uint8_t *msg, size_t size, struct status *st)
{
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct of_error err;
	struct of_msg m;

	if (of_msg_decode(msg, size, &a, &m, &err) == 0)
		of_msg_print(&m, &text);
	fail(st, buf_str(&text));
	arena_clear(&a);
	buf_fini(&text);
	return -1;
}

/* Flows in the SIZE bytes of a flow statistics reply's body: each begins with its length. */
static unsigned count_entries(const uint8_t *body, size_t size)
{
	unsigned n = 0;

	for (size_t at = 0; at + 2 <= size; n++) {
		size_t length = load_be16(body + at);

		if (!length)
			break;
		at += length;
	}
	return n;
}

/* 1: it was the last message of the reply to XID; -1: an error. */
static int take_message(struct flows_client *c, const uint8_t *msg, size_t size, uint32_t xid,
			struct status *st)
{
	bool more = false;

	if (msg[1] == OFPT_ERROR)
		return refused(msg, size, st);
	if (msg[1] == OFPT_MULTIPART_REPLY && size >= MULTIPART_SIZE) {
		more = load_be16(msg + 10) & 1;
		if (load_be16(msg + 8) == OFPMP_FLOW)
			c->n_entries += count_entries(msg + MULTIPART_SIZE, size - MULTIPART_SIZE);
	}
	return load_be32(msg + 4) == xid && !more;
}

static int take_all(struct flows_client *c, uint32_t xid, struct status *st)
{
	size_t at = 0;
	int rc = 0;

	while (!rc && c->in.size - at >= HEADER_SIZE) {
		size_t size = load_be16(c->in.data + at + 2);

		if (size < HEADER_SIZE)
			return fail(st, "a message that is none");
		if (c->in.size - at < size)
			break;
		rc = take_message(c, c->in.data + at, size, xid, st);
		at += size;
	}
	buf_pull(&c->in, at);
	return rc;
}

static ssize_t receive(struct flows_client *c)
{
	static __thread uint8_t bytes[READ_SIZE];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n > 0)
		buf_add(&c->in, bytes, n);
	return n;
}

int flows_client_exchange(struct flows_client *c, const uint8_t *data, size_t size,
			  uint32_t last_xid, struct status *st)
{
	for (;;) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN | (size ? POLLOUT : 0) };
		ssize_t n;
		int rc;

		if (poll(&p, 1, 120000) <= 0)
			return fail(st, "the switch does not answer");
		if (p.revents & POLLOUT) {
			n = send(c->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n > 0)
				data += n, size -= n;
		}
		if (!(p.revents & ~POLLOUT))
			continue;
		n = receive(c);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return fail(st, "the switch is gone");
		rc = take_all(c, last_xid, st);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
}

int flows_client_open(struct flows_client *c, const char *path, struct status *st)
{
	struct of_msg hello = { .kind = OF_HELLO,
				.xid = 1,
				.version = OF_VERSION_1_3,
				.hello = { .versions = 1u << OF_VERSION_1_3 } };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct buf out = BUF_INIT;
	int rc;

	*c = (struct flows_client){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return fail(st, strerror(errno));
	of_msg_encode(&hello, &out);
	rc = flows_client_exchange(c, out.data, out.size, 1, st); /* its hello has xid 1 as well */
	buf_fini(&out);
	return rc;
}

void flows_client_close(struct flows_client *c)
{
	if (c->fd > 0)
		close(c->fd);
	buf_fini(&c->in);
}

static void *echo_main(void *arg)
{
	struct flows_echo *e = arg;
	uint8_t echo[HEADER_SIZE] = { OF_VERSION_1_3, OFPT_ECHO_REQUEST, 0, HEADER_SIZE };
	struct status st = STATUS_INIT;

	for (uint32_t xid = 1; !__atomic_load_n(&e->is_stopping, __ATOMIC_RELAXED); xid++) {
		uint64_t began_ns = now_ns(), took_ns;

		store_be32(echo + 4, xid);
		if (flows_client_exchange(&e->client, echo, sizeof(echo), xid, &st) < 0)
			break;
		took_ns = now_ns() - began_ns;
		if (took_ns > __atomic_load_n(&e->max_ns, __ATOMIC_RELAXED))
			__atomic_store_n(&e->max_ns, took_ns, __ATOMIC_RELAXED);
		usleep(1000);
	}
	return NULL;
}

int flows_echo_start(struct flows_echo *e, const char *path, struct status *st)
{
	*e = (struct flows_echo){ .max_ns = 0 };
	if (flows_client_open(&e->client, path, st) < 0)
		return -1;
	if (pthread_create(&e->thread, NULL, echo_main, e) != 0)
		return fail(st, "no thread");
	return 0;
}

void flows_echo_stop(struct flows_echo *e)
{
	__atomic_store_n(&e->is_stopping, true, __ATOMIC_RELAXED);
	pthread_join(e->thread, NULL);
	flows_client_close(&e->client);
}

double flows_echo_max_ms(struct flows_echo *e)
{
	return __atomic_exchange_n(&e->max_ns, 0, __ATOMIC_RELAXED) / 1e6;
}
