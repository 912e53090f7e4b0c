#!/usr/bin/env python3
"""fields.py SWITCH CONTAINER...: every match field, with and without a mask, tells a packet that
has the value from one that has not; every field that can be set is set, and the exact frame comes
out, as scapy would have made it."""
import sys

from scapy.all import (ARP, Dot1AD, Dot1Q, Ether, ICMP, ICMPv6EchoRequest, ICMPv6ND_NA,
                       ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IP, IPv6, SCTP,
                       TCP, UDP)
from scapy.contrib.mpls import MPLS

from packets import *
from world import World, changed

world = World(sys.argv[1], sys.argv[2:])
NEW_MAC = "02:00:00:00:00:99"


def put(layer, name, value):
    return lambda packet: setattr(packet[layer], name, value)


def matches(match, *hits, misses=()):
    """HITS go to port 2 by MATCH, MISSES to port 3 by the rule below it."""
    try:
        world.program(["priority=10,%s,actions=output:2" % match, "priority=1,actions=output:3"])
        for i, p in enumerate(hits):
            world.check("%s, hit %d" % (match, i + 1), p, {2: p})
        for i, p in enumerate(misses):
            world.check("%s, miss %d" % (match, i + 1), p, {3: p})
    except AssertionError as why:
        sys.exit(str(why))


def sets(match, packet, field, value, change):
    """CHANGE does to the packet's copy what the switch is to do."""
    world.case("set_field:%s->%s of %s" % (value, field, match),
               ["%s,actions=set_field:%s->%s,output:2" % (match, value, field)],
               packet, {2: changed(packet, change)})


# Every field of OpenFlow 1.3.5 section 7.2.3.7 that ovs-ofctl can say; the others are in
# foreign.py.
matches("in_port=1", tcp, arp)
matches("in_port=2", misses=[tcp])
matches("eth_dst=%s" % MAC2, tcp, misses=[changed(tcp, put(Ether, "dst", NEW_MAC))])
matches("eth_dst=01:00:00:00:00:00/01:00:00:00:00:00",
        changed(tcp, put(Ether, "dst", "ff:ff:ff:ff:ff:ff")), misses=[tcp])
matches("eth_src=%s" % MAC1, tcp, misses=[changed(tcp, put(Ether, "src", NEW_MAC))])
matches("eth_src=02:00:00:00:00:00/ff:ff:ff:ff:ff:00", tcp,
        misses=[changed(tcp, put(Ether, "src", "04:00:00:00:00:01"))])
matches("eth_type=0x0806", arp, misses=[tcp, tcp6, vlan(tcp, 5)])
matches("dl_vlan=5", vlan(tcp, 5), vlan(tcp6, 5, 3), vlan(vlan(tcp, 9), 5, kind=Dot1AD),
        misses=[tcp, vlan(tcp, 6), vlan(vlan(tcp, 5), 9, kind=Dot1AD)])
matches("vlan_tci=0x0000/0x1000", tcp, misses=[vlan(tcp, 0), vlan(tcp, 5)])
matches("vlan_vid=0x1000/0x1000", vlan(tcp, 5), vlan(tcp, 0, 3), misses=[tcp])
matches("vlan_vid=0x1004/0x1ffe", vlan(tcp, 4), vlan(tcp, 5), misses=[tcp, vlan(tcp, 6)])
matches("dl_vlan=5,dl_vlan_pcp=3", vlan(tcp, 5, 3), misses=[vlan(tcp, 5, 2), tcp])
matches("dl_vlan=5,tcp,tcp_dst=80", vlan(tcp, 5), misses=[vlan(udp, 5), tcp])
for top, plain, other in (IP, tcp, tcp6), (IPv6, tcp6, tcp):
    v = "ip" if top is IP else "ipv6"
    tos = "tos" if top is IP else "tc"
    matches("%s,ip_dscp=20" % v, plain, misses=[other, changed(plain, put(top, tos, 0x41))])
    matches("%s,nw_ecn=1" % v, plain, misses=[other, changed(plain, put(top, tos, 0x52))])
    matches("%s,nw_ttl=64" % v, plain,
            misses=[other, changed(plain, put(top, "ttl" if top is IP else "hlim", 63))])
    matches("%s,nw_proto=6" % v, plain, misses=[other, udp, udp6])
