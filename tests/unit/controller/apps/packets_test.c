/* What becomes of packets in the apps' flows: reachability, isolation, answers, anti-spoofing.
 * The switch is the real one, in memory.
 *
 *	network 0: ports 0, 1, 2 (10.0.0.1 to 3)      network 1: ports 3, 4 (10.0.0.1 and 2)
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/apps/eui64.h"
#include "tests/fakes/controller/net_world.h"

static int setup(void **state)
{
	struct net_world *w = net_world_create(1);

	net_world_set_network(w, 0, true);
	net_world_set_network(w, 1, true);
	for (unsigned i = 0; i < 5; i++) {
		net_world_set_port(w, i, i / 3, 1 + i % 3);
		net_world_plug(w, i, 0);
	}
	net_world_connect(w, 0);
	assert_true(net_world_settle(w));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	net_world_destroy(*state);
	return 0;
}

static const struct frame_host *host(const struct net_world *w, unsigned index)
{
	return &w->ports[index].host;
}

/* Exactly the ports whose bit is set in TO have received it. */
static void expect_received(const struct net_world *w, unsigned to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 5; i++) {
		unsigned count = net_world_count(w, i);

		if (count != (to >> i & 1))
			fail_msg("port %u received %u frames", i, count);
		n += count;
	}
	assert_int_equal(n, w->n_received);
}

static void test_unicast_goes_to_its_port(void **state)
{
	struct net_world *w = *state;
	struct frame f = frame_udp4(host(w, 0), host(w, 1)->mac, host(w, 1)->ipv4);

	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1);
	assert_memory_equal(w->received[0].frame.data, f.data, f.size);
	f = frame_udp6(host(w, 0), host(w, 2)->mac, &host(w, 2)->ipv6);
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 2);
}

static void test_networks_are_apart(void **state)
{
	struct net_world *w = *state;
	struct frame f = frame_udp4(host(w, 0), host(w, 3)->mac, host(w, 3)->ipv4);

	net_world_send(w, 0, &f);
	expect_received(w, 0);
	f = frame_udp4(host(w, 0), frame_broadcast, (struct in_addr){ INADDR_NONE });
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1 | 1 << 2);
	f = frame_udp4(host(w, 3), frame_broadcast, (struct in_addr){ INADDR_NONE });
	net_world_send(w, 3, &f);
	expect_received(w, 1 << 4);
}

static void test_unknown_unicast_is_dropped(void **state)
{
	struct net_world *w = *state;
	const uint8_t nobody[6] = { 2, 0, 0, 0, 0, 0x99 };
	struct frame f = frame_udp4(host(w, 0), nobody, host(w, 1)->ipv4);

	net_world_send(w, 0, &f);
	expect_received(w, 0);
}

static void test_arp_is_answered_in_the_network(void **state)
{
	struct net_world *w = *state;
	struct frame f = frame_arp_request(host(w, 0), host(w, 0)->ipv4, host(w, 1)->ipv4);
	const uint8_t *reply = w->received[0].frame.data;

	net_world_send(w, 0, &f);
	expect_received(w, 1 << 0);
	assert_memory_equal(reply, host(w, 0)->mac, 6);
	assert_memory_equal(reply + 6, host(w, 1)->mac, 6);
	assert_int_equal(load_be16(reply + 20), 2);
	assert_memory_equal(reply + 22, host(w, 1)->mac, 6);
	assert_memory_equal(reply + 28, &host(w, 1)->ipv4, 4);
	assert_memory_equal(reply + 32, host(w, 0)->mac, 6);
	assert_memory_equal(reply + 38, &host(w, 0)->ipv4, 4);
	/* The same address in the other network is the other network's. */
	f = frame_arp_request(host(w, 4), host(w, 4)->ipv4, host(w, 3)->ipv4);
	net_world_send(w, 4, &f);
	expect_received(w, 1 << 4);
	assert_memory_equal(reply + 22, host(w, 3)->mac, 6);
}

static void test_arp_that_is_for_everyone(void **state)
{
	struct net_world *w = *state;
	struct in_addr nobody = { htonl(0x0a000063) };
	struct frame f = frame_arp_request(host(w, 0), host(w, 0)->ipv4, nobody);

	net_world_send(w, 0, &f); /* unknown address */
	expect_received(w, 1 << 1 | 1 << 2);
	f = frame_arp_request(host(w, 0), host(w, 0)->ipv4, host(w, 0)->ipv4);
	net_world_send(w, 0, &f); /* announcement */
	expect_received(w, 1 << 1 | 1 << 2);
	f = frame_arp_request(host(w, 0), (struct in_addr){ 0 }, host(w, 0)->ipv4);
	net_world_send(w, 0, &f); /* probe for its own */
	expect_received(w, 1 << 1 | 1 << 2);
	f = frame_arp_request(host(w, 0), (struct in_addr){ 0 }, host(w, 1)->ipv4);
	net_world_send(w, 0, &f); /* probe for another's */
	expect_received(w, 1 << 1 | 1 << 2);
}

