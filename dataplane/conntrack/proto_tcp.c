/* The states of TCP connections (proto_tcp.h).
 *
 * A packet is judged in two steps: by its flags in the state that the connection is in (the table),
 * then by its numbers against what both ends have shown so far (tcp_window.c).  A switch between
 * two hosts knows less than either: it may have missed packets, and its entry may be older than
 * theirs.  So a packet that contradicts the entry, but is what a host would send that knows better,
 * is let pass and noted; its answer tells who was right.  What could end a connection is judged by
 * exact numbers. */

#include "dataplane/conntrack/proto_tcp.h"

#include "dataplane/conntrack/proto_priv.h"
#include "dataplane/conntrack/tcp_segment.h"
#include "dataplane/conntrack/tcp_window.h"

enum {
	NO = 100, /* invalid */
	LET,	  /* let pass, noted, and nothing changes */
};

#define SS TCP_SYN_SENT
#define SR TCP_SYN_RECV
#define ES TCP_ESTABLISHED
#define FW TCP_FIN_WAIT
#define CW TCP_CLOSE_WAIT
#define LA TCP_LAST_ACK
#define TW TCP_TIME_WAIT
#define CL TCP_CLOSE
#define S2 TCP_SYN_SENT2

/* What a kind of packet makes of a state; the states are Linux's, which people know. */
static const uint8_t next_states[2][TCP_N_KINDS][TCP_N_STATES] = {
	{ /* original direction; from NONE, SS, SR, ES, FW, CW, LA, TW, CL, S2 */
	  [TCP_KIND_SYN] = { SS, SS, LET, LET, LET, LET, LET, SS, SS, S2 },
	  [TCP_KIND_SYNACK] = { NO, NO, SR, NO, NO, NO, NO, NO, NO, SR },
	  [TCP_KIND_FIN] = { NO, NO, FW, FW, LA, LA, LA, TW, CL, NO },
	  [TCP_KIND_ACK] = { ES, NO, ES, ES, CW, CW, TW, TW, CL, NO },
	  [TCP_KIND_RST] = { NO, CL, CL, CL, CL, CL, CL, CL, CL, CL } },
	{ /* reply direction */
	  [TCP_KIND_SYN] = { NO, S2, NO, NO, NO, NO, NO, SS, NO, S2 },
	  [TCP_KIND_SYNACK] = { NO, SR, LET, LET, LET, LET, LET, LET, LET, SR },
	  [TCP_KIND_FIN] = { NO, NO, FW, FW, LA, LA, LA, TW, CL, NO },
	  [TCP_KIND_ACK] = { NO, LET, SR, ES, CW, CW, TW, TW, CL, LET },
	  [TCP_KIND_RST] = { NO, CL, CL, CL, CL, CL, CL, CL, CL, CL } },
};

static const uint8_t state_timeouts[TCP_N_STATES] = {
	[TCP_SYN_SENT] = CT_TIMEOUT_TCP_SYN_SENT,	[TCP_SYN_RECV] = CT_TIMEOUT_TCP_SYN_RECV,
	[TCP_ESTABLISHED] = CT_TIMEOUT_TCP_ESTABLISHED, [TCP_FIN_WAIT] = CT_TIMEOUT_TCP_FIN_WAIT,
	[TCP_CLOSE_WAIT] = CT_TIMEOUT_TCP_CLOSE_WAIT,	[TCP_LAST_ACK] = CT_TIMEOUT_TCP_LAST_ACK,
	[TCP_TIME_WAIT] = CT_TIMEOUT_TCP_TIME_WAIT,	[TCP_CLOSE] = CT_TIMEOUT_TCP_CLOSE,
	[TCP_SYN_SENT2] = CT_TIMEOUT_TCP_SYN_SENT,
};

const char *tcp_state_name(uint8_t state)
{
	static const char *const names[TCP_N_STATES] = {
		"NONE",	      "SYN_SENT", "SYN_RECV",  "ESTABLISHED", "FIN_WAIT",
		"CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",	      "SYN_SENT2",
	};

	return state < TCP_N_STATES ? names[state] : "";
}

