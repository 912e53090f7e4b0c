#!/usr/bin/env python3
"""`make bench`: the table of rule sets and flow counts for Weft, Open vSwitch with DPDK and testpmd,
one run, in turn; then frame sizes, workers, vhost-user ports.  See docs/howto/measure-the-switch.md."""

import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time

import goals
import measure
import report
import switches
import vhost
import workers
import workloads

HUGE_PAGES = '/proc/sys/vm/nr_hugepages'
COMPACT = '/proc/sys/vm/compact_memory'
PAGES_NEEDED = 1400  # of 2 MiB: two sets of three processes at most
QUICK = ('one:1', 'acl1k:new', 'vnet:1k', 'vnet:10k', 'learn:1k', 'fw:10k', 'groups:10k')
SIZES = ('64', '128', '256', '512', '1024', '1280', '1518', 'imix')
QUICK_SIZES = ('64', 'imix')
PARTS = ('sizes', 'workers', 'vhost')


def say(*words):
    print(*words, flush=True)


class HugePages:
    """Enough of them while we run, and as many as before afterwards.  Or none, as they are."""

    def __init__(self, are_wanted=True):
        self.are_wanted, self.before = are_wanted, None

    @staticmethod
    def free():
        with open('/proc/meminfo') as f:
            facts = dict(line.split(':', 1) for line in f)
        if facts.get('Hugepagesize', '').split() != ['2048', 'kB']:
            return 0
        return int(facts['HugePages_Free'])

    @staticmethod
    def write(path, number):
        try:
            with open(path, 'w') as f:
                f.write(str(number))
        except OSError:
            pass  # are_enough() tells

    def set(self, count):
        self.write(HUGE_PAGES, count)

    def __enter__(self):
        with open(HUGE_PAGES) as f:
            total = int(f.read())
        if self.are_wanted and self.free() < PAGES_NEEDED:
            self.before = total
            wanted = total + PAGES_NEEDED - self.free()
            self.set(wanted)
            if not self.are_enough():  # memory lies in pieces
                self.write(COMPACT, 1)
                self.set(wanted)
        return self

    def are_enough(self):
        return self.are_wanted and self.free() >= PAGES_NEEDED

    def __exit__(self, *_):
        if self.before is not None:
            self.set(self.before)


def choose_cpus():
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise SystemExit('bench: this needs two CPUs, one to forward and one for all else')
    return cpus[0], (cpus[1:3] if len(cpus) > 2 else [cpus[1], cpus[0]])


def columns_of(row):
    return workloads.BY_NAME[row].columns or goals.COLUMNS


def chosen(words):
    """CELLS: 'acl1k:10k', 'acl1k', or a part, with commas between."""
    known = list(workloads.BY_NAME)
    table, parts = [], []
    for word in words:
        row, _, column = word.partition(':')
        if word in PARTS:
            parts.append(word)
        elif row in known and (not column or column in goals.COLUMNS):
            table += [(row, c) for c in ([column] if column else columns_of(row))]
        else:
            raise SystemExit(f"bench: no cell '{word}'. Rows: {' '.join(known)}; parts: {' '.join(PARTS)}; "
                             f"columns, after a colon: {' '.join(goals.COLUMNS)}")
    return table, parts


