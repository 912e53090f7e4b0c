/* What changing one flow among many costs the control thread, from the flow-mod to the snapshot
 * that a worker can take: the median, the 99th percentile and the worst, of many.  No switch, no
 * connection, no packets.  `make bench-update` runs it.
 *
 * The sets: 1,000,000 exact rules (in_port, udp, both addresses, tp_dst), 10,000 rules of an access
 * list of 50 masks, 100,000 prefixes.  `growing` adds the exact ones one by one, a snapshot each,
 * so that all steps in which tables grow are among them. */

#include "dataplane/pipeline/pipeline.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <openflow/openflow-common.h>
#include "dataplane/table/tables.h"
#include "lib/rng.h"
#include "proto/openflow/numbers.h"

#define N_OPS 3000

struct bench_rule {
	uint32_t src, dst, src_mask, dst_mask;
	uint16_t port, port_mask, priority;
	bool is_udp;
};

/* What all of one command have in common. */
struct command {
	const char *name, *text;
	int command;
	struct of_flow_mod pattern;
};

static struct command commands[] = {
	{ "add", "table=0,in_port=1,actions=output:2", OFPFC_ADD },
	{ "modify", "table=0,in_port=1,actions=output:3", OFPFC_MODIFY_STRICT },
	{ "delete", "table=0,in_port=1", OFPFC_DELETE_STRICT },
};

static const struct pipeline_port ports[] = { { .number = 1 }, { .number = 2 }, { .number = 3 } };

struct bench {
	struct tables *tables;
	struct pipeline *pipeline;
	struct rng rng;
	struct arena arena;
	struct bench_rule *rules;
	unsigned n, n_published;
};

static void parse_commands(struct arena *a)
{
	struct status st = STATUS_INIT;

	for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++)
		of_flow_mod_parse(commands[i].text, commands[i].command, a, &commands[i].pattern,
				  &st);
}

