#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/port/frame_io.h"
#include "dataplane/port/offload.h"
#include "dataplane/port/pool.h"
#include "dataplane/port/vnet_hdr.h"
#include "tests/fakes/dataplane/eal_world.h"
#include "tests/fakes/dataplane/packets.h"

/* The header before a tap's frames, to an offload request and back. */

/* Ethernet, IPv4 10.0.0.1 -> 10.0.0.2, TCP 1 -> 2, CWR and ACK; 100 bytes of payload follow. */
static const char tcp4[] = "020000000002 020000000001 0800"
			   "4500008c 00004000 40060000 0a000001 0a000002"
			   "00010002 00000000 00000000 50900000 00000000";
enum { L4 = 34, HEADERS = 54, SIZE = HEADERS + 100 };

static struct rte_mbuf *packet(const char *hex, size_t size)
{
	struct packet_bytes b = packet_bytes(hex);
	uint8_t data[SIZE] = { 0 };

	assert_true(size <= SIZE);
	memcpy(data, b.data, MIN_OF(b.size, size));
	return pool_packet(data, size);
}

static const struct virtio_net_hdr csum = {
	.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	.csum_start = L4,
	.csum_offset = 16,
};

static void test_checksum_request(void **state)
{
	struct rte_mbuf *m = packet(tcp4, SIZE);
	struct virtio_net_hdr h;

	(void)state;
	assert_int_equal(vnet_hdr_receive(&csum, m), 0);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4);
	assert_int_equal(m->l2_len, 14);
	assert_int_equal(m->l3_len, 20);
	vnet_hdr_fill(&h, m);
	assert_int_equal(h.flags, csum.flags);
	assert_int_equal(h.csum_start, csum.csum_start);
	assert_int_equal(h.csum_offset, csum.csum_offset);
	assert_int_equal(h.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	rte_pktmbuf_free(m);
}

static void test_segments_request(void **state)
{
	struct virtio_net_hdr h = csum;
	struct rte_mbuf *m = packet(tcp4, SIZE);

	(void)state;
	h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h.gso_size = 60;
	assert_int_equal(vnet_hdr_receive(&h, m), 0);
	assert_true(m->ol_flags & RTE_MBUF_F_TX_TCP_SEG);
	vnet_hdr_fill(&h, m);
	/* the header has CWR, which only the first segment may keep: RFC 3168 */
	assert_int_equal(h.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN);
	assert_int_equal(h.gso_size, 60);
	assert_int_equal(h.hdr_len, HEADERS);
	rte_pktmbuf_free(m);
}

static void test_nothing_asked(void **state)
{
	struct rte_mbuf *m = packet(tcp4, SIZE);
	struct virtio_net_hdr h = { .flags = VIRTIO_NET_HDR_F_DATA_VALID };

	(void)state;
	assert_int_equal(vnet_hdr_receive(&h, m), 0);
	assert_int_equal(m->ol_flags, 0);
	vnet_hdr_fill(&h, m);
	assert_int_equal(h.flags, 0);
	rte_pktmbuf_free(m);
}

/* A checksum that no flag can ask for is completed: here that of a TCP header in the payload. */
static void test_other_checksum_is_completed(void **state)
{
	struct virtio_net_hdr h = csum;
	struct rte_mbuf *m = packet(tcp4, SIZE);
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

	(void)state;
	h.csum_start = HEADERS + 20;
	assert_int_equal(vnet_hdr_receive(&h, m), 0);
	assert_int_equal(m->ol_flags, 0);
	assert_int_equal(load_be16(data + HEADERS + 36), 0xffff); /* of zeros */
	assert_int_equal(load_be16(data + L4 + 16), 0);
	rte_pktmbuf_free(m);
}

static void refuse(const struct virtio_net_hdr *h)
{
	struct rte_mbuf *m = packet(tcp4, SIZE);

	assert_int_equal(vnet_hdr_receive(h, m), -1);
	rte_pktmbuf_free(m);
}

static void test_refuses_contradictions(void **state)
{
	struct virtio_net_hdr gso = csum, h;

	(void)state;
	gso.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	gso.gso_size = 60;
	h = gso;
	h.flags = 0; /* segments without checksum */
	refuse(&h);
	h = gso;
	h.gso_type = VIRTIO_NET_HDR_GSO_TCPV6; /* the packet is IPv4 */
	refuse(&h);
	h = gso;
	h.gso_type = VIRTIO_NET_HDR_GSO_UDP; /* fragmentation: not offered */
	refuse(&h);
	h = gso;
	h.gso_type = 77;
	refuse(&h);
	h = gso;
	h.csum_start = L4 + 2;
	refuse(&h);
	h = gso;
	h.gso_size = 0;
	refuse(&h);
	h = csum;
	h.csum_start = 0xffff; /* beyond the packet */
	refuse(&h);
	h = csum;
	h.csum_offset = 0xffff;
	refuse(&h);
}

