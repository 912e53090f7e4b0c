#!/usr/bin/env python3
"""set_field.py SWITCH FROM TO: frames from a container at port 1 to one at port 2, changed by the
switch on their way; scapy tells what must come out."""
import ctypes
import os
import socket
import subprocess
import sys

from scapy.all import (ARP, Dot1Q, Ether, ICMP, ICMPv6EchoRequest, ICMPv6ND_NS,
                       ICMPv6NDOptSrcLLAddr, IP, IPv6, IPv6ExtHdrDestOpt, SCTP, TCP, UDP)

SWITCH, FROM, TO = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)


def raw_socket(container):
    """On eth0 of the container; the socket stays there when we leave."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + container, os.O_RDONLY)
    assert libc.setns(there, 0) == 0
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind(("eth0", 0))
    s.settimeout(60)
    assert libc.setns(home, 0) == 0
    return s


def ofctl(*args):
    subprocess.run(["ovs-ofctl", "-O", "OpenFlow13", *args], check=True, timeout=200)


def without_sums(packet):
    layer = packet
    while layer:
        for name in "chksum", "cksum":
            if name in layer.fields:
                delattr(layer, name)  # it is computed when the frame is made
        layer = layer.payload
    return packet


def check(match, packet, field, value, change):
    """CHANGE does to the packet's copy what the switch is to do."""
    want = without_sums(Ether(bytes(packet)))
    change(want)
    ofctl("del-flows", SWITCH)
    actions = "set_field:%s->%s,output:2" % (value, field)
    ofctl("add-flow", SWITCH, "in_port=1,%s,actions=%s" % (match, actions))
    sender.send(bytes(packet))
    got = receiver.recv(65536)
    assert got == bytes(want), "%s of %s:\n%s\nand not\n%s" % (
        field, match, Ether(got).show(dump=True), Ether(bytes(want)).show(dump=True))


def put(layer, name, value):
    return lambda packet: setattr(packet[layer], name, value)


eth = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
ip = eth / IP(src="10.0.0.1", dst="10.0.0.2", tos=0x51)
ip6 = eth / IPv6(src="fd00::1", dst="fd00::2", tc=0x51, hlim=255)
data = b"an odd number of bytes."
tcp, udp = TCP(sport=1000, dport=80, flags="PA") / data, UDP(sport=1000, dport=53) / data
packets = {
    "tcp": ip / tcp, "udp": ip / udp, "sctp": ip / SCTP(sport=7, dport=8),
    "icmp": ip / ICMP() / data,
    "tcp6": ip6 / tcp, "udp6": ip6 / udp, "icmp6": ip6 / ICMPv6EchoRequest(data=data),
}
sender, receiver = raw_socket(FROM), raw_socket(TO)
for match, packet in packets.items():
    check(match, packet, "eth_dst", "02:00:00:00:00:99", put(Ether, "dst", "02:00:00:00:00:99"))
    check(match, packet, "eth_src", "02:00:00:00:00:99", put(Ether, "src", "02:00:00:00:00:99"))
    if IP in packet:
        check(match, packet, "ip_src", "192.168.7.1", put(IP, "src", "192.168.7.1"))
        check(match, packet, "ip_dst", "192.168.7.1", put(IP, "dst", "192.168.7.1"))
        check(match, packet, "ip_dscp", 46, put(IP, "tos", 46 << 2 | 1))
        check(match, packet, "ip_ecn", 2, put(IP, "tos", 0x52))
    else:
        check(match, packet, "ipv6_src", "fd77::1:2", put(IPv6, "src", "fd77::1:2"))
        check(match, packet, "ipv6_dst", "fd77::1:2", put(IPv6, "dst", "fd77::1:2"))
        check(match, packet, "ipv6_label", "0x12345", put(IPv6, "fl", 0x12345))
        check(match, packet, "ip_dscp", 46, put(IPv6, "tc", 46 << 2 | 1))
        check(match, packet, "ip_ecn", 2, put(IPv6, "tc", 0x52))
    for layer, name in (TCP, "tcp"), (UDP, "udp"), (SCTP, "sctp"):
        if layer in packet:
            check(match, packet, name + "_src", 4242, put(layer, "sport", 4242))
            check(match, packet, name + "_dst", 4242, put(layer, "dport", 4242))
check("icmp", packets["icmp"], "icmp_type", 0, put(ICMP, "type", 0))
check("icmp", packets["icmp"], "icmp_code", 5, put(ICMP, "code", 5))
check("icmp6", packets["icmp6"], "icmpv6_code", 5, put(ICMPv6EchoRequest, "code", 5))

behind_options = ip6 / IPv6ExtHdrDestOpt() / tcp
check("tcp6", behind_options, "tcp_dst", 81, put(TCP, "dport", 81))
check("tcp6", behind_options, "ipv6_dst", "fd77::1", put(IPv6, "dst", "fd77::1"))

arp = eth / ARP(hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", pdst="10.0.0.2")
check("arp", arp, "arp_op", 2, put(ARP, "op", 2))
check("arp", arp, "arp_spa", "9.9.9.9", put(ARP, "psrc", "9.9.9.9"))
check("arp", arp, "arp_tpa", "9.9.9.9", put(ARP, "pdst", "9.9.9.9"))
check("arp", arp, "arp_sha", "02:00:00:00:00:99", put(ARP, "hwsrc", "02:00:00:00:00:99"))
check("arp", arp, "arp_tha", "02:00:00:00:00:99", put(ARP, "hwdst", "02:00:00:00:00:99"))

solicitation = ip6 / ICMPv6ND_NS(tgt="fd00::2") / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01")
nd = "icmp6,icmp_type=135"
check(nd, solicitation, "nd_target", "fd00::99", put(ICMPv6ND_NS, "tgt", "fd00::99"))
check(nd, solicitation, "nd_sll", "02:00:00:00:00:99",
      put(ICMPv6NDOptSrcLLAddr, "lladdr", "02:00:00:00:00:99"))
