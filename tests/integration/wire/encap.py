#!/usr/bin/env python3
"""encap.py SWITCH CONTAINER... [SEED]: random sequences of pushing, popping and setting tags, labels
and backbone headers, against a model that is written down in bytes.  Each step has a table of its
own, which matches just what the model says the frame has by then."""
import random
import struct
import sys

sys.path.insert(1, __file__.rsplit("/", 2)[0])
import openflow
from packets import *
from world import FENCE_TYPE, World

N_SEQUENCES = 400
MAX_TAGS = 4  # that the switch follows; one more is the Ethertype
TAGS = b"\x81\x00", b"\x88\xa8"
MPLS_TYPES = 0x8847, 0x8848
VLAN_VID, VLAN_PCP, MPLS_LABEL, MPLS_TC, MPLS_BOS, PBB_ISID = 6, 7, 34, 35, 36, 37


def number(data):
    return int.from_bytes(data, "big")


class Frame:
    """What the actions must make of it (OF 1.3.5 sections 5.12 and 7.2.5)."""

    def __init__(self, data):
        self.d = bytearray(data)

    def n_tags(self):
        n = 0
        while n < MAX_TAGS and bytes(self.d[12 + 4 * n:14 + 4 * n]) in TAGS:
            n += 1
        return n

    def type_at(self):
        return 12 + 4 * self.n_tags()

    def type(self):
        return number(self.d[self.type_at():self.type_at() + 2])

    def l3(self):
        return self.type_at() + 2

    def is_mpls(self):
        return self.type() in MPLS_TYPES

    def entry(self):
        return number(self.d[self.l3():self.l3() + 4])

    def set_bits(self, at, n, value, mask):
        old = number(self.d[at:at + n])
        self.d[at:at + n] = ((old & ~mask) | (value & mask)).to_bytes(n, "big")

    def ip_ttl_at(self, at):
        return {4: at + 8, 6: at + 7}.get(self.d[at] >> 4)

    def inner_ttl_at(self):
        at = self.l3() + 4
        return self.ip_ttl_at(at) if self.entry() & 0x100 else at + 3

    def push_vlan(self, tpid):
        self.d[12:12] = struct.pack("!H", tpid) + (self.d[14:16] if self.n_tags() else b"\0\0")

    def pop_vlan(self):
        del self.d[12:16]

    def push_mpls(self, eth_type):
        entry = 0x100
        if self.is_mpls():
            entry = self.entry() & ~0x100
        elif self.type() in (0x0800, 0x86dd):
            entry |= self.d[self.ip_ttl_at(self.l3())]
        at = self.type_at()
        self.d[at:at + 2] = struct.pack("!HI", eth_type, entry)

    def pop_mpls(self, eth_type):
        at = self.type_at()
        self.d[at:at + 6] = struct.pack("!H", eth_type)

    def push_pbb(self):
        tag = (self.d[14] >> 5 << 29) if self.n_tags() else 0
        if self.type() == 0x88e7:
            tag |= self.entry() & 0xffffff
        self.d[0:0] = bytes(self.d[:12]) + struct.pack("!HI", 0x88e7, tag)

    def pop_pbb(self):
        tags, inner = self.d[12:self.type_at()], self.d[self.l3() + 4:]
        self.d = inner[:12] + tags + inner[12:]

    def copy_ttl_in(self):
        at = self.inner_ttl_at()
        self.d[at] = self.d[self.l3() + 3]
        ip = self.l3() + 4
        if self.entry() & 0x100 and self.d[ip] >> 4 == 4:
            self.d[ip + 10:ip + 12] = b"\0\0"
            total = sum(struct.unpack("!10H", self.d[ip:ip + 20]))
            total = (total & 0xffff) + (total >> 16)
            self.d[ip + 10:ip + 12] = struct.pack("!H", 0xffff - ((total & 0xffff) + (total >> 16)))

    def match(self):
        """All that the switch may know of it, as OXM."""
        out = oxm(openflow.ETH_TYPE, 2, self.type())
        if self.n_tags():
            tci = number(self.d[14:16])
            out += oxm(VLAN_VID, 2, 0x1000 | (tci & 0xfff)) + oxm(VLAN_PCP, 1, tci >> 13)
        else:
            out += oxm(VLAN_VID, 2, 0)
        if self.is_mpls():
            out += oxm(MPLS_LABEL, 4, self.entry() >> 12) + oxm(MPLS_TC, 1, self.entry() >> 9 & 7)
            out += oxm(MPLS_BOS, 1, self.entry() >> 8 & 1)
        if self.type() == 0x88e7:
            out += oxm(PBB_ISID, 3, self.entry() & 0xffffff)
        out = struct.pack("!HH", 1, 4 + len(out)) + out
        return out + bytes(-len(out) % 8)


def oxm(field, size, value):
    return struct.pack("!HBB", 0x8000, field << 1, size) + value.to_bytes(size, "big")


def set_field(field, size, value):
    body = oxm(field, size, value)
    body += bytes(-(4 + len(body)) % 8)
    return struct.pack("!HH", 25, 4 + len(body)) + body


def simple(kind, argument=0):
    return struct.pack("!HHHxx", kind, 8, argument)