/* A frame as the kernel writes it into the buffers. */
static struct rte_mbuf *receive(struct frame_slot *slot, const void *data, size_t size,
				uint16_t tpid, uint16_t tci)
{
	struct iovec iov[FRAME_RX_IOVECS];
	size_t first;

	assert_int_equal(frame_slot_prepare(slot, iov), 0);
	first = MIN_OF(size, iov[0].iov_len);
	assert_true(size <= iov[0].iov_len + iov[1].iov_len);
	memcpy(iov[0].iov_base, data, first);
	memcpy(iov[1].iov_base, (const char *)data + first, size - first);
	return frame_slot_take_vlan(slot, size, tpid, tci);
}

static void test_large_frame_takes_two_buffers(void **state)
{
	static uint8_t data[VNET_HDR_SIZE + 65550];
	struct frame_slot slot = { .small = NULL };
	struct iovec iov[FRAME_MAX_IOVECS];
	struct virtio_net_hdr h;
	struct rte_mbuf *m;

	(void)state;
	for (size_t i = VNET_HDR_SIZE; i < sizeof(data); i++)
		data[i] = i * 7;
	m = receive(&slot, data, sizeof(data), 0, 0);
	assert_int_equal(m->nb_segs, 2);
	assert_int_equal(m->pkt_len, sizeof(data) - VNET_HDR_SIZE);
	assert_null(slot.large);
	assert_int_equal(frame_gather(m, &h, iov), 3);
	assert_int_equal(iov[1].iov_len + iov[2].iov_len, m->pkt_len);
	assert_memory_equal(iov[2].iov_base, data + VNET_HDR_SIZE + POOL_SMALL_SIZE,
			    iov[2].iov_len);
	rte_pktmbuf_free(m);
	m = receive(&slot, data, 100, 0, 0);
	assert_int_equal(m->nb_segs, 1);
	assert_non_null(slot.large); /* kept for the next one */
	rte_pktmbuf_free(m);
	frame_slot_fini(&slot);
}

static void test_vlan_tag_is_put_back(void **state)
{
	struct packet_bytes frame = packet_bytes(tcp4);
	uint8_t data[VNET_HDR_SIZE + SIZE] = { 0 };
	struct frame_slot slot = { .small = NULL };
	struct rte_mbuf *m;
	const uint8_t *out;

	(void)state;
	memcpy(data, &csum, VNET_HDR_SIZE);
	memcpy(data + VNET_HDR_SIZE, frame.data, frame.size);
	m = receive(&slot, data, sizeof(data), 0x88a8, 0x6123);
	assert_non_null(m);
	out = rte_pktmbuf_mtod(m, const uint8_t *);
	assert_int_equal(m->pkt_len, SIZE + 4);
	assert_memory_equal(out, frame.data, 12);
	assert_int_equal(load_be32(out + 12), 0x88a86123);
	assert_memory_equal(out + 16, frame.data + 12, frame.size - 12);
	assert_int_equal(m->l2_len, 18); /* and the checksum is asked for where it is now */
	rte_pktmbuf_free(m);
	frame_slot_fini(&slot);
}

static void test_short_frames_are_refused(void **state)
{
	struct frame_slot slot = { .small = NULL };
	uint8_t data[VNET_HDR_SIZE + 14] = { 0 };
	struct rte_mbuf *m;

	(void)state;
	for (size_t size = 0; size < sizeof(data); size++)
		assert_null(receive(&slot, data, size, 0, 0));
	m = receive(&slot, data, sizeof(data), 0, 0);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	frame_slot_fini(&slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum_request),
		cmocka_unit_test(test_segments_request),
		cmocka_unit_test(test_nothing_asked),
		cmocka_unit_test(test_other_checksum_is_completed),
		cmocka_unit_test(test_refuses_contradictions),
		cmocka_unit_test(test_large_frame_takes_two_buffers),
		cmocka_unit_test(test_vlan_tag_is_put_back),
		cmocka_unit_test(test_short_frames_are_refused),
	};

	return cmocka_run_group_tests(tests, eal_world_start, eal_world_stop);
}
