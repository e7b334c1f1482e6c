"""The plots of the figures, each with the words that say what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from confsched.domain.figures import FEWEST, Summary, histogram
from confsched.errors import msg
from confsched.formats.plots import Range, Words, bars, duration, named_bars, nice_step, ranges
from confsched.services.figures import Asked, Figures, Part
from confsched.web.figure_words import BY, STEPS, WEEKDAYS, say

BARS = 24
PARTNERS = ("spoke", "hub")
MOST_PARTNERS = 40  # of one plot; the table below it holds all


@dataclass(frozen=True)
class Plot:
    """Hold a plot and the name that stands above it."""

    title: str
    svg: Markup


def plots(asked: Asked, found: Figures) -> Iterator[Plot]:
    """Draw how the times spread, and their medians by hour, weekday and partner."""
    parts = {part.by: part for part in found.parts}
    yield _histogram(asked, found)
    yield _ranges(parts["hour"], asked, found)
    yield _ranges(parts["weekday"], asked, found)
    for by in PARTNERS:
        if any(one.count for _, one in parts[by].rows):
            yield _partners(parts[by], asked, found)


def _histogram(asked: Asked, found: Figures) -> Plot:
    whole = found.steps[asked.measure]
    farthest = max(4 * (whole.median or 1), 2 * (found.goal or 1))
    width = float(nice_step(farthest, BARS))
    shape = say(msg("Distribution"))
    words = Words(
        "plot-times",
        f"{say(STEPS[asked.measure])}: {shape}",
        _described(whole),
        _target(found.goal),
    )
    return Plot(words.title, Markup(bars(histogram(found.seconds, width, BARS), width, found.goal, words)))


def _ranges(part: Part, asked: Asked, found: Figures) -> Plot:
    rows = [_range(_axis(part, label), one) for label, one in part.rows]
    words = Words(
        f"plot-{part.by}",
        f"{say(STEPS[asked.measure])}: {say(BY[part.by])}",
        say(msg("Median and middle half. The table below holds the same figures.")),
        _target(found.goal),
    )
    return Plot(words.title, Markup(ranges(rows, found.goal, words)))


def _partners(part: Part, asked: Asked, found: Figures) -> Plot:
    """Draw the partners with most consults, the slowest first."""
    timed = [(label, one) for label, one in part.rows if one.median is not None]
    busiest = sorted(timed, key=lambda row: -row[1].count)[:MOST_PARTNERS]
    slowest = sorted(busiest, key=lambda row: (-(row[1].median or 0.0), row[0]))
    words = Words(
        f"plot-{part.by}",
        f"{say(STEPS[asked.measure])}: {say(BY[part.by])}",
        " ".join(_told(label, one) for label, one in slowest),
        _target(found.goal),
    )
    rows = [_range(label, one) for label, one in slowest]
    return Plot(words.title, Markup(named_bars(rows, found.goal, words)))


def _told(label: str, one: Summary) -> str:
    return say(
        msg(
            "%(name)s: median %(median)s of %(count)s consults.",
            name=label,
            median=duration(one.median or 0.0),
            count=one.count,
        )
    )


def _range(label: str, one: Summary) -> Range:
    low, high = (one.low, one.high) if is_enough(one) else (None, None)
    return Range(label, low, one.median, high)


def is_enough(one: Summary) -> bool:
    """Tell whether quartiles of so many say more than chance would."""
    return one.count >= FEWEST


def _axis(part: Part, label: str) -> str:
    return label if part.by == "hour" else say(WEEKDAYS[int(label)])[:2]


def _described(whole: Summary) -> str:
    if whole.median is None:
        return say(msg("Nothing was measured."))
    text = msg("%(count)s consults, median %(median)s.", count=whole.count, median=duration(whole.median))
    return say(text)


def _target(goal: float | None) -> str:
    return say(msg("Target %(time)s", time=duration(goal))) if goal is not None else ""
