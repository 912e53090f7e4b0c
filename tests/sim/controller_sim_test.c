/* The whole controller and ten switches on virtual time, from a seed: calls of the API at random,
 * while cables are cut, switches restart, the disk is slow and the controller dies.  After each
 *storm:
 *
 *	what was acknowledged is there, and what was not is there or not
 *	incremental equals recomputed, desired equals installed
 *	each attached port is plugged on its host, ACTIVE, and nothing else is plugged
 *	packets reach their network's ports on their host and no other
 *
 * and during it two ports that nobody touches never lose a packet.  SIM_SEED=N repeats one run;
 * SIM_RUNS=N makes more. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/model/ip.h"
#include "lib/log.h"
#include "proto/weft/v1/port.pb-c.h"
#include "tests/fakes/controller/controller_world.h"

#define STORMS	   8
#define EVENTS	   40
#define N_NETWORKS 4
#define N_PORTS	   40

enum verb { CREATE, DELETE };

/* What callers know of a resource. */
enum knowledge { ABSENT, PRESENT, UNKNOWN };

struct sim {
	struct controller_world w;
	struct rng rng; /* of the storm; the controller has its own */
	enum knowledge ports[N_PORTS];
	unsigned n_under_way[N_PORTS]; /* calls that create or delete it */
};

static uint64_t seed; /* of the run that is under way */
static struct sim *sim;

#define fail_sim(...)                                                                              \
	do {                                                                                       \
		print_error("SIM_SEED=%llu\n", (unsigned long long)seed);                          \
		fail_msg(__VA_ARGS__);                                                             \
	} while (0)

/* --- calls --- */

/* Only what the last of several calls at once leaves is known for sure: nothing. */
static void port_call_done(const struct world_caller *c, const struct status *st)
{
	enum knowledge *know = &sim->ports[c->index];
	bool is_alone = --sim->n_under_way[c->index] == 0;

	if (c->verb == CREATE && status_ok(st) && is_alone)
		*know = PRESENT;
	else if (c->verb == DELETE && status_ok(st) && is_alone)
		*know = ABSENT;
	else if (st->code == STATUS_UNAVAILABLE || !is_alone || status_ok(st))
		*know = UNKNOWN;
}

/* A call is about to create or delete PORT. */
static struct world_caller caller(struct sim *s, unsigned port, enum verb verb)
{
	if (s->n_under_way[port]++)
		s->ports[port] = UNKNOWN;
	return (struct world_caller){ port_call_done, port, verb };
}

static void create_port(struct sim *s, unsigned port)
{
	struct world_caller who = caller(s, port, CREATE);

	world_call(&s->w, "PortService/CreatePort", &who,
		   "{\"parent\":\"projects/p\",\"portId\":\"p%u\",\"port\":"
		   "{\"network\":\"projects/p/networks/n%u\",\"antiSpoofing\":\"%s\"}}",
		   port, (unsigned)rng_below(&s->rng, N_NETWORKS),
		   rng_below(&s->rng, 8) ? "ANTI_SPOOFING_ON" : "ANTI_SPOOFING_OFF");
}

static void delete_port(struct sim *s, unsigned port)
{
	struct world_caller who = caller(s, port, DELETE);

	world_call(&s->w, "PortService/DeletePort", &who, "{\"name\":\"projects/p/ports/p%u\"}",
		   port);
}

static void attach_port(struct sim *s, unsigned port)
{
	world_call(&s->w, "PortService/AttachPort", NULL,
		   "{\"name\":\"projects/p/ports/p%u\",\"kind\":\"%s\","
		   "\"host\":\"infrastructure/hosts/host%u\"}",
		   port, rng_below(&s->rng, 2) ? "TAP" : "VHOST_USER",
		   (unsigned)rng_below(&s->rng, s->w.n_switches));
}

static void detach_port(struct sim *s, unsigned port)
{
	world_call(&s->w, "PortService/DetachPort", NULL, "{\"name\":\"projects/p/ports/p%u\"}",
		   port);
}

static void update_port(struct sim *s, unsigned port)
{
	world_call(&s->w, "PortService/UpdatePort", NULL,
		   "{\"port\":{\"name\":\"projects/p/ports/p%u\",\"antiSpoofing\":\"%s\"},"
		   "\"updateMask\":\"antiSpoofing\"}",
		   port, rng_below(&s->rng, 2) ? "ANTI_SPOOFING_ON" : "ANTI_SPOOFING_OFF");
}

/* --- a storm --- */

