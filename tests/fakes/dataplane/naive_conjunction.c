/* The specification of conjunctive matches: for each conjunction, is there a matching rule for each
 * of its clauses? */

#include "tests/fakes/dataplane/naive_conjunction.h"

static uint64_t all_clauses(unsigned n_clauses)
{
	return n_clauses == 64 ? UINT64_MAX : (1ull << n_clauses) - 1;
}

/* Which clauses of the conjunction ID of N_CLAUSES rules of PRIORITY that match KEY stand for. */
static uint64_t clauses_met(const struct conjunction_rule *rules, unsigned n, int priority,
			    uint32_t id, unsigned n_clauses, const struct flow_key *key)
{
	uint64_t met = 0;

	for (unsigned r = 0; r < n; r++) {
		if (rules[r].priority != priority || !key_mask_matches(rules[r].match, key))
			continue;
		for (unsigned i = 0; i < rules[r].n; i++) {
			const struct conjunction_clause *c = &rules[r].clauses[i];

			if (c->id == id && c->n_clauses == n_clauses)
				met |= 1ull << c->clause;
		}
	}
	return met;
}

static bool is_known(const uint32_t *ids, unsigned n, uint32_t id)
{
	for (unsigned i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static unsigned find_at(const struct conjunction_rule *rules, unsigned n,
			const struct flow_key *key, int priority, uint32_t *ids)
{
	unsigned n_ids = 0;

	for (unsigned r = 0; r < n; r++) {
		if (rules[r].priority != priority)
			continue;
		for (unsigned i = 0; i < rules[r].n; i++) {
			const struct conjunction_clause *c = &rules[r].clauses[i];

			if (!is_known(ids, n_ids, c->id) &&
			    clauses_met(rules, n, priority, c->id, c->n_clauses, key) ==
				    all_clauses(c->n_clauses))
				ids[n_ids++] = c->id;
		}
	}
	return n_ids;
}

unsigned conjunctions_find_naively(const struct conjunction_rule *rules, unsigned n,
				   const struct flow_key *key, int below, int floor, int *priority,
				   uint32_t *ids)
{
	for (int p = below - 1; p > floor; p--) {
		unsigned n_ids = find_at(rules, n, key, p, ids);

		*priority = p;
		if (n_ids)
			return n_ids;
	}
	return 0;
}
