"""Weekday and hour of a series as a table: in each hour the best of its starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confsched.domain.weekly import WeeklySlot
from confsched.errors import msg

WEEKDAYS = (msg("Monday"), msg("Tuesday"), msg("Wednesday"), msg("Thursday"), msg("Friday"))
# The shade from this share of the weeks on; the fullest means every week, and each cell says it in words.
SHADES = ((1.0, 6), (0.75, 5), (0.5, 4))


@dataclass(frozen=True)
class HourCell:
    """Hold the best start of an hour and its shade, 0 where fewer than half of the weeks would do."""

    slot: WeeklySlot
    shade: int


@dataclass(frozen=True)
class HourRow:
    """Hold an hour of the day and a cell per weekday; None where the search has no such day."""

    hour: int
    cells: tuple[HourCell | None, ...]


def weekday_table(slots: Sequence[WeeklySlot]) -> list[HourRow]:
    """Return the hours in order, Monday to Friday each; the slots come best first."""
    best: dict[tuple[int, int], WeeklySlot] = {}
    for slot in slots:
        best.setdefault((slot.starts.hour, slot.weekday), slot)
    hours = sorted({hour for hour, _ in best})
    return [
        HourRow(hour, tuple(_cell(best.get((hour, day))) for day in range(len(WEEKDAYS)))) for hour in hours
    ]


def _cell(slot: WeeklySlot | None) -> HourCell | None:
    if slot is None:
        return None
    share = slot.good_weeks / slot.weeks
    return HourCell(slot, next((shade for least, shade in SHADES if share >= least), 0))
