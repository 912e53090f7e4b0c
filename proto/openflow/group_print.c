/* Groups as text, as ovs-ofctl's dump-groups and ofp-print say them. */

#include "proto/openflow/action_bits.h"
#include "proto/openflow/duration.h"
#include "proto/openflow/field_text.h"
#include "proto/openflow/group.h"
#include "proto/openflow/numbers.h"
#include "proto/openflow/port_no.h"

static const char *const types[OF_N_GROUP_TYPES] = { "all", "select", "indirect", "ff" };

void of_group_id_print(uint32_t group_id, struct buf *out)
{
	if (group_id == OF_GROUP_ALL)
		buf_puts(out, "ALL");
	else if (group_id == OF_GROUP_ANY)
		buf_puts(out, "ANY");
	else
		buf_printf(out, "%u", group_id);
}

static void print_bucket_id(uint32_t id, struct buf *out)
{
	if (id == OF_BUCKET_FIRST)
		buf_puts(out, "first");
	else if (id == OF_BUCKET_LAST)
		buf_puts(out, "last");
	else if (id == OF_BUCKET_ALL)
		buf_puts(out, "all");
	else
		buf_printf(out, "%u", id);
}

/* A field whose every bit counts stands by its name alone. */
static void print_fields(const struct of_match *fields, struct buf *out)
{
	buf_puts(out, fields->n == 1 ? ",fields=" : ",fields(");
	for (unsigned i = 0; i < fields->n; i++) {
		const struct of_field_match *fm = &fields->fields[i];
		const struct of_field *f = of_field(fm->id);

		buf_printf(out, "%s%s", i ? "," : "", f->name);
		if (memcmp(fm->mask, of_field_ones[fm->id], f->n_bytes) != 0) {
			buf_puts(out, "=");
			of_field_print(f, fm->mask, of_field_ones[fm->id], out);
		}
	}
	if (fields->n > 1)
		buf_puts(out, ")");
}

static void print_selection(const struct of_group_selection *s, struct buf *out)
{
	if (!s->method[0])
		return;
	buf_printf(out, ",selection_method=%.15s", s->method);
	if (s->param)
		buf_printf(out, ",selection_method_param=%llu", (unsigned long long)s->param);
	if (s->fields.n)
		print_fields(&s->fields, out);
}

static void print_bucket(const struct of_bucket *b, uint8_t version, uint8_t type, struct buf *out)
{
	buf_puts(out, ",bucket=");
	if (version >= OF_VERSION_1_5) {
		buf_puts(out, "bucket_id:");
		print_bucket_id(b->id, out);
		buf_puts(out, ",");
	}
	if (b->weight != (type == OF_GROUP_SELECT))
		buf_printf(out, "weight:%u,", b->weight);
	if (b->watch_port != OF_PORT_ANY) {
		buf_puts(out, "watch_port:");
		of_port_no_print(b->watch_port, out);
		buf_puts(out, ",");
	}
	if (b->watch_group != OF_GROUP_ANY)
		buf_printf(out, "watch_group:%u,", b->watch_group);
	buf_puts(out, "actions=");
	of_actions_print(&b->actions, out);
}

static void print_buckets(const struct of_bucket *buckets, unsigned n, uint8_t version,
			  uint8_t type, struct buf *out)
{
	for (unsigned i = 0; i < n; i++)
		print_bucket(&buckets[i], version, type, out);
}

void of_group_desc_print(const struct of_group_desc *g, uint8_t version, struct buf *out)
{
	buf_printf(out, "group_id=%u,type=%s", g->group_id,
		   g->type < OF_N_GROUP_TYPES ? types[g->type] : "unknown");
	print_selection(&g->selection, out);
	print_buckets(g->buckets, g->n_buckets, version, g->type, out);
}

static const char *command_name(uint16_t command)
{
	switch (command) {
	case OF_GROUP_ADD:
		return "ADD";
	case OF_GROUP_MODIFY:
		return "MOD";
	case OF_GROUP_DELETE:
		return "DEL";
	case OF_GROUP_INSERT_BUCKET:
		return "INSERT_BUCKET";
	case OF_GROUP_REMOVE_BUCKET:
		return "REMOVE_BUCKET";
	case OF_GROUP_ADD_OR_MODIFY:
		return "ADD_OR_MOD";
	default:
		return NULL;
	}
}

void of_group_mod_print(const struct of_group_mod *gm, uint8_t version, struct buf *out)
{
	bool is_about_bucket =
		gm->command == OF_GROUP_INSERT_BUCKET || gm->command == OF_GROUP_REMOVE_BUCKET;
	const char *name = command_name(gm->command);
	struct of_group_desc g = {
		.type = gm->type,
		.group_id = gm->group_id,
		.n_buckets = gm->n_buckets,
		.buckets = gm->buckets,
		.selection = gm->selection,
	};

	if (name)
		buf_printf(out, "%s ", name);
	else
		buf_printf(out, "cmd:%u ", gm->command);
	if (!is_about_bucket) {
		of_group_desc_print(&g, version, out);
		return;
	}
	if (version >= OF_VERSION_1_5) {
		buf_puts(out, "command_bucket_id:");
		print_bucket_id(gm->command_bucket_id, out);
		buf_puts(out, ",");
	}
	buf_printf(out, "group_id=%u", gm->group_id);
	print_buckets(gm->buckets, gm->n_buckets, version, gm->type, out);
}

void of_group_stats_print(const struct of_group_stats *g, struct buf *out)
{
	buf_printf(out, "group_id=%u,duration=", g->group_id);
	of_duration_print(g->duration_sec, g->duration_nsec, out);
	buf_printf(out, "s,ref_count=%u,packet_count=%llu,byte_count=%llu", g->ref_count,
		   (unsigned long long)g->n_packets, (unsigned long long)g->n_bytes);
	for (unsigned i = 0; i < g->n_buckets; i++) {
		if (g->buckets[i].n_packets == UINT64_MAX)
			continue; /* not counted */
		buf_printf(out, ",bucket%u:packet_count=%llu,byte_count=%llu", i,
			   (unsigned long long)g->buckets[i].n_packets,
			   (unsigned long long)g->buckets[i].n_bytes);
	}
}

void of_group_features_print(const struct of_group_features *f, struct buf *out)
{
	static const char *const names[OF_N_GROUP_TYPES] = { "all", "select", "indirect",
							     "fast failover" };

	buf_printf(out, "\n Group table:\n    Types:  0x%x\n    Capabilities:  0x%x", f->types,
		   f->capabilities);
	for (unsigned i = 0; i < OF_N_GROUP_TYPES; i++) {
		if (!(f->types >> i & 1))
			continue;
		buf_printf(out,
			   "\n    %s group:\n       max_groups=%#x\n       actions: ", names[i],
			   f->max_groups[i]);
		of_action_bits_print(f->actions[i], out);
	}
}
