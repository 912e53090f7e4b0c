"""What is compared: Weft, Open vSwitch with DPDK, and testpmd, each a process of its own between two
net_weftgen devices or two vhost-user sockets, started with as many workers as asked and stopped by
its id.

Only one may run at a time, since their workers spin on the same CPUs: pause() stops a process
where it stands, resume() lets it go on.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from generator import Generator, GeneratorError

OVS_SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema'
OVS_PROGRAM = '/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk'


class SwitchError(Exception):
    """A switch did not do what it was told; says which and why."""


def run(*command, seconds=120):
    """The command's output; its words when it fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise SwitchError(f'{os.path.basename(command[0])} took more than {seconds} s') from None
    if done.returncode:
        raise SwitchError(f'{" ".join(command[:6])}: {done.stdout.strip()[-400:]}')
    return done.stdout


def wait_until(what, seconds, is_done):
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            raise SwitchError(f'waited {seconds} s in vain for {what}')
        time.sleep(0.02)


def private_place():
    """A folder below which nobody but root can put anything."""
    for place in '/run', '/var/lib', os.path.expanduser('~'):
        parts = [place[:i] or '/' for i, c in enumerate(place + '/') if c == '/']
        if not any(os.stat(part).st_mode & 0o002 for part in parts):
            return place
    raise SwitchError('/run, /var/lib and the home folder are all world-writable')


class Machine:
    """CPUs, memory and paths of a run."""

    def __init__(self, bin_folder, folder, control_cpu, worker_cpus, huge_pages, priority=False,
                 flow_cache='auto'):
        self.bin, self.folder = bin_folder, folder
        # EAL refuses drivers below folders that anybody may write to, as /tmp is.
        self._private = tempfile.TemporaryDirectory(prefix='weft-bench.', dir=private_place())
        self.plugin = shutil.copy(os.path.join(bin_folder, 'librte_net_weftgen.so'), self._private.name)
        self.control_cpu, self.worker_cpus = control_cpu, worker_cpus
        self.huge_pages = huge_pages  # are there any
        self.priority = priority  # may workers have real-time priority
        self.flow_cache = flow_cache  # Weft's option

    def eal(self, prefix):
        memory = ['--in-memory'] if self.huge_pages else ['--no-huge']
        return memory + ['--no-pci', '--file-prefix', prefix, '-d', self.plugin]


class Switch:
    """One of them.  a makes packets for port 1, b counts what leaves port 2."""

    name = title = ''
    has_rules = True
    workers_named = ()  # how the threads that forward are called

    def __init__(self, machine, n_workers=1, is_vhost=False):
        self.machine, self.is_vhost = machine, is_vhost
        self.workers = machine.worker_cpus[:n_workers]
        self.folder = tempfile.mkdtemp(prefix=f'{self.name}.', dir=machine.folder)
        self.process = self.a = self.b = None
        self.log = open(os.path.join(self.folder, 'log'), 'w')
        self.rules_loaded = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def devargs(self, port):
        number = 'ab'.index(port)
        if self.is_vhost:
            return f'net_vhost{number},iface={self.path(port)},client=1'
        return f'net_weftgen{number},control={self.path(port)}'

    def prefix(self):
        """Of EAL's files: no other process's, also of the same kind."""
        return 'bench-' + os.path.basename(self.folder)

    def spawn(self, *command, stdin=subprocess.DEVNULL, env=None):
        self.log.write('$ ' + ' '.join(command) + '\n')
        self.log.flush()
        return subprocess.Popen(command, stdin=stdin, stdout=self.log, stderr=subprocess.STDOUT,
                                env=env)

    def last_words(self):
        with open(self.path('log')) as f:
            lines = [line.strip() for line in f if line.strip()]
        return lines[-1] if lines else 'nothing'

    def start(self):
        try:
            self.launch()
            if not self.is_vhost:
                self.a, self.b = Generator(self.path('a')), Generator(self.path('b'))
        except (GeneratorError, SwitchError) as e:
            words = self.last_words()
            self.stop()
            raise SwitchError(f'{self.title} did not start: {e}; its last words: {words}') from None
        self.pause()

    def hurry(self, is_wanted):
        """Real-time priority for the threads that forward, if the run asks for it: for machines
        that others use too."""
        if not self.machine.priority:
            return
        policy, priority = (os.SCHED_FIFO, 50) if is_wanted else (os.SCHED_OTHER, 0)
        for thread in os.listdir(f'/proc/{self.process.pid}/task'):
            try:
                with open(f'/proc/{self.process.pid}/task/{thread}/comm') as f:
                    if f.read().strip().startswith(self.workers_named):
                        os.sched_setscheduler(int(thread), policy, os.sched_param(priority))
            except OSError:
                pass  # it has just ended

    def alive(self):
        if self.process.poll() is not None:
            raise SwitchError(f'{self.title} ended: {self.last_words()}')

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self, process, seconds=10):
        if not process or process.poll() is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        self.end(self.process)
        self.log.close()

    def version(self):
        raise NotImplementedError

    def load(self, path, n_rules):
        """Exactly the rules of the file, over OpenFlow.  Returns seconds."""
        return 0.0

    def forget(self):
        """Drop whatever is cached of earlier traffic."""


