#ifndef DATAPLANE_PORT_PORT_CLASS_H
#define DATAPLANE_PORT_PORT_CLASS_H

/* Ports, as the file that implements a type sees them.
 *
 * A type is one `struct port_class`, registered in its own file:
 *
 *	static const struct port_class port_null = { .type = "null", ... };
 *	REGISTRY_ADD(port_class, port_null);
 *
 * Packets carry what is still to be done to them as DPDK's transmit flags, in both directions:
 * RTE_MBUF_F_TX_TCP_CKSUM or _UDP_CKSUM with l2_len and l3_len (the checksum field holds the sum
 * of the pseudo-header), RTE_MBUF_F_TX_TCP_SEG with l4_len and tso_segsz, and RTE_MBUF_F_TX_IPV4 or
 * _IPV6.  A class that receives such packets passes them through offload_check() (offload.h).
 * docs/howto/add-a-port-type.md has an example. */

#include <rte_mbuf.h>
#include "dataplane/port/pool.h"
#include "dataplane/port/port.h"
#include "lib/registry.h"

/* What a port can take on transmit without our completing it in software. */
enum {
	PORT_TAKES_CSUM = 1 << 0, /* TCP and UDP checksums */
	PORT_TAKES_TSO4 = 1 << 1,
	PORT_TAKES_TSO6 = 1 << 2,
	PORT_TAKES_USO = 1 << 3, /* RTE_MBUF_F_TX_UDP_SEG */
	PORT_TAKES_ALL = PORT_TAKES_CSUM | PORT_TAKES_TSO4 | PORT_TAKES_TSO6 | PORT_TAKES_USO,
};

/* Counters of one worker at one port; the worker writes, the control thread reads. */
struct port_counters {
	struct port_stats stats;
} APART;
static_assert(sizeof(struct port_counters) == APART_BYTES, "no two workers' are fetched together");

/* By the worker whose counter it is. */
static inline void port_count(uint64_t *counter, int64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Embedded first in each type's struct; made by the directory. */
struct port {
	/* for the workers; written before the port is published */
	const struct port_class *class;
	struct port_counters *counters; /* [n_workers] */
	uint64_t id;			/* no other port of this process ever has it */
	uint32_t number;
	uint32_t takes;	      /* PORT_TAKES_*, of the port's tx side */
	uint16_t n_rx_queues; /* queue Q is polled by worker Q mod n_workers; 0: none */
	uint16_t n_tx_queues; /* worker W sends on queue W mod this */
	uint16_t n_workers;
	struct port_queues *queues; /* NULL: all is sent as it comes (queues.h) */
	bool needs_tx_lock;	    /* set by the directory: workers share a queue of a class that
				       cannot bear it */
	/* for the control thread */
	struct ports *ports;
	struct port_private *private;
};

struct port_class {
	const char *type;
	const char *help;
	const struct port_option *options;
	size_t n_options;
	bool is_tx_shared;  /* several workers may send on one queue at once */
	bool is_close_slow; /* close() waits for the kernel, some 20 ms for an interface: a deleted
			       port's runs on a thread of its own, beside info() */

	size_t size; /* of the struct that embeds `struct port` */
	/* Control thread.  PORT is zeroed but for class, number and n_workers; set n_rx_queues (at
	 * most n_workers), n_tx_queues and takes.  Read options with port_option_*().  0, or -1
	 * with ST filled and nothing left behind. */
	int (*open)(struct port *port, struct status *st);
	/* Control thread, or one of its own (is_close_slow); no worker uses the port.
	 * IS_REMOVED: the user deleted the port; false: the switch ends, and what is meant to
	 * survive it stays.  Also after a failed ports_add() later than open(). */
	void (*close)(struct port *port, bool is_removed);
	/* Fill in link, MAC, texts; the rest is set. */
	void (*info)(const struct port *port, struct port_info *info);

	/* The port's interface, if it is one of the kernel in our namespace: it is followed, and
	 * info() asked again when it changes.  0 or NULL: none. */
	int (*ifindex)(const struct port *port);
	/* If it is in another namespace, 0 from ifindex(): a socket of link_watch_open() there,
	 * which stays the port's; -1: none.  NULL: there are no others. */
	int (*link_fd)(const struct port *port);
	/* Control thread: the interface changed, before info() is asked.  NULL: info() looks. */
	void (*link_changed)(struct port *port);

	/* Worker.  Up to N packets received, given to the caller; counts what it drops itself in
	 * C, the packets returned are counted by the caller. */
	uint16_t (*rx)(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n,
		       struct port_counters *c);
	/* With an N below the first, rx() may give nothing; above the second it gives no more.
	 * 0: any N is as good. */
	uint8_t rx_least, rx_most;
	/* Worker.  Takes all N packets: sends or frees each.  Returns how many were sent.
	 * Offloads the port does not take are done already. */
	uint16_t (*tx)(struct port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);

	/* For sleep; NULL: the port can only be polled.  A descriptor that becomes readable when
	 * packets come; the same one for the port's life. */
	int (*rx_fd)(const struct port *port, uint16_t queue);
	/* Worker, before it sleeps: ask for a wake-up; the worker receives once more after it.
	 * NULL: the descriptor is always armed. */
	void (*rx_arm)(struct port *port, uint16_t queue);
	/* Worker, after it slept: drain the descriptor, ask for no more wake-ups. */
	void (*rx_disarm)(struct port *port, uint16_t queue);
};
REGISTRY_DECLARE(port_class);

/* The value given for KEY of the class's options, else its default; NULL if there is none.
 * For open(). */
const char *port_option_text(const struct port *port, const char *key);
/* The directory for Unix sockets, made if it is not there. */
const char *port_directory(const struct port *port);
/* An integer in MIN..MAX.  0, or -1 with ST filled. */
int port_option_number(const struct port *port, const char *key, long long min, long long max,
		       long long *value, struct status *st);
/* true, yes, on, 1, or false, no, off, 0. */
int port_option_flag(const struct port *port, const char *key, bool *value, struct status *st);
/* 02:00:00:00:00:01; *GIVEN tells whether there is a value.  Refuses group addresses. */
int port_option_mac(const struct port *port, const char *key, uint8_t mac[6], bool *given,
		    struct status *st);

/* Any thread: link, MAC or MTU may have changed; listeners are told soon. */
void port_changed(struct port *port);
/* Any thread but a worker or the control thread: return when no worker uses what it took from
 * the port before the call. */
void port_synchronize(struct port *port);

#endif
