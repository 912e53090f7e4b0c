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
import time

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, GET_VRING_BASE = 8, 9, 10, 11
SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ENABLE = 12, 13, 18
MEMORY = 1 << 20
random.seed(1)


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(20)
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


def start_device(break_rings, told=MEMORY):
    """A guest with memory and two rings, whose descriptors point anywhere; it says that it has
    TOLD bytes of memory."""
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
        send(s, SET_MEM_TABLE, struct.pack("<IIQQQQ", 1, 0, 0, told, 0, 0), [memory])
        for ring in range(2):
            base = ring * 0x10000
            send(s, SET_VRING_NUM, struct.pack("<II", ring, 256))
            send(s, SET_VRING_BASE, struct.pack("<II", ring, 0))
            send(s, SET_VRING_ADDR, struct.pack("<IIQQQQ", ring, 0, base, base + 0x2000, base + 0x1000, 0))
            send(s, SET_VRING_KICK, struct.pack("<Q", ring), [kicks[ring]])
            send(s, SET_VRING_CALL, struct.pack("<Q", ring), [kicks[ring]])
            send(s, SET_VRING_ENABLE, struct.pack("<II", ring, 1))
        break_rings(view, memory)
        if break_rings is frames:
            wait_until_taken(view, kicks)
        for _ in range(20):
            for kick in kicks:
                os.eventfd_write(kick, 1)
            if os.fstat(memory).st_size == MEMORY:
                view[0x11002:0x11004] = random.randbytes(2)
        send(s, GET_VRING_BASE, struct.pack("<II", 0, 0))
        s.recv(4096)
        if os.fstat(memory).st_size == MEMORY:
            view[0:0x20000] = random.randbytes(0x20000)
    except OSError:
        pass
    s.close()
    view.close()
    for fd in (memory, *kicks):
        os.close(fd)


n_taken = 0  # rounds of which the switch has taken descriptors


def wait_until_taken(view, kicks):
    """Some rounds have descriptors that cannot be taken: only the first time there is patience."""
    global n_taken
    end = time.monotonic() + (0.05 if n_taken else 10)
    while time.monotonic() < end:
        for kick in kicks:
            os.eventfd_write(kick, 1)
        time.sleep(0.001)
        if view[0x12002:0x12004] != b"\0\0":
            n_taken += 1
            return


def random_rings(view, _):
    view[0:0x20000] = random.randbytes(0x20000)


def frames(view, _):
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


def descriptors(view, describe):
    """describe(i): address, length, flags and next of descriptor i, in both rings."""
    for i in range(256):
        for ring in (0, 0x10000):
            view[ring + 16 * i:ring + 16 * i + 16] = struct.pack("<QIHH", *describe(i))
            view[ring + 0x1004 + 2 * i:ring + 0x1006 + 2 * i] = struct.pack("<H", i)
    for ring in (0, 0x10000):
        view[ring + 0x1002:ring + 0x1004] = struct.pack("<H", 256)


def loops(view, _):
    descriptors(view, lambda i: (0x40000, 64, 1, random.choice([i, (i + 1) % 256, 0])))


def edges(view, _):
    """Buffers at and beyond the end of the memory, and around the end of all addresses."""
    places = MEMORY, MEMORY - 8, MEMORY - 60, 1 << 40, 2**64 - 1, 2**64 - 64
    descriptors(view, lambda i: (random.choice(places), random.choice([60, 2**32 - 1]), 0, 0))


def beyond_file(view, _):
    descriptors(view, lambda i: (MEMORY * random.choice([1, 2, 3]), 60, random.choice([0, 2]), 0))


def shrink(view, memory):
    descriptors(view, lambda i: (0x40000, 60, 0, 0))
    os.ftruncate(memory, 0)


for _ in range(30):
    garbage()
every_request_wrong()
for _ in range(15):
    start_device(random_rings)
    start_device(frames)
for _ in range(3):
    start_device(loops)
    start_device(edges)
    start_device(beyond_file, 4 * MEMORY)
    start_device(shrink)
