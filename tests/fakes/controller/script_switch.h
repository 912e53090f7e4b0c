#ifndef TESTS_FAKES_CONTROLLER_SCRIPT_SWITCH_H
#define TESTS_FAKES_CONTROLLER_SCRIPT_SWITCH_H

/* A switch that does what the test says: for what the real one in memory
 * (dataplane/ctl/mem_switch.h) never does, such as having no bundles, refusing what is right, or
 * not answering. */

#include "lib/stream_pair.h"
#include "proto/openflow/msg.h"

struct script_switch {
	struct stream *stream;
	bool is_closed;
	struct buf in;

	bool has_no_bundles;
	bool is_mute; /* answers nothing any more */
	/* Refuse a flow-mod with this priority (in a bundle: at once, and the commit). */
	uint16_t refused_priority;
	uint64_t datapath_id;

	unsigned n_flow_mods; /* accepted, outside or in committed bundles */
	unsigned n_in_bundle; /* since it was opened */
	bool is_bundle_bad;
	struct buf log; /* kinds of the messages that came, one a line */
};

/* Takes the stream; the switch is fresh. */
void script_switch_init(struct script_switch *sw, struct stream *stream, uint64_t datapath_id);
void script_switch_fini(struct script_switch *sw);
void script_switch_send(struct script_switch *sw, struct of_msg m);

#endif
