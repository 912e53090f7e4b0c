"""Random TCP connections: two ends that mostly do as they should, and someone who does not."""

from dataclasses import dataclass

import packets as p

MASK = 0xFFFFFFFF


def less(a, b):
    return (a - b) & 0x80000000 != 0


@dataclass
class Packet:
    side: int  # 0: from the left
    data: bytes
    words: str
    flags: int = 0


class End:
    def __init__(self, rng):
        # One in four wraps around soon.
        self.isn = rng.getrandbits(32) if rng.random() < 0.75 else -rng.randrange(3000) & MASK
        self.next = self.isn  # what it sends next
        self.seen = 0  # the end of what it has seen of its peer
        self.has_seen = False
        self.raw = rng.choice([1, 512, 8192, 29200, 64240, 65535])
        self.scale = rng.choice([None, 0, 2, 7, 14])
        self.sack = rng.random() < 0.7
        self.history = []  # (seq, size) of data it sent


class Tcp:
    """Packets of one connection."""

    def __init__(self, rng, hosts, sport, dport):
        self.rng = rng
        self.hosts = hosts
        self.ports = (sport, dport)
        self.ends = [End(rng), End(rng)]
        self.out = []

    def emit(self, side, words, flags, seq, ack=0, win=None, size=0, options=b"", **more):
        end = self.ends[side]
        win = end.raw if win is None else win
        packet = p.tcp(self.hosts[side], self.hosts[1 - side], self.ports[side],
                       self.ports[1 - side], flags, seq, ack, win, bytes(size), options, **more)
        self.out.append(Packet(side, packet,
                               f"{words}: flags {flags:#x} seq {seq & MASK} ack {ack & MASK} "
                               f"win {win} size {size} options {options.hex()}", flags))

    def syn_options(self, side):
        end = self.ends[side]
        options = b"\x02\x04\x05\xb4"
        if end.sack:
            options += b"\x04\x02\x01\x01"
        if end.scale is not None:
            options += bytes([1, 3, 3, end.scale])
        return options

    # What ends do.

    def syn(self, side):
        end = self.ends[side]
        flags = p.SYN | self.rng.choice([0, 0, 0, p.ECE | p.CWR])
        self.emit(side, "syn", flags, end.isn, options=self.syn_options(side))
        end.next = end.isn + 1 & MASK

    def synack(self, side):
        end = self.ends[side]
        self.hear(side)
        self.emit(side, "syn+ack", p.SYN | p.ACK, end.isn, end.seen, options=self.syn_options(side))
        end.next = end.isn + 1 & MASK

    def hear(self, side):
        end = self.ends[side]
        end.seen = self.ends[1 - side].next
        end.has_seen = True

    def ack(self, side):
        self.hear(side)
        end = self.ends[side]
        self.emit(side, "ack", p.ACK, end.next, end.seen)

    def data(self, side):
        end = self.ends[side]
        size = self.rng.choice([1, 10, 500, 1460])
        if self.rng.random() < 0.7:
            self.hear(side)
        self.emit(side, "data", p.ACK | self.rng.choice([0, p.PSH]), end.next, end.seen, size=size)
        end.history.append((end.next, size))
        end.next = end.next + size & MASK

    def fin(self, side):
        end = self.ends[side]
        self.hear(side)
        self.emit(side, "fin", p.FIN | p.ACK, end.next, end.seen)
        end.history.append((end.next, 0))
        end.next = end.next + 1 & MASK

    def fin_again(self, side):
        end = self.ends[side]
        self.emit(side, "fin again", p.FIN | p.ACK, end.next - 1, end.seen)

    def again(self, side):
        end = self.ends[side]
        if end.history:
            seq, size = self.rng.choice(end.history)
            self.emit(side, "again", p.ACK, seq, end.seen, size=size)

    def keep_alive(self, side):
        end = self.ends[side]
        self.emit(side, "keep-alive", p.ACK, end.next - 1, end.seen, size=self.rng.choice([0, 1]))

    def close_window(self, side):
        self.hear(side)
        end = self.ends[side]
        self.emit(side, "zero window", p.ACK, end.next, end.seen, win=0)

    def probe(self, side):
        end = self.ends[side]
        self.emit(side, "probe", p.ACK, end.next, end.seen, size=1)
        end.history.append((end.next, 1))
        end.next = end.next + 1 & MASK

    def selective(self, side):
        end, peer = self.ends[side], self.ends[1 - side]
        if not peer.history:
            return
        seq, size = self.rng.choice(peer.history)
        block = b"\x01\x01\x05\x0a" + (seq & MASK).to_bytes(4, "big") + (
            seq + size & MASK).to_bytes(4, "big")
        self.emit(side, "sack", p.ACK, end.next, end.seen, options=block)

    def reset(self, side):
        end = self.ends[side]
        if self.rng.random() < 0.5 and end.has_seen:
            self.emit(side, "reset", p.RST | p.ACK, end.next, end.seen, win=0)
        else:
            self.emit(side, "reset", p.RST, end.next, 0, win=0)

    def urgent(self, side):
        end = self.ends[side]
        self.emit(side, "urgent", p.ACK | p.URG, end.next, end.seen)

    # What strangers do.

    def forged_reset(self, side):
        end, peer = self.ends[side], self.ends[1 - side]
        seq = end.next + self.rng.choice([-100000, -2000, -1, 1, 2, 300, peer.raw, 1 << 21, 1 << 30, 1 << 31])
        flags = p.RST | self.rng.choice([0, p.ACK])
        self.emit(side, "forged reset", flags, seq, end.seen if flags & p.ACK else 0)

    def reset_zero(self, side):
        self.emit(side, "reset 0", p.RST | self.rng.choice([0, p.ACK]), 0,
                  self.ends[side].seen, win=0)

    def far_data(self, side):
        end = self.ends[side]
        seq = end.next + self.rng.choice([-3000000, -200000, -70000, -40000, 70000, 3000000, 1 << 31])
        self.emit(side, "far data", p.ACK, seq, end.seen, size=self.rng.choice([0, 1, 1000]))

    def near_data(self, side):
        end, peer = self.ends[side], self.ends[1 - side]
        seq = end.next + self.rng.choice([1, 100, 1460, peer.raw - 1, peer.raw, peer.raw + 1])
        self.emit(side, "near data", p.ACK, seq, end.seen, size=self.rng.choice([0, 1, 1000]))

    def far_ack(self, side):
        end = self.ends[side]
        ack = end.seen + self.rng.choice([-3000000, -100000, -67000, -60000, -1, 1, 2, 1000, 70000, 1 << 31])
        self.emit(side, "far ack", p.ACK, end.next, ack, size=self.rng.choice([0, 0, 10]))

    def bad_flags(self, side):
        end = self.ends[side]
        flags = self.rng.choice([0, p.FIN, p.SYN | p.FIN, p.SYN | p.RST, p.PSH | p.URG | p.FIN,
                                 0x3F, p.RST | p.FIN, p.SYN | p.ACK | p.URG, p.SYN | p.URG, p.RST | p.URG,
                                 p.URG, p.FIN | p.URG | p.ACK, p.SYN | p.PSH, p.FIN | p.ACK | p.RST])
        self.emit(side, "flags", flags, end.next, end.seen)

    def bad_offset(self, side):
        end = self.ends[side]
        self.emit(side, "offset", p.ACK, end.next, end.seen, offset=self.rng.choice([6, 10, 15]))

    def stray_syn(self, side):
        end = self.ends[side]
        seq = self.rng.choice([end.isn, end.next, end.next + 1, end.next + 100000, end.next - 100000,
                               self.rng.getrandbits(32)])
        self.emit(side, "stray syn", p.SYN, seq, options=self.syn_options(side))

    def stray_synack(self, side):
        end = self.ends[side]
        ack = self.rng.choice([end.seen, end.seen + 1, self.rng.getrandbits(32)])
        self.emit(side, "stray syn+ack", p.SYN | p.ACK,
                  self.rng.choice([end.isn, end.next, self.rng.getrandbits(32)]), ack,
                  options=self.syn_options(side))

    def new_connection(self, side):
        """The same ports again, as after the end of the connection or of a host."""
        end = self.ends[side]
        end.isn = end.next + self.rng.choice([1, 100000, -100000, 1 << 30]) & MASK
        end.has_seen = False
        self.syn(side)
        if self.rng.random() < 0.7:
            self.ends[1 - side].isn = self.rng.getrandbits(32)
            self.synack(1 - side)
            if self.rng.random() < 0.8:
                self.ack(side)

    # All together.

    LEGAL = ["ack", "data", "data", "data", "ack", "again", "keep_alive", "close_window", "probe",
             "selective", "fin", "fin", "fin_again", "reset", "urgent"]
    FORGED = ["forged_reset", "reset_zero", "far_data", "near_data", "far_ack", "bad_flags",
              "bad_offset", "stray_syn", "stray_synack", "new_connection", "syn", "synack"]

    def open(self):
        way = self.rng.random()
        if way < 0.6:
            self.syn(0)
            self.synack(1)
            self.ack(0)
        elif way < 0.7:
            self.syn(0)
            self.syn(0)
            self.synack(1)
            self.synack(1)
            self.ack(0)
        elif way < 0.78:
            self.syn(0)
            self.syn(1)
            self.synack(1)
            self.synack(0)
            self.ack(0)
        elif way < 0.86:
            self.syn(0)
        elif way < 0.93:  # from the middle
            for end in self.ends:
                end.next = end.isn + 1 & MASK
            self.hear(0)
            self.hear(1)

    def close(self):
        first = self.rng.randrange(2)
        self.fin(first)
        if self.rng.random() < 0.5:
            self.ack(1 - first)
        self.fin(1 - first)
        self.ack(first)

    def run(self):
        self.open()
        evil = self.rng.choice([0, 0.2, 0.5])
        for _ in range(self.rng.randrange(2, 14)):
            names = self.FORGED if self.rng.random() < evil else self.LEGAL
            getattr(self, self.rng.choice(names))(self.rng.randrange(2))
        if self.rng.random() < 0.6:
            self.close()
            for _ in range(self.rng.randrange(4)):
                names = self.FORGED + ["ack", "fin_again"]
                getattr(self, self.rng.choice(names))(self.rng.randrange(2))
        return self.out