class Run:
    """All that is measured, and what came of it."""

    def __init__(self, args, machine, kinds):
        self.settings = measure.Settings(args.quick)
        self.args, self.machine, self.kinds = args, machine, kinds
        self.files = workloads.Files(os.path.join(args.build, 'bench-workloads'))
        self.cells, self.loads, self.verdicts, self.versions = [], [], [], {}
        self.tsc_hz, self.tables, self.vhost_found, self.cores = 0, {}, {}, {}
        self.held = {}

    def start(self, n_workers, is_vhost=False):
        started = []
        try:
            for kind in self.kinds:
                started.append(kind(self.machine, n_workers, is_vhost))
                started[-1].start()
                self.versions[kind.title] = started[-1].version()
            if not is_vhost:
                self.tsc_hz = started[0].a.tsc_hz()
        except BaseException:
            self.stop(started[:-1])
            raise
        return started

    @staticmethod
    def stop(started):
        for switch in started:
            switch.stop()

    def load(self, started, workload):
        path = self.files.rules(workload)
        with open(path) as f:
            n_rules = sum(1 for _ in f)
        for switch in (s for s in started if s.has_rules):
            switch.resume()
            if n_rules >= 100000:
                say(f'  loading {n_rules:,} rules into {switch.title} ...')
            seconds = switch.load(path, n_rules)
            self.loads.append({'switch': switch.name, 'row': workload.name, 'rules': n_rules,
                               'seconds': seconds})
            switch.pause()

    def traffic(self, workload, column, extra=''):
        flows, n = self.files.flows(workload), goals.FLOWS[column]
        if column == 'new':
            a = f'file={self.files.fresh(workload)} flows={n} fresh=1 {extra}'
        else:
            a = f'file={flows} flows={n} order=uniform {extra}'
        b = opening = ''
        if workload.answers and column != 'new':
            b = f'file={self.files.answers(workload)} flows={n} order=uniform {extra}'
        if workload.opens:
            opening = f'file={flows} flows={n} order=in-turn'
        return measure.Traffic(a.strip(), b.strip(), workload.prime or '', opening, n)

    def keep(self, part, row, column, n_workers, cells):
        for cell in cells:
            self.cells.append({'part': part, 'row': row, 'column': column, 'workers': n_workers,
                               **cell.to_json()})

    def show(self, label, cells):
        words = []
        for kind, cell in zip(self.kinds, cells):
            cycles = cell.cycles()
            best, worst = cell.range()
            text = f'{cycles:.0f} ({best:.0f}-{worst:.0f})' if cycles and worst else 'nothing'
            if cell.loses() > goals.LOST:
                text += f', {100 * cell.loses():.0f} % lost'
            words.append(f'{kind.title} {text}')
        say(f'  {label:16} ' + '   '.join(words))

    # -- the table --

    def row(self, started, workload, columns):
        say(f'{workload.title}, cycles a packet (least-greatest)')
        self.load(started, workload)
        ours = {}
        for column in columns:
            cells = measure.measure(started, self.traffic(workload, column), self.settings)
            self.keep('table', workload.name, column, 1, cells)
            self.show('never seen' if column == 'new' else f'{column} flows', cells)
            by_name = {c.switch: c for c in cells}
            self.verdicts += goals.judge_cell(workload.name, column, by_name,
                                              self.machine.flow_cache != 'off')
            ours[column] = by_name['weft']
            if workload.opens and column == '1m':
                self.connections_held(started[0], workload)
        self.verdicts += goals.judge_row(workload.name, ours)
        self.tables[workload.name] = started[0].tables()

    def connections_held(self, weft, workload):
        n, n_bytes = weft.connections()
        if n:
            say(f'  {n:,} connections take {n_bytes / n:.0f} bytes each')
            self.held[workload.name] = {'connections': n, 'bytes': n_bytes}
            self.verdicts += goals.judge_held(workload.name, n, n_bytes)

    def table(self, started, wanted):
        for workload in workloads.ALL:
            columns = [c for r, c in wanted if r == workload.name]
            if columns:
                self.row(started, workload, columns)

    def sizes(self, started):
        workload = workloads.BY_NAME['one']
        say('frame sizes, one rule, 1,000 flows, cycles a packet')
        self.load(started, workload)
        for size in QUICK_SIZES if self.args.quick else SIZES:
            cells = measure.measure(started, self.traffic(workload, '1k', f'size={size}'),
                                    self.settings)
            self.keep('sizes', 'one', size, 1, cells)
            self.show(size if size == 'imix' else f'{size} bytes', cells)

    # -- workers --

    def workers(self, started):
        """Both numbers of workers alive, so that they alternate too."""
        say('two workers against one, times the packets a second')
        double = self.start(2)
        try:
            for row, column in workers.ROWS[:1] if self.args.quick else workers.ROWS:
                self.workers_row(started, double, row, column)
        finally:
            self.stop(double)

    def workers_row(self, single, double, row, column):
        workload = workloads.BY_NAME[row]
        for started in (single, double):
            self.load(started, workload)
        one, two, cores = workers.measure_row(self, single, double, row, column)
        self.keep('workers', row, column, 1, one)
        self.keep('workers', row, column, 2, two)
        self.cores[f'{row}:{column}'] = cores
        words = workers.describe(self.kinds, one, two)
        words += [f'{loop} alone {ratio:.2f}' for loop, ratio in cores.items()]
        self.verdicts.append(workers.judge(row, column, one, two, cores))
        say(f'  {row + ", " + column:16} ' + '   '.join(words))

    # -- vhost-user --

    def vhost(self):
        say('between vhost-user ports, one rule, 64-byte frames, the generator on another CPU')
        started = self.start(1, is_vhost=True)
        try:
            self.load(started, workloads.BY_NAME['one'])
            self.vhost_found = vhost.measure(self.machine, started, self.settings)
        finally:
            self.stop(started)
        for kind in self.kinds:
            found = self.vhost_found[kind.name]
            words = [f'{rate}: p50 {us["p50"]:.1f} us, p99 {us["p99"]:.1f} us'
                     for rate, us in found['latency_us'].items() if us]
            say(f'  {kind.title:16} {found["median_packets_per_second"] / 1e6:.2f} Mpps   '
                + '   '.join(words))
        self.verdicts += goals.judge_vhost(self.vhost_found)

    def between_generators(self, wanted, parts):
        started = self.start(1)
        try:
            self.table(started, wanted)
            if 'sizes' in parts:
                self.sizes(started)
            if 'workers' in parts:
                self.workers(started)
        finally:
            self.stop(started)

    def run(self, wanted, parts):
        if wanted or 'sizes' in parts or 'workers' in parts:
            self.between_generators(wanted, parts)
        if 'vhost' in parts:
            self.vhost()


