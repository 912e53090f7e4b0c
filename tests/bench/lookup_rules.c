/* The rule sets: see lookup_rules.h. */

#include "tests/bench/lookup_rules.h"

#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>

#define SRC_NET 0x0a000000u /* 10.0.0.0/8 */
#define DST_NET 0x14000000u /* 20.0.0.0/8 */

struct mask_node {
	struct hmap_node node;
	struct mask mask;
};

static uint32_t draw(struct lookup_rules *r, uint32_t n)
{
	return rng_below(&r->rng, n);
}

static uint32_t prefix(unsigned len, unsigned bits)
{
	return len ? ((1ull << len) - 1) << (bits - len) : 0;
}

static const struct mask *mask_for(struct lookup_rules *r, const struct flow_key *bits)
{
	struct mask m;
	struct mask_node *node;

	mask_init(&m, bits);
	HMAP_FOREACH_HASH (n, &r->masks, m.hash) {
		node = container_of(n, struct mask_node, node);
		if (mask_equal(&node->mask, &m))
			return &node->mask;
	}
	node = arena_alloc(&r->arena, sizeof(*node));
	node->mask = m;
	hmap_insert(&r->masks, &node->node, m.hash);
	if (m.n_words)
		r->n_lines = MAX_OF(r->n_lines, m.places[m.n_words - 1] / 8u + 1);
	return &node->mask;
}

/* A rule behind those that are there. */
static void add(struct lookup_rules *r, const struct key_mask *m)
{
	const struct mask *mask = mask_for(r, &m->mask);
	uint64_t *words = arena_alloc(&r->arena, (mask->n_words + 1) * sizeof(*words));

	if (r->n == r->room) {
		r->room = MAX_OF(1024u, r->room * 2);
		r->rules = xrealloc(r->rules, r->room * sizeof(*r->rules));
	}
	mask_extract(mask, &m->key, words);
	r->rules[r->n] = (struct lookup_rule){ .mask = mask, .words = words, .rank = r->n };
	r->n++;
}

/* The rules that came last are first. */
static void reverse(struct lookup_rules *r)
{
	for (unsigned i = 0; i < r->n / 2; i++) {
		struct lookup_rule first = r->rules[i];

		r->rules[i] = r->rules[r->n - 1 - i];
		r->rules[r->n - 1 - i] = first;
	}
	for (unsigned i = 0; i < r->n; i++)
		r->rules[i].rank = i;
}

static void set_ip(struct key_mask *m, unsigned proto)
{
	store_be16(&m->key.eth_type, 0x0800);
	m->mask.eth_type = 0xffff;
	if (!proto)
		return;
	m->key.ip_proto = proto;
	m->mask.ip_proto = 0xff;
}

static void set_in_port(struct key_mask *m, uint32_t port)
{
	store_be32(&m->key.in_port, port);
	m->mask.in_port = UINT32_MAX;
}

static void set_src(struct key_mask *m, uint32_t addr, unsigned len)
{
	store_be32(&m->mask.ipv4_src, prefix(len, 32));
	store_be32(&m->key.ipv4_src, addr & prefix(len, 32));
}

static void set_dst(struct key_mask *m, uint32_t addr, unsigned len)
{
	store_be32(&m->mask.ipv4_dst, prefix(len, 32));
	store_be32(&m->key.ipv4_dst, addr & prefix(len, 32));
}

static void set_ports(struct key_mask *m, uint16_t src, unsigned src_len, uint16_t dst,
		      unsigned dst_len)
{
	store_be16(&m->mask.tp_src, prefix(src_len, 16));
	store_be16(&m->key.tp_src, src & prefix(src_len, 16));
	store_be16(&m->mask.tp_dst, prefix(dst_len, 16));
	store_be16(&m->key.tp_dst, dst & prefix(dst_len, 16));
}

