/* Lines of a TCP connection that a helper reads, and sequence numbers after some were rewritten.
 *
 * Bytes are read once, in order, and a line is read only if it lies in one packet: nothing is kept
 * of a line that goes on in the next one.  What was rewritten is remembered, the last time for each
 * direction: sent again it must become the same. */

#include <netinet/in.h>
#include <rte_mbuf.h>
#include "dataplane/conntrack/helper_priv.h"
#include "dataplane/packet/l4_sum.h"

#define MAX_READ 1024 /* bytes of a packet; what announces something comes before that */

enum { TCP_SYN = 2, TCP_ACK = 0x10 };
enum { OPTION_END, OPTION_NOP, OPTION_SACK = 5 };

static int32_t diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static uint8_t *tcp_of(const struct helper_packet *p)
{
	return rte_pktmbuf_mtod_offset(p->m, uint8_t *, p->layout->l4);
}

static struct helped_side *side_of(const struct helper_packet *p)
{
	return &p->helped->sides[p->is_reply];
}

/* --- numbers --- */

uint32_t helper_stream_ack(const struct helped_side *other, uint32_t ack)
{
	uint32_t end = other->text_seq + other->old_size;

	if (!other->is_rewritten)
		return ack;
	if (diff(ack, end + other->after) >= 0)
		return ack - other->after;
	if (diff(ack, other->text_seq + other->before) <= 0)
		return ack - other->before;
	return other->text_seq; /* a part of the text is not had */
}

static uint32_t shifted(const struct helped_side *side, uint32_t seq)
{
	return seq + (diff(seq, side->text_seq) > 0 ? side->after : side->before);
}

static void put_number(struct helper_packet *p, uint8_t *at, uint32_t v)
{
	uint8_t *l4 = tcp_of(p), new[6], old[6];
	unsigned odd = (at - l4) & 1; /* options need not be aligned */
	uint8_t *from = at - odd;
	unsigned size = odd ? 6 : 4;

	memcpy(old, from, size);
	store_be32(at, v);
	memcpy(new, from, size);
	packet_fix_l4_sum(p->m, IPPROTO_TCP, l4, 0, checksum_delta(old, new, size));
}

/* The edges of SACK blocks are acknowledgements too (RFC 2018). */
static void correct_sacks(struct helper_packet *p, const struct helped_side *other)
{
	uint8_t *l4 = tcp_of(p), *at = l4 + 20, *end = l4 + (l4[12] >> 4) * 4;
	const uint8_t *data_end = rte_pktmbuf_mtod(p->m, uint8_t *) + p->m->data_len;

	if (end > data_end)
		return;
	while (at < end && *at != OPTION_END) {
		unsigned size = *at == OPTION_NOP ? 1 : (end - at >= 2 ? at[1] : 0);

		if (size < (*at == OPTION_NOP ? 1 : 2) || size > end - at)
			return;
		for (unsigned i = 2; *at == OPTION_SACK && i + 4 <= size; i += 4)
			put_number(p, at + i, helper_stream_ack(other, load_be32(at + i)));
		at += size;
	}
}

static void correct_numbers(struct helper_packet *p)
{
	const struct helped_side *side = side_of(p), *other = &p->helped->sides[!p->is_reply];
	uint8_t *l4 = tcp_of(p);

	if (!p->may_write)
		return;
	if (side->is_rewritten)
		put_number(p, l4 + 4, shifted(side, load_be32(l4 + 4)));
	if (other->is_rewritten && l4[13] & TCP_ACK) {
		put_number(p, l4 + 8, helper_stream_ack(other, load_be32(l4 + 8)));
		correct_sacks(p, other);
	}
}

/* --- text that was rewritten --- */

static bool replace(struct helper_packet *p, uint32_t offset)
{
	const struct helped_side *side = side_of(p);

	return payload_replace(p->m, p->key, p->layout, &p->payload, p->payload.at + offset,
			       side->old_size, side->new_text, side->new_size);
}

/* A packet that is sent again. */
static enum drop_reason repeat(struct helper_packet *p, uint32_t seq)
{
	struct helped_side *side = side_of(p);
	uint32_t end = seq + p->payload.size, offset = side->text_seq - seq;
	char text[HELPER_TEXT_MAX];

