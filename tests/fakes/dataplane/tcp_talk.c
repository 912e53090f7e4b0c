/* Packets with text in them (tcp_talk.h). */

#include "tests/fakes/dataplane/tcp_talk.h"

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packet_check.h"

#define MAX_FRAME 9000

static void store_sum(uint8_t *field, uint64_t sum)
{
	uint16_t folded = ~checksum_fold(sum);

	memcpy(field, &folded, 2);
}

static size_t put_l4(const struct talk *t, uint8_t *l4)
{
	size_t size = t->tuple.proto == IPPROTO_UDP ? 8 : 20,
	       n_text = t->text ? strlen(t->text) : 0;

	memcpy(l4, &t->tuple.src_port, 2);
	memcpy(l4 + 2, &t->tuple.dst_port, 2);
	if (t->tuple.proto == IPPROTO_UDP) {
		store_be16(l4 + 4, 8 + n_text);
	} else {
		store_be32(l4 + 4, t->seq);
		store_be32(l4 + 8, t->ack);
		l4[13] = t->flags;
		store_be16(l4 + 14, 0x2000);
		if (t->sack[1]) {
			static const uint8_t option[] = { 1, 5, 10 };

			/* one NOP and a block, so that the edges lie at odd places; then an end */
			memcpy(l4 + 20, option, 3);
			store_be32(l4 + 23, t->sack[0]);
			store_be32(l4 + 27, t->sack[1]);
			size += 12;
		}
		l4[12] = size / 4 << 4;
	}
	if (n_text)
		memcpy(l4 + size, t->text, n_text);
	return size + n_text;
}

static size_t put_packet(const struct talk *t, uint8_t *frame)
{
	bool is_v6 = t->tuple.family == 6;
	uint8_t *ip = frame + 14, *l4 = ip + (is_v6 ? 40 : 20);
	uint8_t tail[4] = { 0, 0, 0, t->tuple.proto };
	unsigned n = is_v6 ? 16 : 4, at = is_v6 ? 8 : 12;
	size_t size = put_l4(t, l4);

	store_be16(frame + 12, is_v6 ? 0x86dd : 0x0800);
	memcpy(ip + at, &t->tuple.src, n);
	memcpy(ip + at + n, &t->tuple.dst, n);
	ip[0] = is_v6 ? 0x60 : 0x45;
	ip[is_v6 ? 7 : 8] = 64;
	ip[is_v6 ? 6 : 9] = t->tuple.proto;
	store_be16(ip + (is_v6 ? 4 : 2), is_v6 ? size : size + 20);
	if (!is_v6)
		store_sum(ip + 10, checksum_sum(ip, 20));
	store_be16(tail, size);
	store_sum(l4 + (t->tuple.proto == IPPROTO_UDP ? 6 : 16),
		  checksum_sum(l4, size) + checksum_sum(ip + at, 2 * n) + checksum_sum(tail, 4));
	return l4 - frame + size + t->padding;
}

struct talk_packet talk_packet(const struct talk *t)
{
	uint8_t frame[MAX_FRAME] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	struct talk_packet p = { 0 };
	size_t size = put_packet(t, frame), first = t->first ? MIN_OF(t->first, size) : size;

	p.m = heap_packet_create(frame, first);
	if (first < size) {
		p.m->next = heap_packet_create(frame + first, size - first);
		p.m->pkt_len = size;
		p.m->nb_segs = 2;
	}
	assert(packet_parse(p.m, &p.key, &p.layout) == DROP_NONE);
	return p;
}

void talk_packet_fini(struct talk_packet *p)
{
	heap_packet_destroy(p->m);
}

static size_t gather(const struct talk_packet *p, uint8_t *to)
{
	size_t size = 0;

	for (const struct rte_mbuf *m = p->m; m; m = m->next) {
		memcpy(to + size, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
		size += m->data_len;
	}
	return size;
}

const char *talk_packet_check(const struct talk_packet *p)
{
	uint8_t frame[MAX_FRAME];
	size_t size = gather(p, frame);
	struct rte_mbuf *flat;
	const char *wrong;

	if (size != p->m->pkt_len)
		return "its length is not that of its segments";
	flat = heap_packet_create(frame, size);
	wrong = packet_check(flat, &p->key, &p->layout);
	heap_packet_destroy(flat);
	return wrong;
}

const char *talk_packet_text(const struct talk_packet *p)
{
	static uint8_t frame[MAX_FRAME];
	const uint8_t *l3 = frame + p->layout.l3, *l4 = frame + p->layout.l4;
	bool is_v6 = load_be16(&p->key.eth_type) == 0x86dd;
	size_t at, end;

	gather(p, frame);
	at = p->layout.l4 + (p->key.ip_proto == IPPROTO_UDP ? 8 : (l4[12] >> 4) * 4);
	end = p->layout.l3 + (is_v6 ? 40u + load_be16(l3 + 4) : load_be16(l3 + 2));
	frame[end] = 0;
	return (const char *)frame + at;
}

static uint32_t number_at(const struct talk_packet *p, unsigned at)
{
	return load_be32(rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->layout.l4 + at));
}

uint32_t talk_packet_seq(const struct talk_packet *p)
{
	return number_at(p, 4);
}

uint32_t talk_packet_ack(const struct talk_packet *p)
{
	return number_at(p, 8);
}

uint32_t talk_packet_sack(const struct talk_packet *p, unsigned i)
{
	return number_at(p, 23 + 4 * i);
}
