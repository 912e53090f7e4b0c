/* weft-bench rfc2544: for each frame size the throughput (section 26.1), the latency at that rate
 * (26.2) and how loss grows with the rate (26.3).
 *
 * What is lost is counted against what was due: packets that the sending port did not take in time
 * are lost as well, as a wire would not have waited for them. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "dataplane/worker/eal.h"
#include "tests/bench/tool/modes.h"
#include "tests/bench/tool/report.h"
#include "tests/bench/tool/search.h"

enum {
	LOSS_STEPS = 10,   /* 100 %, 90 % ... of the highest rate */
	PROBE_SECONDS = 2, /* at most, to find out what the ports take */
};

static const struct conf_option options[] = {
	TRAFFIC_OPTIONS,
	{ .key = "sizes",
	  .value = "N[,N...]",
	  .initial = "64,128,256,512,1024,1280,1518",
	  .help = "Frame sizes with check sequence; each is measured by itself." },
	{ .key = "loss",
	  .value = "PART",
	  .initial = "0",
	  .help = "What may be lost at the throughput: 0, 0.01% ..." },
	{ .key = "rate",
	  .value = "RATE",
	  .initial = "max",
	  .help = "Where the search begins: packets or bits a second or percent of the link, in "
		  "each "
		  "direction; max: the link's speed, or what the ports are found to take." },
	{ .key = "precision",
	  .value = "PART",
	  .initial = "1%",
	  .help = "Search until this close to the throughput, as a part of the highest rate." },
	{ .key = "seconds",
	  .value = "N",
	  .initial = "10",
	  .help = "Length of a trial; RFC 2544 wants 60.",
	  .min = 1,
	  .max = 3600 },
	{ .key = "no-loss-curve", .help = "Leave out the frame loss at 100 %, 90 % ..." },
	{ 0 },
};

struct wanted {
	struct traffic_config traffic;
	struct rate rate;
	double loss, precision;
	double seconds;
	bool has_curve, as_json;
};

/* What is known of one frame size. */
struct size_result {
	unsigned size;
	double max_pps, pps; /* of the search, its result */
	unsigned n_trials;
	bool has_best, is_interrupted;
	struct trial best; /* at pps */
	unsigned n_losses;
	double loss_part[LOSS_STEPS], loss[LOSS_STEPS], unsent[LOSS_STEPS];
};

struct search {
	struct setup *setup;
	const struct wanted *wanted;
	struct size_result *result;
	uint8_t size_index;
	struct trial *trial;
	struct status *st;
};

static int read_options(struct wanted *w, const struct conf *conf, struct status *st)
{
	if (conf_n_words(conf))
		return status_set(st, STATUS_INVALID_ARGUMENT, NULL, "unexpected '%s'. See --help",
				  conf_word(conf, 0));
	if (traffic_config_read(&w->traffic, conf, st) < 0 ||
	    sizes_parse(&w->traffic.sizes, conf_text(conf, "sizes"), "sizes", st) < 0 ||
	    rate_parse(&w->rate, conf_text(conf, "rate"), "rate", st) < 0 ||
	    part_parse(&w->loss, conf_text(conf, "loss"), "loss", st) < 0 ||
	    part_parse(&w->precision, conf_text(conf, "precision"), "precision", st) < 0)
		return -1;
	if (w->precision < 0.0001)
		return status_set(st, STATUS_INVALID_ARGUMENT, "precision",
				  "--precision: 0.01%% is the finest");
	w->traffic.has_latency = true;
	w->seconds = conf_number(conf, "seconds");
	w->has_curve = !conf_flag(conf, "no-loss-curve");
	w->as_json = conf_flag(conf, "json");
	return 0;
}

/* --- trials --- */

static int run_one(struct search *s, double pps, double seconds)
{
	struct trial_config config = {
		.pps = pps, .seconds = seconds, .wheel = &s->size_index, .n_wheel = 1
	};

	if (trial_run(s->setup, &config, s->trial, s->st) < 0)
		return -1;
	s->result->n_trials++;
	s->result->is_interrupted = s->trial->is_interrupted;
	return s->trial->is_interrupted ? -1 : 0;
}

