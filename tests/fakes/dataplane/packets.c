/* Samples of packets, and random keys (packets.h). */

#include "tests/fakes/dataplane/packets.h"

#include <stdlib.h>
#include <netinet/in.h>
#include <openflow/openflow-1.2.h>

const struct packet_sample packet_samples[] = {
	{
		.name = "tcp4",
		.hex = "0200000000020200000000010800452e0028123400003f064e610a0102030a04"
		       "050604d200500000000100000002501203e88bb80000",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "ip_proto", "06" },
			{ "tcp_src", "04d2" },
			{ "tcp_dst", "0050" },
			{ "tcp_flags", "0012" },
			{ "ip_frag", "00" },
			{ "vlan_vid", "0000" },
			{ "eth_dst", "020000000002" },
			{ "eth_src", "020000000001" },
		},
	},
	{
		.name = "udp4",
		.hex = "0200000000020200000000010800452e0021123400003f114e5d0a0102030a04"
		       "05060fa00035000d911f68656c6c6f",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "udp_src", "0fa0" },
			{ "udp_dst", "0035" },
			{ "ip_proto", "11" },
		},
	},
	{
		.name = "udp4 with IPv4 options",
		.hex = "0200000000020200000000010800472e0029123400003f11414e0a0102030a04"
		       "050607070400000000000fa00035000d911f68656c6c6f",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "udp_src", "0fa0" },
		},
	},
	{
		.name = "sctp4",
		.hex = "0200000000020200000000010800452e0020123400003f844deb0a0102030a04"
		       "050613880f1c0000000700000000",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "sctp_src", "1388" },
			{ "sctp_dst", "0f1c" },
		},
	},
	{
		.name = "icmp4",
		.hex = "0200000000020200000000010800452e001c123400003f014e720a0102030a04"
		       "05060800f7fc00010002",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "icmp_type", "08" },
			{ "icmp_code", "00" },
		},
	},
	{
		.name = "unknown protocol",
		.hex = "0200000000020200000000010800452e0018123400003f2f4e480a0102030a04"
		       "050600000800",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "ip_proto", "2f" },
			{ "tcp_src", "0000" },
		},
	},
	{
		.name = "first fragment",
		.hex = "0200000000020200000000010800452e002c123420003f112e520a0102030a04"
		       "05060fa000350018000078787878787878787878787878787878",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "ip_frag", "01" },
			{ "udp_dst", "0035" },
		},
	},
	{
		.name = "later fragment",
		.hex = "0200000000020200000000010800452e002c123400033f114e4f0a0102030a04"
		       "0506797979797979797979797979797979797979797979797979",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "ip_frag", "03" },
			{ "udp_dst", "0000" },
			{ "ip_proto", "11" },
		},
	},
	{
		.name = "vlan",
		.hex = "0200000000020200000000018100a0640800452e0028123400003f064e610a01"
		       "02030a04050604d200500000000100000002501203e88bb80000",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "vlan_vid", "1064" },
			{ "vlan_pcp", "05" },
			{ "tcp_dst", "0050" },
		},
	},
	{
		.name = "two tags",
		.hex = "02000000000202000000000188a820058100a0640800452e0028123400003f06"
		       "4e610a0102030a04050604d200500000000100000002501203e88bb80000",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "vlan_vid", "1005" },
			{ "vlan_pcp", "01" },
			{ "tcp_dst", "0050" },
		},
	},
	{
		.name = "priority tag",
		.hex = "0200000000020200000000018100e0000800452e0028123400003f064e610a01"
		       "02030a04050604d200500000000100000002501203e88bb80000",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0800" },
			{ "ip_src", "0a010203" },
			{ "ip_dst", "0a040506" },
			{ "ip_dscp", "0b" },
			{ "ip_ecn", "02" },
			{ "nw_ttl", "3f" },
			{ "vlan_vid", "1000" },
			{ "vlan_pcp", "07" },
		},
	},
	{
		.name = "arp",
		.hex = "020000000002020000000001080600010800060400010200000000010a010203"
		       "0000000000000a040506",
		.is_ip = true,
		.fields = {
			{ "eth_type", "0806" },
			{ "arp_op", "0001" },
			{ "arp_spa", "0a010203" },
			{ "arp_tpa", "0a040506" },
			{ "arp_sha", "020000000001" },
			{ "arp_tha", "000000000000" },
		},
	},
	{
		.name = "arp with a large op",
		.hex = "020000000002020000000001080600010800060401010200000000010a010203"
		       "0000000000000a040506",
		.is_ip = true,
		.fields = {
			{ "arp_op", "0000" },
			{ "arp_spa", "0a010203" },
		},
	},
	{
		.name = "arp of other hardware",
		.hex = "020000000002020000000001080600060800060400010200000000010a010203"
		       "0000000000000a040506",
		.fields = {
			{ "arp_op", "0000" },
			{ "arp_spa", "00000000" },
		},
	},
	{
		.name = "tcp6",
		.hex = "02000000000202000000000186dd6b8abcde00140640fd000000000000000000"
		       "000000000001fd00000000000000000000000000000204d20050000000010000"
		       "0002501203e8acc10000",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "tcp_src", "04d2" },
			{ "tcp_dst", "0050" },
			{ "tcp_flags", "0012" },
		},
	},
	{
		.name = "udp6 behind extension headers",
		.hex = "02000000000202000000000186dd6b8abcde002b0040fd000000000000000000"
		       "000000000001fd0000000000000000000000000000023c000104000000002b01"
		       "000000000000000000000000000011000000000000000fa00035000b319c6162"
		       "63",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "ip_proto", "11" },
			{ "udp_dst", "0035" },
		},
	},
	{
		.name = "icmp6 echo",
		.hex = "02000000000202000000000186dd6b8abcde00083a40fd000000000000000000"
		       "000000000001fd000000000000000000000000000002800085b600010001",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "icmpv6_type", "80" },
			{ "icmpv6_code", "00" },
			{ "nd_target", "00000000000000000000000000000000" },
		},
	},
	{
		.name = "ns",
		.hex = "02000000000202000000000186dd6b8abcde00203a40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000287007e9b00000000fd00"
		       "00000000000000000000000000020101020000000001",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "icmpv6_type", "87" },
			{ "nd_target", "fd000000000000000000000000000002" },
			{ "nd_sll", "020000000001" },
			{ "nd_options_type", "01" },
			{ "nd_reserved", "00000000" },
		},
	},
	{
		.name = "ns without option",
		.hex = "02000000000202000000000186dd6b8abcde00183a40fd000000000000000000"
		       "000000000001fd000000000000000000000000000002870081a500000000fd00"
		       "0000000000000000000000000002",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "nd_target", "fd000000000000000000000000000002" },
			{ "nd_sll", "000000000000" },
			{ "nd_options_type", "00" },
		},
	},
	{
		.name = "na",
		.hex = "02000000000202000000000186dd6b8abcde00203a40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000288001c9a60000000fd00"
		       "00000000000000000000000000020201020000000002",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "icmpv6_type", "88" },
			{ "nd_target", "fd000000000000000000000000000002" },
			{ "nd_tll", "020000000002" },
			{ "nd_options_type", "02" },
			{ "nd_reserved", "60000000" },
		},
	},
	{
		.name = "ns with a nonce before",
		.hex = "02000000000202000000000186dd6b8abcde00283a40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000287002e9e00000000fd00"
		       "00000000000000000000000000020e016e6f6e6365210101020000000001",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "nd_sll", "020000000001" },
			{ "nd_options_type", "01" },
		},
	},
	{
		.name = "ns with two source options",
		.hex = "02000000000202000000000186dd6b8abcde00283a40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000287007b9100000000fd00"
		       "000000000000000000000000000201010200000000010101020000000001",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "icmpv6_type", "87" },
			{ "nd_target", "00000000000000000000000000000000" },
			{ "nd_sll", "000000000000" },
			{ "nd_options_type", "00" },
		},
	},
	{
		.name = "ipv6 first fragment",
		.hex = "02000000000202000000000186dd6b8abcde00182c40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000211000001000000090fa0"
		       "0035001000007878787878787878",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "ip_frag", "01" },
			{ "ip_proto", "11" },
			{ "udp_dst", "0035" },
		},
	},
	{
		.name = "ipv6 later fragment",
		.hex = "02000000000202000000000186dd6b8abcde00182c40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000211000010000000097878"
		       "7878787878787878787878787878",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "ip_frag", "03" },
			{ "ip_proto", "2c" },
			{ "udp_dst", "0000" },
		},
	},
	{
		.name = "ipv6 atomic fragment",
		.hex = "02000000000202000000000186dd6b8abcde00182c40fd000000000000000000"
		       "000000000001fd00000000000000000000000000000211000000000000090fa0"
		       "0035001014137878787878787878",
		.is_ip = true,
		.fields = {
			{ "eth_type", "86dd" },
			{ "ipv6_src", "fd000000000000000000000000000001" },
			{ "ipv6_dst", "fd000000000000000000000000000002" },
			{ "ipv6_label", "000abcde" },
			{ "ip_dscp", "2e" },
			{ "nw_ttl", "40" },
			{ "ip_frag", "00" },
			{ "ip_proto", "11" },
			{ "udp_dst", "0035" },
		},
	},
	{
		.name = "llc",
		.hex = "0200000000020200000000010026424203000000000000000000000000000000"
		       "0000000000000000000000000000000000000000",
		.fields = {
			{ "eth_type", "05ff" },
		},
	},
	{
		.name = "snap",
		.hex = "020000000002020000000001001eaaaa030000000800452e001c123400003f11"
		       "4e620a0102030a0405060fa000350008d4fb",
		.fields = {
			{ "eth_type", "0800" },
			{ "udp_dst", "0035" },
		},
	},
	{
		.name = "two tags of an old provider bridge",
		.hex = "0200000000020200000000019100a0058100a0640800452e001c123400003f11"
		       "4e620a0102030a0405060fa000350008d4fb",
		.is_ip = true,
		.fields = {
			{ "vlan_vid", "1005" },
			{ "vlan_pcp", "05" },
			{ "eth_type", "0800" },
			{ "udp_dst", "0035" },
		},
	},
	{
		.name = "mpls",
		.hex = "020000000002020000000001884700011b40452e001c123400003f114e620a01"
		       "02030a0405060fa000350008d4fb",
		.fields = {
			{ "eth_type", "8847" },
			{ "mpls_label", "00000011" },
			{ "mpls_tc", "05" },
			{ "mpls_bos", "01" },
			{ "mpls_ttl", "40" },
			{ "ip_proto", "00" },
			{ "ip_src", "00000000" },
		},
	},
	{
		.name = "three labels under a tag",
		.hex = "020000000002020000000001810060058848ffffe00100012a0200011b03",
		.fields = {
			{ "eth_type", "8848" },
			{ "vlan_vid", "1005" },
			{ "mpls_label", "000ffffe" },
			{ "mpls_tc", "00" },
			{ "mpls_bos", "00" },
			{ "mpls_ttl", "01" },
		},
	},
	{
		.name = "pbb under the backbone's tag",
		.hex = "02aaaaaaaaaa02bbbbbbbbbb88a8000988e7a812345602000000000202000000"
		       "00010800452e001c123400003f114e620a0102030a0405060fa000350008d4fb",
		.fields = {
			{ "eth_type", "88e7" },
			{ "eth_dst", "02aaaaaaaaaa" },
			{ "vlan_vid", "1009" },
			{ "pbb_isid", "123456" },
			{ "pbb_uca", "01" },
			{ "ip_dst", "00000000" },
		},
	},
};
const unsigned n_packet_samples = ARRAY_LENGTH(packet_samples);