	if (diff(end, side->next) > 0) {
		side->next = end;
		side->is_line_begun = true; /* as far as is known */
	}
	if (!side->is_rewritten)
		return DROP_NONE;
	if (side->has_floor && diff(seq, side->floor) < 0)
		return DROP_HELPER_REFUSED; /* older than what is remembered */
	if (diff(end, side->text_seq) <= 0 || diff(seq, side->text_seq + side->old_size) >= 0)
		return DROP_NONE;
	if (diff(seq, side->text_seq) > 0 || diff(end, side->text_seq + side->old_size) < 0)
		return DROP_HELPER_REFUSED; /* a part of it */
	payload_copy(p->m, p->payload.at + offset, text, side->old_size);
	if (memcmp(text, side->old_text, side->old_size) != 0 || !p->may_write)
		return DROP_HELPER_REFUSED;
	return replace(p, offset) ? DROP_NONE : DROP_HELPER_REFUSED;
}

/* The text of A, at OFFSET of the payload, becomes TEXT.  All before it counts as it did. */
static enum drop_reason rewrite(struct helper_packet *p, uint32_t seq, uint32_t offset,
				size_t old_size, const char *text, size_t size)
{
	struct helped_side *side = side_of(p), was = *side;

	side->has_floor = side->is_rewritten;
	side->floor = side->text_seq + side->old_size;
	side->is_rewritten = true;
	side->text_seq = seq + offset;
	side->old_size = old_size;
	side->new_size = size;
	side->before = was.after;
	side->after = was.after + (int32_t)size - (int32_t)old_size;
	payload_copy(p->m, p->payload.at + offset, side->old_text, old_size);
	memcpy(side->new_text, text, size);
	if (replace(p, offset))
		return DROP_NONE;
	*side = was;
	return DROP_HELPER_REFUSED;
}

/* --- lines --- */

/* The lines of SIZE bytes until one announces something. */
static enum drop_reason read_lines(struct helper_packet *p, uint32_t seq, const uint8_t *data,
				   uint32_t from, uint32_t size)
{
	const uint8_t *nl, *end = data + size;

	for (const uint8_t *line = data + from; line < end; line = nl + 1) {
		struct helper_announcement a;
		enum drop_reason why;
		char text[HELPER_TEXT_MAX];
		size_t line_size, text_size;

		nl = memchr(line, '\n', end - line);
		if (!nl)
			return DROP_NONE;
		line_size = nl - line - (nl > line && nl[-1] == '\r');
		if (!p->helped->class->parse(p->is_reply, line, line_size, &a))
			continue;
		why = helper_announced(p, &a, text, &text_size);
		if (why != DROP_NONE || text_size == 0)
			return why;
		return rewrite(p, seq, line - data + a.offset, a.size, text, text_size);
	}
	return DROP_NONE;
}

/* Bytes that nobody has read.  After a gap it is not known whether they begin a line. */
static enum drop_reason read_new(struct helper_packet *p, uint32_t seq)
{
	struct helped_side *side = side_of(p);
	bool is_in_order = !side->has_begun || seq == side->next, was_begun = side->is_line_begun;
	uint32_t size = MIN_OF(p->payload.size, MAX_READ), from = 0;
	uint8_t data[MAX_READ], last;
	enum drop_reason why = DROP_NONE;

	payload_copy(p->m, p->payload.at, data, size);
	payload_copy(p->m, p->payload.at + p->payload.size - 1, &last, 1);
	if (was_begun) {
		const uint8_t *nl = memchr(data, '\n', size);

		from = nl ? nl - data + 1 : size;
	}
	if (is_in_order)
		why = read_lines(p, seq, data, from, size);
	if (why != DROP_NONE)
		return why; /* it will be sent again, and read then */
	side->has_begun = true;
	side->is_line_begun = last != '\n';
	side->next = seq + p->payload.size;
	return DROP_NONE;
}

/* A SYN that comes later is of no account: it may be anybody's. */
static void begin(struct helper_packet *p, uint32_t seq)
{
	struct helped_side *side = side_of(p);

	if (side->has_begun)
		return;
	side->has_begun = true;
	side->next = seq + 1;
}

enum drop_reason helper_stream(struct helper_packet *p)
{
	const struct helped_side *side = side_of(p);
	const uint8_t *l4 = tcp_of(p);
	uint32_t seq = load_be32(l4 + 4);
	enum drop_reason why = DROP_NONE;

	if (p->key->ip_frag) /* it says little, and to put it together is not for us */
		;
	else if (l4[13] & TCP_SYN)
		begin(p, seq);
	else if (p->payload.size > 0 && side->has_begun && diff(seq, side->next) < 0)
		why = repeat(p, seq);
	else if (p->payload.size > 0)
		why = read_new(p, seq);
	if (why != DROP_NONE)
		return why;
	correct_numbers(p);
	return DROP_NONE;
}
