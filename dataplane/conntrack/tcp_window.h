#ifndef DATAPLANE_CONNTRACK_TCP_WINDOW_H
#define DATAPLANE_CONNTRACK_TCP_WINDOW_H

/* Sequence numbers of TCP connections: which segments can be of this connection, by what both ends
 * have sent and allowed so far (Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter",
 * 2001).  Of a segment from A to B that
 *
 *	it begins		<= the largest ack + window of B
 *	it ends			>= the end of what A sent - the largest window of B
 *	what it acknowledges	<= the end of what B sent
 *				>= the end of what B sent - the largest window of A, or 66,000
 */

#include "dataplane/conntrack/proto_tcp.h"
#include "dataplane/conntrack/tcp_segment.h"

enum tcp_place {
	TCP_INSIDE,  /* and the connection knows of it */
	TCP_BESIDE,  /* acknowledged long since, an acknowledgement that was overtaken, or a little
		      * too far: harmless, but no reason to change the state */
	TCP_OUTSIDE, /* no end can have sent it */
};

/* A SYN of the original direction, or a segment from the middle, is the first that is seen. */
void tcp_window_begin(struct ct_tcp *t, const struct tcp_segment *s);
void tcp_window_pick_up(struct ct_tcp *t, const struct tcp_segment *s);
/* The SYN that was noted, of direction IS_REPLY, was right: begin from it.  IS_DOUBT: it may be
 * forged as well; what comes next says where both ends are, and more is let pass. */
void tcp_window_resume(struct ct_tcp *t, bool is_reply, bool is_doubt);
/* S of direction IS_REPLY, in STATE. */
enum tcp_place tcp_window_check(bool is_liberal, struct ct_tcp *t, const struct tcp_segment *s,
				bool is_reply, uint8_t state);
/* All that either end sent is acknowledged. */
bool tcp_window_is_quiet(const struct ct_tcp *t);

#endif
