#!/usr/bin/env python3
"""Judges a capture file of TCP and UDP over IPv4 or IPv6.

capture.py FILE MAX MIN      every frame is at most MAX bytes, with right lengths and checksums;
                             at least MIN of them are of full size
"""
import struct
import sys


def total(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return s


def frames(path):
    with open(path, "rb") as f:
        assert len(f.read(24)) == 24, "no capture header"
        while header := f.read(16):
            yield f.read(struct.unpack("<IIII", header)[2])


def check(frame):
    ip = frame[14:]
    kind = frame[12:14]
    if kind == b"\x08\x00":
        size, = struct.unpack(">H", ip[2:4])
        head = (ip[0] & 15) * 4
        proto, addresses = ip[9], ip[12:20]
        assert total(ip[:head]) == 0xffff, "IPv4 header checksum"
    elif kind == b"\x86\xdd":
        size, head = struct.unpack(">H", ip[4:6])[0] + 40, 40
        proto, addresses = ip[6], ip[8:40]
    else:
        return False
    if proto not in (6, 17):
        return False
    assert size <= len(ip), "IP length beyond the frame"
    l4 = ip[head:size]
    assert total(addresses + struct.pack(">II", len(l4), proto) + l4) == 0xffff, "checksum"
    return True


path, largest, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
n_full = 0
for i, frame in enumerate(frames(path)):
    try:
        assert len(frame) <= largest, "%d bytes" % len(frame)
        if check(frame) and len(frame) == largest:
            n_full += 1
    except AssertionError as why:
        sys.exit("frame %d: %s: %s" % (i, why, frame[:80].hex()))
if n_full < wanted:
    sys.exit("only %d frames of %d bytes" % (n_full, largest))
