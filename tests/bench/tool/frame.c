#include "tests/bench/tool/frame.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	ETH_SIZE = 14,
	VLAN_SIZE = 4,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	UDP_SIZE = 8,
	VXLAN_SIZE = 8,
	VXLAN_PORT = 4789,
	TRAILER_SIZE = sizeof(struct frame_trailer),
	FILLING_SIZE = FRAME_ROOM,
};

/* --- sums --- */

static uint32_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* One's complement sum of native 16-bit words, a last odd byte with a zero behind it. */
static uint64_t sum_of(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	uint16_t word;

	for (; size >= 2; data += 2, size -= 2) {
		memcpy(&word, data, 2);
		sum += word;
	}
	if (size) {
		word = 0;
		memcpy(&word, data, 1);
		sum += word;
	}
	return sum;
}

static void put16(uint8_t *to, uint16_t v)
{
	memcpy(to, &v, 2);
}

static uint16_t get16(const uint8_t *from)
{
	uint16_t v;

	memcpy(&v, from, 2);
	return v;
}

static void swap(uint8_t *a, uint8_t *b, unsigned size)
{
	uint8_t t[16];

	memcpy(t, a, size);
	memcpy(a, b, size);
	memcpy(b, t, size);
}

static void reverse(struct flow_fields *f)
{
	swap(f->src, f->dst, 16);
	swap(f->smac, f->dmac, 6);
	swap(f->sport, f->dport, 2);
}

/* --- filling --- */

static uint8_t filling[FILLING_SIZE];
static pthread_once_t filling_once = PTHREAD_ONCE_INIT;

static void make_filling(void)
{
	for (unsigned i = 0; i < FILLING_SIZE; i++)
		filling[i] = (FILLING_SIZE - i) * 167 >> 2;
}

/* The filling of a payload of SIZE bytes; it ends where the trailer begins. */
static const uint8_t *filling_of(unsigned payload_size)
{
	return filling + FILLING_SIZE - payload_size;
}

/* --- headers --- */

static uint8_t *put_eth(uint8_t *at, const uint8_t *dmac, const uint8_t *smac, uint16_t type)
{
	memcpy(at, dmac, 6);
	memcpy(at + 6, smac, 6);
	store_be16(at + 12, type);
	return at + ETH_SIZE;
}

/* The checksum's place holds the sum, not yet complemented: lengths will be added. */
static uint8_t *put_ipv4(uint8_t *at, const uint8_t *src, const uint8_t *dst, uint16_t length)
{
	memset(at, 0, IPV4_SIZE);
	at[0] = 0x45;
	store_be16(at + 2, length);
	at[6] = 0x40; /* do not fragment, so the identification may be 0 (RFC 6864 section 4) */
	at[8] = 64;
	at[9] = IPPROTO_UDP;
	memcpy(at + 12, src, 4);
	memcpy(at + 16, dst, 4);
	put16(at + 10, fold(sum_of(at, IPV4_SIZE)));
	return at + IPV4_SIZE;
}

static uint8_t *put_ipv6(uint8_t *at, const uint8_t *src, const uint8_t *dst)
{
	memset(at, 0, 8);
	at[0] = 0x60;
	store_be16(at + 4, UDP_SIZE);
	at[6] = IPPROTO_UDP;
	at[7] = 64;
	memcpy(at + 8, src, 16);
	memcpy(at + 24, dst, 16);
	return at + IPV6_SIZE;
}

/* With the pseudo-header's sum in the checksum's place, as above. */
static uint8_t *put_udp(uint8_t *at, const struct flow_fields *f, unsigned address_size)
{
	uint8_t pseudo[4] = { 0, IPPROTO_UDP, 0, UDP_SIZE };

	memcpy(at, f->sport, 2);
	memcpy(at + 2, f->dport, 2);
	store_be16(at + 4, UDP_SIZE);
	put16(at + 6, 0);
	put16(at + 6, fold(sum_of(at, UDP_SIZE) + sum_of(pseudo, 4) + sum_of(f->src, address_size) +
			   sum_of(f->dst, address_size)));
	return at + UDP_SIZE;
}

