/* The ct action on a burst, by the short way: IPv4 packets of TCP and UDP whose connections are
 * there.  Their hashes first, then their buckets, then their connections, each asked for ahead for
 * the whole burst, so that the memory's time is spent once; then, in the order in which they came,
 * what the packets do.  All others go by the long way of track.c, in that order too. */

#include "dataplane/conntrack/track.h"

#include <netinet/in.h>
#include "dataplane/conntrack/proto_udp.h"

#define HEAD_PROTO_SHIFT 48

/* The first 16 bytes of a connection (connection.h) as two words. */
struct head {
	uint64_t ends, rest;
};

struct lookup {
	struct head forward, reverse;
	uint64_t hash;
	const struct bucket *home;
	struct connection *c; /* one whose tag is right; NULL: none */
};

/* Whether the short way can look P up: no fragment, with ports, not tracked in this zone yet. */
static inline bool is_plain(const struct flow_key *key, const struct packet_layout *layout,
			    const struct ct_track *track, uint16_t zone)
{
	return key->eth_type == htons(0x0800) &&
	       (key->ip_proto == IPPROTO_TCP || key->ip_proto == IPPROTO_UDP) && !key->ip_frag &&
	       layout->l4 && (!track->state || track->zone != zone);
}

static inline void lookup_init(const struct index_secrets *s, const struct index_table *table,
			       const struct flow_key *key, uint16_t zone, struct lookup *l)
{
	struct ct_ends ends = { key->ipv4_src, key->ipv4_dst, key->tp_src, key->tp_dst };
	uint64_t rest =
		(uint64_t)zone << 32 | (uint64_t)key->ip_proto << HEAD_PROTO_SHIFT | 4ull << 56;

	l->forward.ends = ends.src | (uint64_t)ends.dst << 32;
	l->reverse.ends = ends.dst | (uint64_t)ends.src << 32;
	l->forward.rest = rest | ends.src_port | (uint64_t)ends.dst_port << 16;
	l->reverse.rest = rest | ends.dst_port | (uint64_t)ends.src_port << 16;
	l->hash = index_hash_ends(s, &ends, zone, key->ip_proto);
	l->home = &table->buckets[(uint32_t)l->hash & table->mask];
	__builtin_prefetch(l->home);
}

/* The first word of the home bucket with the right tag. */
static inline uint64_t find_word(const struct lookup *l)
{
	uint64_t tag = l->hash & WORD_TAG; /* and final */
	uint32_t found = 0;

#pragma GCC unroll 7
	for (unsigned w = 0; w < BUCKET_WORDS; w++) {
		uint64_t word = __atomic_load_n(&l->home->words[w], __ATOMIC_RELAXED);

		found |= (uint32_t)((word & (WORD_TAG | WORD_TENTATIVE)) == tag) << w;
	}
	if (!found)
		return 0;
	return __atomic_load_n(&l->home->words[__builtin_ctz(found)], __ATOMIC_ACQUIRE);
}

static inline void find_connection(const struct entries *e, struct lookup *l)
{
	uint64_t word = find_word(l);

	l->c = NULL;
	if (!word)
		return;
	l->c = entry_at(e, (uint32_t)word);
	__builtin_prefetch(l->c);
	if (word & WORD_NAT)
		__builtin_prefetch((char *)l->c + 64);
}

static inline bool is_head(const struct connection *c, const struct head *h)
{
	struct head is;

	memcpy(&is, c, sizeof(is));
	return !((is.ends ^ h->ends) | (is.rest ^ h->rest));
}

/* Whether the packet of L is of L's connection, as it should be. */
static inline bool is_of(const struct lookup *l, uint8_t flags, bool *is_reply)
{
	const struct connection *c = l->c;
	struct ct_ends ends;

	if (flags & (CONNECTION_GONE | CONNECTION_LARGE))
		return false;
	*is_reply = false;
	if (is_head(c, &l->forward))
		return true;
	*is_reply = true;
	if (!(flags & CONNECTION_NAT))
		return is_head(c, &l->reverse);
	memcpy(&ends, &l->forward, sizeof(ends));
	return memcmp(&ends, &c->reply_ends, sizeof(ends)) == 0 &&
	       (l->forward.rest ^ (c->zone | (uint64_t)c->proto << 16 | (uint64_t)c->family << 24)
					  << 32) >>
			       32 ==
		       0;
}

