/* What the ct action does to one packet (conntrack.h): find its connection, judge it, make the one
 * that is asked for, translate, and tell the key.  Most packets go by the short way of
 * track_burst.c. */

#include "dataplane/conntrack/track.h"

#include "dataplane/conntrack/proto.h"

static void count_invalid(struct tracking *k)
{
	if (!k->request->is_peek)
		count_add(&k->t->counts.n_invalid, 1);
}

/* The packet that K is at belongs to no connection: may it begin one? */
static void judge_unknown(struct tracking *k, struct ct_track *track)
{
	struct connection_large begun;
	struct ct_expectation e;

	track->state = CT_STATE_TRK | CT_STATE_NEW;
	track->connection = NULL;
	track->is_reply = false;
	if (expect_find(k->t->ct->expected, &k->tuple, k->t->now_ns, &e))
		track->state |= CT_STATE_REL;
	if (k->request->is_commit && !k->request->is_peek)
		return; /* judged when it is made */
	connection_init(&begun.c, &k->tuple, true);
	if (!ct_proto_begin(k->policy, &k->packet, &begun.c))
		track->state = CT_STATE_TRK | CT_STATE_INV;
}

/* What the protocol says of the packet; nothing changes if it is only a trace. */
static enum ct_verdict ask_protocol(struct tracking *k, struct connection *c, bool is_reply)
{
	struct connection_large copy;

	if (!k->request->is_peek)
		return ct_proto_update(k->policy, &k->packet, c, is_reply);
	memcpy(&copy, c, connection_flags(c) & CONNECTION_LARGE ? sizeof(copy) : sizeof(copy.c));
	return ct_proto_update(k->policy, &k->packet, &copy.c, is_reply);
}

void judge(struct tracking *k, struct ct_track *track, struct connection *c, bool is_reply)
{
	uint32_t was = connection_status(c);
	enum ct_verdict verdict = ask_protocol(k, c, is_reply);

	track->connection = c;
	track->is_reply = is_reply;
	track->state = CT_STATE_TRK;
	switch (verdict) {
	case CT_VALID:
		track->state |= CT_STATE_EST;
		break;
	case CT_VALID_NEW:
		track->state |= CT_STATE_NEW;
		break;
	case CT_INVALID:
		track->connection = NULL;
		track->state |= CT_STATE_INV;
		count_invalid(k);
		return;
	case CT_BEGINS_ANEW:
		if (!k->request->is_peek)
			connection_give_up(k->t, c, &k->t->counts.n_replaced);
		judge_unknown(k, track);
		return;
	}
	if (is_reply)
		track->state |= CT_STATE_RPL;
	if (connection_flags(c) & CONNECTION_RELATED)
		track->state |= CT_STATE_REL;
	if (!k->request->is_peek)
		connection_used(k->t, c, was);
}

/* The packet has no tuple of its own: an error about another packet, or nothing of ours. */
static void judge_error(struct tracking *k, struct ct_track *track)
{
	struct ct_tuple quoted, answer;
	bool is_reply;
	uint16_t at;

	track->connection = NULL;
	if (ct_error_of(&k->packet, k->zone, &quoted, &at)) {
		/* It comes back to who sent the packet that it quotes, as an answer would. */
		answer = ct_tuple_reverse(&quoted);
		track->connection = connection_find(k->t, &answer, &is_reply);
	}
	if (!track->connection) {
		track->state = CT_STATE_TRK | CT_STATE_INV;
		count_invalid(k);
		return;
	}
	track->is_reply = is_reply;
	track->state = CT_STATE_TRK | CT_STATE_REL | (is_reply ? CT_STATE_RPL : 0);
}

