/* Grace periods: telling the control thread, without its waiting, when every worker has left
 * behind what it held at some moment.
 *
 * The token is rte_rcu_qsbr's.  Who waits for one writes it to `wanted`; a worker that reports a
 * quiescent state and sees a new `wanted` wakes the loop, which then checks.  A worker asleep is
 * offline and holds nothing.  The two orders that must hold: the waiter stores `wanted` before it
 * checks, and the worker reports (or goes offline) before it loads `wanted` a last time. */

#include "dataplane/worker/worker_priv.h"

#include <stdlib.h>

struct wait {
	struct list in_waits;
	uint64_t token;
	uint64_t n_injected; /* those done count as held, too */
	void (*cb)(void *arg);
	void *arg;
};

static bool is_over(struct workers *all, const struct wait *wait)
{
	/* packet-outs are worker 0's */
	if (__atomic_load_n(&all->list[0].counters.n_injects, __ATOMIC_ACQUIRE) < wait->n_injected)
		return false;
	return rte_rcu_qsbr_check(all->qsbr, wait->token, false) == 1;
}

void grace_check(struct workers *all)
{
	while (!list_is_empty(&all->waits)) {
		struct wait *wait = container_of(all->waits.next, struct wait, in_waits);

		if (!is_over(all, wait))
			return;
		workers_deliver(all);
		list_remove(&wait->in_waits);
		wait->cb(wait->arg);
		free(wait);
	}
}

static void on_timer(struct timer *t, void *arg)
{
	(void)t;
	grace_check(arg);
}

void grace_init(struct workers *all)
{
	list_init(&all->waits);
	timer_init(&all->wait_timer, on_timer, all);
}

/* The workers have ended: nobody holds anything. */
void grace_fini(struct workers *all)
{
	while (!list_is_empty(&all->waits)) {
		struct wait *wait = container_of(all->waits.next, struct wait, in_waits);

		list_remove(&wait->in_waits);
		wait->cb(wait->arg);
		free(wait);
	}
	timer_cancel(all->loop, &all->wait_timer);
}

uint64_t workers_token(struct workers *all)
{
	return rte_rcu_qsbr_start(all->qsbr);
}

void workers_when_seen(struct workers *all, uint64_t token, void (*cb)(void *arg), void *arg)
{
	struct wait *wait = xmalloc(sizeof(*wait));

	*wait = (struct wait){
		.token = token,
		.n_injected = all->n_injected,
		.cb = cb,
		.arg = arg,
	};
	list_insert(&all->waits, &wait->in_waits);
	__atomic_store_n(&all->wanted, rte_rcu_qsbr_start(all->qsbr), __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!timer_is_armed(&all->wait_timer))
		timer_arm(all->loop, &all->wait_timer, 0);
}

static void tell_if_wanted(struct worker *w)
{
	uint64_t wanted = __atomic_load_n(&w->all->wanted, __ATOMIC_SEQ_CST);

	if (wanted == w->acked)
		return;
	w->acked = wanted;
	loop_wake(w->all->waker);
}

void grace_report(struct worker *w)
{
	uint64_t wanted = __atomic_load_n(&w->all->wanted, __ATOMIC_ACQUIRE);

	rte_rcu_qsbr_quiescent(w->all->qsbr, worker_qsbr_id(w->id));
	if (wanted == w->acked)
		return; /* a newer one is seen next turn, or when going offline */
	w->acked = wanted;
	loop_wake(w->all->waker);
}

void grace_offline(struct worker *w)
{
	rte_rcu_qsbr_thread_offline(w->all->qsbr, worker_qsbr_id(w->id));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	tell_if_wanted(w);
}

void grace_online(struct worker *w)
{
	rte_rcu_qsbr_thread_online(w->all->qsbr, worker_qsbr_id(w->id));
}