static void tell(const struct search *s, const char *what, double pps)
{
	char text[32];

	if (!isatty(STDERR_FILENO))
		return;
	report_number(pps, text, sizeof(text));
	fprintf(stderr, "%u bytes, %s: %spps, %.4g %% lost\n", s->result->size, what, text,
		100 * trial_loss(s->trial));
}

static bool is_complete(const struct trial *t)
{
	for (unsigned i = 0; i < t->n; i++)
		if (!t->results[i].n_received)
			return false;
	return true;
}

static int try_rate(void *arg, double pps)
{
	struct search *s = arg;
	bool is_good;

	if (run_one(s, pps, s->wanted->seconds) < 0)
		return -1;
	is_good = is_complete(s->trial) && trial_loss(s->trial) <= s->wanted->loss;
	if (is_good) {
		s->result->best = *s->trial;
		s->result->has_best = true;
	}
	tell(s, is_good ? "good" : "too much", pps);
	return is_good;
}

/* Packets a second to begin with, or -1. */
static double highest_rate(struct search *s)
{
	const struct wanted *w = s->wanted;
	double bytes = s->result->size + s->setup->makers[0].outer_size;
	struct rate whole = { RATE_PART, 1 };
	double pps;

	if (w->rate.unit != RATE_MAX)
		return rate_pps(&w->rate, s->setup->link_bits, bytes, "rate", s->st);
	if (s->setup->link_bits > 0)
		return rate_pps(&whole, s->setup->link_bits, bytes, "rate", s->st);
	if (run_one(s, 0, MIN_OF(w->seconds, PROBE_SECONDS)) < 0)
		return -1;
	pps = s->trial->results[0].n_sent / s->trial->results[0].seconds;
	tell(s, "as fast as the port takes them", pps);
	if (pps > 0)
		return pps;
	return status_set(s->st, STATUS_FAILED_PRECONDITION, "tx",
			  "--tx: %s took no packet: does its other side read?", w->traffic.tx);
}

/* Until two trials in a row lose nothing, as section 26.3 has it. */
static int measure_curve(struct search *s)
{
	struct size_result *r = s->result;
	unsigned n_clean = 0;

	for (unsigned i = 0; i < LOSS_STEPS && n_clean < 2; i++) {
		double part = 1 - i / (double)LOSS_STEPS;

		if (run_one(s, r->max_pps * part, s->wanted->seconds) < 0)
			return -1;
		r->loss_part[i] = part;
		r->loss[i] = trial_loss(s->trial);
		r->unsent[i] = trial_unsent(s->trial);
		r->n_losses++;
		n_clean = r->loss[i] == 0 ? n_clean + 1 : 0;
		tell(s, "loss", r->max_pps * part);
	}
	return 0;
}

static int measure_size(struct search *s)
{
	struct size_result *r = s->result;

	r->max_pps = highest_rate(s);
	if (r->max_pps < 0)
		return -1;
	r->pps = search_highest(r->max_pps, r->max_pps * s->wanted->precision, try_rate, s);
	if (r->pps < 0)
		return -1;
	return s->wanted->has_curve ? measure_curve(s) : 0;
}

/* --- results --- */

static double goodput(const struct direction_result *d)
{
	return d->seconds > 0 ? d->n_received / d->seconds : 0;
}

/* Of all directions: packets and bits on the wire a second. */
static void sum_rates(const struct trial *t, double *pps, double *bits)
{
	*pps = *bits = 0;
	for (unsigned i = 0; i < t->n; i++) {
		*pps += goodput(&t->results[i]);
		if (t->results[i].seconds > 0)
			*bits += t->results[i].rx_wire_bytes * 8 / t->results[i].seconds;
	}
}

static void all_latencies(const struct trial *t, struct histogram *h)
{
	histogram_init(h);
	for (unsigned i = 0; i < t->n; i++)
		histogram_merge(h, &t->results[i].latency);
}

