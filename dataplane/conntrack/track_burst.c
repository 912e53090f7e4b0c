/* The ct action on a burst, by the short way: packets of TCP and UDP whose connections are there.
 * Their hashes first, then their buckets, then their connections, each asked for ahead for the
 * whole burst, so that the memory's time is spent once; then, in the order in which they came, what
 * the packets do.  All others go by the long way of track.c, in that order too. */

#include "dataplane/conntrack/track.h"

#include <netinet/in.h>
#include "dataplane/conntrack/proto_udp.h"
#include "dataplane/lookup/cpu.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define likely_(X)   __builtin_expect(!!(X), 1)
#define unlikely_(X) __builtin_expect(!!(X), 0)

#define REST_ZONE_SHIFT	 32
#define REST_PROTO_SHIFT 48
#define REST_IPV4	 (4ull << 56)
#define REST_IPV6	 (6ull << 56)

/* A packet's tuple as the first 16 bytes of its connection are (connection.h): two words. */
struct lookup {
	uint64_t ends; /* src, dst */
	uint64_t rest; /* src_port, dst_port, zone, proto, family */
	uint64_t hash;
	struct connection *c; /* one whose tag is right; NULL: none */
};

/* What a burst asks for. */
struct work {
	struct tracking k;
	const struct ct_burst *b;
	const uint16_t *zones;
	uint64_t plain; /* packets that the short way has looked up */
	struct lookup lookups[PACKET_BURST_MAX];
};

/* Whether the short way can look P up: no fragment, with ports, not tracked in this zone yet. */
static CPU_INLINE bool is_plain(const struct flow_key *key, const struct packet_layout *layout,
				const struct ct_track *track, uint16_t zone)
{
	return ((key->eth_type == htons(0x0800)) | (key->eth_type == htons(0x86dd))) &
	       ((key->ip_proto == IPPROTO_TCP) | (key->ip_proto == IPPROTO_UDP)) & !key->ip_frag &
	       (layout->l4 != 0) & (!track->state | (track->zone != zone));
}

static CPU_INLINE void lookup_init(const struct index_secrets *s, const struct flow_key *key,
				   uint16_t zone, struct lookup *l)
{
	struct ct_ends ends = { key->ipv4_src, key->ipv4_dst, key->tp_src, key->tp_dst };

	l->ends = ends.src | (uint64_t)ends.dst << 32;
	l->rest = REST_IPV4 | ends.src_port | (uint64_t)ends.dst_port << 16 |
		  (uint64_t)zone << REST_ZONE_SHIFT | (uint64_t)key->ip_proto << REST_PROTO_SHIFT;
	l->hash = index_hash_ends(s, &ends, zone, key->ip_proto);
}

static __attribute__((noinline)) void lookup_init_v6(const struct index_secrets *s,
						     const struct flow_key *key, uint16_t zone,
						     struct lookup *l)
{
	struct ct_tuple tuple = { .src_port = key->tp_src,
				  .dst_port = key->tp_dst,
				  .zone = zone,
				  .proto = key->ip_proto,
				  .family = 6 };

	memcpy(&tuple.src, key->ipv6_src, sizeof(tuple.src));
	memcpy(&tuple.dst, key->ipv6_dst, sizeof(tuple.dst));
	l->ends = 0;
	l->rest = REST_IPV6 | key->tp_src | (uint64_t)key->tp_dst << 16 |
		  (uint64_t)zone << REST_ZONE_SHIFT | (uint64_t)key->ip_proto << REST_PROTO_SHIFT;
	l->hash = index_hash_tuple(s, &tuple);
}

static CPU_INLINE const struct bucket *home_of(const struct index_table *table,
					       const struct lookup *l)
{
	return &table->buckets[(uint32_t)l->hash & table->mask];
}

/* The hashes of those of BITMAP that are plain; their buckets are asked for. */
static CPU_INLINE uint64_t ask_for_buckets(struct work *w, uint64_t bitmap)
{
	const struct conntrack_thread *t = w->k.t;
	const struct index_view *v = t->view;
	const struct ct_burst *b = w->b;
	uint64_t plain = 0;

	for (uint64_t left = bitmap; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		struct lookup *l = &w->lookups[i];

		if (!is_plain(&b->keys[i], &b->layouts[i], &b->tracks[i], w->zones[i]))
			continue;
		plain |= 1ull << i;
		if (unlikely_(b->keys[i].eth_type == htons(0x86dd)))
			lookup_init_v6(&t->ct->secrets, &b->keys[i], w->zones[i], l);
		else
			lookup_init(&t->ct->secrets, &b->keys[i], w->zones[i], l);
		__builtin_prefetch(home_of(&v->tables[0], l));
		if (unlikely_(v->n > 1)) /* the index grows */
			__builtin_prefetch(home_of(&v->tables[1], l));
	}
	return plain;
}

