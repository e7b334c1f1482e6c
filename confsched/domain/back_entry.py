"""Clocks of a consult that was held by telephone, as people remember them: placed on days, and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from confsched import clock
from confsched.domain.kinds import UrgentKind
from confsched.domain.kinds import UrgentState as State
from confsched.domain.urgent import may_become
from confsched.errors import Message, msg

# What is asked for, in the order of a case; the first two are what makes it a consult.
CLOCKS: Mapping[UrgentKind, tuple[State, ...]] = {
    UrgentKind.TELESTROKE: (
        *(State.REQUESTED, State.ACKNOWLEDGED, State.CONNECTED),
        *(State.RECOMMENDED, State.REPORTED),
    ),
    UrgentKind.TELERADIOLOGY: (
        *(State.REQUESTED, State.ACKNOWLEDGED, State.INDICATION_GIVEN, State.SCANNING),
        *(State.IMAGES_RECEIVED, State.PHONED, State.REPORTED),
    ),
}
REQUIRED = {
    State.REQUESTED: msg("Say when the call was made."),
    State.ACKNOWLEDGED: msg("Say when the call was answered."),
}
LONGEST = timedelta(hours=12)  # what came later is entered on the consult's own page
OLDEST = timedelta(days=31)
_CHANGE = msg("The clocks change at this hour. Choose a time before 02:00 or after 03:00.")


@dataclass(frozen=True)
class Remembered:
    """Hold one state and when it was entered, by the memory of who was there."""

    state: State
    taken_at: datetime


Wrong = tuple[str, Message]


def read_clocks(
    kind: UrgentKind, day: date, times: Mapping[State, time], *, zone: str, now: datetime
) -> tuple[list[Remembered], list[Wrong]]:
    """Return the states with their instants in order, and what is wrong, by the word of the state.

    `day` is the local day of the call; a time earlier than the call belongs to the day after it. A time in
    the hour that a clock change skips or doubles is refused: nobody can say which instant it means.
    """
    given = [state for state in CLOCKS[kind] if state in times]
    wrong: list[Wrong] = [(state.value, text) for state, text in REQUIRED.items() if state not in times]
    if wrong:
        return [], wrong
    called = times[State.REQUESTED]
    days = {state: day + timedelta(days=times[state] < called) for state in given}
    wrong = [
        (state.value, _CHANGE)
        for state in given
        if not clock.is_real_local_time(days[state], times[state], zone)
    ]
    if wrong:
        return [], wrong
    clocks = [Remembered(one, clock.to_instant(days[one], times[one], zone)) for one in given]
    return clocks, list(_wrong(kind, clocks, now))


def _wrong(kind: UrgentKind, clocks: Sequence[Remembered], now: datetime) -> Iterator[Wrong]:
    """Give at most one sentence for each clock, the first that helps."""
    call = clocks[0].taken_at
    if call < now - OLDEST:
        yield (
            "day",
            msg("This is more than %(count)s days ago. It cannot be entered here.", count=OLDEST.days),
        )
    for before, one in zip([None, *clocks], clocks, strict=False):
        if sentence := _sentence(kind, before, one, call, now):
            yield one.state.value, sentence


def _sentence(
    kind: UrgentKind, before: Remembered | None, one: Remembered, call: datetime, now: datetime
) -> Message | None:
    if one.taken_at - call > LONGEST:
        return msg("This is before the call, or more than 12 hours after it. Check both times.")
    if one.taken_at > now:
        return msg("This time has not come yet.")
    if before is not None and one.taken_at < before.taken_at:
        return msg("This is earlier than the step before it. Check both times.")
    if before is not None and not may_become(kind, before.state, one.state):
        return msg("A step between this one and the one before it is missing.")
    return None
