#include "tests/fakes/controller/frames.h"

enum { ETH = 14, IPV4 = 20, IPV6 = 40, UDP = 8 };

const uint8_t frame_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void put(struct frame *f, const void *data, size_t size)
{
	memcpy(f->data + f->size, data, size);
	f->size += size;
}

static void put_u16(struct frame *f, uint16_t v)
{
	store_be16(f->data + f->size, v);
	f->size += 2;
}

static struct frame ethernet(const uint8_t dst[6], const uint8_t src[6], uint16_t type)
{
	struct frame f = { .size = 0 };

	put(&f, dst, 6);
	put(&f, src, 6);
	put_u16(&f, type);
	return f;
}

/* RFC 1071. */
static uint32_t add_up(uint32_t sum, const uint8_t *p, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += load_be16(p + i);
	return size & 1 ? sum + (p[size - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put_udp(struct frame *f)
{
	put_u16(f, 1000);
	put_u16(f, 2000);
	put_u16(f, UDP + 4);
	put_u16(f, 0);
	put(f, "weft", 4);
}

/* Behind the IPv6 header at IP. */
static uint16_t checksum6(const uint8_t *ip, uint8_t proto, size_t size)
{
	return fold(add_up(add_up(size + proto, ip + 8, 32), ip + IPV6, size));
}

struct frame frame_udp4(const struct frame_host *from, const uint8_t dst_mac[6], struct in_addr dst)
{
	struct frame f = ethernet(dst_mac, from->mac, 0x0800);
	const uint8_t head[] = { 0x45, 0, 0, IPV4 + UDP + 4, 0, 0, 0, 0, 64, 17, 0, 0 };

	put(&f, head, sizeof(head));
	put(&f, &from->ipv4, 4);
	put(&f, &dst, 4);
	store_be16(f.data + ETH + 10, fold(add_up(0, f.data + ETH, IPV4)));
	put_udp(&f);
	return f;
}

struct frame frame_udp6(const struct frame_host *from, const uint8_t dst_mac[6],
			const struct in6_addr *dst)
{
	struct frame f = ethernet(dst_mac, from->mac, 0x86dd);
	const uint8_t head[] = { 0x60, 0, 0, 0, 0, UDP + 4, 17, 64 };

	put(&f, head, sizeof(head));
	put(&f, &from->ipv6, 16);
	put(&f, dst, 16);
	put_udp(&f);
	store_be16(f.data + ETH + IPV6 + 6, checksum6(f.data + ETH, 17, UDP + 4));
	return f;
}

struct frame frame_arp_request(const struct frame_host *from, struct in_addr spa,
			       struct in_addr tpa)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0, 1 }, nobody[6];
	struct frame f = ethernet(frame_broadcast, from->mac, 0x0806);

	put(&f, head, sizeof(head));
	put(&f, from->mac, 6);
	put(&f, &spa, 4);
	put(&f, nobody, 6);
	put(&f, &tpa, 4);
	return f;
}

struct frame frame_solicit(const struct frame_host *from, const struct in6_addr *src,
			   const struct in6_addr *target)
{
	bool has_option = !IN6_IS_ADDR_UNSPECIFIED(src);
	const uint8_t *t = target->s6_addr;
	const uint8_t dst_mac[] = { 0x33, 0x33, 0xff, t[13], t[14], t[15] };
	const uint8_t dst[] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, t[13], t[14], t[15] };
	const uint8_t head[] = { 0x60, 0, 0, 0, 0, has_option ? 32 : 24, 58, 255 };
	const uint8_t solicit[] = { 135, 0, 0, 0, 0, 0, 0, 0 };
	const uint8_t option[] = { 1, 1 };
	struct frame f = ethernet(dst_mac, from->mac, 0x86dd);

	put(&f, head, sizeof(head));
	put(&f, src, 16);
	put(&f, dst, 16);
	put(&f, solicit, sizeof(solicit));
	put(&f, target, 16);
	if (has_option) {
		put(&f, option, 2);
		put(&f, from->mac, 6);
	}
	store_be16(f.data + ETH + IPV6 + 2, frame_icmpv6_checksum(f.data, f.size));
	return f;
}

uint16_t frame_icmpv6_checksum(const uint8_t *frame, size_t size)
{
	uint8_t copy[FRAME_MAX];

	memcpy(copy, frame, size);
	memset(copy + ETH + IPV6 + 2, 0, 2);
	return checksum6(copy + ETH, 58, size - ETH - IPV6);
}
