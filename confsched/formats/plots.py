"""Plots as SVG made here: no script, no style but classes, and every plot says in words what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 14, 26
_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)
NAMES, ROW, MOST_LETTERS = 190, 24, 28  # of lying bars: room for names, height of each, letters of a name
_LINES = 4  # at most, beside that of the ground


@dataclass(frozen=True)
class Words:
    """Hold the name of a plot and what it shows, in the reader's language; `target` stands at its line."""

    id: str
    title: str
    description: str
    target: str


@dataclass(frozen=True)
class Range:
    """Hold quartiles in seconds at one place of the axis below; None where there is nothing."""

    label: str
    low: float | None
    median: float | None
    high: float | None


def duration(seconds: float) -> str:
    """Write "1:15" for minutes and seconds, "2:05 h" for an hour and more."""
    whole = round(seconds)
    minutes, left = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{left:02d}"
    return f"{minutes // 60}:{minutes % 60:02d} h"


def nice_step(highest: float, steps: int = _LINES) -> int:
    """Return a round number of seconds, or of anything, of which a few reach the highest value."""
    for step in _STEPS:
        if highest <= step * steps:
            return step
    return int(-(-highest // (steps * 86_400))) * 86_400


def bars(counts: Sequence[int], width_seconds: float, target: float | None, words: Words) -> str:
    """Return how often a step took how long; bars beyond the target stand behind its line, in its colour."""
    most = max([1, *counts])
    step = nice_step(most)
    top = step * -(-most // step)
    return _plot(words, [*_levels(top, step, _whole), *_bars(counts, width_seconds, target, top, words)])


def ranges(rows: Sequence[Range], target: float | None, words: Words) -> str:
    """Return median and middle half for each place of the axis; a median beyond the target is a square."""
    highest = max([target or 1.0, *(row.high for row in rows if row.high is not None)])
    step = nice_step(highest)
    top = step * -(-highest // step)
    return _plot(words, [*_levels(top, step, duration), *_ranges(rows, target, top, words)])


def named_bars(rows: Sequence[Range], target: float | None, words: Words) -> str:
    """Return a lying bar for the median of each name, with its middle half; a late one ends in a square."""
    highest = max([target or 1.0, *(row.high or row.median or 0.0 for row in rows)])
    step = nice_step(highest)
    top = step * -(-highest // step)
    height = TOP + ROW * len(rows) + BOTTOM
    return _plot(words, [*_columns(top, step, height), *_lying(rows, target, top, height, words)], height)


def _plot(words: Words, parts: Iterable[str], height: int = HEIGHT) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="{words.id}-title {words.id}-desc">'
        f'<title id="{words.id}-title">{escape(words.title)}</title>'
        f'<desc id="{words.id}-desc">{escape(words.description)}</desc>{"".join(parts)}</svg>'
    )


def _levels(top: float, step: float, write: Callable[[float], str]) -> Iterator[str]:
    level = 0.0
    while level <= top:
        y = _y(level, top)
        yield f'<path class="plot-grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield _text(LEFT - 6, y + 4, write(level), "end")
        level += step


def _whole(value: float) -> str:
    return str(int(value))


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _text(x: float, y: float, text: str, anchor: str = "middle", name: str = "plot-text") -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _bars(
    counts: Sequence[int], width_seconds: float, target: float | None, top: float, words: Words
) -> Iterator[str]:
    wide = (WIDTH - LEFT - RIGHT) / len(counts)
    for number, count in enumerate(counts):
        is_late = target is not None and number * width_seconds >= target
        y = _y(count, top)
        name = "plot-late" if is_late else "plot-bar"
        x, height = LEFT + number * wide + 1, HEIGHT - BOTTOM - y
        yield f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{wide - 2:.1f}" height="{height:.1f}"/>'
    every = max(1, -(-len(counts) // 6))
    for number in range(0, len(counts), every):
        yield _text(LEFT + number * wide, HEIGHT - 8, duration(number * width_seconds))
    if target is not None and target <= len(counts) * width_seconds:
        x = LEFT + target / width_seconds * wide
        yield f'<path class="plot-target" d="M{x:.1f} {TOP - 8}V{HEIGHT - BOTTOM}"/>'
        yield _text(x + 5, TOP, words.target, "start", "plot-text plot-strong")


def _ranges(rows: Sequence[Range], target: float | None, top: float, words: Words) -> Iterator[str]:
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    if target is not None:
        y = _y(target, top)
        yield f'<path class="plot-target" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield _text(WIDTH - RIGHT, y - 5, words.target, "end", "plot-text plot-strong")
    every = 3 if len(rows) > 12 else 1
    for number, row in enumerate(rows):
        x = LEFT + (number + 0.5) * wide
        if number % every == 0:
            yield _text(x, HEIGHT - 8, row.label)
        yield from _range(row, x, target, top)


def _range(row: Range, x: float, target: float | None, top: float) -> Iterator[str]:
    if row.median is None:
        return
    if row.low is not None and row.high is not None:
        yield f'<path class="plot-half" d="M{x:.1f} {_y(row.low, top):.1f}V{_y(row.high, top):.1f}"/>'
    y = _y(row.median, top)
    if target is not None and row.median > target:
        yield f'<rect class="plot-late" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
    else:
        yield f'<circle class="plot-bar" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'


def _columns(top: float, step: float, height: int) -> Iterator[str]:
    level = 0.0
    while level <= top:
        x = _x(level, top)
        yield f'<path class="plot-grid" d="M{x:.1f} {TOP}V{height - BOTTOM}"/>'
        yield _text(x, height - 8, duration(level), "end" if level + step > top else "middle")
        level += step


def _x(value: float, top: float) -> float:
    return NAMES + (WIDTH - NAMES - RIGHT) * value / top


def _lying(
    rows: Sequence[Range], target: float | None, top: float, height: int, words: Words
) -> Iterator[str]:
    for number, row in enumerate(rows):
        y = TOP + (number + 0.5) * ROW
        yield _text(NAMES - 8, y + 4, _shortened(row.label), "end")
        if row.median is not None:
            is_late = target is not None and row.median > target
            yield from _lying_bar(row, row.median, y, top, is_late=is_late)
    if target is not None:
        x = _x(target, top)
        yield f'<path class="plot-target" d="M{x:.1f} {TOP - 4}V{height - BOTTOM}"/>'
        anchor = "end" if x > WIDTH * 0.85 else "middle"  # what stands at the edge stays within the plot
        yield _text(x, TOP - 5, words.target, anchor, "plot-text plot-strong")


def _lying_bar(row: Range, median: float, y: float, top: float, *, is_late: bool) -> Iterator[str]:
    name, x = "plot-late" if is_late else "plot-bar", _x(median, top)
    yield f'<rect class="{name}" x="{NAMES}" y="{y - 5:.1f}" width="{x - NAMES:.1f}" height="10"/>'
    if is_late:
        yield f'<rect class="{name}" x="{x - 7:.1f}" y="{y - 8:.1f}" width="7" height="16"/>'
    if row.low is not None and row.high is not None:
        yield f'<path class="plot-half" d="M{_x(row.low, top):.1f} {y:.1f}H{_x(row.high, top):.1f}"/>'


def _shortened(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1].rstrip()}…"
