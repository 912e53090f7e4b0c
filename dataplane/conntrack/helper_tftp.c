/* TFTP (RFC 1350): a client asks at port 69 and is answered from another port. */

#include <netinet/in.h>
#include "dataplane/conntrack/helper_class.h"

enum { TFTP_READ = 1, TFTP_WRITE = 2 };

/* The name and the mode of a request, each ended by a zero. */
static bool is_request(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size, *name = data + 2, *mode;
	uint16_t opcode = size >= 2 ? load_be16(data) : 0;

	if (opcode != TFTP_READ && opcode != TFTP_WRITE)
		return false;
	mode = memchr(name, 0, end - name);
	return mode && memchr(mode + 1, 0, end - mode - 1);
}

static bool parse(bool is_reply, const uint8_t *data, size_t size, struct helper_announcement *out)
{
	*out = (struct helper_announcement){ 0 };
	return !is_reply && is_request(data, size);
}

static const struct helper_class helper_tftp = {
	.name = "tftp", .proto = IPPROTO_UDP, .port = 69, .parse = parse
};
REGISTRY_ADD(helper_class, helper_tftp);
