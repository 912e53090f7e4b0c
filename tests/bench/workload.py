"""What a workload of the benchmark is made of: its rules in ovs-ofctl's syntax, and the flows that
meet them as records of traffic.h's struct traffic_record."""

import socket
import struct

RECORD = struct.Struct('!6s6sB3xIIHH')  # eth_dst eth_src protocol ip_src ip_dst port_src port_dst
TCP, UDP = 6, 17
N_FLOWS = 1000000

MAC_A, MAC_B = 0x020000000001, 0x020000000002


def ip(number):
    return socket.inet_ntoa(struct.pack('!I', number))


def mac(number):
    return ':'.join(f'{byte:02x}' for byte in number.to_bytes(6, 'big'))


def mask(length, width=32):
    return ((1 << width) - 1) ^ ((1 << (width - length)) - 1)


def record(src, dst, sport, dport, eth_src=MAC_A, eth_dst=MAC_B, protocol=UDP):
    return RECORD.pack(eth_dst.to_bytes(6, 'big'), eth_src.to_bytes(6, 'big'), protocol, src, dst,
                       sport, dport)


def any_flows(r):
    for _ in range(N_FLOWS):
        yield record(0x0a000000 | r.getrandbits(24), 0x14000000 | r.getrandbits(24),
                     1024 + r.randrange(60000), r.getrandbits(16))


class Workload:
    """NAME and TITLE; rules() and flows() are generators, of text lines and of records.

    fresh() gives flows whose source port no rule asks for, so that the generator may replace it;
    the same as flows() unless a workload says otherwise.  prime is a profile for port 2, run once
    before each measurement.  answers() gives what comes in by port 2 while flows() come by port 1,
    in the same order; None: nothing.  OPENS: flows are sent once, in turn, before anything else.
    """

    prime = None
    answers = None
    fresh = None

    def __init__(self, name, title, columns=None, opens=False):
        """COLUMNS: those that are measured unless others are asked for; None: all."""
        self.name, self.title, self.columns, self.opens = name, title, columns, opens

    def rules(self, r):
        raise NotImplementedError

    def flows(self, r):
        return any_flows(r)


class Networks(Workload):
    """1,000 ports in 10 networks of 100."""

    PORTS, PER_NETWORK = 1000, 100

    def address(self, i):
        return 0x0a000000 + i // self.PER_NETWORK * 65536 + 10 + i % self.PER_NETWORK

    @staticmethod
    def eth(i):
        return 0x0a0000000000 + i
