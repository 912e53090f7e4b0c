#ifndef DATAPLANE_OFAGENT_MONITOR_H
#define DATAPLANE_OFAGENT_MONITOR_H

/* Flow monitors of one connection (OF 1.4.1 section 7.3.5.19, ONF extension 187, and the Nicira
 * extension, whose manual in nicira-ext.h says most): the controller is told of flows that come,
 * change and go.  One that reads too slowly is told that updates are left out (paused), and when it
 * has caught up, what it missed (resumed). */

#include "dataplane/ofagent/flow_walk.h"
#include "lib/hmap.h"
#include "proto/openflow/msg.h"

#define MONITORS_MAX	      256   /* of a connection */
#define MONITORS_MAX_MODIFIED 65536 /* flows noted while paused; more: all are told as modified */

struct conn;
struct datapath;

/* What a paused peer is to be told when it has caught up. */
struct missed {
	uint64_t serial;	/* flows from this one on were added since */
	struct hmap modified;	/* struct modified: older flows that changed since */
	bool has_lost_modified; /* there were too many to note */
};

struct monitors {
	struct list list;
	unsigned n;
	uint8_t form;	     /* of the latest, for pausing */
	uint32_t abbrev_xid; /* that was told last */
	bool has_abbrev;
	/* of the dump under way that tells flows to new monitors or after a pause; or NULL */
	const struct flow_walk *walk;
	bool is_paused;	     /* until all is told again */
	bool is_catching_up; /* `walk` is the one that tells what was missed */
	bool is_again;	     /* it was too slow for that, too: another round is needed */
	struct missed missed, again;
};

void monitors_init(struct monitors *ms);
void monitors_fini(struct conn *c);
/* When the peer has read enough, and no dump is under way: tell it what it missed, if it missed
 * anything. */
void monitors_catch_up(struct conn *c);
/* The tables' changes go to the connections that watch them. */
void monitors_attach(struct datapath *dp);
void monitors_detach(struct datapath *dp);

#endif
