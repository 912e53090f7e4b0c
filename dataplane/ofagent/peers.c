#include "dataplane/ofagent/peers.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/conn.h"
#include "lib/log.h"
#include "lib/rng.h"
#include "lib/stream_uv.h"

struct listener {
	struct list in_peers;
	struct stream_listener *listener;
};

struct target {
	struct list in_peers;
	struct peers *peers;
	struct addr addr;
	struct stream_dial *dial; /* under way */
	struct conn *conn;	  /* or this, or neither and `retry` is armed */
	struct timer retry, give_up;
	uint64_t retry_ns; /* the next pause */
	uint64_t opened_ns;
	char last_error[160];
};

struct accepted {
	struct list in_peers;
	struct peers *peers;
	struct conn *conn;
};

struct peers {
	struct loop *loop;
	struct datapath *dp;
	struct rng rng;
	struct list listeners, targets, accepted;
	unsigned n_accepted;
};

struct peers *peers_create(struct loop *loop, struct datapath *dp)
{
	struct peers *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->dp = dp;
	rng_seed_from_system(&p->rng);
	list_init(&p->listeners);
	list_init(&p->targets);
	list_init(&p->accepted);
	return p;
}

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

static void on_accept(void *arg, struct stream *s)
{
	struct peers *p = arg;
	struct accepted *a;

	if (p->n_accepted >= PEERS_MAX_ACCEPTED) {
		log_warn("%s: refused, there are %u OpenFlow connections already", s->peer,
			 p->n_accepted);
		stream_close(s);
		return;
	}
	a = xcalloc(1, sizeof(*a));
	a->peers = p;
	list_insert(&p->accepted, &a->in_peers);
	p->n_accepted++;
	a->conn = conn_create(p->dp, s, false, on_accepted_closed, a);
}

int peers_listen(struct peers *p, const char *address, struct status *st)
{
	struct stream_listener *listener;
	struct listener *l;
	struct addr addr;

	if (addr_parse(&addr, address, "listen", st) < 0)
		return -1;
	listener = stream_listen(p->loop, &addr, "listen", on_accept, p, st);
	if (!listener)
		return -1;
	l = xcalloc(1, sizeof(*l));
	l->listener = listener;
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

/* Between three quarters and five quarters of the pause, which then doubles. */
static void retry_later(struct target *t, const char *why)
{
	uint64_t pause_ns = t->retry_ns;

	if (strcmp(t->last_error, why) != 0)
		log_warn("%s: no OpenFlow connection: %s; it is tried again", t->addr.text, why);
	snprintf(t->last_error, sizeof(t->last_error), "%s", why);
	t->retry_ns = MIN_OF(2 * t->retry_ns, PEERS_LAST_RETRY_NS);
	pause_ns = pause_ns * 3 / 4 + rng_below(&t->peers->rng, pause_ns / 2);
	timer_arm(t->peers->loop, &t->retry, pause_ns);
}

static void on_target_closed(void *arg, const char *why)
{
	struct target *t = arg;

	t->conn = NULL;
	/* One that comes and goes at once is not to be dialled five times a second. */
	if (loop_now_ns(t->peers->loop) - t->opened_ns >= NS_PER_SEC)
		t->retry_ns = PEERS_FIRST_RETRY_NS;
	t->last_error[0] = '\0';
	retry_later(t, why);
}

static void on_dialled(void *arg, struct stream *s, const char *why)
{
	struct target *t = arg;

	t->dial = NULL;
	timer_cancel(t->peers->loop, &t->give_up);
	if (!s) {
		retry_later(t, why);
		return;
	}
	t->opened_ns = loop_now_ns(t->peers->loop);
	t->conn = conn_create(t->peers->dp, s, true, on_target_closed, t);
}

static void on_retry(struct timer *timer, void *arg)
{
	struct target *t = arg;

	(void)timer;
	timer_arm(t->peers->loop, &t->give_up, PEERS_DIAL_NS);
	t->dial = stream_dial(t->peers->loop, &t->addr, on_dialled, t);
}

static void on_give_up(struct timer *timer, void *arg)
{
	struct target *t = arg;

	(void)timer;
	stream_dial_cancel(t->dial);
	t->dial = NULL;
	retry_later(t, "no answer");
}

int peers_dial(struct peers *p, const char *address, struct status *st)
{
	struct target *t = xcalloc(1, sizeof(*t));

	if (addr_parse(&t->addr, address, "controller", st) < 0) {
		free(t);
		return -1;
	}
	t->peers = p;
	t->retry_ns = PEERS_FIRST_RETRY_NS;
	timer_init(&t->retry, on_retry, t);
	timer_init(&t->give_up, on_give_up, t);
	list_insert(&p->targets, &t->in_peers);
	timer_arm(p->loop, &t->retry, 0);
	return 0;
}

bool peers_target_at(const struct peers *p, size_t i, struct peers_target *target)
{
	struct target *t;

	LIST_FOREACH (t, &p->targets, in_peers) {
		if (i--)
			continue;
		*target = (struct peers_target){ t->addr.text, t->conn != NULL, t->conn,
						 t->last_error };
		return true;
	}
	return false;
}

static void target_free(struct target *t)
{
	if (t->dial)
		stream_dial_cancel(t->dial);
	conn_destroy(t->conn);
	timer_cancel(t->peers->loop, &t->retry);
	timer_cancel(t->peers->loop, &t->give_up);
	list_remove(&t->in_peers);
	free(t);
}

void peers_destroy(struct peers *p)
{
	struct listener *l, *next_listener;
	struct target *t, *next_target;
	struct accepted *a, *next_accepted;

	if (!p)
		return;
	LIST_FOREACH_SAFE (l, next_listener, &p->listeners, in_peers) {
		stream_listener_close(l->listener);
		free(l);
	}
	LIST_FOREACH_SAFE (t, next_target, &p->targets, in_peers)
		target_free(t);
	LIST_FOREACH_SAFE (a, next_accepted, &p->accepted, in_peers) {
		conn_destroy(a->conn);
		accepted_free(a);
	}
	free(p);
}
