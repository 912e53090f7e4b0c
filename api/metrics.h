#ifndef API_METRICS_H
#define API_METRICS_H

/* Numbers for Prometheus.  A component keeps its counters as plain integers and adds a collector,
 * which writes them when somebody asks:
 *
 *	static void collect(struct metrics_out *out, void *arg)
 *	{
 *		struct store *s = arg;
 *
 *		metrics_family(out, "weft_store_commits_total", METRIC_COUNTER, "Committed
 *transactions."); metrics_sample(out, "", s->n_commits, NULL); metrics_family(out,
 *"weft_store_errors_total", METRIC_COUNTER, "By kind."); metrics_sample(out, "", s->n_full, "kind",
 *"disk_full", NULL);
 *	}
 *
 * On the loop's thread.  Source: Prometheus text exposition format 0.0.4. */

#include "lib/buf.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metrics;
struct metrics_out;

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *m);
void metrics_add_collector(struct metrics *m, void (*collect)(struct metrics_out *out, void *arg),
			   void *arg);
void metrics_remove_collector(struct metrics *m, void *arg); /* all that were added with ARG */
void metrics_write(struct metrics *m, struct buf *text);

/* For collectors.  NAME in snake case with its unit: "weft_api_call_seconds". */
void metrics_family(struct metrics_out *out, const char *name, enum metric_type type,
		    const char *help);
/* One value of the family begun last; SUFFIX is "" or "_bucket", "_sum", "_count"; then pairs of
 * label and value, ended by NULL. */
void metrics_sample(struct metrics_out *out, const char *suffix, double value, ...)
	__attribute__((sentinel));

#endif
