#include "tests/bench/tool/flows.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#define MAX_COUNT (1ull << 63)
#define MAX_VNI	  0xfffffful

/* --- ranges --- */

static bool take_vni(const char **at, unsigned long *vni)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	*vni = strtoul(*at, &end, 10);
	*at = end;
	return *vni <= MAX_VNI;
}

int flow_ranges_parse_vnis(struct flow_ranges *r, const char *text, const char *option,
			   struct status *st)
{
	const char *at = text;
	unsigned long first, last;

	r->n_vnis = 0;
	r->has_tunnel = true;
	while (take_vni(&at, &first)) {
		last = first;
		if (*at == '-' && (at++, !take_vni(&at, &last)))
			break;
		if (last < first || last - first >= FLOWS_MAX_VNIS - r->n_vnis)
			break;
		for (unsigned long vni = first; vni <= last; vni++)
			r->vnis[r->n_vnis++] = vni;
		if (!*at)
			return 0;
		if (*at++ != ',')
			break;
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, option,
			  "--%s: '%.60s' is not a list of at most %d VNIs from 0 to %lu, such as "
			  "100,200-209",
			  option, text, FLOWS_MAX_VNIS, MAX_VNI);
}

/* The digits of a flow's number, and how many values each has. */
enum { SRC, DST, SPORT, DPORT, SMAC, DMAC, VLAN, VNI, N_DIGITS };

static void digits_count(const struct flow_ranges *r, uint64_t n[N_DIGITS])
{
	n[SRC] = r->src.n;
	n[DST] = r->dst.n;
	n[SPORT] = r->sport.n;
	n[DPORT] = r->dport.n;
	n[SMAC] = r->smac.n;
	n[DMAC] = r->dmac.n;
	n[VLAN] = r->has_vlan ? r->vlan.n : 1;
	n[VNI] = r->has_tunnel ? r->n_vnis : 1;
}

uint64_t flow_ranges_count(const struct flow_ranges *r)
{
	uint64_t n[N_DIGITS], product = 1;

	digits_count(r, n);
	for (int i = 0; i < N_DIGITS; i++)
		if (product > MAX_COUNT / n[i])
			return MAX_COUNT;
		else
			product *= n[i];
	return product;
}

void flow_ranges_get(const struct flow_ranges *r, uint64_t number, struct flow_fields *f)
{
	uint64_t n[N_DIGITS], digit[N_DIGITS];

	digits_count(r, n);
	for (int i = 0; i < N_DIGITS; i++) {
		uint64_t turn = i > 0 ? digit[0] % n[i] : 0, d = number % n[i];

		number /= n[i];
		digit[i] = d >= n[i] - turn ? d - (n[i] - turn) : d + turn;
	}
	range_put(&r->src, digit[SRC], f->src);
	range_put(&r->dst, digit[DST], f->dst);
	range_put(&r->sport, digit[SPORT], f->sport);
	range_put(&r->dport, digit[DPORT], f->dport);
	range_put(&r->smac, digit[SMAC], f->smac);
	range_put(&r->dmac, digit[DMAC], f->dmac);
	if (r->has_vlan)
		range_put(&r->vlan, digit[VLAN], f->vlan);
	f->vni = r->has_tunnel ? r->vnis[digit[VNI]] : 0;
}

/* --- order --- */

int flow_pattern_parse(struct flow_pattern *p, const char *text, const char *option,
		       struct status *st)
{
	static const char *const names[] = { "uniform", "sequential", "zipf", "new" };
	char *end;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		size_t n = strlen(names[i]);

		*p = (struct flow_pattern){ i, 1 };
		if (strncmp(text, names[i], n) != 0)
			continue;
		if (!text[n])
			return 0;
		if (i != FLOWS_ZIPF || text[n] != ':')
			break;
		p->skew = strtod(text + n + 1, &end);
		if (end != text + n + 1 && !*end && p->skew >= 0 && p->skew <= 10)
			return 0;
		break;
	}
	return status_set(st, STATUS_INVALID_ARGUMENT, option,
			  "--%s: '%.60s' is not uniform, sequential, new or zipf:SKEW with a skew "
			  "from 0 to 10",
			  option, text);
}

/* Vose's way to make the table: flows too rare for their place share it with one too frequent. */
static void make_aliases(struct flow_picker *p, double skew)
{
	double *share = xcalloc(p->n, sizeof(*share)), sum = 0;
	uint32_t *rare = xcalloc(p->n, sizeof(*rare)), *frequent = xcalloc(p->n, sizeof(*rare));
	size_t n_rare = 0, n_frequent = 0;

	p->aliases = xcalloc(p->n, sizeof(*p->aliases));
	for (uint64_t i = 0; i < p->n; i++)
		sum += share[i] = pow(i + 1, -skew);
	for (uint64_t i = 0; i < p->n; i++) {
		share[i] *= p->n / sum;
		p->aliases[i] = (struct flow_alias){ UINT32_MAX, i };
		if (share[i] < 1)
			rare[n_rare++] = i;
		else
			frequent[n_frequent++] = i;
	}
	while (n_rare && n_frequent) {
		uint32_t few = rare[--n_rare], many = frequent[n_frequent - 1];

		p->aliases[few] = (struct flow_alias){ share[few] * UINT32_MAX, many };
		share[many] -= 1 - share[few];
		if (share[many] < 1) {
			n_frequent--;
			rare[n_rare++] = many;
		}
	}
	free(share);
	free(rare);
	free(frequent);
}

void flow_picker_init(struct flow_picker *p, const struct flow_pattern *pattern, uint64_t n,
		      uint64_t seed)
{
	struct rng rng;

	rng_seed(&rng, seed);
	*p = (struct flow_picker){ .order = pattern->order, .n = n };
	p->random = rng_u64(&rng) | 1;
	if (p->order == FLOWS_ZIPF)
		make_aliases(p, pattern->skew);
}

void flow_picker_fini(struct flow_picker *p)
{
	free(p->aliases);
	p->aliases = NULL;
}
