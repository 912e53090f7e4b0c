/* The directory of ports.  The control thread changes it; workers read immutable snapshots of it.
 * A port that is removed leaves the snapshot first; when the grace period is over nobody can be
 * inside it, and it is closed. */

#include "dataplane/port/port_priv.h"

#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "dataplane/port/link_watch.h"
#include "dataplane/port/queues.h"
#include "lib/log.h"
#include "lib/loop_uv.h"

struct listener {
	port_event_fn *fn;
	void *arg;
};

struct ports {
	struct loop *loop;
	struct loop_waker *waker;
	struct link_watch *link_watch;
	unsigned n_workers;
	struct hmap by_name;
	struct port **by_number; /* [PORT_NUMBER_MAX + 1] */
	uint32_t top_number;	 /* the largest in use */
	uint32_t last_number;	 /* the last one chosen: numbers are used again late, so that a flow
				    left over does not find another port's traffic */
	uint64_t last_id;
	struct port_set *set; /* workers read it */
	struct listener *listeners;
	size_t n_listeners;
	pthread_mutex_t user_mutex; /* against port_synchronize() */
	const struct ports_user *user;
	void *user_arg;
	char *directory; /* for Unix sockets */
};

static void tell(struct ports *ports, enum port_event event, const struct port *port)
{
	struct port_info info;

	port_info_get(port, &info);
	for (size_t i = 0; i < ports->n_listeners; i++)
		ports->listeners[i].fn(ports->listeners[i].arg, event, &info);
}

static void forget(struct port *port);

/* What listeners care for is another than they were told? */
static bool is_news(struct port *port)
{
	struct port_private *p = port->private;
	struct port_info info;
	bool is_news;

	port_info_get(port, &info);
	is_news = info.is_up != p->told.is_up || info.mtu != p->told.mtu ||
		  info.speed_mbps != p->told.speed_mbps ||
		  memcmp(info.mac, p->told.mac, sizeof(info.mac)) != 0;
	p->told = info;
	return is_news;
}

/* On the control thread, after port_changed() on any, or after a port was closed on another. */
static void on_changed(void *arg)
{
	struct ports *ports = arg;

	for (struct port *p = ports_next(ports, 0), *next; p; p = next) {
		next = ports_next(ports, p->number);
		if (__atomic_load_n(&p->private->is_closed, __ATOMIC_ACQUIRE))
			forget(p);
		else if (__atomic_exchange_n(&p->private->is_changed, false, __ATOMIC_ACQ_REL) &&
			 !p->private->is_removing && is_news(p))
			tell(ports, PORT_CHANGED, p);
	}
}

void port_changed(struct port *port)
{
	__atomic_store_n(&port->private->is_changed, true, __ATOMIC_RELEASE);
	loop_wake(port->ports->waker);
}

static int ifindex_of(const struct port *port)
{
	return port->class->ifindex ? port->class->ifindex(port) : 0;
}

static void link_changed(struct port *port)
{
	if (port->class->link_changed)
		port->class->link_changed(port);
	port_changed(port);
}

/* An interface of the kernel changed, 0: some did. */
static void on_link_changed(void *arg, int ifindex)
{
	struct ports *ports = arg;

	for (struct port *p = ports_next(ports, 0); p; p = ports_next(ports, p->number)) {
		if (ifindex_of(p) && (!ifindex || ifindex_of(p) == ifindex) &&
		    !p->private->is_removing)
			link_changed(p);
	}
}

static void on_other_link_changed(void *arg, int ifindex)
{
	(void)ifindex; /* few are in a container's namespace */
	link_changed(arg);
}

/* Ours from the first port on that needs it; another's for each port. */
static void watch_link(struct port *port)
{
	struct ports *ports = port->ports;
	int fd = port->class->link_fd ? port->class->link_fd(port) : -1;

	if (ifindex_of(port) && !ports->link_watch)
		ports->link_watch =
			link_watch_create(ports->loop, link_watch_open(), on_link_changed, ports);
	if (fd >= 0)
		port->private->link_watch = link_watch_create(
			ports->loop, fcntl(fd, F_DUPFD_CLOEXEC, 0), on_other_link_changed, port);
}