static void print_size(const struct size_result *r)
{
	char rate[32], wire[32], latency[160];
	struct histogram h;
	double pps, bits;

	printf("%u bytes\n", r->size);
	if (r->has_best) {
		sum_rates(&r->best, &pps, &bits);
		all_latencies(&r->best, &h);
		report_number(pps, rate, sizeof(rate));
		report_number(bits, wire, sizeof(wire));
		report_latency_text(&h, latency, sizeof(latency));
		printf("  throughput  %10spps %10sbit/s  %.4g %% lost, %u trials\n", rate, wire,
		       100 * trial_loss(&r->best), r->n_trials);
		printf("  latency     %s\n", latency);
	} else {
		printf("  throughput  none: no rate was without too much loss, in %u trials\n",
		       r->n_trials);
	}
	for (unsigned i = 0; i < r->n_losses; i++) {
		report_number(r->max_pps * r->loss_part[i], rate, sizeof(rate));
		printf("  frame loss  %10spps (%3.0f %%)  %.4g %% lost", rate,
		       100 * r->loss_part[i], 100 * r->loss[i]);
		if (r->unsent[i] > 0)
			printf(", with %.4g %% that the sending port did not take",
			       100 * r->unsent[i]);
		printf("\n");
	}
	fflush(stdout);
}

static json_t *size_json(const struct size_result *r)
{
	json_t *o = json_pack("{s:i, s:f, s:i}", "size", (int)r->size, "max_pps", r->max_pps,
			      "trials", (int)r->n_trials);
	json_t *throughput = json_null(), *curve = json_array();
	struct histogram h;
	double pps, bits;

	if (r->has_best) {
		sum_rates(&r->best, &pps, &bits);
		all_latencies(&r->best, &h);
		throughput = json_pack("{s:f, s:f, s:f, s:f}", "offered_pps", r->pps, "pps", pps,
				       "bits_per_second", bits, "loss", trial_loss(&r->best));
		json_object_set_new(o, "latency_us", report_latency_json(&h));
	}
	json_object_set_new(o, "throughput", throughput);
	for (unsigned i = 0; i < r->n_losses; i++)
		json_array_append_new(curve,
				      json_pack("{s:f, s:f, s:f, s:f}", "part", r->loss_part[i],
						"pps", r->max_pps * r->loss_part[i], "loss",
						r->loss[i], "unsent", r->unsent[i]));
	json_object_set_new(o, "frame_loss", curve);
	return o;
}

static json_t *head_json(const struct wanted *w)
{
	json_t *root = report_head_json("rfc2544");

	json_object_set_new(root, "config", report_config_json(&w->traffic));
	json_object_set_new(root, "loss_allowed", json_real(w->loss));
	json_object_set_new(root, "precision", json_real(w->precision));
	json_object_set_new(root, "seconds", json_real(w->seconds));
	return root;
}

static int measure_all(struct setup *setup, const struct wanted *w, struct status *st)
{
	struct search s = { .setup = setup, .wanted = w, .st = st };
	json_t *root = head_json(w), *results = json_array();
	struct size_result *r = NULL;
	int rc = 0;

	s.trial = xcalloc(1, sizeof(*s.trial));
	for (unsigned i = 0; i < w->traffic.sizes.n && rc == 0; i++) {
		free(r);
		s.result = r = xcalloc(1, sizeof(*r));
		s.size_index = i;
		r->size = w->traffic.sizes.size[i];
		rc = measure_size(&s);
		if (rc < 0 && !interrupted())
			break;
		if (w->as_json)
			json_array_append_new(results, size_json(r));
		else
			print_size(r);
	}
	json_object_set_new(root, "interrupted", json_boolean(interrupted()));
	json_object_set_new(root, "results", results);
	if (w->as_json && status_ok(st))
		report_json_print(json_incref(root));
	json_decref(root);
	free(r);
	free(s.trial);
	return status_ok(st) ? 0 : -1;
}

int mode_rfc2544(int argc, char **argv, struct status *st)
{
	struct conf *conf =
		conf_parse(argc, argv, options,
			   "Throughput, latency and frame loss as RFC 2544 measures them.", st);
	struct setup setup;
	struct wanted w;
	int rc = -1;

	if (!conf || read_options(&w, conf, st) < 0 || eal_read_and_start(conf, st) < 0)
		goto out;
	interrupt_catch();
	if (setup_open(&setup, &w.traffic, st) == 0) {
		rc = measure_all(&setup, &w, st);
		setup_close(&setup);
	}
out:
	conf_destroy(conf);
	return rc;
}
