"""Which date of a series goes on as which, when its rule changes: cases and replies stay with their date."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import date

_NEAR: tuple[Callable[[date], Hashable], ...] = (
    lambda day: day,
    lambda day: day.isocalendar()[:2],
    lambda day: (day.year, day.month),
)


def successors(former: Sequence[date], wanted: Sequence[date]) -> dict[date, date]:
    """Return for each wanted day the former one that becomes it, each at most once.

    The same day goes first, then the same week, then the same month; in order within each. What is left of
    the former is called off, what is left of the wanted is new.
    """
    found: dict[date, date] = {}
    for near in _NEAR:
        left = [day for day in former if day not in found.values()]
        for day in wanted:
            if day in found:
                continue
            match = next((one for one in left if near(one) == near(day)), None)
            if match is not None:
                found[day] = match
                left.remove(match)
    return found
