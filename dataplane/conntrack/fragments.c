/* The datagrams whose fragments are on their way (fragments.h).
 *
 * A datagram is found by its tag, a keyed hash, in a bucket of few.  Who wants a place takes it by
 * exchanging its tag for BUSY, and publishes the new one when all is written; who reads a tuple
 * looks at the tag again afterwards.  A piece that comes in is written down first and compared with
 * the others then, so that of two that overlap one at least sees the other. */

#include "dataplane/conntrack/fragments.h"

#include <netinet/in.h>
#include <stdlib.h>
#include "dataplane/conntrack/proto_priv.h"
#include "lib/mix.h"

#define N_WAYS	   4
#define MAX_PIECES 128 /* of a datagram; 65,535 bytes at an MTU of 576 are 119 */

#define TUPLE_WORDS (sizeof(struct ct_tuple) / 8)

#define TAG_FREE 0
#define TAG_BUSY 1

/* Two first fragments of one datagram so far apart are of two datagrams. */
#define RESTART_NS NS_PER_SEC

struct datagram {
	uint64_t tag;		     /* atomic */
	uint64_t began_ns;	     /* atomic */
	uint64_t tuple[TUPLE_WORDS]; /* atomic: struct ct_tuple */
	uint32_t id;		     /* atomic: network order */
	uint32_t n_bytes;	     /* atomic: that have come */
	uint32_t size;		     /* atomic: of all; 0 until the last fragment has come */
	uint32_t n;		     /* atomic: of pieces */
	uint32_t pieces[MAX_PIECES]; /* atomic: begin << 16 | end, bytes; 0: not written yet */
} __attribute__((aligned(64)));

struct ct_fragments {
	uint64_t secrets[2];
	uint32_t n_buckets; /* a power of two */
	struct datagram *datagrams;
};

/* Which datagram a fragment is of, and which part. */
struct piece {
	struct ip_header ip;
	struct ct_tuple key; /* without ports; IPv6: without protocol */
	uint64_t tag;
	uint32_t range; /* as in struct datagram */
};

struct ct_fragments *ct_fragments_create(uint32_t max, uint64_t seed)
{
	struct ct_fragments *f = xcalloc(1, sizeof(*f));
	uint32_t n = 1;

	if (!max)
		max = CT_FRAGMENTS_DEFAULT_MAX;
	while (n * N_WAYS < max && n < 1u << 20)
		n *= 2;
	f->n_buckets = n;
	f->secrets[0] = mix_secret(seed);
	f->secrets[1] = mix_secret(f->secrets[0]);
	f->datagrams = xcalloc_lines((size_t)n * N_WAYS * sizeof(*f->datagrams));
	return f;
}

void ct_fragments_destroy(struct ct_fragments *f)
{
	if (!f)
		return;
	free(f->datagrams);
	free(f);
}

static uint64_t tag_of(const struct ct_fragments *f, const struct piece *p)
{
	uint64_t words[TUPLE_WORDS], h = p->ip.id;

	memcpy(words, &p->key, sizeof(p->key));
	for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
		h = mix_word(h, words[i], f->secrets[i & 1]);
	return h > TAG_BUSY ? h : h + 2;
}

/* False: it cannot be part of any datagram. */
static bool read_piece(const struct ct_fragments *f, const struct ct_packet *p, uint16_t zone,
		       struct piece *out)
{
	struct ip_header *ip = &out->ip;
	unsigned n;

	if (!ip_header_of(p, ip) || !ip->is_fragment || !ip->frag_size)
		return false;
	if ((!ip->is_last && ip->frag_size % 8) || ip->frag_at + ip->frag_size > UINT16_MAX)
		return false;
	n = ip->family == 4 ? 4 : 16;
	out->key = (struct ct_tuple){ .zone = zone,
				      .family = ip->family,
				      .proto = ip->family == 4 ? ip->proto : 0 };
	memcpy(out->key.src.bytes, ip->src, n);
	memcpy(out->key.dst.bytes, ip->dst, n);
	out->tag = tag_of(f, out);
	out->range = ip->frag_at << 16 | (ip->frag_at + ip->frag_size);
	return true;
}

static struct ct_tuple load_tuple(const struct datagram *d)
{
	uint64_t words[TUPLE_WORDS];
	struct ct_tuple t;

	for (unsigned i = 0; i < TUPLE_WORDS; i++)
		words[i] = __atomic_load_n(&d->tuple[i], __ATOMIC_RELAXED);
	memcpy(&t, words, sizeof(t));
	return t;
}