/* The packet's tuple; false: it has none, or the packet must not go on. */
static bool find_tuple(struct tracking *k, enum drop_reason *reason)
{
	struct ct_fragments *fragments = k->t->ct->fragments;
	uint8_t frag = k->packet.key->ip_frag;

	*reason = DROP_NONE;
	if (frag & KEY_FRAG_LATER) {
		*reason = ct_fragments_later(fragments, &k->packet, k->zone, k->t->now_ns,
					     k->request->is_peek, &k->tuple);
		return !*reason && k->tuple.family;
	}
	if (!ct_tuple_of(&k->packet, k->zone, &k->tuple))
		return false;
	if (frag)
		*reason = ct_fragments_first(fragments, &k->packet, &k->tuple, k->t->now_ns,
					     k->request->is_peek);
	return !*reason;
}

static enum drop_reason look_up(struct tracking *k, struct ct_track *track)
{
	enum drop_reason reason;
	struct connection *c;
	bool is_reply;

	*track = (struct ct_track){ .zone = k->zone };
	if (!find_tuple(k, &reason)) {
		if (!reason)
			judge_error(k, track);
		return reason;
	}
	c = connection_find(k->t, &k->tuple, &is_reply);
	if (c)
		judge(k, track, c, is_reply);
	else
		judge_unknown(k, track);
	return DROP_NONE;
}

/* Whether C's reply tuple belongs to no connection yet. */
static bool is_free(void *ctx, const struct ct_tuple *reply)
{
	struct tracking *k = ctx;
	bool is_reply;

	return !connection_find(k->t, reply, &is_reply);
}

/* What its parent and NAT make of C, which nobody knows yet. */
static enum drop_reason fill_connection(struct tracking *k, struct connection *c,
					const struct ct_expectation *e)
{
	static const struct ct_nat none;
	const struct ct_nat *nat = k->request->nat;
	uint64_t secret = k->t->ct->nat_secret;
	bool is_chosen = true;

	if (e) {
		c->flags |= CONNECTION_RELATED;
		connection_large(c)->parent = e->parent;
		c->mark = e->mark;
		memcpy(c->label, e->label, sizeof(c->label));
		c->has_label = c->label[0] | c->label[1] ? 1 : 0;
		is_chosen = ct_nat_choose_expected(e, nat ? nat : &none, secret, c, is_free, k);
	} else if (nat) {
		is_chosen = ct_nat_choose(nat, secret, c, is_free, k);
	}
	if (is_chosen) {
		if (k->request->alg)
			helpers_attach(k->t->ct->helpers, c, k->request->alg);
		return DROP_NONE;
	}
	count_add(&k->t->counts.n_nat_exhausted, 1);
	return DROP_NAT_EXHAUSTED;
}

/* The packet's connection cannot be made, as one with a tuple of it is there. */
static enum drop_reason meet_other(struct tracking *k, struct ct_track *track)
{
	struct ct_tuple answer = ct_tuple_reverse(&k->tuple);
	struct connection *c;
	bool is_reply;

	c = connection_find(k->t, &k->tuple, &is_reply);
	if (c) { /* another thread was faster */
		judge(k, track, c, is_reply);
		return DROP_NONE;
	}
	/* Either its answers would be taken for another one's, or the index is full. */
	if (k->request->nat || connection_find(k->t, &answer, &is_reply)) {
		count_add(&k->t->counts.n_nat_exhausted, 1);
		return DROP_NAT_EXHAUSTED;
	}
	count_add(&k->t->counts.n_refused_full, 1);
	return DROP_CONNECTION_TABLE_FULL;
}

/* Make the connection of the packet, which is in K's tuple.  Sets what TRACK says of it. */
static enum drop_reason make_connection(struct tracking *k, struct ct_track *track)
{
	struct ct_expectation e;
	struct expect_table *expected = k->t->ct->expected;
	bool is_expected = expect_find(expected, &k->tuple, k->t->now_ns, &e), is_reply;
	struct connection *c;
	enum drop_reason reason =
		connection_take(k->t, &k->tuple, is_expected || k->request->alg, &c);

