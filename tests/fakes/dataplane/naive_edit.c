/* Fields written bit by bit, checksums anew (naive_edit.h). */

#include "tests/fakes/dataplane/naive_edit.h"

#include <netinet/in.h>
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/edit.h"
#include "dataplane/packet/heap_packet.h"

void naive_parse(struct naive_packet *p)
{
	struct rte_mbuf *m = heap_packet_create(p->data, p->size);

	packet_parse(m, &p->key, &p->layout);
	heap_packet_destroy(m);
}

enum base { ETH, L3, L4, SLL, TLL, OPTION };

/* Where a field's highest bit is, in bits from its header's start. */
struct bits {
	enum of_field_id id;
	enum base base;
	unsigned v4, v6;
};

static const struct bits places[] = {
	{ OF_FIELD_ETH_DST, ETH, 0, 0 },
	{ OF_FIELD_ETH_SRC, ETH, 48, 48 },
	{ OF_FIELD_VLAN_PCP, ETH, 112, 112 },
	{ OF_FIELD_MPLS_LABEL, L3, 0, 0 },
	{ OF_FIELD_MPLS_TC, L3, 20, 20 },
	{ OF_FIELD_MPLS_TTL, L3, 24, 24 },
	{ OF_FIELD_PBB_UCA, L3, 4, 4 },
	{ OF_FIELD_PBB_ISID, L3, 8, 8 },
	{ OF_FIELD_IP_DSCP, L3, 8, 4 },
	{ OF_FIELD_IP_ECN, L3, 14, 10 },
	{ OF_FIELD_IP_TTL, L3, 64, 56 },
	{ OF_FIELD_IPV4_SRC, L3, 96, 0 },
	{ OF_FIELD_IPV4_DST, L3, 128, 0 },
	{ OF_FIELD_IPV6_SRC, L3, 0, 64 },
	{ OF_FIELD_IPV6_DST, L3, 0, 192 },
	{ OF_FIELD_IPV6_FLABEL, L3, 0, 12 },
	{ OF_FIELD_TCP_SRC, L4, 0, 0 },
	{ OF_FIELD_TCP_DST, L4, 16, 16 },
	{ OF_FIELD_UDP_SRC, L4, 0, 0 },
	{ OF_FIELD_UDP_DST, L4, 16, 16 },
	{ OF_FIELD_SCTP_SRC, L4, 0, 0 },
	{ OF_FIELD_SCTP_DST, L4, 16, 16 },
	{ OF_FIELD_ICMPV4_TYPE, L4, 0, 0 },
	{ OF_FIELD_ICMPV4_CODE, L4, 8, 8 },
	{ OF_FIELD_ICMPV6_TYPE, L4, 0, 0 },
	{ OF_FIELD_ICMPV6_CODE, L4, 8, 8 },
	{ OF_FIELD_ARP_OP, L3, 48, 48 },
	{ OF_FIELD_ARP_SHA, L3, 64, 64 },
	{ OF_FIELD_ARP_SPA, L3, 112, 112 },
	{ OF_FIELD_ARP_THA, L3, 144, 144 },
	{ OF_FIELD_ARP_TPA, L3, 192, 192 },
	{ OF_FIELD_ND_RESERVED, L4, 0, 32 },
	{ OF_FIELD_ND_TARGET, L4, 0, 64 },
	{ OF_FIELD_ND_SLL, SLL, 0, 16 },
	{ OF_FIELD_ND_TLL, TLL, 0, 16 },
	{ OF_FIELD_ND_OPTIONS_TYPE, OPTION, 0, 0 },
};

static unsigned start_of(const struct naive_packet *p, enum base base)
{
	const struct packet_layout *l = &p->layout;

	switch (base) {
	case ETH:
		return 0;
	case L3:
		return l->l3;
	case L4:
		return l->l4;
	case SLL:
		return l->nd_sll;
	case TLL:
		return l->nd_tll;
	default:
		return !l->nd_sll   ? l->nd_tll
		       : !l->nd_tll ? l->nd_sll
				    : MIN_OF(l->nd_sll, l->nd_tll);
	}
}

/* Bit N of the FIELD's value, 0 being the highest of its n_bits. */
static unsigned bit_of(const struct of_field *f, const uint8_t *bytes, unsigned n)
{
	unsigned from_end = f->n_bits - 1 - n;

	return bytes[f->n_bytes - 1 - from_end / 8] >> from_end % 8 & 1;
}

