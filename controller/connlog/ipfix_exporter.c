#include "controller/connlog/ipfix_exporter.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "controller/connlog/ipfix.h"

#define TEMPLATES_EVERY_NS (60 * NS_PER_SEC)

struct ipfix_exporter {
	struct loop *loop;
	struct connlog_listener listener;
	struct ipfix ipfix;
	struct timer tick;
	struct buf out;
	struct ipfix_counters counters;
	int fd;
};

static void send_out(struct ipfix_exporter *x)
{
	/* An ICMP error about an earlier message is told here; the next one may get through. */
	if (send(x->fd, x->out.data, x->out.size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    (errno != ECONNREFUSED ||
	     send(x->fd, x->out.data, x->out.size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0))
		x->counters.n_lost++;
	else
		x->counters.n_sent++;
	buf_clear(&x->out);
}

static void on_tick(struct timer *t, void *arg)
{
	struct ipfix_exporter *x = arg;

	ipfix_templates(&x->ipfix, loop_wall_ns(x->loop), &x->out);
	send_out(x);
	timer_arm(x->loop, t, TEMPLATES_EVERY_NS);
}

static void on_event(struct connlog_listener *l, const struct connlog_event *e)
{
	struct ipfix_exporter *x = container_of(l, struct ipfix_exporter, listener);

	ipfix_record(&x->ipfix, e, &x->out);
	send_out(x);
}

struct ipfix_exporter *ipfix_exporter_create(struct loop *loop, struct connlog *log,
					     const struct addr *collector, uint32_t domain,
					     struct status *st)
{
	struct ipfix_exporter *x;
	int fd = socket(collector->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&collector->sa, collector->sa_len) < 0) {
		status_set(st, STATUS_UNAVAILABLE, "ipfix-collector",
			   "--ipfix-collector: cannot send to %s: %s", collector->text,
			   strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	x = xcalloc(1, sizeof(*x));
	x->loop = loop;
	x->fd = fd;
	x->ipfix.domain = domain;
	x->listener.event = on_event;
	connlog_listen(log, &x->listener);
	timer_init(&x->tick, on_tick, x);
	on_tick(&x->tick, x);
	return x;
}

void ipfix_exporter_destroy(struct ipfix_exporter *x)
{
	if (!x)
		return;
	connlog_unlisten(&x->listener);
	timer_cancel(x->loop, &x->tick);
	close(x->fd);
	buf_fini(&x->out);
	free(x);
}

struct ipfix_counters ipfix_exporter_counters(const struct ipfix_exporter *x)
{
	return x->counters;
}
