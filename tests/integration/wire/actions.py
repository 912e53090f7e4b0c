#!/usr/bin/env python3
"""actions.py SWITCH CONTAINER...: every action that ovs-ofctl can say, alone and in the orders that
matter; the exact frames that must come out, of every port."""
import sys

from scapy.all import Dot1AD, Dot1Q, Ether, IP, IPv6, TCP, UDP
from scapy.contrib.mpls import MPLS

from packets import *
from world import World, changed

world = World(sys.argv[1], sys.argv[2:])


def does(actions, packet, want, match="", more=()):
    """ACTIONS of a flow for MATCH turn PACKET into WANT: {port: frame} or the frame at port 2."""
    if not isinstance(want, dict):
        want = {2: want}
    world.case(actions, ["%s,actions=%s" % (match, actions) if match else "actions=" + actions,
                         *more], packet, want)


def raw(data):
    return Ether(bytes(data))


def ttl(packet, n):
    return changed(packet, lambda p: setattr(p[IP] if IP in p else p[IPv6],
                                             "ttl" if IP in p else "hlim", n))


# Outputs.
does("output:2", tcp, tcp)
does("output:2,output:3,output:2", tcp, {2: [tcp, tcp], 3: tcp})
does("output:1", tcp, {})
does("in_port", tcp, {1: tcp})
does("all", tcp, {2: tcp, 3: tcp, 4: tcp})
does("flood", tcp, {2: tcp, 3: tcp, 4: tcp})
does("drop", tcp, {})
does("output:77,output:2", tcp, tcp)
does("set_field:02:00:00:00:00:77->eth_dst,output:2,set_field:02:00:00:00:00:78->eth_dst,output:3",
     tcp, {2: changed(tcp, lambda p: setattr(p, "dst", "02:00:00:00:00:77")),
           3: changed(tcp, lambda p: setattr(p, "dst", "02:00:00:00:00:78"))})
does("output:2,set_field:9.9.9.9->ip_src", udp, udp, "udp")
does("output(port=2,max_len=40)", tcp, raw(bytes(tcp)[:40]))
does("output(port=2,max_len=40),output:3", tcp, {2: raw(bytes(tcp)[:40]), 3: tcp})
does("load:0x3->NXM_NX_REG1[],output:NXM_NX_REG1[]", tcp, {3: tcp})
does("load:0x30->NXM_NX_REG1[],output:NXM_NX_REG1[4..7]", tcp, {3: tcp})

# VLAN tags; a new one has VID and PCP of the one below (OF 1.3.5 section 5.12.1).
for packet in tcp, tcp6, arp:
    does("push_vlan:0x8100,set_field:4101->vlan_vid,output:2", packet, vlan(packet, 5))
    does("push_vlan:0x88a8,set_field:4101->vlan_vid,output:2", packet, vlan(packet, 5, kind=Dot1AD))
    does("push_vlan:0x8100,set_field:4101->vlan_vid,set_field:3->vlan_pcp,push_vlan:0x88a8,"
         "set_field:4102->vlan_vid,output:2", packet,
         vlan(vlan(packet, 5, 3), 6, 3, kind=Dot1AD))
    does("pop_vlan,output:2", vlan(packet, 5), packet, "vlan_vid=0x1000/0x1000")
    does("pop_vlan,output:2", vlan(vlan(packet, 5), 6, kind=Dot1AD), vlan(packet, 5),
         "dl_vlan=6")
does("mod_vlan_vid:7,output:2", tcp, vlan(tcp, 7))
does("mod_vlan_vid:7,output:2", vlan(tcp, 5, 3), vlan(tcp, 7, 3), "dl_vlan=5")
does("mod_vlan_pcp:6,output:2", vlan(tcp, 5, 3), vlan(tcp, 5, 6), "dl_vlan=5")
does("strip_vlan,output:2", vlan(tcp, 5), tcp, "dl_vlan=5")
does("pop_vlan,set_field:9.9.9.9->ip_dst,push_vlan:0x8100,set_field:4103->vlan_vid,output:2",
     vlan(tcp, 5), vlan(changed(tcp, lambda p: setattr(p[IP], "dst", "9.9.9.9")), 7), "dl_vlan=5,tcp")

# MPLS: label, TC and TTL of the entry below, or the TTL of the IP header.
does("push_mpls:0x8847,set_field:17->mpls_label,output:2", tcp, mpls(tcp, 17, ttl=64), "ip")
does("push_mpls:0x8847,set_field:17->mpls_label,output:2", tcp6, mpls(tcp6, 17, ttl=64), "ipv6")
does("push_mpls:0x8848,set_field:17->mpls_label,output:2", tcp,
     mpls(tcp, 17, ttl=64, multicast=True), "ip")
