#include "dataplane/conntrack_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/ctl/conntrack_policy.h"

/* "tcp-established=3600" */
static int set_timeout(struct ct_policy *p, const char *text, struct status *st)
{
	const char *equals = strchr(text, '=');
	unsigned long long seconds;
	char *name, *end;
	int rc;

	if (!equals)
		return status_set(st, STATUS_INVALID_ARGUMENT, "connection-timeout",
				  "connection-timeout '%.40s': give STATE=SECONDS, like "
				  "tcp-established=3600",
				  text);
	errno = 0;
	seconds = strtoull(equals + 1, &end, 10);
	if (equals[1] < '0' || equals[1] > '9' || *end || errno)
		seconds = 0; /* out of range */
	name = xstrdup(text);
	name[equals - text] = '\0';
	rc = conntrack_policy_set_timeout(p, name, seconds, "connection-timeout", st);
	free(name);
	return rc;
}

static int set_policy(struct ct_policy *p, const struct conf *conf, struct status *st)
{
	for (size_t i = 0; i < conf_count(conf, "connection-timeout"); i++) {
		if (set_timeout(p, conf_at(conf, "connection-timeout", i), st) < 0)
			return -1;
	}
	conntrack_policy_set_strict(p, conf_flag(conf, "tcp-strict"));
	conntrack_policy_set_liberal(p, conf_flag(conf, "tcp-liberal"));
	return 0;
}

struct conntrack *conntrack_options_create(const struct conf *conf, void (*wake)(void *wake_arg),
					   void *wake_arg, struct status *st)
{
	struct conntrack_config config = {
		.max_connections = conf_number(conf, "max-connections"),
		.wake = wake,
		.wake_arg = wake_arg,
	};
	struct conntrack *ct;

	if (getrandom(&config.seed, sizeof(config.seed), 0) != sizeof(config.seed)) {
		status_set(st, STATUS_INTERNAL, NULL,
			   "cannot get random numbers from the system: %s", strerror(errno));
		return NULL;
	}
	ct = conntrack_create(&config);
	if (!ct) {
		status_set(st, STATUS_RESOURCE_EXHAUSTED, "max-connections",
			   "max-connections: not enough memory to track %u connections; give fewer",
			   config.max_connections);
		return NULL;
	}
	conntrack_set_default_limit(ct, conf_number(conf, "connections-per-zone"));
	if (set_policy(conntrack_policy(ct), conf, st) == 0)
		return ct;
	conntrack_destroy(ct);
	return NULL;
}
