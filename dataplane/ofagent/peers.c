#include "dataplane/ofagent/peers.h"

#include <stdio.h>
#include <stdlib.h>

#include "dataplane/ofagent/conn.h"
#include "dataplane/ofagent/peers_priv.h"
#include "lib/log.h"
#include "lib/stream_tls.h"
#include "lib/stream_uv.h"

/* An auxiliary connection (OF 1.3.5 section 6.3.8): dialled once the main one is open, and gone
 * with it. */
struct auxiliary {
	struct target *target;
	uint8_t id; /* from 1 */
	struct stream_dial *dial;
	struct conn *conn;
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
	struct auxiliary auxiliaries[PEERS_MAX_AUXILIARY];
	struct timer retry_auxiliary;
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

void peers_set_tls(struct peers *p, struct tls *tls)
{
	p->tls = tls;
}

void peers_set_auxiliary(struct peers *p, unsigned n)
{
	p->n_auxiliary = MIN_OF(n, PEERS_MAX_AUXILIARY);
}

int peers_parse(struct peers *p, struct addr *addr, const char *address, const char *field,
		struct status *st)
{
	if (addr_parse_tls(addr, address, field, st) < 0)
		return -1;
	if (addr->is_tls && !p->tls)
		return status_set(st, STATUS_INVALID_ARGUMENT, "certificate",
				  "%s %s: TLS needs certificate, private-key and ca-certificate: "
				  "give all three",
				  field, address);
	return 0;
}

struct stream *peers_secure(struct peers *p, const struct addr *addr, struct stream *s,
			    bool is_server)
{
	return addr->is_tls ? stream_tls_wrap(p->tls, p->loop, s, is_server) : s;
}

/* --- auxiliary connections --- */

static void on_auxiliary_closed(void *arg, const char *why)
{
	struct auxiliary *a = arg;

	(void)why;
	a->conn = NULL;
	if (a->target->conn)
		timer_arm(a->target->peers->loop, &a->target->retry_auxiliary, NS_PER_SEC);
}

static void on_auxiliary_dialled(void *arg, struct stream *s, const char *why)
{
	struct auxiliary *a = arg;
	struct target *t = a->target;

	a->dial = NULL;
	if (s && t->conn)
		a->conn = conn_create_auxiliary(t->conn, a->id,
						peers_secure(t->peers, &t->addr, s, false),
						on_auxiliary_closed, a);
	else if (s)
		stream_close(s);
	else {
		log_debug("%s: no auxiliary connection: %s", t->addr.text, why);
		timer_arm(t->peers->loop, &t->retry_auxiliary, NS_PER_SEC);
	}
}

static void dial_auxiliaries(struct target *t)
{
	for (unsigned i = 0; i < t->peers->n_auxiliary; i++) {
		struct auxiliary *a = &t->auxiliaries[i];

		if (!a->conn && !a->dial)
			a->dial = stream_dial(t->peers->loop, &t->addr, on_auxiliary_dialled, a);
	}
}

static void on_retry_auxiliary(struct timer *timer, void *arg)
{
	(void)timer;
	dial_auxiliaries(arg);
}

/* Their connections end with the main one by themselves. */
static void give_up_auxiliaries(struct target *t)
{
	timer_cancel(t->peers->loop, &t->retry_auxiliary);
	for (unsigned i = 0; i < PEERS_MAX_AUXILIARY; i++) {
		if (t->auxiliaries[i].dial)
			stream_dial_cancel(t->auxiliaries[i].dial);
		t->auxiliaries[i].dial = NULL;
	}
}

/* --- main connections --- */

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

static void on_target_opened(void *arg)
{
	dial_auxiliaries(arg);
}

static void on_target_closed(void *arg, const char *why)
{
	struct target *t = arg;

	t->conn = NULL;
	give_up_auxiliaries(t);
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
	t->conn = conn_create(t->peers->dp, peers_secure(t->peers, &t->addr, s, false), true,
			      on_target_closed, t);
	conn_on_open(t->conn, on_target_opened);
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

	if (peers_parse(p, &t->addr, address, "controller", st) < 0) {
		free(t);
		return -1;
	}
	t->peers = p;
	t->retry_ns = PEERS_FIRST_RETRY_NS;
	timer_init(&t->retry, on_retry, t);
	timer_init(&t->give_up, on_give_up, t);
	timer_init(&t->retry_auxiliary, on_retry_auxiliary, t);
	for (unsigned i = 0; i < PEERS_MAX_AUXILIARY; i++)
		t->auxiliaries[i] = (struct auxiliary){ .target = t, .id = i + 1 };
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
	give_up_auxiliaries(t);
	conn_destroy(t->conn);
	timer_cancel(t->peers->loop, &t->retry);
	timer_cancel(t->peers->loop, &t->retry_auxiliary);
	timer_cancel(t->peers->loop, &t->give_up);
	list_remove(&t->in_peers);
	free(t);
}

void peers_destroy(struct peers *p)
{
	struct target *t, *next;

	if (!p)
		return;
	peers_listen_fini(p);
	LIST_FOREACH_SAFE (t, next, &p->targets, in_peers)
		target_free(t);
	free(p);
}