class OpenFlowSwitch(Switch):
    openflow = ''

    def ofctl(self, *words, seconds=60):
        return run('ovs-ofctl', '--no-names', '-O', 'OpenFlow13', words[0], self.openflow,
                   *words[1:], seconds=seconds)

    def load(self, path, n_rules):
        self.forget()  # what is cached would still teach flows when it goes
        self.ofctl('del-flows', seconds=300)
        start = time.monotonic()
        self.ofctl('add-flows', path, seconds=600)
        taken = time.monotonic() - start
        has = self.ofctl('dump-aggregate')
        if f'flow_count={n_rules}' not in has.split():
            raise SwitchError(f'{self.title} should hold {n_rules} flows: {has.strip()}')
        return taken


class Weft(OpenFlowSwitch):
    name, title = 'weft', 'Weft'
    workers_named = ('worker', 'weft-worker')

    def weft(self, *words):
        return run(os.path.join(self.machine.bin, 'weft'), '--socket', self.path('weft.sock'),
                   'switch', *words)

    def launch(self):
        self.openflow = 'unix:' + self.path('openflow')
        eal = ['--no-pci', '-d', self.machine.plugin]
        self.process = self.spawn(
            os.path.join(self.machine.bin, 'weft-dataplane'), '--socket', self.path('weft.sock'),
            '--listen', self.openflow, '--controller', 'none', '--memory', '256',
            '--flow-cache', self.machine.flow_cache,
            '--workers', ','.join(map(str, self.workers)), '--eal', ' '.join(eal))
        wait_until('its sockets', 20, self.answers)
        for number, port in ((2, 'b'), (1, 'a')):
            self.weft('port', 'add', port, '--number', str(number), *self.port_words(port))

    def port_words(self, port):
        if self.is_vhost:
            return ('--type', 'vhost-user', '--option', f'socket={self.path(port)}', '--option',
                    'client=true')
        return '--type', 'dpdk', '--option', f'devargs={self.devargs(port)}'

    def answers(self):
        self.alive()
        return os.path.exists(self.path('weft.sock')) and os.path.exists(self.path('openflow'))

    def forget(self):
        self.weft('conntrack', 'flush', '--all')

    def connections(self):
        """How many it holds, and in how many bytes of memory."""
        self.resume()
        try:
            stats = json.loads(self.weft('conntrack', 'stats', '--output', 'json'))
        finally:
            self.pause()
        return int(stats.get('nConnections', 0)), int(stats.get('memoryBytes', 0))

    def tables(self):
        """What `weft switch tables` says of itself: which look-ups it chose."""
        self.resume()
        try:
            return self.weft('tables')
        finally:
            self.pause()

    def version(self):
        return run(os.path.join(self.machine.bin, 'weft-dataplane'), '--version').strip()


