/* Attacks on the parser: frames of extreme or broken headers (hostile.h). */

#include "tests/bench/hostile.h"

#include "dataplane/packet/parse.h"

static const uint8_t macs[12] = { 0x0a, 0, 0, 0, 0, 2, 0x0a, 0, 0, 0, 0, 1 };

/* Rules that look at everything there is to be parsed. */
static void rules(struct hostile *h)
{
	hostile_rule(h, "priority=100,udp,tp_dst=80,actions=output:2");
	for (unsigned i = 0; i < 100; i++) {
		hostile_rule(h, "priority=90,tcp,nw_src=10.1.0.%u,tp_dst=%u,actions=output:2", i,
			     i);
		hostile_rule(h, "priority=80,tcp6,ipv6_src=fd00::%x,tp_dst=%u,actions=output:2", i,
			     i);
	}
	hostile_rule(h, "priority=70,icmp6,icmp_type=135,icmp_code=0,nd_target=fd00::1,"
			"nd_sll=0a:00:00:00:00:01,actions=output:2");
	hostile_rule(h, "priority=60,arp,arp_op=1,actions=output:2");
	hostile_rule(h, "priority=50,dl_vlan=5,actions=output:2");
	hostile_rule(h, "priority=50,mpls,mpls_label=5,actions=output:2");
	hostile_rule(h, "priority=1,actions=output:2");
	for (unsigned i = 0; i < 1000; i++) {
		struct udp_flow f = { 1,
				      2,
				      0x0a000000 | hostile_draw(h, 1 << 24),
				      0x14000000 | hostile_draw(h, 1 << 24),
				      1024 + hostile_draw(h, 60000),
				      80 };

		stream_add_udp(&h->victim, &f);
		stream_add_udp(&h->benign, &f);
	}
}

/* --- parts of frames --- */

static void add_ethernet(struct buf *b, uint16_t type)
{
	buf_add(b, macs, sizeof(macs));
	buf_be16(b, type);
}

/* With N_OPTIONS words of options, and a payload of SIZE bytes. */
static void add_ipv4(struct buf *b, unsigned n_options, uint16_t frag, uint8_t proto, size_t size)
{
	buf_be8(b, 0x45 + n_options);
	buf_be8(b, 0);
	buf_be16(b, 20 + 4 * n_options + size);
	buf_be16(b, 1);
	buf_be16(b, frag);
	buf_be8(b, 64);
	buf_be8(b, proto);
	buf_be16(b, 0);
	buf_be32(b, 0x0a000001);
	buf_be32(b, 0x14000001);
	memset(buf_grow(b, 4 * n_options), 1, 4 * n_options);
}

static void add_ipv6(struct buf *b, uint8_t next, size_t size)
{
	buf_be32(b, 0x60000000);
	buf_be16(b, size);
	buf_be8(b, next);
	buf_be8(b, 64);
	for (unsigned i = 0; i < 2; i++) {
		buf_be64(b, 0xfd00000000000000ull);
		buf_be64(b, 1 + i);
	}
}

static void add_udp(struct buf *b)
{
	buf_be16(b, 1024);
	buf_be16(b, 81);
	buf_be16(b, 8);
	buf_be16(b, 0);
}

static void take(struct stream *s, struct buf *b)
{
	stream_add(s, b->data, b->size);
	buf_fini(b);
}

/* --- headers without end --- */

/* N destination options of 8 * (1 + MORE) bytes. */
static void add_extensions(struct hostile *h, unsigned n, unsigned more)
{
	size_t size = n * 8 * (1 + more) + 8;
	struct buf b = BUF_INIT;

	add_ethernet(&b, 0x86dd);
	add_ipv6(&b, 60, size);
	for (unsigned i = 0; i < n; i++) {
		buf_be8(&b, i + 1 < n ? 60 : 17);
		buf_be8(&b, more);
		buf_zeros(&b, 6 + 8 * more);
	}
	add_udp(&b);
	take(&h->attack, &b);
}

static void extensions_8(struct hostile *h)
{
	rules(h);
	add_extensions(h, 8, 0);
}

static void extensions_many(struct hostile *h)
{
	rules(h);
	for (unsigned n = 9; n < 180; n += 17)
		add_extensions(h, n, 0);
}

static void extensions_long(struct hostile *h)
{
	rules(h);
	add_extensions(h, 4, 255);
	add_extensions(h, 1, 255);
}

static void tags(struct hostile *h)
{
	rules(h);
	for (unsigned n = 4; n < 340; n += 42) {
		struct buf b = BUF_INIT;

		add_ethernet(&b, 0x8100);
		for (unsigned i = 0; i < n; i++) {
			buf_be16(&b, 1 + i);
			buf_be16(&b, i + 1 < n ? 0x8100 : 0x0800);
		}
		add_ipv4(&b, 0, 0, 17, 8);
		add_udp(&b);
		take(&h->attack, &b);
	}
}

static void labels(struct hostile *h)
{
	rules(h);
	for (unsigned n = 16; n < 340; n += 42) {
		struct buf b = BUF_INIT;

		add_ethernet(&b, 0x8847);
		for (unsigned i = 0; i < n; i++)
			buf_be32(&b, 0x11000 + i * 4096 + 64);
		take(&h->attack, &b);
	}
}