static uint16_t well_known_port(struct lookup_rules *r)
{
	static const uint16_t ports[] = { 22, 53, 80, 443, 3306, 8080 };
	unsigned k = draw(r, ARRAY_LENGTH(ports) + 1);

	return k < ARRAY_LENGTH(ports) ? ports[k] : 1 + draw(r, 65535);
}

/* --- access lists --- */

struct acl_shape {
	uint8_t src, dst, sport, dport; /* lengths of prefixes */
};

static bool is_new(const struct acl_shape *shapes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (memcmp(&shapes[i], &shapes[n], sizeof(shapes[n])) == 0)
			return false;
	return true;
}

static struct acl_shape *acl_shapes(struct lookup_rules *r, unsigned n, unsigned max_len)
{
	static const uint8_t lengths[] = { 0, 8, 12, 16, 20, 22, 24, 26, 28, 30, 32 };
	static const uint8_t dports[] = { 0, 16, 16, 10, 6 };
	struct acl_shape *shapes = xcalloc(n, sizeof(*shapes));
	bool is_common = n <= 200 && max_len == 32;

	for (unsigned i = 0; i < n;) {
		struct acl_shape *s = &shapes[i];

		s->src = is_common ? lengths[draw(r, 11)] : draw(r, max_len + 1);
		s->dst = is_common ? lengths[draw(r, 11)] : draw(r, max_len + 1);
		s->sport = draw(r, 4) ? 0 : 16;
		s->dport = is_common ? dports[draw(r, 5)] : draw(r, 17);
		i += s->src + s->dst >= 8 && is_new(shapes, i);
	}
	return shapes;
}

/* Each shape once, then the first ones more often. */
static const struct acl_shape *acl_shape(struct lookup_rules *r, const struct acl_shape *shapes,
					 unsigned n, unsigned i)
{
	double u = (1 + draw(r, 1 << 30)) / (double)(1 << 30);

	return &shapes[i < n ? i : MIN_OF((unsigned)(-log(u) * n / 4), n - 1)];
}

static void make_acl(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	struct acl_shape *shapes = acl_shapes(r, n_masks, 32);
	struct key_mask last = { 0 };

	set_in_port(&last, 1);
	add(r, &last);
	for (unsigned i = 0; i < n_rules; i++) {
		const struct acl_shape *s = acl_shape(r, shapes, n_masks, i);
		struct key_mask m = { 0 };

		set_in_port(&m, 1);
		set_ip(&m, IPPROTO_UDP);
		set_src(&m, SRC_NET | draw(r, 1 << 24), s->src);
		set_dst(&m, DST_NET | draw(r, 1 << 24), s->dst);
		set_ports(&m, 1024 + draw(r, 64512), s->sport, well_known_port(r), s->dport);
		add(r, &m);
	}
	reverse(r);
	free(shapes);
}

static void set_ipv6(uint8_t *key, uint8_t *mask, struct lookup_rules *r, uint16_t net,
		     unsigned len)
{
	store_be16(key, net);
	for (unsigned i = 2; i < 16; i++)
		key[i] = draw(r, i < 6 ? 4 : 256);
	for (unsigned i = 0; i < 16; i++) {
		unsigned n = len > i * 8 ? MIN_OF(len - i * 8, 8u) : 0;

		mask[i] = prefix(n, 8);
		key[i] &= mask[i];
	}
}

static void make_acl6(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	struct acl_shape *shapes = acl_shapes(r, n_masks, 128);

	for (unsigned i = 0; i < n_rules; i++) {
		const struct acl_shape *s = acl_shape(r, shapes, n_masks, i);
		struct key_mask m = { 0 };

		store_be16(&m.key.eth_type, 0x86dd);
		m.mask.eth_type = 0xffff;
		set_ipv6(m.key.ipv6_src, m.mask.ipv6_src, r, 0x2001, s->src);
		set_ipv6(m.key.ipv6_dst, m.mask.ipv6_dst, r, 0x2002, s->dst);
		set_ports(&m, 1024 + draw(r, 64512), s->sport, well_known_port(r), s->dport);
		add(r, &m);
	}
}