static void check_advertisement(struct net_world *w, unsigned asker, const struct in6_addr *src,
				unsigned owner, const struct in6_addr *target)
{
	const struct frame *r = &w->received[0].frame;

	expect_received(w, 1 << asker);
	assert_memory_equal(r->data, host(w, asker)->mac, 6);
	assert_memory_equal(r->data + 6, host(w, owner)->mac, 6);
	assert_memory_equal(r->data + 22, target, 16);
	assert_memory_equal(r->data + 38, src, 16);
	assert_int_equal(r->data[54], 136);
	assert_int_equal(load_be32(r->data + 58), 0x60000000);
	assert_memory_equal(r->data + 62, target, 16);
	assert_int_equal(r->data[78], 2);
	assert_memory_equal(r->data + 80, host(w, owner)->mac, 6);
	assert_int_equal(load_be16(r->data + 56), frame_icmpv6_checksum(r->data, r->size));
}

static void test_solicitations_are_answered(void **state)
{
	struct net_world *w = *state;
	struct in6_addr own = eui64_link_local(host(w, 0)->mac);
	struct in6_addr other = eui64_link_local(host(w, 1)->mac);
	struct frame f = frame_solicit(host(w, 0), &host(w, 0)->ipv6, &host(w, 1)->ipv6);

	net_world_send(w, 0, &f);
	check_advertisement(w, 0, &host(w, 0)->ipv6, 1, &host(w, 1)->ipv6);
	f = frame_solicit(host(w, 0), &own, &other);
	net_world_send(w, 0, &f);
	check_advertisement(w, 0, &own, 1, &other);
}

static void test_solicitations_that_are_for_everyone(void **state)
{
	struct net_world *w = *state;
	struct in6_addr nobody = { .s6_addr = { 0xfd, [15] = 0x63 } };
	struct frame f = frame_solicit(host(w, 0), &in6addr_any, &host(w, 0)->ipv6);

	net_world_send(w, 0, &f); /* duplicate address detection */
	expect_received(w, 1 << 1 | 1 << 2);
	f = frame_solicit(host(w, 0), &in6addr_any, &host(w, 1)->ipv6);
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1 | 1 << 2);
	f = frame_solicit(host(w, 0), &host(w, 0)->ipv6, &nobody);
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1 | 1 << 2);
}

/* Each frame is right but for one address. */
static void test_foreign_addresses_are_dropped(void **state)
{
	struct net_world *w = *state;
	struct frame_host liar;
	struct frame f;

	liar = *host(w, 0);
	liar.mac[5] = 0x77;
	f = frame_udp4(&liar, host(w, 1)->mac, host(w, 1)->ipv4);
	net_world_send(w, 0, &f);
	expect_received(w, 0);

	liar = *host(w, 0);
	liar.ipv4 = host(w, 2)->ipv4;
	f = frame_udp4(&liar, host(w, 1)->mac, host(w, 1)->ipv4);
	net_world_send(w, 0, &f);
	expect_received(w, 0);

	liar = *host(w, 0);
	liar.ipv6 = host(w, 2)->ipv6;
	f = frame_udp6(&liar, host(w, 1)->mac, &host(w, 1)->ipv6);
	net_world_send(w, 0, &f);
	expect_received(w, 0);

	f = frame_arp_request(host(w, 0), host(w, 2)->ipv4, host(w, 1)->ipv4);
	net_world_send(w, 0, &f);
	expect_received(w, 0);

	f = frame_arp_request(host(w, 0), host(w, 0)->ipv4, host(w, 1)->ipv4);
	f.data[27] = 0x77; /* sender hardware address */
	net_world_send(w, 0, &f);
	expect_received(w, 0);

	f = frame_solicit(host(w, 0), &host(w, 0)->ipv6, &host(w, 1)->ipv6);
	f.data[85] = 0x77; /* source link-layer address */
	store_be16(f.data + 56, frame_icmpv6_checksum(f.data, f.size));
	net_world_send(w, 0, &f);
	expect_received(w, 0);
}

