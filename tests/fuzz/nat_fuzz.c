/* fuzz: component=dataplane */

/* Any bytes as a packet that is translated as one of some connection, or as an error about one.
 * Afterwards the key and the layout must be those of the bytes, and the way back must undo it. */

#include <stdlib.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/nat.h"
#include "dataplane/packet/heap_packet.h"

#define N_ENDS 80 /* bytes of input that say what is translated to what */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct subject {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
};

static void check(const struct subject *s)
{
	struct packet_layout layout;
	struct flow_key key = s->key;

	if (packet_parse(s->m, &key, &layout) != DROP_NONE)
		abort();
	if (memcmp(&key, &s->key, sizeof(key)) != 0 ||
	    memcmp(&layout, &s->layout, sizeof(layout)) != 0)
		abort();
}

static void connect_ends(struct connection_large *c, const struct subject *s, const uint8_t *ends)
{
	bool is_v6 = load_be16(&s->key.eth_type) == 0x86dd;
	struct ct_tuple t = { .proto = s->key.ip_proto, .family = is_v6 ? 6 : 4 }, reply = t;
	unsigned n = is_v6 ? 16 : 4;

	memcpy(t.src.bytes, ends, n);
	memcpy(t.dst.bytes, ends + 16, n);
	memcpy(&t.src_port, ends + 64, 4);
	memcpy(reply.src.bytes, ends + 32, n);
	memcpy(reply.dst.bytes, ends + 48, n);
	memcpy(&reply.src_port, ends + 68, 4);
	connection_init(&c->c, &t, true);
	connection_set_reply(&c->c, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connection_large c;
	struct subject s = { 0 };
	const uint8_t *ends = data;
	bool is_error;

	if (size < N_ENDS || size > 4096)
		return 0;
	s.m = heap_packet_create(data + N_ENDS, size - N_ENDS);
	is_error = ends[79] & 1;
	if (ends[79] & 2) {
		s.m->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4;
		s.m->l2_len = 14;
	}
	if (packet_parse(s.m, &s.key, &s.layout) == DROP_NONE &&
	    (load_be16(&s.key.eth_type) == 0x0800 || load_be16(&s.key.eth_type) == 0x86dd)) {
		connect_ends(&c, &s, ends);
		for (unsigned i = 0; i < 2; i++) {
			bool is_reply = (ends[79] >> 2 & 1) ^ i;
			bool is_icmp = s.layout.l4 && (s.key.ip_proto == IPPROTO_ICMP ||
						       s.key.ip_proto == IPPROTO_ICMPV6);

			if (is_error && is_icmp)
				ct_nat_translate_error(&c.c, is_reply, s.layout.l4 + 8, s.m, &s.key,
						       &s.layout);
			else if (!is_icmp || s.key.ip_proto == c.c.proto)
				ct_nat_translate(&c.c, is_reply, s.m, &s.key, &s.layout);
			/* An identifier lies where neighbour discovery has its flags. */
			if (!s.layout.has_nd)
				check(&s);
		}
	}
	heap_packet_destroy(s.m);
	return 0;
}
