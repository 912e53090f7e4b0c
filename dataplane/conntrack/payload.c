/* Payloads (payload.h). */

#include "dataplane/conntrack/payload.h"

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/l4_sum.h"

#define MAX_MOVED 2048 /* bytes from the text to the end of the packet */
#define TEXT_ROOM 72   /* of text, and a byte for alignment */

static bool is_v6(const struct flow_key *key)
{
	return load_be16(&key->eth_type) == 0x86dd;
}

/* Where the packet ends by its IP header. */
static uint32_t ip_end(const struct rte_mbuf *m, const struct flow_key *key,
		       const struct packet_layout *layout)
{
	const uint8_t *l3 = rte_pktmbuf_mtod_offset(m, const uint8_t *, layout->l3);

	return layout->l3 + (is_v6(key) ? 40u + load_be16(l3 + 4) : load_be16(l3 + 2));
}

bool payload_of(const struct rte_mbuf *m, const struct flow_key *key,
		const struct packet_layout *layout, struct payload *out)
{
	const uint8_t *l4 = rte_pktmbuf_mtod_offset(m, const uint8_t *, layout->l4);
	uint32_t end = ip_end(m, key, layout);

	out->at = layout->l4 + (key->ip_proto == IPPROTO_TCP ? (l4[12] >> 4) * 4 : 8);
	if (out->at > end || end > m->pkt_len)
		return false;
	out->size = end - out->at;
	return true;
}

void payload_copy(const struct rte_mbuf *m, uint32_t at, void *to, uint32_t size)
{
	uint8_t *p = to;

	for (; m && size; m = m->next) {
		uint32_t n;

		if (at >= m->data_len) {
			at -= m->data_len;
			continue;
		}
		n = MIN_OF(m->data_len - at, size);
		memcpy(p, rte_pktmbuf_mtod_offset(m, const uint8_t *, at), n);
		p += n;
		size -= n;
		at = 0;
	}
}

static void write_bytes(struct rte_mbuf *m, uint32_t at, const void *from, uint32_t size)
{
	const uint8_t *p = from;

	for (; m && size; m = m->next) {
		uint32_t n;

		if (at >= m->data_len) {
			at -= m->data_len;
			continue;
		}
		n = MIN_OF(m->data_len - at, size);
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, at), p, n);
		p += n;
		size -= n;
		at = 0;
	}
}

static bool is_writable(const struct rte_mbuf *m)
{
	for (; m; m = m->next) {
		if (RTE_MBUF_CLONED(m) || rte_mbuf_refcnt_read(m) != 1)
			return false;
		if (RTE_MBUF_HAS_EXTBUF(m) && rte_mbuf_ext_refcnt_read(m->shinfo) != 1)
			return false;
	}
	return true;
}

/* Cut N bytes off the end, all of them from the last segment. */
static bool shrink(struct rte_mbuf *m, uint32_t n)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);

	if (n >= last->data_len)
		return n == 0;
	last->data_len -= n;
	m->pkt_len -= n;
	return true;
}

/* N more bytes: behind the last segment, or in front of the first one, whose first AT bytes then
 * move there. */
static bool grow(struct rte_mbuf *m, uint32_t at, uint32_t n)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);

	if (rte_pktmbuf_tailroom(last) >= n) {
		last->data_len += n;
	} else if (at <= m->data_len && rte_pktmbuf_headroom(m) >= n) {
		uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

		memmove(data - n, data, at);
		m->data_off -= n;
		m->data_len += n;
	} else {
		return false;
	}
	m->pkt_len += n;
	return true;
}

/* The length in the IP header, and the sums that cover it; BYTES is the change of the sum of what
 * the L4 header and its payload hold. */
static void fix_headers(struct rte_mbuf *m, const struct flow_key *key,
			const struct packet_layout *layout, int32_t growth, uint64_t bytes)
{
	uint8_t *l3 = rte_pktmbuf_mtod_offset(m, uint8_t *, layout->l3);
	uint8_t *field = l3 + (is_v6(key) ? 4 : 2), size[2];
	uint64_t delta;

	store_be16(size, load_be16(field) + growth);
	/* The pseudo header's length grows as much, but is another number. */
	delta = checksum_delta(field, size, 2);
	memcpy(field, size, 2);
	if (!is_v6(key))
		checksum_fix(l3 + 10, delta);
	packet_fix_l4_sum(m, key->ip_proto, l3 + (layout->l4 - layout->l3), delta, bytes);
}

bool payload_replace(struct rte_mbuf *m, const struct flow_key *key,
		     const struct packet_layout *layout, const struct payload *p, uint32_t at,
		     uint32_t old_size, const void *text, uint32_t size)
{
	uint32_t end = p->at + p->size, tail = end - at - old_size;
	uint32_t odd = (at - layout->l4) & 1; /* sums count words from the L4 header on */
	int32_t growth = (int32_t)size - (int32_t)old_size;
	uint8_t bytes[MAX_MOVED + TEXT_ROOM];
	uint64_t before;

	if (end - at > MAX_MOVED || size > TEXT_ROOM - 1 ||
	    end - layout->l3 + growth > UINT16_MAX || !is_writable(m))
		return false;
	bytes[0] = 0;
	payload_copy(m, at, bytes + odd, end - at);
	before = checksum_fold(checksum_sum(bytes, odd + end - at));
	if (m->pkt_len != end && !shrink(m, m->pkt_len - end))
		return false;
	if (growth < 0 ? !shrink(m, -growth) : !grow(m, at, growth))
		return false;
	memmove(bytes + odd + size, bytes + odd + old_size, tail);
	memcpy(bytes + odd, text, size);
	write_bytes(m, at, bytes + odd, size + tail);
	fix_headers(m, key, layout, growth,
		    checksum_sum(bytes, odd + size + tail) + UINT16_MAX - before);
	return true;
}