static void ip_options(struct hostile *h)
{
	rules(h);
	for (unsigned n = 1; n <= 10; n++) {
		struct buf b = BUF_INIT;

		add_ethernet(&b, 0x0800);
		add_ipv4(&b, n, 0, 17, 8);
		add_udp(&b);
		take(&h->attack, &b);
	}
}

/* N options of 8 bytes that tell nothing. */
static void add_solicitation(struct hostile *h, unsigned n)
{
	struct buf b = BUF_INIT;

	add_ethernet(&b, 0x86dd);
	add_ipv6(&b, 58, 24 + 8 * n);
	buf_be32(&b, 135u << 24);
	buf_be32(&b, 0);
	buf_be64(&b, 0xfd00000000000000ull);
	buf_be64(&b, 1);
	for (unsigned i = 0; i < n; i++) {
		buf_be8(&b, 14);
		buf_be8(&b, 1);
		buf_zeros(&b, 6);
	}
	take(&h->attack, &b);
}

static void nd_options(struct hostile *h)
{
	rules(h);
	add_solicitation(h, 180);
}

static void nd_options_jumbo(struct hostile *h)
{
	rules(h);
	add_solicitation(h, 1100);
}

static void fragments(struct hostile *h)
{
	static const uint16_t frags[] = { 0x2000, 0x0001, 0x2001, 0x1fff, 0x2000, 0x0002 };

	rules(h);
	for (unsigned i = 0; i < ARRAY_LENGTH(frags); i++) {
		struct buf b = BUF_INIT;

		add_ethernet(&b, 0x0800);
		add_ipv4(&b, 0, frags[i], 17, 24);
		add_udp(&b);
		buf_zeros(&b, 16);
		take(&h->attack, &b);
		add_ethernet(&b, 0x86dd);
		add_ipv6(&b, 44, 24);
		buf_be8(&b, 17);
		buf_be8(&b, 0);
		buf_be16(&b, (frags[i] & 0x1fff) << 3 | frags[i] >> 13);
		buf_be32(&b, 7);
		add_udp(&b);
		buf_zeros(&b, 8);
		take(&h->attack, &b);
	}
}

/* --- sizes, and what is broken --- */

static void tiny(struct hostile *h)
{
	rules(h);
	for (unsigned n = 1; n < 42; n++) {
		struct buf b = BUF_INIT;

		add_ethernet(&b, 0x0800);
		add_ipv4(&b, 0, 0, 17, 8);
		add_udp(&b);
		b.size = n;
		take(&h->attack, &b);
	}
}

static void giant(struct hostile *h)
{
	struct buf b = BUF_INIT;

	rules(h);
	add_ethernet(&b, 0x0800);
	add_ipv4(&b, 0, 0, 17, HOSTILE_MAX_FRAME - 34);
	add_udp(&b);
	buf_zeros(&b, HOSTILE_MAX_FRAME - b.size);
	take(&h->attack, &b);
}

/* One byte of a good frame is another, or its end is missing. */
static void add_broken(struct hostile *h, const struct buf *good)
{
	static const uint8_t values[] = { 0, 1, 0x0f, 0x44, 0x4f, 0x65, 0xff };

	for (size_t at = 14; at < good->size; at++) {
		struct buf b = BUF_INIT;

		buf_add(&b, good->data, at);
		take(&h->attack, &b);
		for (unsigned v = 0; v < ARRAY_LENGTH(values); v++) {
			buf_add(&b, good->data, good->size);
			b.data[at] = values[v];
			take(&h->attack, &b);
		}
	}
}

/* Those of them that are no good packets. */
static void broken(struct hostile *h)
{
	static const uint8_t protos[] = { 1, 6, 17, 132 };

	rules(h);
	for (unsigned i = 0; i < ARRAY_LENGTH(protos); i++) {
		struct buf b = BUF_INIT;

		add_ethernet(&b, 0x0800);
		add_ipv4(&b, 0, 0, protos[i], 20);
		buf_zeros(&b, 20);
		add_broken(h, &b);
		buf_clear(&b);
		add_ethernet(&b, 0x86dd);
		add_ipv6(&b, protos[i] == 1 ? 58 : protos[i], 20);
		buf_zeros(&b, 20);
		add_broken(h, &b);
		buf_fini(&b);
	}
}

const struct attack frame_attacks[] = {
	{ "frames: 8 IPv6 extension headers", extensions_8 },
	{ "frames: 9 to 179 of them", extensions_many },
	{ "frames: extension headers of 2 KiB", extensions_long },
	{ "frames: 4 to 340 VLAN tags", tags },
	{ "frames: 16 to 340 MPLS labels", labels },
	{ "frames: IPv4 options", ip_options },
	{ "frames: 180 options of neighbour discovery", nd_options },
	{ "frames: 1,100 of them", nd_options_jumbo },
	{ "frames: fragments", fragments },
	{ "frames: 1 to 41 bytes", tiny },
	{ "frames: 9,000 bytes", giant },
	{ "frames: broken ones", broken, true },
};
const unsigned n_frame_attacks = ARRAY_LENGTH(frame_attacks);