static uint8_t *put_tunnel(uint8_t *at, const struct flow_ranges *r, const struct flow_fields *f,
			   bool is_reverse)
{
	const struct range *macs[] = { &r->outer_smac, &r->outer_dmac };
	const struct range *ips[] = { &r->outer_src, &r->outer_dst };

	/* the inner flow shows in the outer source port (RFC 7348 section 5), the same both ways */
	uint16_t mix = fold(3 * (sum_of(f->src, 16) + sum_of(f->dst, 16)) +
			    5ull * (get16(f->sport) + get16(f->dport)) +
			    7 * (sum_of(f->smac, 6) + sum_of(f->dmac, 6)));

	at = put_eth(at, macs[!is_reverse]->first, macs[is_reverse]->first, 0x0800);
	at = put_ipv4(at, ips[is_reverse]->first, ips[!is_reverse]->first,
		      IPV4_SIZE + UDP_SIZE + VXLAN_SIZE);
	store_be16(at, 0xc000 | (mix & 0x3fff));
	store_be16(at + 2, VXLAN_PORT);
	store_be16(at + 4, UDP_SIZE + VXLAN_SIZE);
	put16(at + 6, 0);
	at += UDP_SIZE;
	store_be32(at, 0x08000000);
	store_be32(at + 4, f->vni << 8);
	return at + VXLAN_SIZE;
}

void frame_headers(const struct frame_maker *m, uint64_t flow, uint8_t *to)
{
	const struct flow_ranges *r = &m->ranges;
	struct flow_fields f = { 0 };
	uint16_t type = m->is_ipv6 ? 0x86dd : 0x0800;

	flow_ranges_get(r, flow, &f);
	if (m->is_reverse)
		reverse(&f);
	if (r->has_tunnel)
		to = put_tunnel(to, r, &f, m->is_reverse);
	to = put_eth(to, f.dmac, f.smac, r->has_vlan ? 0x8100 : type);
	if (r->has_vlan) {
		memcpy(to, f.vlan, 2);
		store_be16(to + 2, type);
		to += VLAN_SIZE;
	}
	to = m->is_ipv6 ? put_ipv6(to, f.src, f.dst)
			: put_ipv4(to, f.src, f.dst, IPV4_SIZE + UDP_SIZE);
	put_udp(to, &f, m->is_ipv6 ? 16 : 4);
}

/* --- making --- */

static void init_size(struct frame_maker *m, unsigned i)
{
	unsigned frame = m->sizes.size[i] - FCS_BYTES;
	unsigned payload = frame + m->outer_size - m->headers_size;

	m->by_size[i] = (struct frame_size){
		.frame_size = frame,
		.payload_size = payload,
		.ip_length = htons(payload + UDP_SIZE + (m->is_ipv6 ? 0 : IPV4_SIZE)),
		.udp_length = htons(payload + UDP_SIZE),
		.payload_be = htons(payload),
		.outer_ip_length = htons(frame + IPV4_SIZE + UDP_SIZE + VXLAN_SIZE),
		.outer_udp_length = htons(frame + UDP_SIZE + VXLAN_SIZE),
		.frame_be = htons(frame),
		/* the length counts in the pseudo-header as well */
		.udp_sum = fold(2 * (uint64_t)htons(payload) +
				sum_of(filling_of(payload), payload - TRAILER_SIZE)),
	};
}

static int check_ranges(const struct flow_ranges *r, uint32_t n_flows, struct status *st)
{
	uint64_t n = flow_ranges_count(r);

	if (r->src.size != r->dst.size)
		return status_set(st, STATUS_INVALID_ARGUMENT, "dst",
				  "--dst: --src and --dst are to be both IPv4 or both IPv6");
	if (n < n_flows)
		return status_set(st, STATUS_INVALID_ARGUMENT, "flows",
				  "--flows: the ranges hold %llu different flows, not %u: widen "
				  "--src, --dst, --sport or --dport",
				  (unsigned long long)n, n_flows);
	return 0;
}