does("push_mpls:0x8847,set_field:18->mpls_label,output:2", mpls(tcp, 17, ttl=9, cos=2),
     mpls(tcp, 18, 17, ttl=9, cos=2), "mpls")
does("push_mpls:0x8847,set_field:17->mpls_label,set_field:3->mpls_tc,push_mpls:0x8847,"
     "set_field:18->mpls_label,output:2", tcp, mpls(tcp, 18, 17, ttl=64, cos=3), "ip")
does("pop_mpls:0x0800,output:2", mpls(tcp, 17), tcp, "mpls,mpls_bos=1")
does("pop_mpls:0x86dd,output:2", mpls(tcp6, 17), tcp6, "mpls,mpls_bos=1")
does("pop_mpls:0x8847,output:2", mpls(tcp, 18, 17), mpls(tcp, 17), "mpls,mpls_bos=0")
does("pop_mpls:0x0800,goto_table:1", mpls(tcp, 17),
     changed(tcp, lambda p: setattr(p[TCP], "dport", 99)), "mpls",
     ["table=1,tcp,tcp_dst=80,actions=set_field:99->tcp_dst,output:2", "table=1,priority=1,actions=output:3"])
does("dec_mpls_ttl,output:2", mpls(tcp, 17, ttl=9), mpls(tcp, 17, ttl=8), "mpls")
does("set_mpls_ttl(77),output:2", mpls(tcp, 17, ttl=9), mpls(tcp, 17, ttl=77), "mpls")
does("set_mpls_label(77),output:2", mpls(tcp, 17), mpls(tcp, 77), "mpls")
does("set_mpls_tc(7),output:2", mpls(tcp, 17), mpls(tcp, 17, cos=7), "mpls")
does("push_mpls:0x8847,set_field:17->mpls_label,output:2", vlan(tcp, 5), vlan(mpls(tcp, 17), 5),
     "dl_vlan=5,ip")
does("pop_mpls:0x0800,output:2", vlan(mpls(tcp, 17), 5), vlan(tcp, 5), "dl_vlan=5,dl_type=0x8847")

# TTL.
for packet, match in (tcp, "ip"), (tcp6, "ipv6"), (udp, "udp"), (icmp6, "icmp6"):
    does("dec_ttl,output:2", packet, ttl(packet, 63), match)
    does("dec_ttl,dec_ttl(0),output:2", packet, ttl(packet, 62), match)
    does("mod_nw_ttl:9,output:2", packet, ttl(packet, 9), match)
    for n in 0, 1:
        does("dec_ttl,output:2", ttl(packet, n), {}, match)
    does("output:3,dec_ttl,output:2", ttl(packet, 1), {3: ttl(packet, 1)}, match)
does("dec_mpls_ttl,output:2", mpls(tcp, 17, ttl=1), {}, "mpls")

# Old names of setting.
does("mod_dl_src:02:00:00:00:00:77,output:2", tcp,
     changed(tcp, lambda p: setattr(p, "src", "02:00:00:00:00:77")))
does("mod_nw_src:9.9.9.9,mod_nw_dst:9.9.9.8,output:2", udp,
     changed(udp, lambda p: (setattr(p[IP], "src", "9.9.9.9"), setattr(p[IP], "dst", "9.9.9.8"))),
     "udp")
does("mod_tp_src:9,mod_tp_dst:8,output:2", udp,
     changed(udp, lambda p: (setattr(p[UDP], "sport", 9), setattr(p[UDP], "dport", 8))), "udp")
does("mod_nw_tos:184,output:2", tcp, changed(tcp, lambda p: setattr(p[IP], "tos", 185)), "tcp")

# Bits from one field to another.
does("move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],load:0x77->NXM_OF_ETH_SRC[0..15],output:2", tcp,
     changed(tcp, lambda p: (setattr(p, "dst", MAC1), setattr(p, "src", "02:00:00:00:00:77"))))
does("move:NXM_OF_IP_SRC[]->NXM_NX_REG0[],move:NXM_OF_IP_DST[]->NXM_OF_IP_SRC[],"
     "move:NXM_NX_REG0[]->NXM_OF_IP_DST[],output:2", udp,
     changed(udp, lambda p: (setattr(p[IP], "src", "10.0.0.2"), setattr(p[IP], "dst", "10.0.0.1"))),
     "udp")
does("move:NXM_OF_TCP_SRC[0..7]->NXM_OF_TCP_DST[8..15],output:2", tcp,
     changed(tcp, lambda p: setattr(p[TCP], "dport", 0xE850)), "tcp")
