#!/usr/bin/env python3
"""connections.py SWITCH CONTAINER...: what strangers try against a stateful firewall, frame by frame.
Who is at port 1 may open connections to port 2, who is there may only answer."""
import random
import sys

from scapy.all import ICMP, IP, TCP, UDP, Ether, IPv6, IPv6ExtHdrFragment, ICMPv6DestUnreach

from packets import MAC1, MAC2
from world import World

FLOWS = [
    "table=0,priority=10,ip,actions=ct(table=1,zone=1)",
    "table=0,priority=10,ipv6,actions=ct(table=1,zone=1)",
    "table=1,priority=100,ct_state=+inv+trk,actions=drop",
    "table=1,priority=90,ct_state=+est+trk,actions=goto_table:2",
    "table=1,priority=90,ct_state=+rel+trk,actions=goto_table:2",
    "table=1,priority=80,ct_state=+new+trk,ip,in_port=1,actions=ct(commit,zone=1),goto_table:2",
    "table=1,priority=80,ct_state=+new+trk,ipv6,in_port=1,actions=ct(commit,zone=1),goto_table:2",
    "table=2,in_port=1,actions=output:2",
    "table=2,in_port=2,actions=output:1",
]
A, B = "10.0.0.1", "10.0.0.2"
A6, B6 = "fd00::1", "fd00::2"
OUT, IN = Ether(src=MAC1, dst=MAC2), Ether(src=MAC2, dst=MAC1)
DATA = b"some bytes of data"
world = World(sys.argv[1], sys.argv[2:])
world.program(FLOWS)


def passes(name, frame, port):
    world.check(name, frame, {3 - port: frame}, port)


def dropped(name, frame, port=2):
    world.check(name, frame, {}, port)


def may_pass(frame, port):
    """What its receiver throws away itself, as it has had it already: the kernel lets it pass too,
    and what matters is what becomes of the connection."""
    world.ports[port].send(bytes(frame))
    world.fence(port)


class Connection:
    """TCP from A to B: what is sent by each end in turn, and must pass."""
    next_port = 20000

    def __init__(self, dport=80):
        Connection.next_port += 1
        self.ports = Connection.next_port, dport
        self.seq = {1: 1000, 2: 500000}
        self.window = 8192

    def frame(self, port, flags, data=b"", seq=None, ack=None):
        way = port == 1
        seq = self.seq[port] if seq is None else seq
        ack = self.seq[3 - port] if ack is None else ack
        if "A" not in flags:
            ack = 0
        sport, dport = self.ports if way else self.ports[::-1]
        options = [("MSS", 1460)] if "S" in flags else []
        return (OUT if way else IN) / IP(src=A if way else B, dst=B if way else A) / TCP(
            sport=sport, dport=dport, flags=flags, seq=seq % 2**32, ack=ack % 2**32,
            window=self.window, options=options) / data

    def sends(self, name, port, flags, data=b""):
        passes(name, self.frame(port, flags, data), port)
        self.seq[port] += len(data) + ("S" in flags) + ("F" in flags)

    def opened(self):
        self.sends("SYN", 1, "S")
        self.sends("SYN and ACK", 2, "SA")
        self.sends("ACK", 1, "A")
        self.goes_on("after the handshake")
        return self

    def goes_on(self, name):
        for port in 1, 2, 1:
            self.sends("data " + name, port, "PA", DATA)
        self.sends("ACK " + name, 2, "A")


def nobody_gets_in():
    for flags in "S", "SA", "A", "PA", "F", "FA", "FPU", "", "R", "RA", "SF", "SR", "FSRPAU":
        c = Connection()
        dropped("flags '%s' from outside" % flags, c.frame(2, flags, seq=77, ack=88))
    dropped("UDP from outside", IN / IP(src=B, dst=A) / UDP(sport=53, dport=1000) / DATA)
    dropped("an echo request", IN / IP(src=B, dst=A) / ICMP(type=8, id=4) / DATA)
    dropped("an echo reply that nobody asked for", IN / IP(src=B, dst=A) / ICMP(type=0, id=4) / DATA)


def resets():
    c = Connection().opened()
    for distance in 2**31, 10**6, -10**6, 2**16 * 3:
        dropped("a reset %d off" % distance, c.frame(2, "R", seq=c.seq[2] + distance))
        dropped("a reset with ACK %d off" % distance, c.frame(2, "RA", seq=c.seq[2] + distance))
    c.goes_on("after false resets")
    c.sends("a true reset", 2, "RA")


