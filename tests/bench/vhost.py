"""Between two vhost-user ports: the switch on its CPU, the generator on another (switches.Pump).

What two CPUs tell depends on how near to each other the host has put them, so windows alternate
between the switches, and medians of windows are compared.
"""

import statistics
import time

import measure as one_cpu
from generator import bucket_cycles
from switches import Pump

LATENCY_RATES = (1000000, 4000000)
QUANTILES = {'p50': 0.5, 'p90': 0.9, 'p99': 0.99, 'p99.9': 0.999}
PROFILE = 'flows=1000 order=uniform'


class Pair:
    """A switch and the generator at its ports."""

    def __init__(self, machine, switch):
        self.switch = switch
        switch.resume()
        self.pump = Pump(machine, switch)
        self.pump.start()
        switch.pause()
        self.pump.resume()
        self.pump.a.take(PROFILE)
        self.pump.pause()
        self.name, self.a, self.b = switch.name, self.pump.a, self.pump.b
        self.rates, self.lost = [], []
        self.latencies = {rate: [] for rate in LATENCY_RATES}

    def resume(self):
        self.switch.resume()
        self.pump.resume()
        self.switch.hurry(True)
        self.pump.hurry(True)

    def pause(self):
        self.pump.hurry(False)
        self.switch.hurry(False)
        self.pump.pause()
        self.switch.pause()

    def run(self, seconds, pace, is_stamping):
        """Rate, share lost, ages of the packets that came."""
        self.a.pace(pace)
        self.a.stamp(is_stamping)
        self.resume()
        self.a.start()
        time.sleep(0.2)
        self.b.stamp(is_stamping)
        before = self.b.ages()
        found = one_cpu.window(self, seconds)
        after = self.b.ages()
        self.a.stop()
        time.sleep(0.02)
        self.pause()
        return (*found, [y - x for x, y in zip(before, after)])

    def sample(self, settings):
        rate, lost, _ = self.run(settings.window, 0, False)
        self.rates.append(rate)
        self.lost.append(lost)
        for pace in LATENCY_RATES:
            rate, _, ages = self.run(settings.window, pace, True)
            self.latencies[pace].append({'packets_per_second': rate, **self.quantiles(ages)})

    def quantiles(self, ages):
        """In microseconds; empty if nothing came."""
        total, found, sum_ = sum(ages), {}, 0
        wanted = list(QUANTILES.items())
        for i, n in enumerate(ages):
            sum_ += n
            while wanted and total and sum_ >= wanted[0][1] * total:
                found[wanted.pop(0)[0]] = bucket_cycles(i) * 1e6 / self.a.tsc_hz()
        return found

    def summary(self):
        latency = {}
        for pace, samples in self.latencies.items():
            latency[f'{pace / 1e6:g}Mpps'] = {
                q: statistics.median(s[q] for s in samples if q in s)
                for q in QUANTILES if any(q in s for s in samples)}
        return {'packets_per_second': self.rates, 'lost': self.lost,
                'median_packets_per_second': statistics.median(self.rates),
                'latency_us': latency, 'latency_samples': self.latencies}

    def stop(self):
        self.pump.stop()


def measure(machine, started, settings):
    """Name of the switch -> summary."""
    pairs = []
    try:
        for switch in started:
            pairs.append(Pair(machine, switch))
        for _ in range(settings.rounds):
            for pair in pairs:
                pair.sample(settings)
        return {pair.name: pair.summary() for pair in pairs}
    finally:
        for pair in pairs:
            pair.stop()