static void change(struct bench *b, const struct command *c, const struct bench_rule *r)
{
	struct of_flow_mod fm = c->pattern;
	struct of_error err;

	fm.priority = r->priority;
	fm.match = (struct of_match){ 0 };
	of_match_set_u64(&b->arena, &fm.match, OF_FIELD_IN_PORT, 1);
	of_match_set_u64(&b->arena, &fm.match, OF_FIELD_ETH_TYPE, 0x0800);
	if (r->is_udp)
		of_match_set_u64(&b->arena, &fm.match, OF_FIELD_IP_PROTO, IPPROTO_UDP);
	if (r->src_mask)
		of_match_set_u64_masked(&b->arena, &fm.match, OF_FIELD_IPV4_SRC, r->src,
					r->src_mask);
	if (r->dst_mask)
		of_match_set_u64_masked(&b->arena, &fm.match, OF_FIELD_IPV4_DST, r->dst,
					r->dst_mask);
	if (r->port_mask)
		of_match_set_u64_masked(&b->arena, &fm.match, OF_FIELD_UDP_DST, r->port,
					r->port_mask);
	if (tables_flow_mod(b->tables, &fm, 0, &err) < 0) {
		fprintf(stderr, "update_bench: a rule was refused\n");
		exit(1);
	}
	if (b->arena.total_bytes > 1 << 20)
		arena_clear(&b->arena);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* The next snapshot; the one before ends.  Returns how long it took until there was one. */
static double publish(struct bench *b, double start_us)
{
	struct pipeline *next =
		pipeline_compile(b->tables, ports, ARRAY_LENGTH(ports), b->pipeline);
	double took_us = now_us() - start_us;

	pipeline_release(b->pipeline);
	b->pipeline = next;
	/* A thread of real-time priority that never sleeps would be stopped for 50 ms a second. */
	if (++b->n_published % 1000 == 0)
		nanosleep(&(struct timespec){ .tv_nsec = 700000 }, NULL);
	return took_us;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void tell(const char *set, const char *what, double *us, unsigned n)
{
	qsort(us, n, sizeof(*us), by_size);
	printf("%-24s %-8s %9u  median %8.1f  p99 %8.1f  most %9.1f us\n", set, what, n, us[n / 2],
	       us[(uint64_t)n * 99 / 100], us[n - 1]);
	fflush(stdout);
}

/* --- sets --- */

static struct bench_rule exact_rule(struct rng *rng, unsigned i)
{
	return (struct bench_rule){ .src = 0x0a000000 | rng_below(rng, 1 << 22),
				    .dst = 0x14000000 | rng_below(rng, 1 << 22),
				    .src_mask = UINT32_MAX,
				    .dst_mask = UINT32_MAX,
				    .port = 53 + i % 7,
				    .port_mask = UINT16_MAX,
				    .priority = 100,
				    .is_udp = true };
}

/* 50 masks, as pipeline_bench has them; every rule with a priority of its own. */
static struct bench_rule acl_rule(struct rng *rng, unsigned i)
{
	static const uint8_t lengths[] = { 8, 12, 16, 20, 22, 24, 26, 28, 30, 32 };
	unsigned shape = rng_below(rng, 50);
	struct bench_rule r = { .src_mask = ~0u << (32 - lengths[shape % 10]),
				.dst_mask = ~0u << (32 - lengths[(shape * 7 + shape / 10) % 10]),
				.port_mask = 0xffff << (16 - shape % 3 * 6) & 0xffff,
				.priority = 1000 + i % 60000,
				.is_udp = true };

	r.src = (0x0a000000 | rng_below(rng, 1 << 24)) & r.src_mask;
	r.dst = (0x14000000 | rng_below(rng, 1 << 24)) & r.dst_mask;
	r.port = rng_below(rng, 65536) & r.port_mask;
	return r;
}

/* Half of them /24, as in the routing tables of the Internet. */
static struct bench_rule route(struct rng *rng, unsigned i)
{
	unsigned length = rng_below(rng, 2) ? 24 : 12 + rng_below(rng, 21);

	(void)i;
	return (struct bench_rule){ .dst = rng_u64(rng) & ~0u << (32 - length),
				    .dst_mask = ~0u << (32 - length),
				    .priority = 100 + length };
}

static void bench_init(struct bench *b, struct bench_rule (*make)(struct rng *rng, unsigned i),
		       unsigned n)
{
	*b = (struct bench){ .tables = tables_create(NULL), .n = n };
	rng_seed(&b->rng, 42);
	b->rules = xcalloc(n, sizeof(*b->rules));
	for (unsigned i = 0; i < n; i++)
		b->rules[i] = make(&b->rng, i);
}

static void bench_fini(struct bench *b)
{
	pipeline_release(b->pipeline);
	tables_destroy(b->tables);
	arena_clear(&b->arena);
	free(b->rules);
}

/* Each round adds a rule of the last N_OPS, modifies one of the others and deletes one. */
static void among(const char *name, struct bench_rule (*make)(struct rng *rng, unsigned i),
		  unsigned n)
{
	static double us[ARRAY_LENGTH(commands)][N_OPS];
	struct bench b;

	bench_init(&b, make, n + N_OPS);
	for (unsigned i = 0; i < n; i++)
		change(&b, &commands[0], &b.rules[i]);
	publish(&b, 0);
	for (unsigned k = 0; k < N_OPS; k++) {
		const struct bench_rule *rules[] = { &b.rules[n + k],
						     &b.rules[N_OPS + rng_below(&b.rng, n - N_OPS)],
						     &b.rules[k] };

		for (unsigned c = 0; c < ARRAY_LENGTH(commands); c++) {
			double start_us = now_us();

			change(&b, &commands[c], rules[c]);
			us[c][k] = publish(&b, start_us);
		}
	}
	for (unsigned c = 0; c < ARRAY_LENGTH(commands); c++)
		tell(name, commands[c].name, us[c], N_OPS);
	bench_fini(&b);
}

static void growing(const char *name, struct bench_rule (*make)(struct rng *rng, unsigned i),
		    unsigned n)
{
	double *us = xcalloc(n, sizeof(*us));
	struct bench b;

	bench_init(&b, make, n);
	for (unsigned i = 0; i < n; i++) {
		double start_us = now_us();

		change(&b, &commands[0], &b.rules[i]);
		us[i] = publish(&b, start_us);
	}
	tell(name, "add", us, n);
	bench_fini(&b);
	free(us);
}

/* update_bench [SET] */
int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const char *name,
			    struct bench_rule (*make)(struct rng *rng, unsigned i), unsigned n);
		struct bench_rule (*make)(struct rng *rng, unsigned i);
		unsigned n;
	} sets[] = {
		{ "1,000,000 exact rules", among, exact_rule, 1000000 },
		{ "10,000 ACL rules", among, acl_rule, 10000 },
		{ "100,000 prefixes", among, route, 100000 },
		{ "growing", growing, exact_rule, 1000000 },
	};
	struct arena kept = ARENA_INIT;

	parse_commands(&kept);
	for (unsigned i = 0; i < ARRAY_LENGTH(sets); i++)
		if (argc < 2 || strcmp(argv[1], sets[i].name) == 0)
			sets[i].run(sets[i].name, sets[i].make, sets[i].n);
	arena_clear(&kept);
	return 0;
}