static void happen(struct sim *s)
{
	unsigned sw = rng_below(&s->rng, s->w.n_switches);
	unsigned port = rng_below(&s->rng, N_PORTS);

	switch (rng_below(&s->rng, 24)) {
	case 0:
		world_cut(&s->w, sw);
		break;
	case 1:
		/* Host 0 is left in peace. */
		world_restart_switch(&s->w, 1 + rng_below(&s->rng, s->w.n_switches - 1));
		break;
	case 2:
		if (rng_below(&s->rng, 3) == 0)
			world_restart_controller(&s->w);
		break;
	case 3:
		store_mem_disk_set_delay(s->w.disk, rng_below(&s->rng, 30) * NS_PER_MS);
		break;
	case 4:
		mem_switch_set_lag(s->w.switches[sw].sw, rng_below(&s->rng, 20) * NS_PER_MS);
		break;
	case 5:
	case 6:
		delete_port(s, port);
		break;
	case 7:
	case 8:
	case 9:
		detach_port(s, port);
		break;
	case 10:
		update_port(s, port);
		break;
	case 11:
	case 12:
	case 13:
	case 14:
	case 15:
		create_port(s, port);
		break;
	default:
		attach_port(s, port);
	}
}

static const Weft__V1__Port *find_port(struct sim *s, const char *name)
{
	const struct resource *r = model_find(controller_model(s->w.controller), name);

	return r ? (const Weft__V1__Port *)resource_msg(r) : NULL;
}

static struct frame_host host_of(const Weft__V1__Port *p)
{
	struct frame_host h = { { 0 } };

	mac_parse(h.mac, p->mac_address);
	for (size_t i = 0; i < p->n_ip_addresses; i++)
		inet_pton(AF_INET, p->ip_addresses[i]->address, &h.ipv4);
	return h;
}

static void check_in_peace(struct sim *s)
{
	const Weft__V1__Port *a = find_port(s, "projects/p/ports/calm-a");
	const Weft__V1__Port *b = find_port(s, "projects/p/ports/calm-b");
	struct frame_host from = host_of(a), to = host_of(b);
	struct frame f = frame_udp4(&from, to.mac, to.ipv4);

	world_send(&s->w, 0, a->binding->of_port, &f);
	if (s->w.n_received != 1 || world_count(&s->w, 0, b->binding->of_port) != 1)
		fail_sim("a packet between ports that nobody touches went to %u ports",
			 s->w.n_received);
}

static void storm(struct sim *s)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		happen(s);
		loop_virtual_run_for(s->w.loop, rng_below(&s->rng, 60) * NS_PER_MS);
		check_in_peace(s);
	}
	store_mem_disk_set_delay(s->w.disk, 0);
	for (unsigned i = 0; i < s->w.n_switches; i++)
		mem_switch_set_lag(s->w.switches[i].sw, 0);
	if (!world_settle(&s->w))
		fail_sim("it does not come to rest");
}

/* --- invariants --- */

static void check_knowledge(struct sim *s)
{
	for (unsigned i = 0; i < N_PORTS; i++) {
		char name[64];
		bool exists;

		snprintf(name, sizeof(name), "projects/p/ports/p%u", i);
		exists = find_port(s, name) != NULL;
		if (s->ports[i] == PRESENT && !exists)
			fail_sim("port %u was acknowledged and is gone", i);
		if (s->ports[i] == ABSENT && exists)
			fail_sim("port %u was deleted and is there", i);
		s->ports[i] = exists ? PRESENT : ABSENT;
	}
}

static void check_flows(struct sim *s)
{
	struct buf why = BUF_INIT;

	if (!engine_check(controller_engine(s->w.controller), &why))
		fail_sim("incremental is not recomputed: %s", buf_str(&why));
	for (unsigned i = 0; i < s->w.n_switches; i++) {
		const struct flow_map *installed = southbound_installed(
			controller_southbound(s->w.controller), world_datapath_id(i));
		struct flow_map should = FLOW_MAP_INIT;

		apps_recompute(controller_apps(s->w.controller), world_datapath_id(i), &should);
		if (!flow_map_equal(installed, &should))
			fail_sim("switch %u has %zu flows, not the %zu that it should", i,
				 flow_map_n(installed), flow_map_n(&should));
		if (datapath_n_flows(mem_switch_datapath(s->w.switches[i].sw)) !=
		    flow_map_n(&should))
			fail_sim("switch %u does not hold what it acknowledged", i);
		flow_map_fini(&should);
	}
	buf_fini(&why);
}

static unsigned switch_of(const Weft__V1__Port *p)
{
	return strtoul(p->binding->host + strlen("infrastructure/hosts/host"), NULL, 10);
}

static void check_plugged(struct sim *s)
{
	unsigned n_plugged[WORLD_SWITCHES] = { 0 };

	MODEL_FOREACH (r, controller_model(s->w.controller), &port_resource) {
		const Weft__V1__Port *p = (const Weft__V1__Port *)resource_msg(r);
		const struct of_port *port;
		struct datapath *dp;

		if (!p || !p->binding)
			continue;
		dp = mem_switch_datapath(s->w.switches[switch_of(p)].sw);
		port = datapath_port(dp, p->binding->of_port);
		if (!port || strncmp(port->name, p->binding->switch_port, 15) != 0)
			fail_sim("%s is not plugged at port %u of %s", p->name, p->binding->of_port,
				 p->binding->host);
		if (p->state != WEFT__V1__PORT__STATE__ACTIVE)
			fail_sim("%s is attached and not ACTIVE: %s", p->name, p->state_reason);
		n_plugged[switch_of(p)]++;
	}
	for (unsigned i = 0; i < s->w.n_switches; i++) {
		unsigned n;

		datapath_ports(mem_switch_datapath(s->w.switches[i].sw), &n);
		if (n != n_plugged[i])
			fail_sim("switch %u has %u ports, not the %u that are attached there", i, n,
				 n_plugged[i]);
	}
}