bool tcp_begin(const struct ct_policy *policy, const struct ct_packet *p, struct connection *c)
{
	struct tcp_segment s;

	if (!tcp_segment_read(p, c, false, &s))
		return false;
	if (s.kind == TCP_KIND_SYN) {
		tcp_window_begin(&c->tcp, &s);
		c->proto_state = TCP_SYN_SENT;
		c->timeout = CT_TIMEOUT_TCP_SYN_SENT;
		return true;
	}
	if (s.kind != TCP_KIND_ACK || policy->is_strict)
		return false;
	tcp_window_pick_up(&c->tcp, &s);
	c->proto_state = TCP_ESTABLISHED;
	c->timeout = CT_TIMEOUT_TCP_UNACKNOWLEDGED;
	return true;
}

/* The packet is of C, whatever it says. */
static enum ct_verdict belongs(struct connection *c, bool is_reply)
{
	uint8_t flags =
		is_reply ? connection_set_flags(c, CONNECTION_SEEN_REPLY) : connection_flags(c);

	return flags & CONNECTION_SEEN_REPLY ? CT_VALID : CT_VALID_NEW;
}

/* Let pass S, which the entry cannot place. */
static enum ct_verdict let_pass(struct connection *c, const struct tcp_segment *s, bool is_reply,
				uint8_t state)
{
	static const uint8_t kinds[TCP_N_KINDS] = { [TCP_KIND_SYN] = TCP_NOTED_SYN,
						    [TCP_KIND_SYNACK] = TCP_NOTED_SYNACK,
						    [TCP_KIND_ACK] = TCP_NOTED_ACK };
	uint8_t noted = kinds[s->kind] | (is_reply ? TCP_NOTED_REPLY : 0);

	if (s->options & CT_TCP_SACKS)
		noted |= TCP_NOTED_SACKS;
	if (s->options & CT_TCP_SCALES)
		noted |= TCP_NOTED_SCALES;
	if (state == TCP_LAST_ACK && s->kind == TCP_KIND_SYN)
		noted |= TCP_NOTED_CHALLENGE;
	__atomic_store_n(&c->tcp.noted_end, s->end, __ATOMIC_RELAXED);
	__atomic_store_n(&c->tcp.noted_ack, s->ack, __ATOMIC_RELAXED);
	__atomic_store_n(&c->tcp.noted_win, s->win, __ATOMIC_RELAXED);
	__atomic_store_n(&c->tcp.noted_scale, s->scale, __ATOMIC_RELAXED);
	__atomic_store_n(&c->tcp.noted, noted, __ATOMIC_RELEASE);
	tcp_side_set_flags(&c->tcp.sides[0], CT_TCP_NOTED);
	return belongs(c, is_reply);
}

static uint8_t noted_of(const struct connection *c)
{
	return __atomic_load_n(&c->tcp.noted, __ATOMIC_ACQUIRE);
}

/* S, a SYN+ACK, answers the SYN that was noted. */
static bool answers_noted_syn(const struct connection *c, const struct tcp_segment *s,
			      bool is_reply)
{
	uint8_t noted = noted_of(c);

	return s->kind == TCP_KIND_SYNACK && (noted & TCP_NOTED_KIND) == TCP_NOTED_SYN &&
	       !(noted & TCP_NOTED_REPLY) == is_reply &&
	       s->ack == __atomic_load_n(&c->tcp.noted_end, __ATOMIC_RELAXED);
}

static bool is_settled(const struct connection *c, uint8_t state)
{
	return state == TCP_ESTABLISHED && connection_flags(c) & CONNECTION_ASSURED;
}

/* Whether SYN S, after the end of the connection, begins another one: its sender goes on counting
 * where it was (RFC 9293 section 3.4.1), or nobody knows of the old one any more. */
static bool may_begin_anew(const struct connection *c, const struct tcp_segment *s, bool is_reply,
			   uint8_t state)
{
	union tcp_sent sender = tcp_sent_load(&c->tcp.sides[is_reply]);
	union tcp_sent receiver = tcp_sent_load(&c->tcp.sides[!is_reply]);

	if (state == TCP_CLOSE)
		return (sender.flags | receiver.flags) & CT_TCP_RESET;
	/* The other way round it is another connection, for the rules to judge. */
	if (is_reply)
		return true;
	return sender.win == 0 || !seq_before(s->seq, sender.end);
}

