#include "dataplane/port/link_watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/loop_uv.h"

struct link_watch {
	int fd;
	uv_poll_t poll;
	void (*changed)(void *arg, int ifindex);
	void *arg;
};

static void take_messages(struct link_watch *w, const void *data, unsigned size)
{
	for (const struct nlmsghdr *h = data; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
		const struct ifinfomsg *info = NLMSG_DATA(h);

		if (h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK)
			w->changed(w->arg, info->ifi_index);
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct link_watch *w = container_of(poll, struct link_watch, poll);
	_Alignas(struct nlmsghdr) char data[16384];
	ssize_t size;

	(void)status;
	(void)events;
	while ((size = recv(w->fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		take_messages(w, data, size);
	if (size < 0 && errno == ENOBUFS)
		w->changed(w->arg, 0); /* some were lost */
}

int link_watch_open(void)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

struct link_watch *link_watch_create(struct loop *loop, int fd,
				     void (*changed)(void *arg, int ifindex), void *arg)
{
	struct link_watch *w;

	if (fd < 0)
		return NULL;
	w = xcalloc(1, sizeof(*w));
	*w = (struct link_watch){ .fd = fd, .changed = changed, .arg = arg };
	uv_poll_init(loop_uv_handle(loop), &w->poll, fd);
	uv_poll_start(&w->poll, UV_READABLE, on_readable);
	return w;
}

static void on_closed(uv_handle_t *handle)
{
	struct link_watch *w = container_of((uv_poll_t *)handle, struct link_watch, poll);

	close(w->fd);
	free(w);
}

void link_watch_destroy(struct link_watch *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->poll, on_closed);
}
