/* The network half of the controller and ten switches on virtual time, from a seed: ports come, go
 * and move, cables are cut, switches and the controller restart, workers lag, somebody deletes
 * flows.  After each storm everything must be as if it had been set up in peace:
 *
 *	what is desired is in the switches, in their own words
 *	incremental equals recomputed
 *	packets reach their port, and none of another network
 *
 * and during the storm two ports that nobody touches never lose a packet, whatever happens to the
 * connection of their switch and to the controller.  SIM_SEED=N repeats one run; SIM_RUNS=N makes
 * more. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "lib/rng.h"
#include "tests/fakes/controller/net_world.h"

#define STORMS		     25
#define EVENTS		     30
/* Ports 0 and 1, in network 0 on switch 0, are left in peace. */
#define FIRST_RANDOM_PORT    2
#define FIRST_RANDOM_NETWORK 1

static uint64_t seed; /* of the run that is under way */

#define fail_sim(...)                                                                              \
	do {                                                                                       \
		print_error("SIM_SEED=%llu\n", (unsigned long long)seed);                          \
		fail_msg(__VA_ARGS__);                                                             \
	} while (0)

static unsigned random_port(struct rng *rng)
{
	return FIRST_RANDOM_PORT + rng_below(rng, NET_WORLD_PORTS - FIRST_RANDOM_PORT);
}

static unsigned random_network(struct rng *rng)
{
	return FIRST_RANDOM_NETWORK + rng_below(rng, NET_WORLD_NETWORKS - FIRST_RANDOM_NETWORK);
}

/* --- events --- */

static void change_port(struct net_world *w, struct rng *rng)
{
	unsigned port = random_port(rng);

	if (!w->ports[port].exists) {
		w->ports[port].is_spoofing_allowed = rng_below(rng, 8) == 0;
		net_world_set_port(w, port, random_network(rng), 1 + port);
	} else if (rng_below(rng, 4) == 0) {
		net_world_remove_port(w, port);
	} else if (rng_below(rng, 4) == 0) {
		net_world_unplug(w, port);
	} else {
		net_world_plug(w, port, rng_below(rng, w->n_switches));
	}
}

static void change_network(struct net_world *w, struct rng *rng)
{
	unsigned network = random_network(rng);

	net_world_set_network(w, network, !w->networks[network]);
}

/* Somebody with access to the switch deletes what he does not understand. */
static void delete_flows(struct net_world *w, struct rng *rng)
{
	struct mem_switch *sw = w->switches[1 + rng_below(rng, w->n_switches - 1)].sw;
	struct of_flow_mod fm = {
		.command = 3, /* OFPFC_DELETE */
		.table_id = rng_below(rng, 2) ? 10 : 255,
		.out_port = UINT32_MAX,
		.out_group = UINT32_MAX,
	};
	struct of_error err;

	tables_flow_mod(datapath_tables(mem_switch_datapath(sw)), &fm, loop_now_ns(w->loop), &err);
	datapath_changed(mem_switch_datapath(sw));
}

static void happen(struct net_world *w, struct rng *rng)
{
	unsigned sw = rng_below(rng, w->n_switches);

	switch (rng_below(rng, 20)) {
	case 0:
		net_world_cut(w, sw);
		break;
	case 1:
		net_world_connect(w, sw);
		break;
	case 2:
		net_world_restart_switch(w, 1 + rng_below(rng, w->n_switches - 1));
		break;
	case 3:
		if (rng_below(rng, 3) == 0)
			net_world_restart_controller(w);
		break;
	case 4:
		mem_switch_set_lag(w->switches[sw].sw, rng_below(rng, 20) * NS_PER_MS);
		break;
	case 5:
		if (w->switches[sw].pair && !stream_pair_is_closed(w->switches[sw].pair))
			stream_pair_set_piece(w->switches[sw].pair, rng_below(rng, 100));
		break;
	case 6:
		change_network(w, rng);
		break;
	case 7:
		delete_flows(w, rng);
		break;
	default:
		change_port(w, rng);
	}
}

/* --- invariants --- */

