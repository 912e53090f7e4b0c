/* Port type `veth`: an interface of the kernel on our side, whose peer is a container's, or any
 * other interface that frames can be taken from, by a packet socket.
 *
 * PACKET_VNET_HDR puts a virtio_net_hdr before each frame, so checksums and 64 KiB segments pass
 * as they are; without it a container's TCP would not work at all, as its kernel leaves both
 * unfinished on a veth.  VLAN tags, which the kernel takes out, are put back.  Not
 * PACKET_QDISC_BYPASS: it drops a segment that the interface cannot take whole, as under two tags,
 * instead of cutting it. */

#include "dataplane/port/port_io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <rte_ether.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "dataplane/port/frame_io.h"
#include "dataplane/port/link.h"
#include "dataplane/port/netns.h"

enum {
	RX_BURST = 8, /* each call takes and returns as many buffers */
	BURST = PORT_BURST,
	SOCKET_BYTES = 8 << 20, /* of frames that wait for us */
};

/* What recvmmsg() receives into. */
struct veth_rx {
	struct mmsghdr msgs[RX_BURST];
	struct iovec iovs[RX_BURST][FRAME_RX_IOVECS];
	struct frame_slot slots[RX_BURST];
	char control[RX_BURST][CMSG_SPACE(sizeof(struct tpacket_auxdata))];
};

struct port_veth {
	struct port port;
	int fd;
	int ifindex;
	bool is_made; /* the pair is ours, and goes with the port */
	char ifname[IFNAMSIZ];
	char peer[IFNAMSIZ];
	char netns[PORT_TEXT_SIZE];
	struct link_state peer_link; /* when it was opened */
};

static struct port_veth *veth_of(const struct port *port)
{
	return container_of(port, struct port_veth, port);
}

/* --- opening --- */

static int set_flag(int fd, int option, struct status *st)
{
	const int one = 1;

	if (setsockopt(fd, SOL_PACKET, option, &one, sizeof(one)) == 0)
		return 0;
	return status_set(st, STATUS_FAILED_PRECONDITION, "type",
			  "the kernel refuses packet socket option %d: %s", option,
			  strerror(errno));
}

