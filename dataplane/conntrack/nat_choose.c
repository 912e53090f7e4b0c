/* Choosing what a connection is translated to (nat.h).
 *
 * An address is chosen by a keyed hash: of the source alone if it is to persist, else of both ends.
 * Then the first port that makes the reply tuple unique is taken: the one that the connection has,
 * if that is allowed, then others, from a place and by a step that the hash says.  No more than
 * MAX_TRIES combinations are tried, so that connections that find none cost others little; what has
 * fewer is tried in full, at first. */

#include <netinet/in.h>
#include "dataplane/conntrack/nat.h"
#include "lib/mix.h"

#define MAX_TRIES	   128
#define MIN_TRIES	   16  /* where nothing was found lately */
#define N_SCARCE	   256 /* far ends that this is remembered of, a power of two */
#define MAX_DST_TRIES	   8   /* of destinations; then it is the source's turn */
#define PRIVILEGED	   1024
#define PRIVILEGED_BY_HOST 512 /* rcmd(3) and the like: below, ports are of well-known servers */

typedef unsigned __int128 uint128;

/* A range of N numbers from BASE, gone through from START by STEP. */
struct ports {
	uint32_t base, n, start, step;
};

struct choice {
	const struct ct_nat *nat;
	struct connection *c;
	struct ct_tuple from; /* C's original tuple */
	struct ct_tuple to;   /* of the original direction's packets, translated */
	bool (*is_free)(void *ctx, const struct ct_tuple *reply);
	void *ctx;
	uint64_t by_address, by_ends; /* hashes */
	unsigned n_tries, max_tries;
	uint8_t *scarcity; /* how often in a row nothing was found for this far end */
};

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

