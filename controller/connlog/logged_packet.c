#include "controller/connlog/logged_packet.h"

#include "lib/cursor.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, ICMPV6 = 58, SCTP = 132 };
enum { HOP_BY_HOP = 0, DESTINATION = 60 };
enum { MAX_VLANS = 4, MAX_EXTENSIONS = 8 };

static void ports(struct cursor *c, struct logged_packet *p)
{
	p->src_port = cursor_be16(c);
	p->dst_port = cursor_be16(c);
}

/* What is cut off stays zero. */
static void upper_layer(struct cursor *c, struct logged_packet *p)
{
	struct logged_packet told = *p;

	switch (p->protocol) {
	case TCP:
		ports(c, &told);
		cursor_take(c, 9);
		told.tcp_flags = cursor_u8(c);
		break;
	case UDP:
	case SCTP:
		ports(c, &told);
		break;
	case ICMP:
	case ICMPV6:
		told.icmp_type = cursor_u8(c);
		told.icmp_code = cursor_u8(c);
		break;
	}
	if (cursor_ok(c))
		*p = told;
}

static int ipv4(struct cursor *c, struct logged_packet *p)
{
	unsigned header = (cursor_u8(c) & 0xf) * 4;
	unsigned fragment;
	const uint8_t *at;

	cursor_take(c, 5);
	fragment = cursor_be16(c) & 0x1fff;
	cursor_take(c, 1);
	p->version = 4;
	p->protocol = cursor_u8(c);
	cursor_take(c, 2);
	at = cursor_take(c, 8);
	if (!at || header < 20)
		return -1;
	memcpy(p->src, at, 4);
	memcpy(p->dst, at + 4, 4);
	cursor_take(c, header - 20);
	if (!fragment && cursor_ok(c))
		upper_layer(c, p);
	return 0;
}

/* False: what follows is not the upper layer's header. */
static bool skip_extensions(struct cursor *c, struct logged_packet *p)
{
	for (unsigned i = 0; i < MAX_EXTENSIONS && cursor_ok(c); i++) {
		uint8_t is = p->protocol, next, size;

		if (is != HOP_BY_HOP && is != DESTINATION && is != ROUTING && is != FRAGMENT)
			return true;
		next = cursor_u8(c);
		size = cursor_u8(c);
		p->protocol = next;
		if (is == FRAGMENT && cursor_be16(c) & 0xfff8)
			return false;
		cursor_take(c, is == FRAGMENT ? 4 : size * 8 + 6);
	}
	return false;
}

static int ipv6(struct cursor *c, struct logged_packet *p)
{
	const uint8_t *at;

	cursor_take(c, 6);
	p->version = 6;
	p->protocol = cursor_u8(c);
	cursor_take(c, 1);
	at = cursor_take(c, 32);
	if (!at)
		return -1;
	memcpy(p->src, at, 16);
	memcpy(p->dst, at + 16, 16);
	if (skip_extensions(c, p))
		upper_layer(c, p);
	return 0;
}

int logged_packet_parse(const uint8_t *data, size_t size, struct logged_packet *out)
{
	struct cursor c = cursor_of(data, size);
	uint16_t type;

	memset(out, 0, sizeof(*out));
	cursor_take(&c, 12);
	type = cursor_be16(&c);
	for (unsigned i = 0; i < MAX_VLANS && (type == 0x8100 || type == 0x88a8); i++) {
		cursor_take(&c, 2);
		type = cursor_be16(&c);
	}
	if (!cursor_ok(&c))
		return -1;
	return type == 0x0800 ? ipv4(&c, out) : type == 0x86dd ? ipv6(&c, out) : -1;
}
