/* DPDK's environment.  Our own arguments are chosen so that it keeps away from what is not ours:
 * no files in /run, no PCI device that nobody asked for, no pinning of the control thread. */

#include "dataplane/worker/eal.h"

#include <ctype.h>
#include <dirent.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "dataplane/worker/hush.h"
#include "lib/buf.h"
#include "lib/log.h"

enum { MAX_ARGS = 128, DEFAULT_MEMORY_MB = 160 };

static bool has_huge_pages;

/* EAL keeps pointers into them, so they live as long as it does. */
struct args {
	int n;
	char *list[MAX_ARGS + 1];
};

static struct args args;

static void add(struct args *a, char *word)
{
	if (a->n < MAX_ARGS)
		a->list[a->n++] = word;
	else
		free(word);
}

/* One word of TEXT, as a shell splits: blanks part, quotes and backslashes keep.  Returns where
 * the rest begins, or NULL if a quote is not closed. */
static const char *take_word(const char *text, struct buf *word)
{
	char quote = 0;

	for (; *text && (quote || !isspace((unsigned char)*text)); text++) {
		if (quote ? *text == quote : *text == '"' || *text == '\'') {
			quote = quote ? 0 : *text;
			continue;
		}
		if (*text == '\\' && quote != '\'' && text[1])
			text++;
		buf_add(word, text, 1);
	}
	return quote ? NULL : text;
}

static int split(struct args *a, const char *text, struct status *st)
{
	if (!text)
		return 0;
	while (text && *text) {
		struct buf word = BUF_INIT;

		if (isspace((unsigned char)*text)) {
			text++;
			continue;
		}
		text = take_word(text, &word);
		if (text)
			add(a, buf_steal(&word));
		else
			buf_fini(&word);
	}
	return text ? 0
		    : status_set(st, STATUS_INVALID_ARGUMENT, "eal",
				 "a quote in the EAL arguments is not closed");
}

/* Did the user give one of NAMES (NULL-terminated), as "-l", "-l0", "--lcores=..."? */
static bool is_given(const struct args *a, const char *const *names)
{
	for (int i = 0; i < a->n; i++) {
		for (const char *const *name = names; *name; name++) {
			size_t n = strlen(*name);

			if (strncmp(a->list[i], *name, n) == 0 &&
			    (!a->list[i][n] || a->list[i][n] == '=' || n == 2))
				return true;
		}
	}
	return false;
}

#define IS_GIVEN(A, ...) is_given(A, (const char *const[]){ __VA_ARGS__, NULL })

/* Bytes in free huge pages of all sizes. */
static uint64_t free_huge_bytes(void)
{
	static const char dir_path[] = "/sys/kernel/mm/hugepages";
	DIR *dir = opendir(dir_path);
	struct dirent *entry;
	uint64_t sum = 0;

	while (dir && (entry = readdir(dir))) {
		unsigned long long kb, n = 0;
		char path[512];
		FILE *f;

		if (sscanf(entry->d_name, "hugepages-%llukB", &kb) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", dir_path, entry->d_name);
		f = fopen(path, "r");
		if (f && fscanf(f, "%llu", &n) == 1)
			sum += n * kb * 1024;
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return sum;
}

/* One lcore that floats over the CPUs we were given: workers bind themselves. */
static char *lcores_arg(void)
{
	struct buf b = BUF_INIT;
	cpu_set_t set;
	bool first = true;

	sched_getaffinity(0, sizeof(set), &set);
	buf_puts(&b, "--lcores=0@(");
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		buf_printf(&b, "%s%d", first ? "" : ",", cpu);
		first = false;
	}
	buf_puts(&b, ")");
	buf_str(&b);
	return buf_steal(&b);
}

static void add_ours(struct args *a, const struct args *users, unsigned memory_mb)
{
	bool no_huge = IS_GIVEN(users, "--no-huge");

	if (!no_huge && free_huge_bytes() < memory_mb * 1024ull * 1024) {
		add(a, xstrdup("--no-huge"));
		no_huge = true;
	}
	has_huge_pages = !no_huge;
	if (!no_huge && !IS_GIVEN(users, "--in-memory", "--huge-dir", "--file-prefix"))
		add(a, xstrdup("--in-memory"));
	if (no_huge && !IS_GIVEN(users, "-m", "--socket-mem"))
		add(a, xasprintf("-m%u", memory_mb));
	if (!IS_GIVEN(users, "--no-shconf") && no_huge)
		add(a, xstrdup("--no-shconf"));
	if (!IS_GIVEN(users, "--no-telemetry", "--telemetry"))
		add(a, xstrdup("--no-telemetry"));
	if (!IS_GIVEN(users, "-l", "-c", "--lcores", "-s", "-S"))
		add(a, lcores_arg());
	/* an allowed device that cannot be: none is touched until a port names it */
	if (!IS_GIVEN(users, "-a", "--allow", "-b", "--block", "--no-pci"))
		add(a, xstrdup(access("/sys/bus/pci/devices", R_OK) == 0 ? "-a0000:00:00.0"
									 : "--no-pci"));
	if (!IS_GIVEN(users, "--log-level"))
		add(a, xstrdup("--log-level=error"));
}

int eal_start(const struct eal_config *config, struct status *st)
{
	unsigned memory_mb = config->memory_mb ? config->memory_mb : DEFAULT_MEMORY_MB;
	struct args users = { .n = 0 }, given;
	struct hush hush;
	char why[256];
	int rc;

	if (split(&users, config->args, st) < 0)
		return -1;
	add(&args, xstrdup(config->program));
	add_ours(&args, &users, memory_mb);
	for (int i = 0; i < users.n; i++)
		add(&args, users.list[i]);
	given = args; /* EAL moves the pointers about */
	hush_begin(&hush);
	rc = rte_eal_init(given.n, given.list);
	hush_end(&hush, rc >= 0, why, sizeof(why));
	if (rc < 0)
		return status_set(st, STATUS_FAILED_PRECONDITION, "eal",
				  "DPDK did not start: %s (%s); --memory MB and --eal \"ARGS\" "
				  "change what it is given",
				  why, rte_strerror(rte_errno));
	return 0;
}

void eal_stop(void)
{
	rte_eal_cleanup();
}

bool eal_has_huge_pages(void)
{
	return has_huge_pages;
}
