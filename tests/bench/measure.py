"""One measurement: packets run through one switch after the other, in turn, for some windows each.

A window's rate is what left the ports, by the counters of the devices themselves.  The median of the
windows stands, the least and the greatest tell how far to trust it.

On a virtual machine a neighbour of the host may take half of a core for seconds.  testpmd, which only
carries packets, tells: a round in which it is much slower than it has been in this run is disturbed,
and is taken again, whatever the others showed in it.
"""

import math
import os
import statistics
import time
from typing import NamedTuple

STABLE = 0.03      # two rates that differ less follow one another: the switch is warm
WARM_WINDOW = 0.15  # seconds
CALM = 0.75         # of the reference's best rate
OPENING = 10        # seconds at most for each flow to be seen once
PATIENCE = 3        # times the rounds wanted, at most
REFERENCE = 'testpmd'


class Traffic(NamedTuple):
    """Profiles: what port 1 gets, what port 2 gets meanwhile, and what they get once before, port 2
    for a moment, port 1 each of its flows; '' for nothing."""

    a: str
    b: str = ''
    prime: str = ''
    opening: str = ''
    n_opening: int = 0  # its flows


class Settings:
    def __init__(self, is_quick):
        self.is_quick = is_quick
        self.rounds = 2 if is_quick else 5
        self.worker_rounds = 7 if is_quick else 11
        self.window = 0.15 if is_quick else 0.3
        self.settle = 0.03
        self.warm = 0.8 if is_quick else 3.0


class Cell:
    """The samples of one switch at one place of a table: packets a second, and the share lost."""

    def __init__(self, switch, tsc_hz, n_workers=1):
        self.switch, self.tsc_hz, self.n_workers = switch, tsc_hz, n_workers
        self.rates, self.lost = [], []
        self.n_dropped = 0  # windows of disturbed rounds

    def add(self, rate, lost):
        self.rates.append(rate)
        self.lost.append(lost)

    def rate(self):
        return statistics.median(self.rates)

    def cycles(self):
        """Of the time stamp counter, for a packet; None if none came through."""
        return self.tsc_hz / self.rate() if self.rate() else None

    def range(self):
        """Cycles at best and at worst."""
        return tuple(self.tsc_hz / r if r else None for r in (max(self.rates), min(self.rates)))

    def loses(self):
        return statistics.median(self.lost)

    def to_json(self):
        return {'switch': self.switch, 'packets_per_second': self.rates, 'lost': self.lost,
                'windows_dropped': self.n_dropped,
                'median_packets_per_second': self.rate(), 'median_cycles': self.cycles()}


def count(switch):
    return (time.perf_counter(), switch.a.made() + switch.b.made(),
            switch.a.sent()[0] + switch.b.sent()[0])


def window(switch, seconds):
    """Packets a second, and the share that did not come through."""
    t0, made0, sent0 = count(switch)
    time.sleep(seconds)
    t1, made1, sent1 = count(switch)
    made, sent = made1 - made0, sent1 - sent0
    return sent / (t1 - t0), max(0.0, 1 - sent / made) if made else 0.0


def start(switch, traffic):
    switch.a.start()
    if traffic.b:
        switch.b.start()


def stop(switch):
    switch.a.stop()
    switch.b.stop()


def lead_in(switch, traffic):
    """What the switch must have seen before."""
    if traffic.prime:
        switch.b.take(traffic.prime)
        switch.b.start()
        time.sleep(0.2)
        switch.b.stop()
    if traffic.opening:
        switch.a.take(traffic.opening)
        enough = switch.a.made() + traffic.n_opening
        until = time.monotonic() + OPENING
        switch.a.start()
        while switch.a.made() < enough and time.monotonic() < until:
            time.sleep(0.01)
        switch.a.stop()


def prepare(switch, traffic, settings):
    """Nothing cached of what ran before, the traffic ready, and the switch warm."""
    switch.resume()
    switch.alive()
    switch.forget()
    if switch.has_rules:
        lead_in(switch, traffic)
    switch.a.take(traffic.a)
    if traffic.b:
        switch.b.take(traffic.b)
    start(switch, traffic)
    until = time.monotonic() + settings.warm
    before = 0
    while time.monotonic() < until:
        rate, _ = window(switch, WARM_WINDOW)
        if before and abs(rate - before) < STABLE * before:
            break
        before = rate
    stop(switch)
    switch.pause()


def sample(switch, traffic, cell, settings):
    switch.resume()
    switch.hurry(True)
    start(switch, traffic)
    time.sleep(settings.settle)
    cell.add(*window(switch, settings.window))
    stop(switch)
    switch.hurry(False)
    switch.pause()


class Calm:
    """Which rounds to believe, by the reference's best rate so far, of one worker."""

    def __init__(self):
        self.best = 0.0

    @staticmethod
    def reference(cells):
        """Of each round, the rate of the reference; infinite without one."""
        rates = [[rate / cell.n_workers for rate in cell.rates] for cell in cells
                 if cell.switch == REFERENCE]
        return [min(r) for r in zip(*rates)] if rates else [math.inf] * len(cells[0].rates)

    def count(self, cells):
        """How many rounds were calm."""
        rates = self.reference(cells)
        self.best = max([self.best] + [r for r in rates if r < math.inf])
        return sum(r >= CALM * self.best for r in rates)

    def keep(self, cells, rounds):
        """The calm rounds, or those that come nearest."""
        rates = self.reference(cells)
        kept = sorted(range(len(rates)), key=lambda i: -rates[i])[:rounds]
        for cell in cells:
            cell.n_dropped = len(rates) - len(kept)
            cell.rates = [cell.rates[i] for i in kept]
            cell.lost = [cell.lost[i] for i in kept]


calm = Calm()


def measure(switches, traffic, settings, after_round=lambda: None):
    """A cell for each switch, in the same order; their windows alternate."""
    cells = [Cell(s.name, s.a.tsc_hz(), len(s.workers)) for s in switches]
    for switch in switches:
        prepare(switch, traffic, settings)
    n_calm = n = 0
    while n_calm < settings.rounds and n < PATIENCE * settings.rounds:
        for switch, cell in zip(switches, cells):
            sample(switch, traffic, cell, settings)
        after_round()
        n += 1
        n_calm = calm.count(cells)
    calm.keep(cells, settings.rounds)
    return cells


def ratio(cell, other):
    """How many times OTHER's rate CELL has: the median of rounds, in which they were neighbours."""
    return statistics.median(a / b if b else 0.0 for a, b in zip(cell.rates, other.rates))


def prefer_ourselves():
    """Above the workers that hurry, so that a window ends when it should."""
    os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(60))
