/* How long a change of a security group takes, from the change in the controller to the switch's
 * acknowledgement, with 1,000 rules, 10,000 members and an address group of 100,000: the median and
 * the worst of many.  Controller and switch are in one process, connected in memory; what is
 * measured is their work.  `make bench BENCH=groups` runs it. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/log.h"
#include "tests/fakes/controller/net_world.h"

#define N_RULES	    1000
#define N_MEMBERS   10000
#define N_ADDRESSES 100000
#define N_LOCAL	    8
#define N_ROUNDS    200
#define GROUP	    1000
#define ADDRESSES   2000

static struct net_world *world;
static struct intent_rule rules[N_RULES + 1];
static struct intent_range ranges[N_RULES + 1];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

static bool is_idle(void *arg)
{
	(void)arg;
	return southbound_is_idle(world->sb);
}

/* Runs the loop once at least: the change is not under way yet. */
static void settle(void)
{
	loop_virtual_run_for(world->loop, NS_PER_MS);
	if (!loop_virtual_run_until(world->loop, is_idle, NULL, 60 * NS_PER_SEC)) {
		fprintf(stderr, "groups_bench: the switch does not acknowledge\n");
		exit(1);
	}
}

static void set_member(uint64_t id, uint32_t host, const uint8_t *mac)
{
	static const uint64_t group = GROUP;
	struct in_addr ipv4 = { htonl(0x0a000000 + host) };
	struct intent_port p = {
		.id = id,
		.network_id = net_world_network_id(0),
		.name = "projects/p/ports/p",
		.n_ipv4 = 1,
		.ipv4 = &ipv4,
		.is_filtered = true,
		.n_rule_sets = 1,
		.rule_sets = &group,
		.n_tags = 1,
		.tags = &group,
	};

	memcpy(p.mac, mac, sizeof(p.mac));
	apps_set_port(world->apps, &p);
}

static void new_rule(unsigned i, uint64_t number)
{
	ranges[i].first = ranges[i].last = 1 + number % 60000;
	rules[i] = (struct intent_rule){
		.number = number,
		.name = "r",
		.families = FAMILY_IPV4 | FAMILY_IPV6,
		.protocol = 6,
		.icmp_type = -1,
		.icmp_code = -1,
		.n_ports = 1,
		.ports = &ranges[i],
		.remote = i % 2 ? REMOTE_TAG : REMOTE_ADDRESSES,
		.remote_id = i % 2 ? GROUP : ADDRESSES,
	};
}

static void set_group(void)
{
	apps_set_rule_set(world->apps,
			  &(struct intent_rule_set){
				  .id = GROUP, .name = "web", .n_rules = N_RULES, .rules = rules });
}

static struct intent_prefix address(uint32_t i)
{
	struct intent_prefix p = { .length = 32 };

	store_be32(p.bytes, 0xc0000000 + i * 3);
	return p;
}

static void start(void)
{
	struct intent_prefix *list = xcalloc(N_ADDRESSES, sizeof(*list));

	world = net_world_create(1);
	net_world_set_network(world, 0, true);
	net_world_connect(world, 0);
	for (unsigned i = 0; i < N_RULES; i++)
		new_rule(i, 10000 + i);
	set_group();
	for (unsigned i = 0; i < N_ADDRESSES; i++)
		list[i] = address(i);
	apps_set_addresses(world->apps, ADDRESSES, "list");
	apps_change_addresses(world->apps, ADDRESSES, list, N_ADDRESSES, NULL, 0);
	free(list);
	for (unsigned i = 0; i < N_MEMBERS; i++)
		set_member(20000 + i, 1000 + i, (const uint8_t[]){ 2, 1, 0, 0, i >> 8, i });
	for (unsigned i = 0; i < N_LOCAL; i++) {
		net_world_set_port(world, i, 0, 1 + i);
		net_world_plug(world, i, 0);
		set_member(world->ports[i].id, 1 + i, world->ports[i].host.mac);
	}
	settle();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure(const char *what, void (*change)(unsigned round))
{
	uint64_t took_ns[N_ROUNDS];

	for (unsigned i = 0; i < N_ROUNDS; i++) {
		uint64_t before = now_ns();

		change(i);
		settle();
		took_ns[i] = now_ns() - before;
	}
	qsort(took_ns, N_ROUNDS, sizeof(*took_ns), compare);
	printf("%-44s median %7.3f ms   worst %7.3f ms\n", what, took_ns[N_ROUNDS / 2] / 1e6,
	       took_ns[N_ROUNDS - 1] / 1e6);
}

static void change_rule(unsigned round)
{
	new_rule(round % N_RULES, 30000 + round);
	set_group();
}

static void change_all_rules(unsigned round)
{
	for (unsigned i = 0; i < N_RULES; i++)
		new_rule(i, 100000 + round * N_RULES + i);
	set_group();
}

static void change_member(unsigned round)
{
	if (round % 2)
		apps_remove_port(world->apps, 50000);
	else
		set_member(50000, 30000 + round, (const uint8_t[]){ 2, 2, 0, 0, 0, 1 });
}

static void change_address(unsigned round)
{
	struct intent_prefix p = address(N_ADDRESSES + round / 2);

	apps_change_addresses(world->apps, ADDRESSES, &p, round % 2 == 0, &p, round % 2);
}

int main(void)
{
	uint64_t before = now_ns();

	log_set_level("error");
	start();
	printf("%u rules, %u members, %u addresses, %zu flows, set up in %.1f s\n", N_RULES,
	       N_MEMBERS, N_ADDRESSES,
	       flow_map_n(flow_set_desired(flow_sets_get(world->sets, net_world_datapath_id(0)))),
	       (now_ns() - before) / 1e9);
	measure("one rule of the group replaced", change_rule);
	measure("all rules of the group replaced", change_all_rules);
	measure("one member more or less", change_member);
	measure("one address of the address group", change_address);
	net_world_destroy(world);
	return 0;
}
