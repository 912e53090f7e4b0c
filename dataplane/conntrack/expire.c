/* Connections that have timed out.
 *
 * A packet only writes the time at which it came.  For each 64 places it is known when at the
 * earliest one of them may be over; making a connection, or a state with a shorter timeout, brings
 * that forward.  So a round looks at one number for 64 connections, and at the connections
 * themselves about as often as the shortest of their timeouts goes by. */

#include "dataplane/conntrack/priv.h"

#define MAX_WORDS 4096 /* numbers looked at in one step */
#define MAX_ALIVE 2048 /* connections */
#define MAX_OVER  1024

struct step {
	unsigned n_words, n_alive, n_over;
};

static void prefetch_word(struct conntrack_thread *t, struct store *s, uint32_t w, uint64_t alive)
{
	for (; alive; alive &= alive - 1)
		__builtin_prefetch(entry_of_slot(&t->ct->entries, s,
						 w * 64 + (uint32_t)__builtin_ctzll(alive)));
}

/* Returns when the next of these places may be over. */
static uint32_t expire_word(struct conntrack_thread *t, struct store *s, uint32_t w,
			    struct step *step)
{
	uint64_t alive = slot_set_word(&s->live, w);
	uint32_t next = t->now + MAX_TICKS;

	prefetch_word(t, s, w, alive);
	for (; alive; alive &= alive - 1) {
		struct connection *c = entry_of_slot(&t->ct->entries, s,
						     w * 64 + (uint32_t)__builtin_ctzll(alive));
		uint32_t idle = connection_idle(c, t->now);
		uint32_t allowed = connection_allowed(&t->ct->policy, c), due;

		step->n_alive++;
		if (__atomic_load_n(&c->class, __ATOMIC_ACQUIRE) == ENTRY_UNBORN) {
			due = t->now + 1;
		} else if (idle > allowed) {
			step->n_over++;
			connection_give_up(t, c, &t->counts.n_expired);
			continue;
		} else {
			allowed = connection_looked_at(&t->ct->policy, c);
			due = t->now + (allowed > idle ? allowed - idle : 0) + 1;
		}
		if ((int32_t)(due - next) < 0)
			next = due;
	}
	return next;
}

static void expire_due(struct conntrack_thread *t, struct store *s, uint32_t w, struct step *step)
{
	struct conntrack *ct = t->ct;
	uint32_t is = __atomic_load_n(&s->due[w], __ATOMIC_RELAXED), next;

	if ((int32_t)(is - t->now) <= 0) {
		/* What is made from now on brings it forward again. */
		__atomic_store_n(&s->due[w], t->now + MAX_TICKS, __ATOMIC_SEQ_CST);
		next = expire_word(t, s, w, step);
		is = __atomic_load_n(&s->due[w], __ATOMIC_RELAXED);
		while ((int32_t)(is - next) > 0 &&
		       !__atomic_compare_exchange_n(&s->due[w], &is, next, true, __ATOMIC_RELAXED,
						    __ATOMIC_RELAXED))
			;
		if ((int32_t)(is - next) > 0)
			is = next;
	}
	if ((int32_t)(is - ct->next_due) < 0)
		ct->next_due = is;
}

/* The policy has changed: all are to be looked at. */
static void follow_policy(struct conntrack_thread *t)
{
	struct conntrack *ct = t->ct;
	bool is_same = true;

	for (unsigned i = 0; i < CT_N_TIMEOUTS; i++) {
		uint32_t s = __atomic_load_n(&ct->policy.seconds[i], __ATOMIC_RELAXED);

		is_same &= ct->seconds[i] == s;
		ct->seconds[i] = s;
	}
	if (is_same)
		return;
	for (unsigned k = 0; k < N_STORES; k++) {
		struct store *s = &ct->entries.stores[k];
		uint32_t n = __atomic_load_n(&s->n_high, __ATOMIC_RELAXED);

		for (uint32_t w = 0; w < n; w++)
			__atomic_store_n(&s->due[w], t->now, __ATOMIC_RELAXED);
		ct->swept[k] = 0;
	}
}

bool expire_some(struct conntrack_thread *t)
{
	struct conntrack *ct = t->ct;
	struct step step = { 0 };

	follow_policy(t);
	if (!ct->swept[0] && !ct->swept[1])
		ct->next_due = t->now + MAX_TICKS;
	for (unsigned k = 0; k < N_STORES; k++) {
		struct store *s = &ct->entries.stores[k];
		uint32_t n = __atomic_load_n(&s->n_high, __ATOMIC_RELAXED);

		while (ct->swept[k] < n) {
			if (step.n_words++ == MAX_WORDS || step.n_alive >= MAX_ALIVE ||
			    step.n_over >= MAX_OVER)
				return true;
			expire_due(t, s, ct->swept[k]++, &step);
		}
	}
	ct->swept[0] = ct->swept[1] = 0;
	return false;
}
