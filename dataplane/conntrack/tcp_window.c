/* Whether a TCP segment lies in the window (tcp_window.h), lock-free: numbers only grow, each
 * direction writes its own side. */

#include "dataplane/conntrack/tcp_window.h"

/* A little too far: where the sender is, is learnt, and no more. */
#define TCP_BEYOND (TCP_OUTSIDE + 1)

/* What is known when a segment comes in. */
struct view {
	struct ct_tcp_side *side, *peer; /* of who sent it, and the other one's */
	union tcp_sent sent, peer_sent;
	union tcp_allowed allowed, peer_allowed;
};

static struct view view_of(struct ct_tcp *t, bool is_reply)
{
	struct ct_tcp_side *side = &t->sides[is_reply], *peer = &t->sides[!is_reply];

	return (struct view){ .side = side,
			      .peer = peer,
			      .sent = tcp_sent_load(side),
			      .peer_sent = tcp_sent_load(peer),
			      .allowed = tcp_allowed_load(side),
			      .peer_allowed = tcp_allowed_load(peer) };
}

/* A window as it is kept; at least 1, which says that something is known. */
static uint16_t to_units(uint32_t win, uint8_t scale)
{
	uint64_t units = ((uint64_t)win + (1u << scale) - 1) >> scale;

	return MIN_OF(MAX_OF(units, 1), UINT16_MAX);
}

static void store_sent(struct ct_tcp_side *s, union tcp_sent v)
{
	__atomic_store_n(&s->sent, v.word, __ATOMIC_RELAXED);
}

static void store_allowed(struct ct_tcp_side *s, uint32_t ack, uint32_t limit)
{
	union tcp_allowed v = { .ack = ack, .limit = limit };

	__atomic_store_n(&s->allowed, v.word, __ATOMIC_RELAXED);
}

static union tcp_sent sent_of_syn(const struct tcp_segment *s, uint8_t scale)
{
	return (union tcp_sent){
		.end = s->end, .win = to_units(s->win, scale), .scale = scale, .flags = s->options
	};
}

static union tcp_sent without_scale(union tcp_sent s)
{
	s.win = s.win ? to_units(tcp_max_win(s), 0) : 0;
	s.scale = 0;
	return s;
}

void tcp_window_begin(struct ct_tcp *t, const struct tcp_segment *s)
{
	store_sent(&t->sides[0], sent_of_syn(s, s->scale));
	store_allowed(&t->sides[1], 0, s->end);
}

void tcp_window_pick_up(struct ct_tcp *t, const struct tcp_segment *s)
{
	uint32_t win = MAX_OF(s->win, 1u);

	store_sent(&t->sides[0],
		   (union tcp_sent){ .end = s->end,
				     .win = win,
				     .flags = CT_TCP_PICKED_UP | CT_TCP_SACKS | CT_TCP_HAS_ACK });
	store_allowed(&t->sides[0], s->ack, s->ack + win);
	store_sent(&t->sides[1],
		   (union tcp_sent){ .end = s->sack, .flags = CT_TCP_PICKED_UP | CT_TCP_SACKS });
	store_allowed(&t->sides[1], 0, s->end + win);
}

void tcp_window_resume(struct ct_tcp *t, bool is_reply, bool is_doubt)
{
	struct ct_tcp_side *side = &t->sides[is_reply];
	uint8_t noted = __atomic_load_n(&t->noted, __ATOMIC_RELAXED);
	uint8_t scale = __atomic_load_n(&t->noted_scale, __ATOMIC_RELAXED);
	uint32_t end = __atomic_load_n(&t->noted_end, __ATOMIC_RELAXED);

	__atomic_store_n(&t->noted, 0, __ATOMIC_RELAXED);
	if (is_doubt) {
		for (unsigned i = 0; i < 2; i++) {
			union tcp_sent sent = { .end = tcp_sent_load(&t->sides[i]).end,
						.flags = CT_TCP_PICKED_UP | CT_TCP_SACKS };

			store_sent(&t->sides[i], sent);
		}
		return;
	}
	store_sent(side,
		   (union tcp_sent){
			   .end = end,
			   .win = to_units(__atomic_load_n(&t->noted_win, __ATOMIC_RELAXED), scale),
			   .scale = scale,
			   .flags = (noted & TCP_NOTED_SACKS ? CT_TCP_SACKS : 0) |
				    (noted & TCP_NOTED_SCALES ? CT_TCP_SCALES : 0) });
	store_allowed(side, 0, 0);
	store_sent(&t->sides[!is_reply], (union tcp_sent){ 0 });
	store_allowed(&t->sides[!is_reply], 0, end);
}

/* The first SYN of a sender, or one that replaces it. */
static void side_begins(struct view *v, const struct tcp_segment *s, bool is_reply)
{
	union tcp_sent sent = sent_of_syn(s, s->scale), peer_sent = v->peer_sent;

	/* Both must offer scaling for either to use it. */
	if (is_reply && !(sent.flags & peer_sent.flags & CT_TCP_SCALES)) {
		sent = sent_of_syn(s, 0);
		peer_sent = without_scale(peer_sent);
		store_sent(v->peer, peer_sent);
	}
	store_sent(v->side, sent);
	store_allowed(v->peer, v->peer_allowed.ack, s->end);
	v->sent = sent;
	v->peer_sent = peer_sent;
	v->peer_allowed.limit = s->end;
}

