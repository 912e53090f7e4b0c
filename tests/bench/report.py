"""A run's results for people: the table as text, and a page that stands alone."""

from html import escape

import goals
import plot
import vhost
import workloads

TITLES = {'weft': 'Weft', 'ovs': 'Open vSwitch', 'testpmd': 'testpmd io'}
COLUMN_TITLES = {'new': 'never seen'}

STYLE = '''
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
       color: #1c1c1c; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .7rem; text-align: right; }
th { font-weight: 600; border-bottom: 1px solid #999; } td.name, th.name { text-align: left; }
tr.first td { border-top: 1px solid #ddd; } td.limit { color: #777; }
td.missed { color: #b3261e; font-weight: 600; } .missed-list { color: #b3261e; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
svg { width: 100%; font-size: 11px; fill: #333; } svg .title { font-size: 13px; font-weight: 600; }
svg .grid { stroke: #e3e3e3; } pre { font-size: 12px; overflow-x: auto; background: #f6f6f6;
       padding: .6rem; }
'''


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
    return '\n'.join(line.rstrip() for line in lines)


# -- the page --

def html_cell(row, column, name, cell):
    if not cell or not cell['median_cycles']:
        return '<td></td>'
    cycles = cell['median_cycles']
    bound = goals.limit(row, column)
    mark = ' class="missed"' if name == 'weft' and bound and cycles > bound else ''
    rates = cell['packets_per_second']
    spread = f'{min(rates) / 1e6:.2f} to {max(rates) / 1e6:.2f} Mpps, {len(rates)} windows'
    return f'<td{mark} title="{spread}">{cycles:.0f}</td>'


def html_table(cells):
    out = ['<table><tr><th class="name">cycles a packet</th><th class="name"></th>']
    out += [f'<th>{COLUMN_TITLES.get(c, c)}</th>' for c in goals.COLUMNS]
    out.append('</tr>')
    last = None
    for (w, name), line in rows_of(cells).items():
        if w is not last:
            out.append(f'<tr class="first"><td class="name">{escape(w.title)}</td>'
                       '<td class="name limit">limit</td>')
            out += [f'<td class="limit">{goals.limit(w.name, c) or ""}</td>'
                    for c in goals.COLUMNS]
            out.append('</tr>')
            last = w
        out.append(f'<tr><td></td><td class="name">{TITLES[name]}</td>')
        out += [html_cell(w.name, c, name, line.get(c)) for c in goals.COLUMNS]
        out.append('</tr>')
    return ''.join(out + ['</table>'])


def rate_point(place, cell):
    rates = cell['packets_per_second']
    return (place, cell['median_packets_per_second'] / 1e6, min(rates) / 1e6, max(rates) / 1e6)


def rate_series(cells, place_of):
    """For each switch, what PLACE_OF names of its cells."""
    return [plot.Series(name, title, [rate_point(place_of(c), c) for c in cells
                                      if c['switch'] == name])
            for name, title in TITLES.items()]


def flow_plots(cells):
    for w in workloads.ALL:
        own = [c for c in cells if c['part'] == 'table' and c['row'] == w.name]
        if len({c['column'] for c in own}) > 1:
            yield plot.lines(w.title, 'flows', 'Mpps',
                             [COLUMN_TITLES.get(c, c) for c in goals.COLUMNS],
                             rate_series(own, lambda c: COLUMN_TITLES.get(c['column'],
                                                                          c['column'])))


def rule_plots(cells):
    """Over the number of rules: exact ones, and those of access lists."""
    for title, rows in (('exact rules', {'one': '1', 'exact10k': '10k', 'exact100k': '100k',
                                         'exact1m': '1m'}),
                        ('ACL rules', {'one': '1', 'acl1k': '1k', 'acl10k': '10k'})):
        for column in ('1k', '100k', '1m'):
            own = [c for c in cells if c['part'] == 'table' and c['column'] == column and
                   c['row'] in rows]
            if len({c['row'] for c in own}) > 1:
                yield plot.lines(f'{title}, {column} flows', 'rules', 'Mpps', list(rows.values()),
                                 rate_series(own, lambda c: rows[c['row']]))


