/* What a packet's flow key says of its connection. */

#include "dataplane/conntrack/track.h"

#include <netinet/in.h>

static void tell_tuple(const struct ct_tuple *t, struct flow_key *key, unsigned lines)
{
	bool is_icmp = t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6;

	key->ct_nw_proto = t->proto;
	/* Of ICMP the type and the code, as tp_src and tp_dst of packets have them. */
	key->ct_tp_src = is_icmp ? htons(ntohs(t->dst_port) >> 8) : t->src_port;
	key->ct_tp_dst = is_icmp ? htons(ntohs(t->dst_port) & 0xff) : t->dst_port;
	if (t->family == 4) {
		memcpy(&key->ct_nw_src, t->src.bytes, 4);
		memcpy(&key->ct_nw_dst, t->dst.bytes, 4);
		return;
	}
	key->ct_nw_src = key->ct_nw_dst = 0;
	if (lines & KEY_LINE_CT_V6) {
		memcpy(key->ct_ipv6_src, t->src.bytes, 16);
		memcpy(key->ct_ipv6_dst, t->dst.bytes, 16);
	}
}

/* Of what packets of C begin with: its original tuple, or its parent's if it has one. */
static void original_of(struct connection *c, struct ct_tuple *out)
{
	if (connection_flags(c) & CONNECTION_RELATED)
		*out = connection_large(c)->parent;
	else
		connection_tuple(c, false, out);
}

static void tell_nothing(struct flow_key *key, unsigned lines)
{
	key->ct_mark = 0;
	memset(key->ct_label, 0, sizeof(key->ct_label));
	key->ct_nw_src = key->ct_nw_dst = 0;
	key->ct_tp_src = key->ct_tp_dst = 0;
	key->ct_nw_proto = 0;
	if (lines & KEY_LINE_CT_V6) {
		memset(key->ct_ipv6_src, 0, sizeof(key->ct_ipv6_src));
		memset(key->ct_ipv6_dst, 0, sizeof(key->ct_ipv6_dst));
	}
}

static void tell_label(const struct connection *c, struct flow_key *key)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t half = __atomic_load_n(&c->label[i], __ATOMIC_RELAXED);

		memcpy(key->ct_label + 8 * i, &half, 8);
	}
}

/* A packet that may begin a connection has its own tuple; one that is expected has its parent's,
 * and what else of that it will inherit. */
static void tell_new(const struct tracking *k, const struct ct_track *track, struct flow_key *key,
		     unsigned lines)
{
	struct ct_expectation e;
	struct ct_tuple t;

	if (!(track->state & CT_STATE_NEW) || !ct_tuple_of(&k->packet, track->zone, &t))
		return;
	if (track->state & CT_STATE_REL && expect_find(k->t->ct->expected, &t, k->t->now_ns, &e)) {
		t = e.parent;
		key->ct_mark = e.mark;
		memcpy(key->ct_label, e.label, sizeof(key->ct_label));
	}
	tell_tuple(&t, key, lines);
}

void track_tell(const struct tracking *k, const struct ct_track *track, struct flow_key *key,
		unsigned lines)
{
	struct connection *c = track->connection;
	struct ct_tuple original;

	key->ct_state = track->state;
	if (!(lines & KEY_LINE_PIPELINE))
		return;
	tell_nothing(key, lines);
	key->ct_zone = htons(track->zone);
	if (!c) {
		tell_new(k, track, key, lines);
		return;
	}
	key->ct_mark = __atomic_load_n(&c->mark, __ATOMIC_RELAXED);
	if (__atomic_load_n(&c->has_label, __ATOMIC_ACQUIRE))
		tell_label(c, key);
	original_of(c, &original);
	tell_tuple(&original, key, lines);
}

void track_tell_plain(const struct ct_track *track, struct flow_key *key, unsigned lines)
{
	const struct connection *c = track->connection;

	key->ct_state = track->state;
	if (!(lines & KEY_LINE_PIPELINE))
		return;
	key->ct_zone = htons(track->zone);
	key->ct_mark = __atomic_load_n(&c->mark, __ATOMIC_RELAXED);
	key->ct_nw_proto = c->proto;
	key->ct_tp_src = c->ends.src_port;
	key->ct_tp_dst = c->ends.dst_port;
	key->ct_nw_src = c->ends.src;
	key->ct_nw_dst = c->ends.dst;
	if (__atomic_load_n(&c->has_label, __ATOMIC_ACQUIRE))
		tell_label(c, key);
	else
		memset(key->ct_label, 0, sizeof(key->ct_label));
	if (!(lines & KEY_LINE_CT_V6))
		return;
	if (c->family == 6) {
		memcpy(key->ct_ipv6_src, &connection_large(track->connection)->src, 16);
		memcpy(key->ct_ipv6_dst, &connection_large(track->connection)->dst, 16);
		return;
	}
	memset(key->ct_ipv6_src, 0, sizeof(key->ct_ipv6_src));
	memset(key->ct_ipv6_dst, 0, sizeof(key->ct_ipv6_dst));
}

void conntrack_store(const struct ct_track *track, const struct flow_key *key, bool mark,
		     bool label)
{
	struct connection *c = track->connection;

	if (!c)
		return;
	if (mark)
		__atomic_store_n(&c->mark, key->ct_mark, __ATOMIC_RELAXED);
	for (unsigned i = 0; label && i < 2; i++) {
		uint64_t half;

		memcpy(&half, key->ct_label + 8 * i, 8);
		__atomic_store_n(&c->label[i], half, __ATOMIC_RELAXED);
		if (half)
			__atomic_store_n(&c->has_label, true, __ATOMIC_RELEASE);
	}
}

void conntrack_clear(struct ct_track *track, struct flow_key *key, unsigned lines)
{
	*track = (struct ct_track){ 0 };
	key->ct_state = 0;
	if (!(lines & KEY_LINE_PIPELINE))
		return;
	key->ct_zone = 0;
	tell_nothing(key, lines);
}
