#ifndef TESTS_FAKES_DATAPLANE_OF_WORLD_H
#define TESTS_FAKES_DATAPLANE_OF_WORLD_H

/* A switch in memory and controllers connected to it, on virtual time:
 *
 *	peer[0] --- stream pair ---+
 *	peer[1] --- stream pair ---+ mem_switch --- ports 1, 2, 3
 *
 * For tests: what does not come as expected fails the test with what came instead. */

#include "dataplane/ctl/mem_switch.h"
#include "lib/loop_virtual.h"
#include "lib/stream_pair.h"
#include "proto/openflow/msg.h"

#define OF_WORLD_PEERS 4

struct conn;

struct of_peer {
	struct of_world *world;
	struct stream_pair *pair; /* end 0 is the switch's, end 1 the peer's */
	struct stream *stream;
	struct buf in;
	struct arena arena; /* of the message told last */
	struct of_msg msg;
	struct buf msg_bytes;
	uint32_t xid;
	uint8_t version; /* of what it sends */
	bool is_closed;
	char why[64];
};

struct of_sent {
	uint32_t port;
	size_t size;
	uint8_t data[256];
};

struct of_world {
	struct loop *loop;
	struct mem_switch *sw;
	struct of_peer peers[OF_WORLD_PEERS];
	struct of_sent sent[64]; /* what left the switch */
	unsigned n_sent;
};

/* For cmocka: *state is a world with ports 1, 2, 3 ("p1" ...) and no connection. */
int of_world_setup(void **state);
int of_world_teardown(void **state);

/* Connect peer I without and with the exchange of hellos. */
struct of_peer *of_world_connect_silent(struct of_world *w, unsigned i);
struct of_peer *of_world_connect(struct of_world *w, unsigned i); /* in 1.3 */
struct of_peer *of_world_connect_version(struct of_world *w, unsigned i, uint8_t version);
/* Peer I over an auxiliary connection of MAIN, with its version. */
struct of_peer *of_world_connect_auxiliary(struct of_world *w, unsigned i, struct conn *main,
					   uint8_t id);

void of_peer_send_bytes(struct of_peer *p, const void *data, size_t size);
/* With the next xid, which is returned; M's version and xid are set. */
uint32_t of_peer_send(struct of_peer *p, struct of_msg m);
uint32_t of_peer_send_kind(struct of_peer *p, enum of_kind kind);
/* A flow-mod as ovs-ofctl writes it. */
uint32_t of_peer_flow_mod(struct of_peer *p, uint8_t command, const char *text);
/* The next message that has come, without letting time pass; NULL: none.  Valid until the next
 * call. */
const struct of_msg *of_peer_next(struct of_peer *p);
/* After the loop has settled, the next message must be of that kind; echo requests before it are
 * answered. */
const struct of_msg *of_peer_expect(struct of_peer *p, enum of_kind kind);
/* ... an error of that type and code, for that xid. */
void of_peer_expect_error(struct of_peer *p, uint32_t xid, uint16_t type, uint16_t code);
void of_peer_expect_onf_error(struct of_peer *p, uint32_t xid, uint16_t code);
void of_peer_expect_nothing(struct of_peer *p);
/* A barrier and its reply. */
void of_peer_barrier(struct of_peer *p);
/* The flows of all tables as text, one a line, sorted as told, without counters. */
const char *of_peer_flows(struct of_peer *p, struct buf *out);

/* An Ethernet frame with an IPv4 UDP packet in it: returns its size, at most 256. */
size_t of_frame_udp(uint8_t *frame, uint8_t from, uint8_t to, uint16_t port);
/* Let it in by a port and settle. */
void of_world_receive(struct of_world *w, uint32_t in_port, uint8_t from, uint8_t to,
		      uint16_t port);

#endif
