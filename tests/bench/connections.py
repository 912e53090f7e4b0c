"""The benchmark's rule sets that follow connections, and their flows in both directions.

Half of the connections are TCP, picked up in the middle, with windows that hold; half are UDP.  What
port 1 sends once opens them; then both ends send, each packet of any of them.
"""

import random

import workload
from workload import N_FLOWS, TCP, UDP, ip, mac, record

COLUMNS = ('1', '10k', '100k', '1m')
PORTS = (53, 80, 443, 8080)


class Firewall(workload.Workload):
    """From port 1 anything may begin, from port 2 only answers come; two tables.  NAT: all of
    port 1 seem to be one address."""

    NAT = 0x1e000001

    def __init__(self, name, title, has_nat=False, **more):
        super().__init__(name, title, **{'columns': COLUMNS, 'opens': True, **more})
        self.has_nat = has_nat

    def rules(self, r):
        nat = ',nat' if self.has_nat else ''
        to = f'commit,nat(src={ip(self.NAT)})' if self.has_nat else 'commit'
        yield f'table=0,priority=100,ip,ct_state=-trk,actions=ct(table=1{nat})'
        yield f'table=1,priority=100,ip,in_port=1,ct_state=+trk+new,actions=ct({to}),output:2'
        yield 'table=1,priority=90,ip,in_port=1,ct_state=+trk+est,actions=output:2'
        yield 'table=1,priority=90,ip,in_port=2,ct_state=+trk+est,actions=output:1'

    @staticmethod
    def tuples():
        """Both addresses, both ports, protocol; the same for both directions."""
        r = random.Random('tuples')
        for i in range(N_FLOWS):
            yield (0x0a000000 | r.getrandbits(24), 0x14000000 | r.getrandbits(24),
                   1024 + r.randrange(60000), r.choice(PORTS), UDP if i % 2 else TCP)

    def flows(self, r):
        for src, dst, sport, dport, protocol in self.tuples():
            yield record(src, dst, sport, dport, protocol=protocol)

    def answers(self, r):
        for src, dst, sport, dport, protocol in self.tuples():
            yield record(dst, self.NAT if self.has_nat else src, dport, sport, workload.MAC_B,
                         workload.MAC_A, protocol)


class NewConnections(Firewall):
    """Each packet begins another one; the table is soon full, or was before."""

    def __init__(self, name, title, is_full):
        super().__init__(name, title, columns=('new',), opens=is_full)

    fresh = staticmethod(workload.any_flows)
    answers = None


class Groups(workload.Networks):
    """1,000 ports in 10 networks behind one port each way, in the tables that the controller makes:
    the sender's port and addresses, the connection, what the sender's and the receiver's security
    groups allow, the receiver's MAC.  Each network has two policies; each lets its ports send
    anything and members of a group reach some of their UDP and TCP ports."""

    def __init__(self, name, title):
        super().__init__(name, title, columns=('10k', '100k'), opens=True)

    def policy(self, i):
        return 2 * (i // self.PER_NETWORK) + i % 2 + 1

    def port_rules(self, i):
        net, addr, eth, policy = i // self.PER_NETWORK + 1, ip(self.address(i)), mac(self.eth(i)), self.policy(i)
        yield (f'table=0,priority=100,dl_src={eth},actions=load:{i + 1}->NXM_NX_REG0[],'
               f'load:{net}->NXM_NX_REG1[],load:{policy}->NXM_NX_REG3[],goto_table:10')
        yield (f'table=10,priority=100,ip,reg0={i + 1},dl_src={eth},nw_src={addr},'
               'actions=goto_table:23')
        for priority, end, role in ((310, 'src', 1), (300, 'dst', 2)):
            yield (f'table=24,priority={priority},ip,reg0={i + 1},ct_state=+trk+rel-inv,'
                   f'ct_nw_{end}={addr},actions=load:{role}->NXM_NX_REG4[],goto_table:25')
        for table, end, after in ((25, 'dst', 26), (40, 'src', 41)):
            yield (f'table={table},priority=132,ip,reg1={net},nw_{end}={addr},'
                   f'actions=load:1->NXM_NX_REG12[],goto_table:{after}')
        yield (f'table=30,priority=100,reg1={net},dl_dst={eth},actions='
               f'load:{policy}->NXM_NX_REG5[],load:{i + 1}->NXM_NX_REG7[],goto_table:40')
        for port in 1, 2:
            yield f'table=43,priority=100,in_port={port},reg7={i + 1},actions=output:{3 - port}'

    def policy_rules(self, policy):
        sides = ((27, 3, 1, 2, 30), (42, 5, 2, 1, 43))  # own role when the port began, and when not
        for table, reg, begins, answers, after in sides:
            match = f'ip,reg{reg}={policy},ct_state=+trk-inv'
            then = f'actions=load:1->NXM_NX_REG6[],goto_table:{after}'
            yield f'table={table},priority=110,{match},reg4={begins},{then}'
            for protocol in UDP, TCP:
                for port in PORTS:
                    yield (f'table={table},priority=110,{match},reg4={answers},ct_nw_proto={protocol},'
                           f'ct_tp_dst={port},reg12=1/1,{then}')
            yield f'table={table},priority=20,reg{reg}={policy},reg4=3,actions=drop'
            yield f'table={table},priority=10,reg{reg}={policy},actions=drop'

    def network_rules(self, net):
        yield f'table=23,priority=100,ip,reg1={net},actions=ct(table=24,zone={net})'
        for port in 1, 2:
            yield (f'table=43,priority=200,ip,in_port={port},reg1={net},reg6=1,ct_state=+trk+new,'
                   f'actions=ct(commit,zone={net}),output:{3 - port}')

    def rules(self, r):
        for state, role in (('-inv-rpl', 1), ('-inv+rpl', 2), ('+inv', 3)):
            yield (f'table=24,priority=100,ct_state=+trk{state},actions='
                   f'load:{role}->NXM_NX_REG4[],goto_table:25')
        yield 'table=25,priority=0,actions=goto_table:26'
        yield 'table=26,priority=0,actions=goto_table:27'
        yield 'table=40,priority=0,actions=load:0->NXM_NX_REG12[],goto_table:41'
        yield 'table=41,priority=0,actions=goto_table:42'
        for i in range(self.PORTS):
            yield from self.port_rules(i)
        for policy in range(2 * self.PORTS // self.PER_NETWORK):
            yield from self.policy_rules(policy + 1)
        for net in range(self.PORTS // self.PER_NETWORK):
            yield from self.network_rules(net + 1)

    def connections(self):
        r = random.Random('connections')
        for i in range(N_FLOWS):
            net = r.randrange(self.PORTS // self.PER_NETWORK) * self.PER_NETWORK
            yield (net + r.randrange(self.PER_NETWORK), net + r.randrange(self.PER_NETWORK),
                   1024 + r.randrange(60000), r.choice(PORTS), UDP if i % 2 else TCP)

    def flows(self, r):
        for a, b, sport, dport, protocol in self.connections():
            yield record(self.address(a), self.address(b), sport, dport, self.eth(a), self.eth(b),
                         protocol)

    def answers(self, r):
        for a, b, sport, dport, protocol in self.connections():
            yield record(self.address(b), self.address(a), dport, sport, self.eth(b), self.eth(a),
                         protocol)


ALL = [
    Firewall('fw', 'stateful firewall, 2 tables'),
    Firewall('fwnat', 'stateful firewall with NAT', has_nat=True),
    Groups('groups', 'virtual network, security groups'),
    NewConnections('fwnew', 'new connections', is_full=False),
    NewConnections('fwfull', 'new ones, a million are idle', is_full=True),
]