/* From :: only what a host without an address has to say. */
static void test_unspecified_source(void **state)
{
	struct net_world *w = *state;
	struct frame_host nobody = *host(w, 0);
	struct frame f;

	nobody.ipv6 = in6addr_any;
	f = frame_udp6(&nobody, host(w, 1)->mac, &host(w, 1)->ipv6);
	net_world_send(w, 0, &f);
	expect_received(w, 0);
	f = frame_solicit(host(w, 0), &in6addr_any, &host(w, 1)->ipv6);
	f.data[54] = 143; /* a multicast listener report */
	store_be16(f.data + 56, frame_icmpv6_checksum(f.data, f.size));
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1 | 1 << 2);
	f.data[54] = 136; /* an advertisement */
	store_be16(f.data + 56, frame_icmpv6_checksum(f.data, f.size));
	net_world_send(w, 0, &f);
	expect_received(w, 0);
}

/* Advertisements tell the port's own addresses only. */
static void test_advertisements(void **state)
{
	struct net_world *w = *state;
	struct frame f = frame_solicit(host(w, 0), &host(w, 0)->ipv6, &host(w, 0)->ipv6);

	f.data[54] = 136;
	f.data[78] = 2; /* target link-layer address */
	store_be16(f.data + 56, frame_icmpv6_checksum(f.data, f.size));
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1 | 1 << 2);
	f.data[85] = 0x77;
	store_be16(f.data + 56, frame_icmpv6_checksum(f.data, f.size));
	net_world_send(w, 0, &f);
	expect_received(w, 0);
	f = frame_solicit(host(w, 0), &host(w, 0)->ipv6, &host(w, 1)->ipv6);
	f.data[54] = 136;
	f.data[78] = 2;
	store_be16(f.data + 56, frame_icmpv6_checksum(f.data, f.size));
	net_world_send(w, 0, &f);
	expect_received(w, 0);
}

static void test_spoofing_can_be_allowed(void **state)
{
	struct net_world *w = *state;
	struct frame_host router = *host(w, 0);
	struct frame f;

	w->ports[0].is_spoofing_allowed = true;
	net_world_set_port(w, 0, 0, 1);
	assert_true(net_world_settle(w));
	router.ipv4.s_addr = htonl(0xc0a80001);
	f = frame_udp4(&router, host(w, 1)->mac, host(w, 1)->ipv4);
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1);
	f = frame_arp_request(host(w, 0), host(w, 0)->ipv4, host(w, 1)->ipv4);
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 0);
	f = frame_solicit(host(w, 0), &host(w, 0)->ipv6, &host(w, 1)->ipv6);
	net_world_send(w, 0, &f);
	check_advertisement(w, 0, &host(w, 0)->ipv6, 1, &host(w, 1)->ipv6);
}

static void test_dhcp_client_may_ask(void **state)
{
	struct net_world *w = *state;
	struct frame_host client = *host(w, 0);
	struct frame f;

	client.ipv4.s_addr = 0;
	f = frame_udp4(&client, frame_broadcast, (struct in_addr){ INADDR_NONE });
	net_world_send(w, 0, &f);
	expect_received(w, 0); /* UDP, but not DHCP */
	store_be16(f.data + 34, 68);
	store_be16(f.data + 36, 67);
	net_world_send(w, 0, &f);
	expect_received(w, 1 << 1 | 1 << 2);
}

static void test_unplugged_port_is_out(void **state)
{
	struct net_world *w = *state;
	struct frame f = frame_arp_request(host(w, 0), host(w, 0)->ipv4, host(w, 1)->ipv4);

	net_world_unplug(w, 1);
	assert_true(net_world_settle(w));
	net_world_send(w, 0, &f);
	assert_int_equal(w->n_received, 1);
	assert_int_equal(net_world_count(w, 2), 1);
	f = frame_udp4(host(w, 0), host(w, 1)->mac, host(w, 1)->ipv4);
	net_world_send(w, 0, &f);
	assert_int_equal(w->n_received, 0);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unicast_goes_to_its_port),
		TEST(test_networks_are_apart),
		TEST(test_unknown_unicast_is_dropped),
		TEST(test_arp_is_answered_in_the_network),
		TEST(test_arp_that_is_for_everyone),
		TEST(test_solicitations_are_answered),
		TEST(test_solicitations_that_are_for_everyone),
		TEST(test_foreign_addresses_are_dropped),
		TEST(test_unspecified_source),
		TEST(test_advertisements),
		TEST(test_spoofing_can_be_allowed),
		TEST(test_dhcp_client_may_ask),
		TEST(test_unplugged_port_is_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
