"""What a check of a roster goes by: the rules of an organisation, the facts about people, and a warning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple, Protocol
from uuid import UUID

from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs, DutyType
from confsched.errors import Message

# Standby at the hospital is working time; on call from home, background included, is rest until somebody
# calls (ArbZG par. 5(1) and (3), 7(1)), and a roster cannot know the calls.
WORK = frozenset({DutyType.REGULAR, DutyType.ON_SITE_STANDBY})
ON_CALL = frozenset({DutyType.ON_CALL_HOME, DutyType.BACKGROUND})
HALF = Fraction(1, 2)
FULL_TIME = Fraction(1)
MAX_DENOMINATOR = 10_000  # a float share is a rounded percentage: 0.35 means 7/20

Share = Fraction | float
WarningKey = tuple[UUID, date, "Rule"]


class HeldDuty(Protocol):
    """Hold one duty, or a day at work without a line, of a draft or of a published roster.

    `day` is the local day on which it starts.
    """

    @property
    def line_id(self) -> UUID | None: ...
    @property
    def person_id(self) -> UUID: ...
    @property
    def day(self) -> date: ...
    @property
    def span(self) -> Span: ...
    @property
    def duty_type(self) -> DutyType: ...
    @property
    def counts_as(self) -> CountsAs: ...


class WeekTime(NamedTuple):
    """Name a wall-clock time of the week; weekday 0 is Monday."""

    weekday: int
    at: time


FRIDAY_NIGHT = WeekTime(4, time(21))
MONDAY_MORNING = WeekTime(0, time(5))


class Rule(StrEnum):
    """Name what a warning is about."""

    REST = "rest"
    REST_TO_COMPENSATE = "rest_to_compensate"
    TOO_LONG = "too_long"
    STANDBY_LIMIT = "standby_limit"
    ON_CALL_LIMIT = "on_call_limit"
    MIXED_LIMIT = "mixed_limit"
    FREE_WEEKENDS = "free_weekends"
    DOUBLE_DUTY = "double_duty"
    ABSENT = "absent"
    DAY_OFF = "day_off"
    NOT_QUALIFIED = "not_qualified"
    NO_CONTACT = "no_contact"
    NO_ALERT = "no_alert"


@dataclass(frozen=True)
class DutyRules:
    """Hold the limits of one organisation; the defaults are the law and the agreement of municipal hospitals.

    Rest: ArbZG par. 5(1) and (2). Length: TV-Aerzte/VKA par. 10(2) to (4). Numbers a month: par. 10(10)
    standby, 10(8) on call, 10(12) both kinds together: `mixed_limits[n]` on-call duties beside n standby
    duties, none beyond the table. Changes later than `notice_days` ahead are told to whom they hit.
    """

    rest_hours: int = 11
    compensated_rest_hours: int = 10
    lengthened_rest_hours: int = 12
    compensation_days: int = 28
    cap_hours: int = 24
    standby_limit: int = 4
    on_call_limit: int = 13
    mixed_limits: tuple[int, ...] = (13, 10, 7, 4, 0)
    free_weekends: int = 2
    weekend_starts: WeekTime = FRIDAY_NIGHT
    weekend_ends: WeekTime = MONDAY_MORNING
    notice_days: int = 14

    def __post_init__(self) -> None:
        assert self.compensated_rest_hours <= self.rest_hours <= self.lengthened_rest_hours, "rests in order"
        assert list(self.mixed_limits) == sorted(self.mixed_limits, reverse=True), "more of one, less of both"


@dataclass(frozen=True)
class PersonFacts:
    """Hold what a check knows about one person; `lines` None means that nobody has entered qualifications.

    `unalerted` are the urgent lines by which nothing would reach the person.
    """

    share: Share = FULL_TIME
    absences: tuple[Span, ...] = ()
    days_off: frozenset[date] = frozenset()
    lines: frozenset[UUID] | None = None
    has_contact: bool = True
    unalerted: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class RosterWarning:
    """Say which rule a duty of a person breaks; equal when person, day and rule are.

    It never blocks: a reason is remembered under its key. `other_day` is the other duty's, where two matter.
    """

    person_id: UUID
    day: date
    rule: Rule
    message: Message = field(compare=False)
    other_day: date | None = field(default=None, compare=False)

    @property
    def key(self) -> WarningKey:
        return self.person_id, self.day, self.rule


NO_FACTS: Mapping[UUID, PersonFacts] = MappingProxyType({})


def exact_share(share: Share) -> Fraction:
    """Return the share of full time as the fraction it stands for."""
    return Fraction(share).limit_denominator(MAX_DENOMINATOR)


def pro_rata(limit: Share, share: Share) -> int:
    """Return the part of a limit that is left at a share of full time, halves rounded up.

    TV-Aerzte/VKA par. 10(8) and (10): half a duty and more counts as one, less as none.
    """
    return int(exact_share(limit) * min(exact_share(share), FULL_TIME) + HALF)
