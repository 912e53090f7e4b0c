#!/usr/bin/env python3
"""ping.py ADDRESS COUNT INTERVAL: so many echo requests; each must be answered, however late.

busybox's ping gives up on the last ones after a second, which a machine that stands still for longer
takes for a loss.  Here a reply is lost when PATIENCE has passed without any."""
import os
import select
import socket
import struct
import sys
import time

PATIENCE = 30
SO_RCVBUFFORCE = 33  # replies come at once when what stood still goes on


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def request(number):
    head = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, number)
    data = head + bytes(56)
    return data[:2] + struct.pack("!H", checksum(data)) + data[4:]


def main(address, count, interval):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    s.connect((address, 0))
    left, sent = set(range(count)), 0
    next_at = last = time.monotonic()
    while left and time.monotonic() < last + PATIENCE:
        if sent < count and time.monotonic() >= next_at:
            s.send(request(sent))
            sent += 1
            next_at = last = time.monotonic() + interval
        if not select.select([s], [], [], max(0, next_at - time.monotonic()) if sent < count else 1)[0]:
            continue
        packet = s.recv(2048)
        kind, _, _, ident, number = struct.unpack("!BBHHH", packet[(packet[0] & 15) * 4:][:8])
        if kind == 0 and ident == os.getpid() & 0xFFFF:
            left.discard(number)
            last = time.monotonic()
    print("%d of %d answered" % (count - len(left), count))
    sys.exit("lost: %s" % sorted(left) if left else 0)


main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
