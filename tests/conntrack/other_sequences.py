"""Random packets of what is not TCP: each function makes one sequence of RNG."""

import struct
from types import SimpleNamespace

import kernel
import packets as p
from tcp_sequences import Packet

V4 = (kernel.LEFT4, kernel.RIGHT4)
V6 = (kernel.LEFT6, kernel.RIGHT6)


def hosts_of(rng):
    return V6 if rng.random() < 0.4 else V4


def sequence(packets, proto=0, hosts=None, ports=None):
    return SimpleNamespace(packets=packets, proto=proto, hosts=hosts, ports=ports)


def udp(rng):
    hosts, ports = hosts_of(rng), (rng.randrange(1024, 65536), 53)
    out = []
    for _ in range(rng.randrange(1, 9)):
        side = rng.randrange(2)
        data = bytes(rng.randrange(40))
        size = rng.choice([None] * 8 + [0, 7, 8, 9, 60, 2000])
        ends = (hosts[side], hosts[1 - side])
        out.append(Packet(side, p.ip(*ends, p.UDP, p.udp(*ends, ports[side], ports[1 - side], data,
                                                         size)), f"udp of {len(data)}, says {size}"))
    return sequence(out)


def query(rng):
    """Queries of ICMP and their answers, of both ends under the same identifiers."""
    v6 = rng.random() < 0.4
    hosts = V6 if v6 else V4
    kinds = [128, 129, 139, 140, 127, 131, 143, 200] if v6 else [8, 0, 13, 14, 15, 16, 17, 18, 9, 10, 6, 40]
    some = rng.sample(kinds, 2) + kinds[:2]
    out = []
    for _ in range(rng.randrange(2, 10)):
        side, kind = rng.randrange(2), rng.choice(some)
        code = rng.choice([0, 0, 0, 0, 1])
        ends = (hosts[side], hosts[1 - side])
        rest = struct.pack("!HH", rng.choice([7, 7, 8]), 1)
        data = p.icmp6(*ends, kind, code, rest) if v6 else p.icmp(kind, code, rest, bytes(12))
        out.append(Packet(side, p.ip(*ends, p.ICMP6 if v6 else p.ICMP, data),
                          f"type {kind} code {code} id {rest[1]}"))
    return sequence(out)


def other(rng):
    """Protocols of which only the addresses count."""
    hosts = hosts_of(rng)
    out = []
    for _ in range(rng.randrange(1, 8)):
        side, proto = rng.randrange(2), rng.choice([50, 89, 112, 253])
        out.append(Packet(side, p.ip(hosts[side], hosts[1 - side], proto, bytes(rng.randrange(30))),
                          f"protocol {proto}"))
    return sequence(out)


def error(rng):
    """ICMP errors about a connection of UDP, TCP or ICMP, true ones and damaged ones."""
    v6 = rng.random() < 0.4
    hosts = V6 if v6 else V4
    ports = (rng.randrange(1024, 65536), 80)
    first = p.udp(*hosts, *ports, bytes(20))
    about = rng.choice([p.UDP, p.TCP, p.ICMP6 if v6 else p.ICMP, 253])
    if about == p.TCP:
        first = p.tcp(*hosts, *ports, p.SYN, 1, 0, 1000)[40 if v6 else 20:]
    elif about in (p.ICMP, p.ICMP6):
        first = p.icmp6(*hosts, 128, 0, bytes(4), bytes(20)) if v6 else p.icmp(8, 0, bytes(4), bytes(20))
    elif about == 253:
        first = bytes(20)
    packet = p.ip(*hosts, about, first)
    out = [Packet(0, packet, f"first, of protocol {about}")]
    for _ in range(rng.randrange(1, 6)):
        side = rng.choice([1, 1, 1, 0])
        src, dst = hosts[side], hosts[1 - side]
        quoted = bytearray(packet)
        damage = rng.choice(["none"] * 5 + ["cut", "version", "header length", "port", "address",
                                            "other address", "protocol", "fragment", "extension"])
        if damage == "cut":
            quoted = quoted[:rng.choice([0, 1, 10, 20, 24, 27, 28, 40, 44, 47, 48])]
        elif damage == "version":
            quoted[0] ^= rng.choice([0x10, 0x40, 0x20])
        elif damage == "header length" and not v6:
            quoted[0] = 0x40 | rng.choice([0, 4, 6, 15])
        elif damage == "port":
            quoted[42 if v6 else 22] ^= 1
        elif damage == "address":
            quoted[23 if v6 else 15] ^= 0x40  # of who is told
        elif damage == "other address":
            quoted[39 if v6 else 19] ^= 0x40
        elif damage == "protocol":
            quoted[6 if v6 else 9] ^= 0x55
        elif damage == "fragment" and not v6:
            quoted[7] = rng.choice([1, 0x20])
        elif damage == "extension" and v6:
            quoted = quoted[:6] + b"\0" + quoted[7:40] + bytes([about, 0]) + bytes(6) + quoted[40:]
        kind = rng.choice([1, 2, 3, 4, 0, 100, 127] if v6 else [3, 3, 4, 5, 11, 12])
        code = rng.randrange(4)
        data = (p.icmp6(src, dst, kind, code, bytes(4), bytes(quoted)) if v6
                else p.icmp(kind, code, bytes(4), bytes(quoted)))
        out.append(Packet(side, p.ip(src, dst, p.ICMP6 if v6 else p.ICMP, data),
                          f"error {kind}/{code}, {damage}"))
    return sequence(out)


