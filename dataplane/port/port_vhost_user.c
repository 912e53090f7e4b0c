/* Port type `vhost-user`: a virtual machine's virtio-net card, whose rings are in memory that
 * QEMU shares with us over a Unix socket.  librte_vhost speaks the protocol and validates the
 * rings.
 *
 * Three threads meet here.  librte_vhost's own calls back when a guest comes, changes a ring or
 * goes.  Workers use `vid`, the number of the present guest, which is -1 before and after; the
 * going guest's memory is unmapped only when no worker can still use it (port_synchronize()).  The
 * control thread opens and closes. */

#include "dataplane/port/port_class.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_vhost.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "dataplane/port/guest_memory.h"
#include "dataplane/port/offload.h"
#include "lib/list.h"
#include "lib/log.h"

enum {
	MAX_QUEUES = 16,
	TX_TRIES = 4, /* a guest empties its ring while we fill it */
};

struct vhost_queue {
	/* What a worker waits for: the guest's kicks and `bell`, gathered behind one descriptor
	 * that stays when the guest's come and go.  Both are edge-triggered and never read. */
	int epoll_fd;
	int bell_fd; /* rung when the ring starts */
	int kick_fd; /* librte_vhost's, -1: none; vhost thread */
	bool has_rx; /* the guest sends on it; vhost thread writes, workers read */
	bool has_tx; /* the guest receives on it */
};

struct port_vhost {
	struct port port;
	struct list in_list;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool is_client;
	bool is_closing;
	bool has_mac;
	uint8_t mac[6];
	uint32_t mtu; /* wanted */
	uint16_t n_queues;
	int owner;     /* the connection whose rings we follow, -1: none; vhost thread */
	int vid;       /* atomic; the owner, while it runs */
	uint16_t n_tx; /* atomic: rings 0..n_tx-1 are ready to receive */
	struct vhost_queue queues[MAX_QUEUES];
};

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct list vhost_ports = { &vhost_ports, &vhost_ports };

static struct port_vhost *vhost_of(const struct port *port)
{
	return container_of(port, struct port_vhost, port);
}

/* rings come in pairs, named from the guest's side */
static uint16_t guest_rx_ring(uint16_t queue)
{
	return queue * 2;
}

static uint16_t guest_tx_ring(uint16_t queue)
{
	return queue * 2 + 1;
}

/* --- librte_vhost's thread --- */

static struct port_vhost *find_by_path(const char *path)
{
	struct port_vhost *v, *found = NULL;

	pthread_mutex_lock(&list_mutex);
	LIST_FOREACH (v, &vhost_ports, in_list) {
		if (strcmp(v->path, path) == 0)
			found = v;
	}
	pthread_mutex_unlock(&list_mutex);
	return found;
}

static struct port_vhost *find_by_vid(int vid)
{
	char path[PATH_MAX];

	return rte_vhost_get_ifname(vid, path, sizeof(path)) == 0 ? find_by_path(path) : NULL;
}

/* Rings become ready before the device does.  A second connection to the same socket gets nothing.
 */
static bool claim(struct port_vhost *v, int vid)
{
	if (v->owner < 0)
		v->owner = vid;
	return v->owner == vid;
}

static void forget_kick(struct vhost_queue *q)
{
	if (q->kick_fd >= 0)
		epoll_ctl(q->epoll_fd, EPOLL_CTL_DEL, q->kick_fd, NULL);
	q->kick_fd = -1;
}

static void start_rx(struct vhost_queue *q, int vid, uint16_t ring)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	const uint64_t one = 1;
	struct rte_vhost_vring vring;

	forget_kick(q);
	if (rte_vhost_get_vhost_vring(vid, ring, &vring) == 0 && vring.kickfd >= 0 &&
	    epoll_ctl(q->epoll_fd, EPOLL_CTL_ADD, vring.kickfd, &ev) == 0)
		q->kick_fd = vring.kickfd;
	__atomic_store_n(&q->has_rx, true, __ATOMIC_RELEASE);
	if (write(q->bell_fd, &one, sizeof(one)) < 0)
		log_error("vhost: cannot wake a worker: %s", strerror(errno));
}

