#ifndef TESTS_BENCH_TOOL_MODES_H
#define TESTS_BENCH_TOOL_MODES_H

/* What weft-bench does by its first word.  Each parses its own options: ARGV[0] is what --help
 * calls the program.  0, or -1 with ST filled. */

#include "lib/status.h"

int mode_switch(int argc, char **argv, struct status *st);
int mode_generate(int argc, char **argv, struct status *st);
int mode_rfc2544(int argc, char **argv, struct status *st);
int mode_reflect(int argc, char **argv, struct status *st);

#endif
