/* Security groups, address groups and admin policies changed at random for thousands of steps,
 * while ports talk: each packet's fate in a real switch in memory, connection tracking and all, is
 * compared with a plain model of what the API means, in both directions, of new and of established
 * connections, after each change.  And the flows are those that a controller would make that knew
 * everything from the beginning.  SIM_SEED=N repeats one run; SIM_RUNS=N makes more. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "lib/rng.h"
#include "tests/fakes/controller/net_world.h"
#include "tests/fakes/controller/plain_policy.h"

#define STEPS	   600
#define N_TALKS	   24
#define N_GROUPS   6 /* sets 0 to 5; the others are admin policies */
#define FIRST_SET  1000
#define FIRST_LIST 2000
/* A conversation is given up before the switch forgets it. */
#define TALK_NS	   (10 * NS_PER_SEC)

struct sim {
	struct net_world *net;
	struct plain_world w;
	struct rng rng;
	struct plain_talk talks[N_TALKS];
	uint64_t begun_ns[N_TALKS];
	uint64_t next_rule;
	uint16_t next_port;
	struct intent_pair pairs[PLAIN_MAX_PORTS];
	unsigned n_arrived, n_kept;
};

static uint64_t seed; /* of the run that is under way */

#define fail_sim(...)                                                                              \
	do {                                                                                       \
		print_error("SIM_SEED=%llu\n", (unsigned long long)seed);                          \
		fail_msg(__VA_ARGS__);                                                             \
	} while (0)

static unsigned below(struct sim *s, unsigned n)
{
	return rng_below(&s->rng, n);
}

/* --- changes --- */

static struct intent_prefix random_prefix(struct sim *s)
{
	struct intent_prefix p = { .is_ipv6 = below(s, 3) == 0 };
	unsigned total = p.is_ipv6 ? 128 : 32;

	p.length = below(s, 8) ? total - below(s, 4) : total - below(s, total + 1);
	if (p.is_ipv6)
		p.bytes[0] = 0xfd;
	else
		p.bytes[0] = 10;
	p.bytes[total / 8 - 1] = 1 + below(s, PLAIN_MAX_PORTS);
	for (unsigned i = p.length; i < total; i++)
		p.bytes[i / 8] &= ~(0x80 >> i % 8);
	return p;
}

static void random_remote(struct sim *s, struct intent_rule *rule)
{
	rule->remote = below(s, 4);
	if (rule->remote == REMOTE_PREFIX)
		rule->prefix = random_prefix(s);
	else if (rule->remote == REMOTE_TAG)
		rule->remote_id = FIRST_SET + below(s, N_GROUPS);
	else if (rule->remote == REMOTE_ADDRESSES)
		rule->remote_id = FIRST_LIST + below(s, 2);
}

static void random_rule(struct sim *s, struct plain_set *set, unsigned i)
{
	struct intent_rule *rule = &set->rules[i];

	*rule = (struct intent_rule){
		.number = s->next_rule++,
		.name = "r",
		.is_egress = below(s, 2),
		.families = 1 + below(s, 3),
		.protocol = below(s, 3)	  ? 17
			    : below(s, 2) ? -1
					  : 6,
		.icmp_type = -1,
		.icmp_code = -1,
		.action = set->intent.is_admin ? below(s, 3) : RULE_ALLOW,
	};
	if (rule->protocol == 17 && below(s, 2)) {
		set->ranges[i].first = 1000 + below(s, 40);
		set->ranges[i].last = set->ranges[i].first + below(s, 40);
		rule->ports = &set->ranges[i];
		rule->n_ports = 1;
	}
	random_remote(s, rule);
}

static void tell_set(struct sim *s, const struct plain_set *set)
{
	apps_set_rule_set(s->net->apps, &set->intent);
}

static void new_set(struct sim *s, unsigned i)
{
	struct plain_set *set = &s->w.sets[i];

	set->exists = true;
	snprintf(set->name, sizeof(set->name), "s%u", i);
	set->intent = (struct intent_rule_set){
		.id = FIRST_SET + i,
		.name = set->name,
		.is_admin = i >= N_GROUPS,
		.is_stateless = i < N_GROUPS && below(s, 4) == 0,
		.tier = i >= N_GROUPS ? below(s, 3) : 0,
		.priority = i >= N_GROUPS ? below(s, 2) : 0,
		.rules = set->rules,
	};
	set->intent.n_rules = 1 + below(s, 5);
	for (unsigned k = 0; k < set->intent.n_rules; k++)
		random_rule(s, set, k);
}

