"""The clocks of an urgent consult: from what to what each runs, its goal, and whether it was met.

A goal belongs to a service, never to a person: a response time on somebody's on-call duty would turn it into
another kind of duty in labour law. Clocks are lengths of real time, so a change of the clocks moves none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from confsched.clock import local_day, start_of_day, to_local, zone_info
from confsched.domain.kinds import Recommendation, TeleradiologyKind, Urgency, UrgentKind
from confsched.domain.kinds import UrgentState as State


class ClockName(StrEnum):
    """Name what is timed; the seconds of a service's own goals stand under these words."""

    ALERT = "alert"
    ACKNOWLEDGE = "acknowledge"
    VIDEO = "video"
    EXPERTISE = "expertise"
    CT = "ct"
    NEEDLE = "needle"
    DOOR_OUT = "door_out"
    REPORT = "report"
    INDICATION = "indication"
    TURNAROUND = "turnaround"


class ClockState(StrEnum):
    """Say how a clock stands; `off`: it does not apply, or it will never stop."""

    OFF = "off"
    WAITING = "waiting"  # what it counts from has not happened
    RUNNING = "running"
    LATE = "late"
    MET = "met"
    MISSED = "missed"


class Milestone(StrEnum):
    """Name what is timed and is no state of the consult: somebody at the bedside says that it happened."""

    CT = "ct"
    NEEDLE = "needle"


# Seconds of each clock where its service says nothing else (DOMAIN 3.1 and 3.2).
_ALWAYS = {ClockName.ALERT.value: 10, ClockName.ACKNOWLEDGE.value: 120}
_TELESTROKE: Mapping[str, int] = {
    **_ALWAYS,
    "video": 300,
    "expertise": 900,
    "ct": 1800,
    "needle": 1800,
    "door_out": 5400,
    "report": 1800,
}
_TELERADIOLOGY: Mapping[str, int] = {
    **_ALWAYS,
    "indication_stroke": 300,
    "indication_polytrauma": 300,
    "indication_emergency": 900,
    "indication_urgent": 900,
    "indication_routine": 900,
    "turnaround_stroke": 900,
    "turnaround_polytrauma": 1800,
    "turnaround_emergency": 3600,
    # Routine has no seconds of its own: it is read by the end of the hub's next working day.
    "turnaround_urgent": 14_400,
}
# By when at the latest, as a multiple of the goal: video 5 and 10 minutes, the needle 30 and 60.
_LATEST = {ClockName.VIDEO: 2, ClockName.NEEDLE: 2}
_NEEDLE = frozenset({Recommendation.THROMBOLYSIS, Recommendation.THROMBOLYSIS_AND_TRANSFER})
_DOOR_OUT = frozenset({Recommendation.TRANSFER, Recommendation.THROMBOLYSIS_AND_TRANSFER})
ROUTINE_KEY = "turnaround_routine"
# By how much the clock on a wall may be ahead of ours.
WALL_CLOCKS_DIFFER = timedelta(minutes=5)


def default_targets(kind: UrgentKind) -> Mapping[str, int]:
    """Return the seconds of each goal by the words under which a service may set its own."""
    return _TELESTROKE if kind is UrgentKind.TELESTROKE else _TELERADIOLOGY


def target_keys(kind: UrgentKind) -> tuple[str, ...]:
    """Return all words under which a service of a kind may set seconds."""
    routine = (ROUTINE_KEY,) if kind is UrgentKind.TELERADIOLOGY else ()
    return (*default_targets(kind), *routine)


@dataclass(frozen=True)
class Moments:
    """Hold what happened when: the first and the last time that each state was entered, and the rest."""

    requested_at: datetime | None  # None: it was only announced
    first: Mapping[State, datetime] = field(default_factory=dict)
    last: Mapping[State, datetime] = field(default_factory=dict)
    alert_left_at: datetime | None = None
    door_at: datetime | None = None
    ct_at: datetime | None = None
    needle_at: datetime | None = None
    departed_at: datetime | None = None
    ended_at: datetime | None = None
    recommendation: Recommendation | None = None
    urgency: Urgency | None = None
    legal_kind: TeleradiologyKind | None = None


@dataclass(frozen=True)
class Clock:
    """Hold one clock: what it counts from, the goal, and when it stopped."""

    name: ClockName
    started_at: datetime | None
    goal_at: datetime | None = None
    latest_at: datetime | None = None
    stopped_at: datetime | None = None
    is_off: bool = False

    def state(self, now: datetime) -> ClockState:
        if self.stopped_at is not None and self.goal_at is not None:
            return ClockState.MET if self.stopped_at <= self.goal_at else ClockState.MISSED
        if self.is_off:
            return ClockState.OFF
        if self.started_at is None or self.goal_at is None or now < self.started_at:
            return ClockState.WAITING
        return ClockState.LATE if now > self.goal_at else ClockState.RUNNING

    def elapsed(self, now: datetime) -> timedelta:
        """Return how long it has run; nothing before its start."""
        if self.started_at is None:
            return timedelta()
        return max(timedelta(), (self.stopped_at or now) - self.started_at)

    @property
    def goal(self) -> timedelta:
        """Return how long it may run."""
        if self.started_at is None or self.goal_at is None:
            return timedelta()
        return self.goal_at - self.started_at

    def over(self, now: datetime) -> timedelta:
        """Return by how much the goal is exceeded; negative is what is left."""
        return self.elapsed(now) - self.goal

    def next_change(self, now: datetime) -> datetime | None:
        """Return when its state changes by time alone; None where it does not."""
        if self.state(now) not in (ClockState.WAITING, ClockState.RUNNING):
            return None
        return min(
            (at for at in (self.started_at, self.goal_at) if at is not None and at >= now), default=None
        )