int frame_maker_init(struct frame_maker *m, const struct flow_ranges *ranges,
		     const struct sizes *sizes, uint32_t n_flows, bool is_reverse,
		     struct status *st)
{
	unsigned least;

	pthread_once(&filling_once, make_filling);
	*m = (struct frame_maker){
		.ranges = *ranges, .sizes = *sizes, .n_flows = n_flows, .is_reverse = is_reverse
	};
	if (check_ranges(ranges, n_flows, st) < 0)
		return -1;
	m->is_ipv6 = ranges->src.size == 16;
	m->outer_size = ranges->has_tunnel ? FRAME_TUNNEL_SIZE : 0;
	m->ip_at = m->outer_size + ETH_SIZE + (ranges->has_vlan ? VLAN_SIZE : 0);
	m->udp_at = m->ip_at + (m->is_ipv6 ? IPV6_SIZE : IPV4_SIZE);
	m->headers_size = m->udp_at + UDP_SIZE;
	m->stride = m->headers_size <= 64 ? 64 : FRAME_MAX_HEADERS;
	least = m->headers_size - m->outer_size + TRAILER_SIZE + FCS_BYTES;
	if (sizes_smallest(sizes) < least)
		return status_set(
			st, STATUS_INVALID_ARGUMENT, "size",
			"--size: %u bytes have no room for these headers and the %d bytes "
			"by which a packet is known: take at least %u",
			sizes_smallest(sizes), TRAILER_SIZE, least);
	for (unsigned i = 0; i < sizes->n; i++)
		init_size(m, i);
	m->headers = xcalloc_lines((size_t)n_flows * m->stride);
	for (uint32_t i = 0; i < n_flows; i++)
		frame_headers(m, i, m->headers + (size_t)i * m->stride);
	return 0;
}

void frame_maker_fini(struct frame_maker *m)
{
	free(m->headers);
	m->headers = NULL;
}

unsigned frame_maker_largest(const struct frame_maker *m)
{
	return sizes_largest(&m->sizes) - FCS_BYTES + m->outer_size;
}

static uint32_t trailer_sum(const struct frame_trailer *t)
{
	uint64_t a, b, sum;

	memcpy(&a, t, 8);
	memcpy(&b, (const uint8_t *)t + 8, 8);
	sum = a + b;
	sum += sum < a;
	return fold(sum);
}

/* What the size of the payload changes in the headers at TO. */
static void put_lengths(const struct frame_maker *m, const struct frame_size *s, uint8_t *to)
{
	uint8_t *ip = to + m->ip_at, *udp = to + m->udp_at;
	uint16_t sum;

	if (m->is_ipv6) {
		put16(ip + 4, s->ip_length);
	} else {
		put16(ip + 2, s->ip_length);
		put16(ip + 10, ~fold(get16(ip + 10) + s->payload_be));
	}
	put16(udp + 4, s->udp_length);
	sum = ~fold(get16(udp + 6) + s->udp_sum);
	put16(udp + 6, sum ? sum : 0xffff);
	if (!m->outer_size)
		return;
	put16(to + ETH_SIZE + 2, s->outer_ip_length);
	put16(to + ETH_SIZE + 10, ~fold(get16(to + ETH_SIZE + 10) + s->frame_be));
	put16(to + ETH_SIZE + IPV4_SIZE + 4, s->outer_udp_length);
}