static void remove_rule(struct plain_set *set, unsigned at)
{
	for (unsigned k = at; k + 1 < set->intent.n_rules; k++) {
		set->rules[k] = set->rules[k + 1];
		set->ranges[k] = set->ranges[k + 1];
		if (set->rules[k].n_ports)
			set->rules[k].ports = &set->ranges[k];
	}
	set->intent.n_rules--;
}

static void change_set(struct sim *s)
{
	unsigned i = below(s, PLAIN_MAX_SETS);
	struct plain_set *set = &s->w.sets[i];

	if (!set->exists || below(s, 12) == 0) {
		new_set(s, i);
	} else if (below(s, 16) == 0) {
		set->exists = false;
		apps_remove_rule_set(s->net->apps, set->intent.id);
		return;
	} else if (set->intent.n_rules && below(s, 2)) {
		remove_rule(set, below(s, set->intent.n_rules));
	} else if (set->intent.n_rules < PLAIN_MAX_RULES) {
		random_rule(s, set, set->intent.n_rules++);
	}
	tell_set(s, set);
}

static void change_addresses(struct sim *s)
{
	struct plain_addresses *list = &s->w.addresses[below(s, 2)];
	struct intent_prefix p;

	list->id = FIRST_LIST + (list - s->w.addresses);
	if (!list->exists) {
		list->exists = true;
		apps_set_addresses(s->net->apps, list->id, "list");
	}
	if (below(s, 20) == 0) {
		list->exists = false;
		list->n = 0;
		apps_remove_addresses(s->net->apps, list->id);
	} else if (list->n == PLAIN_MAX_ENTRIES || (list->n && below(s, 2))) {
		unsigned at = below(s, list->n);

		p = list->entries[at];
		list->entries[at] = list->entries[--list->n];
		apps_change_addresses(s->net->apps, list->id, NULL, 0, &p, 1);
	} else {
		p = random_prefix(s);
		for (unsigned i = 0; i < list->n; i++) {
			if (memcmp(&list->entries[i], &p, sizeof(p)) == 0)
				return;
		}
		list->entries[list->n++] = p;
		apps_change_addresses(s->net->apps, list->id, &p, 1, NULL, 0);
	}
}

static void change_port(struct sim *s, unsigned i)
{
	struct plain_port *port = &s->w.ports[i];
	struct intent_port *intent = &port->intent;

	intent->is_filtered = below(s, 8) != 0;
	intent->n_rule_sets = intent->n_tags = 0;
	for (unsigned k = 0; k < PLAIN_MAX_SETS && intent->n_rule_sets < 4; k++) {
		if (!intent->is_filtered || below(s, k < N_GROUPS ? 3 : 5))
			continue;
		port->sets[intent->n_rule_sets++] = FIRST_SET + k;
		if (k < N_GROUPS)
			port->tags[intent->n_tags++] = FIRST_SET + k;
	}
	intent->n_pairs = below(s, 6) == 0;
	s->pairs[i].prefix = random_prefix(s);
	memcpy(s->pairs[i].mac, intent->mac, sizeof(s->pairs[i].mac));
	apps_set_port(s->net->apps, intent);
}

static void new_port(struct sim *s, unsigned i)
{
	struct plain_port *port = &s->w.ports[i];
	struct net_port *net = &s->net->ports[i];

	net_world_set_port(s->net, i, 0, 1 + i);
	net_world_plug(s->net, i, 0);
	port->exists = true;
	port->ipv4 = net->host.ipv4;
	port->ipv6 = net->host.ipv6;
	port->intent = (struct intent_port){
		.id = net->id,
		.network_id = net_world_network_id(0),
		.name = "projects/p/ports/p",
		.n_ipv4 = 1,
		.ipv4 = &port->ipv4,
		.n_ipv6 = 1,
		.ipv6 = &port->ipv6,
		.rule_sets = port->sets,
		.tags = port->tags,
		.pairs = &s->pairs[i],
	};
	memcpy(port->intent.mac, net->host.mac, sizeof(port->intent.mac));
	change_port(s, i);
}

static void remove_port(struct sim *s, unsigned i)
{
	net_world_remove_port(s->net, i);
	s->w.ports[i].exists = false;
}

static void happen(struct sim *s)
{
	unsigned port = below(s, PLAIN_MAX_PORTS);

	switch (below(s, 10)) {
	case 0:
		if (!s->w.ports[port].exists)
			new_port(s, port);
		else if (below(s, 3) == 0)
			remove_port(s, port);
		break;
	case 1:
	case 2:
		if (s->w.ports[port].exists)
			change_port(s, port);
		break;
	case 3:
	case 4:
		change_addresses(s);
		break;
	default:
		change_set(s);
	}
}

/* --- packets --- */

