/* From a packet's key to a flow-mod, and that into the tables. */

#include "dataplane/learn/learn.h"

#include <openflow/openflow-common.h>
#include "dataplane/action/bits.h"
#include "dataplane/packet/key_fields.h"
#include "dataplane/table/learned.h"
#include "dataplane/table/tlv_table.h"
#include "proto/openflow/action_fin_timeout.h"
#include "proto/openflow/action_output.h"
#include "proto/openflow/action_set_field.h"

#define LAST_PORT 0xfeff /* of OpenFlow 1.0, whose 16-bit numbers fields have */

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return n == 0;
}

/* The fields whose bits KM's mask has.  One place in the key may be several fields'; the packet
 * that the key tells of has one of them. */
static void match_of(const struct key_mask *km, struct arena *a, struct of_match *out)
{
	*out = (struct of_match){ 0 };
	for (unsigned id = 0; id < OF_FIELD_FIRST_VIEW; id++) {
		uint8_t value[OF_FIELD_MAX_BYTES] = { 0 }, mask[OF_FIELD_MAX_BYTES] = { 0 };
		const struct of_field *f = of_field(id);

		if (!key_place(id)->size || !key_has_prereq(&km->key, f->prereq))
			continue;
		key_field_get(&km->mask, id, mask);
		if (is_zero(mask, f->n_bytes))
			continue;
		key_field_get(&km->key, id, value);
		of_match_set(a, out, id, value, mask);
	}
}

static void add_load(const struct of_learn_spec *spec, const uint8_t *value, struct arena *a,
		     struct of_actions *acts)
{
	const struct of_field *f = spec->dst.field;
	uint8_t whole[OF_FIELD_MAX_BYTES] = { 0 }, mask[OF_FIELD_MAX_BYTES] = { 0 };

	bits_copy(value, OF_FIELD_MAX_BYTES, 0, whole, f->n_bytes, spec->dst.ofs, spec->n_bits);
	bits_copy(of_field_ones[f->id], f->n_bytes, spec->dst.ofs, mask, f->n_bytes, spec->dst.ofs,
		  spec->n_bits);
	of_actions_add(a, acts, &of_action_set_field_masked(a, f->id, whole, mask)->base);
}

/* Numbers of no port add nothing, as in Open vSwitch. */
static void add_output(const uint8_t *value, struct arena *a, struct of_actions *acts)
{
	uint64_t port = load_be64(value + OF_FIELD_MAX_BYTES - 8);

	if (port >= 0xfff8 && port <= 0xffff)
		port |= 0xffff0000;
	if ((port >= 1 && port <= LAST_PORT) || port == OF_PORT_IN_PORT || port == OF_PORT_FLOOD ||
	    port == OF_PORT_ALL)
		of_actions_add(a, acts, &of_action_output(a, port, 0)->base);
}

static const struct of_action *fin_timeout(const struct of_action_learn *learn, struct arena *a)
{
	struct of_action_fin_timeout *fin = arena_alloc(a, sizeof(*fin));

	*fin = (struct of_action_fin_timeout){
		.base.class = of_action_class_find("fin_timeout"),
		.idle_timeout = learn->fin_idle_timeout,
		.hard_timeout = learn->fin_hard_timeout,
	};
	return &fin->base;
}

static void add_actions(const struct of_action_learn *learn, const struct flow_key *key,
			struct arena *a, struct of_actions *acts)
{
	uint8_t value[OF_FIELD_MAX_BYTES];

	if (learn->fin_idle_timeout || learn->fin_hard_timeout)
		of_actions_add(a, acts, fin_timeout(learn, a));
	for (unsigned i = 0; i < learn->n_specs; i++) {
		const struct of_learn_spec *spec = &learn->specs[i];

		action_learn_value(spec, key, value);
		if (spec->kind == OF_LEARN_LOAD)
			add_load(spec, value, a, acts);
		else if (spec->kind == OF_LEARN_OUTPUT)
			add_output(value, a, acts);
	}
}

/* The flow-mod that a packet of KEY teaches; all of it is in A. */
static void make_flow_mod(const struct of_action_learn *learn, const struct flow_key *key,
			  struct arena *a, struct of_flow_mod *out)
{
	struct key_mask flow;

	*out = (struct of_flow_mod){
		.command = OFPFC_ADD,
		.table_id = learn->table_id,
		.priority = learn->priority,
		.cookie = learn->cookie,
		.idle_timeout = learn->idle_timeout,
		.hard_timeout = learn->hard_timeout,
		.buffer_id = OF_NO_BUFFER,
		.out_port = OF_PORT_ANY,
		.out_group = OF_GROUP_ANY,
		.flags = learn->flags & OF_LEARN_SEND_FLOW_REM ? OF_FLOW_SEND_REMOVED : 0,
	};
	action_learn_match(learn, key, &flow);
	match_of(&flow, a, &out->match);
	add_actions(learn, key, a, &out->instructions.apply);
	out->instructions.has_apply = out->instructions.apply.n > 0;
}

static bool has_flow(struct tables *t, const struct of_flow_mod *fm)
{
	return tables_has_flow(t, fm->table_id, &fm->match, fm->priority);
}

static bool add(struct tables *t, const struct of_action_learn *act, const struct of_flow_mod *fm,
		uint64_t now_ns)
{
	struct of_error err;

	if (act->limit && !has_flow(t, fm) &&
	    learned_number(t, act->table_id, act->cookie) >= act->limit)
		return false;
	return tables_flow_mod(t, fm, now_ns, &err) == 0;
}

bool learn_apply(struct tables *t, const struct action_learn *learn, const struct flow_key *key,
		 uint64_t now_ns)
{
	struct arena a = ARENA_INIT;
	struct of_flow_mod fm;
	bool has_changed;

	tables_use(t);
	make_flow_mod(learn->act, key, &a, &fm);
	has_changed = !tables_refresh(t, &fm, now_ns) && add(t, learn->act, &fm, now_ns);
	arena_clear(&a);
	return has_changed;
}

void learn_describe(const struct of_action_learn *learn, const struct flow_key *key,
		    bool is_learned, struct buf *out)
{
	struct arena a = ARENA_INIT;
	struct of_flow_mod fm;

	make_flow_mod(learn, key, &a, &fm);
	buf_puts(out, is_learned ? "learns " : "learns nothing, the limit is reached: ");
	of_flow_mod_print(&fm, out);
	arena_clear(&a);
}