static void unwatch_link(struct port *port)
{
	link_watch_destroy(port->private->link_watch);
	port->private->link_watch = NULL;
}

struct ports *ports_create(struct loop *loop, unsigned n_workers)
{
	struct ports *ports = xcalloc(1, sizeof(*ports));

	ports->loop = loop;
	ports->n_workers = n_workers;
	ports->by_number = xcalloc(PORT_NUMBER_MAX + 1, sizeof(*ports->by_number));
	ports->waker = loop_waker_create(loop, on_changed, ports);
	pthread_mutex_init(&ports->user_mutex, NULL);
	ports->directory = xstrdup("/run/weft");
	return ports;
}

void ports_set_directory(struct ports *ports, const char *path)
{
	free(ports->directory);
	ports->directory = xstrdup(path);
}

const char *port_directory(const struct port *port)
{
	mkdir(port->ports->directory, 0755); /* those above it are the machine's own */
	return port->ports->directory;
}

void ports_listen(struct ports *ports, port_event_fn *fn, void *arg)
{
	ports->listeners =
		xrealloc(ports->listeners, (ports->n_listeners + 1) * sizeof(*ports->listeners));
	ports->listeners[ports->n_listeners++] = (struct listener){ fn, arg };
}

void ports_set_user(struct ports *ports, const struct ports_user *user, void *arg)
{
	pthread_mutex_lock(&ports->user_mutex);
	ports->user = user;
	ports->user_arg = arg;
	pthread_mutex_unlock(&ports->user_mutex);
}

void port_synchronize(struct port *port)
{
	struct ports *ports = port->ports;

	pthread_mutex_lock(&ports->user_mutex);
	if (ports->user)
		ports->user->synchronize(ports->user_arg);
	pthread_mutex_unlock(&ports->user_mutex);
}

static void when_unused(struct ports *ports, void (*cb)(void *arg), void *arg)
{
	if (ports->user)
		ports->user->when_unused(ports->user_arg, cb, arg);
	else
		cb(arg);
}

/* --- the snapshot --- */

/* Who polls queue Q of a port: neighbours start at different workers. */
static unsigned poller(const struct ports *ports, const struct port *port, uint16_t queue)
{
	return (port->number - 1 + queue) % ports->n_workers;
}

static struct port_polls polls_of(const struct ports *ports, unsigned worker)
{
	struct port_poll *list = NULL;
	unsigned n = 0;

	for (struct port *p = ports_next(ports, 0); p; p = ports_next(ports, p->number)) {
		if (p->private->is_removing)
			continue;
		for (uint16_t q = 0; q < p->n_rx_queues; q++) {
			if (poller(ports, p, q) != worker)
				continue;
			list = xrealloc(list, (n + 1) * sizeof(*list));
			list[n++] = (struct port_poll){ p, p->id, q };
		}
	}
	return (struct port_polls){ .list = list, .n = n };
}

static struct port_set *set_create(struct ports *ports)
{
	uint32_t n_numbers = 0;
	struct port_polls *polls = xcalloc(ports->n_workers, sizeof(*polls));
	struct port_set *set;

	for (struct port *p = ports_next(ports, 0); p; p = ports_next(ports, p->number))
		n_numbers = p->number + 1;
	set = xcalloc(1, sizeof(*set) + n_numbers * sizeof(set->by_number[0]));
	set->serial = ++ports->last_id;
	set->n_numbers = n_numbers;
	set->n_workers = ports->n_workers;
	for (uint32_t i = 0; i < n_numbers; i++) {
		if (ports->by_number[i] && !ports->by_number[i]->private->is_removing)
			set->by_number[i] = ports->by_number[i];
	}
	for (unsigned w = 0; w < ports->n_workers; w++)
		polls[w] = polls_of(ports, w);
	set->polls = polls;
	return set;
}