/* RFC 1624: a word of the packet changes, and the checksum with it. */
static void set_word(struct frame *f, size_t at, uint16_t value, size_t checksum_at)
{
	uint16_t was = load_be16(f->data + at);
	uint32_t sum = load_be16(f->data + checksum_at);

	store_be16(f->data + at, value);
	if (!sum)
		return; /* UDP over IPv4 without one */
	sum = (uint16_t)~sum + (uint32_t)(uint16_t)~was + value;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	store_be16(f->data + checksum_at, (uint16_t)~sum ? (uint16_t)~sum : 0xffff);
}

static struct frame frame_of(const struct sim *s, const struct plain_talk *t, bool is_from_a)
{
	const struct frame_host *from = &s->net->ports[is_from_a ? t->a : t->b].host;
	const struct frame_host *to = &s->net->ports[is_from_a ? t->b : t->a].host;
	size_t udp = t->is_ipv6 ? 54 : 34;
	struct frame f = t->is_ipv6 ? frame_udp6(from, to->mac, &to->ipv6)
				    : frame_udp4(from, to->mac, to->ipv4);

	set_word(&f, udp, is_from_a ? t->a_port : t->b_port, udp + 6);
	set_word(&f, udp + 2, is_from_a ? t->b_port : t->a_port, udp + 6);
	return f;
}

static void new_talk(struct sim *s, unsigned i)
{
	struct plain_talk *t = &s->talks[i];

	*t = (struct plain_talk){
		.a = below(s, PLAIN_MAX_PORTS),
		.a_port = 20000 + s->next_port++ % 40000,
		.b_port = 990 + below(s, 100),
		.is_ipv6 = below(s, 3) == 0,
	};
	t->b = (t->a + 1 + below(s, PLAIN_MAX_PORTS - 1)) % PLAIN_MAX_PORTS;
	s->begun_ns[i] = loop_now_ns(s->net->loop);
}

static void exchange(struct sim *s, struct plain_talk *t, bool is_from_a)
{
	unsigned from = is_from_a ? t->a : t->b, to = is_from_a ? t->b : t->a;
	bool was_known = t->is_known, is_expected;
	struct frame f;

	if (!s->w.ports[from].exists)
		return;
	is_expected = plain_send(&s->w, t, is_from_a);
	f = frame_of(s, t, is_from_a);
	net_world_send(s->net, from, &f);
	if (is_expected)
		s->n_arrived++;
	else
		s->n_kept++;
	if (s->net->n_received == is_expected && (!is_expected || net_world_count(s->net, to) == 1))
		return;
	fail_sim("a packet of a%s connection, port %u to port %u (UDP %u to %u, IPv%u), %s",
		 was_known ? "n established" : " new", from, to, is_from_a ? t->a_port : t->b_port,
		 is_from_a ? t->b_port : t->a_port, t->is_ipv6 ? 6 : 4,
		 is_expected ? "should have arrived" : "should not have arrived");
}

static void talk(struct sim *s)
{
	for (unsigned i = 0; i < N_TALKS; i++) {
		if (loop_now_ns(s->net->loop) - s->begun_ns[i] > TALK_NS || below(s, 40) == 0)
			new_talk(s, i);
		exchange(s, &s->talks[i], below(s, 4) != 0);
		exchange(s, &s->talks[i], below(s, 2));
	}
}

/* --- a run --- */

static void check_flows(struct sim *s)
{
	uint64_t id = net_world_datapath_id(0);
	struct flow_map recomputed = FLOW_MAP_INIT;
	const struct flow_map *desired = flow_set_desired(flow_sets_get(s->net->sets, id));
	struct buf is = BUF_INIT, should = BUF_INIT;

	apps_recompute(s->net->apps, id, &recomputed);
	if (!flow_map_equal(desired, &recomputed)) {
		flow_map_print(desired, &is);
		flow_map_print(&recomputed, &should);
		fail_sim("flows are\n%sshould be\n%s", buf_str(&is), buf_str(&should));
	}
	if (!flow_map_equal(southbound_installed(s->net->sb, id), desired))
		fail_sim("the switch has other flows than desired");
	flow_map_fini(&recomputed);
}

static void start(struct sim *s)
{
	s->net = net_world_create(1);
	s->next_rule = 5000;
	net_world_set_network(s->net, 0, true);
	net_world_connect(s->net, 0);
	for (unsigned i = 0; i < PLAIN_MAX_SETS; i++) {
		new_set(s, i);
		tell_set(s, &s->w.sets[i]);
	}
	for (unsigned i = 0; i < PLAIN_MAX_PORTS; i++)
		new_port(s, i);
	for (unsigned i = 0; i < N_TALKS; i++)
		new_talk(s, i);
}

