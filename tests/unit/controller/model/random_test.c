/* Random calls, many at once, on a disk that is full now and then, with restarts in between: what
 * was acknowledged is there, what failed is not, addresses are unique, and what a restarted model
 * reads is what the one before had. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/fakes/controller/model_world.h"
#include "proto/weft/v1/port.pb-c.h"
#include "proto/weft/v1/security_group.pb-c.h"

#define N_NETWORKS 3
#define N_GROUPS   4
#define N_PORTS	   12
#define N_AT_ONCE  6
#define ROUNDS	   400

struct named_call {
	struct test_call call;
	char name[64]; /* of the resource */
	bool is_create, is_delete;
};

static struct rng rng;

static unsigned below(unsigned n)
{
	return rng_below(&rng, n);
}

static void begin_network(struct model_world *w, struct named_call *c)
{
	unsigned i = below(N_NETWORKS);
	char request[256];

	snprintf(c->name, sizeof(c->name), "projects/p/networks/n%u", i);
	switch (below(4)) {
	case 0:
		c->is_delete = true;
		snprintf(request, sizeof(request), "{\"name\":\"%s\"}", c->name);
		call_begin(w, &c->call, "NetworkService/DeleteNetwork", request);
		return;
	case 1:
		snprintf(c->name, sizeof(c->name), "projects/p/networks/n%u/subnets/s", i);
		c->is_create = true;
		snprintf(request, sizeof(request),
			 "{\"parent\":\"projects/p/networks/n%u\",\"subnetId\":\"s\",\"subnet\":"
			 "{\"cidr\":\"10.0.0.0/29\"}}",
			 i);
		call_begin(w, &c->call, "SubnetService/CreateSubnet", request);
		return;
	case 2:
		snprintf(c->name, sizeof(c->name), "projects/p/networks/n%u/subnets/s", i);
		c->is_delete = true;
		snprintf(request, sizeof(request), "{\"name\":\"%s\"}", c->name);
		call_begin(w, &c->call, "SubnetService/DeleteSubnet", request);
		return;
	}
	c->is_create = true;
	snprintf(request, sizeof(request), "{\"parent\":\"projects/p\",\"networkId\":\"n%u\"}", i);
	call_begin(w, &c->call, "NetworkService/CreateNetwork", request);
}

static void begin_group(struct model_world *w, struct named_call *c)
{
	unsigned i = below(N_GROUPS);
	char request[512], rules[256];

	snprintf(c->name, sizeof(c->name), "projects/p/securityGroups/g%u", i);
	snprintf(rules, sizeof(rules),
		 "\"rules\":[{\"direction\":\"INGRESS\",\"remoteGroup\":"
		 "\"projects/p/securityGroups/g%u\"},{\"direction\":\"EGRESS\",\"protocol\":"
		 "\"%u\"}]",
		 below(N_GROUPS), below(3));
	switch (below(4)) {
	case 0:
		c->is_delete = true;
		snprintf(request, sizeof(request), "{\"name\":\"%s\"}", c->name);
		call_begin(w, &c->call, "SecurityGroupService/DeleteSecurityGroup", request);
		return;
	case 1:
		snprintf(request, sizeof(request), "{\"name\":\"%s\",%s}", c->name, rules);
		call_begin(w, &c->call, "SecurityGroupService/ReplaceRules", request);
		return;
	}
	c->is_create = true;
	snprintf(request, sizeof(request),
		 "{\"parent\":\"projects/p\",\"securityGroupId\":\"g%u\",\"securityGroup\":{%s}}",
		 i, below(2) ? rules : "");
	call_begin(w, &c->call, "SecurityGroupService/CreateSecurityGroup", request);
}

static void begin_port(struct model_world *w, struct named_call *c)
{
	unsigned i = below(N_PORTS);
	char request[256];

	snprintf(c->name, sizeof(c->name), "projects/p/ports/p%u", i);
	switch (below(7)) {
	case 6:
		snprintf(request, sizeof(request),
			 "{\"port\":{\"name\":\"%s\",\"securityGroups\":["
			 "\"projects/p/securityGroups/g%u\"]}}",
			 c->name, below(N_GROUPS));
		call_begin(w, &c->call, "PortService/UpdatePort", request);
		return;
	case 0:
	case 1:
		c->is_create = true;
		snprintf(request, sizeof(request),
			 "{\"parent\":\"projects/p\",\"portId\":\"p%u\",\"port\":{\"network\":"
			 "\"projects/p/networks/n%u\"}}",
			 i, below(N_NETWORKS));
		call_begin(w, &c->call, "PortService/CreatePort", request);
		return;
	case 2:
		c->is_delete = true;
		snprintf(request, sizeof(request), "{\"name\":\"%s\"}", c->name);
		call_begin(w, &c->call, "PortService/DeletePort", request);
		return;
	case 3:
		snprintf(request, sizeof(request),
			 "{\"port\":{\"name\":\"%s\",\"ipAddresses\":[{\"address\":\"10.0.0.%u\"}]}"
			 "}",
			 c->name, below(8));
		call_begin(w, &c->call, "PortService/UpdatePort", request);
		return;
	case 4:
		snprintf(request, sizeof(request),
			 "{\"name\":\"%s\",\"kind\":\"TAP\",\"host\":\"infrastructure/hosts/h1\"}",
			 c->name);
		call_begin(w, &c->call, "PortService/AttachPort", request);
		return;
	}
	snprintf(request, sizeof(request), "{\"name\":\"%s\"}", c->name);
	call_begin(w, &c->call, "PortService/DetachPort", request);
}

