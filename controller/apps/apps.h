#ifndef CONTROLLER_APPS_APPS_H
#define CONTROLLER_APPS_APPS_H

/* The apps, kept up to date: flows = apps(intent, facts).
 *
 * Whoever owns intent and facts tells of each network, port and location that changed; the apps'
 * flows of what is concerned are stated anew in the switch's flow_set.  A port that changes costs
 * its own flows and its network's on that switch.  The order of calls does not matter: a port of
 * an unknown network, or one that is plugged nowhere, has no flows yet. */

#include "controller/apps/intent.h"
#include "controller/flows/flow_set.h"
#include "lib/buf.h"
#include "proto/openflow/match.h"

struct apps;

enum port_phase {
	PORT_PHASE_DOWN,    /* plugged nowhere */
	PORT_PHASE_PENDING, /* plugged; its switch has not acknowledged its flows */
	PORT_PHASE_ACTIVE,  /* its switch has acknowledged its flows */
	PORT_PHASE_FAILED,  /* its switch refused a flow: see the text */
};

struct apps_events {
	/* A port's phase changed.  WHY, lent, is for a person: "" when ACTIVE.  DATAPATH_ID and
	 * PORT_NO tell where it is plugged, 0 when DOWN. */
	void (*port_phase)(void *arg, uint64_t port_id, enum port_phase phase, uint64_t datapath_id,
			   uint32_t port_no, const char *why);
};

/* SETS is lent and outlives the apps. */
struct apps *apps_create(struct flow_sets *sets, const struct apps_events *events, void *arg);
void apps_destroy(struct apps *a);

/* Create or change; the values are copied. */
void apps_set_network(struct apps *a, const struct intent_network *net);
void apps_remove_network(struct apps *a, uint64_t id);
void apps_set_port(struct apps *a, const struct intent_port *port);
void apps_remove_port(struct apps *a, uint64_t id);
/* Security groups and admin policies.  A rule with the number and the content of one that was
 * there before costs nothing. */
void apps_set_rule_set(struct apps *a, const struct intent_rule_set *set);
void apps_remove_rule_set(struct apps *a, uint64_t id);
/* Address groups, and what they gain and lose. */
void apps_set_addresses(struct apps *a, uint64_t id, const char *name);
void apps_change_addresses(struct apps *a, uint64_t id, const struct intent_prefix *added,
			   size_t n_added, const struct intent_prefix *removed, size_t n_removed);
/* These are all from now on. */
void apps_replace_addresses(struct apps *a, uint64_t id, const struct intent_prefix *list,
			    size_t n);
void apps_remove_addresses(struct apps *a, uint64_t id);
/* Remove every network, port, rule set and address group that IS_WANTED(ARG, id) denies. */
void apps_retain(struct apps *a, bool (*is_wanted)(void *arg, uint64_t id), void *arg);
/* A switch that is to be served even while no port is plugged there. */
void apps_add_switch(struct apps *a, uint64_t datapath_id);
/* Where a port is plugged; PORT_NO 0: nowhere any more.  May come before apps_set_port(). */
void apps_set_location(struct apps *a, uint64_t port_id, uint64_t datapath_id, uint32_t port_no);

/* Of the switch: it has acknowledged this generation of its flow_set. */
void apps_acknowledged(struct apps *a, uint64_t datapath_id, uint64_t generation);
/* It refuses a flow with this cookie; WHY NULL: one that it refused is accepted or no longer
 * wanted. */
void apps_refused(struct apps *a, uint64_t datapath_id, uint64_t cookie, const char *why);

enum port_phase apps_port_phase(const struct apps *a, uint64_t port_id);

/* A switch's flows computed from nothing into FLOWS (empty before), for comparison with the
 * incremental ones. */
void apps_recompute(struct apps *a, uint64_t datapath_id, struct flow_map *flows);
/* State the flows of all switches anew, with the same result unless an app is at fault. */
void apps_restate_all(struct apps *a);
/* All switches' desired flows as text, sorted. */
void apps_print(const struct apps *a, struct buf *out);
/* The port at a switch's OpenFlow port, or NULL. */
const struct intent_port *apps_port_at(const struct apps *a, uint64_t datapath_id,
				       uint32_t port_no);

/* Why a packet met the flow with this cookie: "anti-spoofing of port projects/acme/ports/a1: source
 * address 10.0.0.9 is not the port's".  PACKET, the fields of that packet, may be NULL.  Appends
 * nothing when the cookie is not an app's. */
void app_explain(const struct apps *a, uint64_t cookie, const struct of_match *packet,
		 struct buf *out);
/* What a flow of a policy decides about a packet. */
struct app_verdict {
	bool is_refusal;
	bool is_egress; /* about a packet that the port sends */
};

/* Whether some policy logs what it refuses. */
bool apps_log_refusals(const struct apps *a);
/* False: the flow with this cookie decides nothing of that kind. */
bool app_verdict(const struct apps *a, uint64_t cookie, struct app_verdict *out);
/* "arp", and the name of the resource, "" if it has none or is gone; NULL if no app's. */
const char *app_of_cookie(const struct apps *a, uint64_t cookie, const char **resource);

#endif