matches("ip,nw_src=10.0.0.1", tcp, udp, misses=[tcp6, changed(tcp, put(IP, "src", "10.0.0.3"))])
matches("ip,nw_src=10.0.0.0/9", tcp, misses=[changed(tcp, put(IP, "src", "10.128.0.1"))])
matches("ip,nw_dst=10.0.0.2", tcp, misses=[changed(tcp, put(IP, "dst", "10.0.0.3"))])
matches("ip,nw_dst=0.0.0.2/0.0.0.255", tcp, misses=[changed(tcp, put(IP, "dst", "10.0.0.3"))])
for name, layer, v4, v6 in (("tcp", TCP, tcp, tcp6), ("udp", UDP, udp, udp6),
                            ("sctp", SCTP, sctp, sctp6)):
    for v, p, other in ("", v4, v6), ("6", v6, v4):
        for end in "src", "dst":
            port = getattr(p[layer], end[0] + "port")
            off = changed(p, put(layer, end[0] + "port", port ^ 1))
            matches("%s%s,%s_%s=%d" % (name, v, name, end, port), p, misses=[off, other, icmp])
            matches("%s%s,%s_%s=0x%x/0xfff0" % (name, v, name, end, port & 0xFFF0), p,
                    changed(p, put(layer, end[0] + "port", port ^ 1)),
                    misses=[changed(p, put(layer, end[0] + "port", port ^ 0x10))])
matches("tcp,tcp_flags=+psh+ack-syn", tcp, misses=[changed(tcp, put(TCP, "flags", "S"))])
matches("icmp,icmp_type=8", icmp, misses=[changed(icmp, put(ICMP, "type", 0)), icmp6, tcp])
matches("icmp,icmp_code=0", icmp, misses=[changed(icmp, put(ICMP, "code", 1))])
matches("icmp6,icmpv6_type=128", icmp6, misses=[ns, icmp, tcp6])
matches("icmp6,icmpv6_code=0", icmp6,
        misses=[changed(icmp6, put(ICMPv6EchoRequest, "code", 1))])
matches("arp,arp_op=1", arp, misses=[changed(arp, put(ARP, "op", 2)), tcp])
matches("arp,arp_spa=10.0.0.1", arp, misses=[changed(arp, put(ARP, "psrc", "10.0.0.9"))])
matches("arp,arp_spa=10.0.0.0/24", arp, misses=[changed(arp, put(ARP, "psrc", "10.0.1.1"))])
matches("arp,arp_tpa=10.0.0.2", arp, misses=[changed(arp, put(ARP, "pdst", "10.0.0.9"))])
matches("arp,arp_sha=%s" % MAC1, arp, misses=[changed(arp, put(ARP, "hwsrc", NEW_MAC))])
matches("arp,arp_tha=00:00:00:00:00:00", arp, misses=[changed(arp, put(ARP, "hwdst", NEW_MAC))])
matches("ipv6,ipv6_src=fd00::1", tcp6, misses=[tcp, changed(tcp6, put(IPv6, "src", "fd00::3"))])
matches("ipv6,ipv6_src=fd00::/64", tcp6, misses=[changed(tcp6, put(IPv6, "src", "fd00:1::1"))])
matches("ipv6,ipv6_dst=fd00::2", tcp6, misses=[changed(tcp6, put(IPv6, "dst", "fd00::3"))])
matches("ipv6,ipv6_label=0x12345", tcp6, misses=[changed(tcp6, put(IPv6, "fl", 0x12344))])
matches("ipv6,ipv6_label=0x10000/0xf0000", tcp6, misses=[changed(tcp6, put(IPv6, "fl", 1))])
matches("icmp6,icmpv6_type=135,nd_target=fd00::2", ns,
        misses=[changed(ns, put(ICMPv6ND_NS, "tgt", "fd00::3")), na])
