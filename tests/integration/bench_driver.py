"""net_weftgen's packets, after a switch has had them, judged by Scapy.  bench_driver.py BIN FOLDER"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'bench'))

import generator
import switches

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN

VXLAN_WORDS = 'vxlan=4711,192.0.2.1,192.0.2.2,02:00:00:00:00:0a,02:00:00:00:00:0b'
FIVE = 'ip_src=10.0.0.1-10.0.0.5 ip_dst=10.1.0.1 port_src=7 port_dst=9'


def fail(words):
    raise SystemExit(f'bench_driver: {words}')


def wait_until(what, is_done):
    until = time.monotonic() + 200
    while not is_done():
        if time.monotonic() > until:
            fail(f'waited in vain for {what}')
        time.sleep(0.01)


def sums_are_right(packet):
    """Scapy computes what it finds deleted."""
    for layer in (IP, TCP):
        part = packet.getlayer(layer)
        while part:
            wanted = part.chksum
            again = part.copy()
            del again.chksum
            if layer is TCP:
                again = IP(src=packet[IP].src, dst=packet[IP].dst) / again
            if again.__class__(bytes(again))[layer].chksum != wanted:
                return False
            part = part.payload.getlayer(layer)
    return True


def run(switch, profile, counted=20000):
    """Some packets of the profile; the newest that came out."""
    switch.a.take(profile)
    switch.b.sample()
    before = switch.b.sent()[0]
    switch.a.start()
    wait_until('packets', lambda: switch.b.sent()[0] - before > counted)
    switch.a.stop()
    wait_until('all to come out', lambda: switch.a.made() == switch.b.sent()[0])
    size, frame = switch.b.last_frame()
    return size, Ether(frame)


def check(switch):
    size, p = run(switch, f'flows=5 {FIVE}')
    if (size, p[UDP].sport, p[UDP].dport, p[IP].dst) != (64, 7, 9, '10.1.0.1') or \
            p[IP].src not in [f'10.0.0.{i}' for i in range(1, 6)] or not sums_are_right(p):
        fail(f'UDP: {size} {p!r}')
    size, p = run(switch, f'flows=5 size=128 protocol=tcp {FIVE}')
    if size != 128 or p[TCP].sport != 7 or not sums_are_right(p):
        fail(f'TCP: {size} {p!r}')
    size, p = run(switch, f'flows=5 size=imix {VXLAN_WORDS} {FIVE}')
    if size - 50 not in (64, 594, 1518) or p[VXLAN].vni != 4711 or \
            p[VXLAN][IP].dst != '10.1.0.1' or p[IP].src != '192.0.2.1':
        fail(f'VXLAN: {size} {p!r}')
    _, p = run(switch, f'flows=5 fresh=1 {FIVE}')
    if not sums_are_right(p):
        fail(f'fresh: {p!r}')


def check_pace_and_ages(switch):
    switch.a.pace(20000)
    switch.a.stamp()
    switch.b.stamp()
    run(switch, 'flows=100', counted=3000)
    if not 3000 <= sum(switch.b.ages()) <= switch.b.sent()[0]:
        fail(f'ages of {sum(switch.b.ages())} packets')
    switch.a.pace(0)


def check_refusals(switch):
    for profile, words in (('size=9', 'size'), ('flows=2 ip_src=10.0.0.1 port_src=1', 'flows'),
                           ('file=/nonexistent', 'No such file')):
        try:
            switch.a.take(profile)
        except generator.GeneratorError as e:
            if words in str(e):
                continue
            fail(f'{profile}: {e}')
        fail(f'{profile} was taken')


def main():
    machine = switches.Machine(sys.argv[1], sys.argv[2], 0, [1], False)
    rules = os.path.join(sys.argv[2], 'driver.rules')
    with open(rules, 'w') as f:
        f.write('in_port=1,actions=output:2\n')
    switch = switches.Weft(machine)
    switch.start()
    try:
        switch.resume()
        switch.load(rules, 1)
        check(switch)
        check_pace_and_ages(switch)
        check_refusals(switch)
    finally:
        switch.stop()


main()
