/* Runs a fuzz target without a fuzzer: every file of its corpus as it is, cut short at each
 * length, and with single bytes changed.  So `make check` sees that old findings stay fixed, and
 * that no parser trusts a length, with any compiler.
 *
 *	X_replay FOLDER...
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "lib/rng.h"
#include "lib/util.h"

#define MAX_CUTS  2048
#define N_CHANGES 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

/* A copy of exactly SIZE bytes, so that the address sanitizer sees a read beyond them. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = xmalloc(size ? size : 1);

	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void run_variants(uint8_t *data, size_t size, struct rng *rng)
{
	run(data, size);
	for (size_t cut = 0; cut < MIN_OF(size, MAX_CUTS); cut++)
		run(data, cut);
	for (unsigned i = 0; size && i < N_CHANGES; i++) {
		size_t at = rng_below(rng, size);
		uint8_t old = data[at];

		data[at] = i & 1 ? 0xff : (uint8_t)rng_u64(rng);
		run(data, size);
		data[at] = old;
	}
}

static bool run_file(const char *path, struct rng *rng)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (!f || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode)) {
		if (f)
			fclose(f);
		return false;
	}
	data = xmalloc(st.st_size + 1);
	size = fread(data, 1, st.st_size, f);
	fclose(f);
	run_variants(data, size, rng);
	free(data);
	return true;
}

int main(int argc, char **argv)
{
	unsigned n_files = 0;
	struct rng rng;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	rng_seed(&rng, 1);
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		for (struct dirent *e; dir && (e = readdir(dir));) {
			char *path = xasprintf("%s/%s", argv[i], e->d_name);

			n_files += run_file(path, &rng);
			free(path);
		}
		if (dir)
			closedir(dir);
	}
	printf("%u files of the corpus replayed\n", n_files);
	if (n_files == 0)
		fprintf(stderr, "no corpus: put inputs into %s\n", argc > 1 ? argv[1] : "a folder");
	return n_files == 0;
}
