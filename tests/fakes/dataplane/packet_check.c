/* Sums the slow way (packet_check.h): nothing here is shared with what it judges. */

#include "tests/fakes/dataplane/packet_check.h"

#include <netinet/in.h>
#include <rte_mbuf.h>

/* RFC 1071 as it reads: big-endian words, an odd last byte padded, carries added back. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < size ? p[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* RFC 9260 appendix A, bit by bit. */
static uint32_t slow_crc32c(const uint8_t *p, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static bool is_good_sctp(const uint8_t *l4, size_t size)
{
	uint8_t copy[4096];
	uint32_t crc;

	assert(size <= sizeof(copy));
	memcpy(copy, l4, size);
	memset(copy + 8, 0, 4);
	crc = slow_crc32c(copy, size);
	return l4[8] == (crc & 0xff) && l4[9] == (crc >> 8 & 0xff) &&
	       l4[10] == (crc >> 16 & 0xff) && l4[11] == crc >> 24;
}

static const char *check_l4(const uint8_t *ip, const uint8_t *l4, uint8_t proto)
{
	bool is_v4 = ip[0] >> 4 == 4;
	size_t end = is_v4 ? load_be16(ip + 2) : 40u + load_be16(ip + 4);
	size_t size = end - (l4 - ip);
	uint8_t tail[4] = { size >> 8, size, 0, proto };
	uint32_t pseudo = add_up(add_up(0, is_v4 ? ip + 12 : ip + 8, is_v4 ? 8 : 32), tail, 4);

	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_ICMPV6:
		return add_up(pseudo, l4, size) == 0xffff ? NULL : "a TCP or ICMPv6 checksum";
	case IPPROTO_UDP:
		if (!load_be16(l4 + 6))
			return is_v4 ? NULL : "a UDP checksum that is missing in IPv6";
		return add_up(pseudo, l4, size) == 0xffff ? NULL : "a UDP checksum";
	case IPPROTO_ICMP:
		return add_up(0, l4, size) == 0xffff ? NULL : "an ICMP checksum";
	case IPPROTO_SCTP:
		return is_good_sctp(l4, size) ? NULL : "an SCTP checksum";
	default:
		return NULL;
	}
}

/* The IPv4 header at the bottom of a label stack, if there is one. */
static const char *check_under_labels(const uint8_t *data, size_t size, size_t at)
{
	while (at + 4 <= size && !(data[at + 2] & 1))
		at += 4;
	at += 4;
	if (at + 20 > size || data[at] != 0x45)
		return NULL;
	return add_up(0, data + at, 20) == 0xffff ? NULL : "the IPv4 checksum under labels";
}

const char *packet_check(const struct rte_mbuf *m, const struct flow_key *key,
			 const struct packet_layout *layout)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *), *l3 = data + layout->l3;
	uint16_t type = load_be16(&key->eth_type);
	struct packet_layout fresh_layout;
	struct flow_key fresh = *key;

	assert(!m->next);
	if (packet_parse(m, &fresh, &fresh_layout) != DROP_NONE)
		return "it is malformed";
	if (memcmp(&fresh, key, sizeof(fresh)) != 0)
		return "its key";
	if (memcmp(&fresh_layout, layout, sizeof(fresh_layout)) != 0)
		return "its layout";
	if (type == 0x8847 || type == 0x8848)
		return check_under_labels(data, m->data_len, layout->l3);
	if (type != 0x0800 && type != 0x86dd)
		return NULL;
	if (type == 0x0800 && add_up(0, l3, (l3[0] & 15) * 4) != 0xffff)
		return "its IPv4 checksum";
	return layout->l4 && !(key->ip_frag & KEY_FRAG_ANY)
		       ? check_l4(l3, data + layout->l4, key->ip_proto)
		       : NULL;
}