/* --- tables that are not access lists --- */

static void add_exact(struct lookup_rules *r)
{
	struct key_mask m = { 0 };

	set_in_port(&m, 1);
	set_ip(&m, IPPROTO_UDP);
	set_src(&m, SRC_NET | draw(r, 1 << 22), 32);
	set_dst(&m, DST_NET | draw(r, 1 << 22), 32);
	set_ports(&m, 0, 0, well_known_port(r), 16);
	add(r, &m);
}

static void make_exact(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_masks;
	for (unsigned i = 0; i < n_rules; i++)
		add_exact(r);
}

static void make_few(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_masks;
	for (unsigned i = 0; i < n_rules; i++) {
		struct key_mask m = { 0 };

		set_in_port(&m, 1);
		set_ip(&m, 0);
		set_dst(&m, DST_NET | i << 16, 16);
		add(r, &m);
	}
}

/* Lengths as in the Internet's table: most of 24, of others the fewer the shorter. */
static unsigned route_length(struct lookup_rules *r)
{
	unsigned k = draw(r, 100);

	return k < 58 ? 24 : k < 93 ? 16 + draw(r, 8) : k < 96 ? 8 + draw(r, 8) : 25 + draw(r, 8);
}

static int longest_first(const void *a, const void *b)
{
	const uint8_t *x = a, *y = b;

	return *y - *x;
}

static void make_lpm(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	uint8_t *lengths = xcalloc(n_rules, 1);

	(void)n_masks;
	for (unsigned i = 0; i < n_rules; i++)
		lengths[i] = route_length(r);
	qsort(lengths, n_rules, 1, longest_first);
	for (unsigned i = 0; i < n_rules; i++) {
		struct key_mask m = { 0 };

		set_ip(&m, 0);
		set_dst(&m, (1 + draw(r, 223)) << 24 | draw(r, 1 << 24), lengths[i]);
		add(r, &m);
	}
	free(lengths);
}

/* Prefixes of IPv6 as providers and sites have them: one of 32 bits in six, else of 36 to 64. */
static void make_lpm6(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	uint8_t *lengths = xcalloc(n_rules, 1);

	(void)n_masks;
	for (unsigned i = 0; i < n_rules; i++)
		lengths[i] = draw(r, 6) ? 36 + 4 * draw(r, 8) : 32;
	qsort(lengths, n_rules, 1, longest_first);
	for (unsigned i = 0; i < n_rules; i++) {
		struct key_mask m = { 0 };

		store_be16(&m.key.eth_type, 0x86dd);
		memset(&m.mask.eth_type, 0xff, 2);
		store_be64(m.mask.ipv6_dst, UINT64_MAX << (64 - lengths[i]));
		store_be64(m.key.ipv6_dst,
			   ((uint64_t)(0x2a00 + draw(r, 16)) << 48 | (uint64_t)draw(r, 4096) << 36 |
			    (uint64_t)draw(r, 1 << 30) << 4) &
				   (UINT64_MAX << (64 - lengths[i])));
		add(r, &m);
	}
	free(lengths);
}

/* A few rules of many masks before and behind many exact ones. */
static void make_mixed(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	for (unsigned i = 0; i < n_rules; i++) {
		struct key_mask m = { 0 };

		if (i >= n_masks / 2 && i < n_rules - n_masks / 2) {
			add_exact(r);
			continue;
		}
		set_ip(&m, 0);
		set_dst(&m, DST_NET | draw(r, 1 << 22), 8 + i % 25);
		set_ports(&m, 0, 0, well_known_port(r), i % 2 ? 16 : 0);
		add(r, &m);
	}
}