static void set_destroy(void *arg)
{
	struct port_set *set = arg;

	for (const struct port_polls *p = set->polls; p < set->polls + set->n_workers; p++)
		free((void *)p->list);
	free((void *)set->polls);
	free(set);
}

static void publish(struct ports *ports)
{
	struct port_set *old, *set = set_create(ports);

	old = __atomic_exchange_n(&ports->set, set, __ATOMIC_ACQ_REL);
	if (ports->user)
		ports->user->changed(ports->user_arg);
	if (old)
		when_unused(ports, set_destroy, old);
}

const struct port_set *ports_current(const struct ports *ports)
{
	return __atomic_load_n(&ports->set, __ATOMIC_ACQUIRE);
}

/* --- finding --- */

struct port *ports_find(const struct ports *ports, const char *name)
{
	HMAP_FOREACH_HASH (n, &ports->by_name, hash_string(name)) {
		struct port_private *p = container_of(n, struct port_private, by_name);

		if (strcmp(p->name, name) == 0)
			return p->port;
	}
	return NULL;
}

struct port *ports_find_number(const struct ports *ports, uint32_t number)
{
	return number <= PORT_NUMBER_MAX ? ports->by_number[number] : NULL;
}

struct port *ports_next(const struct ports *ports, uint32_t number)
{
	while (number < ports->top_number) {
		if (ports->by_number[++number])
			return ports->by_number[number];
	}
	return NULL;
}

size_t ports_count(const struct ports *ports)
{
	return ports->by_name.n;
}

/* --- adding --- */

static int check_name(const char *name, struct status *st)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			n = 0;
	}
	if (n && n < PORT_NAME_SIZE)
		return 0;
	return status_set(st, STATUS_INVALID_ARGUMENT, "name",
			  "port name '%.32s': give 1 to %d letters, digits, '-', '_' or '.'", name,
			  PORT_NAME_SIZE - 1);
}

static bool is_same(const struct port *port, const struct port_request *req)
{
	const struct port_private *p = port->private;

	if (strcmp(port->class->type, req->type) != 0 || p->n_settings != req->n_settings ||
	    (req->number && req->number != port->number))
		return false;
	for (size_t i = 0; i < p->n_settings; i++) {
		bool found = false;

		for (size_t k = 0; k < req->n_settings; k++)
			found |= strcmp(p->settings[i].key, req->settings[k].key) == 0 &&
				 strcmp(p->settings[i].value, req->settings[k].value) == 0;
		if (!found)
			return false;
	}
	return true;
}

static struct port *add_again(struct port *port, const struct port_request *req, struct status *st)
{
	if (port->private->is_removing) {
		status_set(st, STATUS_UNAVAILABLE, "name",
			   "port '%s' is being removed: try again in a moment", req->name);
		return NULL;
	}
	if (is_same(port, req))
		return port;
	status_set(st, STATUS_ALREADY_EXISTS, "name",
		   "port '%s' is there already, number %u of type %s with other settings: delete "
		   "it first or choose another name",
		   req->name, port->number, port->class->type);
	return NULL;
}

static uint32_t choose_number(struct ports *ports, uint32_t wanted, struct status *st)
{
	if (wanted > PORT_NUMBER_MAX) {
		status_set(st, STATUS_OUT_OF_RANGE, "number",
			   "port number %u: give 1 to %u, or 0 for any", wanted, PORT_NUMBER_MAX);
		return 0;
	}
	if (wanted && ports->by_number[wanted]) {
		status_set(st, STATUS_ALREADY_EXISTS, "number", "port number %u is '%s''s", wanted,
			   ports->by_number[wanted]->private->name);
		return 0;
	}
	if (wanted)
		return wanted;
	for (uint32_t i = 1; i <= PORT_NUMBER_MAX; i++) {
		uint32_t number = (ports->last_number + i - 1) % PORT_NUMBER_MAX + 1;

		if (!ports->by_number[number])
			return ports->last_number = number;
	}
	status_set(st, STATUS_RESOURCE_EXHAUSTED, "number", "all %u port numbers are taken",
		   PORT_NUMBER_MAX);
	return 0;
}

