#ifndef DATAPLANE_PORT_PORT_PRIV_H
#define DATAPLANE_PORT_PORT_PRIV_H

/* Ports, as the directory sees them. */

#include <pthread.h>
#include <rte_spinlock.h>
#include "dataplane/port/port_io.h"
#include "lib/hmap.h"

/* What the directory keeps of a port besides what workers read. */
struct port_private {
	struct hmap_node by_name;
	struct port *port;
	char name[PORT_NAME_SIZE];
	struct port_setting *settings;
	size_t n_settings;
	uint64_t added_ns;
	bool is_removing;
	bool has_closer; /* a thread that closes it; is_closed, atomically: it has */
	bool is_closed;
	pthread_t closer;
	struct link_watch *link_watch; /* of the interface in another namespace */
	bool is_changed;	       /* any thread sets it, atomically */
	struct port_info told;	       /* to the listeners */
	rte_spinlock_t *tx_locks;      /* [n_tx_queues] if needs_tx_lock */
	struct port_done {
		void (*done)(void *arg);
		void *arg;
	} * dones;
	size_t n_dones;
};

/* Check SETTINGS against the class's table: unknown, repeated and missing ones. */
int port_settings_check(const struct port_class *class, const struct port_setting *settings,
			size_t n, struct status *st);
const struct port_class *port_class_find(const char *type, struct status *st);

#endif
