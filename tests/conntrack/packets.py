"""Packets as bytes, from IP on.  No library: thousands of them are made, many wrong on purpose."""

import socket
import struct

ICMP, TCP, UDP, ICMP6, SCTP = 1, 6, 17, 58, 132
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(src, dst, proto, payload, ident=0, fragment=0):
    """FRAGMENT is the header's field: flags and offset."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, fragment, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, proto, payload, extensions=b""):
    """EXTENSIONS end with a next header of PROTO; the first one's type is their first byte's place
    taker: a pair (type, bytes) is simpler, so it is one."""
    first, ext = extensions or (proto, b"")
    return (struct.pack("!IHBB", 6 << 28, len(ext) + len(payload), first, 64)
            + socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
            + ext + payload)


def ip(src, dst, proto, payload, **more):
    return (ipv6 if ":" in src else ipv4)(src, dst, proto, payload, **more)


def pseudo(src, dst, proto, size):
    if ":" in src:
        return (socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
                + struct.pack("!II", size, proto))
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, proto, size)


def with_checksum(src, dst, proto, data, at):
    value = checksum(pseudo(src, dst, proto, len(data)) + data)
    return data[:at] + struct.pack("!H", value) + data[at + 2:]


def tcp(src, dst, sport, dport, flags, seq, ack, win, data=b"", options=b"", offset=None):
    options += bytes(-len(options) % 4)
    offset = 5 + len(options) // 4 if offset is None else offset
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                          offset << 4, flags, win, 0, 0) + options + data
    return ip(src, dst, TCP, with_checksum(src, dst, TCP, segment, 16))


def udp(src, dst, sport, dport, data=b"", size=None):
    size = 8 + len(data) if size is None else size
    return with_checksum(src, dst, UDP, struct.pack("!HHHH", sport, dport, size, 0) + data, 6)


def icmp(kind, code, rest, data=b""):
    """REST: the four bytes behind the checksum."""
    message = struct.pack("!BBH", kind, code, 0) + rest + data
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def icmp6(src, dst, kind, code, rest, data=b""):
    return with_checksum(src, dst, ICMP6, struct.pack("!BBH", kind, code, 0) + rest + data, 2)


def chunk(kind, flags=0, data=b""):
    return struct.pack("!BBH", kind, flags, 4 + len(data)) + data + bytes(-len(data) % 4)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(sport, dport, vtag, chunks):
    head = struct.pack("!HHI", sport, dport, vtag)
    body = b"".join(chunks)
    return head + struct.pack("<I", crc32c(head + bytes(4) + body)) + body
