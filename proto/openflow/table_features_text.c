/* Table features as text, in the words of ovs-ofctl's dump-table-features. */

#include <openflow/openflow-1.4.h>

#include "proto/openflow/action_bits.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/table_features_props.h"

static void print_instructions(uint32_t bits, struct buf *out)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
		{ 6, "meter" },		{ 4, "apply_actions" },	 { 5, "clear_actions" },
		{ 3, "write_actions" }, { 2, "write_metadata" }, { 1, "goto_table" },
		{ 7, "stat_trigger" },
	};

	buf_puts(out, "\n      instructions:");
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (bits >> names[i].type & 1)
			buf_printf(out, " %s", names[i].name);
		bits &= ~(1u << names[i].type);
	}
	for (unsigned i = 0; i < 32; i++) {
		if (bits >> i & 1)
			buf_printf(out, " %u", i);
	}
}

/* "1-9,20" */
static void print_tables(const struct of_table_set *tables, struct buf *out)
{
	const char *comma = "";

	for (unsigned first = 0; first <= OF_TABLE_MAX; first++) {
		unsigned last = first;

		if (!of_table_set_has(tables, first))
			continue;
		while (last < OF_TABLE_MAX && of_table_set_has(tables, last + 1))
			last++;
		buf_printf(out, first == last ? "%s%u" : "%s%u-%u", comma, first, last);
		comma = ",";
		first = last;
	}
}

static bool has_tables(const struct of_table_set *tables)
{
	return tables->bits[0] | tables->bits[1] | tables->bits[2] | tables->bits[3];
}

static bool has_fields(const struct of_field_set *fields)
{
	for (size_t i = 0; i < ARRAY_LENGTH(fields->bits); i++) {
		if (fields->bits[i])
			return true;
	}
	return false;
}

static void print_fields(const struct of_field_set *fields, struct buf *out)
{
	for (unsigned id = 0; id < OF_N_FIELDS; id++) {
		if (of_field_set_has(fields, id))
			buf_printf(out, " %s", of_field(id)->name);
	}
}

static void print_actions(const char *title, uint32_t actions, const struct of_field_set *setfield,
			  const struct of_field_set *copyfield, struct buf *out)
{
	if (!actions && !has_fields(setfield) && !has_fields(copyfield))
		return;
	buf_printf(out, "\n      %s features:", title);
	if (actions) {
		buf_puts(out, "\n        actions: ");
		of_action_bits_print(actions, out);
	}
	if (has_fields(setfield)) {
		buf_puts(out, "\n        supported on Set-Field:");
		print_fields(setfield, out);
	}
	if (has_fields(copyfield)) {
		buf_puts(out, "\n        supported on Copy-Field:");
		print_fields(copyfield, out);
	}
}

static bool is_same_done(const struct of_flow_abilities *f)
{
	return f->write_actions == f->apply_actions &&
	       !memcmp(&f->write_setfield, &f->apply_setfield, sizeof(f->write_setfield)) &&
	       !memcmp(&f->write_copyfield, &f->apply_copyfield, sizeof(f->write_copyfield));
}

static void print_flow(const char *of_which, const struct of_flow_abilities *f, struct buf *out)
{
	buf_printf(out, "\n    instructions (%s):", of_which);
	if (has_tables(&f->next_tables)) {
		buf_puts(out, "\n      next tables: ");
		print_tables(&f->next_tables, out);
	}
	if (f->instructions)
		print_instructions(f->instructions, out);
	if (is_same_done(f)) {
		print_actions("Write-Actions and Apply-Actions", f->write_actions,
			      &f->write_setfield, &f->write_copyfield, out);
		return;
	}
	print_actions("Write-Actions", f->write_actions, &f->write_setfield, &f->write_copyfield,
		      out);
	print_actions("Apply-Actions", f->apply_actions, &f->apply_setfield, &f->apply_copyfield,
		      out);
}

/* Fields of the three kinds: under any mask, exact or not at all, always exact. */
static void print_matches(const struct of_table_abilities *ab, struct buf *out)
{
	static const char *const titles[] = { "arbitrary mask", "exact match or wildcard",
					      "must exact match" };
	struct of_field_set sets[ARRAY_LENGTH(titles)] = { 0 };

	for (unsigned id = 0; id < OF_N_FIELDS; id++) {
		if (!of_field_set_has(&ab->match, id))
			continue;
		if (of_field_set_has(&ab->mask, id))
			of_field_set_add(&sets[0], id);
		else if (of_field_set_has(&ab->wildcard, id))
			of_field_set_add(&sets[1], id);
		else
			of_field_set_add(&sets[2], id);
	}
	if (has_fields(&ab->match))
		buf_puts(out, "\n    matching:");
	for (size_t i = 0; i < ARRAY_LENGTH(titles); i++) {
		if (!has_fields(&sets[i]))
			continue;
		buf_printf(out, "\n      %s:", titles[i]);
		print_fields(&sets[i], out);
	}
}

static void print_abilities(const struct of_table_abilities *ab, struct buf *out)
{
	if (has_tables(&ab->sync_from)) {
		buf_puts(out, "\n    synchronised from tables: ");
		print_tables(&ab->sync_from, out);
	}
	if (ab->is_ethernet_only)
		buf_puts(out, "\n    packet types: Ethernet");
	if (memcmp(&ab->flow, &ab->miss, sizeof(ab->flow)) == 0) {
		print_flow("table miss and others", &ab->flow, out);
	} else {
		print_flow("other than table miss", &ab->flow, out);
		print_flow("table miss", &ab->miss, out);
	}
	print_matches(ab, out);
}

static const char *supported(uint32_t capabilities, uint32_t bit)
{
	return capabilities & bit ? "" : "not ";
}

static void print_name(const char *name, struct buf *out)
{
	if (!*name)
		return;
	buf_puts(out, " (\"");
	for (; *name; name++)
		buf_be8(out, *name >= ' ' && *name <= '~' ? *name : '?');
	buf_puts(out, "\")");
}

void of_table_features_print(const struct of_table_features *t, uint8_t version, struct buf *out)
{
	static const char *const commands[] = { NULL, "modify", "enable", "disable" };
	struct of_table_abilities ab;
	struct of_error err;
	char name[96];

	if (t->command && t->command < ARRAY_LENGTH(commands))
		buf_printf(out, "command: %s\n  ", commands[t->command]);
	buf_printf(out, "table %u", t->table_id);
	print_name(t->name, out);
	buf_puts(out, ":");
	if (t->metadata_match || t->metadata_write)
		buf_printf(out, "\n    metadata: match=%#llx write=%#llx",
			   (unsigned long long)t->metadata_match,
			   (unsigned long long)t->metadata_write);
	if (version >= OF_VERSION_1_4)
		buf_printf(out, "\n    eviction: %ssupported\n    vacancy events: %ssupported",
			   supported(t->capabilities, OF_TABLE_EVICTION),
			   supported(t->capabilities, OF_TABLE_VACANCY));
	if (t->features)
		buf_printf(out, "\n    features=0x%x", t->features);
	if (t->max_entries)
		buf_printf(out, "\n    max_entries=%u", t->max_entries);
	if (of_table_abilities_read(t, version, &ab, &err) != 0)
		buf_printf(out, "\n    properties: %s", of_error_name(&err, name, sizeof(name)));
	else if (t->n_properties)
		print_abilities(&ab, out);
}
