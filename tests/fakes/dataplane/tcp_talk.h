#ifndef TESTS_FAKES_DATAPLANE_TCP_TALK_H
#define TESTS_FAKES_DATAPLANE_TCP_TALK_H

/* Packets of a TCP or UDP connection between two ends, with what they say in them. */

#include "dataplane/conntrack/connection.h"
#include "dataplane/packet/parse.h"

struct rte_mbuf;

enum { TALK_SYN = 2, TALK_ACK = 0x10, TALK_PSH = 8 };

struct talk_packet {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
};

struct talk {
	struct ct_tuple tuple; /* addresses, ports and protocol of the packet */
	uint32_t seq, ack;
	uint8_t flags;
	uint32_t sack[2]; /* one block if the second is not zero */
	const char *text; /* NULL: none */
	size_t first;	  /* bytes in the first of two segments; 0: one segment */
	unsigned padding; /* bytes after the IP packet */
};

/* Headers, lengths, checksums; parsed. */
struct talk_packet talk_packet(const struct talk *t);
void talk_packet_fini(struct talk_packet *p);
/* The same packet in one segment, parsed anew; the key and layout of P are checked against it, and
 * its checksums; NULL or what is wrong. */
const char *talk_packet_check(const struct talk_packet *p);
/* What it says, ended by a zero; lent until the next call. */
const char *talk_packet_text(const struct talk_packet *p);
uint32_t talk_packet_seq(const struct talk_packet *p);
uint32_t talk_packet_ack(const struct talk_packet *p);
/* The I-th edge of its SACK block. */
uint32_t talk_packet_sack(const struct talk_packet *p, unsigned i);

#endif
