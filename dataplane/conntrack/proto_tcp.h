#ifndef DATAPLANE_CONNTRACK_PROTO_TCP_H
#define DATAPLANE_CONNTRACK_PROTO_TCP_H

/* TCP connections: their states, what is known of either sender, and the short way for what nearly
 * all packets are, an ACK within the window of an established connection. */

#include <rte_mbuf.h>
#include "dataplane/conntrack/proto.h"
#include "dataplane/lookup/cpu.h"

enum tcp_state {
	TCP_NONE,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_SYN_SENT2, /* both have sent SYN */
	TCP_N_STATES
};

/* Of a sender. */
enum ct_tcp_flag {
	CT_TCP_SCALES = 1,     /* it offered RFC 7323 window scaling */
	CT_TCP_SACKS = 2,      /* and RFC 2018 selective acknowledgements */
	CT_TCP_CLOSED = 4,     /* its FIN was the first */
	CT_TCP_RESET = 8,      /* its reset ended the connection */
	CT_TCP_HAS_ACK = 16,   /* it has acknowledged something */
	CT_TCP_PICKED_UP = 32, /* its SYN was not seen: its window scale is unknown */
	CT_TCP_CROSSED = 64,   /* the SYNs of both ends crossed */
	CT_TCP_NOTED = 128,    /* of the original side: ct_tcp.noted is set */
};

/* What a sender sent, in host order. */
union tcp_sent {
	struct {
		uint32_t end;  /* one more than its last sequence number */
		uint16_t win;  /* the largest window it announced >> scale, rounded up; 0: nothing
				* was seen of it */
		uint8_t scale; /* 0..14 */
		uint8_t flags; /* enum ct_tcp_flag */
	};
	uint64_t word;
};

/* What a sender allows its peer. */
union tcp_allowed {
	struct {
		uint32_t ack;	/* its largest acknowledgement, if CT_TCP_HAS_ACK */
		uint32_t limit; /* the largest acknowledgement + window */
	};
	uint64_t word;
};

/* In ct_tcp.noted: which packet was let pass though it did not fit, or 0, and of which end. */
enum tcp_noted {
	TCP_NOTED_SYN = 1,
	TCP_NOTED_SYNACK = 2,
	TCP_NOTED_ACK = 3,
	TCP_NOTED_KIND = 3,
	TCP_NOTED_REPLY = 4,	 /* of the reply direction */
	TCP_NOTED_CHALLENGE = 8, /* RFC 5961: its answer may be a challenge ACK */
	TCP_NOTED_SACKS = 16,
	TCP_NOTED_SCALES = 32,
};

/* RFC 1982 */
static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline uint32_t tcp_max_win(union tcp_sent s)
{
	return (uint32_t)s.win << s.scale;
}

static inline union tcp_sent tcp_sent_load(const struct ct_tcp_side *s)
{
	return (union tcp_sent){ .word = __atomic_load_n(&s->sent, __ATOMIC_RELAXED) };
}

static inline union tcp_allowed tcp_allowed_load(const struct ct_tcp_side *s)
{
	return (union tcp_allowed){ .word = __atomic_load_n(&s->allowed, __ATOMIC_RELAXED) };
}

static inline void tcp_side_set_flags(struct ct_tcp_side *s, uint8_t flags)
{
	union tcp_sent sent = { .flags = flags };

	__atomic_fetch_or(&s->sent, sent.word, __ATOMIC_RELAXED);
}

static inline void tcp_side_clear_flags(struct ct_tcp_side *s, uint8_t flags)
{
	union tcp_sent sent = { .flags = flags };

	__atomic_fetch_and(&s->sent, ~sent.word, __ATOMIC_RELAXED);
}

/* An acknowledgement may be so much older than what was sent since: it may have been overtaken. */
#define TCP_MIN_ACK_WINDOW 66000u

static inline uint32_t tcp_ack_window(union tcp_sent s)
{
	return MAX_OF(tcp_max_win(s), TCP_MIN_ACK_WINDOW);
}

/* One end does not know whether the other is still there. */
static inline enum ct_timeout tcp_unsure_timeout(const struct ct_policy *policy)
{
	uint32_t unsure =
		__atomic_load_n(&policy->seconds[CT_TIMEOUT_TCP_UNACKNOWLEDGED], __ATOMIC_RELAXED);

	return unsure < __atomic_load_n(&policy->seconds[CT_TIMEOUT_TCP_ESTABLISHED],
					__ATOMIC_RELAXED)
		       ? CT_TIMEOUT_TCP_UNACKNOWLEDGED
		       : CT_TIMEOUT_TCP_ESTABLISHED;
}