class OpenVSwitch(OpenFlowSwitch):
    name, title = 'ovs', 'Open vSwitch'
    workers_named = ('pmd-',)

    @staticmethod
    def is_installed():
        return os.path.exists(OVS_PROGRAM)

    def vsctl(self, *words):
        return run('ovs-vsctl', f'--db=unix:{self.path("db.sock")}', *words)

    def appctl(self, *words):
        return run('ovs-appctl', '-t', self.path('control'), *words)

    def launch(self):
        self.openflow = 'unix:' + self.path('br0.mgmt')
        env = dict(os.environ, OVS_RUNDIR=self.folder, OVS_LOGDIR=self.folder,
                   OVS_DBDIR=self.folder, OVS_SYSCONFDIR=self.folder)
        run('ovsdb-tool', 'create', self.path('conf.db'), OVS_SCHEMA)
        self.database = self.spawn(
            'ovsdb-server', self.path('conf.db'), f'--remote=punix:{self.path("db.sock")}',
            f'--unixctl={self.path("db.control")}', '-vconsole:warn', env=env)
        wait_until('its database', 10, lambda: os.path.exists(self.path('db.sock')))
        pmds = sum(1 << cpu for cpu in self.workers)
        self.vsctl('--no-wait', 'init')
        self.vsctl('--no-wait', 'set', 'Open_vSwitch', '.', 'other_config:dpdk-init=true',
                   f'other_config:dpdk-lcore-mask={1 << self.machine.control_cpu:#x}',
                   f'other_config:pmd-cpu-mask={pmds:#x}', 'other_config:dpdk-alloc-mem=512',
                   'other_config:dpdk-socket-limit=512',
                   'other_config:max-idle=600000', 'other_config:flow-limit=1000000',
                   f'other_config:dpdk-extra={" ".join(self.machine.eal(self.prefix()))}')
        # a network of its own: two of them would both make an interface br0
        self.process = self.spawn(
            'unshare', '--net', OVS_PROGRAM, f'unix:{self.path("db.sock")}', f'--unixctl={self.path("control")}',
            '-vconsole:warn', f'--log-file={self.path("vswitchd.log")}', env=env)
        wait_until('its control socket', 20, self.answers)
        self.vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev',
                   'fail-mode=secure')
        for number, port in ((1, 'a'), (2, 'b')):
            self.vsctl('add-port', 'br0', port, '--', 'set', 'Interface', port,
                       f'ofport_request={number}', *self.port_words(port))

    def port_words(self, port):
        if self.is_vhost:
            return 'type=dpdkvhostuserclient', f'options:vhost-server-path={self.path(port)}'
        return ('type=dpdk', f'options:dpdk-devargs="{self.devargs(port)}"',
                f'options:n_rxq={len(self.workers)}')

    def answers(self):
        self.alive()
        return os.path.exists(self.path('control'))

    def stop(self):
        super().stop()
        self.end(getattr(self, 'database', None))

    def forget(self):
        self.appctl('revalidator/purge')
        self.appctl('revalidator/wait')
        self.appctl('upcall/set-flow-limit', '1000000')
        self.appctl('dpctl/flush-conntrack')

    def cached(self):
        """How many megaflows there are."""
        for line in self.appctl('dpctl/show').splitlines():
            if 'flows:' in line:
                return int(line.split()[-1])
        return 0

    def version(self):
        return run(OVS_PROGRAM, '--version').splitlines()[0]


class Testpmd(Switch):
    name, title = 'testpmd', 'testpmd io'
    has_rules = False
    workers_named = ('rte-worker',)

    def devices(self):
        """Packets go from the first to the second."""
        return [self.devargs('a'), self.devargs('b')]

    def launch(self):
        lcores = [f'0@{self.machine.control_cpu}']
        lcores += [f'{i}@{cpu}' for i, cpu in enumerate(self.workers, 1)]
        devices = [word for device in self.devices() for word in ('--vdev', device)]
        n = str(len(self.workers))
        words, self.stdin = os.pipe()
        self.process = self.spawn(
            'dpdk-testpmd', '--lcores', ','.join(lcores), *self.machine.eal(self.prefix()),
            '--single-file-segments', '-v', '-m', '256', *devices, '--', '-i',
            f'--nb-cores={n}', f'--rxq={n}', f'--txq={n}', '--forward-mode=io', '--auto-start',
            '--total-num-mbufs=32768', stdin=words)
        os.close(words)
        wait_until('forwarding', 20, self.forwards)

    def forwards(self):
        self.alive()
        with open(self.path('log')) as f:
            return 'packet forwarding' in f.read()

    def stop(self):
        super().stop()
        os.close(self.stdin)

    def version(self):
        with open(self.path('log')) as f:
            found = re.search(r"RTE Version: '(.*?)'", f.read())
        return found.group(1) if found else 'unknown'


class Pump(Testpmd):
    """The other end of a switch's two vhost-user ports, on the control CPU: packets made by one
    device go into port 1, what comes out of port 2 is counted by another."""

    name, title = 'pump', 'the generator'
    VIRTIO = 'server=1,queue_size=1024,mrg_rxbuf=0,in_order=0,packed_vq=0,vectorized=1'

    def __init__(self, machine, switch):
        super().__init__(machine)
        self.switch = switch
        self.workers = [machine.control_cpu]

    def devices(self):
        ports = [f'net_virtio_user{i},path={self.switch.path(port)},{self.VIRTIO}'
                 for i, port in enumerate('ab')]
        return [self.devargs('a'), *ports, self.devargs('b')]
