"""Who is on duty: spans of duties, what was known when, and rotations between hubs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from confsched import clock
from confsched.domain.intervals import Span
from confsched.errors import Refusal, msg

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DutyFact:
    """Hold one published duty; a change supersedes it and never edits it."""

    line_id: UUID
    person_id: UUID
    span: Span
    recorded_at: datetime
    superseded_at: datetime | None = None


@dataclass(frozen=True)
class Rotation:
    """Let members take turns of `every_days` days each, handing over at `at` local time."""

    starts_on: date
    members: tuple[UUID, ...]
    zone: str
    every_days: int = 7
    at: time = time(8)

    def __post_init__(self) -> None:
        assert self.members and self.every_days >= 1, "somebody has a turn, and it ends"


@dataclass(frozen=True)
class Turn:
    """Say which member holds the rotation during a span."""

    member_id: UUID
    span: Span


def duty_span(day: date, starts: time, ends: time, zone: str) -> Span:
    """Return the instants of a duty that starts on `day`; `ends` up to `starts` means the next day.

    Equal times are a duty of 24 wall-clock hours, which lasts 23 or 25 h over a clock change.
    """
    starts_at = clock.to_instant(day, starts, zone)
    ends_at = clock.to_instant(day if ends > starts else day + ONE_DAY, ends, zone)
    if ends_at <= starts_at:
        raise Refusal(
            msg("The clock skips these times on %(day)s. Choose an end after the change.", day=day),
            field="ends",
        )
    return Span(starts_at, ends_at)


def belongs_to_day(span: Span, zone: str) -> date:
    """Return the day a duty counts for: the one on which it starts in the roster's zone, whoever reads it."""
    return clock.local_day(span.starts_at, zone)


def as_known_at(duties: Iterable[DutyFact], at: datetime) -> list[DutyFact]:
    """Return the duties that stood in the published rosters at an instant."""
    return [
        duty
        for duty in duties
        if duty.recorded_at <= at and (duty.superseded_at is None or at < duty.superseded_at)
    ]


def who_is_on(
    duties: Iterable[DutyFact], at: datetime, *, known_at: datetime | None = None
) -> list[DutyFact]:
    """Return the duties that run at `at`, as known at `known_at`, by default as known then."""
    running = (duty for duty in as_known_at(duties, known_at or at) if duty.span.contains(at))
    return sorted(running, key=_order)


def next_on(duties: Iterable[DutyFact], at: datetime, *, known_at: datetime | None = None) -> list[DutyFact]:
    """Return the duties that start next after `at`; several when they start together."""
    later = [duty for duty in as_known_at(duties, known_at or at) if duty.span.starts_at > at]
    if not later:
        return []
    starts_at = min(duty.span.starts_at for duty in later)
    return sorted((duty for duty in later if duty.span.starts_at == starts_at), key=_order)


def rotation_span(rotation: Rotation, turn: int) -> Span:
    """Return the instants of the turn with this number, 0 being the first."""
    day = rotation.starts_on + ONE_DAY * rotation.every_days * turn
    return Span(
        clock.to_instant(day, rotation.at, rotation.zone),
        clock.to_instant(day + ONE_DAY * rotation.every_days, rotation.at, rotation.zone),
    )


def find_turn(rotation: Rotation, at: datetime) -> Turn | None:
    """Return whose turn it is at an instant, or None before the rotation begins."""
    if at < rotation_span(rotation, 0).starts_at:
        return None
    days = (clock.local_day(at, rotation.zone) - rotation.starts_on).days
    turn = days // rotation.every_days
    # On the day of the hand-over the former member keeps the rotation until the hour.
    if at < rotation_span(rotation, turn).starts_at:
        turn -= 1
    return Turn(rotation.members[turn % len(rotation.members)], rotation_span(rotation, turn))


def list_turns(rotation: Rotation, window: Span) -> list[Turn]:
    """Return the turns that reach into the window, whole and in order."""
    turns = []
    at = max(window.starts_at, rotation_span(rotation, 0).starts_at)
    while at < window.ends_at:
        turn = find_turn(rotation, at)
        assert turn is not None, "the search starts inside the rotation"
        turns.append(turn)
        at = turn.span.ends_at
    return turns


def _order(duty: DutyFact) -> tuple[Span, UUID, UUID]:
    return duty.span, duty.line_id, duty.person_id