/* The packet is valid and changes nothing but the time. */
static inline bool is_settled(struct tracking *k, struct connection *c, bool is_reply)
{
	return c->proto == IPPROTO_TCP ? ct_tcp_update_plain(k->policy, &k->packet, c, is_reply)
				       : ct_udp_update_plain(&k->packet, c);
}

/* The packet by the short way; false: it is to go the long way. */
static inline bool track_plain(struct tracking *k, const struct ct_burst *b, unsigned i,
			       const struct lookup *l)
{
	struct conntrack_thread *t = k->t;
	struct ct_track *track = &b->tracks[i];
	struct connection *c = l->c;
	bool is_reply;
	uint8_t flags;
	uint32_t was;

	if (!c)
		return false;
	flags = connection_flags(c);
	if (!is_of(l, flags, &is_reply) || connection_is_over(t, c) ||
	    (is_reply && k->request->is_force))
		return false;
	was = connection_status(c);
	if (!is_settled(k, c, is_reply))
		return false;
	*track = (struct ct_track){ .connection = c,
				    .zone = k->zone,
				    .state = CT_STATE_TRK | CT_STATE_EST |
					     (is_reply ? CT_STATE_RPL : 0),
				    .is_reply = is_reply };
	connection_used(t, c, was);
	if (flags & CONNECTION_NAT && k->request->nat) {
		track_translated(track, flags);
		/* Headers of TCP and UDP can always be translated. */
		ct_nat_translate(c, is_reply, b->pkts[i], &b->keys[i], &b->layouts[i]);
	}
	track_tell_plain(track, &b->keys[i], b->lines);
	return true;
}

/* Those of BITMAP, in their order; PLAIN are those that were looked up.  Returns those that go on.
 */
static inline uint64_t track_all(struct tracking *k, const struct ct_burst *b,
				 const uint16_t *zones, const struct lookup *lookups,
				 uint64_t plain, uint64_t bitmap)
{
	uint64_t good = bitmap;

	for (uint64_t left = bitmap; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		enum drop_reason reason;

		k->packet = (struct ct_packet){ b->pkts[i], &b->keys[i], &b->layouts[i] };
		k->zone = zones[i];
		if (plain >> i & 1 && track_plain(k, b, i, &lookups[i]))
			continue;
		reason = track_long(k, b, i);
		if (reason) {
			b->layouts[i].drop = (uint8_t)reason;
			good &= ~(1ull << i);
		}
	}
	return good;
}

uint64_t conntrack_burst(struct conntrack_thread *t, const struct ct_request *request,
			 const uint16_t *zones, const struct ct_burst *b, uint64_t bitmap)
{
	struct tracking k = { .t = t, .request = request, .policy = &t->ct->policy };
	/* While the index grows a connection may be in either table. */
	bool may_be_plain = !request->is_peek && t->view->n == 1;
	struct lookup lookups[PACKET_BURST_MAX];
	uint64_t good, plain = 0, later = 0;

	for (uint64_t left = may_be_plain ? bitmap : 0; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		if (!is_plain(&b->keys[i], &b->layouts[i], &b->tracks[i], zones[i]))
			continue;
		plain |= 1ull << i;
		lookup_init(&t->ct->secrets, &t->view->tables[0], &b->keys[i], zones[i],
			    &lookups[i]);
	}
	for (uint64_t left = plain; left; left &= left - 1)
		find_connection(&t->ct->entries, &lookups[__builtin_ctzll(left)]);
	/* A datagram's first fragment before those that have overtaken it. */
	for (uint64_t left = bitmap & ~plain; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		later |= (uint64_t) !!(b->keys[i].ip_frag & KEY_FRAG_LATER) << i;
	}
	good = track_all(&k, b, zones, lookups, plain, bitmap & ~later);
	return later ? good | track_all(&k, b, zones, lookups, 0, later) : good;
}
