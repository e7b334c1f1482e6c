"""Whether a conference will have the people it needs: from replies, and from what is on record against them.

Nobody counts as sure who has not said yes or is not there: unknown never fills a seat.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from confsched.domain.availability import Why
from confsched.domain.conferences import cutoff_at
from confsched.domain.kinds import Partstat

# A yes stands against office hours and against a calendar in which the meeting itself may stand.
_OVERRULED_BY_YES = frozenset({Why.NOT_WORKING, Why.CALENDAR, Why.ANSWER, Why.CAP})
_STAYS_AWAY = frozenset({Partstat.DECLINED, Partstat.DELEGATED})
DAY_BEFORE = timedelta(days=1)


class Chance(StrEnum):
    """How likely it is that somebody comes, or that a requirement is met."""

    SURE = "sure"
    MAYBE = "maybe"
    MISSING = "missing"


class Occasion(StrEnum):
    """When the quorum is looked at; by itself once each, and once more where a late reply changes it."""

    CUT_OFF = "cut_off"
    DAY_BEFORE = "day_before"
    START = "start"
    REPLY = "reply"


class Unfit(StrEnum):
    """Why somebody of the discipline does not count for a requirement."""

    NO_SPECIALIST = "no_specialist"
    OTHER_SITE = "other_site"


@dataclass(frozen=True)
class Required:
    """Ask for `count` people: of a pool, or of a discipline at some sites (any, where none is named)."""

    key: str
    label: str
    count: int = 1
    pool: frozenset[UUID] | None = None
    discipline: str = ""
    site_ids: frozenset[UUID] = frozenset()
    specialists_only: bool = False
    is_optional: bool = False
    may_double: bool = False


@dataclass(frozen=True)
class Attendee:
    """Hold what is known about one person who takes part.

    `against` is what stands on record against the time, the meeting itself left out; `is_there` says that
    they were seen at it, False that they left; `stands_for` are those who send them in their place.
    """

    id: UUID
    name: str
    reply: Partstat = Partstat.NEEDS_ACTION
    discipline: str = ""
    is_specialist: bool = False
    site_ids: frozenset[UUID] = frozenset()
    against: Why | None = None
    is_there: bool | None = None
    stands_for: frozenset[UUID] = frozenset()

    @property
    def chance(self) -> Chance:
        """Return how likely it is that the person is at the table."""
        if self.is_there is not None:
            return Chance.SURE if self.is_there else Chance.MISSING
        if self.reply in _STAYS_AWAY or self.against is Why.ABSENCE:
            return Chance.MISSING
        if self.reply is Partstat.ACCEPTED:
            return Chance.SURE if self.against is None or self.against in _OVERRULED_BY_YES else Chance.MAYBE
        return Chance.MAYBE if self.against in (None, Why.CALENDAR) else Chance.MISSING


@dataclass(frozen=True)
class Line:
    """Hold one requirement with those who are sure to meet it, who may, and who fit it and do not come."""

    required: Required
    sure: tuple[Attendee, ...] = ()
    maybe: tuple[Attendee, ...] = ()
    out: tuple[Attendee, ...] = ()
    unfit: tuple[tuple[Attendee, Unfit], ...] = ()

    @property
    def chance(self) -> Chance:
        if len(self.sure) >= self.required.count:
            return Chance.SURE
        return Chance.MAYBE if len(self.sure) + len(self.maybe) >= self.required.count else Chance.MISSING

    @property
    def is_met(self) -> bool:
        return self.chance is Chance.SURE

    def as_row(self) -> dict[str, object]:
        """Return the line as a check keeps it."""
        counts = {"sure": len(self.sure), "maybe": len(self.maybe)}
        return {"label": self.required.label, "wanted": self.required.count, **counts}


@dataclass(frozen=True)
class Forecast:
    """Hold a line per requirement, in their order."""

    lines: tuple[Line, ...] = ()

    @property
    def lacking(self) -> tuple[Line, ...]:
        """Return the required lines that nobody is sure to meet."""
        return tuple(one for one in self.lines if not one.required.is_optional and not one.is_met)

    @property
    def has_quorum(self) -> bool:
        return not self.lacking

    @property
    def chance(self) -> Chance:
        """Return the worst of the required lines."""
        worst = {line.chance for line in self.lacking}
        if Chance.MISSING in worst:
            return Chance.MISSING
        return Chance.MAYBE if worst else Chance.SURE


def forecast(requirements: Sequence[Required], people: Iterable[Attendee]) -> Forecast:
    """Seat the people so that as many required seats as possible are filled, by sure ones before others.

    A person fills one seat, and any number of those that `may_double`.
    """
    there = sorted(people, key=lambda one: (one.name, one.id))
    seating = _Seating(requirements, there)
    seating.fill()
    return Forecast(tuple(_line(one, seating.of(number), there) for number, one in enumerate(requirements)))


def fits(person: Attendee, required: Required) -> bool:
    """Tell whether the person, or whom they stand for, meets a requirement by what they are."""
    if required.pool is not None:
        return bool({person.id, *person.stands_for} & required.pool)
    return person.discipline == required.discipline and find_unfit(person, required) is None


def find_unfit(person: Attendee, required: Required) -> Unfit | None:
    """Say why somebody of the discipline does not count; None for who does, and for everybody else."""
    if required.pool is not None or person.discipline != required.discipline:
        return None
    if required.specialists_only and not person.is_specialist:
        return Unfit.NO_SPECIALIST
    is_there = person.site_ids & required.site_ids if required.site_ids else person.site_ids
    return None if is_there else Unfit.OTHER_SITE


def _line(required: Required, seated: Sequence[Attendee], people: Sequence[Attendee]) -> Line:
    named = [(one, why) for one in people if (why := find_unfit(one, required))]
    return Line(
        required,
        sure=tuple(one for one in seated if one.chance is Chance.SURE),
        maybe=tuple(one for one in seated if one.chance is Chance.MAYBE),
        out=tuple(one for one in people if one.chance is Chance.MISSING and fits(one, required)),
        unfit=tuple((one, why) for one, why in named if one.chance is not Chance.MISSING),
    )


@dataclass
class _Seating:
    """Seat people by augmenting paths: whoever sits keeps a seat, so earlier seats are filled first."""

    requirements: Sequence[Required]
    people: Sequence[Attendee]
    seats: list[int] = field(default_factory=list)  # the requirement that each seat belongs to
    holders: dict[int, Attendee] = field(default_factory=dict)

    def fill(self) -> None:
        """Fill the required seats, then the others: by sure people first, then with all who may come."""
        sure = [one for one in self.people if one.chance is Chance.SURE]
        maybe = [one for one in self.people if one.chance is Chance.MAYBE]
        self._fill(self._add_seats(is_optional=False), sure, [*sure, *maybe])
        # For a seat that is optional nobody sure leaves one that is required.
        self._fill(self._add_seats(is_optional=True), sure, maybe)

    def _fill(self, seats: Sequence[int], *rounds: Sequence[Attendee]) -> None:
        for people in rounds:
            for seat in seats:
                if seat not in self.holders:
                    self._seat(seat, people, set())

    def _add_seats(self, *, is_optional: bool) -> list[int]:
        first = len(self.seats)
        for number, one in enumerate(self.requirements):
            if one.is_optional is is_optional and not one.may_double:
                self.seats += [number] * one.count
        return list(range(first, len(self.seats)))

    def _seat(self, seat: int, people: Sequence[Attendee], tried: set[UUID]) -> bool:
        """Find somebody for a seat, letting others move where that makes room."""
        for person in people:
            if person.id in tried or not fits(person, self.requirements[self.seats[seat]]):
                continue
            tried.add(person.id)
            held = next((one for one, holder in self.holders.items() if holder.id == person.id), None)
            if held is None or self._seat(held, people, tried):
                self.holders[seat] = person
                return True
        return False

    def of(self, number: int) -> list[Attendee]:
        """Return who meets a requirement; one that may double takes whoever fits, sure ones first."""
        required = self.requirements[number]
        if not required.may_double:
            return [self.holders[seat] for seat in sorted(self.holders) if self.seats[seat] == number]
        coming = [one for one in self.people if one.chance is not Chance.MISSING and fits(one, required)]
        return sorted(coming, key=lambda one: one.chance is not Chance.SURE)[: required.count]


def occasions(starts_at: datetime, cutoff_minutes: int) -> list[tuple[datetime, Occasion]]:
    """Return when the quorum is looked at, in order; what falls on one instant is one look."""
    planned = {
        starts_at - DAY_BEFORE: Occasion.DAY_BEFORE,
        cutoff_at(starts_at, cutoff_minutes): Occasion.CUT_OFF,
        starts_at: Occasion.START,
    }
    return sorted(planned.items())


def find_due(
    starts_at: datetime, cutoff_minutes: int, last_checked_at: datetime | None, now: datetime
) -> Occasion | None:
    """Return the latest occasion that has come and was not looked at; a meeting that moved is looked at anew.

    Who was asleep over two of them makes up for the later one only.
    """
    come = [(at, occasion) for at, occasion in occasions(starts_at, cutoff_minutes) if at <= now]
    if not come:
        return None
    due_at, occasion = come[-1]
    return occasion if last_checked_at is None or last_checked_at < due_at else None
