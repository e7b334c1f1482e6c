"""What the filling of a month is told, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType, WishKind
from confsched.domain.rest import REST

# A line may have several duties a day, each with its code.
DutyKey = tuple[UUID, date, str]
MEASURES = 4


@dataclass(frozen=True)
class Load:
    """Count what duties weigh in the ledger; a part of a duty is a fraction."""

    duties: float = 0.0
    nights: float = 0.0
    weekends: float = 0.0
    holidays: float = 0.0

    @property
    def values(self) -> tuple[float, ...]:
        return self.duties, self.nights, self.weekends, self.holidays


@dataclass(frozen=True)
class OpenDuty:
    """Hold a place that somebody must take; `day` is the local day on which it starts."""

    line_id: UUID
    day: date
    code: str
    span: Span
    duty_type: DutyType
    weight: Load

    @property
    def key(self) -> DutyKey:
        return self.line_id, self.day, self.code


@dataclass(frozen=True)
class HeldDuty:
    """Hold a duty that stands and is never moved, in this month or beside it."""

    span: Span
    duty_type: DutyType
    load: Load = Load()


@dataclass(frozen=True)
class MonthLimits:
    """Hold the most on-call duties a month beside 0, 1, 2 ... standbys, and how many of each stand already.

    There are no more standbys than the table has entries for; without a table nothing is limited.
    """

    on_call_beside: tuple[int, ...] | None = None
    standby_used: int = 0
    on_call_used: int = 0

    def leave_room_for(self, standby: int, on_call: int) -> bool:
        """Tell whether so many new duties of each kind fit; without new ones nothing is too much."""
        if self.on_call_beside is None or not standby + on_call:
            return True
        standbys = self.standby_used + standby
        if standbys >= len(self.on_call_beside):
            return False
        return self.on_call_used + on_call <= self.on_call_beside[standbys]


@dataclass(frozen=True)
class Candidate:
    """Hold a person of the department as the filling sees them.

    `blocked` are absences and fixed days off. `past` is the load of the last twelve months without what is
    in `held`; for somebody who was not there all the time the caller makes it up to the whole year.
    `share` is the share of employment, 1.0 being a full post.
    """

    person_id: UUID
    lines: frozenset[UUID]
    share: float = 1.0
    blocked: tuple[Span, ...] = ()
    held: tuple[HeldDuty, ...] = ()
    past: Load = Load()
    wishes: Mapping[date, WishKind] = field(default_factory=dict)
    limits: MonthLimits = MonthLimits()

    def __post_init__(self) -> None:
        assert self.share > 0, "who takes duties is employed"


@dataclass(frozen=True)
class Weights:
    """Say how much each soft rule counts; the four of the ledger are multiplied with a squared distance."""

    rather_not: float = 12.0
    rather: float = 6.0
    duties: float = 2.0
    nights: float = 4.0
    weekends: float = 4.0
    holidays: float = 6.0
    spacing: float = 1.0

    @property
    def ledger(self) -> tuple[float, ...]:
        return self.duties, self.nights, self.weekends, self.holidays


@dataclass(frozen=True)
class FillRules:
    """Hold the numbers of an organisation.

    `rest` lies between two duties at the hospital. `cap` is the longest one. Duties of one person that start
    fewer than `spacing_days` days apart cost, the nearer the more.
    """

    rest: timedelta = REST
    cap: timedelta = timedelta(hours=24)
    spacing_days: int = 4
    weights: Weights = Weights()


@dataclass(frozen=True)
class Problem:
    """Hold the open duties of a month and who may take them."""

    open_duties: tuple[OpenDuty, ...]
    candidates: tuple[Candidate, ...]
    rules: FillRules = FillRules()

    def __post_init__(self) -> None:
        assert len({duty.key for duty in self.open_duties}) == len(self.open_duties), "a place is named once"
        people = {candidate.person_id for candidate in self.candidates}
        assert len(people) == len(self.candidates), "a person is named once"


class Bar(StrEnum):
    """Why somebody cannot take a duty, the first that applies."""

    NOT_QUALIFIED = "not_qualified"
    TOO_LONG = "too_long"
    ABSENT = "absent"
    ON_DUTY = "on_duty"
    RESTING = "resting"
    AT_LIMIT = "at_limit"


@dataclass(frozen=True)
class WhyNot:
    """Name a reason and whom it keeps from a duty."""

    reason: Bar
    persons: tuple[UUID, ...]

    @property
    def count(self) -> int:
        return len(self.persons)


@dataclass(frozen=True)
class Spread:
    """Hold the least and the most that somebody has, by full post and with the last twelve months."""

    least: float
    most: float


@dataclass(frozen=True)
class Score:
    """Hold the soft side of a filling; less cost is better and compares fillings of the same problem only."""

    cost: float
    wishes_broken: int
    wishes_met: int
    close_pairs: int
    duties: Spread
    nights: Spread
    weekends: Spread
    holidays: Spread


@dataclass(frozen=True)
class Filling:
    """Hold who takes which duty, and for each that stays open whom each reason keeps away."""

    assigned: Mapping[DutyKey, UUID]
    unfilled: Mapping[DutyKey, tuple[WhyNot, ...]]
    score: Score


@dataclass(frozen=True)
class Progress:
    """Hold the best so far and the share of the steps that are done."""

    filled: int
    total: int
    score: Score
    share_done: float