const struct damaged_sample damaged_samples[] = {
	{ "short-ethernet", "02000000000202000000000108" },
	{ "short-vlan", "020000000002020000000001810000" },
	{ "arp-truncated", "020000000002020000000001080600010800060400010200000000010a010203"
			   "0000000000000a0405" },
	{ "ipv4-truncated", "0200000000020200000000010800452e0028123400003f064e610a0102030a04"
			    "05" },
	{ "ipv4-bad-version", "0200000000020200000000010800652e0028123400003f064e610a0102030a04"
			      "050604d200500000000100000002501203e88bb80000" },
	{ "ipv4-bad-ihl", "0200000000020200000000010800442e0028123400003f064e610a0102030a04"
			  "050604d200500000000100000002501203e88bb80000" },
	{ "ipv4-bad-length", "0200000000020200000000010800452e0029123400003f064e600a0102030a04"
			     "050604d200500000000100000002501203e800000000" },
	{ "ipv4-bad-length", "0200000000020200000000010800452e0013123400003f064e760a0102030a04"
			     "050604d200500000000100000002501203e800000000" },
	{ "ipv4-bad-length", "0200000000020200000000010800482e001c123400003f0645670a0102030a04"
			     "050601010101010101010101010104d200500000000100000002501203e80000"
			     "0000" },
	{ "ipv6-truncated", "02000000000202000000000186dd6b8abcde00140640fd000000000000000000"
			    "000000000001fd0000000000000000000000000000" },
	{ "ipv6-bad-version", "02000000000202000000000186dd458abcde00140640fd000000000000000000"
			      "000000000001fd00000000000000000000000000000204d20050000000010000"
			      "0002501203e8acc10000" },
	{ "ipv6-bad-length", "02000000000202000000000186dd6b8abcde00150640fd000000000000000000"
			     "000000000001fd00000000000000000000000000000204d20050000000010000"
			     "0002501203e800000000" },
	{ "ipv6-bad-extension", "02000000000202000000000186dd6b8abcde00080040fd000000000000000000"
				"000000000001fd0000000000000000000000000000020602000000000000" },
	{ "ipv6-bad-extension", "02000000000202000000000186dd6b8abcde00033c40fd000000000000000000"
				"000000000001fd000000000000000000000000000002060000" },
	{ "ipv6-extension-limit", "02000000000202000000000186dd6b8abcde005c3c40fd000000000000000000"
				  "000000000001fd0000000000000000000000000000023c000000000000003c00"
				  "0000000000003c000000000000003c000000000000003c000000000000003c00"
				  "0000000000003c000000000000003c000000000000003c0000000000000004d2"
				  "00500000000100000002501203e800000000" },
	{ "tcp-truncated", "0200000000020200000000010800452e0027123400003f064e620a0102030a04"
			   "050604d200500000000100000002501203e8000000" },
	{ "tcp-bad-offset", "0200000000020200000000010800452e0028123400003f064e610a0102030a04"
			    "050604d200500000000100000002401203e800000000" },
	{ "udp-truncated", "0200000000020200000000010800452e001b123400003f114e630a0102030a04"
			   "05060fa00035000800" },
	{ "sctp-truncated", "0200000000020200000000010800452e001f123400003f844dec0a0102030a04"
			    "050613880f1c00000007000000" },
	{ "icmp-truncated", "0200000000020200000000010800452e001b123400003f014e730a0102030a04"
			    "050608000000000100" },
	{ "icmpv6-truncated", "02000000000202000000000186dd6b8abcde00073a40fd000000000000000000"
			      "000000000001fd00000000000000000000000000000208000000000100" },
	{ "udp-truncated", "0200000000020200000000010800452e0018123400003f114e660a0102030a04"
			   "05060fa000350000000000000000000000000000000000000000" },
	{ "mpls-truncated", "02000000000202000000000188470001" },
	{ "pbb-truncated", "02aaaaaaaaaa02bbbbbbbbbb88e7a8123456020000000002020000000001"
			   "08" },
};
const unsigned n_damaged_samples = ARRAY_LENGTH(damaged_samples);