/* The first packet of a sender is one from the middle. */
static void side_is_picked_up(struct view *v, const struct tcp_segment *s)
{
	v->sent.end = s->end;
	v->sent.win = MAX_OF(s->win, 1);
	store_sent(v->side, v->sent);
	v->peer_allowed.limit = s->end + tcp_max_win(v->sent);
	store_allowed(v->peer, v->peer_allowed.ack, v->peer_allowed.limit);
	if (v->peer_sent.win == 0) {
		v->peer_sent.end = s->sack;
		store_sent(v->peer, v->peer_sent);
		v->allowed.limit = s->sack;
		store_allowed(v->side, v->allowed.ack, v->allowed.limit);
	} else if (s->sack == v->peer_sent.end + 1) {
		/* The answer to a keep-alive that has a byte. */
		v->peer_sent.end++;
		store_sent(v->peer, v->peer_sent);
	}
}

static void raise_sent(struct ct_tcp_side *side, uint32_t end, uint32_t win, uint8_t flags)
{
	union tcp_sent old = tcp_sent_load(side), now;

	do {
		now = old;
		if (seq_before(now.end, end))
			now.end = end;
		now.win = MAX_OF(now.win, to_units(win, now.scale));
		now.flags |= flags;
	} while (now.word != old.word &&
		 !__atomic_compare_exchange_n(&side->sent, &old.word, now.word, false,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

static void raise_allowed(struct ct_tcp_side *side, bool is_first, uint32_t ack, uint32_t limit)
{
	union tcp_allowed old = tcp_allowed_load(side), now;

	do {
		now = old;
		if (is_first || seq_before(now.ack, ack))
			now.ack = ack;
		if (seq_before(now.limit, limit))
			now.limit = limit;
	} while (now.word != old.word &&
		 !__atomic_compare_exchange_n(&side->allowed, &old.word, now.word, false,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/* Of a TCP datagram in pieces only the first one's numbers are seen: it may reach as far as it may
 * at all. */
static uint32_t end_of(const struct view *v, const struct tcp_segment *s)
{
	uint32_t far = s->seq + UINT16_MAX;

	if (!s->is_fragment)
		return s->end;
	if (seq_before(v->peer_allowed.limit, far))
		far = v->peer_allowed.limit;
	return seq_before(s->end, far) ? far : s->end;
}

static void accept(const struct view *v, const struct tcp_segment *s, uint32_t ack, uint32_t sack)
{
	uint32_t win = s->flags & TCP_SYN ? s->win : (uint32_t)s->win << v->sent.scale;
	uint32_t end = end_of(v, s), limit = sack + win + !win;
	bool has_ack = s->flags & TCP_ACK;

	if (has_ack)
		raise_allowed(v->side, !(v->sent.flags & CT_TCP_HAS_ACK), ack, limit);
	raise_sent(v->side, end, win + (sack - ack), has_ack ? CT_TCP_HAS_ACK : 0);
	/* It sent more than it was seen to be allowed: the window is larger. */
	if (v->peer_sent.win && seq_before(v->peer_allowed.limit, end))
		raise_sent(v->peer, v->peer_sent.end,
			   tcp_max_win(v->peer_sent) + (end - v->peer_allowed.limit), 0);
}

static unsigned place_of(const struct view *v, const struct tcp_segment *s, uint32_t sack)
{
	uint32_t limit = v->peer_allowed.limit, peer_win = tcp_max_win(v->peer_sent);
	bool is_old_ack = seq_before(sack, v->peer_sent.end - tcp_ack_window(v->sent));

	if (seq_before(v->peer_sent.end, sack))
		return TCP_OUTSIDE;
	/* A window update may have gone another way; twice the largest one cannot be. */
	if (seq_before(limit, s->seq))
		return s->end - limit < peer_win && !is_old_ack ? TCP_BEYOND : TCP_OUTSIDE;
	if (peer_win && seq_before(s->end, v->sent.end - peer_win))
		return TCP_BESIDE;
	return is_old_ack ? TCP_BESIDE : TCP_INSIDE;
}

enum tcp_place tcp_window_check(bool is_liberal, struct ct_tcp *t, const struct tcp_segment *s,
				bool is_reply, uint8_t state)
{
	struct view v = view_of(t, is_reply);
	bool is_reset = s->flags & TCP_RST,
	     is_opening = s->flags & TCP_SYN && !(s->flags & TCP_ACK);
	uint32_t ack = s->ack, sack = s->sack;
	unsigned place;

	if (v.sent.win == 0 && is_reset)
		return TCP_INSIDE;
	if (s->flags & TCP_SYN &&
	    (v.sent.win == 0 || (seq_before(v.sent.end, s->end) &&
				 (state == TCP_SYN_SENT || state == TCP_SYN_RECV)))) {
		side_begins(&v, s, is_reply);
		if (is_reply && is_opening)
			return TCP_INSIDE;
	} else if (v.sent.win == 0) {
		side_is_picked_up(&v, s);
	}
	if (!(s->flags & TCP_ACK) || (is_reset && ack == 0))
		ack = sack = v.peer_sent.end;
	if (!(v.peer_sent.flags & CT_TCP_SACKS))
		sack = ack;
	place = place_of(&v, s, sack);
	if (place != TCP_INSIDE && !is_reset &&
	    (is_liberal || (v.sent.flags | v.peer_sent.flags) & CT_TCP_PICKED_UP))
		return TCP_INSIDE;
	if (place == TCP_INSIDE && !is_reset)
		accept(&v, s, ack, sack);
	if (place != TCP_BEYOND)
		return place;
	if (!is_reset)
		raise_sent(v.side, s->end, 1, 0);
	return TCP_BESIDE;
}

bool tcp_window_is_quiet(const struct ct_tcp *t)
{
	return tcp_sent_load(&t->sides[0]).end == tcp_allowed_load(&t->sides[1]).ack &&
	       tcp_sent_load(&t->sides[1]).end == tcp_allowed_load(&t->sides[0]).ack;
}