/* The same for those of BITMAP that will go the long way and have tuples, which it returns. */
static __attribute__((noinline)) uint64_t ask_for_long_ways(struct work *w, uint64_t bitmap)
{
	const struct conntrack_thread *t = w->k.t;
	const struct ct_burst *b = w->b;
	uint64_t asked = 0;

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = (unsigned)__builtin_ctzll(bitmap);
		const struct ct_packet p = { b->pkts[i], &b->keys[i], &b->layouts[i] };
		struct lookup *l = &w->lookups[i];
		struct ct_tuple tuple;

		if ((b->tracks[i].state && b->tracks[i].zone == w->zones[i]) ||
		    !ct_tuple_of(&p, w->zones[i], &tuple))
			continue;
		asked |= 1ull << i;
		l->hash = index_hash_tuple(&t->ct->secrets, &tuple);
		for (unsigned k = 0; k < t->view->n; k++)
			__builtin_prefetch(home_of(&t->view->tables[k], l));
	}
	return asked;
}

/* Whether C, which the tag of L led to, is the connection of L's packet. */
static CPU_INLINE bool is_of(const struct lookup *l, uint8_t flags, bool *is_reply)
{
	uint64_t is[2], ends, other, answer;

	/* Both directions are compared, and no branch tells them apart: which it is cannot be
	 * foretold. */
	memcpy(is, l->c, sizeof(is));
	other = (is[0] ^ l->ends) | (is[1] ^ l->rest);
	answer = (is[1] ^ l->rest) >> 32;
	if (unlikely_(flags & CONNECTION_NAT)) {
		memcpy(&ends, &l->c->reply_ends.src, sizeof(ends));
		answer |= (ends ^ l->ends) |
			  (l->c->reply_ends.src_port ^ (uint64_t)(uint16_t)l->rest) |
			  (l->c->reply_ends.dst_port ^ (uint64_t)(uint16_t)(l->rest >> 16));
	} else {
		answer |= ((is[0] << 32 | is[0] >> 32) ^ l->ends) |
			  (((uint32_t)is[1] << 16 | (uint32_t)is[1] >> 16) ^ (uint32_t)l->rest);
	}
	*is_reply = other != 0;
	return !((flags & (CONNECTION_GONE | CONNECTION_LARGE)) | ((other != 0) & (answer != 0)));
}

/* The same of IPv6; translated ones go the long way, and those that somebody expected or helps. */
static __attribute__((noinline)) bool is_of_v6(const struct lookup *l, const struct flow_key *key,
					       uint8_t flags, bool *is_reply)
{
	const struct connection_large *c = (const struct connection_large *)l->c;
	uint32_t ports = (uint32_t)l->rest;
	uint64_t rest;

	if ((flags & (CONNECTION_GONE | CONNECTION_NAT | CONNECTION_RELATED | CONNECTION_HELPED)) ||
	    c->c.family != 6)
		return false;
	memcpy(&rest, (const char *)c + 8, sizeof(rest));
	if ((rest ^ l->rest) >> 32)
		return false;
	*is_reply = (uint32_t)rest != ports || memcmp(&c->src, key->ipv6_src, 16) != 0 ||
		    memcmp(&c->dst, key->ipv6_dst, 16) != 0;
	return !*is_reply ||
	       ((uint32_t)rest == (ports << 16 | ports >> 16) &&
		memcmp(&c->dst, key->ipv6_src, 16) == 0 && memcmp(&c->src, key->ipv6_dst, 16) == 0);
}

/* The packet is valid and changes nothing but the time. */
static CPU_INLINE bool is_settled(const struct ct_policy *policy, const struct ct_packet *p,
				  struct connection *c, bool is_reply)
{
	return c->proto == IPPROTO_TCP ? ct_tcp_update_plain(policy, p, c, is_reply)
				       : ct_udp_update_plain(p, c);
}

/* Packet I by the short way; false: it is to go the long way. */
static CPU_INLINE bool track_plain(struct work *w, unsigned i)
{
	const struct conntrack_thread *t = w->k.t;
	const struct ct_burst *b = w->b;
	const struct ct_packet p = { b->pkts[i], &b->keys[i], &b->layouts[i] };
	struct ct_track *track = &b->tracks[i];
	struct connection *c = w->lookups[i].c;
	bool is_reply;
	uint8_t flags, state;
	uint32_t was;

	if (!c)
		return false;
	was = connection_status(c);
	flags = (uint8_t)(was >> 8);
	if (unlikely_(w->lookups[i].rest >= REST_IPV6)
		    ? !is_of_v6(&w->lookups[i], p.key, flags, &is_reply)
		    : !is_of(&w->lookups[i], flags, &is_reply))
		return false;
	if (connection_is_over(t, c) || (w->k.request->is_force & is_reply) ||
	    !is_settled(&t->ct->policy, &p, c, is_reply))
		return false;
	if (__atomic_load_n(&c->used, __ATOMIC_RELAXED) != t->now)
		__atomic_store_n(&c->used, t->now, __ATOMIC_RELAXED);
	if (unlikely_(status_matters(was, connection_status(c))))
		connection_used(w->k.t, c, was);
	state = CT_STATE_TRK | CT_STATE_EST;
	state |= (uint8_t)(is_reply * CT_STATE_RPL);
	*track = (struct ct_track){
		.connection = c, .zone = w->zones[i], .state = state, .is_reply = is_reply
	};
	if (unlikely_(flags & CONNECTION_NAT) && w->k.request->nat) {
		track_translated(track, flags);
		/* Headers of TCP and UDP can always be translated. */
		ct_nat_translate(c, is_reply, b->pkts[i], &b->keys[i], &b->layouts[i]);
	}
	b->keys[i].ct_state = track->state;
	if (b->lines & KEY_LINE_PIPELINE)
		track_tell_plain(track, &b->keys[i], b->lines);
	return true;
}