static bool are_neighbours(const Weft__V1__Port *a, const Weft__V1__Port *b)
{
	return a != b && strcmp(a->network, b->network) == 0 && switch_of(a) == switch_of(b);
}

static void check_pair(struct sim *s, const Weft__V1__Port *a, const Weft__V1__Port *b)
{
	struct frame_host from = host_of(a), to = host_of(b);
	struct frame f = frame_udp4(&from, to.mac, to.ipv4);
	unsigned n = are_neighbours(a, b);

	world_send(&s->w, switch_of(a), a->binding->of_port, &f);
	if (s->w.n_received != n || world_count(&s->w, switch_of(b), b->binding->of_port) != n)
		fail_sim("a packet from %s to %s went to %u ports", a->name, b->name,
			 s->w.n_received);
	if (!n)
		return;
	f = frame_arp_request(&from, from.ipv4, to.ipv4);
	world_send(&s->w, switch_of(a), a->binding->of_port, &f);
	if (s->w.n_received != 1 || world_count(&s->w, switch_of(a), a->binding->of_port) != 1)
		fail_sim("ARP from %s for %s is not answered", a->name, b->name);
}

static void check_packets(struct sim *s)
{
	struct model *m = controller_model(s->w.controller);

	MODEL_FOREACH (from, m, &port_resource) {
		const Weft__V1__Port *a = (const Weft__V1__Port *)resource_msg(from);
		struct frame_host host;
		struct frame f;
		unsigned n = 0;

		if (!a || !a->binding)
			continue;
		MODEL_FOREACH (to, m, &port_resource) {
			const Weft__V1__Port *b = (const Weft__V1__Port *)resource_msg(to);

			if (!b || !b->binding || a == b)
				continue;
			check_pair(s, a, b);
			n += are_neighbours(a, b);
		}
		host = host_of(a);
		f = frame_udp4(&host, frame_broadcast, (struct in_addr){ INADDR_NONE });
		world_send(&s->w, switch_of(a), a->binding->of_port, &f);
		if (s->w.n_received != n)
			fail_sim("a broadcast of %s reached %u ports instead of %u", a->name,
				 s->w.n_received, n);
	}
}

/* --- a run --- */

static void must_succeed(const struct world_caller *c, const struct status *st)
{
	(void)c;
	if (!status_ok(st))
		fail_sim("%s", st->message);
}

static const struct world_caller careful = { .done = must_succeed };

static void create_calm(struct sim *s, const char *id)
{
	world_call(&s->w, "PortService/CreatePort", &careful,
		   "{\"parent\":\"projects/p\",\"portId\":\"%s\",\"port\":"
		   "{\"network\":\"projects/p/networks/n0\"}}",
		   id);
	assert_true(world_settle(&s->w));
	world_call(&s->w, "PortService/AttachPort", &careful,
		   "{\"name\":\"projects/p/ports/%s\",\"kind\":\"TAP\","
		   "\"host\":\"infrastructure/hosts/host0\"}",
		   id);
	assert_true(world_settle(&s->w));
}

static void create_networks(struct sim *s)
{
	assert_true(world_settle(&s->w));
	world_call(&s->w, "ProjectService/CreateProject", &careful, "{\"projectId\":\"p\"}");
	assert_true(world_settle(&s->w));
	for (unsigned i = 0; i < N_NETWORKS; i++) {
		world_call(&s->w, "NetworkService/CreateNetwork", &careful,
			   "{\"parent\":\"projects/p\",\"networkId\":\"n%u\"}", i);
		assert_true(world_settle(&s->w));
		world_call(&s->w, "SubnetService/CreateSubnet", &careful,
			   "{\"parent\":\"projects/p/networks/n%u\",\"subnetId\":\"v4\","
			   "\"subnet\":{\"cidr\":\"10.0.0.0/24\"}}",
			   i);
		assert_true(world_settle(&s->w));
	}
}

static void run(uint64_t run_seed)
{
	sim = xcalloc(1, sizeof(*sim));
	seed = run_seed;
	rng_seed(&sim->rng, seed);
	world_init(&sim->w, WORLD_SWITCHES, seed);
	create_networks(sim);
	create_calm(sim, "calm-a");
	create_calm(sim, "calm-b");
	for (unsigned i = 0; i < STORMS; i++) {
		storm(sim);
		check_knowledge(sim);
		check_flows(sim);
		check_plugged(sim);
		check_packets(sim);
	}
	world_fini(&sim->w);
	free(sim);
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
