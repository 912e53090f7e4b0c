#include "api/metrics.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include "lib/list.h"

struct collector {
	struct list in_metrics;
	void (*collect)(struct metrics_out *out, void *arg);
	void *arg;
};

struct metrics {
	struct list collectors;
};

struct metrics_out {
	struct buf *text;
	const char *family;
};

struct metrics *metrics_create(void)
{
	struct metrics *m = xcalloc(1, sizeof(*m));

	list_init(&m->collectors);
	return m;
}

static void remove_collector(struct collector *c)
{
	list_remove(&c->in_metrics);
	free(c);
}

void metrics_destroy(struct metrics *m)
{
	struct collector *c, *next;

	if (!m)
		return;
	LIST_FOREACH_SAFE (c, next, &m->collectors, in_metrics)
		remove_collector(c);
	free(m);
}

void metrics_add_collector(struct metrics *m, void (*collect)(struct metrics_out *out, void *arg),
			   void *arg)
{
	struct collector *c = xcalloc(1, sizeof(*c));

	c->collect = collect;
	c->arg = arg;
	list_insert(&m->collectors, &c->in_metrics);
}

void metrics_remove_collector(struct metrics *m, void *arg)
{
	struct collector *c, *next;

	LIST_FOREACH_SAFE (c, next, &m->collectors, in_metrics) {
		if (c->arg == arg)
			remove_collector(c);
	}
}

void metrics_write(struct metrics *m, struct buf *text)
{
	struct metrics_out out = {.text = text};
	struct collector *c;

	LIST_FOREACH (c, &m->collectors, in_metrics)
		c->collect(&out, c->arg);
}

void metrics_family(struct metrics_out *out, const char *name, enum metric_type type,
		    const char *help)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};

	out->family = name;
	buf_printf(out->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

static void write_label(struct buf *text, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			buf_puts(text, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_printf(text, "\\%c", *value);
		else
			buf_be8(text, *value);
	}
}

static void write_number(struct buf *text, double v)
{
	if (isfinite(v))
		buf_printf(text, " %.17g\n", v);
	else
		buf_puts(text, isnan(v) ? " NaN\n" : v > 0 ? " +Inf\n" : " -Inf\n");
}

void metrics_sample(struct metrics_out *out, const char *suffix, double value, ...)
{
	const char *label, *separator = "{";
	va_list args;

	buf_printf(out->text, "%s%s", out->family, suffix);
	va_start(args, value);
	while ((label = va_arg(args, const char *))) {
		buf_printf(out->text, "%s%s=\"", separator, label);
		write_label(out->text, va_arg(args, const char *));
		buf_puts(out->text, "\"");
		separator = ",";
	}
	va_end(args);
	buf_puts(out->text, *separator == ',' ? "}" : "");
	write_number(out->text, value);
}
