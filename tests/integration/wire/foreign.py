#!/usr/bin/env python3
"""foreign.py SWITCH CONTAINER...: what ovs-ofctl cannot say, put into OpenFlow 1.3 by os-ken's
library: fields and actions that Open vSwitch does not have, and every field in its OXM form."""
import sys

sys.path.insert(0, sys.path[0] + "/..")
from os_ken.ofproto import ofproto_v1_3 as ofp, ofproto_v1_3_parser as ofpp
from scapy.all import (Ether, ICMPv6EchoRequest, IP, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop,
                       IPv6ExtHdrRouting, TCP)
from scapy.contrib.mpls import MPLS

import openflow
from packets import *
from world import FENCE_TYPE, World, changed


class Datapath:
    """As much of os-ken's as making messages takes."""
    ofproto, ofproto_parser = ofp, ofpp


class Client(World):
    def __init__(self, switch, containers):
        super().__init__(switch, containers)
        host, port = switch.split(":")[1:]
        self.connection = openflow.Switch((host, int(port)))

    def say(self, message):
        message.set_xid(1)
        message.serialize()
        self.connection.s.sendall(bytes(message.buf))

    def flow(self, match, actions, priority=1, table=0, goto=None):
        ins = [ofpp.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, actions)]
        if goto is not None:
            ins.append(ofpp.OFPInstructionGotoTable(goto))
        self.say(ofpp.OFPFlowMod(Datapath, priority=priority, table_id=table, match=match,
                                 instructions=ins, out_port=ofp.OFPP_ANY, out_group=ofp.OFPG_ANY))

    def clear(self):
        self.say(ofpp.OFPFlowMod(Datapath, command=ofp.OFPFC_DELETE, table_id=ofp.OFPTT_ALL,
                                 out_port=ofp.OFPP_ANY, out_group=ofp.OFPG_ANY,
                                 match=ofpp.OFPMatch()))
        outs = [ofpp.OFPActionOutput(p) for p in [ofp.OFPP_IN_PORT, *self.ports]]
        self.flow(ofpp.OFPMatch(eth_type=FENCE_TYPE), outs, 65535)

    def commit(self):
        self.connection.change()


world = Client(sys.argv[1], sys.argv[2:])
output2, output3 = ofpp.OFPActionOutput(2), ofpp.OFPActionOutput(3)


def fail(name, why):
    sys.exit("%s: %s" % (name, why))


def matches(hits, misses=(), **fields):
    name = ", ".join("%s=%s" % f for f in fields.items())
    try:
        world.clear()
        world.flow(ofpp.OFPMatch(**fields), [output2], 10)
        world.flow(ofpp.OFPMatch(), [output3])
        world.commit()
        for p in hits:
            world.check(name, p, {2: p})
        for p in misses:
            world.check("miss of " + name, p, {3: p})
    except (AssertionError, RuntimeError, TimeoutError) as why:
        fail(name, why)


def does(name, actions, packet, want, **fields):
    try:
        world.clear()
        world.flow(ofpp.OFPMatch(**fields), [*actions, output2], 10)
        world.commit()
        world.check(name, packet, {2: want} if want else {})
    except (AssertionError, RuntimeError, TimeoutError) as why:
        fail(name, why)


# The 40 fields of OpenFlow 1.3.5 table 11, by their own names.
matches([tcp, arp], in_port=1)
matches([], [tcp], in_port=3)
matches([tcp], in_port=1, in_phy_port=1)
matches([], [tcp], in_port=1, in_phy_port=2)
matches([], [tcp], metadata=1)
matches([tcp, arp], [changed(tcp, lambda p: setattr(p, "dst", MAC1))], eth_dst=MAC2)
matches([tcp, arp], [changed(tcp, lambda p: setattr(p, "src", MAC2))], eth_src=MAC1)
matches([arp], [tcp], eth_type=0x806)
matches([vlan(tcp, 5)], [tcp, vlan(tcp, 6)], vlan_vid=0x1005)
matches([tcp], [vlan(tcp, 5)], vlan_vid=0)
matches([vlan(tcp, 5), vlan(tcp, 6)], [tcp], vlan_vid=(0x1000, 0x1000))
matches([vlan(tcp, 5, 3)], [vlan(tcp, 5)], vlan_vid=0x1005, vlan_pcp=3)
matches([tcp], [tcp6], eth_type=0x800, ip_dscp=20)
matches([tcp6], [tcp], eth_type=0x86dd, ip_ecn=1)
matches([tcp], [udp], eth_type=0x800, ip_proto=6)
matches([tcp], [tcp6], eth_type=0x800, ipv4_src="10.0.0.1")
matches([tcp], [tcp6], eth_type=0x800, ipv4_dst=("10.0.0.0", "255.255.255.0"))
for name, proto, p, others in (("tcp", 6, tcp, [udp, tcp6]), ("udp", 17, udp, [tcp, udp6]),
                               ("sctp", 132, sctp, [tcp, sctp6])):
    layer = p[IP].payload
    matches([p], others, eth_type=0x800, ip_proto=proto, **{name + "_src": layer.sport})
    matches([p], others, eth_type=0x800, ip_proto=proto, **{name + "_dst": layer.dport})