def steps(f, rng):
    """What may be done to F now: [(name, action, change)]; a change of structure has a flag."""
    out, vid, pcp = [], rng.randrange(4096), rng.randrange(8)
    label, ttl, isid = rng.randrange(1 << 20), rng.randrange(256), rng.randrange(1 << 24)
    tpid, mpls_type = rng.choice([0x8100, 0x88a8]), rng.choice(MPLS_TYPES)
    l3 = f.l3()
    if f.n_tags() < 3:
        out.append(("push_vlan %x" % tpid, simple(17, tpid), lambda: f.push_vlan(tpid)))
    if f.n_tags():
        out += [("pop_vlan", simple(18), f.pop_vlan),
                ("vid %d" % vid, set_field(VLAN_VID, 2, 0x1000 | vid),
                 lambda: f.set_bits(14, 2, vid, 0xfff)),
                ("pcp %d" % pcp, set_field(VLAN_PCP, 1, pcp),
                 lambda: f.set_bits(14, 2, pcp << 13, 0xe000))]
    if f.type() != 0x88e7:
        out.append(("push_mpls %x" % mpls_type, simple(19, mpls_type),
                    lambda: f.push_mpls(mpls_type)))
    if len(f.d) < 220:
        out.append(("push_pbb", simple(26, 0x88e7), f.push_pbb))
    if f.type() == 0x88e7:
        out += [("pop_pbb", simple(27), f.pop_pbb),
                ("isid %d" % isid, set_field(PBB_ISID, 3, isid),
                 lambda: f.set_bits(l3 + 1, 3, isid, 0xffffff))]
    if f.is_mpls():
        below = {4: 0x0800, 6: 0x86dd}.get(f.d[l3 + 4] >> 4, 0x6558)
        below = below if f.entry() & 0x100 else 0x8847
        out += [("pop_mpls %x" % below, simple(20, below), lambda: f.pop_mpls(below)),
                ("label %d" % label, set_field(MPLS_LABEL, 4, label),
                 lambda: f.set_bits(l3, 4, label << 12, 0xfffff000)),
                ("tc %d" % pcp, set_field(MPLS_TC, 1, pcp),
                 lambda: f.set_bits(l3, 4, pcp << 9, 0xe00)),
                ("mpls_ttl %d" % ttl, struct.pack("!HHBxxx", 15, 8, ttl),
                 lambda: f.set_bits(l3, 4, ttl, 0xff))]
        if f.entry() & 0xff > 1:
            out.append(("dec_mpls_ttl", simple(16), lambda: f.set_bits(l3 + 3, 1, f.d[l3 + 3] - 1, 0xff)))
        if f.inner_ttl_at():
            out += [("copy_ttl_in", simple(12), f.copy_ttl_in),
                    ("copy_ttl_out", simple(11),
                     lambda: f.set_bits(l3 + 3, 1, f.d[f.inner_ttl_at()], 0xff))]
    return out


def flow(table, priority, match, instructions):
    return struct.pack("!QQBBHHHIIIHxx", 0, 0, table, openflow.ADD, 0, 0, priority,
                       openflow.NO_BUFFER, openflow.ANY, openflow.ANY, 0) + match + instructions


def sequence(rng):
    """(words, flows, frame sent, {port: [frames]})."""
    f = Frame(bytes(rng.choice(FRAMES)))
    sent, want, flows, words = bytes(f.d), {}, [], []
    n = rng.randrange(1, 13)
    for table in range(n):
        match = f.match()
        name, action, change = rng.choice(steps(f, rng))
        change()
        words.append(name)
        actions = [action]
        if rng.randrange(4) == 0 or table == n - 1:
            port = 2 if table == n - 1 else rng.choice([3, 4])
            actions.append(openflow.output_action(port))
            want.setdefault(port, []).append(bytes(f.d))
            words.append("output %d" % port)
        more = b"" if table == n - 1 else openflow.goto(table + 1)
        flows.append(flow(table, 5, match, openflow.apply(*actions) + more))
    return words, flows, sent, want


FRAMES = [tcp, udp6, arp, icmp6, vlan(tcp, 5, 3), vlan(vlan(udp, 6, 2), 7, 5, kind=Dot1AD),
          vlan(vlan(vlan(udp6, 6, 2), 7, 5), 8, 1, kind=Dot1AD), mpls(tcp, 17, ttl=9, cos=2),
          mpls(udp6, 17, 18, 19, 20, ttl=9, cos=2), vlan(mpls(udp, 17, 18, ttl=9), 5, 3),
          *fragments(udp), *fragments6(udp6), pbb(tcp, 77, pcp=3), pbb(vlan(tcp, 5, 3), 77)]


def main():
    containers = sys.argv[2:6]
    rng = random.Random(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
    world = World(sys.argv[1], containers)
    switch = openflow.Switch((sys.argv[1].split(":")[1], int(sys.argv[1].split(":")[2])))
    fence = flow(0, 65535, openflow.match(eth_type=FENCE_TYPE),
                 openflow.apply(*[openflow.output_action(p) for p in (0xfffffff8, 2, 3, 4)]))
    delete = struct.pack("!QQBBHHHIIIHxx", 0, 0, 0xff, openflow.DELETE, 0, 0, 0,
                         openflow.NO_BUFFER, openflow.ANY, openflow.ANY, 0) + openflow.match()
    for _ in range(N_SEQUENCES):
        words, flows, sent, want = sequence(rng)
        messages = [switch.pack(openflow.FLOW_MOD, body) for body in [delete, fence] + flows]
        switch.s.sendall(b"".join(messages))
        barrier = switch.send(openflow.BARRIER_REQUEST)
        kind, xid, body = switch.receive()
        if (kind, xid) != (openflow.BARRIER_REPLY, barrier):
            sys.exit("%s: refused: type %d, %s" % (", ".join(words), kind, body.hex()))
        try:
            world.check(", ".join(words), sent, want)
        except AssertionError as why:
            sys.exit(str(why))
    print("%d sequences were exactly right" % world.n_cases)


main()
