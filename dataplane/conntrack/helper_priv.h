#ifndef DATAPLANE_CONNTRACK_HELPER_PRIV_H
#define DATAPLANE_CONNTRACK_HELPER_PRIV_H

/* What is remembered of a helped connection, for helper.c and helper_stream.c. */

#include "dataplane/conntrack/helper.h"
#include "dataplane/conntrack/helper_class.h"
#include "dataplane/conntrack/payload.h"

#define HELPED_EXPECTED 4 /* announcements of one connection that are open; the oldest goes */

/* What one end of a TCP connection says.  Its sequence numbers, in host order, are as it counts. */
struct helped_side {
	bool has_begun;	    /* `next` is known */
	bool is_line_begun; /* `next` is in the middle of a line */
	bool is_rewritten;  /* all from here on is known */
	bool has_floor;
	uint32_t next;	/* after the last byte that was seen in order */
	uint32_t floor; /* the end of the text that was rewritten before the last one */
	/* The last text that was rewritten, for when it is sent again. */
	uint32_t text_seq;
	uint8_t old_size, new_size;
	int32_t before, after; /* what its peer counts more, up to the text and after it */
	char old_text[HELPER_TEXT_MAX], new_text[HELPER_TEXT_MAX];
};

struct helped {
	uint32_t lock; /* atomic; each of the two directions may have a packet */
	const struct helper_class *class;
	struct helped_side sides[2]; /* original direction, reply */
	uint32_t expected[HELPED_EXPECTED], n_expected;
	struct helped *next_free;
};

/* A packet that is being read. */
struct helper_packet {
	struct helpers *h;
	struct connection *c;
	struct helped *helped;
	bool is_reply, may_write;
	uint64_t now_ns;
	struct rte_mbuf *m;
	const struct flow_key *key;
	const struct packet_layout *layout;
	struct payload payload;
};

/* What an end announced is expected; if it must be told otherwise, that is put into TEXT, of *SIZE
 * bytes, else *SIZE is 0. */
enum drop_reason helper_announced(struct helper_packet *p, const struct helper_announcement *a,
				  char *text, size_t *size);

/* A TCP packet: read its lines, rewrite them, correct its numbers. */
enum drop_reason helper_stream(struct helper_packet *p);
/* As helped_ack() of what the other side counts. */
uint32_t helper_stream_ack(const struct helped_side *other, uint32_t ack);

#endif
