/* fuzz: component=dataplane */

/* Any bytes as a packet, in one segment or two, with or without a checksum pending, through
 * tables that do everything to every protocol.  What comes out must parse within its bounds,
 * and no packet may be lost. */

#include <stdlib.h>
#include <rte_mbuf.h>
#include <openflow/openflow-common.h>
#include "dataplane/packet/heap_packet.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/table/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const flows[] = {
	"table=0,priority=9,vlan_tci=0x1000/0x1000,actions=output:2,set_field:4099->vlan_vid,"
	"set_field:5->vlan_pcp,output:2,pop_vlan,resubmit(,1),goto_table:2",
	"table=0,actions=write_actions(push_vlan:0x8100,output:3),resubmit(,1),goto_table:2",
	"table=1,arp,actions=set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
	"move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],set_field:10.0.0.1->arp_spa,IN_PORT",
	"table=1,ip,actions=set_field:10.0.0.1->ip_dst,set_field:10.0.0.2->ip_src,"
	"set_field:9->ip_dscp,load:1->NXM_NX_IP_ECN[],load:9->NXM_NX_IP_TTL[],ALL",
	"table=1,ipv6,actions=set_field:fd00::1->ipv6_src,set_field:fd00::2->ipv6_dst,"
	"set_field:0x12345->ipv6_label,set_field:9->ip_dscp,load:9->NXM_NX_IP_TTL[],FLOOD",
	"table=2,tcp,actions=set_field:1->tcp_src,set_field:2->tcp_dst,output:2,resubmit(,3)",
	"table=2,tcp6,actions=set_field:1->tcp_src,set_field:2->tcp_dst,output:2",
	"table=2,udp,actions=set_field:1->udp_src,set_field:2->udp_dst,output:2",
	"table=2,udp6,actions=set_field:1->udp_src,set_field:2->udp_dst,output:2",
	"table=2,sctp,actions=set_field:1->sctp_src,set_field:2->sctp_dst,output:2",
	"table=2,sctp6,actions=set_field:1->sctp_src,set_field:2->sctp_dst,output:2",
	"table=2,icmp,actions=set_field:0->icmp_type,set_field:1->icmp_code,CONTROLLER",
	"table=2,priority=9,icmp6,icmp_type=135,icmp_code=0,actions=set_field:7->nd_reserved,"
	"set_field:fd00::9->nd_target,set_field:00:00:00:00:00:09->nd_sll,"
	"set_field:2->nd_options_type,set_field:136->icmpv6_type,goto_table:4",
	"table=4,icmp6,icmp_type=136,icmp_code=0,actions=set_field:00:00:00:00:00:08->nd_tll,"
	"set_field:1->icmpv6_code,IN_PORT",
	"table=2,icmp6,actions=set_field:135->icmpv6_type,output:2",
	"table=2,priority=1,actions=push_vlan:0x88a8,push_vlan:0x8100,"
	"move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],output:2",
	"table=2,mpls,actions=dec_mpls_ttl,copy_ttl_in,copy_ttl_out,output:2,push_mpls:0x8848,"
	"set_field:7->mpls_label,set_field:5->mpls_tc,pop_mpls:0x8847,output:3,pop_mpls:0x0800,"
	"dec_ttl,goto_table:5",
	"table=2,mplsm,actions=set_mpls_ttl(9),push_pbb:0x88e7,set_field:0x123456->pbb_isid,"
	"push_vlan:0x88a8,output:2,pop_vlan,output:3",
	"table=2,dl_type=0x88e7,actions=set_field:7->pbb_isid,output:2,pop_pbb,goto_table:5",
	"table=5,ipv6,ipv6_exthdr=0x40/0x40,actions=dec_ttl,push_mpls:0x8847,ALL",
	"table=5,priority=1,actions=write_actions(output:2,push_mpls:0x8847,"
	"set_mpls_ttl(3),dec_mpls_ttl,copy_ttl_out,push_pbb:0x88e7,push_vlan:0x88a8)",
	"table=3,actions=load:0x7->NXM_NX_REG15[3..9],set_field:3->metadata,output:1",
};

static struct tables *tables;
static struct pipeline *pipeline;
static struct pipeline_thread *thread;

static void add(const char *text)
{
	struct arena a = ARENA_INIT;
	struct status st = STATUS_INIT;
	struct of_flow_mod fm;
	struct of_error err;

	if (of_flow_mod_parse(text, OFPFC_ADD, &a, &fm, &st) < 0 ||
	    tables_flow_mod(tables, &fm, 0, &err) < 0)
		abort();
	arena_clear(&a);
}

static void start(void)
{
	static const struct pipeline_port ports[] = { { .number = 1 },
						      { .number = 2 },
						      { .number = 3 } };

	tables = tables_create(NULL);
	for (unsigned i = 0; i < ARRAY_LENGTH(flows); i++)
		add(flows[i]);
	pipeline = pipeline_compile(tables, ports, ARRAY_LENGTH(ports), NULL);
	thread = pipeline_thread_create(tables, &heap_packet_ops);
}

static struct rte_mbuf *make(const uint8_t *data, size_t size, size_t first)
{
	struct rte_mbuf *m = heap_packet_create(data, MIN_OF(first, size));

	if (size > first) {
		m->next = heap_packet_create(data + first, size - first);
		m->next->pkt_len = 0;
		m->nb_segs = 2;
		m->pkt_len = size;
	}
	return m;
}

static void take(struct rte_mbuf *m)
{
	struct packet_layout layout;
	struct flow_key key = { 0 };
	size_t total = 0;

	for (const struct rte_mbuf *seg = m; seg; seg = seg->next)
		total += seg->data_len;
	if (total != m->pkt_len)
		abort();
	packet_parse(m, &key, &layout);
	if (layout.l3 > m->data_len || layout.l4 > m->data_len)
		abort();
	heap_packet_destroy(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t pending[] = { 0, 0, RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4,
					    RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM };
	const struct pipeline_result *res;
	struct rte_mbuf *m;

	if (size < 2 || size > 4096)
		return 0;
	if (!tables)
		start();
	m = make(data + 2, size - 2, data[0] ? data[0] : SIZE_MAX);
	m->ol_flags = pending[data[1] & 3];
	m->l2_len = m->ol_flags ? 14 : 0;
	res = pipeline_run(pipeline, thread, &m, 1, 1 + (data[1] >> 2 & 3), 0);
	for (unsigned i = 0; i < res->n_out; i++)
		take(res->pkts[i]);
	for (unsigned i = 0; i < res->n_punts; i++)
		take(res->punts[i].pkt);
	if (data[1] & 0x80)
		pipeline_trace(pipeline, data + 2, size - 2, 1, 0, NULL, NULL);
	return 0;
}
