/* fuzz: component=controller */

/* First bytes of packets, as switches send them for the log: whatever they are, what is told fits
 * into an IPFIX message that says its own length. */

#include "controller/connlog/ipfix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct connlog_event e = { .host = "h", .port = "p", .policy = "g", .reason = "because" };
	struct ipfix x = { 0 };
	struct buf out = BUF_INIT;

	if (logged_packet_parse(data, size, &e.packet) == 0) {
		assert(e.packet.version == 4 || e.packet.version == 6);
		ipfix_record(&x, &e, &out);
		assert(out.size <= IPFIX_MAX_MESSAGE);
		assert(load_be16(out.data + 2) == out.size);
	}
	buf_fini(&out);
	return 0;
}
