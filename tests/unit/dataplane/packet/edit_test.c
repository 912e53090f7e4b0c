/* Editing: whatever is changed, parsing again gives the same key, and checksums computed in
 * full are right. */

#include "dataplane/packet/edit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/compose.h"
#include "dataplane/packet/heap_packet.h"
#include "tests/fakes/dataplane/packets.h"

struct subject {
	struct rte_mbuf *m;
	struct flow_key key;
	struct packet_layout layout;
};

static void subject_init(struct subject *s, struct rng *rng)
{
	struct buf out = BUF_INIT;
	struct flow_key key;

	random_packet_key(rng, &key);
	packet_compose(&key, rng_below(rng, 40), &out);
	s->m = heap_packet_create(out.data, out.size);
	buf_fini(&out);
	memset(&s->key, 0, sizeof(s->key));
	assert_int_equal(packet_parse(s->m, &s->key, &s->layout), DROP_NONE);
}

/* What the pseudo header sums to; L4 of SIZE bytes. */
static uint64_t pseudo_sum(const struct subject *s, const uint8_t *l3, size_t size)
{
	bool is_v4 = load_be16(&s->key.eth_type) == 0x0800;
	uint8_t tail[8] = { 0 };

	store_be32(tail, size);
	tail[7] = s->key.ip_proto;
	return checksum_sum(is_v4 ? l3 + 12 : l3 + 8, is_v4 ? 8 : 32) + checksum_sum(tail, 8);
}

static size_t l4_size(const struct subject *s, const uint8_t *l3)
{
	bool is_v4 = load_be16(&s->key.eth_type) == 0x0800;
	size_t end = is_v4 ? load_be16(l3 + 2) : 40u + load_be16(l3 + 4);

	return end - (s->layout.l4 - s->layout.l3);
}

static void check_l4(const struct subject *s, const uint8_t *data)
{
	const uint8_t *l3 = data + s->layout.l3, *l4 = data + s->layout.l4;
	size_t size = l4_size(s, l3);
	uint64_t sum = checksum_sum(l4, size);
	uint8_t copy[256];
	uint32_t crc;

	switch (s->key.ip_proto) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
	case IPPROTO_ICMPV6:
		assert_int_equal(checksum_fold(sum + pseudo_sum(s, l3, size)), 0xffff);
		break;
	case IPPROTO_ICMP:
		assert_int_equal(checksum_fold(sum), 0xffff);
		break;
	case IPPROTO_SCTP:
		memcpy(copy, l4, size);
		memset(copy + 8, 0, 4);
		crc = crc32c(0, copy, size);
		assert_memory_equal(l4 + 8, &crc, 4);
		break;
	}
}

static void check(const struct subject *s)
{
	const uint8_t *data = rte_pktmbuf_mtod(s->m, const uint8_t *);
	struct flow_key key = s->key;
	struct packet_layout layout;

	assert_int_equal(packet_parse(s->m, &key, &layout), DROP_NONE);
	assert_memory_equal(&key, &s->key, sizeof(key));
	assert_memory_equal(&layout, &s->layout, sizeof(layout));
	if (load_be16(&key.eth_type) == 0x0800)
		assert_int_equal(checksum_fold(checksum_sum(data + layout.l3, 20)), 0xffff);
	if (layout.l4 && load_be16(&key.eth_type) != 0x0806)
		check_l4(s, data);
}

static void random_value(struct rng *rng, const struct of_field *f, uint8_t *value)
{
	for (unsigned i = 0; i < OF_FIELD_MAX_BYTES; i++)
		value[i] = rng_u64(rng) & of_field_ones[f->id][i];
	if (f->id == OF_FIELD_VLAN_VID)
		value[0] |= KEY_VLAN_PRESENT >> 8;
	if (f->id == OF_FIELD_VLAN_TCI && !(value[0] & KEY_VLAN_PRESENT >> 8))
		memset(value, 0, 2); /* no tag has no bits */
}

