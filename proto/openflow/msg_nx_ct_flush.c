/* Nicira's message that flushes the tracked connections that fit: of a zone, with a mark or label,
 * with these ends in their first or in the reply direction. */

#include <arpa/inet.h>
#include <openflow/nicira-ext.h>

#include "proto/openflow/msg_priv.h"
#include "proto/openflow/property.h"

#define N_ZEROS	      7
#define ADDRESS_BYTES 16

/* Since Open vSwitch 3.2; the header at hand may be older. */
enum { MARK = 3, MARK_MASK = 4, LABELS = 5, LABELS_MASK = 6 };

static const uint8_t zero[ADDRESS_BYTES];
static const uint8_t ones[ADDRESS_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static bool is_icmp(uint8_t ip_proto)
{
	return ip_proto == IPPROTO_ICMP || ip_proto == IPPROTO_ICMPV6;
}

static bool is_zero(const uint8_t *bytes)
{
	return memcmp(bytes, zero, ADDRESS_BYTES) == 0;
}

bool of_ct_tuple_is_full(const struct of_ct_tuple *t, uint8_t ip_proto)
{
	return !is_zero(t->src) && !is_zero(t->dst) &&
	       (is_icmp(ip_proto) || (t->src_port && t->dst_port));
}

bool of_ct_tuple_is_zero(const struct of_ct_tuple *t, uint8_t ip_proto)
{
	return is_zero(t->src) && is_zero(t->dst) &&
	       (is_icmp(ip_proto) || (!t->src_port && !t->dst_port));
}

static bool is_mapped(const uint8_t *address)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

/* Addresses of one message are of one family. */
static int decode_address(struct cursor *body, uint8_t *address, uint8_t *family,
			  struct of_error *err)
{
	uint8_t new;

	cursor_copy(body, address, ADDRESS_BYTES);
	if (!cursor_ok(body))
		return of_bad_property(err, OFPBPC_BAD_LEN);
	if (is_zero(address))
		return 0;
	new = is_mapped(address) ? 4 : 6;
	if (*family && *family != new)
		return of_bad_property(err, OFPBPC_BAD_VALUE);
	*family = new;
	return 0;
}

/* Numbers may have bytes behind them, as Open vSwitch allows. */
static int decode_member(struct of_property *p, struct of_ct_tuple *t, uint8_t *family,
			 struct of_error *err)
{
	switch (p->type) {
	case NXT_CT_TUPLE_SRC:
		return decode_address(&p->body, t->src, family, err);
	case NXT_CT_TUPLE_DST:
		return decode_address(&p->body, t->dst, family, err);
	case NXT_CT_TUPLE_SRC_PORT:
		t->src_port = cursor_be16(&p->body);
		break;
	case NXT_CT_TUPLE_DST_PORT:
		t->dst_port = cursor_be16(&p->body);
		break;
	case NXT_CT_TUPLE_ICMP_ID:
		t->icmp_id = cursor_be16(&p->body);
		break;
	case NXT_CT_TUPLE_ICMP_TYPE:
		t->icmp_type = cursor_u8(&p->body);
		break;
	case NXT_CT_TUPLE_ICMP_CODE:
		t->icmp_code = cursor_u8(&p->body);
		break;
	default:
		return of_property_unknown(p, err);
	}
	return cursor_ok(&p->body) ? 0 : of_bad_property(err, OFPBPC_BAD_LEN);
}

/* Properties inside a property begin at a multiple of 8 bytes. */
static int decode_tuple(struct cursor *body, struct of_ct_tuple *t, uint8_t *family,
			struct of_error *err)
{
	cursor_take(body, 4);
	if (!cursor_ok(body))
		return of_bad_property(err, OFPBPC_BAD_LEN);
	while (cursor_left(body)) {
		struct of_property p;

		if (of_property_next(body, &p, err) != 0 || decode_member(&p, t, family, err) != 0)
			return -1;
	}
	return 0;
}

static int decode_property(struct of_property *p, struct of_nx_ct_flush *f, struct of_error *err)
{
	switch (p->type) {
	case NXT_CT_ORIG_TUPLE:
		return decode_tuple(&p->body, &f->original, &f->family, err);
	case NXT_CT_REPLY_TUPLE:
		return decode_tuple(&p->body, &f->reply, &f->family, err);
	case NXT_CT_ZONE_ID:
		f->has_zone = true;
		f->zone = cursor_be16(&p->body);
		return cursor_ok(&p->body) ? 0 : of_bad_property(err, OFPBPC_BAD_LEN);
	case MARK:
		f->mark = cursor_be32(&p->body);
		break;
	case MARK_MASK:
		f->mark_mask = cursor_be32(&p->body);
		break;
	case LABELS:
		cursor_copy(&p->body, f->labels, sizeof(f->labels));
		break;
	case LABELS_MASK:
		cursor_copy(&p->body, f->labels_mask, sizeof(f->labels_mask));
		break;
	default:
		return of_property_unknown(p, err);
	}
	return of_property_end(p, err);
}

/* A value without a mask is compared as a whole. */
static int decode_properties(struct cursor *body, struct of_nx_ct_flush *f, struct of_error *err)
{
	uint32_t seen = 0;

	while (cursor_left(body)) {
		struct of_property p;

		if (of_property_next(body, &p, err) != 0 || decode_property(&p, f, err) != 0)
			return -1;
		seen |= 1u << p.type;
	}
	if ((seen & (1u << MARK | 1u << MARK_MASK)) == 1u << MARK)
		f->mark_mask = UINT32_MAX;
	if ((seen & (1u << LABELS | 1u << LABELS_MASK)) == 1u << LABELS)
		memcpy(f->labels_mask, ones, sizeof(f->labels_mask));
	return 0;
}

static int decode_flush(struct cursor *body, struct arena *a, struct of_msg *msg,
			struct of_error *err)
{
	struct of_nx_ct_flush *f = &msg->nx_ct_flush;
	const uint8_t *pad;

	(void)a;
	*f = (struct of_nx_ct_flush){ .ip_proto = cursor_u8(body) };
	pad = cursor_take(body, N_ZEROS);
	if (!cursor_ok(body))
		return of_bad_request(err, OFPBRC_BAD_LEN);
	if (memcmp(pad, zero, N_ZEROS) != 0)
		return of_error_set_nx(err, NXBRC_MUST_BE_ZERO);
	return decode_properties(body, f, err);
}

/* --- encoding --- */

static void encode_bytes(struct buf *out, uint16_t type, const uint8_t *bytes)
{
	size_t start = of_property_start(out, type);

	buf_add(out, bytes, ADDRESS_BYTES);
	of_property_finish(out, start);
}

static void encode_number(struct buf *out, uint16_t type, uint32_t n, size_t size)
{
	size_t start = of_property_start(out, type);
	uint8_t bytes[4];

	store_be32(bytes, n);
	buf_add(out, bytes + sizeof(bytes) - size, size);
	if (size == 2) /* are sent in four bytes */
		buf_zeros(out, 2);
	of_property_finish(out, start);
}

static void encode_nonzero(struct buf *out, uint16_t type, uint32_t n, size_t size)
{
	if (n)
		encode_number(out, type, n, size);
}

/* Open vSwitch sends all that ICMP has, or nothing. */
static void encode_tuple(struct buf *out, uint16_t type, const struct of_ct_tuple *t,
			 uint8_t ip_proto)
{
	size_t start = of_property_start(out, type), empty;

	buf_zeros(out, 4);
	empty = out->size;
	if (!is_zero(t->src))
		encode_bytes(out, NXT_CT_TUPLE_SRC, t->src);
	if (!is_zero(t->dst))
		encode_bytes(out, NXT_CT_TUPLE_DST, t->dst);
	encode_nonzero(out, NXT_CT_TUPLE_SRC_PORT, t->src_port, 2);
	encode_nonzero(out, NXT_CT_TUPLE_DST_PORT, t->dst_port, 2);
	if (is_icmp(ip_proto) || t->icmp_id || t->icmp_type || t->icmp_code) {
		encode_number(out, NXT_CT_TUPLE_ICMP_ID, t->icmp_id, 2);
		encode_number(out, NXT_CT_TUPLE_ICMP_TYPE, t->icmp_type, 1);
		encode_number(out, NXT_CT_TUPLE_ICMP_CODE, t->icmp_code, 1);
	}
	if (out->size == empty)
		out->size = start;
	else
		of_property_finish(out, start);
}

/* A mask of all bits need not be said. */
static void encode_mark_and_labels(struct buf *out, const struct of_nx_ct_flush *f)
{
	if (f->mark_mask)
		encode_number(out, MARK, f->mark, 4);
	if (f->mark_mask && f->mark_mask != UINT32_MAX)
		encode_number(out, MARK_MASK, f->mark_mask, 4);
	if (is_zero(f->labels_mask))
		return;
	encode_bytes(out, LABELS, f->labels);
	if (memcmp(f->labels_mask, ones, sizeof(ones)) != 0)
		encode_bytes(out, LABELS_MASK, f->labels_mask);
}

static void encode_flush(const struct of_msg *msg, struct buf *out)
{
	const struct of_nx_ct_flush *f = &msg->nx_ct_flush;

	buf_be8(out, f->ip_proto);
	buf_zeros(out, N_ZEROS);
	encode_tuple(out, NXT_CT_ORIG_TUPLE, &f->original, f->ip_proto);
	encode_tuple(out, NXT_CT_REPLY_TUPLE, &f->reply, f->ip_proto);
	if (f->has_zone)
		encode_number(out, NXT_CT_ZONE_ID, f->zone, 2);
	encode_mark_and_labels(out, f);
}

/* --- as ovs-ofctl prints it --- */

static void print_address(const char *name, const uint8_t *address, uint8_t family, struct buf *out)
{
	bool is_v4 = is_mapped(address);
	char text[INET6_ADDRSTRLEN];

	inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? address + 12 : address, text, sizeof(text));
	buf_printf(out, "%s_%s=%s", family == 4 ? "ct_nw" : "ct_ipv6", name, text);
}

