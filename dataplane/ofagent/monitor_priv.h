#ifndef DATAPLANE_OFAGENT_MONITOR_PRIV_H
#define DATAPLANE_OFAGENT_MONITOR_PRIV_H

/* What monitor.c (changes) and handle_monitor.c (requests) share. */

#include "dataplane/ofagent/monitor.h"
#include "dataplane/table/flow_test.h"

struct monitor {
	struct list in_monitors;
	uint32_t id;
	uint16_t flags; /* enum of_monitor_flag */
	bool is_new;	/* its initial flows are being told */
	struct flow_filter filter;
	struct flow_test *test; /* owned; in whole cache lines */
	struct of_match *match; /* owned; the filter's */
};

struct monitor *monitor_find(struct conn *c, uint32_t id);
void monitor_remove(struct conn *c, struct monitor *m);
/* Which of a connection's monitors are meant. */
enum monitors_which { MONITORS_ALL, MONITORS_OLD, MONITORS_NEW };

/* The flags of C's monitors that watch F and want one of WANTED, together; 0: there is none. */
uint16_t monitors_flags(struct conn *c, const struct flow *f, uint16_t wanted, bool is_own,
			enum monitors_which which);
/* F as an update; FIELDS has room for OF_N_FIELDS. */
void monitor_describe(const struct flow *f, uint8_t event, bool with_instructions,
		      struct of_field_match *fields, struct of_flow_update *out);

#endif