static void store_tuple(struct datagram *d, const struct ct_tuple *t)
{
	uint64_t words[TUPLE_WORDS];

	memcpy(words, t, sizeof(*t));
	for (unsigned i = 0; i < TUPLE_WORDS; i++)
		__atomic_store_n(&d->tuple[i], words[i], __ATOMIC_RELAXED);
}

static bool is_of(const struct ct_tuple *tuple, uint32_t id, const struct piece *p)
{
	struct ct_tuple key = *tuple;

	key.src_port = key.dst_port = 0;
	if (key.family == 6)
		key.proto = 0;
	return id == p->ip.id && memcmp(&key, &p->key, sizeof(key)) == 0;
}

/* The datagram of P, and its tuple; NULL if it is not known, or not any more. */
static struct datagram *find(struct ct_fragments *f, const struct piece *p, uint64_t now_ns,
			     struct ct_tuple *tuple)
{
	struct datagram *bucket = &f->datagrams[(p->tag >> 32 & (f->n_buckets - 1)) * N_WAYS];

	for (unsigned i = 0; i < N_WAYS; i++) {
		struct datagram *d = &bucket[i];
		uint64_t began_ns;

		if (__atomic_load_n(&d->tag, __ATOMIC_ACQUIRE) != p->tag)
			continue;
		began_ns = __atomic_load_n(&d->began_ns, __ATOMIC_RELAXED);
		*tuple = load_tuple(d);
		if (!is_of(tuple, __atomic_load_n(&d->id, __ATOMIC_RELAXED), p))
			continue;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&d->tag, __ATOMIC_RELAXED) == p->tag &&
		    now_ns < began_ns + CT_FRAGMENTS_SECONDS * NS_PER_SEC)
			return d;
	}
	return NULL;
}

static bool is_complete(const struct datagram *d)
{
	uint32_t size = __atomic_load_n(&d->size, __ATOMIC_RELAXED);

	return size && __atomic_load_n(&d->n_bytes, __ATOMIC_RELAXED) >= size;
}

/* What is known of RANGE among the first N pieces of D but for number SELF. */
enum overlap { NEW_PIECE, SAME_PIECE, OVERLAP };

static enum overlap compare(const struct datagram *d, uint32_t range, uint32_t n, uint32_t self)
{
	uint32_t begin = range >> 16, end = range & 0xffff;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t other = __atomic_load_n(&d->pieces[i], __ATOMIC_SEQ_CST);

		if (i == self || other == 0)
			continue;
		if (other == range)
			return SAME_PIECE;
		if (begin < (other & 0xffff) && other >> 16 < end)
			return OVERLAP;
	}
	return NEW_PIECE;
}

static uint32_t n_pieces(const struct datagram *d)
{
	return MIN_OF(__atomic_load_n(&d->n, __ATOMIC_SEQ_CST), MAX_PIECES);
}

/* A last fragment tells where the datagram ends: nothing may lie behind, and there is one end. */
static bool fits_end(const struct datagram *d, const struct piece *p)
{
	uint32_t size = __atomic_load_n(&d->size, __ATOMIC_RELAXED), end = p->range & 0xffff;

	if (!p->ip.is_last)
		return !size || end < size;
	if (size)
		return end == size;
	for (uint32_t i = 0, n = n_pieces(d); i < n; i++)
		if ((__atomic_load_n(&d->pieces[i], __ATOMIC_RELAXED) & 0xffff) > end)
			return false;
	return true;
}

static enum drop_reason add_piece(struct datagram *d, const struct piece *p, bool is_peek)
{
	enum overlap o = compare(d, p->range, n_pieces(d), UINT32_MAX);
	uint32_t i;

	if (o == SAME_PIECE)
		return DROP_NONE;
	if (o == OVERLAP || !fits_end(d, p))
		return DROP_FRAGMENT_OVERLAP;
	if (is_peek)
		return DROP_NONE;
	if (n_pieces(d) == MAX_PIECES)
		return DROP_FRAGMENT_LIMIT;
	i = __atomic_fetch_add(&d->n, 1, __ATOMIC_SEQ_CST);
	if (i >= MAX_PIECES)
		return DROP_FRAGMENT_LIMIT;
	__atomic_store_n(&d->pieces[i], p->range, __ATOMIC_SEQ_CST);
	if (compare(d, p->range, n_pieces(d), i) == OVERLAP) {
		__atomic_store_n(&d->pieces[i], 0, __ATOMIC_RELAXED);
		return DROP_FRAGMENT_OVERLAP;
	}
	__atomic_fetch_add(&d->n_bytes, p->ip.frag_size, __ATOMIC_RELAXED);
	if (p->ip.is_last)
		__atomic_store_n(&d->size, p->range & 0xffff, __ATOMIC_RELAXED);
	return DROP_NONE;
}

