#!/usr/bin/env python3
"""bad_peers.py PID: controllers that behave badly cost a good one nothing.

Each attack runs in a process of its own, from another address and, so that the capture stays small, at
another port of the switch.  Meanwhile the good controller changes a flow again and again, and each
barrier must be answered; then all attack at once.  The memory of the switch, process PID, stays within
what docs/architecture.md states of a connection."""
import multiprocessing
import signal
import socket
import struct
import sys
import time

import openflow

GOOD, BAD = ("127.0.0.1", 6654), ("127.0.0.1", 6656)
BAD_SOURCE = ("127.0.0.2", 0)
PATIENCE = 60  # seconds; what is answered at all is answered in milliseconds, but machines are busy
KIB, MIB = 1 << 10, 1 << 20
OF_CONNECTION = 320 * KIB + 16 * MIB + 1 * MIB  # not handled, not read, in parts
BUNDLE_PARTS, BIG = 100, 65000
HEAP = 8 * MIB  # the switch keeps some free memory rather than give it back
NICIRA, NOTE = 0x2320, 8
HELLO = struct.pack("!BBHIHHI", 4, 0, 16, 1, 1, 8, 1 << 4)


def header(kind, size=8):
    return struct.pack("!BBHI", 4, kind, size, 1)


def connect(receive_buffer=None):
    s = socket.socket()
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.bind(BAD_SOURCE)
    s.settimeout(PATIENCE)
    s.connect(BAD)
    return s


def big_flow_mod(eth_type):
    """As large as a message can be: a thousand outputs, and a note that fills the rest."""
    actions = openflow.output_action(2) * 1000
    size = (BIG - 200 - len(actions)) // 8 * 8
    actions += struct.pack("!HHIH", 0xFFFF, size, NICIRA, NOTE) + bytes(size - 10)
    what = openflow.match(eth_type=eth_type)
    head = struct.pack("!QQBBHHHIIIHxx", 0, 0, 9, openflow.ADD, 0, 0, 7, openflow.NO_BUFFER,
                       openflow.ANY, openflow.ANY, 0)
    body = head + what + openflow.apply(actions)
    return header(openflow.FLOW_MOD, 8 + len(body)) + body


def push(s, data, reads=True):
    """Until the switch closes the connection: all that it takes, and away with what it says."""
    s.setblocking(False)
    view = memoryview(data)
    at = 0
    while True:
        busy = False
        try:
            at = (at + s.send(view[at:])) % len(data)
            busy = True
        except BlockingIOError:
            pass
        try:
            while reads:
                if not s.recv(1 << 20):
                    return
                busy = True
        except BlockingIOError:
            pass
        if not busy:
            time.sleep(0.001)


def never_reads():
    request = struct.pack("!HHxxxx", 12, 0)  # table features, some 700 KB
    push(connect(4096), HELLO + header(openflow.MULTIPART_REQUEST, 16) + request, reads=False)


def floods_echoes():
    echo = header(openflow.ECHO_REQUEST, 1008) + bytes(1000)
    s = connect()
    s.sendall(HELLO)
    push(s, (header(openflow.ECHO_REQUEST) * 50 + echo) * 20)


def byte_by_byte():
    s = connect()
    for byte in HELLO + header(openflow.BARRIER_REQUEST) * 100:
        s.sendall(bytes([byte]))
        time.sleep(1)


def big_flow_mods():
    s = connect()
    s.sendall(HELLO)
    push(s, big_flow_mod(0x88F0))


def a_thousand_connections():
    """Half of them say hello, and all stay as long as they are let."""
    held = []
    for i in range(1000):
        s = connect()
        if i % 2:
            s.sendall(HELLO)
        held.append(s)
    time.sleep(1000)


def leaves_bundles():
    """Disconnects within a bundle."""
    inner = big_flow_mod(0x88F1)
    inner = inner[:4] + struct.pack("!I", 2) + inner[8:]
    part = struct.pack("!III", openflow.ONF, openflow.BUNDLE_ADD, 5) + struct.pack("!HH", 0, 3)
    begin = struct.pack("!III", openflow.ONF, openflow.BUNDLE_CTRL, 5) + struct.pack("!HH", 0, 3)
    while True:
        s = connect()
        s.sendall(HELLO + header(openflow.EXPERIMENTER, 8 + len(begin)) + begin)
        for _ in range(BUNDLE_PARTS):
            s.sendall(struct.pack("!BBHI", 4, openflow.EXPERIMENTER, 8 + len(part) + len(inner), 2) +
                      part + inner)
        s.close()


def quietly(attack):
    try:
        attack()
    except (ConnectionResetError, BrokenPipeError, TimeoutError):
        pass  # the switch had enough of it


def memory(pid):
    """(now, peak since the last call) of the resident set, bytes."""
    with open("/proc/%s/status" % pid) as f:
        values = dict(line.split(":", 1) for line in f)
    with open("/proc/%s/clear_refs" % pid, "w") as f:
        f.write("5")
    return tuple(int(values[name].split()[0]) * KIB for name in ("VmRSS", "VmHWM"))


def meanwhile(good, pid, attacks, allowed, seconds):
    processes = [multiprocessing.Process(target=quietly, args=(a,), daemon=True) for a in attacks]
    what = openflow.match(eth_type=0x88EF)
    before, _ = memory(pid)
    for p in processes:
        p.start()
    end = time.monotonic() + seconds
    rounds, worst = 0, 0
    while time.monotonic() < end or rounds < 10:
        start = time.monotonic()
        good.change(good.flow_mod(openflow.ADD, what, 2 + rounds % 2, table=8))
        worst = max(worst, time.monotonic() - start)
        rounds += 1
        time.sleep(0.02)
    for p in processes:
        p.kill()
        p.join()
        assert p.exitcode in (0, -signal.SIGKILL), "an attack failed"
    _, peak = memory(pid)
    names = " + ".join(a.__name__ for a in attacks)
    print("%s: %d changes, the slowest took %d ms; %d KiB more at most" %
          (names, rounds, worst * 1000, (peak - before) // KIB))
    assert peak - before <= allowed + HEAP, "%s: %d MiB more, %d are allowed" % (
        names, (peak - before) // MIB, allowed // MIB)


def main(pid):
    good = openflow.Switch(GOOD)
    good.s.settimeout(PATIENCE)
    bundle = BUNDLE_PARTS * BIG
    attacks = {never_reads: OF_CONNECTION, floods_echoes: OF_CONNECTION, byte_by_byte: OF_CONNECTION,
               big_flow_mods: OF_CONNECTION, leaves_bundles: OF_CONNECTION + 2 * bundle,
               a_thousand_connections: 64 * 320 * KIB}
    for attack, allowed in attacks.items():
        meanwhile(good, pid, [attack], allowed, 2)
    meanwhile(good, pid, list(attacks), sum(attacks.values()), 4)
    assert good.n_flows(openflow.match(eth_type=0x88F0), table=9) == 1, "no large flow-mod came in"
    left = openflow.match(eth_type=0x88F1)
    assert good.n_flows(left, table=9) == 0, "a bundle was applied without its commit"
    good.change(good.flow_mod(openflow.DELETE, openflow.match(), table=9))


if __name__ == "__main__":
    main(sys.argv[1])
