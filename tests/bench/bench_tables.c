/* Rules and packets for benchmarks of the walk (bench_tables.h). */

#include "tests/bench/bench_tables.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/compose.h"
#include "dataplane/table/tables.h"

#define HEADERS 42 /* bytes of Ethernet, IPv4 and UDP */

void bench_add_rule(struct tables *t, const char *fmt, va_list args)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0 ||
	    tables_flow_mod(t, &fm, 0, &err) < 0) {
		fprintf(stderr, "%s: %s\n", text, st.message);
		exit(1);
	}
	arena_clear(&a);
}

void bench_compose_udp(const struct udp_flow *f, struct buf *out)
{
	struct flow_key key = { .ip_proto = IPPROTO_UDP, .ip_ttl = 64 };

	key.eth_dst[0] = key.eth_src[0] = 0x0a;
	store_be16(key.eth_dst + 4, f->dmac);
	store_be16(key.eth_src + 4, f->smac);
	store_be16(&key.eth_type, 0x0800);
	store_be32(&key.ipv4_src, f->src);
	store_be32(&key.ipv4_dst, f->dst);
	store_be16(&key.tp_src, f->sport);
	store_be16(&key.tp_dst, f->dport);
	packet_compose(&key, BENCH_FRAME - HEADERS, out);
}

const char *ip_text(uint32_t addr)
{
	static char texts[4][16];
	static unsigned next;
	char *text = texts[next++ % 4];

	snprintf(text, sizeof(texts[0]), "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255,
		 addr >> 8 & 255, addr & 255);
	return text;
}
