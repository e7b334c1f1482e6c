"""The elective teleconsult: its states, which may follow which, and when it runs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from confsched import clock
from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import ConsultState as State

ONE_DAY = timedelta(days=1)
SATURDAY = 5
REMINDED_FROM = time(8)  # local: a mail of the night is read no sooner
SAID_BY_ITSELF_AFTER = timedelta(hours=24)
CLOSED_BY_ITSELF_AFTER = timedelta(days=30)
MAX_OUTCOMES = 2  # said, and corrected once
# How Participation.serves names who asks; the others answer.
ASKING = "requester"

# Before a meeting is booked; the time of a consult in one of these runs out at its reply deadline.
OPEN_STATES = frozenset({State.REQUESTED, State.TRIAGED, State.OFFERED, State.HELD})
# Times may be searched, held and booked.
ACCEPTED_STATES = frozenset({State.TRIAGED, State.OFFERED, State.HELD})
# Whoever triages may still turn it away: no time is to be had yet, so none was chosen.
TRIAGE_STATES = frozenset({State.REQUESTED, State.TRIAGED})
OUTCOMES = frozenset({State.TOOK_PLACE, State.NO_SHOW})
ENDED_STATES = frozenset({State.CLOSED, State.DECLINED, State.EXPIRED, State.NO_SHOW, State.CANCELLED})

NEXT_STATES: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset(
        {State.REQUESTED, State.TRIAGED, State.OFFERED, State.DECLINED, State.EXPIRED, State.CANCELLED}
    ),
    State.TRIAGED: frozenset({State.OFFERED, State.HELD, State.DECLINED, State.EXPIRED, State.CANCELLED})
    | {State.REQUESTED},
    State.OFFERED: frozenset({State.TRIAGED, State.HELD, State.DECLINED, State.EXPIRED, State.CANCELLED})
    | {State.REQUESTED},
    State.HELD: frozenset({State.OFFERED, State.HELD, State.BOOKED, State.EXPIRED, State.CANCELLED}),
    State.BOOKED: frozenset({State.TOOK_PLACE, State.NO_SHOW, State.CANCELLED}),
    State.TOOK_PLACE: frozenset({State.REPORTED, State.NO_SHOW}),
    State.REPORTED: frozenset({State.REPORTED, State.CLOSED}),
    State.CLOSED: frozenset(),
    State.DECLINED: frozenset(),
    State.EXPIRED: frozenset(),
    # Said too early, or of the wrong side: it may be said again, or taken back.
    State.NO_SHOW: frozenset({State.TOOK_PLACE, State.NO_SHOW}),
    State.CANCELLED: frozenset(),
}


def may_become(state: State, wanted: State) -> bool:
    """Tell whether a consult may move from one state to another; requested again means redirected."""
    return wanted in NEXT_STATES[state]


def deadline(reply_by_on: date, zone: str) -> datetime:
    """Return when a consult without a meeting runs out: at the end of the local day it was needed by."""
    return clock.start_of_day(reply_by_on + ONE_DAY, zone)


def remind_at(reply_by_on: date, zone: str, state: str) -> datetime:
    """Return when to remind of the deadline: in the morning of the working day before it, at the site."""
    day = reply_by_on - ONE_DAY
    while not is_working_day(day, state):
        day -= ONE_DAY
    return clock.to_instant(day, REMINDED_FROM, zone)


def last_reminded_day(now: datetime, zone: str, state: str) -> date:
    """Return the latest deadline of which to remind by now: the next working day, by local time."""
    local = clock.to_local(now, zone)
    day = local.date() if local.time() >= REMINDED_FROM else local.date() - ONE_DAY
    day += ONE_DAY
    while not is_working_day(day, state):
        day += ONE_DAY
    return day


def is_working_day(day: date, state: str) -> bool:
    """Tell whether the day is one of Monday to Friday and no public holiday of the state."""
    return day.weekday() < SATURDAY and not is_public_holiday(day, state)


def may_say_outcome(states: Iterable[State]) -> bool:
    """Tell whether the outcome may be said, or corrected once, after the states a consult has been in."""
    return sum(state in OUTCOMES for state in states) < MAX_OUTCOMES


def is_short_notice(starts_at: datetime, cancel_notice_minutes: int, now: datetime) -> bool:
    """Tell whether a meeting begins so soon that who asked for it owes the others a reason."""
    return starts_at - now < timedelta(minutes=cancel_notice_minutes)


class NextStep(StrEnum):
    """Name what a reader of a consult does next."""

    DECIDE = "decide"
    WAIT = "wait"
    CHOOSE_TIME = "choose_time"
    CONFIRM = "confirm"
    MEET = "meet"
    SAY_OUTCOME = "say_outcome"
    WRITE_REPORT = "write_report"
    READ_REPORT = "read_report"
    ASK_AGAIN = "ask_again"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Part:
    """Say in which parts somebody reads a consult; who `chooses` asks, and may do so for themselves."""

    asks: bool = False
    chooses: bool = False
    answers: bool = False
    triages: bool = False
    reads_report: bool = False


def next_step(state: State, part: Part, *, is_held: bool = False, is_met: bool = False) -> NextStep:
    """Return what comes next for a reader; `is_held`: a time is kept now, `is_met`: the meeting is over."""
    if state is State.REQUESTED:
        return NextStep.DECIDE if part.triages else NextStep.WAIT
    if state in ACCEPTED_STATES:
        choice = NextStep.CONFIRM if is_held else NextStep.CHOOSE_TIME
        return choice if part.chooses else NextStep.WAIT
    if state is State.BOOKED:
        return NextStep.SAY_OUTCOME if is_met and (part.asks or part.answers) else NextStep.MEET
    if state is State.TOOK_PLACE:
        return NextStep.WRITE_REPORT if part.answers else NextStep.WAIT
    if state is State.REPORTED:
        return NextStep.READ_REPORT if part.asks and part.reads_report else NextStep.NOTHING
    if state is State.CLOSED:
        return NextStep.NOTHING
    return NextStep.ASK_AGAIN if part.asks else NextStep.NOTHING