static void check_in_peace(struct net_world *w)
{
	struct frame f = frame_udp4(&w->ports[0].host, w->ports[1].host.mac, w->ports[1].host.ipv4);

	net_world_send(w, 0, &f);
	if (w->n_received != 1 || net_world_count(w, 1) != 1)
		fail_sim("a packet between ports that nobody touches went to %u ports",
			 w->n_received);
	f = frame_arp_request(&w->ports[1].host, w->ports[1].host.ipv4, w->ports[0].host.ipv4);
	net_world_send(w, 1, &f);
	if (w->n_received != 1 || net_world_count(w, 1) != 1)
		fail_sim("ARP of ports that nobody touches is not answered");
}

static void compare(const struct flow_map *is, const struct flow_map *should, const char *what,
		    unsigned sw)
{
	struct buf a = BUF_INIT, b = BUF_INIT;

	if (!flow_map_equal(is, should)) {
		flow_map_print(is, &a);
		flow_map_print(should, &b);
		fail_sim("switch %u, %s: is\n%sshould be\n%s", sw, what, buf_str(&a), buf_str(&b));
	}
	buf_fini(&a);
	buf_fini(&b);
}

struct reading {
	struct flow_map flows;
	bool is_over;
};

static void flows_read(void *arg, const struct southbound_flow *flows, size_t n,
		       const struct status *st)
{
	struct reading *r = arg;

	if (!status_ok(st))
		fail_sim("flows cannot be read: %s", st->message);
	for (size_t i = 0; i < n; i++)
		flow_map_put(&r->flows, flows[i].flow);
	r->is_over = true;
}

static bool is_over(void *arg)
{
	return ((struct reading *)arg)->is_over;
}

static void check_flows(struct net_world *w, unsigned sw)
{
	uint64_t id = net_world_datapath_id(sw);
	const struct flow_map *desired = flow_set_desired(flow_sets_get(w->sets, id));
	struct flow_map recomputed = FLOW_MAP_INIT;
	struct reading r = { FLOW_MAP_INIT, false };

	apps_recompute(w->apps, id, &recomputed);
	compare(desired, &recomputed, "incremental against recomputed", sw);
	compare(southbound_installed(w->sb, id), desired, "installed against desired", sw);
	southbound_read_flows(w->sb, id, flows_read, &r);
	if (!loop_virtual_run_until(w->loop, is_over, &r, 10 * NS_PER_SEC))
		fail_sim("switch %u does not tell its flows", sw);
	compare(&r.flows, desired, "in the switch against desired", sw);
	flow_map_fini(&recomputed);
	flow_map_fini(&r.flows);
}

static bool is_active(const struct net_world *w, unsigned port)
{
	const struct net_port *p = &w->ports[port];

	return p->exists && p->port_no && w->networks[p->network];
}

static bool are_neighbours(const struct net_world *w, unsigned a, unsigned b)
{
	return a != b && is_active(w, a) && is_active(w, b) &&
	       w->ports[a].network == w->ports[b].network && w->ports[a].sw == w->ports[b].sw;
}

static void expect_only(struct net_world *w, unsigned to, bool is_expected, const char *what)
{
	unsigned n = is_expected ? 1 : 0;

	if (w->n_received != n || (is_expected && net_world_count(w, to) != 1))
		fail_sim("%s: port %u should %sreceive it alone, but %u ports did", what, to,
			 is_expected ? "" : "not ", w->n_received);
}

static void check_pair(struct net_world *w, unsigned from, unsigned to)
{
	const struct frame_host *a = &w->ports[from].host, *b = &w->ports[to].host;
	bool is_reachable = are_neighbours(w, from, to);
	struct frame f = frame_udp4(a, b->mac, b->ipv4);
	struct frame_host liar = *a;

	net_world_send(w, from, &f);
	expect_only(w, to, is_reachable, "unicast");
	f = frame_udp6(a, b->mac, &b->ipv6);
	net_world_send(w, from, &f);
	expect_only(w, to, is_reachable, "IPv6 unicast");
	liar.ipv4.s_addr = htonl(0x0a00ff01);
	f = frame_udp4(&liar, b->mac, b->ipv4);
	net_world_send(w, from, &f);
	expect_only(w, to, is_reachable && w->ports[from].is_spoofing_allowed, "foreign address");
	if (!is_reachable)
		return;
	f = frame_arp_request(a, a->ipv4, b->ipv4);
	net_world_send(w, from, &f);
	expect_only(w, from, true, "ARP");
	f = frame_solicit(a, &a->ipv6, &b->ipv6);
	net_world_send(w, from, &f);
	expect_only(w, from, true, "neighbour solicitation");
}

