/* What rules do, shared between them (effect.h). */

#include "dataplane/table/effect.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include "dataplane/table/flow.h"
#include "dataplane/table/learned.h"
#include "dataplane/table/tables.h"

#define ETH_TYPE_IPV6 0x86dd

static struct effect_facts facts_of(const struct flow_key *key)
{
	struct effect_facts f = { .eth_type = key->eth_type,
				  .ip_proto = key->ip_proto,
				  .ip_frag = key->ip_frag,
				  .ct_state = key->ct_state };

	store_be16(&f.vlan_tci, load_be16(&key->vlan_tci) & KEY_VLAN_PRESENT);
	if (load_be16(&key->eth_type) == ETH_TYPE_IPV6 && key->ip_proto == IPPROTO_ICMPV6) {
		f.tp_src = key->tp_src;
		f.tp_dst = key->tp_dst;
	}
	return f;
}

static void facts_to_key(const struct effect_facts *f, struct flow_key *key)
{
	memset(key, 0, sizeof(*key));
	key->eth_type = f->eth_type;
	key->vlan_tci = f->vlan_tci;
	key->tp_src = f->tp_src;
	key->tp_dst = f->tp_dst;
	key->ip_proto = f->ip_proto;
	key->ip_frag = f->ip_frag;
	key->ct_state = f->ct_state;
}

static bool facts_equal(const struct effect_facts *a, const struct effect_facts *b)
{
	return a->eth_type == b->eth_type && a->vlan_tci == b->vlan_tci && a->tp_src == b->tp_src &&
	       a->tp_dst == b->tp_dst && a->ip_proto == b->ip_proto && a->ip_frag == b->ip_frag &&
	       a->ct_state == b->ct_state;
}

static bool is_equal(const struct effect *x, uint8_t table_id, const struct effect_facts *facts,
		     const struct of_instructions *ins)
{
	return x->table_id == table_id && facts_equal(&x->facts, facts) &&
	       of_instructions_equal(x->instructions, ins);
}

/* Whether the groups and meters that it names are still what they were when it was compiled. */
static bool is_current(const struct effect *x, const struct action_refs *refs)
{
	return !x->names.n || x->generation == refs->generation(refs->ctx);
}

static uint64_t hash_of(uint8_t table_id, const struct effect_facts *f,
			const struct of_instructions *ins)
{
	uint64_t words[] = {
		of_instructions_hash(ins),
		(uint64_t)table_id << 48 | (uint64_t)f->eth_type << 32 |
			(uint64_t)f->vlan_tci << 16 | (uint64_t)f->ip_proto << 8 | f->ip_frag,
		(uint64_t)f->ct_state << 32 | (uint64_t)f->tp_src << 16 | f->tp_dst,
	};

	return hash_bytes(words, sizeof(words));
}

/* Apply-actions run before write-actions, so what they do to the packet is known to the latter. */
static int compile(struct effect *x, const struct action_refs *refs, struct of_error *err)
{
	const struct of_instructions *ins = x->instructions;
	struct flow_key facts;
	struct action_env env = { .facts = &facts,
				  .refs = refs,
				  .n_tables = TABLES_N,
				  .is_egress =
					  refs->first_egress && x->table_id >= refs->first_egress,
				  .has_meter = ins->has_meter,
				  .meter_id = ins->meter_id };

	facts_to_key(&x->facts, &facts);
	if (ins->has_apply || ins->has_meter) {
		x->apply = action_compile(&ins->apply, &env, err);
		if (!x->apply)
			return -1;
	}
	if (ins->has_write) {
		env.has_meter = false;
		env.is_action_set = true;
		x->write = action_compile(&ins->write, &env, err);
		if (!x->write)
			return -1;
	}
	return 0;
}

static void destroy(struct effect *x)
{
	names_fini(&x->names);
	free(x->in_names);
	free(x->rules);
	action_program_destroy(x->apply);
	action_program_destroy(x->write);
	free((void *)x->instructions);
	free(x);
}

/* A clause has no instruction but its conjunctions. */
static int check_clause(const struct effect *x, struct of_error *err)
{
	const struct of_instructions *ins = x->instructions;

	if (x->write || ins->has_goto || ins->has_metadata || ins->has_clear || ins->has_meter)
		return of_error_set_nx(err, NXBAC_BAD_CONJUNCTION);
	return 0;
}

static struct effect *create(const struct of_instructions *ins, uint8_t table_id,
			     const struct effect_facts *facts, const struct action_refs *refs,
			     struct of_error *err)
{
	struct effect *x = xcalloc(1, sizeof(*x));
	const struct action_program *programs[2];