static void count_tx(struct port_vhost *v)
{
	uint16_t n = 0;

	while (n < v->n_queues && v->queues[n].has_tx)
		n++;
	__atomic_store_n(&v->n_tx, n, __ATOMIC_RELEASE);
}

/* May hold the rings' locks, which a sending worker waits for: so nothing here waits for a
 * worker.  librte_vhost itself keeps a worker off a ring that is disabled. */
static int vring_state_changed(int vid, uint16_t ring, int is_enabled)
{
	struct port_vhost *v = find_by_vid(vid);
	struct vhost_queue *q;

	if (!v || !claim(v, vid))
		return 0;
	if (ring / 2 >= v->n_queues) {
		if (is_enabled)
			log_warn("port %s: the guest has more than %u queues; add the port with "
				 "queues=%u",
				 port_name(&v->port), v->n_queues, ring / 2 + 1);
		return 0;
	}
	q = &v->queues[ring / 2];
	if (ring == guest_rx_ring(ring / 2)) {
		q->has_tx = is_enabled;
		count_tx(v);
	} else if (is_enabled) {
		start_rx(q, vid, ring);
	} else {
		forget_kick(q);
		__atomic_store_n(&q->has_rx, false, __ATOMIC_RELEASE);
	}
	port_changed(&v->port);
	return 0;
}

static int new_device(int vid)
{
	struct port_vhost *v = find_by_vid(vid);

	if (!v || !claim(v, vid))
		return -1;
	__atomic_store_n(&v->vid, vid, __ATOMIC_RELEASE);
	port_changed(&v->port);
	return 0;
}

static void destroy_device(int vid)
{
	struct port_vhost *v = find_by_vid(vid);

	if (!v || vid != __atomic_load_n(&v->vid, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&v->vid, -1, __ATOMIC_RELEASE);
	__atomic_store_n(&v->n_tx, 0, __ATOMIC_RELEASE);
	for (uint16_t i = 0; i < v->n_queues; i++) {
		forget_kick(&v->queues[i]);
		v->queues[i].has_rx = v->queues[i].has_tx = false;
	}
	if (v->is_closing)
		return; /* on the control thread, and no worker has the port any more */
	port_synchronize(&v->port);
	port_changed(&v->port);
}

static void destroy_connection(int vid)
{
	struct port_vhost *v = find_by_vid(vid);

	if (v && v->owner == vid)
		v->owner = -1;
}

static const struct rte_vhost_device_ops ops = {
	.new_device = new_device,
	.destroy_device = destroy_device,
	.vring_state_changed = vring_state_changed,
	.destroy_connection = destroy_connection,
};

/* --- control thread --- */

static int refuse_socket(const char *path, const char *why, struct status *st)
{
	return status_set(st, STATUS_FAILED_PRECONDITION, "options.socket", "socket %s: %s", path,
			  why);
}

/* A switch that was killed leaves its socket behind, and nobody can bind there again. */
static int remove_stale_socket(const char *path, struct status *st)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat info;
	int fd, ret;

	if (lstat(path, &info) < 0)
		return 0;
	if (!S_ISSOCK(info.st_mode))
		return refuse_socket(path, "there is something else of that name", st);
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse_socket(path, strerror(errno), st);
	ret = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? errno : 0;
	close(fd);
	if (ret != ECONNREFUSED) /* EAGAIN: it has more callers than it takes */
		return refuse_socket(path, "another process listens there", st);
	return unlink(path) < 0 ? refuse_socket(path, strerror(errno), st) : 0;
}

static int open_queue(struct vhost_queue *q)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	q->kick_fd = -1;
	q->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	q->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (q->epoll_fd < 0 || q->bell_fd < 0)
		return -1;
	return epoll_ctl(q->epoll_fd, EPOLL_CTL_ADD, q->bell_fd, &ev);
}

static void close_queues(struct port_vhost *v)
{
	for (uint16_t i = 0; i < v->n_queues; i++) {
		if (v->queues[i].epoll_fd >= 0)
			close(v->queues[i].epoll_fd);
		if (v->queues[i].bell_fd >= 0)
			close(v->queues[i].bell_fd);
	}
}