static struct port *port_alloc(struct ports *ports, const struct port_class *class,
			       const struct port_request *req, uint32_t number)
{
	struct port_private *p = xcalloc(1, sizeof(*p));
	struct port *port = xcalloc_apart(class->size);

	strcpy(p->name, req->name); /* check_name() */
	p->port = port;
	p->added_ns = loop_now_ns(ports->loop);
	p->n_settings = req->n_settings;
	p->settings = xcalloc(req->n_settings + 1, sizeof(*p->settings));
	for (size_t i = 0; i < req->n_settings; i++) {
		p->settings[i].key = xstrdup(req->settings[i].key);
		p->settings[i].value = xstrdup(req->settings[i].value);
	}
	port->class = class;
	port->id = ++ports->last_id;
	port->number = number;
	port->n_workers = ports->n_workers;
	port->ports = ports;
	port->private = p;
	port->counters = xcalloc_apart(ports->n_workers * sizeof(*port->counters));
	return port;
}

static void port_free(struct port *port)
{
	struct port_private *p = port->private;

	for (size_t i = 0; i < p->n_settings; i++) {
		free((void *)p->settings[i].key);
		free((void *)p->settings[i].value);
	}
	free(p->settings);
	free(p->tx_locks);
	free(p->dones);
	free(p);
	port_queues_destroy(port->queues);
	free(port->counters);
	free(port);
}

static void make_locks(struct port *port)
{
	port->needs_tx_lock = !port->class->is_tx_shared && port->n_tx_queues < port->n_workers;
	if (!port->needs_tx_lock)
		return;
	port->private->tx_locks = xcalloc(port->n_tx_queues, sizeof(rte_spinlock_t));
	for (uint16_t i = 0; i < port->n_tx_queues; i++)
		rte_spinlock_init(&port->private->tx_locks[i]);
}

/* The other port that takes its packets from the same interface as PORT, or NULL. */
static const struct port *sharer(const struct ports *ports, const struct port *port)
{
	if (!ifindex_of(port))
		return NULL;
	for (struct port *p = ports_next(ports, 0); p; p = ports_next(ports, p->number)) {
		if (!p->private->is_removing && ifindex_of(p) == ifindex_of(port))
			return p;
	}
	return NULL;
}

static int open_alone(struct port *port, struct status *st)
{
	const struct port *other;

	if (port->class->open(port, st) < 0)
		return -1;
	other = sharer(port->ports, port);
	if (!other)
		return 0;
	port->class->close(port, false);
	return status_set(st, STATUS_FAILED_PRECONDITION, "options.ifname",
			  "the interface is port '%s''s: delete that or give another ifname",
			  other->private->name);
}

struct port *ports_add(struct ports *ports, const struct port_request *req, struct status *st)
{
	const struct port_class *class;
	struct port *port;
	uint32_t number;

	if (check_name(req->name, st) < 0)
		return NULL;
	port = ports_find(ports, req->name);
	if (port)
		return add_again(port, req, st);
	class = port_class_find(req->type, st);
	if (!class || port_settings_check(class, req->settings, req->n_settings, st) < 0)
		return NULL;
	number = choose_number(ports, req->number, st);
	if (!number)
		return NULL;
	port = port_alloc(ports, class, req, number);
	if (port_queues_create(port, &port->queues, st) < 0 || open_alone(port, st) < 0) {
		port_free(port);
		return NULL;
	}
	make_locks(port);
	watch_link(port);
	hmap_insert(&ports->by_name, &port->private->by_name, hash_string(req->name));
	ports->by_number[number] = port;
	ports->top_number = MAX_OF(ports->top_number, number);
	publish(ports);
	log_info("port %s: added, number %u, type %s", req->name, number, class->type);
	is_news(port);
	tell(ports, PORT_ADDED, port);
	return port;
}