def sctp(rng):
    """An association, some chunks of which are out of place or under a wrong tag."""
    hosts, ports = hosts_of(rng), (rng.randrange(1024, 65536), 3868)
    tags = [rng.randrange(1, 1 << 32), rng.randrange(1, 1 << 32)]  # that each end chose
    out = []

    def emit(side, words, chunks, vtag=None):
        vtag = tags[1 - side] if vtag is None else vtag
        ends = (hosts[side], hosts[1 - side])
        out.append(Packet(side, p.ip(*ends, p.SCTP, p.sctp(ports[side], ports[1 - side], vtag,
                                                           chunks)), words))

    def init(side):
        return struct.pack("!IIHHI", tags[side], 65535, 10, 10, 1)

    steps = [
        lambda: emit(0, "init", [p.chunk(1, 0, init(0))], 0),
        lambda: emit(1, "init ack", [p.chunk(2, 0, init(1))]),
        lambda: emit(0, "cookie echo", [p.chunk(10, 0, bytes(8))]),
        lambda: emit(1, "cookie ack", [p.chunk(11)]),
        lambda: emit(0, "data", [p.chunk(0, 3, bytes(16))]),
        lambda: emit(1, "sack", [p.chunk(3, 0, bytes(12))]),
        lambda: emit(0, "heartbeat", [p.chunk(4, 0, bytes(8))]),
        lambda: emit(1, "heartbeat ack", [p.chunk(5, 0, bytes(8))]),
        lambda: emit(1, "shutdown", [p.chunk(7, 0, bytes(4))]),
        lambda: emit(0, "shutdown ack", [p.chunk(8)]),
        lambda: emit(1, "shutdown complete", [p.chunk(14)]),
    ]
    strange = [
        lambda side: emit(side, "abort", [p.chunk(6)]),
        lambda side: emit(side, "reflected abort", [p.chunk(6, 1)], tags[side]),
        lambda side: emit(side, "abort, wrong tag", [p.chunk(6)], 12345),
        lambda side: emit(side, "data, wrong tag", [p.chunk(0, 3, bytes(16))], 12345),
        lambda side: emit(side, "no chunk", []),
        lambda side: emit(side, "empty chunk", [b"\0\0\0\0"]),
        lambda side: emit(side, "cookie ack, wrong tag", [p.chunk(11)], 12345),
    ]
    for step in steps[rng.choice([0, 0, 0, 0, 4, 6]):]:
        if rng.random() < 0.1:
            rng.choice(strange)(rng.randrange(2))
        if rng.random() < 0.95:
            step()
    return sequence(out, p.SCTP, hosts, ports)


def fragment(hosts, proto, data, ident, at, size, is_last):
    """Bytes AT and so many more of DATA as one packet."""
    part = data[at:at + size]
    if hosts is V6 or ":" in hosts[0]:
        header = struct.pack("!BBHI", proto, 0, at | (not is_last), ident)
        return p.ipv6(*hosts, proto, part, extensions=(44, header))
    return p.ipv4(*hosts, proto, part, ident=ident & 0xFFFF, fragment=at // 8 | (not is_last) << 13)


def datagram(rng):
    """The fragments of one datagram, the first one first: (offset, size, packet) each, and whether
    they are as a sender makes them."""
    hosts, ident = hosts_of(rng), rng.getrandbits(32)
    ports = (rng.randrange(1024, 65536), 53)
    size = rng.choice([100, 1000, 3000, 9000])
    proto = rng.choice([p.UDP, p.UDP, p.ICMP6 if hosts is V6 else p.ICMP])
    if proto == p.UDP:
        data = p.udp(*hosts, *ports, bytes(size))
    elif hosts is V6:
        data = p.icmp6(*hosts, 128, 0, bytes(4), bytes(size))
    else:
        data = p.icmp(8, 0, bytes(4), bytes(size))
    step = rng.choice([24, 80, 600, 1448]) if size <= 1000 else rng.choice([600, 1448, 2000])
    parts = [(at, min(step, len(data) - at)) for at in range(0, len(data), step)]
    kind = rng.choice(["in order"] * 4 + ["mixed", "one missing", "overlap", "twice"])
    if len(parts) < 3:
        kind = "in order"
    if kind == "mixed":
        later = parts[1:]
        rng.shuffle(later)
        parts[1:] = later
    elif kind == "one missing":
        del parts[rng.randrange(1, len(parts))]
    elif kind == "overlap":
        at = rng.randrange(1, len(parts))
        parts[at] = (parts[at][0] - 8, parts[at][1] + 8)
    elif kind == "twice":
        parts.insert(rng.randrange(1, len(parts)), parts[0])
    packets = [(at, n, fragment(hosts, proto, data, ident, at, n, at + n == len(data)))
               for at, n in parts]
    return SimpleNamespace(kind=kind, size=len(data), fragments=packets)


SEQUENCES = {"udp": udp, "query": query, "other": other, "error": error, "sctp": sctp}