unsigned frame_put(const struct frame_maker *m, const uint8_t *headers, unsigned size,
		   uint16_t magic, uint64_t number, uint64_t stamp, uint8_t *to)
{
	const struct frame_size *s = &m->by_size[size];
	struct frame_trailer t = {
		.magic = magic, .payload_size = s->payload_size, .number = number, .stamp = stamp
	};
	unsigned end = m->outer_size + s->frame_size;

	if (m->stride == 64)
		memcpy(to, headers, 64);
	else
		memcpy(to, headers, FRAME_MAX_HEADERS);
	put_lengths(m, s, to);
	memcpy(to + m->headers_size, filling_of(s->payload_size), s->payload_size - TRAILER_SIZE);
	t.balance = ~trailer_sum(&t);
	memcpy(to + end - TRAILER_SIZE, &t, TRAILER_SIZE);
	return end;
}

enum frame_verdict frame_check(const uint8_t *frame, unsigned size, uint16_t magic,
			       struct frame_trailer *t)
{
	unsigned payload;

	if (size < ETH_SIZE + TRAILER_SIZE)
		return FRAME_FOREIGN;
	memcpy(t, frame + size - TRAILER_SIZE, TRAILER_SIZE);
	if (t->magic != magic)
		return FRAME_FOREIGN;
	payload = t->payload_size;
	if (fold(trailer_sum(t) + t->balance) != 0xffff || payload < TRAILER_SIZE ||
	    payload > size - ETH_SIZE || payload > FILLING_SIZE)
		return FRAME_CORRUPT;
	if (memcmp(frame + size - payload, filling_of(payload), payload - TRAILER_SIZE) != 0)
		return FRAME_CORRUPT;
	return FRAME_OURS;
}

/* --- swapping --- */

static void swap_frame(uint8_t *frame, unsigned size, bool is_inner);

/* A tunnel's ports stay: the other end listens at the same one.  What is in it is swapped. */
static void swap_udp(uint8_t *udp, unsigned size, bool is_inner)
{
	bool is_tunnel =
		!is_inner && size >= UDP_SIZE + VXLAN_SIZE && load_be16(udp + 2) == VXLAN_PORT;

	if (is_tunnel)
		swap_frame(udp + UDP_SIZE + VXLAN_SIZE, size - UDP_SIZE - VXLAN_SIZE, true);
	else
		swap(udp, udp + 2, 2);
}

static void swap_ports(uint8_t *at, unsigned size, uint8_t protocol, bool is_inner)
{
	if (protocol == IPPROTO_UDP && size >= UDP_SIZE)
		swap_udp(at, size, is_inner);
	else if (protocol == IPPROTO_TCP && size >= 4)
		swap(at, at + 2, 2);
}

static void swap_ipv4(uint8_t *ip, unsigned size, bool is_inner)
{
	unsigned header = (ip[0] & 15) * 4;

	if (ip[0] >> 4 != 4 || header < IPV4_SIZE || size < header)
		return;
	swap(ip + 12, ip + 16, 4);
	if (!(load_be16(ip + 6) & 0x1fff)) /* a later fragment has no ports */
		swap_ports(ip + header, size - header, ip[9], is_inner);
}

static void swap_frame(uint8_t *frame, unsigned size, bool is_inner)
{
	unsigned at = 12;
	uint16_t type;

	if (size < ETH_SIZE)
		return;
	swap(frame, frame + 6, 6);
	type = load_be16(frame + at);
	while ((type == 0x8100 || type == 0x88a8) && size >= at + 6) {
		at += VLAN_SIZE;
		type = load_be16(frame + at);
	}
	at += 2;
	if (type == 0x0800 && size >= at + IPV4_SIZE)
		swap_ipv4(frame + at, size - at, is_inner);
	if (type == 0x86dd && size >= at + IPV6_SIZE) {
		swap(frame + at + 8, frame + at + 24, 16);
		swap_ports(frame + at + IPV6_SIZE, size - at - IPV6_SIZE, frame[at + 6], is_inner);
	}
}

void frame_swap(uint8_t *frame, unsigned size)
{
	swap_frame(frame, size, false);
}
