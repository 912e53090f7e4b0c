#ifndef TESTS_BENCH_BENCH_SWITCH_H
#define TESTS_BENCH_BENCH_SWITCH_H

/* A weft-dataplane of our own, for benchmarks: started in a private folder, told its ports over
 * the management socket and its rules over OpenFlow, ended with us.  Blocking. */

#include "api/cli/ctl_client.h"
#include "lib/status.h"

struct bench_switch;

/* The program lies beside ours.  EAL and WORKERS are its options, NULL for none.  NULL with ST. */
struct bench_switch *bench_switch_start(const char *eal, const char *workers, struct status *st);
void bench_switch_stop(struct bench_switch *s); /* NULL is allowed */

/* The switch's process, and the Unix socket on which it takes OpenFlow connections. */
int bench_switch_pid(const struct bench_switch *s);
const char *bench_switch_openflow(const struct bench_switch *s);
/* As ctl_client_call(). */
Weft__Switch__V1__Reply *bench_switch_call(struct bench_switch *s,
					   const Weft__Switch__V1__Request *request,
					   struct status *st);
/* SPEC is "TYPE" or "TYPE:KEY=VALUE,KEY=VALUE".  0, or -1 with ST. */
int bench_switch_add_port(struct bench_switch *s, const char *name, const char *spec,
			  uint32_t number, struct status *st);
int bench_switch_del_port(struct bench_switch *s, const char *name, struct status *st);
/* Flows in ovs-ofctl's syntax, each acknowledged by a barrier. */
int bench_switch_add_flow(struct bench_switch *s, const char *flow, struct status *st);

#endif