WorkingDayEnd = Callable[[datetime], datetime]


def clocks(
    kind: UrgentKind, moments: Moments, targets: Mapping[str, int], *, working_day_end: WorkingDayEnd
) -> tuple[Clock, ...]:
    """Return the clocks of a consult in the order of a case; `working_day_end` is for routine readings.

    Each ends with the consult: what has not stopped by then never will, and is off.
    """
    known = {**default_targets(kind), **{key: value for key, value in targets.items() if value > 0}}
    runs = _telestroke(moments) if kind is UrgentKind.TELESTROKE else _teleradiology(moments)
    return tuple(_clock(run, moments, known, working_day_end) for run in runs)


@dataclass(frozen=True)
class _Run:
    """Say from what to what a clock runs, and under which word its seconds stand."""

    name: ClockName
    starts: datetime | None
    stops: datetime | None
    key: str = ""
    applies: bool = True


def _calls(moments: Moments) -> list[_Run]:
    asked = moments.requested_at
    # Who acknowledged has been reached, whatever a channel says of its message.
    acknowledged = moments.first.get(State.ACKNOWLEDGED)
    return [
        _Run(ClockName.ALERT, asked, moments.alert_left_at or acknowledged),
        _Run(ClockName.ACKNOWLEDGE, asked, acknowledged),
    ]


def _telestroke(moments: Moments) -> list[_Run]:
    first, door, advice = moments.first, moments.door_at, moments.recommendation
    decided = first.get(State.RECOMMENDED)
    connected = first.get(State.CONNECTED)
    # A recommendation by telephone needs no picture: its clock is over.
    by_telephone = connected is None and decided is not None
    reported = first.get(State.REPORTED)
    return [
        *_calls(moments),
        _Run(ClockName.VIDEO, moments.requested_at, connected, applies=not by_telephone),
        _Run(ClockName.EXPERTISE, door, decided),
        _Run(ClockName.CT, door, moments.ct_at),
        _Run(ClockName.NEEDLE, door, moments.needle_at, applies=advice is None or advice in _NEEDLE),
        _Run(ClockName.DOOR_OUT, door, moments.departed_at, applies=advice is None or advice in _DOOR_OUT),
        _Run(ClockName.REPORT, moments.last.get(State.RECOMMENDED), reported),
    ]


def _teleradiology(moments: Moments) -> list[_Run]:
    urgency = (moments.urgency or Urgency.EMERGENCY).value
    answers = (State.INDICATION_GIVEN, State.REFUSED, State.MODALITY_CHANGED)
    answered = min((moments.first[one] for one in answers if one in moments.first), default=None)
    needs_indication = moments.legal_kind in (None, TeleradiologyKind.TELERADIOLOGY)
    complete = moments.last.get(State.IMAGES_RECEIVED)
    # The first word of the result counts, by telephone or in writing.
    results = (moments.first.get(State.PHONED), moments.first.get(State.REPORTED))
    read = min((at for at in results if at is not None), default=None)
    return [
        *_calls(moments),
        _Run(ClockName.INDICATION, moments.requested_at, answered, f"indication_{urgency}", needs_indication),
        _Run(ClockName.TURNAROUND, complete, read, f"turnaround_{urgency}"),
    ]


def _clock(run: _Run, moments: Moments, targets: Mapping[str, int], working_day_end: WorkingDayEnd) -> Clock:
    seconds = targets.get(run.key or run.name.value)
    goal_at = latest_at = None
    if run.starts is not None:
        goal_at = run.starts + timedelta(seconds=seconds) if seconds else working_day_end(run.starts)
        if run.name in _LATEST:
            latest_at = run.starts + (goal_at - run.starts) * _LATEST[run.name]
    is_off = (not run.applies or moments.ended_at is not None) and run.stops is None
    return Clock(run.name, run.starts, goal_at, latest_at, run.stops if run.starts else None, is_off)


def next_change(all_clocks: Sequence[Clock], now: datetime) -> datetime | None:
    """Return when the first of several clocks changes its state by time alone."""
    changes = (clock.next_change(now) for clock in all_clocks)
    return min((at for at in changes if at is not None), default=None)


def end_of_next_working_day(at: datetime, zone: str, is_holiday: Callable[[date], bool]) -> datetime:
    """Return the last instant of the next working day after the local day of an instant.

    Monday to Friday but holidays; 24 and 31 December are worked.
    """
    day = local_day(at, zone) + timedelta(days=1)
    while day.weekday() >= 5 or is_holiday(day):
        day += timedelta(days=1)
    return start_of_day(day + timedelta(days=1), zone)


def last_time_at(typed: time, now: datetime, zone: str) -> datetime:
    """Return the last instant, up to a few minutes from now, at which clocks on the wall showed a time.

    Somebody who says "at 23:58" after midnight means yesterday; in the doubled hour of autumn it is the
    later pass that has come, and a time that spring skips moves forward as in RFC 5545 3.3.5.
    """
    today = to_local(now, zone).date()
    days = (today + timedelta(days=1), today, today - timedelta(days=1))
    passes = (
        datetime.combine(day, typed.replace(fold=fold, tzinfo=None), zone_info(zone)).astimezone(UTC)
        for day in days
        for fold in (1, 0)
    )
    return max(at for at in passes if at <= now + WALL_CLOCKS_DIFFER)
