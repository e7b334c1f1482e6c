"""The fairness ledger: what each person held on each line, and what their share of employment would be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from uuid import UUID

from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs
from confsched.domain.roster_limits import touches_weekend
from confsched.domain.roster_rules import DutyRules, HeldDuty, Share, exact_share

MINUTE = timedelta(minutes=1)
NOTHING = Fraction(0)
EVERYBODY: Mapping[UUID, Collection[UUID]] = MappingProxyType({})
USUAL_RULES = DutyRules()


class Measure(StrEnum):
    """Name a column of the ledger; all count duties, only the last counts minutes."""

    DUTIES = "duties"
    DAYS = "days"
    NIGHTS = "nights"
    ON_CALL = "on_call"
    BACKGROUND = "background"
    WEEKENDS = "weekends"
    HOLIDAYS = "holidays"
    MINUTES = "minutes"


COLUMN = MappingProxyType(
    {
        CountsAs.DAY: Measure.DAYS,
        CountsAs.NIGHT: Measure.NIGHTS,
        CountsAs.ON_CALL: Measure.ON_CALL,
        CountsAs.BACKGROUND: Measure.BACKGROUND,
    }
)


@dataclass(frozen=True)
class LedgerRow:
    """Hold what one person held on one line and what was theirs to hold, by measure."""

    person_id: UUID
    line_id: UUID
    held: Mapping[Measure, int]
    expected: Mapping[Measure, Fraction]

    def difference(self, measure: Measure) -> Fraction:
        """Return how much more, or below zero how much less, the person held than their part."""
        return self.held[measure] - self.expected[measure]

    @property
    def worked(self) -> timedelta:
        """Return the elapsed time on duty, exact to the minute."""
        return self.held[Measure.MINUTES] * MINUTE


@dataclass(frozen=True)
class Ledger:
    """Hold the rows of a window by line and person; on each line the differences add up to nothing."""

    rows: tuple[LedgerRow, ...]

    def find_row(self, person_id: UUID, line_id: UUID) -> LedgerRow | None:
        """Return the row of a person on a line, or None where they neither held nor owed a duty."""
        return next((row for row in self.rows if (row.person_id, row.line_id) == (person_id, line_id)), None)


def ledger(
    duties: Iterable[HeldDuty],
    shares: Mapping[UUID, Share],
    window: Span,
    zone: str,
    is_holiday: Callable[[date], bool],
    *,
    pools: Mapping[UUID, Collection[UUID]] = EVERYBODY,
    rules: DutyRules = USUAL_RULES,
) -> Ledger:
    """Return the ledger of the duties that start inside `window`, whole even where they end after it.

    What was held on a line is owed by its pool, by default by everybody in `shares`, in proportion to the
    share of employment; a day at work without a line counts nowhere. A duty is a weekend's when a minute of
    it lies in one, and a holiday's when the day on which it starts is one, because it belongs to that day.
    """
    held: dict[UUID, dict[UUID, Counter[Measure]]] = defaultdict(lambda: defaultdict(Counter))
    for duty in duties:
        if duty.line_id and window.contains(duty.span.starts_at):
            held[duty.line_id][duty.person_id].update(_measures(duty, zone, is_holiday, rules))
    return Ledger(
        tuple(
            row
            for line_id in sorted(held.keys() | pools.keys())
            for row in _line_rows(line_id, held[line_id], _owed(shares, pools.get(line_id)))
        )
    )


def _measures(
    duty: HeldDuty, zone: str, is_holiday: Callable[[date], bool], rules: DutyRules
) -> dict[Measure, int]:
    measures = {Measure.DUTIES: 1, Measure.MINUTES: duty.span.duration // MINUTE}
    if duty.counts_as in COLUMN:
        measures[COLUMN[duty.counts_as]] = 1
    if touches_weekend(duty, zone, rules):
        measures[Measure.WEEKENDS] = 1
    if is_holiday(duty.day):
        measures[Measure.HOLIDAYS] = 1
    return measures


def _owed(shares: Mapping[UUID, Share], pool: Collection[UUID] | None) -> dict[UUID, Fraction]:
    """Return which part of a line's duties each person owes; nobody owes any where all shares are nothing."""
    exact = {person: exact_share(share) for person, share in shares.items() if pool is None or person in pool}
    total = sum(exact.values(), NOTHING)
    return {person: share / total if total else NOTHING for person, share in exact.items()}


def _line_rows(
    line_id: UUID, held: Mapping[UUID, Counter[Measure]], owed: Mapping[UUID, Fraction]
) -> Iterator[LedgerRow]:
    total = sum(held.values(), Counter[Measure]())
    for person_id in sorted(held.keys() | owed.keys()):
        own, part = held.get(person_id, Counter[Measure]()), owed.get(person_id, NOTHING)
        yield LedgerRow(
            person_id,
            line_id,
            MappingProxyType({measure: own[measure] for measure in Measure}),
            MappingProxyType({measure: total[measure] * part for measure in Measure}),
        )
