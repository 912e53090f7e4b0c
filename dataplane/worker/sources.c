/* Which rx queues a worker receives from, and how it sleeps.
 *
 * A queue that gives packets is hot: it is polled each turn.  When it has been empty for some time
 * (patience.h) a queue with a descriptor goes cold: it asks for a wake-up (a guest's kick, a tap's
 * readability) and costs nothing until then.  So a turn costs what the active ports cost, however
 * many there are.  With no hot queue left the worker sleeps in epoll.  Queues without a descriptor
 * keep it napping: at most NAP_MAX_NS, which is the longest that a packet waits there. */

#include "dataplane/worker/worker_priv.h"

#include <errno.h>
#include <rte_cycles.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	LOOK_BUSY_US = 20, /* cold queues are looked at so often while others give packets, */
	LOOK_IDLE_US = 4,  /* and so often while a hot one is given a chance: a system call each */
	MAX_EVENTS = 64,
	NAP_MIN_NS = 20 * NS_PER_US,
	NAP_MAX_NS = 2 * NS_PER_MS,
};

int sources_init(struct sources *s)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	s->nap_ns = NAP_MIN_NS;
	s->cycles_per_us = MAX_OF(rte_get_tsc_hz() / 1000000, 1ul);
	s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->wake_fd < 0 || s->epoll_fd < 0 ||
	    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &ev) < 0)
		return -errno;
	return 0;
}

void sources_fini(struct sources *s)
{
	for (unsigned i = 0; i < s->n; i++)
		free(s->all[i]);
	free(s->all);
	free(s->hot);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
}

static uint64_t serial_of(const struct port_set *set)
{
	return set ? set->serial : 0;
}

static void make_hot(struct sources *s, struct source *src)
{
	if (!src->is_hot) {
		s->hot[s->n_hot++] = src;
		src->first->n_hot++;
		fair_restart(&src->share);
	}
	src->is_hot = true;
}

/* A descriptor that is readable by itself costs as much to ask as the queue: none.  Who must be
 * asked to wake us pays for it.  What can only be polled goes unpolled for long when we nap. */
static void init_patience(const struct sources *s, struct source *src)
{
	uint64_t min = PATIENCE_MIN_US * s->cycles_per_us, max = PATIENCE_MAX_US * s->cycles_per_us;

	if (src->fd < 0)
		patience_init(&src->patience, max, max);
	else if (src->port->class->rx_arm)
		patience_init(&src->patience, min, max);
}

static struct source *source_create(struct sources *s, const struct port_poll *poll)
{
	const struct port_class *class = poll->port->class;
	struct source *src = xcalloc(1, sizeof(*src));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = src };

	*src = (struct source){
		.port = poll->port,
		.port_id = poll->port_id,
		.queue = poll->queue,
		.rx_least = MAX_OF(class->rx_least, 1),
		.rx_most = class->rx_most ? class->rx_most : PORT_BURST,
		.fd = class->rx_fd ? class->rx_fd(poll->port, poll->queue) : -1,
	};
	if (src->fd >= 0 && epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, src->fd, &ev) < 0)
		src->fd = -1;
	init_patience(s, src);
	return src;
}

/* The one of the old list for POLL, or NULL.  Both lists are in the same order, so it is mostly at
 * *AT, or soon after. */
static struct source *find_old(struct source **old, unsigned n, const struct port_poll *poll,
			       unsigned *at)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned k = (*at + i) % n;
		struct source *src = old[k];

		if (src && src->port_id == poll->port_id && src->queue == poll->queue) {
			old[k] = NULL;
			*at = k + 1;
			return src;
		}
	}
	return NULL;
}

/* Forget what is left of the old list.  Its ports may be closed by now, if this worker slept; then
 * the kernel has forgotten their descriptors itself, and removing them again does no harm. */
static void drop_old(struct sources *s, struct source **old, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!old[i])
			continue;
		if (old[i]->fd >= 0)
			epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, old[i]->fd, NULL);
		free(old[i]);
	}
	free(old);
}

/* A port's queues are neighbours in the list. */
static void set_first(struct sources *s, unsigned i)
{
	struct source *src = s->all[i], *before = i ? s->all[i - 1] : NULL;

	src->first = before && before->port_id == src->port_id ? before->first : src;
	src->n_hot = 0;
}

void sources_update(struct worker *w, const struct port_set *set)
{
	static const struct port_polls nothing;
	struct sources *s = &w->sources;
	const struct port_polls *polls = set ? &set->polls[w->id] : &nothing;
	struct source **old = s->all;
	unsigned n_old = s->n, at = 0;

	if (serial_of(set) == s->set_serial)
		return;
	s->set_serial = serial_of(set);
	s->n = polls->n;
	s->n_hot = s->n_polled = 0;
	s->all = xcalloc(polls->n + 1, sizeof(*s->all));
	free(s->hot);
	s->hot = xcalloc(polls->n + 1, sizeof(*s->hot));
	for (unsigned i = 0; i < polls->n; i++)
		s->all[i] = find_old(old, n_old, &polls->list[i], &at);
	drop_old(s, old, n_old); /* before new descriptors with the same numbers are added */
	for (unsigned i = 0; i < polls->n; i++) {
		bool is_new = !s->all[i];

		if (is_new)
			s->all[i] = source_create(s, &polls->list[i]);
		set_first(s, i);
		s->n_polled += s->all[i]->fd < 0;
		if (is_new || s->all[i]->is_hot) {
			s->all[i]->is_hot = false;
			make_hot(s, s->all[i]);
		}
	}
	__atomic_store_n(&w->counters.n_queues, polls->n, __ATOMIC_RELAXED);
}

