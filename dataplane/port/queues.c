#include "dataplane/port/queues.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUES_MAX     64 /* of a port */
#define QUEUE_ID_MAX   65534
#define BURST_MS       20   /* how long the rate may be passed from rest */
#define BURST_MIN_KBIT 1024 /* a segmented packet of 64 KiB fits twice */

const struct port_option port_common_options[] = {
	{ "tx_queues", "ID[:max=RATE]/...", NULL,
	  "Transmit queues besides 0, with limits in kbit, mbit or gbit: 1:max=100mbit/2.", false },
};
const size_t n_port_common_options = ARRAY_LENGTH(port_common_options);

static int refuse(const char *what, struct status *st)
{
	return status_set(st, STATUS_INVALID_ARGUMENT, "options.tx_queues",
			  "tx_queues: '%.32s' is none: give ID or ID:max=RATE separated by /, ID 0 "
			  "to %d, RATE like 100mbit, at most %d queues",
			  what, QUEUE_ID_MAX, QUEUES_MAX);
}

/* "100mbit" in kbit/s; 0 if it is no rate. */
static uint32_t parse_rate(const char *text)
{
	static const struct {
		const char *unit;
		uint64_t kbps;
	} units[] = { { "kbit", 1 }, { "mbit", 1000 }, { "gbit", 1000000 } };
	char *end;
	unsigned long long number;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	for (unsigned i = 0; i < ARRAY_LENGTH(units); i++)
		if (!errno && strcmp(end, units[i].unit) == 0 &&
		    number <= UINT32_MAX / units[i].kbps)
			return number * units[i].kbps;
	return 0;
}

static int parse_queue(const char *text, struct port_queue *q, struct status *st)
{
	char *end;
	unsigned long id;

	if (*text < '0' || *text > '9')
		return refuse(text, st);
	errno = 0;
	id = strtoul(text, &end, 10);
	if (errno || id > QUEUE_ID_MAX)
		return refuse(text, st);
	q->id = id;
	if (!*end)
		return 0;
	if (strncmp(end, ":max=", 5) != 0)
		return refuse(text, st);
	q->max_kbps = parse_rate(end + 5);
	return q->max_kbps ? 0 : refuse(text, st);
}

/* In its place; the one that is there for 0 takes the settings. */
static int insert(struct port_queues *qs, const struct port_queue *q, const char *text,
		  struct status *st)
{
	unsigned at = 0;

	while (at < qs->n && qs->list[at].id < q->id)
		at++;
	if (at < qs->n && qs->list[at].id == q->id) {
		if (q->id || qs->list[0].max_kbps)
			return refuse(text, st);
		qs->list[0] = *q;
		return 0;
	}
	if (qs->n == QUEUES_MAX)
		return refuse(text, st);
	memmove(&qs->list[at + 1], &qs->list[at], (qs->n - at) * sizeof(*q));
	qs->list[at] = *q;
	qs->n++;
	return 0;
}

static int parse(char *text, struct port_queues *qs, struct status *st)
{
	char *rest = text;

	while (rest) {
		const char *word = strsep(&rest, "/");
		struct port_queue q = { 0 };

		if (parse_queue(word, &q, st) < 0 || insert(qs, &q, word, st) < 0)
			return -1;
	}
	return 0;
}

static void init_queue(const struct port *port, struct port_queue *q)
{
	uint64_t burst = MAX_OF((uint64_t)q->max_kbps * BURST_MS / 1000, (uint64_t)BURST_MIN_KBIT);

	token_bucket_init(&q->bucket, q->max_kbps, burst, 0);
	q->counters = xcalloc_apart(port->n_workers * sizeof(*q->counters));
}

