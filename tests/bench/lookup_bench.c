/* What one look-up costs, without parsing, walking or a port: cycles of the TSC a key, in bursts of
 * 32, memory, the bound in cache lines, time to build and to update.  `lookup_bench -h` tells the
 * arguments; run it alone on a processor.
 *
 * Each burst's keys are copied from a long series, made beforehand of flows drawn at random, to
 * where a parser would have left them; copying is measured alone and subtracted.  What is found is
 * compared with `linear` first. */

#include "tests/bench/lookup_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define BURST	   32
#define MIN_SERIES (1u << 17)
#define MAX_SERIES (1u << 20)
#define WINDOW	   512 /* bursts */
#define N_CHECKS   2048
#define MAX_FLOWS  8

struct options {
	const char *class;
	unsigned n_rules, n_masks, n_updates, n_windows;
	unsigned flows[MAX_FLOWS], n_flows;
};

/* Keys in the order in which they come; of each as many lines as some mask looks at. */
struct series {
	unsigned n, n_lines;
	uint8_t *data;
};

static void die(const char *what)
{
	fprintf(stderr, "lookup_bench: %s\n", what);
	exit(1);
}

static void series_init(struct series *s, struct lookup_rules *r, unsigned n_flows)
{
	unsigned n = MIN_OF(MAX_OF(n_flows, MIN_SERIES), MAX_SERIES);
	size_t size = r->n_lines * 64;
	struct flow_key key;
	uint8_t *flows = xmalloc_lines(n_flows * size);

	for (unsigned i = 0; i < n_flows; i++) {
		lookup_rules_packet(r, rng_below(&r->rng, r->n), &key);
		memcpy(flows + i * size, &key, size);
	}
	*s = (struct series){ .n = n, .n_lines = r->n_lines, .data = xmalloc_lines(n * size) };
	for (unsigned i = 0; i < n; i++)
		memcpy(s->data + i * size, flows + rng_below(&r->rng, n_flows) * size, size);
	free(flows);
}

/* The burst that begins at key AT. */
static void make_burst(const struct series *s, unsigned at, struct flow_key *keys)
{
	const uint8_t *from = s->data + (size_t)at * s->n_lines * 64;

	for (unsigned i = 0; i < BURST; i++, from += s->n_lines * 64)
		for (unsigned w = 0; w < s->n_lines * 8; w++)
			keys[i].words[w] = ((const uint64_t *)from)[w];
}

static void check(const struct lookup *l, const struct lookup_rules *r, const struct series *s)
{
	struct lookup *spec = lookup_create(lookup_class_find("linear"), r->rules, r->n, 0);
	unsigned n = MIN_OF(N_CHECKS, MAX_OF(20000000u / (r->n + 1), 2 * BURST));
	static struct flow_key keys[BURST];
	const void *want[BURST], *got[BURST];

	for (unsigned at = 0; at + BURST <= n; at += BURST) {
		make_burst(s, at, keys);
		lookup_find(spec, keys, UINT32_MAX, want);
		lookup_find(l, keys, UINT32_MAX, got);
		if (memcmp(want, got, sizeof(want)) != 0)
			die("the class gives other answers than `linear`");
	}
	lookup_destroy(spec);
}

/* Cycles a key over one window; L NULL: of making the bursts alone. */
static double measure(const struct lookup *l, const struct series *s, unsigned *at)
{
	static struct flow_key keys[BURST];
	const void *found[BURST] = { NULL };
	uint64_t start = __rdtsc();

	for (unsigned n = 0; n < WINDOW; n++, *at += BURST) {
		if (*at + BURST > s->n)
			*at = 0;
		make_burst(s, *at, keys);
		if (l)
			lookup_find(l, keys, UINT32_MAX, found);
		__asm__ volatile("" : : "r"(found), "r"(keys) : "memory");
	}
	return (double)(__rdtsc() - start) / WINDOW / BURST;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

static void run_flows(const struct options *o, const struct lookup *l, struct lookup_rules *r,
		      unsigned n_flows)
{
	double *with = xcalloc(o->n_windows, sizeof(*with)),
	       *without = xcalloc(o->n_windows, sizeof(*without)), middle;
	unsigned at = 0, at_without = 0;
	struct series s;

	series_init(&s, r, n_flows);
	check(l, r, &s);
	measure(l, &s, &at);
	for (unsigned i = 0; i < o->n_windows; i++) {
		with[i] = measure(l, &s, &at);
		without[i] = measure(NULL, &s, &at_without);
	}
	middle = median(with, o->n_windows) - median(without, o->n_windows);
	printf("  %8u flows  %8.1f cycles/key at best  %8.1f median\n", n_flows,
	       with[0] - without[0], middle);
	fflush(stdout);
	free(s.data);
	free(with);
	free(without);
}

static double us_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1e6 + (now.tv_nsec - start->tv_nsec) / 1e3;
}

