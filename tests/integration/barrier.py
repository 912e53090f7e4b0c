#!/usr/bin/env python3
"""barrier.py ROUNDS SECONDS: after each reply the very next packet must obey.

    c1 (port 1) -- switch -- c2 (port 2), c3 (port 3), c5 (port 5);  c4 (port 4) floods c5 meanwhile

Each round changes where c1's frames go, waits for the reply to a barrier or a bundle's commit, sends
one frame at once and looks where it comes out, then asks how many the flow has counted.
"""
import ctypes
import os
import select
import socket
import sys
import time

import openflow

ETHERTYPE = 0x88B5
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def raw_socket(netns):
    """A packet socket on eth0 of a container."""
    ours = os.open("/proc/self/ns/net", os.O_RDONLY)
    theirs = os.open("/run/netns/" + netns, os.O_RDONLY)
    assert libc.setns(theirs, CLONE_NEWNET) == 0
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    s.bind(("eth0", ETHERTYPE))
    assert libc.setns(ours, CLONE_NEWNET) == 0
    os.close(ours)
    os.close(theirs)
    return s


def frame(number):
    return bytes.fromhex("ffffffffffff02000000000188b5") + number.to_bytes(46, "big")


def arrival(outs, number, seconds):
    """The port by which the frame of that number came out, or None."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for s in select.select(list(outs), [], [], left)[0]:
            data, address = s.recvfrom(2048)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            got = int.from_bytes(data[14:60], "big")
            assert got == number, "frame %d came out of port %d late or twice" % (got, outs[s])
            return outs[s]
    return None


def plan(i):
    """The way to change the table in round I, and the port that must follow."""
    port = 2 + i % 2
    if i % 5 == 4:
        return openflow.DELETE_STRICT, 5  # what is left is the flow below it
    if i % 5 in (1, 3):
        return openflow.MODIFY_STRICT, port
    return openflow.ADD, port


def run(rounds, seconds):
    switch = openflow.Switch(("127.0.0.1", 6654))
    what = openflow.match(in_port=1, eth_type=ETHERTYPE)
    sender = raw_socket("c1")
    outs = {raw_socket("c2"): 2, raw_socket("c3"): 3, raw_socket("c5"): 5}
    switch.change(switch.flow_mod(openflow.ADD, what, 5, priority=1))
    counted, exists, done = 0, False, 0
    end = time.monotonic() + seconds
    for i in range(rounds):
        command, port = plan(i)
        if command == openflow.MODIFY_STRICT and not exists:
            command = openflow.ADD
        change = switch.bundle if i % 4 == 3 else switch.change
        change(switch.flow_mod(command, what, port, cookie=1))
        if not exists:
            counted = 0
        exists = command != openflow.DELETE_STRICT
        sender.send(frame(i))
        came = arrival(outs, i, 5)
        assert came == port, "round %d: expected port %s, came out of %s" % (i, port, came)
        counted = counted + 1 if exists else 0  # an add that replaces keeps the counts
        if exists:
            n = switch.count(what, cookie=1)
            assert n == counted, "round %d: the flow counted %d, not %d" % (i, n, counted)
        done += 1
        if time.monotonic() > end:
            break
    print("%d changes, each obeyed by the very next packet and counted exactly" % done)
    assert done >= min(rounds, 200), "only %d rounds in %d s" % (done, seconds)


run(int(sys.argv[1]), int(sys.argv[2]))
