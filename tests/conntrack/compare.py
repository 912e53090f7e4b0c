#!/usr/bin/python3
"""compare.py JUDGE [SEQUENCES [SEED]]: the same packets to the kernel's connection tracking and to
ours (JUDGE, the program); every verdict and state must be the same, or differ as
docs/connections.md says.  In a network namespace of its own, as root."""

import collections
import random
import subprocess
import sys
from types import SimpleNamespace

import differences
import kernel
import packets
from other_sequences import SEQUENCES, datagram
from tcp_sequences import Tcp

ETHER = {4: bytes(12) + b"\x08\x00", 6: bytes(12) + b"\x86\xdd"}
NOTHING = ("-", False)


class Ours:
    STATES = ((1, "new"), (2, "est"), (4, "rel"), (8, "rpl"))
    INVALID = 16

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def flush(self):
        self.process.stdin.write("flush\n")

    def judge(self, packet):
        """Verdict, and (state, is assured) of the connection."""
        self.process.stdin.write((ETHER[packet[0] >> 4] + packet).hex() + "\n")
        self.process.stdin.flush()
        state, name, assured, _, drop = self.process.stdout.readline().split()
        state = int(state, 16)
        if drop != "-":
            return "dropped", NOTHING
        if state & self.INVALID:
            return "inv", NOTHING
        return "+".join(w for bit, w in self.STATES if state & bit), (name, assured == "1")


def words_of_mark(mark):
    if mark is None:
        return "dropped"
    if mark & (kernel.INV | kernel.UNTRACKED):
        return "inv"  # as Open vSwitch has what Linux does not track
    words = [w for bit, w in ((kernel.NEW, "new"), (kernel.EST, "est"), (kernel.REL, "rel"))
             if mark & bit]
    return "+".join(words + ["rpl"] * bool(mark & kernel.REPLY))


class Comparison:
    def __init__(self, program):
        self.kernel = kernel.Kernel()
        self.ours = Ours(program)
        self.counts = collections.Counter()
        self.n_bad = 0

    def fresh(self):
        self.kernel.flush()
        self.ours.flush()

    def state_in_kernel(self, proto, hosts, ports):
        if not ports:
            return NOTHING
        for turn in (1, -1):
            found = self.kernel.connection(proto, *hosts[::turn], *ports[::turn])
            if found:
                return found[:2]
        return NOTHING

    def run(self, name, sequence, proto, hosts, ports, **more):
        """True: the same to the end."""
        log = [f"{name}:"]
        kernel_was = ours_was = NOTHING
        had_reset = False
        self.fresh()
        for packet in sequence:
            marks = self.kernel.judge(packet.side, [packet.data])
            theirs = words_of_mark(marks[0] if marks else None)
            kernel_is = self.state_in_kernel(proto, hosts, ports)
            mine, ours_is = self.ours.judge(packet.data)
            if mine == "inv":
                ours_is = ours_was if ours_was != NOTHING else kernel_is
            log.append(f"  {'><'[packet.side]} {packet.words}\n"
                       f"      kernel {theirs} {kernel_is}, ours {mine} {ours_is}")
            self.counts["packets"] += 1
            if theirs != mine or (ports and not differences.is_same_state(kernel_is, ours_is)):
                case = SimpleNamespace(flags=packet.flags, side=packet.side, kernel=theirs,
                                       ours=mine, kernel_was=kernel_was, kernel_is=kernel_is,
                                       ours_was=ours_was, ours_is=ours_is, packet=packet,
                                       had_reset=had_reset, **more)
                reason = getattr(differences, name.split()[0], lambda case: None)(case)
                if reason:
                    self.counts[reason] += 1
                else:
                    self.n_bad += 1
                    print("\n".join(log))
                return False
            kernel_was, ours_was = kernel_is, ours_is
            had_reset |= bool(packet.flags & packets.RST) and theirs != "inv"
        return True

    def tcp(self, seed):
        rng = random.Random(seed)
        v6 = rng.random() < 0.3
        hosts = (kernel.LEFT6, kernel.RIGHT6) if v6 else (kernel.LEFT4, kernel.RIGHT4)
        ports = (rng.randrange(1024, 65536), rng.choice([22, 80, 443]))
        connection = Tcp(rng, hosts, *ports)
        return self.run(f"tcp sequence {seed}", connection.run(), packets.TCP, hosts, ports,
                        has_scale=any(end.scale for end in connection.ends),
                        has_wide=any(end.raw == 65535 for end in connection.ends))

    def fragments(self, seed):
        """The kernel judges the datagram that it has put together, we each fragment."""
        d = datagram(random.Random(seed))
        self.fresh()
        marks = set(self.kernel.judge(0, [packet for _, _, packet in d.fragments]))
        ours = [(at, size, self.ours.judge(packet)[0]) for at, size, packet in d.fragments]
        self.counts["packets"] += len(ours)
        passed = {unit for at, size, words in ours if words not in ("dropped", "inv")
                  for unit in range(at, at + size)}
        theirs = {words_of_mark(mark) for mark in marks}
        if theirs:
            good = {words for _, _, words in ours} == theirs
        else:
            # One fragment at least must not get through, if they are all there.
            good = d.kind == "one missing" or passed != set(range(d.size)) or len(ours) == 1
        if not good:
            self.n_bad += 1
            print(f"datagram {seed}, {d.kind}, {d.size} bytes: kernel {theirs}, ours {ours}")
        return bool(theirs)


def main():
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    c = Comparison(sys.argv[1])
    n_same = sum(c.tcp(seed) for seed in range(first, first + n))
    print(f"TCP: {n_same} of {n} sequences the same to the end")
    for kind, make in SEQUENCES.items():
        for seed in range(first, first + n // 8):
            sequence = make(random.Random(seed))
            c.run(f"{kind} sequence {seed}", sequence.packets, sequence.proto, sequence.hosts,
                  sequence.ports)
        print(f"{kind}: {n // 8} sequences")
    n_whole = sum(c.fragments(seed) for seed in range(first, first + n // 4))
    print(f"datagrams in pieces: {n_whole} of {n // 4} arrive")
    for reason, count in sorted(c.counts.items()):
        print(f"{count:6} {reason}")
    if c.n_bad:
        raise SystemExit(f"{c.n_bad} sequences differ without a reason")
    # Most must come through, else nothing is compared.
    if n_same < n * 0.6:
        raise SystemExit(f"only {n_same} of {n} sequences of TCP are the same to the end")


if __name__ == "__main__":
    main()
