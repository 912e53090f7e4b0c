#include "controller/apps/apps_priv.h"

#include <stdlib.h>

static uint64_t hash_id(uint64_t id)
{
	return hash_bytes(&id, sizeof(id));
}

struct apps *apps_create(struct flow_sets *sets, const struct apps_events *events, void *arg)
{
	struct apps *a = xcalloc(1, sizeof(*a));

	a->sets = sets;
	a->events = events;
	a->arg = arg;
	return a;
}

struct switch_rec *apps_find_switch(const struct apps *a, uint64_t datapath_id)
{
	HMAP_FOREACH_HASH (n, &a->switches, hash_id(datapath_id)) {
		struct switch_rec *sw = container_of(n, struct switch_rec, by_id);

		if (sw->datapath_id == datapath_id)
			return sw;
	}
	return NULL;
}

struct network_rec *apps_find_network(const struct apps *a, uint64_t id)
{
	HMAP_FOREACH_HASH (n, &a->networks, hash_id(id)) {
		struct network_rec *net = container_of(n, struct network_rec, by_id);

		if (net->intent.id == id)
			return net;
	}
	return NULL;
}

struct port_rec *apps_find_port(const struct apps *a, uint64_t id)
{
	HMAP_FOREACH_HASH (n, &a->ports, hash_id(id)) {
		struct port_rec *p = container_of(n, struct port_rec, by_id);

		if (p->intent.id == id)
			return p;
	}
	return NULL;
}

struct place *apps_find_place(const struct switch_rec *sw, uint64_t network_id)
{
	HMAP_FOREACH_HASH (n, &sw->places, hash_id(network_id)) {
		struct place *pl = container_of(n, struct place, by_network);

		if (pl->network->intent.id == network_id)
			return pl;
	}
	return NULL;
}

struct switch_rec *apps_get_switch(struct apps *a, uint64_t datapath_id)
{
	struct switch_rec *sw = apps_find_switch(a, datapath_id);

	if (sw)
		return sw;
	sw = xcalloc(1, sizeof(*sw));
	sw->datapath_id = datapath_id;
	sw->set = flow_sets_get(a->sets, datapath_id);
	list_init(&sw->waiting);
	hmap_insert(&a->switches, &sw->by_id, hash_id(datapath_id));
	apps_state_switch(sw->set);
	return sw;
}

static struct network_rec *get_network(struct apps *a, uint64_t id)
{
	struct network_rec *net = apps_find_network(a, id);

	if (net)
		return net;
	net = xcalloc(1, sizeof(*net));
	net->intent.id = id;
	list_init(&net->ports);
	list_init(&net->places);
	hmap_insert(&a->networks, &net->by_id, hash_id(id));
	return net;
}

static struct port_rec *get_port(struct apps *a, uint64_t id)
{
	struct port_rec *p = apps_find_port(a, id);

	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->intent.id = id;
	p->local.intent = &p->intent;
	list_init(&p->of_network);
	list_init(&p->waiting);
	hmap_insert(&a->ports, &p->by_id, hash_id(id));
	return p;
}

static struct place *get_place(struct switch_rec *sw, struct network_rec *net)
{
	struct place *pl = apps_find_place(sw, net->intent.id);

	if (pl)
		return pl;
	pl = place_create(sw, net, NULL);
	list_insert(&net->places, &pl->of_network);
	hmap_insert(&sw->places, &pl->by_network, hash_id(net->intent.id));
	return pl;
}

void apps_state_place(struct place *pl)
{
	struct local_network net = {
		.intent = &pl->network->intent,
		.n_ports = pl->n_ports,
		.ports = pl->ports,
		.is_tracked = pl->n_tracked,
		.zone = pl->zone,
	};

	apps_state_network(pl->sw->set, &net);
}

static struct port_rec *port_at(const struct place *pl, unsigned i)
{
	return container_of(pl->ports[i], struct port_rec, local);
}

void apps_state_ports(struct place *pl)
{
	for (unsigned i = 0; i < pl->n_ports; i++) {
		port_at(pl, i)->local.is_tracked = pl->n_tracked;
		apps_state_port(pl->sw->set, pl->ports[i]);
	}
}

static void destroy_place(struct place *pl)
{
	hmap_remove(&pl->sw->places, &pl->by_network);
	place_destroy(pl);
}