	if (reason)
		return reason;
	if (!ct_proto_begin(k->policy, &k->packet, c)) {
		connection_untake(k->t, c);
		track->state = CT_STATE_TRK | CT_STATE_INV;
		count_invalid(k);
		return DROP_NONE;
	}
	is_expected = is_expected && expect_take(expected, &e);
	if (!track->connection && track->state & CT_STATE_REL && !is_expected) {
		/* A rule let it pass as expected, and somebody else has come by that already. */
		connection_untake(k->t, c);
		c = connection_find(k->t, &k->tuple, &is_reply);
		if (!c)
			return DROP_HELPER_BUSY;
		judge(k, track, c, is_reply);
		return DROP_NONE;
	}
	reason = fill_connection(k, c, is_expected ? &e : NULL);
	if (!reason && !connection_publish(k->t, c)) {
		connection_untake(k->t, c);
		return meet_other(k, track);
	}
	if (reason) {
		connection_untake(k->t, c);
		return reason;
	}
	track->connection = c;
	track->is_reply = false;
	track->state = CT_STATE_TRK | CT_STATE_NEW | (is_expected ? CT_STATE_REL : 0);
	return DROP_NONE;
}

static enum drop_reason commit(struct tracking *k, struct ct_track *track)
{
	struct connection *c = track->connection;
	enum drop_reason reason;

	if (!(track->state & (CT_STATE_NEW | CT_STATE_EST)))
		return DROP_NONE;
	if (c && !(k->request->is_force && track->is_reply))
		return DROP_NONE;
	if (!k->has_tuple && !find_tuple(k, &reason))
		return reason;
	if (c)
		connection_give_up(k->t, c, &k->t->counts.n_replaced);
	return make_connection(k, track);
}

static enum drop_reason translate(struct tracking *k, struct ct_track *track,
				  const struct ct_burst *b, unsigned i)
{
	const struct connection *c = track->connection;
	struct ct_tuple quoted;
	uint16_t at;

	track_translated(track, connection_flags(c));
	if (ct_error_of(&k->packet, k->zone, &quoted, &at))
		return ct_nat_translate_error(c, track->is_reply, at, b->pkts[i], &b->keys[i],
					      &b->layouts[i]);
	return ct_nat_translate(c, track->is_reply, b->pkts[i], &b->keys[i], &b->layouts[i]);
}

/* What is done to a packet of a connection, once it is found or made: IS_NEWS in this action. */
static enum drop_reason follow_connection(struct tracking *k, struct ct_track *track,
					  const struct ct_burst *b, unsigned i, bool is_news)
{
	struct connection *c = track->connection;
	uint8_t flags = connection_flags(c);
	enum drop_reason reason = DROP_NONE;
	bool is_nat = flags & CONNECTION_NAT;

	if (is_nat) {
		/* Once, when a rule asks for it; the helper reads the packet then. */
		is_news = k->request->nat && !track->is_translated;
		if (is_news)
			reason = translate(k, track, b, i);
	}
	if (reason || !is_news || !(flags & CONNECTION_HELPED) || k->request->is_peek ||
	    !(track->state & (CT_STATE_NEW | CT_STATE_EST)))
		return reason;
	return helpers_run(k->t->ct->helpers, c, track->is_reply, is_nat, k->t->now_ns, b->pkts[i],
			   &b->keys[i], &b->layouts[i]);
}

enum drop_reason track_long(struct tracking *k, const struct ct_burst *b, unsigned i)
{
	struct ct_track *track = &b->tracks[i];
	const struct ct_request *r = k->request;
	enum drop_reason reason = DROP_NONE;
	struct connection *known = NULL;

	k->has_tuple = !track->state || track->zone != k->zone;
	if (k->has_tuple)
		reason = look_up(k, track);
	else
		known = track->connection;
	if (!reason && r->is_commit && !r->is_peek)
		reason = commit(k, track);
	if (!reason && track->connection)
		reason = follow_connection(k, track, b, i, track->connection != known);
	if (!reason)
		track_tell(k, track, &b->keys[i], b->lines);
	return reason;
}