static void check_broadcast(struct net_world *w, unsigned from)
{
	struct frame f =
		frame_udp4(&w->ports[from].host, frame_broadcast, (struct in_addr){ INADDR_NONE });
	unsigned n = 0;

	net_world_send(w, from, &f);
	for (unsigned to = 0; to < NET_WORLD_PORTS; to++) {
		bool is_expected = are_neighbours(w, from, to);

		n += is_expected;
		if (is_expected && net_world_count(w, to) != 1)
			fail_sim("broadcast of port %u does not reach port %u", from, to);
	}
	if (w->n_received != n)
		fail_sim("broadcast of port %u reaches %u ports instead of %u", from, w->n_received,
			 n);
}

static void check_packets(struct net_world *w, struct rng *rng)
{
	for (unsigned from = 0; from < NET_WORLD_PORTS; from++) {
		if (!w->ports[from].exists || !w->ports[from].port_no)
			continue;
		check_broadcast(w, from);
		for (unsigned i = 0; i < 6; i++) {
			unsigned to = rng_below(rng, NET_WORLD_PORTS);

			if (w->ports[to].exists && to != from)
				check_pair(w, from, to);
		}
	}
}

static void check_phases(struct net_world *w)
{
	for (unsigned i = 0; i < NET_WORLD_PORTS; i++) {
		enum port_phase phase = apps_port_phase(w->apps, w->ports[i].id);

		if (w->ports[i].exists &&
		    phase != (is_active(w, i) ? PORT_PHASE_ACTIVE : PORT_PHASE_DOWN))
			fail_sim("port %u is in phase %d", i, phase);
	}
}

/* --- a run --- */

static void storm(struct net_world *w, struct rng *rng)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		happen(w, rng);
		loop_virtual_run_for(w->loop, rng_below(rng, 30) * NS_PER_MS);
		check_in_peace(w);
	}
}

static void calm(struct net_world *w)
{
	for (unsigned i = 0; i < w->n_switches; i++) {
		mem_switch_set_lag(w->switches[i].sw, 0);
		if (!southbound_is_connected(w->sb, net_world_datapath_id(i)))
			net_world_connect(w, i);
	}
	/* A connection that a restarted switch left half open is noticed by its silence. */
	for (unsigned i = 0; i < 3 && !net_world_settle(w); i++) {
		for (unsigned sw = 0; sw < w->n_switches; sw++) {
			if (!southbound_is_connected(w->sb, net_world_datapath_id(sw)))
				net_world_connect(w, sw);
		}
	}
	if (!net_world_settle(w))
		fail_sim("it does not come to rest");
}

static void run(uint64_t run_seed)
{
	struct net_world *w = net_world_create(NET_WORLD_SWITCHES);
	struct rng rng;

	seed = run_seed;
	rng_seed(&rng, seed);
	net_world_set_network(w, 0, true);
	for (unsigned i = 0; i < 2; i++) {
		net_world_set_port(w, i, 0, 1 + i);
		net_world_plug(w, i, 0);
	}
	calm(w);
	for (unsigned i = 0; i < STORMS; i++) {
		storm(w, &rng);
		calm(w);
		for (unsigned sw = 0; sw < w->n_switches; sw++)
			check_flows(w, sw);
		check_phases(w);
		check_packets(w, &rng);
	}
	net_world_destroy(w);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_storms(void **state)
{
	uint64_t first = number_from("SIM_SEED", 1), n = number_from("SIM_RUNS", 10);

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		run(first + i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_storms) };

	log_set_level("error");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
