#!/usr/bin/env python3
"""flooded.py QUIET LOUD: while the container LOUD sends nothing but misses, as fast as it can, each of
the few that QUIET (at port 1) sends comes to the controller."""
import multiprocessing
import sys
import time

import openflow
from barrier import raw_socket

FRAME = bytes.fromhex("ffffffffffff02000000000188b5")


def flood(container):
    s = raw_socket(container)
    while True:
        try:
            s.send(FRAME + bytes(46))
        except OSError:  # its queue is full
            time.sleep(0.0001)


def main(quiet, loud):
    switch = openflow.Switch(("127.0.0.1", 6654))
    to_controller = openflow.apply(openflow.output_action(0xFFFFFFFD))
    switch.change(switch.flow_mod(openflow.ADD, openflow.match(), priority=0, does=to_controller))
    noise = multiprocessing.Process(target=flood, args=(loud,), daemon=True)
    noise.start()
    s = raw_socket(quiet)
    others = 0
    while others < 100:  # the flood has begun
        others += switch.receive()[0] == openflow.PACKET_IN
    sent = [b"quiet %d." % i for i in range(50)]
    came = []
    for mark in sent:
        seen = others
        while others < seen + 2:  # it goes on
            others += switch.receive()[0] == openflow.PACKET_IN
        s.send(FRAME + mark.ljust(46, b"\0"))
        until = time.monotonic() + 60
        while mark not in came and time.monotonic() < until:
            kind, _, body = switch.receive()
            if kind != openflow.PACKET_IN:
                continue
            if b"quiet " in body:
                came.append(body[body.index(b"quiet "):].rstrip(b"\0"))
            else:
                others += 1
    noise.kill()
    assert came == sent, "of %d packets of the quiet port %d came" % (len(sent), len(came))
    print("%d of %d packets of the quiet port came, beside %d others" % (len(came), len(sent), others))


if __name__ == "__main__":
    main(*sys.argv[1:])
