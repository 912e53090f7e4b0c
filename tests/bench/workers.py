"""Two workers against one: each switch with one, then with two, as neighbours in time, for a number
of rounds.  Beside the ratio stands what the CPUs give to loops that share nothing (bench-cores), in
the same rounds: on a virtual machine that may be less than two, and no switch can then reach it."""

import copy
import os
import statistics
import subprocess

import goals
import measure
import workloads

ROWS = (('one', '1k'), ('exact10k', '10k'), ('vnet', '100k'), ('fw', '100k'))
WINDOW = 0.1  # seconds


class Cores:
    """The ratios of bench-cores, by loop."""

    def __init__(self, machine):
        self.machine, self.found = machine, {}

    def hurry(self):
        """In the child.  Its loops end by themselves."""
        if self.machine.priority:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))

    def look(self):
        program = os.path.join(self.machine.bin, 'bench-cores')
        lines = subprocess.run([program, *map(str, self.machine.worker_cpus[:2])], text=True,
                               capture_output=True, check=True, timeout=10,
                               preexec_fn=self.hurry).stdout.splitlines()
        for name, ratio in map(str.split, lines):
            self.found.setdefault(name, []).append(float(ratio))

    def medians(self):
        return {name: statistics.median(ratios) for name, ratios in self.found.items()}


def settings_for(settings):
    own = copy.copy(settings)
    own.rounds, own.window = settings.worker_rounds, WINDOW
    return own


def measure_row(run, single, double, row, column):
    """RUN's switches of one worker and of two, which it has loaded: cells of each, and the CPUs'
    ratios."""
    in_turn = [switch for pair in zip(single, double) for switch in pair]
    cores = Cores(run.machine)
    workload = workloads.BY_NAME[row]
    cells = measure.measure(in_turn, run.traffic(workload, column), settings_for(run.settings),
                            cores.look)
    return cells[::2], cells[1::2], cores.medians()


def describe(kinds, one, two):
    return [f'{kind.title} {measure.ratio(b, a):.2f} '
            f'({a.rate() / 1e6:.1f} to {b.rate() / 1e6:.1f} Mpps)'
            for kind, a, b in zip(kinds, one, two)]


def judge(row, column, one, two, cores):
    ratios = {a.switch: measure.ratio(b, a) for a, b in zip(one, two)}
    beside = ', '.join([f'{name} {ratio:.2f}' for name, ratio in cores.items()]
                       + [f'{name} {ratio:.2f}' for name, ratio in ratios.items() if name != 'weft'])
    return goals.at_least(f'{row}, {column} flows: two workers to one (beside: {beside})',
                          goals.TWO_WORKERS, ratios['weft'])
