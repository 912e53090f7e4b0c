/* Reading IP headers once more, where the flow key does not tell enough (ip_header.h). */

#include "dataplane/conntrack/ip_header.h"

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/proto.h"
#include "dataplane/packet/ipv6_ext.h"
#include "lib/cursor.h"

#define MAX_EXTENSIONS 8 /* as the parser follows them */

static bool read_ipv4(struct cursor *c, struct ip_header *out)
{
	const uint8_t *h = cursor_take(c, 20);
	uint32_t size, total, frag;

	if (!h)
		return false;
	size = (h[0] & 0xf) * 4;
	total = load_be16(h + 2);
	frag = load_be16(h + 6);
	if (size < 20 || total < size || !cursor_take(c, size - 20))
		return false;
	out->src = h + 12;
	out->dst = h + 16;
	out->family = 4;
	out->proto = h[9];
	out->l4 = size;
	out->l4_size = total - size;
	out->is_fragment = frag & 0x3fff;
	out->is_last = !(frag & 0x2000);
	out->frag_at = (frag & 0x1fff) * 8;
	out->frag_size = out->l4_size;
	memcpy(&out->id, h + 4, 2);
	return true;
}

/* The fragment header H, with SIZE bytes behind it.  False: they cannot be read as a header. */
static bool read_fragment_header(const uint8_t *h, uint32_t size, struct ip_header *out)
{
	uint16_t frag = load_be16(h + 2);

	if (!(frag & 0xfff9)) /* RFC 6946: an atomic fragment is none */
		return true;
	out->is_fragment = true;
	out->is_last = !(frag & 1);
	out->frag_at = frag & 0xfff8;
	out->frag_size = size;
	memcpy(&out->id, h + 4, 4);
	return out->frag_at == 0;
}

static bool read_ipv6(struct cursor *c, struct ip_header *out)
{
	static const uint8_t none[8];
	const uint8_t *h = cursor_take(c, 40);
	uint32_t left, size;

	if (!h)
		return false;
	left = load_be16(h + 4);
	out->src = h + 8;
	out->dst = h + 24;
	out->family = 6;
	out->proto = h[6];
	out->l4 = 40;
	for (unsigned n = 0; ipv6_ext_size(out->proto, none); n++) {
		const uint8_t *ext = n < MAX_EXTENSIONS ? cursor_take(c, 8) : NULL;
		bool is_later;

		if (!ext)
			return false;
		size = ipv6_ext_size(out->proto, ext);
		if (size < 8 || size > left || !cursor_take(c, size - 8))
			return false;
		left -= size;
		out->l4 += size;
		is_later = out->proto == IPPROTO_FRAGMENT && !read_fragment_header(ext, left, out);
		out->proto = is_later ? 0 : ext[0];
		if (is_later)
			break;
	}
	out->l4_size = left;
	return true;
}

bool ip_header_read(const uint8_t *at, size_t size, struct ip_header *out)
{
	struct cursor c = cursor_of(at, size);

	*out = (struct ip_header){ 0 };
	if (size == 0)
		return false;
	if (at[0] >> 4 == 4)
		return read_ipv4(&c, out);
	return at[0] >> 4 == 6 && read_ipv6(&c, out);
}

bool ip_header_of(const struct ct_packet *p, struct ip_header *out)
{
	unsigned at = p->layout->l3;

	return at < p->m->data_len &&
	       ip_header_read(rte_pktmbuf_mtod_offset(p->m, const uint8_t *, at),
			      p->m->data_len - at, out);
}
