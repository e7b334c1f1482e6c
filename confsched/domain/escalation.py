"""The ladder of an urgent consult: when each step is due, whom of a line it calls, and what a skip moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from confsched.domain.kinds import EscalationTarget, SkipReason

MAX_STEPS = 12
MAX_ROUNDS = 3
# How long the last step of a round is given before the ladder begins again.
ROUND_PAUSE = timedelta(seconds=60)
# Overdue repeats of one step, after a stop of all workers, are one call.
CLOSE_TOGETHER = timedelta(seconds=5)
# The code of the step by which somebody who was called says that they cannot take it.
PASSED_ON = "passed_on"
_ROUND_SIZE = 100  # positions of the second round begin at 101


@dataclass(frozen=True)
class Step:
    """Say whom a step reaches, how long after the step before it, and how often again until the next."""

    target: EscalationTarget
    line_id: UUID | None = None
    phone: str = ""
    delay_seconds: int = 0
    repeats: int = 0
    repeat_seconds: int = 60


@dataclass(frozen=True)
class Rung:
    """Hold one call of a plan: the step it is of, the how-manieth time, and when it is due."""

    step: Step
    position: int
    repeat: int
    due_at: datetime


def plan(steps: Sequence[Step], starts_at: datetime, *, round_number: int = 0) -> tuple[Rung, ...]:
    """Return every call of one round in the order in which they are due.

    Each step is due when the delays up to it have passed. A step is repeated until the next one begins;
    the number to call is shown once. A service without steps shows its number at once.
    """
    assert 0 <= round_number < MAX_ROUNDS, "a ladder has a last round"
    rungs: list[Rung] = []
    known = tuple(steps) or (Step(EscalationTarget.PHONE_CARD),)
    begins = _starts(known, starts_at)
    for index, step in enumerate(known):
        until = begins[index + 1] if index + 1 < len(known) else None
        position = round_number * _ROUND_SIZE + index + 1
        rungs += _calls(step, position, begins[index], until)
    return tuple(rungs)


def _starts(steps: Iterable[Step], starts_at: datetime) -> list[datetime]:
    found = []
    for step in steps:
        starts_at += timedelta(seconds=step.delay_seconds)
        found.append(starts_at)
    return found


def _calls(step: Step, position: int, due_at: datetime, until: datetime | None) -> list[Rung]:
    repeats = 0 if step.target is EscalationTarget.PHONE_CARD else step.repeats
    pause = timedelta(seconds=step.repeat_seconds)
    rungs = [Rung(step, position, number, due_at + number * pause) for number in range(repeats + 1)]
    return [rung for rung in rungs if rung.repeat == 0 or until is None or rung.due_at < until]


def round_of(position: int) -> int:
    """Return the round, from 0, in which a position lies."""
    return (position - 1) // _ROUND_SIZE


def step_of(position: int) -> int:
    """Return the number of the step, from 1, that a position stands for."""
    return (position - 1) % _ROUND_SIZE + 1


def positions_of_round(position: int) -> range:
    """Return all positions of the round in which a position lies."""
    first = round_of(position) * _ROUND_SIZE + 1
    return range(first, first + _ROUND_SIZE)


def next_round(last_position: int, now: datetime) -> tuple[int, datetime] | None:
    """Return number and start of the round that follows the last call of one; None after the last."""
    number = round_of(last_position) + 1
    return (number, now + ROUND_PAUSE) if number < MAX_ROUNDS else None


def time_saved(waiting: Collection[datetime], now: datetime) -> timedelta:
    """Return by how much the rest of a ladder moves forward when its next call is made due now."""
    return max(timedelta(), min(waiting) - now) if waiting else timedelta()


@dataclass(frozen=True)
class Candidate:
    """Hold what is known of somebody who holds a line when it is called.

    `was_called`: by another step of this round.
    """

    person_id: UUID
    name: str = ""
    is_reachable: bool = True
    is_busy: bool = False
    open_consults: int = 0
    was_called: bool = False


@dataclass(frozen=True)
class Choice:
    """Hold who is called in which order, who is passed over and why; `skipped`: nobody was left."""

    called: tuple[Candidate, ...]
    passed: tuple[tuple[Candidate, SkipReason], ...] = ()
    waiting: tuple[Candidate, ...] = ()  # busy, and called only when the step is repeated
    skipped: SkipReason | None = None


# What of the persons passed over names the whole step, the first that occurs.
_WEIGHT = (SkipReason.ALL_AT_CAP, SkipReason.NOBODY_REACHABLE, SkipReason.ALREADY_ALERTED)


def choose(candidates: Sequence[Candidate], cap: int, *, is_repeat: bool = False) -> Choice:
    """Return whom a line calls: those who are free, all at once; the busy where nobody is free.

    A repeat calls both. Who has as many consults as one person may have at once is never called, nor who
    cannot be reached, nor who was called by another step.
    """
    passed = tuple((one, reason) for one in candidates if (reason := _why_not(one, cap)) is not None)
    left = sorted(
        (one for one in candidates if _why_not(one, cap) is None),
        key=lambda one: (one.is_busy, one.open_consults, one.name, one.person_id),
    )
    if not left:
        return Choice((), passed, skipped=_why_nobody([reason for _, reason in passed]))
    free = [one for one in left if not one.is_busy]
    called = left if is_repeat or not free else free
    return Choice(tuple(called), passed, tuple(one for one in left if one not in called))


def _why_not(one: Candidate, cap: int) -> SkipReason | None:
    if not one.is_reachable:
        return SkipReason.NOBODY_REACHABLE
    if one.open_consults >= cap:
        return SkipReason.ALL_AT_CAP
    return SkipReason.ALREADY_ALERTED if one.was_called else None


def _why_nobody(reasons: Collection[SkipReason]) -> SkipReason:
    return next((reason for reason in _WEIGHT if reason in reasons), SkipReason.NOBODY_ON_DUTY)


def alarms_owner(skipped: SkipReason | None) -> bool:
    """Tell whether whoever keeps the roster has to know: one person on two lines is no gap."""
    return skipped is not None and skipped is not SkipReason.ALREADY_ALERTED


class LadderState(StrEnum):
    """Name how far a ladder has come, for the page of its consult."""

    CALLING = "calling"
    PHONE = "phone"  # the number to call is shown, and people are called on
    EXHAUSTED = "exhausted"  # nobody is called any more: only the telephone is left
    STOPPED = "stopped"


def ladder_state(*, is_over: bool, is_waiting: bool, shows_number: bool) -> LadderState:
    """Return the state of a ladder; `is_over`: acknowledged or ended."""
    if is_over:
        return LadderState.STOPPED
    if not is_waiting:
        return LadderState.EXHAUSTED
    return LadderState.PHONE if shows_number else LadderState.CALLING