/* Packet I by the long way; false: it does not go on. */
static __attribute__((noinline)) bool track_other(struct work *w, unsigned i)
{
	const struct ct_burst *b = w->b;
	enum drop_reason reason;

	w->k.packet = (struct ct_packet){ b->pkts[i], &b->keys[i], &b->layouts[i] };
	w->k.zone = w->zones[i];
	reason = track_long(&w->k, b, i);
	if (reason)
		b->layouts[i].drop = (uint8_t)reason;
	return !reason;
}

/* Those of BITMAP, in their order.  Returns those that go on. */
static uint64_t track_all(struct work *w, uint64_t bitmap)
{
	uint64_t good = bitmap;

	for (uint64_t left = bitmap; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		if ((w->plain >> i & 1 && track_plain(w, i)) || track_other(w, i))
			continue;
		good &= ~(1ull << i);
	}
	return good;
}

/* Those of BITMAP that are fragments without a header of their own. */
static uint64_t later_fragments(const struct ct_burst *b, uint64_t bitmap)
{
	uint64_t later = 0;

	for (; bitmap; bitmap &= bitmap - 1) {
		unsigned i = (unsigned)__builtin_ctzll(bitmap);

		later |= (uint64_t) !!(b->keys[i].ip_frag & KEY_FRAG_LATER) << i;
	}
	return later;
}

/* --- which words of a bucket have a tag and are final, a bit each --- */

/* ThreadSanitizer does not know that parts of vectors are whole words. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)

static CPU_INLINE CPU_TARGET_AVX2 uint32_t tagged_avx2(const struct bucket *b, uint64_t tag)
{
	const __m256i *at = (const __m256i *)b;
	__m256i all = _mm256_set1_epi64x((int64_t)(WORD_TAG | WORD_TENTATIVE));
	__m256i wanted = _mm256_set1_epi64x((int64_t)tag);
	__m256i low = _mm256_cmpeq_epi64(_mm256_and_si256(at[0], all), wanted);
	__m256i high = _mm256_cmpeq_epi64(_mm256_and_si256(at[1], all), wanted);

	return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(low)) |
	       (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(high)) << 4;
}

static CPU_INLINE CPU_TARGET_AVX512 uint32_t tagged_avx512(const struct bucket *b, uint64_t tag)
{
	__m512i words = _mm512_and_si512(*(const __m512i *)b,
					 _mm512_set1_epi64((int64_t)(WORD_TAG | WORD_TENTATIVE)));

	return _mm512_cmpeq_epi64_mask(words, _mm512_set1_epi64((int64_t)tag));
}

#else
#define tagged_avx2   tagged_base
#define tagged_avx512 tagged_base
#endif

static CPU_INLINE uint32_t tagged_base(const struct bucket *b, uint64_t tag)
{
	uint32_t found = 0;

#pragma GCC unroll 7
	for (unsigned w = 0; w < BUCKET_WORDS; w++) {
		uint64_t word = __atomic_load_n(&b->words[w], __ATOMIC_RELAXED);

		found |= (uint32_t)((word & (WORD_TAG | WORD_TENTATIVE)) == tag) << w;
	}
	return found;
}

#define ALL_WORDS ((1u << BUCKET_WORDS) - 1)

#define CPU_BODY base
#include "dataplane/conntrack/track_burst_body.h"
#undef CPU_BODY
#define CPU_BODY avx2
#include "dataplane/conntrack/track_burst_body.h"
#undef CPU_BODY
#define CPU_BODY avx512
#include "dataplane/conntrack/track_burst_body.h"
#undef CPU_BODY

static void (*const find_all_bodies[CPU_N_LEVELS])(struct work *w,
						   uint64_t asked) = CPU_BODIES_OF(find_all);

uint64_t conntrack_burst(struct conntrack_thread *t, const struct ct_request *request,
			 const uint16_t *zones, const struct ct_burst *b, uint64_t bitmap)
{
	uint64_t good, later, asked;
	struct work w;

	w.k = (struct tracking){ .t = t, .request = request, .policy = &t->ct->policy };
	w.b = b;
	w.zones = zones;
	w.plain = request->is_peek ? 0 : ask_for_buckets(&w, bitmap);
	asked = w.plain;
	if (unlikely_(asked != bitmap))
		asked |= ask_for_long_ways(&w, bitmap & ~asked);
	find_all_bodies[t->cpu_level](&w, asked);
	/* A datagram's first fragment before those that have overtaken it. */
	later = likely_(w.plain == bitmap) ? 0 : later_fragments(b, bitmap & ~w.plain);
	good = track_all(&w, bitmap & ~later);
	return likely_(!later) ? good : good | track_all(&w, later);
}
