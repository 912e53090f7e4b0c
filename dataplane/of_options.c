#include "dataplane/of_options.h"

#include "proto/openflow/numbers.h"

static uint32_t version_bit(const char *word, size_t size)
{
	static const char *const names[] = { "1.3", "1.4", "1.5" };

	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
		if (size == strlen(names[i]) && !strncmp(word, names[i], size))
			return 1u << (OF_VERSION_1_3 + i);
	}
	return 0;
}

uint32_t of_options_versions(const char *text, struct status *st)
{
	uint32_t versions = 0;

	for (const char *word = text;; word++) {
		size_t size = strcspn(word, ",");
		uint32_t bit = version_bit(word, size);

		if (!bit) {
			status_set(
				st, STATUS_INVALID_ARGUMENT, "of-versions",
				"of-versions '%.40s': give 1.3, 1.4, 1.5 or several of them with "
				"commas between",
				text);
			return 0;
		}
		versions |= bit;
		word += size;
		if (!*word)
			return versions;
	}
}

struct throttle_config of_options_throttle(const struct conf *conf)
{
	uint32_t total_rate = conf_number(conf, "packet-in-total-rate");

	return (struct throttle_config){
		.rate = conf_number(conf, "packet-in-rate"),
		.burst = conf_number(conf, "packet-in-burst"),
		.total_rate = total_rate,
		.total_burst = total_rate / 4, /* a quarter of a second's */
	};
}

int of_options_budget(const struct conf *conf, struct tables *tables, struct status *st)
{
	const char *policy = conf_text(conf, "over-budget");
	bool refuses = strcmp(policy, "refuse") == 0;

	if (!refuses && strcmp(policy, "warn") != 0)
		return status_set(st, STATUS_INVALID_ARGUMENT, "over-budget",
				  "over-budget '%.40s': give warn or refuse", policy);
	tables_set_budget(tables, conf_number(conf, "cycle-budget"), refuses);
	return 0;
}