/* All that exists, as text. */
static void everything(struct model_world *w, struct buf *out)
{
	static const char *const lists[][2] = {
		{ "NetworkService/ListNetworks", "{\"parent\":\"projects/p\",\"pageSize\":1000}" },
		{ "SubnetService/ListSubnets", "{\"parent\":\"projects/p/networks/-\"}" },
		{ "SecurityGroupService/ListSecurityGroups", "{\"parent\":\"projects/p\"}" },
		{ "PortService/ListPorts", "{\"parent\":\"projects/p\",\"pageSize\":1000}" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		const char *json = call_ok(w, lists[i][0], lists[i][1]), *end = NULL;

		/* The list's own revision, at its end, may differ: hosts have changed. */
		for (const char *at = json; (at = strstr(at, "\"revision\"")) != NULL; at++)
			end = at;
		buf_add(out, json, end - json);
	}
}

static void check_unique_addresses(struct model_world *w)
{
	MODEL_FOREACH (a, w->model, &port_resource) {
		const Weft__V1__Port *x = (const Weft__V1__Port *)resource_msg(a);

		MODEL_FOREACH (b, w->model, &port_resource) {
			const Weft__V1__Port *y = (const Weft__V1__Port *)resource_msg(b);

			if (a == b || strcmp(x->network, y->network) != 0)
				continue;
			assert_string_not_equal(x->mac_address, y->mac_address);
			for (size_t i = 0; i < x->n_ip_addresses; i++)
				for (size_t k = 0; k < y->n_ip_addresses; k++)
					assert_string_not_equal(x->ip_addresses[i]->address,
								y->ip_addresses[k]->address);
		}
	}
}

/* What it refers to exists, and is committed. */
static void check_references(struct model_world *w)
{
	MODEL_FOREACH (r, w->model, &port_resource) {
		const Weft__V1__Port *p = (const Weft__V1__Port *)resource_msg(r);

		assert_non_null(model_find(w->model, p->network));
		for (size_t i = 0; i < p->n_ip_addresses; i++)
			assert_non_null(model_find(w->model, p->ip_addresses[i]->subnet));
		for (size_t i = 0; i < p->n_security_groups; i++)
			assert_non_null(model_find(w->model, p->security_groups[i]));
	}
	MODEL_FOREACH (r, w->model, &security_group_resource) {
		const Weft__V1__SecurityGroup *g = (const Weft__V1__SecurityGroup *)resource_msg(r);

		for (size_t i = 0; i < g->n_rules; i++)
			assert_true(!*g->rules[i]->remote_group ||
				    model_find(w->model, g->rules[i]->remote_group));
	}
}

/* Ids of a group's rules are its own, and numbers are nobody else's. */
static void check_rules(struct model_world *w)
{
	MODEL_FOREACH (r, w->model, &security_group_resource) {
		const Weft__V1__SecurityGroup *g = (const Weft__V1__SecurityGroup *)resource_msg(r);

		for (size_t i = 0; i < g->n_rules; i++) {
			assert_null(model_find_id(w->model, g->rules[i]->number));
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(g->rules[i]->id, g->rules[k]->id);
		}
		MODEL_FOREACH (s, w->model, &security_group_resource) {
			const Weft__V1__SecurityGroup *h =
				(const Weft__V1__SecurityGroup *)resource_msg(s);

			for (size_t i = 0; i < g->n_rules; i++)
				for (size_t k = 0; k < h->n_rules; k++)
					assert_true((r == s && i == k) ||
						    g->rules[i]->number != h->rules[k]->number);
		}
	}
}

static void check_outcome(struct model_world *w, const struct named_call *c, bool is_alone)
{
	assert_true(c->call.is_over);
	if (!is_alone || !status_ok(&c->call.status))
		return;
	if (c->is_create)
		assert_non_null(model_find(w->model, c->name));
	if (c->is_delete)
		assert_null(model_find(w->model, c->name));
}

static void restart(struct model_world *w)
{
	struct buf before = BUF_INIT, after = BUF_INIT;

	everything(w, &before);
	model_world_restart(w);
	everything(w, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	buf_fini(&before);
	buf_fini(&after);
	world_connect_host(w, 1, "h1");
}

static void run(uint64_t seed)
{
	struct model_world w;
	unsigned n_ok = 0;

	rng_seed(&rng, seed);
	model_world_init(&w);
	call_ok(&w, "ProjectService/CreateProject", "{\"projectId\":\"p\"}");
	world_connect_host(&w, 1, "h1");
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct named_call calls[N_AT_ONCE] = { 0 };
		unsigned n = 1 + below(N_AT_ONCE);

		store_mem_disk_set_full(w.disk, below(8) == 0);
		store_mem_disk_set_delay(w.disk, below(3) * NS_PER_MS);
		w.plug_delay_ns = below(3) * NS_PER_MS;
		for (unsigned i = 0; i < n; i++) {
			if (below(4) == 0)
				begin_group(&w, &calls[i]);
			else if (below(2))
				begin_network(&w, &calls[i]);
			else
				begin_port(&w, &calls[i]);
			if (below(3) == 0)
				loop_virtual_run_for(w.loop, below(4) * NS_PER_MS);
		}
		loop_virtual_run_for(w.loop, NS_PER_SEC / 2);
		store_mem_disk_set_full(w.disk, false);
		loop_virtual_run_for(w.loop, 20 * NS_PER_SEC);
		for (unsigned i = 0; i < n; i++) {
			check_outcome(&w, &calls[i], n == 1);
			n_ok += status_ok(&calls[i].call.status);
			call_fini(&calls[i].call);
		}
		check_unique_addresses(&w);
		check_references(&w);
		check_rules(&w);
		if (below(20) == 0)
			restart(&w);
	}
	assert_true(n_ok > ROUNDS / 2);
	restart(&w);
	model_world_fini(&w);
}

static void test_random_calls(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_calls) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
