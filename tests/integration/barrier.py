#!/usr/bin/env python3
"""barrier.py ROUNDS SECONDS: after each reply the very next packet must obey.

ROUNDS of each kind, or as many as fit in SECONDS, but never fewer than LEAST, however slow the machine
is: nothing here fails for want of time.

    c1 (port 1) -- switch -- c2 (port 2), c3 (port 3), c5 (port 5);  c4 (port 4) floods c5 meanwhile

Each round changes where c1's frames go, by flows, groups and meters, waits for the reply to a barrier
or a bundle's commit, sends one frame at once and looks where it comes out, then asks how many the
flow has counted.  With bundles over two tables no frame of the flood may meet half a change.
"""
import ctypes
import os
import select
import socket
import sys
import time

import openflow

ETHERTYPE = 0x88B5
LEAST = 100
PATIENCE = 60  # seconds for a frame that must come
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


class Clock:
    """Whether to go on after a number of rounds."""

    def __init__(self, rounds, seconds):
        self.rounds, self.end = rounds, time.monotonic() + seconds

    def goes_on(self, done):
        return done < min(LEAST, self.rounds) or \
            done < self.rounds and time.monotonic() < self.end


def arrival(outs, number, seconds, stale=()):
    """The port by which the frame of that number came out, or None.  Frames of the numbers STALE may
    still come from rounds before."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for s in select.select(list(outs), [], [], left)[0]:
            data, address = s.recvfrom(2048)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            got = int.from_bytes(data[14:60], "big")
            if got in stale:
                continue
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


def flows(switch, sender, outs, clock):
    what = openflow.match(in_port=1, eth_type=ETHERTYPE)
    switch.change(switch.flow_mod(openflow.ADD, what, 5, priority=1))
    counted, exists, i = 0, False, 0
    while clock.goes_on(i):
        command, port = plan(i)
        if command == openflow.MODIFY_STRICT and not exists:
            command = openflow.ADD
        change = switch.bundle if i % 4 == 3 else switch.change
        change(switch.flow_mod(command, what, port, cookie=1))
        if not exists:
            counted = 0
        exists = command != openflow.DELETE_STRICT
        sender.send(frame(i))
        came = arrival(outs, i, PATIENCE)
        assert came == port, "round %d: expected port %s, came out of %s" % (i, port, came)
        counted = counted + 1 if exists else 0  # an add that replaces keeps the counts
        if exists:
            n = switch.count(what, cookie=1)
            assert n == counted, "round %d: the flow counted %d, not %d" % (i, n, counted)
        i += 1
    switch.change(switch.flow_mod(openflow.DELETE, what))
    return i


def groups(switch, sender, outs, clock):
    """The flow stays, its group changes."""
    what = openflow.match(in_port=1, eth_type=ETHERTYPE)
    switch.change(switch.group_mod(openflow.ADD, 1, 5),
                  switch.flow_mod(openflow.ADD, what, does=openflow.apply(openflow.group_action(1))))
    i = 0
    while clock.goes_on(i):
        port = 2 + i % 2
        change = switch.bundle if i % 4 == 3 else switch.change
        change(switch.group_mod(openflow.MODIFY, 1, port))
        sender.send(frame(i))
        came = arrival(outs, i, PATIENCE)
        assert came == port, "group, round %d: expected port %s, came out of %s" % (i, port, came)
        i += 1
    switch.change(switch.group_mod(2, 1))  # the flow goes with it
    return i


def meters(switch, sender, outs, clock):
    """A meter that was just changed lets one frame pass, and not a second.  The flow's count tells
    when the switch has seen both; the meter fills again within a second, so a round in which this
    machine stood still for longer says nothing about the second, and is not counted."""
    what = openflow.match(in_port=1, eth_type=ETHERTYPE)
    through = openflow.meter(1) + openflow.output(3)
    switch.change(switch.meter_mod(openflow.ADD, 1, 1, 1),
                  switch.flow_mod(openflow.ADD, what, does=through))
    judged, i, stale = 0, 0, set()
    while clock.goes_on(judged):
        start = time.monotonic()
        switch.change(switch.meter_mod(openflow.MODIFY, 1, 1, 1))
        sender.send(frame(i))
        sender.send(frame(2**32 + i))
        while (n := switch.count(what)) < 2 * i + 2:
            assert time.monotonic() < start + PATIENCE, "meter, round %d: %d frames seen" % (i, n)
        stood_still = time.monotonic() > start + 0.9
        came = arrival(outs, i, PATIENCE, stale)
        assert came == 3, "meter, round %d: the first frame came out of %s" % (i, came)
        if stood_still:
            stale.add(2**32 + i)
        else:
            # One that comes later than this is found by the rounds that follow.
            came = arrival(outs, 2**32 + i, 0.002, stale)
            assert came is None, "meter, round %d: the second frame passed" % i
            judged += 1
        i += 1
    switch.change(switch.meter_mod(2, 1, 1, 1))
    return judged


def halves(switch, sender, outs, clock):
    """Two tables that agree on a number, which bundles change in both; a frame that met the one
    half changed and the other not would miss the second table's flow."""
    what = openflow.match(in_port=4)
    miss = openflow.match()

    def both(n, command=openflow.ADD):
        second = openflow.match(metadata=n)
        return [switch.flow_mod(command, what, table=0, priority=50, does=openflow.goto(1, n)),
                switch.flow_mod(openflow.ADD, second, 5, table=1)]

    switch.bundle(switch.flow_mod(openflow.ADD, miss, table=1, priority=0, cookie=9,
                                  does=openflow.apply()), *both(1))
    i = 0
    while clock.goes_on(i) or switch.count(what, table=0) <= 1000:
        gone = openflow.match(metadata=i + 1)
        switch.bundle(*both(i + 2), switch.flow_mod(openflow.DELETE_STRICT, gone, table=1))
        i += 1
    missed = switch.count(miss, table=1, cookie=9)
    passed = switch.count(what, table=0)
    switch.bundle(switch.flow_mod(openflow.DELETE, miss, table=1),
                  switch.flow_mod(openflow.DELETE_STRICT, what, priority=50))
    assert missed == 0, "%d of %d frames met half a bundle" % (missed, passed)
    return i


def run(rounds, seconds):
    switch = openflow.Switch(("127.0.0.1", 6654))
    sender = raw_socket("c1")
    outs = {raw_socket("c2"): 2, raw_socket("c3"): 3, raw_socket("c5"): 5}
    for kind in flows, groups, meters, halves:
        done = kind(switch, sender, outs, Clock(rounds, seconds))
        print("%s: %d changes, each obeyed by the very next packet" % (kind.__name__, done))


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
