"""The benchmark's rule sets, in ovs-ofctl's syntax, and flows that match them.

A workload is a file of rules and a file of a million flow records (struct traffic_record of
traffic.h) in random order, so that the first N are N flows.  All is drawn from a fixed seed: two
machines measure the same.  Packets come in at port 1 and leave at port 2.
"""

import os
import random

import connections
from workload import N_FLOWS, Networks, Workload, any_flows, ip, mac, mask, record

FORMAT = 1  # one more whenever what is written changes: files of older ones are made anew


class OneRule(Workload):
    def __init__(self, name, title, match):
        super().__init__(name, title)
        self.match = match

    def rules(self, r):
        yield f'priority=10,{self.match},actions=output:2'


class Exact(Workload):
    """Addresses, protocol and destination port given; flows differ in the source port too."""

    def __init__(self, name, title, count):
        super().__init__(name, title)
        self.count = count

    def keys(self):
        r = random.Random(self.count)
        seen = set()
        while len(seen) < self.count:
            key = r.getrandbits(44)
            if key not in seen:
                seen.add(key)
                yield (0x0a000000 | key & 0x3fffff, 0x14000000 | key >> 22,
                       (53, 80, 443, 5000, 8080)[key % 5])

    def rules(self, r):
        for src, dst, port in self.keys():
            yield (f'priority=100,udp,in_port=1,nw_src={ip(src)},nw_dst={ip(dst)},'
                   f'tp_dst={port},actions=output:2')

    def flows(self, r):
        keys = list(self.keys())
        r.shuffle(keys)
        for i in range(N_FLOWS):
            src, dst, port = keys[i % len(keys)]
            yield record(src, dst, 1024 + i // len(keys), port)


class Acl(Workload):
    """A firewall's list: 50 shapes of source and destination prefixes and of ports, the first rule
    that matches counts, and the last lets the rest through.  A few shapes have most of the rules."""

    LENGTHS = (8, 12, 16, 20, 22, 24, 26, 28, 30, 32)

    def __init__(self, name, title, count):
        super().__init__(name, title)
        self.count = count
        self.list = None

    def shapes(self, r):
        seen = []
        while len(seen) < 50:
            shape = (r.choice((0,) + self.LENGTHS), r.choice((0,) + self.LENGTHS),
                     r.choice((0, 0, 0, 16)), r.choice((0, 16, 16, 10, 6)))
            if shape[0] + shape[1] >= 16 and shape not in seen:
                seen.append(shape)
        return seen

    def rule(self, r, shape):
        wants = (0x0a000000 | r.getrandbits(24), 0x14000000 | r.getrandbits(24),
                 1024 + r.randrange(60000), r.choice((22, 53, 80, 443, r.getrandbits(16))))
        return tuple((value & mask(length, width), length) for value, length, width
                     in zip(wants, shape, (32, 32, 16, 16)))

    def make(self):
        if self.list is None:
            r = random.Random(self.count)
            shapes = self.shapes(r)
            self.list = []
            while len(self.list) < self.count:
                n = len(self.list)
                popular = min(int(r.expovariate(0.1)), 49)
                self.list.append(self.rule(r, shapes[n if n < 50 else popular]))
        return self.list

    def rules(self, r):
        for i, (src, dst, sport, dport) in enumerate(self.make()):
            match = ''
            if src[1]:
                match += f',nw_src={ip(src[0])}/{src[1]}'
            if dst[1]:
                match += f',nw_dst={ip(dst[0])}/{dst[1]}'
            if sport[1]:
                match += f',tp_src={sport[0]}'
            if dport[1]:
                match += f',tp_dst=0x{dport[0]:x}/0x{mask(dport[1], 16):x}'
            yield f'priority={self.count + 10 - i},udp,in_port=1{match},actions=output:2'
        yield 'priority=1,in_port=1,actions=output:2'

    def within(self, r, rules):
        """A packet for a rule drawn at random: what the rule leaves open is random too."""
        for _ in range(N_FLOWS):
            (src, a), (dst, b), (sport, c), (dport, d) = r.choice(rules)
            yield record(src | r.getrandbits(32) & ~mask(a) & 0xffffffff if a else
                         0x0a000000 | r.getrandbits(24),
                         dst | r.getrandbits(32) & ~mask(b) & 0xffffffff if b else
                         0x14000000 | r.getrandbits(24),
                         sport if c else 1024 + r.randrange(60000),
                         dport | r.getrandbits(16) & ~mask(d, 16) & 0xffff)

    def flows(self, r):
        return self.within(r, self.make())

    def fresh(self, r):
        return self.within(r, [rule for rule in self.make() if not rule[2][1]])


class VirtualNetwork(Networks):
    """Eight tables, 1,000 ports in 10 networks of 100, behind one port each way: port security,
    network, route, egress list, network's list, MAC, ingress list, output."""

    def port_rules(self, i):
        net = i // self.PER_NETWORK
        addr, eth = ip(self.address(i)), mac(self.eth(i))
        yield (f'table=0,priority=100,ip,in_port=1,dl_src={eth},nw_src={addr},actions='
               f'load:{i + 1}->NXM_NX_REG0[],write_metadata:{net + 1},goto_table:1')
        if i % 5 < 2:
            yield (f'table=3,priority=200,udp,reg0={i + 1},nw_dst=10.{net}.200.0/24,'
                   'actions=drop')
        yield (f'table=5,priority=100,metadata={net + 1},dl_dst={eth},actions='
               f'load:{i + 1}->NXM_NX_REG1[],goto_table:6')
        yield f'table=6,priority=200,tcp,reg1={i + 1},tp_dst=22,actions=drop'
        yield f'table=6,priority=150,udp,reg1={i + 1},tp_dst={1000 + i},actions=goto_table:7'
        yield f'table=6,priority=100,ip,reg1={i + 1},nw_src=10.{net}.0.0/16,actions=goto_table:7'
        yield f'table=7,priority=100,reg1={i + 1},actions=output:2'

    def network_rules(self, net):
        yield f'table=1,priority=100,arp,metadata={net + 1},actions=drop'
        yield f'table=1,priority=50,ip,metadata={net + 1},actions=goto_table:2'
        yield (f'table=2,priority=100,ip,metadata={net + 1},nw_dst=10.{net}.0.0/16,actions='
               'load:1->NXM_NX_REG2[],goto_table:3')
        for j in range(20):
            yield (f'table=4,priority={100 + j},udp,metadata={net + 1},'
                   f'nw_src=10.{net}.0.0/{16 + j % 8},tp_dst={6000 + j},actions=drop')

    def rules(self, r):
        for i in range(self.PORTS):
            yield from self.port_rules(i)
        for net in range(self.PORTS // self.PER_NETWORK):
            yield from self.network_rules(net)
        yield 'table=3,priority=1,actions=goto_table:4'
        yield 'table=4,priority=1,actions=goto_table:5'

    def flows(self, r):
        for _ in range(N_FLOWS):
            net = r.randrange(self.PORTS // self.PER_NETWORK) * self.PER_NETWORK
            a, b = net + r.randrange(self.PER_NETWORK), net + r.randrange(self.PER_NETWORK)
            yield record(self.address(a), self.address(b), 1024 + r.randrange(60000),
                         r.choice((53, 80, 443, 8080, 1000 + b)), self.eth(a), self.eth(b))


class Routes(Workload):
    """Prefixes as long as those of the Internet's table: more than half are /24."""

    LENGTHS = ((24, 58), (23, 10), (22, 11), (21, 5), (20, 5), (19, 3), (18, 2), (17, 1), (16, 3),
               (12, 1), (32, 1))

    def __init__(self, name, title, count):
        super().__init__(name, title)
        self.count = count

    def prefixes(self):
        r = random.Random(self.count)
        lengths, weights = zip(*self.LENGTHS)
        seen = {}
        while len(seen) < self.count:
            length = r.choices(lengths, weights)[0]
            # from 16.0.0.0 to 191.255.255.255
            address = (0x10000000 + r.randrange(0xb0000000)) & mask(length)
            seen[(address, length)] = True
        return list(seen)

    def rules(self, r):
        for address, length in self.prefixes():
            yield (f'priority={1000 + length},ip,nw_dst={ip(address)}/{length},'
                   'actions=output:2')
        yield 'priority=1,ip,actions=output:2'

    def flows(self, r):
        prefixes = self.prefixes()
        for _ in range(N_FLOWS):
            address, length = r.choice(prefixes)
            yield record(0x0a000000 | r.getrandbits(24),
                         address | r.getrandbits(32) & ~mask(length) & 0xffffffff,
                         1024 + r.randrange(60000), r.getrandbits(16))


class LearningSwitch(Workload):
    """Two tables, the first teaching the second; 1,000 MACs, half behind each port."""

    HALF = 500
    A, B = 0x0a0000000000, 0x0a0000010000

    def __init__(self, name, title):
        super().__init__(name, title)
        self.prime = (f'flows={self.HALF} order=in-turn eth_dst={mac(self.A)} '
                      f'eth_src={mac(self.B)}-{mac(self.B + self.HALF - 1)}')

    def rules(self, r):
        yield ('table=0,priority=1,actions=learn(table=1,hard_timeout=300,priority=100,'
               'NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),goto_table:1')

    def flows(self, r):
        for _ in range(N_FLOWS):
            yield record(0x0a000000 | r.getrandbits(24), 0x14000000 | r.getrandbits(24),
                         1024 + r.randrange(60000), r.getrandbits(16),
                         self.A + r.randrange(self.HALF), self.B + r.randrange(self.HALF))


ALL = [
    OneRule('one', 'one rule on the port', 'in_port=1'),
    OneRule('address', 'one rule with an IP match', 'ip,in_port=1,nw_dst=20.0.0.0/8'),
    Exact('exact10k', '10,000 exact rules', 10000),
    Exact('exact100k', '100,000 exact rules', 100000),
    Exact('exact1m', '1,000,000 exact rules', 1000000),
    Acl('acl1k', '1,000 ACL rules, 50 shapes', 1000),
    Acl('acl10k', '10,000 ACL rules, 50 shapes', 10000),
    VirtualNetwork('vnet', 'virtual network, 8 tables'),
    Routes('lpm', '100,000 routes', 100000),
    LearningSwitch('learn', 'learning switch, 1,000 MACs'),
    *connections.ALL,
]
BY_NAME = {w.name: w for w in ALL}


class Files:
    """Where a workload's files lie; they are made when first asked for."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def _write(self, workload, kind, make, mode, encode):
        path = os.path.join(self.folder, f'{workload.name}.{FORMAT}.{kind}')
        if not os.path.exists(path):
            with open(path + '.new', mode) as f:
                f.writelines(encode(x) for x in make(random.Random(f'{workload.name}.{kind}')))
            os.rename(path + '.new', path)
        return path

    def rules(self, workload):
        return self._write(workload, 'rules', workload.rules, 'w', lambda line: line + '\n')

    def flows(self, workload):
        return self._write(workload, 'flows', workload.flows, 'wb', lambda rec: rec)

    def answers(self, workload):
        return self._write(workload, 'answers', workload.answers, 'wb', lambda rec: rec)

    def fresh(self, workload):
        if not workload.fresh:
            return self.flows(workload)
        return self._write(workload, 'fresh', workload.fresh, 'wb', lambda rec: rec)
