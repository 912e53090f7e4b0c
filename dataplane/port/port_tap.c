/* Port type `tap`: a network interface inside a container's namespace, made by us, whose frames
 * the switch reads and writes.
 *
 * Frames carry a virtio_net_hdr, so a container sends 64 KiB segments without checksums and they
 * pass as they are to whoever can take them.  The interface persists: when the switch restarts it
 * keeps its name, addresses and routes, and is attached to again. */

#include "dataplane/port/port_class.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "dataplane/port/frame_io.h"
#include "dataplane/port/link.h"
#include "dataplane/port/link_watch.h"
#include "dataplane/port/netns.h"
#include "dataplane/port/vnet_hdr.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* Linux 6.2 */
#define TUN_F_USO6 0x40
#endif

enum { MAX_QUEUES = 16 };

struct port_tap {
	struct port port;
	uint16_t n_queues;
	bool is_gone; /* the interface vanished with its namespace; workers set it */
	bool is_down; /* somebody there shut it down */
	bool persists;
	bool is_multi_queue; /* as the interface was made; the kernel wants to be told the same */
	char ifname[IFNAMSIZ];
	char netns[PORT_TEXT_SIZE];
	struct link_state link; /* when it was opened */
	int link_fd;		/* in its namespace */
	int fds[MAX_QUEUES];
};

static struct port_tap *tap_of(const struct port *port)
{
	return container_of(port, struct port_tap, port);
}

/* --- opening --- */

struct opening {
	struct port_tap *tap;
	const uint8_t *mac;
	uint32_t mtu;
	struct status *st;
};

static int refuse_attach(const struct port_tap *tap, struct status *st)
{
	if (errno == EINVAL || errno == EBUSY)
		return status_set(
			st, STATUS_FAILED_PRECONDITION, "options.ifname",
			"interface %s is there and cannot be attached to as a tap: delete it or "
			"give another ifname",
			tap->ifname);
	return status_set(st, STATUS_FAILED_PRECONDITION, "options.ifname",
			  "cannot make tap interface %s: %s", tap->ifname, strerror(errno));
}

/* What the kernel knows of these; older ones have no UDP segmentation. */
static int set_offloads(struct port_tap *tap, int fd)
{
	const unsigned base = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	int size = VNET_HDR_SIZE;

	if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0)
		return -1;
	tap->port.takes = PORT_TAKES_ALL;
	if (ioctl(fd, TUNSETOFFLOAD, base | TUN_F_USO4 | TUN_F_USO6) == 0)
		return 0;
	tap->port.takes = PORT_TAKES_ALL & ~PORT_TAKES_USO;
	return ioctl(fd, TUNSETOFFLOAD, base);
}

static int set_interface(const struct port_tap *tap, int fd)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

	if (tap->is_multi_queue)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	strcpy(ifr.ifr_name, tap->ifname);
	return ioctl(fd, TUNSETIFF, &ifr);
}

/* A new interface gets several queues only if they are wanted: the kernel prepares 256 of them,
 * some 6 MB and 1.2 ms at link-up.  One that persisted stays as it was made. */
static int attach_first(struct port_tap *tap, int fd)
{
	tap->is_multi_queue = tap->port.n_rx_queues > 1;
	if (set_interface(tap, fd) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	tap->is_multi_queue = !tap->is_multi_queue;
	if (set_interface(tap, fd) < 0)
		return -1;
	if (!tap->is_multi_queue)
		tap->port.n_rx_queues = tap->port.n_tx_queues = 1;
	return 0;
}

static int attach(struct port_tap *tap, int fd)
{
	return tap->n_queues ? set_interface(tap, fd) : attach_first(tap, fd);
}

static int open_queue(struct port_tap *tap, struct status *st)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return status_set(st, STATUS_FAILED_PRECONDITION, "type",
				  "cannot open /dev/net/tun: %s; is module tun loaded?",
				  strerror(errno));
	if (attach(tap, fd) < 0 || set_offloads(tap, fd) < 0) {
		refuse_attach(tap, st);
		close(fd);
		return -1;
	}
	tap->fds[tap->n_queues++] = fd;
	return 0;
}

