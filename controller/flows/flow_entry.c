#include "controller/flows/flow_entry.h"

#include <stdlib.h>

#include "proto/openflow/numbers.h"

struct flow_entry *flow_entry_create(uint8_t table, uint16_t priority, uint64_t cookie,
				     const struct of_match *match,
				     const struct of_instructions *instructions)
{
	struct flow_entry *f = xcalloc(1, sizeof(*f));
	struct buf wire = BUF_INIT;
	uint64_t key[2];

	f->n_refs = 1;
	f->table = table;
	f->priority = priority;
	f->cookie = cookie;
	f->match = of_match_dup(match);
	f->instructions = of_instructions_dup(instructions);
	of_instructions_encode(instructions, OF_VERSION_1_3, &wire);
	f->n_wire_bytes = wire.size;
	f->wire = (uint8_t *)buf_steal(&wire);
	key[0] = (uint64_t)table << 16 | priority;
	key[1] = of_match_hash(match);
	f->hash = hash_bytes(key, sizeof(key));
	return f;
}

struct flow_entry *flow_entry_ref(struct flow_entry *f)
{
	f->n_refs++;
	return f;
}

void flow_entry_unref(struct flow_entry *f)
{
	if (!f || --f->n_refs)
		return;
	free(f->match);
	free(f->instructions);
	free(f->wire);
	free(f);
}

bool flow_entry_same_key(const struct flow_entry *a, const struct flow_entry *b)
{
	return a->hash == b->hash && a->table == b->table && a->priority == b->priority &&
	       of_match_equal(a->match, b->match);
}

bool flow_entry_equal(const struct flow_entry *a, const struct flow_entry *b)
{
	return a == b || (flow_entry_same_key(a, b) && a->cookie == b->cookie &&
			  a->n_wire_bytes == b->n_wire_bytes &&
			  memcmp(a->wire, b->wire, a->n_wire_bytes) == 0);
}

static int compare_matches(const struct of_match *a, const struct of_match *b)
{
	for (unsigned i = 0; i < a->n && i < b->n; i++) {
		const struct of_field_match *x = &a->fields[i], *y = &b->fields[i];
		int order;

		if (x->id != y->id)
			return x->id < y->id ? -1 : 1;
		order = memcmp(x->value, y->value, sizeof(x->value));
		if (!order)
			order = memcmp(x->mask, y->mask, sizeof(x->mask));
		if (order)
			return order;
	}
	return a->n < b->n ? -1 : a->n > b->n;
}

int flow_entry_compare(const struct flow_entry *a, const struct flow_entry *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return compare_matches(a->match, b->match);
}

void flow_entry_print(const struct flow_entry *f, struct buf *out)
{
	buf_printf(out, "table=%u,priority=%u,cookie=0x%016llx", f->table, f->priority,
		   (unsigned long long)f->cookie);
	buf_puts(out, f->match->n ? "," : "");
	of_match_print(f->match, out);
	buf_puts(out, " actions=");
	of_instructions_print(f->instructions, out);
	buf_puts(out, "\n");
}
