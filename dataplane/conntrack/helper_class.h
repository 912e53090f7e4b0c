#ifndef DATAPLANE_CONNTRACK_HELPER_CLASS_H
#define DATAPLANE_CONNTRACK_HELPER_CLASS_H

/* Application helpers, as the file that implements one sees them.
 *
 * A helper is one `struct helper_class`, registered in its own file:
 *
 *	static const struct helper_class helper_ftp = { .name = "ftp", .port = 21, ... };
 *	REGISTRY_ADD(helper_class, helper_ftp);
 *
 * It finds in what an end says the address and port at which that end will take a connection of
 * its peer; helper.c expects the connection, if it is allowed, and has what was said rewritten. */

#include "dataplane/conntrack/tuple.h"
#include "lib/registry.h"

#define HELPER_TEXT_MAX 64 /* bytes that name an address and a port */

struct helper_announcement {
	size_t offset, size; /* of the text that is to be rewritten, in what was parsed */
	uint8_t family;	     /* 4 or 6: of `address`; 0: none is said */
	struct ct_address address;
	uint16_t port; /* network order; 0: none is said, it is the packet's source port */
	uint8_t form;  /* as the helper likes, for its print() */
	uint8_t delimiter;
};

struct helper_class {
	const char *name;
	uint8_t proto; /* IPPROTO_TCP: what is parsed is a line; IPPROTO_UDP: a datagram */
	uint16_t port; /* of the server, host order: `alg` of a ct action */
	/* Whether SIZE bytes announce a connection.  They come from the server if IS_REPLY.  A
	 * line is complete and has no CR LF. */
	bool (*parse)(bool is_reply, const uint8_t *data, size_t size,
		      struct helper_announcement *out);
	/* The text in the form of A for another address (of A's family, or any) and port (network
	 * order), in HELPER_TEXT_MAX bytes at most; its size.  NULL: nothing is ever rewritten. */
	size_t (*print)(const struct helper_announcement *a, uint8_t family,
			const struct ct_address *address, uint16_t port, char *text);
};
REGISTRY_DECLARE(helper_class);

/* Like 21 and IPPROTO_TCP; NULL: there is none. */
const struct helper_class *helper_class_find(uint16_t port, uint8_t proto);

#endif