/* In the container's namespace. */
static int open_inside(void *arg)
{
	struct opening *o = arg;
	struct port_tap *tap = o->tap;
	struct link_state before;

	/* A tap has carrier while somebody holds a queue: we would share its packets. */
	if (link_get(tap->ifname, &before) == 0 && before.has_carrier)
		return status_set(o->st, STATUS_FAILED_PRECONDITION, "options.ifname",
				  "interface %s is there and in use by another port or program: "
				  "give another ifname, or delete it",
				  tap->ifname);
	for (uint16_t i = 0; i < tap->port.n_rx_queues; i++) {
		if (open_queue(tap, o->st) < 0)
			return -1;
	}
	if (link_set(tap->ifname, o->mac, o->mtu, o->st) < 0)
		return -1;
	if (link_get(tap->ifname, &tap->link) < 0)
		return status_set(o->st, STATUS_INTERNAL, "options.ifname",
				  "interface %s vanished while it was set up", tap->ifname);
	tap->link_fd = link_watch_open();
	if (tap->persists && ioctl(tap->fds[0], TUNSETPERSIST, 1) < 0)
		return status_set(o->st, STATUS_INTERNAL, "options.persist",
				  "cannot make interface %s persist: %s", tap->ifname,
				  strerror(errno));
	return 0;
}

static void close_queues(struct port_tap *tap)
{
	for (uint16_t i = 0; i < tap->n_queues; i++)
		close(tap->fds[i]);
	tap->n_queues = 0;
	if (tap->link_fd >= 0)
		close(tap->link_fd);
	tap->link_fd = -1;
}

static int copy_text(char *to, size_t size, const char *from, const char *field, struct status *st)
{
	if (*from && strlen(from) < size) {
		strcpy(to, from);
		return 0;
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, field, "'%.64s': give 1 to %zu characters",
			  from, size - 1);
}

static int tap_open(struct port *port, struct status *st)
{
	struct port_tap *tap = tap_of(port);
	const char *ifname = port_option_text(port, "ifname"),
		   *netns = port_option_text(port, "netns");
	struct opening o = { .tap = tap, .st = st };
	long long mtu, n_queues;
	bool has_mac;
	uint8_t mac[6];

	if (copy_text(tap->ifname, sizeof(tap->ifname), ifname ? ifname : port_name(port),
		      "options.ifname", st) < 0 ||
	    port_option_number(port, "mtu", 0, 65521, &mtu, st) < 0 ||
	    port_option_number(port, "queues", 0, MAX_QUEUES, &n_queues, st) < 0 ||
	    port_option_flag(port, "persist", &tap->persists, st) < 0 ||
	    port_option_mac(port, "mac", mac, &has_mac, st) < 0)
		return -1;
	if (netns)
		netns_path(netns, tap->netns, sizeof(tap->netns));
	tap->link_fd = -1;
	o.mac = has_mac ? mac : NULL;
	o.mtu = mtu;
	port->n_rx_queues =
		n_queues ? MIN_OF(n_queues, port->n_workers) : MIN_OF(port->n_workers, MAX_QUEUES);
	port->n_tx_queues = port->n_rx_queues;
	if (netns_call(tap->netns, open_inside, &o, st) < 0) {
		close_queues(tap);
		return -1;
	}
	return 0;
}

static void tap_close(struct port *port, bool is_removed)
{
	struct port_tap *tap = tap_of(port);

	if (is_removed && tap->persists && !tap->is_gone)
		ioctl(tap->fds[0], TUNSETPERSIST, 0);
	close_queues(tap);
}

static int tap_ifindex(const struct port *port)
{
	const struct port_tap *tap = tap_of(port);

	return *tap->netns ? 0 : tap->link.ifindex;
}

static int tap_link_fd(const struct port *port)
{
	const struct port_tap *tap = tap_of(port);

	return *tap->netns ? tap->link_fd : -1;
}

/* It may have got another name; and if it was moved to yet another namespace, we cannot tell, and
 * take it for up. */
static void tap_link_changed(struct port *port)
{
	struct port_tap *tap = tap_of(port);
	struct ifreq ifr = { .ifr_ifindex = tap->link.ifindex };

	tap->is_down = ioctl(tap->link_fd, SIOCGIFNAME, &ifr) == 0 &&
		       ioctl(tap->link_fd, SIOCGIFFLAGS, &ifr) == 0 && !(ifr.ifr_flags & IFF_UP);
}

