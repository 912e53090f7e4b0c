/* Meters as text, as ovs-ofctl's dump-meters, meter-stats and meter-features say them. */

#include "proto/openflow/duration.h"
#include "proto/openflow/meter.h"
#include "proto/openflow/numbers.h"

static const char *const flag_names[] = { "kbps", "pktps", "burst", "stats" };

void of_meter_id_print(uint32_t meter_id, char separator, struct buf *out)
{
	buf_printf(out, "meter%c", separator);
	if (meter_id <= OF_METER_MAX)
		buf_printf(out, "%u", meter_id);
	else if (meter_id == OF_METER_SLOWPATH)
		buf_puts(out, "slowpath");
	else if (meter_id == OF_METER_CONTROLLER)
		buf_puts(out, "controller");
	else
		buf_puts(out, meter_id == OF_METER_ALL ? "all" : "unknown");
}

static void print_flags(uint16_t flags, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(flag_names); i++) {
		if (flags >> i & 1)
			buf_printf(out, "%s ", flag_names[i]);
	}
	flags &= ~0u << ARRAY_LENGTH(flag_names);
	if (flags)
		buf_printf(out, "flags:0x%x ", flags);
}

static void print_band(uint16_t flags, const struct of_meter_band *b, struct buf *out)
{
	if (b->type == OF_BAND_DROP)
		buf_puts(out, "\ntype=drop");
	else if (b->type == OF_BAND_DSCP_REMARK)
		buf_puts(out, "\ntype=dscp_remark");
	else
		buf_printf(out, "\ntype=%u", b->type);
	buf_printf(out, " rate=%u", b->rate);
	if (flags & OF_METER_BURST)
		buf_printf(out, " burst_size=%u", b->burst_size);
	if (b->type == OF_BAND_DSCP_REMARK)
		buf_printf(out, " prec_level=%u", b->prec_level);
}

void of_meter_config_print(const struct of_meter_config *m, struct buf *out)
{
	of_meter_id_print(m->meter_id, '=', out);
	buf_puts(out, " ");
	print_flags(m->flags, out);
	buf_puts(out, "bands=");
	for (unsigned i = 0; i < m->n_bands; i++)
		print_band(m->flags, &m->bands[i], out);
}

void of_meter_stats_print(const struct of_meter_stats *m, struct buf *out)
{
	of_meter_id_print(m->meter_id, ':', out);
	buf_printf(out, " flow_count:%u packet_in_count:%llu byte_in_count:%llu duration:",
		   m->flow_count, (unsigned long long)m->n_packets, (unsigned long long)m->n_bytes);
	of_duration_print(m->duration_sec, m->duration_nsec, out);
	buf_puts(out, "s bands:");
	for (unsigned i = 0; i < m->n_bands; i++)
		buf_printf(out, "\n%u: packet_count:%llu byte_count:%llu", i,
			   (unsigned long long)m->bands[i].n_packets,
			   (unsigned long long)m->bands[i].n_bytes);
}

/* Names of set bits, with blanks between; what has none as one number. */
static void print_names(uint32_t bits, const char *const *names, unsigned n, struct buf *out)
{
	const char *blank = "";

	for (unsigned i = 0; i < n; i++) {
		if (!names[i] || !(bits >> i & 1))
			continue;
		buf_printf(out, "%s%s", blank, names[i]);
		bits &= ~(1u << i);
		blank = " ";
	}
	if (bits)
		buf_printf(out, "%s0x%x", blank, bits);
	else if (!*blank)
		buf_puts(out, "0");
}

void of_meter_features_print(const struct of_meter_features *f, uint8_t version, struct buf *out)
{
	static const char *const bands[] = { NULL, "drop", "dscp_remark" };
	static const char *const features[] = { "action_set", "any_position", "multi_list" };

	buf_printf(out, "\nmax_meter:%u max_bands:%u max_color:%u\nband_types: ", f->max_meters,
		   f->max_bands, f->max_color);
	print_names(f->band_types, bands, ARRAY_LENGTH(bands), out);
	buf_puts(out, "\ncapabilities: ");
	print_names(f->capabilities, flag_names, ARRAY_LENGTH(flag_names), out);
	if (version >= OF_VERSION_1_5) {
		buf_puts(out, "\nfeatures: ");
		print_names(f->features, features, ARRAY_LENGTH(features), out);
	}
}