/* --- hot and cold --- */

static void arm(struct source *src)
{
	src->port->class->rx_arm(src->port, src->queue);
	src->is_armed = true;
}

static void disarm(struct source *src)
{
	if (src->is_armed)
		src->port->class->rx_disarm(src->port, src->queue);
	src->is_armed = false;
}

bool sources_polled(struct sources *s, unsigned i, unsigned n)
{
	struct source *src = s->hot[i];

	if (n) {
		patience_found(&src->patience);
		disarm(src);
		return false;
	}
	patience_found_none(&src->patience, s->now);
	if (src->fd < 0 || !patience_is_over(&src->patience, s->now))
		return false;
	if (src->port->class->rx_arm && !src->is_armed) {
		arm(src);
		return false; /* packets may have come before: once more */
	}
	src->is_hot = false;
	src->first->n_hot--;
	s->hot[i] = s->hot[--s->n_hot];
	return true;
}

static void drain(int fd)
{
	uint64_t n;

	while (read(fd, &n, sizeof(n)) > 0)
		;
}

/* Make hot what EVENTS tell of.  Looks into ports: only while the set is current. */
static void take_events(struct sources *s, const struct epoll_event *events, int n)
{
	for (int i = 0; i < n; i++) {
		struct source *src = events[i].data.ptr;

		if (!src) {
			drain(s->wake_fd);
			continue;
		}
		if (src->port->class->rx_disarm) /* drains the descriptor, too */
			src->port->class->rx_disarm(src->port, src->queue);
		src->is_armed = false;
		if (!src->is_hot) {
			patience_learn(&src->patience, s->now);
			make_hot(s, src);
		}
	}
}

void sources_look(struct sources *s, uint64_t now)
{
	const unsigned us = s->was_idle ? LOOK_IDLE_US : LOOK_BUSY_US;
	struct epoll_event events[MAX_EVENTS];

	s->now = now;
	s->was_idle = false;
	if (s->n == s->n_hot || now - s->looked < us * s->cycles_per_us)
		return;
	s->looked = now;
	take_events(s, events, epoll_wait(s->epoll_fd, events, MAX_EVENTS, 0));
}

/* --- sleep --- */

/* Something came between the last look and now? */
static bool must_stay_awake(const struct worker *w)
{
	return !spsc_is_empty(&w->injects) ||
	       serial_of(ports_current(w->all->ports)) != w->sources.set_serial ||
	       __atomic_load_n(&w->all->is_stopping, __ATOMIC_ACQUIRE);
}

static int wait_events(struct sources *s, struct epoll_event *events)
{
	struct timespec nap = { .tv_nsec = s->nap_ns };

	if (!s->n_polled)
		return epoll_wait(s->epoll_fd, events, MAX_EVENTS, -1);
	s->nap_ns = MIN_OF(s->nap_ns * 2, (uint64_t)NAP_MAX_NS);
	return epoll_pwait2(s->epoll_fd, events, MAX_EVENTS, &nap, NULL);
}

/* Asleep, a worker is offline: ports may be closed under it.  So it looks at the events only when
 * it is online again and its set is still the current one; if not, those that still matter are
 * told again after the update, as descriptors stay readable until they are drained. */
static void sleep_until_event(struct worker *w)
{
	struct sources *s = &w->sources;
	struct epoll_event events[MAX_EVENTS];
	int n;

	__atomic_store_n(&w->counters.is_sleeping, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!must_stay_awake(w)) {
		worker_count(&w->counters.n_sleeps, 1);
		grace_offline(w);
		n = wait_events(s, events);
		grace_online(w);
		s->now = s->looked = rte_rdtsc();
		if (serial_of(ports_current(w->all->ports)) == s->set_serial)
			take_events(s, events, n);
		else
			drain(s->wake_fd);
	}
	__atomic_store_n(&w->counters.is_sleeping, 0, __ATOMIC_RELAXED);
}

void sources_idle(struct worker *w)
{
	struct sources *s = &w->sources;

	s->was_idle = true;
	if (s->n_hot > s->n_polled)
		return; /* some are still being given a chance */
	for (unsigned i = 0; i < s->n_hot; i++) {
		if (!patience_is_over(&s->hot[i]->patience, s->now)) {
			s->nap_ns = NAP_MIN_NS;
			return;
		}
	}
	sleep_until_event(w);
}

void worker_wake(struct worker *w)
{
	const uint64_t one = 1;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&w->counters.is_sleeping, __ATOMIC_SEQ_CST) &&
	    write(w->sources.wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort(); /* an eventfd cannot fail otherwise */
}
