/* weft-bench generate: packets at one rate, and what became of them. */

#include <stdio.h>
#include <stdlib.h>
#include "dataplane/worker/eal.h"
#include "tests/bench/tool/modes.h"
#include "tests/bench/tool/report.h"

static const struct conf_option options[] = {
	TRAFFIC_OPTIONS,
	{ .key = "size",
	  .value = "SIZES",
	  .initial = "64",
	  .help = "Frame sizes with check sequence, 64 to 9018: N, a list N,N..., NxTIMES,... or "
		  "imix "
		  "(64x7,594x4,1518x1)." },
	{ .key = "rate",
	  .value = "RATE",
	  .initial = "max",
	  .help = "In each direction: packets a second (1000, 1.5Mpps), bits a second on the wire "
		  "(2Gbit/s), percent of the link (10%), or max: as many as are taken." },
	{ .key = "seconds",
	  .value = "N",
	  .initial = "10",
	  .help = "How long to send; 0: until interrupted.",
	  .min = 0,
	  .max = 604800 },
	{ .key = "packets",
	  .value = "N",
	  .initial = "0",
	  .help = "Stop after so many in each direction; 0: no limit.",
	  .min = 0,
	  .max = 1000000000000 },
	{ .key = "latency",
	  .help = "Measure how long packets take: p50, p90, p99, p99.9 and max." },
	{ 0 },
};

static int read_options(const struct conf *conf, struct traffic_config *config, struct rate *rate,
			struct status *st)
{
	if (conf_n_words(conf))
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "unexpected '%s'. See --help",
				  conf_word(conf, 0));
	if (traffic_config_read(config, conf, st) < 0 ||
	    sizes_parse(&config->sizes, conf_text(conf, "size"), "size", st) < 0 ||
	    rate_parse(rate, conf_text(conf, "rate"), "rate", st) < 0)
		return -1;
	config->has_latency = conf_flag(conf, "latency");
	return 0;
}

static void print(const struct traffic_config *config, const struct trial *t, bool as_json)
{
	json_t *root, *directions;

	if (!as_json) {
		for (unsigned i = 0; i < t->n; i++)
			report_direction(&t->results[i]);
		return;
	}
	root = report_head_json("generate");
	directions = json_array();
	for (unsigned i = 0; i < t->n; i++)
		json_array_append_new(directions, report_direction_json(&t->results[i]));
	json_object_set_new(root, "config", report_config_json(config));
	json_object_set_new(root, "interrupted", json_boolean(t->is_interrupted));
	json_object_set_new(root, "directions", directions);
	report_json_print(root);
}

static int measure(struct setup *s, const struct conf *conf, const struct rate *rate,
		   struct status *st)
{
	const struct sizes *sizes = &s->config->sizes;
	struct trial_config config = {
		.pps = rate_pps(rate, s->link_bits, sizes_mean(sizes) + s->makers[0].outer_size,
				"rate", st),
		.seconds = conf_number(conf, "seconds"),
		.n_packets = conf_number(conf, "packets"),
		.wheel = sizes->wheel,
		.n_wheel = sizes->n_wheel,
	};
	struct trial *t = xcalloc(1, sizeof(*t));
	int rc = config.pps < 0 ? -1 : trial_run(s, &config, t, st);

	if (rc == 0)
		print(s->config, t, conf_flag(conf, "json"));
	free(t);
	return rc;
}

int mode_generate(int argc, char **argv, struct status *st)
{
	struct conf *conf = conf_parse(argc, argv, options,
				       "Send packets through ports and count what comes back.", st);
	struct traffic_config config;
	struct setup setup;
	struct rate rate;
	int rc = -1;

	if (!conf || read_options(conf, &config, &rate, st) < 0 || eal_read_and_start(conf, st) < 0)
		goto out;
	interrupt_catch();
	if (setup_open(&setup, &config, st) == 0) {
		rc = measure(&setup, conf, &rate, st);
		setup_close(&setup);
	}
out:
	conf_destroy(conf);
	return rc;
}