def data_outside_of_the_window():
    c = Connection().opened()
    for distance in 2**17, 10**6, 2**30:
        dropped("data %d ahead" % distance, c.frame(2, "PA", DATA, seq=c.seq[2] + distance))
        dropped("a FIN %d ahead" % distance, c.frame(2, "FA", seq=c.seq[2] + distance))
        dropped("an ACK of %d that were not sent" % distance, c.frame(2, "A", ack=c.seq[1] + distance))
        may_pass(c.frame(2, "PA", DATA, seq=c.seq[2] - distance), 2)
        may_pass(c.frame(2, "FA", seq=c.seq[2] - distance), 2)
        may_pass(c.frame(2, "A", ack=c.seq[1] - distance), 2)
    c.goes_on("after data outside of the window")


def guesses():
    c = Connection().opened()
    rng = random.Random(5)
    for _ in range(200):
        distance, flags = rng.randrange(2**20, 2**32 - 2**20), rng.choice(["PA", "RA", "FA"])
        frame = c.frame(2, flags, DATA, seq=c.seq[2] + distance)
        if distance < 2**31 or "R" in flags:
            dropped("a guess %d off" % distance, frame)
        else:
            may_pass(frame, 2)
    c.goes_on("after guesses")


def syn_in_established():
    """Whether it passes, so that the end can challenge it, or not: the connection goes on."""
    c = Connection().opened()
    for port, flags in (2, "S"), (2, "SA"), (1, "S"):
        may_pass(c.frame(port, flags, seq=c.seq[port] + 12345), port)
    c.goes_on("after a SYN")
    c.sends("FIN", 1, "FA")
    c.sends("FIN of the other", 2, "FA")
    c.sends("the last ACK", 1, "A")


def simultaneous_open():
    c = Connection()
    c.sends("SYN", 1, "S")
    c.sends("SYN of the other", 2, "S")
    for port in 1, 2:
        c.seq[port] -= 1
        c.sends("SYN and ACK of both", port, "SA")
    c.goes_on("after a simultaneous open")


def half_open_answers():
    c = Connection()
    c.sends("SYN", 1, "S")
    dropped("SYN and ACK of what was not sent", c.frame(2, "SA", ack=c.seq[1] + 5000))
    c.sends("SYN and ACK", 2, "SA")
    c.sends("ACK", 1, "A")
    c.goes_on("after a false SYN and ACK")


def udp_and_its_errors():
    ask = OUT / IP(src=A, dst=B) / UDP(sport=4000, dport=53) / DATA
    passes("a question", ask, 1)
    passes("its answer", IN / IP(src=B, dst=A) / UDP(sport=53, dport=4000) / DATA, 2)
    dropped("another port", IN / IP(src=B, dst=A) / UDP(sport=53, dport=4001) / DATA)
    dropped("another sender", IN / IP(src="10.0.0.9", dst=A) / UDP(sport=53, dport=4000) / DATA)
    error = IN / IP(src="10.0.0.254", dst=A) / ICMP(type=3, code=4)
    passes("a true error", error / bytes(ask[IP]), 2)
    for name, inner in (("ports", IP(src=A, dst=B) / UDP(sport=4009, dport=53) / DATA),
                        ("protocol", IP(src=A, dst=B) / TCP(sport=4000, dport=53)),
                        ("addresses", IP(src="10.0.0.7", dst=B) / UDP(sport=4000, dport=53) / DATA)):
        dropped("an error about foreign " + name, error / bytes(inner))
    dropped("an error cut short", error / bytes(ask[IP])[:20])
    dropped("an error about an error", error / bytes(IP(src=A, dst=B) / ICMP(type=3, code=1) / bytes(ask[IP])))
    dropped("an error to another than it is about", Ether(src=MAC2, dst=MAC1) /
            IP(src="10.0.0.254", dst="10.0.0.77") / ICMP(type=3, code=4) / bytes(ask[IP]))


