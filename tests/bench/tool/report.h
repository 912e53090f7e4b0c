#ifndef TESTS_BENCH_TOOL_REPORT_H
#define TESTS_BENCH_TOOL_REPORT_H

/* Results for people and for programs. */

#include <jansson.h>
#include "tests/bench/tool/trial.h"

/* "1.23 M", "45.6 k", "789": three digits and a unit's prefix, to TEXT. */
void report_number(double v, char *text, size_t size);

/* To standard output. */
void report_direction(const struct direction_result *r);
/* Members of a new object, which the caller owns. */
json_t *report_direction_json(const struct direction_result *r);
json_t *report_latency_json(const struct histogram *h);
/* What was asked for: ports, flows, sizes ... */
json_t *report_config_json(const struct traffic_config *c);
/* {"tool", "version", "mode"}: what every result begins with. */
json_t *report_head_json(const char *mode);
/* Print, and give up ownership. */
void report_json_print(json_t *root);

/* "p50 12.3  p90 ... us" of cycles, to TEXT. */
void report_latency_text(const struct histogram *h, char *text, size_t size);
double cycles_to_us(double cycles);

#endif
