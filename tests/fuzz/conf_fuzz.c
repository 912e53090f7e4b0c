/* fuzz: component=lib */

/* A configuration file of any bytes: an error or values within their ranges. */

#include <stdlib.h>

#include "lib/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct conf_option options[] = {
	{ .key = "listen", .value = "ADDRESS", .initial = "a", .is_list = true, .help = "" },
	{ .key = "workers", .value = "N", .initial = "1", .min = 1, .max = 64, .help = "" },
	{ .key = "verbose", .help = "" },
	{ 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct status st = STATUS_INIT;
	struct conf *c = conf_parse_text((const char *)data, size, "fuzz", options, &st);

	if (!c != !status_ok(&st))
		abort();
	if (c && (conf_number(c, "workers") < 1 || conf_number(c, "workers") > 64))
		abort();
	if (c && conf_at(c, "listen", conf_count(c, "listen") - 1) == NULL)
		abort();
	conf_destroy(c);
	return 0;
}