static const char *state_of(const struct port_tap *tap, bool is_gone)
{
	if (is_gone)
		return "the interface is gone with its namespace";
	return tap->is_down ? "the interface is down: set it up where it is" : "attached";
}

static void tap_info(const struct port *port, struct port_info *info)
{
	const struct port_tap *tap = tap_of(port);
	bool is_gone = __atomic_load_n(&tap->is_gone, __ATOMIC_RELAXED);

	info->is_up = !is_gone && !tap->is_down;
	info->has_mac = true;
	memcpy(info->mac, tap->link.mac, sizeof(info->mac));
	info->mtu = tap->link.mtu;
	strcpy(info->ifname, tap->ifname);
	strcpy(info->netns, tap->netns);
	snprintf(info->summary, sizeof(info->summary), "%s", state_of(tap, is_gone));
}

/* --- packets --- */

/* The namespace was deleted and the interface with it.  Its descriptor reports an error for ever,
 * which would keep the worker from sleeping: put one there that never reports anything. */
static void interface_gone(struct port_tap *tap, int fd)
{
	int nothing = epoll_create1(EPOLL_CLOEXEC);

	if (nothing >= 0) {
		dup2(nothing, fd); /* cannot be read or written, and nothing ever happens */
		close(nothing);
	}
	__atomic_store_n(&tap->is_gone, true, __ATOMIC_RELAXED);
	port_changed(&tap->port);
}

static uint16_t tap_rx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
		       struct port_counters *c)
{
	struct port_tap *tap = tap_of(port);
	const int fd = tap->fds[queue];
	struct frame_slot slot = { .small = NULL };
	struct iovec iov[FRAME_RX_IOVECS];
	uint16_t n_rx = 0;

	while (n_rx < n && frame_slot_prepare(&slot, iov) == 0) {
		ssize_t size = readv(fd, iov, FRAME_RX_IOVECS);

		if (size < 0) {
			if (errno == EBADFD && !tap->is_gone)
				interface_gone(tap, fd);
			break;
		}
		pkts[n_rx] = frame_slot_take(&slot, size);
		if (pkts[n_rx])
			n_rx++;
		else
			port_count(&c->stats.rx_errors, 1);
	}
	frame_slot_fini(&slot); /* idle ports hold no buffers, however many there are */
	return n_rx;
}

static uint16_t tap_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const int fd = tap_of(port)->fds[queue];
	struct iovec iov[FRAME_MAX_IOVECS];
	struct virtio_net_hdr h;
	uint16_t n_sent = 0;

	for (uint16_t i = 0; i < n; i++) {
		int n_iov = frame_gather(pkts[i], &h, iov);

		n_sent += n_iov > 0 && writev(fd, iov, n_iov) >= 0;
	}
	rte_pktmbuf_free_bulk(pkts, n);
	return n_sent;
}

static int tap_rx_fd(const struct port *port, uint16_t queue)
{
	return tap_of(port)->fds[queue];
}

static const struct port_option options[] = {
	{ "netns", "PATH|NAME|PID", NULL,
	  "The container's network namespace; the switch's own if not given." },
	{ "ifname", "NAME", NULL, "The interface's name there; the port's if not given." },
	{ "mac", "ADDRESS", NULL,
	  "The interface's MAC address; the kernel's choice if not given." },
	{ "mtu", "BYTES", "0", "The interface's MTU, 68 to 65521; 0 leaves it as it is." },
	{ "queues", "NUMBER", "0",
	  "Queues, 1 to 16 and at most one per worker; 0: one per worker." },
	{ "persist", "BOOL", "true",
	  "The interface outlives the switch, with its addresses, until the port is deleted." },
};

static const struct port_class port_tap = {
	.type = "tap",
	.help = "An interface in a container's network namespace, with checksum and segmentation "
		"offload.",
	.options = options,
	.n_options = ARRAY_LENGTH(options),
	.is_tx_shared = true, /* a write is one frame */
	.is_close_slow = true,
	.size = sizeof(struct port_tap),
	.open = tap_open,
	.close = tap_close,
	.info = tap_info,
	.ifindex = tap_ifindex,
	.link_fd = tap_link_fd,
	.link_changed = tap_link_changed,
	.rx = tap_rx,
	.tx = tap_tx,
	.rx_fd = tap_rx_fd,
};
REGISTRY_ADD(port_class, port_tap);
