#ifndef TESTS_BENCH_TOOL_FLOWS_H
#define TESTS_BENCH_TOOL_FLOWS_H

/* Which flows there are, and in which order they come.
 *
 * Flow number I has one value of each range.  The values count as the digits of I, the source
 * address as the lowest, and each digit is turned by the source address's: so no two flows are
 * equal, and a few flows differ in everything that has a range.  Nothing here knows how a packet
 * looks. */

#include "lib/rng.h"
#include "tests/bench/tool/range.h"

enum { FLOWS_MAX = 1 << 22, FLOWS_MAX_VNIS = 64 };

struct flow_ranges {
	struct range src, dst, sport, dport, smac, dmac;
	bool has_vlan, has_tunnel;
	struct range vlan;
	uint32_t vnis[FLOWS_MAX_VNIS]; /* of the tunnel */
	unsigned n_vnis;
	struct range outer_src, outer_dst, outer_smac, outer_dmac; /* IPv4; one value each */
};

/* One flow, network byte order. */
struct flow_fields {
	uint8_t src[16], dst[16], smac[6], dmac[6], sport[2], dport[2], vlan[2];
	uint32_t vni; /* host byte order */
};

/* "100", "5,100-110": VNIs to R, which then has a tunnel.  0, or -1 with ST. */
int flow_ranges_parse_vnis(struct flow_ranges *r, const char *text, const char *option,
			   struct status *st);
/* How many different flows, at most 2^63. */
uint64_t flow_ranges_count(const struct flow_ranges *r);
/* Flow NUMBER, below the count. */
void flow_ranges_get(const struct flow_ranges *r, uint64_t number, struct flow_fields *f);

enum flow_order {
	FLOWS_UNIFORM,	  /* any flow, each as likely */
	FLOWS_SEQUENTIAL, /* in turn */
	FLOWS_ZIPF,	  /* the n-th 1 / n^skew times as often as the first */
	FLOWS_NEW,	  /* each packet a flow of its own, until the ranges begin again */
};

struct flow_pattern {
	enum flow_order order;
	double skew; /* of FLOWS_ZIPF */
};

/* "uniform", "sequential", "zipf:1.1", "new". */
int flow_pattern_parse(struct flow_pattern *p, const char *text, const char *option,
		       struct status *st);

/* Gives numbers of flows.  For one thread. */
struct flow_picker {
	enum flow_order order;
	uint64_t n, at, random;
	struct flow_alias *aliases; /* [n], of FLOWS_ZIPF */
};

/* A flow, or with a chance of 1 - keep / 2^32 another (Walker's alias method). */
struct flow_alias {
	uint32_t keep, other;
};

/* N flows; of FLOWS_NEW all that there are. */
void flow_picker_init(struct flow_picker *p, const struct flow_pattern *pattern, uint64_t n,
		      uint64_t seed);
void flow_picker_fini(struct flow_picker *p);

static inline uint64_t flow_picker_random(struct flow_picker *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return p->random;
}

static inline uint64_t flow_picker_next(struct flow_picker *p)
{
	uint64_t random, i;

	if (p->order == FLOWS_SEQUENTIAL || p->order == FLOWS_NEW) {
		i = p->at++;
		if (p->at == p->n)
			p->at = 0;
		return i;
	}
	random = flow_picker_random(p);
	i = (unsigned __int128)random * p->n >> 64;
	if (p->order == FLOWS_ZIPF && (uint32_t)random >= p->aliases[i].keep)
		return p->aliases[i].other;
	return i;
}

#endif
