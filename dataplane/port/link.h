#ifndef DATAPLANE_PORT_LINK_H
#define DATAPLANE_PORT_LINK_H

/* Network interfaces of the kernel, by netlink, in the calling thread's namespace. */

#include "lib/status.h"

struct link_state {
	int ifindex;
	uint8_t mac[6];
	uint32_t mtu;
	bool is_up;	 /* administratively */
	bool is_running; /* up, and with carrier */
	bool has_carrier;
};

/* 0, or -1 if there is no such interface (or it cannot be asked for). */
int link_get(const char *ifname, struct link_state *state);
/* Set MAC unless NULL, MTU unless 0, and up; what is so already is left alone.  0, or -1 with ST.
 */
int link_set(const char *ifname, const uint8_t *mac, uint32_t mtu, struct status *st);
/* A veth pair: IFNAME here and PEER in the namespace behind NETNS_FD (-1: here). */
int link_add_veth(const char *ifname, const char *peer, int netns_fd, struct status *st);
void link_del(const char *ifname);
/* The kernel hands what comes in by IFNAME to the host itself as well.  If it is a veth or a tap,
 * whose other end is a guest, let the host neither hear nor answer: no IPv6, no ARP, and no IPv4 to
 * its addresses.  Others, which may be the host's own, are left alone. */
void link_shut_to_host(const char *ifname);

#endif