static uint8_t nibble(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

struct packet_bytes packet_bytes(const char *hex)
{
	struct packet_bytes p = { .size = 0 };

	for (; hex[0] && hex[1]; hex++) {
		if (*hex == ' ')
			continue;
		assert(p.size < sizeof(p.data));
		p.data[p.size++] = nibble(hex[0]) << 4 | nibble(hex[1]);
		hex++;
	}
	return p;
}

/* One of four values. */
static void few(struct rng *rng, void *to, size_t size)
{
	memset(to, 0, size);
	((uint8_t *)to)[size - 1] = 1 + rng_below(rng, 4);
}

static void random_nd(struct rng *rng, struct flow_key *key)
{
	store_be16(&key->tp_src, 135 + rng_below(rng, 2));
	few(rng, key->nd_target, 16);
	few(rng, &key->nd_reserved, 4);
	if (rng_below(rng, 4) == 0)
		return;
	key->nd_options_type = 1 + rng_below(rng, 2);
	few(rng, key->nd_options_type == 1 ? key->arp_sha : key->arp_tha, 6);
	if (rng_below(rng, 4) == 0)
		few(rng, key->nd_options_type == 2 ? key->arp_sha : key->arp_tha, 6);
}

static void random_l4(struct rng *rng, struct flow_key *key, bool is_v6)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP,
					  IPPROTO_GRE };

	key->ip_proto = protos[rng_below(rng, ARRAY_LENGTH(protos))];
	if (is_v6 && key->ip_proto == IPPROTO_ICMP)
		key->ip_proto = IPPROTO_ICMPV6;
	if (rng_below(rng, 8) == 0)
		key->ip_frag = rng_below(rng, 2) ? KEY_FRAG_ANY : KEY_FRAG_ANY | KEY_FRAG_LATER;
	if (is_v6 && key->ip_frag)
		store_be16(&key->ipv6_exthdr,
			   (load_be16(&key->ipv6_exthdr) & ~OFPIEH12_AUTH) | OFPIEH12_FRAG);
	if (key->ip_frag & KEY_FRAG_LATER) {
		if (is_v6)
			key->ip_proto = IPPROTO_FRAGMENT;
		return;
	}
	if (key->ip_proto == IPPROTO_GRE)
		return;
	few(rng, &key->tp_src, 2);
	few(rng, &key->tp_dst, 2);
	if (key->ip_proto == IPPROTO_TCP)
		few(rng, &key->tcp_flags, 2);
	if (key->ip_proto != IPPROTO_ICMPV6 || rng_below(rng, 3) == 0)
		return;
	key->tp_dst = 0;
	random_nd(rng, key);
}