/* Index of the first port whose id is not below ID. */
static unsigned find_index(const struct place *pl, uint64_t id)
{
	unsigned low = 0, high = pl->n_ports;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;

		if (pl->ports[mid]->intent->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void enter_place(struct port_rec *p, struct place *pl)
{
	unsigned at = find_index(pl, p->intent.id);

	if (pl->n_ports == pl->capacity) {
		pl->capacity = MAX_OF(pl->capacity * 2, 8);
		pl->ports = xrealloc(pl->ports, pl->capacity * sizeof(*pl->ports));
	}
	memmove(&pl->ports[at + 1], &pl->ports[at], (pl->n_ports - at) * sizeof(*pl->ports));
	pl->ports[at] = &p->local;
	pl->n_ports++;
	p->place = pl;
	p->local.port_no = p->port_no;
	hmap_insert(&pl->sw->ports, &p->by_port_no, hash_id(p->port_no));
}

/* Connections are tracked because of P, or it does no more without. */
static void count_tracking(struct port_rec *p, bool is_tracking)
{
	struct place *pl = p->place;
	bool was_tracked = pl->n_tracked;

	if (is_tracking == p->is_placed_tracking)
		return;
	p->is_placed_tracking = is_tracking;
	pl->n_tracked += is_tracking ? 1 : -1;
	if (was_tracked != (pl->n_tracked > 0))
		apps_state_ports(pl);
}

static bool is_tracking(const struct intent_port *port)
{
	return port->is_filtered || port->limits.new_connections;
}

/* The place counts what P is now. */
static void join_policy(struct apps *a, struct port_rec *p)
{
	struct policy *was = p->placed_policy;

	if (p->policy != was) {
		place_add_policy(a, p->place, p->policy);
		place_remove_policy(a, p->place, was);
		p->placed_policy = p->policy;
	}
	p->local.policy = p->policy ? p->policy->number : 0;
	count_tracking(p, is_tracking(&p->intent));
	p->local.is_tracked = p->place->n_tracked;
}

static void leave_place(struct apps *a, struct port_rec *p)
{
	struct place *pl = p->place;
	unsigned at = find_index(pl, p->intent.id);

	memmove(&pl->ports[at], &pl->ports[at + 1], (pl->n_ports - at - 1) * sizeof(*pl->ports));
	pl->n_ports--;
	hmap_remove(&pl->sw->ports, &p->by_port_no);
	list_remove(&p->waiting);
	place_remove_policy(a, pl, p->placed_policy);
	p->placed_policy = NULL;
	count_tracking(p, false);
	p->place = NULL;
	p->n_refused = 0;
	apps_retract_port(pl->sw->set, &p->local);
	if (pl->n_ports) {
		apps_state_place(pl);
		return;
	}
	apps_retract(pl->sw->set, pl->network->intent.id);
	destroy_place(pl);
}

/* Its flows were stated: when the switch has acknowledged them is told by the generation. */
static void await_acknowledgement(struct port_rec *p, uint64_t generation_before)
{
	struct switch_rec *sw = p->place->sw;
	uint64_t now = flow_set_generation(sw->set);

	if (now == generation_before && p->generation)
		return;
	p->generation = now;
	list_remove(&p->waiting);
	if (now > sw->acknowledged)
		list_insert(&sw->waiting, &p->waiting);
}

/* Bring the port's flows to where they belong.  IS_FLOOD_NEW: floods reach it another way. */
static void place_port(struct apps *a, struct port_rec *p, bool is_flood_new)
{
	bool is_placed = p->is_known && p->network->is_known && p->port_no;
	struct switch_rec *sw = is_placed ? apps_get_switch(a, p->datapath_id) : NULL;
	bool is_moved = p->place && (!sw || p->place->sw != sw || p->place->network != p->network ||
				     p->local.port_no != p->port_no);
	uint64_t before = sw ? flow_set_generation(sw->set) : 0;
	bool is_new = sw && (!p->place || is_moved);

	if (is_moved)
		leave_place(a, p);
	if (sw) {
		if (!p->place) {
			p->generation = 0;
			enter_place(p, get_place(sw, p->network));
		}
		join_policy(a, p);
		apps_state_port(sw->set, &p->local);
		if (is_new || is_flood_new)
			apps_state_place(p->place);
		await_acknowledgement(p, before);
	}
	apps_settle_phase(a, p);
}

static void place_ports_of(struct apps *a, struct network_rec *net)
{
	struct port_rec *p, *next;

	LIST_FOREACH_SAFE (p, next, &net->ports, of_network)
		place_port(a, p, false);
}

static void forget_network_if_unused(struct apps *a, struct network_rec *net)
{
	if (net->is_known || !list_is_empty(&net->ports))
		return;
	hmap_remove(&a->networks, &net->by_id);
	free((char *)net->intent.name);
	free(net);
}

void apps_set_network(struct apps *a, const struct intent_network *intent)
{
	struct network_rec *net = get_network(a, intent->id);

	free((char *)net->intent.name);
	net->intent.name = xstrdup(intent->name);
	if (net->is_known)
		return;
	net->is_known = true;
	place_ports_of(a, net);
}

void apps_remove_network(struct apps *a, uint64_t id)
{
	struct network_rec *net = apps_find_network(a, id);

	if (!net)
		return;
	net->is_known = false;
	place_ports_of(a, net);
	forget_network_if_unused(a, net);
}

/* Appends to the memory at *AT, and advances it. */
static const void *append(char **at, const void *data, size_t size)
{
	char *to = *at;

	if (size)
		memcpy(to, data, size);
	*at += (size + 7) & ~(size_t)7;
	return to;
}

#define SIZE_OF(INTENT, MEMBER, N) ((((INTENT)->N * sizeof(*(INTENT)->MEMBER)) + 7) & ~(size_t)7)
#define COPY(MEMBER, N)                                                                            \
	p->intent.MEMBER = append(&at, intent->MEMBER, intent->N * sizeof(*intent->MEMBER))

/* The intent's arrays and name in one piece of memory. */
static void copy_intent(struct port_rec *p, const struct intent_port *intent)
{
	size_t size = SIZE_OF(intent, ipv6, n_ipv6) + SIZE_OF(intent, ipv4, n_ipv4) +
		      SIZE_OF(intent, pairs, n_pairs) + SIZE_OF(intent, tags, n_tags) +
		      SIZE_OF(intent, rule_sets, n_rule_sets) + strlen(intent->name) + 1;
	char *memory = xcalloc(1, size + 8), *at = memory;

	p->intent = *intent;
	COPY(ipv6, n_ipv6);
	COPY(ipv4, n_ipv4);
	COPY(pairs, n_pairs);
	COPY(tags, n_tags);
	COPY(rule_sets, n_rule_sets);
	p->intent.name = append(&at, intent->name, strlen(intent->name) + 1);
	free(p->memory);
	p->memory = memory;
}

#define IS_SAME(A, B, MEMBER, N)                                                                   \
	((A)->N == (B)->N &&                                                                       \
	 (!(A)->N || memcmp((A)->MEMBER, (B)->MEMBER, (A)->N * sizeof(*(A)->MEMBER)) == 0))

/* Whether rules that name ports mean both alike. */
static bool is_same_peer(const struct intent_port *a, const struct intent_port *b)
{
	return a->network_id == b->network_id && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       IS_SAME(a, b, ipv4, n_ipv4) && IS_SAME(a, b, ipv6, n_ipv6) &&
	       IS_SAME(a, b, pairs, n_pairs) && IS_SAME(a, b, tags, n_tags);
}

static void set_port_network(struct apps *a, struct port_rec *p, uint64_t network_id)
{
	struct network_rec *was = p->network;

	if (was && was->intent.id == network_id)
		return;
	if (p->place)
		leave_place(a, p);
	list_remove(&p->of_network);
	p->network = get_network(a, network_id);
	list_insert(&p->network->ports, &p->of_network);
	if (was)
		forget_network_if_unused(a, was);
}

void apps_set_port(struct apps *a, const struct intent_port *intent)
{
	struct port_rec *p = get_port(a, intent->id);
	bool is_peer_new = !p->is_known || !is_same_peer(&p->intent, intent);
	bool is_limit_new = !p->is_known ||
			    memcmp(&p->intent.limits, &intent->limits, sizeof(intent->limits)) != 0;
	struct policy *was = p->policy;

	if (is_peer_new && p->is_known)
		remotes_remove_port(a, p);
	set_port_network(a, p, intent->network_id);
	copy_intent(p, intent);
	p->is_known = true;
	p->policy = policy_get(a, &p->intent);
	if (is_peer_new)
		remotes_add_port(a, p);
	place_port(a, p, p->policy != was || is_limit_new || is_peer_new);
	policy_put(a, was);
}

static void forget_port_if_unused(struct apps *a, struct port_rec *p)
{
	if (p->is_known || p->port_no)
		return;
	hmap_remove(&a->ports, &p->by_id);
	free(p->memory);
	free(p->why);
	free(p);
}

void apps_remove_port(struct apps *a, uint64_t id)
{
	struct port_rec *p = apps_find_port(a, id);
	struct network_rec *net;

	if (!p || !p->is_known)
		return;
	p->is_known = false;
	place_port(a, p, false);
	remotes_remove_port(a, p);
	policy_put(a, p->policy);
	p->policy = NULL;
	net = p->network;
	list_remove(&p->of_network);
	p->network = NULL;
	forget_network_if_unused(a, net);
	forget_port_if_unused(a, p);
}

struct ids {
	uint64_t *list;
	size_t n;
};

/* The ids in MAP that are not wanted. */
#define COLLECT(IDS, MAP, REC, ID)                                                                 \
	do {                                                                                       \
		(IDS)->list = xcalloc((MAP)->n + 1, sizeof(*(IDS)->list));                         \
		(IDS)->n = 0;                                                                      \
		HMAP_FOREACH (node, MAP) {                                                         \
			const REC *rec = container_of(node, REC, by_id);                           \
                                                                                                   \
			if (!is_wanted(arg, rec->ID))                                              \
				(IDS)->list[(IDS)->n++] = rec->ID;                                 \
		}                                                                                  \
	} while (0)

static void remove_port(struct apps *a, uint64_t id)
{
	apps_set_location(a, id, 0, 0);
	apps_remove_port(a, id);
}

static void remove_each(struct apps *a, struct ids *ids, void (*remove)(struct apps *, uint64_t))
{
	for (size_t i = 0; i < ids->n; i++)
		remove(a, ids->list[i]);
	free(ids->list);
}

void apps_retain(struct apps *a, bool (*is_wanted)(void *arg, uint64_t id), void *arg)
{
	struct ids ids;

	COLLECT(&ids, &a->ports, struct port_rec, intent.id);
	remove_each(a, &ids, remove_port);
	COLLECT(&ids, &a->networks, struct network_rec, intent.id);
	remove_each(a, &ids, apps_remove_network);
	COLLECT(&ids, &a->rule_sets, struct rule_set_rec, id);
	remove_each(a, &ids, apps_remove_rule_set);
	COLLECT(&ids, &a->addresses, struct addresses_rec, id);
	remove_each(a, &ids, apps_remove_addresses);
}

void apps_add_switch(struct apps *a, uint64_t datapath_id)
{
	apps_get_switch(a, datapath_id);
}

void apps_set_location(struct apps *a, uint64_t port_id, uint64_t datapath_id, uint32_t port_no)
{
	struct port_rec *p = port_no ? get_port(a, port_id) : apps_find_port(a, port_id);

	if (!p)
		return;
	p->datapath_id = port_no ? datapath_id : 0;
	p->port_no = port_no;
	place_port(a, p, false);
	forget_port_if_unused(a, p);
}

const struct intent_port *apps_port_at(const struct apps *a, uint64_t datapath_id, uint32_t port_no)
{
	struct switch_rec *sw = apps_find_switch(a, datapath_id);

	if (!sw)
		return NULL;
	HMAP_FOREACH_HASH (n, &sw->ports, hash_id(port_no)) {
		struct port_rec *p = container_of(n, struct port_rec, by_port_no);

		if (p->local.port_no == port_no)
			return &p->intent;
	}
	return NULL;
}

static void destroy_switches(struct apps *a)
{
	HMAP_FOREACH_SAFE (n, &a->switches) {
		struct switch_rec *sw = container_of(n, struct switch_rec, by_id);

		HMAP_FOREACH_SAFE (m, &sw->places) {
			struct place *pl = container_of(m, struct place, by_network);

			place_remove_policies(a, pl);
			place_destroy(pl);
		}
		hmap_fini(&sw->places);
		hmap_fini(&sw->ports);
		free(sw->zones_taken);
		free(sw);
	}
	hmap_fini(&a->switches);
}

static void destroy_ports(struct apps *a)
{
	HMAP_FOREACH_SAFE (n, &a->ports) {
		struct port_rec *p = container_of(n, struct port_rec, by_id);

		remotes_remove_port(a, p);
		policy_put(a, p->policy);
		free(p->memory);
		free(p->why);
		free(p);
	}
	hmap_fini(&a->ports);
}

void apps_destroy(struct apps *a)
{
	if (!a)
		return;
	destroy_switches(a);
	destroy_ports(a);
	HMAP_FOREACH_SAFE (n, &a->networks) {
		struct network_rec *net = container_of(n, struct network_rec, by_id);

		free((char *)net->intent.name);
		free(net);
	}
	hmap_fini(&a->networks);
	remotes_fini(a);
	rule_sets_fini(a);
	hmap_fini(&a->policies_by_number);
	hmap_fini(&a->policies_by_key);
	free(a);
}
