"""What Weft is to reach, and whether it did."""

COLUMNS = ('1', '1k', '10k', '100k', '1m', 'new')
FLOWS = {'1': 1, '1k': 1000, '10k': 10000, '100k': 100000, '1m': 1000000, 'new': 1000000}

# Cycles a packet, the devices' own included: 1 and 1k flows, 10k, 100k and 1m.
CYCLES = {
    'one': (60, 60, 90),
    'address': (75, 75, 100),
    'exact10k': (100, 130, 250),
    'exact100k': (100, 130, 250),
    'exact1m': (100, 130, 250),
    'acl1k': (180, 200, 250),
    'acl10k': (180, 200, 250),
    'vnet': (110, 180, 300),
    'lpm': (90, 110, 180),
    'learn': (100, 100, 150),
}
# The same of those that follow connections, in both directions, by column.
CONNECTIONS = {
    'fw': {'1': 110, '10k': 180, '100k': 260, '1m': 320},
    'fwnat': {'1': 180, '10k': 230, '100k': 320, '1m': 400},
    'groups': {'10k': 250, '100k': 350},
}
NEW_CONNECTIONS = {'fwnew': 3e6, 'fwfull': 3e6}  # at least so many a second
BYTES_A_CONNECTION = 192
NEW_TO_OLD = 1.10       # packets never seen before, against the column of 1m flows
TWO_WORKERS = 1.8
VHOST_TO_TESTPMD = 0.85
LATENCY_TO_TESTPMD = 1.3
LOST = 0.01             # a rate counts only if no more than this was lost


def limit(row, column):
    """Cycles a packet; None where there is none."""
    if row in CONNECTIONS:
        return CONNECTIONS[row].get(column)
    if column == 'new' or row not in CYCLES:
        return None
    return CYCLES[row][{'1': 0, '1k': 0, '10k': 1}.get(column, 2)]


class Verdict:
    """WHAT was to be, in words; BOUND and VALUE in the same unit."""

    def __init__(self, what, bound, value, is_met):
        self.what, self.bound, self.value, self.is_met = what, bound, value, is_met

    def to_json(self):
        return vars(self)


def at_most(what, bound, value):
    return Verdict(what, bound, value, value is not None and value <= bound)


def at_least(what, bound, value):
    return Verdict(what, bound, value, value is not None and value >= bound)


def judge_cell(row, column, cells, has_cache=True):
    """CELLS: by name of the switch.  HAS_CACHE: unless Weft's cache of flows is switched off, for
    which the columns of few flows have no limits."""
    weft, other = cells.get('weft'), cells.get('ovs')
    if not weft or (not has_cache and column in ('1', '1k')):
        return
    where = f'{row}, {column} flows' if column != 'new' else f'{row}, never-seen flows'
    if limit(row, column):
        yield at_most(f'{where}: cycles a packet', limit(row, column), weft.cycles())
    if row in NEW_CONNECTIONS:
        yield at_least(f'{row}: new connections a second', NEW_CONNECTIONS[row], weft.rate())
    if other and other.rate():
        yield at_least(f'{where}: not below Open vSwitch, packets a second', other.rate(),
                       weft.rate())
    if weft.loses() > LOST:
        yield at_most(f'{where}: share of packets lost', LOST, weft.loses())


def judge_row(row, cells):
    """CELLS: Weft's by column."""
    if 'new' in cells and '1m' in cells:
        yield at_most(f'{row}: never-seen flows cost, against 1m flows', NEW_TO_OLD,
                      cells['1m'].rate() / cells['new'].rate() if cells['new'].rate() else None)


def judge_held(row, n_connections, n_bytes):
    yield at_most(f'{row}: bytes of memory of a connection', BYTES_A_CONNECTION,
                  n_bytes / n_connections)


def judge_vhost(found):
    """FOUND: vhost.measure()'s."""
    weft, reference = found.get('weft'), found.get('testpmd')
    if not weft or not reference or not reference['median_packets_per_second']:
        return
    yield at_least('between vhost-user ports: rate to testpmd io\'s', VHOST_TO_TESTPMD,
                   weft['median_packets_per_second'] / reference['median_packets_per_second'])
    ours, theirs = (x['latency_us'].get('4Mpps', {}).get('p50') for x in (weft, reference))
    if ours and theirs:
        yield at_most('between vhost-user ports: median latency at 4 Mpps to testpmd io\'s',
                      LATENCY_TO_TESTPMD, ours / theirs)