/* Building anew after one rule, number OUT, went; it comes back with the next change. */
static struct lookup *build_without(const struct options *o, const struct lookup_rules *r,
				    unsigned out)
{
	struct lookup_rule *rules = xmemdup(r->rules, r->n * sizeof(*rules));
	unsigned n = r->n - (out < r->n);
	struct lookup *l;

	if (out < r->n)
		memmove(&rules[out], &rules[out + 1], (n - out) * sizeof(*rules));
	l = lookup_create(o->class ? lookup_class_find(o->class) : NULL, rules, n, 1);
	free(rules);
	return l;
}

/* Rules go, one at a time, and come back. */
static struct lookup *run_updates(const struct options *o, struct lookup *l, struct lookup_rules *r)
{
	double *us = xcalloc(o->n_updates, sizeof(*us)), sum = 0;
	unsigned n_built = 0, which = 0;

	for (unsigned i = 0; i < o->n_updates; i++) {
		bool is_removal = !(i & 1);
		struct lookup_change c;
		struct timespec start;
		struct lookup *next;

		if (is_removal)
			which = rng_below(&r->rng, r->n);
		c = (struct lookup_change){ r->rules[which], is_removal };
		clock_gettime(CLOCK_MONOTONIC, &start);
		next = lookup_update(l, &c, 1);
		if (!next) {
			next = build_without(o, r, is_removal ? which : UINT32_MAX);
			n_built++;
		}
		lookup_destroy(l);
		l = next;
		us[i] = us_since(&start);
		sum += us[i];
	}
	qsort(us, o->n_updates, sizeof(*us), by_size);
	printf("  %u updates: %.1f us mean, %.1f median, %.1f p99, %.1f at most; %u built anew\n",
	       o->n_updates, sum / o->n_updates, us[o->n_updates / 2], us[o->n_updates * 99 / 100],
	       us[o->n_updates - 1], n_built);
	free(us);
	return l;
}

static void run(const struct options *o, const struct lookup_rules_kind *kind)
{
	struct timespec start;
	struct lookup_rules r;
	struct lookup *l;
	double us;

	lookup_rules_init(&r, kind, o->n_rules, o->n_masks);
	clock_gettime(CLOCK_MONOTONIC, &start);
	l = lookup_create(o->class ? lookup_class_find(o->class) : NULL, r.rules, r.n, 1);
	us = us_since(&start);
	printf("%s: %u rules of %zu masks: %s (%s)\n  %zu bytes, at most %u lines, built in %.2f "
	       "ms\n",
	       kind->name, r.n, r.masks.n, lookup_name(l), lookup_reason(l), lookup_bytes(l),
	       lookup_max_lines(l), us / 1e3);
	for (unsigned i = 0; i < o->n_flows; i++)
		run_flows(o, l, &r, o->flows[i]);
	if (o->n_updates)
		l = run_updates(o, l, &r);
	lookup_destroy(l);
	lookup_rules_fini(&r);
}

static void usage(void)
{
	printf("usage: lookup_bench [-c CLASS] [-n RULES] [-m MASKS] [-f FLOWS]... [-u UPDATES]\n"
	       "                    [-w WINDOWS] [RULE-SET]...\n"
	       "CLASS is one of the look-up classes; without it the one that is chosen.\n"
	       "Rule sets:\n");
	for (unsigned i = 0; i < n_lookup_rules_kinds; i++)
		printf("  %-14s %s\n", lookup_rules_kinds[i].name, lookup_rules_kinds[i].summary);
}

static unsigned number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || !n || n > 100000000)
		die("a number must be 1 to 100000000");
	return n;
}

static int parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "c:n:m:f:u:w:h")) != -1) {
		switch (c) {
		case 'c':
			o->class = optarg;
			if (!lookup_class_find(optarg))
				die("no such class");
			break;
		case 'n':
			o->n_rules = number(optarg);
			break;
		case 'm':
			o->n_masks = number(optarg);
			break;
		case 'f':
			if (o->n_flows == MAX_FLOWS)
				die("-f may be given 8 times");
			o->flows[o->n_flows++] = number(optarg);
			break;
		case 'u':
			o->n_updates = number(optarg);
			break;
		case 'w':
			o->n_windows = number(optarg);
			break;
		default:
			usage();
			return -1;
		}
	}
	return optind;
}

static bool is_asked_for(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static const unsigned flows[] = { 1, 1000, 100000, 1000000 };
	struct options o = { .n_windows = 60 };
	int first = parse_options(&o, argc, argv);
	unsigned n = 0;

	if (first < 0)
		return 1;
	if (!o.n_flows) {
		memcpy(o.flows, flows, sizeof(flows));
		o.n_flows = ARRAY_LENGTH(flows);
	}
	for (unsigned i = 0; i < n_lookup_rules_kinds; i++) {
		if (!is_asked_for(lookup_rules_kinds[i].name, argv + first))
			continue;
		run(&o, &lookup_rules_kinds[i]);
		n++;
	}
	if (!n)
		die("no such rule set; -h lists them");
	return 0;
}
