#ifndef CONTROLLER_CONNLOG_CONNLOG_H
#define CONTROLLER_CONNLOG_CONNLOG_H

/* The connection log: switches send the first bytes of packets that met a flow of a rule with
 *`log`; here they become events, of which the newest are kept, and which are told to the API's
 *streams and to the IPFIX exporter.
 *
 *	switch --packet-in--> connlog_packet_in() -> event -+-> kept
 *						            +-> connlog_listener: streams, exporter
 *
 * A bucket limits how many are made a second; what is beyond it is counted.  On the loop's
 * thread. */

#include "api/call.h"
#include "controller/apps/apps.h"
#include "controller/connlog/logged_packet.h"
#include "controller/model/model.h"
#include "proto/openflow/msg.h"

#define CONNLOG_KEPT	     10000
#define CONNLOG_DEFAULT_RATE 1000 /* events a second */

struct connlog;

struct connlog_event {
	uint64_t wall_ns;
	bool is_refused, is_egress;
	uint64_t datapath_id;
	uint32_t in_port; /* OpenFlow port */
	uint32_t size;	  /* bytes of the frame */
	uint64_t n_lost;  /* left out so far */
	struct logged_packet packet;
	/* "" where they are not known; they live as long as the event */
	const char *host, *port, *policy, *reason;
};

struct connlog_listener {
	struct list in_log;
	void (*event)(struct connlog_listener *l, const struct connlog_event *e);
};

struct connlog_options {
	struct loop *loop;
	const struct apps *apps;
	const struct model *model;
	uint32_t rate; /* events a second; 0: none are made */
};

/* OPTIONS' members are lent for life. */
struct connlog *connlog_create(const struct connlog_options *options);
/* Streams that are open end with UNAVAILABLE; listeners are gone before. */
void connlog_destroy(struct connlog *log);
/* A packet that a switch has sent; those that are for something else are left alone. */
void connlog_packet_in(struct connlog *log, uint64_t datapath_id, const struct of_packet_in *pi);
/* ConnectionLogService on D. */
void connlog_serve(struct connlog *log, struct api_dispatch *d);

/* L->event is set; lent until connlog_unlisten(). */
void connlog_listen(struct connlog *log, struct connlog_listener *l);
void connlog_unlisten(struct connlog_listener *l);

/* The Ith newest that is kept, from 0; NULL: there are not so many. */
const struct connlog_event *connlog_kept(const struct connlog *log, unsigned i);

struct connlog_counters {
	uint64_t n_events, n_lost;
};

struct connlog_counters connlog_counters(const struct connlog *log);

#endif