static void every_field_of_random_packets(void **state)
{
	unsigned n_set[OF_N_FIELDS] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (unsigned n = 0; n < 30000; n++) {
		struct subject s;

		subject_init(&s, &rng);
		for (unsigned k = 0; k < 4; k++) {
			const struct of_field *f = of_field(rng_below(&rng, OF_N_FIELDS));
			uint8_t value[OF_FIELD_MAX_BYTES], got[OF_FIELD_MAX_BYTES];
			bool is_there;

			if (!f->is_settable)
				continue;
			random_value(&rng, f, value);
			is_there = packet_has_field(&s.key, &s.layout, f->id);
			packet_set_field(s.m, &s.key, &s.layout, f->id, value, NULL);
			check(&s);
			n_set[f->id] += is_there;
			/* Setting what decides other fields may take the field away itself. */
			if (!is_there || !packet_has_field(&s.key, &s.layout, f->id) ||
			    f->id == OF_FIELD_ARP_OP)
				continue;
			key_field_get(&s.key, f->id, got);
			if (f->id == OF_FIELD_IP_TOS)
				got[0] = (got[0] & 0xfc) | (value[0] & 3);
			if (f->id != OF_FIELD_ND_OPTIONS_TYPE)
				assert_memory_equal(got, value, f->n_bytes);
		}
		heap_packet_destroy(s.m);
	}
	for (unsigned id = 0; id < OF_N_FIELDS; id++)
		if (of_field(id)->is_settable && key_place(id)->size && !n_set[id])
			fail_msg("%s was never set", of_field(id)->name);
}

static void masked_bits_alone_change(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (unsigned n = 0; n < 10000; n++) {
		static const enum of_field_id ids[] = { OF_FIELD_IPV4_DST, OF_FIELD_ETH_SRC,
							OF_FIELD_TCP_DST, OF_FIELD_IPV6_SRC };
		enum of_field_id id = ids[rng_below(&rng, ARRAY_LENGTH(ids))];
		uint8_t value[16], mask[16], old[16], got[16];
		struct subject s;

		subject_init(&s, &rng);
		for (unsigned i = 0; i < 16; i++)
			value[i] = rng_u64(&rng), mask[i] = rng_u64(&rng);
		if (packet_has_field(&s.key, &s.layout, id)) {
			key_field_get(&s.key, id, old);
			packet_set_field(s.m, &s.key, &s.layout, id, value, mask);
			key_field_get(&s.key, id, got);
			for (unsigned i = 0; i < of_field(id)->n_bytes; i++)
				assert_int_equal(got[i],
						 (old[i] & ~mask[i]) | (value[i] & mask[i]));
			check(&s);
		}
		heap_packet_destroy(s.m);
	}
}

static void vlan_push_and_pop(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (unsigned n = 0; n < 5000; n++) {
		struct flow_key before;
		struct subject s;
		uint16_t tci;

		subject_init(&s, &rng);
		before = s.key;
		tci = load_be16(&before.vlan_tci);
		assert_int_equal(packet_push_vlan(s.m, &s.key, &s.layout,
						  rng_below(&rng, 2) ? 0x8100 : 0x88a8),
				 DROP_NONE);
		assert_int_equal(load_be16(&s.key.vlan_tci), tci | KEY_VLAN_PRESENT);
		check(&s);
		packet_pop_vlan(s.m, &s.key, &s.layout);
		assert_memory_equal(&s.key, &before, sizeof(before));
		check(&s);
		packet_pop_vlan(s.m, &s.key, &s.layout);
		assert_int_equal(s.key.vlan_tci, 0);
		check(&s);
		heap_packet_destroy(s.m);
	}
}

static void no_headroom_is_a_named_reason(void **state)
{
	struct subject s;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 4);
	subject_init(&s, &rng);
	s.m->data_off = 3;
	assert_int_equal(packet_push_vlan(s.m, &s.key, &s.layout, 0x8100), DROP_NO_HEADROOM);
	s.m->data_off = 128;
	check(&s);
	heap_packet_destroy(s.m);
}

static struct subject udp4_packet(void)
{
	struct flow_key key = { .ip_proto = IPPROTO_UDP, .ip_ttl = 9 };
	struct subject s = { 0 };
	struct buf out = BUF_INIT;

	store_be16(&key.eth_type, 0x0800);
	store_be32(&key.ipv4_src, 0x0a000001);
	store_be16(&key.tp_src, 53);
	packet_compose(&key, 8, &out);
	s.m = heap_packet_create(out.data, out.size);
	buf_fini(&out);
	packet_parse(s.m, &s.key, &s.layout);
	return s;
}

static void udp_without_checksum_stays_without(void **state)
{
	struct subject s = udp4_packet();
	uint8_t *l4 = rte_pktmbuf_mtod(s.m, uint8_t *) + s.layout.l4;

	(void)state;
	memset(l4 + 6, 0, 2);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_IPV4_SRC, "\x01\x02\x03\x04", NULL);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_UDP_DST, "\x01\x02", NULL);
	assert_int_equal(load_be16(l4 + 6), 0);
	heap_packet_destroy(s.m);
}

