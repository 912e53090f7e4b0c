#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/conn.h"
#include "dataplane/ofagent/peers_priv.h"
#include "lib/log.h"
#include "lib/stream_uv.h"

/* Connections that come to us.  There are PEERS_MAX_ACCEPTED places.  When all are taken, the
 * newcomer gets that of whoever has waited longest without a hello, or else of the host that
 * holds most, so that one that opens a thousand keeps nobody else out. */

struct listener {
	struct list in_peers;
	struct peers *peers;
	struct addr addr;
	struct stream_listener *listener;
};

struct accepted {
	struct list in_peers;
	struct peers *peers;
	struct conn *conn;
	char host[160]; /* the peer without its port */
};

static void accepted_free(struct accepted *a)
{
	a->peers->n_accepted--;
	list_remove(&a->in_peers);
	free(a);
}

static void on_accepted_closed(void *arg, const char *why)
{
	(void)why;
	accepted_free(arg);
}

/* "tcp:192.0.2.1" of "tcp:192.0.2.1:40000"; a Unix socket's users are one host. */
static void host_of(const char *peer, char *host, size_t size)
{
	char *colon;

	snprintf(host, size, "%s", peer);
	colon = strrchr(host, ':');
	if (colon && strncmp(host, "unix:", 5) != 0)
		*colon = '\0';
}

static struct accepted *oldest_without_hello(struct peers *p)
{
	struct accepted *a;
	struct conn_info info;

	LIST_FOREACH (a, &p->accepted, in_peers) {
		conn_info_get(a->conn, &info);
		if (info.state == CONN_HELLO)
			return a;
	}
	return NULL;
}

static unsigned n_of_host(struct peers *p, const char *host)
{
	struct accepted *a;
	unsigned n = 0;

	LIST_FOREACH (a, &p->accepted, in_peers)
		n += !strcmp(a->host, host);
	return n;
}

/* The latest connection of the host that has most, if that is more than the newcomer's would have
 * with this one. */
static struct accepted *latest_of_greediest(struct peers *p, const char *newcomer)
{
	unsigned most = n_of_host(p, newcomer) + 1;
	struct accepted *a, *found = NULL;

	LIST_FOREACH (a, &p->accepted, in_peers) {
		unsigned n = n_of_host(p, a->host);

		if (n > most || (found && n == most && !strcmp(a->host, found->host))) {
			most = n;
			found = a;
		}
	}
	return found;
}

static bool make_room(struct peers *p, const char *host)
{
	struct accepted *a;

	if (p->n_accepted < PEERS_MAX_ACCEPTED)
		return true;
	a = oldest_without_hello(p);
	if (!a)
		a = latest_of_greediest(p, host);
	if (!a)
		return false;
	conn_close(a->conn, "its place is needed for another");
	return true;
}

static void on_accept(void *arg, struct stream *s)
{
	struct listener *l = arg;
	struct peers *p = l->peers;
	struct accepted *a;

	a = xcalloc(1, sizeof(*a));
	host_of(s->peer, a->host, sizeof(a->host));
	if (!make_room(p, a->host)) {
		log_warn("%s: refused, there are %u OpenFlow connections already", s->peer,
			 p->n_accepted);
		stream_close(s);
		free(a);
		return;
	}
	a->peers = p;
	list_insert(&p->accepted, &a->in_peers);
	p->n_accepted++;
	a->conn = conn_create(p->dp, peers_secure(p, &l->addr, s, true), false, on_accepted_closed,
			      a);
}

int peers_listen(struct peers *p, const char *address, struct status *st)
{
	struct listener *l = xcalloc(1, sizeof(*l));

	l->peers = p;
	if (peers_parse(p, &l->addr, address, "listen", st) == 0)
		l->listener = stream_listen(p->loop, &l->addr, "listen", on_accept, l, st);
	if (!l->listener) {
		free(l);
		return -1;
	}
	list_insert(&p->listeners, &l->in_peers);
	return 0;
}

uint16_t peers_listener_port(const struct peers *p, size_t i)
{
	struct listener *l;

	LIST_FOREACH (l, &p->listeners, in_peers) {
		if (!i--)
			return stream_listener_port(l->listener);
	}
	return 0;
}

void peers_listen_fini(struct peers *p)
{
	struct listener *l, *next_listener;
	struct accepted *a, *next_accepted;

	LIST_FOREACH_SAFE (l, next_listener, &p->listeners, in_peers) {
		stream_listener_close(l->listener);
		free(l);
	}
	LIST_FOREACH_SAFE (a, next_accepted, &p->accepted, in_peers) {
		conn_destroy(a->conn);
		accepted_free(a);
	}
}
