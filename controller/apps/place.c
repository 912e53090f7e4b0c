/* A network on one switch: its zone, its policies, and the bits of its remotes. */

#include <stdlib.h>

#include "controller/apps/apps_priv.h"

#define N_ZONES 65536

static bool is_zone_taken(const struct switch_rec *sw, unsigned zone)
{
	return sw->zones_taken[zone / 32] >> zone % 32 & 1;
}

/* The network's id if it is free on this switch, else the next zone that is; 0 is for others.
 * After so many networks, the last one shares a zone, and its tuples must differ. */
static uint16_t take_zone(struct switch_rec *sw, uint64_t network_id)
{
	unsigned zone = 1 + (network_id - 1) % (N_ZONES - 1);

	if (!sw->zones_taken)
		sw->zones_taken = xcalloc(N_ZONES / 32, sizeof(*sw->zones_taken));
	for (unsigned i = 1; i < N_ZONES && is_zone_taken(sw, zone); i++)
		zone = 1 + zone % (N_ZONES - 1);
	sw->zones_taken[zone / 32] |= 1u << zone % 32;
	return zone;
}

static void prefix_changed(void *arg, const struct intent_prefix *p,
			   const uint32_t bits[PREFIXES_WORDS])
{
	struct place *pl = arg;

	peers_state(pl->sw->set, pl->network->intent.id, p, bits);
}

struct place *place_create(struct switch_rec *sw, struct network_rec *net, const struct place *like)
{
	struct place *pl = xcalloc(1, sizeof(*pl));

	pl->sw = sw;
	pl->network = net;
	pl->like = like;
	pl->zone = like ? like->zone : take_zone(sw, net->intent.id);
	list_init(&pl->of_network);
	list_init(&pl->uses);
	pl->prefixes = prefixes_create(prefix_changed, pl);
	return pl;
}

void place_destroy(struct place *pl)
{
	if (!pl->like)
		pl->sw->zones_taken[pl->zone / 32] &= ~(1u << pl->zone % 32);
	list_remove(&pl->of_network);
	hmap_fini(&pl->remotes);
	prefixes_destroy(pl->prefixes);
	free(pl->ports);
	free(pl->why);
	free(pl);
}

static struct policy_use *find_use(struct place *pl, const struct policy *policy)
{
	struct policy_use *use;

	LIST_FOREACH (use, &policy->uses, of_policy) {
		if (use->place == pl)
			return use;
	}
	return NULL;
}

void place_add_policy(struct apps *a, struct place *pl, struct policy *policy)
{
	struct policy_use *use = policy ? find_use(pl, policy) : NULL;

	if (!policy)
		return;
	if (use) {
		use->n_ports++;
		return;
	}
	use = xcalloc(1, sizeof(*use));
	use->policy = policy;
	use->place = pl;
	use->n_ports = 1;
	list_insert(&policy->uses, &use->of_policy);
	list_insert(&pl->uses, &use->of_place);
	policy_state(a, use);
}

static void remove_use(struct apps *a, struct policy_use *use)
{
	policy_retract(a, use);
	list_remove(&use->of_policy);
	list_remove(&use->of_place);
	free(use);
}

void place_remove_policy(struct apps *a, struct place *pl, struct policy *policy)
{
	struct policy_use *use = policy ? find_use(pl, policy) : NULL;

	if (use && --use->n_ports == 0)
		remove_use(a, use);
}

void place_remove_policies(struct apps *a, struct place *pl)
{
	struct policy_use *use, *next;

	LIST_FOREACH_SAFE (use, next, &pl->uses, of_place)
		remove_use(a, use);
}
