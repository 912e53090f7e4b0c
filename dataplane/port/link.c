#include "dataplane/port/link.h"

#include <linux/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/util.h"

static struct nl_sock *open_socket(void)
{
	struct nl_sock *sk = nl_socket_alloc();

	if (sk && nl_connect(sk, NETLINK_ROUTE) < 0) {
		nl_socket_free(sk);
		sk = NULL;
	}
	return sk;
}

static struct rtnl_link *get(struct nl_sock *sk, const char *ifname)
{
	struct rtnl_link *link;

	return sk && rtnl_link_get_kernel(sk, 0, ifname, &link) == 0 ? link : NULL;
}

int link_get(const char *ifname, struct link_state *state)
{
	struct nl_sock *sk = open_socket();
	struct rtnl_link *link = get(sk, ifname);
	struct nl_addr *mac = link ? rtnl_link_get_addr(link) : NULL;
	unsigned flags;

	*state = (struct link_state){ .ifindex = 0 };
	if (link) {
		flags = rtnl_link_get_flags(link);
		state->ifindex = rtnl_link_get_ifindex(link);
		state->mtu = rtnl_link_get_mtu(link);
		state->is_up = flags & IFF_UP;
		state->is_running = flags & IFF_RUNNING;
		state->has_carrier = rtnl_link_get_carrier(link);
		if (mac && nl_addr_get_len(mac) == sizeof(state->mac))
			memcpy(state->mac, nl_addr_get_binary_addr(mac), sizeof(state->mac));
		rtnl_link_put(link);
	}
	nl_socket_free(sk);
	return state->ifindex ? 0 : -1;
}

static bool has_mac(struct rtnl_link *link, const uint8_t *mac)
{
	struct nl_addr *a = rtnl_link_get_addr(link);

	return a && nl_addr_get_len(a) == 6 && memcmp(nl_addr_get_binary_addr(a), mac, 6) == 0;
}

/* What of LINK is to be different. */
static struct rtnl_link *changes_of(struct rtnl_link *link, const uint8_t *mac, uint32_t mtu)
{
	struct rtnl_link *change = rtnl_link_alloc();
	struct nl_addr *addr;

	if (mac && !has_mac(link, mac)) {
		addr = nl_addr_build(AF_LLC, mac, 6);
		rtnl_link_set_addr(change, addr);
		nl_addr_put(addr);
	}
	if (mtu && rtnl_link_get_mtu(link) != mtu)
		rtnl_link_set_mtu(change, mtu);
	rtnl_link_set_flags(change, IFF_UP);
	return change;
}

int link_set(const char *ifname, const uint8_t *mac, uint32_t mtu, struct status *st)
{
	struct nl_sock *sk = open_socket();
	struct rtnl_link *link = get(sk, ifname), *change;
	int ret = -NLE_OBJ_NOTFOUND;

	if (link) {
		change = changes_of(link, mac, mtu);
		ret = rtnl_link_change(sk, link, change, 0);
		rtnl_link_put(change);
		rtnl_link_put(link);
	}
	nl_socket_free(sk);
	if (ret == 0)
		return 0;
	return status_set(st, STATUS_FAILED_PRECONDITION, "options",
			  "cannot set MAC, MTU or state of interface %s: %s", ifname,
			  nl_geterror(ret));
}

int link_add_veth(const char *ifname, const char *peer, int netns_fd, struct status *st)
{
	struct nl_sock *sk = open_socket();
	struct rtnl_link *link = rtnl_link_veth_alloc();
	struct rtnl_link *other = rtnl_link_veth_get_peer(link);
	int ret = -NLE_NOMEM;

	rtnl_link_set_name(link, ifname);
	rtnl_link_set_name(other, peer);
	if (netns_fd >= 0)
		rtnl_link_set_ns_fd(other, netns_fd);
	if (sk)
		ret = rtnl_link_add(sk, link, NLM_F_CREATE | NLM_F_EXCL);
	rtnl_link_put(other);
	rtnl_link_put(link);
	nl_socket_free(sk);
	if (ret == 0)
		return 0;
	return status_set(st,
			  ret == -NLE_EXIST ? STATUS_ALREADY_EXISTS : STATUS_FAILED_PRECONDITION,
			  "options.ifname", "cannot make the veth pair %s - %s: %s", ifname, peer,
			  nl_geterror(ret));
}

/* In the calling thread's namespace, as all of /proc/sys/net. */
static void set_sysctl(const char *family, const char *ifname, const char *key, const char *value)
{
	char *path = xasprintf("/proc/sys/net/%s/conf/%s/%s", family, ifname, key);
	FILE *f = fopen(path, "we");

	if (f) { /* a kernel without IPv6 has none of its files */
		fputs(value, f);
		fclose(f);
	}
	free(path);
}

void link_shut_to_host(const char *ifname)
{
	struct nl_sock *sk = open_socket();
	struct rtnl_link *link = get(sk, ifname);
	const char *type = link ? rtnl_link_get_type(link) : NULL;

	if (type && (strcmp(type, "veth") == 0 || strcmp(type, "tun") == 0)) {
		set_sysctl("ipv6", ifname, "disable_ipv6", "1");
		set_sysctl("ipv4", ifname, "arp_ignore", "8");
		set_sysctl("ipv4", ifname, "rp_filter", "1"); /* no address here: all fails */
	}
	rtnl_link_put(link);
	nl_socket_free(sk);
}

void link_del(const char *ifname)
{
	struct nl_sock *sk = open_socket();
	struct rtnl_link *link = get(sk, ifname);

	if (link) {
		rtnl_link_delete(sk, link);
		rtnl_link_put(link);
	}
	nl_socket_free(sk);
}