static int open_queues(struct port_vhost *v, struct status *st)
{
	for (uint16_t i = 0; i < v->n_queues; i++)
		v->queues[i].epoll_fd = v->queues[i].bell_fd = -1;
	for (uint16_t i = 0; i < v->n_queues; i++) {
		if (open_queue(&v->queues[i]) == 0)
			continue;
		status_set(st, STATUS_RESOURCE_EXHAUSTED, "options.queues",
			   "cannot make the queues' descriptors: %s", strerror(errno));
		close_queues(v);
		return -1;
	}
	return 0;
}

static int start_driver(struct port_vhost *v, struct status *st)
{
	/* UDP fragmentation offload is history, and librte_vhost mistakes it for segmentation */
	const uint64_t unwanted = 1ull << VIRTIO_NET_F_HOST_UFO | 1ull << VIRTIO_NET_F_GUEST_UFO;

	if (rte_vhost_driver_register(v->path, v->is_client ? RTE_VHOST_USER_CLIENT : 0) < 0)
		return refuse_socket(v->path,
				     "cannot be registered; is another port using it, or are there "
				     "1024 vhost-user ports?",
				     st);
	if (rte_vhost_driver_disable_features(v->path, unwanted) == 0 &&
	    rte_vhost_driver_callback_register(v->path, &ops) == 0 &&
	    rte_vhost_driver_start(v->path) == 0)
		return 0;
	rte_vhost_driver_unregister(v->path);
	return refuse_socket(v->path, "cannot be bound; does its directory exist?", st);
}

static int read_options(struct port_vhost *v, struct status *st)
{
	const char *path = port_option_text(&v->port, "socket");
	char own[PATH_MAX];
	long long n_queues, mtu;

	if (port_option_number(&v->port, "queues", 1, MAX_QUEUES, &n_queues, st) < 0 ||
	    port_option_number(&v->port, "mtu", 68, 65521, &mtu, st) < 0 ||
	    port_option_flag(&v->port, "client", &v->is_client, st) < 0 ||
	    port_option_mac(&v->port, "mac", v->mac, &v->has_mac, st) < 0)
		return -1;
	if (!path) {
		snprintf(own, sizeof(own), "%s/%s.sock", port_directory(&v->port),
			 port_name(&v->port));
		path = own;
	}
	if (path[0] != '/' || strlen(path) >= sizeof(v->path))
		return status_set(st, STATUS_INVALID_ARGUMENT, "options.socket",
				  "'%.64s': give an absolute path of at most %zu characters", path,
				  sizeof(v->path) - 1);
	if (find_by_path(path))
		return refuse_socket(path, "another port of this switch has it", st);
	strcpy(v->path, path);
	v->n_queues = n_queues;
	v->mtu = mtu;
	return 0;
}

static int vhost_open(struct port *port, struct status *st)
{
	struct port_vhost *v = vhost_of(port);

	v->vid = v->owner = -1;
	guest_memory_guard();
	if (read_options(v, st) < 0 || (!v->is_client && remove_stale_socket(v->path, st) < 0) ||
	    open_queues(v, st) < 0)
		return -1;
	port->n_rx_queues = v->n_queues;
	port->n_tx_queues = v->n_queues;
	port->takes = PORT_TAKES_CSUM | PORT_TAKES_TSO4 | PORT_TAKES_TSO6;
	pthread_mutex_lock(&list_mutex);
	list_insert(&vhost_ports, &v->in_list);
	pthread_mutex_unlock(&list_mutex);
	if (start_driver(v, st) == 0)
		return 0;
	pthread_mutex_lock(&list_mutex);
	list_remove(&v->in_list);
	pthread_mutex_unlock(&list_mutex);
	close_queues(v);
	return -1;
}

static void vhost_close(struct port *port, bool is_removed)
{
	struct port_vhost *v = vhost_of(port);

	(void)is_removed;
	v->is_closing = true;
	rte_vhost_driver_unregister(v->path); /* calls destroy_device() if a guest is there */
	pthread_mutex_lock(&list_mutex);
	list_remove(&v->in_list);
	pthread_mutex_unlock(&list_mutex);
	close_queues(v);
}

