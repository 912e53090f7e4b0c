#ifndef CONTROLLER_SOUTHBOUND_SOUTHBOUND_H
#define CONTROLLER_SOUTHBOUND_SOUTHBOUND_H

/* The OpenFlow connections to the switches: each switch's flows become the desired ones of its
 * flow_set, by differences, and everybody learns when they have.
 *
 * A switch that connects says who it is and which ports it has (facts/switches.h), is asked for the
 * flows it holds, and is sent only the difference: nothing is wiped.  From then on what changes in
 * its flow_set within one turn of the loop goes as one bundle and a barrier; the barrier's reply
 * acknowledges that generation.  A switch without bundles gets ordered flow-mods and a barrier.
 * What a switch refuses is told by cookie and tried again when it changes or the switch
 * reconnects.
 *
 * Which flows are the controller's: layout_owns().  Everything is on the loop's thread. */

#include "controller/facts/switches.h"
#include "controller/flows/flow_set.h"
#include "lib/loop.h"
#include "lib/rng.h"
#include "lib/status.h"
#include "lib/stream.h"
#include "proto/openflow/msg.h"
#include "proto/switch/v1/switch.pb-c.h"

struct southbound;

struct southbound_events {
	/* The switch has acknowledged everything up to GENERATION of its flow_set. */
	void (*acknowledged)(void *arg, uint64_t datapath_id, uint64_t generation);
	/* It refused the flow with COOKIE; WHY for a person.  Comes before the acknowledgement of
	 * the generation that has it.  WHY NULL: a flow refused before is accepted, or no longer
	 * wanted, or the switch is gone. */
	void (*refused)(void *arg, uint64_t datapath_id, uint64_t cookie, const char *why);
	/* Since it connected it has, once, been brought to all that is desired (true); or it is
	 * gone (false).  Later changes are told by `acknowledged` alone. */
	void (*synced)(void *arg, uint64_t datapath_id, bool is_synced);
	/* It has sent a packet, as a flow asks for; lent.  NULL: nobody wants them. */
	void (*packet_in)(void *arg, uint64_t datapath_id, const struct of_packet_in *pi);
};

struct southbound_timing {
	uint64_t handshake_ns; /* from accept to the last stats reply */
	uint64_t probe_ns;     /* silence before an echo request; twice that: the peer is dead */
	uint64_t request_ns;   /* management requests and barriers */
};

#define SOUTHBOUND_TIMING_DEFAULT                                                                  \
	((struct southbound_timing){                                                               \
		.handshake_ns = 30 * NS_PER_SEC,                                                   \
		.probe_ns = 5 * NS_PER_SEC,                                                        \
		.request_ns = 10 * NS_PER_SEC,                                                     \
	})

struct southbound_options {
	struct loop *loop;
	struct flow_sets *sets; /* listened to with flow_sets_listen() */
	struct switches *switches;
	struct southbound_timing timing;
	/* Generation of the master role (OF 1.3.5 section 6.3.6): greater than that of any
	 * controller before, such as the wall clock in microseconds. */
	uint64_t role_generation;
	const struct southbound_events *events;
	void *arg;
};

/* OPTIONS' members are lent for life. */
struct southbound *southbound_create(const struct southbound_options *options);
void southbound_destroy(struct southbound *sb);

/* A stream_accept_fn: SB is a struct southbound; the stream is given.  Accept only once the flow
 * sets are complete: what they lack is deleted from the switch. */
void southbound_accept(void *sb, struct stream *s);

/* A management request to a switch (proto/switch/v1), packed before the call returns.  DONE is
 * called exactly once, later: with the reply, lent; or with NULL and ST: UNAVAILABLE, not
 * connected or gone meanwhile; DEADLINE_EXCEEDED; UNIMPLEMENTED, the switch does not speak it; or
 * what the switch's Error says. */
typedef void southbound_reply_fn(void *arg, const Weft__Switch__V1__Reply *reply,
				 const struct status *st);
void southbound_request(struct southbound *sb, uint64_t datapath_id,
			const Weft__Switch__V1__Request *request, southbound_reply_fn *done,
			void *arg);

/* Flow entries with their counters, from any switch, by flow statistics; DONE as for
 * southbound_request(), with flows that are lent, in the switch's order. */
struct southbound_flow {
	struct flow_entry *flow;
	uint64_t n_packets, n_bytes;
};

typedef void southbound_flows_fn(void *arg, const struct southbound_flow *flows, size_t n,
				 const struct status *st);
void southbound_read_flows(struct southbound *sb, uint64_t datapath_id, southbound_flows_fn *done,
			   void *arg);

bool southbound_is_connected(const struct southbound *sb, uint64_t datapath_id);
/* Whether it speaks management messages; false while not connected. */
bool southbound_is_pluggable(const struct southbound *sb, uint64_t datapath_id);
/* No switch has a change under way; for tests and simulations. */
bool southbound_is_idle(const struct southbound *sb);
/* What the switch is believed to hold; NULL when not connected. */
const struct flow_map *southbound_installed(const struct southbound *sb, uint64_t datapath_id);

/* Counted since the start, for /metrics and tests. */
struct southbound_counters {
	uint64_t n_accepted;
	uint64_t n_failed;	      /* ended before the handshake was over */
	uint64_t n_connected, n_lost; /* handshakes done, and of these, ended */
	uint64_t n_flow_mods, n_bundles, n_barriers, n_errors, n_requests;
};
void southbound_count(const struct southbound *sb, struct southbound_counters *c);

#endif
