"""A run's results for people: a table as text."""

import goals
import workloads

TITLES = {'weft': 'Weft', 'ovs': 'Open vSwitch', 'testpmd': 'testpmd io'}


def number(value):
    if value is None:
        return 'nothing'
    if value >= 1e6:
        return f'{value / 1e6:.1f} M'
    return f'{value:.0f}' if value >= 20 else f'{value:.2f}'


def rows_of(cells):
    """(row, switch) -> column -> cell, of the table, in the table's order."""
    found = {}
    for w in workloads.ALL:
        for name in TITLES:
            line = {c['column']: c for c in cells
                    if c['part'] == 'table' and c['row'] == w.name and c['switch'] == name}
            if line:
                found[w, name] = line
    return found


def text_table(cells):
    rows = rows_of(cells)
    if not rows:
        return ''
    lines = ['cycles a packet'.ljust(44) + ''.join(f'{c:>8}' for c in goals.COLUMNS)]
    last = None
    for (w, name), line in rows.items():
        if w is not last:
            bounds = (goals.limit(w.name, c) for c in goals.COLUMNS)
            lines.append(f'{w.title:30} {"limit":13}' +
                         ''.join(f'{b or "":>8}' for b in bounds))
            last = w
        values = (line[c]['median_cycles'] if c in line else '' for c in goals.COLUMNS)
        lines.append(f'{"":30} {TITLES[name]:13}' +
                     ''.join(f'{v:>8.0f}' if v else f'{"":>8}' for v in values))
    return '\n'.join(lines)


def page(data):
    return ''
