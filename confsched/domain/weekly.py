"""The weekday and hour at which a series would meet everybody most often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from confsched import clock
from confsched.domain.assignment import assign
from confsched.domain.bitgrid import SATURDAY
from confsched.domain.starts import COMBINED_POOLS, Plan

WEEKS = 26
A_WEEKDAY = 2
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class WeeklySlot:
    """Hold a weekday (0 is Monday) and a local time, and in how many of the weeks it would do.

    good_weeks: everybody required is known to be free; unknown_weeks: nothing is known against it, somebody
    has to be asked. Weeks with a public holiday on that day count in none of them. `lacking` names the needs
    that nobody meets, with the number of weeks, the worst first.
    """

    weekday: int
    starts: time
    good_weeks: int
    unknown_weeks: int
    weeks: int
    lacking: tuple[tuple[str, int], ...] = ()


def best_weekly(
    plan: Plan, weeks: int = WEEKS, is_holiday: Callable[[date], bool] = lambda _day: False
) -> tuple[WeeklySlot, ...]:
    """Return every weekday and start in the usual hours, the best for a series first.

    The weeks begin with the first local day of the search; what lies beyond its window is not counted. A
    start keeps its local time over both clock changes.
    """
    days = list(_days(plan, weeks, is_holiday))
    judge = _Judge(plan)
    slots = [
        slot
        for weekday in range(SATURDAY)
        for starts in _starts(plan)
        if (slot := judge.slot(starts, [day for day in days if day.weekday() == weekday]))
    ]
    return tuple(sorted(slots, key=_merit))


def choice_of(slots: Sequence[WeeklySlot], limit: int) -> tuple[WeeklySlot, ...]:
    """Return the first few that offer a choice: of each weekday at most two, in different hours."""
    chosen: list[WeeklySlot] = []
    for slot in slots:
        hours = [one.starts.hour for one in chosen if one.weekday == slot.weekday]
        if len(chosen) < limit and len(hours) < A_WEEKDAY and slot.starts.hour not in hours:
            chosen.append(slot)
    return tuple(chosen)


def _merit(slot: WeeklySlot) -> tuple[float, float, int, int, time]:
    """Compare by shares: days with public holidays have fewer weeks, and come after equal ones with more."""
    shares = -slot.good_weeks / slot.weeks, -slot.unknown_weeks / slot.weeks
    return *shares, -slot.weeks, slot.weekday, slot.starts


def _days(plan: Plan, weeks: int, is_holiday: Callable[[date], bool]) -> Iterator[date]:
    first = clock.local_day(plan.search.earliest_at, plan.search.zone)
    for number in range(weeks * 7):
        day = first + timedelta(days=number)
        if day.weekday() < SATURDAY and not is_holiday(day):
            yield day


def _starts(plan: Plan) -> Iterator[time]:
    """Return the local starts whose whole length lies in the usual hours."""
    for opens, closes in plan.search.preferred_hours:
        at = datetime.combine(date.min, opens)
        while at + plan.search.duration <= datetime.combine(date.min, closes):
            yield at.time()
            at += STEP


class _Judge:
    """Look up starts in the rows of the plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows = {known: plan.required(known=known) for known in (True, False)}
        self.is_exact = all(len(group) <= COMBINED_POOLS for group in plan.groups)
        self.needs = [
            (need.label, plan.starts_of(pool, known=False))
            for need, pool in zip(plan.needs, plan.pools, strict=True)
            if not need.optional
        ]

    def slot(self, starts: time, days: Sequence[date]) -> WeeklySlot | None:
        """Count the days on which a start would do; None where the search has none of them."""
        cells = [cell for day in days if (cell := self._cell(day, starts)) is not None]
        if not cells:
            return None
        good = [cell for cell in cells if self._is_met(cell, known=True)]
        rest = set(cells).difference(good)
        unknown = {cell for cell in rest if self._is_met(cell, known=False)}
        return WeeklySlot(
            days[0].weekday(),
            starts,
            len(good),
            len(unknown),
            len(cells),
            self._lacking(rest - unknown),
        )

    def _cell(self, day: date, starts: time) -> int | None:
        """Return the cell in which the start of a day lies, None where the search does not allow it."""
        at, grid = clock.to_instant(day, starts, self.plan.search.zone), self.plan.board.grid
        cell = grid.cell_at(at)
        if cell < 0 or cell != grid.cell_from(at):
            return None
        return cell if self.plan.allowed >> cell & 1 else None

    def _is_met(self, cell: int, *, known: bool) -> bool:
        if not self.rows[known] >> cell & 1:
            return False
        if self.is_exact:
            return True
        is_known, is_possible = self.plan.tests_at(cell)
        return assign(self.plan.table, is_known, is_known if known else is_possible) is not None

    def _lacking(self, cells: set[int]) -> tuple[tuple[str, int], ...]:
        counts = [(label, sum(not row >> cell & 1 for cell in cells)) for label, row in self.needs]
        return tuple(sorted((one for one in counts if one[1]), key=lambda one: (-one[1], one[0])))