def size_plots(cells):
    own = [c for c in cells if c['part'] == 'sizes']
    if own:
        places = list(dict.fromkeys(c['column'] for c in own))
        yield plot.lines('one rule, 1k flows', 'bytes a frame', 'Mpps', places,
                         rate_series(own, lambda c: c['column']))


def worker_plots(cells):
    own = [c for c in cells if c['part'] == 'workers']
    for row, column in dict.fromkeys((c['row'], c['column']) for c in own):
        yield plot.lines(f'{workloads.BY_NAME[row].title}, {column} flows', 'workers', 'Mpps',
                         ['1', '2'],
                         rate_series([c for c in own if (c['row'], c['column']) == (row, column)],
                                     lambda c: str(c['workers'])))


def vhost_plots(found):
    if not found:
        return
    yield plot.lines('rate', 'switch', 'Mpps', list(TITLES.values()),
                     [plot.Series(name, TITLES[name], [rate_point(TITLES[name], f)])
                      for name, f in found.items()])
    for rate in dict.fromkeys(r for f in found.values() for r in f['latency_us']):
        yield plot.lines(f'latency at {rate}', 'share of the packets', 'microseconds',
                         list(vhost.QUANTILES),
                         [plot.Series(name, TITLES[name],
                                      [(q, us, None, None) for q, us
                                       in f['latency_us'].get(rate, {}).items()])
                          for name, f in found.items()])


def section(title, plots):
    plots = [p for p in plots if p]
    if not plots:
        return ''
    return f'<h2>{title}</h2><div class="plots">' + '\n'.join(plots) + '</div>'


def limits(data):
    missed = [v for v in data['limits'] if not v['is_met']]
    out = [f'<h2>Limits</h2><p>{len(data["limits"]) - len(missed)} of {len(data["limits"])} are '
           'met.</p>']
    if missed:
        out.append('<ul class="missed-list">')
        out += [f'<li>{escape(v["what"])}: {number(v["value"])}, to be {number(v["bound"])}</li>'
                for v in missed]
        out.append('</ul>')
    return ''.join(out)


def facts(data):
    m, s = data['machine'], data['settings']
    pages = 'with huge pages' if m['huge_pages'] else 'without huge pages'
    versions = ', '.join(f'{name} ({version})' for name, version in data['versions'].items())
    return (f'<p>{escape(data["when"])}, commit {escape(data["commit"] or "unknown")}. '
            f'{escape(m["cpu"])}, {m["cpus"]} CPUs, time stamp counter {m["tsc_hz"] / 1e9:.2f} GHz, '
            f'{pages}, Linux {escape(m["kernel"])} ({escape(m["virtualised"])}). '
            f'{escape(versions)}.</p><p>Medians of {s["rounds"]} windows of {s["window"]} s, taken '
            'in turn; 64-byte packets unless said otherwise. Cycles are of the time stamp counter '
            'and include the two devices\' own, which testpmd shows. Lines through points of a '
            'plot are the least and the greatest window.</p>')


def tables(data):
    if not data['tables']:
        return ''
    return '<h2>What Weft chose</h2>' + ''.join(
        f'<h3>{escape(workloads.BY_NAME[row].title)}</h3><pre>{escape(words.rstrip())}</pre>'
        for row, words in data['tables'].items())


def page(data):
    cells = data['cells']
    return '\n'.join(['<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
                      f'<title>Weft benchmark {escape(data["when"])}</title>',
                      f'<style>{STYLE}</style></head><body><h1>Weft benchmark</h1>', facts(data),
                      html_table(cells), limits(data),
                      section('Rate over flows', flow_plots(cells)),
                      section('Rate over rules', rule_plots(cells)),
                      section('Rate over frame sizes', size_plots(cells)),
                      section('Rate over workers', worker_plots(cells)),
                      section('Between vhost-user ports', vhost_plots(data['vhost'])),
                      tables(data), '</body></html>'])