static void run(uint64_t run_seed)
{
	struct sim *s = xcalloc(1, sizeof(*s));

	seed = run_seed;
	rng_seed(&s->rng, seed);
	start(s);
	for (unsigned i = 0; i < STEPS; i++) {
		for (unsigned n = 1 + below(s, 3); n; n--)
			happen(s);
		if (!net_world_settle(s->net))
			fail_sim("it does not come to rest");
		check_flows(s);
		talk(s);
	}
	/* Both happen often, or this tests little. */
	assert_true(s->n_arrived > STEPS);
	assert_true(s->n_kept > STEPS);
	net_world_destroy(s->net);
	free(s);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_random_changes(void **state)
{
	uint64_t first = number_from("SIM_SEED", 1), n = number_from("SIM_RUNS", 5);

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		run(first + i);
}

/* --- a set that is replaced --- */

#define N_FILLERS 1500

/* UDP to ports 1000 to 1999 passes in both directions by every set that this makes. */
static void make_rules(struct intent_rule *rules, const struct intent_range *range, unsigned round)
{
	for (unsigned i = 0; i < N_FILLERS + 2; i++) {
		rules[i] = (struct intent_rule){ .number = 100000 + round * 2000 + i,
						 .name = "r",
						 .is_egress = i == 1,
						 .families = FAMILY_IPV4,
						 .protocol = i < 2 ? 17 : 6,
						 .icmp_type = -1,
						 .icmp_code = -1,
						 .n_ports = 1,
						 .ports = range };
		if (i < 2 && round % 2)
			rules[i].remote = REMOTE_TAG;
		else if (i >= 2)
			rules[i].remote = REMOTE_PREFIX;
		rules[i].remote_id = FIRST_SET;
		rules[i].prefix = (struct intent_prefix){ .length = 32 };
		store_be32(rules[i].prefix.bytes, 0x0b000000 + round * 2000 + i);
	}
}

static void tell_rules(struct sim *s, const struct intent_rule *rules)
{
	apps_set_rule_set(s->net->apps, &(struct intent_rule_set){ .id = FIRST_SET,
								   .name = "s",
								   .n_rules = N_FILLERS + 2,
								   .rules = rules });
}

static void join(struct sim *s, unsigned i)
{
	struct plain_port *port = &s->w.ports[i];

	new_port(s, i);
	port->intent.is_filtered = true;
	port->intent.n_rule_sets = port->intent.n_tags = 1;
	port->intent.n_pairs = 0;
	port->sets[0] = port->tags[0] = FIRST_SET;
	apps_set_port(s->net->apps, &port->intent);
}

static void expect(struct sim *s, uint16_t to_port, bool is_from_a, unsigned n_received)
{
	struct plain_talk t = { .a = 0, .b = 1, .a_port = 1500, .b_port = to_port };
	struct frame f = frame_of(s, &t, is_from_a);

	net_world_send(s->net, is_from_a ? 0 : 1, &f);
	assert_int_equal(s->net->n_received, n_received);
}

/* Packets that both sets allow pass all the time, others never; and it is one bundle. */
static void replace_while_packets_run(struct sim *s, struct intent_rule *rules,
				      const struct intent_range *range, unsigned round)
{
	struct southbound_counters before, after;
	unsigned n_steps = 0;

	southbound_count(s->net->sb, &before);
	make_rules(rules, range, round);
	tell_rules(s, rules);
	do {
		expect(s, 1501, true, 1);
		expect(s, 1501, false, 1);
		expect(s, 2500, true, 0);
		loop_virtual_run_for(s->net->loop, NS_PER_MS);
	} while (++n_steps < 5 || !southbound_is_idle(s->net->sb));
	southbound_count(s->net->sb, &after);
	assert_int_equal(after.n_bundles - before.n_bundles, 1);
	assert_int_equal(after.n_errors, 0);
}

static void test_a_set_is_replaced_at_once(void **state)
{
	struct intent_rule *rules = xcalloc(N_FILLERS + 2, sizeof(*rules));
	struct intent_range range = { 1000, 1999 };
	struct sim *s = xcalloc(1, sizeof(*s));

	(void)state;
	s->net = net_world_create(1);
	net_world_set_network(s->net, 0, true);
	net_world_connect(s->net, 0);
	make_rules(rules, &range, 0);
	tell_rules(s, rules);
	join(s, 0);
	join(s, 1);
	assert_true(net_world_settle(s->net));
	mem_switch_set_lag(s->net->switches[0].sw, 7 * NS_PER_MS);
	for (unsigned round = 1; round < 12; round++)
		replace_while_packets_run(s, rules, &range, round);
	net_world_destroy(s->net);
	free(s);
	free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_a_set_is_replaced_at_once),
	};

	log_set_level("error");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