/* The higher, the sooner D is given up. */
static uint64_t worth(const struct datagram *d, uint64_t now_ns)
{
	uint64_t began_ns = __atomic_load_n(&d->began_ns, __ATOMIC_RELAXED);
	uint64_t age_ns = now_ns > began_ns ? now_ns - began_ns : 0;

	return is_complete(d) ? age_ns + CT_FRAGMENTS_SECONDS * NS_PER_SEC : age_ns;
}

/* Take a place for P's datagram: D itself if it is known already.  NULL: others are taking them all
 * at this moment. */
static struct datagram *take_place(struct ct_fragments *f, const struct piece *p, uint64_t now_ns,
				   struct datagram *d)
{
	struct datagram *bucket = &f->datagrams[(p->tag >> 32 & (f->n_buckets - 1)) * N_WAYS];
	uint64_t tag, most = 0;

	for (unsigned i = 0; !d && i < N_WAYS; i++)
		if (__atomic_load_n(&bucket[i].tag, __ATOMIC_RELAXED) == TAG_FREE)
			d = &bucket[i];
	for (unsigned i = 0; !d && i < N_WAYS; i++)
		most = MAX_OF(most, worth(&bucket[i], now_ns));
	for (unsigned i = 0; !d && i < N_WAYS; i++)
		if (worth(&bucket[i], now_ns) >= most)
			d = &bucket[i];
	if (!d)
		return NULL;
	tag = __atomic_load_n(&d->tag, __ATOMIC_RELAXED);
	if (tag == TAG_BUSY || !__atomic_compare_exchange_n(&d->tag, &tag, TAG_BUSY, false,
							    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return NULL;
	return d;
}

static void begin_datagram(struct datagram *d, const struct piece *p, const struct ct_tuple *tuple,
			   uint64_t now_ns)
{
	uint32_t n = n_pieces(d);

	__atomic_thread_fence(__ATOMIC_RELEASE);
	store_tuple(d, tuple);
	__atomic_store_n(&d->id, p->ip.id, __ATOMIC_RELAXED);
	__atomic_store_n(&d->began_ns, now_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&d->size, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&d->n_bytes, p->ip.frag_size, __ATOMIC_RELAXED);
	for (uint32_t i = 1; i < n; i++)
		__atomic_store_n(&d->pieces[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&d->pieces[0], p->range, __ATOMIC_RELAXED);
	__atomic_store_n(&d->n, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&d->tag, p->tag, __ATOMIC_RELEASE);
}

/* A first fragment has the whole upper header (RFC 1858 section 3). */
static bool has_whole_header(const struct ct_packet *p, const struct piece *piece)
{
	const uint8_t *h = packet_l4(p);

	return p->key->ip_proto != IPPROTO_TCP || (h && (h[12] >> 4) * 4u <= piece->ip.l4_size);
}

enum drop_reason ct_fragments_first(struct ct_fragments *f, const struct ct_packet *p,
				    const struct ct_tuple *tuple, uint64_t now_ns, bool is_peek)
{
	struct ct_tuple known;
	struct datagram *d;
	struct piece piece;

	if (!read_piece(f, p, tuple->zone, &piece) || !has_whole_header(p, &piece))
		return DROP_FRAGMENT_MALFORMED;
	if (is_peek)
		return DROP_NONE;
	d = find(f, &piece, now_ns, &known);
	if (d && !is_complete(d) &&
	    now_ns < __atomic_load_n(&d->began_ns, __ATOMIC_RELAXED) + RESTART_NS)
		return memcmp(&known, tuple, sizeof(known)) == 0 ? add_piece(d, &piece, false)
								 : DROP_FRAGMENT_OVERLAP;
	d = take_place(f, &piece, now_ns, d);
	/* Without a place the datagram is not known, and what follows is of no connection. */
	if (d)
		begin_datagram(d, &piece, tuple, now_ns);
	return DROP_NONE;
}

enum drop_reason ct_fragments_later(struct ct_fragments *f, const struct ct_packet *p,
				    uint16_t zone, uint64_t now_ns, bool is_peek,
				    struct ct_tuple *out)
{
	struct datagram *d;
	struct piece piece;

	out->family = 0;
	if (!read_piece(f, p, zone, &piece))
		return DROP_FRAGMENT_MALFORMED;
	d = find(f, &piece, now_ns, out);
	if (d)
		return add_piece(d, &piece, is_peek);
	out->family = 0;
	return DROP_NONE;
}