/* --- removing --- */

/* It is closed, or about to be by its closer. */
static void forget(struct port *port)
{
	struct ports *ports = port->ports;
	struct port_private *p = port->private;
	struct port_done *dones = p->dones;
	size_t n_dones = p->n_dones;

	if (p->has_closer)
		pthread_join(p->closer, NULL);
	unwatch_link(port);
	hmap_remove(&ports->by_name, &p->by_name);
	ports->by_number[port->number] = NULL;
	while (ports->top_number && !ports->by_number[ports->top_number])
		ports->top_number--;
	log_info("port %s: %s", p->name, p->is_removing ? "removed" : "closed");
	p->dones = NULL;
	port_free(port);
	for (size_t i = 0; i < n_dones; i++)
		dones[i].done(dones[i].arg);
	free(dones);
}

static void *close_beside(void *arg)
{
	struct port *port = arg;

	port->class->close(port, true);
	__atomic_store_n(&port->private->is_closed, true, __ATOMIC_RELEASE);
	loop_wake(port->ports->waker);
	return NULL;
}

/* The grace period is over: the port was out of the set before it began, and workers keep no
 * port across a quiescent state. */
static void remove_after_dead(void *arg)
{
	struct port *port = arg;
	struct port_private *p = port->private;

	p->has_closer = port->class->is_close_slow &&
			pthread_create(&p->closer, NULL, close_beside, port) == 0;
	if (p->has_closer)
		return;
	port->class->close(port, true);
	forget(port);
}

void ports_remove(struct ports *ports, struct port *port, void (*done)(void *arg), void *arg)
{
	struct port_private *p = port->private;

	if (done) {
		p->dones = xrealloc(p->dones, (p->n_dones + 1) * sizeof(*p->dones));
		p->dones[p->n_dones++] = (struct port_done){ done, arg };
	}
	if (p->is_removing)
		return;
	p->is_removing = true;
	unwatch_link(port);
	publish(ports);
	tell(ports, PORT_REMOVED, port);
	when_unused(ports, remove_after_dead, port);
}

void ports_destroy(struct ports *ports)
{
	struct port *port;

	if (!ports)
		return;
	while ((port = ports_next(ports, 0))) {
		if (!port->private->has_closer)
			port->class->close(port, port->private->is_removing);
		forget(port);
	}
	if (ports->set)
		set_destroy(ports->set);
	hmap_fini(&ports->by_name);
	loop_waker_destroy(ports->waker);
	link_watch_destroy(ports->link_watch);
	pthread_mutex_destroy(&ports->user_mutex);
	free(ports->listeners);
	free(ports->directory);
	free(ports->by_number);
	free(ports);
}

/* --- one port --- */

uint32_t port_number(const struct port *port)
{
	return port->number;
}

const char *port_name(const struct port *port)
{
	return port->private->name;
}

const struct port_setting *port_settings(const struct port *port, size_t *n)
{
	*n = port->private->n_settings;
	return port->private->settings;
}

void port_info_get(const struct port *port, struct port_info *info)
{
	*info = (struct port_info){
		.number = port->number,
		.type = port->class->type,
		.is_removing = port->private->is_removing,
		.added_ns = port->private->added_ns,
	};
	strcpy(info->name, port->private->name);
	port->class->info(port, info);
}

void port_stats_get(const struct port *port, struct port_stats *stats)
{
	uint64_t *sum = (uint64_t *)stats;

	static_assert(sizeof(*stats) == 8 * sizeof(uint64_t), "nothing but counters");
	memset(stats, 0, sizeof(*stats));
	for (unsigned w = 0; w < port->n_workers; w++) {
		const uint64_t *c = (const uint64_t *)&port->counters[w].stats;

		for (unsigned i = 0; i < 8; i++)
			sum[i] += __atomic_load_n(&c[i], __ATOMIC_RELAXED);
	}
}
