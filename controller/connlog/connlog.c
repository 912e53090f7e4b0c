#include "controller/connlog/connlog_priv.h"

#include <netinet/in.h>
#include <stdlib.h>
#include "controller/model/resource.h"
#include "proto/openflow/numbers.h"
#include "proto/weft/v1/host.pb-c.h"

/* Credit for a second's events, at most. */
#define MAX_CREDIT_NS NS_PER_SEC

struct connlog *connlog_create(const struct connlog_options *options)
{
	struct connlog *log = xcalloc(1, sizeof(*log));

	log->options = *options;
	log->credit_ns = MAX_CREDIT_NS;
	log->filled_ns = loop_now_ns(options->loop);
	list_init(&log->listeners);
	list_init(&log->streams);
	return log;
}

void connlog_destroy(struct connlog *log)
{
	if (!log)
		return;
	connlog_end_streams(log);
	for (unsigned i = 0; i < CONNLOG_KEPT; i++)
		free(log->kept[i]);
	free(log);
}

void connlog_listen(struct connlog *log, struct connlog_listener *l)
{
	list_insert(&log->listeners, &l->in_log);
}

void connlog_unlisten(struct connlog_listener *l)
{
	list_remove(&l->in_log);
}

const struct connlog_event *connlog_kept(const struct connlog *log, unsigned i)
{
	if (i >= MIN_OF(log->n_events, (uint64_t)CONNLOG_KEPT))
		return NULL;
	return log->kept[(log->n_events - 1 - i) % CONNLOG_KEPT];
}

struct connlog_counters connlog_counters(const struct connlog *log)
{
	return (struct connlog_counters){ log->n_events, log->n_lost };
}

static bool is_within_rate(struct connlog *log)
{
	uint64_t now = loop_now_ns(log->options.loop), price;

	if (!log->options.rate)
		return false;
	price = NS_PER_SEC / log->options.rate;
	log->credit_ns = MIN_OF(log->credit_ns + (now - log->filled_ns), MAX_CREDIT_NS);
	log->filled_ns = now;
	if (log->credit_ns < price)
		return false;
	log->credit_ns -= price;
	return true;
}

static const char *host_name(const struct connlog *log, uint64_t datapath_id)
{
	MODEL_FOREACH (r, log->options.model, &host_resource) {
		const Weft__V1__Host *host = (const Weft__V1__Host *)resource_msg(r);

		if (host && strtoull(host->datapath_id, NULL, 16) == datapath_id)
			return r->name;
	}
	return "";
}

static uint32_t register_of(const struct of_packet_in *pi, enum of_field_id id)
{
	const struct of_field_match *f = of_match_find(&pi->match, id);

	return f ? load_be32(f->value) : 0;
}

/* The port whose rule it was: the sender, or the one that reg7 names; "" if it was for several. */
static const char *port_name(const struct connlog *log, uint64_t datapath_id,
			     const struct of_packet_in *pi, bool is_egress)
{
	uint32_t number = register_of(pi, is_egress ? OF_FIELD_IN_PORT : OF_FIELD_REG7);
	const struct intent_port *port = apps_port_at(log->options.apps, datapath_id, number);

	return port ? port->name : "";
}

/* The packet as app_explain() wants it. */
static void match_of(const struct logged_packet *p, struct arena *a, struct of_match *m)
{
	bool is_ipv6 = p->version == 6;

	of_match_set_u64(a, m, OF_FIELD_ETH_TYPE, is_ipv6 ? 0x86dd : 0x0800);
	of_match_set_u64(a, m, OF_FIELD_IP_PROTO, p->protocol);
	of_match_set(a, m, is_ipv6 ? OF_FIELD_IPV6_SRC : OF_FIELD_IPV4_SRC, p->src, NULL);
	of_match_set(a, m, is_ipv6 ? OF_FIELD_IPV6_DST : OF_FIELD_IPV4_DST, p->dst, NULL);
	if (p->protocol == IPPROTO_TCP && p->dst_port)
		of_match_set_u64(a, m, OF_FIELD_TCP_DST, p->dst_port);
	if (p->protocol == IPPROTO_UDP && p->dst_port)
		of_match_set_u64(a, m, OF_FIELD_UDP_DST, p->dst_port);
	if (p->protocol == IPPROTO_SCTP && p->dst_port)
		of_match_set_u64(a, m, OF_FIELD_SCTP_DST, p->dst_port);
}

static const char *place(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *to = *at;

	memcpy(to, text, size);
	*at += size;
	return to;
}

/* E with its texts, as one piece of memory. */
static struct connlog_event *keep(const struct connlog_event *e)
{
	size_t size = sizeof(*e) + strlen(e->host) + strlen(e->port) + strlen(e->policy) +
		      strlen(e->reason) + 4;
	struct connlog_event *kept = xcalloc(1, size);
	char *at = (char *)(kept + 1);

	*kept = *e;
	kept->host = place(&at, e->host);
	kept->port = place(&at, e->port);
	kept->policy = place(&at, e->policy);
	kept->reason = place(&at, e->reason);
	return kept;
}

static void tell(struct connlog *log, struct connlog_event *e)
{
	struct connlog_event **place = &log->kept[log->n_events++ % CONNLOG_KEPT];
	struct connlog_listener *l, *next;

	free(*place);
	*place = e;
	LIST_FOREACH_SAFE (l, next, &log->listeners, in_log)
		l->event(l, e);
}

void connlog_packet_in(struct connlog *log, uint64_t datapath_id, const struct of_packet_in *pi)
{
	struct connlog_event e = { .datapath_id = datapath_id, .size = pi->total_len };
	struct arena arena = ARENA_INIT;
	struct app_verdict verdict;
	struct buf reason = BUF_INIT;
	struct of_match packet = { 0 };

	if (!app_verdict(log->options.apps, pi->cookie, &verdict) ||
	    logged_packet_parse(pi->data, pi->size, &e.packet) < 0)
		return;
	if (!is_within_rate(log)) {
		log->n_lost++;
		return;
	}
	match_of(&e.packet, &arena, &packet);
	app_explain(log->options.apps, pi->cookie, &packet, &reason);
	app_of_cookie(log->options.apps, pi->cookie, &e.policy);
	e.wall_ns = loop_wall_ns(log->options.loop);
	e.is_refused = verdict.is_refusal;
	e.is_egress = verdict.is_egress;
	e.in_port = register_of(pi, OF_FIELD_IN_PORT);
	e.n_lost = log->n_lost;
	e.host = host_name(log, datapath_id);
	e.port = port_name(log, datapath_id, pi, verdict.is_egress);
	e.reason = buf_str(&reason);
	tell(log, keep(&e));
	buf_fini(&reason);
	arena_clear(&arena);
}