/* The bytes of its upper layer that the packet's IP header claims; the parser has seen to it that
 * they are there. */
static inline uint32_t tcp_l4_size(const struct ct_packet *p)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->layout->l3);
	uint32_t before = p->layout->l4 - p->layout->l3;

	return (*ip >> 4 == 4 ? load_be16(ip + 2) : load_be16(ip + 4) + 40u) - before;
}

/* The size of a header without options, or with a time stamp as its only one, as nearly all are;
 * 0: of another one. */
static inline uint32_t tcp_plain_header(const struct ct_packet *p, const uint8_t *h)
{
	if (h[12] >> 4 == 5)
		return 20;
	return h[12] >> 4 == 8 && p->layout->l4 + 32u <= p->m->data_len &&
			       load_be32(h + 20) == 0x0101080a
		       ? 32
		       : 0;
}

/* The short way: P, a TCP packet of direction IS_REPLY, is an ACK in the window of C, established
 * and in no doubt.  True: it is CT_VALID and C knows of it.  False: nothing was done, and
 * ct_proto_update() is to judge it. */
static CPU_INLINE bool ct_tcp_update_plain(const struct ct_policy *policy, const struct ct_packet *p,
				       struct connection *c, bool is_reply)
{
	const uint8_t *h = rte_pktmbuf_mtod_offset(p->m, const uint8_t *, p->layout->l4);
	struct ct_tcp_side *side = &c->tcp.sides[is_reply], *peer = &c->tcp.sides[!is_reply];
	union tcp_sent sent = tcp_sent_load(side), peer_sent = tcp_sent_load(peer), sent_now = sent;
	union tcp_allowed allowed = tcp_allowed_load(side), peer_allowed = tcp_allowed_load(peer);
	union tcp_allowed allowed_now = allowed;
	uint32_t seq = load_be32(h + 4), ack = load_be32(h + 8), end, limit, header, size;
	uint32_t win = (uint32_t)load_be16(h + 14) << sent.scale;
	enum ct_timeout timeout;

	if (__atomic_load_n(&c->proto_state, __ATOMIC_RELAXED) != TCP_ESTABLISHED ||
	    (__atomic_load_n(&c->flags, __ATOMIC_RELAXED) &
	     (CONNECTION_SEEN_REPLY | CONNECTION_ASSURED | CONNECTION_HELPED)) !=
		    (CONNECTION_SEEN_REPLY | CONNECTION_ASSURED) ||
	    (sent.flags | peer_sent.flags) & (CT_TCP_PICKED_UP | CT_TCP_NOTED) ||
	    !(sent.flags & peer_sent.flags & CT_TCP_HAS_ACK) || p->key->ip_frag ||
	    (h[13] & 0x37) != 0x10)
		return false;
	header = tcp_plain_header(p, h);
	size = tcp_l4_size(p);
	if (!header || size < header)
		return false;
	end = seq + size - header;
	if (seq_before(peer_allowed.limit, end) ||
	    seq_before(end, sent.end - tcp_max_win(peer_sent)) || seq_before(peer_sent.end, ack) ||
	    seq_before(ack, peer_sent.end - tcp_ack_window(sent)))
		return false;
	limit = ack + win + !win;
	if (seq_before(sent.end, end))
		sent_now.end = end;
	if (load_be16(h + 14) > sent.win)
		sent_now.win = load_be16(h + 14);
	if (seq_before(allowed.ack, ack))
		allowed_now.ack = ack;
	if (seq_before(allowed.limit, limit))
		allowed_now.limit = limit;
	if (sent_now.word != sent.word &&
	    !__atomic_compare_exchange_n(&side->sent, &sent.word, sent_now.word, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	if (allowed_now.word != allowed.word &&
	    !__atomic_compare_exchange_n(&side->allowed, &allowed.word, allowed_now.word, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return false;
	timeout = sent_now.end == peer_allowed.ack && peer_sent.end == allowed_now.ack
			  ? CT_TIMEOUT_TCP_ESTABLISHED
			  : tcp_unsure_timeout(policy);
	if (__atomic_load_n(&c->timeout, __ATOMIC_RELAXED) != timeout)
		__atomic_store_n(&c->timeout, timeout, __ATOMIC_RELAXED);
	return true;
}

#endif