/* Each rule has a mask of its own, and many match each packet. */
static void make_distinct(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_masks;
	for (unsigned i = 0; i < n_rules; i++) {
		struct key_mask m = { 0 };
		uint64_t bits = rng_u64(&r->rng) | 1;

		set_ip(&m, IPPROTO_UDP);
		m.mask.ipv4_src = bits & rng_u64(&r->rng);
		m.mask.ipv4_dst = bits >> 32 & rng_u64(&r->rng);
		store_be32(&m.key.ipv4_src, SRC_NET | draw(r, 1 << 24));
		store_be32(&m.key.ipv4_dst, DST_NET | draw(r, 1 << 24));
		m.key.ipv4_src &= m.mask.ipv4_src;
		m.key.ipv4_dst &= m.mask.ipv4_dst;
		add(r, &m);
	}
}

/* Pairs of prefixes that all hold the same few addresses: each packet matches very many. */
static void make_nested(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_masks;
	for (unsigned i = n_rules; i-- > 0;) {
		struct key_mask m = { 0 };

		set_ip(&m, IPPROTO_UDP);
		set_src(&m, SRC_NET | draw(r, 4), i % 33);
		set_dst(&m, DST_NET | draw(r, 4), i / 33 % 33);
		set_ports(&m, 0, 0, i, i / 1089 % 17);
		add(r, &m);
	}
}

/* --- a virtual network of 1,000 ports in 10 networks --- */

#define N_PORTS 1000

static void set_mac(uint8_t *key, uint8_t *mask, unsigned i)
{
	key[0] = 0x0a;
	store_be16(key + 4, i);
	memset(mask, 0xff, 6);
}

static void set_reg(struct key_mask *m, unsigned reg, uint32_t value)
{
	store_be32(&m->key.reg[reg], value);
	m->mask.reg[reg] = UINT32_MAX;
}

static void set_net(struct key_mask *m, unsigned net)
{
	store_be64(&m->key.metadata, net + 1);
	m->mask.metadata = UINT64_MAX;
}

static void make_vnet_source(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_rules, (void)n_masks;
	for (unsigned i = 0; i < N_PORTS; i++) {
		struct key_mask m = { 0 };

		set_in_port(&m, 1);
		set_ip(&m, 0);
		set_mac(m.key.eth_src, m.mask.eth_src, i);
		set_src(&m, SRC_NET + i / 100 * 65536 + 10 + i % 100, 32);
		add(r, &m);
	}
}

/* Lists of 20 prefixes for each network, and what comes last. */
static void make_vnet_list(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	struct key_mask last = { 0 };

	(void)n_rules, (void)n_masks;
	add(r, &last);
	for (unsigned j = 0; j < 20; j++)
		for (unsigned net = 0; net < 10; net++) {
			struct key_mask m = { 0 };

			set_net(&m, net);
			set_ip(&m, IPPROTO_UDP);
			set_src(&m, SRC_NET + net * 65536, 16 + j % 8);
			set_ports(&m, 0, 0, 6000 + j, 16);
			add(r, &m);
		}
	reverse(r);
}

static void make_vnet_mac(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_rules, (void)n_masks;
	for (unsigned i = 0; i < N_PORTS; i++) {
		struct key_mask m = { 0 };

		set_net(&m, i / 100);
		set_mac(m.key.eth_dst, m.mask.eth_dst, i);
		add(r, &m);
	}
}

/* Three rules a port: of TCP, of UDP, of its network. */
static void make_vnet_ingress(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_rules, (void)n_masks;
	for (unsigned k = 0; k < 3; k++)
		for (unsigned i = 0; i < N_PORTS; i++) {
			struct key_mask m = { 0 };

			set_reg(&m, 1, i + 1);
			set_ip(&m, k == 0 ? IPPROTO_TCP : k == 1 ? IPPROTO_UDP : 0);
			if (k < 2)
				set_ports(&m, 0, 0, k ? 1000 + i : 22, 16);
			else
				set_src(&m, SRC_NET + i / 100 * 65536, 16);
			add(r, &m);
		}
}

