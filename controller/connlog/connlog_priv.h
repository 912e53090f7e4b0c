#ifndef CONTROLLER_CONNLOG_CONNLOG_PRIV_H
#define CONTROLLER_CONNLOG_CONNLOG_PRIV_H

#include "controller/connlog/connlog.h"
#include "lib/list.h"

struct connlog {
	struct connlog_options options;
	struct list listeners;
	struct list streams;			  /* connlog_stream.c */
	struct connlog_event *kept[CONNLOG_KEPT]; /* a ring; each is one piece of memory */
	uint64_t n_events, n_lost;
	/* The bucket: nanoseconds of credit. */
	uint64_t credit_ns, filled_ns;
};

/* connlog_stream.c: end the streams. */
void connlog_end_streams(struct connlog *log);

#endif
