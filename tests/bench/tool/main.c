/* weft-bench: what a machine and its switch can do.  Chooses the mode.
 *
 * EAL ends with the process: rte_eal_cleanup() of DPDK 22.11 unmaps memory that its interrupt
 * thread may be reading while a device that was just closed goes. */

#include <stdio.h>
#include "tests/bench/tool/modes.h"

struct mode {
	const char *name, *help;
	int (*run)(int argc, char **argv, struct status *st);
};

static const struct mode modes[] = {
	{ "switch", "measure weft-dataplane alone, packets made and counted in its process",
	  mode_switch },
	{ "generate", "send packets through ports and count what comes back", mode_generate },
	{ "rfc2544", "throughput, latency and frame loss as RFC 2544 measures them", mode_rfc2544 },
	{ "reflect", "send back what comes, for a generator at the far end", mode_reflect },
};

static void help(void)
{
	printf("weft-bench: measure what a machine and its switch can do.\n\n"
	       "Usage: weft-bench MODE [OPTION]...\n\n");
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++)
		printf("  %-10s %s\n", modes[i].name, modes[i].help);
	printf("\n`weft-bench MODE --help` lists a mode's options; without MODE it is switch.\n"
	       "weft-bench(1) has examples.\n");
}

static const struct mode *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct mode *mode = &modes[0];
	struct status st = STATUS_INIT;
	char name[64];
	int rc;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		help();
		return 0;
	}
	if (argc > 1 && argv[1][0] != '-') {
		mode = find(argv[1]);
		if (!mode) {
			fprintf(stderr,
				"weft-bench: '%s' is no mode: give switch, generate, rfc2544 or "
				"reflect\n",
				argv[1]);
			return 1;
		}
		argc--;
		argv++;
	}
	snprintf(name, sizeof(name), "weft-bench %s", mode->name);
	argv[0] = name;
	rc = mode->run(argc, argv, &st);
	if (rc == 0 && status_ok(&st))
		return 0;
	fprintf(stderr, "weft-bench: %s\n", st.message);
	return 1;
}