does("push:NXM_OF_ETH_SRC[],push:NXM_OF_ETH_DST[],pop:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],"
     "output:2", tcp, changed(tcp, lambda p: (setattr(p, "dst", MAC1), setattr(p, "src", MAC2))))

# Tables, and the action set in the order of OF 1.3.5 section 5.10.
does("resubmit(,5),output:3", tcp, {2: tcp, 3: tcp}, more=["table=5,actions=output:2"])
does("resubmit(9,5),output:3", tcp, {2: tcp, 3: tcp},
     more=["table=5,in_port=9,actions=output:2", "table=5,priority=1,actions=output:4"])
does("clone(set_field:9.9.9.9->ip_src,output:2),output:3", udp,
     {2: changed(udp, lambda p: setattr(p[IP], "src", "9.9.9.9")), 3: udp}, "udp")
does("note:00.01.02,output:2", tcp, tcp)
does("output:2,exit,output:3", tcp, tcp)
does("write_actions(output:2,set_field:02:00:00:00:00:77->eth_dst),goto_table:1", tcp,
     changed(tcp, lambda p: setattr(p, "dst", "02:00:00:00:00:77")), more=["table=1,actions="])
does("write_actions(output:2),goto_table:1", tcp, {3: tcp},
     more=["table=1,actions=write_actions(output:3)"])
does("write_actions(output:2),goto_table:1", tcp, {}, more=["table=1,actions=clear_actions"])
does("write_actions(output:2,push_vlan:0x8100,pop_mpls:0x0800,dec_ttl),goto_table:1",
     mpls(tcp, 17), changed(vlan(ttl(tcp, 63), 0), lambda p: None), "mpls",
     ["table=1,actions=write_actions(set_field:02:00:00:00:00:02->eth_dst)"])
does("output:3,write_actions(output:2),goto_table:1", tcp, {2: tcp, 3: tcp}, more=["table=1,actions="])

# The Nicira extensions.
does("check_pkt_larger(60)->NXM_NX_REG0[0],resubmit(,5)", tcp, {2: tcp},
     more=["table=5,reg0=1,actions=output:2", "table=5,reg0=0,actions=output:3"])
does("check_pkt_larger(600)->NXM_NX_REG0[0],resubmit(,5)", tcp, {3: tcp},
     more=["table=5,reg0=1,actions=output:2", "table=5,reg0=0,actions=output:3"])
does("bundle(eth_src,0,active_backup,ofport,members:2,3)", tcp, {2: tcp})
does("bundle(eth_src,0,active_backup,ofport,members:77,3)", tcp, {3: tcp})
does("bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG0[],members:2,3),output:NXM_NX_REG0[]",
     tcp, {2: tcp})
does("multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[0..3]),load:2->NXM_NX_REG1[],output:NXM_NX_REG1[]",
     tcp, {2: tcp})
conjunction = [
    "priority=5,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)",
    "priority=5,ip,nw_src=10.0.0.3,actions=conjunction(7,1/2)",
    "priority=5,tcp,tcp_dst=80,actions=conjunction(7,2/2)",
    "priority=5,udp,udp_dst=53,actions=conjunction(7,2/2)",
    "priority=5,conj_id=7,ip,actions=output:2", "priority=1,actions=output:3"]
world.case("conjunction: both", conjunction, tcp, {2: tcp})
world.case("conjunction: both, otherwise", conjunction, udp, {2: udp})
world.case("conjunction: one is not enough", conjunction, sctp, {3: sctp})
stranger = changed(tcp, lambda p: setattr(p[IP], "src", "10.0.0.9"))
world.case("conjunction: the other is not enough", conjunction, stranger, {3: stranger})
back = changed(tcp, lambda p: (setattr(p, "src", MAC2), setattr(p, "dst", MAC1)))
try:
    world.program(["table=0,priority=1,actions=learn(table=1,priority=3,hard_timeout=60,"
                   "NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),goto_table:1",
                   "table=1,priority=1,actions=flood"])
    world.check("learn: unknown", tcp, {2: tcp, 3: tcp, 4: tcp})
    for _ in range(100):  # what was learned is there soon, not at once
        if "priority=3" in world.ofctl("dump-flows", world.switch, "table=1"):
            break
    world.check("learn: known", back, {1: back}, port=3)
    again = changed(tcp, lambda p: None)
    for _ in range(100):
        if world.ofctl("dump-flows", world.switch, "table=1").count("priority=3") == 2:
            break
    world.check("learn: both known", again, {3: again})
except AssertionError as why:
    sys.exit(str(why))
print("%d frames were exactly right" % world.n_cases)
