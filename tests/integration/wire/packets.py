"""Frames that the wire tests send, one of each kind."""
from scapy.all import (ARP, Dot1AD, Dot1Q, Ether, ICMP, ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS,
                       ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IP, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, SCTP, TCP, UDP)
from scapy.contrib.mpls import MPLS

MAC1, MAC2 = "02:00:00:00:00:01", "02:00:00:00:00:02"
DATA = b"an odd number of bytes, and more than the shortest frame needs."

eth = Ether(src=MAC1, dst=MAC2)
ip = eth / IP(src="10.0.0.1", dst="10.0.0.2", tos=0x51, ttl=64, id=7)
ip6 = eth / IPv6(src="fd00::1", dst="fd00::2", tc=0x51, fl=0x12345, hlim=64)
l4 = {
    "tcp": TCP(sport=1000, dport=80, flags="PA", seq=5) / DATA,
    "udp": UDP(sport=1000, dport=53) / DATA,
    "sctp": SCTP(sport=7, dport=8) / DATA,
}
tcp, udp, sctp = (ip / l4[name] for name in ("tcp", "udp", "sctp"))
tcp6, udp6, sctp6 = (ip6 / l4[name] for name in ("tcp", "udp", "sctp"))
icmp = ip / ICMP(type=8, code=0, id=3) / DATA
icmp6 = ip6 / ICMPv6EchoRequest(data=DATA)
arp = eth / ARP(op=1, hwsrc=MAC1, psrc="10.0.0.1", hwdst="00:00:00:00:00:00", pdst="10.0.0.2")
nd6 = eth / IPv6(src="fd00::1", dst="fd00::2", hlim=255)
ns = nd6 / ICMPv6ND_NS(tgt="fd00::2") / ICMPv6NDOptSrcLLAddr(lladdr=MAC1)
na = nd6 / ICMPv6ND_NA(tgt="fd00::1", R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=MAC1)


def vlan(packet, vid, pcp=0, kind=Dot1Q):
    """PACKET with a tag put in front of what it has."""
    inner = Ether(bytes(packet))
    tag = kind(vlan=vid, prio=pcp, type=inner.type)
    return Ether(src=inner.src, dst=inner.dst, type=0x88A8 if kind is Dot1AD else 0x8100) / tag / inner.payload


def mpls(packet, *labels, ttl=64, cos=0, multicast=False):
    """PACKET under a stack of labels, the outermost first."""
    inner = Ether(bytes(packet))
    out = Ether(src=inner.src, dst=inner.dst, type=0x8848 if multicast else 0x8847)
    for i, label in enumerate(labels):
        out = out / MPLS(label=label, cos=cos, s=i == len(labels) - 1, ttl=ttl)
    return Ether(bytes(out) + bytes(inner.payload))


def pbb(packet, isid, uca=0, pcp=0, dst=MAC2, src=MAC1):
    """PACKET within a backbone frame (IEEE 802.1ah): B-DA, B-SA, I-TAG, then all of it but that
    its addresses come last in the tag."""
    inner = bytes(packet)
    tag = (pcp << 29 | uca << 27 | isid).to_bytes(4, "big")
    mac = lambda text: bytes.fromhex(text.replace(":", ""))
    return mac(dst) + mac(src) + b"\x88\xe7" + tag + inner


def fragments(packet, size=16):
    """The first and a later fragment of an IPv4 packet."""
    whole = Ether(bytes(packet))
    body = bytes(whole[IP].payload)
    head = dict(src=whole[IP].src, dst=whole[IP].dst, proto=whole[IP].proto, id=9, ttl=64)
    top = Ether(src=whole.src, dst=whole.dst)
    return (top / IP(flags="MF", frag=0, **head) / body[:size],
            top / IP(frag=size // 8, **head) / body[size:])


def fragments6(packet, size=16):
    whole = Ether(bytes(packet))
    body = bytes(whole[IPv6].payload)
    top = Ether(src=whole.src, dst=whole.dst) / IPv6(src=whole[IPv6].src, dst=whole[IPv6].dst)
    nh = whole[IPv6].nh
    return (top / IPv6ExtHdrFragment(nh=nh, m=1, offset=0, id=9) / body[:size],
            top / IPv6ExtHdrFragment(nh=nh, m=0, offset=size // 8, id=9) / body[size:])