static void make_vnet_port(struct lookup_rules *r, unsigned n_rules, unsigned n_masks)
{
	(void)n_rules, (void)n_masks;
	for (unsigned i = 0; i < N_PORTS; i++) {
		struct key_mask m = { 0 };

		set_reg(&m, 1, i + 1);
		add(r, &m);
	}
}

const struct lookup_rules_kind lookup_rules_kinds[] = {
	{ "acl", "prefixes and masked ports, as of a firewall", 1000, 50, make_acl },
	{ "acl6", "the same with prefixes of IPv6", 1000, 50, make_acl6 },
	{ "exact", "one mask over five fields", 10000, 0, make_exact },
	{ "few", "one mask, a handful of rules", 4, 0, make_few },
	{ "lpm", "prefixes, the longest wins", 100000, 0, make_lpm },
	{ "lpm6", "the same of IPv6", 10000, 0, make_lpm6 },
	{ "mixed", "exact rules between some of other masks", 10000, 20, make_mixed },
	{ "distinct", "a mask of its own for each rule", 1000, 0, make_distinct },
	{ "nested", "prefixes around the same few addresses", 1000, 0, make_nested },
	{ "vnet-source", "port, MAC and address of a virtual network", 0, 0, make_vnet_source },
	{ "vnet-list", "its access lists, 8 masks and a catch-all", 0, 0, make_vnet_list },
	{ "vnet-mac", "its MACs", 0, 0, make_vnet_mac },
	{ "vnet-ingress", "its ingress lists, 3 masks", 0, 0, make_vnet_ingress },
	{ "vnet-port", "its output ports", 0, 0, make_vnet_port },
};
const unsigned n_lookup_rules_kinds = ARRAY_LENGTH(lookup_rules_kinds);

void lookup_rules_init(struct lookup_rules *r, const struct lookup_rules_kind *kind,
		       unsigned n_rules, unsigned n_masks)
{
	*r = (struct lookup_rules){ .masks = HMAP_INIT, .arena = ARENA_INIT, .n_lines = 1 };
	rng_seed(&r->rng, 42);
	kind->make(r, n_rules ? n_rules : kind->n_rules, n_masks ? n_masks : kind->n_masks);
	for (unsigned i = 0; i < r->n; i++)
		r->rules[i].value = &r->rules[i];
}

void lookup_rules_fini(struct lookup_rules *r)
{
	HMAP_FOREACH_SAFE (n, &r->masks)
		hmap_remove(&r->masks, n);
	hmap_fini(&r->masks);
	arena_clear(&r->arena);
	free(r->rules);
}

void lookup_rules_packet(struct lookup_rules *r, unsigned which, struct flow_key *key)
{
	const struct lookup_rule *rule = &r->rules[which];
	const struct mask *m = rule->mask;

	memset(key, 0, sizeof(*key));
	store_be32(&key->in_port, 1);
	store_be32(&key->ipv4_src, SRC_NET | draw(r, 1 << 24));
	store_be32(&key->ipv4_dst, DST_NET | draw(r, 1 << 24));
	store_be16(&key->eth_type, 0x0800);
	store_be16(&key->tp_src, 1024 + draw(r, 64512));
	store_be16(&key->tp_dst, 1 + draw(r, 65535));
	key->ip_proto = IPPROTO_UDP;
	key->ip_ttl = 64;
	store_be64(&key->metadata, 1 + draw(r, 10));
	for (unsigned i = 0; i < 4; i++)
		store_be32(&key->reg[i], 1 + draw(r, N_PORTS));
	for (unsigned i = 0; i < 2; i++) {
		((uint64_t *)key->ipv6_src)[i] = rng_u64(&r->rng);
		((uint64_t *)key->ipv6_dst)[i] = rng_u64(&r->rng);
	}
	for (unsigned i = 0; i < m->n_words; i++) {
		uint64_t *word = &key->words[m->places[i]];

		*word = (*word & ~m->words[i]) | rule->words[i];
	}
}
