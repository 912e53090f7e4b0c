/* Frames of two hosts (ct_frames.h). */

#include "tests/fakes/dataplane/ct_frames.h"

#include <netinet/in.h>
#include "dataplane/packet/heap_packet.h"

#define MAX_FRAME 4096

static size_t put_ipv4(uint8_t *at, bool is_reply, uint8_t proto, uint32_t id, uint16_t frag,
		       size_t size)
{
	static const uint8_t hosts[2][4] = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } };

	at[0] = 0x45;
	store_be16(at + 2, (uint16_t)(20 + size));
	store_be16(at + 4, (uint16_t)id);
	store_be16(at + 6, frag);
	at[8] = 64;
	at[9] = proto;
	memcpy(at + 12, hosts[is_reply], 4);
	memcpy(at + 16, hosts[!is_reply], 4);
	return 20;
}

static size_t put_ipv6(uint8_t *at, bool is_reply, uint8_t proto, uint32_t id, uint16_t frag,
		       size_t size)
{
	size_t n_ext = frag ? 8 : 0;

	at[0] = 0x60;
	store_be16(at + 4, (uint16_t)(size + n_ext));
	at[6] = frag ? IPPROTO_FRAGMENT : proto;
	at[7] = 64;
	at[8] = at[24] = 0xfd;
	at[23] = is_reply ? 2 : 1;
	at[39] = is_reply ? 1 : 2;
	if (frag) {
		at[40] = proto;
		store_be16(at + 42, (uint16_t)((frag & 0x1fff) << 3 | frag >> 13));
		store_be32(at + 44, id);
	}
	return 40 + n_ext;
}

void ct_frame_ip(struct ct_frame *f, bool is_v6, bool is_reply, uint8_t proto, uint32_t id,
		 uint16_t frag, const void *payload, size_t size)
{
	uint8_t frame[MAX_FRAME] = { 0 };
	size_t n = 14;

	store_be16(frame + 12, is_v6 ? 0x86dd : 0x0800);
	n += is_v6 ? put_ipv6(frame + n, is_reply, proto, id, frag, size)
		   : put_ipv4(frame + n, is_reply, proto, id, frag, size);
	assert(n + size <= sizeof(frame));
	memcpy(frame + n, payload, size);
	*f = (struct ct_frame){ .m = heap_packet_create(frame, n + size) };
	f->drop = packet_parse(f->m, &f->key, &f->layout);
}

void ct_frame_fini(struct ct_frame *f)
{
	heap_packet_destroy(f->m);
	f->m = NULL;
}

struct ct_packet ct_frame_packet(const struct ct_frame *f)
{
	return (struct ct_packet){ f->m, &f->key, &f->layout };
}

void ct_frame_tcp(struct ct_frame *f, const struct ct_segment *s)
{
	uint8_t bytes[2048] = { 0 };
	unsigned header = 20 + s->n_options;

	assert(header + s->n_data <= sizeof(bytes) && s->n_options % 4 == 0);
	store_be16(bytes, s->is_reply ? 80 : 1000);
	store_be16(bytes + 2, s->is_reply ? 1000 : 80);
	store_be32(bytes + 4, s->seq);
	store_be32(bytes + 8, s->ack);
	bytes[12] = (uint8_t)((s->offset ? s->offset : header / 4) << 4);
	bytes[13] = s->flags;
	store_be16(bytes + 14, s->win);
	memcpy(bytes + 20, s->options, s->n_options);
	ct_frame_ip(f, s->is_v6, s->is_reply, IPPROTO_TCP, 0, 0, bytes, header + s->n_data);
}