int port_queues_create(const struct port *port, struct port_queues **queues, struct status *st)
{
	const char *given = port_option_text(port, "tx_queues");
	struct port_queues *qs;
	char *text;
	int rc;

	*queues = NULL;
	if (!given)
		return 0;
	qs = xcalloc_lines(sizeof(*qs) + QUEUES_MAX * sizeof(qs->list[0]));
	qs->n = 1; /* queue 0 */
	text = xstrdup(given);
	rc = parse(text, qs, st);
	free(text);
	if (rc < 0) {
		port_queues_destroy(qs);
		return -1;
	}
	for (unsigned i = 0; i < qs->n; i++)
		init_queue(port, &qs->list[i]);
	*queues = qs;
	return 0;
}

void port_queues_destroy(struct port_queues *queues)
{
	if (!queues)
		return;
	for (unsigned i = 0; i < queues->n; i++)
		free(queues->list[i].counters);
	free(queues);
}

/* One that does not exist is the default one. */
static struct port_queue *find(struct port_queues *qs, uint32_t id)
{
	for (unsigned i = 1; i < qs->n; i++)
		if (qs->list[i].id == id)
			return &qs->list[i];
	return &qs->list[0];
}

/* The bitmap of packets that are too many. */
static uint64_t exceeding(struct port_queue *q, struct rte_mbuf *const *pkts, unsigned n,
			  uint64_t now_ns)
{
	uint64_t costs[64];

	if (!q->max_kbps)
		return 0;
	for (unsigned i = 0; i < n; i++)
		costs[i] = pkts[i]->pkt_len * TOKENS_PER_BYTE;
	token_bucket_fill(&q->bucket, now_ns);
	return token_bucket_draw(&q->bucket, costs, n);
}

unsigned port_queues_admit(struct port *port, unsigned w, uint32_t id, struct rte_mbuf **pkts,
			   unsigned n, uint64_t now_ns)
{
	struct port_queue *q = find(port->queues, id);
	struct port_queue_stats *stats = &q->counters[w].stats;
	uint64_t refused = exceeding(q, pkts, n, now_ns), bytes = 0;
	unsigned n_left = 0;

	for (unsigned i = 0; i < n; i++) {
		if (refused >> i & 1) {
			rte_pktmbuf_free(pkts[i]);
			continue;
		}
		bytes += pkts[i]->pkt_len;
		pkts[n_left++] = pkts[i];
	}
	port_count(&stats->tx_packets, n_left);
	port_count(&stats->tx_bytes, bytes);
	if (n_left < n) {
		port_count(&stats->tx_errors, n - n_left);
		port_count(&port->counters[w].stats.tx_dropped, n - n_left);
	}
	return n_left;
}

/* --- what is told --- */

unsigned port_n_queues(const struct port *port)
{
	return port->queues ? port->queues->n : 1;
}

void port_queue_info_get(const struct port *port, unsigned i, struct port_queue_info *info)
{
	*info = (struct port_queue_info){ 0 };
	if (!port->queues)
		return;
	info->id = port->queues->list[i].id;
	info->max_kbps = port->queues->list[i].max_kbps;
}

/* A port without the option has queue 0 alone, and all that it sends goes there. */
void port_queue_stats_get(const struct port *port, unsigned i, struct port_queue_stats *stats)
{
	struct port_stats all;

	*stats = (struct port_queue_stats){ 0 };
	if (!port->queues) {
		port_stats_get(port, &all);
		stats->tx_packets = all.tx_packets;
		stats->tx_bytes = all.tx_bytes;
		stats->tx_errors = all.tx_errors;
		return;
	}
	for (unsigned w = 0; w < port->n_workers; w++) {
		const struct port_queue_stats *s = &port->queues->list[i].counters[w].stats;

		stats->tx_packets += __atomic_load_n(&s->tx_packets, __ATOMIC_RELAXED);
		stats->tx_bytes += __atomic_load_n(&s->tx_bytes, __ATOMIC_RELAXED);
		stats->tx_errors += __atomic_load_n(&s->tx_errors, __ATOMIC_RELAXED);
	}
}
