#ifndef TESTS_BENCH_BENCH_TABLES_H
#define TESTS_BENCH_BENCH_TABLES_H

/* What benchmarks of the walk have in common: rules from text, and the packets that meet them. */

#include <stdarg.h>
#include "lib/buf.h"

struct tables;

#define BENCH_FRAME 64 /* bytes of a packet */

/* A flow of ovs-ofctl's syntax, printed from FMT, is added to T; ends the program if it is refused.
 */
void bench_add_rule(struct tables *t, const char *fmt, va_list args);

/* A UDP packet of BENCH_FRAME bytes; MACs are 0a:00:00:00:hh:ll, the rest is in host order. */
struct udp_flow {
	unsigned smac, dmac;
	uint32_t src, dst;
	uint16_t sport, dport;
};
void bench_compose_udp(const struct udp_flow *f, struct buf *out);

/* Text of an IPv4 address in host order; valid for three more calls. */
const char *ip_text(uint32_t addr);

#endif