static void vhost_info(const struct port *port, struct port_info *info)
{
	const struct port_vhost *v = vhost_of(port);
	uint16_t n_tx = __atomic_load_n(&v->n_tx, __ATOMIC_RELAXED);
	bool is_there = __atomic_load_n(&v->vid, __ATOMIC_RELAXED) >= 0;

	info->is_up = is_there && n_tx;
	info->has_mac = v->has_mac;
	memcpy(info->mac, v->mac, sizeof(info->mac));
	info->mtu = v->mtu;
	snprintf(info->socket_path, sizeof(info->socket_path), "%s", v->path);
	if (info->is_up)
		snprintf(info->summary, sizeof(info->summary), "guest connected, %u of %u queue%s",
			 n_tx, v->n_queues, v->n_queues > 1 ? "s" : "");
	else
		strcpy(info->summary, is_there	     ? "guest connected, its driver is not ready"
				      : v->is_client ? "connecting to the guest"
						     : "waiting for a guest");
}

/* --- workers --- */

static uint16_t vhost_rx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
			 struct port_counters *c)
{
	struct port_vhost *v = vhost_of(port);
	int vid = __atomic_load_n(&v->vid, __ATOMIC_ACQUIRE);

	if (vid < 0 || !__atomic_load_n(&v->queues[queue].has_rx, __ATOMIC_ACQUIRE))
		return 0;
	n = rte_vhost_dequeue_burst(vid, guest_tx_ring(queue), pool_small(), pkts, n);
	return offload_check_burst(pkts, n, &c->stats.rx_errors);
}

static uint16_t vhost_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct port_vhost *v = vhost_of(port);
	int vid = __atomic_load_n(&v->vid, __ATOMIC_ACQUIRE);
	uint16_t n_rings = __atomic_load_n(&v->n_tx, __ATOMIC_ACQUIRE), n_sent = 0;

	for (unsigned i = 0; vid >= 0 && n_rings && i < TX_TRIES && n_sent < n; i++)
		n_sent += rte_vhost_enqueue_burst(vid, guest_rx_ring(queue % n_rings),
						  pkts + n_sent, n - n_sent);
	rte_pktmbuf_free_bulk(pkts, n); /* they were copied */
	return n_sent;
}

static int vhost_rx_fd(const struct port *port, uint16_t queue)
{
	return vhost_of(port)->queues[queue].epoll_fd;
}

static void set_notifications(struct port_vhost *v, uint16_t queue, bool wanted)
{
	int vid = __atomic_load_n(&v->vid, __ATOMIC_ACQUIRE);

	if (vid >= 0 && __atomic_load_n(&v->queues[queue].has_rx, __ATOMIC_ACQUIRE))
		rte_vhost_enable_guest_notification(vid, guest_tx_ring(queue), wanted);
}

static void vhost_rx_arm(struct port *port, uint16_t queue)
{
	set_notifications(vhost_of(port), queue, true);
}

static void vhost_rx_disarm(struct port *port, uint16_t queue)
{
	struct port_vhost *v = vhost_of(port);
	struct epoll_event events[2];

	epoll_wait(v->queues[queue].epoll_fd, events, ARRAY_LENGTH(events), 0);
	set_notifications(v, queue, false);
}

static const struct port_option options[] = {
	{ "socket", "PATH", NULL,
	  "The Unix socket that QEMU connects to, or listens on; the port's name with .sock, "
	  "beside "
	  "the management socket, if not given." },
	{ "client", "BOOL", "false", "Connect to QEMU's socket instead of listening." },
	{ "queues", "NUMBER", "1", "Pairs of queues, 1 to 16; as many as the guest's card has." },
	{ "mac", "ADDRESS", NULL, "The guest's MAC address, for whoever starts the guest." },
	{ "mtu", "BYTES", "1500", "The guest's MTU, 68 to 65521, for whoever starts the guest." },
};

static const struct port_class port_vhost_user = {
	.type = "vhost-user",
	.help = "A virtual machine's virtio-net card, through memory shared with QEMU.",
	.options = options,
	.n_options = ARRAY_LENGTH(options),
	.is_tx_shared = true, /* librte_vhost locks the ring */
	.size = sizeof(struct port_vhost),
	.open = vhost_open,
	.close = vhost_close,
	.info = vhost_info,
	.rx = vhost_rx,
	.tx = vhost_tx,
	.rx_fd = vhost_rx_fd,
	.rx_arm = vhost_rx_arm,
	.rx_disarm = vhost_rx_disarm,
};
REGISTRY_ADD(port_class, port_vhost_user);
