"""Plots as SVG: lines over named places, with the range of the samples.  No script, no font and
nothing else from elsewhere: a page with them stands alone."""

import math
from html import escape

WIDTH, HEIGHT = 460, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 30, 46
COLOURS = {'weft': '#0b6e4f', 'ovs': '#c8553d', 'testpmd': '#7d8597', 'limit': '#222222'}


class Series:
    """NAME picks the colour.  Points are (place, value, low, high); the last two may be None."""

    def __init__(self, name, title, points):
        self.name, self.title, self.points = name, title, points

    def colour(self):
        return COLOURS.get(self.name, '#444444')


def nice_steps(top):
    """At most six round steps from 0 up to TOP or a little more."""
    step = next(s for e in range(-9, 13) for s in (1 * 10**e, 2 * 10**e, 5 * 10**e)
                if top <= 6 * s)
    return [i * step for i in range(math.ceil(top / step) + 1)]


def label(value):
    return f'{value:.4g}'


def text(x, y, words, anchor='middle', more=''):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


class Frame:
    """Axes: places from left to right, values from 0 up."""

    def __init__(self, title, x_title, y_title, places, top):
        self.places, self.steps = places, nice_steps(top)
        self.out = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
        self.out.append(text(LEFT, 16, title, 'start', 'class="title"'))
        for step in self.steps:
            y = self.y(step)
            self.out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                            'class="grid"/>')
            self.out.append(text(LEFT - 6, y + 4, label(step), 'end'))
        for i, place in enumerate(places):
            self.out.append(text(self.x(i), HEIGHT - BOTTOM + 16, place))
        self.out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 31, x_title))
        self.out.append(text(12, TOP + 60, y_title, 'middle',
                             f'transform="rotate(-90 12 {TOP + 60})"'))

    def x(self, i):
        room = WIDTH - LEFT - RIGHT
        return LEFT + room * (i + 0.5) / max(len(self.places), 1)

    def y(self, value):
        room = HEIGHT - TOP - BOTTOM
        return HEIGHT - BOTTOM - room * min(value / self.steps[-1], 1)

    def legend(self, series):
        x = LEFT
        for s in series:
            self.out.append(f'<rect x="{x}" y="{HEIGHT - 9}" width="12" height="4" '
                            f'fill="{s.colour()}"/>')
            self.out.append(text(x + 16, HEIGHT - 4, s.title, 'start'))
            x += 26 + 7 * len(s.title)

    def end(self):
        return '\n'.join(self.out + ['</svg>'])


def draw_line(frame, s):
    at = [(frame.x(frame.places.index(p)), frame.y(v)) for p, v, _, _ in s.points]
    path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in at)
    dash = ' stroke-dasharray="5 4"' if s.name == 'limit' else ''
    frame.out.append(f'<polyline points="{path}" fill="none" stroke="{s.colour()}" '
                     f'stroke-width="2"{dash}/>')
    for (place, value, low, high), (x, y) in zip(s.points, at):
        if low is not None and high is not None:
            frame.out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{frame.y(low):.1f}" '
                             f'y2="{frame.y(high):.1f}" stroke="{s.colour()}"/>')
        if s.name != 'limit':
            frame.out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{s.colour()}"><title>'
                             f'{escape(s.title)}, {escape(place)}: {label(value)}</title></circle>')


def lines(title, x_title, y_title, places, series):
    """One plot; places nobody has a value for are left out."""
    series = [s for s in series if s.points]
    used = {p for s in series for p, _, _, _ in s.points}
    places = [p for p in places if p in used]
    tops = [high or value for s in series for _, value, _, high in s.points]
    if not tops:
        return ''
    frame = Frame(title, x_title, y_title, places, max(tops))
    for s in series:
        draw_line(frame, s)
    frame.legend(series)
    return frame.end()