/* In their order; fragments see to themselves. */
static void random_exthdrs(struct rng *rng, struct flow_key *key)
{
	static const uint16_t flags[] = { OFPIEH12_HOP, OFPIEH12_DEST, OFPIEH12_ROUTER,
					  OFPIEH12_AUTH };
	uint16_t some = 0;

	if (rng_below(rng, 4))
		return;
	for (unsigned i = 0; i < ARRAY_LENGTH(flags); i++)
		if (rng_below(rng, 2))
			some |= flags[i];
	store_be16(&key->ipv6_exthdr, some);
}

static void random_ip(struct rng *rng, struct flow_key *key, bool is_v6)
{
	key->ip_ttl = 1 + rng_below(rng, 4);
	key->ip_tos = rng_below(rng, 256);
	if (is_v6) {
		few(rng, key->ipv6_src, 16);
		few(rng, key->ipv6_dst, 16);
		few(rng, &key->ipv6_label, 4);
		random_exthdrs(rng, key);
	} else {
		few(rng, &key->ipv4_src, 4);
		few(rng, &key->ipv4_dst, 4);
	}
	random_l4(rng, key, is_v6);
}

void random_packet_key(struct rng *rng, struct flow_key *key)
{
	static const uint16_t types[] = { 0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806,
					  0x1234, 0x05ff, 0x8847, 0x8848, 0x88e7 };
	uint16_t type = types[rng_below(rng, ARRAY_LENGTH(types))];

	memset(key, 0, sizeof(*key));
	few(rng, key->eth_dst, 6);
	few(rng, key->eth_src, 6);
	store_be16(&key->eth_type, type);
	if (rng_below(rng, 4) == 0)
		store_be16(&key->vlan_tci,
			   KEY_VLAN_PRESENT | rng_below(rng, 3) | rng_below(rng, 8) << 13);
	if (type == 0x0800 || type == 0x86dd)
		random_ip(rng, key, type == 0x86dd);
	if (type == 0x8847 || type == 0x8848)
		store_be32(&key->nd_reserved, rng_below(rng, 4) << 12 | rng_below(rng, 8) << 9 |
						      rng_below(rng, 2) << 8 | rng_below(rng, 4));
	if (type == 0x88e7)
		store_be32(&key->ipv4_src, rng_below(rng, 4) | rng_below(rng, 2) << 27);
	if (type != 0x0806)
		return;
	key->ip_proto = 1 + rng_below(rng, 2);
	few(rng, &key->ipv4_src, 4);
	few(rng, &key->ipv4_dst, 4);
	few(rng, key->arp_sha, 6);
	few(rng, key->arp_tha, 6);
}
