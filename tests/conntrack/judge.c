/* What the connection tracking says of packets: a program that another one talks to, to compare.
 *
 *	stdin				stdout
 *	FRAME in hex			STATE STATE-NAME ASSURED TIMEOUT DROP
 *	wait MILLISECONDS
 *	flush
 *
 * Each packet is tracked with commit in zone 0.  STATE is ct_state in hex, STATE-NAME and TIMEOUT
 * those of the connection afterwards, DROP the reason or "-"; what there is none of is "-". */

#include <stdio.h>
#include <stdlib.h>
#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/conntrack/proto.h"
#include "dataplane/packet/heap_packet.h"

#define MAX_FRAME 4096

static size_t read_hex(const char *s, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	while (n < MAX_FRAME && sscanf(s + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static void tell(const struct ct_track *t, const struct packet_layout *layout)
{
	const struct connection *c = t->connection;
	const char *name = c ? ct_proto_state_name(c->proto, c->proto_state) : "";

	printf("%02x %s %d %s %s\n", t->state, *name ? name : "-",
	       c && c->flags & CONNECTION_ASSURED, c ? ct_timeout_name(c->timeout) : "-",
	       layout->drop ? drop_reason_name(layout->drop) : "-");
}

static void judge(struct conntrack_thread *thread, const uint8_t *frame, size_t size,
		  uint64_t now_ns)
{
	struct rte_mbuf *m = heap_packet_create(frame, size);
	const struct ct_request request = { .is_commit = true };
	struct flow_key key = { 0 };
	struct packet_layout layout = { 0 };
	struct ct_track track = { 0 };
	struct ct_burst b = { &m, &key, &layout, &track, KEY_LINES_ALL };
	uint16_t zone = 0;

	conntrack_enter(thread, now_ns);
	if (packet_parse(m, &key, &layout) == DROP_NONE)
		conntrack_burst(thread, &request, &zone, &b, 1);
	tell(&track, &layout);
	conntrack_leave(thread);
	heap_packet_destroy(m);
}

int main(void)
{
	struct conntrack_config config = { .seed = 1 };
	struct conntrack *ct = conntrack_create(&config);
	struct conntrack_thread *thread = conntrack_thread_create(ct);
	static char line[2 * MAX_FRAME + 16];
	static uint8_t frame[MAX_FRAME];
	uint64_t now_ns = NS_PER_SEC;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		unsigned ms;

		if (sscanf(line, "wait %u", &ms) == 1) {
			now_ns += ms * NS_PER_MS;
			conntrack_tend(ct, now_ns);
		} else if (strncmp(line, "flush", 5) == 0) {
			conntrack_flush(ct, NULL);
		} else {
			judge(thread, frame, read_hex(line, frame), now_ns);
		}
	}
	conntrack_thread_destroy(thread);
	conntrack_destroy(ct);
	return 0;
}