matches("icmp6,icmpv6_type=135,nd_sll=%s" % MAC1, ns,
        misses=[changed(ns, put(ICMPv6NDOptSrcLLAddr, "lladdr", NEW_MAC))])
matches("icmp6,icmpv6_type=136,nd_tll=%s" % MAC1, na,
        misses=[changed(na, put(ICMPv6NDOptDstLLAddr, "lladdr", NEW_MAC)), ns])
matches("mpls,mpls_label=17", mpls(tcp, 17), mpls(tcp6, 17, 4),
        misses=[tcp, mpls(tcp, 16), mpls(tcp, 4, 17), mpls(tcp, 17, multicast=True)])
matches("mplsm,mpls_label=17", mpls(tcp, 17, multicast=True), misses=[mpls(tcp, 17)])
matches("mpls,mpls_tc=5", mpls(tcp, 17, cos=5), misses=[mpls(tcp, 17, cos=4)])
matches("mpls,mpls_bos=1", mpls(tcp, 17), misses=[mpls(tcp, 17, 18)])
matches("mpls,mpls_ttl=9", mpls(tcp, 17, ttl=9), misses=[mpls(tcp, 17, ttl=8)])
matches("dl_vlan=5,dl_type=0x8847,mpls_label=17", vlan(mpls(tcp, 17), 5), misses=[mpls(tcp, 17)])
for kind, (first, later) in ("ip", fragments(udp)), ("ipv6", fragments6(udp6)):
    whole = udp if kind == "ip" else udp6
    matches("%s,ip_frag=no" % kind, whole, misses=[first, later])
    matches("%s,ip_frag=yes" % kind, first, later, misses=[whole])
    matches("%s,ip_frag=first" % kind, first, misses=[whole, later])
    matches("%s,ip_frag=later" % kind, later, misses=[whole, first])
    matches("%s,ip_frag=not_later" % kind, whole, first, misses=[later])

# Set.
for match, packet in {"tcp": tcp, "udp": udp, "sctp": sctp, "icmp": icmp, "tcp6": tcp6,
                      "udp6": udp6, "sctp6": sctp6, "icmp6": icmp6}.items():
    sets(match, packet, "eth_dst", NEW_MAC, put(Ether, "dst", NEW_MAC))
    sets(match, packet, "eth_src", NEW_MAC, put(Ether, "src", NEW_MAC))
    top, tos, ttl = (IP, "tos", "ttl") if IP in packet else (IPv6, "tc", "hlim")
    sets(match, packet, "ip_dscp", 46, put(top, tos, 46 << 2 | 1))
    sets(match, packet, "nw_ecn", 2, put(top, tos, 0x52))
    sets(match, packet, "nw_ttl", 9, put(top, ttl, 9))
    src, dst, a = ("ip_src", "ip_dst", "192.168.7.1") if top is IP else \
        ("ipv6_src", "ipv6_dst", "fd77::1:2")
    sets(match, packet, src, a, put(top, "src", a))
    sets(match, packet, dst, a, put(top, "dst", a))
    for layer, name in (TCP, "tcp"), (UDP, "udp"), (SCTP, "sctp"):
        if layer in packet:
            sets(match, packet, name + "_src", 4242, put(layer, "sport", 4242))
            sets(match, packet, name + "_dst", 4242, put(layer, "dport", 4242))
sets("ipv6", tcp6, "ipv6_label", "0xabcde", put(IPv6, "fl", 0xABCDE))
sets("ip", tcp, "ip_dst", "0.0.0.77/0.0.0.255", put(IP, "dst", "10.0.0.77"))
sets("tcp", tcp, "eth_dst", "00:00:00:00:aa:00/00:00:00:00:ff:00",
     put(Ether, "dst", "02:00:00:00:aa:02"))
sets("dl_vlan=5", vlan(tcp, 5, 3), "vlan_vid", 4096 + 77, put(Dot1Q, "vlan", 77))
sets("dl_vlan=5", vlan(tcp, 5, 3), "vlan_pcp", 6, put(Dot1Q, "prio", 6))
sets("dl_vlan=5,tcp", vlan(tcp, 5), "ip_dst", "192.168.7.1", put(IP, "dst", "192.168.7.1"))
sets("dl_vlan=9", vlan(vlan(tcp6, 5), 9, kind=Dot1AD), "vlan_vid", 4096 + 77,
     put(Dot1AD, "vlan", 77))
