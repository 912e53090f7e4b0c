#ifndef LIB_ADDR_H
#define LIB_ADDR_H

/* Addresses of listeners and peers as people write them: tcp:HOST:PORT, tcp:[V6]:PORT,
 * unix:PATH.  HOST is a numeric address or "localhost". */

#include <sys/socket.h>
#include "lib/status.h"

struct addr {
	struct sockaddr_storage sa;
	socklen_t sa_len;
	char text[160]; /* as given */
	bool is_tls;	/* ssl: */
};

/* Returns 0, or -1 with ST filled; FIELD names the option in the message.
 * Without a prefix, "HOST:PORT" is taken as tcp. */
int addr_parse(struct addr *a, const char *text, const char *field, struct status *st);

/* The same, and ssl:HOST:PORT (of a listener also pssl:), TCP with TLS. */
int addr_parse_tls(struct addr *a, const char *text, const char *field, struct status *st);

/* Before binding: remove a Unix socket that nobody answers, left over from a process that died.
 * Files that are no socket stay.  Nothing is done for other addresses. */
void addr_remove_stale(const struct addr *a);

#endif