/* What a reset makes of STATE.  Who is not on the path would have to guess a number of 32 bits;
 * one that fits nearly is the host's to judge (RFC 5961 section 3), and changes nothing. */
static unsigned after_reset(const struct connection *c, const struct tcp_segment *s, bool is_reply,
			    uint8_t state)
{
	union tcp_sent sender = tcp_sent_load(&c->tcp.sides[is_reply]);
	union tcp_sent receiver = tcp_sent_load(&c->tcp.sides[!is_reply]);
	union tcp_allowed expected = tcp_allowed_load(&c->tcp.sides[!is_reply]);
	uint8_t noted = noted_of(c);

	/* In answer to an ACK that came instead of SYN+ACK (RFC 9293 section 3.10.7.3). */
	if (state == TCP_SYN_SENT && !is_reply)
		return (noted & TCP_NOTED_KIND) == TCP_NOTED_ACK && noted & TCP_NOTED_REPLY &&
				       s->seq == c->tcp.noted_ack
			       ? TCP_CLOSE
			       : state;
	/* In answer to SYN; its own numbers are not known yet. */
	if (state == TCP_SYN_SENT && s->flags & TCP_ACK && seq_before(receiver.end, s->ack))
		return NO;
	if (state == TCP_SYN_SENT)
		return s->flags & TCP_ACK && s->ack == receiver.end ? TCP_CLOSE : state;
	if (!(receiver.flags & CT_TCP_HAS_ACK))
		return s->seq == sender.end ? TCP_CLOSE : state;
	if (seq_before(s->seq, expected.ack) && s->seq != sender.end)
		return NO;
	return s->seq == expected.ack || s->seq == sender.end ? TCP_CLOSE : state;
}

/* Table and exceptions.  The state that S leads to from STATE, NO or LET. */
static unsigned next_state(const struct connection *c, const struct tcp_segment *s, bool is_reply,
			   uint8_t state)
{
	unsigned next = next_states[is_reply][s->kind][state];
	union tcp_sent receiver = tcp_sent_load(&c->tcp.sides[!is_reply]);
	uint8_t noted;

	if (s->kind == TCP_KIND_RST && next == TCP_CLOSE)
		return after_reset(c, s, is_reply, state);
	if (state == TCP_SYN_RECV && s->kind == TCP_KIND_ACK) {
		/* After crossed SYNs either end's ACK completes the handshake. */
		if (is_reply && receiver.flags & CT_TCP_CROSSED)
			next = TCP_ESTABLISHED;
		/* Only who has seen the SYN+ACK knows what to acknowledge. */
		if (next == TCP_ESTABLISHED && s->ack != receiver.end)
			next = TCP_SYN_RECV;
	}
	if (state == TCP_LAST_ACK && next == TCP_TIME_WAIT && s->kind == TCP_KIND_ACK) {
		/* A challenge, RFC 5961 section 4, and not the last FIN's acknowledgement. */
		noted = noted_of(c);
		if (noted & TCP_NOTED_CHALLENGE && !(noted & TCP_NOTED_REPLY) == is_reply)
			next = TCP_LAST_ACK;
	}
	return next;
}

static enum ct_timeout timeout_of(const struct ct_policy *policy, const struct connection *c,
				  uint8_t state)
{
	if (state != TCP_ESTABLISHED)
		return state_timeouts[state];
	return connection_flags(c) & CONNECTION_SEEN_REPLY && tcp_window_is_quiet(&c->tcp)
		       ? CT_TIMEOUT_TCP_ESTABLISHED
		       : tcp_unsure_timeout(policy);
}