# -- results --

def words_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except OSError:
        return ''


def machine_facts(run):
    with open('/proc/cpuinfo') as f:
        model = next((line.split(':')[1].strip() for line in f if line.startswith('model name')),
                     platform.machine())
    with open('/proc/meminfo') as f:
        memory = int(f.readline().split()[1]) // 1024
    return {'cpu': model, 'cpus': os.cpu_count(), 'worker_cpus': run.machine.worker_cpus,
            'control_cpu': run.machine.control_cpu, 'tsc_hz': run.tsc_hz, 'memory_mib': memory,
            'huge_pages': run.machine.huge_pages, 'kernel': platform.release(),
            'virtualised': words_of('systemd-detect-virt') or 'unknown',
            'flow_cache': run.machine.flow_cache,
            'load_average': os.getloadavg()}


def results(run, started_at):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return {'when': started_at.isoformat(timespec='seconds'),
            'seconds': round((datetime.datetime.now().astimezone() - started_at).total_seconds()),
            'commit': words_of('git', '-C', root, 'rev-parse', '--short', 'HEAD'),
            'is_quick': run.args.quick, 'machine': machine_facts(run), 'versions': run.versions,
            'settings': vars(run.settings), 'cells': run.cells, 'loads': run.loads,
            'vhost': run.vhost_found, 'cores': run.cores, 'held': run.held, 'tables': run.tables,
            'limits': [v.to_json() for v in run.verdicts]}


def write(folder, data):
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, data['when'].replace(':', '').replace('+', '_'))
    with open(stem + '.json', 'w') as f:
        json.dump(data, f, indent=1)
    with open(stem + '.html', 'w') as f:
        f.write(report.page(data))
    say(f'\nwritten: {stem}.json and .html')


def conclude(run):
    say()
    say(report.text_table(run.cells))
    missed = [v for v in run.verdicts if not v.is_met]
    for v in missed:
        say(f'not met: {v.what}: {report.number(v.value)}, to be {report.number(v.bound)}')
    say(f'{len(run.verdicts) - len(missed)} of {len(run.verdicts)} limits are met')


def parse(argv):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--build', default='build')
    p.add_argument('--results', default='bench-results')
    p.add_argument('--folder', required=True, help='for sockets and logs')
    p.add_argument('--quick', action='store_true')
    p.add_argument('--priority', action='store_true', help='real-time priority for workers')
    p.add_argument('--flow-cache', default='auto', choices=('auto', 'off', 'on'), help='of Weft')
    p.add_argument('--no-huge', action='store_true', help='ask for no huge pages')
    p.add_argument('--cells', default='', help='acl1k:10k,vnet,sizes,workers,vhost')
    p.add_argument('--without', default='', help='ovs, testpmd')
    return p.parse_args(argv)


def what_to_run(args):
    words = [w for w in args.cells.replace(',', ' ').split() if w]
    if words:
        return chosen(words)
    if args.quick:
        return chosen(QUICK)[0], PARTS
    return [(w.name, c) for w in workloads.ALL for c in columns_of(w.name)], PARTS


def which_switches(args, has_pages):
    kinds = [switches.Weft]
    if not switches.OpenVSwitch.is_installed():
        say('Open vSwitch with DPDK is not installed (apt-get install openvswitch-switch-dpdk): '
            'not compared')
    elif not has_pages:
        say(f'there are no {PAGES_NEEDED} free huge pages of 2 MiB: Open vSwitch is not compared')
    elif 'ovs' not in args.without:
        kinds.append(switches.OpenVSwitch)
    if not shutil.which('dpdk-testpmd'):
        say('testpmd is not installed (apt-get install dpdk-dev): not compared')
    elif 'testpmd' not in args.without:
        kinds.append(switches.Testpmd)
    return kinds


def main(argv):
    args = parse(argv)
    wanted, parts = what_to_run(args)
    control_cpu, worker_cpus = choose_cpus()
    started_at = datetime.datetime.now().astimezone()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    args.build, args.folder = os.path.abspath(args.build), os.path.abspath(args.folder)
    with HugePages(not args.no_huge) as pages:
        machine = switches.Machine(os.path.join(args.build, 'bin'), args.folder, control_cpu,
                                   worker_cpus, pages.are_enough(), args.priority,
                                   args.flow_cache)
        run = Run(args, machine, which_switches(args, machine.huge_pages))
        if args.priority:
            measure.prefer_ourselves()
        try:
            run.run(wanted, parts)
        finally:
            if run.verdicts or run.cells:
                conclude(run)
                write(args.results, results(run, started_at))
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except (switches.SwitchError, switches.GeneratorError) as e:
        print(f'bench: {e}', file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
