#!/usr/bin/env python3
"""A vhost-user peer that does everything wrong, again and again.

vhost_peer.py SOCKET
"""
import array
import mmap
import os
import random
import socket
import struct
import sys

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ENABLE = 12, 13, 18
MEMORY = 1 << 20
random.seed(1)


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(2)
    return s


def send(s, request, body=b"", fds=()):
    message = struct.pack("<III", request, 1, len(body)) + body
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    s.sendmsg([message], ancillary)


def garbage():
    s = connect()
    s.send(random.randbytes(random.randrange(1, 400)))
    s.close()


def every_request_wrong():
    for request in range(0, 45):
        s = connect()
        try:
            send(s, request, random.randbytes(random.randrange(0, 64)))
            send(s, request, b"\xff" * 8)
        except OSError:
            pass
        s.close()


def start_device(break_rings):
    """A guest with memory and two rings, whose descriptors point anywhere."""
    memory = os.memfd_create("guest")
    os.ftruncate(memory, MEMORY)
    view = mmap.mmap(memory, MEMORY)
    kicks = [os.eventfd(0) for _ in range(2)]
    s = connect()
    try:
        send(s, GET_FEATURES)
        s.recv(4096)
        send(s, SET_OWNER)
        send(s, SET_FEATURES, struct.pack("<Q", 1 << 32 | 1 << 30 | 1 << 15))
        send(s, SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, 0, MEMORY, 0, 0), [memory])
        for ring in range(2):
            base = ring * 0x10000
            send(s, SET_VRING_NUM, struct.pack("<II", ring, 256))
            send(s, SET_VRING_BASE, struct.pack("<II", ring, 0))
            send(s, SET_VRING_ADDR, struct.pack("<IIQQQQ", ring, 0, base, base + 0x2000, base + 0x1000, 0))
            send(s, SET_VRING_KICK, struct.pack("<Q", ring), [kicks[ring]])
            send(s, SET_VRING_CALL, struct.pack("<Q", ring), [kicks[ring]])
            send(s, SET_VRING_ENABLE, struct.pack("<II", ring, 1))
        break_rings(view)
        for _ in range(20):
            for kick in kicks:
                os.eventfd_write(kick, 1)
            view[0x11002:0x11004] = random.randbytes(2)
        send(s, GET_VRING_BASE, struct.pack("<II", 0, 0))
        s.recv(4096)
        view[0:0x20000] = random.randbytes(0x20000)
    except OSError:
        pass
    s.close()
    view.close()
    for fd in (memory, *kicks):
        os.close(fd)


def random_rings(view):
    view[0:0x20000] = random.randbytes(0x20000)


def frames(view):
    """Plausible descriptors with random offload headers and random lengths."""
    for i in range(256):
        address = 0x40000 + i * 2048
        view[address:address + 2048] = random.randbytes(2048)
        view[address:address + 2] = bytes([random.choice([0, 1, 2]), random.choice([0, 1, 3, 4, 0x81])])
        view[address + 24:address + 28] = bytes.fromhex("08004500")
        view[0x10000 + 16 * i:0x10010 + 16 * i] = struct.pack(
            "<QIHH", address, random.choice([0, 5, 12, 60, 1500, 2048, 0xffffffff]),
            random.choice([0, 0, 0, 1, 4]), random.randrange(300))
        view[0x11004 + 2 * i:0x11006 + 2 * i] = struct.pack("<H", i)
    view[0x11002:0x11004] = struct.pack("<H", 256)


for _ in range(30):
    garbage()
every_request_wrong()
for _ in range(15):
    start_device(random_rings)
    start_device(frames)