matches([icmp], [icmp6, tcp], eth_type=0x800, ip_proto=1, icmpv4_type=8)
matches([icmp], [icmp6, tcp], eth_type=0x800, ip_proto=1, icmpv4_code=0)
matches([arp], [tcp], eth_type=0x806, arp_op=1)
matches([arp], [tcp], eth_type=0x806, arp_spa="10.0.0.1")
matches([arp], [tcp], eth_type=0x806, arp_tpa="10.0.0.2")
matches([arp], [tcp], eth_type=0x806, arp_sha=MAC1)
matches([arp], [tcp], eth_type=0x806, arp_tha="00:00:00:00:00:00")
matches([tcp6], [tcp], eth_type=0x86dd, ipv6_src="fd00::1")
matches([tcp6], [tcp], eth_type=0x86dd, ipv6_dst=("fd00::", "ffff::"))
matches([tcp6], [ns], eth_type=0x86dd, ipv6_flabel=0x12345)
matches([icmp6], [ns, icmp], eth_type=0x86dd, ip_proto=58, icmpv6_type=128)
matches([icmp6, ns], [icmp], eth_type=0x86dd, ip_proto=58, icmpv6_code=0)
matches([ns], [na], eth_type=0x86dd, ip_proto=58, icmpv6_type=135, ipv6_nd_target="fd00::2")
matches([ns], [na], eth_type=0x86dd, ip_proto=58, icmpv6_type=135, ipv6_nd_sll=MAC1)
matches([na], [ns], eth_type=0x86dd, ip_proto=58, icmpv6_type=136, ipv6_nd_tll=MAC1)
matches([mpls(tcp, 17)], [tcp, mpls(tcp, 18)], eth_type=0x8847, mpls_label=17)
matches([mpls(tcp, 17, cos=5)], [mpls(tcp, 17)], eth_type=0x8847, mpls_tc=5)
matches([mpls(tcp, 17)], [mpls(tcp, 17, 18)], eth_type=0x8847, mpls_bos=1)
matches([pbb(tcp, 0x123456)], [pbb(tcp, 1), tcp], eth_type=0x88e7, pbb_isid=0x123456)
matches([pbb(tcp, 0x123456)], [pbb(tcp, 1)], eth_type=0x88e7, pbb_isid=(0x120000, 0xff0000))
matches([], [tcp], tunnel_id=1)
NONEXT, ESP, AUTH, DEST, FRAG, ROUTER, HOP, UNREP, UNSEQ = (1 << i for i in range(9))
hop = ip6 / IPv6ExtHdrHopByHop() / l4["tcp"]
hop_dest = ip6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / l4["tcp"]
routed = ip6 / IPv6ExtHdrRouting(addresses=[]) / l4["tcp"]
twice = ip6 / IPv6ExtHdrRouting(addresses=[]) / IPv6ExtHdrRouting(addresses=[]) / l4["tcp"]
disordered = ip6 / IPv6ExtHdrDestOpt() / IPv6ExtHdrHopByHop() / l4["tcp"]
first6, later6 = fragments6(udp6)
nothing = ip6 / b""
nothing[IPv6].nh = 59
matches([tcp6, udp6], [hop, hop_dest, first6], eth_type=0x86dd, ipv6_exthdr=0)
matches([hop], [tcp6, hop_dest], eth_type=0x86dd, ipv6_exthdr=HOP)
matches([hop_dest], [hop], eth_type=0x86dd, ipv6_exthdr=HOP | DEST)
matches([hop, hop_dest], [tcp6], eth_type=0x86dd, ipv6_exthdr=(HOP, HOP))
matches([routed], [tcp6, twice], eth_type=0x86dd, ipv6_exthdr=ROUTER)
matches([twice], [routed], eth_type=0x86dd, ipv6_exthdr=(UNREP, UNREP))
matches([disordered], [hop_dest], eth_type=0x86dd, ipv6_exthdr=(UNSEQ, UNSEQ))
matches([first6, later6], [tcp6], eth_type=0x86dd, ipv6_exthdr=(FRAG, FRAG))
matches([nothing], [tcp6], eth_type=0x86dd, ipv6_exthdr=(NONEXT, NONEXT))