static void write_bits(struct naive_packet *p, const struct of_field *f, unsigned at,
		       const uint8_t *value, const uint8_t *mask)
{
	for (unsigned i = 0; i < f->n_bits; i++, at++) {
		uint8_t *byte = &p->data[at / 8], bit = 0x80 >> at % 8;

		if (!bit_of(f, mask, i))
			continue;
		*byte = bit_of(f, value, i) ? *byte | bit : *byte & ~bit;
	}
}

static void sum_l4(struct naive_packet *p, uint8_t *l3, bool is_v4)
{
	uint8_t *l4 = p->data + p->layout.l4, *field, tail[8] = { 0 };
	size_t end = is_v4 ? load_be16(l3 + 2) : 40u + load_be16(l3 + 4);
	size_t size = end - (l4 - l3);
	uint64_t sum;
	uint16_t folded;
	uint32_t crc;

	switch (p->key.ip_proto) {
	case IPPROTO_TCP:
		field = l4 + 16;
		break;
	case IPPROTO_UDP:
		field = l4 + 6;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		field = l4 + 2;
		break;
	case IPPROTO_SCTP:
		memset(l4 + 8, 0, 4);
		crc = crc32c(0, l4, size);
		memcpy(l4 + 8, &crc, 4);
		return;
	default:
		return;
	}
	memset(field, 0, 2);
	store_be32(tail, size);
	tail[7] = p->key.ip_proto;
	sum = checksum_sum(l4, size);
	if (p->key.ip_proto != IPPROTO_ICMP)
		sum += checksum_sum(tail, 8) +
		       checksum_sum(is_v4 ? l3 + 12 : l3 + 8, is_v4 ? 8 : 32);
	folded = ~checksum_fold(sum);
	if (p->key.ip_proto == IPPROTO_UDP && !folded)
		folded = 0xffff;
	memcpy(field, &folded, 2);
}

static void sum_again(struct naive_packet *p)
{
	uint16_t type = load_be16(&p->key.eth_type), folded;
	uint8_t *l3 = p->data + p->layout.l3;

	if (type != 0x0800 && type != 0x86dd)
		return;
	if (type == 0x0800) {
		memset(l3 + 10, 0, 2);
		folded = ~checksum_fold(checksum_sum(l3, (l3[0] & 15) * 4));
		memcpy(l3 + 10, &folded, 2);
	}
	if (p->layout.l4)
		sum_l4(p, l3, type == 0x0800);
}

void naive_write(struct naive_packet *p, enum of_field_id id, const uint8_t *value,
		 const uint8_t *mask)
{
	const struct of_field *f = of_field(id);
	bool is_v6 = load_be16(&p->key.eth_type) == 0x86dd;

	if (!packet_has_field(&p->key, &p->layout, id))
		return;
	if (key_place(id)->depth == PARSE_NOTHING) {
		key_field_set(&p->key, id, value, mask);
		return;
	}
	if (id == OF_FIELD_VLAN_VID) {
		uint16_t m = load_be16(mask) & 0xfff, tci = load_be16(p->data + 14);

		store_be16(p->data + 14, (tci & ~m) | (load_be16(value) & m));
	}
	for (unsigned i = 0; i < ARRAY_LENGTH(places); i++) {
		const struct bits *b = &places[i];

		if (b->id == id)
			write_bits(p, f, start_of(p, b->base) * 8 + (is_v6 ? b->v6 : b->v4), value,
				   mask);
	}
	sum_again(p);
	naive_parse(p);
}

void naive_push_vlan(struct naive_packet *p, uint16_t tpid)
{
	uint16_t tci = p->layout.n_vlans ? load_be16(p->data + 14) & 0xefff : 0;

	memmove(p->data + 16, p->data + 12, p->size - 12);
	p->size += 4;
	store_be16(p->data + 12, tpid);
	store_be16(p->data + 14, tci);
	naive_parse(p);
}

void naive_pop_vlan(struct naive_packet *p)
{
	if (!p->layout.n_vlans)
		return;
	p->size -= 4;
	memmove(p->data + 12, p->data + 16, p->size - 12);
	naive_parse(p);
}