/* S is in the window and leads from STATE to NEXT. */
static enum ct_verdict settle(const struct ct_policy *policy, struct connection *c,
			      const struct tcp_segment *s, bool is_reply, uint8_t state,
			      uint8_t next)
{
	uint8_t flags = connection_flags(c);
	enum ct_verdict verdict = belongs(c, is_reply);

	if (tcp_sent_load(&c->tcp.sides[0]).flags & CT_TCP_NOTED) {
		__atomic_store_n(&c->tcp.noted, 0, __ATOMIC_RELAXED);
		tcp_side_clear_flags(&c->tcp.sides[0], CT_TCP_NOTED);
	}
	if (next == TCP_FIN_WAIT && state != next)
		tcp_side_set_flags(&c->tcp.sides[is_reply], CT_TCP_CLOSED);
	if (next == TCP_CLOSE && s->kind == TCP_KIND_RST)
		tcp_side_set_flags(&c->tcp.sides[is_reply], CT_TCP_RESET);
	if (next == TCP_SYN_SENT2)
		tcp_side_set_flags(&c->tcp.sides[0], CT_TCP_CROSSED);
	/* Of a connection that is picked up, the second answer makes sure. */
	if (flags & CONNECTION_SEEN_REPLY && !(flags & CONNECTION_ASSURED) &&
	    next == TCP_ESTABLISHED && (state == TCP_SYN_RECV || state == TCP_ESTABLISHED))
		connection_set_flags(c, CONNECTION_ASSURED);
	connection_set_timeout(c, timeout_of(policy, c, next));
	return verdict;
}

/* A reset that ends the connection has been found exact already. */
static enum tcp_place place_of(const struct ct_policy *policy, struct connection *c,
			       const struct tcp_segment *s, bool is_reply, uint8_t state,
			       uint8_t next)
{
	if (s->kind == TCP_KIND_RST && next == TCP_CLOSE)
		return TCP_INSIDE;
	return tcp_window_check(policy->is_liberal, &c->tcp, s, is_reply, state);
}

/* One try, on STATE.  False: the state was another one by the time that it was to change. */
static bool try_update(const struct ct_policy *policy, struct connection *c,
		       const struct tcp_segment *s, bool is_reply, uint8_t state,
		       enum ct_verdict *verdict)
{
	unsigned next = next_state(c, s, is_reply, state);
	enum tcp_place place;
	uint8_t from = state;

	*verdict = CT_INVALID;
	if (next == NO)
		return true;
	if (s->kind == TCP_KIND_SYN && next == TCP_SYN_SENT && state >= TCP_TIME_WAIT) {
		*verdict = may_begin_anew(c, s, is_reply, state) ? CT_BEGINS_ANEW
								 : let_pass(c, s, is_reply, state);
		return true;
	}
	if (next == LET && answers_noted_syn(c, s, is_reply)) {
		bool is_doubt = is_settled(c, state);

		tcp_window_resume(&c->tcp, !is_reply, is_doubt);
		next = is_doubt ? TCP_ESTABLISHED : TCP_SYN_RECV;
		from = is_doubt ? state : TCP_SYN_SENT;
	} else if (next == LET) {
		*verdict = let_pass(c, s, is_reply, state);
		return true;
	}
	place = place_of(policy, c, s, is_reply, from, next);
	if (place == TCP_OUTSIDE)
		return true;
	/* A reset that ends nothing changes nothing. */
	if (place == TCP_BESIDE || (s->kind == TCP_KIND_RST && next == state)) {
		*verdict = belongs(c, is_reply);
		return true;
	}
	if (!connection_set_state(c, state, next))
		return false;
	*verdict = settle(policy, c, s, is_reply, from, next);
	return true;
}

enum ct_verdict tcp_update(const struct ct_policy *policy, const struct ct_packet *p,
			   struct connection *c, bool is_reply)
{
	enum ct_verdict verdict;
	struct tcp_segment s;

	if (!tcp_segment_read(p, c, is_reply, &s))
		return CT_INVALID;
	/* Others may change the state as often as it has states to go through. */
	for (unsigned i = 0; i < TCP_N_STATES; i++) {
		uint8_t state = __atomic_load_n(&c->proto_state, __ATOMIC_RELAXED);

		if (state == TCP_NONE || state >= TCP_N_STATES)
			return CT_INVALID;
		if (try_update(policy, c, &s, is_reply, state, &verdict))
			return verdict;
	}
	return belongs(c, is_reply);
}
