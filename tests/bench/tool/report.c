#include "tests/bench/tool/report.h"

#include <math.h>
#include <rte_cycles.h>
#include <stdio.h>
#include "dataplane/worker/eal.h"

struct quantile {
	const char *name, *key;
	double part;
};

static const struct quantile quantiles[] = {
	{ "p50", "p50", 0.5 },	     { "p90", "p90", 0.9 }, { "p99", "p99", 0.99 },
	{ "p99.9", "p99_9", 0.999 }, { "max", "max", 1 },
};

void report_number(double v, char *text, size_t size)
{
	static const char prefixes[] = { 'k', 'M', 'G', 'T' };
	int i = -1;

	while (v >= 1000 && i + 1 < (int)ARRAY_LENGTH(prefixes)) {
		v /= 1000;
		i++;
	}
	snprintf(text, size,
		 i < 0	   ? "%.0f "
		 : v < 10  ? "%.2f %c"
		 : v < 100 ? "%.1f %c"
			   : "%.0f %c",
		 v, i < 0 ? ' ' : prefixes[i]);
}

double cycles_to_us(double cycles)
{
	return cycles * 1e6 / rte_get_tsc_hz();
}

void report_latency_text(const struct histogram *h, char *text, size_t size)
{
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < ARRAY_LENGTH(quantiles) && n < size; i++)
		n += snprintf(text + n, size - n, "%s%s %.1f", i ? "  " : "", quantiles[i].name,
			      cycles_to_us(histogram_quantile(h, quantiles[i].part)));
	if (n < size)
		snprintf(text + n, size - n, " us");
}

static void print_rate(const char *what, uint64_t n, double wire_bytes, double seconds)
{
	char pps[32], bits[32];

	report_number(seconds > 0 ? n / seconds : 0, pps, sizeof(pps));
	report_number(seconds > 0 ? wire_bytes * 8 / seconds : 0, bits, sizeof(bits));
	printf("  %-12s %14llu packets %10spps %10sbit/s\n", what, (unsigned long long)n, pps,
	       bits);
}

static void print_if(const char *what, uint64_t n, const char *meaning)
{
	if (n)
		printf("  %-12s %14llu packets  %s\n", what, (unsigned long long)n, meaning);
}

void report_direction(const struct direction_result *r)
{
	uint64_t n_unsent = r->n_asked - r->n_sent;
	char text[160];

	printf("%s to %s, %.3g s\n", r->from, r->to, r->seconds);
	print_rate("sent", r->n_sent, r->tx_wire_bytes, r->seconds);
	print_rate("received", r->n_received, r->rx_wire_bytes, r->seconds);
	printf("  %-12s %14llu packets  %.4g %% of those sent\n", "lost",
	       (unsigned long long)(r->n_sent - r->n_received),
	       r->n_sent ? 100.0 * (r->n_sent - r->n_received) / r->n_sent : 0.0);
	print_if("unsent", n_unsent,
		 "were due, but the sending port or this machine did not keep up");
	print_if("missed", r->n_missed, "of those lost: the receiving port had no room");
	print_if("reordered", r->n_reordered, "came after a later one");
	print_if("duplicated", r->n_duplicated, "came again");
	print_if("corrupt", r->n_corrupt, "came with other contents");
	print_if("foreign", r->n_foreign, "came from somebody else");
	if (!r->has_latency)
		return;
	report_latency_text(&r->latency, text, sizeof(text));
	printf("  %-12s %s\n", "latency", text);
	report_latency_text(&r->lateness, text, sizeof(text));
	printf("  %-12s %s (part of the latency: from due to taken by the port)\n", "of it unsent",
	       text);
}

json_t *report_latency_json(const struct histogram *h)
{
	json_t *o = json_object();

	json_object_set_new(o, "count", json_integer(h->n));
	if (!h->n)
		return o;
	json_object_set_new(o, "min", json_real(cycles_to_us(h->min)));
	json_object_set_new(o, "mean", json_real(cycles_to_us(h->sum / h->n)));
	for (size_t i = 0; i < ARRAY_LENGTH(quantiles); i++)
		json_object_set_new(
			o, quantiles[i].key,
			json_real(cycles_to_us(histogram_quantile(h, quantiles[i].part))));
	return o;
}

static void set_count(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer(n));
}

static void set_rate(json_t *o, const char *key, double amount, double seconds)
{
	json_object_set_new(o, key, json_real(seconds > 0 ? amount / seconds : 0));
}

json_t *report_direction_json(const struct direction_result *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "from", json_string(r->from));
	json_object_set_new(o, "to", json_string(r->to));
	json_object_set_new(o, "seconds", json_real(r->seconds));
	set_count(o, "asked", r->n_asked);
	set_count(o, "sent", r->n_sent);
	set_count(o, "unsent", r->n_asked - r->n_sent);
	set_count(o, "received", r->n_received);
	set_count(o, "lost", r->n_sent - r->n_received);
	set_count(o, "missed", r->n_missed);
	set_count(o, "reordered", r->n_reordered);
	set_count(o, "duplicated", r->n_duplicated);
	set_count(o, "corrupt", r->n_corrupt);
	set_count(o, "foreign", r->n_foreign);
	json_object_set_new(o, "loss", json_real(direction_loss(r)));
	set_rate(o, "tx_pps", r->n_sent, r->seconds);
	set_rate(o, "rx_pps", r->n_received, r->seconds);
	set_rate(o, "tx_bits_per_second", r->tx_wire_bytes * 8, r->seconds);
	set_rate(o, "rx_bits_per_second", r->rx_wire_bytes * 8, r->seconds);
	if (r->has_latency) {
		json_object_set_new(o, "latency_us", report_latency_json(&r->latency));
		json_object_set_new(o, "lateness_us", report_latency_json(&r->lateness));
	}
	return o;
}

json_t *report_config_json(const struct traffic_config *c)
{
	static const char *const orders[] = { "uniform", "sequential", "zipf", "new" };
	json_t *o = json_object(), *sizes = json_array();

	for (unsigned i = 0; i < c->sizes.n; i++)
		json_array_append_new(sizes, json_integer(c->sizes.size[i]));
	json_object_set_new(o, "tx", json_string(c->tx));
	json_object_set_new(o, "rx", json_string(c->rx));
	json_object_set_new(o, "bidirectional", json_boolean(c->is_bidirectional));
	json_object_set_new(o, "flows", json_integer(c->n_flows));
	json_object_set_new(o, "pattern", json_string(orders[c->pattern.order]));
	json_object_set_new(o, "sizes", sizes);
	json_object_set_new(o, "cores", json_integer(MAX_OF(c->n_cores, 1)));
	json_object_set_new(o, "huge_pages", json_boolean(eal_has_huge_pages()));
	return o;
}

json_t *report_head_json(const char *mode)
{
	return json_pack("{s:s, s:s, s:s}", "tool", "weft-bench", "version", WEFT_VERSION, "mode",
			 mode);
}

void report_json_print(json_t *root)
{
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	printf("\n");
	json_decref(root);
}
