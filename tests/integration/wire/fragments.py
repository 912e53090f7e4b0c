#!/usr/bin/env python3
"""fragments.py SWITCH CONTAINER...: which bucket of a select group frames go to: all fragments of a
packet to one, and all packets of a flow, whatever changes from packet to packet."""
import sys

from scapy.all import IP, IPv6, TCP, UDP, Dot1AD

from packets import *
from world import World, changed

world = World(sys.argv[1], sys.argv[2:])
world.program(["actions=group:1"], ["group_id=1,type=select," + ",".join(
    "bucket=weight:1,output:%d" % (2 + i % 3) for i in range(63))])


def port_of(frame):
    world.ports[1].send(bytes(frame))
    came = world.fence(1)
    assert list(came.values()) == [[bytes(frame)]], "%s came out as %s" % (frame.summary(), came)
    world.n_cases += 1
    return next(iter(came))


used = set()


def together(name, frames):
    ports = [port_of(f) for f in frames]
    if len(set(ports)) != 1:
        sys.exit("%s: frames of one flow went to ports %s" % (name, ports))
    used.add(ports[0])


def tagged(frame):
    return vlan(frame, 5)


def stacked(frame):
    return vlan(vlan(frame, 5), 7, kind=Dot1AD)


try:
    for i in range(1, 13):
        u4 = eth / IP(src="10.0.1.%d" % i, dst="10.0.0.2") / UDP(sport=7, dport=8) / DATA
        u6 = eth / IPv6(src="fd00::1:%d" % i, dst="fd00::2") / UDP(sport=7, dport=8) / DATA
        options = eth / IPv6(src="fd00::1:%d" % i, dst="fd00::2") / IPv6ExtHdrDestOpt() / UDP() / DATA
        for wrap in Ether, tagged, stacked:
            together("IPv4 fragments", [wrap(bytes(f)) for f in fragments(u4)])
            together("IPv6 fragments", [wrap(bytes(f)) for f in fragments6(u6)])
            together("IPv6 fragments with options", [wrap(bytes(f)) for f in fragments6(options)])
        together("TTL, TOS and id", [changed(u4, lambda p: (setattr(p[IP], "ttl", n), setattr(
            p[IP], "tos", n), setattr(p[IP], "id", n))) for n in (1, 64, 255)])
        together("hop limit and label", [changed(u6, lambda p: (setattr(p[IPv6], "hlim", n), setattr(
            p[IPv6], "fl", n))) for n in (1, 64, 255)])
        together("priority of a tag", [vlan(u4, 5, pcp) for pcp in (0, 3, 7)])
        for below in (), (5,), (5, 6):
            together("TTL and class of a label", [mpls(u4, 100 + i, *below, ttl=n, cos=n % 8)
                                                  for n in (1, 5, 64)])
except AssertionError as why:
    sys.exit(str(why))
if used != {2, 3, 4}:
    sys.exit("only the ports %s were used" % used)
print("%d frames went where they must" % world.n_cases)
