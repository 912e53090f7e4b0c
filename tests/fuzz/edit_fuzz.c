/* fuzz: component=dataplane */

/* Any bytes as a packet, in one segment or two, with or without a checksum pending, and any
 * sequence of edits of it.  After each the key and the layout must be those of the bytes. */

#include <stdlib.h>
#include <rte_mbuf.h>
#include "dataplane/packet/edit.h"
#include "dataplane/packet/heap_packet.h"

#define SCRIPT_MAX 32 /* bytes of input that say what is done */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct subject {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
};

static struct rte_mbuf *make(const uint8_t *data, size_t size, size_t first)
{
	struct rte_mbuf *m = heap_packet_create(data, MIN_OF(first, size));

	if (size > first) {
		m->next = heap_packet_create(data + first, size - first);
		m->next->pkt_len = 0;
		m->nb_segs = 2;
		m->pkt_len = size;
	}
	return m;
}

/* The value and its mask are the two bytes over and over. */
static enum drop_reason set_field(struct subject *s, const uint8_t *step)
{
	const struct of_field *f = of_field(step[1] % OF_N_FIELDS);
	uint8_t value[OF_FIELD_MAX_BYTES], mask[OF_FIELD_MAX_BYTES];

	if (!f->is_settable || !key_place(f->id)->size)
		return DROP_NONE;
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++) {
		value[i] = (step[2] + i * (step[3] & 1)) & of_field_ones[f->id][i];
		mask[i] = step[3] & of_field_ones[f->id][i];
	}
	return packet_set_field(s->m, &s->key, &s->layout, f->id, value,
				step[0] & 0x80 ? mask : NULL);
}

static enum drop_reason edit(struct subject *s, const uint8_t *step)
{
	static const uint16_t payload_types[] = { 0x0800, 0x86dd, 0x0806, 0x8847,
						  0x8848, 0x88e7, 0x8100, 0x88a8 };
	uint16_t type = payload_types[step[1] & 7];

	switch (step[0] & 15) {
	case 0:
		return packet_push_vlan(s->m, &s->key, &s->layout, step[1] & 1 ? 0x8100 : 0x88a8);
	case 1:
		return packet_pop_vlan(s->m, &s->key, &s->layout);
	case 2:
		return packet_push_mpls(s->m, &s->key, &s->layout, step[1] & 1 ? 0x8847 : 0x8848);
	case 3:
		return packet_pop_mpls(s->m, &s->key, &s->layout, type);
	case 4:
		return packet_push_pbb(s->m, &s->key, &s->layout, 0x88e7);
	case 5:
		return packet_pop_pbb(s->m, &s->key, &s->layout);
	case 6:
		return packet_dec_nw_ttl(s->m, &s->key, &s->layout);
	case 7:
		return packet_dec_mpls_ttl(s->m, &s->key, &s->layout);
	case 8:
		return packet_copy_ttl_out(s->m, &s->key, &s->layout);
	case 9:
		return packet_copy_ttl_in(s->m, &s->key, &s->layout);
	default:
		return set_field(s, step);
	}
}

static void check(const struct subject *s)
{
	struct packet_layout layout;
	struct flow_key key = s->key;
	size_t total = 0;

	for (const struct rte_mbuf *seg = s->m; seg; seg = seg->next)
		total += seg->data_len;
	if (total != s->m->pkt_len)
		abort();
	if (packet_parse(s->m, &key, &layout) != DROP_NONE)
		abort();
	if (memcmp(&key, &s->key, sizeof(key)) != 0 ||
	    memcmp(&layout, &s->layout, sizeof(layout)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t pending[] = { 0, 0, RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4,
					    RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM };
	const uint8_t *script = data + 2;
	struct subject s = { 0 };

	if (size < 2 + SCRIPT_MAX || size > 4096)
		return 0;
	data += 2 + SCRIPT_MAX;
	s.m = make(data, size - 2 - SCRIPT_MAX, script[-2] ? script[-2] : SIZE_MAX);
	s.m->ol_flags = pending[script[-1] & 3];
	s.m->l2_len = s.m->ol_flags ? 14 : 0;
	if (packet_parse(s.m, &s.key, &s.layout) == DROP_NONE) {
		for (unsigned i = 0; i < SCRIPT_MAX; i += 4) {
			enum drop_reason why = edit(&s, script + i);

			/* Only these leave the packet as it was. */
			if (why != DROP_NONE && why != DROP_INVALID_TTL && why != DROP_NO_HEADROOM)
				break;
			check(&s);
		}
	}
	heap_packet_destroy(s.m);
	return 0;
}
