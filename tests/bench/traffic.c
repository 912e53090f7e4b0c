/* Packets to measure with: making the flows, their templates and their order.  See traffic.h. */

#include "tests/bench/traffic.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "lib/util.h"

enum {
	HUGE_PAGE = 2 << 20,
	N_RANKS = 1 << 20, /* of a zipf order, then it begins again */
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

static void put_mac(uint8_t *to, uint64_t mac)
{
	store_be16(to, mac >> 32);
	store_be32(to + 2, mac);
}

/* One's complement sum of native words; SIZE is even. */
static uint32_t sum_words(const void *data, size_t size)
{
	const uint8_t *at = data;
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i < size; i += 2) {
		memcpy(&word, at + i, sizeof(word));
		sum += word;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* --- flows --- */

/* Huge pages if the kernel has them to give: a flow far away is then one miss, not two. */
static struct traffic_flow *alloc_flows(uint32_t n)
{
	size_t size = (size_t)n * sizeof(struct traffic_flow);
	void *at;

	if (size < HUGE_PAGE)
		return xmalloc_lines(size);
	size = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	if (posix_memalign(&at, HUGE_PAGE, size) != 0)
		return NULL;
	madvise(at, size, MADV_HUGEPAGE);
	return at;
}

static void fill_flow(struct traffic_flow *f, const struct traffic_record *r)
{
	*f = (struct traffic_flow){ .is_tcp = r->protocol == PROTOCOL_TCP,
				    .ip_src = r->ip_src,
				    .ip_dst = r->ip_dst,
				    .port_src = r->port_src,
				    .port_dst = r->port_dst };
	memcpy(f->eth_dst, r->eth_dst, sizeof(f->eth_dst));
	memcpy(f->eth_src, r->eth_src, sizeof(f->eth_src));
	f->ip_sum = sum_words(&f->ip_src, 8);
	f->l4_sum = sum_words(&f->ip_src, 12);
}

static uint64_t count_of(const struct traffic_range *r)
{
	return r->last - r->first + 1;
}

/* The lowest digit of N in the base of R's count; the digits above remain in N. */
static uint64_t digit(const struct traffic_range *r, uint64_t *n)
{
	uint64_t value = r->first + *n % count_of(r);

	*n /= count_of(r);
	return value;
}

static void record_from_ranges(struct traffic_record *r, const struct traffic_profile *p,
			       uint64_t i)
{
	uint64_t n = i;

	memset(r, 0, sizeof(*r));
	put_mac(r->eth_dst, p->eth_dst.first + i % count_of(&p->eth_dst));
	put_mac(r->eth_src, p->eth_src.first + i % count_of(&p->eth_src));
	r->protocol = p->protocol;
	r->ip_src = __builtin_bswap32(digit(&p->ip_src, &n));
	r->port_src = __builtin_bswap16(digit(&p->port_src, &n));
	r->ip_dst = __builtin_bswap32(digit(&p->ip_dst, &n));
	r->port_dst = __builtin_bswap16(digit(&p->port_dst, &n));
}

static int flows_from_ranges(struct traffic *t, struct status *st)
{
	const struct traffic_profile *p = &t->profile;
	const struct traffic_range *ranges[] = { &p->ip_src, &p->port_src, &p->ip_dst,
						 &p->port_dst };
	struct traffic_record r;
	uint64_t n_possible = 1;

	for (size_t i = 0; i < ARRAY_LENGTH(ranges) && n_possible < p->n_flows; i++)
		n_possible *= count_of(ranges[i]);
	if (n_possible < p->n_flows)
		return status_set(st, STATUS_INVALID_ARGUMENT, "flows",
				  "the ranges of addresses and ports hold only %llu flows, not %u",
				  (unsigned long long)n_possible, p->n_flows);
	t->n_flows = p->n_flows;
	t->flows = alloc_flows(t->n_flows);
	if (!t->flows)
		return status_set(st, STATUS_RESOURCE_EXHAUSTED, "flows", "no memory for %u flows",
				  t->n_flows);
	for (uint32_t i = 0; i < t->n_flows; i++) {
		record_from_ranges(&r, p, i);
		fill_flow(&t->flows[i], &r);
	}
	return 0;
}

/* How many records a file holds: at most as many as are wanted, 0 if none whole. */
static uint32_t count_records(FILE *f, uint32_t n_wanted)
{
	long size = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
	long n = size < 0 || size % sizeof(struct traffic_record)
			 ? 0
			 : size / (long)sizeof(struct traffic_record);

	rewind(f);
	return n > n_wanted ? n_wanted : n;
}

static int read_records(struct traffic *t, FILE *f, struct status *st)
{
	const struct traffic_profile *p = &t->profile;
	struct traffic_record r;

	t->n_flows = count_records(f, p->n_flows);
	if (t->n_flows == 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "file",
				  "%s holds no whole number of flow records of %zu bytes", p->file,
				  sizeof(r));
	t->flows = alloc_flows(t->n_flows);
	if (!t->flows)
		return status_set(st, STATUS_RESOURCE_EXHAUSTED, "flows", "no memory for %u flows",
				  t->n_flows);
	for (uint32_t i = 0; i < t->n_flows; i++) {
		if (fread(&r, sizeof(r), 1, f) != 1)
			return status_set(st, STATUS_UNAVAILABLE, "file", "cannot read %s",
					  p->file);
		if (r.protocol != PROTOCOL_TCP && r.protocol != PROTOCOL_UDP)
			return status_set(st, STATUS_INVALID_ARGUMENT, "file",
					  "%s: protocol %u of flow %u is neither UDP nor TCP",
					  p->file, r.protocol, i);
		fill_flow(&t->flows[i], &r);
	}
	return 0;
}

static int flows_from_file(struct traffic *t, struct status *st)
{
	FILE *f = fopen(t->profile.file, "rbe");
	int rc;

	if (!f)
		return status_set(st, STATUS_NOT_FOUND, "file", "%s: %s", t->profile.file,
				  strerror(errno));
	rc = read_records(t, f, st);
	fclose(f);
	return rc;
}

static void shuffle_flows(struct traffic *t)
{
	uint64_t state = 0x6c62272e07bb0142;

	for (uint32_t i = t->n_flows - 1; i > 0; i--) {
		uint32_t j = random_next(&state) % (i + 1);
		struct traffic_flow swap = t->flows[i];

		t->flows[i] = t->flows[j];
		t->flows[j] = swap;
	}
}

/* --- templates --- */

static void make_tunnel(struct traffic_template *tt, const struct traffic_tunnel *tunnel)
{
	uint8_t *at = tt->tunnel;
	uint16_t inner = tt->size, sum;

	put_mac(at, tunnel->eth_dst);
	put_mac(at + 6, tunnel->eth_src);
	store_be16(at + 12, 0x0800);
	at[14] = 0x45;
	store_be16(at + 16, 20 + 8 + 8 + inner);
	at[22] = 64;
	at[23] = PROTOCOL_UDP;
	store_be32(at + 26, tunnel->ip_src);
	store_be32(at + 30, tunnel->ip_dst);
	sum = ~sum_words(at + 14, 20);
	memcpy(at + 24, &sum, sizeof(sum));
	store_be16(at + 36, 4789);
	store_be16(at + 38, 8 + 8 + inner);
	at[42] = 0x08; /* the VNI is valid */
	store_be32(at + 46, tunnel->vni << 8);
}

static void make_template(struct traffic_template *tt, const struct traffic_profile *p,
			  uint16_t size, bool is_tcp)
{
	uint8_t *at = tt->bytes, pseudo[4];
	uint16_t l4_size = size - 34;

	tt->size = size;
	store_be16(at + 12, 0x0800);
	at[14] = 0x45;
	store_be16(at + 16, size - 14);
	at[22] = 64;
	at[23] = is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP;
	tt->ip_sum = sum_words(at + 14, 20);
	if (is_tcp) {
		at[46] = 5 << 4;
		at[47] = 0x10; /* ACK */
		store_be16(at + 48, 0xffff);
		store_be16(pseudo, PROTOCOL_TCP);
		store_be16(pseudo + 2, l4_size);
		tt->l4_sum = sum_words(at + 34, 30) + sum_words(pseudo, sizeof(pseudo));
	} else {
		store_be16(at + 38, l4_size);
	}
	if (p->has_tunnel)
		make_tunnel(tt, &p->tunnel);
}

static void make_templates(struct traffic *t)
{
	static const uint16_t imix[] = { 64, 594, 1518 };
	static const uint8_t imix_round[TRAFFIC_IMIX_ROUND] = {
		0, 1, 0, 0, 1, 0, 2, 0, 1, 0, 0, 1
	};
	bool is_imix = t->profile.size == 0;

	for (unsigned s = 0; s < (is_imix ? ARRAY_LENGTH(imix) : 1); s++) {
		for (unsigned is_tcp = 0; is_tcp < 2; is_tcp++)
			make_template(&t->templates[s][is_tcp], &t->profile,
				      is_imix ? imix[s] : t->profile.size, is_tcp);
	}
	t->n_sizes = is_imix ? TRAFFIC_IMIX_ROUND : 1;
	if (is_imix)
		memcpy(t->size_at, imix_round, sizeof(imix_round));
}

/* --- order --- */

/* Which flow is the n-th most frequent has nothing to do with its number. */
static void shuffle(uint32_t *numbers, uint32_t n, uint64_t *state)
{
	for (uint32_t i = 0; i < n; i++)
		numbers[i] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = random_next(state) % (i + 1), swap = numbers[i];

		numbers[i] = numbers[j];
		numbers[j] = swap;
	}
}

static uint32_t find_rank(const double *below, uint32_t n, double at)
{
	uint32_t low = 0, high = n - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (below[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void make_ranks(struct traffic *t)
{
	uint32_t *numbers = xcalloc(t->n_flows, sizeof(*numbers));
	double *below = xcalloc(t->n_flows, sizeof(*below)), sum = 0;
	uint64_t state = 0x2545f4914f6cdd1d;

	t->n_ranks = N_RANKS;
	t->ranks = xcalloc(t->n_ranks, sizeof(*t->ranks));
	for (uint32_t i = 0; i < t->n_flows; i++)
		below[i] = sum += 1 / pow(i + 1, t->profile.skew);
	shuffle(numbers, t->n_flows, &state);
	for (uint32_t i = 0; i < t->n_ranks; i++) {
		double at = (double)(random_next(&state) >> 11) * 0x1p-53 * sum;

		t->ranks[i] = numbers[find_rank(below, t->n_flows, at)];
	}
	free(numbers);
	free(below);
}

static bool has_tcp(const struct traffic *t)
{
	for (uint32_t i = 0; i < t->n_flows; i++) {
		if (t->flows[i].is_tcp)
			return true;
	}
	return false;
}

/* --- the whole --- */

struct traffic *traffic_create(const struct traffic_profile *p, struct status *st)
{
	struct traffic *t = xmalloc_lines(sizeof(*t));

	*t = (struct traffic){ .profile = *p,
			       .order = p->is_fresh ? TRAFFIC_IN_TURN : p->order,
			       .is_fresh = p->is_fresh,
			       .has_tunnel = p->has_tunnel };
	if ((p->file[0] ? flows_from_file(t, st) : flows_from_ranges(t, st)) < 0) {
		traffic_destroy(t);
		return NULL;
	}
	if (t->order == TRAFFIC_UNIFORM)
		shuffle_flows(t);
	make_templates(t);
	t->is_whole = p->size != TRAFFIC_HEADERS_SIZE && has_tcp(t);
	if (t->order == TRAFFIC_ZIPF)
		make_ranks(t);
	return t;
}

void traffic_destroy(struct traffic *t)
{
	if (!t)
		return;
	free(t->flows);
	free(t->ranks);
	free(t);
}

void traffic_source_init(struct traffic_source *s, const struct traffic *t, unsigned part,
			 unsigned n_parts)
{
	uint64_t end = t->n_ranks ? t->n_ranks : t->n_flows;

	*s = (struct traffic_source){
		.traffic = t,
		.random = 0x9e3779b97f4a7c15 * (part + 1),
		.at = end * part / n_parts,
		.round = 65536 * part / n_parts,
	};
}

uint16_t traffic_write(const struct traffic *t, struct traffic_packet p, uint8_t *frame)
{
	uint16_t size = traffic_put(t, p, frame);
	size_t written = TRAFFIC_HEADERS_SIZE + (t->has_tunnel ? TRAFFIC_TUNNEL_SIZE : 0);

	memset(frame + written, 0, size - written);
	return size;
}

uint16_t traffic_max_size(const struct traffic *t)
{
	uint16_t size = t->profile.size ? t->profile.size : TRAFFIC_MAX_SIZE;

	return size + (t->has_tunnel ? TRAFFIC_TUNNEL_SIZE : 0);
}