static void print_tuple(const struct of_ct_tuple *t, const struct of_nx_ct_flush *f,
			struct buf *out)
{
	print_address("src", t->src, f->family, out);
	buf_puts(out, ",");
	print_address("dst", t->dst, f->family, out);
	if (is_icmp(f->ip_proto))
		buf_printf(out, ",icmp_id=%u,icmp_type=%u,icmp_code=%u", t->icmp_id, t->icmp_type,
			   t->icmp_code);
	else
		buf_printf(out, ",ct_tp_src=%u,ct_tp_dst=%u", t->src_port, t->dst_port);
}

static void print_label(const uint8_t *label, struct buf *out)
{
	size_t skip = 0;

	while (skip < ADDRESS_BYTES - 1 && !label[skip])
		skip++;
	buf_printf(out, "0x%x", label[skip]);
	of_print_hex(label + skip + 1, ADDRESS_BYTES - skip - 1, out);
}

static void print_mark_and_labels(const struct of_nx_ct_flush *f, struct buf *out)
{
	if (f->mark_mask)
		buf_printf(out, "mark=%#x", f->mark);
	if (f->mark_mask && f->mark_mask != UINT32_MAX)
		buf_printf(out, "/%#x", f->mark_mask);
	if (f->mark_mask)
		buf_puts(out, " ");
	if (is_zero(f->labels_mask))
		return;
	buf_puts(out, "labels=");
	print_label(f->labels, out);
	if (memcmp(f->labels_mask, ones, sizeof(ones)) != 0) {
		buf_puts(out, "/");
		print_label(f->labels_mask, out);
	}
	buf_puts(out, " ");
}

static void print_flush(const struct of_msg *msg, struct buf *out)
{
	const struct of_nx_ct_flush *f = &msg->nx_ct_flush;

	buf_printf(out, "zone=%u ", f->zone);
	print_mark_and_labels(f, out);
	buf_puts(out, "'");
	print_tuple(&f->original, f, out);
	buf_printf(out, ",ct_nw_proto=%u' '", f->ip_proto);
	print_tuple(&f->reply, f, out);
	buf_puts(out, "'");
}

const struct of_codec of_codec_NX_CT_FLUSH = {
	.decode = decode_flush,
	.encode = encode_flush,
	.print = print_flush,
};
