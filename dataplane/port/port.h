#ifndef DATAPLANE_PORT_PORT_H
#define DATAPLANE_PORT_PORT_H

/* Ports, as the control thread and its clients see them: a directory in which ports are added,
 * found, listed and removed while traffic runs.
 *
 * Implementers of a port type read port_class.h; the threads that move packets, port_io.h.
 * Everything here is called on the control thread. */

#include "lib/buf.h"
#include "lib/loop.h"
#include "lib/status.h"

struct port;
struct ports;

enum {
	PORT_NUMBER_MAX = 0xfeff, /* OpenFlow port numbers are 1..this */
	PORT_NAME_SIZE = 16,	  /* with its NUL, as an interface's */
	PORT_TEXT_SIZE = 256,
};

/* An option as a person gave it: "mtu", "9000". */
struct port_setting {
	const char *key;
	const char *value;
};

struct port_request {
	const char *name; /* 1..15 letters, digits, '-', '_', '.'; unique */
	const char *type; /* of a registered class: "tap", "vhost-user" ... */
	uint32_t number;  /* 0: the directory chooses one */
	const struct port_setting *settings;
	size_t n_settings;
};

/* What a client is told.  Texts that the type has no use for are "". */
struct port_info {
	uint32_t number;
	char name[PORT_NAME_SIZE];
	const char *type;
	bool is_up;	  /* link: carrier, or the guest's driver is ready */
	bool is_removing; /* `port del` was asked for; its last packets are leaving */
	bool has_mac;
	uint8_t mac[6]; /* of the other end, the guest's or container's */
	uint32_t mtu;	/* bytes of payload; 0: unlimited */
	uint32_t speed_mbps;
	uint64_t added_ns;		  /* on the loop's clock */
	char socket_path[PORT_TEXT_SIZE]; /* vhost-user */
	char ifname[PORT_NAME_SIZE];	  /* the interface in the guest's namespace */
	char netns[PORT_TEXT_SIZE];	  /* path of that namespace; "": the switch's own */
	char summary[PORT_TEXT_SIZE];	  /* its state in words */
};

/* "rx" is what the switch received.  A packet is counted before it can be seen outside. */
struct port_stats {
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

/* A queue of the port's transmit side (queues.c).  Queue 0 always exists; what is sent to one that
 * does not goes there. */
struct port_queue_info {
	uint32_t id;
	uint64_t max_kbps; /* kbit/s; 0: no limit */
};

struct port_queue_stats {
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_errors; /* packets dropped because of the limit */
};

enum port_event {
	PORT_ADDED,
	PORT_CHANGED, /* link, MAC or MTU */
	PORT_REMOVED, /* the directory has forgotten it; it is being closed */
};

/* Called on the control thread: as the last act of ports_add() and ports_remove(), and on its own
 * for PORT_CHANGED.  INFO is lent. */
typedef void port_event_fn(void *arg, enum port_event event, const struct port_info *info);

/* No ports.  N_WORKERS threads (port_io.h) will use them. */
struct ports *ports_create(struct loop *loop, unsigned n_workers);
/* Closes the ports left; what persists (a container's tap) stays.  After workers_destroy(). */
void ports_destroy(struct ports *ports);
/* Where ports make Unix sockets that have no path of their own; /run/weft if it is not told. */
void ports_set_directory(struct ports *ports, const char *path);
/* FN is told of each event; several may listen. */
void ports_listen(struct ports *ports, port_event_fn *fn, void *arg);

/* Open and add a port; traffic flows from now on.  A port of that name, type and settings
 * already there is returned as it is; one that differs is ALREADY_EXISTS.  The port is lent until
 * its removal.  NULL with ST filled; the field is "name", "type", "number", "options.KEY". */
struct port *ports_add(struct ports *ports, const struct port_request *req, struct status *st);
/* Stop its traffic, and when no worker uses it any more close it and delete what it made (device,
 * socket).  Then DONE(ARG) is called, also if it was called for by an earlier ports_remove(); DONE
 * may be NULL.  Name and number are taken until then. */
void ports_remove(struct ports *ports, struct port *port, void (*done)(void *arg), void *arg);

struct port *ports_find(const struct ports *ports, const char *name);
struct port *ports_find_number(const struct ports *ports, uint32_t number);
/* The port with the smallest number above NUMBER, or NULL. */
struct port *ports_next(const struct ports *ports, uint32_t number);
size_t ports_count(const struct ports *ports);

uint32_t port_number(const struct port *port);
const char *port_name(const struct port *port);
void port_info_get(const struct port *port, struct port_info *info);
void port_stats_get(const struct port *port, struct port_stats *stats);
/* The settings it was added with; lent. */
const struct port_setting *port_settings(const struct port *port, size_t *n);

/* The port's queues, by ascending id; at least one. */
unsigned port_n_queues(const struct port *port);
/* The Ith of them; its age is the port's. */
void port_queue_info_get(const struct port *port, unsigned i, struct port_queue_info *info);
void port_queue_stats_get(const struct port *port, unsigned i, struct port_queue_stats *stats);

/* The types, for help; see port_class.h for what stands in one. */
struct port_option {
	const char *key;
	const char *value;   /* what it takes: "PATH", "BYTES" */
	const char *initial; /* the default as text; NULL: none */
	const char *help;    /* one sentence; unit and range in it */
	bool is_required;
};

struct port_type_info {
	const char *type;
	const char *help; /* one sentence */
	const struct port_option *options;
	size_t n_options;
};

/* What ports of every type have besides. */
const struct port_option *port_types_common(size_t *n);
/* The Ith type by name; false when there are not so many. */
bool port_types_at(size_t i, struct port_type_info *info);

#endif