static int open_socket(struct port_veth *v, struct status *st)
{
	struct sockaddr_ll sa = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = v->ifindex,
	};
	const int size = SOCKET_BYTES;

	/* protocol 0: nothing is received before it is bound */
	v->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (v->fd < 0)
		return status_set(st, STATUS_PERMISSION_DENIED, "type",
				  "cannot open a packet socket: %s; the switch needs CAP_NET_RAW",
				  strerror(errno));
	if (set_flag(v->fd, PACKET_VNET_HDR, st) < 0 || set_flag(v->fd, PACKET_AUXDATA, st) < 0 ||
	    set_flag(v->fd, PACKET_IGNORE_OUTGOING, st) < 0)
		goto fail;
	setsockopt(v->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(v->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (bind(v->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return 0;
	status_set(st, STATUS_FAILED_PRECONDITION, "options.ifname", "cannot bind to %s: %s",
		   v->ifname, strerror(errno));
fail:
	close(v->fd);
	return -1;
}

struct peer_setup {
	struct port_veth *veth;
	const uint8_t *mac;
	uint32_t mtu;
	struct status *st;
};

/* In the peer's namespace. */
static int set_up_peer(void *arg)
{
	struct peer_setup *p = arg;

	if (link_set(p->veth->peer, p->mac, p->mtu, p->st) < 0)
		return -1;
	return link_get(p->veth->peer, &p->veth->peer_link);
}

static int make_pair(struct port_veth *v, struct status *st)
{
	struct link_state state;
	int fd = -1, ret;

	if (link_get(v->ifname, &state) == 0)
		return 0; /* from before; the peer is set up again */
	if (v->netns[0]) {
		fd = open(v->netns, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return status_set(st, STATUS_NOT_FOUND, "options.netns",
					  "cannot open network namespace %s: %s; give a path, a "
					  "name of `ip netns list` or a process id",
					  v->netns, strerror(errno));
	}
	ret = link_add_veth(v->ifname, v->peer, fd, st);
	v->is_made = ret == 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

static int prepare_links(struct port_veth *v, struct status *st)
{
	struct peer_setup p = { .veth = v, .st = st };
	struct link_state state;
	long long mtu;
	uint8_t mac[6];
	bool has_mac;

	if (port_option_number(&v->port, "mtu", 0, 65521, &mtu, st) < 0 ||
	    port_option_mac(&v->port, "mac", mac, &has_mac, st) < 0)
		return -1;
	if (v->peer[0] && make_pair(v, st) < 0)
		return -1;
	if (link_get(v->ifname, &state) < 0)
		return status_set(st, STATUS_NOT_FOUND, "options.ifname",
				  "there is no interface %s; option peer makes a pair", v->ifname);
	v->ifindex = state.ifindex;
	link_shut_to_host(v->ifname);
	if (link_set(v->ifname, NULL, mtu, st) < 0)
		return -1;
	p.mac = has_mac ? mac : NULL;
	p.mtu = mtu;
	if (!v->peer[0])
		return 0;
	if (netns_call(v->netns, set_up_peer, &p, st) == 0)
		return 0;
	return status_set(st, STATUS_NOT_FOUND, "options.peer",
			  "interface %s is there, but not its peer %s; delete it or give another "
			  "ifname",
			  v->ifname, v->peer);
}

static int copy_name(char name[IFNAMSIZ], const char *text, const char *field, struct status *st)
{
	if (*text && strlen(text) < IFNAMSIZ) {
		strcpy(name, text);
		return 0;
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, field,
			  "'%.32s': an interface's name has 1 to %d characters", text,
			  IFNAMSIZ - 1);
}

static int veth_open(struct port *port, struct status *st)
{
	struct port_veth *v = veth_of(port);
	const char *ifname = port_option_text(port, "ifname"),
		   *peer = port_option_text(port, "peer"), *netns = port_option_text(port, "netns");

	if (copy_name(v->ifname, ifname ? ifname : port_name(port), "options.ifname", st) < 0 ||
	    (peer && copy_name(v->peer, peer, "options.peer", st) < 0))
		return -1;
	if (netns)
		netns_path(netns, v->netns, sizeof(v->netns));
	if (prepare_links(v, st) < 0 || open_socket(v, st) < 0) {
		if (v->is_made)
			link_del(v->ifname);
		return -1;
	}
	port->n_rx_queues = 1;
	port->n_tx_queues = 1;
	port->takes = PORT_TAKES_CSUM | PORT_TAKES_TSO4 | PORT_TAKES_TSO6;
	return 0;
}

static void veth_close(struct port *port, bool is_removed)
{
	struct port_veth *v = veth_of(port);

	close(v->fd);
	if (is_removed && v->peer[0])
		link_del(v->ifname);
}

static void veth_info(const struct port *port, struct port_info *info)
{
	const struct port_veth *v = veth_of(port);
	struct link_state state;
	bool is_there = link_get(v->ifname, &state) == 0;

	info->is_up = is_there && state.is_running;
	info->mtu = is_there ? state.mtu : 0;
	info->has_mac = v->peer[0];
	memcpy(info->mac, v->peer_link.mac, sizeof(info->mac));
	strcpy(info->ifname, v->peer[0] ? v->peer : v->ifname);
	strcpy(info->netns, v->netns);
	snprintf(info->summary, sizeof(info->summary), "%s %s", v->ifname,
		 !is_there	    ? "is gone"
		 : state.is_running ? "has carrier"
				    : "has no carrier");
}

static int veth_ifindex(const struct port *port)
{
	return veth_of(port)->ifindex;
}

/* --- packets --- */

/* Buffers for as many of N frames as there are. */
static unsigned prepare(struct veth_rx *rx, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (frame_slot_prepare(&rx->slots[i], rx->iovs[i]) < 0)
			return i;
		rx->msgs[i].msg_hdr = (struct msghdr){
			.msg_iov = rx->iovs[i],
			.msg_iovlen = FRAME_RX_IOVECS,
			.msg_control = rx->control[i],
			.msg_controllen = sizeof(rx->control[i]),
		};
	}
	return n;
}

/* The tag that the kernel took out, as tpid << 16 | tci; 0: none. */
static uint32_t vlan_of(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;

	if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
	    c->cmsg_len < CMSG_LEN(sizeof(aux)))
		return 0;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
		return 0;
	if (!(aux.tp_status & TP_STATUS_VLAN_TPID_VALID))
		aux.tp_vlan_tpid = RTE_ETHER_TYPE_VLAN;
	return (uint32_t)aux.tp_vlan_tpid << 16 | aux.tp_vlan_tci;
}

static uint16_t veth_rx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
			struct port_counters *c)
{
	struct port_veth *v = veth_of(port);
	uint16_t n_good = 0;
	struct veth_rx rx;
	int n_rx;

	(void)queue;
	memset(rx.slots, 0, sizeof(rx.slots));
	n = prepare(&rx, MIN_OF(n, RX_BURST));
	n_rx = n ? recvmmsg(v->fd, rx.msgs, n, MSG_DONTWAIT, NULL) : 0;
	for (int i = 0; i < n_rx; i++) {
		struct msghdr *msg = &rx.msgs[i].msg_hdr;
		uint32_t vlan = vlan_of(msg);
		bool is_whole = !(msg->msg_flags & MSG_TRUNC);
		struct rte_mbuf *m = frame_slot_take_vlan(
			&rx.slots[i], is_whole ? rx.msgs[i].msg_len : 0, vlan >> 16, vlan);

		if (m)
			pkts[n_good++] = m;
		else
			port_count(&c->stats.rx_errors, 1);
	}
	for (unsigned i = 0; i < RX_BURST; i++)
		frame_slot_fini(&rx.slots[i]); /* idle ports hold no buffers */
	return n_good;
}

static uint16_t veth_tx(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct port_veth *v = veth_of(port);
	struct virtio_net_hdr headers[BURST];
	struct mmsghdr msgs[BURST];
	struct iovec iovs[BURST][FRAME_MAX_IOVECS];
	unsigned n_msgs = 0, n_sent = 0;

	(void)queue;
	for (uint16_t i = 0; i < n; i++) {
		int n_iov = frame_gather(pkts[i], &headers[n_msgs], iovs[n_msgs]);

		if (n_iov < 0)
			continue;
		msgs[n_msgs].msg_hdr =
			(struct msghdr){ .msg_iov = iovs[n_msgs], .msg_iovlen = n_iov };
		n_msgs++;
	}
	for (unsigned i = 0; i < n_msgs;) {
		int ret = sendmmsg(v->fd, msgs + i, n_msgs - i, MSG_DONTWAIT);

		if (ret < 0 && errno == EAGAIN)
			break;
		/* What is refused, as too long for the interface, is no harm to those behind it. */
		i += ret > 0 ? ret : 1;
		n_sent += ret > 0 ? ret : 0;
	}
	rte_pktmbuf_free_bulk(pkts, n);
	return n_sent;
}

static int veth_rx_fd(const struct port *port, uint16_t queue)
{
	(void)queue;
	return veth_of(port)->fd;
}

static const struct port_option options[] = {
	{ "ifname", "NAME", NULL,
	  "The interface on the switch's side; the port's name if not given." },
	{ "peer", "NAME", NULL,
	  "Make a veth pair, and this its end in the container; it is deleted with the port." },
	{ "netns", "PATH|NAME|PID", NULL, "The peer's network namespace." },
	{ "mac", "ADDRESS", NULL, "The peer's MAC address; the kernel's choice if not given." },
	{ "mtu", "BYTES", "0", "The MTU of both ends, 68 to 65521; 0 leaves it as it is." },
};

static const struct port_class port_veth = {
	.type = "veth",
	.help = "A veth pair into a container, or any kernel interface, with checksum and "
		"segmentation offload.",
	.options = options,
	.n_options = ARRAY_LENGTH(options),
	.is_tx_shared = true, /* a message is one frame */
	.is_close_slow = true,
	.size = sizeof(struct port_veth),
	.open = veth_open,
	.close = veth_close,
	.info = veth_info,
	.ifindex = veth_ifindex,
	.rx = veth_rx,
	.rx_most = RX_BURST,
	.tx = veth_tx,
	.rx_fd = veth_rx_fd,
};
REGISTRY_ADD(port_class, port_veth);
