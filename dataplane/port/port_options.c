/* Options of ports: each type has a table of them, a person gives key and value.  Judged against
 * the table before the type's open() runs, read by it one by one. */

#include "dataplane/port/port_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <rte_ether.h>
#include "dataplane/port/queues.h"
#include "lib/buf.h"

const struct port_class *port_class_find(const char *type, struct status *st)
{
	struct buf known = BUF_INIT;
	struct port_type_info info;

	REGISTRY_FOREACH (c, port_class) {
		if (strcmp((*c)->type, type) == 0)
			return *c;
	}
	for (size_t i = 0; port_types_at(i, &info); i++)
		buf_printf(&known, "%s%s", i ? ", " : "", info.type);
	status_set(st, STATUS_INVALID_ARGUMENT, "type", "no port type '%s'; there are: %s", type,
		   buf_str(&known));
	buf_fini(&known);
	return NULL;
}

bool port_types_at(size_t i, struct port_type_info *info)
{
	const struct port_class *found = NULL;

	/* the Ith smallest name: few types, no list to keep sorted */
	REGISTRY_FOREACH (c, port_class) {
		size_t n_smaller = 0;

		REGISTRY_FOREACH (d, port_class)
			n_smaller += strcmp((*d)->type, (*c)->type) < 0;
		if (n_smaller == i)
			found = *c;
	}
	if (!found)
		return false;
	*info = (struct port_type_info){
		.type = found->type,
		.help = found->help,
		.options = found->options,
		.n_options = found->n_options,
	};
	return true;
}

const struct port_option *port_types_common(size_t *n)
{
	*n = n_port_common_options;
	return port_common_options;
}

static const struct port_option *find_option(const struct port_class *class, const char *key)
{
	for (size_t i = 0; i < class->n_options; i++) {
		if (strcmp(class->options[i].key, key) == 0)
			return &class->options[i];
	}
	for (size_t i = 0; i < n_port_common_options; i++) {
		if (strcmp(port_common_options[i].key, key) == 0)
			return &port_common_options[i];
	}
	return NULL;
}

static const char *find_setting(const struct port_setting *settings, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(settings[i].key, key) == 0)
			return settings[i].value;
	}
	return NULL;
}

static int refuse_option(const struct port_class *class, const char *key, struct status *st)
{
	struct buf known = BUF_INIT;
	char field[64];

	for (size_t i = 0; i < class->n_options; i++)
		buf_printf(&known, "%s, ", class->options[i].key);
	for (size_t i = 0; i < n_port_common_options; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", port_common_options[i].key);
	snprintf(field, sizeof(field), "options.%s", key);
	status_set(st, STATUS_INVALID_ARGUMENT, field, "a %s port has no option '%s'; it has: %s",
		   class->type, key, buf_str(&known));
	buf_fini(&known);
	return -1;
}

int port_settings_check(const struct port_class *class, const struct port_setting *settings,
			size_t n, struct status *st)
{
	char field[64];

	for (size_t i = 0; i < n; i++) {
		if (!find_option(class, settings[i].key))
			return refuse_option(class, settings[i].key, st);
		if (find_setting(settings, i, settings[i].key)) {
			snprintf(field, sizeof(field), "options.%s", settings[i].key);
			return status_set(st, STATUS_INVALID_ARGUMENT, field,
					  "option '%s' is given twice", settings[i].key);
		}
	}
	for (size_t i = 0; i < class->n_options; i++) {
		const struct port_option *o = &class->options[i];

		if (!o->is_required || find_setting(settings, n, o->key))
			continue;
		snprintf(field, sizeof(field), "options.%s", o->key);
		return status_set(st, STATUS_INVALID_ARGUMENT, field,
				  "a %s port needs option '%s': %s", class->type, o->key, o->help);
	}
	return 0;
}

const char *port_option_text(const struct port *port, const char *key)
{
	const struct port_option *o = find_option(port->class, key);
	const char *v = find_setting(port->private->settings, port->private->n_settings, key);

	return v ? v : o ? o->initial : NULL;
}

static int refuse_value(const char *key, const char *value, const char *wanted, struct status *st)
{
	char field[64];

	snprintf(field, sizeof(field), "options.%s", key);
	return status_set(st, STATUS_INVALID_ARGUMENT, field, "%s=%.64s: give %s", key, value,
			  wanted);
}

int port_option_number(const struct port *port, const char *key, long long min, long long max,
		       long long *value, struct status *st)
{
	const char *text = port_option_text(port, key);
	char *end, wanted[64];

	if (!text)
		text = "";
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (!errno && end != text && !*end && *value >= min && *value <= max)
		return 0;
	snprintf(wanted, sizeof(wanted), "a number from %lld to %lld", min, max);
	return refuse_value(key, text, wanted, st);
}

int port_option_flag(const struct port *port, const char *key, bool *value, struct status *st)
{
	static const char *const words[2][4] = {
		{ "false", "no", "off", "0" },
		{ "true", "yes", "on", "1" },
	};
	const char *text = port_option_text(port, key);

	for (unsigned i = 0; text && i < 8; i++) {
		if (strcmp(text, words[i / 4][i % 4]) == 0) {
			*value = i / 4;
			return 0;
		}
	}
	return refuse_value(key, text ? text : "", "true or false", st);
}

int port_option_mac(const struct port *port, const char *key, uint8_t mac[6], bool *given,
		    struct status *st)
{
	const char *text = port_option_text(port, key);
	struct rte_ether_addr a;
	int end = 0;

	*given = text != NULL;
	if (!text)
		return 0;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &a.addr_bytes[0],
		   &a.addr_bytes[1], &a.addr_bytes[2], &a.addr_bytes[3], &a.addr_bytes[4],
		   &a.addr_bytes[5], &end) != 6 ||
	    text[end] || !rte_is_valid_assigned_ether_addr(&a))
		return refuse_value(key, text, "a unicast MAC address like 02:00:00:00:00:01", st);
	memcpy(mac, &a, 6);
	return 0;
}
