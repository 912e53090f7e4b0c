#ifndef TESTS_BENCH_FLOWS_CLIENT_H
#define TESTS_BENCH_FLOWS_CLIENT_H

/* One OpenFlow connection of a benchmark: sends what was encoded before and reads the replies
 * meanwhile, so that neither side waits for the other's buffers. */

#include <pthread.h>
#include "lib/buf.h"
#include "lib/status.h"
#include "proto/openflow/msg.h"

struct flows_client {
	int fd;
	struct buf in;
	uint64_t n_entries; /* flows told by the statistics replies since this was set to 0 */
};

/* On the Unix socket PATH, hello exchanged.  -1 with ST. */
int flows_client_open(struct flows_client *c, const char *path, struct status *st);
void flows_client_close(struct flows_client *c);
/* Send the SIZE bytes at DATA and read until the last message of the reply to LAST_XID.  An error
 * message from the switch ends it: -1 with ST. */
int flows_client_exchange(struct flows_client *c, const uint8_t *data, size_t size,
			  uint32_t last_xid, struct status *st);

/* A thread that sends echo requests on a connection of its own, one after the other: how long the
 * switch's loop is busy at most. */
struct flows_echo {
	struct flows_client client;
	pthread_t thread;
	bool is_stopping; /* atomic */
	uint64_t max_ns;  /* atomic; the longest answer since it was set to 0 */
};

int flows_echo_start(struct flows_echo *e, const char *path, struct status *st);
void flows_echo_stop(struct flows_echo *e);
/* Milliseconds, since the call before. */
double flows_echo_max_ms(struct flows_echo *e);

#endif