# Provider backbone bridging.
push, pop = ofpp.OFPActionPushPbb(0x88e7), ofpp.OFPActionPopPbb()
isid = ofpp.OFPActionSetField(pbb_isid=0x123456)
does("push_pbb", [push], tcp, pbb(tcp, 0), eth_type=0x800)
does("push_pbb and its I-SID", [push, isid], tcp, pbb(tcp, 0x123456), eth_type=0x800)
does("push_pbb takes the priority of the tag below", [push, isid], vlan(tcp, 5, 3),
     pbb(vlan(tcp, 5, 3), 0x123456, pcp=3), vlan_vid=0x1005)
does("set pbb_isid", [isid], pbb(tcp, 7), pbb(tcp, 0x123456), eth_type=0x88e7)
does("set the addresses of the backbone", [ofpp.OFPActionSetField(eth_dst=MAC1)], pbb(tcp, 7),
     pbb(tcp, 7, dst=MAC1), eth_type=0x88e7)
does("pop_pbb", [pop], pbb(tcp, 7), tcp, eth_type=0x88e7)
does("pop_pbb of a tagged frame", [pop], pbb(vlan(tcp, 5), 7), vlan(tcp, 5), eth_type=0x88e7)

# TTLs from header to header.
out, inward = ofpp.OFPActionCopyTtlOut(), ofpp.OFPActionCopyTtlIn()


def under(packet, top, *labels):
    """LABELS above PACKET, the outermost with the TTL of TOP."""
    copy = mpls(packet, *labels)
    copy[MPLS].ttl = top
    return copy


def hops(packet, n):
    return changed(packet, lambda p: setattr(p[IP] if IP in p else p[IPv6],
                                             "ttl" if IP in p else "hlim", n))


does("copy_ttl_out, label to label", [out], under(tcp, 9, 17, 18), under(tcp, 64, 17, 18),
     eth_type=0x8847)
does("copy_ttl_out, IPv4 to label", [out], under(hops(tcp, 5), 9, 17), under(hops(tcp, 5), 5, 17),
     eth_type=0x8847)
does("copy_ttl_out, IPv6 to label", [out], under(hops(tcp6, 5), 9, 17),
     under(hops(tcp6, 5), 5, 17), eth_type=0x8847)
both = under(tcp, 9, 17, 18)
inner = changed(both, lambda p: setattr(p[MPLS].payload, "ttl", 9))
does("copy_ttl_in, label to label", [inward], both, inner, eth_type=0x8847)
does("copy_ttl_in, label to IPv4", [inward], under(tcp, 9, 17), under(hops(tcp, 9), 9, 17),
     eth_type=0x8847)
does("copy_ttl_in, label to IPv6", [inward], under(tcp6, 9, 17), under(hops(tcp6, 9), 9, 17),
     eth_type=0x8847)
does("set_mpls_ttl", [ofpp.OFPActionSetMplsTtl(3)], mpls(tcp, 17), mpls(tcp, 17, ttl=3),
     eth_type=0x8847)
does("dec_mpls_ttl", [ofpp.OFPActionDecMplsTtl()], mpls(tcp, 17), mpls(tcp, 17, ttl=63),
     eth_type=0x8847)
does("set_nw_ttl", [ofpp.OFPActionSetNwTtl(3)], tcp, hops(tcp, 3), eth_type=0x800)
does("dec_nw_ttl", [ofpp.OFPActionDecNwTtl()], tcp6, hops(tcp6, 63), eth_type=0x86dd)
does("set_queue of a port without queues", [ofpp.OFPActionSetQueue(0)], tcp, tcp, eth_type=0x800)
print("%d frames were exactly right" % world.n_cases)