sets("icmp", icmp, "icmp_type", 0, put(ICMP, "type", 0))
sets("icmp", icmp, "icmp_code", 5, put(ICMP, "code", 5))
sets("icmp6", icmp6, "icmpv6_type", 129, put(ICMPv6EchoRequest, "type", 129))
sets("icmp6", icmp6, "icmpv6_code", 5, put(ICMPv6EchoRequest, "code", 5))
sets("arp", arp, "arp_op", 2, put(ARP, "op", 2))
sets("arp", arp, "arp_spa", "9.9.9.9", put(ARP, "psrc", "9.9.9.9"))
sets("arp", arp, "arp_tpa", "9.9.9.9", put(ARP, "pdst", "9.9.9.9"))
sets("arp", arp, "arp_sha", NEW_MAC, put(ARP, "hwsrc", NEW_MAC))
sets("arp", arp, "arp_tha", NEW_MAC, put(ARP, "hwdst", NEW_MAC))
sets("icmp6,icmpv6_type=135", ns, "nd_target", "fd00::99", put(ICMPv6ND_NS, "tgt", "fd00::99"))
sets("icmp6,icmpv6_type=135", ns, "nd_sll", NEW_MAC,
     put(ICMPv6NDOptSrcLLAddr, "lladdr", NEW_MAC))
sets("icmp6,icmpv6_type=136", na, "nd_tll", NEW_MAC,
     put(ICMPv6NDOptDstLLAddr, "lladdr", NEW_MAC))
sets("mpls", mpls(tcp, 17, cos=2), "mpls_label", 1000, put(MPLS, "label", 1000))
sets("mpls", mpls(tcp, 17, cos=2), "mpls_tc", 7, put(MPLS, "cos", 7))
sets("mpls", mpls(tcp, 17, 18), "mpls_ttl", 3, put(MPLS, "ttl", 3))
behind_options = ip6 / IPv6ExtHdrDestOpt() / l4["tcp"]
sets("tcp6", behind_options, "tcp_dst", 81, put(TCP, "dport", 81))
sets("tcp6", behind_options, "ipv6_dst", "fd77::1", put(IPv6, "dst", "fd77::1"))
first, later = fragments(udp)
sets("udp", later, "ip_dst", "192.168.7.1", put(IP, "dst", "192.168.7.1"))

# Fields of the pipeline: what one table writes, the next one matches.
for field, value, mask in (("metadata", "0x1234", "0xffff"), ("tun_id", "0x55", "0xff"),
                           ("reg0", "0x7", "0xf"), ("reg15", "0x70000", "0xf0000"),
                           ("xreg3", "0x100000001", "0x100000001"),
                           ("xxreg1", "0x10000000000000001", "0x10000000000000001"),
                           ("pkt_mark", "0x9", "0xff")):
    world.case("write and match " + field,
               ["actions=set_field:%s->%s,goto_table:1" % (value, field),
                "table=1,priority=2,%s=%s,actions=output:2" % (field, value),
                "table=1,priority=1,actions=output:3"], tcp, {2: tcp})
    world.case("write and match some bits of " + field,
               ["actions=set_field:%s/%s->%s,goto_table:1" % (value, mask, field),
                "table=1,priority=2,%s=%s/%s,actions=output:2" % (field, value, mask),
                "table=1,priority=1,actions=output:3"], tcp, {2: tcp})
    world.case("what is not written in %s does not match" % field,
               ["actions=goto_table:1",
                "table=1,priority=2,%s=%s,actions=output:2" % (field, value),
                "table=1,priority=1,actions=output:3"], tcp, {3: tcp})
world.case("write_metadata", ["actions=write_metadata:0x12/0xff,goto_table:1",
                              "table=1,metadata=0x12,actions=output:2"], tcp, {2: tcp})
print("%d frames were exactly right" % world.n_cases)