/* A sum of zero is sent as ones, zero meaning none (RFC 768). */
static void udp_checksum_never_becomes_zero(void **state)
{
	struct subject s = udp4_packet();
	uint8_t *l4 = rte_pktmbuf_mtod(s.m, uint8_t *) + s.layout.l4;
	uint8_t port[2];
	bool was_ones = false;

	(void)state;
	for (unsigned p = 0; p < 65536; p++) {
		store_be16(port, p);
		packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_UDP_DST, port, NULL);
		assert_int_not_equal(load_be16(l4 + 6), 0);
		was_ones |= load_be16(l4 + 6) == 0xffff;
	}
	assert_true(was_ones);
	check(&s);
	heap_packet_destroy(s.m);
}

/* With a checksum pending, the field holds the pseudo header's sum: addresses count, ports and
 * payload do not. */
static void pending_checksum_holds_the_pseudo_sum(void **state)
{
	struct subject s = udp4_packet();
	uint8_t *data = rte_pktmbuf_mtod(s.m, uint8_t *);
	uint8_t *l4 = data + s.layout.l4;
	uint16_t want;

	(void)state;
	s.m->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4;
	want = checksum_fold(pseudo_sum(&s, data + s.layout.l3, 16));
	memcpy(l4 + 6, &want, 2);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_UDP_DST, "\x12\x34", NULL);
	assert_memory_equal(l4 + 6, &want, 2);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_IPV4_SRC, "\xc0\xa8\x01\x02", NULL);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_IPV4_DST, "\xc0\xa8\x07\x09", NULL);
	want = checksum_fold(pseudo_sum(&s, data + s.layout.l3, 16));
	assert_memory_equal(l4 + 6, &want, 2);
	heap_packet_destroy(s.m);
}

static void pushing_a_tag_moves_pending_offloads(void **state)
{
	struct subject s = udp4_packet();

	(void)state;
	s.m->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4;
	s.m->l2_len = 14;
	s.m->l3_len = 20;
	packet_push_vlan(s.m, &s.key, &s.layout, 0x8100);
	assert_int_equal(s.m->l2_len, 18);
	packet_pop_vlan(s.m, &s.key, &s.layout);
	assert_int_equal(s.m->l2_len, 14);
	heap_packet_destroy(s.m);
}

/* NS to NA, as an address resolution answered in the switch has it. */
static void neighbour_solicitation_becomes_advertisement(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	static const uint8_t flags[4] = { 0x60 };
	struct flow_key key = { .ip_proto = IPPROTO_ICMPV6, .ip_ttl = 255, .nd_options_type = 1 };
	struct subject s = { 0 };
	struct buf out = BUF_INIT;

	(void)state;
	store_be16(&key.eth_type, 0x86dd);
	store_be16(&key.tp_src, 135);
	memcpy(key.nd_target, "0123456789abcdef", 16);
	memcpy(key.arp_sha, "\2\0\0\0\0\1", 6);
	packet_compose(&key, 0, &out);
	s.m = heap_packet_create(out.data, out.size);
	buf_fini(&out);
	packet_parse(s.m, &s.key, &s.layout);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_ICMPV6_TYPE, "\x88", NULL);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_ND_RESERVED, flags, NULL);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_ND_OPTIONS_TYPE, "\2", NULL);
	packet_set_field(s.m, &s.key, &s.layout, OF_FIELD_ND_TLL, mac, NULL);
	check(&s);
	assert_int_equal(load_be16(&s.key.tp_src), 136);
	assert_int_equal(s.key.nd_options_type, 2);
	assert_memory_equal(s.key.arp_tha, mac, 6);
	assert_memory_equal(s.key.arp_sha, "\0\0\0\0\0\0", 6);
	assert_memory_equal(&s.key.nd_reserved, flags, 4);
	heap_packet_destroy(s.m);
}

/* RFC 3720 appendix B.4. */
static void crc32c_vectors(void **state)
{
	uint8_t zeros[32] = { 0 }, ones[32];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(crc32c(0, zeros, 32), 0x8a9136aa);
	assert_int_equal(crc32c(0, ones, 32), 0x62a8ab43);
	assert_int_equal(crc32c(crc32c(0, zeros, 10), zeros, 22), 0x8a9136aa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_random_packets),
		cmocka_unit_test(masked_bits_alone_change),
		cmocka_unit_test(vlan_push_and_pop),
		cmocka_unit_test(no_headroom_is_a_named_reason),
		cmocka_unit_test(udp_without_checksum_stays_without),
		cmocka_unit_test(udp_checksum_never_becomes_zero),
		cmocka_unit_test(pending_checksum_holds_the_pseudo_sum),
		cmocka_unit_test(pushing_a_tag_moves_pending_offloads),
		cmocka_unit_test(neighbour_solicitation_becomes_advertisement),
		cmocka_unit_test(crc32c_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