	x->table_id = table_id;
	x->facts = *facts;
	x->instructions = of_instructions_dup(ins);
	if (compile(x, refs, err) < 0) {
		destroy(x);
		return NULL;
	}
	programs[0] = x->apply;
	programs[1] = x->write;
	for (unsigned i = 0; i < ARRAY_LENGTH(programs); i++) {
		if (!programs[i])
			continue;
		x->depth = MAX_OF(x->depth, programs[i]->depth);
		x->lines |= programs[i]->lines;
	}
	x->is_clause = learned_is_clause(x->apply);
	x->is_plain = plain_effect_of(x->instructions, x->apply, &x->plain);
	x->is_aside = !x->is_plain && is_aside_effect(x->instructions, x->apply);
	x->is_tracking = !x->is_plain && is_tracking_effect(x->instructions, x->apply, table_id);
	x->teaches = learned_teaches(x->apply);
	if (x->is_clause && check_clause(x, err) < 0) {
		destroy(x);
		return NULL;
	}
	names_add(&x->names, x->apply);
	names_add(&x->names, x->write);
	x->generation = x->names.n ? refs->generation(refs->ctx) : 0;
	return x;
}

/* --- which rules do what names a group or meter --- */

static uint64_t name_hash(enum action_kind kind, uint32_t id)
{
	return ((uint64_t)kind << 32 | id) * 0x9e3779b97f4a7c15ull >> 20;
}

static void add_names(struct effects *e, struct effect *x)
{
	if (!x->names.n)
		return;
	x->in_names = xcalloc(x->names.n, sizeof(*x->in_names));
	for (unsigned i = 0; i < x->names.n; i++) {
		const struct name *name = &x->names.list[i];

		x->in_names[i].effect = x;
		hmap_insert(&e->by_name, &x->in_names[i].in_effects,
			    name_hash(name->kind, name->id));
	}
}

static void remove_names(struct effects *e, struct effect *x)
{
	for (unsigned i = 0; i < x->names.n; i++)
		hmap_remove(&e->by_name, &x->in_names[i].in_effects);
}

void effects_naming(struct effects *e, enum action_kind kind, uint32_t id,
		    void (*cb)(void *ctx, struct effect *x), void *ctx)
{
	HMAP_FOREACH_HASH (n, &e->by_name, name_hash(kind, id)) {
		struct effect *x = container_of(n, struct effect_name, in_effects)->effect;

		if (names_have(&x->names, kind, id))
			cb(ctx, x);
	}
}

void effect_link(struct effect *x, struct rule *r)
{
	if (x->n_rules == x->rules_room) {
		x->rules_room = MAX_OF(2 * x->rules_room, 4u);
		x->rules = xrealloc(x->rules, x->rules_room * sizeof(x->rules[0]));
	}
	r->place_in_effect = x->n_rules;
	x->rules[x->n_rules++] = r;
}

void effect_unlink(struct effect *x, struct rule *r)
{
	struct rule *last = x->rules[--x->n_rules];

	assert(x->rules[r->place_in_effect] == r);
	x->rules[r->place_in_effect] = last;
	last->place_in_effect = r->place_in_effect;
}

/* --- finding and making them --- */

static struct effect *find(const struct effects *e, uint64_t hash, uint8_t table_id,
			   const struct effect_facts *facts, const struct of_instructions *ins,
			   const struct action_refs *refs)
{
	HMAP_FOREACH_HASH (n, &e->map, hash) {
		struct effect *x = container_of(n, struct effect, in_effects);

		if (is_equal(x, table_id, facts, ins) && is_current(x, refs))
			return x;
	}
	return NULL;
}

struct effect *effect_get(struct effects *e, const struct of_instructions *ins, uint8_t table_id,
			  const struct flow_key *key, const struct action_refs *refs,
			  struct of_error *err)
{
	struct effect_facts facts = facts_of(key);
	struct effect *x = e->last;
	uint64_t hash;

	if (!x || !is_equal(x, table_id, &facts, ins) || !is_current(x, refs)) {
		hash = hash_of(table_id, &facts, ins);
		x = find(e, hash, table_id, &facts, ins, refs);
		if (!x) {
			x = create(ins, table_id, &facts, refs, err);
			if (!x)
				return NULL;
			hmap_insert(&e->map, &x->in_effects, hash);
			add_names(e, x);
		}
		e->last = x;
	}
	x->n_refs++;
	return x;
}

void effect_unref(struct effects *e, struct effect *x)
{
	if (--x->n_refs)
		return;
	if (e->last == x)
		e->last = NULL;
	hmap_remove(&e->map, &x->in_effects);
	remove_names(e, x);
	destroy(x);
}

void effects_fini(struct effects *e)
{
	assert(e->map.n == 0);
	hmap_fini(&e->map);
	hmap_fini(&e->by_name);
}