/* An identifier, which is kept in src_port, is all that tells one from another. */
static bool has_identifier(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* A number below N, as H is among all. */
static uint32_t scale(uint32_t h, uint32_t n)
{
	return (uint64_t)h * n >> 32;
}

/* --- hashes --- */

static uint64_t mix_bytes(uint64_t h, const void *bytes, size_t size, uint64_t secret)
{
	uint64_t word;

	for (size_t at = 0; at < size; at += 8) {
		memcpy(&word, (const uint8_t *)bytes + at, 8);
		h = mix_word(h, word, secret);
	}
	return h;
}

/* Differs each time, which those who do not know the secret cannot foresee. */
static uint64_t next_salt(void)
{
	static _Thread_local uint64_t n;

	return ++n;
}

/* Who has all ports towards a far end taken must not have each further connection cost everybody
 * the whole search: after each that found nothing the next one tries half as many, elsewhere. */
static void remember_scarcity(struct choice *choice, uint64_t secret)
{
	static _Thread_local uint8_t scarcities[N_SCARCE];
	const struct ct_tuple *t = &choice->from;
	uint64_t h = mix_bytes(t->zone, &t->dst, sizeof(t->dst), secret);

	h = mix_bytes(h, &choice->nat->min_address, sizeof(struct ct_address), secret);
	h = mix_word(h, (uint64_t)t->dst_port << 8 | t->proto, secret);
	choice->scarcity = &scarcities[h % N_SCARCE];
	choice->max_tries = MAX_OF(MAX_TRIES >> *choice->scarcity, MIN_TRIES);
}

static void hash(struct choice *choice, uint64_t secret)
{
	const struct ct_tuple *t = &choice->from;
	uint64_t salt;

	secret |= 1;
	remember_scarcity(choice, secret);
	salt = choice->nat->is_random || *choice->scarcity ? next_salt() : 0;
	choice->by_ends = mix_bytes(salt, t, sizeof(*t), secret);
	choice->by_ends = mix_word(choice->by_ends, salt, secret);
	choice->by_address = choice->by_ends;
	if (choice->nat->is_persistent)
		choice->by_address = mix_word(mix_bytes(t->family, &t->src, sizeof(t->src), secret),
					      t->zone, secret);
}

/* --- addresses --- */

static uint128 address_number(const struct ct_address *a, uint8_t family)
{
	if (family == 4)
		return load_be32(a->bytes);
	return (uint128)load_be64(a->bytes) << 64 | load_be64(a->bytes + 8);
}

static struct ct_address address_of(uint128 number, uint8_t family)
{
	struct ct_address a = { { 0 } };

	if (family == 4) {
		store_be32(a.bytes, number);
		return a;
	}
	store_be64(a.bytes, number >> 64);
	store_be64(a.bytes + 8, number);
	return a;
}

/* How many addresses there are to choose from, as far as that matters. */
static unsigned n_addresses(const struct ct_nat *nat)
{
	uint128 last = address_number(&nat->max_address, nat->family) -
		       address_number(&nat->min_address, nat->family);

	if (nat->family == 0 || nat->is_persistent)
		return 1;
	return last < MAX_TRIES ? (unsigned)last + 1 : MAX_TRIES;
}

/* The K-th address to be tried: the hash says which is the first. */
static struct ct_address pick_address(const struct choice *choice, unsigned k)
{
	const struct ct_nat *nat = choice->nat;
	uint128 min = address_number(&nat->min_address, nat->family);
	uint128 last = address_number(&nat->max_address, nat->family) - min, offset;

	/* (last + 1) * hash / 2^64, in halves so that nothing is lost */
	offset = (uint128)(uint64_t)(last >> 64) * choice->by_address +
		 (((uint128)(uint64_t)last * choice->by_address + choice->by_address) >> 64);
	offset = k > last - offset ? k - (last - offset) - 1 : offset + k;
	return address_of(min + offset, nat->family);
}

/* --- ports --- */

static void spread(struct ports *p, uint64_t h)
{
	p->start = scale(h, p->n);
	p->step = p->n <= MAX_TRIES ? 1 : 1 + scale(h >> 32, p->n - 1);
}

static bool has_port_range(const struct ct_nat *nat)
{
	return nat->has_range && (nat->min_port || nat->max_port);
}

static struct ports range_of(const struct ct_nat *nat)
{
	uint32_t min = load_be16(&nat->min_port), max = load_be16(&nat->max_port);

	return (struct ports){ .base = min, .n = max > min ? max - min + 1 : 1 };
}

/* What a source port may become if no range is given: privileged ones stay so. */
static struct ports class_of(uint16_t port)
{
	if (port < PRIVILEGED_BY_HOST)
		return (struct ports){ .base = 1, .n = PRIVILEGED_BY_HOST - 1 };
	if (port < PRIVILEGED)
		return (struct ports){ .base = 600, .n = PRIVILEGED - 600 };
	return (struct ports){ .base = PRIVILEGED, .n = 65536 - PRIVILEGED };
}

static struct ports source_ports(const struct choice *choice)
{
	const struct ct_tuple *from = &choice->from;
	struct ports p = { .n = 0 };

	if (choice->nat->is_source && has_port_range(choice->nat))
		p = range_of(choice->nat);
	else if (has_identifier(from->proto))
		p = (struct ports){ .base = 0, .n = 65536 };
	else
		p = class_of(load_be16(&from->src_port));
	spread(&p, choice->by_ends);
	return p;
}

static bool contains(const struct ports *p, uint16_t port)
{
	return port - p->base < p->n;
}

/* --- trying --- */

static bool try(struct choice *choice)
{
	struct ct_tuple reply = ct_tuple_reverse(&choice->to);

	if (choice->n_tries++ >= choice->max_tries || !choice->is_free(choice->ctx, &reply))
		return false;
	connection_set_reply(choice->c, &reply);
	return true;
}

/* The source port that is there, if it may stay. */
static bool try_same_port(struct choice *choice, const struct ports *p)
{
	const struct ct_nat *nat = choice->nat;
	uint16_t port = choice->from.src_port;

	if (nat->has_range && nat->is_source && nat->is_random)
		return false;
	if (nat->is_source && has_port_range(nat) && !contains(p, load_be16(&port)))
		return false;
	choice->to.src_port = port;
	return try(choice);
}

static bool try_source_ports(struct choice *choice)
{
	uint8_t proto = choice->to.proto;
	struct ports p;
	uint32_t at;

	if (!has_ports(proto) && !has_identifier(proto))
		return try(choice);
	p = source_ports(choice);
	if (try_same_port(choice, &p))
		return true;
	at = p.start;
	for (uint32_t i = 0; i < p.n && choice->n_tries < choice->max_tries; i++) {
		store_be16(&choice->to.src_port, p.base + at);
		if (try(choice))
			return true;
		at += p.step;
		at -= at >= p.n ? p.n : 0;
	}
	return false;
}

static bool try_sources(struct choice *choice)
{
	const struct ct_nat *nat = choice->nat;
	unsigned n;

	if (!nat->has_range || !nat->is_source || nat->family == 0)
		return try_source_ports(choice);
	n = n_addresses(nat);
	for (unsigned k = 0; k < n && choice->n_tries < choice->max_tries; k++) {
		choice->to.src = pick_address(choice, k);
		if (try_source_ports(choice))
			return true;
	}
	return false;
}

/* How many ports of a destination are tried at most. */
static unsigned n_dst_ports(const struct choice *choice)
{
	if (!has_port_range(choice->nat) || !has_ports(choice->to.proto))
		return 1;
	return MIN_OF(range_of(choice->nat).n, MAX_DST_TRIES);
}

/* The K-th destination to be tried: of one address all ports, of others the first. */
static void set_destination(struct choice *choice, unsigned k)
{
	const struct ct_nat *nat = choice->nat;
	unsigned n_ports = n_dst_ports(choice);

	if (has_port_range(nat) && has_ports(choice->to.proto)) {
		struct ports p = range_of(nat);
		uint32_t at = scale(choice->by_ends >> 32, p.n) + (k < n_ports ? k : 0);

		store_be16(&choice->to.dst_port, p.base + (at >= p.n ? at - p.n : at));
	}
	if (nat->family)
		choice->to.dst = pick_address(choice, k < n_ports ? 0 : k - n_ports + 1);
}

/* A destination at which the connection is unique as it is; false: the first one is set. */
static bool try_destinations(struct choice *choice)
{
	unsigned n = n_dst_ports(choice) + n_addresses(choice->nat) - 1;

	for (unsigned k = 0; k < MIN_OF(n, MAX_DST_TRIES) && !choice->nat->is_source; k++) {
		set_destination(choice, k);
		if (try(choice))
			return true;
	}
	set_destination(choice, 0);
	return false;
}

static bool is_same_end(const struct ct_address *a, uint16_t port, const struct ct_address *b,
			uint16_t other)
{
	return memcmp(a, b, sizeof(*a)) == 0 && port == other;
}

static void set_flags(struct choice *choice)
{
	const struct ct_tuple *from = &choice->from, *to = &choice->to;
	struct connection *c = choice->c;

	if (!is_same_end(&from->src, from->src_port, &to->src, to->src_port))
		c->flags |= CONNECTION_SNAT;
	if (!is_same_end(&from->dst, from->dst_port, &to->dst, to->dst_port))
		c->flags |= CONNECTION_DNAT;
}

static bool finish(struct choice *choice, bool is_found)
{
	uint8_t *scarcity = choice->scarcity;

	if (!is_found) {
		*scarcity += MAX_TRIES >> *scarcity > MIN_TRIES;
		return false;
	}
	*scarcity -= *scarcity > 0;
	set_flags(choice);
	return true;
}

bool ct_nat_choose(const struct ct_nat *nat, uint64_t secret, struct connection *c,
		   bool (*is_free)(void *ctx, const struct ct_tuple *reply), void *ctx)
{
	struct choice choice = { .nat = nat, .c = c, .is_free = is_free, .ctx = ctx };

	if (nat->has_range && nat->family && nat->family != c->family)
		return false;
	connection_tuple(c, false, &choice.from);
	choice.to = choice.from;
	hash(&choice, secret);
	return finish(&choice,
		      (nat->has_range && nat->is_destination && try_destinations(&choice)) ||
			      try_sources(&choice));
}

bool ct_nat_choose_expected(const struct ct_expectation *e, const struct ct_nat *nat,
			    uint64_t secret, struct connection *c,
			    bool (*is_free)(void *ctx, const struct ct_tuple *reply), void *ctx)
{
	static const struct ct_nat as_it_is;
	struct choice choice = { .nat = &as_it_is, .c = c, .is_free = is_free, .ctx = ctx };
	struct ct_tuple plain = ct_tuple_reverse(&e->original);

	if (memcmp(&plain, &e->reply, sizeof(plain)) == 0)
		return ct_nat_choose(nat, secret, c, is_free, ctx);
	connection_tuple(c, false, &choice.from);
	choice.to = ct_tuple_reverse(&e->reply);
	if (!choice.to.src_port)
		choice.to.src_port = choice.from.src_port;
	hash(&choice, secret);
	return finish(&choice, try_sources(&choice));
}