def udp6_and_its_errors():
    ask = OUT / IPv6(src=A6, dst=B6) / UDP(sport=4000, dport=53) / DATA
    passes("a question by IPv6", ask, 1)
    passes("its answer", IN / IPv6(src=B6, dst=A6) / UDP(sport=53, dport=4000) / DATA, 2)
    dropped("another port", IN / IPv6(src=B6, dst=A6) / UDP(sport=53, dport=4001) / DATA)
    error = IN / IPv6(src="fd00::fe", dst=A6) / ICMPv6DestUnreach(code=1)
    passes("a true error by IPv6", error / ask[IPv6], 2)
    dropped("a forged one", error / (IPv6(src=A6, dst=B6) / UDP(sport=4009, dport=53) / DATA))


def fragment(src, dst, ident, at, more, body, way=IN):
    return way / IP(src=src, dst=dst, proto=17, id=ident, flags="MF" if more else 0, frag=at // 8) / body


def fragments():
    udp = bytes((IP(src=B, dst=A) / UDP(sport=53, dport=5000) / bytes(40))[UDP])
    passes("the question", OUT / IP(src=A, dst=B) / UDP(sport=5000, dport=53) / DATA, 1)
    passes("the answer's first fragment", fragment(B, A, 1, 0, True, udp[:24]), 2)
    passes("and its last", fragment(B, A, 1, 24, False, udp[24:]), 2)
    dropped("a last fragment of nothing", fragment(B, A, 2, 24, False, udp[24:]))
    other = bytes((IP(src=B, dst=A) / UDP(sport=53, dport=6000) / bytes(40))[UDP])
    dropped("a first fragment to another port", fragment(B, A, 3, 0, True, other[:24]))
    dropped("and its last", fragment(B, A, 3, 24, False, other[24:]))


def overlaps():
    """A port that is allowed in the first fragment, overwritten by another."""
    udp = bytes((IP(src=B, dst=A) / UDP(sport=53, dport=5000) / bytes(40))[UDP])
    other = bytes((IP(src=B, dst=A) / UDP(sport=53, dport=6000) / bytes(40))[UDP])
    passes("an allowed first fragment", fragment(B, A, 4, 0, True, udp[:24]), 2)
    dropped("a second first fragment with another port", fragment(B, A, 4, 0, True, other[:24]))
    tcp = bytes((IP(src=B, dst=A) / TCP(sport=80, dport=22, flags="S"))[TCP])
    tiny = IN / IP(src=B, dst=A, proto=6, id=5, flags="MF")
    dropped("a tiny first fragment of TCP", tiny / tcp[:8])
    dropped("what would be written over its flags",
            IN / IP(src=B, dst=A, proto=6, id=5, frag=1) / tcp[8:])
    dropped("an offset of 8 without a first one", IN / IP(src=B, dst=A, proto=6, id=6, frag=1) / tcp[8:])


def fragments6():
    head = dict(nh=17, id=9)
    udp = bytes((IPv6(src=B6, dst=A6) / UDP(sport=53, dport=5000) / bytes(40))[UDP])
    other = bytes((IPv6(src=B6, dst=A6) / UDP(sport=53, dport=6000) / bytes(40))[UDP])
    top = IN / IPv6(src=B6, dst=A6)
    passes("the question", OUT / IPv6(src=A6, dst=B6) / UDP(sport=5000, dport=53) / DATA, 1)
    passes("the first fragment", top / IPv6ExtHdrFragment(m=1, **head) / udp[:24], 2)
    passes("and the last", top / IPv6ExtHdrFragment(offset=3, **head) / udp[24:], 2)
    head["id"] = 10
    dropped("a last fragment of nothing", top / IPv6ExtHdrFragment(offset=3, **head) / udp[24:])
    dropped("another port", top / IPv6ExtHdrFragment(m=1, **head) / other[:24])


TRICKS = (nobody_gets_in, resets, data_outside_of_the_window, guesses, syn_in_established,
          simultaneous_open, half_open_answers, udp_and_its_errors, udp6_and_its_errors, fragments,
          overlaps, fragments6)
failed = []
for trick in TRICKS:
    before = world.n_cases
    try:
        trick()
    except AssertionError as why:
        print("FAILED: %s: %s" % (trick.__name__, why))
        failed.append(trick.__name__)
        continue
    print("%s: %d packets judged" % (trick.__name__, world.n_cases - before))
sys.exit("wrong: " + ", ".join(failed) if failed else 0)
