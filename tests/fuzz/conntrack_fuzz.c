/* fuzz: component=dataplane */

/* Any bytes as packets of connections: TCP options, SCTP chunks, quoted headers of ICMP errors,
 * fragments.  Between two hosts that have connections already, so that what is sent finds some.
 *
 *	byte		direction, and whether it is wrapped: in IPv4, IPv6, or a whole frame
 *	byte		protocol, of those that have a meaning
 *	2 bytes		how long the payload is
 *	payload
 */

#include <netinet/in.h>
#include <stdlib.h>
#include "dataplane/conntrack/connection.h"
#include "dataplane/conntrack/conntrack.h"
#include "dataplane/conntrack/proto.h"
#include "dataplane/packet/heap_packet.h"
#include "lib/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_PAYLOAD 1500

static struct conntrack *ct;
static struct conntrack_thread *thread;

static void start(void)
{
	static const struct conntrack_config config = { .max_connections = 1024, .seed = 1 };

	ct = conntrack_create(&config);
	thread = conntrack_thread_create(ct);
}

static size_t wrap_ipv4(uint8_t *at, bool is_reply, uint8_t proto, uint8_t frag, size_t size)
{
	at[0] = 0x45;
	store_be16(at + 2, (uint16_t)(20 + size));
	store_be16(at + 6, frag & 4 ? 0x2000 : frag & 2 ? 3 : 0);
	at[8] = 64;
	at[9] = proto;
	at[12] = at[16] = 10;
	at[15] = is_reply ? 2 : 1;
	at[19] = is_reply ? 1 : 2;
	return 20;
}

static size_t wrap_ipv6(uint8_t *at, bool is_reply, uint8_t proto, size_t size)
{
	at[0] = 0x60;
	store_be16(at + 4, (uint16_t)size);
	at[6] = proto;
	at[7] = 64;
	at[8] = at[24] = 0xfd;
	at[23] = is_reply ? 2 : 1;
	at[39] = is_reply ? 1 : 2;
	return 40;
}

static void track(const uint8_t *frame, size_t size, bool is_commit)
{
	struct rte_mbuf *m = heap_packet_create(frame, size);
	const struct ct_request request = { .is_commit = is_commit };
	struct flow_key key = { 0 };
	struct packet_layout layout = { 0 };
	struct ct_track t = { 0 };
	struct ct_burst b = { &m, &key, &layout, &t, KEY_LINES_ALL };
	uint16_t zone = 0;

	conntrack_enter(thread, NS_PER_SEC);
	if (packet_parse(m, &key, &layout) == DROP_NONE) {
		conntrack_burst(thread, &request, &zone, &b, 1);
		if (t.connection && !(t.state & CT_STATE_TRK))
			abort();
		if (t.connection &&
		    !ct_proto_state_name(t.connection->proto, t.connection->proto_state))
			abort();
	}
	conntrack_leave(thread);
	heap_packet_destroy(m);
}

static bool next_packet(struct cursor *c)
{
	static const uint8_t protos[] = { IPPROTO_TCP,	   IPPROTO_UDP,	     IPPROTO_SCTP,
					  IPPROTO_ICMP,	   IPPROTO_ICMPV6,   IPPROTO_HOPOPTS,
					  IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_DSTOPTS,
					  IPPROTO_AH,	   IPPROTO_NONE,     47 };
	uint8_t frame[14 + 40 + MAX_PAYLOAD] = { 0 };
	uint8_t how = cursor_u8(c), proto = protos[cursor_u8(c) % ARRAY_LENGTH(protos)];
	size_t n = 14, size = cursor_be16(c) % (MAX_PAYLOAD + 1);
	const uint8_t *payload;

	size = MIN_OF(size, cursor_left(c));
	payload = cursor_take(c, size);
	if (!payload)
		return false;
	store_be16(frame + 12, how & 8 ? 0x86dd : 0x0800);
	if (how & 8)
		n += wrap_ipv6(frame + n, how & 1, proto, size);
	else if (!(how & 16))
		n += wrap_ipv4(frame + n, how & 1, proto, how, size);
	memcpy(frame + n, payload, size);
	track(frame, n + size, !(how & 32));
	return cursor_left(c) > 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(data, size);

	if (!ct)
		start();
	conntrack_flush(ct, NULL);
	if (size > 8192)
		return 0;
	while (cursor_left(&c) >= 4 && next_packet(&c))
		;
	conntrack_tend(ct, NS_PER_SEC);
	return 0;
}
